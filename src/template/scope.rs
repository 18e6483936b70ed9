//! The values that expressions see.
//!
//! In: params, variables, environment, run, row, matrix, secrets. Out: contexts for the language, and what was left open
//! for want of a value. Never: anything of the world outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use minijinja::value::{Enumerator, Object, Serde, Value};
use serde_json::Map;

pub(super) mod gaps;
pub(super) mod stand_in;

use super::budget::{EvaluationBudget, ValueSize};
use super::exact_json::{self, Omit};
use super::references::NEEDS;
use super::secrets::{SECRETS, SecretView};
use crate::secret::Secrets;
use gaps::MissingValues;

/// The values that an expression sees, by context. Cheap to clone: contexts are shared, variables too.
#[derive(Clone, Debug)]
pub struct Scope {
    params: Value,
    vars: Arc<VariableValues>,
    env: Value,
    run: Value,
    row: Option<Value>,
    rows: Option<Value>,
    matrix: Option<Value>,
    fault: Option<Value>,
    needs: Option<Value>,
    /// Whether `needs` is known later, and until then stands for itself.
    has_late_needs: bool,
    secrets: SecretView,
    pub(super) meter: Arc<EvaluationBudget>,
    /// The values that are not there, where that is no fault.
    pub(super) gaps: Option<Arc<MissingValues>>,
    /// Whether row and matrix are not known.
    pub(super) is_launch_open: bool,
}

/// Variables, which are defined one after the other, each from those before it.
#[derive(Debug, Default)]
struct VariableValues(RwLock<BTreeMap<Box<str>, Value>>);

impl Scope {
    /// A scope of `params`, `env` and `run`, without variables yet. What a map lacks is undefined.
    #[must_use]
    pub fn new(
        params: Map<String, serde_json::Value>,
        env: Map<String, serde_json::Value>,
        run: Map<String, serde_json::Value>,
    ) -> Self {
        Self {
            params: context(params),
            vars: Arc::default(),
            env: context(env),
            run: context(run),
            row: None,
            rows: None,
            matrix: None,
            fault: None,
            needs: None,
            has_late_needs: false,
            secrets: SecretView::default(),
            meter: Arc::default(),
            gaps: None,
            is_launch_open: false,
        }
    }

    /// The same, where expressions that lack a value are left open instead of failing; `max_rows` are tried of a table.
    #[must_use]
    pub fn with_gaps(self, max_rows: u32) -> Self {
        Self { gaps: Some(Arc::new(MissingValues::new(max_rows))), ..self }
    }

