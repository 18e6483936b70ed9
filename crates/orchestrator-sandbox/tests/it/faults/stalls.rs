//! Work and answers that take their time, on the hand-driven clock.

use std::time::Duration;

use orchestrator_sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};
use serde_json::json;

use super::{Stand, hear};

const TEN: Duration = Duration::from_secs(10);

fn both() -> (String, u64) {
    ("r".to_owned(), 10)
}

#[test]
fn a_stall_before_creating_creates_at_its_end_and_answers_then() {
    let stand = Stand::always(Operation::StartJobs, Fault::nothing().stalled_before(TEN));
    let stream = stand.start("r");
    stand.until_recorded(1);
    stand.advance(9);
    assert_eq!((stand.created(), stand.sandbox.record()[0].status), (vec![], 0));
    stand.advance(1);
    let heard = hear(stream);
    assert_eq!((heard.status(), heard.each("Id")), (201, vec![json!(160_856), json!(160_857)]));
    assert_eq!(heard.each("CreationTime")[0], "2026-01-31T12:00:10.0000000Z");
    assert_eq!(stand.created(), [both(), both()]);
    let line = &stand.sandbox.record()[0];
    assert_eq!((line.status, line.created.as_slice()), (201, [160_856, 160_857].as_slice()));
}

#[test]
fn a_client_that_leaves_does_not_prevent_what_is_stalled() {
    let stand = Stand::always(Operation::StartJobs, Fault::nothing().stalled_before(TEN));
    let stream = stand.start("r");
    stand.until_recorded(1);
    drop(stream);
    assert_eq!(stand.created(), []);
    stand.advance(3600);
    // Long after it was due, and yet it came to be when it was due.
    assert_eq!(stand.created(), [both(), both()]);
    assert_eq!(stand.sandbox.record()[0].created, [160_856, 160_857]);
}

#[test]
fn a_stall_after_creating_holds_back_the_answer_alone() {
    let stand = Stand::always(Operation::StartJobs, Fault::nothing().stalled_after(TEN));
    let stream = stand.start("r");
    stand.until_recorded(1);
    let now = ("r".to_owned(), 0);
    assert_eq!(stand.created(), [now.clone(), now]);
    stand.advance(10);
    assert_eq!(hear(stream).status(), 201);
}

#[test]
fn what_is_created_later_follows_an_answer_that_was_given_at_once() {
    for (reply, said) in [
        (Reply::Status(Status::of(504)), "504"),
        (Reply::Reset, "nothing, reset"),
        (Reply::Close, "nothing"),
        (Reply::EmptyList, "201, ids []"),
    ] {
        let stand = Stand::always(Operation::StartJobs, Fault::late(TEN, reply));
        assert_eq!(hear(stand.start("r")).summary(), said);
        stand.advance(9);
        assert_eq!(stand.created(), []);
        // Other requests are served meanwhile, and see nothing of it.
        assert!(hear(stand.get("/odata/Jobs")).each("Id").is_empty());
        stand.advance(1);
        assert_eq!(hear(stand.get("/odata/Jobs")).each("Reference"), ["r", "r"]);
        assert_eq!(stand.created(), [both(), both()]);
        assert_eq!(stand.sandbox.record()[0].created, [160_856, 160_857]);
    }
}

#[test]
fn late_ones_come_to_be_in_the_order_in_which_they_are_due() {
    let late = |seconds| Fault::late(Duration::from_secs(seconds), Reply::Close);
    let faults = Faults::new().at(Operation::StartJobs, Position::Nth(1), late(30)).at(
        Operation::StartJobs,
        Position::Nth(2),
        late(5),
    );
    let stand = Stand::with(faults);
    for reference in ["slow", "quick", "plain"] {
        hear(stand.start(reference));
    }
    stand.advance(60);
    let brief = |reference: &str, second| (reference.to_owned(), second);
    let expected = [
        brief("plain", 0),
        brief("plain", 0),
        brief("quick", 5),
        brief("quick", 5),
        brief("slow", 30),
        brief("slow", 30),
    ];
    assert_eq!(stand.created(), expected);
}

#[test]
fn a_stalled_request_that_is_refused_is_refused_after_the_stall() {
    let stand = Stand::always(Operation::StartJobs, Fault::nothing().stalled_before(TEN));
    let stream = stand.start_info(&json!({"ReleaseName": "no such thing"}));
    stand.until_recorded(1);
    stand.advance(10);
    assert_eq!(hear(stream).status(), 404);
    assert_eq!((stand.sandbox.record()[0].status, stand.created()), (404, vec![]));
}

#[test]
fn robot_jobs_become_visible_late_in_lists_and_at_once_by_their_own_address() {
    let stand = Stand::always(Operation::StartJobs, Fault::lose_answer().unlisted_for(TEN));
    hear(stand.start("r"));
    assert_eq!(stand.created().len(), 2, "the record knows better");
    let lists = ["/odata/Jobs", "/odata/Jobs?$filter=Id%20eq%20160856", "/odata/Jobs?$filter=Reference%20eq%20'r'"];
    for list in lists {
        assert!(hear(stand.get(list)).each("Id").is_empty(), "{list}");
    }
    assert_eq!(hear(stand.get("/odata/Jobs(160856)")).json()["Reference"], "r");
    stand.advance(10);
    for list in lists {
        assert_eq!(hear(stand.get(list)).each("Reference")[0], "r", "{list}");
    }
}

#[test]
fn a_sandbox_that_stops_waits_for_no_stall() {
    for fault in [Fault::nothing().stalled_before(TEN), Fault::nothing().stalled_after(TEN), Fault::after(Reply::Never)]
    {
        let stand = Stand::always(Operation::StartJobs, fault.clone());
        let stream = stand.start("r");
        stand.until_recorded(1);
        drop(stand);
        hear(stream);
    }
}
