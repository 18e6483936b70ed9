//! Wordings of public reports, by class; texts that look like two; and the documented table.

use serde_json::json;

use super::*;
use crate::outcome::{FaultClass, JobError};
use crate::plan::Inputs;
use crate::source::Sources;
use crate::words::Words as _;
use crate::{manifest, plan, spec};

fn class_of(info: &str) -> (FaultClass, String) {
    let facts = FaultFacts { info: Some(info), state: Some("Faulted"), ..FaultFacts::default() };
    let found = FaultClassifier::default().classify(&facts);
    (found.class, found.rule.into_owned())
}

/// Real wordings, each with its class.
const WORDINGS: &[(FaultClass, &[&str])] = &[
    (
        FaultClass::Session,
        &[
            "Could not start executor. The workstation is in use by another user. Please retry after the user logs off or disconnects.",
            "Could not start executor. Creating user session timed out.",
            "Could not start executor. Rdp connection failed: Message: The connection transport layer failed., Last error: 131085",
            "Could not start executor. A specified logon session does not exist. It may already have been terminated. (0x80070520)",
            "Executor start process failed, reason System.Runtime.InteropServices.COMException: A specified logon session does not exist. It may already have been terminated.",
            "Executor start process failed, reason System.UnauthorizedAccessException: Access is denied.",
            "Could not start executor. Logon failed for user ACME\\robot01. 0x0000052E. Last error: 131092",
            "Logon failed for user 'ACME\\svc_rpa'. The referenced account is currently locked out (0x00000775).",
            "Could not obtain the user token from Orchestrator.",
        ],
    ),
    (
        FaultClass::Capacity,
        &[
            "No host is available on the machine template assigned for this job",
            "InvalidOperationException: A foreground process is already running. Only one foreground process can run at a time.",
            "Another interactive job is running for this user. A user can run a single interactive job at a time.",
            "Another interactive job is using the machine's console. Only one interactive job can use the console at a time.",
            "Could not start executor. User is running another job. Waiting for the job to finish timed out.",
            "You are already running 4 designer jobs.",
        ],
    ),
    (
        FaultClass::Quota,
        &[
            "Automation cannot be started. Your user's monthly Personal Automation quota has been exceeded.",
            "Automation cannot be started. Your user's assigned Robot Units have been exceeded.",
            "Automation cannot be started. Your tenant's assigned Robot Units have been exceeded. Allocate more Robot Units to your tenant to continue.",
            "Automation cannot be started. Your user\u{2019}s assigned Robot Units have been exceeded.",
            "TemplateNoLicense",
        ],
    ),
    (
        FaultClass::TimeLimit,
        &[
            "The automation was cancelled because it reached the time limit. Consider optimizing your workflow or splitting into multiple workflows.",
            "The automation was canceled because it reached the time limit.",
            "The job exceeded the maximum execution time of 15 minutes.",
            "The serverless job exceeded the execution time limit and was ended.",
        ],
    ),
    (
        FaultClass::Platform,
        &[
            "Job faulted due to service shutdown or disconnect.",
            "Job faulted due to service shutdown.",
            "The job was transitioned to a faulted state as a result of a cleanup action for jobs in Terminating state.",
            "System.Exception: Job stopped with an unexpected exit code: 0x40010004",
            "Job stopped with an unexpected exit code: 0xC000026B",
        ],
    ),
    (
        FaultClass::ResultLost,
        &[
            "Could not retrieve the result of the job execution. This might be because a message was too large to process.",
            "Message: Could not retrieve the result of the job execution. This might be because a message was too large to process. Exception Type: System.Exception",
            "07/08/2022 11:46:31 RemoteException wrapping System.Exception: Could not retrieve the result of the job execution. \nThis might be because a message was too large to process.",
            "The message was too large to process.",
        ],
    ),
    (
        FaultClass::Business,
        &[
            "UiPath.Core.Activities.BusinessRuleException: Invoice INV-7 has no tax number",
            "RemoteException wrapping UiPath.Core.BusinessRuleException: Customer is blocked\n   at UiPath.Core.Activities.Throw.Execute()",
            "Business rule exception. Amount is above the limit.",
            "Source: Throw\n\nMessage: duplicate invoice\n\nException Type: UiPath.Core.Activities.BusinessRuleException",
        ],
    ),
    (
        FaultClass::Application,
        &[
            "System.Exception: Job stopped with an unexpected exit code: 0xE0434352",
            "Source: Click 'Save'\n\nMessage: Cannot find the UI element corresponding to this selector\n\nException Type: UiPath.Core.SelectorNotFoundException",
            "System.NullReferenceException: Object reference not set to an instance of an object.\n   at System.Activities.Statements.Throw.Execute(CodeActivityContext context)",
            "UiPath.Python.RemoteException wrapping System.IO.IOException: Pipe is broken: \"Invoke Python Method: extract_total\"",
            "Could not open target application.\n\nUiPath.UIAutomationNext.Exceptions.ApplicationOpenException: Could not open target application. at UiPath.UIAutomationNext.Activities.NApplicationCard.OpenOrAttach",
            "System.Collections.Generic.KeyNotFoundException: The given key 'EMEA-NORTH' was not present in the dictionary.",
        ],
    ),
    (
        FaultClass::Unclassified,
        &[
            "",
            "Job completed with errors",
            "Le robot n'a pas pu ouvrir la session de l'utilisateur.",
            "Der Auftrag ist fehlgeschlagen: Anmeldung nicht m\u{f6}glich.",
            "\u{30b8}\u{30e7}\u{30d6}\u{306e}\u{5b9f}\u{884c}\u{306b}\u{5931}\u{6557}\u{3057}\u{307e}\u{3057}\u{305f}\u{3002}",
            "Job stopped with an unexpected exit code: 0x00000033",
        ],
    ),
];

