//! `sortie run` of several manifests, or of a folder: all are checked before anything is sent, then each is a run of its own.
//!
//! In: manifests and flags. Out: their runs, one after another, one summary, and the worst exit status. Never: begins any of
//! them where one cannot be run, or where two have one name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::one_manifest::{LaunchedManifest, beside_others, check_flags, launch};
use super::report_places::{given_files, own_reports, protected};
use crate::cli::args::{self, ReportPlacement, ReportTarget};
use crate::cli::connect::confirmation;
use crate::cli::connect::target::TargetSpec;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files::{self, ManifestFile};
use crate::cli::input::policy_files;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::SignalMemory;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::diagnostics;
use crate::cli::output::event_file;
use crate::cli::output::logs::Verbosity;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::ReportOutput;
use crate::cli::runtime::signals;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::paint;
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::ids::Ordinal;
use crate::plan;
use crate::policy::PolicySet;
use crate::run::{GuardRails, RunIdentity};
use crate::source::Sources;
use crate::words::Words as _;

/// What stands for a manifest's name in the path of a report.
const NAME: &str = "{name}";

/// A manifest that can be run.
struct CheckedFile {
    file: ManifestFile,
    name: String,
    /// How many launches it has that are not skipped.
    launches: u32,
    /// Where somebody is asked before they are sent.
    guard_rails: GuardRails,
    /// The flags of the call, for this manifest alone.
    flags: args::RunArgs,
}

/// Whether a report of `flags` has its place by the manifest's name.
pub(super) fn names_reports(flags: &args::RunArgs) -> bool {
    flags.reporting.reports.iter().any(is_named) || flags.metrics.path().is_some_and(has_name)
}

/// Runs all manifests at `paths`.
pub(super) fn run(context: &CommandContext, flags: &args::RunArgs, paths: &[PathBuf]) -> Result<ExitStatus, Failure> {
    let found = manifest_files::search(paths)?;
    if let Some((_, error)) = found.unreadable.into_iter().next() {
        return Err(error.into());
    }
    if found.files.len() > 1 {
        refuse_what_is_of_one(flags)?;
    }
    let (count, mut refused) = (found.files.len(), ExitStatus::Success);
    let mut manifests = Vec::with_capacity(count);
    for (index, file) in found.files.into_iter().enumerate() {
        let own = args::RunArgs { path: path_of(&file), ..flags.clone() };
        // They wait once.
        let own = if index == 0 { own } else { args::RunArgs { splay: None, ..own } };
        match check(context, &own, file) {
            Ok(checked) => manifests.push(checked),
            Err(failure) => {
                refused = refused.worse(failure.exit);
                if let Some(words) = failure.message {
                    context.console.say(&format!("error: {}: {words}", escape(&own.path.display().to_string())));
                }
            }
        }
    }
    let invalid = count - manifests.len();
    if invalid > 0 {
        let cannot = if invalid == 1 { "1 cannot be run".to_owned() } else { format!("{invalid} cannot be run") };
        let words = format!("of {count} manifests {cannot}: nothing was started");
        return refuse_all(context, &manifests, refused, &words);
    }
    if let Some(words) = same_names(&manifests) {
        return refuse_all(context, &manifests, ExitStatus::Usage, &words);
    }
    if count > 1 && !flags.dry && !flags.confirm.yes && !agree(context, &manifests)? {
        let words = format!("nothing was started: {} were not confirmed", all_of(&manifests));
        return refuse_all(
            context,
            &manifests,
            ExitStatus::Usage,
            &format!("{words}\n  help: `--yes` says that it is meant"),
        );
    }
    // From here on to the end: between two runs nobody else listens.
    let mut signals = SignalMemory::listen()?;
    let _events = event_file::keep_pipe_open(&flags.events);
    let mut outcomes: Vec<(String, Option<LaunchedManifest>)> = Vec::with_capacity(count);
    let (mut worst, mut is_stopped, mut is_begun) = (ExitStatus::Success, false, false);
    for (index, CheckedFile { file, name, flags, .. }) in manifests.into_iter().enumerate() {
        if is_stopped {
            outcomes.push((name, None));
            continue;
        }
        if count > 1 {
            context.tell(&format!("{} ({} of {count})", escape(&name), index + 1));
        }
        let launched = launch(context, &flags, Ok(file)).unwrap_or_else(|failure| {
            if let Some(words) = &failure.message {
                context.console.say(&format!("error: {words}"));
            }
            is_begun |= failure.may_have_sent;
            LaunchedManifest::from(failure.exit)
        });
        is_begun |= launched.run.is_some();
        let signal = signals.came()?;
        is_stopped = signal.is_some() || matches!(launched.exit, ExitStatus::Interrupted | ExitStatus::Terminated);
        if let Some(signal) = signal.filter(|_| index + 1 < count) {
            worst = worst.worse(signals::exit(signal));
        }
        worst = worst.worse(beside_others(launched.exit, is_begun));
        outcomes.push((name, Some(launched)));
    }
    // The first may have been refused before any was begun.
    worst = beside_others(worst, is_begun);
    if count > 1 && !flags.dry {
        let words = summary(context, &outcomes, worst);
        let are_well = outcomes.iter().flat_map(|(_, launched)| launched).all(|launched| launched.is_well);
        match (flags.reporting.format, context.verbosity) {
            (ReportFormat::Text, Verbosity::Quiet) if worst == ExitStatus::Success && are_well => {}
            (ReportFormat::Text, _) => context.console.data(&words)?,
            // Lines of JSON stay lines of JSON.
            _ => context.tell(words.trim()),
        }
    }
    Ok(worst)
}

