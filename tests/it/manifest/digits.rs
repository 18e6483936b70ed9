//! Numbers whose digits would not all be sent: refused at their place, whatever way they come in.

use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::plan::{self, ParamValue};
use sortie::source::{Packed, Sources};

use crate::plan::{HEAD, briefly, inputs};

/// What is said of a manifest with these files and params, and the arguments of its first launch where there is one.
fn told(text: &str, files: &[(&str, &str)], params: &[(&str, ParamValue)]) -> (String, Option<String>) {
    let mut inputs = inputs(text);
    inputs.files.extend(files.iter().map(|(path, text)| ((*path).to_owned(), Packed::from(*text))));
    inputs.params.extend(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let (sources, outcome) = plan::make(&inputs);
    let (plan, said) = outcome.into_parts();
    let sent = plan.map(|plan| plan.launch(sortie::ids::Ordinal(0)).start_info.arguments().unwrap()["x"].to_string());
    (briefly(&sources, &said), sent)
}

/// Amounts that no JSON number keeps, and what would have become of them.
const LOST: [&str; 4] =
    ["99999999999999.99", "12345678901234567.5", "0.1234567890123456789", "-1234567890123456789012"];

/// Amounts that are kept, and the JSON that is sent.
const KEPT: [(&str, &str); 4] = [
    ("10.50", "10.5"),
    ("9999999999999.99", "9999999999999.99"),
    ("18446744073709551615", "18446744073709551615"),
    ("1e-7", "1e-7"),
];

/// What a number is spelled into.
type Spelled = fn(&str) -> String;

/// One way for a number to come into a plan: the manifest's end, the file that holds the number, and a param.
struct Way {
    name: &'static str,
    manifest: Spelled,
    file: Option<(&'static str, Spelled)>,
    param: Option<fn(&str) -> ParamValue>,
    /// Where a number is complained of.
    place: &'static str,
}

fn job(lines: &str) -> String {
    format!("{HEAD}jobs:\n  a:\n    release: R\n{lines}")
}

fn rows(format: &str, columns: &str) -> String {
    job(&format!("    for-each: {{ {format}: d, key: k{columns} }}\n    arguments: {{ x: '${{{{ row.x }}}}' }}\n"))
}

fn ways() -> impl Iterator<Item = Way> {
    values().into_iter().chain(files())
}

/// Ways by which a number comes as a value of the manifest, or in place of one.
fn values() -> Vec<Way> {
    vec![
        Way {
            name: "YAML",
            manifest: |n| job(&format!("    arguments: {{ x: {n} }}\n")),
            file: None,
            param: None,
            place: "7:21",
        },
        Way {
            name: "a tag",
            manifest: |n| job(&format!("    arguments: {{ x: !!float {n} }}\n")),
            file: None,
            param: None,
            place: "7:",
        },
        Way {
            name: "--param x=",
            manifest: |_| with_param("number"),
            file: None,
            param: Some(|n| ParamValue::Text(n.to_owned())),
            place: "4:",
        },
        Way {
            name: "--param x:=",
            manifest: |_| with_param("json"),
            file: None,
            param: Some(|n| ParamValue::Json(n.to_owned())),
            place: "4:",
        },
        Way {
            name: "a default",
            manifest: |n| with_param(&format!("number, default: {n}")),
            file: None,
            param: None,
            place: "4:39",
        },
        Way {
            name: "an expression",
            manifest: |n| job(&format!("    arguments: {{ x: '${{{{ {n} }}}}' }}\n")),
            file: None,
            param: None,
            place: "7:",
        },
        Way {
            name: "text that becomes a number",
            manifest: |n| job(&format!("    arguments: {{ x: \"${{{{ '{n}' | float }}}}\" }}\n")),
            file: None,
            param: None,
            place: "7:",
        },
    ]
}

/// Ways by which a number comes in a file beside the manifest.
fn files() -> Vec<Way> {
    vec![
        Way {
            name: "CSV",
            manifest: |_| rows("csv", ", columns: { x: number }"),
            file: Some(("d", |n| format!("k,x\n1,{n}\n"))),
            param: None,
            place: "d:2:3",
        },
        Way {
            name: "CSV of JSON",
            manifest: |_| rows("csv", ", columns: { x: json }"),
            file: Some(("d", |n| format!("k,x\n1,{n}\n"))),
            param: None,
            place: "d:2:3",
        },
        Way {
            name: "JSON rows",
            manifest: |_| rows("json", ""),
            file: Some(("d", |n| format!("[\n{{\"k\": 1, \"x\": {n}}}]"))),
            param: None,
            place: "d:2:15",
        },
        Way {
            name: "JSON Lines",
            manifest: |_| rows("jsonl", ""),
            file: Some(("d", |n| format!("\n{{\"k\": 1, \"x\": {n}}}\n"))),
            param: None,
            place: "d:2:15",
        },
        Way {
            name: "YAML rows",
            manifest: |_| rows("yaml", ""),
            file: Some(("d", |n| format!("- k: 1\n  x: {n}\n"))),
            param: None,
            place: "d:2:6",
        },
        Way {
            name: "text of JSON rows in a typed column",
            manifest: |_| rows("json", ", columns: { x: number }"),
            file: Some(("d", |n| format!("[{{\"k\": 1,\n\"x\": \"{n}\"}}]"))),
            param: None,
            place: "d:2:1",
        },
        Way {
            name: "a file of arguments",
            manifest: |_| job("    arguments-file: d.json\n"),
            file: Some(("d.json", |n| format!("{{\n  \"y\": [1.5],\n  \"x\": {n}\n}}\n"))),
            param: None,
            place: "d.json:3:8",
        },
        Way {
            name: "a YAML file of arguments",
            manifest: |_| job("    arguments-file: d.yaml\n"),
            file: Some(("d.yaml", |n| format!("y: 1\nx: {n}\n"))),
            param: None,
            place: "d.yaml:2:4",
        },
    ]
}

fn with_param(kind: &str) -> String {
    let params = format!("{HEAD}params: {{ x: {{ type: {kind} }} }}\n");
    params + "jobs:\n  a:\n    release: R\n    arguments: { x: '${{ params.x }}' }\n"
}

#[test]
fn a_number_that_would_lose_digits_is_refused_where_it_stands() {
    for way in ways() {
        for number in LOST {
            // An integer beyond 64 bits is computed with until it is to be sent.
            if way.name.starts_with("text that becomes") && !number.contains('.') {
                continue;
            }
            let files: Vec<(&str, String)> = way.file.iter().map(|(path, text)| (*path, text(number))).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            let params: Vec<_> = way.param.iter().map(|value| ("x", value(number))).collect();
            let (said, sent) = told(&(way.manifest)(number), &files, &params);
            assert_eq!(sent, None, "{} {number}", way.name);
            assert!(said.contains(&format!(" {}", way.place)), "{} {number}: {said}", way.name);
            let is_helpful = ["quote", "string", "without `| float`"].iter().any(|word| said.contains(word));
            assert!(is_helpful, "{} {number}: {said}", way.name);
        }
    }
}

#[test]
fn a_number_that_keeps_its_digits_is_sent() {
    for way in ways() {
        for (number, expected) in KEPT {
            let files: Vec<(&str, String)> = way.file.iter().map(|(path, text)| (*path, text(number))).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            let params: Vec<_> = way.param.iter().map(|value| ("x", value(number))).collect();
            let (said, sent) = told(&(way.manifest)(number), &files, &params);
            let is_integer_as_float =
                !number.contains(['.', 'e']) && matches!(way.name, "a tag" | "text that becomes a number");
            if is_integer_as_float {
                assert_eq!(sent, None, "{} {number}: 2^64-1 is no double", way.name);
            } else {
                assert_eq!(sent.as_deref(), Some(expected), "{} {number}: {said}", way.name);
            }
        }
    }
}

#[test]
fn computed_numbers_are_no_literals() {
    let (said, sent) = told(&job("    arguments: { x: '${{ 1 / 3 }}' }\n"), &[], &[]);
    assert_eq!(sent.as_deref(), Some("0.3333333333333333"), "{said}");
}

#[test]
fn the_message_shows_what_would_have_been_sent() {
    let mut sources = Sources::default();
    let text = job("    arguments: { x: 99999999999999.99 }\n");
    let source = sources.add("m.yaml", text.as_str());
    let said = sortie::manifest::parse(&sources, source).into_parts().1;
    expect_test::expect![[r#"
        error[number]: this number has more digits than a JSON number keeps: 99999999999999.98 would be sent
         --> m.yaml:7:21
          |
        7 |     arguments: { x: 99999999999999.99 }
          |                     ^^^^^^^^^^^^^^^^^
          |
          = help: quote it, and it is sent as text with every digit: `"99999999999999.99"`

        1 error
    "#]]
    .assert_eq(&render(&said, &sources, Styles::PLAIN));
}
