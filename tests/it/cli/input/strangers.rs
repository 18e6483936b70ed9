//! A manifest that a stranger wrote, as a pull request brings it: it reads and writes nothing but its own.

use std::fs;
use std::os::unix::fs::symlink;

use crate::cli::program::Program;

const SECRET: &str = "TOP_SECRET=hunter2-hunter2";

/// A program in a folder with files that hold a secret, and links to them.
fn program(arguments: &str) -> Program {
    let program = Program::sortie(arguments)
        .file("outside/.env", &format!("{SECRET}\n\"\n"))
        .file("outside/hosts.yaml", &format!("version: 1\njobs: [{SECRET}\n"))
        .file("repo/.git/config", &format!("[core]\n\tbare = {SECRET}\n"))
        .file("repo/m/plain.yaml", "version: 1\nname: p\nfolder: F\njobs: { a: { release: R } }\n")
        .file(
            "repo/m/p.yaml",
            "version: 1\nname: q\nfolder: F\nparams: { p: { type: string } }\njobs: { a: { release: R } }\n",
        );
    let link = |to: &str, name: &str| symlink(to, program.path("repo").join(name)).unwrap();
    link("../../outside/.env", "m/night.yaml");
    link("night.yaml", "m/twice.yaml");
    link("/proc/self/environ", "m/environ.yaml");
    link("/proc/self/fd/0", "m/stdin.yaml");
    link("../outside", "away");
    link("plain.yaml", "m/inside.yaml");
    program
}

#[test]
fn a_manifest_that_a_link_brings_from_elsewhere_is_refused_without_a_byte_of_it() {
    for path in ["m/night.yaml", "m/twice.yaml", "m/environ.yaml", "m/stdin.yaml", "away/hosts.yaml"] {
        for command in ["validate", "plan", "run --sandbox", "validate --format json"] {
            let (mut command, folder) = program(&format!("{command} {path}")).into_command();
            let output =
                command.current_dir(folder.path().join("repo")).stdin(std::process::Stdio::null()).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(3), "{path}: {said}");
            assert!(
                said.contains("leads out of its folder") || said.contains("is not a regular file"),
                "{path}: {said}"
            );
            assert!(!said.contains("SECRET") && !said.contains("HOME"), "{path}: {said}");
        }
    }
}

#[test]
fn a_params_file_is_held_to_the_same() {
    let (mut command, folder) = program("plan m/p.yaml --params-file m/night.yaml").into_command();
    let output = command.current_dir(folder.path().join("repo")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("leads out of its folder") && !said.contains("SECRET"), "{said}");
}

#[test]
fn a_link_within_the_folder_is_a_manifest_like_any_other() {
    let (mut command, folder) = program("validate m/inside.yaml").into_command();
    let output = command.current_dir(folder.path().join("repo")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (mut command, folder) = program("validate repo").into_command();
    let output = command.current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let is_passed_over = !["night", "twice", "environ", "inside", "SECRET"].iter().any(|word| said.contains(word));
    assert!(is_passed_over, "a searched folder's links are passed over: {said}");
}

#[test]
fn hidden_files_are_neither_rows_nor_arguments_nor_secrets() {
    let manifest = |lines: &str| format!("version: 1\nname: p\nfolder: F\n{lines}");
    let job = |lines: &str| manifest(&format!("jobs:\n  a:\n    release: R\n{lines}"));
    for (text, words) in [
        (job("    for-each: { csv: .git/config, key: \"[core]\" }\n"), "begins with a dot"),
        (job("    arguments-file: .git/config\n"), "begins with a dot"),
        (job("    input-file: m/../.env\n"), "no file outside of its own folder"),
        (job("    input-file: ./.env\n"), "begins with a dot"),
        (job("    for-each: { csv: linked.csv, key: \"[core]\" }\n"), "begins with a dot"),
        (job("    for-each: { csv: git/config, key: \"[core]\" }\n"), "begins with a dot"),
        (manifest("secrets: { s: { file: ../outside/.env } }\njobs: { a: { release: R } }\n"), "begins with a dot"),
        (manifest("secrets: { s: { file: /root/.netrc } }\njobs: { a: { release: R } }\n"), "begins with a dot"),
    ] {
        for command in ["validate", "plan", "run --sandbox"] {
            let program = program(&format!("{command} n.yaml"));
            symlink(".git/config", program.path("repo").join("linked.csv")).unwrap();
            symlink(".git", program.path("repo").join("git")).unwrap();
            let (mut command, folder) = program.file("repo/n.yaml", &text).into_command();
            let output = command.current_dir(folder.path().join("repo")).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(3), "{text}: {said}");
            assert!(said.contains(words) && !said.contains("SECRET"), "{text}: {said}");
        }
    }
}

