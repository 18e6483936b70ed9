//! Help, topics, man pages and the version.

use std::process::{Command, Stdio};

use crate::cli::Program;

#[test]
fn the_short_help_fits_a_terminal_and_has_every_verb_in_a_group() {
    let ended = Program::sortie("-h").run();
    assert_eq!(ended.code, 0);
    expect_test::expect_file![crate::cli::program::project().join("tests/it/cli/help/short.txt")]
        .assert_eq(&ended.shown());
    assert!(ended.stdout.lines().count() <= 58, "{}", ended.stdout);
}

#[test]
fn help_of_a_verb_is_its_help_and_that_of_a_topic_a_page() {
    for (words, verb) in [("run", "run --help"), ("runs export", "runs export --help"), ("", "--help")] {
        let (help, own) = (Program::sortie(&format!("help {words}")).run(), Program::sortie(verb).run());
        assert_eq!((help.code, &help.stdout), (0, &own.stdout), "{words}");
    }
    let ended = Program::sortie("help exit-codes").run();
    assert!(ended.code == 0 && ended.stdout.starts_with("Exit codes\n"), "{}", ended.shown());
    let root = Program::sortie("--help").run().stdout;
    let listed = root.lines().skip_while(|line| !line.starts_with("Topics")).skip(1);
    let topics: Vec<&str> =
        listed.take_while(|line| !line.is_empty()).flat_map(|line| line.trim().split(',')).collect();
    let topics = topics.into_iter().map(str::trim).filter(|topic| !topic.is_empty()).collect::<Vec<_>>();
    assert!(topics.len() >= 8, "{root}");
    for topic in topics {
        let ended = Program::sortie(&format!("help {topic}")).run();
        assert!(ended.code == 0 && ended.stdout.len() > 1000, "{topic}: {}", ended.shown());
    }
    let ended = Program::sortie("help expresions").run();
    expect_test::expect![[r#"
        exit 3
        --- stderr
        error: there is no verb and no topic `expresions`
          help: did you mean `sortie help expressions`? `sortie -h` lists the verbs; topics: manifest, manifest-tests, policies, data, expressions, filters, ids, connection, slots, saved-plans, waiting, reports, board, events, metrics, faults, world, exactly-once, exit-codes
    "#]].assert_eq(&ended.shown());
    let ended = Program::sortie("help expressions").env("COLUMNS", "40").run();
    assert!(!ended.stdout.contains('\u{1b}'), "no colour into a pipe");
}

#[test]
fn man_pages_are_read_by_man_without_a_warning() {
    let ended = Program::sortie("man pages").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.shown());
    let pages = ended.folder.path().join("pages");
    for name in ["sortie.1", "sortie-run.1", "sortie-runs-export.1", "sortie-init.1"] {
        assert!(pages.join(name).is_file(), "{name}");
    }
    let one = Program::sortie("man").run();
    assert_eq!(one.stdout, std::fs::read_to_string(pages.join("sortie.1")).unwrap());
    let example = std::fs::read_to_string(pages.join("sortie-run.1")).unwrap();
    assert!(example.contains("sortie run hello.yaml \\-\\-sandbox\n"), "{example}");
    if !Command::new("man")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
    {
        eprintln!("man is absent: the pages were not rendered");
        return;
    }
    for page in std::fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().path()) {
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l"]).arg(&page).env("MANWIDTH", "100").env("MANROFFOPT", "-ww");
        let output = man.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{page:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains("SYNOPSIS"), "{page:?}: {text}");
    }
}

#[test]
fn the_version_says_what_it_was_built_for() {
    let line = Program::sortie("--version").run().stdout;
    assert_eq!(Program::sortie("version").run().stdout, line);
    let told = Program::sortie("version --format json").run().json();
    assert_eq!(told, Program::sortie("--version --format json").run().json());
    assert_eq!((&told["name"], &told["version"]), (&"sortie".into(), &env!("CARGO_PKG_VERSION").into()));
    let target = told["target"].as_str().unwrap();
    assert!(target.split('-').count() >= 3 && line.contains(target), "{target}: {line}");
    if let Some(commit) = told["commit"].as_str() {
        assert!(line.contains(commit), "{line}");
    }
}
