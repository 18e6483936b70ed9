//! What can be said about a text: [`Diagnostic`]s, and [`Diagnosed`], a stage's product with everything worth saying.
//!
//! In: places and words from any stage. Out: values that `diagnostic/render.rs` and its neighbours write down.
//! Never: prints, or decides an exit code.

pub mod causes;
mod code;
mod complaint;
pub mod escape;
mod findings;
mod forms;
pub mod json;
pub mod junit_text;
pub mod markdown;
mod nearest;
pub mod render;
pub mod shell;
mod shown;
pub mod styles;
pub mod visible;

pub use code::Code;
pub use complaint::{Diagnostic, HiddenCount, Severity};
pub use findings::{CheckedText, Findings};
pub use forms::DiagnosticForm;
pub use nearest::{MAX_SUGGESTIONS, nearest};
pub use shown::{Complaints, MAX_SHOWN, extend};

/// A stage's product, and everything worth telling the author of the text.
///
/// A value is present exactly when no diagnostic is an error; warnings may stand beside it.
#[derive(Debug)]
#[must_use]
pub struct Diagnosed<T> {
    value: Option<T>,
    diagnostics: Vec<Diagnostic>,
}

impl<T> Diagnosed<T> {
    /// `value` where `diagnostics` holds no error, else none. Diagnostics are put in the order of their places, and at most
    /// [`MAX_SHOWN`] of each text are kept.
    pub fn new(value: T, diagnostics: Vec<Diagnostic>) -> Self {
        let diagnostics = shown::settle(diagnostics);
        let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        Self { value: (!failed).then_some(value), diagnostics }
    }

    /// No value. At least one of `diagnostics` must be an error.
    pub fn failed(diagnostics: Vec<Diagnostic>) -> Self {
        debug_assert!(diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error));
        Self { value: None, diagnostics: shown::settle(diagnostics) }
    }

    /// What was found worth saying, in the order of places.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value, and what was found worth saying.
    #[must_use]
    pub fn into_parts(self) -> (Option<T>, Vec<Diagnostic>) {
        (self.value, self.diagnostics)
    }

    /// Hands the value to the next stage and keeps the diagnostics of both.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Diagnosed<U>) -> Diagnosed<U> {
        let mut diagnostics = self.diagnostics;
        match self.value {
            None => Diagnosed { value: None, diagnostics },
            Some(value) => {
                let outcome = next(value);
                // Two stages may find the same: what is fixed is looked at early, and once more when it is made.
                let news: Vec<Diagnostic> =
                    outcome.diagnostics.into_iter().filter(|it| !diagnostics.contains(it)).collect();
                diagnostics.extend(news);
                Diagnosed { value: outcome.value, diagnostics: shown::settle(diagnostics) }
            }
        }
    }
}
