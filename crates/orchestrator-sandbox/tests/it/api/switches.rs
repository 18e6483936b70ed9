//! What nobody has recorded: each switch of a start, both ways.

mod clocks;
mod dates;
mod obliging;
mod queries;
mod ration;

use orchestrator_sandbox::world::switches::{
    ArgumentChecking, BatchExecutionKey, DefaultStrategy, ErrorForm, FolderHeaders, FolderlessLists, LengthUnit,
    UnaskedCount, UnknownProperties, Unset,
};
use orchestrator_sandbox::world::{Argument, Folder, Release, Robot, Switches, World};
use orchestrator_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use super::{FINANCE_AP, INVOICES, Stand, answer, each};

/// The status of a start, and how many jobs it made.
async fn outcome(stand: &Stand, start_info: Value) -> (u16, usize) {
    let (status, body) = stand.start_in_7(start_info).await;
    (status, body["value"].as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn a_start_without_a_strategy_has_the_one_of_the_switch() {
    let cases = [
        (DefaultStrategy::ModernJobsCount, json!({}), (201, 1)),
        (DefaultStrategy::ModernJobsCount, json!({"JobsCount": 3}), (201, 3)),
        (DefaultStrategy::JobsCount, json!({}), (400, 0)),
        (DefaultStrategy::JobsCount, json!({"JobsCount": 3}), (201, 3)),
        (DefaultStrategy::All, json!({}), (201, 2)),
        (DefaultStrategy::All, json!({"JobsCount": 3}), (400, 0)),
        (DefaultStrategy::Specific, json!({}), (400, 0)),
        (DefaultStrategy::Specific, json!({"RobotIds": [1553]}), (201, 1)),
        (DefaultStrategy::Refuse, json!({}), (400, 0)),
        (DefaultStrategy::Refuse, json!({"Strategy": "ModernJobsCount"}), (201, 1)),
    ];
    for (default_strategy, mut start, expected) in cases {
        let stand = Stand::switched(Switches { default_strategy, ..Switches::default() });
        start["ReleaseKey"] = json!(INVOICES);
        assert_eq!(outcome(&stand, start.clone()).await, expected, "{default_strategy:?} {start}");
    }
}

#[tokio::test]
async fn a_batch_key_is_kept_ignored_or_refused_when_it_comes_again() {
    let batch = "abbbb5de-d46a-4b9b-8f73-8a3247be0a0e";
    for (switch, first_is_ours, second) in [
        (BatchExecutionKey::Keep, true, 201),
        (BatchExecutionKey::Ignore, false, 201),
        (BatchExecutionKey::RefuseRepeated, true, 400),
    ] {
        let stand = Stand::switched(Switches { batch_execution_key: switch, ..Switches::default() });
        let start = json!({"ReleaseKey": INVOICES, "BatchExecutionKey": batch, "JobsCount": 2});
        // A start that is refused uses nothing up.
        let refused = json!({"ReleaseKey": INVOICES, "BatchExecutionKey": batch, "JobsCount": 0});
        assert_eq!(stand.start_in_7(refused).await.0, 400);
        let (status, body) = stand.start_in_7(start.clone()).await;
        assert_eq!((status, body["value"][0]["BatchExecutionKey"] == batch), (201, first_is_ours), "{switch:?}");
        assert_eq!(stand.start_in_7(start).await.0, second, "{switch:?}");
        assert_eq!(stand.start_in_7(json!({"ReleaseKey": INVOICES})).await.0, 201, "without a key");
    }
}

#[tokio::test]
async fn the_length_of_arguments_is_counted_in_the_unit_of_the_switch() {
    // Ten thousand characters, one of which is two bytes.
    let of = |length: usize| format!("{{\"a\":\"ä{}\"}}", "x".repeat(length - 9));
    let (characters, bytes) = (LengthUnit::Characters, LengthUnit::Bytes);
    let cases = [
        (characters, 10_000, 10_000, 201),
        (characters, 10_000, 10_001, 400),
        (bytes, 10_000, 10_000, 400),
        (bytes, 10_000, 9_999, 201),
        (characters, 10_240, 10_240, 201),
        (characters, 20, 21, 400),
    ];
    for (input_arguments_unit, input_arguments_limit, length, expected) in cases {
        let switches = Switches { input_arguments_unit, input_arguments_limit, ..Switches::default() };
        let stand = Stand::switched(switches);
        let arguments = of(length);
        assert_eq!(arguments.chars().count(), length);
        let start = json!({"ReleaseKey": INVOICES, "InputArguments": arguments});
        assert_eq!(stand.start_in_7(start).await.0, expected, "{input_arguments_unit:?} {length}");
    }
}

fn argument(r#type: &str, required: bool, has_default: bool) -> Argument {
    Argument { r#type: r#type.to_owned(), required, has_default }
}

#[tokio::test]
async fn arguments_are_compared_with_the_signature_where_the_switch_says_so() {
    let signature = |switch| {
        World::new()
            .folder(Folder::at("A").id(7))
            .release(
                Release::named("R")
                    .folder("A")
                    .input("text", argument("System.String, System.Private.CoreLib", true, false))
                    .input("count", argument("System.Int32", false, false))
                    .input("amount", argument("System.Decimal", true, true))
                    .input("late", argument("System.Boolean", false, false))
                    .input("rows", argument("System.Data.DataTable", false, false)),
            )
            .release(Release::named("Unsigned").folder("A"))
            .switches(Switches { argument_checking: switch, ..Switches::default() })
    };
    let checked = Stand::with(&signature(ArgumentChecking::Signature), Options::default());
    let unchecked = Stand::with(&signature(ArgumentChecking::None), Options::default());
    let cases = [
        (json!({"text": "x", "count": 1, "amount": 1.5, "late": true, "rows": [1]}), 201),
        (json!({"text": null, "count": null}), 201),
        (json!({"text": "x"}), 201),
        (json!({}), 400),
        (json!({"text": 1}), 400),
        (json!({"text": "x", "count": "1"}), 400),
        (json!({"text": "x", "count": 1.5}), 400),
        (json!({"text": "x", "count": 2_147_483_648_i64}), 400),
        (json!({"text": "x", "amount": "1"}), 400),
        (json!({"text": "x", "late": "true"}), 400),
        (json!({"text": "x", "Count": 1}), 400),
    ];
    for (arguments, expected) in cases {
        let start = json!({"ReleaseName": "R", "InputArguments": arguments.to_string()});
        assert_eq!(checked.start_in_7(start.clone()).await.0, expected, "{arguments}");
        assert_eq!(unchecked.start_in_7(start).await.0, 201, "{arguments}");
    }
    let start = json!({"ReleaseName": "Unsigned", "InputArguments": "{\"anything\":1}"});
    assert_eq!(checked.start_in_7(start).await.0, 201, "a package without a signature takes anything");
}

#[tokio::test]
async fn unknown_properties_are_refused_or_pass() {
    let start = json!({"ReleaseKey": INVOICES, "FolderId": 7});
    for (unknown_properties, expected) in [(UnknownProperties::Refuse, 400), (UnknownProperties::Ignore, 201)] {
        let stand = Stand::switched(Switches { unknown_properties, ..Switches::default() });
        assert_eq!(stand.start_in_7(start.clone()).await.0, expected);
        let attachment = json!({"Name": "a", "Size": 1});
        assert_eq!(stand.post_in_7("/odata/Attachments", &attachment).await.0, expected);
    }
}

#[tokio::test]
async fn a_server_that_lacks_the_reference_does_not_know_it_anywhere() {
    let lacks = vec!["reference".to_owned()];
    let strict = Stand::switched(Switches { lacks: lacks.clone(), ..Switches::default() });
    let start = json!({"ReleaseKey": INVOICES, "Reference": "r"});
    assert_eq!(strict.start_in_7(start.clone()).await.0, 400);

    let (ignore, lenient) = (UnknownProperties::Ignore, Switches { lacks, ..Switches::default() });
    let stand = Stand::switched(Switches { unknown_properties: ignore, ..lenient });
    let (status, body) = stand.start_in_7(start).await;
    assert_eq!((status, body["value"][0].get("Reference")), (201, None), "{body}");
    let cases = [
        ("/odata/Jobs", 200),
        ("/odata/Jobs?$filter=Reference eq 'r'", 400),
        ("/odata/Jobs?$select=Id,Reference", 400),
        ("/odata/Jobs?$orderby=Reference", 400),
        ("/odata/Jobs(160856)?$select=reference", 400),
        ("/odata/Jobs?$filter=BatchExecutionKey ne null", 200),
    ];
    for (target, expected) in cases {
        let (status, body) = stand.get_in_7(target).await;
        assert_eq!(status, expected, "{target}: {body}");
        assert!(!body.to_string().contains("\"Reference\":"), "{target}: {body}");
    }
    assert_eq!(stand.sandbox.jobs()[0].reference, None, "it was not taken either");
}

#[tokio::test]
async fn a_job_without_a_reference_shows_what_the_switch_says() {
    for (unset_reference, expected) in [(Unset::Nothing, json!(null)), (Unset::Empty, json!(""))] {
        let stand = Stand::switched(Switches { unset_reference, ..Switches::default() });
        let (_, body) = stand.start_in_7(json!({"ReleaseKey": INVOICES})).await;
        assert_eq!(body["value"][0]["Reference"], expected);
    }
}

#[tokio::test]
async fn folder_headers_that_disagree_mean_the_folder_of_the_switch() {
    // HR by number and path, Finance/AP by key.
    let key = FINANCE_AP.to_string();
    let three = [("X-UIPATH-OrganizationUnitId", "8"), ("X-UIPATH-FolderKey", &key), ("X-UIPATH-FolderPath", "HR")];
    let encoded = "RgBpAG4AYQBuAGMAZQA="; // Finance
    let cases = [
        (FolderHeaders::MustAgree, &three[..], json!([400, 1100])),
        (FolderHeaders::IdFirst, &three[..], json!([200, ["Onboarding"]])),
        (FolderHeaders::KeyFirst, &three[..], json!([200, ["Invoice Loader", "Unlicensed"]])),
        (FolderHeaders::PathFirst, &three[..], json!([200, ["Onboarding"]])),
        (
            FolderHeaders::MustAgree,
            &[("X-UIPATH-FolderPath", "HR"), ("X-UIPATH-FolderPath-Encoded", encoded)],
            json!([400, 1100]),
        ),
        (
            FolderHeaders::KeyFirst,
            &[("X-UIPATH-FolderPath", "HR"), ("X-UIPATH-FolderPath-Encoded", encoded)],
            json!([200, []]),
        ),
    ];
    for (folder_headers, headers, expected) in cases {
        let stand = Stand::switched(Switches { folder_headers, ..Switches::default() });
        let request =
            headers.iter().fold(stand.get("/odata/Releases"), |request, (name, value)| request.header(*name, *value));
        let (status, body) = answer(request).await;
        let found = if status == 200 { json!([200, each(&body, "Name")]) } else { json!([status, body["errorCode"]]) };
        assert_eq!(found, expected, "{folder_headers:?} {headers:?}");
    }
}

#[tokio::test]
async fn a_list_without_a_folder_is_refused_or_goes_over_all() {
    let all = Stand::switched(Switches { folderless_lists: FolderlessLists::AllFolders, ..Switches::default() });
    all.start_in_7(json!({"ReleaseKey": INVOICES})).await;
    all.start_in(8, json!({"ReleaseName": "Onboarding"})).await;
    let none = Stand::new();
    let targets =
        [("/odata/Jobs", 2), ("/odata/Jobs?$filter=Id in (160857)", 1), ("/odata/Releases", 5), ("/odata/Robots", 2)];
    for (target, expected) in targets {
        assert_eq!(each(&answer(all.get(target)).await.1, "Id").len(), expected, "{target}");
        assert_eq!(answer(none.get(target)).await.1["errorCode"], 1101, "{target}");
    }
    // With a folder it is that folder's list, and a start needs one all the same.
    assert_eq!(each(&all.get_in_7("/odata/Jobs").await.1, "Id"), [160_856]);
    let start = json!({"startInfo": {"ReleaseKey": INVOICES}});
    assert_eq!(answer(all.post(super::START_JOBS, &start)).await.1["errorCode"], 1101);
}

#[tokio::test]
async fn a_count_comes_unasked_where_the_switch_says_so() {
    for (unasked_count, expected) in [(UnaskedCount::Absent, None), (UnaskedCount::Present, Some(&json!(1)))] {
        let stand = Stand::switched(Switches { unasked_count, ..Switches::default() });
        let (_, started) = stand.start_in_7(json!({"ReleaseKey": INVOICES})).await;
        assert_eq!(started.get("@odata.count"), expected);
        assert_eq!(stand.get_in_7("/odata/Jobs").await.1.get("@odata.count"), expected);
        assert_eq!(stand.get_in_7("/odata/Jobs?$count=false").await.1.get("@odata.count"), None);
    }
}

#[tokio::test]
async fn errors_have_the_form_status_and_number_of_the_switches() {
    let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (error_form, expected) in [
        (ErrorForm::Current, ["message", "errorCode", "traceId"]),
        (ErrorForm::Older, ["message", "errorCode", "resourceIds"]),
        (ErrorForm::PascalCase, ["Message", "ErrorCode", "TraceId"]),
    ] {
        let stand = Stand::switched(Switches { error_form, ..Switches::default() });
        let (status, body) = stand.start_in(99, json!({"ReleaseKey": INVOICES})).await;
        assert_eq!((status, names(&body)), (400, expected.map(str::to_owned).to_vec()));
    }
    let stand = Stand::switched(Switches {
        invalid_argument_code: 1234,
        invalid_robots_code: 2345,
        missing_scope_status: 401,
        pending_already_status: 400,
        most_jobs: 3,
        ..Switches::default()
    });
    assert_eq!(stand.start_in_7(json!({})).await.1["errorCode"], 1234);
    let stranger = json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [9]});
    assert_eq!(stand.start_in_7(stranger).await.1["errorCode"], 2345);
    let classic = json!({"ReleaseName": "Old", "Strategy": "Specific", "RobotIds": [1553]});
    stand.start_in(9, classic.clone()).await;
    assert_eq!(stand.start_in(9, classic).await.0, 400);
    assert_eq!(outcome(&stand, json!({"ReleaseKey": INVOICES, "JobsCount": 3})).await, (201, 3));
    assert_eq!(outcome(&stand, json!({"ReleaseKey": INVOICES, "JobsCount": 4})).await, (400, 0));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "sandbox"),
        ("client_secret", stand.sandbox.client_secret()),
        ("scope", "OR.Jobs"),
    ];
    let token = answer(stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form)).await.1;
    let request = stand.http.get(format!("{}/odata/Folders", stand.sandbox.url()));
    assert_eq!(answer(request.bearer_auth(token["access_token"].as_str().unwrap())).await.0, 401);
}

#[tokio::test]
async fn a_status_that_refuses_nothing_is_no_switch() {
    let world = super::world().switches(Switches { wrong_password_status: 200, ..Switches::default() });
    let clock = std::sync::Arc::new(orchestrator_sandbox::clock::SystemClock::new());
    let error = Sandbox::start(&world, clock, Options::default()).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "`200` is not a status: from 400 to 599");
    // Twice the same machine is no world either.
    let world = World::new().folder(Folder::at("A")).robot(Robot::named("r").machine("").folder("A"));
    let clock = std::sync::Arc::new(orchestrator_sandbox::clock::SystemClock::new());
    assert!(Sandbox::start(&world, clock, Options::default()).is_ok(), "an empty machine name is a machine's name");
}
