//! What a run says that it waits for, and until when, against what then happens.

use std::sync::Arc;

use sortie::clock::{Clock as _, Moment};
use sortie::launch::{AwaitedLaunches, Launcher, Notice, Outlook, RunHistory};
use tokio::sync::watch;

use super::Scene;
use crate::simulation::{Fate, drive, run_id};

/// What was said when, up to the end of the run.
fn outlooks(scene: &Scene) -> (Vec<(Moment, Outlook)>, Moment) {
    let launcher = Launcher {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: Arc::new(scene.clock.clone()),
    };
    let (_keep, interrupt) = watch::channel(None);
    let mut said = Vec::new();
    let clock = scene.clock.clone();
    let mut observe = |notice| {
        if let Notice::Outlook(outlook) = notice {
            said.push((clock.now(), outlook));
        }
    };
    drive(&scene.clock, launcher.launch(scene.terms, RunHistory::default(), interrupt, &mut observe));
    (said, scene.clock.now())
}

/// The last that was said of a kind of wait, and when it was over.
#[track_caller]
fn last(
    said: &[(Moment, Outlook)],
    end: Moment,
    of: fn(&Outlook) -> Option<AwaitedLaunches>,
) -> (AwaitedLaunches, Moment) {
    let (at, waiting) =
        said.iter().enumerate().rev().find_map(|(at, (_, told))| Some((at, of(told)?))).expect("a wait");
    (waiting, said.get(at + 1).map_or(end, |(moment, _)| *moment))
}

#[test]
fn waits_are_over_when_it_was_said_that_they_would_be() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Dropped]);
    let (said, end) = outlooks(&scene);
    for (what, of) in [
        ("the doubt", (|told| told.doubts) as fn(&Outlook) -> Option<AwaitedLaunches>),
        ("the count", |told| told.recounts),
    ] {
        let (waiting, over) = last(&said, end, of);
        assert_eq!(waiting.launches, 1, "{what}");
        assert!(over <= waiting.told_by && waiting.told_by < waiting.given_up_by, "{what} at {over:?}: {waiting:?}");
        assert!(waiting.told_by.since(over).as_secs() < 15, "{what} at {over:?}: {waiting:?}");
    }
    assert!(said.iter().any(|(now, told)| told.doubts.is_some_and(|wait| wait.next_look > Some(*now))));
    let waits = said.iter().filter(|(_, told)| told.doubts.is_some() || told.recounts.is_some());
    assert!(waits.clone().count() > 4 && waits.filter(|(_, told)| told.sends).count() <= 2, "{said:?}");
}