#[test]
fn each_class_is_known_by_real_wordings_in_any_case_and_any_layout() {
    for class in FaultClass::ALL {
        let (_, wordings) = WORDINGS.iter().find(|(of, _)| of == class).expect("every class has wordings");
        assert!(wordings.len() >= 4, "{class:?} has four wordings at least");
        for text in *wordings {
            let spread = text.replace(". ", ".\r\n\t ");
            let padded = format!("\n\n  {text}\n\n{}", "Further details follow.\n".repeat(2000));
            for variant in [text.to_string(), text.to_uppercase(), text.to_lowercase(), spread, padded] {
                let shown: String = variant.chars().take(200).collect();
                assert_eq!(class_of(&variant).0, *class, "{shown}");
            }
        }
    }
}

#[test]
fn a_workflow_that_quotes_the_robot_is_never_taken_for_one_that_did_not_begin() {
    for text in [
        "System.Exception: Could not start executor",
        "RemoteException wrapping System.Exception: Could not start executor. Creating user session timed out.",
        "Source: Open SAP\n\nMessage: Logon failed for user ACME\\robot01\n\nException Type: System.Exception",
        "Logon failed for user SAP01\n   at UiPath.SAP.BAPI.Activities.SapApplicationScope.Connect()",
        "The child job failed: Could not start executor. The workstation is in use by another user.",
        "Invoke Process: Executor start process failed",
        "Could not start executor. See Main.xaml",
        "Could not open the window after: Could not start executor.",
    ] {
        assert_ne!(class_of(text).0, FaultClass::Session, "{text}");
    }
    // Nor one that was raised by the workflow itself, whatever its text.
    let error = JobError { category: Some("User".to_owned()), ..JobError::default() };
    let info = Some("Could not start executor. Creating user session timed out.");
    let facts = FaultFacts { info, error: Some(&error), ..FaultFacts::default() };
    assert_eq!(FaultClassifier::default().classify(&facts).class, FaultClass::Business);
}

#[test]
fn of_two_classes_the_one_after_which_more_was_done_is_taken() {
    for (text, class) in [
        (
            "Could not start executor. Could not retrieve the result of the job execution. This might be because a message was too large to process.",
            FaultClass::ResultLost,
        ),
        ("Could not start executor. Another interactive job is using the machine's console.", FaultClass::Capacity),
        (
            "UiPath.Core.BusinessRuleException: Automation cannot be started. Your tenant's assigned Robot Units have been exceeded.",
            FaultClass::Business,
        ),
        (
            "Source: Execute Query\nMessage: The job exceeded the maximum execution time\nException Type: System.Data.SqlClient.SqlException",
            FaultClass::Application,
        ),
        ("Job faulted due to service shutdown. System.Exception: x", FaultClass::Platform),
    ] {
        assert_eq!(class_of(text).0, class, "{text}");
    }
}

#[test]
fn every_field_of_the_servers_is_looked_at() {
    let text = |text: &str| Some(text.to_owned());
    for (error, code, class) in [
        (JobError { title: text("Could not start executor."), ..JobError::default() }, None, FaultClass::Session),
        (
            JobError { detail: text("Job faulted due to service shutdown."), ..JobError::default() },
            None,
            FaultClass::Platform,
        ),
        (JobError { code: text("TemplateNoLicense"), ..JobError::default() }, None, FaultClass::Quota),
        (JobError::default(), Some("TEMPLATENOLICENSE"), FaultClass::Quota),
        (JobError { category: text("User"), ..JobError::default() }, None, FaultClass::Business),
        (JobError { category: text("System"), ..JobError::default() }, None, FaultClass::Platform),
        (JobError { category: text("Unknown"), ..JobError::default() }, None, FaultClass::Unclassified),
        (JobError::default(), None, FaultClass::Unclassified),
    ] {
        let facts = FaultFacts { error: Some(&error), code, ..FaultFacts::default() };
        assert_eq!(FaultClassifier::default().classify(&facts).class, class, "{error:?} {code:?}");
    }
}

#[test]
fn a_text_of_any_length_is_looked_at_in_bounded_time_and_cut_between_characters() {
    let long = "\u{e4}".repeat(1 << 20);
    assert_eq!(class_of(&long).0, FaultClass::Unclassified);
    assert_eq!(class_of(&format!("Could not start executor. {long}")).0, FaultClass::Session);
}

