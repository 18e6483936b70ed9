use super::*;

fn table(ids: impl IntoIterator<Item = i64>) -> JobTable {
    let mut table = JobTable::new();
    for id in ids {
        let job = Tracked::new(JobId(id), (Ordinal(0), AttemptNo::FIRST), Tick(0));
        assert!(table.insert(job));
    }
    table
}

#[test]
fn a_creation_time_is_never_kept_later_than_it_is() {
    let mut table = JobTable::new();
    for text in ["2026-01-31T12:00:00.9Z", "2026-01-31T12:00:00.1Z", "2026-01-31T11:59:59.5Z"] {
        let created = text.parse().unwrap();
        let mut job = Tracked::new(JobId(7), (Ordinal(0), AttemptNo::FIRST), Tick(0));
        table.note_created(&mut job, Some(created));
        assert!(table.created(&job).is_some_and(|kept| kept <= created), "{text}");
    }
}

#[test]
fn a_hundred_thousand_take_about_64_bytes_each() {
    assert!(std::mem::size_of::<Tracked>() <= 48, "{}", std::mem::size_of::<Tracked>());
    let table = table(0..100_000);
    assert!(table.bytes() <= 100_000 * 64, "{}", table.bytes());
}

#[test]
fn each_is_found_until_it_is_over_in_whatever_order_they_came() {
    let count = 5_000;
    let mut table = table((0..count).map(|number| (number * 7_919) % count));
    assert!((0..count).all(|id| table.get(JobId(id)).is_some_and(|job| job.id == JobId(id))));
    let again = *table.get(JobId(7)).unwrap();
    assert!(!table.insert(again), "it is there already");
    table.await_details(JobId(8));
    for id in (0..count).filter(|id| id % 3 != 0) {
        table.finish(JobId(id));
        table.finish(JobId(id));
    }
    let left = (0..count).filter(|id| id % 3 == 0).count();
    assert_eq!((table.unfinished(), table.open(), table.iter_unfinished().count()), (left, left, left));
    assert!((0..count).all(|id| table.get(JobId(id)).is_some() == (id % 3 == 0)));
}

#[test]
fn a_time_is_the_same_with_more_digits_and_another_is_not() {
    let hash = start_hash("2026-01-31T12:00:00Z");
    assert_eq!(hash, start_hash("2026-01-31T12:00:00.0000001Z"));
    assert_ne!(hash, start_hash("2026-01-31T12:00:01Z"));
}
