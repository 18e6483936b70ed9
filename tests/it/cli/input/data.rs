//! Data from files, flags and stdin, as a person gives them.

use expect_test::expect;

use crate::cli::program::{Ended, Program};

const MANIFEST: &str = "version: 1
name: data
folder: Shared
jobs:
  load:
    release: Loader
    for-each:
      csv: data/rows.csv
      key: id
      columns: { amount: number }
    arguments-file: data/common.json
    arguments: { id: '${{ row.id }}', amount: '${{ row.amount | default(omit) }}' }
";

const ROWS: &str = "id,amount\n001,12.50\n002,\n";

fn program(command: &str) -> Program {
    Program::sortie(command)
        .file("m/data.yaml", MANIFEST)
        .file("m/data/rows.csv", ROWS)
        .file("m/data/common.json", "{\"company\": 1000}")
}

#[track_caller]
fn arguments(ended: &Ended) -> Vec<String> {
    let launches = ended.json()["launches"].as_array().unwrap().clone();
    let text = |launch: &serde_json::Value| launch["body"]["startInfo"]["InputArguments"].as_str().unwrap().to_owned();
    launches.iter().map(text).collect()
}

#[test]
fn files_beside_the_manifest_are_read_wherever_the_command_runs() {
    let plan = program("plan m/data.yaml --format json").run();
    assert_eq!(arguments(&plan), [r#"{"company":1000,"id":"001","amount":12.5}"#, r#"{"company":1000,"id":"002"}"#]);
    assert_eq!(program("validate m").run().shown(), "exit 0\n--- stdout\nm/data.yaml: valid\n");
}

#[test]
fn rows_and_arguments_can_be_given() {
    let command = "plan m/data.yaml --format json --data load=x.jsonl --arguments load=-";
    let rows = "{\"id\": \"a\", \"amount\": 1}\n";
    let plan = program(command).file("x.jsonl", rows).stdin("company: 2000\nby: hand\n").run();
    assert_eq!(arguments(&plan), [r#"{"company":2000,"id":"a","amount":1,"by":"hand"}"#]);
    let plan = program("plan m/data.yaml --format json --data load=-").stdin("id,amount\nb,2\n").run();
    assert_eq!(arguments(&plan), [r#"{"company":1000,"id":"b","amount":2}"#]);
    assert_eq!(plan.json()["launches"][0]["id"], "load/b");
}

#[test]
fn what_cannot_be_given_is_said() {
    let shown = |command: &str| program(command).stdin("5").run().shown();
    expect![[r#"
        exit 3
        --- stderr
        error: --data and --arguments cannot both come from stdin
    "#]]
    .assert_eq(&shown("plan m/data.yaml --data load=- --arguments load=-"));
    expect![[r#"
        exit 3
        --- stderr
        error[data-form]: arguments are an object: names with values
         --> <stdin>:1:1
          |
        1 | 5
          | ^
          |
          = help: write `name: value` in each line, or a JSON object

        1 error
    "#]]
    .assert_eq(&shown("plan m/data.yaml --arguments load=-"));
    expect![[r#"
        exit 3
        --- stderr
        error: `nowhere.csv` is not there
    "#]]
    .assert_eq(&shown("plan m/data.yaml --data load=nowhere.csv"));
    expect![[r#"
        exit 3
        --- stderr
        error: `m` is not a regular file
    "#]]
    .assert_eq(&shown("plan m/data.yaml --data load=m"));
    expect![[r#"
        exit 3
        --- stderr
        error: invalid value 'load' for '--data <JOB=FILE>': write JOB=FILE, where FILE is `-` for stdin

          help: `sortie plan --help` shows what can be written
    "#]]
    .assert_eq(&shown("plan m/data.yaml --data load"));
    expect![[r#"
        exit 3
        --- stderr
        error: --data load is given twice
    "#]]
    .assert_eq(&shown("plan m/data.yaml --data load=- --data load=m/data.yaml"));
}

#[test]
fn a_file_that_cannot_be_had_is_said_where_it_is_named() {
    let validate = Program::sortie("validate m.yaml").file("m.yaml", &MANIFEST.replace("data/", "")).run();
    expect![[r#"
        exit 3
        --- stdout
        error[data-file]: the data file `rows.csv` is not there
         --> m.yaml:8:12
          |
        8 |       csv: rows.csv
          |            ^^^^^^^^
          |
          = help: data files lie beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file

        error[data-file]: the data file `common.json` is not there
          --> m.yaml:11:21
           |
        11 |     arguments-file: common.json
           |                     ^^^^^^^^^^^
           |
           = help: data files lie beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file

        2 errors
        `sortie explain data-file` says more.
    "#]].assert_eq(&validate.shown());
    let outside = Program::sortie("plan m/data.yaml").file("m/data.yaml", MANIFEST).file("rows.csv", ROWS);
    let (mut command, folder) = outside.into_command();
    std::fs::create_dir(folder.path().join("m/data")).unwrap();
    std::os::unix::fs::symlink("../../rows.csv", folder.path().join("m/data/rows.csv")).unwrap();
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("the data file `data/rows.csv` lies outside of the manifest's folder"), "{said}");
}

#[test]
fn rows_that_are_not_in_order_are_found_by_validate() {
    let validate = program("validate m/data.yaml").file("m/data/rows.csv", "id,amount\n1,x\n1,2\n").run();
    expect![[r#"
        exit 3
        --- stdout
        error[cell-type]: `amount` must be a number
         --> m/data/rows.csv:2:3
          |
        2 | 1,x
          |   ^
          |
          = help: write digits with a decimal point and nothing between thousands: `1200.50`

        error[row-key]: two rows have one key `id`
         --> m/data/rows.csv:3:1
          |
        3 | 1,2
          | ^
         ::: m/data/rows.csv:2:1
          |
        2 | 1,x
          | - the other row
          |
          = help: a key identifies its row, and makes the launch's id: choose a column without repetitions

        2 errors
        `sortie explain cell-type` says more.
    "#]]
    .assert_eq(&validate.shown());
}

#[test]
fn a_skipped_launch_is_reported_with_its_reason_and_never_sent() {
    let manifest = MANIFEST.replace("    arguments-file", "    if: ${{ row.amount is defined }}\n    arguments-file");
    let run = program("run m/data.yaml --sandbox --format json").file("m/data.yaml", &manifest).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    let report = run.json();
    assert_eq!(report["totals"]["skipped"], 1);
    let skipped = &report["launches"][1];
    assert_eq!(
        (&skipped["id"], &skipped["verdict"], &skipped["attempts"]),
        (&"load/002".into(), &"skipped".into(), &0.into())
    );
    assert_eq!(skipped["error"]["message"], "`if` does not hold: ${{ row.amount is defined }}");
    assert_eq!(skipped["key"], serde_json::json!({"id": "002"}));
    assert_eq!(report["launches"][0]["key"], serde_json::json!({"id": "001"}));
}

#[test]
fn the_same_inputs_give_the_same_bytes_in_any_directory() {
    let arguments = "--format json --logical-time 2026-03-01T00:30:00Z --param day=x";
    let plan = |from: &str, path: &str, folder: &str| {
        let manifest = MANIFEST.replace("jobs:", "params: { day: { type: string } }\njobs:");
        let (mut command, home) = Program::sortie(&format!("plan {path} {arguments}"))
            .file(&format!("{folder}/data.yaml"), &manifest)
            .file(&format!("{folder}/data/rows.csv"), ROWS)
            .file(&format!("{folder}/data/common.json"), "{\"company\": 1000}")
            .into_command();
        let output = command.current_dir(home.path().join(from)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = plan("", "m/data.yaml", "m");
    assert_eq!(plan("m", "data.yaml", "m"), plain);
    assert_eq!(plan("m/data", "../data.yaml", "m"), plain);
    assert_eq!(plan("", "./other/place/data.yaml", "other/place"), plain);
}

#[test]
fn rows_in_another_order_are_the_same_launches() {
    let plan = |rows: &str| {
        let program = Program::sortie("plan m/data.yaml --format json --logical-time 2026-03-01T00:30:00Z");
        let ended =
            program.file("m/data.yaml", MANIFEST).file("m/data/rows.csv", rows).file("m/data/common.json", "{}").run();
        assert_eq!(ended.code, 0, "{}", ended.shown());
        let mut launches = ended.json()["launches"].as_array().unwrap().clone();
        launches.sort_by_key(|launch| launch["id"].to_string());
        launches
    };
    let launches = plan("id,amount\n001,12.50\n002,\n003,7\n");
    assert_eq!(launches.len(), 3);
    // Ids, References and request bodies, whatever the order of rows and columns.
    assert_eq!(plan("id,amount\n003,7\n002,\n001,12.50\n"), launches);
    assert_eq!(plan("amount,id\r\n,002\r\n12.50,001\r\n7,003\r\n"), launches);
}

#[test]
fn the_same_inputs_give_the_same_bytes_in_any_surroundings() {
    let manifest = MANIFEST.replace("id: '", "day: '${{ run.time | date(\"%A %d %B %Y %H:%M %Z\") }}', id: '");
    let command = "plan data.yaml --format json --logical-time 2026-03-01T00:30:00Z";
    let plan = |surroundings: &[(&str, &str)]| {
        let program = Program::sortie(command)
            .file("data.yaml", &manifest)
            .file("data/rows.csv", ROWS)
            .file("data/common.json", "{\"company\": 1000}");
        let program = surroundings.iter().fold(program, |program, (name, value)| program.env(name, value));
        let ended = program.run();
        assert_eq!(ended.code, 0, "{}", ended.shown());
        ended.stdout
    };
    let plain = plan(&[]);
    assert!(plain.contains("Sunday 01 March 2026 00:30 UTC"), "{plain}");
    assert_eq!(plan(&[("TZ", "Asia/Tokyo"), ("LANG", "de_DE.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")]), plain);
    assert_eq!(plan(&[("TZ", "America/New_York"), ("COLUMNS", "20"), ("NO_COLOR", "1")]), plain);
}
