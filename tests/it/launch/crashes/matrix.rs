//! Each row of the protocol's table, with a process that ends at each of its steps: what the launch comes to.

use std::num::NonZeroUsize;
use std::time::Duration;

use sortie::launch::WaitOverride;
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::orchestrator::classify::{AnswerClass, NextSend};
use sortie::robot_job::ServerError;

use super::World;
use crate::simulation::{Fate, RobotLives};

/// The rows: what becomes of the first sending.
fn rows() -> Vec<(&'static str, Fate)> {
    let unsent = |next| Fate::Answered(AnswerClass::Unsent { why: "connection refused".to_owned(), next });
    vec![
        ("served", Fate::Served),
        ("answer lost", Fate::Lost),
        ("request lost", Fate::Dropped),
        ("started late", Fate::Late(Duration::from_secs(4))),
        ("fewer started", Fate::Partial(1)),
        ("unsent, back off", unsent(NextSend::Backoff)),
        ("unsent, throttled", unsent(NextSend::Throttled(Some(Duration::from_secs(5))))),
        ("unsent, now", unsent(NextSend::Now)),
        ("refused", Fate::Answered(AnswerClass::Rejected(ServerError { status: 409, ..ServerError::default() }))),
        ("refused by a gateway, and started", Fate::ServedAndRefused),
        ("in doubt", Fate::Answered(AnswerClass::InDoubt { why: "502".to_owned(), hold: None })),
    ]
}

/// A run of three launches, the second of which meets `fate`, and which waits for its robot jobs.
fn scene(fate: &Fate) -> World {
    let mut world = World::of(3);
    world.server.script(1, [fate.clone()]);
    // One of the others is surely started, so that an absence of the second one can be proved.
    world.terms.concurrency = NonZeroUsize::MIN;
    world.server.lives = Some(RobotLives { seed: 3, longest: Duration::from_secs(60), forgets: false });
    world.terms.wait = WaitOverride { waits: Some(true), timeout: None };
    world
}

/// What the second launch came to: its verdict, how many calls started robot jobs, and how many ends are known.
fn cell(world: &World) -> String {
    let state = world.ledger.state(1);
    let ends = if let LaunchState::Started { ends, .. } = &state { ends.len() } else { 0 };
    let verdict = match state.verdict() {
        Verdict::Started => "S",
        Verdict::Partial => "P",
        Verdict::Rejected => "R",
        Verdict::Unknown => "U",
        Verdict::NotSent => "N",
        Verdict::Duplicate | Verdict::Skipped => "?",
    };
    format!("{verdict}{}{ends}", world.server.starts_of(1))
}

/// The cells of a row, one for each step at which the process may end.
fn cells(name: &str, fate: &Fate) -> Vec<String> {
    let whole = scene(fate);
    whole.process(None).expect("nothing ends it");
    let steps = whole.ledger.process().steps();
    let expected = cell(&whole);
    let row = (1..=steps).map(|step| {
        let world = scene(fate);
        assert!(world.process(Some(step)).is_none(), "{name}: step {step} is reached");
        world.clock.advance(Duration::from_secs(60));
        let launched = world.process(None).expect("nothing ends it");
        world.check(&launched, &format!("{name}, ended at step {step}"));
        cell(&world)
    });
    std::iter::once(expected).chain(row).collect()
}

/// The matrix: `cargo test --test it -- --ignored --nocapture the_matrix`. Each cell is a verdict (started, partial,
/// rejected, unknown, not sent), how many calls started robot jobs, and how many ends are known; the first is without a
/// crash, and those behind it are with one at each step. A refusal that nobody read is a doubt: where it is then looked for,
/// it is found absent, and sent again.
#[test]
#[ignore = "prints; by hand"]
fn the_matrix_of_rows_and_steps_is_printed() {
    for (name, fate) in rows() {
        let cells = cells(name, &fate);
        let is_told = |cell: &String| cell.starts_with(['S', 'P', 'R']);
        assert!(cells.iter().all(is_told), "{name}: {cells:?}");
        let mut runs: Vec<(usize, &String)> = Vec::new();
        for cell in &cells {
            match runs.last_mut() {
                Some((count, last)) if *last == cell => *count += 1,
                Some(_) | None => runs.push((1, cell)),
            }
        }
        let told: Vec<String> = runs.iter().map(|(count, cell)| format!("{cell} x{count}")).collect();
        println!("{name:18} {:3} steps: {}", cells.len() - 1, told.join(", "));
    }
}
