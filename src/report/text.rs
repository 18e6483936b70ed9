//! The report for people: the launches by what they want of the reader, the totals, and what to do next.
//!
//! In: launches in the plan's order. Out: plain text, in which nothing foreign can steer a terminal. Kept meanwhile:
//! a few launches of each group, so that a report of any length needs little memory.

use std::collections::HashMap;
use std::io::{self, Write};

use self::section::Section;
use super::next_steps::{Advice, OpenLaunches};
use super::{ErrorReport, Head, LaunchReport, ReportWriter};
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::words::Words as _;
mod merged;
mod section;

/// Maximum groups that are told apart; what comes later with another message is counted together.
const MAX_GROUPS: usize = 50;

/// Maximum width of sentences, in characters: with what stands before them they fit 80 columns.
const MAX_WIDTH: usize = 77;

/// Maximum length of a message, in characters.
const MAX_MESSAGE: usize = 400;

/// Writes the report to `out`, at its end: totals and next steps come last, where a terminal still shows them.
pub struct TextWriter<W> {
    out: W,
    head: Option<Head>,
    groups: Vec<Group>,
    group_by_key: HashMap<(Section, String), usize>,
    open: OpenLaunches,
    /// The fewest and the most sendings of a launch that was given up.
    tries: Option<(u32, u32)>,
}

/// Launches of one section with one message.
struct Group {
    section: Section,
    message: String,
    launches: usize,
    /// The first of them, each as a line.
    named: Vec<String>,
}

