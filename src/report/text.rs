//! The report for people: what it is of, the launches by what they want of the reader, failures first, and at the end, where a
//! terminal stands still, the answer: totals, verdict, what to do next.
//!
//! In: launches in the plan's order. Out: plain text, in which nothing foreign can steer a terminal. Kept meanwhile:
//! a few launches of each group, so that a report of any length needs little memory.

use std::io::{self, Write};

use super::failure_groups::{FailureGroups, Section, SectionTone};
use super::forms::{merged, spans};
use super::next_steps::Advice;
use super::{Head, LaunchReport, ReportWriter};
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::{Styles, paint};
use crate::exit::ExitStatus;

/// Maximum width of sentences, in characters: with what stands before them they fit 80 columns.
const MAX_WIDTH: usize = 77;
/// Minimum width of sentences, however narrow the terminal is.
const MIN_WIDTH: usize = 24;
/// How much narrower than the terminal sentences are: what stands before them, and a column that stays free.
const EDGE: usize = 3;
/// How far sentences are set in.
const MARGIN: usize = 2;
/// How far the values of a run are set in, behind their names.
const VALUES: usize = 11;
/// How far what a launch's line has no room for is set in.
const LAUNCH_REST: usize = 6;

/// Writes the report to `out`, at its end.
pub struct TextWriter<W> {
    out: W,
    styles: Styles,
    /// How wide sentences may be, at most [`MAX_WIDTH`].
    width: usize,
    head: Option<Head>,
    /// The first launches of each group, each as a line.
    groups: FailureGroups<String>,
}

/// Whether a text whose first line is `line` may be such a report: it begins with the count of its launches.
#[must_use]
pub(super) fn is_first_line(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let total = line.split_once(' ').filter(|(count, _)| is_number(count));
    total.is_some_and(|(_, rest)| ["launch of ", "launches of "].iter().any(|words| rest.starts_with(words)))
}

