//! Conditions over launch after launch, each computed only where a fact that it asks for is another one than before.
//!
//! In: conditions, then the facts of each launch. Out: whether each holds, and the values that were seen. Never: asks for a fact
//! that no condition names. Fifty thousand launches have few folders, so a rule about folders costs a comparison each.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::condition::LaunchCondition;
use super::facts::{FactPath, LaunchFacts};
use crate::diagnostic::escape::escape;
use crate::template::ConditionFault;

/// Maximum different values of a fact by which what holds is known again.
const MAX_VALUES: usize = 32;
/// Maximum combinations of values for which it is known what holds of a condition.
const MAX_KNOWN: usize = 1024;
/// Maximum values of a fact that are named.
const MAX_NAMED: usize = 8;

/// Conditions that are asked of the same launches.
#[derive(Debug)]
pub struct ConditionSet {
    conditions: Vec<WatchedCondition>,
    columns: Vec<FactColumn>,
    /// Whether the launch that is looked at is of a batch.
    is_batch: bool,
}

#[derive(Debug)]
struct WatchedCondition {
    condition: Arc<LaunchCondition>,
    /// The columns of its paths, in their order.
    columns: Vec<usize>,
    /// What came of it, by the numbers of the values in its columns.
    known: HashMap<Vec<u8>, Result<Option<bool>, ConditionFault>>,
}

/// A fact over all launches.
#[derive(Debug)]
struct FactColumn {
    path: FactPath,
    /// Different values, in the order in which they were seen.
    values: Vec<Value>,
    /// Whether there were more than are kept.
    is_open: bool,
    present: PresentValue,
}

/// The value of the launch that is looked at.
#[derive(Debug)]
enum PresentValue {
    Known(u8),
    Other(Value),
}

impl ConditionSet {
    /// Conditions by number, in this order.
    #[must_use]
    pub fn new(conditions: impl IntoIterator<Item = Arc<LaunchCondition>>) -> Self {
        let mut columns: Vec<FactColumn> = Vec::new();
        let conditions = conditions.into_iter().map(|condition| {
            let own = condition.paths().iter().map(|path| {
                columns.iter().position(|column| column.path == *path).unwrap_or_else(|| {
                    let present = PresentValue::Other(Value::Null);
                    columns.push(FactColumn { path: path.clone(), values: Vec::new(), is_open: false, present });
                    columns.len() - 1
                })
            });
            let own = own.collect();
            WatchedCondition { condition, columns: own, known: HashMap::new() }
        });
        let conditions = conditions.collect();
        Self { conditions, columns, is_batch: false }
    }

    /// Looks at one launch.
    pub fn look_at(&mut self, facts: &dyn LaunchFacts) {
        self.is_batch = facts.is_batch();
        for column in &mut self.columns {
            column.look_at(facts);
        }
    }

    /// Whether condition number `index` holds for the launch that was looked at; `None`: it compares what the launch does not have.
    ///
    /// Errors: it fails there.
    pub fn holds(&mut self, index: usize) -> Result<Option<bool>, ConditionFault> {
        let Self { conditions, columns, is_batch } = self;
        let WatchedCondition { condition, columns: own, known } = &mut conditions[index];
        let number = |at: &usize| match columns[*at].present {
            PresentValue::Known(number) => Some(number),
            PresentValue::Other(_) => None,
        };
        let values = own.iter().map(|at| columns[*at].value());
        let numbers = own.iter().map(number).chain([Some(u8::from(*is_batch))]);
        let Some(numbers) = numbers.collect::<Option<Vec<u8>>>() else {
            return condition.holds(values, *is_batch);
        };
        if let Some(known) = known.get(&numbers) {
            return known.clone();
        }
        let held = condition.holds(values, *is_batch);
        if known.len() < MAX_KNOWN {
            known.insert(numbers, held.clone());
        }
        held
    }

    /// What condition number `index` asks for, as it is written, that is not known yet of the launch with these `facts`.
    #[must_use]
    pub fn asks_open(&self, index: usize, facts: &dyn LaunchFacts) -> Option<String> {
        let condition = &self.conditions[index].condition;
        let open = condition.paths().iter().find(|path| facts.is_open(path.name, &path.members));
        open.map(|path| condition.written(path))
    }

    /// What the launch that was looked at is, in the names of condition number `index`: `` `folder` is "HR" ``.
    #[must_use]
    pub fn present(&self, index: usize) -> Vec<String> {
        let WatchedCondition { condition, columns, .. } = &self.conditions[index];
        let of = |at: &usize| {
            let column = &self.columns[*at];
            format!("`{}` is {}", condition.written(&column.path), named(column.value()))
        };
        columns.iter().map(of).collect()
    }

    /// What the facts of the conditions were seen to be, one line each: `` `row.region` is `amer`, `emea` ``.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        let of = |column: &FactColumn| {
            let condition = self.conditions.iter().map(|watched| &watched.condition);
            let written = condition.map(|condition| condition.written(&column.path)).next().unwrap_or_default();
            let has_more = column.is_open || column.values.len() > MAX_NAMED;
            let named: Vec<String> = column.values.iter().take(MAX_NAMED).map(named).collect();
            let more = if has_more { ", ..." } else { "" };
            (!named.is_empty()).then(|| format!("`{written}` is {}{more}", named.join(", ")))
        };
        self.columns.iter().filter_map(of).collect()
    }
}

/// A value as a condition would write it.
fn named(value: &Value) -> String {
    const MAX_CHARS: usize = 60;
    let text = if value.is_null() { "none".to_owned() } else { value.to_string() };
    let short: String = text.chars().take(MAX_CHARS).collect();
    escape(&short).into_owned()
}

impl FactColumn {
    fn look_at(&mut self, facts: &dyn LaunchFacts) {
        let value = facts.fact(self.path.name, &self.path.members);
        if let PresentValue::Known(number) = self.present
            && value.is(&self.values[usize::from(number)])
        {
            return;
        }
        // Once there are more values than are kept, most are new.
        let found = if self.is_open { None } else { self.values.iter().position(|known| value.is(known)) };
        self.present = match found {
            Some(at) => PresentValue::Known(u8::try_from(at).expect("few values are kept")),
            None if self.values.len() < MAX_VALUES && !self.is_open => {
                self.values.push(value.into_value());
                PresentValue::Known(u8::try_from(self.values.len() - 1).expect("few values are kept"))
            }
            None => {
                self.is_open = true;
                PresentValue::Other(value.into_value())
            }
        };
    }

    fn value(&self) -> &Value {
        match &self.present {
            PresentValue::Known(number) => &self.values[usize::from(*number)],
            PresentValue::Other(value) => value,
        }
    }
}
