//! One tenant, however its address is spelled; and ledgers from before that was so.

use sortie::ids::RunId;

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::{kill, slow};

const MANIFEST: &str = "
version: 1
name: keyed
folder: Shared
jobs:
  a: { release: Ping, once: true }
  b: { release: Ping }
";

fn on(fixture: &CliFixture, path: &str, tenant: Option<&str>, arguments: &str) -> CliOutput {
    let mut command = fixture.command(arguments);
    command.env("UIPATH_URL", format!("{}{path}", fixture.sandbox.url()));
    if let Some(tenant) = tenant {
        command.env("UIPATH_TENANT", tenant);
    }
    fixture.told(command.output().unwrap())
}

/// Makes the ledger's runs those of a sortie that took the identity as it was spelled.
fn spell_as_before(fixture: &CliFixture, path: &str, mark: &str) -> RunId {
    let tenant = format!("{}{path}", fixture.sandbox.url());
    let id = RunId::named(&[&tenant, "keyed", mark]);
    let connection = rusqlite::Connection::open(fixture.ledger()).unwrap();
    let changed = connection.execute("UPDATE runs SET tenant = ?1, id = ?2", [tenant, id.to_string()]).unwrap();
    assert_eq!(changed, 1);
    id
}

#[test]
fn every_spelling_of_a_tenant_is_one_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    for (path, tenant) in [
        ("/acme/default", None),
        ("/Acme/Default", None),
        ("/ACME/DEFAULT/orchestrator_/", None),
        ("/acme/default", Some("Default")),
        ("/Acme/Default", Some("default")),
    ] {
        let told = on(&fixture, path, tenant, "run m.yaml -q --run-key k");
        assert_eq!((told.code, fixture.starts()), (0, 2), "{path} {tenant:?}: {}", told.shown());
    }
    assert_eq!(fixture.runs().len(), 1);
    for (number, tenant) in ["Default", "DEFAULT", "default"].into_iter().enumerate() {
        let told = on(&fixture, "", Some(tenant), "run m.yaml -q --run-key k");
        assert_eq!(
            (told.code, fixture.starts(), fixture.runs().len()),
            (0, 4, 2),
            "{number} {tenant}: {}",
            told.shown()
        );
    }
    // `once` counts over all of them.
    assert_eq!((on(&fixture, "/ACME/default", None, "run m.yaml -q").code, fixture.starts()), (0, 5));
}

#[test]
fn a_run_of_a_ledger_that_has_the_tenant_as_it_was_spelled_is_found_and_gone_on_with() {
    for mark in ["--run-key k", "--slot 2026-01-31T00:00:00Z"] {
        let what = if mark.contains("key") { "key:k" } else { "2026-01-31T00:00:00Z" };
        let fixture = CliFixture::new();
        fixture.file("m.yaml", &slow(MANIFEST));
        let mut command = fixture.command(&format!("run m.yaml {mark}"));
        command.env("UIPATH_URL", format!("{}/Acme/Default", fixture.sandbox.url()));
        let child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        while fixture.starts() == 0 {
            std::thread::yield_now();
        }
        kill(child);
        let id = spell_as_before(&fixture, "/Acme/Default", what);
        let run = format!("run m.yaml {mark} --rate 100/s --format json");
        let told = on(&fixture, "/acme/DEFAULT", None, &run);
        assert_eq!((told.code, fixture.starts(), fixture.runs().len()), (0, 2, 1), "{mark}: {}", told.shown());
        assert_eq!(told.json()["run"]["id"], id.to_string());
        // It is over, and nothing of it starts again, whatever the address looks like.
        let again = on(&fixture, "/ACME/default", None, &run);
        assert_eq!((again.code, fixture.starts()), (0, 2), "{}", again.shown());
        let other = on(&fixture, "/ACME/default", None, &format!("{run} --only b"));
        assert_eq!((other.code, fixture.starts()), (13, 2), "{}", other.shown());
        let resumed = on(&fixture, "/acme/default", None, &format!("resume {id}"));
        assert_eq!(resumed.code, 0, "{}", resumed.shown());
        let rerun = on(&fixture, "/acme/default", None, &format!("rerun {id} --all -q"));
        assert_eq!(rerun.code, 0, "its tenant is this one: {}", rerun.shown());
        assert_eq!(fixture.starts(), 3, "`a` is started once");
    }
}

#[test]
fn another_tenant_is_still_another_one() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    assert_eq!(on(&fixture, "/acme/default", None, "run m.yaml -q --run-key k").code, 0);
    assert_eq!(on(&fixture, "/other/default", None, "run m.yaml -q --run-key k").code, 0);
    assert_eq!((fixture.starts(), fixture.runs().len()), (4, 2));
    let told =
        on(&fixture, "/other/default", None, &format!("rerun {} --all", fixture.runs()[1]["id"].as_str().unwrap()));
    assert_eq!(told.code, 3, "{}", told.shown());
}
