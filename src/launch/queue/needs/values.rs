//! What expressions see of a needed job: `needs.<job>`.
//!
//! In: what came of its launches, and their outputs. Out: counts, and the outputs of a single robot job. Never: an output
//! that is no JSON object.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Map, Value};

use super::fate::{Fate, Fates};
use crate::ids::Ordinal;
use crate::template::exact_json;

/// The value of a needed job of which the launches at `launches` count.
pub(super) fn of(launches: Range<u32>, fates: &Fates, outputs: &HashMap<Ordinal, Box<str>>) -> Value {
    let counts = fates.count(launches.clone());
    let mut members = Map::new();
    let skipped = counts.of(Fate::SkippedByPlan) + counts.of(Fate::SkippedByNeeds) + counts.of(Fate::StartedElsewhere);
    for (name, count) in [
        ("launches", counts.all),
        ("started", counts.started),
        ("successful", counts.successful),
        ("suspended", counts.of(Fate::Suspended)),
        ("faulted", counts.of(Fate::Faulted)),
        ("stopped", counts.of(Fate::Stopped)),
        ("late", counts.of(Fate::Late)),
        ("gone", counts.of(Fate::Gone)),
        ("rejected", counts.of(Fate::Rejected)),
        ("partial", counts.partial()),
        ("duplicate", counts.duplicate()),
        ("skipped", skipped),
        ("failed", counts.failed),
    ] {
        members.insert(name.to_owned(), count.into());
    }
    if launches.len() == 1
        && let Some(text) = outputs.get(&Ordinal(launches.start))
        && let Ok(output @ Value::Object(_)) = exact_json(text)
    {
        members.insert("output".to_owned(), output);
    }
    Value::Object(members)
}
