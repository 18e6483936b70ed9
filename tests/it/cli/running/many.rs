//! Many launches through the whole program, judged by the server's own record.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;

use serde_json::Value;
use sortie::ids::{Ordinal, RunId};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::ledger::{self, EventLog as _, LedgerError};
use sortie::sandbox::clock::SystemClock;
use sortie::sandbox::{Options, Sandbox, World};

use crate::cli::Program;
use crate::cli::served::Served;

/// A manifest of so many jobs, launched as fast as it goes.
fn manifest(jobs: u32) -> String {
    let mut text = "version: 1\nname: many\nfolder: Shared\nlimits:\n  launches: 20000\n  \
                    launch: { rate: 100000/s, burst: 1000, concurrency: 64 }\njobs:\n"
        .to_owned();
    for job in 0..jobs {
        let count = job % 3 + 1;
        text.push_str(&format!(
            "  job-{job}:\n    release: Ping\n    count: {count}\n    arguments: {{ number: {job} }}\n"
        ));
    }
    text
}

fn run(jobs: u32, url: &str, token: &str, ledger: &Path) -> Program {
    Program::sortie("run many.yaml --quiet --report json=report.json --ledger")
        .arg(ledger)
        .file("many.yaml", &manifest(jobs))
        .env("UIPATH_URL", url)
        .env("UIPATH_ACCESS_TOKEN", token)
}

/// The states of all launches that have any, by Reference.
fn states(ledger: &Path, run: RunId) -> Result<BTreeMap<String, LaunchState>, LedgerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ledger = runtime.block_on(ledger::open(ledger))?;
    let states = runtime.block_on(ledger.read_states(run, Ordinal(0), usize::MAX))?;
    let reference = |state: &LaunchState| state.attempts().unwrap().intent.reference.to_string();
    Ok(states.into_iter().map(|(_, state)| (reference(&state), state)).collect())
}

/// The run that a Reference belongs to.
fn run_of(reference: &str) -> RunId {
    reference.strip_prefix("sortie-").unwrap().split('-').next().unwrap().parse().unwrap()
}

#[test]
fn ten_thousand_launches_are_the_same_in_report_ledger_and_server() {
    const LAUNCHES: u32 = 10_000;
    let sandbox = Served::start(None);
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.db");
    let run = run(LAUNCHES, sandbox.text("url"), sandbox.text("token"), &ledger).run();
    assert_eq!(run.code, 0, "{}", run.stderr);

    let answer = ask(sandbox.text("url"), sandbox.text("token"), "/sandbox/jobs");
    let mut on_server: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for line in answer.lines() {
        let job: Value = serde_json::from_str(line).unwrap();
        let reference = job["reference"].as_str().unwrap().to_owned();
        assert!(on_server.entry(reference).or_default().insert(job["id"].as_i64().unwrap()));
    }

    let text = std::fs::read_to_string(run.folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let mut in_report: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (number, launch) in report["launches"].as_array().unwrap().iter().enumerate() {
        assert_eq!(
            (&launch["id"], &launch["verdict"], &launch["attempts"]),
            (&format!("job-{number}").into(), &"started".into(), &1.into())
        );
        let ids: BTreeSet<i64> =
            launch["robot-jobs"].as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect();
        assert_eq!(ids.len(), number % 3 + 1);
        in_report.insert(launch["reference"].as_str().unwrap().to_owned(), ids);
    }
    assert_eq!(in_report.len(), LAUNCHES as usize, "none lost");
    assert_eq!(in_report, on_server, "the report is the server's own record");

    let states = states(&ledger, run_of(in_report.keys().next().unwrap())).unwrap();
    let in_ledger: BTreeMap<String, BTreeSet<i64>> = states
        .into_iter()
        .map(|(reference, state)| {
            let LaunchState::Started { jobs, .. } = state else { panic!("{reference} is {state:?}") };
            (reference, jobs.iter().map(|job| job.id.0).collect())
        })
        .collect();
    assert_eq!(in_ledger, on_server, "so is the ledger");
}

#[test]
fn after_a_kill_every_request_that_was_received_has_its_intent() {
    const LAUNCHES: u32 = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.db");
    let mut random = fastrand::Rng::with_seed(20);
    for round in 0..20 {
        let sandbox = Sandbox::start(&World::obliging(), Arc::new(SystemClock::new()), Options::default()).unwrap();
        let (mut command, _folder) = run(LAUNCHES, &sandbox.url(), sandbox.token(), &ledger).into_command();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let enough = random.usize(1..900);
        while started(&sandbox).len() < enough && is_running(&mut child) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let received = started(&sandbox);
        let states = states(&ledger, run_of(&received[0])).unwrap();
        for reference in &received {
            assert!(states.contains_key(reference), "round {round}: {reference} was sent without an intent");
        }
        let once: BTreeSet<&String> = received.iter().collect();
        assert_eq!(once.len(), received.len(), "round {round}: sent twice");
        let said: usize = states.values().filter(|state| state.verdict() == Verdict::Started).count();
        assert!(said <= received.len(), "round {round}: the ledger claims more than was sent");
    }
}

fn is_running(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

/// The References of all `StartJobs` requests that the sandbox received, in order.
fn started(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.record().into_iter().filter(|received| received.operation == "StartJobs");
    requests
        .map(|received| {
            let body: Value = serde_json::from_str(&received.body).unwrap();
            body["startInfo"]["Reference"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn ask(url: &str, token: &str, path: &str) -> String {
    let origin: reqwest::Url = url.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(origin.join(path).unwrap()).bearer_auth(token).send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    })
}
