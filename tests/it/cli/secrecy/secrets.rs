//! Secrets of a manifest through the whole program: sent, and shown to nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use serde_json::Value;
use sortie::sandbox::clock::SystemClock;
use sortie::sandbox::world::{Folder, Release};
use sortie::sandbox::{Options, Sandbox, World};

use crate::cli::Program;
use crate::cli::program::Ended;
use crate::cli::secrecy::secret_leaks::search;

const MANIFEST: &str = r#"
version: 1
name: m
folder: Shared
params: { user: { type: string, default: ann } }
secrets:
  of_env: { env: API_KEY }
  of_file: { file: pin }
  of_command: { command: [sh, -c, "echo ran >> ran; cat word"] }
jobs:
  a:
    release: Ping
    arguments:
      key: ${{ secrets.of_env }}
      login: ${{ params.user }}:${{ secrets.of_command }}
    environment: { PIN: "${{ secrets.of_file }}" }
  b:
    release: Greeter
    arguments: { words: ["${{ secrets.of_command ~ '/' ~ params.user }}"] }
"#;

const OF_ENV: &str = "canary-4711";
const OF_FILE: &str = "canäry 0815";
const OF_COMMAND: &str = "w/ord of \"command\"";
const SECRETS: [&str; 3] = [OF_ENV, OF_FILE, OF_COMMAND];

fn with_file(command: &str, mode: u32) -> Program {
    let program = Program::sortie(command)
        .file("m.yaml", MANIFEST)
        .file("pin", &format!("{OF_FILE}\n"))
        .file("word", &format!("{OF_COMMAND}\n"));
    let pin = program.path("pin");
    fs::set_permissions(pin, fs::Permissions::from_mode(mode)).unwrap();
    program.env("API_KEY", OF_ENV).env("PATH", &std::env::var("PATH").unwrap())
}

fn search_all(ended: &Ended) {
    for secret in SECRETS {
        search("stdout", ended.stdout.as_bytes(), secret);
        search("stderr", ended.stderr.as_bytes(), secret);
        for entry in fs::read_dir(ended.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !["pin", "word", "m.yaml", "rows.csv"].iter().any(|given| path.ends_with(given)) {
                search(&path.display().to_string(), &fs::read(&path).unwrap(), secret);
            }
        }
    }
}

