//! What stands at the top of the page: how the run ended, by what arithmetic, and what to do next.
//!
//! In: a report's head, and what its launches want of somebody. Out: words. Never: decides; exit code and policies are the run's.

use serde::Serialize;

use super::fact::Tone;
use super::words::{counted, line, lines, moment, number, second, span};
use crate::exit::ExitStatus;
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::report::forms::merged;
use crate::report::next_steps::Advice;
use crate::report::{Head, RunHead};
use crate::words::Words as _;

/// Maximum length of a sentence, in characters.
const MAX_SENTENCE: usize = 1_000;

/// The top of the page.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) name: String,
    /// The one word, its tone and its sign.
    pub(crate) word: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) sign: &'static str,
    /// What that means.
    pub(crate) sentence: String,
    pub(crate) policies: Vec<Policy>,
    /// What else is worth a sentence at once.
    pub(crate) warnings: Vec<String>,
    pub(crate) steps: Vec<NextStep>,
    pub(crate) totals: Vec<Total>,
    pub(crate) outcomes: Vec<Total>,
    pub(crate) launches: String,
    /// Facts with their names.
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// What a policy came to.
#[derive(Debug, Serialize)]
pub(crate) struct Policy {
    pub(crate) tone: &'static str,
    pub(crate) word: &'static str,
    pub(crate) words: String,
}

/// A line of advice.
#[derive(Debug, Serialize)]
pub(crate) struct NextStep {
    pub(crate) words: String,
    pub(crate) is_command: bool,
}

/// How many launches came to something.
#[derive(Debug, Serialize)]
pub(crate) struct Total {
    pub(crate) word: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) count: String,
    /// Of all, in percent.
    pub(crate) share: String,
}

/// The top of the report of `head`.
pub(crate) fn of(head: &Head, advice: Vec<Advice>) -> Summary {
    let Head { run, totals, .. } = head;
    let (word, tone, sentence) = verdict(run.exit_code);
    let total = |word, tone: Tone, count: u32, all: u32| Total {
        word,
        tone: tone.class(),
        count: number(count as usize),
        share: share(count, all),
    };
    let verdicts = Verdict::ALL
        .into_iter()
        .map(|verdict| total(verdict.as_str(), tone_of(verdict), totals.of(verdict), totals.launches));
    let outcomes = totals.outcomes.iter().flat_map(|outcomes| {
        JobOutcome::ALL
            .iter()
            .map(|outcome| total(outcome.word(), tone_of_outcome(*outcome), outcomes.of(*outcome), outcomes.all()))
    });
    let policies = run.outcome_policies.iter().map(|judgement| Policy {
        tone: if judgement.is_met { "good" } else { "bad" },
        word: if judgement.is_met { "met" } else { "not met" },
        // What it came to stands before it.
        words: line(judgement.to_string().rsplit_once(": ").map_or("", |(words, _)| words), MAX_SENTENCE),
    });
    let steps = advice.into_iter().map(|advice| match advice {
        Advice::Say(words) => NextStep { words: lines(&words, MAX_SENTENCE), is_command: false },
        // Escaped where it was made, and cut nowhere: it is pasted.
        Advice::Type(lines) => NextStep { words: lines.join(" \\\n  "), is_command: true },
    });
    Summary {
        name: line(&run.name, 200),
        word,
        tone: tone.class(),
        sign: sign(tone),
        sentence,
        policies: policies.collect(),
        warnings: warnings(run),
        steps: steps.collect(),
        totals: verdicts.filter(|total| total.count != "0").collect(),
        outcomes: outcomes.filter(|total| total.count != "0").collect(),
        launches: number(totals.launches as usize),
        facts: facts(head),
    }
}

/// What part `count` is of `all`, rounded; neither nothing nor all of it where it is not.
fn share(count: u32, all: u32) -> String {
    let (count, all) = (u64::from(count), u64::from(all));
    match (count * 2000 + all).checked_div(all * 2) {
        None => String::new(),
        Some(0) if count > 0 => "under 0.1 %".to_owned(),
        Some(1000) if count < all => "over 99.9 %".to_owned(),
        Some(mille) => format!("{}.{} %", mille / 10, mille % 10),
    }
}

fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "✓",
        Tone::Open => "…",
        Tone::Bad => "✕",
        Tone::Doubt => "?",
        Tone::Idle => "–",
    }
}

