//! `sortie run`: what is launched, what is reported, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::cli::program::{Program, project, without_job_ids};

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

/// A world with folder `Shared` and, in it, a release that refuses and one that does not.
const WORLD: &str = "
folders: [{ path: Shared }]
releases:
  - { name: Ping, folder: Shared }
  - { name: Greeter, folder: Shared, refuse: { status: 409, code: 2818, message: no machine } }
";

#[test]
fn the_first_run_of_a_newcomer() {
    let told = Program::sortie("run specs/hello.yaml --sandbox").samples().run().shown();
    expect![[r#"
        exit 0
        --- stdout
        3 launches of hello
          run      RUN with profile sandbox
          time     TIME to TIME (SPAN)

        Started (3)
            ping  robot job ID
            greet  robot job ID
            greet-together  3 robot jobs, ID to ID

        Result
          verdicts 3 started
          exit     0: success
    "#]]
    .assert_eq(&without_job_ids(&told));
}

#[test]
fn every_sample_runs_in_the_sandbox() {
    let names = std::fs::read_dir(project().join("specs")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut samples: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    samples.retain(|name| name.rsplit_once('.').is_some_and(|(_, ending)| ending == "yaml"));
    assert!(samples.len() >= 6, "{samples:?}");
    samples.push("regions.yaml --param region=apac --only load".to_owned());
    samples.push("rows.yaml --param region=apac".to_owned());
    for sample in samples {
        // One sample has a parameter that must be given, and one a secret from a command.
        let given = match sample.as_str() {
            "seed.yaml" => "--param folder:=7",
            "secrets.yaml" => "--allow-commands",
            _ => "",
        };
        let run = Program::sortie(&format!("run specs/{sample} {given} --sandbox --format json")).samples().run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{sample}: {}", run.shown());
        let count = |verdict: &str| run.json()["totals"][verdict].as_u64().unwrap();
        assert_eq!(count("launches"), count("started") + count("skipped"), "{sample}");
        assert!(count("started") > 0, "{sample}");
    }
}

#[test]
fn reports_on_stdout_and_in_files_are_the_same_and_true_to_the_schema() {
    let command = "run specs/regions.yaml --sandbox --format json --report json=a.json --report text=a.txt";
    let run = Program::sortie(command).samples().run();
    let read = |name: &str| fs::read_to_string(run.folder.path().join(name)).unwrap();
    assert_eq!(run.stdout, read("a.json"));
    assert!(read("a.txt").starts_with("3 launches of regions\n"));
    let schema: Value = serde_json::from_str(sortie::report::json::SCHEMA).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&run.json()).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let launch = &run.json()["launches"][1];
    assert_eq!(launch["arguments"]["note"], "expressions are written ${{ like this }}");
    assert!(launch["reference"].as_str().unwrap().starts_with("payroll sortie-"), "{launch}");
}

#[test]
fn the_manifests_own_reports_lie_below_its_folder() {
    let manifest = |path: &str| {
        let head = format!("version: 1\nname: r\nfolder: F\nreports: [{{ format: json, path: {path} }}]\n");
        Program::sortie("run m/r.yaml --sandbox --format json")
            .file("m/r.yaml", &format!("{head}jobs: {{ a: {{ release: R }} }}\n"))
            .file("m/out/old.json", "old")
            .file("elsewhere/old.json", "old")
    };
    let run = manifest("out/new/night.json").run();
    assert_eq!((run.code, run.json()["totals"]["started"].as_u64()), (0, Some(1)), "{}", run.shown());
    assert_eq!(fs::read_to_string(run.folder.path().join("m/out/new/night.json")).unwrap(), run.stdout);

    let said = |program: Program| {
        let (mut command, folder) = program.into_command();
        std::os::unix::fs::symlink("../elsewhere", folder.path().join("m/link")).unwrap();
        std::os::unix::fs::symlink("../elsewhere/old.json", folder.path().join("m/file.json")).unwrap();
        let output = command.output().unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("elsewhere/old.json")).unwrap(), "old");
        assert_eq!(output.status.code(), Some(3));
        let said = String::from_utf8(output.stderr).unwrap();
        said.lines().next().unwrap().replace(&format!("{}/", folder.path().display()), "")
    };
    let outside = "error[data-file]: this report lies outside of the manifest's folder, where a link leads";
    for (path, expected) in [
        ("link/new.json", outside),
        ("link/old.json", outside),
        ("file.json", outside),
        ("../elsewhere/old.json", "error[data-file]: a manifest writes no file outside of its own folder"),
        ("r.yaml", "error: report `m/r.yaml` would replace the manifest"),
        ("link/none/new.json", outside),
    ] {
        assert_eq!(said(manifest(path)), expected, "{path}");
    }
}

