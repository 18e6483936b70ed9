//! The report for people: the launches by what they want of the reader, the totals, and what to do next.
//!
//! In: launches in the plan's order. Out: plain text, in which nothing foreign can steer a terminal. Kept meanwhile:
//! a few launches of each group, so that a report of any length needs little memory.

use std::collections::HashMap;
use std::io::{self, Write};

use super::next_steps::{Advice, OpenLaunches, robot_jobs};
use super::{ErrorReport, Head, LaunchReport, Reason, ReportWriter};
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::ledger::state::Verdict;

/// Maximum launches of a group that are named; the JSON report has them all.
const MAX_NAMED: usize = 10;

/// Maximum unknown launches that are named: each must be looked for by hand.
const MAX_NAMED_UNKNOWN: usize = 100;

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

/// A part of the report: its launches want the same of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Section {
    Started,
    Skipped,
    /// Partial or duplicate, and somebody said that it is dealt with.
    Closed(Verdict),
    NotSent,
    Rejected,
    Partial,
    Duplicate,
    GivenUp,
    Held,
    Unknown,
}

/// Whether a text whose first line is `line` is such a report: it begins with the title and the count of a section, or
/// with the count of its launches.
#[must_use]
pub(super) fn is_first_line(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let section = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (")).filter(|(_, count)| is_number(count));
    let total = line.split_once(' ').filter(|(count, _)| is_number(count));
    section.is_some_and(|(title, _)| FIRST_WORDS.iter().any(|word| title.starts_with(word)))
        || total.is_some_and(|(_, rest)| ["launch of ", "launches of "].iter().any(|words| rest.starts_with(words)))
}

/// How the titles of sections begin.
const FIRST_WORDS: [&str; 10] = [
    "Started",
    "Skipped",
    "Closed: ",
    "Not sent: ",
    "Rejected: ",
    "Partial: ",
    "Duplicate: ",
    "Given up",
    "Held: ",
    "Unknown: ",
];

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
        let Some(section) = Section::of(launch) else {
            return Err(io::Error::other(format!("no verdict is called `{}`", launch.verdict)));
        };
        let error = launch.error.as_ref().filter(|_| section != Section::Started);
        let message = error.map(words).unwrap_or_default();
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
            Section::Started | Section::Skipped | Section::Closed(_) | Section::NotSent | Section::Rejected => {}
        }
        match section {
            Section::Unknown | Section::Partial | Section::Duplicate => self.open.look_into(launch),
            Section::Started
            | Section::Skipped
            | Section::Closed(_)
            | Section::NotSent
            | Section::Rejected
            | Section::GivenUp
            | Section::Held => {}
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

impl Section {
    /// The order of the sections: what needs somebody is nearest to the end.
    const WORST_LAST: [Self; 11] = [
        Self::Started,
        Self::Skipped,
        Self::Closed(Verdict::Partial),
        Self::Closed(Verdict::Duplicate),
        Self::NotSent,
        Self::Rejected,
        Self::Partial,
        Self::Duplicate,
        Self::GivenUp,
        Self::Held,
        Self::Unknown,
    ];

    /// Where the launch belongs; `None` if its verdict is nobody's.
    fn of(launch: &LaunchReport) -> Option<Self> {
        let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == launch.verdict)?;
        Some(match (verdict, launch.reason) {
            (Verdict::Started, _) => Self::Started,
            (Verdict::Rejected, _) => Self::Rejected,
            (Verdict::Unknown, Some(Reason::Held)) => Self::Held,
            (Verdict::Unknown, Some(Reason::GivenUp)) => Self::GivenUp,
            (Verdict::Unknown, _) => Self::Unknown,
            (Verdict::Partial | Verdict::Duplicate, Some(Reason::Declared)) => Self::Closed(verdict),
            (Verdict::Partial, _) => Self::Partial,
            (Verdict::Duplicate, _) => Self::Duplicate,
            (Verdict::Skipped, _) => Self::Skipped,
            (Verdict::NotSent, _) => Self::NotSent,
        })
    }

    fn title(self, tries: Option<(u32, u32)>) -> String {
        match self {
            Self::Started => "Started".to_owned(),
            Self::Skipped => "Skipped".to_owned(),
            Self::Closed(verdict) => format!("Closed: you said that it is {}", verdict.as_str()),
            Self::NotSent => "Not sent: surely nothing was started".to_owned(),
            Self::Rejected => "Rejected: Orchestrator refused, nothing was started".to_owned(),
            Self::Partial => "Partial: fewer robot jobs were started than asked for".to_owned(),
            Self::Duplicate => "Duplicate: more robot jobs were started than asked for".to_owned(),
            Self::GivenUp => match tries {
                Some((1, 1)) => "Given up after 1 try: nothing exists".to_owned(),
                Some((fewest, most)) if fewest < most => {
                    format!("Given up after {fewest} to {most} tries: nothing exists")
                }
                Some((tries, _)) => format!("Given up after {tries} tries: nothing exists"),
                None => "Given up: nothing exists".to_owned(),
            },
            Self::Held => "Held: nothing exists".to_owned(),
            Self::Unknown => "Unknown: sent, but no answer came. The robot jobs may or may not exist".to_owned(),
        }
    }

    /// How many of its launches are named.
    fn named(self) -> usize {
        match self {
            Self::Unknown | Self::Duplicate | Self::Partial | Self::Held | Self::GivenUp => MAX_NAMED_UNKNOWN,
            Self::Started | Self::Rejected | Self::Skipped | Self::NotSent | Self::Closed(_) => MAX_NAMED,
        }
    }

    fn line(self, launch: &LaunchReport) -> String {
        let id = escape(&launch.id);
        let folder = launch.trace.folder.as_ref().map(|folder| format!("  folder {}", escape(&folder.to_string())));
        let folder = folder.unwrap_or_default();
        match self {
            Self::Unknown => format!("{id}{folder}  Reference {}", escape(&launch.reference)),
            Self::Partial | Self::Duplicate => {
                format!("{id}  {}{folder}  Reference {}", robot_jobs(launch), escape(&launch.reference))
            }
            Self::Held | Self::GivenUp => id.into_owned(),
            Self::Started | Self::Rejected | Self::Skipped | Self::NotSent | Self::Closed(_) => {
                match launch.robot_jobs.as_slice() {
                    [] => id.into_owned(),
                    [job] => format!("{id}  robot job {} {}", job.id, escape(job.state.as_deref().unwrap_or_default()))
                        .trim_end()
                        .to_owned(),
                    [first, .., last] => {
                        format!("{id}  {} robot jobs, {} to {}", launch.robot_jobs.len(), first.id, last.id)
                    }
                }
            }
        }
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
    if let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) {
        text.truncate(end);
        text.push_str(" ...");
    }
    escape(&text).into_owned()
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