/// The run's end in one word, with its tone and its sentence.
fn verdict(exit_code: Option<u8>) -> (&'static str, Tone, String) {
    let Some(code) = exit_code else {
        let words = "This report shows it as it was at one moment; some of it may still be under way.";
        return ("Not ended", Tone::Open, words.to_owned());
    };
    let Some(exit) = ExitStatus::from_code(code) else { return ("Ended", Tone::Open, format!("Exit {code}.")) };
    let (word, tone, words) = match exit {
        ExitStatus::Success => ("Passed", Tone::Good, "Every launch came to what was asked for."),
        ExitStatus::Fault => ("Broken", Tone::Bad, "The machine or sortie is at fault: disk, ledger or network."),
        ExitStatus::Login => ("Refused", Tone::Bad, "Login or permission was refused."),
        ExitStatus::Usage => ("Refused", Tone::Bad, "The manifest or the call is invalid; nothing was sent."),
        ExitStatus::Deadline => ("Late", Tone::Open, "Time was up before all robot jobs were over."),
        ExitStatus::Outcome => ("Failed", Tone::Bad, "More launches failed than the outcome policy tolerates."),
        ExitStatus::Rejected => ("Failed", Tone::Bad, "Orchestrator refused launches for good."),
        ExitStatus::Unknown => {
            ("Unknown", Tone::Doubt, "Of some launches it is not known whether, or how often, they were started.")
        }
        ExitStatus::Stale => ("Refused", Tone::Bad, "The saved plan is out of date; nothing was sent."),
        ExitStatus::Held => ("Held", Tone::Open, "Another run holds the slot or the lock."),
        ExitStatus::Report => ("Unreported", Tone::Bad, "A report could not be written."),
        ExitStatus::NotSent => ("Unfinished", Tone::Open, "Launches were not sent; the run can be gone on with."),
        ExitStatus::Different => ("Different", Tone::Open, "Differences were found."),
        ExitStatus::Interrupted => ("Interrupted", Tone::Open, "Somebody interrupted it; the run can be gone on with."),
        ExitStatus::Terminated => ("Terminated", Tone::Open, "It was terminated; the run can be gone on with."),
    };
    (word, tone, format!("Exit {code}. {words}"))
}

/// The tone of a verdict.
pub(crate) fn tone_of(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Started => Tone::Good,
        Verdict::Rejected => Tone::Bad,
        Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => Tone::Doubt,
        Verdict::Skipped | Verdict::NotSent => Tone::Idle,
    }
}

/// The tone of an outcome.
pub(crate) fn tone_of_outcome(outcome: JobOutcome) -> Tone {
    match outcome {
        JobOutcome::Successful => Tone::Good,
        JobOutcome::Suspended | JobOutcome::Late | JobOutcome::Gone => Tone::Open,
        JobOutcome::Faulted | JobOutcome::Stopped => Tone::Bad,
    }
}

fn warnings(run: &RunHead) -> Vec<String> {
    let of_several = merged::lines(run).into_iter().chain(merged::warnings(run));
    let mut warnings: Vec<String> = of_several.map(|text| line(&text, MAX_SENTENCE)).collect();
    if let Some(hold) = &run.hold {
        warnings.push(format!("Held back: {}.", line(hold, MAX_SENTENCE)));
    }
    for (folder, why) in &run.uncounted {
        warnings.push(format!("Folder {} was not counted: {}.", line(folder, 200), line(why, MAX_SENTENCE)));
    }
    if let Some(ms) = run.clocks_apart_ms {
        let side = if ms < 0 { "behind" } else { "ahead of" };
        let apart = span(i64::try_from(ms.unsigned_abs()).unwrap_or(i64::MAX));
        warnings.push(format!(
            "The server stamps robot jobs {apart} {side} its own answers; on this page they are moved to fit."
        ));
    }
    warnings
}

fn facts(head: &Head) -> Vec<(&'static str, String)> {
    let Head { run, totals, .. } = head;
    let at = |text: &String| moment(text).map_or_else(|| line(text, 80), |at| format!("{} UTC", second(at)));
    let mut facts = vec![("Started", at(&run.started))];
    if let Some(ended) = &run.ended {
        facts.push(("Ended", at(ended)));
        if let (Some(from), Some(to)) = (moment(&run.started), moment(ended)) {
            facts.push(("Took", span(to - from)));
        }
    }
    if let Some(slot) = &run.slot {
        facts.push(("Slot", line(slot, 80)));
    }
    if totals.retries > 0 {
        let flaky = counted(totals.flaky as usize, "launch is", "launches are");
        facts.push(("Retries", format!("{}; {flaky} flaky", number(totals.retries as usize))));
    }
    facts.push(("Profile", line(&run.profile, 200)));
    facts.push(("Run", line(&run.id, 80)));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_what_is_left_is_never_hidden() {
        for (count, all, words) in [
            (40, 41, "97.6 %"),
            (2, 3, "66.7 %"),
            (1, 3, "33.3 %"),
            (0, 3, "0.0 %"),
            (3, 3, "100.0 %"),
            (1, 20_000, "under 0.1 %"),
            (19_999, 20_000, "over 99.9 %"),
            (0, 0, ""),
        ] {
            assert_eq!(share(count, all), words, "{count} of {all}");
        }
    }
}