/// Asks about all of `manifests` together, where the profile asks above a number that none may reach alone: it is counted over the whole
/// call. Each is asked about by itself all the same where it is to be, as what it has by then. Whether it is meant.
fn agree(context: &CommandContext, manifests: &[CheckedFile]) -> Result<bool, Failure> {
    let launches = manifests.iter().fold(0, |count: u32, manifest| count.saturating_add(manifest.launches));
    // A protected profile asks before each of them.
    let rails = manifests.iter().map(|manifest| GuardRails { is_protected: false, ..manifest.guard_rails });
    let Some(why) = rails.into_iter().find_map(|rails| rails.why_asked(launches)) else { return Ok(true) };
    let question = format!("{}: start them? ({why}) [y/N]", all_of(manifests));
    if !confirmation::is_watched() {
        context.console.say(&format!("{why}, and nobody is there to be asked"));
        return Ok(false);
    }
    confirmation::is_yes(context, &question).map_err(|error| Failure::new(ExitStatus::Fault, &error))
}

/// `6 launches of 3 manifests`.
fn all_of(manifests: &[CheckedFile]) -> String {
    let launches = manifests.iter().fold(0, |count: u32, manifest| count.saturating_add(manifest.launches));
    format!("{launches} launches of {} manifests", manifests.len())
}

/// Where the manifest in `file` is, as it was named or found.
fn path_of(file: &ManifestFile) -> PathBuf {
    if file.name == manifest_files::STDIN { PathBuf::from("-") } else { PathBuf::from(&file.name) }
}

/// Refuses flags that mean something for one manifest only.
fn refuse_what_is_of_one(flags: &args::RunArgs) -> Result<(), Failure> {
    let usage = |words: String| Err(Failure::with_message(ExitStatus::Usage, words));
    let format = flags.reporting.format;
    if !matches!(format, ReportFormat::Text | ReportFormat::Jsonl) {
        return usage(format!(
            "--format {word} is one report, and this call makes several\n  help: `--report {word}=reports/{NAME}.{word}` gives each a file; \
             `--format jsonl` is lines of all",
            word = format.word()
        ));
    }
    let unnamed = |target: &&ReportTarget| target.placement != ReportPlacement::StepSummary && !is_named(target);
    if let Some(target) = flags.reporting.reports.iter().find(unnamed) {
        return usage(format!(
            "several manifests would write to `{}`\n  help: put {NAME} into it, which stands for the manifest's name",
            target.path.display()
        ));
    }
    if let Some(path) = flags.metrics.path().filter(|path| !has_name(path)) {
        return usage(format!(
            "the figures of several manifests would go to `{}`\n  help: put {NAME} into it, which stands for the manifest's name",
            path.display()
        ));
    }
    let given = flags.inputs.data.iter().chain(&flags.inputs.arguments).map(|given| given.path.as_path());
    if given.chain(flags.inputs.params_file.as_deref()).any(|path| path == Path::new("-")) {
        return usage("stdin can be read once, and there are several manifests\n  help: name a file".to_owned());
    }
    Ok(())
}

/// Whether this report has its place by the manifest's name.
fn is_named(target: &ReportTarget) -> bool {
    has_name(&target.path)
}

fn has_name(path: &Path) -> bool {
    path.to_string_lossy().contains(NAME)
}