#[test]
fn a_secrets_file_that_a_link_makes_hidden_is_not_read() {
    let manifest = "version: 1\nname: p\nfolder: F\nsecrets: { s: { file: pin } }\njobs: { a: { release: R, environment: { S: '${{ secrets.s }}' } } }\n";
    let program = Program::sortie("run m/n.yaml --sandbox").file("m/n.yaml", manifest).file("home/.netrc", SECRET);
    symlink("../home/.netrc", program.path("m").join("pin")).unwrap();
    let run = program.run();
    assert!(run.code == 3 && run.stderr.contains("begins with a dot"), "{}", run.shown());
    assert!(!run.shown().contains("hunter2"), "{}", run.shown());
}

#[test]
fn a_manifests_report_replaces_no_file_but_a_report() {
    for (path, standing, words) in [
        ("out/night.json", Some("{\"version\": 1,\n \"run\": {\"id\": null, "), None),
        ("out/night.json", Some("{\"version\": 1,\n \"run\": {\"id\": 1}}"), Some("no report of sortie's")),
        ("rockets.txt", Some("4 launches of SpaceX\n"), Some("no report of sortie's")),
        ("out/night.json", Some(""), None),
        ("out/night.json", None, None),
        ("out/night.json", Some("precious\n"), Some("no report of sortie's")),
        ("ci.yaml", Some("on: push\njobs: {}\n"), Some("no report of sortie's")),
        ("other.yaml", Some("version: 1\nname: o\njobs: {}\n"), Some("would replace the manifest")),
        ("old.db", Some("SQLite format 3\0"), Some("would replace the ledger")),
        (".git/hooks/x.json", None, Some("begins with a dot")),
        (".github/workflows/ci.yml", Some("on: push\n"), Some("begins with a dot")),
        ("hooks/post-commit", None, Some("begins with a dot")),
    ] {
        let manifest = format!(
            "version: 1\nname: r\nfolder: F\nreports: [{{ format: json, path: {path} }}]\njobs: {{ a: {{ release: R }} }}\n"
        );
        let mut program =
            Program::sortie("run m/r.yaml --sandbox").file("m/r.yaml", &manifest).file("m/.git/hooks/x", "");
        symlink(".git/hooks", program.path("m").join("hooks")).unwrap();
        if let Some(standing) = standing {
            program = program.file(&format!("m/{path}"), standing);
        }
        let run = program.run();
        let there = fs::read_to_string(run.folder.path().join("m").join(path)).ok();
        match words {
            None => assert!(run.code == 0 && there.unwrap().starts_with("{\"version\": 1"), "{path}: {}", run.shown()),
            Some(words) => {
                assert!(run.code == 3 && run.stderr.contains(words), "{path}: {}", run.shown());
                assert_eq!(there.as_deref(), standing, "{path}");
            }
        }
    }
}

#[test]
fn a_report_that_is_typed_replaces_any_file_but_manifests_and_ledgers() {
    for (standing, words) in [
        ("precious\n", None),
        ("version: 1\nname: o\njobs: {}\n", Some("would replace the manifest")),
        ("SQLite format 3\0", Some("would replace the ledger")),
    ] {
        let manifest = "version: 1\nname: r\nfolder: F\njobs: { a: { release: R } }\n";
        let program =
            Program::sortie("run r.yaml --sandbox --report json=x").file("r.yaml", manifest).file("x", standing);
        let run = program.run();
        let there = fs::read_to_string(run.folder.path().join("x")).unwrap();
        match words {
            None => assert!(run.code == 0 && there.starts_with("{\"version\": 1"), "{}", run.shown()),
            Some(words) => assert!(run.code == 3 && run.stderr.contains(words) && there == standing, "{}", run.shown()),
        }
    }
}
