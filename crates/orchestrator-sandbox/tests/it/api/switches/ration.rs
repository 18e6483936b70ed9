//! The ration of lists, on the hand-driven clock.

use std::time::Duration;

use orchestrator_sandbox::world::Switches;
use orchestrator_sandbox::world::switches::{ListRation, RetryAfter, SingleJobs};
use serde_json::json;

use crate::api::{INVOICES, Stand, answer};

fn rationed(ration: ListRation) -> Stand {
    Stand::switched(Switches { list_ration: Some(ration), ..Switches::default() })
}

/// The status of a list, and what it says of waiting.
async fn list(stand: &Stand) -> (u16, Option<String>) {
    let request = stand.get("/odata/Jobs?$top=1").header("X-UIPATH-OrganizationUnitId", 7);
    let response = request.send().await.unwrap();
    let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), wait)
}

#[tokio::test]
async fn the_hundred_and_first_list_of_a_minute_is_refused_and_does_not_count() {
    let stand = rationed(ListRation::default());
    for _ in 0..100 {
        assert_eq!(list(&stand).await, (200, None));
    }
    stand.clock.advance(Duration::from_millis(59_999));
    assert_eq!(list(&stand).await, (429, None));
    stand.clock.advance(Duration::from_millis(1));
    assert_eq!(list(&stand).await, (200, None), "the first hundred are a minute old");
}

#[tokio::test]
async fn a_refused_list_says_how_long_to_wait_in_the_form_of_the_switch() {
    let seconds = ListRation { per_minute: 1, retry_after: RetryAfter::Seconds, ..ListRation::default() };
    let stand = rationed(seconds);
    list(&stand).await;
    stand.clock.advance(Duration::from_millis(1500));
    assert_eq!(list(&stand).await, (429, Some("59".to_owned())));
    stand.clock.advance(Duration::from_secs(59));
    assert_eq!(list(&stand).await.0, 200);

    let stand = rationed(ListRation { per_minute: 1, retry_after: RetryAfter::Date, ..ListRation::default() });
    list(&stand).await;
    assert_eq!(list(&stand).await, (429, Some("Sat, 31 Jan 2026 12:01:01 GMT".to_owned())));
    stand.clock.advance(Duration::from_secs(61));
    assert_eq!(list(&stand).await.0, 200);
}

#[tokio::test]
async fn only_lists_of_jobs_count_unless_single_jobs_do_too() {
    for (single_jobs, expected) in [(SingleJobs::Free, 200), (SingleJobs::Counted, 429)] {
        let stand = rationed(ListRation { per_minute: 1, single_jobs, ..ListRation::default() });
        stand.start_in_7(json!({"ReleaseKey": INVOICES})).await;
        assert_eq!(list(&stand).await.0, 200);
        assert_eq!(stand.get_in_7("/odata/Jobs(160856)").await.0, expected);
        assert_eq!(stand.get_in_7("/odata/Releases").await.0, 200);
        assert_eq!(answer(stand.get("/odata/Folders")).await.0, 200);
        assert_eq!(stand.start_in_7(json!({"ReleaseKey": INVOICES})).await.0, 201);
    }
}
