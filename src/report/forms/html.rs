//! The report as one page for people: no script, nothing fetched, readable on a phone, on paper and in the dark.
//!
//! In: launches in the plan's order. Out: HTML, at the end. Kept meanwhile: a few numbers of each launch, its row in a list, and
//! the texts of some that failed or were in doubt; so a report of 20,000 launches needs a few megabytes. Never: a script, an
//! address, or foreign text that is not escaped.

use std::io::{self, Write};

use minijinja::{Value, context};

use self::doubts::Stories;
use self::fact::{LaunchFact, Tone, word};
use self::failures::FailureRow;
use self::jobs::Jobs;
use self::page::{Figure, Pages, value};
use self::retries::RetryTable;
use self::timeline::LabelledLaunch;
use self::words::{counted, line, lines, moment, number, span};
use crate::report::failure_groups::FailureGroups;
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, ReportWriter};

mod axis;
mod doubts;
pub(crate) mod fact;
pub(crate) mod failures;
mod inputs;
mod jobs;
mod load;
mod page;
mod retries;
pub(crate) mod summary;
pub(crate) mod svg;
mod timeline;
pub(crate) mod words;

pub(super) use page::FIRST_LINE;
pub(crate) use page::{STYLE, policy};

/// Lists of all launches stand open up to so many launches.
const MAX_OPEN_LIST: usize = 50;
/// Maximum length of what a call said, in characters.
const MAX_REASON: usize = 20_000;

/// Writes the page to `out`, at its end.
pub struct HtmlWriter<W> {
    out: W,
    pages: Pages,
    head: Option<Head>,
    facts: Vec<LaunchFact>,
    /// The first launches, for the timeline of few.
    named: Vec<LabelledLaunch>,
    jobs: Jobs,
    groups: FailureGroups<FailureRow>,
    stories: Stories,
    retries: RetryTable,
}

