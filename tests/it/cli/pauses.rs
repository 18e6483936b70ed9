//! Pauses that a server asks for, as they are told, kept and lifted.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, RetryAfter, Rule, Status};

use super::desk::Desk;

const MANIFEST: &str = "version: 1\nname: m\nfolder: Shared\njobs:\n  a: { release: Ping }\n  b: { release: Ping }\n";

/// The first request of `operation` is answered with 429, and so long a pause.
fn paused(operation: Operation, seconds: u64) -> Desk {
    let status = Status::of(429).retry_after(RetryAfter::Seconds(seconds));
    let rule = Rule::new(operation, Fault::before(Reply::Status(status))).at(Position::Nth(1));
    let desk = Desk::with(&World::obliging(), Faults::new().rule(rule));
    desk.file("m.yaml", MANIFEST);
    desk
}

/// Each time of day in `text` as `TIME`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.len() == 9 && word.ends_with('Z') && word.matches(':').count() == 2;
    let words: Vec<&str> = text.split(' ').map(|word| if is_time(word) { "TIME" } else { word }).collect();
    words.join(" ")
}

#[test]
fn a_pause_of_many_years_ends_each_run_with_16_until_it_is_lifted() {
    let desk = paused(Operation::StartJobs, 1_000_000_000_000);
    let first = desk.sortie("run m.yaml");
    assert_eq!(first.code, 16, "{}", first.shown());
    let words = "error: no more was sent: paused until TIME as the server asked, which is longer than a run waits \
                 (--ignore-pause lifts the pause)";
    assert!(without_times(&first.stderr).contains(words), "{}", first.shown());
    let starts = desk.starts();
    for again in ["resume last", "run m.yaml"] {
        let again = desk.sortie(again);
        assert_eq!((again.code, desk.starts()), (16, starts), "{}", again.shown());
    }
    let lifted = desk.sortie("resume last --ignore-pause -q");
    assert_eq!((lifted.code, desk.starts()), (0, starts + 2), "{}", lifted.shown());
    assert_eq!(desk.sortie("run m.yaml -q").code, 0, "it is lifted for all");
}

#[test]
fn a_short_pause_is_told_with_its_end_and_waited_for() {
    let desk = paused(Operation::StartJobs, 1);
    let told = desk.sortie("run m.yaml");
    assert_eq!((told.code, desk.jobs()), (0, 2), "{}", told.shown());
    assert!(without_times(&told.stderr).contains("paused until TIME as the server asked\n"), "{}", told.shown());
}

#[test]
fn a_pause_of_the_lists_ends_a_run_before_it_sends() {
    for (command, jobs) in [("run m.yaml", 0), ("run m.yaml --run-key k", 0)] {
        let desk = paused(Operation::Jobs, 1_000_000_000_000);
        let told = desk.sortie(command);
        assert_eq!((told.code, desk.jobs()), (16, jobs), "{}", told.shown());
        assert!(without_times(&told.stderr).contains("paused until TIME as the server asked"), "{}", told.shown());
        let lifted = desk.sortie(&format!("{command} -q --ignore-pause"));
        assert_eq!((lifted.code, desk.jobs()), (0, 2), "{}", lifted.shown());
    }
}
