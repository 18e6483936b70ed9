//! `sortie diff`: files, folders and git revisions, as a reviewer types them.

mod by_git;
mod filtered;

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::cli::Program;

const NIGHT: &str = "\
version: 1
name: night
folder: Finance
jobs:
  load:
    release: Loader
    arguments: { invoice: '${{ row.id }}', region: emea }
    for-each: { csv: data/invoices.csv, key: id }
";

const MORNING: &str = "version: 1\nname: morning\nfolder: Finance\njobs: { greet: { release: Greeter } }\n";

/// `git` in `folder`, with nothing of this machine's configuration.
fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(folder).args(identity).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository whose branch `main` has two manifests, changed since in the working tree.
fn changed(arguments: &str) -> Program {
    let program = Program::sortie(arguments)
        .env("PATH", &std::env::var("PATH").unwrap())
        .file("specs/night.yaml", NIGHT)
        .file("specs/morning.yaml", MORNING)
        .file("specs/data/invoices.csv", "id\nA\nB\n");
    let root = program.path(".");
    git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "--quiet", "-m", "Begin"]);
    program
        .file("specs/night.yaml", &NIGHT.replace("emea", "apac"))
        .file("specs/data/invoices.csv", "id\nA\nB\nC\n")
        .file("specs/new.yaml", &MORNING.replace("morning", "new"))
}

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

