//! `sortie explain`: every code has its section, and every sample of a section does what it says.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::Value;
use sortie::diagnostic::Code;
use sortie::exit::ExitStatus;
use sortie::explain::{CodeSample, Explanation, explanations};
use sortie::ledger::state::Verdict;
use sortie::outcome::{FaultClass, JobOutcome};
use sortie::words::Words as _;

use crate::cli::Program;

/// Codes without samples; the page says the reason of each.
const WITHOUT_SAMPLES: [Code; 9] = [
    Code::More,
    Code::Encoding,
    Code::NotInThisVersion,
    Code::UnknownRelease,
    Code::UnknownRobot,
    Code::UnknownMachine,
    Code::ReleaseVersion,
    Code::Ambiguous,
    Code::FolderRefused,
];

fn group(name: &str) -> Vec<Explanation> {
    explanations().filter(|known| known.group == name).collect()
}

/// The codes that are said of the samples of one kind.
#[track_caller]
fn said(samples: &[&CodeSample]) -> BTreeSet<String> {
    let command =
        samples.iter().find(|sample| sample.file.is_none()).map_or("sortie validate .", |sample| sample.text.trim());
    let mut words = shlex::split(command).expect("a command").into_iter();
    assert_eq!(words.next().as_deref(), Some("sortie"), "{command}");
    let is_validate = command.starts_with("sortie validate");
    let mut program = words.fold(Program::sortie(""), Program::arg);
    if is_validate {
        program = program.arg("--format=json");
    }
    for sample in samples {
        if let Some(file) = sample.file {
            program = program.file(file, sample.text);
        }
    }
    let ended = program.run();
    if is_validate {
        let diagnostics = ended.json()["diagnostics"].as_array().expect("a list").clone();
        return diagnostics.iter().map(|said| said["code"].as_str().expect("a code").to_owned()).collect();
    }
    let both = [ended.stdout, ended.stderr].concat();
    let lines = both.lines().filter_map(|line| line.split_once('[')?.1.split_once("]: "));
    lines.map(|(code, _)| code.to_owned()).collect()
}

#[test]
fn every_diagnostic_has_its_section_and_its_samples_show_just_that() {
    let sections = group("Diagnostics");
    let codes: Vec<&str> = sections.iter().map(|known| known.code).collect();
    assert_eq!(
        codes,
        Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        "docs/diagnostics.md, in this order"
    );
    for (code, known) in Code::ALL.iter().zip(&sections) {
        assert_eq!(known.meaning, code.meaning(), "{code}");
        assert_eq!(known.advice, format!("{}.", code.advice()), "{code}");
        assert!(known.why.as_ref().is_some_and(|why| why.len() > 20), "{code} has no reason");
        let (bad, good): (Vec<&CodeSample>, Vec<&CodeSample>) = known.samples.iter().partition(|sample| sample.is_bad);
        if WITHOUT_SAMPLES.contains(code) {
            assert!(bad.is_empty() && good.is_empty() && known.text.contains("There is no sample: "), "{code}");
            continue;
        }
        assert!(!bad.is_empty() && !good.is_empty(), "{code} has no samples: add them to docs/diagnostics.md");
        assert_eq!(said(&bad), BTreeSet::from([code.as_str().to_owned()]), "the bad sample of {code}");
        assert_eq!(said(&good), BTreeSet::new(), "the good sample of {code}");
    }
}

