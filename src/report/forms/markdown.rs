//! The report as Markdown, for the summary of a pipeline's step or a comment: what it came to, what to do next, and what
//! failed.
//!
//! In: launches in the plan's order. Out: GitHub's Markdown, in which nothing foreign is a link, an image, a mention or a tag;
//! far below the megabyte that GitHub shows. Never: a list of what went well. Kept meanwhile: a few launches of each group.

use std::io::{self, Write};

use super::inert::cut;
use super::{merged, spans};
use crate::clock::Timestamp;
use crate::diagnostic::markdown::{cell, code};
use crate::exit::ExitStatus;
use crate::report::failure_groups::{FailureGroups, Section, jobs_in_words, rows_in_words};
use crate::report::next_steps::Advice;
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, ReportWriter};
use crate::words::Words as _;

/// Maximum bytes of the tables of launches; GitHub shows no summary above a megabyte, and a step may have several.
const MAX_TABLES: usize = 200 * 1024;

/// Maximum characters of a foreign text in a cell.
const MAX_CELL: usize = 300;

/// Maximum launches of a group that are named; the JSON report has them all.
const MAX_NAMED: usize = 25;

/// The first line of each such report; it shows nothing.
pub(super) const FIRST_LINE: &str = "<!-- sortie report -->";

/// Writes the report to `out`, at its end.
pub struct MarkdownWriter<W> {
    out: W,
    head: Option<Head>,
    groups: FailureGroups<MarkdownLaunch>,
}

/// What is kept of a launch that is named.
#[derive(Debug)]
struct MarkdownLaunch {
    id: String,
    robot_jobs: String,
    reference: String,
    folder: String,
    notes: String,
}

impl<W: Write> MarkdownWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out, head: None, groups: FailureGroups::new(max_named) }
    }

    fn top(&mut self, head: &Head) -> io::Result<()> {
        let Head { run, totals, .. } = head;
        let out = &mut self.out;
        writeln!(out, "{FIRST_LINE}\n## {}: {}\n", cell(&cut(&run.name, MAX_CELL)), verdict(head))?;
        writeln!(out, "| | |\n| --- | --- |")?;
        let mut row = |name: &str, value: &str| writeln!(out, "| {name} | {value} |");
        row("launches", &format!("{}: {totals}", totals.launches))?;
        if let Some(outcomes) = &totals.outcomes {
            row("outcomes", &outcomes.to_string())?;
        }
        if totals.retries > 0 {
            row(
                "retries",
                &format!(
                    "{}: {}; {} launches ended well on one alone",
                    totals.retries,
                    self.groups.retries(),
                    totals.flaky
                ),
            )?;
        }
        for judgement in &run.outcome_policies {
            row("policy", &cell(&judgement.to_string()))?;
        }
        for (folder, why) in &run.uncounted {
            row("not counted", &format!("folder {}: {}", cell(folder), cell(&cut(why, MAX_CELL))))?;
        }
        if let Some(ms) = run.clocks_apart_ms {
            row("clocks", &format!("the server's two clocks are {} s apart", ms.unsigned_abs() / 1000))?;
        }
        let span = spans::of_run(run).map(|span| format!(", {}", spans::in_words(span))).unwrap_or_default();
        let started = moment(&run.started);
        row(
            "time",
            &match &run.ended {
                Some(ended) => format!("{started} to {}{span}", moment(ended)),
                None => format!("since {started}, not ended yet"),
            },
        )?;
        if let Some(slot) = &run.slot {
            row("slot", &cell(slot))?;
        }
        row("run", &format!("{} with profile {}", code(&run.id), cell(&run.profile)))?;
        let of = if run.merged.is_empty() { "filter" } else { "of several" };
        for line in merged::lines(run).into_iter().chain(merged::warnings(run)) {
            row(of, &cell(&cut(&line, MAX_CELL)))?;
        }
        writeln!(out)
    }

    fn next_steps(&mut self, head: &Head) -> io::Result<()> {
        let advice = self.groups.next_steps(head);
        if !advice.is_empty() {
            writeln!(self.out, "### What to do next\n")?;
        }
        for advice in advice {
            match advice {
                Advice::Say(words) => writeln!(self.out, "{}\n", cell(&words))?,
                // Indented, so that no character in it ends the block.
                Advice::Type(lines) => {
                    writeln!(self.out, "    {}\n", lines.join(" \\\n      "))?;
                }
            }
        }
        Ok(())
    }

    /// The sections of launches, those that need somebody first; what went well is counted at the top already.
    fn sections(&mut self) -> io::Result<()> {
        let Self { out, groups, .. } = self;
        let (mut bytes, mut left_out) = (0, 0);
        for (section, of_section) in groups.sections().filter(|(section, _)| !section.is_well()) {
            let launches: usize = of_section.iter().map(|group| group.launches).sum();
            writeln!(out, "### {} ({launches})\n", cell(&groups.title(section)))?;
            for group in of_section {
                let class = group.class.map(|class| format!("**{}** ", class.word())).unwrap_or_default();
                let message = code(&cut(&group.message, MAX_CELL));
                let colon = if class.is_empty() && message.is_empty() { "" } else { ": " };
                writeln!(out, "{}{colon}{class}{message}\n", counted(group.launches))?;
                let mut rows = String::from(
                    "| launch | robot jobs | folder | Reference | notes |\n| --- | --- | --- | --- | --- |\n",
                );
                let mut shown = 0;
                for launch in &group.named {
                    let row = launch.row();
                    if bytes + row.len() > MAX_TABLES {
                        break;
                    }
                    bytes += row.len();
                    shown += 1;
                    rows.push_str(&row);
                }
                left_out += group.launches - shown;
                if shown > 0 {
                    writeln!(out, "{rows}")?;
                }
                if group.launches > shown {
                    writeln!(out, "and {} more\n", group.launches - shown)?;
                }
            }
        }
        if left_out > 0 {
            writeln!(out, "The JSON report names every launch.\n")?;
        }
        Ok(())
    }
}

