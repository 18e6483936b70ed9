//! What is kept of many complaints: the first of each text, and a count of the rest.
//!
//! In: complaints in any number and order. Out: at most [`MAX_SHOWN`] of each text in the order of places, errors before
//! warnings where not all fit, and one more for each severity that says how many are not shown. Never: loses an error
//! among warnings, or a count.

use std::collections::BTreeMap;

use super::code::Code;
use super::complaint::{Diagnostic, HiddenCount, Severity};
use crate::source::{Place, SourceId, Span};

/// So many complaints about one text are made and shown; the rest are counted.
pub const MAX_SHOWN: usize = 100;

/// Adds `more` to `complaints`: the first of them, and a count of the rest. Each is made, and dropped at once.
pub fn extend(complaints: &mut Vec<Diagnostic>, more: impl IntoIterator<Item = Diagnostic>) {
    let mut kept = Complaints::default();
    more.into_iter().for_each(|complaint| kept.add(complaint));
    complaints.extend(kept.into_vec());
}

/// Complaints of one stage as they come: the first of each severity, and a count of the rest.
#[derive(Default)]
pub struct Complaints {
    kept: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    notes: usize,
    rest: HiddenComplaints,
}

impl Complaints {
    /// Whether one more of `severity` is kept: else it need not be made, and is [counted](Self::count).
    #[must_use]
    pub fn has_room(&self, severity: Severity) -> bool {
        self.kept_of(severity) < MAX_SHOWN
    }

    /// How many were kept, of whatever severity.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Keeps `complaint` where there is room, else counts it.
    pub fn add(&mut self, complaint: Diagnostic) {
        if !self.has_room(complaint.severity) {
            self.rest.add(&complaint);
            return;
        }
        match complaint.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
        self.kept.push(complaint);
    }

    /// Counts so many of `severity` that were not made, the first of them at `place`.
    pub fn count(&mut self, severity: Severity, place: Place, unshown: HiddenCount) {
        self.rest.count(severity, place, unshown);
    }

    /// What was kept, and the counts.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut all = self.kept;
        all.extend(self.rest.told());
        all
    }

    fn kept_of(&self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.warnings,
            Severity::Note => self.notes,
        }
    }
}

/// Counts by severity and text.
#[derive(Default)]
struct HiddenComplaints(BTreeMap<(SourceId, Severity), (Place, HiddenCount)>);

impl HiddenComplaints {
    fn add(&mut self, complaint: &Diagnostic) {
        let unshown = complaint.unshown.as_deref().copied().unwrap_or(HiddenCount::ONE);
        self.count(complaint.severity, complaint.place, unshown);
    }

    fn count(&mut self, severity: Severity, place: Place, HiddenCount { count, is_least }: HiddenCount) {
        let first = (place, HiddenCount { count: 0, is_least: false });
        let (at, all) = self.0.entry((place.source, severity)).or_insert(first);
        *at = (*at).min(place);
        all.count = all.count.saturating_add(count);
        all.is_least |= is_least;
    }

    fn told(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_iter().map(|((_, severity), (place, unshown))| unshown.at(severity, place))
    }
}

/// `complaints` in the order of their places, as many as are shown.
pub(super) fn settle(mut complaints: Vec<Diagnostic>) -> Vec<Diagnostic> {
    drop_explained(&mut complaints);
    let mut rest = HiddenComplaints::default();
    complaints.retain(|complaint| {
        let is_shown = complaint.unshown.is_none();
        if !is_shown {
            rest.add(complaint);
        }
        is_shown
    });
    // Errors first, so that they are what is kept.
    complaints.sort_by_key(|complaint| (complaint.place.source, complaint.severity, complaint.place));
    let mut kept = Vec::with_capacity(complaints.len().min(MAX_SHOWN));
    let mut room = (None, 0);
    for complaint in complaints {
        if room.0 != Some(complaint.place.source) {
            room = (Some(complaint.place.source), MAX_SHOWN);
        }
        if room.1 > 0 {
            room.1 -= 1;
            kept.push(complaint);
        } else {
            rest.add(&complaint);
        }
    }
    kept.sort_by_key(|complaint| complaint.place);
    // Each count comes behind what is shown of its text.
    for more in rest.told() {
        let at = kept.partition_point(|complaint| complaint.place.source <= more.place.source);
        kept.insert(at, more);
    }
    kept
}

