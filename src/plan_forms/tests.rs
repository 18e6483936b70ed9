use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::clock::Timestamp;
use crate::diagnostic::styles::Styles;
use crate::ids::{FolderId, FolderRef};
use crate::plan::{self, Inputs, ParamValue};
use crate::secret::Redactor;

fn shown(format: PlanForm, manifest: &str) -> String {
    shown_to(format, manifest, PlanExtent::Whole)
}

fn shown_to(format: PlanForm, manifest: &str, extent: PlanExtent) -> String {
    let region = ("region".to_owned(), ParamValue::Text("apac".to_owned()));
    let given: BTreeMap<_, _> = Some(region).filter(|_| manifest == SEVERAL).into_iter().collect();
    let inputs = Inputs {
        time: "2026-01-31T00:00:00Z".parse::<Timestamp>().expect("a timestamp"),
        profile: "prod".to_owned(),
        origin: "https://orch.example".to_owned(),
        tenant: "Default".to_owned(),
        folder: Some(FolderRef::Id(FolderId(7))),
        params: given,
        ..Inputs::of_manifest("m.yaml", manifest)
    };
    let (_, outcome) = plan::make(&inputs);
    let (plan, said) = outcome.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{said:?}"));
    let mut bytes = Vec::new();
    let shown = PlanView {
        plan: &plan,
        inputs: &inputs,
        base: Some("https://orch.example"),
        redactor: &Redactor::default(),
        extent,
        styles: Styles::PLAIN,
    };
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
    assert_eq!(text.lines().count(), 18, "{text}");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let found: Vec<usize> = text.lines().map(cells).collect();
    assert_eq!(found, [0, 0, 3, 3, 3, 3, 3, 3, 0, 6, 6, 6, 6, 0, 7, 7, 7, 7], "{text}");
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

/// Two jobs in two folders, one launch of which is skipped.
const SEVERAL: &str = "
version: 1
name: m
folder: Shared
params: { region: { type: string, default: emea } }
jobs:
  load: { release: Loader, matrix: { n: [1, 2, 3] }, count: 2 }
  post: { release: Poster, folder: Finance, strategy: All }
  rest: { release: Poster, if: '${{ false }}' }
";

#[test]
fn a_plan_ends_with_what_it_comes_to() {
    let closing = "\nBy job, release and folder\n  \
                   load  Loader in Shared   3 launches, 6 robot jobs\n  \
                   post  Poster in Finance  1 launch, at least 1 robot job\n  \
                   rest  skipped            1 launch (1 skipped), 0 robot jobs\n\n\
                   5 launches (1 skipped), at least 7 robot jobs, 2 folders\n";
    for (extent, names, more) in [
        (PlanExtent::Whole, 5, None),
        (PlanExtent::First(4), 4, Some("\nand 1 more launch\n")),
        (PlanExtent::First(2), 2, Some("\nand 3 more launches\n")),
        (PlanExtent::First(0), 0, None),
        (PlanExtent::First(9), 5, None),
    ] {
        let text = shown_to(PlanForm::Text, SEVERAL, extent);
        assert!(text.ends_with(closing), "{text}");
        let shown = text.lines().filter(|line| line.starts_with(['l', 'p', 'r'])).count();
        assert_eq!((shown, more.is_none_or(|more| text.contains(more))), (names, true), "{extent:?} {text}");
    }
    let one = shown(PlanForm::Text, "version: 1\nname: m\njobs: { a: { release: R } }\n");
    assert!(one.ends_with("\n\n1 launch, 1 robot job, 1 folder\n") && !one.contains("By job"), "{one}");
}

#[test]
fn a_table_says_what_the_plan_is_of_and_fits_a_comment() {
    let text = shown(PlanForm::Markdown, SEVERAL);
    for words in [
        "| in all | 5 launches (1 skipped), at least 7 robot jobs, 2 folders |",
        "| profile | prod at <code>https",
        "| params | <code>region=apac</code> |",
        "| digest | <code>",
        "| load | Loader | Shared | 3 | 6 robot jobs |",
        "| other fields |",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let numbers: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
    let many = format!(
        "version: 1\nname: m\njobs:\n  a:\n    release: R\n    matrix: {{ n: [{}] }}\n    arguments: {{ text: 'some \
         <b>words</b> for each of many launches, ${{{{ matrix.n }}}}' }}\n",
        numbers.join(", ")
    );
    let text = shown(PlanForm::Markdown, &many);
    assert!(text.chars().count() < 65_536, "{}", text.chars().count());
    let rows = text.lines().filter(|line| line.starts_with("| a/")).count();
    assert!(rows > 100 && text.ends_with("`sortie plan --format json` has them all.\n"), "{rows}");
    assert!(text.contains(&format!("\n{} launches more, not listed", 3000 - rows)), "{text}");
}

/// A job of many rows, one that is skipped for some of them, and one launch beside them.
fn many(count: u32) -> String {
    let rows: Vec<String> = (0..count).map(|id| format!("{{ id: r{id}, n: {} }}", id % 7)).collect();
    format!(
        "version: 1\nname: m\njobs:\n  load:\n    release: Loader\n    if: '${{{{ row.n != 3 }}}}'\n    arguments: {{ id: '${{{{ row.id }}}}', deep: {{ n: '${{{{ row.n }}}}', unit: \"a|b\" }} }}\n    for-each: {{ key: id, yaml: [{}] }}\n  end: {{ release: End, needs: [load] }}\n",
        rows.join(", ")
    )
}

#[test]
fn a_plan_of_many_launches_says_once_what_they_share() {
    let text = shown(PlanForm::Text, &many(300));
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.iter().position(|line| *line == "load: 300 launches").expect("a head");
    let shown_lines = [&lines[from..from + 15], &["..."], &lines[lines.len() - 15..]].concat().join("\n");
    expect![[r#"
        load: 300 launches
          folder                 id 7
          ReleaseName            Loader
          Strategy               ModernJobsCount
          JobsCount              1
          InputArguments.deep.unit a|b
          the same for each; what varies is InputArguments.id, InputArguments.deep.n:
          load/r0  id=r0  deep.n=0
          load/r1  id=r1  deep.n=1
          load/r2  id=r2  deep.n=2
          load/r3  skipped: `if` does not hold: ${{ row.n != 3 }}
          load/r4  id=r4  deep.n=4
          load/r5  id=r5  deep.n=5
          load/r6  id=r6  deep.n=6
          load/r7  id=r7  deep.n=0
        ...

        end: 1 launch
          folder                 id 7
          needs                  load (succeeded)
          ReleaseName            End
          Strategy               ModernJobsCount
          JobsCount              1
          end

        By job, release and folder
          load  Loader in id 7  257 launches, 257 robot jobs
          load  skipped         43 launches (43 skipped), 0 robot jobs
          end   End in id 7     1 launch, 1 robot job

        301 launches (43 skipped), 258 robot jobs, 1 folder"#]]
    .assert_eq(&shown_lines);
    let few = shown(PlanForm::Text, &many(198));
    assert!(!few.contains("the same for each") && few.contains("\nload/r0\n"), "{few}");
    let limited = shown_to(PlanForm::Text, &many(300), PlanExtent::First(10));
    assert!(!limited.contains("the same for each"), "{limited}");
}

#[test]
fn a_table_of_many_launches_has_what_varies_and_fits_into_a_comment() {
    let text = shown(PlanForm::Markdown, &many(9_000));
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    let from = text.find("#### load").expect("a head");
    let beginning: Vec<&str> = text[from..].lines().take(10).collect();
    expect![[r#"
        #### load (9000 launches)

        Each: folder <code>id 7</code>, ReleaseName <code>Loader</code>, Strategy <code>ModernJobsCount</code>, JobsCount <code>1</code>, InputArguments.deep.unit <code>a\|b</code>

        | launch | id | deep.n |
        | --- | --- | --- |
        | load/r0 | <code>r0</code> | <code>0</code> |
        | load/r1 | <code>r1</code> | <code>1</code> |
        | load/r2 | <code>r2</code> | <code>2</code> |
        | load/r3 | skipped\: \`if\` does not hold\: ${{ row.n \!= 3 }} | |"#]].assert_eq(&beginning.join("\n"));
    let end: Vec<&str> = text.lines().rev().take(10).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    expect![[r#"

        #### end (1 launch)

        Each: folder <code>id 7</code>, needs <code>load \(succeeded\)</code>, ReleaseName <code>End</code>, Strategy <code>ModernJobsCount</code>, JobsCount <code>1</code>

        | launch |  |
        | --- | --- |
        | end |  |

        8406 launches more, not listed: `sortie plan --format json` has them all."#]].assert_eq(&end.join("\n"));
    let listed = text.matches("\n| load/").count() + text.matches("\n| end |").count();
    let left_out: usize = text.lines().last().and_then(|line| line.split(' ').next()?.parse().ok()).expect("a count");
    // The line of what the plan comes to begins with a job, too.
    assert_eq!(listed - 1 + left_out, 9_001, "{text}");
}

#[test]
fn where_the_value_of_each_secret_comes_from_is_shown_and_those_that_are_not_used_are_not() {
    let manifest = "version: 1\nname: m\nfolder: F\nsecrets: { token: { command: [pass, 'a b'] }, key: { env: KEY }, idle: { file: k } }\n\
        jobs: { a: { release: R, environment: { T: '${{ secrets.token }}', K: '${{ secrets.key }}' } } }\n";
    let text = shown(PlanForm::Text, manifest);
    assert!(
        text.contains("\n  secret    token from command pass 'a b'\n  secret    key from variable KEY\n"),
        "{text}"
    );
    let markdown = shown(PlanForm::Markdown, manifest);
    assert!(markdown.contains("| secret | token from <code>command pass 'a b'</code> |"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&shown(PlanForm::Json, manifest)).expect("JSON");
    let expected = serde_json::json!({ "token": "command pass 'a b'", "key": "variable KEY" });
    assert_eq!(json["inputs"]["secrets"], expected);
    assert!(!text.contains("idle"), "{text}");
}
