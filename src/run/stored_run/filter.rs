//! A filter over the launches of a run: which of them it takes, as they are at this moment.
//!
//! In: the filter's text, the run's plan made again, its events. Out: the launches that it takes, or what there is where it takes
//! none. Never: changes what came of a launch, or asks the server.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::ids::{LaunchId, Ordinal, OrdinalSet, RunId};
use crate::launch_scope::{ConditionSet, FactName, FactValue, LaunchCondition, LaunchFacts, Vocabulary};
use crate::ledger::EventLog;
use crate::ledger::state::{LaunchState, Verdict};
use crate::outcome::JobOutcome;
use crate::plan::{self, Plan, PlannedFacts};
use crate::report::delivery::{self, ReportError};
use crate::report::{FromPlan, LaunchReport, PlannedLaunch, PlannedLaunches, ShownLaunches};
use crate::run::error::RunServiceError;
use crate::run::rerun_chain::RerunChainError;
use crate::source::{Place, SourceId, Sources, Span};
use crate::spec::LaunchLimits;
use crate::words::Words;

use super::StoredRun;

/// A filter over the launches of a run.
#[derive(Debug)]
pub struct RunFilter {
    text: String,
    sources: Sources,
    source: SourceId,
}

/// The launches of a run that a filter takes; at least one.
#[derive(Clone, Debug)]
pub struct FilteredLaunches {
    /// The filter, as it was typed.
    pub filter: String,
    /// Those that it takes.
    pub taken: OrdinalSet,
    /// How many launches the run has.
    pub of: u32,
}

