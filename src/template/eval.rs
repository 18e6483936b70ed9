//! Compiled expressions, and the values that they see.
//!
//! In: an expression's text and a [`Scope`]. Out: a value, or what went wrong and where in the text.
//! Pure: an expression sees its scope and nothing else; fuel bounds its time and memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use minijinja::value::{Enumerator, Object, Serde, Value};
use minijinja::{Environment, ErrorKind, Expression};
use serde_json::Map;

use super::budget::{EvaluationBudget, MAX_LEVELS, MAX_VALUE_BYTES, ValueSize};
use super::exact_json::{self, InexactValue, Omit};
use super::functions;
use super::gaps::MissingValues;
use super::references::{NameReference, count_tokens, inexact_number, stray_sign, uses};
use super::secrets::{SECRETS, SecretView, secrets_used, uses_secrets};
use crate::secret::Secrets;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(functions::environment);

/// Maximum expression, in bytes: enough for any that a person would review.
const MAX_EXPRESSION_BYTES: usize = 8192;

/// Maximum names, numbers, texts and signs in one expression. minijinja's parser recurses without a limit over signs
/// such as `-` and `not`: some thousands of them overflow the stack.
const MAX_TOKENS: usize = 1000;

/// What an expression costs that nothing is measured of: a name, or text beside text.
const PLAIN: u64 = 20;
/// What an expression costs that fails: a part of what it may have computed.
const FAILED: u64 = functions::FUEL / 4;

/// An expression, ready to be evaluated any number of times.
#[derive(Debug)]
pub(super) struct CompiledExpression {
    expression: Expression<'static, 'static>,
    /// Whether `expression` stands in parentheses, with what tells its cost behind it.
    is_metered: bool,
    /// The names in it, in order.
    pub(super) uses: Vec<NameReference>,
    /// Whether one of them is a secret.
    pub(super) uses_secrets: bool,
}

/// What went wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpressionError {
    /// Where, in bytes of the expression's text; all of it where nobody knows.
    pub(super) range: Range<usize>,
    /// What, as the middle of a sentence.
    pub(super) what: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// Who is at fault.
    pub(super) cause: ExpressionErrorCause,
}

/// What an expression fails by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpressionErrorCause {
    /// Itself.
    Itself,
    /// All expressions of the plan together.
    Plan,
    /// A value that is not known yet: nothing is wrong.
    Gap,
}

impl ExpressionError {
    fn whole(text: &str, what: impl Into<String>) -> Self {
        Self { range: 0..text.len(), what: what.into(), help: None, cause: ExpressionErrorCause::Itself }
    }

    /// The plan has no budget left.
    fn spent(text: &str) -> Self {
        let help = "what is the same for many launches is computed once in `vars`; lists and texts of many thousands \
                    belong into data files";
        Self {
            help: Some(help.to_owned()),
            cause: ExpressionErrorCause::Plan,
            ..Self::whole(text, "all expressions together compute too much")
        }
    }

    /// A value is not known yet.
    fn gap(text: &str) -> Self {
        Self { cause: ExpressionErrorCause::Gap, ..Self::whole(text, "a value is not known yet") }
    }

    /// `shift` bytes of what was compiled stand before `text`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of the language's errors is open")]
    fn of(error: &minijinja::Error, text: &str, shift: usize) -> Self {
        let range = error.range().map(|range| range.start.saturating_sub(shift)..range.end.saturating_sub(shift));
        let range = range.filter(|range| range.end <= text.len() && range.start < range.end);
        let (detail, to_do) = error.detail().map_or(("", None), |detail| match detail.rsplit_once(functions::TO_DO) {
            Some((what, to_do)) => (what, Some(to_do)),
            None => (detail, None),
        });
        let kind = error.kind();
        let what = if kind == ErrorKind::OutOfFuel {
            "the expression computes too much".to_owned()
        } else if detail.contains("recursion limit") {
            "the expression nests too deeply".to_owned()
        } else if kind == ErrorKind::SyntaxError && !detail.is_empty() {
            detail.to_owned()
        } else if kind == ErrorKind::InvalidOperation && !detail.is_empty() {
            match detail.strip_prefix("tried to use ") {
                Some(rest) => operands(rest),
                None if detail.ends_with(" literal") => "the text is not a number".to_owned(),
                None => detail.to_owned(),
            }
        } else {
            format!("{kind}{}{detail}", if detail.is_empty() { "" } else { ": " })
        };
        let range = range.unwrap_or(0..text.len());
        let help = match kind {
            ErrorKind::InvalidOperation if to_do.is_some() => to_do,
            ErrorKind::UndefinedError => Some("`| default(...)` gives a value for that case"),
            ErrorKind::SyntaxError if text[..range.start].ends_with('|') => Some("write `or`"),
            ErrorKind::SyntaxError if what.contains("end of input") => Some("complete it, or remove what comes last"),
            ErrorKind::SyntaxError => instead_of(&text[range.start..])
                .or_else(|| what.contains("after expression").then_some("text stands in quotes, and `~` joins text")),
            ErrorKind::InvalidOperation if what.contains("cannot work on") => {
                Some("`| int` or `| float` makes a number of text; `~` joins text; a column's type stands in `columns`")
            }
            ErrorKind::InvalidOperation if what == "the text is not a number" => {
                Some("`| int` and `| float` take digits; nothing stands between thousands")
            }
            _ => None,
        };
        Self { range, what, help: help.map(str::to_owned), cause: ExpressionErrorCause::Itself }
    }
}

