use super::*;

fn prepare(targets: &[ReportTarget]) -> Result<ReportFiles, ReportFileError> {
    ReportFiles::prepare(targets, &ProtectedPaths::default())
}

fn target(format: ReportFormat, path: &Path) -> ReportTarget {
    ReportTarget { format, path: path.to_owned(), placement: ReportPlacement::Person }
}

#[test]
fn a_report_appears_whole_and_keeps_what_was_there_until_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/night.json");
    let mut files = prepare(&[target(ReportFormat::Json, &path)]).expect("a place");
    assert!(!path.exists(), "nothing is there before it is whole");
    files.files[0].beside.write_all(b"{}").expect("written");
    assert!(files.keep().is_empty());
    assert_eq!(fs::read_to_string(&path).expect("there"), "{}");

    let again = prepare(&[target(ReportFormat::Json, &path)]).expect("a place");
    *again.files[0].fault.borrow_mut() = Some(io::Error::other("disk full"));
    let faults: Vec<String> = again.keep().iter().map(ToString::to_string).collect();
    assert_eq!(faults, [format!("report `{}` cannot be written", path.display())]);
    assert_eq!(fs::read_to_string(&path).expect("there"), "{}", "the old one stays");
    assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("read").count(), 1, "no leftovers");
}

#[test]
fn what_is_no_file_is_refused_and_a_link_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |path: &Path| prepare(&[target(ReportFormat::Text, path)]).err().map(|e| e.to_string());
    assert!(refused(folder.path()).is_some_and(|words| words.ends_with("it is not a regular file")));
    assert!(refused(Path::new("/dev/null")).is_some_and(|words| words.ends_with("it is not a regular file")));

    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::write(&real, "old").expect("written");
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    let both = [target(ReportFormat::Json, &real), target(ReportFormat::Text, &link)];
    assert!(matches!(prepare(&both), Err(ReportFileError::Twice { .. })));
    let files = prepare(&both[1..]).expect("a place");
    assert!(files.keep().is_empty());
    assert_eq!(fs::read_to_string(&real).expect("there"), "", "the link's file is replaced");
    assert!(link.is_symlink(), "the link stays");
}

#[test]
fn no_two_reports_go_to_one_place() {
    let folder = tempfile::tempdir().expect("a folder");
    // Neither the file nor its folder is there yet.
    let (plain, dotted) = (folder.path().join("new/a.json"), folder.path().join("new/../new/a.json"));
    let both = [target(ReportFormat::Json, &plain), target(ReportFormat::Text, &dotted)];
    assert!(matches!(prepare(&both), Err(ReportFileError::Twice { .. })));
}

#[test]
fn a_manifests_report_replaces_a_report_or_nothing_and_a_persons_no_manifest_and_no_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    let (manifest, ledger) = ("version: 1\nname: x\njobs: {}\n", "SQLite format 3\0");
    let lock = folder.path().join("x.db.locks");
    fs::create_dir(&lock).expect("made");
    fs::write(folder.path().join("x.db"), "a ledger").expect("written");
    for (name, text, by_manifest, by_person) in [
        ("a", "", true, true),
        ("a", "{\"version\": 1,\n \"run\": {\"id\": null, ", true, true),
        ("a", "{\"version\": 1,\n \"run\": {\"id\": \"x\"}}", false, true),
        ("a", "{\"line\":\"run\",\"sortie-run\":1", false, false),
        ("a", "#!/bin/sh\n", false, true),
        ("a", "name: CI\non: push\njobs: {}\n", false, true),
        ("a", manifest, false, false),
        ("a", "version: 1\ntests:\n  - name: x\n", false, false),
        ("a", "version: 1\npolicies: []\n", false, false),
        ("a", ledger, false, false),
        ("x.db.locks/run", "", false, false),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        let by = [(ReportPlacement::Manifest, by_manifest), (ReportPlacement::Person, by_person)];
        for (placement, expected) in by.into_iter().chain([(ReportPlacement::StepSummary, by_person)]) {
            let prepared = prepare(&[ReportTarget { placement, ..target(ReportFormat::Json, &path) }]);
            assert_eq!(prepared.is_ok(), expected, "{name} {text:?} {placement:?}");
        }
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
    }
}

#[test]
fn a_summary_is_added_to_what_other_steps_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("summary");
    let summary = || {
        let target = ReportTarget { placement: ReportPlacement::StepSummary, ..target(ReportFormat::Markdown, &path) };
        let mut files = prepare(&[target]).expect("a place");
        files.files[0].beside.write_all(b"ours\n").expect("written");
        assert!(files.keep().is_empty());
        fs::read_to_string(&path).expect("there")
    };
    assert_eq!(summary(), "ours\n");
    fs::write(&path, "theirs").expect("written");
    assert_eq!(summary(), "theirs\nours\n");
    assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1, "no leftovers");
    let nowhere =
        ReportTarget { placement: ReportPlacement::StepSummary, ..target(ReportFormat::Markdown, Path::new("")) };
    assert!(matches!(prepare(&[nowhere]), Err(ReportFileError::NoStepSummary)));
}
