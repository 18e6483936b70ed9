//! The samples in "At 3 a.m." of `docs/exactly-once.md` are what the program wrote in that night, but for ids, moments and spans.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use super::{Samples, steady};
use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// The night's manifest.
const NIGHT: &str = "
version: 1
name: night
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  ledger: { release: Ping }
  invoices: { release: Ping, count: 2 }
  payroll: { release: Ping }
";

/// The second start meets `fault`, and then the lists cannot be read for a while.
fn night(fault: Fault) -> CliFixture {
    let unread = Fault::before(Reply::Status(Status::of(503)));
    let lists = Rule::new(Operation::Jobs, unread).at(Position::Within(2..=9));
    fixture(Faults::new().at(Operation::StartJobs, Position::Nth(2), fault).rule(lists), NIGHT)
}

fn fixture(faults: Faults, manifest: &str) -> CliFixture {
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("night.yaml", manifest);
    fixture
}

/// What was said, with the address of a tenant and the ids of one run.
fn shown(fixture: &CliFixture, told: &CliOutput) -> String {
    let url = fixture.sandbox.url().clone();
    steady(&told.stdout.replace(url.trim_end_matches('/'), "https://cloud.uipath.com/acme/prod/orchestrator_"))
}

#[test]
fn the_samples_of_a_bad_night_are_what_the_program_wrote() {
    let mut samples = Samples::of("docs/exactly-once.md");
    let mut check = |name: &str, fixture: &CliFixture, told: &CliOutput, code: i32| {
        assert_eq!(told.code, code, "{name}: {}", told.shown());
        samples.check(name, &shown(fixture, told));
    };
    let lost = night(Fault::lose_answer());
    check("unknown", &lost, &lost.sortie("run night.yaml"), 12);
    check("reconciled", &lost, &lost.sortie("reconcile last"), 0);
    let never = night(Fault::before(Reply::Reset));
    let told = never.sortie("run night.yaml -q");
    assert_eq!(told.code, 12, "{}", told.shown());
    check("absent", &never, &never.offline("reconcile last --launch invoices --as absent"), 16);
    check("resumed", &never, &never.sortie("resume last"), 0);
    let second = |fault| Faults::new().at(Operation::StartJobs, Position::Nth(2), fault);
    let held = fixture(second(Fault::before(Reply::Reset)), NIGHT);
    check("held", &held, &held.sortie("run night.yaml --at-most-once"), 12);
    let short = fixture(second(Fault::partial(1, Reply::AsItShould)), NIGHT);
    check("partial", &short, &short.sortie("run night.yaml"), 12);
    samples.keep();
}
