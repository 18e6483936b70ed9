//! The report for people: totals, then what went wrong grouped by message, then what to do next.
//!
//! In: launches in the plan's order. Out: plain text, in which nothing foreign can steer a terminal. Kept meanwhile:
//! a few launches of each group, so that a report of any length needs little memory.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use super::{ErrorReport, Head, LaunchReport, Writer};
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::ledger::state::Verdict;

/// So many launches of a group are named; the JSON report has them all.
const NAMED: usize = 10;

/// So many unknown launches are named: each must be looked for by hand.
const NAMED_UNKNOWN: usize = 100;

/// So many groups are told apart; what comes later with another message is counted together.
const GROUPS: usize = 50;

/// So much of a message is shown, in characters.
const MESSAGE: usize = 400;

/// Writes the report to `out`: the totals at once, the rest at its end.
pub struct TextWriter<W> {
    out: W,
    head: Option<Head>,
    groups: Vec<Group>,
    group_by_key: HashMap<(Verdict, String), usize>,
}

/// Launches with one verdict and one message.
struct Group {
    verdict: Verdict,
    message: String,
    launches: usize,
    /// The first of them, each as a line.
    named: Vec<String>,
}

impl<W: Write> TextWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out, head: None, groups: Vec::new(), group_by_key: HashMap::new() }
    }

    fn group(&mut self, verdict: Verdict, message: String) -> &mut Group {
        let mut key = (verdict, message);
        if !self.group_by_key.contains_key(&key) && self.groups.len() >= GROUPS {
            key = (verdict, "with other messages; the JSON report has them".to_owned());
        }
        let index = *self.group_by_key.entry(key.clone()).or_insert_with(|| {
            self.groups.push(Group { verdict, message: key.1, launches: 0, named: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    fn section(&mut self, verdict: Verdict) -> io::Result<()> {
        let mut groups: Vec<&Group> = self.groups.iter().filter(|group| group.verdict == verdict).collect();
        if groups.is_empty() {
            return Ok(());
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.launches));
        let launches: usize = groups.iter().map(|group| group.launches).sum();
        writeln!(self.out, "\n{} ({launches})", title(verdict))?;
        for group in groups {
            if !group.message.is_empty() {
                writeln!(self.out, "  {}: {}", counted(group.launches), group.message)?;
            }
            for line in &group.named {
                writeln!(self.out, "    {line}")?;
            }
            if group.launches > group.named.len() {
                writeln!(self.out, "    and {} more", group.launches - group.named.len())?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Writer for TextWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let run = &head.run;
        writeln!(self.out, "{} of {}", counted(head.totals.launches as usize), escape(&run.name))?;
        writeln!(self.out, "  run      {} with profile {}", escape(&run.id), escape(&run.profile))?;
        if let Some(slot) = &run.slot {
            writeln!(self.out, "  slot     {}", escape(slot))?;
        }
        let until = run.ended.as_deref().map_or_else(|| "not ended yet".to_owned(), to_the_second);
        writeln!(self.out, "  time     {} to {until}", to_the_second(&run.started))?;
        writeln!(self.out, "  verdicts {}", head.totals)?;
        if let Some(code) = run.exit_code {
            writeln!(self.out, "  exit     {code}")?;
        }
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let Some(verdict) = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == launch.verdict) else {
            return Err(io::Error::other(format!("no verdict is called `{}`", launch.verdict)));
        };
        let error = launch.error.as_ref().filter(|_| verdict != Verdict::Started);
        let message = error.map(words).unwrap_or_default();
        let line = line(verdict, launch);
        let group = self.group(verdict, message);
        group.launches += 1;
        if group.named.len() < (if asks_for_a_look(verdict) { NAMED_UNKNOWN } else { NAMED }) {
            group.named.push(line);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        for verdict in WORST_FIRST {
            self.section(verdict)?;
        }
        if let Some(head) = self.head.take() {
            for (index, step) in next_steps(&head).iter().enumerate() {
                writeln!(self.out, "{}  {step}", if index == 0 { "\nWhat to do next\n" } else { "" })?;
            }
        }
        self.out.flush()
    }
}

/// The order of the sections: what needs a person comes first.
const WORST_FIRST: [Verdict; 7] = [
    Verdict::Unknown,
    Verdict::Duplicate,
    Verdict::Partial,
    Verdict::Rejected,
    Verdict::NotSent,
    Verdict::Skipped,
    Verdict::Started,
];

/// Whether launches of this verdict must each be looked for on the server.
fn asks_for_a_look(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Unknown | Verdict::Duplicate | Verdict::Partial => true,
        Verdict::Started | Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => false,
    }
}

fn title(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Started => "Started",
        Verdict::Rejected => "Rejected: Orchestrator refused, nothing was started",
        Verdict::Unknown => {
            "Unknown: sent, and the answer was lost; unless its line says otherwise, each may have started its robot jobs, or not"
        }
        Verdict::Partial => "Partial: fewer robot jobs were started than asked for",
        Verdict::Duplicate => "Duplicate: more robot jobs were started than asked for",
        Verdict::Skipped => "Skipped",
        Verdict::NotSent => "Not sent: surely nothing was started",
    }
}

fn line(verdict: Verdict, launch: &LaunchReport) -> String {
    let id = escape(&launch.id);
    if asks_for_a_look(verdict) {
        return format!("{id}  Reference {}", escape(&launch.reference));
    }
    match launch.robot_jobs.as_slice() {
        [] => id.into_owned(),
        [job] => format!("{id}  robot job {} {}", job.id, escape(job.state.as_deref().unwrap_or_default()))
            .trim_end()
            .to_owned(),
        [first, .., last] => format!("{id}  {} robot jobs, {} to {}", launch.robot_jobs.len(), first.id, last.id),
    }
}

/// A moment without its fraction; another text as it is.
fn to_the_second(moment: &str) -> String {
    moment.parse::<Timestamp>().map_or_else(|_| escape(moment).into_owned(), |moment| format!("{moment:.0}"))
}

/// `409/2818: text`, `409: text` or the text alone.
fn words(error: &ErrorReport) -> String {
    let mut text = match (error.status, error.code) {
        (Some(status), Some(code)) => format!("{status}/{code}: "),
        (Some(status), None) => format!("{status}: "),
        (None, _) => String::new(),
    };
    text.push_str(&error.message);
    if let Some((end, _)) = text.char_indices().nth(MESSAGE) {
        text.truncate(end);
        text.push_str(" ...");
    }
    escape(&text).into_owned()
}

fn counted(launches: usize) -> String {
    if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") }
}

fn next_steps(head: &Head) -> Vec<String> {
    let totals = &head.totals;
    let run = escape(&head.run.id);
    let mut steps = Vec::new();
    if head.run.is_of_a_sandbox {
        if totals.rejected > 0 {
            steps.push("Mend what the messages above name, and run it again: each run has a new sandbox.".to_owned());
        }
        if totals.started + totals.skipped + totals.rejected < totals.launches {
            steps.push("Nothing: the sandbox ended with this command, and its robot jobs with it.".to_owned());
            steps.push(
                "To try `resume` and `reconcile`, launch against a sandbox that stays: `sortie sandbox`.".to_owned(),
            );
        }
        return steps;
    }
    if totals.unknown > 0 {
        steps.push(format!("Ask the server once more, without starting anything: `sortie reconcile {run}`"));
    }
    if totals.unknown + totals.partial + totals.duplicate > 0 {
        steps.push("Look for each Reference above among the robot jobs of its folder:".to_owned());
        steps.push(format!("    GET .../odata/Jobs?{}", filter(&head.run.started)));
        steps.push("  A robot job that carries the Reference was started by this run. A list lags: look again after the settle time (two minutes, unless it was set).".to_owned());
        steps.push(format!(
            "  Then say what you found: `sortie reconcile {run} --launch ID --as started`, or `--as absent`"
        ));
    }
    if totals.not_sent > 0 {
        steps.push(format!("Nothing exists of what was not sent; send it: `sortie resume {run}`"));
    }
    if totals.rejected > 0 {
        steps
            .push(format!("Mend what the messages above name, then launch these again: `sortie rerun {run} --failed`"));
    }
    if !steps.is_empty() && totals.started > 0 {
        steps.push("A new run of the whole manifest would also start again what is started already.".to_owned());
    }
    steps
}

/// The query that shows every robot job which this run can have started.
///
/// Source: launch protocol, step 6: by `CreationTime` alone, from ten minutes before, matched by Reference by the reader.
fn filter(started: &str) -> String {
    let early = started.parse::<Timestamp>().ok().and_then(|at| at.checked_sub(Duration::from_secs(600)).ok());
    let from = early.map_or_else(|| escape(started).into_owned(), |at| format!("{at:.0}"));
    format!("$filter=CreationTime ge {from}&$select=Id,State,Reference,CreationTime&$orderby=CreationTime,Id&$top=1000")
}

#[cfg(test)]
mod tests;
