//! Servers that refuse long pages of the job list, or cut them: neither makes a doubt unknown.

use sortie::sandbox::faults::{Fault, Faults, Operation, Position};
use sortie::sandbox::world::World;
use sortie::sandbox::world::switches::{QueryLimits, Switches};

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "
version: 1
name: pages
folder: Shared
limits: { launch: { rate: 100/s, burst: 50, concurrency: 1 } }
jobs:
  a: { release: { key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }, count: 120 }
  b: { release: { key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf } }
  c: { release: { key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf } }
";

/// The `$top` of each job list that was asked for.
fn lengths(fixture: &CliFixture) -> Vec<String> {
    let lists = fixture.sandbox.record().into_iter().filter(|received| received.operation == "Jobs");
    let length = |target: &str| {
        let (_, rest) = target
            .split_once("%24top=")
            .or_else(|| target.split_once("$top="))
            .expect("each list says how long its page may be");
        rest.split('&').next().unwrap_or_default().to_owned()
    };
    lists.map(|received| length(&received.target)).collect()
}

#[test]
fn a_page_that_is_refused_is_asked_for_shorter_and_the_tenant_remembered() {
    let query_limits = QueryLimits { top: 100, page: 100, ..QueryLimits::default() };
    let world = World::obliging().switches(Switches { query_limits, ..Switches::default() });
    let lost = Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::lose_answer());
    let fixture = CliFixture::with(&world, lost);
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!((told.code, fixture.starts(), fixture.jobs()), (0, 3, 122), "{}", told.shown());
    let asked = lengths(&fixture);
    assert_eq!((asked[0].as_str(), asked[1].as_str()), ("1000", "100"));
    assert!(asked[1..].iter().all(|length| length == "100"), "{asked:?}");
    let again = fixture.sortie("run m.yaml -q");
    assert_eq!(again.code, 0, "{}", again.shown());
    let later = lengths(&fixture);
    assert!(later.len() > asked.len() && later[1..].iter().all(|length| length == "100"), "{later:?}");
}

#[test]
fn a_list_that_is_cut_below_what_was_asked_for_is_read_to_its_end() {
    let query_limits = QueryLimits { page: 50, ..QueryLimits::default() };
    let world = World::obliging().switches(Switches { query_limits, ..Switches::default() });
    let lost = Faults::new().at(Operation::StartJobs, Position::Nth(3), Fault::lose_answer());
    let fixture = CliFixture::with(&world, lost);
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!((told.code, fixture.starts(), fixture.jobs()), (0, 3, 122), "{}", told.shown());
}
