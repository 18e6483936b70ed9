use super::*;
use crate::clock::Timestamp;
use crate::ids::{FolderId, FolderRef};
use crate::plan::{self, Inputs};
use crate::secret::Redactor;

fn shown(format: PlanForm, manifest: &str) -> String {
    let inputs = Inputs {
        time: "2026-01-31T00:00:00Z".parse::<Timestamp>().expect("a timestamp"),
        profile: "prod".to_owned(),
        origin: "https://orch.example".to_owned(),
        tenant: "Default".to_owned(),
        folder: Some(FolderRef::Id(FolderId(7))),
        ..Inputs::of_manifest("m.yaml", manifest)
    };
    let (_, outcome) = plan::make(&inputs);
    let (plan, said) = outcome.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{said:?}"));
    let mut bytes = Vec::new();
    let shown =
        PlanView { plan: &plan, inputs: &inputs, base: Some("https://orch.example"), redactor: &Redactor::default() };
    write(format, &shown, &mut bytes).expect("memory");
    String::from_utf8(bytes).expect("text")
}

/// A manifest whose every text tries to break out of the form that it is shown in.
const HOSTILE: &str = r#"
version: 1
name: m
jobs:
  a:
    release: "x'; rm -rf ~; echo '| <script> [a](http://evil) `b` @all \u202e"
    arguments: { note: "'\n::error::x\u001b[2J" }
  b: { release: R, folder: "Büro" }
"#;

#[test]
fn nothing_in_a_manifest_breaks_out_of_a_table() {
    let text = shown(PlanForm::Markdown, HOSTILE);
    assert_eq!(text.lines().count(), 6, "{text}");
    for line in text.lines().skip(2) {
        let cells = line.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 7, "{line}");
    }
    for word in ["<script>", "[a](", "`b`", "@all", "\u{1b}", "\u{202e}"] {
        assert!(!text.contains(word), "{word:?} in {text}");
    }
}

#[test]
fn nothing_in_a_manifest_breaks_out_of_a_word_of_the_shell() {
    let text = shown(PlanForm::Curl, HOSTILE);
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script");
    // Each argument of curl as a line: the shell itself says what it makes of the quotes.
    std::fs::write(&script, format!("curl() {{ printf '%s\\n' \"$@\"; }}\nTOKEN=t\n{text}")).expect("written");
    let output = std::process::Command::new("sh").arg(&script).env("HOME", "/nowhere").output().expect("sh runs");
    let said = String::from_utf8(output.stdout.clone()).expect("text");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let bodies: Vec<serde_json::Value> = said
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let release = bodies[0]["startInfo"]["ReleaseName"].as_str().expect("a name");
    assert!(release.starts_with("x'; rm -rf ~; echo '|") && release.ends_with("@all \u{202e}"), "{release:?}");
    assert!(
        said.contains("\nX-UIPATH-TenantName: Default\n") && said.contains("\nX-UIPATH-OrganizationUnitId: 7\n"),
        "{said}"
    );
    assert!(said.contains("\nX-UIPATH-FolderPath-Encoded: QgD8AHIAbwA=\n"), "{said}");
    assert_eq!(said.matches("Authorization: Bearer t\n").count(), 2);
}

#[test]
fn text_for_people_cannot_steer_their_terminal() {
    let text = shown(PlanForm::Text, HOSTILE);
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("\\u{202e}"), "{text}");
}

#[test]
fn json_keeps_every_value() {
    let plan: serde_json::Value = serde_json::from_str(&shown(PlanForm::Json, HOSTILE)).expect("JSON");
    assert_eq!(plan["launches"].as_array().map(Vec::len), Some(2));
    assert_eq!(plan["launches"][1]["folder"]["path"], "Büro");
    assert_eq!(plan["limits"]["interval-ns"], 100_000_000);
}

#[test]
fn what_a_launch_waits_for_stands_beside_it() {
    const NEEDS: &str = "version: 1\nname: m\ndefaults: { release: R }\njobs:\n  a: { matrix: { n: [1] } }\n  b: { matrix: { n: [1] }, needs: { a: same-row }, arguments: { x: '${{ needs.a.output.y }}' } }\n  c: { needs: { b: finished, a: succeeded } }\n";
    let text = shown(PlanForm::Text, NEEDS);
    let needs: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("needs ")).map(str::trim).collect();
    assert_eq!(
        needs,
        ["needs                  a (succeeded, same row)", "needs                  b (finished), a (succeeded)"]
    );
    let table = shown(PlanForm::Markdown, NEEDS);
    for needs in ["needs a \\(succeeded, same row\\)", "needs b \\(finished\\), a \\(succeeded\\)"] {
        assert!(table.contains(needs), "{table}");
    }
    let script = shown(PlanForm::Curl, NEEDS);
    let told = "# It goes only behind what it needs: a (succeeded, same row).\n# Its ${{ needs... }} has no value before that: `sortie run` fills it in.\n";
    assert!(script.contains(told), "{script}");
    assert_eq!(script.matches("has no value before that").count(), 1, "{script}");
}
