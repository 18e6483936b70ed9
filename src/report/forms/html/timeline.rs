//! When launches were sent and their robot jobs ran: each for itself while they are few, else by job and time.
//!
//! In: launches with their times. Out: drawings. Never: more shapes than a screen can show, however many launches there are.

use super::axis::{TimeAxis, lossy};
use super::fact::{LaunchFact, RobotJobRun, Tone};
use super::page::Figure;
use super::svg::Drawing;
use super::words::{counted, number, span};

/// Maximum launches that have a line each.
pub(super) const MAX_LINES: usize = 60;
/// Maximum lines below which the times alone are enough.
const MAX_LINES_WITHOUT_HEAD: usize = 15;
/// Maximum jobs that have a drawing each; the others share one.
const MAX_LANES: usize = 12;
/// Maximum buckets of a drawing.
const MAX_BUCKETS: i64 = 90;
/// Maximum width of a bar, in percent.
const MAX_BAR: f64 = 6.0;
/// Pixels of a launch's line.
const LINE_HEIGHT: u32 = 28;
/// Pixels of a drawing of buckets.
const LANE_HEIGHT: u32 = 72;

/// A launch that has a line of its own.
pub(super) struct LabelledLaunch {
    /// Its place among the facts.
    pub(super) fact: usize,
    /// What stands above its line; inert.
    pub(super) label: String,
    /// When each of its robot jobs ran, where it had retries.
    pub(super) runs: Vec<RobotJobRun>,
}

/// The axis of everything that is known of `facts`, until `ended` where the run did; `None` if nothing was sent.
pub(super) fn axis(facts: &[LaunchFact], ended: Option<i64>) -> Option<TimeAxis> {
    let from = facts.iter().filter_map(|fact| fact.sent).min()?;
    let to = facts.iter().filter_map(LaunchFact::last).chain(ended).max().unwrap_or(from);
    Some(TimeAxis::new(from, to).since_whole_second())
}

/// A line for each launch: sent until answered, waiting for a robot, running.
pub(super) fn lines(facts: &[LaunchFact], named: &[LabelledLaunch], axis: TimeAxis) -> Figure {
    let sent: Vec<(&LaunchFact, &LabelledLaunch)> = named
        .iter()
        .filter_map(|named| facts.get(named.fact).map(|fact| (fact, named)))
        .filter(|(fact, _)| fact.sent.is_some())
        .collect();
    let height = u32::try_from(sent.len()).unwrap_or_default() * LINE_HEIGHT;
    let mut drawing = Drawing::new(height);
    // The times below many lines are a screen away from the first.
    let above = if sent.len() > MAX_LINES_WITHOUT_HEAD { drawing.axis_above(&axis.ticks()) } else { 0.0 };
    drawing.axis(&axis.ticks());
    for (index, (fact, named)) in sent.iter().enumerate() {
        let top = above + f64::from(u32::try_from(index).unwrap_or_default() * LINE_HEIGHT);
        drawing.words("label", (0.0, top + 12.0), "start", &named.label);
        let Some(sent) = fact.sent else { continue };
        let mut part = |class: &str, from: i64, to: i64| {
            let x = axis.x(from);
            drawing.bar(class, (x, axis.x(to) - x), (top + 16.0, 8.0));
        };
        let answered = fact.answered.unwrap_or(sent);
        part(if fact.is_doubted { "doubt" } else { "call" }, sent, answered);
        match (fact.began, fact.over) {
            _ if !named.runs.is_empty() => {
                let mut free = answered;
                for run in &named.runs {
                    part("queued", free, run.from.max(free));
                    let to = run.to.unwrap_or(axis.from() + axis.span());
                    part(run.tone.class(), run.from.max(answered), to);
                    free = free.max(to);
                }
            }
            (Some(began), over) => {
                part("queued", answered, began);
                part(fact.tone.class(), began.max(answered), over.unwrap_or(axis.from() + axis.span()));
            }
            // What never ran may have been waiting until it was over.
            (None, Some(over)) => part(fact.tone.class(), answered, over),
            (None, None) if fact.tone == Tone::Doubt && fact.answered.is_none() => {
                part("doubt", sent, axis.from() + axis.span());
            }
            (None, None) => part(fact.tone.class(), answered, answered),
        }
    }
    let shown = counted(sent.len(), "launch", "launches");
    Figure {
        heading: None,
        svg: drawing.finish(
            "lines",
            "Launches and their robot jobs over time",
            &format!("{shown}, one line each: sent and answered, waiting for a robot, running. The tables below tell the same."),
        ),
        caption: if sent.iter().any(|(_, named)| !named.runs.is_empty()) {
            "Each line: sent until answered, waiting for a robot, running; with retries, each robot job by its own end."
        } else {
            "Each line: sent until answered, waiting for a robot, running."
        }
        .to_owned(),
    }
}

