//! `sortie init`: what it writes runs, and what is there stays.

use std::fs;
use std::process::{Command, Stdio};

use crate::cli::Program;
use crate::cli::program::Ended;

/// Runs `sortie` again in the folder of an earlier call.
#[track_caller]
fn again(ended: &Ended, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sortie"));
    let folder = ended.folder.path();
    command.args(arguments).env_clear().env("HOME", folder.join("home")).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn read(ended: &Ended, name: &str) -> String {
    fs::read_to_string(ended.folder.path().join(name)).unwrap()
}

#[test]
fn from_an_empty_folder_two_commands_lead_to_a_green_run_and_a_third_shows_it() {
    let ended = Program::sortie("init").run();
    assert_eq!(ended.code, 0, "{}", ended.shown());
    expect_test::expect![[r#"
        exit 0
        --- stdout
        Wrote hello.yaml, sortie.schema.json, .gitignore.

        Next:
          sortie plan hello.yaml            see what it would start
          sortie run hello.yaml --sandbox   start it on a stand-in server
          sortie help connection            connect to your Orchestrator
    "#]]
    .assert_eq(&ended.shown());
    let (code, stdout, stderr) = again(&ended, &["run", "hello.yaml", "--sandbox"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let (code, stdout, _) = again(&ended, &["runs", "--sandbox"]);
    assert!(code == 0 && stdout.contains("hello"), "{stdout}");
    let (code, stdout, _) = again(&ended, &["validate", "--strict"]);
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn what_it_writes_teaches() {
    let ended = Program::sortie("init night --data --folder Finance/AP").run();
    expect_test::expect![[r#"
        # yaml-language-server: $schema=./sortie.schema.json
        #
        # With the line above, editors that know YAML complete and explain each key.
        # `sortie schema manifest > sortie.schema.json` writes that file again after an update.
        #
        #   sortie validate night.yaml        check this file
        #   sortie plan night.yaml            show what it would start
        #   sortie run night.yaml --sandbox   start it on a stand-in server
        #   sortie run night.yaml             start it on your Orchestrator: `sortie help connection`
        version: 1
        name: night # the batch's identity: keep it when you rename the file
        folder: Finance/AP # the Orchestrator folder that the release is in

        jobs:
          load: # a job's name is yours to choose
            release: Greeter # the process's name, as Orchestrator shows it
            for-each: # one launch for each row of this file
              csv: data/night.csv
              key: id # the column that tells rows apart: it names the launches, as in load/1
              columns: { amount: number } # other columns stay text, so 0042 keeps its zeros
            arguments: # the release's input arguments, by name
              customer: ${{ row.customer }}
              amount: ${{ row.amount }}
              account: ${{ row.account }}
            # robots: [ETL-01]       # only on these robots; else any free one takes it
            # priority: High
            # wait: { timeout: 2h }  # wait for the robot jobs; a fault is then a failure
    "#]]
    .assert_eq(&read(&ended, "night.yaml"));
    expect_test::expect![[r#"
        # Reports, run files and ledgers of sortie.
        /out/
        *.run
        ledger.db*
    "#]]
    .assert_eq(&read(&ended, ".gitignore"));
    assert_eq!(read(&ended, "sortie.schema.json"), sortie::schema::TEXT);
    let (code, stdout, stderr) = again(&ended, &["run", "night.yaml", "--sandbox", "--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["totals"]["started"], 3);
    let first = &report["launches"][0];
    assert_eq!(first["id"], "load/1");
}

#[test]
fn every_combination_of_flags_gives_a_manifest_that_is_valid_and_runs() {
    for folder in ["Shared", "7", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "Büro: #1 \"x\"", "${{ run.name }}", "true"]
    {
        for (release, data) in [(None, false), (None, true), (Some("Invoice: Loader #2"), false), (Some("no"), true)] {
            let mut program = Program::sortie("init --folder").arg(folder);
            if let Some(release) = release {
                program = program.arg("--release").arg(release);
            }
            let ended = if data { program.arg("--data") } else { program }.run();
            assert_eq!(ended.code, 0, "{}", ended.shown());
            for arguments in [vec!["validate", "--strict"], vec!["run", "hello.yaml", "--sandbox"]] {
                let (code, stdout, stderr) = again(&ended, &arguments);
                assert_eq!(code, 0, "{folder} {release:?} {data}: {stdout}{stderr}{}", read(&ended, "hello.yaml"));
            }
        }
    }
}

#[test]
fn nothing_is_replaced() {
    let ended = Program::sortie("init --data").file("data/hello.csv", "mine\n").file("hello.yml", "").run();
    assert!(ended.code == 3 && ended.stderr.contains("`data/hello.csv` is there already"), "{}", ended.shown());
    assert!(!ended.folder.path().join("hello.yaml").exists(), "nothing was written");

    let kept = [("sortie.schema.json", "{}"), (".gitignore", "target\n*.run")];
    let ended = Program::sortie("init").file(kept[0].0, kept[0].1).file(kept[1].0, kept[1].1).run();
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert_eq!(read(&ended, "sortie.schema.json"), "{}");
    let ignored = read(&ended, ".gitignore");
    assert_eq!(ignored, "target\n*.run\n# Reports, run files and ledgers of sortie.\n/out/\nledger.db*\n");
    let (code, _, stderr) = again(&ended, &["init"]);
    expect_test::expect![[r#"
        error: `hello.yaml` is there already, and nothing was written
          help: choose another name: `sortie init hello-2`
    "#]]
    .assert_eq(&stderr);
    assert_eq!(code, 3);
    let (code, _, stderr) = again(&ended, &["init", "hello-2"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(read(&ended, ".gitignore"), ignored, "once is enough");
}

#[test]
fn a_name_or_a_folder_that_cannot_be_is_explained_and_nothing_is_written() {
    for (arguments, words) in [
        (vec!["init", "My First Batch"], "help: `sortie init my-first-batch`"),
        (vec!["init", "--folder", ""], "folder"),
        (vec!["init", "--release", ""], "release"),
    ] {
        let mut program = Program::sortie("");
        for argument in &arguments {
            program = program.arg(argument);
        }
        let ended = program.run();
        assert!(ended.code == 3 && ended.stderr.contains(words), "{arguments:?}: {}", ended.shown());
        assert_eq!(fs::read_dir(ended.folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
    let ended = Program::sortie("init --dir /dev/null/x").run();
    assert!(ended.code == 1 && ended.stderr.contains("cannot be written"), "{}", ended.shown());
}

#[test]
fn another_folder_is_made_and_the_next_step_leads_there() {
    let ended = Program::sortie("init night.yaml --dir batches/ap").run();
    assert!(ended.code == 0 && ended.stdout.contains("\n  cd batches/ap\n"), "{}", ended.shown());
    assert!(ended.folder.path().join("batches/ap/night.yaml").is_file());
}

/// On a terminal of its own, as `script` makes one.
fn on_a_terminal(arguments: &str, typed: &str) -> (String, tempfile::TempDir) {
    let (_, folder) = Program::sortie("").into_command();
    let mut command = Command::new("script");
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_sortie"));
    command.args(["-qec", &line, "/dev/null"]).env_clear().env("HOME", folder.path()).env("PATH", "/usr/bin:/bin");
    let mut child =
        command.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("util-linux");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), folder)
}

#[test]
fn on_a_terminal_it_asks_and_what_is_answered_is_written() {
    let (shown, folder) = on_a_terminal("init", "night\nFinance/AP\nInvoice Loader\ny\n");
    for question in ["What is the batch called? [hello]", "[Shared]", "[Greeter]", "[n]", "Wrote night.yaml"] {
        assert!(shown.contains(question), "{shown}");
    }
    let manifest = fs::read_to_string(folder.path().join("night.yaml")).unwrap();
    for line in ["name: night ", "folder: Finance/AP ", "release: Invoice Loader ", "csv: data/night.csv"] {
        assert!(manifest.contains(line), "{manifest}");
    }
    assert!(folder.path().join("data/night.csv").is_file());

    let (shown, folder) = on_a_terminal("init --yes", "");
    assert!(!shown.contains('?') && folder.path().join("hello.yaml").is_file(), "{shown}");
    let (shown, folder) = on_a_terminal("init", "night\n\u{4}");
    assert!(shown.contains("nothing was written") && !folder.path().join("night.yaml").exists(), "{shown}");
}
