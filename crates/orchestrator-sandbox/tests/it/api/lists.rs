//! Lists: filters over real HTTP, paging, counting, and the limits of every query option.

use serde_json::{Value, json};

use super::{INVOICES, Stand, answer, each};

/// 30 jobs: ten starts of three, a second apart, each with a Reference of its own.
async fn thirty() -> Stand {
    let stand = Stand::new();
    for number in 0..10 {
        let (status, body) = stand
            .start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 3, "RobotIds": [1553],
                               "Reference": format!("run-{number}")}))
            .await;
        assert_eq!(status, 201, "{body}");
        stand.clock.advance(std::time::Duration::from_secs(1));
    }
    stand
}

#[tokio::test]
async fn a_filter_finds_its_jobs() {
    let stand = thirty().await;
    let key = stand.sandbox.jobs()[4].key.to_string();
    let batch = stand.sandbox.jobs()[4].batch.to_string();
    let cases = [
        ("Id eq 160860".to_owned(), 1),
        ("Id in (160856,160860,160860L,1)".to_owned(), 2),
        ("Id in (160856, 160860) and Reference eq 'run-1'".to_owned(), 1),
        (format!("Key eq {key}"), 1),
        (format!("key in ('{key}')"), 1),
        (format!("BatchExecutionKey eq {batch}"), 3),
        ("Reference eq 'run-3'".to_owned(), 3),
        ("startswith(Reference,'run-')".to_owned(), 30),
        ("contains(ReleaseName,'voice')".to_owned(), 30),
        ("CreationTime ge 2026-01-31T12:00:08.1234567Z".to_owned(), 6),
        ("CreationTime gt 2026-01-31T12:00:08.1234567Z".to_owned(), 3),
        ("CreationTime lt 2026-02-01 and not (Reference ne 'run-9')".to_owned(), 3),
        ("State eq 'Pending'".to_owned(), 27),
        ("State eq '1'".to_owned(), 3),
        ("State in ('Running','Successful')".to_owned(), 3),
        ("Robot/Id eq 1553 and Release/Name eq 'Invoice Loader'".to_owned(), 30),
        ("Robot/Id eq 1554 or EndTime ne null".to_owned(), 0),
        ("(Reference eq 'run-1' or Reference eq 'run-2') and Id lt 160860".to_owned(), 1),
    ];
    for (filter, expected) in cases {
        for space in ["+", "%20"] {
            let target = format!("/odata/Jobs?$count=true&$filter={}", filter.replace(' ', space));
            let (status, body) = stand.get_in_7(&target).await;
            assert_eq!((status, &body["@odata.count"]), (200, &json!(expected)), "{filter}: {body}");
            assert_eq!(each(&body, "Id").len(), expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn pages_are_cut_and_ordered_as_asked() {
    let stand = thirty().await;
    let ids =
        |body: &Value| -> Vec<i64> { each(body, "Id").into_iter().map(|id| id.as_i64().unwrap() - 160_856).collect() };
    let (_, all) = stand.get_in_7("/odata/Jobs").await;
    assert_eq!(ids(&all), (0..30).collect::<Vec<_>>(), "by id, where no order is asked for");
    assert!(all.get("@odata.count").is_none());
    let (_, page) = stand.get_in_7("/odata/Jobs?$top=4&$skip=2&$orderby=CreationTime desc,Id&$count=true").await;
    assert_eq!((ids(&page), &page["@odata.count"]), (vec![29, 24, 25, 26], &json!(30)));
    let (_, none) = stand.get_in_7("/odata/Jobs?$top=0&$count=true").await;
    assert_eq!((ids(&none), &none["@odata.count"]), (vec![], &json!(30)));
    let (_, past) = stand.get_in_7("/odata/Jobs?$skip=30").await;
    assert_eq!(ids(&past), Vec::<i64>::new());
    let (_, few) = stand.get_in_7("/odata/Jobs?$top=1&$select=id,key,State").await;
    let names: Vec<_> = few["value"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Key", "State", "Id"]);
}

#[tokio::test]
async fn an_option_beyond_its_limit_is_refused() {
    let stand = Stand::new();
    let terms = |count: usize, term: &str| vec![term; count].join(" or ");
    let ids = |count: usize| format!("Id in ({})", vec!["1"; count].join(","));
    let cases = [
        ("$top=1000".to_owned(), 200),
        ("$top=1001".to_owned(), 400),
        ("$top=-1".to_owned(), 400),
        ("$top=ten".to_owned(), 400),
        ("$skip=1000000".to_owned(), 200),
        ("$skip=-1".to_owned(), 400),
        ("$count=yes".to_owned(), 400),
        ("$orderby=Id,Key,State,CreationTime,Reference".to_owned(), 200),
        ("$orderby=Id,Key,State,CreationTime,Reference,EndTime".to_owned(), 400),
        ("$orderby=Id downwards".to_owned(), 400),
        ("$orderby=Nothing".to_owned(), 400),
        ("$select=Nothing".to_owned(), 400),
        ("$expand=Robot,Machine,Release".to_owned(), 200),
        ("$expand=Nothing".to_owned(), 400),
        ("$search=x".to_owned(), 400),
        ("$top=1&$top=1".to_owned(), 400),
        ("mandatoryPermissions=x&other=1".to_owned(), 200),
        (format!("$filter={}", terms(100, "Id eq 1")), 200),
        (format!("$filter={}", terms(101, "Id eq 1")), 400),
        (format!("$filter={}", ids(100)), 200),
        (format!("$filter={}", ids(101)), 400),
        (format!("$filter={}", terms(16, "Robot/Id eq 1")), 200),
        (format!("$filter={}", terms(17, "Robot/Id eq 1")), 400),
        (format!("$filter={}Id eq 1{}", "(".repeat(50), ")".repeat(50)), 200),
        (format!("$filter={}Id eq 1{}", "(".repeat(500), ")".repeat(500)), 400),
        ("$filter=".to_owned(), 400),
        ("$filter=Id eq %ff".to_owned(), 404),
    ];
    for (query, expected) in cases {
        let (status, body) = stand.get_in_7(&format!("/odata/Jobs?{}", query.replace(' ', "+"))).await;
        assert_eq!(status, expected, "{query}: {body}");
        if status == 400 {
            assert_eq!(body["errorCode"], 1000, "{query}");
            assert_eq!(body["message"], "Invalid OData query options.", "{query}");
        }
    }
}

#[tokio::test]
async fn folders_releases_and_robots_are_found_by_name() {
    let stand = Stand::new();
    let (_, body) = answer(stand.get("/odata/Folders?$filter=FullyQualifiedName eq 'Finance/AP'")).await;
    assert_eq!((each(&body, "Id"), each(&body, "ParentId")), (vec![&json!(7)], vec![&json!(6)]));
    let (_, body) = answer(stand.get("/odata/Folders(8)")).await;
    assert_eq!(body["DisplayName"], "HR");
    let (_, body) = stand.get_in_7("/odata/Releases?$filter=Name eq 'Invoice Loader'&$top=1").await;
    assert_eq!(each(&body, "Key"), [&json!(INVOICES)]);
    let (_, body) = stand.get_in_7("/odata/Releases?$filter=ProcessKey eq 'Invoice_Loader'").await;
    assert_eq!(each(&body, "Name"), ["Invoice Loader"]);
    let (_, body) = stand.get_in_7("/odata/Releases?$filter=Name eq 'Onboarding'").await;
    assert_eq!(each(&body, "Key"), Vec::<&Value>::new(), "it is in another folder");
    let (_, body) = stand.get_in_7("/odata/Robots?$filter=Username eq 'ACME\\etl01'").await;
    assert_eq!(each(&body, "Id"), [1553]);
    let target = "/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsFromFolder(folderId=7)?$select=Id";
    assert_eq!(each(&answer(stand.get(target)).await.1, "Id"), [1553, 1554]);
    let (_, body) = stand.get_in_7("/odata/Robots/UiPath.Server.Configuration.OData.GetConfiguredRobots").await;
    assert_eq!(each(&body, "Name"), ["ETL-01", "ETL-02"]);
    for (target, what) in
        [("Releases(99)", "Release"), ("Robots(99)", "Robot"), ("Jobs(99)", "Job"), ("Folders(99)", "Folder")]
    {
        let (status, body) = stand.get_in_7(&format!("/odata/{target}")).await;
        assert_eq!((status, &body["errorCode"]), (404, &json!(1002)), "{target}");
        assert_eq!(body["message"], format!("{what} does not exist."));
    }
}

#[tokio::test]
async fn the_folders_of_the_user_come_in_pages() {
    let stand = Stand::new();
    let page = |query: &'static str| answer(stand.get(&format!("/api/Folders/GetAllForCurrentUser{query}")));
    let (status, body) = page("?take=2&skip=1").await;
    assert_eq!((status, &body["Count"]), (200, &json!(7)), "with the parent that nobody listed");
    let paths: Vec<_> = body["PageItems"].as_array().unwrap().iter().map(|item| &item["FullyQualifiedName"]).collect();
    assert_eq!(paths, ["Büro/Köln", "Classic"]);
    assert_eq!(page("").await.1["PageItems"].as_array().unwrap().len(), 7);
    let (status, body) = page("?take=101").await;
    assert_eq!((status, &body["errorCode"]), (400, &json!(1009)), "{body}");
}
