//! What the schema and the rules across keys complain of, without what would be said twice.
//!
//! In: both lists. Out: one. Never: loses a complaint that no other explains.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Both lists, without what would be said twice: a missing dollar sign explains why the schema does not like the
/// value, and what the schema says of a value needs no second complaint about its type.
pub(super) fn merge(mut from_schema: Vec<Diagnostic>, ours: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let explains = |ours: &Diagnostic| ours.code == Code::BareBraces;
    let by_type = |ours: &Diagnostic| {
        matches!(
            ours.code,
            Code::WrongType
                | Code::WrongForm
                | Code::NotOneOf
                | Code::OutOfRange
                | Code::MissingKey
                | Code::UnknownKey
                | Code::DurationUnit
        )
    };
    let explained = SortedSpans::of(ours.iter().filter(|ours| explains(ours)));
    from_schema.retain(|theirs| !explained.overlap(theirs.place.span));
    let misplaced = from_schema.iter().filter(|theirs| theirs.code == Code::ExpressionPlace);
    let misplaced: HashSet<Span> = misplaced.map(|theirs| theirs.place.span).collect();
    from_schema.retain(|theirs| theirs.code != Code::WrongForm || !misplaced.contains(&theirs.place.span));
    let said = SortedSpans::of(from_schema.iter().filter(|theirs| theirs.unshown.is_none()));
    // What the schema does not show, it has counted.
    let is_counted = from_schema.iter().any(|theirs| theirs.unshown.is_some());
    // What stands in `defaults` is found wrong with every job.
    let mut told = HashSet::new();
    let is_new = |ours: &Diagnostic| told.insert((ours.code, ours.place, ours.what.clone()));
    from_schema.extend(
        ours.into_iter().filter(|ours| !by_type(ours) || !(is_counted || said.overlap(ours.place.span))).filter(is_new),
    );
    from_schema
}

/// Places, sorted: fifty thousand complaints must not be compared each with each.
struct SortedSpans(Vec<Span>);

impl SortedSpans {
    fn of<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        let mut spans: Vec<Span> = diagnostics.into_iter().map(|diagnostic| diagnostic.place.span).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// Whether one of the nearest places shares a byte with `span`.
    fn overlap(&self, span: Span) -> bool {
        let end = span.end.max(span.start + 1);
        let at = self.0.partition_point(|other| other.start < end);
        self.0[at.saturating_sub(4)..at].iter().any(|other| other.end.max(other.start + 1) > span.start)
    }
}
