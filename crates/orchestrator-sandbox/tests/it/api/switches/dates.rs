//! What nobody has recorded of lists of what has ended or changed: each switch both ways.

use std::time::Duration;

use orchestrator_sandbox::world::switches::{DateOrder, FolderlessLists, PropertyFilter, QueryLimits, StopRefusal};
use orchestrator_sandbox::world::{End, Folder, Life, Release, Switches};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use crate::api::{Stand, answer, each};

/// Four robot jobs, at 12:03: 160856 ended at 12:02, 160857 at 12:01, 160858 runs since 12:00, 160859 is pending.
async fn four(switches: Switches) -> Stand {
    let life = |seconds, end| Life::of(Duration::ZERO, Duration::from_secs(seconds), end);
    let lives = [life(120, End::Successful), life(60, End::Faulted), life(60, End::Running), life(60, End::Pending)];
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .release(Release::named("R").folder("A").lives(lives))
        .switches(switches);
    let stand = Stand::with(&world, Options::default());
    stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": 4})).await;
    stand.clock.advance(Duration::from_secs(180));
    stand
}

/// The ids, or the refusal's status and number.
async fn found(stand: &Stand, query: &str) -> Value {
    let (status, body) = stand.get_in_7(&format!("/odata/Jobs?{query}")).await;
    if status == 200 { json!(each(&body, "Id")) } else { json!([status, body["errorCode"]]) }
}

#[tokio::test]
async fn a_filter_by_end_or_change_works_is_refused_finds_nothing_or_is_ignored() {
    let all = json!([160_856, 160_857, 160_858, 160_859]);
    for (switch, ended, changed) in [
        (PropertyFilter::Works, json!([160_856]), json!([160_856, 160_857])),
        (PropertyFilter::ComparesOnly, json!([160_856]), json!([160_856, 160_857])),
        (PropertyFilter::Refused, json!([400, 1000]), json!([400, 1000])),
        (PropertyFilter::FindsNothing, json!([]), json!([])),
        (PropertyFilter::Ignored, all.clone(), all.clone()),
    ] {
        let ends = "$filter=EndTime ge 2026-01-31T12:01:30Z";
        let changes = "$filter=LastModificationTime ge 2026-01-31T12:00:30Z and Id gt 1";
        let stand = four(Switches { end_time_filter: switch, ..Switches::default() }).await;
        assert_eq!(found(&stand, ends).await, ended, "{switch:?}");
        assert_eq!(found(&stand, changes).await, json!([160_856, 160_857]), "{switch:?}");
        let stand = four(Switches { last_modification_filter: switch, ..Switches::default() }).await;
        assert_eq!(found(&stand, ends).await, json!([160_856]), "{switch:?}");
        assert_eq!(found(&stand, changes).await, changed, "{switch:?}");
        // The properties themselves are always shown.
        let (_, list) = stand.get_in_7("/odata/Jobs?$select=EndTime,LastModificationTime&$top=1").await;
        assert_eq!(each(&list, "EndTime"), each(&list, "LastModificationTime"));
    }
}

#[tokio::test]
async fn an_order_by_end_or_change_works_is_refused_or_is_ignored() {
    for (date_order, ended, changed) in [
        (DateOrder::Works, json!([160_858, 160_859, 160_857, 160_856]), json!([160_856, 160_857, 160_859, 160_858])),
        (DateOrder::Refused, json!([400, 1000]), json!([400, 1000])),
        (DateOrder::Ignored, json!([160_856, 160_857, 160_858, 160_859]), json!([160_859, 160_858, 160_857, 160_856])),
    ] {
        let stand = four(Switches { date_order, ..Switches::default() }).await;
        assert_eq!(found(&stand, "$orderby=EndTime").await, ended, "{date_order:?}");
        let by_change = "$orderby=LastModificationTime desc,Id desc";
        assert_eq!(found(&stand, by_change).await, changed, "{date_order:?}");
        assert_eq!(found(&stand, "$orderby=CreationTime,Id&$top=1").await, json!([160_856]), "{date_order:?}");
    }
}