    /// Whether expressions that lack a value are left open.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.gaps.is_some()
    }

    /// Whether so many rows are more than are tried.
    #[must_use]
    pub fn are_too_many(&self, rows: u32) -> bool {
        self.gaps.as_ref().is_some_and(|gaps| rows > gaps.max_rows)
    }

    /// Leaves open what uses this member of a context, here and in every clone; where gaps are no fault.
    pub fn leave_open(&self, root: &str, name: &str) {
        self.gaps.iter().for_each(|gaps| gaps.leave_open(root, name));
    }

    /// Whether what uses this member of a context is left open.
    #[must_use]
    pub fn is_left_open(&self, root: &str, name: &str) -> bool {
        self.gaps.as_ref().is_some_and(|gaps| gaps.is_open(root, name))
    }

    /// Leaves open what uses this member of a context and fails, for it is undefined; where gaps are no fault.
    pub fn unset(&self, root: &str, name: &str) {
        self.gaps.iter().for_each(|gaps| gaps.unset(root, name));
    }

    /// Notes that something was left open for want of this.
    pub fn miss(&self, root: &str, name: &str) {
        self.gaps.iter().for_each(|gaps| gaps.miss(root, name));
    }

    /// For want of which values, each a context and a name, something was left open that [`Scope::unset`] lists.
    #[must_use]
    pub fn missed(&self) -> BTreeSet<(Box<str>, Box<str>)> {
        self.gaps.as_ref().map(|gaps| gaps.missed()).unwrap_or_default()
    }

    /// The same for a launch whose row and matrix are not known.
    #[must_use]
    pub fn with_open_launch(self) -> Self {
        Self { is_launch_open: true, ..self }
    }

    /// The same after planning, where `run.id` is known.
    #[must_use]
    pub fn with_run_id(self, id: &str) -> Self {
        let mut run = match exact_json::to_json(&self.run) {
            Ok(Some(serde_json::Value::Object(run))) => run,
            _ => Map::new(),
        };
        run.insert("id".to_owned(), id.into());
        Self { run: context(run), ..self }
    }

    /// Allows for what the expressions of `count` launches or rows cost.
    pub fn allow(&self, count: u64) {
        self.meter.allow(count);
    }

    /// Ends the counting of what expressions cost.
    pub fn lift_budget(&self) {
        self.meter.lift();
    }

    /// Whether the expressions have used up what they may cost in all: every further one fails.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.meter.is_spent()
    }

    /// Whether a variable of this value still has room beside the others.
    #[must_use]
    pub fn has_room_for(&self, value: &serde_json::Value) -> bool {
        self.meter.hold(ValueSize::of(value).bytes)
    }

    /// The same with another view of secrets.
    #[must_use]
    pub fn with_secrets(self, secrets: SecretView) -> Self {
        Self { secrets, ..self }
    }

    /// How secrets are seen.
    pub(super) fn secrets(&self) -> &SecretView {
        &self.secrets
    }

    /// The value of a context, or of one of its members; `None` if it is undefined.
    pub(crate) fn value_of(&self, root: &str, member: Option<&str>) -> Option<serde_json::Value> {
        let context = Arc::new(self.clone()).get_value_by_str(root)?;
        let value = match member {
            None => context,
            Some(member) => context.get_attr(member).ok()?,
        };
        exact_json::to_json(&value).ok().flatten()
    }

    /// Adds a variable, here and in every clone.
    pub fn define(&self, name: &str, value: serde_json::Value) {
        let mut vars = self.vars.0.write().unwrap_or_else(PoisonError::into_inner);
        vars.insert(name.into(), Value::from(Serde(value)));
    }

    /// The same for one launch: its row and its values of the matrix.
    #[must_use]
    pub fn with_launch(
        self,
        row: Option<Map<String, serde_json::Value>>,
        matrix: Option<Map<String, serde_json::Value>>,
    ) -> Self {
        Self { row: row.map(context), matrix: matrix.map(context), ..self }
    }

    /// The same for one launch that takes many rows.
    #[must_use]
    pub fn with_rows(self, rows: Vec<serde_json::Value>) -> Self {
        Self { rows: Some(Value::from(Serde(serde_json::Value::Array(rows)))), ..self }
    }

    /// The same behind the jobs that a launch needs: what came of each, by its name.
    #[must_use]
    pub fn with_needs(self, needs: Map<String, serde_json::Value>) -> Self {
        Self { needs: Some(context(needs)), ..self }
    }

    /// The same for a launch that needs jobs which are not over yet: what uses them stands for itself.
    #[must_use]
    pub fn with_late_needs(self) -> Self {
        Self { has_late_needs: true, ..self }
    }

    /// Whether what needed jobs gave is not known yet.
    pub(super) fn awaits_needs(&self) -> bool {
        self.has_late_needs && self.needs.is_none()
    }

    /// The same for one robot job that faulted: the members of `fault`, by [`FAULT_FACTS`].
    #[must_use]
    pub fn with_fault(self, facts: Map<String, serde_json::Value>) -> Self {
        Self { fault: Some(context(facts)), ..self }
    }
}

/// The members of `fault`: what is known of a robot job that faulted.
pub const FAULT_FACTS: [&str; 9] =
    ["info", "code", "title", "detail", "category", "state", "sub_state", "started", "release"];

fn context(map: Map<String, serde_json::Value>) -> Value {
    Value::from(Serde(serde_json::Value::Object(map)))
}

impl Object for VariableValues {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let vars = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Enumerator::Values(vars.keys().map(|name| Value::from(name.as_ref())).collect())
    }
}

/// Secrets by their values, for an expression that is to be sent.
#[derive(Debug)]
struct SecretValues(Arc<Secrets>);

impl Object for SecretValues {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).map(|secret| Value::from(secret.expose()))
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "params" => Some(self.params.clone()),
            "vars" => Some(Value::from_dyn_object(Arc::clone(&self.vars))),
            "env" => Some(self.env.clone()),
            "run" => Some(self.run.clone()),
            "row" => self.row.clone(),
            "rows" => self.rows.clone(),
            "matrix" => self.matrix.clone(),
            "fault" => self.fault.clone(),
            NEEDS => self.needs.clone(),
            SECRETS => match &self.secrets {
                SecretView::Revealed(secrets) => Some(Value::from_object(SecretValues(Arc::clone(secrets)))),
                SecretView::AsWritten | SecretView::Masked => None,
            },
            "omit" => Some(Value::from_object(Omit)),
            _ => None,
        }
    }
}
