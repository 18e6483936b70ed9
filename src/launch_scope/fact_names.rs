//! The names by which a condition asks for a fact of a launch, of its run, or of its plan.
//!
//! In: nothing. Out: [`FactName`]s with what each means. Never: a fact.

/// Since when a fact is known, or of what it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// Of a launch, once it is planned.
    Planned,
    /// Of a launch, once its run has begun.
    OfRun,
    /// Of the plan as a whole.
    OfPlan,
}

macro_rules! fact_names {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal, $kind:ident;)+) => {
        /// A name by which a condition asks for a fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FactName { $($(#[doc = $doc])+ $variant,)+ }

        impl FactName {
            /// Every name, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word that people write.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Since when it is known, or of what it is.
            #[must_use]
            pub fn kind(self) -> FactKind {
                match self { $(Self::$variant => FactKind::$kind,)+ }
            }
        }
    };
}

fact_names! {
    /// The launch's id: `load/INV-7`.
    Id = "id", Planned;
    /// The manifest's job.
    Job = "job", Planned;
    /// The row's key, where the job has rows.
    Key = "key", Planned;
    /// `row.COLUMN`: a cell of the row.
    Row = "row", Planned;
    /// The rows of a launch that takes several.
    Rows = "rows", Planned;
    /// `matrix.NAME`: a value of the combination.
    Matrix = "matrix", Planned;
    /// `arguments.NAME`: an input argument; what uses a secret is the expression as written.
    Arguments = "arguments", Planned;
    /// `params.NAME`: a param of the manifest.
    Params = "params", Planned;
    /// The folder's path; its number or GUID as text where it is named so.
    Folder = "folder", Planned;
    /// The release's name; its key where it is named so.
    Release = "release", Planned;
    /// The strategy, as the API spells it.
    Strategy = "strategy", Planned;
    /// How many robot jobs it asks for; none for `All`.
    Count = "count", Planned;
    /// The priority from 1 to 100; `Low` is 25, `Normal` 45, `High` 65; none where the release's own holds.
    Priority = "priority", Planned;
    /// The runtime, as the API spells it.
    Runtime = "runtime", Planned;
    /// The author's part of the Reference.
    Reference = "reference", Planned;
    /// How often a robot job of it that faulted is started again.
    Retry = "retry", Planned;
    /// Whether it is started once, whatever runs there are.
    Once = "once", Planned;
    /// What came of it in one word: `faulted`, `stopped`, `late`, `gone` or `suspended` where its robot jobs ended so, else the
    /// report's verdict.
    Verdict = "verdict", OfRun;
    /// How its robot jobs ended; none where they are not over, or nobody waited.
    Outcome = "outcome", OfRun;
    /// Why a robot job of it faulted.
    FaultClass = "fault_class", OfRun;
    /// How often it was sent.
    Attempts = "attempts", OfRun;
    /// `error.status`, `error.code`, `error.message`: what the server refused it with, or why nothing is known.
    Error = "error", OfRun;
    /// How many launches the plan has that are not skipped.
    Launches = "launches", OfPlan;
    /// The manifest's name.
    Name = "name", OfPlan;
    /// The profile's name; empty without one.
    Profile = "profile", OfPlan;
}

/// What is known of an error.
pub(super) const ERROR_MEMBERS: [&str; 3] = ["status", "code", "message"];

impl FactName {
    /// The name that people write as `word`, of one of `kinds`.
    pub(super) fn of(word: &str, kinds: &[FactKind]) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| name.word() == word && kinds.contains(&name.kind()))
    }

    /// The words of these kinds.
    pub(super) fn words(kinds: &[FactKind]) -> Vec<&'static str> {
        Self::ALL.iter().filter(|name| kinds.contains(&name.kind())).map(|name| name.word()).collect()
    }
}