/// `+ operator on unsupported types string and number`, as a sentence.
fn operands(detail: &str) -> String {
    detail.split_once(" operator on unsupported types ").map_or_else(
        || detail.to_owned(),
        |(sign, types)| format!("`{sign}` cannot work on a {}", types.replace(" and ", " and a ")),
    )
}

/// What sortie's expressions have in place of the sign at the start of `rest`, which other languages have.
fn instead_of(rest: &str) -> Option<&'static str> {
    let instead = [
        ("&", "write `and`"),
        ("||", "write `or`"),
        ("!", "write `not`"),
        ("=", "compare with `==`"),
        ("?", "write `A if CONDITION else B`"),
        ("`", "text stands in quotes"),
    ];
    instead.into_iter().find(|(sign, _)| rest.starts_with(sign)).map(|(_, help)| help)
}

impl CompiledExpression {
    fn new(text: &str) -> Result<Self, ExpressionError> {
        if text.is_empty() {
            return Err(ExpressionError::whole(text, "there is no expression between the braces"));
        }
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(ExpressionError::whole(
                text,
                format!("the expression is longer than {MAX_EXPRESSION_BYTES} bytes"),
            ));
        }
        if count_tokens(text) > MAX_TOKENS {
            return Err(ExpressionError::whole(text, format!("the expression has more than {MAX_TOKENS} parts")));
        }
        if let Some(range) = stray_sign(text) {
            let what = format!("`{}` means nothing in an expression", &text[range.clone()]);
            let help = instead_of(&text[range.start..]).map(str::to_owned);
            return Err(ExpressionError { help, range, what, cause: ExpressionErrorCause::Itself });
        }
        if let Some(number) = inexact_number(text) {
            let help = Some("in quotes it is text, and every digit is sent".to_owned());
            let what = format!("the number {} has more digits than a JSON number keeps", number.text);
            return Err(ExpressionError { range: number.range, what, help, cause: ExpressionErrorCause::Itself });
        }
        let plain = ENVIRONMENT
            .compile_expression_owned(text.to_owned())
            .map_err(|error| ExpressionError::of(&error, text, 0))?;
        // minijinja 3.1 takes what it cannot read after a text for the end (`Parser::parse_primary` drops the error of
        // `TokenStream::current`). In parentheses the end would come too soon.
        let metered = ENVIRONMENT
            .compile_expression_owned(functions::metered(text))
            .map_err(|_| ExpressionError::whole(text, "the expression cannot be read to its end"))?;
        let uses = uses(text);
        let uses_secrets = uses_secrets(&uses);
        let is_metered = may_cost(text);
        Ok(Self { expression: if is_metered { metered } else { plain }, is_metered, uses, uses_secrets })
    }

    /// The value of the expression, whose text is `text`; none for `omit`. It is paid for from the scope's budget.
    pub(super) fn eval(&self, text: &str, scope: &Scope) -> Result<Option<serde_json::Value>, ExpressionError> {
        let Some(gaps) = &scope.gaps else { return self.eval_whole(text, scope) };
        if gaps.leaves_open(text, &self.uses, scope.is_launch_open) {
            return Err(ExpressionError::gap(text));
        }
        self.eval_whole(text, scope).map_err(|fault| {
            let may_be_excused = fault.cause == ExpressionErrorCause::Itself;
            if may_be_excused && gaps.excuse(text, &self.uses) { ExpressionError::gap(text) } else { fault }
        })
    }

    /// The same, where every value is known.
    fn eval_whole(&self, text: &str, scope: &Scope) -> Result<Option<serde_json::Value>, ExpressionError> {
        if scope.meter.is_spent() {
            return Err(ExpressionError::spent(text));
        }
        let value = self.eval_unpaid(text, scope);
        let Ok(Some(made)) = &value else {
            scope.meter.spend(if value.is_err() { FAILED } else { PLAIN });
            return value;
        };
        let size = ValueSize::of(made);
        scope.meter.spend(size.units());
        if size.bytes > MAX_VALUE_BYTES {
            let what = format!("the value becomes larger than {} MiB", MAX_VALUE_BYTES >> 20);
            return Err(ExpressionError::whole(text, what));
        }
        if size.levels > MAX_LEVELS {
            return Err(ExpressionError::whole(text, format!("the value becomes more than {MAX_LEVELS} levels deep")));
        }
        value
    }

    fn eval_unpaid(&self, text: &str, scope: &Scope) -> Result<Option<serde_json::Value>, ExpressionError> {
        if self.uses_secrets
            && let Some(stand_in) = scope.secrets.stand_in(text, &self.uses, scope)
        {
            return Ok(Some(stand_in.into()));
        }
        let value = self.evaluate(text, scope).map_err(|fault| {
            // The language's own words may repeat a value.
            let what = "the expression fails with the secrets' values";
            if self.uses_secrets { ExpressionError { what: what.to_owned(), help: None, ..fault } } else { fault }
        });
        if self.uses_secrets
            && let (SecretView::Revealed(secrets), Ok(Some(made))) = (&scope.secrets, &value)
        {
            secrets.learn_made(made, &secrets_used(&self.uses));
        }
        value
    }

    fn evaluate(&self, text: &str, scope: &Scope) -> Result<Option<serde_json::Value>, ExpressionError> {
        let root = Value::from_object(scope.clone());
        let shift = if self.is_metered { functions::METERED_BEFORE.len() } else { 0 };
        let value = self.expression.eval(root).map_err(|error| ExpressionError::of(&error, text, shift))?;
        scope.meter.spend(if self.is_metered { functions::last_cost() } else { PLAIN });
        exact_json::to_json(&value).map_err(|error| {
            let help = matches!(error, InexactValue::Undefined).then(|| {
                "`| default(...)` gives a value for that case, `| default(omit)` leaves the key out".to_owned()
            });
            ExpressionError { help, ..ExpressionError::whole(text, error.to_string()) }
        })
    }
}