#[test]
fn what_is_refused_is_reported_and_exits_11() {
    check(
        Program::sortie("run specs/hello.yaml --sandbox --world w.yaml").samples().file("w.yaml", WORLD),
        expect![[r#"
            exit 11
            --- stdout
            3 launches of hello
              run      RUN with profile sandbox
              time     TIME to TIME (SPAN)

            Rejected: Orchestrator refused, nothing was started (2)
              2 launches: 409/2818: no machine
                greet
                greet-together

            Started (1)
                ping  robot job 160856

            Result
              verdicts 1 started, 2 rejected
              exit     11: launches were rejected

            What to do next
              This sandbox ended with its command: run the manifest again. Of a server that
              stays, the report says here what to type instead.
        "#]],
    );
}

#[test]
fn faults_of_a_file_meet_the_run() {
    let faults = "rules: [{ on: StartJobs, nth: 1, fault: expire-tokens }, { on: StartJobs, nth: 4, fault: refuse }]";
    let command = "run specs/hello.yaml --sandbox --faults faults.yaml --concurrency 1 --format json";
    let run = Program::sortie(command).samples().file("faults.yaml", faults).run();
    let launches = run.json()["launches"].as_array().unwrap().clone();
    let brief: Vec<(&str, u64)> = launches
        .iter()
        .map(|launch| (launch["verdict"].as_str().unwrap(), launch["attempts"].as_u64().unwrap()))
        .collect();
    assert_eq!((run.code, brief), (11, vec![("started", 2), ("started", 1), ("rejected", 1)]), "{}", run.stderr);
    check(
        Program::sortie("run specs/hello.yaml --sandbox --faults w.yaml").samples().file("w.yaml", "rules: [{on: x}]"),
        expect![[r#"
            exit 3
            --- stderr
            error: `w.yaml`: rule 1 of the faults: `x` is no operation: `docs/sandbox.md` lists their names
        "#]],
    );
}

#[test]
fn a_release_that_the_folder_lacks_is_shown_in_the_manifest() {
    let world = WORLD.replace("name: Ping", "name: Pong");
    check(
        Program::sortie("run specs/hello.yaml --sandbox --world w.yaml").samples().file("w.yaml", &world),
        expect![[r#"
            exit 3
            --- stderr
            error[unknown-release]: folder `Shared` has no release `Ping`
              --> specs/hello.yaml:17:14
               |
            17 |     release: Ping
               |              ^^^^
               |
               = help: did you mean `Pong`?

            1 error
        "#]],
    );
}

#[test]
fn nothing_is_sent_where_something_is_wrong_before() {
    let samples = |command: &str| Program::sortie(command).samples();
    check(
        samples("run specs/seed.yaml --sandbox"),
        expect![[r#"
        exit 3
        --- stderr
        error[parameter]: param `folder` needs a value
          --> specs/seed.yaml:12:3
           |
        12 |   folder:
           |   ^^^^^^
           |
           = help: give it: --param folder=...

        error[expression-failed]: a value is undefined
          --> specs/seed.yaml:18:11
           |
        18 |   id: ${{ params.folder }}
           |           ^^^^^^^^^^^^^
           |
           = help: `| default(...)` gives a value for that case, `| default(omit)` leaves the key out

        2 errors
    "#]],
    );
    check(
        samples("run specs/hello.yaml --sandbox --rate 10"),
        expect![[r#"
            exit 3
            --- stderr
            error: `10` is no rate
              help: write `--rate 10/s` for each second, or `--rate 10/min` for each minute
        "#]],
    );
    check(
        samples("run specs/hello.yaml --sandbox --report json=/dev/null"),
        expect![[r#"
        exit 3
        --- stderr
        error: report `/dev/null` cannot be written there: it is not a regular file
    "#]],
    );
    check(
        samples("run specs/hello.yaml --sandbox --report json=a --report text=a"),
        expect![[r#"
        exit 3
        --- stderr
        error: two reports go to `a`
    "#]],
    );
    check(
        samples("run specs --sandbox"),
        expect![[r#"
            exit 3
            --- stderr
            error[parameter]: param `folder` needs a value
              --> specs/seed.yaml:12:3
               |
            12 |   folder:
               |   ^^^^^^
               |
               = help: give it: --param folder=...

            error[expression-failed]: a value is undefined
              --> specs/seed.yaml:18:11
               |
            18 |   id: ${{ params.folder }}
               |           ^^^^^^^^^^^^^
               |
               = help: `| default(...)` gives a value for that case, `| default(omit)` leaves the key out

            2 errors
            error: of 25 manifests 1 cannot be run: nothing was started
        "#]],
    );
    check(
        samples("run nowhere.yaml --sandbox"),
        expect![[r#"
        exit 3
        --- stderr
        error: `nowhere.yaml` is not there
    "#]],
    );
    check(
        samples("run specs/hello.yaml --sandbox --world specs/hello.yaml"),
        expect![[r#"
            exit 3
            --- stderr
            error: `specs/hello.yaml`: the world cannot be read: unknown field `version`, expected one of tenants, tenant-header, mode, switches, first-job-id, life, folders, releases, robots, machines, buckets, queues at line 8, column 1
        "#]],
    );
}

#[test]
fn a_dry_run_is_the_plan() {
    let time = "--logical-time 2026-01-31T00:00:00Z";
    let plan = Program::sortie(&format!("plan specs/regions.yaml {time} --format json")).samples().run();
    let dry = Program::sortie(&format!("run specs/regions.yaml {time} --format json --dry-run")).samples().run();
    assert_eq!((dry.code, &dry.stdout), (0, &plan.stdout));
    assert!(!dry.folder.path().join("home").exists(), "no ledger is made");
}

#[test]
fn flags_rule_over_the_manifests_limits() {
    let run =
        Program::sortie("run specs/regions.yaml --sandbox --rate 600/min --burst 1 --concurrency 1 --format json")
            .samples()
            .run();
    assert_eq!(run.json()["totals"]["started"], 3, "{}", run.shown());
}

#[test]
fn an_interrupt_ends_the_sending_and_the_report_is_written() {
    let jobs: Vec<String> = (0..50).map(|n| format!("  j{n}: {{ release: R }}\n")).collect();
    let jobs = jobs.concat();
    let manifest =
        format!("version: 1\nname: slow\nfolder: F\nlimits: {{ launch: {{ rate: 1/h, burst: 1 }} }}\njobs:\n{jobs}");
    let (mut command, folder) =
        Program::sortie("run m.yaml --sandbox -v --format json --report json=r.json --ledger l.db")
            .file("m.yaml", &manifest)
            .into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The run's first word on stderr comes once signals are listened to.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("50 launches"), "{first}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["run"]["exit-code"], 130);
    assert_eq!(report["totals"]["launches"], 50);
    assert!(report["totals"]["not-sent"].as_u64().unwrap() >= 49, "{}", report["totals"]);
    assert_eq!(
        report,
        serde_json::from_str::<Value>(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap()
    );
}

#[test]
fn a_closed_stdout_does_not_end_a_run() {
    let (mut command, folder) =
        Program::sortie("run specs/hello.yaml --sandbox --report json=r.json").samples().into_command();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let report: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(report["totals"]["started"], json!(3));
}

#[test]
fn a_report_that_stdout_cannot_take_exits_15() {
    let (mut command, _folder) = Program::sortie("run specs/hello.yaml --sandbox").samples().into_command();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(15));
}
