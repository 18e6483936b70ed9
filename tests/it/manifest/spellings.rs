//! YAML that is not what it looks like, and values that are not what they look like: warned of, or refused.

use expect_test::expect;
use sortie::diagnostic::Severity;
use sortie::plan;

use crate::plan::{HEAD, briefly, inputs};

fn said(text: &str) -> String {
    let (sources, outcome) = plan::make(&inputs(text));
    briefly(&sources, outcome.diagnostics())
}

fn arguments(value: &str) -> String {
    format!("{HEAD}jobs:\n  a:\n    release: R\n    arguments: {{ x: {value} }}\n")
}

#[test]
fn a_plain_scalar_whose_number_is_written_otherwise_draws_a_warning() {
    let mut all = String::new();
    for value in ["1.10", "680841e1", "0100", "1_000", "+5", "0x1F", "0o14", "3.20"] {
        all.push_str(&said(&arguments(value)));
    }
    expect![[r#"
        number 7:21 [1.10] this is the number 1.1, which is not how it is written | if it is an identifier or a version, quote it: `"1.10"`
        number 7:21 [680841e1] this is the number 6808410.0, which is not how it is written | if it is an identifier or a version, quote it: `"680841e1"`
        number 7:21 [0100] the zeros in front are lost: this is the number 100 | if it is an identifier or a version, quote it: `"0100"`
        number 7:21 [1_000] this is text, not a number: YAML 1.2 takes no `_` between digits | quote it if that is meant; as a number write 1000
        number 7:21 [+5] this is the number 5, which is not how it is written | if it is an identifier or a version, quote it: `"+5"`
        number 7:21 [0x1F] this is the number 31, which is not how it is written | if it is an identifier or a version, quote it: `"0x1F"`
        number 7:21 [0o14] this is the number 12, which is not how it is written | if it is an identifier or a version, quote it: `"0o14"`
        number 7:21 [3.20] this is the number 3.2, which is not how it is written | if it is an identifier or a version, quote it: `"3.20"`
    "#]]
    .assert_eq(&all);
    for value in ["2.0", "12.5", "-7", "'1.10'", "\"0100\"", "1_a", "2026-11-27", "!!float 1.10", "1.2.3"] {
        assert_eq!(said(&arguments(value)), "", "{value}");
    }
    let matrix = format!("{HEAD}jobs:\n  a: {{ release: R, matrix: {{ v: [1.9, 1.10] }} }}\n");
    assert!(said(&matrix).starts_with("number 5:39 [1.10]"), "{}", said(&matrix));
}

#[test]
fn control_characters_that_escapes_put_into_text_draw_a_warning() {
    let mut all = String::new();
    for value in [r#""C:\temp\new""#, r#""a\x1bb""#, r#""\u0085""#, r#""é\\t\n""#] {
        all.push_str(&said(&arguments(value)));
    }
    all.push_str(&said(&format!("{HEAD}jobs:\n  a:\n    release: R\n    arguments: {{ \"a\\tb\": 1 }}\n")));
    expect![[r#"
        control-character 7:24 [\t] `\t` in double quotes is a tab | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
        control-character 7:23 [\x1b] `\x1b` in double quotes is the control character U+001B | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
        control-character 7:22 [\u0085] `\u0085` in double quotes is the control character U+0085 | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
        control-character 7:26 [\n] `\n` in double quotes is a line end | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
        control-character 7:20 [\t] `\t` in double quotes is a tab | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
    "#]]
    .assert_eq(&all);
    for value in [r#""C:\\temp\\new""#, r"'C:\temp\new'", r"C:\temp\new", r#""\"\u00e4\_\L""#, "\"a\n\n      b\""] {
        assert_eq!(said(&arguments(value)), "", "{value}");
    }
}

#[test]
fn names_with_control_characters_are_refused() {
    for line in [
        r#"release: "Invoice\tLoader""#,
        r#"release: { name: "a\nb" }"#,
        r#"release: { package: "a\u0007" }"#,
        r#"release: { name: R, version: "1\n" }"#,
        "release: R\n    folder: \"Finance\\nAP\"",
        "release: R\n    folder: { path: \"a\\tb\" }",
        "release: R\n    robots: [\"ETL\\t01\"]",
        "release: R\n    machines: [\"VM\\n\"]",
        "release: R\n    machine-robots: [{ machine: V, robot: \"E\\r\" }]",
        "release: R\n    robots: [\"${{ 'a\\tb' }}\"]",
    ] {
        let text = format!("{HEAD}jobs:\n  a:\n    {line}\n");
        let (sources, outcome) = plan::make(&inputs(&text));
        let said = briefly(&sources, outcome.diagnostics());
        assert!(outcome.value().is_none() && said.contains("holds the control character U+00"), "{line}: {said}");
    }
}

#[test]
fn a_release_that_is_nearly_a_key_draws_a_warning() {
    let text = |release: &str| format!("{HEAD}jobs:\n  a: {{ release: {release} }}\n");
    let warned = said(&text("0764f4a-2ce0-41b9-r738-4575566f3756"));
    let what = "wrong-form 5:17 [0764f4a-2ce0-41b9-r738-4575566f3756] `0764f4a-2ce0-41b9-r738-4575566f3756` looks like a release's \
                key, but is no GUID: it is taken for a name";
    assert!(warned.starts_with(what), "{warned}");
    let defaults = format!(
        "{HEAD}defaults: {{ release: '{{5b754c63-5d1a-4c37-bb9b-74b69e4934bf}}' }}\njobs: {{ a: {{}}, b: {{}} }}\n"
    );
    assert_eq!(said(&defaults).matches("looks like a release's key").count(), 1);
    for release in ["5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "Invoice Loader", "'{ 5b754c63 }'"] {
        assert_eq!(said(&text(release)), "", "{release}");
    }
}

#[test]
fn ids_below_one_are_refused() {
    for line in
        ["robots: [-5]", "robots: [0]", "machines: [-1]", "machine-sessions: [-70031]", "robots: ['${{ 1 - 2 }}']"]
    {
        let (_, outcome) = plan::make(&inputs(&format!("{HEAD}jobs:\n  a:\n    release: R\n    {line}\n")));
        assert!(outcome.value().is_none(), "{line}");
        assert!(outcome.diagnostics()[0].what.contains("a number above 0"), "{line}: {:?}", outcome.diagnostics());
    }
}

#[test]
fn an_empty_list_of_robots_or_machines_is_an_error_however_it_comes_about() {
    let params = "params: { none: { type: json, default: [] } }\n";
    for key in ["robots", "machines", "machine-robots", "machine-sessions"] {
        for list in ["[]", "'${{ params.none }}'", "['${{ omit }}']", "'${{ [omit] }}'", "'${{ [] }}'"] {
            let text = format!("{HEAD}{params}jobs:\n  a:\n    release: R\n    {key}: {list}\n");
            let (_, outcome) = plan::make(&inputs(&text));
            assert!(outcome.value().is_none(), "{key}: {list}");
            assert!(outcome.diagnostics()[0].what.contains("empty"), "{key}: {list}: {:?}", outcome.diagnostics());
        }
        let left_out = format!("{HEAD}jobs:\n  a:\n    release: R\n    {key}: '${{{{ omit }}}}'\n");
        assert_eq!(said(&left_out), "", "{key}");
    }
}

#[test]
fn a_mapping_of_which_all_is_omitted_is_left_out() {
    let omit = "'${{ omit }}'";
    for (lines, expected) in [
        (format!("arguments: {{ x: {omit}, y: {omit} }}"), None),
        (format!("arguments: {{ x: {{ y: {omit} }} }}"), None),
        (format!("arguments: {{ x: {{ y: {{ z: {omit} }} }}, a: 1 }}"), Some(r#"{"a":1}"#)),
        ("arguments: { x: '${{ {\"y\": omit} }}', a: 1 }".to_owned(), Some(r#"{"a":1}"#)),
        (format!("arguments: {{ l: [{{ y: {omit} }}, 1] }}"), Some(r#"{"l":[1]}"#)),
        ("arguments: { x: {} }".to_owned(), Some(r#"{"x":{}}"#)),
        ("arguments: {}".to_owned(), Some("{}")),
        (format!("environment: {{ A: {omit} }}"), None),
        (format!("stop: {{ after: {omit} }}"), None),
        (format!("start-info: {{ EntryPointPath: {omit} }}"), None),
    ] {
        let (sources, outcome) = plan::make(&inputs(&format!("{HEAD}jobs:\n  a:\n    release: R\n    {lines}\n")));
        let (plan, said) = outcome.into_parts();
        let plan = plan.unwrap_or_else(|| panic!("{lines}: {}", briefly(&sources, &said)));
        let request = plan.launch(sortie::ids::Ordinal(0)).canonical()["request"].clone();
        assert_eq!(request["InputArguments"].as_str(), expected, "{lines}");
        for field in ["EnvironmentVariables", "StopProcessExpression", "EntryPointPath"] {
            assert!(request.get(field).is_none(), "{lines}: {request}");
        }
    }
}

#[test]
fn shell_variables_in_values_draw_a_warning() {
    expect![[r#"
        shell-variable 7:21 [$HOME] `$HOME` is sent as it is written: sortie knows no shell variables | write `${{ params.home }}`, or `${{ env.HOME }}` with `env: [HOME]`; `${{ '$HOME' }}` is the text itself
    "#]]
    .assert_eq(&said(&arguments("$HOME/in.csv")));
    for value in ["'${BUILD_ID}'", "'a ${{ run.name }} $BUILD_ID'", "[{ y: '${name}' }]"] {
        assert!(said(&arguments(value)).starts_with("shell-variable"), "{value}: {}", said(&arguments(value)));
    }
    for value in ["$5", "'US$ 3'", "'$${{ x }}'", "\"${{ '$HOME' }}\"", "'$filter'"] {
        assert_eq!(said(&arguments(value)), "", "{value}");
    }
    let elsewhere = |lines: &str| said(&format!("{HEAD}{lines}\njobs:\n  a: {{ release: R }}\n"));
    assert_eq!(elsewhere("description: costs $MUCH"), "");
    assert_eq!(elsewhere("x-note: $HOME"), "");
    assert!(elsewhere("vars: { a: $HOME }").starts_with("shell-variable"));
    let aliased = elsewhere("x-a: &a $HOME\nvars: { a: *a, b: *a, c: [*a, *a] }");
    assert_eq!(aliased.matches("shell-variable").count(), 1, "once, however often it is aliased");
}

#[test]
fn the_samples_draw_no_warnings() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "yaml") {
            continue;
        }
        count += 1;
        let mut sources = sortie::source::Sources::default();
        let source = sources.add(path.display().to_string(), std::fs::read_to_string(&path).unwrap());
        let read = sortie::manifest::parse(&sources, source).and_then(sortie::spec::lower);
        let new = ["number", "control-character", "shell-variable", "wrong-form"];
        let found: Vec<_> = read.diagnostics().iter().filter(|found| new.contains(&found.code.as_str())).collect();
        assert!(found.iter().all(|found| found.severity != Severity::Warning), "{}: {found:?}", path.display());
    }
    assert!(count > 10);
}