impl RunFilter {
    /// The filter that was typed as `text`; it is read where the run is known.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        let source = sources.add(plan::FILTER, text);
        Self { text: text.to_owned(), sources, source }
    }

    /// The texts that its diagnostics speak of.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What is said where the run's plan cannot be made again: of its launches too little is known.
    #[must_use]
    pub fn without_plan(&self) -> Diagnostic {
        Diagnostic::error(
            Code::NoLaunch,
            self.place(),
            "the run's plan cannot be made again, so its launches cannot be filtered",
        )
        .help("leave --filter out: everything that is known is shown then")
    }

    /// The same where launches were to be cancelled.
    pub(in crate::run) fn without_plan_to_cancel(&self) -> Diagnostic {
        let without = "leave --filter out: the whole run, or with --job one job of it, is cancelled without its plan";
        Diagnostic { help: Some(without.to_owned()), ..self.without_plan() }
    }

    /// Which launches of the run in `launches` it takes, by `ledger`.
    ///
    /// Errors: the ledger cannot be read. Diagnostics: it cannot be read, or takes none.
    pub async fn choose<L: EventLog>(
        &self,
        ledger: &L,
        launches: &FromPlan<'_>,
    ) -> Result<Diagnosed<FilteredLaunches>, ReportError> {
        let mut set = match self.conditions(launches.plan) {
            Ok(set) => set,
            Err(said) => return Ok(Diagnosed::failed(said)),
        };
        let (mut taken, mut seen) = (OrdinalSet::default(), SeenLaunches::default());
        let looked = self.look(ledger, launches, None, &mut set, |ordinal, report, is_taken| {
            seen.add(report);
            if is_taken {
                taken.insert(ordinal);
            }
        });
        if let Some(fault) = looked.await? {
            return Ok(Diagnosed::failed(vec![fault]));
        }
        if taken.is_empty() {
            return Ok(Diagnosed::failed(vec![self.takes_none(&seen, &set)]));
        }
        Ok(Diagnosed::new(FilteredLaunches { filter: self.text.clone(), taken, of: seen.count }, Vec::new()))
    }

    /// Which launches it takes over a run and its reruns, each as the latest of `runs` left it; of those alone that the run `named` has, where
    /// one is meant.
    ///
    /// Errors: the ledger cannot be read, or a plan not be made again. Diagnostics: it cannot be read, or takes none.
    pub(in crate::run) async fn choose_of_chain<L: EventLog>(
        &self,
        ledger: &L,
        runs: &[StoredRun],
        named: Option<RunId>,
    ) -> Result<Diagnosed<HashSet<LaunchId>>, RunServiceError> {
        // What it could have taken is told of these launches alone, so no other is looked at.
        let among = match named.and_then(|named| runs.iter().find(|run| run.record.id == named)) {
            Some(named) => {
                let (_, plan) = named.plan().map_err(RerunChainError::from)?;
                Some(
                    (0..named.record.launches).map(Ordinal).map(|at| plan.launch_id(at)).collect::<HashSet<LaunchId>>(),
                )
            }
            None => None,
        };
        let mut latest: HashMap<LaunchId, (SeenLaunch, bool)> = HashMap::new();
        let mut conditions = None;
        for run in runs {
            let (_, plan) = run.plan().map_err(RerunChainError::from)?;
            let set = match &mut conditions {
                Some(set) => set,
                None => match self.conditions(&plan) {
                    Ok(set) => conditions.insert(set),
                    Err(said) => return Ok(Diagnosed::failed(said)),
                },
            };
            let launches = FromPlan { plan: &plan, run: run.record.id, skipped: run.why_skipped() };
            let looked = self.look(ledger, &launches, among.as_ref(), set, |ordinal, report, is_taken| {
                latest.insert(plan.launch_id(ordinal), (SeenLaunch::of(report), is_taken));
            });
            if let Some(fault) = looked.await.map_err(RunServiceError::Totals)? {
                return Ok(Diagnosed::failed(vec![fault]));
            }
        }
        let mut seen = SeenLaunches::default();
        for (launch, _) in latest.values() {
            seen.count(launch.clone());
        }
        let taken: HashSet<LaunchId> =
            latest.into_iter().filter(|(_, (_, is_taken))| *is_taken).map(|(id, _)| id).collect();
        match conditions.filter(|_| taken.is_empty()) {
            Some(set) => Ok(Diagnosed::failed(vec![self.takes_none(&seen, &set)])),
            None => Ok(Diagnosed::new(taken, Vec::new())),
        }
    }

    /// What is said of a rerun that is not finished and was begun with another filter.
    pub(in crate::run) fn of_another_rerun(&self, run: RunId, ledger_flags: &str) -> Diagnostic {
        let what = format!("run {run}, a rerun that was begun with other launches, is not finished");
        Diagnostic::error(Code::Conflict, self.place(), what)
            .help(format!("`sortie resume {run}{ledger_flags}` finishes it; then this can be run again"))
    }

    /// `chosen` of the job whose launches are called `id_name` alone, where there are any.
    pub(in crate::run) fn of_job(
        &self,
        chosen: FilteredLaunches,
        plan: &Plan,
        id_name: &str,
    ) -> Diagnosed<FilteredLaunches> {
        let mut taken = OrdinalSet::default();
        chosen.taken.iter().filter(|at| plan.launch_id(*at).job() == id_name).for_each(|at| taken.insert(at));
        if taken.is_empty() {
            let what = format!("the filter does not take any launch of job `{id_name}`");
            let help = format!("it takes {} of the run's {} launches: leave --job out", chosen.taken.len(), chosen.of);
            return Diagnosed::failed(vec![Diagnostic::error(Code::NoLaunch, self.place(), what).help(help)]);
        }
        Diagnosed::new(FilteredLaunches { taken, ..chosen }, Vec::new())
    }

    /// The filter's text.
    pub(in crate::run) fn text(&self) -> &str {
        &self.text
    }

    fn conditions(&self, plan: &Plan) -> Result<ConditionSet, Vec<Diagnostic>> {
        LaunchCondition::parse(&self.text, Vocabulary::Run, &plan.member_lists())
            .map(|condition| ConditionSet::new([Arc::new(condition)]))
            .map_err(|faults| faults.into_iter().map(|fault| plan::complaint(fault, self.source)).collect())
    }

    /// Calls `visit` with each launch, of those in `among` where it is given, and whether it is taken; what is wrong where nobody
    /// can say of one.
    async fn look<L: EventLog>(
        &self,
        ledger: &L,
        launches: &FromPlan<'_>,
        among: Option<&HashSet<LaunchId>>,
        set: &mut ConditionSet,
        mut visit: impl FnMut(Ordinal, &LaunchReport, bool),
    ) -> Result<Option<Diagnostic>, ReportError> {
        let (plan, mut fault) = (launches.plan, None);
        delivery::each(ledger, launches.run, launches, |ordinal, report| {
            if among.is_some_and(|among| !among.contains(&plan.launch_id(ordinal))) {
                return;
            }
            plan.with_facts(ordinal, |planned| set.look_at(&RunFacts { planned, report }));
            let held = set.holds(0);
            visit(ordinal, report, matches!(held, Ok(Some(true))));
            if let Err(failed) = held {
                fault.get_or_insert((ordinal, failed));
            }
        })
        .await?;
        Ok(fault.map(|(ordinal, fault)| {
            let what = format!("{}, for launch `{}`", fault.what, plan.launch_id(ordinal));
            Diagnostic { what, ..plan::complaint(fault, self.source) }
        }))
    }

    fn takes_none(&self, seen: &SeenLaunches, set: &ConditionSet) -> Diagnostic {
        let verdicts: Vec<String> = seen.by_verdict.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let help = format!("{}; {}", plan::what_there_is(&seen.by_job, set), verdicts.join(", "));
        let launches =
            if seen.count == 1 { "the only launch".to_owned() } else { format!("any of the {} launches", seen.count) };
        Diagnostic::error(Code::NoLaunch, self.place(), format!("the filter does not take {launches}")).help(help)
    }

    fn place(&self) -> Place {
        Place { source: self.source, span: Span::new(0, self.text.len()) }
    }
}

