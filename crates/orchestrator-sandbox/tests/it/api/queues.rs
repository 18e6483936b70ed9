//! Queue items: what is added, what is refused, and that all of a bulk or none of it comes in where that is asked.

use serde_json::{Value, json};

use super::{Stand, answer};

const ADD: &str = "/odata/Queues/UiPathODataSvc.AddQueueItem";
const ADD_ALL: &str = "/odata/Queues/UiPathODataSvc.BulkAddQueueItems";

fn references(stand: &Stand) -> Vec<Option<String>> {
    stand.sandbox.queue_items().into_iter().map(|item| item.reference).collect()
}

#[tokio::test]
async fn an_item_is_added_and_answered_as_it_is() {
    let stand = Stand::new();
    let item = json!({"itemData": {"Name": "Invoices", "Reference": "a", "Priority": "High",
                                   "SpecificContent": {"Number": 7}, "DueDate": "2026-02-01T00:00:00Z"}});
    let (status, body) = stand.post_in_7(ADD, &item).await;
    assert_eq!(status, 201, "{body}");
    for (name, value) in [
        ("Status", json!("New")),
        ("Reference", json!("a")),
        ("Priority", json!("High")),
        ("SpecificContent", json!({"Number": 7})),
        ("DueDate", json!("2026-02-01T00:00:00.0000000Z")),
        ("QueueDefinitionId", json!(9)),
        ("OrganizationUnitId", json!(7)),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    let (status, body) = stand.post_in_7(ADD, &item).await;
    assert_eq!((status, &body["errorCode"]), (409, &json!(9004)), "its reference is taken");
    let page = answer(stand.get("/sandbox/queue-items")).await.1;
    assert_eq!(page["content"], json!({"Number": 7}));
    assert_eq!(page["queue"], "Invoices");
}

#[tokio::test]
async fn an_item_without_a_queue_or_of_a_wrong_shape_is_refused() {
    let stand = Stand::new();
    let cases = [
        (json!({}), 400),
        (json!({"itemData": {}}), 400),
        (json!({"itemData": {"Name": "Nothing"}}), 404),
        (json!({"itemData": {"Name": "Invoices", "Priority": "Urgent"}}), 400),
        (json!({"itemData": {"Name": "Invoices", "Reference": "x".repeat(129)}}), 400),
        (json!({"itemData": {"Name": "Invoices", "DueDate": "tomorrow"}}), 400),
        (json!({"itemData": {"Name": "Invoices", "SpecificContent": []}}), 400),
        (json!({"itemData": {"Name": "Invoices", "Unheard": 1}}), 400),
    ];
    for (body, expected) in cases {
        assert_eq!(stand.post_in_7(ADD, &body).await.0, expected, "{body}");
    }
    let elsewhere = stand.post(ADD, &json!({"itemData": {"Name": "Invoices"}}));
    assert_eq!(answer(elsewhere.header("X-UIPATH-OrganizationUnitId", 8)).await.0, 404);
    assert!(stand.sandbox.queue_items().is_empty());
}

/// Adds items with these references; returns the ordinals of those that failed.
async fn bulk(stand: &Stand, commit: &str, references: &[&str]) -> Vec<i64> {
    let items: Vec<Value> = references.iter().map(|reference| json!({"Reference": reference})).collect();
    let body = json!({"queueName": "Invoices", "commitType": commit, "queueItems": items});
    let (status, body) = stand.post_in_7(ADD_ALL, &body).await;
    assert_eq!(status, 200, "{body}");
    let failed = body["FailedItems"].as_array().unwrap();
    assert_eq!(body["Success"], json!(failed.is_empty()));
    failed.iter().map(|item| item["Ordinal"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_bulk_comes_in_whole_to_the_first_fault_or_item_by_item() {
    let some = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>();
    for (commit, failed, added) in [
        ("AllOrNothing", vec![1, 2], vec!["a"]),
        ("StopOnFirstFailure", vec![1], vec!["a", "b"]),
        ("ProcessAllIndependently", vec![1, 2], vec!["a", "b", "c"]),
    ] {
        let stand = Stand::new();
        assert_eq!(bulk(&stand, commit, &["a"]).await, Vec::<i64>::new());
        assert_eq!(bulk(&stand, commit, &["b", "a", "b", "c"]).await, failed, "{commit}");
        assert_eq!(references(&stand), some(&added), "{commit}");
    }
    let stand = Stand::new();
    let body = json!({"queueName": "Nothing", "commitType": "AllOrNothing", "queueItems": []});
    assert_eq!(stand.post_in_7(ADD_ALL, &body).await.0, 404);
    assert_eq!(stand.post_in_7(ADD_ALL, &json!({"queueName": "Invoices"})).await.0, 400);
}
