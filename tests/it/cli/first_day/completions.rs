//! Completions, asked for as a shell does.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::Program;
use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "version: 1\nname: night\nfolder: F\nparams:\n  region: { type: string, default: emea }\n  day: { type: string, default: x }\njobs:\n  extract: { release: R }\n  load: { release: R }\n";

const CONFIG: &str = "profiles:\n  test: { url: \"https://h/a/b\", auth: { token: { env: T } } }\n  prod: { url: \"https://h/a/c\", auth: { token: { env: T } } }\n";

/// What bash offers for `line`, with Tab pressed at its end: the script itself is run, in `folder`.
fn bash(folder: &Path, home: &Path, line: &str) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_sortie"));
    let script = r#"
        source <(sortie completions bash) || exit 1
        words=($LINE); [[ $LINE == *" " ]] && words+=("")
        COMP_WORDS=("${words[@]}"); COMP_CWORD=$(( ${#words[@]} - 1 )); COMP_TYPE=9; COMP_LINE=$LINE; COMP_POINT=${#LINE}
        complete -p sortie | grep -q _clap_complete_sortie || exit 2
        _clap_complete_sortie sortie "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]).env_clear().env("PATH", path).env("HOME", home).env("LINE", line);
    let output = command.current_dir(folder).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_verbs_flags_and_files() {
    let ended = Program::sortie("init").run();
    let folder = ended.folder.path();
    fs::write(folder.join("night.yaml"), MANIFEST).unwrap();
    fs::write(folder.join("notes.txt"), "").unwrap();
    fs::create_dir(folder.join("specs")).unwrap();
    let check = |line: &str, expected: &[&str]| assert_eq!(bash(folder, folder, line), expected, "{line}");
    check("sortie va", &["validate"]);
    check("sortie reru", &["rerun"]);
    check("sortie run --concur", &["--concurrency"]);
    check("sortie run n", &["night.yaml"]);
    check("sortie run s", &["specs/"]);
    check("sortie run night.yaml --only ", &["extract", "load"]);
    check("sortie run night.yaml --only e", &["extract"]);
    check("sortie plan night.yaml --param ", &["region=", "day="]);
    check("sortie run night.yaml --data l", &["load="]);
    check("sortie run night.yaml --report j", &["json=", "jsonl=", "junit="]);
    check("sortie help exp", &["expressions"]);
    check("sortie plan night.yaml --format m", &["markdown"]);
    check("sortie completions z", &["zsh"]);
    // Nothing there, and nothing said: no ledger, no manifest, no config.
    check("sortie resume l", &["last"]);
    check("sortie run missing.yaml --only ", &[]);
    check("sortie run hello.yaml --profile ", &[]);
}

#[test]
fn bash_completes_runs_and_profiles() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", MANIFEST);
    fs::create_dir_all(fixture.path().join("home/.config/sortie")).unwrap();
    fixture.file("home/.config/sortie/config.yaml", CONFIG);
    assert_eq!(fixture.sortie("run night.yaml --ledger home/l.db").code, 0);
    let id = fixture.offline("runs --format json --ledger home/l.db").json()[0]["id"].as_str().unwrap().to_owned();
    let home = fixture.path().join("home");
    let check = |line: &str, expected: &[&str]| assert_eq!(bash(fixture.path(), &home, line), expected, "{line}");
    let offered = bash(fixture.path(), &home, "sortie report --ledger home/l.db ");
    assert_eq!(offered[..3], ["last", "night", &id], "runs come first: {offered:?}");
    check(&format!("sortie resume --ledger=home/l.db {}", &id[..6]), &[&id]);
    check("sortie resume l", &["last"]);
    check("sortie run night.yaml --profile ", &["prod", "test"]);
    check("sortie run night.yaml --profile t", &["test"]);
}

#[test]
fn the_other_shells_are_told_the_names_of_runs_too() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", MANIFEST);
    assert_eq!(fixture.sortie("run night.yaml").code, 0);
    for shell in ["fish", "zsh", "powershell"] {
        let mut command = fixture.command_without_a_server("-- sortie resume");
        let output = command.arg("").env("SORTIE_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", "2").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("night, 20") && text.contains("the newest run"), "{shell}: {text}");
        assert!(output.stderr.is_empty());
        let script = fixture.offline(&format!("completions {shell}"));
        assert!(script.code == 0 && script.stdout.contains("SORTIE_COMPLETE"), "{}", script.shown());
        assert!(!script.stdout.contains("Invoke-Expression"), "what is typed is never evaluated");
    }
}

#[test]
fn a_variable_that_somebody_exported_keeps_no_run_from_launching() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", MANIFEST);
    let output = fixture.command("run night.yaml").env("SORTIE_COMPLETE", "bash").output().unwrap();
    assert!(output.status.success());
    assert_eq!(fixture.jobs(), 2);
}

/// Runs `script` in `shell`, with sortie on the path; none where the shell is not there.
fn in_shell(shell: &str, folder: &Path, script: &str) -> Option<Vec<String>> {
    let path = format!("{}:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_sortie")).parent().unwrap().display());
    let mut command = Command::new(shell);
    command.arg("-c").arg(script).env_clear().env("PATH", path).env("HOME", folder).current_dir(folder);
    let Ok(output) = command.stdin(Stdio::null()).output() else {
        let _ = writeln!(std::io::stderr(), "{shell} is absent: its completions were not tried");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shell}: {text}{}", String::from_utf8_lossy(&output.stderr));
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn fish_completes_with_a_word_of_help() {
    let ended = Program::sortie("init").run();
    let folder = ended.folder.path();
    fs::write(folder.join("night.yaml"), MANIFEST).unwrap();
    for (line, expected) in [
        ("sortie valida", "validate\tCheck manifests offline"),
        ("sortie run nig", "night.yaml"),
        ("sortie run night.yaml --only ex", "extract"),
        ("sortie resume la", "last\tthe newest run"),
        ("sortie plan night.yaml --param re", "region="),
    ] {
        let script = format!("sortie completions fish | source; complete -C '{line}'");
        let Some(offered) = in_shell("fish", folder, &script) else { return };
        assert!(offered.len() == 1 && offered[0].starts_with(expected), "{line}: {offered:?}");
    }
}

#[test]
fn zsh_completes_with_a_word_of_help() {
    let ended = Program::sortie("init").run();
    let folder = ended.folder.path();
    fs::write(folder.join("night.yaml"), MANIFEST).unwrap();
    fs::create_dir(folder.join("specs")).unwrap();
    for (words, expected) in [
        ("valida", "validate:Check manifests offline"),
        ("run nig", "night.yaml"),
        ("run spe", "specs"),
        ("run night.yaml --only ex", "extract"),
        ("resume la", "last:the newest run"),
    ] {
        // What zsh itself would show is printed in place of it.
        let script = format!(
            "compdef() {{ :; }}; _describe() {{ print -l -- ${{(P)3}}; }}; source <(sortie completions zsh); \
             words=(sortie {words}); CURRENT=$#words; _clap_dynamic_completer_sortie; true"
        );
        let Some(offered) = in_shell("zsh", folder, &script) else { return };
        assert!(offered.len() == 1 && offered[0].starts_with(expected), "{words}: {offered:?}");
    }
}
