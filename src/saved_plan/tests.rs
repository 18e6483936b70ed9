use serde_json::Value;

use super::*;
use crate::clock::Timestamp;
use crate::ids::FolderRef;
use crate::plan::{self, Inputs};
use crate::resolve::NameKind::{Machine, Release, Robot};
use crate::resolve::ResolvedName;

const MANIFEST: &str = "\
version: 1
name: night
folder: Shared
params: { region: { type: string, default: emea } }
jobs:
  load: { release: Ping, arguments: { region: '${{ params.region }}' } }
  tidy: { release: Pong, arguments: { share: 0.1, big: 18446744073709551615 } }
";

fn saved(text: &str) -> SavedPlan {
    let inputs = Inputs { profile: "prod".to_owned(), ..Inputs::of_manifest("night.yaml", text) };
    let (_, plan) = plan::make(&inputs);
    let plan = plan.into_parts().0.expect("a valid manifest");
    let at: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    let made = SavedBy { id: "0".repeat(32), at, sortie: "0".to_owned(), user: None, host: None };
    SavedPlan::new(&plan, inputs, TypedInputs::default(), made, "2026-02-01T12:00:00Z".parse().unwrap(), None)
}

#[test]
fn a_saved_plan_is_read_again_as_it_was_saved_however_it_is_laid_out() {
    let plan = saved(MANIFEST);
    let text = plan.to_text().unwrap();
    assert!(text.as_bytes().starts_with(BEGINNING), "{text}");
    assert_eq!(SavedPlan::read(text.as_bytes()).unwrap(), plan);
    let compact = serde_json::from_str::<Value>(&text).unwrap().to_string();
    let read = SavedPlan::read(compact.as_bytes()).unwrap();
    assert_eq!((&read, read.run_key()), (&plan, plan.run_key()));
    assert_eq!(plan.plan.jobs, serde_json::json!({ "load": 1, "tidy": 1 }).as_object().unwrap().clone());
    let (_, made) = read.make();
    assert_eq!(made.into_parts().0.expect("it can be made again").digest(), plan.plan.digest);
}

/// A JSON value, and the paths of all values in it.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at_, value)| places(value, &format!("{at}/{at_}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(at.to_owned()),
    }
}

#[test]
fn no_value_of_a_saved_plan_can_be_changed_by_hand() {
    let text = saved(MANIFEST).to_text().unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    places(&whole, "", &mut found);
    assert!(found.len() > 25, "{found:?}");
    for place in found.iter().filter(|place| *place != "/sortie-plan") {
        let mut changed = whole.clone();
        *changed.pointer_mut(place).unwrap() = "other".into();
        let read = SavedPlan::read(changed.to_string().as_bytes());
        assert!(matches!(read, Err(SavedPlanError::Changed)), "{place}: {read:?}");
    }
    for (change, added) in [("/typed", "params"), ("", "filter"), ("/inputs", "x")] {
        let mut changed = whole.clone();
        changed.pointer_mut(change).unwrap()[added] = serde_json::json!({ "a": { "text": "b" } });
        let read = SavedPlan::read(changed.to_string().as_bytes());
        assert!(matches!(read, Err(SavedPlanError::Changed)), "{change}/{added}: {read:?}");
    }
}

#[test]
fn a_key_that_stands_twice_was_written_by_hand() {
    let text = saved(MANIFEST).to_text().unwrap();
    // The last of two is what programs take, and the first is what people read.
    for (key, beside) in [("\"launches\": 2", "\"launches\": 1,"), ("\"text\": ", "\"text\": \"harmless\",")] {
        assert_eq!(text.matches(key).count(), 1, "{text}");
        let changed = text.replacen(key, &format!("{beside} {key}"), 1);
        let read = SavedPlan::read(changed.as_bytes());
        assert!(matches!(read, Err(SavedPlanError::Changed)), "{key}: {read:?}");
    }
}

#[test]
fn what_is_no_saved_plan_or_a_newer_one_is_told_apart_from_a_changed_one() {
    let text = saved(MANIFEST).to_text().unwrap();
    let newer = text.replacen("\"sortie-plan\": 1", "\"sortie-plan\": 2", 1);
    assert!(matches!(SavedPlan::read(newer.as_bytes()), Err(SavedPlanError::Newer { version: 2 })));
    for other in
        ["", "{}", "[]", "version: 1\n", "{\"sortie-plan\": \"1\"}", "{\"version\": 1}", &text[..text.len() / 2]]
    {
        assert!(matches!(SavedPlan::read(other.as_bytes()), Err(SavedPlanError::NotAPlan)), "{other}");
    }
    assert!(matches!(SavedPlan::read(b"{\"sortie-plan\": 1}"), Err(SavedPlanError::Changed)));
}

#[test]
fn a_plan_holds_from_its_making_to_its_expiry_by_the_clock_that_asks() {
    let plan = saved(MANIFEST);
    let said = |now: &str| plan.out_of_date(now.parse().unwrap());
    for good in ["2026-01-31T12:00:00Z", "2026-01-31T11:55:00Z", "2026-02-01T11:59:59Z"] {
        assert_eq!(said(good), None, "{good}");
    }
    assert_eq!(
        said("2026-02-01T12:00:00Z").unwrap(),
        "it expired at 2026-02-01T12:00:00Z, and it is 2026-02-01T12:00:00Z"
    );
    assert_eq!(
        said("2026-01-31T11:54:59Z").unwrap(),
        "it was saved at 2026-01-31T12:00:00Z, and this machine's clock says 2026-01-31T11:54:59Z: nobody can tell whether it has \
         expired"
    );
}

#[test]
fn two_plans_that_are_alike_are_two_runs_and_one_file_is_one() {
    let plan = saved(MANIFEST);
    let again = SavedPlan { made: SavedBy { id: "1".repeat(32), ..plan.made.clone() }, ..plan.clone() };
    assert_ne!(plan.run_key(), again.run_key());
    assert_eq!(plan.run_key(), saved(MANIFEST).run_key());
}

#[test]
fn a_name_that_is_something_else_now_is_told_with_what_it_was() {
    let name = |kind, name: &str, id: Option<&str>, version: Option<&str>| ResolvedName {
        folder: FolderRef::Path("Shared".to_owned()),
        kind,
        name: name.to_owned(),
        id: id.map(str::to_owned),
        version: version.map(str::to_owned),
    };
    let then = [
        name(Release, "Ping", Some("k1"), Some("1.0.1")),
        name(Release, "Pong", Some("k2"), None),
        name(Robot, "R", Some("7"), None),
        name(Machine, "M", Some("8"), None),
    ];
    let now = [
        name(Release, "Ping", Some("k1"), Some("1.0.2")),
        name(Release, "Pong", None, None),
        name(Robot, "R", Some("9"), None),
        name(Machine, "M", Some("8"), None),
    ];
    assert_eq!(
        changed_names(&then, &now),
        [
            "release `Ping` of folder `Shared`: was version 1.0.1 (k1), is version 1.0.2 (k1)",
            "release `Pong` of folder `Shared`: was k2, is not there",
            "robot `R` of folder `Shared`: was 7, is 9",
        ]
    );
    assert_eq!(changed_names(&then, &then), [""; 0]);
}
