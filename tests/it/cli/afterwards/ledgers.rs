//! Ledgers that cannot be used, each with its own words; ledgers that fill up in the middle; ledgers that many use at once.

#![allow(clippy::print_stderr, reason = "a test that cannot be tried must say so")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// As many launches of one robot job.
fn manifest(launches: usize) -> String {
    let jobs: Vec<String> = (0..launches).map(|number| format!("  j-{number}: {{ release: Ping }}\n")).collect();
    format!(
        "version: 1\nname: many\nfolder: Shared\nlimits: {{ launch: {{ rate: 5000/s, burst: 50 }} }}\njobs:\n{}",
        jobs.concat()
    )
}

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

/// A fixture whose manifest has so many launches.
fn fixture(launches: usize) -> CliFixture {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest(launches));
    fixture
}

/// Whether the system lets us; where it does not, the test says that it proved nothing.
fn mounts(arguments: &[&str]) -> bool {
    let is = |status: std::io::Result<std::process::ExitStatus>| status.is_ok_and(|status| status.success());
    let done = is(Command::new("mount").args(arguments).stderr(Stdio::null()).status());
    if !done {
        eprintln!("SKIPPED: nothing can be mounted here");
    }
    done
}

/// A file system that goes with this value.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().ok();
    }
}

#[test]
fn what_is_no_ledger_is_refused_and_left_as_it_is() {
    let fixture = fixture(1);
    fixture.file("text.db", "This is a letter, and nobody wants to lose it.\n".repeat(20).as_str());
    let foreign = rusqlite::Connection::open(fixture.path().join("foreign.db")).unwrap();
    foreign
        .execute_batch("CREATE TABLE customers (id); INSERT INTO customers VALUES (7); PRAGMA user_version = 1")
        .unwrap();
    drop(foreign);
    assert!(Command::new("mkfifo").arg(fixture.path().join("pipe")).status().unwrap().success());
    for name in ["text.db", "foreign.db"] {
        let before = fs::read(fixture.path().join(name)).unwrap();
        for verb in ["run m.yaml", "resume last", "runs"] {
            let told = fixture.sortie(&format!("{verb} --ledger {name}"));
            assert_eq!(
                (told.code, told.stderr.as_str()),
                (
                    1,
                    format!(
                        "error: `{name}` is not a ledger of sortie's, and was left as it is\n  help: name another file with \
                         --ledger or SORTIE_LEDGER\n"
                    )
                    .as_str()
                ),
                "{verb}"
            );
        }
        assert_eq!(fs::read(fixture.path().join(name)).unwrap(), before, "{name}");
    }
    check(
        &fixture.sortie("run m.yaml --ledger pipe"),
        expect![[r#"
            exit 1
            --- stderr
            error: ledger `pipe` is a named pipe, and not a file
              help: name another file with --ledger or SORTIE_LEDGER
        "#]],
    );
    check(
        &fixture.sortie("run m.yaml --ledger ."),
        expect![[r#"
        exit 1
        --- stderr
        error: ledger `.` is a folder, and not a file
          help: name another file with --ledger or SORTIE_LEDGER
    "#]],
    );
    check(
        &fixture.sortie("run m.yaml --ledger /dev/null"),
        expect![[r#"
        exit 1
        --- stderr
        error: ledger `/dev/null` is a device, and not a file
          help: name another file with --ledger or SORTIE_LEDGER
    "#]],
    );
    check(
        &fixture.sortie("runs --ledger pipe"),
        expect![[r#"
        exit 1
        --- stderr
        error: ledger `pipe` is a named pipe, and not a file
          help: name another file with --ledger or SORTIE_LEDGER
    "#]],
    );
    assert_eq!(fixture.starts(), 0);
}

#[test]
fn a_ledger_of_a_newer_sortie_is_refused() {
    let fixture = fixture(1);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    rusqlite::Connection::open(fixture.ledger()).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    check(
        &fixture.sortie("run m.yaml"),
        expect![[r#"
        exit 1
        --- stderr
        error: ledger `FOLDER/ledger.db`: schema version 9 is newer than this version of sortie supports (3)
    "#]],
    );
    assert_eq!(fixture.starts(), 1);
}

#[test]
fn a_ledger_that_may_not_be_written_is_refused_before_anything_is_sent() {
    let fixture = fixture(1);
    let folder = fixture.path().join("read-only");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("ledger.db"), "").unwrap();
    if !mounts(&["-t", "tmpfs", "-o", "ro,size=64k", "none", folder.to_str().unwrap()]) {
        return;
    }
    let _mounted = Mounted(&folder);
    check(
        &fixture.sortie("run m.yaml --ledger read-only/ledger.db"),
        expect![[r#"
            exit 1
            --- stderr
            error: ledger `read-only/ledger.db` cannot be written, and nothing is sent without it: Read-only file system
              help: name a file in a place that may be written, with --ledger or SORTIE_LEDGER
        "#]],
    );
    check(
        &fixture.sortie("run m.yaml --ledger read-only/deeper/ledger.db"),
        expect![[r#"
            exit 1
            --- stderr
            error: ledger `read-only/deeper/ledger.db` cannot be written, and nothing is sent without it: Read-only file system
              help: name a file in a place that may be written, with --ledger or SORTIE_LEDGER
        "#]],
    );
    assert_eq!(fixture.starts(), 0);
}

#[test]
fn a_disk_that_fills_up_ends_the_sending_and_the_run_goes_on_once_there_is_room() {
    let fixture = fixture(2000);
    let folder = fixture.path().join("small");
    fs::create_dir(&folder).unwrap();
    if !mounts(&["-t", "tmpfs", "-o", "size=600k", "none", folder.to_str().unwrap()]) {
        return;
    }
    let mounted = Mounted(&folder);
    let told = fixture.sortie("run m.yaml -q --ledger small/ledger.db --format json");
    assert_eq!(told.code, 1, "{}", told.shown());
    assert!(told.stderr.contains("database or disk is full"), "{}", told.stderr);
    let sent = fixture.starts();
    assert!(sent > 0 && sent < 2000, "{sent} of 2000 were sent");
    assert!(Command::new("mount").args(["-o", "remount,size=16m"]).arg(&folder).status().unwrap().success());
    let resumed = fixture.sortie("resume last -q --ledger small/ledger.db --format json");
    assert_eq!((resumed.code, fixture.jobs()), (0, 2000), "{}", resumed.stderr);
    drop(mounted);
}

#[test]
fn a_damaged_ledger_is_refused_and_nothing_is_sent_by_it() {
    let fixture = fixture(200);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    // All of it into the one file.
    let connection = rusqlite::Connection::open(fixture.ledger()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let whole = fs::read(fixture.ledger()).unwrap();
    assert!(whole.len() > 20 * 4096, "{} bytes", whole.len());
    let mut refusals = BTreeSet::new();
    for place in (0..whole.len()).step_by(4096) {
        fs::write(fixture.ledger(), &whole).unwrap();
        for side in ["ledger.db-wal", "ledger.db-shm"] {
            fs::remove_file(fixture.path().join(side)).ok();
        }
        let mut file = fs::File::options().write(true).open(fixture.ledger()).unwrap();
        file.seek(SeekFrom::Start(place.try_into().unwrap())).unwrap();
        file.write_all(&[0x5a; 512]).unwrap();
        drop(file);
        let told = fixture.sortie("resume last -q");
        assert_eq!(fixture.starts(), 200, "damaged at byte {place}: {}", told.shown());
        if told.code != 0 {
            refusals.insert(without_number(&told.shown()));
        }
    }
    let refusals: Vec<String> = refusals.into_iter().collect();
    expect![[r#"
        exit 1
        --- stderr
        error: `FOLDER/ledger.db` is not a ledger of sortie's, and was left as it is
          help: name another file with --ledger or SORTIE_LEDGER
        exit 1
        --- stderr
        error: the ledger is damaged at block N: its checksum does not fit: bytes were changed or lost
        exit 1
        --- stderr
        error: the ledger's file is damaged, and nothing is sent by it: database disk image is malformed
          help: put a backup in its place; `sortie resume` finds on the server what was started since
    "#]]
    .assert_eq(&refusals.concat());
}

/// `text` without the number of a block: how many a run makes depends on how fast the machine is.
fn without_number(text: &str) -> String {
    match text.split_once("at block ") {
        Some((before, after)) => {
            format!("{before}at block N{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => text.to_owned(),
    }
}

#[test]
fn twenty_runs_share_one_ledger() {
    let fixture = fixture(30);
    let children: Vec<_> = (0..20)
        .map(|_| fixture.command("run m.yaml -q").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in children {
        let told = fixture.told(child.wait_with_output().unwrap());
        assert_eq!(told.code, 0, "{}", told.shown());
    }
    assert_eq!((fixture.starts(), fixture.jobs(), fixture.runs().len()), (600, 600, 20));
    assert!(fixture.runs().iter().all(|run| run["exit-code"] == 0));
}
