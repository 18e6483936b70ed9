//! The report files of a call that begins no run: they are written all the same, so that those of the run before are not
//! taken for this one's.
//!
//! In: which files were asked for, as far as that is known by now, and how the call ended. Out: files that say so. Never:
//! replaces anything but a report, or says that nothing was sent where something may have been.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::args::ReportTarget;
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::report_files::ReportFiles;
use crate::cli::spared::Spared;
use crate::clock::{Clock as _, SystemClock};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::sqlite::FileLock;
use crate::ledger::{LockName, RunRecord};
use crate::report::not_begun::{NotBegunReport, NotBegunRun, is_a_reports_beginning};

/// So much of a file tells whether it is a report, in bytes.
const BEGINNING: u64 = 4096;

/// The report files of a call, in case it begins no run.
pub(crate) struct NotBegunReports<'a> {
    context: &'a Context,
    known: RefCell<Known>,
}

/// What is known of the run that was meant.
struct Known {
    targets: Vec<ReportTarget>,
    spared: Spared,
    ledger: Option<PathBuf>,
    run: NotBegunRun,
    /// The run that was to go on: a report of it is still true, and stays.
    going_on: Option<RunId>,
}

impl<'a> NotBegunReports<'a> {
    /// Of a call that was asked for `targets`, and reads what is `spared`.
    pub(crate) fn new(context: &'a Context, targets: &[ReportTarget], spared: Spared) -> Self {
        let known =
            Known { targets: targets.to_vec(), spared, ledger: None, run: NotBegunRun::default(), going_on: None };
        Self { context, known: RefCell::new(known) }
    }

    /// Adds the files that the manifest asks for.
    pub(crate) fn add(&self, targets: &[ReportTarget]) {
        let mut known = self.known.borrow_mut();
        for target in targets {
            if !known.targets.contains(target) {
                known.targets.push(target.clone());
            }
        }
    }

    /// Notes the manifest's name.
    pub(crate) fn know_name(&self, name: &str) {
        self.known.borrow_mut().run.name = Some(name.to_owned());
    }

    /// Notes the profile's name.
    pub(crate) fn know_profile(&self, profile: &str) {
        self.known.borrow_mut().run.profile = Some(profile.to_owned());
    }

    /// Notes the slot.
    pub(crate) fn know_slot(&self, slot: Option<String>) {
        self.known.borrow_mut().run.slot = slot;
    }

    /// Notes a run of the ledger, which was to go on.
    pub(crate) fn know_record(&self, record: &RunRecord) {
        let RunRecord { id, name, slot, profile, .. } = record.clone();
        let mut known = self.known.borrow_mut();
        known.run = NotBegunRun {
            id: Some(id.to_string()),
            name: Some(name),
            slot,
            profile: Some(profile),
            ..NotBegunRun::default()
        };
    }

    /// Notes that `run` was to go on, so that a report of it that lies there is no other run's.
    pub(crate) fn know_going_on(&self, run: RunId) {
        self.known.borrow_mut().going_on = Some(run);
    }

    /// Notes where the ledger is, and `spared`, what the call reads as far as that is known now.
    pub(crate) fn know_ledger(&self, ledger: &Path, spared: &Spared) {
        let mut known = self.known.borrow_mut();
        known.ledger = Some(ledger.to_owned());
        known.spared = spared.clone();
    }

    /// Passes on how the call ended; where it failed before anything was sent, its report files say so.
    pub(crate) fn see_to(self, ended: Result<ExitStatus, Failure>) -> Result<ExitStatus, Failure> {
        if let Err(failure) = &ended
            && !failure.may_have_sent
        {
            if let Some(run) = failure.run {
                self.known.borrow_mut().run.id = Some(run.to_string());
            }
            let is_in_use = failure.exit == ExitStatus::Held;
            if !(is_in_use && self.is_over(failure.run)) {
                let reason = failure.words.as_deref().or(failure.reason.as_deref()).unwrap_or("see stderr");
                self.write(failure.exit, reason, failure.words.as_deref());
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
        let known = self.known.borrow();
        let (Some(run), Some(ledger)) = (run, &known.ledger) else { return false };
        FileLock::held(ledger, &LockName::Run(run)).is_ok_and(|held| held.is_none())
    }

    fn write(&self, exit: ExitStatus, reason: &str, said: Option<&str>) -> ExitStatus {
        let known = self.known.borrow();
        let moment = SystemClock::new().utc().to_string();
        let run = NotBegunRun { started: moment.clone(), ended: moment, exit_code: exit.code(), ..known.run.clone() };
        let report = NotBegunReport::new(run, reason.to_owned());
        let console = &self.context.console;
        let mut status = ExitStatus::Success;
        let mut complain = |failure: Failure| {
            status = ExitStatus::Report;
            // That a file cannot be written may be the very reason.
            if failure.words.as_deref() != said {
                console.say(&format!("error: {}", failure.words.unwrap_or_default()));
            }
        };
        // Each by itself: one that cannot be written spoils no other.
        for target in &known.targets {
            match ReportFiles::prepare(std::slice::from_ref(target), &known.spared) {
                Ok(_) if known.going_on.is_some_and(|run| is_of(run, &target.path)) => {}
                Ok(_) if !is_replaceable(&target.path) => {
                    let words = format!(
                        "`{}` is not a report, and was left as it is: it does not say that this run was not begun",
                        target.path.display()
                    );
                    complain(Failure::said(ExitStatus::Report, words));
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
    beginning(path).is_ok_and(|beginning| is_a_reports_beginning(&beginning))
}

/// Whether a report of `run` lies at `path`.
fn is_of(run: RunId, path: &Path) -> bool {
    beginning(path).is_ok_and(|beginning| {
        is_a_reports_beginning(&beginning) && String::from_utf8_lossy(&beginning).contains(&run.to_string())
    })
}

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(beginning)
}
