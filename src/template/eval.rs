//! Compiled expressions.
//!
//! In: an expression's text and a [`Scope`]. Out: a value, or what went wrong and where in the text.
//! Pure: an expression sees its scope and nothing else; fuel bounds its time and memory.

use std::ops::Range;
use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, Expression};

use super::budget::{MAX_LEVELS, MAX_VALUE_BYTES, ValueSize};
use super::exact_json::{self, InexactValue};
use super::expression_error::{ExpressionError, ExpressionErrorCause, instead_of};
use super::functions;
use super::operators;
use super::references::{NameReference, count_tokens, inexact_number, stray_sign, uses, uses_needs};
use super::rewording::Rewording;
use super::scope::Scope;
use super::scope::stand_in::{as_written, stand_in};
use super::secrets::{SecretView, secrets_used, uses_secrets};

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = functions::environment();
    operators::add_to(&mut environment);
    environment
});

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
    /// The text that was compiled, where it compares.
    reworded: Option<Rewording>,
    /// The names in it, in order.
    pub(super) uses: Vec<NameReference>,
    /// Whether one of them is a secret.
    pub(super) uses_secrets: bool,
    /// Whether one of them is what needed jobs gave.
    uses_needs: bool,
}

impl CompiledExpression {
    pub(super) fn new(text: &str) -> Result<Self, ExpressionError> {
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
            .map_err(|error| ExpressionError::of(&error, text, |range| range))?;
        // minijinja 3.1 takes what it cannot read after a text for the end (`Parser::parse_primary` drops the error of
        // `TokenStream::current`). In parentheses the end would come too soon.
        let reworded = operators::reword(text);
        let metered = ENVIRONMENT
            .compile_expression_owned(functions::metered(reworded.as_ref().map_or(text, |reworded| &reworded.text)))
            .map_err(|_| ExpressionError::whole(text, "the expression cannot be read to its end"))?;
        let uses = uses(text);
        let uses_secrets = uses_secrets(&uses);
        let uses_needs = uses_needs(&uses);
        let is_metered = reworded.is_some() || may_cost(text);
        let expression = if is_metered { metered } else { plain };
        Ok(Self { expression, is_metered, reworded, uses, uses_secrets, uses_needs })
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
            && let Some(stand_in) = stand_in(text, &self.uses, scope)
        {
            return Ok(Some(stand_in.into()));
        }
        // What a needed job gave is known once it is over, and until then the expression stands for itself.
        if self.uses_needs && scope.awaits_needs() {
            return Ok(Some(as_written(text, &self.uses, scope).into()));
        }
        let value = self.evaluate(text, scope).map_err(|fault| {
            // The language's own words may repeat a value.
            let what = "the expression fails with the secrets' values";
            if self.uses_secrets { ExpressionError { what: what.to_owned(), help: None, ..fault } } else { fault }
        });
        if self.uses_secrets
            && let (SecretView::Revealed(secrets), Ok(Some(made))) = (scope.secrets(), &value)
        {
            secrets.learn_made(made, &secrets_used(&self.uses));
        }
        value
    }

    fn evaluate(&self, text: &str, scope: &Scope) -> Result<Option<serde_json::Value>, ExpressionError> {
        self.eval_alone(text, Value::from_object(scope.clone()), || {
            scope.meter.spend(if self.is_metered { functions::last_cost() } else { PLAIN });
        })
    }

    /// The value of the expression, whose text is `text`, over the members of `root` and nothing else; `pay` is called once it
    /// was computed.
    pub(super) fn eval_alone(
        &self,
        text: &str,
        root: Value,
        pay: impl FnOnce(),
    ) -> Result<Option<serde_json::Value>, ExpressionError> {
        let typed = |range: Range<usize>| {
            let shift = if self.is_metered { functions::METERED_BEFORE.len() } else { 0 };
            let range = range.start.saturating_sub(shift)..range.end.saturating_sub(shift);
            self.reworded.as_ref().map_or(range.clone(), |reworded| reworded.typed(&range))
        };
        let value = self.expression.eval(root).map_err(|error| ExpressionError::of(&error, text, typed))?;
        pay();
        exact_json::to_json(&value).map_err(|error| {
            let help = matches!(error, InexactValue::Undefined).then(|| {
                "`| default(...)` gives a value for that case, `| default(omit)` leaves the key out".to_owned()
            });
            ExpressionError { help, ..ExpressionError::whole(text, error.to_string()) }
        })
    }
}

/// Whether evaluating `text`, which compares nothing, may take more than its result shows: it filters, calls or multiplies.
fn may_cost(text: &str) -> bool {
    text.bytes().any(|byte| b"|([*".contains(&byte)) || text.contains(" is ")
}
