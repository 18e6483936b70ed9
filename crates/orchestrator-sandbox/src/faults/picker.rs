//! The rules at work: which fault a request meets. Counts, and draws from seeds; no clock, no network.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::fault::{Fault, Reply};
use super::rule::{Operation, Rule};

/// The rules, and how far each has counted.
#[derive(Debug, Default)]
pub(crate) struct Picker {
    rules: Vec<Counting>,
    starts_by_reference: HashMap<String, u64>,
}

#[derive(Debug)]
struct Counting {
    rule: Rule,
    seen: u64,
    applied: u64,
}

/// What the rules look at in a request, or in a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// The operation's name; empty for a connection, and for a path that leads nowhere.
    pub(crate) operation: &'static str,
    pub(crate) is_get: bool,
    /// Where a marker may stand.
    pub(crate) texts: &'a [&'a str],
    /// `Reference` of a start.
    pub(crate) reference: Option<&'a str>,
    /// The decoded `$filter`.
    pub(crate) filter: Option<&'a str>,
    /// Since the sandbox's start.
    pub(crate) age: Duration,
}

/// When a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A connection was accepted.
    Connection,
    /// The head of a request was read.
    Head,
    /// The whole request was read.
    Whole,
}

impl Picker {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| Counting { rule, seen: 0, applied: 0 }).collect();
        Self { rules, starts_by_reference: HashMap::new() }
    }

    /// Whether there is a rule that acts at `stage`.
    pub(crate) fn acts_at(&self, stage: Stage) -> bool {
        self.rules.iter().any(|counting| counting.rule.stage() == stage)
    }

    /// The fault that a request meets at `stage`: that of the first rule that picks it. Every rule counts it.
    pub(crate) fn pick(&mut self, asked: &Asked<'_>, stage: Stage) -> Option<Fault> {
        let key = match asked.reference.filter(|_| stage == Stage::Whole) {
            None => None,
            Some(reference) => {
                let number = self.starts_by_reference.entry(reference.to_owned()).or_default();
                *number += 1;
                Some(format!("{reference}\n{number}"))
            }
        };
        let mut picked = None;
        for counting in self.rules.iter_mut().filter(|counting| counting.rule.stage() == stage) {
            let found = counting.pick(asked, key.as_deref(), picked.is_some());
            picked = picked.or(found);
        }
        picked
    }
}

impl Counting {
    /// Counts the request where the rule's operation, marker and time window select it.
    fn count(&mut self, asked: &Asked<'_>) -> bool {
        let rule = &self.rule;
        let selects = match &rule.on {
            Operation::Connection | Operation::Any => true,
            Operation::Get => asked.is_get,
            Operation::StartJobs => asked.operation == "StartJobs",
            Operation::Jobs => asked.operation == "Jobs",
            Operation::Token => asked.operation == "Token",
            Operation::Named(name) => asked.operation == name,
        };
        let has_marker = rule.marker.as_ref().is_none_or(|marker| asked.texts.iter().any(|text| text.contains(marker)));
        let in_time = asked.age >= rule.from && rule.until.is_none_or(|until| asked.age < until);
        let counts = selects && has_marker && in_time && rule.faults.iter().any(|fault| can_meet(fault, asked));
        self.seen += u64::from(counts);
        counts
    }

    /// The rule's fault for this request, unless another rule `has_taken` it.
    fn pick(&mut self, asked: &Asked<'_>, key: Option<&str>, has_taken: bool) -> Option<Fault> {
        if !self.count(asked) || has_taken {
            return None;
        }
        let (rule, number) = (&self.rule, self.seen);
        let in_place = (rule.nth.is_empty() || rule.nth.contains(&number))
            && rule.every.is_none_or(|every| number % every == 0)
            && rule.range.as_ref().is_none_or(|range| range.contains(&number));
        let is_left = rule.times.is_none_or(|times| self.applied < times);
        let (share, seed) = rule.share.unwrap_or((1.0, 0));
        let by_number = number.to_string();
        let (chance, which) = draw(seed, key.unwrap_or(&by_number), rule.faults.len());
        let fault = rule.faults.get(which).filter(|_| in_place && is_left && chance < share)?;
        if !can_meet(fault, asked) {
            return None;
        }
        self.applied += 1;
        Some(fault.clone())
    }
}

/// A filter can only be refused where there is one.
fn can_meet(fault: &Fault, asked: &Asked<'_>) -> bool {
    let Reply::RefuseFilter(text) = &fault.reply else { return true };
    asked.filter.is_some_and(|filter| filter.contains(text.as_str()))
}