#[tokio::test]
async fn a_list_of_jobs_is_cut_without_a_word_or_refused_where_it_asks_for_too_much() {
    for (query_limits, expected) in [
        (QueryLimits::default(), json!([200, 150])),
        (QueryLimits { rows: Some(100), ..QueryLimits::default() }, json!([200, 100])),
        (QueryLimits { top: 100, ..QueryLimits::default() }, json!([400, 1000])),
    ] {
        let switches = Switches { query_limits: query_limits.clone(), ..Switches::default() };
        let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A"));
        let stand = Stand::with(&world.switches(switches), Options::default());
        stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": 150})).await;
        let (status, body) = stand.get_in_7("/odata/Jobs?$top=1000&$orderby=Id").await;
        let said =
            if status == 200 { json!([200, each(&body, "Id").len()]) } else { json!([status, body["errorCode"]]) };
        assert_eq!(said, expected, "{query_limits:?}");
        let (_, next) = stand.get_in_7("/odata/Jobs?$top=100&$skip=100&$orderby=Id&$count=true").await;
        assert_eq!((each(&next, "Id").len(), &next["@odata.count"]), (50, &json!(150)), "{query_limits:?}");
    }
}

#[tokio::test]
async fn each_row_of_a_list_over_all_folders_says_which_folder_it_is_of() {
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .folder(Folder::at("B").id(8))
        .release(Release::named("R").folder("A"))
        .release(Release::named("S").folder("B"))
        .switches(Switches { folderless_lists: FolderlessLists::AllFolders, ..Switches::default() });
    let stand = Stand::with(&world, Options::default());
    stand.start_in_7(json!({"ReleaseName": "R"})).await;
    stand.start_in(8, json!({"ReleaseName": "S"})).await;
    stand.clock.advance(Duration::from_secs(10));
    let (_, list) =
        answer(stand.get("/odata/Jobs?$filter=EndTime ge 2026-01-31&$select=Id,OrganizationUnitId,State")).await;
    assert_eq!(each(&list, "OrganizationUnitId"), [7, 8]);
}

#[tokio::test]
async fn stopping_one_job_too_late_refuses_all_or_is_passed_over_or_stops_the_others() {
    for (stop_refusal, status, others) in [
        (StopRefusal::RefusesAll, 409, json!(["Running", "Pending"])),
        (StopRefusal::Skips, 200, json!(["Terminating", "Stopped"])),
        (StopRefusal::StopsOthers, 409, json!(["Terminating", "Stopped"])),
    ] {
        let stand = four(Switches { stop_refusal, ..Switches::default() }).await;
        let stop = json!({"jobIds": [160_858, 160_856, 160_859], "strategy": "Kill"});
        let target = "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs";
        assert_eq!(stand.post_in_7(target, &stop).await.0, status, "{stop_refusal:?}");
        let (_, list) = stand.get_in_7("/odata/Jobs?$filter=Id ge 160858").await;
        assert_eq!(json!(each(&list, "State")), others, "{stop_refusal:?}");
        // One that ended by itself keeps its end, and one that does not exist is never passed over.
        let (_, ended) = stand.get_in_7("/odata/Jobs(160856)").await;
        assert_eq!((&ended["State"], &ended["SubState"]), (&json!("Successful"), &json!(null)), "{stop_refusal:?}");
        let unknown = json!({"jobIds": [160_858, 7], "strategy": "Kill"});
        assert_eq!(stand.post_in_7(target, &unknown).await.0, 404, "{stop_refusal:?}");
        // The one job of a path is refused as ever.
        let one = "/odata/Jobs(160857)/UiPath.Server.Configuration.OData.StopJob";
        assert_eq!(stand.post_in_7(one, &json!({"strategy": "Kill"})).await.0, 409, "{stop_refusal:?}");
    }
}
