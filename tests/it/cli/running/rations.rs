//! The ration of job lists, shared by processes that run at once.

use std::time::Duration;

use crate::cli::cli_fixture::CliFixture;

#[test]
fn two_runs_at_once_read_lists_no_faster_than_one_may() {
    let fixture = CliFixture::new();
    let jobs: Vec<String> =
        (0..10).map(|number| format!("  j-{number}: {{ release: Ping, folder: Shared/F{number} }}\n")).collect();
    let manifest =
        |name| format!("version: 1\nname: {name}\nlimits: {{ poll: {{ rate: 6000/min }} }}\njobs:\n{}", jobs.concat());
    fixture.file("a.yaml", &manifest("a"));
    fixture.file("b.yaml", &manifest("b"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    drop(runtime.block_on(sortie::ledger::open(&fixture.ledger())).unwrap());
    // Each looks into ten folders before it sends.
    let runs = ["a", "b"].map(|name| {
        let mut command = fixture.command(&format!("run {name}.yaml -q"));
        command.env("SORTIE_LIST_RATION", "5/s").stdout(std::process::Stdio::null()).spawn().unwrap()
    });
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let record = fixture.sandbox.record();
    let lists: Vec<_> =
        record.iter().filter(|received| received.operation == "Jobs").map(|received| received.moment).collect();
    assert_eq!((lists.len(), fixture.jobs()), (20, 20));
    let took = lists.iter().max().unwrap().since(*lists.iter().min().unwrap());
    // Nineteen steps of 200 ms; each by its own ration, they would take half of that.
    assert!(took > Duration::from_secs(3), "{took:?}");
}
