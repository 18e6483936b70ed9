//! Policies and guard rails of a profile: what they refuse, whom they ask, and that there is no way around them.

mod at_a_terminal;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use expect_test::{Expect, expect};
use sortie::sandbox::World;
use sortie::sandbox::faults::Faults;
use sortie::sandbox::world::Life;

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::slow;

const MANIFEST: &str =
    "version: 1\nname: m\njobs:\n  load:\n    release: Loader\n    folder: HR/Intake\n    matrix: { n: [1, 2, 3] }\n";

const RULES: &str = "version: 1\npolicies:\n  - name: finance-only\n    rule: launch.folder startswith \"Finance/\"\n    message: ask the platform team\n";

/// A fixture with a config file whose profile `prod` leads to the server and has `keys` besides.
fn with_profile(keys: &str) -> CliFixture {
    profile_of(CliFixture::new(), keys)
}

fn profile_of(fixture: CliFixture, keys: &str) -> CliFixture {
    fixture.file("m.yaml", MANIFEST);
    fixture.file("p.yaml", RULES);
    let config = format!(
        "default: prod\nprofiles:\n  prod:\n    url: {}\n    auth: {{ token: {{ env: SERVER_TOKEN }} }}\n    settle: 2s\n{keys}",
        fixture.sandbox.url()
    );
    fixture.file("config.yaml", &config);
    fixture
}

/// `sortie` with `arguments` by the profile `prod`.
fn by_profile(fixture: &CliFixture, arguments: &str) -> CliOutput {
    let mut command = fixture.command_without_a_server(arguments);
    command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).env("SERVER_TOKEN", fixture.sandbox.token());
    fixture.told(command.output().unwrap())
}

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

const POLICIES: &str = "    policies:\n      - name: finance-only\n        rule: launch.folder startswith \"Finance/\"\n        message: ask the platform team\n";

