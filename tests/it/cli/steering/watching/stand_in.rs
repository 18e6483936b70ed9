//! `sortie sandbox`: a token that stays over restarts, and a line for each request.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::cli::Program;

fn start(folder: &std::path::Path, arguments: &str) -> (Child, Value) {
    let (mut command, _home) = Program::sortie(&format!("sandbox --format json {arguments}")).into_command();
    let mut child =
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn end(mut child: Child) -> String {
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let stderr = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    stderr
}

#[test]
fn the_token_of_a_file_is_the_same_after_a_restart_and_nobody_else_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = [(); 2].map(|()| {
        let (child, said) = start(folder.path(), "--token-file token");
        end(child);
        said["token"].as_str().unwrap().to_owned()
    });
    assert_eq!(tokens[0], tokens[1]);
    let file = folder.path().join("token");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", tokens[0]));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&file, "short\n").unwrap();
    let (command, _home) = Program::sortie("sandbox --token-file token").into_command();
    let output = { command }.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds no token"));
}

#[test]
fn each_request_is_a_line_where_more_words_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.yaml"), "version: 1\nname: m\nfolder: Shared\njobs: { a: { release: R } }\n")
        .unwrap();
    for (flag, is_logged) in [("-v", true), ("", false)] {
        let (child, said) = start(folder.path(), flag);
        let (mut command, _home) = Program::sortie("run m.yaml -q").into_command();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        command.env("UIPATH_URL", text("url")).env("UIPATH_ACCESS_TOKEN", text("token"));
        assert!(command.current_dir(folder.path()).status().unwrap().success());
        let log = end(child);
        let start = log.lines().find(|line| line.contains("StartJobs"));
        assert_eq!(start.is_some(), is_logged, "{log}");
        if let Some(line) = start {
            assert!(line.contains("  201  POST   /odata/Jobs/") && line.ends_with(" ms"), "{line}");
        }
        assert!(!log.contains(&text("token")), "{log}");
    }
}
