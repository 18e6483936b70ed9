//! What the expressions of one plan may cost in all: the fuel of each bounds only itself.
//!
//! In: what evaluating costs. Out: whether there is any left. Never: a clock: the same plan always fits, or never.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

/// For a plan as a whole: about two seconds' work of the dearest expressions. A unit is one instruction, or 64 bytes that are made.
const BASE: u64 = 20_000_000;
/// For each launch, and for each row that `where` looks at: some fifty plain expressions.
const SHARE: u64 = 1_000;
/// Maximum value that expressions make, in bytes.
pub(super) const MAX_VALUE_BYTES: u64 = 32 * 1024 * 1024;
/// Maximum size of all variables together, in bytes.
const MAX_VARIABLES_BYTES: u64 = 2 * MAX_VALUE_BYTES;
/// Maximum levels that a value may have: a list around a variable adds one each time.
pub(super) const MAX_LEVELS: usize = 128;

/// The budget of one plan. Clones of a scope share it.
#[derive(Debug)]
pub(super) struct EvaluationBudget {
    spent: AtomicU64,
    allowed: AtomicU64,
    held_bytes: AtomicU64,
}

impl Default for EvaluationBudget {
    fn default() -> Self {
        Self { spent: AtomicU64::new(0), allowed: AtomicU64::new(BASE), held_bytes: AtomicU64::new(0) }
    }
}

impl EvaluationBudget {
    /// Allows for `count` launches or rows.
    pub(super) fn allow(&self, count: u64) {
        self.allowed.fetch_add(count.saturating_mul(SHARE), Ordering::Relaxed);
    }

    /// Ends the counting: what was planned once is rendered again at no charge.
    pub(super) fn lift(&self) {
        self.allowed.store(u64::MAX, Ordering::Relaxed);
    }

    pub(super) fn spend(&self, units: u64) {
        self.spent.fetch_add(units, Ordering::Relaxed);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed) > self.allowed.load(Ordering::Relaxed)
    }

    /// Whether there is room for a variable of `bytes`; then it is held.
    pub(super) fn hold(&self, bytes: u64) -> bool {
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= MAX_VARIABLES_BYTES
    }
}

/// How large a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueSize {
    /// Roughly, in memory.
    pub(super) bytes: u64,
    pub(super) levels: usize,
}

impl ValueSize {
    pub(super) fn of(value: &Value) -> Self {
        const EACH: u64 = 32;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self { bytes: EACH, levels: 1 },
            Value::String(text) => Self { bytes: EACH + text.len() as u64, levels: 1 },
            Value::Array(items) => Self::around(EACH, items.iter().map(Self::of)),
            Value::Object(entries) => {
                let keys: u64 = entries.keys().map(|key| EACH + key.len() as u64).sum();
                Self::around(EACH + keys, entries.values().map(Self::of))
            }
        }
    }

    fn around(bytes: u64, inner: impl Iterator<Item = Self>) -> Self {
        let all = inner.fold(Self { bytes, levels: 0 }, |all, inner| Self {
            bytes: all.bytes + inner.bytes,
            levels: all.levels.max(inner.levels),
        });
        Self { levels: all.levels + 1, ..all }
    }

    /// What making it costs, in units.
    pub(super) fn units(self) -> u64 {
        self.bytes / 64
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_as_large_as_what_is_in_them() {
        for (value, bytes, levels) in [
            (json!(null), 32, 1),
            (json!("abc"), 35, 1),
            (json!([1, [2]]), 32 + 32 + 32 + 32, 3),
            (json!({ "ab": [] }), 32 + 34 + 32, 2),
        ] {
            assert_eq!(ValueSize::of(&value), ValueSize { bytes, levels }, "{value}");
        }
    }

    #[test]
    fn a_plan_may_spend_its_base_and_a_share_for_each_launch() {
        let meter = EvaluationBudget::default();
        meter.spend(BASE);
        assert!(!meter.is_spent());
        meter.spend(1);
        assert!(meter.is_spent());
        meter.allow(1);
        assert!(!meter.is_spent());
        meter.spend(SHARE);
        assert!(meter.is_spent());
        meter.lift();
        assert!(!meter.is_spent());
    }

    #[test]
    fn variables_share_one_room() {
        let meter = EvaluationBudget::default();
        assert!(meter.hold(MAX_VARIABLES_BYTES));
        assert!(!meter.hold(1));
    }
}