#[test]
fn a_branch_is_compared_with_the_files_here() {
    check(
        changed("diff main"),
        expect![[r#"
        exit 0
        --- stdout
        specs/new.yaml: new, 1 launch
          + greet

        specs/night.yaml: 2 -> 3 launches
          + load/C
          ~ arguments.region: emea -> apac in 2 launches of load (load/A, load/B)

        2 of 3 manifests differ: 2 launches added, 0 removed, 2 changed
    "#]],
    );
}

#[test]
fn one_manifest_is_compared_with_itself_at_a_revision() {
    check(
        changed("diff main specs/night.yaml --format markdown"),
        expect![[r#"
        exit 0
        --- stdout
        ### Launches: 1 launch added, 0 removed, 2 changed, 0 the same

        From main\:specs/night.yaml to specs/night.yaml.

        #### specs/night.yaml (2 -&gt; 3 launches)

        | | launches | field | before | after | such as |
        | --- | ---: | --- | --- | --- | --- |
        | added | 1 | job load |  |  | load/C |
        | changed | 2 | arguments.region | <code>emea</code> | <code>apac</code> | load/A, load/B |
    "#]],
    );
    check(
        changed("diff main:specs/night.yaml main:specs/morning.yaml"),
        expect![[r#"
        exit 0
        --- stdout
        main:specs/morning.yaml: 2 -> 1 launch
          + greet
          - 2 launches of load: load/A, load/B
          ~ name: night -> morning

        1 launch added, 2 removed, 0 changed, 0 the same
    "#]],
    );
}

#[test]
fn a_folder_is_the_same_with_a_dot_before_it() {
    let (plain, dotted) = (changed("diff main:specs specs").run(), changed("diff main:./specs ./specs").run());
    assert!(plain.stdout.contains("night.yaml: 2 -> 3 launches"), "{}", plain.shown());
    assert_eq!((dotted.code, &dotted.stdout), (plain.code, &plain.stdout));
}

#[test]
fn data_are_those_of_the_revision() {
    let ended = changed("diff main:specs/night.yaml --format json").run();
    let shown: Value = serde_json::from_str(&ended.stdout).unwrap();
    let night = &shown["manifests"][0];
    assert_eq!(night["added"], serde_json::json!(["load/C"]), "{shown}");
    assert_eq!(
        night["changed"][0],
        serde_json::json!({ "id": "load/A", "changes": [{ "path": "arguments.region", "from": "emea", "to": "apac" }] })
    );
    assert_eq!(
        shown["totals"],
        serde_json::json!({
            "manifests": 1, "differing": 1, "invalid": 0, "added": 1, "removed": 0, "changed": 2, "unchanged": 0
        })
    );
}

#[test]
fn the_exit_code_says_whether_anything_differs_where_that_is_asked_for() {
    assert_eq!(changed("diff main --exit-code").run().code, 20);
    assert_eq!(changed("diff main").run().code, 0);
    assert_eq!(changed("diff main main --exit-code").run().code, 0);
    let params = NIGHT.replace("jobs:", "params: { n: { type: integer, default: 1 } }\njobs:");
    let with_param = changed("diff main specs/night.yaml --exit-code --param n=2").file("specs/night.yaml", &params);
    assert_eq!(with_param.run().code, 20, "a param that was not declared there is left out there");
}

#[test]
fn what_is_not_valid_is_told_with_its_side_and_the_rest_is_compared_all_the_same() {
    let broken = NIGHT.replace("release:", "relaese:");
    let ended = changed("diff main").file("specs/night.yaml", &broken).run();
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("specs/night.yaml:6:5") && ended.stdout.contains("new.yaml"), "{}", ended.shown());
    let program = changed("diff main");
    git(&program.path("."), &["stash", "--quiet"]);
    fs::write(program.path("specs/night.yaml"), &broken).unwrap();
    git(&program.path("."), &["commit", "--quiet", "-am", "Break"]);
    let ended = program.file("specs/night.yaml", NIGHT).run();
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("main:specs/night.yaml:6:5"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`specs/night.yaml` is not valid in main\n"), "{}", ended.stderr);
}

#[test]
fn bad_sides_are_told_with_what_to_type() {
    check(
        changed("diff specs/night.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: `specs/night.yaml` is compared with nothing
          help: `sortie diff HEAD specs/night.yaml` compares it with the last commit; or name two files, or two folders
    "#]],
    );
    check(
        changed("diff nowhere"),
        expect![[r#"
            exit 3
            --- stderr
            error: `nowhere` is no file or folder here, and no git revision
              help: in a pipeline, fetch the branch first (`git fetch origin main`), and name it `origin/main`
        "#]],
    );
    check(
        changed("diff main:specs/nothing.yaml specs/night.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: `main` has no file or folder `specs/nothing.yaml`
          help: did you mean `main:specs/morning.yaml`?
    "#]],
    );
    check(
        changed("diff specs specs/night.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: `specs` and `specs/night.yaml` are a file and a folder
          help: name two files or two folders
    "#]],
    );
    check(
        changed("diff --output=x main"),
        expect![[r#"
            exit 3
            --- stderr
            error: unexpected argument '--output' found

            Usage: sortie diff [OPTIONS] <FROM> [TO]

              help: `--report FORMAT=FILE` writes a report into a file, `--format FORMAT` to stdout
        "#]],
    );
}

/// 40 invoices of a night, 10 more, another default and a job under another name: what a reviewer reads.
#[test]
fn a_change_as_people_make_it_is_read_on_one_screen() {
    let text = |job: &str, region: &str, moved: &str| {
        format!(
            "version: 1\nname: night\nfolder: Finance\n{moved}params: {{ region: {{ type: string, default: {region} }} }}\njobs:\n  {job}:\n    release: Loader\n    once: true\n    arguments: {{ invoice: '${{{{ row.id }}}}', region: '${{{{ params.region }}}}' }}\n    for-each: {{ csv: rows.csv, key: id }}\n  close: {{ release: Closer, needs: [{job}] }}\n"
        )
    };
    let rows = |count: u32| (1..=count).fold("id\n".to_owned(), |text, id| format!("{text}INV-{id:02}\n"));
    let program = |to: &str, moved: &str| {
        let program = Program::sortie("diff main night.yaml")
            .env("PATH", &std::env::var("PATH").unwrap())
            .file("night.yaml", &text("load", "emea", ""))
            .file("rows.csv", &rows(40));
        let root = program.path(".");
        git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
        git(&root, &["add", "."]);
        git(&root, &["commit", "--quiet", "-m", "Begin"]);
        program.file("night.yaml", &text(to, "apac", moved)).file("rows.csv", &rows(50))
    };
    check(
        program("load-invoices", "moved: [{ from: load, to: load-invoices }]\n"),
        expect![[r#"
        exit 0
        --- stdout
        night.yaml: 41 -> 51 launches
          + 10 launches of load-invoices: load/INV-41, load/INV-42, load/INV-43, ...
          ~ arguments.region: emea -> apac in 40 launches of load-invoices (load/INV-01, load/INV-02, load/INV-03, ...)
          ~ jobs.close.needs[0]: load -> load-invoices
          = job `load` is called `load-invoices` now, as `moved` says: its 50 launches keep their ids

        10 launches added, 0 removed, 40 changed, 1 the same
    "#]],
    );
    check(
        program("load-invoices", ""),
        expect![[r#"
            exit 0
            --- stdout
            night.yaml: 41 -> 51 launches
              + 50 launches of load-invoices: load-invoices/INV-01, load-invoices/INV-02, load-invoices/INV-03, ...
              - 40 launches of load: load/INV-01, load/INV-02, load/INV-03, ...
              + jobs.load-invoices.once: true
              ~ jobs.close.needs[0]: load -> load-invoices
              ! job `load` seems to be called `load-invoices` now: its 50 launches would be new ones, and 40 of them could be started a second time, since `once` goes by ids
                help: if it is the same job, `moved: [{ from: load, to: load-invoices }]` keeps its launches' ids

            50 launches added, 40 removed, 0 changed, 1 the same
            --- stderr
            warning[renamed-job]: job `load-invoices` seems to be the one that was called `load`: 40 launches that `once` keeps from being started twice would be started again
             --> night.yaml:6:3
              |
            6 |   load-invoices:
              |   ^^^^^^^^^^^^^
              |
              = help: if it is the same job, write `moved: [{ from: load, to: load-invoices }]`: its launches keep their ids

            1 warning
        "#]],
    );
}

#[test]
fn a_manifest_in_another_file_is_known_by_its_name_and_a_new_one_is_new() {
    let program = changed("diff main specs");
    fs::rename(program.path("specs/morning.yaml"), program.path("specs/dawn.yaml")).unwrap();
    let ended = program.run();
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(!ended.stdout.contains("morning.yaml: gone"), "nothing of it differs: {}", ended.stdout);
    let program = changed("diff main specs/new.yaml");
    assert!(program.run().stdout.starts_with("specs/new.yaml: new, 1 launch\n"));
    let program = changed("diff main:specs/morning.yaml");
    fs::remove_file(program.path("specs/morning.yaml")).unwrap();
    assert!(program.run().stdout.contains("gone, with 1 launch\n"));
}

#[test]
fn a_data_file_that_a_revision_lacks_is_told_at_its_place_there() {
    let program = changed("diff HEAD specs/night.yaml");
    git(&program.path("."), &["mv", "specs/data/invoices.csv", "specs/data/invoice.csv"]);
    git(&program.path("."), &["commit", "--quiet", "-m", "Rename the data"]);
    fs::write(program.path("specs/data/invoices.csv"), "id\nA\n").unwrap();
    let ended = program.run();
    assert_eq!(ended.code, 3, "{}", ended.shown());
    for words in
        ["HEAD:specs/night.yaml:8:", "is not there", "did you mean `data/invoice.csv`?", "is not valid in HEAD"]
    {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}

#[test]
fn a_param_or_job_that_one_side_has_is_used_there_and_one_that_nobody_has_is_refused() {
    let unknown = changed("diff main --param nobody=1").run();
    assert_eq!(unknown.code, 3, "{}", unknown.shown());
    assert!(unknown.stderr.contains("no manifest of either side declares a param `nobody`"), "{}", unknown.stderr);
    // The job is new on the second side.
    let renamed = NIGHT.replace("load:", "fetch:");
    let only = changed("diff main specs/night.yaml --only fetch").file("specs/night.yaml", &renamed).run();
    assert!(only.stdout.starts_with("specs/night.yaml: new, 3 launches\n"), "{}", only.shown());
    // Or the same under another name.
    let moved = renamed.replace("jobs:", "moved: [{ from: load, to: fetch }]\njobs:");
    let only = changed("diff main specs/night.yaml --only fetch").file("specs/night.yaml", &moved).run();
    assert!(only.stdout.starts_with("specs/night.yaml: 2 -> 3 launches\n"), "{}", only.shown());
}

#[cfg(feature = "sandbox")]
#[test]
fn a_saved_plan_is_compared_with_what_the_manifest_would_start_now() {
    let program = changed("plan specs/night.yaml --sandbox --out approved.plan --logical-time 2026-01-31T00:00:00Z");
    let folder = program.path(".");
    let saved = program.run();
    assert_eq!(saved.code, 0, "{}", saved.shown());
    let text = NIGHT.replace("emea", "'${{ run.time }}'");
    let again = |arguments: &str| {
        let program = Program::sortie(arguments).env("PATH", &std::env::var("PATH").unwrap());
        for name in ["approved.plan", "specs/night.yaml", "specs/data/invoices.csv"] {
            let from = folder.join(name);
            fs::create_dir_all(program.path(name).parent().unwrap()).unwrap();
            fs::copy(from, program.path(name)).unwrap();
        }
        program
    };
    let same = again("diff approved.plan specs/night.yaml --exit-code").run();
    assert_eq!((same.code, same.stdout.as_str()), (0, "nothing differs\n"), "{}", same.shown());
    let changed = again("diff approved.plan specs/night.yaml --exit-code").file("specs/night.yaml", &text).run();
    assert_eq!(changed.code, 20, "{}", changed.shown());
    assert!(
        changed.stdout.contains("arguments.region: apac -> 2026-01-31T00:00:00Z in 3 launches of load"),
        "the moment is the saved plan's: {}",
        changed.stdout
    );
    let by_hand = fs::read_to_string(folder.join("approved.plan")).unwrap().replacen("\"load\"", "\"laod\"", 1);
    let refused = again("diff approved.plan specs/night.yaml").file("approved.plan", &by_hand).run();
    assert!(refused.code != 0 && refused.stdout.is_empty(), "{}", refused.shown());
}

#[test]
fn a_secret_of_the_environment_is_shown_by_no_side() {
    let secret = "hunter2hunter2";
    let ended = changed("diff main")
        .env("UIPATH_CLIENT_SECRET", secret)
        .file("specs/night.yaml", &NIGHT.replace("emea", secret))
        .run();
    assert!(!ended.shown().contains(secret), "{}", ended.shown());
}
