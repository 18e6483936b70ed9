//! Lists that are not what was asked for: they may show something, and prove nothing by what they do not show.

use std::time::Duration;

use sortie::clock::Clock as _;
use sortie::ids::Ordinal;
use sortie::launch::RequestSource as _;
use sortie::ledger::state::{DoubtOutcome, LaunchState, Verdict};

use super::Scene;
use crate::simulation::{Fate, Ignored, Launches, ListOrder};

/// Twenty launches, half of them with the author's own text; of two answers are lost, and of one nothing was created.
fn twenty(author: fn(u32) -> Option<&'static str>) -> Scene {
    let mut scene = Scene::of(20);
    scene.launches.author = author;
    scene.server.script(4, [Fate::Lost]);
    scene.server.script(6, [Fate::Lost]);
    scene.server.script(8, [Fate::Dropped]);
    scene
}

/// What a server makes of a Reference.
type Change = fn(&str) -> Option<String>;

const AUTHOR: &str = "month-end close of Finance R&D 2026";

fn half(launch: u32) -> Option<&'static str> {
    launch.is_multiple_of(2).then_some(AUTHOR)
}

impl Scene {
    #[track_caller]
    fn check_none_doubled(&self, named: &str) {
        for launch in 0..self.launches.count {
            let jobs = self.server.jobs_of(launch);
            assert!(jobs <= 1, "{named}: launch {launch} was started {jobs} times");
        }
    }

    #[track_caller]
    fn check_unknown(&self, launch: u32, named: &str, part: &str) {
        let state = self.ledger.state(launch);
        let LaunchState::InDoubt { outcome: Some(DoubtOutcome::Undecided(why)), .. } = &state else {
            panic!("{named}: {state:?}")
        };
        assert!(why.contains(part), "{named}: {why}");
    }
}