#[test]
fn a_policy_file_is_checked_by_validate_and_plan_and_refused_by_run() {
    let fixture = with_profile("");
    check(
        &fixture.offline("plan m.yaml --policy p.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error[policy]: 3 launches of `load` break the policy `finance-only`: ask the platform team
         --> m.yaml:4:3
          |
        4 |   load:
          |   ^^^^ `load/1`, `load/2`, `load/3`
         ::: p.yaml:4:11
          |
        4 |     rule: launch.folder startswith "Finance/"
          |           ----------------------------------- this rule
          |
          = help: `launch.folder` is "HR/Intake"; the rule stands in p.yaml

        1 error
    "#]],
    );
    for call in
        ["validate m.yaml --policy p.yaml", "run m.yaml --policy p.yaml", "run m.yaml --sandbox --policy p.yaml"]
    {
        let told = by_profile(&fixture, call);
        assert_eq!(told.code, 3, "{call}: {}", told.shown());
        assert!(
            told.stderr.contains("break the policy `finance-only`: ask the platform team")
                || told.stdout.contains("break the policy"),
            "{call}: {}",
            told.shown()
        );
    }
    assert_eq!(fixture.starts(), 0);
    assert_eq!(by_profile(&fixture, "run m.yaml -q").code, 0, "without the file there is no rule");
}

#[test]
fn there_is_no_way_around_the_policies_of_a_profile() {
    let fixture = with_profile(POLICIES);
    fixture.file("none.yaml", "version: 1\npolicies:\n  - { name: none, rule: true, message: m }\n");
    check(
        &by_profile(&fixture, "run m.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error[policy]: 3 launches of `load` break the policy `finance-only`: ask the platform team (profile `prod`)
         --> m.yaml:4:3
          |
        4 |   load:
          |   ^^^^ `load/1`, `load/2`, `load/3`
         ::: FOLDER/config.yaml:9:15
          |
        9 |         rule: launch.folder startswith "Finance/"
          |               ----------------------------------- this rule
          |
          = help: `launch.folder` is "HR/Intake"; the rule stands in FOLDER/config.yaml

        1 error
    "#]],
    );
    let by_environment = |call: &str| {
        let mut command = fixture.command(call);
        fixture.told(command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).output().unwrap())
    };
    for told in [
        by_profile(&fixture, "plan m.yaml"),
        by_profile(&fixture, "validate m.yaml --profile prod"),
        by_profile(&fixture, "run m.yaml --yes"),
        by_profile(&fixture, "run m.yaml --policy none.yaml"),
        by_profile(&fixture, "run m.yaml --filter matrix.n==1"),
        by_profile(&fixture, "run m.yaml m.yaml"),
        by_profile(&fixture, "start Loader --folder HR/Intake"),
        // The environment forms a profile of its own, which leads to the same tenant.
        by_environment("run m.yaml"),
        by_environment("run m.yaml --profile env"),
    ] {
        assert_eq!(told.code, 3, "{}", told.shown());
        let words = format!("{}{}", told.stdout, told.stderr);
        assert!(words.contains("policy `finance-only`"), "{}", told.shown());
    }
    assert_eq!(fixture.starts(), 0);
    assert!(!fixture.ledger().exists() || fixture.runs().is_empty(), "nothing was begun");
    // A sandbox is nobody's tenant.
    assert_eq!(by_profile(&fixture, "run m.yaml --sandbox -q").code, 0);
}

#[test]
fn a_config_file_that_cannot_be_read_is_no_way_around_its_rules_either() {
    let fixture = with_profile(POLICIES);
    let broken = fs::read_to_string(fixture.path().join("config.yaml")).unwrap().replace("settle: 2s", "settle: soon");
    let mut command = fixture.command("run m.yaml -q");
    let told = fixture.told(command.env("SORTIE_CONFIG", fixture.path().join("not-there.yaml")).output().unwrap());
    assert_eq!((told.code, fixture.starts()), (3, 0), "a file that is named is there: {}", told.shown());
    for (text, code) in [("profiles: {", 3), (broken.as_str(), 3), ("# nothing yet\n", 0)] {
        fixture.file("config.yaml", text);
        let mut command = fixture.command("run m.yaml -q");
        let told = fixture.told(command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).output().unwrap());
        assert_eq!((told.code, fixture.starts()), (code, if code == 0 { 3 } else { 0 }), "{text}: {}", told.shown());
    }
}

#[test]
fn what_a_retry_may_start_again_is_asked_about_and_held_against_the_rules() {
    let life = Life { pending: Duration::ZERO, running: Duration::from_secs(3600), ..Life::default() };
    let fixture = profile_of(CliFixture::with(&World { life, ..World::obliging() }, Faults::new()), "");
    fixture.file("m.yaml", &format!("{MANIFEST}    retry: {{ faulted: 1, on: [business] }}\n"));
    let mut command = fixture.command_without_a_server("run m.yaml");
    command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).env("SERVER_TOKEN", fixture.sandbox.token());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fixture.starts() < 3 || fixture.runs()[0]["totals"]["started"] != 3 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // All that the plan has is started, and robot jobs that fault are started again.
    let config = fs::read_to_string(fixture.path().join("config.yaml")).unwrap();
    for (keys, words) in
        [("    protected: true\n", "`--yes` says that it is meant"), (POLICIES, "policy `finance-only`")]
    {
        fixture.file("config.yaml", &format!("{config}{keys}"));
        let told = by_profile(&fixture, "resume last");
        assert!(told.code == 3 && told.stderr.contains(words), "{}", told.shown());
    }
}