/// Whether a text whose first line is `line` is such a report: it begins with the title and the count of a section, or
/// with the count of its launches.
#[must_use]
pub(super) fn is_first_line(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let section = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (")).filter(|(_, count)| is_number(count));
    let total = line.split_once(' ').filter(|(count, _)| is_number(count));
    section.is_some_and(|(title, _)| section::FIRST_WORDS.iter().any(|word| title.starts_with(word)))
        || total.is_some_and(|(_, rest)| ["launch of ", "launches of "].iter().any(|words| rest.starts_with(words)))
}

impl<W: Write> TextWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self {
            out,
            head: None,
            groups: Vec::new(),
            group_by_key: HashMap::new(),
            open: OpenLaunches::default(),
            tries: None,
        }
    }

    /// Puts the launch among those that want the same of the reader.
    fn add(&mut self, launch: &LaunchReport) {
        let section = Section::of(launch);
        let message = match section {
            Section::Ended(outcome) => fault_words(launch, outcome),
            Section::Started => String::new(),
            Section::Skipped
            | Section::Closed(_)
            | Section::NotSent
            | Section::Rejected
            | Section::Unmade
            | Section::Partial
            | Section::Duplicate
            | Section::GivenUp
            | Section::Held
            | Section::Unknown => launch.error.as_ref().map(words).unwrap_or_default(),
        };
        let line = section.line(launch);
        let group = self.group(section, message);
        group.launches += 1;
        if group.named.len() < section.named() {
            group.named.push(line);
        }
        match section {
            Section::Unknown => self.open.unknown.add(launch),
            Section::Held => self.open.held.add(launch),
            Section::GivenUp => {
                self.open.given_up.add(launch);
                let (fewest, most) = self.tries.unwrap_or((launch.attempts, launch.attempts));
                self.tries = Some((fewest.min(launch.attempts), most.max(launch.attempts)));
            }
            Section::Partial => self.open.partial.add(launch),
            Section::Duplicate => self.open.duplicate.add(launch),
            Section::Ended(outcome) => self.open.ended(outcome),
            Section::Started
            | Section::Skipped
            | Section::Closed(_)
            | Section::NotSent
            | Section::Rejected
            | Section::Unmade => {}
        }
        match section {
            Section::Unknown | Section::Partial | Section::Duplicate => self.open.look_into(launch),
            Section::Started
            | Section::Ended(_)
            | Section::Skipped
            | Section::Closed(_)
            | Section::NotSent
            | Section::Rejected
            | Section::Unmade
            | Section::GivenUp
            | Section::Held => {}
        }
    }

    fn group(&mut self, section: Section, message: String) -> &mut Group {
        let mut key = (section, message);
        if !self.group_by_key.contains_key(&key) && self.groups.len() >= MAX_GROUPS {
            key = (section, "with other messages; the JSON report has them".to_owned());
        }
        let index = *self.group_by_key.entry(key.clone()).or_insert_with(|| {
            self.groups.push(Group { section, message: key.1, launches: 0, named: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    fn section(&mut self, section: Section) -> io::Result<()> {
        let mut groups: Vec<&Group> = self.groups.iter().filter(|group| group.section == section).collect();
        if groups.is_empty() {
            return Ok(());
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.launches));
        let launches: usize = groups.iter().map(|group| group.launches).sum();
        writeln!(self.out, "{} ({launches})", section.title(self.tries))?;
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
        writeln!(self.out)
    }

    fn totals(&mut self, head: &Head) -> io::Result<()> {
        let run = &head.run;
        writeln!(self.out, "{} of {}", counted(head.totals.launches as usize), escape(&run.name))?;
        merged::lines(run).iter().try_for_each(|line| writeln!(self.out, "  {line}"))?;
        writeln!(self.out, "  run      {} with profile {}", escape(&run.id), escape(&run.profile))?;
        if let Some(slot) = &run.slot {
            writeln!(self.out, "  slot     {}", escape(slot))?;
        }
        let until = run.ended.as_deref().map_or_else(|| "not ended yet".to_owned(), to_the_second);
        writeln!(self.out, "  time     {} to {until}", to_the_second(&run.started))?;
        if let Some(ms) = run.clocks_apart_ms {
            let side = if ms < 0 { "behind" } else { "ahead of" };
            let minutes = ms.unsigned_abs().div_ceil(60_000);
            writeln!(self.out, "  clocks   the server stamps robot jobs {minutes} minutes {side} its own answers")?;
        }
        writeln!(self.out, "  verdicts {}", head.totals)?;
        if let Some(outcomes) = &head.totals.outcomes {
            writeln!(self.out, "  outcomes {outcomes}")?;
        }
        if head.totals.retries > 0 {
            writeln!(self.out, "  retries  {}, {} flaky", head.totals.retries, counted(head.totals.flaky as usize))?;
        }
        for judgement in &run.outcome_policies {
            writeln!(self.out, "  policy   {}", escape(&judgement.to_string()))?;
        }
        for (folder, why) in &run.uncounted {
            writeln!(self.out, "  folder {} was not counted: {}", escape(folder), escape(why))?;
        }
        if let Some(code) = run.exit_code {
            writeln!(self.out, "  exit     {code}")?;
        }
        Ok(())
    }

    fn next_steps(&mut self, head: &Head) -> io::Result<()> {
        for (index, advice) in self.open.next_steps(head).iter().enumerate() {
            if index == 0 {
                writeln!(self.out, "\nWhat to do next")?;
            }
            match advice {
                Advice::Say(words) => {
                    for line in wrapped(words) {
                        writeln!(self.out, "  {line}")?;
                    }
                }
                Advice::Type(lines) => writeln!(self.out, "      {}", lines.join(" \\\n        "))?,
            }
        }
        Ok(())
    }
}

impl<W: Write> ReportWriter for TextWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.add(launch);
        // A retry that somebody must deal with stands beside the launches, by its own id.
        for retry in &launch.retries {
            match retry.verdict {
                Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => self.add(&launch.of_retry(retry)),
                Verdict::NotSent => {
                    self.open.unsent_retries += 1;
                    self.add(&launch.of_retry(retry));
                }
                Verdict::Started | Verdict::Rejected | Verdict::Skipped => {}
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        for section in Section::WORST_LAST {
            self.section(section)?;
        }
        if let Some(head) = self.head.take() {
            self.totals(&head)?;
            self.next_steps(&head)?;
        }
        self.out.flush()
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
    shortened(text)
}

/// The text, not too long, in which nothing can steer a terminal.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) {
        text.truncate(end);
        text.push_str(" ...");
    }
    escape(&text).into_owned()
}

/// Why robot jobs of a launch ended so: the class of the first fault, and the first line of what the server says of it.
fn fault_words(launch: &LaunchReport, outcome: JobOutcome) -> String {
    let of_retries = launch.retries.iter().rev().flat_map(|retry| &retry.robot_jobs);
    let mut jobs = of_retries.chain(&launch.robot_jobs);
    let Some(job) = jobs.find(|job| job.outcome == Some(outcome)) else { return String::new() };
    let said = job.info.as_deref().or_else(|| job.fault.as_ref()?.detail.as_deref()).unwrap_or_default();
    let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let text = match (outcome, job.class) {
        (JobOutcome::Successful, _) => String::new(),
        (_, Some(class)) if said.is_empty() => class.word().to_owned(),
        (_, Some(class)) => format!("{}: {said}", class.word()),
        (_, None) => said.to_owned(),
    };
    shortened(text)
}

/// The words in lines that a narrow terminal shows whole.
fn wrapped(words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= MAX_WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn counted(launches: usize) -> String {
    if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") }
}

#[cfg(test)]
mod tests;