/// Whether evaluating `text` may take more than its result shows: it filters, calls, compares or multiplies.
fn may_cost(text: &str) -> bool {
    text.bytes().any(|byte| b"|([*=<>".contains(&byte)) || text.contains(" in ")
}

/// Compiled expressions by their text, so that a thousand jobs with one expression compile it once.
#[derive(Debug, Default)]
pub struct ExpressionCache {
    compiled_by_text: HashMap<Box<str>, Arc<CompiledExpression>>,
}

/// Maximum different expressions that are kept; beyond, each is compiled again where it is needed (about 2 us).
const MAX_CACHED_EXPRESSIONS: usize = 4096;

impl ExpressionCache {
    /// The expression, compiled now or before, and kept where there is room.
    pub(super) fn learn(&mut self, text: &str) -> Result<Arc<CompiledExpression>, ExpressionError> {
        if let Some(compiled) = self.compiled_by_text.get(text) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(CompiledExpression::new(text)?);
        if self.compiled_by_text.len() < MAX_CACHED_EXPRESSIONS {
            self.compiled_by_text.insert(text.into(), Arc::clone(&compiled));
        }
        Ok(compiled)
    }

    /// The expression, compiled now or before.
    pub(super) fn get(&self, text: &str) -> Result<Arc<CompiledExpression>, ExpressionError> {
        self.compiled_by_text
            .get(text)
            .map_or_else(|| CompiledExpression::new(text).map(Arc::new), |known| Ok(Arc::clone(known)))
    }
}

/// The values that an expression sees, by context. Cheap to clone: contexts are shared, variables too.
#[derive(Clone, Debug)]
pub struct Scope {
    params: Value,
    vars: Arc<VariableValues>,
    env: Value,
    run: Value,
    row: Option<Value>,
    matrix: Option<Value>,
    secrets: SecretView,
    meter: Arc<EvaluationBudget>,
    /// The values that are not there, where that is no fault.
    gaps: Option<Arc<MissingValues>>,
    /// Whether row and matrix are not known.
    is_launch_open: bool,
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
            matrix: None,
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

    /// The value of a context, or of one of its members; `None` if it is undefined.
    pub(super) fn value_of(&self, root: &str, member: Option<&str>) -> Option<serde_json::Value> {
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
}

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
            "matrix" => self.matrix.clone(),
            SECRETS => match &self.secrets {
                SecretView::Revealed(secrets) => Some(Value::from_object(SecretValues(Arc::clone(secrets)))),
                SecretView::AsWritten | SecretView::Masked => None,
            },
            "omit" => Some(Value::from_object(Omit)),
            _ => None,
        }
    }
}