#[test]
fn a_run_sends_them_and_no_sink_has_them() {
    // The server says each again, in spellings of its own.
    let repeated = format!("{OF_FILE} {} {}", STANDARD.encode(format!("ann:{OF_COMMAND}")), OF_ENV.replace('-', "%2D"));
    let world = World::new()
        .folder(Folder::at("Shared"))
        .release(Release::named("Ping").folder("Shared"))
        .release(Release::named("Greeter").folder("Shared").refuse(409, 2818, repeated));
    let sandbox = Sandbox::start(&world, Arc::new(SystemClock::new()), Options::default()).unwrap();
    let run = with_file("run m.yaml -vvv --ledger l.db --report json=r.json --report text=r.txt --format json", 0o600)
        .env("UIPATH_URL", &sandbox.url())
        .env("UIPATH_ACCESS_TOKEN", sandbox.token())
        .run();
    assert_eq!(run.code, 11, "{}", run.shown());
    search_all(&run);
    assert!(run.stderr.contains("warning[secret]") && run.stderr.len() > 1000, "{}", run.stderr);

    let arguments = |index: usize| run.json()["launches"][index]["arguments"].to_string();
    assert_eq!(arguments(0), r#"{"key":"***","login":"ann:***"}"#);
    assert_eq!(arguments(1), r#"{"words":["***"]}"#);
    assert_eq!(fs::read_to_string(run.folder.path().join("ran")).unwrap(), "ran\n", "the command ran once");

    let mut bodies: Vec<Value> = sandbox
        .record()
        .iter()
        .filter(|received| received.operation == "StartJobs")
        .map(|received| serde_json::from_str::<Value>(&received.body).unwrap()["startInfo"].take())
        .collect();
    let inner = |body: &Value| serde_json::from_str::<Value>(body["InputArguments"].as_str().unwrap()).unwrap();
    // Launches go side by side, in whatever order.
    bodies.sort_by_key(|body| inner(body).get("words").is_some());
    assert_eq!(inner(&bodies[0]), serde_json::json!({ "key": OF_ENV, "login": format!("ann:{OF_COMMAND}") }));
    assert_eq!(bodies[0]["EnvironmentVariables"], format!("PIN={OF_FILE}"));
    assert_eq!(inner(&bodies[1]), serde_json::json!({ "words": [format!("{OF_COMMAND}/ann")] }));
}

#[test]
fn whatever_is_offline_shows_expressions_and_reads_nothing() {
    for command in [
        "validate m.yaml -vvv",
        "plan m.yaml -vvv",
        "plan m.yaml --format json",
        "plan m.yaml --format curl",
        "plan m.yaml --format markdown",
        "run m.yaml --sandbox --dry-run",
    ] {
        let ended = with_file(command, 0o600).run();
        assert_eq!(ended.code, 0, "{command}: {}", ended.shown());
        search_all(&ended);
        assert!(!ended.folder.path().join("ran").exists(), "{command} ran a command");
    }
    let plan = with_file("plan m.yaml --logical-time 2026-01-31T00:00:00Z", 0o600).run();
    expect![[r#"
        exit 0
        --- stdout
        2 launches of m
          run.time  TIME
          secret    of_env from variable API_KEY
          secret    of_file from file pin
          secret    of_command from command sh -c 'echo ran >> ran; cat word'
          pace      10/s, burst 10, 16 at once
          digest    DIGEST

        a
          folder                 Shared
          ReleaseName            Ping
          Strategy               ModernJobsCount
          JobsCount              1
          EnvironmentVariables   PIN=${{ secrets.of_file }}
          InputArguments         {"key":"${{ secrets.of_env }}","login":"ann:${{ secrets.of_command }}"}
          Reference              sortie-RUN-ca978112ca1bbdca

        b
          folder                 Shared
          ReleaseName            Greeter
          Strategy               ModernJobsCount
          JobsCount              1
          InputArguments         {"words":["${{ secrets.of_command ~ '/' ~ \"ann\" }}"]}
          Reference              sortie-RUN-3e23e8160039594a

        By job, release and folder
          a  Ping in Shared     1 launch, 1 robot job
          b  Greeter in Shared  1 launch, 1 robot job

        2 launches, 2 robot jobs, 1 folder
        --- stderr
        warning[secret]: secret `of_env` lands in `arguments`, which Orchestrator keeps in the clear
          --> m.yaml:14:12
           |
        14 |       key: ${{ secrets.of_env }}
           |            ^^^^^^^^^^^^^^^^^^^^^
           |
           = help: a credential asset of Orchestrator, which the robot reads, is seen by nobody

        warning[secret]: secret `of_command` lands in `arguments`, which Orchestrator keeps in the clear
          --> m.yaml:15:14
           |
        15 |       login: ${{ params.user }}:${{ secrets.of_command }}
           |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: a credential asset of Orchestrator, which the robot reads, is seen by nobody

        warning[secret]: secret `of_command` lands in `arguments`, which Orchestrator keeps in the clear
          --> m.yaml:19:26
           |
        19 |     arguments: { words: ["${{ secrets.of_command ~ '/' ~ params.user }}"] }
           |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: a credential asset of Orchestrator, which the robot reads, is seen by nobody

        3 warnings
    "#]]
    .assert_eq(&plan.shown());
}

#[track_caller]
fn refused(program: Program, expected: Expect) {
    let ended = program.run();
    expected.assert_eq(&ended.shown());
    let runs = Program::sortie("runs --ledger").arg(ended.folder.path().join("l.db")).run();
    assert_eq!(runs.stdout, "no run yet\n", "nothing was begun");
    search_all(&ended);
}

#[test]
fn a_secret_that_cannot_be_had_is_told_at_its_place_and_nothing_is_sent() {
    let quiet = "run m.yaml --sandbox --allow-commands --quiet --ledger l.db";
    refused(
        with_file(quiet, 0o644).env("API_KEY", ""),
        expect![[r#"
        exit 3
        --- stderr
        error[secret]: secret `of_env`: environment variable `API_KEY`, which holds the secret, is not set
         --> m.yaml:7:3
          |
        7 |   of_env: { env: API_KEY }
          |   ^^^^^^
          |
          = help: set API_KEY for the run; a secret is never written into a manifest

        error[secret]: secret `of_file`: secret file `pin` has mode 0644: others can read or change it
         --> m.yaml:8:3
          |
        8 |   of_file: { file: pin }
          |   ^^^^^^^
          |
          = help: chmod 600 it

        2 errors
    "#]],
    );
    let manifest = "version: 1\nname: m\nfolder: F\nsecrets:\n  short: { env: S }\n  own: { env: UIPATH_PAT }\n  lines: { command: [printf, 'a\\nb'] }\n  fails: { command: [sh, -c, 'echo w0rd; exit 3'] }\n  none: { file: /nowhere/pin }\n  unused: { command: [touch, ran] }\njobs:\n  a:\n    release: R\n    environment: { A: '${{ secrets.short }}', B: '${{ secrets.own }}', C: '${{ secrets.lines }}', D: '${{ secrets.fails }}', E: '${{ secrets.none }}' }\n";
    let program = with_file(quiet, 0o600).file("m.yaml", manifest).env("S", "abc").env("UIPATH_PAT", "canary-own");
    refused(
        program,
        expect![[r#"
            exit 3
            --- stderr
            error[secret]: secret `own`: `UIPATH_PAT` holds sortie's own login, which no manifest may pass on
             --> m.yaml:6:3
              |
            6 |   own: { env: UIPATH_PAT }
              |   ^^^
              |
              = help: give the robot a login of its own

            error[secret]: secret `lines`: the secret in the output of `printf` cannot be sent: it holds a line end or another control character
             --> m.yaml:7:3
              |
            7 |   lines: { command: [printf, 'a\nb'] }
              |   ^^^^^

            error[secret]: secret `fails`: `sh` printed no secret: it ended with exit status: 3; run it by hand to see why
             --> m.yaml:8:3
              |
            8 |   fails: { command: [sh, -c, 'echo w0rd; exit 3'] }
              |   ^^^^^

            error[secret]: secret `none`: secret file `/nowhere/pin` cannot be read: No such file or directory (os error 2)
             --> m.yaml:9:3
              |
            9 |   none: { file: /nowhere/pin }
              |   ^^^^

            4 errors
        "#]],
    );
}

#[test]
fn a_secret_among_the_inputs_stops_the_run() {
    let quiet = "run m.yaml --sandbox --allow-commands --quiet --ledger l.db";
    let manifest = MANIFEST.replace("default: ann", &format!("default: {OF_ENV}"));
    refused(
        with_file(quiet, 0o600).file("m.yaml", &manifest),
        expect![[r#"
        exit 3
        --- stderr
        error: the manifest holds the value of a secret, and the ledger keeps what a plan depends on
          help: take it out, and change the secret
    "#]],
    );
    refused(
        with_file(&format!("{quiet} --param user={OF_ENV}"), 0o600),
        expect![[r#"
            exit 3
            --- stderr
            error: a parameter, an argument or an allowed environment variable holds the value of a secret, and the ledger keeps what a plan depends on
              help: take it out, and change the secret
        "#]],
    );
    let rows = MANIFEST.replace("release: Ping", "release: Ping\n    for-each: { csv: rows.csv, key: id }");
    refused(
        with_file(quiet, 0o600).file("m.yaml", &rows).file("rows.csv", &format!("id,x\n1,{OF_FILE}\n")),
        expect![[r#"
            exit 3
            --- stderr
            error: the data for `rows.csv` holds the value of a secret, and the ledger keeps what a plan depends on
              help: take it out, and change the secret
        "#]],
    );
}