impl FilteredLaunches {
    /// Whether the launch at `ordinal` is taken.
    #[must_use]
    pub fn takes(&self, ordinal: Ordinal) -> bool {
        self.taken.contains(ordinal)
    }
}

/// A launch, as far as it is counted.
#[derive(Clone)]
struct SeenLaunch {
    job: String,
    word: &'static str,
}

/// Launches, counted.
#[derive(Default)]
struct SeenLaunches {
    count: u32,
    by_job: BTreeMap<String, usize>,
    by_verdict: BTreeMap<&'static str, usize>,
}

impl SeenLaunch {
    fn of(report: &LaunchReport) -> Self {
        Self { job: report.job.clone(), word: word_of(report) }
    }
}

impl SeenLaunches {
    fn add(&mut self, report: &LaunchReport) {
        self.count(SeenLaunch::of(report));
    }

    fn count(&mut self, SeenLaunch { job, word }: SeenLaunch) {
        self.count += 1;
        *self.by_job.entry(job).or_default() += 1;
        *self.by_verdict.entry(word).or_default() += 1;
    }
}

/// What is known of a launch whose run has begun.
struct RunFacts<'a> {
    planned: &'a PlannedFacts<'a>,
    report: &'a LaunchReport,
}

/// What came of a launch in one word.
fn word_of(report: &LaunchReport) -> &'static str {
    match (report.verdict, report.outcome) {
        (Verdict::Started, Some(outcome)) if outcome != JobOutcome::Successful => outcome.word(),
        (verdict, _) => verdict.as_str(),
    }
}

impl LaunchFacts for RunFacts<'_> {
    fn is_batch(&self) -> bool {
        self.planned.is_batch()
    }

    fn fact(&self, name: FactName, members: &[Box<str>]) -> FactValue<'_> {
        let Self { planned, report } = self;
        let error = report.error.as_ref();
        match name {
            FactName::Verdict => FactValue::text(Some(word_of(report))),
            FactName::Outcome => FactValue::text(report.outcome.map(Words::word)),
            FactName::FaultClass => {
                let class = report.deciding_robot_job().and_then(|job| job.class);
                FactValue::text(class.map(Words::word))
            }
            FactName::Attempts => FactValue::plain(Some(report.attempts)),
            FactName::Error => match members.first().map(AsRef::as_ref) {
                Some("status") => FactValue::plain(error.and_then(|error| error.status)),
                Some("code") => FactValue::plain(error.and_then(|error| error.code)),
                Some("message") => FactValue::text(error.map(|error| error.message.as_str())),
                // By itself it says whether there is one.
                _ => FactValue::text(error.map(|error| error.message.as_str())),
            },
            FactName::Id
            | FactName::Job
            | FactName::Key
            | FactName::Row
            | FactName::Rows
            | FactName::Matrix
            | FactName::Arguments
            | FactName::Params
            | FactName::Folder
            | FactName::Release
            | FactName::Strategy
            | FactName::Count
            | FactName::Priority
            | FactName::Runtime
            | FactName::Reference
            | FactName::Retry
            | FactName::Once
            | FactName::Launches
            | FactName::Name
            | FactName::Profile => planned.fact(name, members),
        }
    }
}

/// The launches of a run that a filter takes, as a report shows them.
pub struct ShownOnly<'a> {
    /// All of them.
    pub all: FromPlan<'a>,
    /// Those that are shown.
    pub chosen: FilteredLaunches,
}

impl PlannedLaunches for ShownOnly<'_> {
    fn count(&self) -> u32 {
        self.all.count()
    }

    fn plan(&self) -> Option<&Plan> {
        self.all.plan()
    }

    fn planned(&self, ordinal: Ordinal, state: &LaunchState) -> Option<PlannedLaunch> {
        self.all.planned(ordinal, state)
    }

    fn limits(&self) -> Option<LaunchLimits> {
        self.all.limits()
    }

    fn shows(&self, ordinal: Ordinal) -> bool {
        self.chosen.takes(ordinal)
    }

    fn shown(&self) -> Option<ShownLaunches> {
        let FilteredLaunches { filter, taken, of } = &self.chosen;
        Some(ShownLaunches { filter: filter.clone(), launches: taken.len(), of: *of })
    }
}