impl MarkdownLaunch {
    fn of(launch: &LaunchReport) -> Self {
        let text = |text: &str| cut(text, MAX_CELL).into_owned();
        let logged = launch.every_robot_job().filter_map(|job| job.log.last()).last();
        let logged = logged.map(|line| format!("robot's log: {}", line.text));
        let notes = Some(launch.notes()).filter(|notes| !notes.is_empty()).into_iter().chain(logged);
        let notes = rows_in_words(launch).into_iter().chain(notes);
        let notes = notes.collect::<Vec<_>>().join("; ");
        Self {
            id: text(&launch.id),
            robot_jobs: if launch.robot_jobs.is_empty() { String::new() } else { text(&jobs_in_words(launch)) },
            reference: text(&launch.reference),
            folder: launch.trace.folder.as_ref().map(|folder| text(&folder.to_string())).unwrap_or_default(),
            notes: text(&notes),
        }
    }

    fn row(&self) -> String {
        let Self { id, robot_jobs, reference, folder, notes } = self;
        format!("| {} | {} | {} | {} | {} |\n", code(id), cell(robot_jobs), cell(folder), code(reference), cell(notes))
    }
}

impl<W: Write> ReportWriter for MarkdownWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.groups.add(launch, |_, launch| MarkdownLaunch::of(launch));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(head) = self.head.take() {
            self.top(&head)?;
            self.next_steps(&head)?;
            self.sections()?;
        }
        self.out.flush()
    }
}

/// A moment without its fraction; another text as it is.
fn moment(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| cell(text), |moment| format!("{moment:.0}"))
}

/// What the run came to, in a word or two.
fn verdict(head: &Head) -> String {
    let Some(code) = head.run.exit_code else { return "still in progress".to_owned() };
    match ExitStatus::from_code(code) {
        Some(ExitStatus::Success) => "success".to_owned(),
        Some(status) => format!("{} (exit code {code})", status.words()),
        None => format!("exit code {code}"),
    }
}

fn max_named(section: Section) -> usize {
    if section.is_well() { 0 } else { MAX_NAMED }
}

fn counted(launches: usize) -> String {
    if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") }
}

/// Writes why nothing was begun.
pub(super) fn write_not_begun(report: &NotBegunReport, mut out: impl Write) -> io::Result<()> {
    let run = &report.run;
    let name = run.name.as_deref().map_or_else(|| "sortie".to_owned(), |name| cell(&cut(name, MAX_CELL)));
    writeln!(out, "{FIRST_LINE}\n## {name}: nothing was begun (exit code {})\n", run.exit_code)?;
    for line in cut(&report.not_begun.reason, 4_000).lines() {
        writeln!(out, "{}  ", cell(line))?;
    }
    writeln!(out, "\nAt {}. Nothing of this run was sent by this call.\n", cell(&run.ended))?;
    out.flush()
}
