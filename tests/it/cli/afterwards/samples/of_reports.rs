//! The samples in `docs/reports.md` are what a real run of `specs/reports.yaml` wrote, but for ids, moments and spans.

use std::fs;
use std::path::Path;

use sortie::sandbox::World;
use sortie::sandbox::faults::Faults;

use super::{Samples, steady};
use crate::cli::cli_fixture::CliFixture;

/// Robot jobs end well, and then with a fault, in turn.
const WORLD: &str = include_str!("../../../../../specs/data/month-end-world.yaml");

const FORMATS: [&str; 6] = ["text", "jsonl", "csv", "junit", "markdown", "rows"];

#[test]
fn the_samples_in_the_docs_are_what_a_run_wrote() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = CliFixture::with(&World::from_text(WORLD).unwrap(), Faults::new());
    let spec = |name: &str| fs::read_to_string(root.join("specs").join(name)).unwrap();
    fs::create_dir(fixture.path().join("data")).unwrap();
    fixture.file("data/invoices.csv", &spec("data/invoices.csv"));
    fixture.file("reports.yaml", &spec("reports.yaml"));
    let reports = FORMATS.map(|format| format!(" --report {format}=r.{format}")).concat();
    let told = fixture.sortie(&format!("run reports.yaml -q --concurrency 1{reports}"));
    assert_eq!(told.code, 10, "{}", told.shown());
    let mut samples = Samples::of("docs/reports.md");
    let ledger = format!(" --ledger {}", fixture.ledger().display());
    for format in FORMATS {
        let written = fixture.read(&format!("r.{format}")).replace(&ledger, "").replace("\r\n", "\n");
        samples.check(format, &steady(&written));
    }
    samples.keep();
    // The manifest's own are the same.
    assert_eq!(fixture.read("out/month-end.csv"), fixture.read("r.csv"));
    assert_eq!(fixture.read("out/month-end-rows.csv"), fixture.read("r.rows"));
}
