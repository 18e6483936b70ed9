//! What the stand-in does wrong: rules that pick requests, and the fault that each of these then meets.
//!
//! In: code, or a file (`--faults FILE`, YAML or JSON; `docs/faults.md`). Out: for each request at most one [`Fault`].
//! Everything is counted, or drawn from a seed, so that a run that went wrong can be had again. The record and the jobs
//! page go on telling the truth: what was created, when, for whom, and which fault was in the way.

pub use fault::{Create, Cut, Fault, Part, Reply, RetryAfter, Status, Then, Tokens};
pub use rule::{Operation, Position, Rule};
pub use storm::Storm;

mod fault;
pub(super) mod line;
pub(super) mod picker;
mod rule;
mod storm;
mod text;

/// Rules, in order: the first one that picks a request says what it meets.
///
/// ```
/// use orchestrator_sandbox::faults::{Fault, Faults, Operation::StartJobs, Position::Nth, Reply, Rule, Status};
/// let faults = Faults::new()
///     .at(StartJobs, Nth(3), Fault::lose_answer())
///     .rule(Rule::new(StartJobs, Fault::before(Reply::Status(Status::of(503)))).marker("INV-7").times(2));
/// assert!(faults.check().is_ok());
/// assert!(Faults::from_text("rules: [{on: StartJobs, nth: 3, fault: lose-answer}]").is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    rules: Vec<Rule>,
}

/// Faults that cannot be: the author's error.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The file's text has another form.
    #[error("the faults cannot be read")]
    Unreadable(#[source] Box<serde_yaml::Error>),
    /// A storm is to do without a fault that does not exist.
    #[error("`{name}` is no fault: docs/faults.md lists those with names")]
    NoSuchFault {
        /// The name given.
        name: String,
    },
    /// A rule contradicts itself.
    #[error("rule {number} of the faults: {why}")]
    Rule {
        /// Counted from 1; the rules of a storm come last.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Faults {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule: what `on` selects meets `fault` at `position`.
    #[must_use]
    pub fn at(self, on: Operation, position: Position, fault: Fault) -> Self {
        self.rule(Rule::new(on, fault).at(position))
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// All kinds of faults in equal parts, at a total share from 0 to 1; [`Storm`] has more to say.
    pub fn storm(seed: u64, share: f64) -> Self {
        Storm::new(seed, share).into()
    }

    /// Reads faults from YAML or JSON text.
    ///
    /// Errors: [`FaultsError`].
    pub fn from_text(text: &str) -> Result<Self, FaultsError> {
        let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
        let read: text::FaultsText = serde_yaml::from_str_with_options(text, options)
            .map_err(|error| FaultsError::Unreadable(Box::new(error)))?;
        let faults = Self { rules: read.rules()? };
        faults.check().map(|()| faults)
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Checks that every rule can be followed; starting a sandbox checks it too.
    ///
    /// Errors: [`FaultsError::Rule`].
    pub fn check(&self) -> Result<(), FaultsError> {
        let complaint = |(index, rule): (usize, &Rule)| rule.complaint().map(|why| (index + 1, why));
        match self.rules.iter().enumerate().find_map(complaint) {
            None => Ok(()),
            Some((number, why)) => Err(FaultsError::Rule { number, why }),
        }
    }

    /// The rules at work.
    pub(super) fn picker(self) -> picker::Picker {
        picker::Picker::new(self.rules)
    }
}

impl From<Storm> for Faults {
    fn from(storm: Storm) -> Self {
        Self { rules: storm.rules() }
    }
}
