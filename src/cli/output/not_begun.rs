//! The report files of a call that begins no run: they are written all the same, so that those of the run before are not
//! taken for this one's.
//!
//! In: which files were asked for, as far as that is known by now, and how the call ended. Out: files that say so. Never:
//! replaces anything but a report, or says that nothing was sent where something may have been.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::args::{ReportPlacement, ReportTarget};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::report_files::ReportFiles;
use crate::clock::{Clock as _, SystemClock};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::{self, LockName, RunRecord};
use crate::report::forms::is_a_reports_beginning;
use crate::report::not_begun::{NotBegunReport, NotBegunRun};

/// Maximum bytes of a file that are read to tell whether it is a report.
const MAX_PREFIX_BYTES: u64 = 64 * 1024;

/// The report files of a call, in case it begins no run.
pub(crate) struct NotBegunReports<'a> {
    context: &'a CommandContext,
    intended: RefCell<IntendedRun>,
}

/// What is known of the run that was meant.
struct IntendedRun {
    targets: Vec<ReportTarget>,
    protected: ProtectedPaths,
    ledger: Option<PathBuf>,
    run: NotBegunRun,
    /// The run that was to go on: a report of it is still true, and stays.
    active_run: Option<RunId>,
}

impl<'a> NotBegunReports<'a> {
    /// Of a call that was asked for `targets`, and reads what is `protected_paths`.
    pub(crate) fn new(context: &'a CommandContext, targets: &[ReportTarget], protected: ProtectedPaths) -> Self {
        let known = IntendedRun {
            targets: targets.to_vec(),
            protected,
            ledger: None,
            run: NotBegunRun::default(),
            active_run: None,
        };
        Self { context, intended: RefCell::new(known) }
    }

    /// Adds the files that the manifest asks for.
    pub(crate) fn add(&self, targets: &[ReportTarget]) {
        let mut known = self.intended.borrow_mut();
        for target in targets {
            if !known.targets.contains(target) {
                known.targets.push(target.clone());
            }
        }
    }

    /// Notes the manifest's name.
    pub(crate) fn set_name(&self, name: &str) {
        self.intended.borrow_mut().run.name = Some(name.to_owned());
    }

    /// Notes the profile's name.
    pub(crate) fn set_profile(&self, profile: &str) {
        self.intended.borrow_mut().run.profile = Some(profile.to_owned());
    }

    /// Notes the slot.
    pub(crate) fn set_slot(&self, slot: Option<String>) {
        self.intended.borrow_mut().run.slot = slot;
    }

    /// Notes a run of the ledger, which was to go on.
    pub(crate) fn set_record(&self, record: &RunRecord) {
        let RunRecord { id, name, slot, profile, .. } = record.clone();
        let mut known = self.intended.borrow_mut();
        known.run = NotBegunRun {
            id: Some(id.to_string()),
            name: Some(name),
            slot,
            profile: Some(profile),
            ..NotBegunRun::default()
        };
    }

    /// Notes that `run` was to go on, so that a report of it that lies there is no other run's.
    pub(crate) fn set_active_run(&self, run: RunId) {
        self.intended.borrow_mut().active_run = Some(run);
    }

    /// Notes where the ledger is, and `protected_paths`, what the call reads as far as that is known now.
    pub(crate) fn set_ledger(&self, ledger: &Path, protected: &ProtectedPaths) {
        let mut known = self.intended.borrow_mut();
        known.ledger = Some(ledger.to_owned());
        known.protected = protected.clone();
    }

    /// Passes on how the call ended; where it failed before anything was sent, its report files say so.
    pub(crate) fn write_on_failure(self, ended: Result<ExitStatus, Failure>) -> Result<ExitStatus, Failure> {
        if let Err(failure) = &ended
            && !failure.may_have_sent
        {
            if let Some(run) = failure.run {
                self.intended.borrow_mut().run.id = Some(run.to_string());
            }
            let is_in_use = failure.exit == ExitStatus::Held;
            if !(is_in_use && self.is_over(failure.run)) {
                let reason = failure.message.as_deref().or(failure.reason.as_deref()).unwrap_or("see stderr");
                self.write(failure.exit, reason, failure.message.as_deref());
            }
        }
        ended
    }

    /// Writes that nothing was begun although nothing is wrong; the status of what could not be written.
    pub(crate) fn nothing_to_do(&self, why: &str) -> ExitStatus {
        self.write(ExitStatus::Success, why, None)
    }

    /// Whether the process that was at `run` a moment ago has ended: then its report lies where ours would.
    fn is_over(&self, run: Option<RunId>) -> bool {
        let known = self.intended.borrow();
        let (Some(run), Some(ledger)) = (run, &known.ledger) else { return false };
        ledger::find_holder(ledger, &LockName::Run(run)).is_ok_and(|held| held.is_none())
    }

    fn write(&self, exit: ExitStatus, reason: &str, said: Option<&str>) -> ExitStatus {
        let known = self.intended.borrow();
        let moment = SystemClock::new().utc().to_string();
        let run = NotBegunRun { started: moment.clone(), ended: moment, exit_code: exit.code(), ..known.run.clone() };
        let report = NotBegunReport::new(run, reason.to_owned());
        let console = &self.context.console;
        let mut status = ExitStatus::Success;
        let mut complain = |failure: Failure| {
            status = ExitStatus::Report;
            // That a file cannot be written may be the very reason.
            if failure.message.as_deref() != said {
                console.say(&format!("error: {}", failure.message.unwrap_or_default()));
            }
        };
        // Each by itself: one that cannot be written spoils no other.
        for target in &known.targets {
            let is_added = target.placement == ReportPlacement::StepSummary;
            match ReportFiles::prepare(std::slice::from_ref(target), &known.protected) {
                Ok(_) if !is_added && known.active_run.is_some_and(|run| is_of(run, &target.path)) => {}
                Ok(_) if !is_added && !is_replaceable(&target.path) => {
                    let words = format!(
                        "`{}` is not a report, and was left as it is: it does not say that this run was not begun",
                        target.path.display()
                    );
                    complain(Failure::with_message(ExitStatus::Report, words));
                }
                Ok(mut files) => {
                    files.write_not_begun(&report, console.redactor());
                    files.keep().iter().for_each(|error| complain(Failure::new(ExitStatus::Report, error)));
                }
                Err(error) => complain(error.into()),
            }
        }
        status
    }
}

/// Whether nothing lies at `path`, or a report.
fn is_replaceable(path: &Path) -> bool {
    if !path.exists() {
        return true;
    }
    prefix(path).is_ok_and(|prefix| is_a_reports_beginning(&prefix))
}

/// Whether a report of `run` lies at `path`. In text the run's id stands at the end, behind its launches.
fn is_of(run: RunId, path: &Path) -> bool {
    let id = run.to_string();
    prefix(path).is_ok_and(|prefix| {
        is_a_reports_beginning(&prefix)
            && (String::from_utf8_lossy(&prefix).contains(&id)
                || std::fs::read(path).is_ok_and(|report| String::from_utf8_lossy(&report).contains(&id)))
    })
}

fn prefix(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut prefix = Vec::new();
    File::open(path)?.take(MAX_PREFIX_BYTES).read_to_end(&mut prefix)?;
    Ok(prefix)
}
