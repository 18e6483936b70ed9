//! A doubt in a run that goes on launching: its list grows while it is read.

use std::num::NonZeroU32;
use std::time::Duration;

use sortie::clock::Moment;
use sortie::ledger::state::Verdict;
use sortie::pace::Pace;

use super::Scene;
use crate::simulation::Fate;

/// Five minutes of launches.
fn long() -> Scene {
    let mut scene = Scene::of(6_000);
    let twenty = NonZeroU32::new(20).unwrap();
    scene.terms.pace = Pace::new(twenty, Duration::from_secs(1), NonZeroU32::MIN);
    scene
}

#[test]
fn it_is_settled_while_launches_go_on_and_leaves_lists_to_others() {
    let scene = long();
    scene.server.script(200, [Fate::Dropped]);
    scene.server.script(201, [Fate::Lost]);
    scene.launch();
    scene.check(200, Verdict::Started, 2, 1);
    scene.check(201, Verdict::Started, 1, 1);
    let times: Vec<Moment> =
        scene.server.sent.borrow().iter().filter(|sent| sent.ordinal.0 == 200).map(|sent| sent.at).collect();
    let waited = times[1].since(times[0]);
    assert!(waited > scene.terms.settle && waited < scene.terms.settle + Duration::from_secs(60), "{waited:?}");
    let lists = scene.server.lists.borrow().len();
    assert!(lists <= 80, "{lists} lists: at the run's own limit it would be three hundred");
}
