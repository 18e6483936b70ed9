use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::manifest;
use crate::schema::{PublishedSchema, published, published_tests};
use crate::source::Sources;

/// What the world's validator says of `value`: each place, and the keyword that is violated there.
fn by_the_worlds(validator: &Validator, value: &Value) -> Vec<(String, String)> {
    let found = validator.iter_errors(value);
    let mut found: Vec<_> =
        found.map(|error| (error.instance_path().to_string(), error.kind().keyword().to_owned())).collect();
    found.sort();
    found
}

/// What ours says of the same value, as a text of JSON is one of YAML.
fn by_ours(rules: &Rules<'_>, value: &Value) -> Vec<(String, String)> {
    let mut sources = Sources::default();
    let source = sources.add("m.yaml", value.to_string());
    let document = manifest::parse(&sources, source).into_parts().0.expect("JSON is YAML");
    let mut found: Vec<_> = ValidationPass::new(rules, &document, usize::MAX)
        .violations()
        .iter()
        .map(|violation| (violation.path.clone(), keyword(violation, &document).to_owned()))
        .collect();
    found.sort();
    found
}

fn keyword(violation: &Violation<'_>, document: &Document) -> &'static str {
    match &violation.kind {
        ViolationKind::Type(_) => "type",
        ViolationKind::Choice(_) if violation.schema.get("const").is_some() => "const",
        ViolationKind::Choice(_) => "enum",
        ViolationKind::Alternatives(_) => "anyOf",
        ViolationKind::UnknownKeys(_) => "additionalProperties",
        ViolationKind::WrongKey(_) => "propertyNames",
        ViolationKind::MissingKey(_) => "required",
        ViolationKind::Pattern => "pattern",
        ViolationKind::Range => {
            let number = document.to_json(violation.node).as_f64().expect("a number has a range");
            let is_small = violation.schema["minimum"].as_f64().is_some_and(|low| number < low);
            if is_small { "minimum" } else { "maximum" }
        }
        ViolationKind::TooShort => "minLength",
        ViolationKind::TooLong(_) => "maxLength",
        ViolationKind::TooFewItems(_) => "minItems",
        ViolationKind::TooFewKeys(_) => "minProperties",
    }
}

/// The files of a folder of the repository that end in `.yaml`, as JSON, where they are YAML at all.
fn samples(folder: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    files.sort();
    let parsed = files.iter().filter_map(|path| {
        let mut sources = Sources::default();
        let source = sources.add("m.yaml", std::fs::read_to_string(path).ok()?);
        let document = manifest::parse(&sources, source).into_parts().0?;
        Some(document.to_json(document.root()))
    });
    parsed.collect()
}

/// One change of `value`, of all that may be wrong in a file.
fn mutated(value: &Value, dice: &mut fastrand::Rng) -> Value {
    let mut value = value.clone();
    let mut pointers = Vec::new();
    gather(&value, &mut String::new(), &mut pointers);
    let at = &pointers[dice.usize(..pointers.len())];
    let place = value.pointer_mut(at).expect("a place of it");
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(-3),
        json!(7),
        json!(1_000_000_000_000_i64),
        json!(u64::MAX),
        json!(2.5),
        json!(""),
        json!("a"),
        json!("A B"),
        json!("${{ params.x }}"),
        json!("a ${{ 1 + 1 }} b"),
        json!("10/s"),
        json!("5 %"),
        json!("30s"),
        json!("7f9c24e5-5d1c-4f5d-8f0e-3b1a2c4d5e6f"),
        json!("x".repeat(2000)),
        json!("\u{e9}"),
        json!([]),
        json!(["a"]),
        json!([1, "a", {}]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "path": "Finance", "id": 7 }),
        json!({ "timeout": "5m", "faulted": 2 }),
    ];
    let other = others[dice.usize(..others.len())].clone();
    match (place, dice.usize(..6)) {
        (Value::Object(entries), 0) => drop(entries.insert("x-own".to_owned(), other)),
        (Value::Object(entries), 1) => drop(entries.insert("unknown".to_owned(), other)),
        (Value::Object(entries), 2) => drop(entries.insert("No Name!".to_owned(), other)),
        (Value::Object(entries), 3) if !entries.is_empty() => {
            let key = entries.keys().nth(dice.usize(..entries.len())).expect("a key").clone();
            entries.remove(&key);
        }
        (Value::Array(items), 0..=2) => items.push(other),
        (place, _) => *place = other,
    }
    value
}

fn gather(value: &Value, at: &mut String, pointers: &mut Vec<String>) {
    pointers.push(at.clone());
    let length = at.len();
    let mut below = |step: &str, value: &Value| {
        at.push('/');
        at.push_str(&step.replace('~', "~0").replace('/', "~1"));
        gather(value, at, pointers);
        at.truncate(length);
    };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Holds ours against the world's over `samples` and `rounds` mutations of each; how many of all were in order.
fn compare(schema: &Value, rules: &Rules<'_>, samples: &[Value], rounds: usize) -> (usize, usize) {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let (mut dice, mut good, mut all) = (fastrand::Rng::with_seed(7), 0, 0);
    for sample in samples {
        let mut value = sample.clone();
        for round in 0..=rounds {
            let expected = by_the_worlds(&validator, &value);
            assert_eq!(by_ours(rules, &value), expected, "round {round} of {value}");
            good += usize::from(expected.is_empty());
            all += 1;
            // Faults beside each other, too: now and then it begins anew.
            let base = if dice.usize(..3) == 0 { sample } else { &value };
            value = mutated(base, &mut dice);
        }
    }
    (good, all)
}

#[test]
fn ours_finds_in_manifests_what_the_worlds_validator_finds() {
    let PublishedSchema { schema, rules } = published();
    let samples = [samples("specs"), samples("specs/bad")].concat();
    assert!(samples.len() > 40, "{}", samples.len());
    let (good, all) = compare(schema, rules, &samples, 150);
    assert!(good > 100 && good < all / 2, "{good} of {all} are in order: the mutations say little");
}

#[test]
fn ours_finds_in_files_of_tests_what_the_worlds_validator_finds() {
    let PublishedSchema { schema, rules } = published_tests();
    let samples = samples("specs/tested");
    assert!(!samples.is_empty());
    compare(schema, rules, &samples, 500);
}

#[test]
fn a_whole_number_is_not_written_with_a_fraction() {
    let schema = json!({ "type": "integer" });
    let found = by_ours(&Rules::of(&schema), &json!(1.0));
    assert_eq!(found, [(String::new(), "type".to_owned())], "as the reader has it that comes next");
}

#[test]
#[should_panic(expected = "`uniqueItems` is no keyword")]
fn a_keyword_that_is_not_known_is_no_part_of_the_program() {
    let schema = json!({ "uniqueItems": true });
    let _ = Rules::of(&schema);
}