/// Launches by the time at which they were sent, and what came of them: a drawing for each of `jobs`, the largest first.
pub(super) fn lanes(facts: &[LaunchFact], jobs: &[String], axis: TimeAxis) -> Vec<Figure> {
    let bucket = axis.bucket(MAX_BUCKETS);
    let axis = axis.in_whole(bucket);
    let mut sizes = vec![0_usize; jobs.len()];
    facts.iter().filter(|fact| fact.sent.is_some()).for_each(|fact| sizes[fact.job as usize] += 1);
    let mut order: Vec<usize> = (0..jobs.len()).filter(|job| sizes[*job] > 0).collect();
    order.sort_by_key(|job| std::cmp::Reverse(sizes[*job]));
    let alone = if order.len() > MAX_LANES { MAX_LANES - 1 } else { order.len() };
    let (alone, others) = order.split_at(alone);
    let mut figures: Vec<Figure> = Vec::new();
    for job in alone {
        let own = |fact: &&LaunchFact| fact.job as usize == *job;
        let heading = format!("{}: {}", jobs[*job], counted(sizes[*job], "launch", "launches"));
        figures.push(lane(facts.iter().filter(own), figures.len(), heading, axis, bucket));
    }
    if !others.is_empty() {
        let mut is_other = vec![false; jobs.len()];
        for job in others {
            is_other[*job] = true;
        }
        let own = |fact: &&LaunchFact| is_other[fact.job as usize];
        let launches: usize = others.iter().map(|job| sizes[*job]).sum();
        let heading = format!(
            "{}: {}",
            counted(others.len(), "other job", "other jobs"),
            counted(launches, "launch", "launches")
        );
        figures.push(lane(facts.iter().filter(own), figures.len(), heading, axis, bucket));
    }
    figures
}

fn lane<'f>(
    facts: impl Iterator<Item = &'f LaunchFact>,
    index: usize,
    heading: String,
    axis: TimeAxis,
    bucket: i64,
) -> Figure {
    let mut buckets = vec![[0_usize; Tone::ALL.len()]; buckets(axis, bucket)];
    for fact in facts {
        let Some(sent) = fact.sent else { continue };
        let place = bucket_of(sent, axis, bucket, buckets.len());
        let tone = Tone::ALL.iter().position(|tone| *tone == fact.tone).unwrap_or_default();
        buckets[place][tone] += 1;
    }
    let most = buckets.iter().map(|counts| counts.iter().sum::<usize>()).max().unwrap_or_default();
    let mut drawing = Drawing::new(LANE_HEIGHT);
    drawing.axis(&axis.ticks());
    for (place, counts) in buckets.iter().enumerate() {
        let x = across(place, axis, bucket);
        let mut base = f64::from(LANE_HEIGHT);
        for (tone, count) in Tone::ALL.iter().zip(counts).filter(|(_, count)| **count > 0) {
            // Few among many are seen, too.
            let height = (share(*count, most) * f64::from(LANE_HEIGHT - 12)).max(2.0);
            base -= height;
            drawing.bar(tone.class(), x, (base, height));
        }
    }
    let caption = format!("Highest bar: {} in {}.", number(most), span(bucket));
    let description = format!("Launches by the time at which they were sent, coloured by what came of them. {caption}");
    Figure { svg: drawing.finish(&format!("lane-{index}"), &heading, &description), heading: Some(heading), caption }
}

/// How many launches had robot jobs that were running, at each time.
pub(super) fn running(facts: &[LaunchFact], axis: TimeAxis) -> Option<Figure> {
    let bucket = axis.bucket(MAX_BUCKETS);
    let axis = axis.in_whole(bucket);
    let mut changes: Vec<(i64, i64)> = Vec::new();
    for fact in facts {
        let Some(began) = fact.began else { continue };
        changes.push((began, 1));
        changes.extend(fact.over.map(|over| (over.max(began), -1)));
    }
    if changes.is_empty() {
        return None;
    }
    // What ends at the moment at which another begins does not run beside it.
    changes.sort_unstable();
    let mut levels = vec![0_usize; buckets(axis, bucket)];
    let (mut at_once, mut changes) = (0_i64, changes.into_iter().peekable());
    for (place, level) in levels.iter_mut().enumerate() {
        let end = axis.from() + bucket * (i64::try_from(place).unwrap_or_default() + 1);
        let mut greatest = at_once;
        while let Some((_, change)) = changes.next_if(|(at, _)| *at < end) {
            at_once += change;
            greatest = greatest.max(at_once);
        }
        *level = usize::try_from(greatest).unwrap_or_default();
    }
    let most = levels.iter().copied().max().unwrap_or_default();
    let mut drawing = Drawing::new(LANE_HEIGHT);
    drawing.axis(&axis.ticks());
    for (place, level) in levels.iter().enumerate().filter(|(_, level)| **level > 0) {
        let height = share(*level, most) * f64::from(LANE_HEIGHT - 4);
        drawing.bar("running", across(place, axis, bucket), (f64::from(LANE_HEIGHT) - height, height));
    }
    let caption = format!("At most {} at work at once.", counted(most, "launch", "launches"));
    Some(Figure {
        svg: drawing.finish("running", "Launches whose robot jobs were running", &caption),
        heading: Some("Robot jobs at work".to_owned()),
        caption,
    })
}

/// How many buckets an axis has.
pub(super) fn buckets(axis: TimeAxis, bucket: i64) -> usize {
    usize::try_from(axis.span().div_euclid(bucket).max(1)).unwrap_or(1)
}

/// The bucket of `at`, of `count`.
pub(super) fn bucket_of(at: i64, axis: TimeAxis, bucket: i64, count: usize) -> usize {
    usize::try_from((at - axis.from()).max(0) / bucket).unwrap_or_default().min(count - 1)
}

/// Where a bucket stands, and how wide it is, with a gap to the next one.
pub(super) fn across(place: usize, axis: TimeAxis, bucket: i64) -> (f64, f64) {
    let wide = lossy(bucket) / lossy(axis.span()) * 100.0;
    let x = wide * lossy(i64::try_from(place).unwrap_or(i64::MAX));
    // A lonely bucket is a bar all the same, and no wall.
    (x.min(100.0), (wide * 0.85).min(MAX_BAR))
}

/// What part `count` is of `most`.
pub(super) fn share(count: usize, most: usize) -> f64 {
    let number = |count: usize| lossy(i64::try_from(count).unwrap_or(i64::MAX));
    if most == 0 { 0.0 } else { number(count) / number(most) }
}