impl<W: Write> TextWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        let groups = FailureGroups::new(Section::named);
        Self { out, styles: Styles::PLAIN, width: MAX_WIDTH, head: None, groups }
    }

    /// The same for a terminal with so many columns; `None` if it goes to none.
    #[must_use]
    pub fn with_columns(self, columns: Option<usize>) -> Self {
        let width = columns.map_or(MAX_WIDTH, |columns| columns.saturating_sub(EDGE).clamp(MIN_WIDTH, MAX_WIDTH));
        Self { width, ..self }
    }

    /// The same with the colours of `styles`.
    #[must_use]
    pub fn with_styles(self, styles: Styles) -> Self {
        Self { styles, ..self }
    }

    /// What the report is of.
    fn title(&mut self, head: &Head) -> io::Result<()> {
        let (run, strong) = (&head.run, self.styles.strong);
        let title = format!("{} of {}", counted(head.totals.launches as usize), escape(&run.name));
        writeln!(self.out, "{}", paint(strong, title))?;
        if let Some(shown) = &run.shown {
            self.value("filter", format!("{} of {} launches are shown and counted", shown.launches, shown.of))?;
        }
        merged::lines(run).iter().try_for_each(|line| writeln!(self.out, "  {}", escape(line)))?;
        self.value("run", format!("{} with profile {}", escape(&run.id), escape(&run.profile)))?;
        if let Some(slot) = &run.slot {
            self.value("slot", escape(slot))?;
        }
        let span = spans::of_run(run).map(|span| format!(" ({})", spans::in_words(span))).unwrap_or_default();
        let started = to_the_second(&run.started);
        self.value(
            "time",
            match &run.ended {
                Some(ended) => format!("{started} to {}{span}", to_the_second(ended)),
                None => format!("since {started}, not ended yet"),
            },
        )?;
        if let Some(ms) = run.clocks_apart_ms {
            let side = if ms < 0 { "behind" } else { "ahead of" };
            let minutes = ms.unsigned_abs().div_ceil(60_000);
            self.value("clocks", format!("the server stamps robot jobs {minutes} minutes {side} its own answers"))?;
        }
        Ok(())
    }

    /// A value of the run behind its name. On a narrow terminal it goes on below itself.
    fn value(&mut self, name: &str, value: impl AsRef<str>) -> io::Result<()> {
        let value = fitted(value.as_ref(), VALUES, self.width);
        writeln!(self.out, "  {name:<width$}{value}", width = VALUES - MARGIN)
    }

    fn sections(&mut self) -> io::Result<()> {
        let Self { out, groups, styles, width, .. } = self;
        for (section, of_section) in groups.sections() {
            let launches: usize = of_section.iter().map(|group| group.launches).sum();
            let style = match section.tone() {
                SectionTone::Well => styles.good,
                SectionTone::Open => styles.warning,
                SectionTone::Bad => styles.error,
            };
            writeln!(out, "\n{}", paint(style, format!("{} ({launches})", groups.title(section))))?;
            for group in of_section {
                let words = group.words();
                if !words.is_empty() {
                    let count = format!("  {}: ", counted(group.launches));
                    let room = width.saturating_sub(count.len()) + MARGIN;
                    let lines = wrapped(&escape(&words), room);
                    writeln!(out, "{count}{}", lines.join(&format!("\n{:width$}", "", width = count.len())))?;
                }
                for line in &group.named {
                    writeln!(out, "    {}", fitted(line, LAUNCH_REST, *width))?;
                }
                if group.launches > group.named.len() {
                    writeln!(out, "    and {} more", group.launches - group.named.len())?;
                }
            }
        }
        Ok(())
    }

    /// What the run came to: what a reader of the last lines needs.
    fn result(&mut self, head: &Head) -> io::Result<()> {
        let (run, styles) = (&head.run, self.styles);
        writeln!(self.out, "\n{}", paint(styles.strong, "Result"))?;
        for line in merged::warnings(run) {
            let lines = wrapped(&escape(&line), self.width).join("\n    ");
            writeln!(self.out, "  {}", paint(styles.warning, lines))?;
        }
        self.value("verdicts", head.totals.to_string())?;
        if let Some(outcomes) = &head.totals.outcomes {
            self.value("outcomes", outcomes.to_string())?;
        }
        if head.totals.retries > 0 {
            let (all, flaky) = (head.totals.retries, counted(head.totals.flaky as usize));
            self.value("retries", format!("{all} ({}), {flaky} flaky", self.groups.retries()))?;
        }
        for judgement in &run.outcome_policies {
            self.value("policy", escape(&judgement.to_string()))?;
        }
        for (folder, why) in &run.uncounted {
            writeln!(self.out, "  folder {} was not counted: {}", escape(folder), escape(why))?;
        }
        match run.exit_code {
            Some(code) => self.value("exit", exit_words(code, styles)),
            None => self.value("exit", "none: the run has not ended"),
        }
    }

    fn next_steps(&mut self, head: &Head) -> io::Result<()> {
        for (index, advice) in self.groups.next_steps(head).iter().enumerate() {
            if index == 0 {
                writeln!(self.out, "\n{}", paint(self.styles.strong, "What to do next"))?;
            }
            match advice {
                Advice::Say(words) => {
                    for line in wrapped(words, self.width) {
                        writeln!(self.out, "  {line}")?;
                    }
                }
                Advice::Type(lines) => {
                    let command = lines.join(" \\\n        ");
                    writeln!(self.out, "      {}", paint(self.styles.command, command))?;
                }
            }
        }
        Ok(())
    }
}

/// An exit code, and what it says of a run.
pub(super) fn exit_words(code: u8, styles: Styles) -> String {
    let style = if code == 0 { styles.good } else { styles.error };
    match ExitStatus::from_code(code) {
        Some(status) => paint(style, format!("{code}: {}", status.words())),
        None => paint(style, code),
    }
}

impl<W: Write> ReportWriter for TextWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.groups.add(launch, Section::line);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(head) = self.head.take() {
            self.title(&head)?;
            self.sections()?;
            self.result(&head)?;
            self.next_steps(&head)?;
        }
        self.out.flush()
    }
}

/// A moment without its fraction; another text as it is.
fn to_the_second(moment: &str) -> String {
    moment.parse::<Timestamp>().map_or_else(|_| escape(moment).into_owned(), |moment| format!("{moment:.0}"))
}

/// The words in lines of at most `room` characters, where no word is longer.
fn wrapped(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `text` that is set in by `indent`, broken where a terminal narrower than usual would cut its words.
fn fitted(text: &str, indent: usize, width: usize) -> String {
    if width == MAX_WIDTH {
        return text.to_owned();
    }
    wrapped(text, (width + MARGIN).saturating_sub(indent)).join(&format!("\n{:indent$}", ""))
}

fn counted(launches: usize) -> String {
    if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") }
}

#[cfg(test)]
mod tests;
