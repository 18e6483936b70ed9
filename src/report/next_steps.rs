//! What to do next about a run: the one place that decides it, so that no command is shown which would be refused.
//!
//! In: the head of a report, and its launches as they come by. Out: sentences, and commands to paste. Kept meanwhile: a
//! few ids of each kind. Every command that is made here is typed by a test (`tests/it/cli/afterwards/next_steps.rs`).

use std::collections::BTreeSet;

use super::head::Head;
use super::hints::{RunAvailability, Successor};
use super::launch::LaunchReport;
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::word;
use crate::exit::ExitStatus;
use crate::ids::FolderRef;
use crate::ledger::totals::Totals;
use crate::outcome::JobOutcome;

/// Maximum launches named in one command; more are meant by a flag or a pattern.
const MAX_IN_A_COMMAND: usize = 20;
/// Maximum launches with a wrong number of robot jobs that have a sentence each.
const MAX_SENTENCES: usize = 10;
/// Maximum folders of which the command is shown that looks into them.
const MAX_FOLDERS: usize = 10;
/// Maximum robot jobs of a launch that are named.
const MAX_JOBS: usize = 20;

/// A line of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// A sentence.
    Say(String),
    /// A command to paste: its lines.
    Type(Vec<String>),
}

/// What launches must be dealt with by somebody, as they came by.
#[derive(Debug, Default)]
pub(super) struct OpenLaunches {
    /// Nobody knows whether their robot jobs exist.
    pub(super) unknown: NamedLaunches,
    /// Nothing of them exists, and they are held.
    pub(super) held: NamedLaunches,
    /// Nothing of them exists, and they were sent as often as may be.
    pub(super) given_up: NamedLaunches,
    /// Fewer robot jobs exist than were asked for.
    pub(super) partial: NamedLaunches,
    /// More robot jobs exist than were asked for.
    pub(super) duplicate: NamedLaunches,
    /// How many launches came to something else than success.
    failed: u32,
    /// How many were not over in time.
    late: u32,
    /// How many retries of robot jobs that faulted are still to be sent.
    pub(super) unsent_retries: u32,
    /// The folders of those whose robot jobs must be looked at.
    folders: BTreeSet<FolderRef>,
}

/// Launches of one kind.
#[derive(Debug, Default)]
pub(super) struct NamedLaunches {
    count: usize,
    /// The ids of the first of them.
    ids: Vec<String>,
    /// What is said of the first of them.
    told: Vec<String>,
}

impl NamedLaunches {
    pub(super) fn add(&mut self, launch: &LaunchReport) {
        self.count += 1;
        if self.ids.len() < MAX_IN_A_COMMAND {
            self.ids.push(launch.id.clone());
        }
        if self.told.len() < MAX_SENTENCES {
            self.told.push(robot_jobs(launch));
        }
    }
}

impl OpenLaunches {
    /// Takes note of a folder that must be looked into.
    pub(super) fn look_into(&mut self, launch: &LaunchReport) {
        self.folders.extend(launch.trace.folder.clone());
    }

    /// Takes note of how the robot jobs of a launch ended.
    pub(super) fn ended(&mut self, outcome: JobOutcome) {
        match outcome {
            // Whether what is gone was done is not known, so nothing is said of doing it again.
            JobOutcome::Successful | JobOutcome::Suspended | JobOutcome::Gone => {}
            JobOutcome::Faulted | JobOutcome::Stopped => self.failed += 1,
            JobOutcome::Late => self.late += 1,
        }
    }

    /// What to do next, in this order.
    pub(super) fn next_steps(&self, head: &Head) -> Vec<Advice> {
        let mut steps = Steps { head, open: self, advice: Vec::new() };
        match head.hints.reach {
            // Whoever types a command now is told to wait.
            RunAvailability::Live => return Vec::new(),
            RunAvailability::Gone => steps.sandboxed(),
            RunAvailability::Merged => steps.merged(),
            RunAvailability::Open => steps.all(),
            RunAvailability::Elsewhere => steps.elsewhere(),
        }
        steps.advice
    }
}

