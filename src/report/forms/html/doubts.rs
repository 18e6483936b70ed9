//! The story of each launch whose answer was lost, or that was sent more than once: sent, lost, looked for, found.
//!
//! In: launches with their steps. Out: each story as a list and as a small drawing. Never: more stories than somebody reads;
//! those that are still in doubt come first.

use serde::Serialize;

use super::axis::TimeAxis;
use super::fact::{Tone, word};
use super::failures::trace;
use super::page::as_markup;
use super::svg::Drawing;
use super::words::{line, lines, moment, second, span};
use crate::ledger::story::StepKind;
use crate::report::{LaunchReport, StepReport};

/// Maximum stories that are told, of those that are in doubt and of the others each.
const MAX_STORIES: usize = 100;
/// Maximum steps of a story.
const MAX_STEPS: usize = 40;
/// Maximum length of a reason, in characters.
const MAX_WHY: usize = 400;

/// A launch with its story.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    pub(super) id: String,
    pub(super) job: u32,
    /// By what it is looked for on the server.
    pub(super) trace: String,
    /// What came of it, in one word, and its tone.
    pub(super) word: String,
    pub(super) tone: &'static str,
    /// What is open about it; empty where nothing is.
    pub(super) open: String,
    #[serde(serialize_with = "as_markup")]
    pub(super) svg: String,
    pub(super) steps: Vec<ToldStep>,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
pub(super) struct ToldStep {
    pub(super) at: String,
    /// How long after the first one.
    pub(super) after: String,
    pub(super) tone: &'static str,
    pub(super) words: String,
    pub(super) why: String,
}

/// Stories as they come by.
#[derive(Debug, Default)]
pub(super) struct Stories {
    open: Vec<Story>,
    over: Vec<Story>,
    total: usize,
}

impl Stories {
    /// Takes note of `launch` of the job with this number, if it has a story.
    pub(super) fn add(&mut self, launch: &LaunchReport, job: u32) {
        if launch.story.is_empty() {
            return;
        }
        self.total += 1;
        let is_open = Tone::of(launch) == Tone::Doubt;
        let stories = if is_open { &mut self.open } else { &mut self.over };
        if stories.len() < MAX_STORIES {
            stories.push(story(launch, job, self.total));
        }
    }

    /// How many launches have one.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The stories that are told.
    pub(super) fn finish(self) -> Vec<Story> {
        let mut stories = self.open;
        stories.extend(self.over);
        stories
    }
}

fn story(launch: &LaunchReport, job: u32, number: usize) -> Story {
    let tone = Tone::of(launch);
    let is_open = tone == Tone::Doubt;
    let first = launch.story.first().and_then(|step| moment(&step.at)).unwrap_or_default();
    let steps = launch.story.iter().take(MAX_STEPS).map(|step| {
        let at = moment(&step.at).unwrap_or(first);
        ToldStep {
            at: second(at),
            after: format!("+{}", span(at - first)),
            tone: tone_of(step.step),
            words: told(step, launch.attempts),
            why: step.why.as_deref().map(|why| lines(why, MAX_WHY)).unwrap_or_default(),
        }
    });
    let open = launch.error.as_ref().filter(|_| is_open).map(|error| lines(&error.message, MAX_WHY));
    Story {
        id: line(&launch.id, 200),
        job,
        trace: trace(launch),
        word: word(launch).to_owned(),
        tone: tone.class(),
        open: open.unwrap_or_default(),
        svg: drawing(launch, number),
        steps: steps.collect(),
    }
}

/// What happened, in words.
fn told(step: &StepReport, attempts: u32) -> String {
    let jobs = match step.robot_jobs {
        1 => "1 robot job".to_owned(),
        count => format!("{count} robot jobs"),
    };
    match step.step {
        StepKind::Sent if attempts > 1 || step.attempt > 1 => format!("sent, number {}", step.attempt),
        StepKind::Sent => "sent".to_owned(),
        StepKind::Answered => format!("answered: {jobs}"),
        StepKind::NotStarted => "surely not started".to_owned(),
        StepKind::Refused => "refused".to_owned(),
        StepKind::Lost => "the answer was lost; looked for in the list of robot jobs from here on".to_owned(),
        StepKind::CutOff => {
            "found cut off by a later process; looked for in the list of robot jobs from here on".to_owned()
        }
        StepKind::Found => format!("found in the list: {jobs}"),
        StepKind::Absent => "proved absent: nothing of it was started, so it may be sent again".to_owned(),
        StepKind::Held => "proved absent, and held for a person".to_owned(),
        StepKind::Undecided => "the list did not tell".to_owned(),
        StepKind::Declared => "a person said how it is".to_owned(),
        StepKind::Counted => format!("counted once more: {jobs}"),
        StepKind::Ended => format!("over: {jobs}"),
        StepKind::LeftOut => "left out".to_owned(),
        StepKind::Decided => "to be sent in place of a robot job that faulted".to_owned(),
    }
}

fn tone_of(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Sent | StepKind::LeftOut | StepKind::Ended | StepKind::Decided => "idle",
        StepKind::Answered | StepKind::Found | StepKind::Counted => "good",
        StepKind::NotStarted | StepKind::Absent | StepKind::Declared => "open",
        StepKind::Refused => "bad",
        StepKind::Lost | StepKind::CutOff | StepKind::Held | StepKind::Undecided => "doubt",
    }
}

/// The steps on a line: a stretch in doubt is coloured.
fn drawing(launch: &LaunchReport, number: usize) -> String {
    let steps: Vec<(i64, &StepReport)> =
        launch.story.iter().take(MAX_STEPS).filter_map(|step| Some((moment(&step.at)?, step))).collect();
    let (first, last) = (steps.first().map_or(0, |step| step.0), steps.last().map_or(0, |step| step.0));
    let axis = TimeAxis::new(first, last);
    // Dots at the ends are seen whole.
    let x = |at| 1.5 + axis.x(at) * 0.97;
    let mut drawing = Drawing::new(16);
    drawing.level("grid", (1.5, 97.0), 8.0);
    for (index, (at, step)) in steps.iter().enumerate() {
        let until = steps.get(index + 1).map_or(first + axis.span(), |(next, _)| *next);
        let class = match step.step {
            StepKind::Sent => "call",
            StepKind::Lost | StepKind::CutOff | StepKind::Undecided => "doubt",
            StepKind::Answered
            | StepKind::NotStarted
            | StepKind::Refused
            | StepKind::Found
            | StepKind::Absent
            | StepKind::Held
            | StepKind::Declared
            | StepKind::Counted
            | StepKind::Ended
            | StepKind::LeftOut
            | StepKind::Decided => continue,
        };
        drawing.bar(class, (x(*at), x(until) - x(*at)), (5.0, 6.0));
    }
    for (at, step) in &steps {
        drawing.dot(tone_of(step.step), x(*at), 8.0);
    }
    let description = format!("{} steps in {}; the list below tells them.", steps.len(), span(last - first));
    drawing.finish(&format!("story-{number}"), &format!("What happened to {}", line(&launch.id, 200)), &description)
}
