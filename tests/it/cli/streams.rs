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
fn a_report_that_stdout_does_not_take_is_15_and_one_that_nobody_reads_is_none() {
    const MANIFEST: &str = "version: 1\nname: m\nfolder: Shared\njobs: { a: { release: R } }\n";
    let (mut command, folder) = Program::sortie("run m.yaml --sandbox -q").into_command();
    std::fs::write(folder.path().join("m.yaml"), MANIFEST).unwrap();
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    for (arguments, code) in [
        ("run m.yaml --sandbox", 15),
        ("report last --sandbox", 15),
        ("resume last --sandbox", 15),
        ("runs --sandbox", 1),
    ] {
        for (stdout, expected) in [(">/dev/full", code), (">&-", 0), ("2>&- >/dev/null", 0)] {
            let mut shell = Command::new("sh");
            let line = format!("{} {arguments} {stdout}", env!("CARGO_BIN_EXE_sortie"));
            shell.args(["-c", &line]).env_clear().env("HOME", folder.path().join("home")).current_dir(folder.path());
            let ended = shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert_eq!(ended.code(), Some(expected), "{arguments} {stdout}");
        }
    }
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

const MANIFEST: &str =
    "version: 1\nname: m\nfolder: Shared\nparams: { p: { type: string } }\njobs: { a: { release: R } }\n";

fn fifo(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn what_is_no_file_is_refused_and_nothing_waits_for_it() {
    for (arguments, words) in [
        ("run folder", "there is no manifest below `folder`"),
        ("run /dev/zero", "`/dev/zero` is not a regular file"),
        ("run m.yaml --sandbox --params-file folder", "`folder` is a folder"),
        ("run m.yaml --sandbox --params-file /dev/zero", "`/dev/zero` is not a regular file"),
        ("run m.yaml --config folder", "config file `folder` is not a regular file"),
        ("run m.yaml --config pipe", "config file `pipe` is not a regular file"),
        ("run m.yaml --config /dev/zero", "config file `/dev/zero` is not a regular file"),
        ("run m.yaml --sandbox --arguments a=pipe", "`pipe` is not a regular file"),
        ("run m.yaml --sandbox --arguments a=/dev/zero", "`/dev/zero` is not a regular file"),
        ("run m.yaml --sandbox --data a=pipe", "`pipe` is not a regular file"),
        ("run m.yaml --sandbox --data a=folder", "`folder` is not a regular file"),
        ("run m.yaml --sandbox --world /dev/zero", "`/dev/zero` is not a regular file"),
        ("run m.yaml --sandbox --faults folder", "`folder` is a folder"),
    ] {
        let program = Program::sortie(arguments).file("m.yaml", MANIFEST).file("folder/x", "");
        fifo(program.path("folder").parent().unwrap(), "pipe");
        let run = program.run();
        assert!(run.code == 3 && run.stderr.starts_with(&format!("error: {words}")), "{arguments}: {}", run.shown());
    }
}

#[test]
fn a_manifest_and_a_params_file_may_come_through_pipes() {
    let (mut command, folder) = Program::sortie("run pipe --sandbox --params-file params").into_command();
    let (manifest, params) = (fifo(folder.path(), "pipe"), fifo(folder.path(), "params"));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::fs::write(manifest, MANIFEST).unwrap();
    std::fs::write(params, "p: x\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn a_signal_ends_the_waiting_for_a_pipe() {
    use std::os::unix::process::ExitStatusExt as _;
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let (mut command, folder) = Program::sortie("run pipe --sandbox").into_command();
        fifo(folder.path(), "pipe");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().signal(), Some(number));
    }
}

#[test]
fn colour_is_on_a_terminal_or_where_it_is_asked_for_and_nowhere_else() {
    const RUN: &str = "run m.yaml --sandbox --param p=x";
    let colours = |arguments: &str, pairs: &[(&str, &str)]| {
        let program = Program::sortie(arguments).file("m.yaml", MANIFEST).file("bad.yaml", "version: 2\njobs: {}\n");
        let ended = pairs.iter().fold(program, |program, (name, value)| program.env(name, value)).run();
        (ended.stdout.contains('\u{1b}'), ended.stderr.contains('\u{1b}'))
    };
    for (arguments, pairs, expected) in [
        (RUN, [].as_slice(), (false, false)),
        ("run m.yaml --sandbox --param p=x --color always", &[], (true, false)),
        (RUN, &[("FORCE_COLOR", "1")], (true, false)),
        (RUN, &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], (false, false)),
        ("run m.yaml --sandbox --param p=x --color never", &[("CLICOLOR_FORCE", "1")], (false, false)),
        ("run m.yaml --sandbox --param p=x --color always --format json", &[], (false, false)),
        ("run m.yaml --sandbox --color always", &[], (false, true)),
        ("validate bad.yaml --color always", &[], (true, false)),
        ("rnu --color always", &[], (false, true)),
        ("rnu", &[("CLICOLOR_FORCE", "1")], (false, true)),
        ("--help", &[("CLICOLOR_FORCE", "1")], (true, false)),
        ("--help --color=never", &[("CLICOLOR_FORCE", "1")], (false, false)),
        ("runs --color pink", &[], (false, false)),
    ] {
        assert_eq!(colours(arguments, pairs), expected, "{arguments} {pairs:?}");
    }
}