/// The author's own rules, by a manifest's text.
fn own(rules: &serde_json::Value) -> FaultClassifier {
    let text = format!(
        "version: 1\nname: n\nparams: {{ word: {{ type: string, default: handshake }} }}\nfault-classes: {rules}\njobs: {{ a: {{ release: R, folder: F }} }}\n"
    );
    let inputs = Inputs::of_manifest("m.yaml", &text);
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text.as_str());
    let spec = manifest::parse(&sources, id).and_then(spec::lower);
    let (plan, said) = spec
        .and_then(|mut spec| {
            // The rules are asked whether or not this version carries the key out.
            spec.deferred.clear();
            plan::expand(spec, &inputs, &mut sources)
        })
        .into_parts();
    FaultClassifier::new(plan.unwrap_or_else(|| panic!("{said:?}")).fault_conditions())
}

#[test]
fn an_authors_own_rules_come_first_and_see_every_fact() {
    let mut classifier = own(&json!([
        { "class": "session", "when": "${{ params.word in fault.info | lower }}" },
        { "class": "business", "when": "${{ fault.code == \"X1\" and fault.release == \"Loader\" }}" },
        { "class": "platform", "when": "${{ fault.started == false and fault.state == \"Faulted\" }}" },
        { "class": "capacity", "when": "${{ fault.sub_state == \"QUEUED\" or fault.title == \"t\" or fault.detail == \"d\" or fault.category == \"c\" }}" },
    ]));
    let error = JobError { title: Some("t".to_owned()), ..JobError::default() };
    for (facts, class, rule) in [
        (
            FaultFacts { info: Some("RDP Handshake failed"), ..FaultFacts::default() },
            FaultClass::Session,
            "fault-classes 1",
        ),
        (
            FaultFacts { code: Some("X1"), release: Some("Loader"), ..FaultFacts::default() },
            FaultClass::Business,
            "fault-classes 2",
        ),
        (FaultFacts { code: Some("X1"), ..FaultFacts::default() }, FaultClass::Unclassified, "none"),
        (
            FaultFacts { started: Some(false), state: Some("Faulted"), ..FaultFacts::default() },
            FaultClass::Platform,
            "fault-classes 3",
        ),
        (FaultFacts { error: Some(&error), ..FaultFacts::default() }, FaultClass::Capacity, "fault-classes 4"),
        (
            FaultFacts { info: Some("Could not start executor."), ..FaultFacts::default() },
            FaultClass::Session,
            "executor-not-started",
        ),
    ] {
        let found = classifier.classify(&facts);
        assert_eq!((found.class, found.rule.as_ref()), (class, rule), "{facts:?}");
    }
    assert_eq!(classifier.take_failures(), []);
}

#[test]
fn a_rule_that_fails_falls_through_and_is_told_once() {
    let mut classifier = own(&json!([
        { "class": "session", "when": "${{ fault.info.split(\"x\") == 1 }}" },
        { "class": "session", "when": "${{ fault.info }}" },
        { "class": "quota", "when": true },
    ]));
    let facts = FaultFacts { info: Some("anything"), ..FaultFacts::default() };
    for _ in 0..3 {
        assert_eq!(classifier.classify(&facts).class, FaultClass::Quota);
    }
    let failed: Vec<usize> = classifier.take_failures().into_iter().map(|failure| failure.rule).collect();
    assert!(failed.contains(&2), "text is neither true nor false: {failed:?}");
    assert!(failed.len() <= 2, "each is told once: {failed:?}");
    assert_eq!(classifier.classify(&facts).class, FaultClass::Quota);
    assert_eq!(classifier.take_failures(), []);
}

#[test]
fn the_documented_table_is_this_one() {
    let page = include_str!("../../../docs/waiting.md");
    let table = page.split("### The table\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("it is there");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let documented: Vec<(&str, &str)> = rows
        .iter()
        .filter(|cells| cells.len() == 3)
        .map(|cells| (cells[0].trim_matches('`'), cells[1].trim_matches('`')))
        .collect();
    let expected: Vec<(&str, &str)> = TABLE.iter().map(|rule| (rule.name, rule.class.word())).collect();
    assert_eq!(documented, expected, "docs/waiting.md lists every rule, its class and what it looks for, in order");
    for rule in TABLE {
        let phrases: &[&str] = match rule.looks_for {
            FaultSign::OpensPlainly(of) | FaultSign::Opens(of) | FaultSign::Says(of) | FaultSign::Code(of) => of,
            FaultSign::Category(_) | FaultSign::OtherCategory | FaultSign::Exception => &[],
        };
        let row = rows.iter().find(|cells| cells[0].trim_matches('`') == rule.name).expect("it is listed");
        for phrase in phrases {
            assert!(row[2].contains(&format!("`{phrase}`")), "docs/waiting.md: `{}` matches `{phrase}`", rule.name);
            assert_eq!(*phrase, phrase.to_lowercase(), "texts are compared in lower case");
        }
    }
    for class in FaultClass::ALL {
        assert!(page.contains(&format!("**`{}`**", class.word())), "docs/waiting.md says what to do about {class:?}");
    }
    assert!(page.contains(&format!("version {FAULT_TABLE_VERSION} of the table")));
}
