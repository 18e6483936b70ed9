//! Where a ledger and other files lie: `~` that no shell expanded, relative names, mounts.

#![allow(clippy::print_stderr, reason = "a test that cannot be tried must say so")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;

use crate::cli::cli_fixture::CliFixture;

const ONCE: &str = "
version: 1
name: once
folder: Shared
jobs:
  a: { release: Ping, once: true }
";

#[test]
fn a_tilde_that_no_shell_expanded_is_the_home_folder() {
    let fixture = CliFixture::new();
    let home = fixture.path().join("home");
    for folder in ["home", "a", "b"] {
        fs::create_dir(fixture.path().join(folder)).unwrap();
    }
    fs::write(home.join("m.yaml"), ONCE).unwrap();
    let from = |folder: &str, arguments: &str, ledger: Option<&str>| {
        let mut command = fixture.command(arguments);
        command.current_dir(fixture.path().join(folder)).env("HOME", &home).env_remove("SORTIE_LEDGER");
        if let Some(ledger) = ledger {
            command.env("SORTIE_LEDGER", ledger);
        }
        fixture.told(command.output().unwrap())
    };
    // By the variable, by either form of the flag, and from whichever folder: one ledger.
    for (folder, arguments, ledger) in [
        ("a", "run ~/m.yaml -q --report json=~/out/r.json", Some("~/ledger.db")),
        ("b", "run ~/m.yaml -q", Some("~/ledger.db")),
        ("b", "run ~/m.yaml -q --ledger=~/ledger.db", None),
        ("a", "run ~/m.yaml -q --ledger ~/ledger.db", Some("relative.db")),
    ] {
        let told = from(folder, arguments, ledger);
        assert_eq!((told.code, fixture.starts()), (0, 1), "{arguments} in {folder}: {}", told.shown());
    }
    assert!(home.join("ledger.db").is_file() && home.join("out/r.json").is_file());
    for folder in ["a", "b"] {
        assert_eq!(fs::read_dir(fixture.path().join(folder)).unwrap().count(), 0, "{folder} stays empty");
    }
    expect![[r#"
        exit 3
        --- stderr
        error: `~ada/ledger.db` names another user's home folder, which only a shell can find
          help: write the whole path, or `./~ada/ledger.db` for a folder of that name
    "#]]
    .assert_eq(&from("a", "runs", Some("~ada/ledger.db")).shown());
}

#[test]
fn a_variable_that_means_another_ledger_in_each_folder_is_refused_and_a_flag_is_not() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", ONCE);
    let told = |arguments: &str| {
        let mut command = fixture.command(arguments);
        command.env("SORTIE_LEDGER", "state/ledger.db");
        fixture.told(command.output().unwrap())
    };
    for verb in ["run m.yaml", "runs", "resume last", "report last"] {
        let refused = told(verb);
        assert_eq!((refused.code, fixture.starts()), (3, 0), "{verb}: {}", refused.shown());
    }
    expect![[r#"
        exit 3
        --- stderr
        error: SORTIE_LEDGER is `state/ledger.db`, which is another ledger in each working directory: what one run started, the next would start again
          help: write the whole path; `--ledger FILE` may be relative
    "#]]
    .assert_eq(&told("run m.yaml").shown());
    assert!(!fixture.path().join("state").exists());
    assert_eq!((told("run m.yaml -q --ledger state/ledger.db").code, fixture.starts()), (0, 1));
}

#[test]
fn a_ledger_that_is_mounted_by_itself_is_refused() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", ONCE);
    assert_eq!(fixture.sortie("run m.yaml -q --run-key k").code, 0);
    fs::create_dir(fixture.path().join("x")).unwrap();
    let mounted = fixture.path().join("x/ledger.db");
    fs::write(&mounted, "").unwrap();
    let status = Command::new("mount").arg("--bind").args([&fixture.ledger(), &mounted]).stderr(Stdio::null()).status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: nothing can be mounted here");
        return;
    }
    let _mounted = Mounted(&mounted);
    // By its name, by a link to it, and whatever is asked.
    std::os::unix::fs::symlink(&mounted, fixture.path().join("link.db")).unwrap();
    for arguments in ["run m.yaml --run-key k2 --ledger x/ledger.db", "runs --ledger link.db"] {
        let told = fixture.sortie(arguments);
        assert_eq!((told.code, fixture.starts()), (1, 1), "{arguments}: {}", told.shown());
        assert!(told.stderr.contains("mount its folder instead"), "{arguments}: {}", told.shown());
    }
    assert!(!fixture.path().join("x/ledger.db.locks").exists() && !fixture.path().join("x/ledger.db-wal").exists());
}

/// A mount that goes with this value.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().ok();
    }
}