/// A number from 0 to below 1, and a number below `kinds`, from the SHA-256 of `<seed>\n<key>`.
fn draw(seed: u64, key: &str, kinds: usize) -> (f64, usize) {
    let digest: [u8; 32] = Sha256::digest(format!("{seed}\n{key}")).into();
    let word = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&digest[at..at + 4]);
        u32::from_be_bytes(bytes)
    };
    let which = (u64::from(word(4)) * kinds as u64) >> 32;
    (f64::from(word(0)) / 4_294_967_296.0, usize::try_from(which).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(reference: &str) -> Asked<'_> {
        Asked { operation: "StartJobs", reference: Some(reference), ..Asked::default() }
    }

    fn names(picker: &mut Picker, asked: &[Asked<'_>]) -> Vec<String> {
        let pick = |asked| picker.pick(asked, Stage::Whole).map_or_else(|| "-".to_owned(), |fault| fault.name());
        asked.iter().map(pick).collect()
    }

    #[test]
    fn what_a_launch_meets_depends_on_seed_and_reference_and_not_on_the_order() {
        let kinds =
            || vec![Fault::lose_answer(), Fault::before(Reply::Reset).named("reset"), Fault::nothing().named("ok")];
        let storm = |seed| Picker::new(vec![Rule::one_of(Operation::StartJobs, kinds()).share(0.5, seed)]);
        let references: Vec<String> = (0..200).map(|number| format!("r-{number}")).collect();
        let forth: Vec<_> = references.iter().map(|reference| start(reference)).collect();
        let back: Vec<_> = forth.iter().rev().copied().collect();
        let there = names(&mut storm(7), &forth);
        let mut again = names(&mut storm(7), &back);
        again.reverse();
        assert_eq!(there, again);
        assert_ne!(there, names(&mut storm(8), &forth));
        let met = there.iter().filter(|name| *name != "-").count();
        assert!((80..120).contains(&met), "about half of 200: {met}");
        for kind in ["lose-answer", "reset", "ok"] {
            let of_kind = there.iter().filter(|name| *name == kind).count();
            assert!((20..50).contains(&of_kind), "about a third of 100: {kind} {of_kind}");
        }
        // A second start under the same Reference is drawn anew.
        let mut picker = storm(7);
        let first = names(&mut picker, &forth);
        assert_ne!(first, names(&mut picker, &forth));
    }

    #[test]
    fn the_draw_is_the_documented_one() {
        let digest = Sha256::digest("7\nr-1\n1");
        let expected = f64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])) / 4_294_967_296.0;
        assert!((draw(7, "r-1\n1", 3).0 - expected).abs() < f64::EPSILON);
        let (mut lowest, mut highest) = (usize::MAX, 0);
        for number in 0..1000 {
            let (_, which) = draw(1, &number.to_string(), 5);
            (lowest, highest) = (lowest.min(which), highest.max(which));
        }
        assert_eq!((lowest, highest), (0, 4));
    }

    #[test]
    fn each_rule_counts_what_its_operation_marker_and_time_select() {
        use super::super::rule::Position::{Every, Nth, Within};
        let named = |name: &str| Fault::lose_answer().named(name);
        let rules = vec![
            Rule::new(Operation::StartJobs, named("second")).at(Nth(2)),
            Rule::new(Operation::StartJobs, named("marked")).marker("gold").at(Nth(2)),
            Rule::new(Operation::Any, named("fourth")).at(Every(4)),
            Rule::new(Operation::Get, named("get")).at(Within(2..=9)).times(1),
            Rule::new(Operation::Token, named("late")).from(Duration::from_secs(5)).until(Duration::from_secs(6)),
        ];
        let mut picker = Picker::new(rules);
        let get = Asked { operation: "Folders", is_get: true, ..Asked::default() };
        let token = |seconds| Asked { operation: "Token", age: Duration::from_secs(seconds), ..Asked::default() };
        let gold = Asked { texts: &["", "a golden one"], ..start("g") };
        let asked = [gold, start("b"), gold, get, get, get, get, get, token(4), token(5), token(6), get, get];
        let found = names(&mut picker, &asked);
        assert_eq!(
            found,
            ["-", "second", "marked", "fourth", "get", "-", "-", "fourth", "-", "late", "-", "fourth", "-"]
        );
    }

    #[test]
    fn a_filter_is_refused_only_where_there_is_one() {
        let refuse = || Fault::before(Reply::RefuseFilter("Reference".to_owned()));
        let filtered = Asked { operation: "Jobs", filter: Some("Reference eq 'r'"), ..Asked::default() };
        let plain = Asked { filter: Some("State eq 'Pending'"), ..filtered };
        let mut picker = Picker::new(vec![Rule::new(Operation::Jobs, refuse().named("no"))]);
        assert_eq!(names(&mut picker, &[plain, filtered]), ["-", "no"]);
        let mut picker = Picker::new(vec![Rule::one_of(Operation::Jobs, vec![refuse(), refuse()])]);
        assert_eq!(names(&mut picker, &[plain]), ["-"]);
    }
}