/// All that can be known of a manifest before anything is sent; its errors are shown.
fn check(context: &CommandContext, flags: &args::RunArgs, file: ManifestFile) -> Result<CheckedFile, Failure> {
    // What is only worth knowing is said when it is run.
    let quiet = CommandContext { verbosity: Verbosity::Quiet, ..context.clone() };
    let mut sources = Sources::default();
    let spec = diagnostics::spec(&mut sources, file.clone());
    let spec = diagnostics::value_or_print(&quiet.console, quiet.verbosity, &sources, spec)?;
    let name = spec.name.clone();
    let target = TargetSpec::of(context, flags)?;
    let now = SystemClock::new().utc();
    let identity = RunIdentity::of(&flags.inputs.identity(flags.key.as_deref()), spec.schedule.as_ref(), now)?;
    identity.check_begun(spec.schedule.as_ref(), now)?;
    check_flags(flags, &spec, &identity)?;
    let own = diagnostics::value_or_print(&quiet.console, quiet.verbosity, &sources, own_reports(&spec, flags))?;
    let inputs = inputs::gather(&quiet, &flags.inputs, &mut sources, &spec, target.profile_defaults(), &identity)?;
    let policies = policy_files::all(&target.profile_defaults(), &flags.inputs.policies)?;
    let policies = PolicySet::read(&policies, &mut sources);
    let policies = diagnostics::value_or_print(&quiet.console, quiet.verbosity, &sources, policies)?;
    let plan = plan::expand_under(spec, &inputs, &mut sources, &policies);
    let plan = diagnostics::value_or_print(&quiet.console, quiet.verbosity, &sources, plan)?;
    let mut flags = flags.clone();
    for report in flags.reporting.reports.iter_mut().filter(|report| is_named(report)) {
        report.path = report.path.to_string_lossy().replace(NAME, &name).into();
    }
    for path in flags.metrics.metrics.iter_mut().filter(|path| has_name(path)) {
        *path = path.to_string_lossy().replace(NAME, &name).into();
    }
    // Its places are tried, and left as they are: files beside them go at once.
    let ledger = target.ledger(context, flags.ledger.path.as_ref())?;
    let protected = protected(context, &flags, &ledger.path(), &inputs);
    let files = ReportFiles::prepare(&[flags.reporting.reports.as_slice(), &own].concat(), &protected)?;
    ReportOutput::new(files, Some(flags.reporting.format)).check_rows(&plan)?;
    event_file::check(&flags.events, &protected)?;
    let launches = (0..plan.len()).map(Ordinal::from).filter(|ordinal| !plan.skips(*ordinal)).count();
    let launches = u32::try_from(launches).unwrap_or(u32::MAX);
    Ok(CheckedFile { file, name, launches, guard_rails: target.guard_rails(), flags })
}

/// What is wrong where two manifests have one name: they would be taken for one another.
fn same_names(manifests: &[CheckedFile]) -> Option<String> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for manifest in manifests {
        files.entry(&manifest.name).or_default().push(escape(&manifest.file.name).into_owned());
    }
    let (name, files) = files.into_iter().find(|(_, files)| files.len() > 1)?;
    Some(format!(
        "{} manifests are named `{}`: {}; nothing was started\n  help: slots, keys and `once` go by the name: give each its own `name`",
        files.len(),
        escape(name),
        files.join(", ")
    ))
}

/// Begins none of `manifests`, and lets their report files say so.
fn refuse_all(
    context: &CommandContext,
    manifests: &[CheckedFile],
    exit: ExitStatus,
    words: &str,
) -> Result<ExitStatus, Failure> {
    for CheckedFile { name, flags, .. } in manifests {
        let protected = given_files(flags, ProtectedPaths::default());
        let not_begun = NotBegunReports::new(context, &flags.reporting.reports, protected);
        not_begun.set_name(name);
        // It is said once, below.
        let _ = not_begun.write_on_failure(Err(Failure::silent(exit).with_reason(words.to_owned())));
    }
    Err(Failure::with_message(exit, words))
}

/// One line for each manifest, and how the whole call ended.
fn summary(context: &CommandContext, outcomes: &[(String, Option<LaunchedManifest>)], worst: ExitStatus) -> String {
    let styles = stdout_styles();
    let width = outcomes.iter().map(|(name, _)| escape(name).chars().count()).max().unwrap_or_default();
    let done = outcomes.iter().flat_map(|(_, launched)| launched).filter(|of| of.is_well).count();
    let title = format!("{} manifests: {done} done, {} not done", outcomes.len(), outcomes.len() - done);
    let mut text = format!("\n{}\n", paint(styles.strong, title));
    for (name, launched) in outcomes {
        let name = escape(name);
        let padding = " ".repeat(width - name.chars().count());
        let Some(LaunchedManifest { exit, run, totals, is_well }) = launched else {
            text.push_str(&format!("  {name}{padding}  {}\n", paint(styles.warning, "not run")));
            continue;
        };
        let style = if *is_well { styles.good } else { styles.error };
        let code = paint(style, format!("exit {}", exit.code()));
        let totals = totals.map_or_else(|| exit.words().to_owned(), |totals| totals.to_string());
        text.push_str(&format!("  {name}{padding}  {code}  {totals}\n"));
        if let Some(run) = run.filter(|_| !is_well) {
            let command = format!("sortie report {run}{}", context.repeated.ledger);
            text.push_str(&format!("  {:width$}  {}\n", "", paint(styles.command, command)));
        }
    }
    let style = if worst == ExitStatus::Success { styles.good } else { styles.error };
    text.push_str(&format!("{}\n", paint(style, format!("exit {}", worst.code()))));
    text
}
