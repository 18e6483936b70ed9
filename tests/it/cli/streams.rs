//! Streams that are closed, full or missing, and surroundings without anything.

use std::process::{Command, Stdio};

use super::Program;

/// Runs the command with its stdout going nowhere: the reader is gone before it starts.
fn into_closed_pipe(mut command: Command) -> (i32, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    (output.status.code().expect("it was not killed"), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_command_quietly() {
    for arguments in ["", "--help", "schema manifest", "schema report"] {
        let (command, _folder) = Program::sortie(arguments).into_command();
        assert_eq!(into_closed_pipe(command), (0, String::new()), "{arguments}");
    }
}

#[test]
fn a_full_disk_behind_stdout_is_the_machines_fault() {
    let (mut command, _folder) = Program::sortie("schema manifest").into_command();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error: stdout cannot be written: "), "{words}");
}

#[test]
fn no_home_no_path_and_the_c_locale_are_enough() {
    let ended = Program::sortie("schema report").without_home().env("LANG", "C").env("PATH", "").run();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.json()["title"], "sortie JSON report, version 1");
}

#[test]
fn the_schemas_come_out_of_the_binary_as_they_are_published() {
    for (of, file) in [("manifest", "sortie.schema.json"), ("report", "report.schema.json")] {
        let ended = Program::sortie(&format!("schema {of}")).run();
        let published = std::fs::read_to_string(super::program::project().join("schema").join(file)).unwrap();
        assert!(ended.stdout == published, "{of}");
    }
}

#[test]
fn logs_go_to_stderr_as_far_as_they_are_asked_for() {
    let ended = Program::sortie("schema report").env("SORTIE_LOG", "=loud=").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.starts_with("error: SORTIE_LOG cannot be read: "), "{}", ended.stderr);
}