/// Leaves out warnings about how a value is written where an error says that it cannot stand there.
fn drop_explained(complaints: &mut Vec<Diagnostic>) {
    let is_of_spelling = |complaint: &Diagnostic| {
        complaint.severity == Severity::Warning && matches!(complaint.code, Code::Number | Code::ControlCharacter)
    };
    if !complaints.iter().any(is_of_spelling) {
        return;
    }
    let errors =
        complaints.iter().filter(|complaint| complaint.severity == Severity::Error && complaint.unshown.is_none());
    let mut errors: Vec<(SourceId, Span)> =
        errors.map(|complaint| (complaint.place.source, complaint.place.span)).take(4 * MAX_SHOWN).collect();
    errors.sort_unstable();
    complaints.retain(|complaint| {
        let Place { source, span } = complaint.place;
        let covers =
            |(other, error): &(SourceId, Span)| *other == source && error.start <= span.start && span.end <= error.end;
        !is_of_spelling(complaint) || !errors.iter().any(covers)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: u32, start: usize) -> Place {
        Place { source: SourceId(source), span: Span::new(start, start + 1) }
    }

    fn shown(complaints: Vec<Diagnostic>) -> Vec<(u32, u32, Severity, String)> {
        let settled = settle(complaints);
        let told = settled.into_iter().map(|it| (it.place.source.0, it.place.span.start, it.severity, it.what));
        told.collect()
    }

    #[test]
    fn a_hundred_of_each_text_are_kept_and_the_rest_counted() {
        let error = |start| Diagnostic::error(Code::Syntax, at(0, start), "x");
        assert_eq!(shown((0..100).map(error).collect()).len(), 100);
        let told = shown((0..1_000_000).rev().map(error).collect());
        assert_eq!(told.len(), 101);
        assert!(told[..100].iter().enumerate().all(|(index, (_, start, ..))| index == *start as usize));
        assert_eq!(told[100], (0, 100, Severity::Error, "and 999,900 more errors in this file".to_owned()));
    }

    #[test]
    fn an_error_is_never_lost_among_warnings() {
        let warnings = (0..300).map(|start| Diagnostic::warning(Code::Tag, at(0, start), "w"));
        let all = warnings.chain([Diagnostic::error(Code::Syntax, at(0, 999), "e")]).collect();
        let told = shown(all);
        assert_eq!(told.len(), 101);
        assert!(told.iter().any(|(.., severity, what)| *severity == Severity::Error && what == "e"));
        assert_eq!(told[100], (0, 99, Severity::Warning, "and 201 more warnings in this file".to_owned()));
    }

    #[test]
    fn each_text_has_its_own_count_and_counts_add_up() {
        let mut all: Vec<Diagnostic> =
            (0..150).map(|start| Diagnostic::error(Code::Syntax, at(1, start), "b")).collect();
        all.extend((0..101).map(|start| Diagnostic::error(Code::Syntax, at(0, start), "a")));
        all.push(HiddenCount { count: 50, is_least: true }.at(Severity::Error, at(1, 7)));
        let told = settle(settle(all));
        assert_eq!(told.len(), 202);
        assert_eq!((told[100].what.as_str(), told[100].place), ("and 1 more error in this file", at(0, 100)));
        assert_eq!(told[201].what, "and at least 100 more errors in this file");
    }

    #[test]
    fn what_is_added_is_counted_beyond_a_hundred() {
        let mut complaints = vec![Diagnostic::warning(Code::Tag, at(0, 0), "w")];
        extend(&mut complaints, (0..1234).map(|start| Diagnostic::error(Code::Syntax, at(0, start), "e")));
        assert_eq!(complaints.len(), 1 + 100 + 1);
        assert_eq!(complaints[101].unshown.as_deref(), Some(&HiddenCount { count: 1134, is_least: false }));
        assert_eq!(complaints[101].severity, Severity::Error);
    }
}
