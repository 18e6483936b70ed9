//! A server whose clocks differ: the database's, by which robot jobs are dated, and the one of `Date`.

use jiff::SignedDuration;
use orchestrator_sandbox::World;
use orchestrator_sandbox::world::Switches;
use orchestrator_sandbox::world::switches::DateHeader;
use serde_json::json;

use crate::api::{INVOICES, Stand};

#[tokio::test]
async fn robot_jobs_are_dated_by_the_clock_of_the_database_and_answers_by_their_own() {
    let cases = [(0, "2026-01-31T12"), (-26, "2026-01-30T10"), (26, "2026-02-01T14")];
    for (hours, dated) in cases {
        let creation_time_ahead = SignedDuration::from_hours(hours);
        let stand = Stand::switched(Switches { creation_time_ahead, ..Switches::default() });
        let (_, started) = stand.start_in_7(json!({"ReleaseKey": INVOICES})).await;
        let created = started["value"][0]["CreationTime"].as_str().unwrap();
        assert_eq!(created, format!("{dated}:00:00.1234567Z"), "{hours} h");
        let (_, listed) = stand.get_in_7(&format!("/odata/Jobs?$filter=CreationTime ge {created}")).await;
        assert_eq!(listed["value"][0]["CreationTime"], created);
        let answer = stand.get("/odata/Jobs").header("X-UIPATH-OrganizationUnitId", 7).send().await.unwrap();
        assert_eq!(answer.headers()["date"], "Sat, 31 Jan 2026 12:00:00 GMT");
    }
}

#[tokio::test]
async fn answers_may_carry_no_date() {
    let stand = Stand::switched(Switches { date_header: DateHeader::Absent, ..Switches::default() });
    for _ in 0..3 {
        let answer = stand.get("/odata/Jobs").header("X-UIPATH-OrganizationUnitId", 7).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("date")), (200, None));
        let body = answer.text().await.unwrap();
        assert!(body.ends_with("\"value\":[]}"), "{body}");
    }
}

#[test]
fn a_world_file_says_how_far_the_database_is_ahead() {
    for (text, seconds) in [("-26h", -26 * 3600), ("10m", 600), ("0s", 0)] {
        let world =
            World::from_text(&format!("switches: {{ creation-time-ahead: {text}, date-header: absent }}\n")).unwrap();
        assert_eq!(world.switches.creation_time_ahead, SignedDuration::from_secs(seconds), "{text}");
        assert_eq!(world.switches.date_header, DateHeader::Absent);
    }
}
