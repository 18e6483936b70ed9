//! The manifest's jobs: each in a row of numbers, and each with the list of all its launches.
//!
//! In: launches as they come by. Out: a row and a list for each job, and the slowest robot jobs. Kept meanwhile: what stands in
//! the lists, up to a bound.

use std::collections::{BTreeSet, HashMap};
use std::io;

use minijinja::context;
use serde::Serialize;

use super::fact::{LaunchFact, Tone, ran_for, word};
use super::failures::robot_jobs;
use super::page::Pages;
use super::words::{line, moment, number, span};
use crate::clock::Timestamp;
use crate::report::LaunchReport;
use crate::words::Words as _;

/// Maximum bytes of all lists together: the page stays below 5 MB.
const MAX_LIST_BYTES: usize = 3_400_000;
/// Maximum jobs that have a row and a list; the launches of later ones are counted together.
const MAX_JOBS: usize = 200;
/// Maximum robot jobs in the table of the slowest.
const MAX_SLOWEST: usize = 20;

/// One job of the manifest.
#[derive(Debug, Default)]
struct JobFacts {
    name: String,
    launches: usize,
    by_tone: [usize; Tone::ALL.len()],
    /// How long robot jobs ran, in milliseconds.
    spans: Vec<u32>,
    /// Its launches, as rows of a table.
    list: String,
    listed: usize,
}

/// One job on the page.
#[derive(Debug, Serialize)]
pub(super) struct JobRow {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) launches: String,
    /// One number for each tone; empty where it is none.
    pub(super) counts: Vec<String>,
    pub(super) median: String,
    pub(super) slow: String,
    pub(super) list: minijinja::Value,
    /// How many launches are not in the list.
    pub(super) more: String,
}

/// A robot job that ran long.
#[derive(Debug, Serialize)]
pub(super) struct SlowRow {
    pub(super) id: String,
    pub(super) job: u32,
    pub(super) robot_job: i64,
    pub(super) ran: String,
    pub(super) waited: String,
    pub(super) word: String,
    pub(super) tone: &'static str,
}

/// Jobs as they grow.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    known: Vec<JobFacts>,
    place_by_name: HashMap<String, u32>,
    bytes: usize,
    /// By how long they ran, and in the plan's order.
    slowest: BTreeSet<(i64, std::cmp::Reverse<usize>)>,
    slow_rows: HashMap<usize, SlowRow>,
    seen: usize,
}

impl Jobs {
    /// The number of the job that `launch` is of.
    pub(super) fn number_of(&mut self, launch: &LaunchReport) -> u32 {
        if let Some(place) = self.place_by_name.get(&launch.job) {
            return *place;
        }
        let place = if self.known.len() < MAX_JOBS {
            self.known.push(JobFacts { name: line(&launch.job, 120), ..JobFacts::default() });
            self.known.len() - 1
        } else {
            let last = MAX_JOBS - 1;
            "all other jobs".clone_into(&mut self.known[last].name);
            last
        };
        let place = u32::try_from(place).unwrap_or_default();
        self.place_by_name.insert(launch.job.clone(), place);
        place
    }

    /// Takes note of `launch`.
    pub(super) fn add(&mut self, launch: &LaunchReport, fact: &LaunchFact, pages: &Pages) -> io::Result<()> {
        for job in launch.every_robot_job() {
            self.note_span(launch, job, fact);
        }
        let job = &mut self.known[fact.job as usize];
        job.launches += 1;
        job.by_tone[Tone::ALL.iter().position(|tone| *tone == fact.tone).unwrap_or_default()] += 1;
        if self.bytes >= MAX_LIST_BYTES {
            return Ok(());
        }
        let before = job.list.len();
        let sent = fact.sent.map(time_of_day).unwrap_or_default();
        let ran = launch.every_robot_job().filter_map(ran_for).max().map(span).unwrap_or_default();
        let row = context! {
            tone => fact.tone.class(),
            id => line(&launch.id, 160),
            word => word(launch),
            sent => sent,
            ran => ran,
            robot_jobs => robot_jobs(launch),
        };
        job.list.push_str(&pages.row(row)?);
        job.listed += 1;
        self.bytes += job.list.len() - before;
        Ok(())
    }

    fn note_span(&mut self, launch: &LaunchReport, job: &crate::report::RobotJobReport, fact: &LaunchFact) {
        self.seen += 1;
        let Some(ran) = ran_for(job) else { return };
        self.known[fact.job as usize].spans.push(u32::try_from(ran).unwrap_or(u32::MAX));
        let least = self.slowest.first().map(|(least, _)| *least);
        if self.slowest.len() >= MAX_SLOWEST {
            if least.is_some_and(|least| ran <= least) {
                return;
            }
            if let Some((_, std::cmp::Reverse(gone))) = self.slowest.pop_first() {
                self.slow_rows.remove(&gone);
            }
        }
        let at = |text: &Option<String>| text.as_deref().and_then(moment);
        let waited = at(&job.start_time).zip(at(&job.creation_time)).map(|(began, created)| span(began - created));
        self.slowest.insert((ran, std::cmp::Reverse(self.seen)));
        let row = SlowRow {
            id: line(&launch.id, 160),
            job: fact.job,
            robot_job: job.id,
            ran: span(ran),
            waited: waited.unwrap_or_default(),
            word: job.outcome.map_or_else(|| word(launch), |outcome| outcome.word()).to_owned(),
            tone: job.outcome.map_or(fact.tone, Tone::of_outcome).class(),
        };
        self.slow_rows.insert(self.seen, row);
    }

    /// The names of all jobs, by their numbers.
    pub(super) fn names(&self) -> Vec<String> {
        self.known.iter().map(|job| job.name.clone()).collect()
    }

    /// The rows of the jobs, and those of the slowest robot jobs.
    pub(super) fn finish(self) -> (Vec<JobRow>, Vec<SlowRow>) {
        let Self { known, slowest, mut slow_rows, .. } = self;
        let slow = slowest.iter().rev().filter_map(|(_, std::cmp::Reverse(seen))| slow_rows.remove(seen)).collect();
        let rows = known.into_iter().enumerate().map(|(place, job)| {
            let JobFacts { name, launches, by_tone, mut spans, list, listed } = job;
            spans.sort_unstable();
            let part = |hundredths: usize| {
                let place = (spans.len() * hundredths).div_ceil(100).checked_sub(1);
                place.and_then(|place| spans.get(place)).map(|ms| span(i64::from(*ms))).unwrap_or_default()
            };
            let more = launches - listed;
            JobRow {
                number: place,
                name,
                launches: number(launches),
                counts: by_tone
                    .into_iter()
                    .map(|count| if count == 0 { String::new() } else { number(count) })
                    .collect(),
                median: part(50),
                slow: part(95),
                list: minijinja::Value::from_safe_string(list),
                more: if more == 0 { String::new() } else { number(more) },
            }
        });
        (rows.collect(), slow)
    }
}

fn time_of_day(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| at.strftime("%H:%M:%S").to_string()).unwrap_or_default()
}