/// How many robot jobs of how many: `1 of 2 robot jobs: 160857`.
pub(super) fn robot_jobs(launch: &LaunchReport) -> String {
    let named = |id: i64| launch.trace.named.iter().any(|named| named.0 == id);
    let shown = launch.robot_jobs.iter().take(MAX_JOBS).map(|job| {
        let note = if named(job.id) { " (named by the answer)" } else { "" };
        format!("{}{note}", job.id)
    });
    let mut ids = shown.collect::<Vec<_>>().join(", ");
    if launch.robot_jobs.len() > MAX_JOBS {
        ids.push_str(&format!(" and {} more", launch.robot_jobs.len() - MAX_JOBS));
    }
    let count = launch.robot_jobs.len();
    let asked = launch.trace.asked.map_or_else(String::new, |asked| format!(" of {asked}"));
    if count == 0 { format!("0{asked} robot jobs are known") } else { format!("{count}{asked} robot jobs: {ids}") }
}

struct Steps<'a> {
    head: &'a Head,
    open: &'a OpenLaunches,
    advice: Vec<Advice>,
}

impl Steps<'_> {
    fn say(&mut self, words: impl Into<String>) {
        self.advice.push(Advice::Say(words.into()));
    }

    /// `sortie VERB RUN REST`, with what leads to the run's ledger.
    fn command(&mut self, verb: &str, rest: &str) {
        let (run, hints) = (escape(&self.head.run.id), &self.head.hints);
        let space = if rest.is_empty() { "" } else { " " };
        let connection = if verb == "report" { "" } else { &hints.connection };
        let command = format!("sortie {verb} {run}{space}{rest}{}{connection}", hints.ledger);
        self.advice.push(Advice::Type(vec![command]));
    }

    fn merged(&mut self) {
        let totals = &self.head.totals;
        if totals.started + totals.skipped < totals.launches || self.open.failed + self.open.late > 0 {
            self.say("What to do about each of these runs is in its own report, where it was launched.");
        }
    }

    /// The same steps, for whoever is where the run was launched.
    fn elsewhere(&mut self) {
        self.all();
        if self.advice.is_empty() {
            return;
        }
        let host = self.head.hints.host.as_deref().map(|host| format!(" (its file was written on {})", escape(host)));
        let host = host.unwrap_or_default();
        let words =
            format!("This run was launched by another ledger{host}. Type the following there; here it is refused.");
        self.advice.insert(0, Advice::Say(words));
    }

    fn sandboxed(&mut self) {
        let totals = &self.head.totals;
        if totals.started + totals.skipped < totals.launches {
            let is_doubtful = totals.unknown + totals.partial + totals.duplicate > 0;
            self.say(if is_doubtful {
                "This sandbox ended with its command: run the manifest again. Of a server that stays this would be wrong: it could start \
                 robot jobs twice, so the report says here what to type instead."
            } else {
                "This sandbox ended with its command: run the manifest again. Of a server that stays, the report says here what to type \
                 instead."
            });
        }
    }

    fn all(&mut self) {
        let OpenLaunches { unknown, held, given_up, partial, duplicate, .. } = self.open;
        match self.head.hints.successor {
            Some(Successor::Begun(by)) => {
                self.say("A rerun took over what this run did not do. Its report:");
                let ledger = &self.head.hints.ledger;
                self.advice.push(Advice::Type(vec![format!("sortie report {by}{ledger}")]));
            }
            Some(Successor::Announced) => {
                self.say("A rerun was announced, and cut off before it began. Begin it:");
                self.command("rerun", "--failed");
            }
            None => {}
        }
        if unknown.count > 0 {
            self.unknown();
        }
        self.absent(held.count, given_up.count);
        self.miscounted("partial", partial, |more| format!("{more} Start what is missing by hand, then close it:"));
        self.miscounted("duplicate", duplicate, |more| format!("{more} Stop what is too many by hand, then close it:"));
        if unknown.count == 0 && partial.count + duplicate.count > 0 {
            let its = if self.open.folders.len() > 1 { "their folders" } else { "its folder" };
            self.say(format!("To see the robot jobs of {its}:"));
            self.look_up();
        }
        if self.head.hints.successor.is_none() {
            self.not_sent();
            self.late();
            self.rejected();
            self.warn();
        }
    }

    /// What is in doubt: ask again, look by hand, say what was found.
    fn unknown(&mut self) {
        if self.goes_on() {
            self.say("Go on with the run: it asks about what is in doubt first, and then sends what was not sent:");
            self.command("resume", "");
            self.say("Or only ask, and start nothing:");
        } else {
            self.say("Ask Orchestrator once more; this starts nothing:");
        }
        self.command("reconcile", "");
        self.say("Still unknown? Look for each Reference among the robot jobs of its folder:");
        self.look_up();
        self.say(
            "A robot job that carries the Reference was started by this run. A list lags: look again after the settle \
             time (two minutes, unless it was set). A list of 1,000 may go on: ask again from its last CreationTime.",
        );
        let OpenLaunches { unknown, held, given_up, .. } = self.open;
        if unknown.count <= MAX_IN_A_COMMAND {
            self.say("Then say what you found: `started`, or `absent`.");
        } else if held.count + given_up.count == 0 {
            self.say("Then say what you found: `started`, or `absent`. `--launch 'JOB/*'` means some of them alone.");
        } else {
            self.say(
                "Then say what you found: `started`, or `absent`, which then means what is held or given up too. \
                 `--launch 'JOB/*'` means some of them alone.",
            );
        }
        for answer in ["started", "absent"] {
            self.command("reconcile", &format!("{} --as {answer}", choice(unknown, "--all-unknown")));
        }
    }

    /// What was proved absent, and is not sent again by itself.
    fn absent(&mut self, held: usize, given_up: usize) {
        let launches = match (held, given_up) {
            (0, 0) => return,
            (held, 0) => format!("{} held", counted(held)),
            (0, given_up) => format!("{} given up", counted(given_up)),
            (held, given_up) => format!("{} held or given up", counted(held + given_up)),
        };
        let them = if held + given_up == 1 { "it" } else { "them" };
        self.say(format!("{launches}: nothing of {them} exists. To send {them}:"));
        let OpenLaunches { held, given_up, .. } = self.open;
        let both = NamedLaunches {
            count: held.count + given_up.count,
            ids: held.ids.iter().chain(&given_up.ids).cloned().collect(),
            told: Vec::new(),
        };
        self.command("reconcile", &format!("{} --as absent", choice(&both, "--all-held")));
        if self.head.hints.successor.is_some() {
            self.command("rerun", "--failed");
        } else {
            self.command("resume", "");
        }
    }

    /// Launches of which another number of robot jobs exists than was asked for.
    fn miscounted(&mut self, answer: &str, named: &NamedLaunches, words: impl Fn(&str) -> String) {
        if named.count <= MAX_SENTENCES {
            for (id, told) in named.ids.iter().zip(&named.told) {
                self.say(words(&format!("`{}`: {told}.", escape(id))));
                self.command("reconcile", &format!("--launch {} --as {answer}", word(&escape(id))));
            }
            return;
        }
        self.say(words(&format!("{} {answer}, as listed.", counted(named.count))));
        self.command("reconcile", &format!("{} --as {answer}", choice(named, "--launch '*'")));
    }

    fn look_up(&mut self) {
        let Self { head, open, .. } = self;
        let Some(look_up) = head.hints.look_up else { return };
        let several = open.folders.len() > 1;
        for folder in open.folders.iter().take(MAX_FOLDERS) {
            if several {
                self.advice.push(Advice::Say(format!("In folder `{}`:", escape(&folder.to_string()))));
            }
            let Head { run, hints, .. } = head;
            self.advice.push(Advice::Type(look_up(&hints.tenant, folder, &run.started, run.clocks_apart_ms)));
        }
        if open.folders.len() > MAX_FOLDERS {
            let more = open.folders.len() - MAX_FOLDERS;
            self.say(format!("The same for {more} more folders, each with its own header."));
        }
    }

    /// How many launches `resume` sends, retries among them.
    fn left(&self) -> u32 {
        self.head.totals.not_sent + self.open.unsent_retries
    }

    /// Whether something is left that `resume` sends.
    fn goes_on(&self) -> bool {
        let Head { run, hints, .. } = self.head;
        (self.left() > 0 || run.ended.is_none()) && hints.successor.is_none()
    }

    fn not_sent(&mut self) {
        if !self.goes_on() || self.open.unknown.count > 0 {
            return;
        }
        let Head { run, hints, .. } = self.head;
        let left = self.left();
        let were = if left == 1 { "1 launch was" } else { "launches were" };
        let number = if left == 1 { String::new() } else { format!("{left} ") };
        let exit = run.exit_code.and_then(ExitStatus::from_code);
        let words = match (hints.held_until, exit) {
            _ if run.hold.is_some() => {
                let hold = run.hold.as_deref().map(escape).unwrap_or_default();
                self.say(format!(
                    "{number}{were} not sent: this run is {hold}, and goes on by nobody's hand but yours."
                ));
                "Let it go on:".to_owned()
            }
            _ if run.ended.is_none() => "This run was cut off. Go on with it:".to_owned(),
            (Some(until), _) => {
                self.say(format!("{number}{were} not sent: Orchestrator asked for a pause."));
                format!("Resume after {until:.0}:")
            }
            (None, Some(ExitStatus::Fault | ExitStatus::Login)) => {
                format!("{number}{were} not sent. Fix what the errors said, then send what is left:")
            }
            (None, _) => format!("{number}{were} not sent. Send what is left:"),
        };
        self.say(words);
        self.command("resume", "");
    }

    fn rejected(&mut self) {
        let OpenLaunches { unknown, held, given_up, partial, failed, .. } = self.open;
        let (rejected, failed) = (self.head.totals.rejected, *failed);
        if rejected + failed == 0 {
        } else if unknown.count + held.count + given_up.count + partial.count == 0 {
            self.say(match (rejected, failed) {
                (_, 0) => "Fix the causes, then retry what was rejected:",
                (0, _) => "Look at the faults: where the work is not done, start those launches again:",
                (_, _) => "Fix the causes; where the work is not done, start those launches again:",
            });
            let shown = self.head.run.shown.as_ref().map(|shown| format!(" --filter {}", word(&escape(&shown.filter))));
            self.command("rerun", &format!("--failed{}", shown.unwrap_or_default()));
        } else {
            let count = rejected + failed;
            let were = if count == 1 { "1 launch was".to_owned() } else { format!("{count} launches were") };
            let what = if failed == 0 { "rejected" } else { "rejected, or failed" };
            self.say(format!("{were} {what}. Once all of this is done, the report says how to retry:"));
            self.command("report", "");
        }
    }

    fn late(&mut self) {
        let Head { run, totals, .. } = self.head;
        // Waited for, and without an end: the run was interrupted, or could not look any more.
        let waited_for: u32 = run.outcome_policies.iter().map(|policy| policy.launches).sum();
        let over = totals.outcomes.map_or(0, |outcomes| outcomes.all());
        let late = self.open.late + waited_for.saturating_sub(over);
        if late == 0 || self.goes_on() {
            return;
        }
        let were = if late == 1 { "1 launch was".to_owned() } else { format!("{late} launches were") };
        self.say(format!("{were} not over when the run ended. Go on waiting; this starts nothing again:"));
        self.command("resume", "");
    }

    fn warn(&mut self) {
        let Totals { started, partial, duplicate, .. } = self.head.totals;
        if started + partial + duplicate > 0 && !self.advice.is_empty() && !self.head.hints.is_named {
            self.say("Do not run the manifest again: launches that were started would start twice.");
        }
    }
}

/// The launches as flags: each by its id, or all of them by `all` where they are many.
fn choice(named: &NamedLaunches, all: &str) -> String {
    if named.count > MAX_IN_A_COMMAND {
        return all.to_owned();
    }
    let flags = named.ids.iter().map(|id| format!("--launch {}", word(&escape(id))));
    flags.collect::<Vec<_>>().join(" ")
}

fn counted(launches: usize) -> String {
    if launches == 1 { "1 launch is".to_owned() } else { format!("{launches} launches are") }
}

#[cfg(test)]
mod tests;
