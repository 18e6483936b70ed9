//! Narrow terminals, no terminal, no home, a locale without letters, readers that leave.

use std::process::{Command, Stdio};

use crate::cli::Program;

const NIGHT: &str =
    "version: 1\nname: night\nfolder: F\njobs:\n  load: { release: \"\u{dc}bertrag \u{2192} SAP\", count: 2 }\n";

/// What newcomers type first, and how each ends.
const FIRST: &[(&str, i32)] = &[
    ("", 0),
    ("-h", 0),
    ("--help", 0),
    ("help run", 0),
    ("help manifest", 0),
    ("help nothing", 3),
    ("version", 0),
    ("man", 0),
    ("completions bash", 0),
    ("init hello", 0),
    ("validate", 0),
    ("validate bad.yaml", 3),
    ("plan night.yaml", 0),
    ("plan night.yaml --format markdown", 0),
    ("run night.yaml --sandbox", 0),
    ("start Ping --folder F --sandbox", 0),
    ("list", 3),
];

/// A command line for a shell that runs `sortie` with these arguments.
fn line(arguments: &str) -> String {
    format!("{} {arguments}", env!("CARGO_BIN_EXE_sortie"))
}

fn shell(arguments: &str) -> (Command, tempfile::TempDir) {
    let bad = "version: 1\nname: Bad Name\njobs: {}\n";
    let program = Program::sortie("").file("night.yaml", NIGHT).file("bad.yaml", bad);
    let (_, folder) = program.into_command();
    if arguments == "validate" {
        std::fs::remove_file(folder.path().join("bad.yaml")).unwrap();
    }
    let mut command = Command::new("sh");
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder.path().join("home"));
    command.current_dir(folder.path()).stdin(Stdio::null());
    (command, folder)
}

#[test]
fn without_a_home_and_with_the_c_locale_everything_works() {
    for (arguments, code) in FIRST {
        let (mut command, _folder) = shell(arguments);
        command.env_remove("HOME").env("LANG", "C").env("LC_ALL", "C");
        let output = command.args(["-c", &line(arguments)]).output().unwrap();
        let words = String::from_utf8(output.stderr).expect("UTF-8, whatever the locale");
        assert_eq!(output.status.code(), Some(*code), "{arguments}: {words}");
        assert!(!words.contains("panicked"), "{arguments}: {words}");
    }
}

#[test]
fn a_reader_that_leaves_after_a_line_is_no_error() {
    for (arguments, code) in FIRST {
        let (mut command, _folder) = shell(arguments);
        // The exit status of sortie itself, behind that of `head`.
        let script = format!("{{ {}; echo $? >&3; }} 3>code | head -n 1 >/dev/null", line(arguments));
        let output = command.args(["-c", &script]).output().unwrap();
        let ended = std::fs::read_to_string(command.get_current_dir().unwrap().join("code")).unwrap();
        assert_eq!(ended.trim(), code.to_string(), "{arguments}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("roken pipe"), "{arguments}");
    }
}

#[test]
fn a_reader_that_left_before_the_first_word_changes_no_exit_code() {
    let others = [
        ("validate bad.yaml --format github", 3),
        ("validate bad.yaml --format sarif", 3),
        ("test night.yaml", 20),
        ("test night.yaml --format junit", 20),
        ("diff night.yaml other.yaml --exit-code", 20),
        ("diff night.yaml other.yaml --exit-code --format json", 20),
        ("run night.yaml bad.yaml --sandbox", 3),
        ("explain nothing", 3),
    ];
    for (arguments, code) in FIRST.iter().chain(&others) {
        let (mut command, folder) = shell(arguments);
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        if *arguments != "validate" {
            write("other.yaml", &NIGHT.replace("count: 2", "count: 3"));
            write(
                "night.test.yaml",
                "version: 1\nmanifest: night.yaml\ntests:\n  - name: wrong\n    expect: { launches: 7 }\n",
            );
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = command.args(["-c", &line(arguments)]).stdout(writer).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(*code), "{arguments}");
    }
}

#[test]
fn a_stdout_that_is_closed_is_as_one_that_nobody_reads() {
    for (arguments, code) in FIRST {
        let (mut command, _folder) = shell(arguments);
        let status = command.args(["-c", &format!("{} >&-", line(arguments))]).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(*code), "{arguments}");
    }
}

/// On a terminal of 40 columns, which `script` makes.
#[test]
fn on_forty_columns_nothing_breaks() {
    for (arguments, code) in FIRST {
        let (mut command, folder) = shell(arguments);
        let typed = format!("stty cols 40 rows 20; {}; echo code $?", line(arguments));
        std::fs::write(folder.path().join("typed"), typed).unwrap();
        let script = "script -qec 'sh typed' /dev/null < /dev/null";
        let output = command.args(["-c", script]).env("TERM", "xterm").output().unwrap();
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(
            shown.trim_end().ends_with(&format!("code {code}")) || shown.contains(&format!("code {code}\r\n")),
            "{arguments}: {shown}"
        );
        assert!(!shown.contains("panicked"), "{arguments}: {shown}");
        if *arguments == "-h" {
            let plain = anstream::adapter::strip_str(&shown).to_string();
            let wide: Vec<&str> = plain.lines().filter(|line| line.trim_end().chars().count() > 40).collect();
            // Verbs stay one to a line; a terminal breaks what is longer.
            assert!(wide.iter().all(|line| line.trim_end().chars().count() < 110), "{wide:#?}");
            let options = plain.split("Options:").nth(1).expect("options").split("\n\n").next().unwrap();
            assert!(options.lines().all(|line| line.trim_end().chars().count() <= 40), "{options}");
        }
    }
}
