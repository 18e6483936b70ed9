//! `sortie diff`: what would be started otherwise. Offline: nothing is sent, and no secret is resolved.

mod comparison;
mod revision;
mod side_manifest;
mod sides;

use crate::cli::args::DiffArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::console::{Console, StdoutError};
use crate::cli::output::diagnostics;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::plan_diff::{ComparedSide, DiffHead, DiffWriter, ManifestPair, PlanDiff};
use crate::profile::{self, ProfileDefaults};

use comparison::{ComparedPair, Comparison, PlannedManifest};

/// Maximum manifests that are named as not compared.
const MAX_NAMED: usize = 10;

pub(crate) fn run(context: &CommandContext, flags: &DiffArgs) -> Result<ExitStatus, Failure> {
    if !flags.inputs.policies.is_empty() {
        let words =
            "--policy is no business of a difference\n  help: `sortie validate` and `sortie plan` check policies";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    let (from, to) = sides::read(&flags.from, flags.to.as_deref())?;
    let target = match profile::for_plan(&flags.connection.choice(), &context.environment)? {
        Some((profile, base)) => ProfileDefaults::of(&profile, &base),
        None => ProfileDefaults::default(),
    };
    let now = Timestamp::from_second(SystemClock::new().utc().as_second()).expect("the present is in range");
    let comparison = Comparison::new(context, &flags.inputs, target, now);
    let pairs = sides::pairs(&from, &to)?;
    let (from, to) = (from.describe(), to.describe());
    let redactor = context.console.redactor();
    let head = DiffHead { form: flags.format.form(), from: &from, to: &to, redactor, styles: stdout_styles() };
    let mut out = Console::data_stream();
    let mut writer = DiffWriter::begin(head, &mut out).map_err(StdoutError::from)?;
    let mut not_compared = Vec::new();
    for pair in pairs {
        let name = pair.name.clone();
        match comparison.compare(pair)? {
            ComparedPair::Same => writer.skip_unchanged(),
            ComparedPair::Invalid(invalid) => {
                let names: Vec<&str> = invalid
                    .iter()
                    .map(|side| if *side == ComparedSide::Before { from.as_str() } else { &to })
                    .collect();
                let sides = escape(&names.join(", nor in ")).into_owned();
                let place = if sides == escape(&name) { String::new() } else { format!(" in {sides}") };
                not_compared.push(format!("`{}` is not valid{place}", escape(&name)));
                writer.skip_invalid(&name, invalid);
            }
            ComparedPair::Planned { before: None, after: None } => {}
            ComparedPair::Planned { before, after } => {
                let (before, after) = (before.as_deref(), after.as_deref());
                let pair = ManifestPair {
                    name: &name,
                    before: before.map(PlannedManifest::side),
                    after: after.map(PlannedManifest::side),
                };
                let diff = PlanDiff::between(pair.before, pair.after, redactor);
                if let Some(after) = after {
                    diagnostics::print(&context.console, context.verbosity, &after.sources, renamed(after, &diff));
                }
                writer.add(&pair, &diff).map_err(StdoutError::from)?;
            }
        }
    }
    let totals = writer.end().map_err(StdoutError::from)?;
    comparison.refuse_undeclared()?;
    comparison.refuse_unmet_filter()?;
    if !not_compared.is_empty() {
        let more = not_compared.len().saturating_sub(MAX_NAMED);
        not_compared.truncate(MAX_NAMED);
        let mut words = not_compared.join("\n  ");
        if more > 0 {
            words.push_str(&format!("\n  and {more} more"));
        }
        return Err(Failure::with_message(
            ExitStatus::Usage,
            format!("{words}\n  help: what is not valid is not compared"),
        ));
    }
    Ok(if flags.exit_code && totals.differing > 0 { ExitStatus::Different } else { ExitStatus::Success })
}

/// What is said of jobs with `once` that seem to have another name now, where that name is.
fn renamed(after: &PlannedManifest, diff: &PlanDiff) -> Vec<Diagnostic> {
    let once = diff.renamed.iter().filter(|job| job.once > 0);
    once.filter_map(|job| after.plan.renamed_once(&job.from, &job.to, job.once as usize)).collect()
}