impl<W: Write> HtmlWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self {
            out,
            pages: Pages::new(),
            head: None,
            facts: Vec::new(),
            named: Vec::new(),
            jobs: Jobs::default(),
            groups: FailureGroups::new(failures::max_rows),
            stories: Stories::default(),
            retries: RetryTable::default(),
        }
    }

    fn page(&mut self, head: &Head) -> Value {
        let facts = std::mem::take(&mut self.facts);
        let background = &head.background;
        let ended = head.run.ended.as_deref().and_then(moment);
        let names = self.jobs.names();
        let timeline = timeline::axis(&facts, ended).map(|axis| {
            if facts.len() <= timeline::MAX_LINES {
                vec![timeline::lines(&facts, &self.named, axis)]
            } else {
                let mut figures: Vec<Figure> = timeline::running(&facts, axis).into_iter().collect();
                figures.extend(timeline::lanes(&facts, &names, axis));
                figures
            }
        });
        let rate = load::launches(&facts, &background.paces).map(|rate| ("rate", "Launch rate", rate));
        let lists = load::lists(&background.lists, background.most_lists);
        let lists = lists.map(|lists| ("lists", "List requests", lists));
        let loads: Vec<_> = rate.into_iter().chain(lists).collect();
        let (groups, failed) = failures::parts(&self.groups);
        let doubts = self.stories.total();
        let stories = std::mem::take(&mut self.stories).finish();
        let (retried, flaky, all_retries) = self.retries.counts();
        let retries = std::mem::take(&mut self.retries).finish();
        let more_retries = all_retries - retries.len();
        let (mut jobs, slow) = std::mem::take(&mut self.jobs).finish();
        // A column for what no launch came to would push others off a phone.
        let columns: Vec<usize> =
            (0..Tone::ALL.len()).filter(|place| jobs.iter().any(|job| !job.counts[*place].is_empty())).collect();
        for job in &mut jobs {
            job.counts = columns.iter().map(|place| job.counts[*place].clone()).collect();
        }
        let columns: Vec<_> =
            columns.iter().map(|place| Tone::ALL[*place]).map(|tone| (tone.class(), tone.word())).collect();
        let summary = summary::of(head, self.groups.next_steps(head));
        let inputs = background.inputs.as_ref().map(inputs::of);
        let is_there = [
            ("next", "What to do next".to_owned(), !summary.steps.is_empty()),
            ("totals", "Totals".to_owned(), true),
            ("failed", format!("Failed or open ({})", number(failed)), failed > 0),
            ("retried", format!("Retried ({})", number(retried)), retried > 0),
            ("doubts", format!("Settled and in doubt ({})", number(doubts)), doubts > 0),
            ("timeline", "Timeline".to_owned(), true),
            ("rate-h", "Launch rate".to_owned(), loads.iter().any(|load| load.0 == "rate")),
            ("lists-h", "List requests".to_owned(), loads.iter().any(|load| load.0 == "lists")),
            ("slowest", "Slowest".to_owned(), !slow.is_empty()),
            ("jobs", "All launches".to_owned(), true),
            ("inputs", "Inputs".to_owned(), inputs.is_some()),
        ];
        let parts: Vec<_> = is_there.into_iter().filter(|part| part.2).map(|part| (part.0, part.1)).collect();
        let more_stories = doubts - stories.len();
        context! {
            parts => value(&parts),
            legend => value(&Tone::ALL.map(|tone| (tone.class(), tone.words(), tone.word()))),
            summary => value(&summary),
            groups => value(&groups),
            failed => counted(failed, "launch", "launches"),
            retries => value(&retries),
            retried => format!("{}, {} of them flaky", counted(retried, "launch", "launches"), number(flaky)),
            more_retries => if more_retries == 0 { String::new() } else { number(more_retries) },
            stories => value(&stories),
            doubts => counted(doubts, "launch", "launches"),
            more_stories => if more_stories == 0 { String::new() } else { number(more_stories) },
            timeline => value(&timeline),
            loads => value(&loads),
            slow => value(&slow),
            jobs => value(&jobs),
            columns => value(&columns),
            is_lines => facts.len() <= timeline::MAX_LINES,
            open_lists => facts.len() <= MAX_OPEN_LIST,
            inputs => value(&inputs),
            plan_digest => head.run.plan_digest.as_str(),
        }
    }

    fn name(&mut self, launch: &LaunchReport, apart: i64) {
        if self.named.len() <= timeline::MAX_LINES {
            let ran = launch.every_robot_job().filter_map(fact::ran_for).max();
            let ran = ran.map(|ran| format!(" · ran {}", span(ran))).unwrap_or_default();
            let id: String = launch.id.chars().take(40).collect();
            let label = format!("{} · {}{ran}", line(&id, 40), word(launch));
            let runs = LaunchFact::runs(launch, apart);
            self.named.push(LabelledLaunch { fact: self.facts.len(), label, runs });
        }
    }
}

impl<W: Write> ReportWriter for HtmlWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let apart = self.head.as_ref().and_then(|head| head.run.clocks_apart_ms).unwrap_or_default();
        let job = self.jobs.number_of(launch);
        let fact = LaunchFact::of(launch, job, apart);
        self.jobs.add(launch, &fact, &self.pages)?;
        self.name(launch, apart);
        self.facts.push(fact);
        self.groups.add(launch, |section, launch| failures::row(launch, section));
        self.stories.add(launch, job);
        self.retries.add(launch);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(head) = self.head.take() {
            let title = line(&head.run.name, 200);
            let page = self.page(&head);
            self.pages.write("page", &title, page, &mut self.out)?;
        }
        self.out.flush()
    }
}

/// Writes the page of a call that began nothing. `report` is masked already.
pub(super) fn write_not_begun(report: &NotBegunReport, mut out: impl Write) -> io::Result<()> {
    let run = &report.run;
    let named = [("Run", &run.id), ("Slot", &run.slot), ("Profile", &run.profile)];
    let mut facts: Vec<(&str, String)> =
        named.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, line(value, 200)))).collect();
    facts.push(("Time", line(&run.ended, 80)));
    let name = run.name.as_deref().map_or_else(|| "No manifest".to_owned(), |name| line(name, 200));
    let page = context! {
        name => name.as_str(),
        facts => value(&facts),
        exit => run.exit_code,
        reason => lines(&report.not_begun.reason, MAX_REASON),
    };
    Pages::new().write("not_begun", &name, page, &mut out)?;
    out.flush()
}
