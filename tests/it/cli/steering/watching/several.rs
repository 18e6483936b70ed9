//! `run` of several manifests or a folder: all are checked first, then each is a run of its own; one summary, the worst code.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply};

use crate::cli::cli_fixture::CliFixture;

fn manifest(name: &str) -> String {
    format!("version: 1\nname: {name}\nfolder: Shared\njobs:\n  a: {{ release: Ping }}\n")
}

fn folder(fixture: &CliFixture) {
    std::fs::create_dir(fixture.path().join("nightly")).unwrap();
    for name in ["load", "mail", "pay"] {
        fixture.file(&format!("nightly/{name}.yaml"), &manifest(name));
    }
    fixture.file("nightly/compose.yaml", "services: {}\n");
}

#[test]
fn a_folder_is_one_run_for_each_manifest_and_the_worst_code_is_the_calls() {
    let fixture = CliFixture::new();
    folder(&fixture);
    let told = fixture.sortie("run nightly --report json=out/{name}.json");
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
    assert!(told.stderr.contains("load (1 of 3)\n") && told.stderr.contains("pay (3 of 3)\n"), "{}", told.shown());
    let summary = "\n3 manifests: 3 done, 0 not done\n  load  exit 0  1 started\n  mail  exit 0  1 started\n  pay   exit 0  1 started\nexit 0\n";
    assert!(told.stdout.ends_with(summary), "{}", told.shown());
    for name in ["load", "mail", "pay"] {
        let report: serde_json::Value = serde_json::from_str(&fixture.read(&format!("out/{name}.json"))).unwrap();
        assert_eq!(report["run"]["name"], name);
    }
    // Quiet where all is well; each manifest is its newest run.
    let told = fixture.sortie("run nightly/load.yaml nightly/mail.yaml -q");
    assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""));
    // A refusal of one keeps no other from its run.
    let refusing = Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::before(Reply::Html(403)));
    let fixture = fixture.with_another_server(&World::obliging(), refusing);
    let told = fixture.sortie("run nightly -q");
    assert_ne!(told.code, 0, "{}", told.shown());
    assert_eq!(fixture.starts(), 3, "{}", told.shown());
    assert!(told.stdout.contains("3 manifests: 2 done, 1 not done\n"), "{}", told.shown());
    assert!(told.stdout.ends_with(&format!("exit {}\n", told.code)), "{}", told.shown());
}

#[test]
fn nothing_is_sent_where_one_cannot_be_run_or_two_have_one_name() {
    let fixture = CliFixture::new();
    folder(&fixture);
    fixture.file("nightly/bad.yaml", "version: 1\nname: bad\njobs: { a: { relaese: Ping } }\n");
    let told = fixture.sortie("run nightly --report json=out/{name}.json");
    assert_eq!((told.code, fixture.starts(), told.stdout.as_str()), (3, 0, ""), "{}", told.shown());
    assert!(told.stderr.contains("nightly/bad.yaml:3:"), "{}", told.shown());
    assert!(told.stderr.ends_with("error: of 4 manifests 1 cannot be run: nothing was started\n"), "{}", told.shown());
    assert!(
        fixture.read("out/load.json").contains("of 4 manifests 1 cannot be run"),
        "last night's report is not tonight's"
    );
    fixture.file("nightly/bad.yaml", &manifest("load"));
    let told = fixture.sortie("run nightly");
    assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
    let words = "error: 2 manifests are named `load`: nightly/bad.yaml, nightly/load.yaml; nothing was started\n";
    assert!(told.stderr.contains(words), "{}", told.shown());
}

#[test]
fn what_is_of_one_run_is_refused_for_several_with_what_to_type() {
    let fixture = CliFixture::new();
    folder(&fixture);
    for (flags, words) in [
        ("--format json", "--report json=reports/{name}.json"),
        ("--report json=night.json", "put {name} into it"),
        ("--params-file -", "stdin can be read once"),
    ] {
        let told = fixture.sortie(&format!("run nightly {flags}"));
        assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
        assert!(told.stderr.contains(words), "{}", told.shown());
    }
    let told = fixture.sortie("run nightly --format jsonl");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(told.stdout.lines().all(|line| line.starts_with('{')), "{}", told.shown());
}

#[test]
fn a_signal_ends_the_run_at_work_and_begins_no_other() {
    let fixture = CliFixture::new();
    folder(&fixture);
    let slow = manifest("load")
        .replace("jobs:\n", "limits: { launch: { rate: 1/h, burst: 1 } }\njobs:\n  b: { release: Ping }\n");
    fixture.file("nightly/load.yaml", &slow);
    let mut command = fixture.command("run nightly");
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while fixture.starts() < 1 {
        std::thread::yield_now();
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let told = fixture.told(child.wait_with_output().unwrap());
    assert_eq!((told.code, fixture.starts()), (130, 1), "{}", told.shown());
    assert!(told.stdout.contains("\n  mail  not run\n  pay   not run\nexit 130\n"), "{}", told.shown());
}

#[test]
fn beside_a_run_that_was_begun_no_code_says_that_nothing_was_sent() {
    let fixture = CliFixture::new();
    fixture.file("a.yaml", &manifest("a"));
    fixture.file("b.yaml", &manifest("b"));
    assert_eq!(fixture.sortie("run b.yaml --run-key k").code, 0);
    fixture.file("b.yaml", &manifest("b").replace("a: {", "other: {"));
    let alone = fixture.sortie("run b.yaml --run-key k");
    assert_eq!(alone.code, 13, "{}", alone.shown());
    let both = fixture.sortie("run a.yaml b.yaml --run-key k");
    assert_eq!((both.code, fixture.starts()), (16, 2), "{}", both.shown());
    assert!(both.stdout.ends_with("\nexit 16\n"), "{}", both.shown());
}

#[test]
fn what_a_run_would_refuse_is_found_before_the_first_one_begins() {
    let fixture = CliFixture::new();
    folder(&fixture);
    fixture.file("nightly/pay.yaml", &(manifest("pay") + "reports: { json: pay.yaml }\n"));
    let told = fixture.sortie("run nightly");
    assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
    let told = fixture.sortie("run nightly/load.yaml nightly/mail.yaml --attach");
    assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
    assert!(told.stderr.contains("--attach needs a slot or a key"), "{}", told.shown());
}