#[test]
fn references_that_come_back_changed_double_nothing_and_are_matched_where_they_can_be() {
    // How a server changes References, and whether the launch can still be told by them.
    let changes: [(&str, Change, bool); 10] = [
        ("upper case", |text| Some(text.to_uppercase()), true),
        ("digits in upper case", |text| Some(text.replace("sortie-", "SORTIE-").to_uppercase()), true),
        ("the author's text in upper case", |text| Some(text.replace("month", "MONTH")), true),
        ("escaped for HTML", |text| Some(text.replace('&', "&amp;")), true),
        ("escaped for an address", |text| Some(text.replace(' ', "%20").replace('-', "%2D")), true),
        ("blanks dropped", |text| Some(text.replace(' ', "")), true),
        ("more behind it", |text| Some(format!("{text} (copy)")), true),
        ("cut to 64", |text| Some(text.chars().take(64).collect()), false),
        ("cut to 32", |text| Some(text.chars().take(32).collect()), false),
        ("the author's text alone", |text| Some(text.split(" sortie-").next().unwrap().to_owned()), false),
    ];
    for (named, change, is_told) in changes {
        for author in
            [half as fn(u32) -> Option<&'static str>, |_| Some(AUTHOR), |launch| (launch == 8).then_some(AUTHOR)]
        {
            let mut scene = twenty(author);
            scene.server.shown_reference = change;
            scene.launch();
            scene.check_none_doubled(named);
            if author(4).is_some() && is_told {
                scene.check(4, Verdict::Started, 1, 1);
                // Nothing proves that it is not there.
                assert_eq!(scene.server.sends_of(8), 1, "{named}");
            }
        }
    }
}

#[test]
fn a_list_in_another_order_proves_no_absence() {
    for order in [ListOrder::NewestFirst, ListOrder::ByReference] {
        for page in [5, 1000] {
            let mut scene = twenty(|_| None);
            scene.server.order = order;
            scene.server.page = page;
            scene.launch();
            let named = format!("{order:?}, pages of {page}");
            scene.check_none_doubled(&named);
            scene.check(8, Verdict::Unknown, 1, 0);
            scene.check_unknown(8, &named, "not in the order");
            let lists = scene.server.lists.borrow().len();
            assert!(lists < 150, "{named}: {lists} lists");
            if page == 1000 {
                // What it shows is there all the same.
                scene.check(4, Verdict::Started, 1, 1);
            }
        }
    }
}

#[test]
fn a_list_that_does_not_know_skip_or_its_window_ends() {
    for (skip, window) in [(true, false), (false, true), (true, true)] {
        let mut scene = Scene::of(20);
        scene.server.ignores = Ignored { skip, window };
        scene.server.page = 7;
        // One time fills more than a page.
        scene.launches.jobs = |launch| if launch == 2 { 30 } else { 1 };
        scene.server.script(4, [Fate::Lost]);
        scene.server.script(8, [Fate::Dropped]);
        scene.launch();
        let named = format!("$skip ignored: {skip}, window ignored: {window}");
        assert!(scene.server.jobs_of(4) == 1 && scene.server.jobs_of(8) <= 1, "{named}");
        let lists = scene.server.lists.borrow().len();
        assert!(lists < 400, "{named}: {lists} lists");
    }
}

#[test]
fn a_replica_that_lags_behind_what_this_run_started_proves_no_absence() {
    let mut scene = twenty(|_| None);
    scene.server.create_long_ago(Duration::from_secs(3 * 3600));
    scene.server.hides_recent = Duration::from_secs(3600);
    scene.launch();
    scene.check_none_doubled("a replica of an hour ago");
    scene.check(4, Verdict::Unknown, 1, 1);
    scene.check_unknown(8, "a replica of an hour ago", "which this run started");
}

#[test]
fn answers_that_slipped_by_one_are_in_doubt_and_every_launch_is_told_rightly() {
    let scene = Scene::of(20);
    for launch in 5..10 {
        scene.server.script(launch, [Fate::AnsweredAs(launch - 1)]);
    }
    scene.server.script(12, [Fate::DroppedAndAnsweredAs(2)]);
    scene.launch();
    for launch in 0..20 {
        let sends = if launch == 12 { 2 } else { 1 };
        scene.check(launch, Verdict::Started, sends, 1);
    }
}

#[test]
fn answers_that_slipped_by_one_and_show_no_reference_are_put_right_by_the_list() {
    let mut scene = Scene::of(20);
    scene.launches.count = 20;
    scene.terms.concurrency = std::num::NonZeroUsize::MIN;
    // The first repeats an answer, which is seen; the others then claim what is another launch's.
    for launch in 5..10 {
        scene.server.script(launch, [Fate::AnsweredAs(launch - 1)]);
    }
    scene.server.answers_without_reference = true;
    scene.launch();
    for launch in 0..20 {
        let LaunchState::Started { jobs, .. } = scene.ledger.state(launch) else { panic!("launch {launch}") };
        let told: Vec<i64> = jobs.iter().map(|job| job.id.0).collect();
        assert_eq!(told, scene.server.ids_of(launch), "launch {launch}");
    }
}

#[test]
fn an_answer_without_a_reference_that_names_a_robot_job_of_days_ago_is_in_doubt() {
    for hours in [1, 20, 24 * 30] {
        let mut scene = Scene::of(20);
        scene.server.create_long_ago(Duration::from_secs(hours * 3600));
        scene.server.answers_without_reference = true;
        scene.terms.concurrency = std::num::NonZeroUsize::MIN;
        // Two answers of a cache, after the clocks were seen beside each other.
        scene.server.script(7, [Fate::AnsweredWithTheFirst { creates: true }]);
        scene.server.script(12, [Fate::AnsweredWithTheFirst { creates: false }]);
        scene.launch();
        for launch in 0..20 {
            let sends = if launch == 12 { 2 } else { 1 };
            scene.check(launch, Verdict::Started, sends, 1);
            let LaunchState::Started { jobs, .. } = scene.ledger.state(launch) else { panic!("launch {launch}") };
            let told: Vec<i64> = jobs.iter().map(|job| job.id.0).collect();
            assert_eq!(told, scene.server.ids_of(launch), "launch {launch}, {hours} h");
        }
    }
}

#[test]
fn a_database_clock_that_is_set_back_makes_no_launch_of_the_run_a_stranger() {
    for (ahead_s, set_s) in [(Some(0), -12 * 3600), (Some(0), -25 * 3600), (None, -12 * 3600), (None, 3600)] {
        let mut scene = Scene::of(20);
        scene.server.answers_without_reference = true;
        scene.server.ahead_s = ahead_s;
        scene.server.latency = Duration::from_secs(2);
        scene.terms.concurrency = std::num::NonZeroUsize::MIN;
        scene.server.creation.set = Some((scene.clock.now().after(Duration::from_secs(15)), set_s));
        scene.server.script(12, [Fate::Dropped]);
        scene.launch();
        for launch in 0..20 {
            let sends = if launch == 12 { 2 } else { 1 };
            scene.check(launch, Verdict::Started, sends, 1);
        }
    }
}

/// What a server makes of References of some launches: `job-3`, `job-4` and `job-5`, and nobody else's.
fn of_three(text: &str, change: impl Fn(&str) -> String) -> String {
    let three = [3, 4, 5].map(|launch| Launches::of(6).request(Ordinal(launch)).reference.to_string());
    if three.iter().any(|reference| reference == text) { change(text) } else { text.to_owned() }
}

#[test]
fn a_robot_job_that_the_answer_named_is_never_called_absent_whatever_its_reference_became() {
    let changes: [Change; 3] = [
        |text| Some(of_three(text, |_| "INV-1006".to_owned())),
        |text| Some(of_three(text, |text| text.chars().rev().collect())),
        |text| Some(of_three(text, |_| String::new())),
    ];
    for change in changes {
        let mut scene = Scene::of(12);
        scene.server.shown_reference = change;
        scene.launch();
        scene.check_none_doubled("overwritten");
        for launch in 3..6 {
            assert_eq!(scene.server.sends_of(launch), 1, "launch {launch}");
        }
    }
}

#[test]
fn lost_launches_whose_references_came_back_in_another_form_are_known_again() {
    let changes: [Change; 5] = [
        |text| Some(of_three(text, |text| text.replace('-', "_"))),
        |text| Some(of_three(text, |text| text.replace('-', ""))),
        |text| Some(of_three(text, |text| text.replace('-', "\u{2013}"))),
        |text| Some(of_three(text, |text| text.replace("sortie-", "Sortie: "))),
        |text| Some(of_three(text, |text| text.replace("0101-", "-0101-"))),
    ];
    for change in changes {
        let mut scene = Scene::of(12);
        scene.server.shown_reference = change;
        scene.server.script(4, [Fate::Lost]);
        scene.server.script(5, [Fate::Lost]);
        scene.launch();
        for launch in 0..12 {
            scene.check(launch, Verdict::Started, 1, 1);
        }
    }
}
