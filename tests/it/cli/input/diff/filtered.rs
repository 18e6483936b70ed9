//! `diff --filter` and `--only`: launches of both sides, and what is refused where neither has any.

use expect_test::expect;

use super::{changed, check};
use crate::cli::Program;

#[test]
fn a_filter_takes_launches_of_both_sides_and_policies_are_no_business_of_a_difference() {
    check(
        changed("diff main specs/night.yaml --filter job==\"load\"&&row.id!=\"A\""),
        expect![[r#"
        exit 0
        --- stdout
        specs/night.yaml: 1 -> 2 launches
          + load/C
          ~ arguments.region: emea -> apac in load/B

        1 launch added, 0 removed, 1 changed, 0 the same
    "#]],
    );
    // A manifest whose launches have no rows is no error beside one whose have: none of them is meant.
    check(
        changed("diff main --filter row.id!=\"A\""),
        expect![[r#"
        exit 0
        --- stdout
        specs/night.yaml: 1 -> 2 launches
          + load/C
          ~ arguments.region: emea -> apac in load/B

        1 of 2 manifests differ: 1 launch added, 0 removed, 1 changed
    "#]],
    );
    let ended = changed("diff main --policy p.yaml").run();
    assert!(ended.code == 3 && ended.stderr.contains("`sortie plan` check policies"), "{}", ended.shown());
    let help = Program::sortie("diff --help").run();
    assert!(help.stdout.contains("--filter") && !help.stdout.contains("--policy"), "{}", help.shown());
}

#[test]
fn what_the_filter_takes_of_one_side_alone_comes_or_goes() {
    // `load/C` is new.
    check(
        changed("diff main specs/night.yaml --filter row.id==\"C\" --exit-code"),
        expect![[r#"
        exit 20
        --- stdout
        specs/night.yaml: new, 1 launch
          + load/C

        1 launch added, 0 removed, 0 changed, 0 the same
    "#]],
    );
    let ended = changed("diff specs/night.yaml main:specs/night.yaml --filter row.id==\"C\"").run();
    assert!(ended.code == 0 && ended.stdout.contains("- load/C"), "{}", ended.shown());
}

#[test]
fn a_filter_or_job_that_neither_side_has_is_refused_and_is_not_taken_for_no_difference() {
    for (call, words) in [
        ("--filter row.id==\"Z\"", "the filter does not take any of"),
        ("--filter job==\"lode\"", "the filter does not take"),
        ("--filter row.idd==\"A\"", "`row.idd` is not there"),
        ("--filter row.id==", "--filter:1:"),
        ("--only lode", "no manifest of either side has a job `lode`"),
    ] {
        for sides in [
            "main",
            "main:specs specs",
            "main:specs/night.yaml specs/night.yaml",
            "specs/morning.yaml main:specs/morning.yaml",
        ] {
            let ended = changed(&format!("diff {sides} {call} --exit-code")).run();
            assert_eq!(ended.code, 3, "{sides} {call}: {}", ended.shown());
            let is_other = sides.contains("morning") && call.contains("row.id");
            assert!(is_other || ended.stderr.contains(words), "{sides} {call}: {}", ended.shown());
        }
    }
    // What is the same on both sides and has it is a question with an answer.
    let ended = changed("diff specs/morning.yaml main:specs/morning.yaml --filter job==\"greet\" --exit-code").run();
    assert!(ended.code == 0 && ended.stdout.contains("nothing differs"), "{}", ended.shown());
}
