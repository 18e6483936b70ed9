//! What nobody has recorded of query options: each switch both ways; and the functions of a filter over real HTTP.

use orchestrator_sandbox::world::switches::{ListFields, PropertyFilter, QueryLimits};
use orchestrator_sandbox::world::{End, Folder, Life, Release, Switches};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use crate::api::{INVOICES, Stand, each};

#[tokio::test]
async fn a_filter_by_reference_or_batch_works_is_refused_or_finds_nothing() {
    for (switch, expected) in [
        (PropertyFilter::Works, json!([200, [160_857]])),
        (PropertyFilter::Refused, json!([400, 1000])),
        (PropertyFilter::FindsNothing, json!([200, []])),
        (PropertyFilter::Ignored, json!([200, [160_856, 160_857]])),
        (PropertyFilter::ComparesOnly, json!([200, [160_857]])),
    ] {
        let stand = Stand::switched(Switches {
            reference_filter: switch,
            batch_execution_key_filter: switch,
            ..Switches::default()
        });
        for reference in ["a", "b"] {
            stand.start_in_7(json!({"ReleaseKey": INVOICES, "Reference": reference})).await;
        }
        let batch = stand.sandbox.jobs()[1].batch;
        let filters = [
            "Reference eq 'b'".to_owned(),
            "reference in ('b','c')".to_owned(),
            format!("BatchExecutionKey eq {batch}"),
        ];
        for filter in filters {
            let (status, body) = stand.get_in_7(&format!("/odata/Jobs?$filter={filter}")).await;
            let found =
                if status == 200 { json!([200, each(&body, "Id")]) } else { json!([status, body["errorCode"]]) };
            assert_eq!(found, expected, "{switch:?} {filter}");
        }
        let (status, _) = stand.get_in_7("/odata/Jobs?$filter=contains(Reference,'b')").await;
        let takes_parts = !matches!(switch, PropertyFilter::Refused | PropertyFilter::ComparesOnly);
        assert_eq!(status, if takes_parts { 200 } else { 400 }, "{switch:?}");
        // Beside other conditions too; and the property itself is always shown.
        let both = "/odata/Jobs?$filter=Id gt 1 and Reference eq 'b'";
        assert_eq!(stand.get_in_7(both).await.0, u16::try_from(expected[0].as_u64().unwrap()).unwrap());
        let (_, list) = stand.get_in_7("/odata/Jobs?$select=Reference&$orderby=Reference desc").await;
        assert_eq!(each(&list, "Reference"), ["b", "a"]);
    }
}

#[tokio::test]
async fn a_list_leaves_large_fields_out_and_a_single_job_never_does() {
    let life = Life {
        output: Some(json!({"total": 3})),
        ..Life::of(std::time::Duration::ZERO, std::time::Duration::ZERO, End::Successful)
    };
    let fields = ["InputArguments", "OutputArguments"];
    for (list_fields, expected) in [
        (ListFields::Trimmed, [json!(null), json!(null)]),
        (ListFields::Whole, [json!("{\"a\":1}"), json!("{\"total\":3}")]),
    ] {
        let world = World::new()
            .folder(Folder::at("A").id(7))
            .release(Release::named("R").folder("A").life(life.clone()))
            .switches(Switches { list_fields, ..Switches::default() });
        let stand = Stand::with(&world, Options::default());
        let (_, started) = stand.start_in_7(json!({"ReleaseName": "R", "InputArguments": "{\"a\":1}"})).await;
        assert_eq!(started["value"][0]["InputArguments"], "{\"a\":1}", "a start echoes what it was given");
        // The filter sees them whole.
        let (_, list) = stand.get_in_7("/odata/Jobs?$filter=contains(InputArguments,'a')").await;
        assert_eq!(fields.map(|name| list["value"][0][name].clone()), expected, "{list_fields:?}");
        let (_, job) = stand.get_in_7("/odata/Jobs(160856)").await;
        assert_eq!(fields.map(|name| job[name].clone()), [json!("{\"a\":1}"), json!("{\"total\":3}")]);
    }
}

#[tokio::test]
async fn the_limits_of_query_options_are_those_of_the_world() {
    let query_limits =
        QueryLimits { expressions: 3, robot_terms: 1, order_keys: 1, top: 4, page: 2, rows: None, skip: Some(5) };
    let stand = Stand::switched(Switches { query_limits, ..Switches::default() });
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 6})).await;
    let cases = [
        ("$top=4", Some(4)),
        ("$top=5", None),
        ("", Some(2)),
        ("$skip=5", Some(1)),
        ("$skip=6", None),
        ("$orderby=Id", Some(2)),
        ("$orderby=Id,Key", None),
        ("$filter=Id eq 1 or Id eq 2 or Id eq 3", Some(0)),
        ("$filter=Id eq 1 or Id eq 2 or Id eq 3 or Id eq 4", None),
        ("$filter=Id in (1,2,3,4)", None),
        ("$filter=Robot/Id eq 1", Some(0)),
        ("$filter=Robot/Id eq 1 or Robot/Id eq 2", None),
    ];
    for (query, expected) in cases {
        let (status, body) = stand.get_in_7(&format!("/odata/Jobs?{query}")).await;
        let rows = (status == 200).then(|| each(&body, "Id").len());
        assert_eq!(rows, expected, "{query}: {body}");
    }
    // A start still answers with everything that it made.
    let (_, body) = stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 6})).await;
    assert_eq!(each(&body, "Id").len(), 6);
}

#[tokio::test]
async fn a_filter_may_use_functions_and_navigate() {
    let stand = Stand::new();
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "RobotIds": [1553], "Reference": "Run-1"})).await;
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "RobotIds": [1554]})).await;
    let release = format!("Release/Key eq {INVOICES}");
    let cases = [
        ("tolower(Reference) eq 'run-1'", vec![160_856]),
        ("startswith(tolower(Reference),'run')", vec![160_856]),
        ("toupper(ReleaseName) eq 'INVOICE LOADER'", vec![160_856, 160_857]),
        ("length(Reference) eq 5", vec![160_856]),
        ("contains(ReleaseName,'Load') and startswith(Robot/Username,'ACME')", vec![160_856]),
        ("endswith(Robot/Name,'02')", vec![160_857]),
        ("Robot/Id in (1553,1554) and Release/Id eq 1", vec![160_856, 160_857]),
        (release.as_str(), vec![160_856, 160_857]),
        ("tolower(Reference) eq null", vec![160_857]),
    ];
    for (filter, expected) in cases {
        let (status, body) = stand.get_in_7(&format!("/odata/Jobs?$filter={filter}")).await;
        assert_eq!(
            (status, each(&body, "Id")),
            (200, expected.iter().map(|id| json!(id)).collect::<Vec<_>>().iter().collect::<Vec<&Value>>()),
            "{filter}"
        );
    }
    let (_, job) = stand.get_in_7("/odata/Jobs(160856)?$expand=Robot,Machine,Release&$select=Id").await;
    assert_eq!(
        (&job["Robot"]["Name"], &job["Machine"], &job["Release"]["Id"]),
        (&json!("ETL-01"), &json!(null), &json!(1))
    );
}
