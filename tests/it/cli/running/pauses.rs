//! Pauses that a server asks for, as they are told, kept and lifted.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, RetryAfter, Rule, Status};

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "version: 1\nname: m\nfolder: Shared\njobs:\n  a: { release: Ping }\n  b: { release: Ping }\n";

/// The first request of `operation` is answered with 429, and so long a pause.
fn paused(operation: Operation, seconds: u64) -> CliFixture {
    let status = Status::of(429).retry_after(RetryAfter::Seconds(seconds));
    let rule = Rule::new(operation, Fault::before(Reply::Status(status))).at(Position::Nth(1));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(rule));
    fixture.file("m.yaml", MANIFEST);
    fixture
}

/// Each time of day in `text` as `TIME`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.len() == 9 && word.ends_with('Z') && word.matches(':').count() == 2;
    let words: Vec<&str> = text.split(' ').map(|word| if is_time(word) { "TIME" } else { word }).collect();
    words.join(" ")
}

#[test]
fn a_pause_of_many_years_ends_each_run_with_16_until_it_is_lifted() {
    let fixture = paused(Operation::StartJobs, 1_000_000_000_000);
    let first = fixture.sortie("run m.yaml");
    assert_eq!(first.code, 16, "{}", first.shown());
    let words = "error: no more was sent: paused until TIME as the server asked, which is longer than a run waits \
                 (--ignore-pause lifts the pause)";
    assert!(without_times(&first.stderr).contains(words), "{}", first.shown());
    let starts = fixture.starts();
    for again in ["resume last", "run m.yaml"] {
        let again = fixture.sortie(again);
        assert_eq!((again.code, fixture.starts()), (16, starts), "{}", again.shown());
    }
    let lifted = fixture.sortie("resume last --ignore-pause -q");
    assert_eq!((lifted.code, fixture.starts()), (0, starts + 2), "{}", lifted.shown());
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0, "it is lifted for all");
}

#[test]
fn a_short_pause_is_told_with_its_end_and_waited_for() {
    let fixture = paused(Operation::StartJobs, 1);
    let told = fixture.sortie("run m.yaml");
    assert_eq!((told.code, fixture.jobs()), (0, 2), "{}", told.shown());
    assert!(without_times(&told.stderr).contains("paused until TIME as the server asked\n"), "{}", told.shown());
}

#[test]
fn a_pause_of_the_lists_ends_a_run_before_it_sends() {
    for (command, jobs) in [("run m.yaml", 0), ("run m.yaml --run-key k", 0)] {
        let fixture = paused(Operation::Jobs, 1_000_000_000_000);
        let told = fixture.sortie(command);
        assert_eq!((told.code, fixture.jobs()), (16, jobs), "{}", told.shown());
        assert!(without_times(&told.stderr).contains("paused until TIME as the server asked"), "{}", told.shown());
        let lifted = fixture.sortie(&format!("{command} -q --ignore-pause"));
        assert_eq!((lifted.code, fixture.jobs()), (0, 2), "{}", lifted.shown());
    }
}