#[test]
fn what_was_begun_before_a_rule_was_made_is_not_sent_on_against_it() {
    let fixture = with_profile("");
    assert_eq!(by_profile(&fixture, "run m.yaml -q").code, 0);
    let starts = fixture.starts();
    let config = fixture.read("config.yaml");
    fixture.file("config.yaml", &format!("{config}{POLICIES}"));
    let again = by_profile(&fixture, "rerun last --all");
    check(
        &again,
        expect![[r#"
        exit 3
        --- stderr
        error[policy]: 3 launches of `load` break the policy `finance-only`: ask the platform team (profile `prod`)
         --> m.yaml:4:3
          |
        4 |   load:
          |   ^^^^ `load/1`, `load/2`, `load/3`
         ::: FOLDER/config.yaml:9:15
          |
        9 |         rule: launch.folder startswith "Finance/"
          |               ----------------------------------- this rule
          |
          = help: `launch.folder` is "HR/Intake"; the rule stands in FOLDER/config.yaml

        1 error
    "#]],
    );
    assert_eq!((fixture.starts(), fixture.runs().len()), (starts, 1));
    // What is over needs no leave, and is shown.
    assert_eq!(by_profile(&fixture, "report last -q").code, 0);
    assert_eq!(by_profile(&fixture, "resume last").code, 0);
}

#[test]
fn mistakes_in_a_profiles_rules_are_located_in_the_config_file_which_is_not_shown_otherwise() {
    let fixture = with_profile(
        "    policies: # ours\n      - name: a\n        rule: launch.foldr == 1\n        message: m\n    tenant: Default\n",
    );
    let told = by_profile(&fixture, "plan m.yaml");
    check(
        &told,
        expect![[r#"
        exit 3
        --- stderr
        error[unknown-name]: `launch.foldr` is not known of a launch
         --> FOLDER/config.yaml:9:15
          |
        9 |         rule: launch.foldr == 1
          |               ^^^^^^^^^^^^
          |
          = help: did you mean `launch.folder`?

        1 error
    "#]],
    );
    assert!(!told.stderr.contains("SERVER_TOKEN"), "{}", told.shown());
}

#[test]
fn policies_with_nothing_behind_them_are_an_error_and_not_no_rules() {
    for nothing in ["", " ~", " null", "\n      # - name: finance-only"] {
        let fixture = with_profile(&format!("    policies:{nothing}\n    protected: false\n"));
        for call in ["plan m.yaml", "run m.yaml", "validate m.yaml --profile prod"] {
            let told = by_profile(&fixture, call);
            assert_eq!((told.code, fixture.starts()), (3, 0), "{call} {nothing}: {}", told.shown());
            assert!(told.stderr.contains("config.yaml:7:"), "{call} {nothing}: {}", told.shown());
            assert!(told.stderr.contains("`policies` has no rule behind it"), "{call} {nothing}: {}", told.shown());
        }
    }
}

#[test]
fn whatever_starts_robot_jobs_takes_a_file_of_rules() {
    let fixture = with_profile("");
    assert_eq!(by_profile(&fixture, "run m.yaml -q").code, 0);
    let starts = fixture.starts();
    for call in ["rerun last --all", "start Loader --folder HR/Intake"] {
        let told = by_profile(&fixture, &format!("{call} --policy p.yaml"));
        assert_eq!((told.code, fixture.starts()), (3, starts), "{call}: {}", told.shown());
        assert!(told.stderr.contains("the policy `finance-only`"), "{call}: {}", told.shown());
    }
    fixture.file("slow.yaml", &slow(MANIFEST));
    let mut command = fixture.command_without_a_server("run slow.yaml");
    command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).env("SERVER_TOKEN", fixture.sandbox.token());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fixture.starts() == starts {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it started anything");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = by_profile(&fixture, "resume last --policy p.yaml --rate 1000/s");
    assert!(told.code == 3 && told.stderr.contains("the policy `finance-only`"), "{}", told.shown());
    assert_eq!(fixture.starts(), starts + 1);
    // A report of the call does not replace the file that it reads.
    let told = by_profile(&fixture, "resume last --policy p.yaml --report json=p.yaml");
    assert!(told.code == 3 && told.stderr.contains("the file of rules"), "{}", told.shown());
    assert_eq!(by_profile(&fixture, "resume last -q --rate 1000/s").code, 0);
}

#[test]
fn a_protected_profile_wants_a_yes_for_whatever_starts_robot_jobs() {
    let fixture = with_profile("    protected: true\n");
    check(
        &by_profile(&fixture, "run m.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: nothing was started: the profile is protected, and nobody is there to be asked about 3 launches of `m` in HR/Intake with profile `prod`
          help: `--yes` says that it is meant
    "#]],
    );
    assert_eq!((fixture.starts(), fixture.operations("StartJobs")), (0, 0));
    // What starts nothing is not asked about.
    for call in ["plan m.yaml", "run m.yaml --dry-run", "run m.yaml --sandbox -q", "validate m.yaml"] {
        assert_eq!(by_profile(&fixture, call).code, 0, "{call}");
    }
    assert_eq!(by_profile(&fixture, "start Loader --folder Shared").code, 3);
    assert_eq!(by_profile(&fixture, "run m.yaml --yes -q").code, 0);
    assert_eq!(by_profile(&fixture, "start Loader --folder Shared --yes -q").code, 0);
    let starts = fixture.starts();
    assert_eq!(by_profile(&fixture, "rerun m --all").code, 3);
    assert_eq!(fixture.starts(), starts);
    // Nobody is kept from stopping.
    assert_eq!(by_profile(&fixture, "cancel m").code, 0);
}

#[test]
fn above_a_number_of_launches_somebody_is_asked() {
    let fixture = with_profile("    confirm-above: 2\n");
    check(
        &by_profile(&fixture, "run m.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: nothing was started: the profile asks above 2 launches, and nobody is there to be asked about 3 launches of `m` in HR/Intake with profile `prod`
          help: `--yes` says that it is meant
    "#]],
    );
    assert_eq!(by_profile(&fixture, "run m.yaml -q --filter matrix.n<3").code, 0, "two are not above two");
    assert_eq!(by_profile(&fixture, "run m.yaml -q --yes").code, 0);
    assert_eq!(fixture.starts(), 5);
}

#[test]
fn what_one_call_starts_is_counted_together() {
    let fixture = with_profile("    confirm-above: 4\n");
    let other = MANIFEST.replace("name: m", "name: n");
    fixture.file("n.yaml", &other);
    check(
        &by_profile(&fixture, "run m.yaml n.yaml"),
        expect![[r#"
            exit 3
            --- stderr
            the profile asks above 4 launches, and nobody is there to be asked
            error: nothing was started: 6 launches of 2 manifests were not confirmed
              help: `--yes` says that it is meant
        "#]],
    );
    // Three of one are not above four, and nobody asks about what is only shown.
    assert_eq!(by_profile(&fixture, "run m.yaml n.yaml --dry-run").code, 0);
    assert_eq!((by_profile(&fixture, "run m.yaml -q").code, fixture.starts()), (0, 3));
    assert_eq!((by_profile(&fixture, "run m.yaml n.yaml -q --yes").code, fixture.starts()), (0, 9));
    // Slots that were missed, and the one that is wanted.
    let daily = MANIFEST.replace("jobs:", "schedule: { slot: 1d }\njobs:").replace("name: m", "name: daily");
    fixture.file("daily.yaml", &daily);
    assert_eq!((by_profile(&fixture, "run daily.yaml -q --slot 2026-01-26").code, fixture.starts()), (0, 12));
    let told = by_profile(&fixture, "run daily.yaml --slot 2026-01-28 --catch-up 5");
    assert_eq!((told.code, fixture.starts()), (3, 12), "{}", told.shown());
    let words = "nothing was started: the profile asks above 4 launches, and nobody is there to be asked about 6 launches of `daily`";
    assert!(told.stderr.contains(words), "{}", told.shown());
    let told = by_profile(&fixture, "run daily.yaml -q --slot 2026-01-28 --catch-up 5 --yes");
    assert_eq!((told.code, fixture.starts()), (0, 18), "{}", told.shown());
}
