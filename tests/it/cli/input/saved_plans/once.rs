//! The same saved plan is one run, however often and by whom it is typed.

use super::{NIGHT, night, saved};
use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::{NIGHTLY, kill, live, slow};

#[test]
fn the_same_saved_plan_typed_twice_is_one_run() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    assert_eq!(fixture.sortie("run --plan p.json -q").code, 0);
    let again = fixture.sortie("run --plan p.json");
    assert_eq!((again.code, fixture.starts(), fixture.runs().len()), (0, 3, 1), "{}", again.shown());
    assert!(again.stderr.contains("is done already"), "{}", again.shown());
    // Saved and approved once more, it is another night.
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    assert_eq!(fixture.sortie("run --plan p.json -q").code, 0);
    assert_eq!((fixture.starts(), fixture.runs().len()), (6, 2));
}

#[test]
fn two_processes_with_one_saved_plan_start_each_launch_once() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    let mut children: Vec<_> = (0..4).map(|_| fixture.spawn("run --plan p.json -q")).collect();
    let codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 14].contains(code)), "{codes:?}");
    assert_eq!((fixture.starts(), fixture.runs().len()), (3, 1));
}

#[test]
fn a_run_of_a_saved_plan_that_was_cut_off_goes_on_by_resume_or_by_the_plan() {
    let fixture = night();
    fixture.file("night.yaml", &slow(NIGHT));
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    kill(live(&fixture, "run --plan p.json -q"));
    let resumed = fixture.sortie("resume last -q --rate 50/s --burst 9");
    assert_eq!((resumed.code, fixture.starts()), (0, 3), "{}", resumed.shown());
    let again = fixture.sortie("run --plan p.json");
    assert_eq!((again.code, fixture.starts(), fixture.runs().len()), (0, 3, 1), "{}", again.shown());
    // By the plan itself.
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    kill(live(&fixture, "run --plan p.json -q"));
    let again = fixture.sortie("run --plan p.json -q --rate 50/s --burst 9");
    assert_eq!((again.code, fixture.starts(), fixture.runs().len()), (0, 6, 2), "{}", again.shown());
}

#[test]
fn a_saved_plan_of_a_slot_is_the_slots_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    assert_eq!(fixture.sortie("plan m.yaml --slot 2026-01-31 --out p.json").code, 0);
    assert_eq!(saved(&fixture).inputs.slot.unwrap().to_string(), "2026-01-30T23:00:00Z");
    assert_eq!(fixture.sortie("run --plan p.json -q").code, 0);
    let slot = fixture.sortie("run m.yaml --slot 2026-01-31 -q");
    assert_eq!((slot.code, fixture.starts(), fixture.runs().len()), (0, 2, 1), "{}", slot.shown());
    let again = fixture.sortie("run --plan p.json -q");
    assert_eq!((again.code, fixture.starts(), fixture.runs().len()), (0, 2, 1), "{}", again.shown());
}

#[test]
fn a_stale_plan_whose_run_was_begun_says_how_that_goes_on_and_not_to_save_it_anew() {
    let fixture = night();
    fixture.file("night.yaml", &slow(NIGHT));
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    kill(live(&fixture, "run --plan p.json -q"));
    fixture.file("rows.csv", "id\n1\n");
    let told = fixture.sortie("run --plan p.json");
    let run = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((told.code, fixture.starts()), (13, 1), "{}", told.shown());
    for words in ["nothing more was started", &format!("`sortie resume {run}` goes on"), "starts everything again"] {
        assert!(told.stderr.contains(words), "{words}: {}", told.shown());
    }
    assert_eq!(fixture.sortie("resume last -q --rate 50/s --burst 9").code, 0);
    assert_eq!(fixture.starts(), 3);
}

#[test]
fn a_slot_that_was_skipped_is_begun_by_a_saved_plan_only_if_that_still_holds() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(NIGHTLY));
    let child = live(&fixture, "run m.yaml --slot 2026-01-30");
    assert_eq!(fixture.sortie("run m.yaml -q --slot 2026-01-31").code, 0, "skipped");
    kill(child);
    assert_eq!(fixture.sortie("plan m.yaml --slot 2026-01-31 --online --out p.json").code, 0);
    let approved = fixture.read("p.json");
    let mut other = saved(&fixture);
    other.names.as_mut().unwrap()[0].version = Some("0.9.1".to_owned());
    fixture.file("p.json", &other.to_text().unwrap());
    let told = fixture.sortie("run --plan p.json --rate 50/s --burst 9");
    assert_eq!((told.code, fixture.starts()), (13, 1), "{}", told.shown());
    assert!(told.stderr.contains("release `Ping` of folder `Shared`: was version 0.9.1"), "{}", told.shown());
    fixture.file("p.json", &approved);
    let told = fixture.sortie("run --plan p.json -q --rate 50/s --burst 9");
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
}