#[test]
fn every_word_of_ours_has_its_section() {
    let check = |name: &str, expected: Vec<String>| {
        let codes: Vec<String> = group(name).iter().map(|known| known.code.to_owned()).collect();
        assert_eq!(codes, expected, "{name}");
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    check("Fault classes", words(FaultClass::NAMES));
    check("Verdicts", Verdict::ALL.iter().map(|verdict| verdict.as_str().to_owned()).collect());
    check("Outcomes", words(JobOutcome::NAMES));
    check("Exit codes", ExitStatus::ALL.iter().map(|status| status.code().to_string()).collect());
}

#[test]
fn every_reason_of_the_published_description_has_its_section() {
    let text = include_str!("../../../../crates/orchestrator-sandbox/tests/openapi/openapi-launch.yaml");
    let reasons = text.split_once("- RobotNotAssignedToFolder").expect("ValidationResultDto").1;
    let reasons = reasons.lines().skip(1).map_while(|line| line.trim().strip_prefix("- "));
    let mut count = 1;
    for reason in std::iter::once("RobotNotAssignedToFolder").chain(reasons) {
        count += 1;
        assert!(group("Orchestrator's codes").iter().any(|known| known.code == reason), "{reason}");
    }
    assert!(count > 20, "{count}");
    for code in ["0", "1000", "1002", "1009", "1100", "1101", "1670", "2818"] {
        assert!(group("Orchestrator's codes").iter().any(|known| known.code == code), "{code}");
    }
}

#[test]
fn a_code_is_explained_in_the_terminal() {
    let ended = Program::sortie("explain error[UNKNOWN-KEY]:").run();
    expect![[r#"
        exit 0
        --- stdout
        unknown-key (diagnostics)

        A key that the format does not know.

        Why: A key that is misspelt would be ignored, and the launch would be another
        one than you mean.

        What to do: check the spelling; `docs/manifest.md` has every key.

        Refused:

            version: 1
            name: night
            folder: Shared
            jobs:
              load:
                release: Loader
                robot: [ETL-01]

        Accepted:

            version: 1
            name: night
            folder: Shared
            jobs:
              load:
                release: Loader
                robots: [ETL-01]

    "#]]
    .assert_eq(&ended.shown());
    let ended = Program::sortie("explain 2818").run();
    expect![[r#"
        exit 0
        --- stdout
        2818 (orchestrator's codes)

        No machine with Unattended or NonProduction runtimes is in the folder. Nothing
        was started.

        What to do: assign a machine template with such runtimes to the folder, or
        choose another `runtime`.

    "#]]
    .assert_eq(&ended.shown());
    let ended = Program::sortie("explain unknwn-key").run();
    expect![[r#"
        exit 3
        --- stderr
        error: there is no code `unknwn-key`
          help: did you mean `sortie explain unknown-key`? `sortie explain` lists them all
    "#]]
    .assert_eq(&ended.shown());
    let ended = Program::sortie("explain").arg("\u{1b}[2J").run();
    assert!(ended.code == 3 && !ended.stderr.contains('\u{1b}'), "{}", ended.shown());
}

#[test]
fn the_groups_are_listed_and_machines_get_the_parts() {
    let ended = Program::sortie("explain").run();
    expect![[r#"
        exit 0
        --- stdout
        Diagnostics

        more, syntax, encoding, duplicate-key, second-document, tag, number,
        control-character, key-form, budget, merge, bare-braces, unknown-key,
        missing-key, wrong-type, not-one-of, out-of-range, wrong-form, duration-unit,
        conflict, not-in-this-version, expression-place, expression-syntax,
        shell-variable, unknown-name, expression-failed, cycle, parameter, data-file,
        data-form, row-form, cell-type, row-key, duplicate-launch, no-launch, policy,
        too-many-launches, request-field, arguments-too-long, secret, no-folder,
        unknown-release, unknown-robot, unknown-machine, release-version, ambiguous,
        folder-refused, not-expanded, renamed-job, test-failed, duplicate-name,
        unreadable, input

        Orchestrator's codes

        0, 1000, 1002, 1009, 1100, 1101, 1670, 2818, InvalidStartJobRobotIds,
        InvalidArgument, RobotNotAssignedToFolder, RobotNotFound, RobotNoCredentials,
        RobotBusy, RobotConcurrencyLimit, RobotNoMatchingUsernames, RobotVersionTooLow,
        TemplateNoRuntime, TemplateNoHostsAvailable, TemplateNoLicense,
        TemplateFullCapacity, TemplateNotAssignedToFolder, TemplateMaintenanceMode,
        DynamicJobAccountCredentialsInvalid, DynamicJobForegroundAutomationTypeInvalid,
        DynamicJobBackgroundAutomationTypeInvalid,
        DynamicJobWindowsTargetFrameworkInvalid,
        DynamicJobCrossPlatformTargetFrameworkInvalid,
        DynamicJobConnectedMachinesInvalid,
        DynamicJobConnectedMachinesUserCredentialsInvalid,
        DynamicJobConnectedMachinesCrossPlatformRobotVersionInvalid,
        DynamicJobConnectedMachinesWindowsRobotVersionInvalid

        Fault classes

        session, capacity, quota, time-limit, platform, result-lost, business,
        application, unclassified

        Verdicts

        started, rejected, unknown, partial, duplicate, skipped, not-sent

        Outcomes

        successful, suspended, faulted, stopped, late, gone

        Exit codes

        0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 20, 130, 143

        `sortie explain CODE` explains one of them.

    "#]]
    .assert_eq(&ended.shown());
    let groups = Program::sortie("explain --format json").run().json();
    assert_eq!(groups["groups"].as_array().map(Vec::len), Some(6), "{groups}");
    let one = Program::sortie("explain CYCLE --format json").run().json();
    assert_eq!(one["version"], 1);
    let explanation = &one["explanations"][0];
    assert_eq!((&explanation["group"], &explanation["code"]), (&Value::from("Diagnostics"), &Value::from("cycle")));
    assert_eq!(explanation["samples"].as_array().map(Vec::len), Some(2), "{one}");
    assert_eq!(explanation["meaning"], Code::Cycle.meaning());
}
