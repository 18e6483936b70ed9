//! Answers that are well formed, and odd: a token in them, one robot job for two launches, keys that stand twice.

use std::fs;

use serde_json::json;

use crate::cli::Program;
use crate::cli::secrecy::secret_leaks::search;
use crate::support::raw_server::{self, RawServer};

const TOKEN: &str = "s3cr3t-TOKEN/with+odd=chars&x";

const MANIFEST: &str = "version: 1
name: m
folder: { id: 7 }
jobs:
  a: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }
  b: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }
";

#[test]
fn a_token_in_an_answer_reaches_no_sink() {
    let texts: Vec<String> =
        ["State", "Key", "CreationTime", "ReleaseName", "Type", "Source", "Info", "BatchExecutionKey"]
            .iter()
            .map(|field| format!(r#""{field}": "\u001b[31m{TOKEN}""#))
            .collect();
    let job = format!(r#"{{"Id": 5, {}, "OutputArguments": "{{\"t\":\"{TOKEN}\"}}"}}"#, texts.join(", "));
    let server = RawServer::start(move |_| raw_server::json(201, &format!(r#"{{"value": [{job}]}}"#)));
    let run = Program::sortie("run m.yaml -vvv --ledger l.db --report json=r.json --report text=r.txt")
        .file("m.yaml", MANIFEST)
        .env("UIPATH_URL", &server.url())
        .env("UIPATH_ACCESS_TOKEN", TOKEN)
        .env("SORTIE_SETTLE", "100ms")
        .run();
    assert_eq!(run.code, 12, "{}", run.shown());
    search("stdout", run.stdout.as_bytes(), TOKEN);
    search("stderr", run.stderr.as_bytes(), TOKEN);
    let files =
        fs::read_dir(run.folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let files: Vec<_> = files.collect();
    assert!(files.len() >= 4, "{files:?}");
    for path in files {
        search(&path.display().to_string(), &fs::read(&path).unwrap(), TOKEN);
    }
}

#[test]
fn one_robot_job_for_two_launches_is_told() {
    let server = RawServer::start(|_| raw_server::json(201, r#"{"value": [{"Id": 5, "State": "Pending"}]}"#));
    let run = Program::sortie("run m.yaml --ledger l.db --format json")
        .file("m.yaml", MANIFEST)
        .env("UIPATH_URL", &server.url())
        .env("UIPATH_ACCESS_TOKEN", TOKEN)
        .env("SORTIE_SETTLE", "100ms")
        .run();
    assert_eq!(run.code, 12, "{}", run.shown());
    let json = run.json();
    // Whichever answer came first has the robot job.
    let doubted = (0..2).find(|launch| json["launches"][launch]["verdict"] == json!("unknown")).unwrap();
    assert_eq!(json["launches"][1 - doubted]["verdict"], json!("started"), "{}", run.shown());
    let told = json["launches"][doubted]["error"]["message"].as_str().unwrap();
    assert!(told.contains("the answer names robot job 5, which belongs to another launch of this run"), "{told}");
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_json_comes_from() {
    let head = "version: 1\nname: m\nfolder: S\n";
    let rows = |from: &str| {
        format!(
            "{head}jobs:\n  a:\n    release: R\n    for-each: {{ {from}, key: id }}\n    arguments: {{ x: \"${{{{ row.id }}}}\" }}\n"
        )
    };
    let params = format!(
        "{head}params: {{ p: {{ type: json }} }}\njobs:\n  a: {{ release: R, arguments: {{ x: \"${{{{ params.p }}}}\" }} }}\n"
    );
    for (manifest, file, arguments) in [
        (params.clone(), "", r#"--param p:={"a":1,"a":2}"#),
        (params.clone(), r#"{"p":1,"p":2}"#, "--params-file f.json"),
        (params, r#"{"x":1,"x":2}"#, "--param p:=1 --arguments a=f.json"),
        (rows("json: f.json"), r#"[{"id":1,"n":{"a":1,"a":2}}]"#, ""),
        (rows("jsonl: f.json"), r#"{"id":1,"id":2}"#, ""),
        (rows("csv: f.json, columns: { j: json }"), "id,j\n1,\"{\"\"a\"\":1,\"\"a\"\":2}\"\n", ""),
    ] {
        let run =
            Program::sortie(&format!("plan m.yaml {arguments}")).file("m.yaml", &manifest).file("f.json", file).run();
        assert!(run.code == 3 && run.stderr.contains("twice"), "{arguments} {file}: {}", run.shown());
    }
}
