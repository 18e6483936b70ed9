//! What follows all launches of a run: the manifest's own keys, read and judged.
//!
//! In: [`FollowUpKeys`], and a way to get a node's value. Out: [`RunFollowUp`], or complaints at their places. Never: reads
//! a job's keys.

use super::keys::FollowUpKeys;
use super::model::RunFollowUp;
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{Field, FromValue, OnFinish, Wait};
use crate::manifest::Document;
use crate::spec::job::{FieldValue, NodeValues};

/// Reads the manifest's own keys. `values` gives a node's value, or complains.
///
/// What is not known yet, or not in order, is left out.
pub fn read_run_follow_up(
    document: &Document,
    keys: &FollowUpKeys,
    values: &mut NodeValues<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> RunFollowUp {
    let mut reader = KeyReader { document, values, complaints };
    let follow_up = RunFollowUp {
        wait: reader.read("wait", keys.wait),
        outcome: reader.read("outcome", keys.outcome),
        breaker: reader.read("breaker", keys.breaker),
        active: keys.active.map(|(active, _)| active),
        fail_fast: reader.read("fail-fast", keys.fail_fast),
        ramp: reader.read("ramp", keys.ramp),
    };
    if follow_up.wait == Some(Wait::Switch(false))
        && follow_up.asks_to_wait()
        && let Some(wait) = keys.wait
    {
        let asking = match &follow_up {
            RunFollowUp { outcome: Some(_), .. } => "outcome",
            RunFollowUp { breaker: Some(_), .. } => "breaker",
            RunFollowUp { active: Some(_), .. } => "limits.active",
            _ => "ramp.pause-on",
        };
        complaints.push(
            Diagnostic::error(
                Code::Conflict,
                document.place(wait.node),
                format!("`wait` is false, and `{asking}` needs to know how robot jobs end"),
            )
            .help("leave `wait` out, or write `wait: true`"),
        );
    }
    follow_up
}

/// Reads `on-finish`; `None` where there is none, or it is not known yet, or not in order.
pub fn read_on_finish(
    document: &Document,
    keys: &FollowUpKeys,
    values: &mut NodeValues<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<OnFinish> {
    KeyReader { document, values, complaints }.read("on-finish", keys.on_finish)
}

struct KeyReader<'a, 'v> {
    document: &'a Document,
    values: &'a mut NodeValues<'v>,
    complaints: &'a mut Vec<Diagnostic>,
}

impl KeyReader<'_, '_> {
    fn read<T: FromValue>(&mut self, key: &str, field: Option<Field<T>>) -> Option<T> {
        let node = field?.node;
        match (self.values)(node, self.complaints) {
            FieldValue::Deferred | FieldValue::Omitted => None,
            FieldValue::Value(value) => match T::from_value(key, &value) {
                Ok(value) => Some(value),
                Err(wrong) => {
                    self.complaints.push(wrong.at(self.document.place(node)));
                    None
                }
            },
        }
    }
}
