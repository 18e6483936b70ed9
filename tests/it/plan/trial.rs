//! What is found in a manifest before its inputs are there: whatever the plan would refuse, and what was left open.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use proptest::prelude::*;
use sortie::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use sortie::ids::FolderRef;
use sortie::plan::{self, Inputs, ParamValue};
use sortie::source::{Packed, Sources};
use sortie::{manifest, spec};

use crate::manifest::hostile_input::mutations::{Change, apply, change, samples};
use crate::plan::{HEAD, briefly};

fn inputs(name: &str, text: &str) -> Inputs {
    Inputs { time: "2026-01-31T22:30:00Z".parse().unwrap(), ..Inputs::of_manifest(name, text) }
}

#[track_caller]
fn check_with(change: impl FnOnce(&mut Inputs), text: &str, expected: Expect) {
    let mut inputs = inputs("m.yaml", text);
    change(&mut inputs);
    let mut sources = Sources::default();
    let source = sources.add("m.yaml", text);
    let spec = manifest::parse(&sources, source).and_then(spec::lower);
    let tried = spec.and_then(|spec| plan::try_out(spec, &inputs, &mut sources));
    expected.assert_eq(&briefly(&sources, tried.diagnostics()));
}

/// What is said of `body` below a head of three lines.
#[track_caller]
fn check(body: &str, expected: Expect) {
    check_with(|_| {}, &format!("{HEAD}{body}"), expected);
}

#[test]
fn what_fails_with_constants_defaults_and_data_is_found() {
    check(
        "jobs:\n  a: { release: R, arguments: { n: '${{ 1 // 0 }}' } }\n",
        expect![[r#"
        expression-failed 5:41 [1 // 0] unable to calculate 1 // 0
    "#]],
    );
    check(
        "params:\n  n: { type: integer, default: 0 }\nvars: { v: '${{ params.n }}' }\njobs:\n  a: { release: R, count: '${{ vars.v }}' }\n",
        expect![[r#"
            out-of-range 8:27 ['${{ vars.v }}'] `count` must be a whole number from 1 to 10000
        "#]],
    );
    check(
        "jobs:\n  a: { release: R, arguments: { n: '${{ row.x.y }}' }, for-each: { yaml: [{ id: 1, x: {} }], key: id } }\n",
        expect![[r#"
            expression-failed 5:41 [row.x.y] a value is undefined | `| default(...)` gives a value for that case, `| default(omit)` leaves the key out | 5:75 in this row
        "#]],
    );
    check(
        "jobs:\n  a: { release: R, matrix: { n: [1, 2] }, folder: '${{ matrix.n }}' }\n",
        expect![[r#"
        wrong-type 5:51 ['${{ matrix.n }}'] `folder` as text is a path; a number is an id | write `folder: { id: 1 }` | in 2 launches
    "#]],
    );
    check(
        &format!("jobs:\n  a: {{ release: R, arguments: {{ t: {} }} }}\n", "x".repeat(10_001)),
        expect![[r#"
        arguments-too-long 5:31 [{ t: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx }] the arguments are 10009 characters of JSON; the API takes 10000 | pass the address of the data instead; a newer server takes them as a file, where the profile says `large-arguments: attach`
    "#]],
    );
    check(
        "limits: { launches: 3 }\njobs:\n  a: { release: R, matrix: { n: [1, 2], m: '${{ range(2) | list }}' } }\n",
        expect![[r#"
            too-many-launches 4:21 [3] the plan has 4 launches; `limits.launches` allows 3 | if so many are meant, write `limits: { launches: 4 }`
        "#]],
    );
}

#[test]
fn what_lacks_a_value_is_left_open_and_the_rest_is_checked() {
    let body = "params:\n  region: { type: string }\n  days: { type: json, required: true }\nenv: [BRANCH, OTHER]\nvars:\n  where: ${{ params.region ~ '/x' }}\njobs:\n  a:\n    release: R\n    folder: ${{ vars.where }}\n    count: ${{ 0 }}\n    arguments: { r: '${{ params.region }}', b: '${{ env.BRANCH }}', o: '${{ env.OTHER | default(1) }}', w: \"${{ params['region'] }}\", z: '${{ 1 // 0 }}' }\n  b: { release: R, matrix: { day: '${{ params.days }}' }, arguments: { d: '${{ matrix.day }}', z: '${{ 2 // 0 }}' } }\n  c: { release: R, for-each: { yaml: [{ id: 1 }], key: id, where: '${{ row.id == params.region }}' }, count: '${{ row.id - 1 }}' }\n  d: { release: R, if: '${{ params.region == \"x\" }}', arguments: { z: '${{ 3 // 0 }}' } }\n  e: { release: R, arguments: { s: '${{ run.slot }}' } }\n";
    check(
        body,
        expect![[r#"
        not-expanded 1:1 [version] not expanded: `run.slot` has no value | --slot gives it one; what uses it is checked then
        not-expanded 5:3 [region] not expanded: `region` has no value | --param region=.. gives it one; what uses it is checked then
        not-expanded 6:3 [days] not expanded: `days` has no value | --param days=.. gives it one; what uses it is checked then
        not-expanded 7:7 [BRANCH] not expanded: env `BRANCH` is not set | what uses it is checked where it is set; `| default(..)` gives a value for that case
        out-of-range 14:12 [${{ 0 }}] `count` must be a whole number from 1 to 10000
        expression-failed 15:143 [1 // 0] unable to calculate 1 // 0
        expression-failed 16:104 [2 // 0] unable to calculate 2 // 0
    "#]],
    );
    let given = |inputs: &mut Inputs| {
        let text = |text: &str| ParamValue::Text(text.to_owned());
        inputs.params = [("region".to_owned(), text("emea")), ("days".to_owned(), text("[1, 1]"))].into();
        inputs.env = [("BRANCH".to_owned(), "main".to_owned())].into();
        inputs.slot = Some(inputs.time);
    };
    check_with(
        given,
        &format!("{HEAD}{body}"),
        expect![[r#"
        out-of-range 14:12 [${{ 0 }}] `count` must be a whole number from 1 to 10000
        expression-failed 15:143 [1 // 0] unable to calculate 1 // 0
        duplicate-launch 16:35 ['${{ params.days }}'] a value of `day` stands twice | remove one of the two: launch ids do not tell a number from its text | 16:35 the other one
    "#]],
    );
}

#[test]
fn a_folder_of_the_profile_and_values_that_are_not_there_are_told_of() {
    let head = HEAD.replace("folder: Shared\n", "");
    check_with(
        |_| {},
        &format!("{head}jobs:\n  a: {{ release: R, folder: F }}\n  b: {{ release: R }}\n  c: {{ release: R }}\n"),
        expect![[r#"
            no-folder 5:3 [b] job `b` has no folder: the profile's folder is used | write `folder:` in the manifest or in the job: then it is the same with every profile | and 1 more
        "#]],
    );
    check_with(
        |_| {},
        &format!("{head}params:\n  f: {{ type: string }}\nfolder: ${{{{ params.f }}}}\njobs:\n  a: {{ release: R }}\n"),
        expect![[r#"
            not-expanded 4:3 [f] not expanded: `f` has no value | --param f=.. gives it one; what uses it is checked then
        "#]],
    );
    check_with(
        |inputs| inputs.profile = "prod".to_owned(),
        &format!("{head}jobs:\n  a: {{ release: R }}\n"),
        expect![[r#"
            no-folder 4:3 [a] job `a` has no folder | write `folder:` in the manifest or in the job, or set the profile's folder
        "#]],
    );
    check(
        "wait: true\njobs:\n  a: { release: R, needs: [b], arguments: { n: '${{ 1 // 0 }}' } }\n  b: { release: R }\n",
        expect![[r#"
            expression-failed 6:53 [1 // 0] unable to calculate 1 // 0
        "#]],
    );
}

#[test]
fn a_missed_variable_is_paid_for_once() {
    let body = "env: [X]\njobs:\n  a: { release: R, matrix: { n: '${{ range(5000) | list }}' }, arguments: { x: '${{ env.X ~ matrix.n }}', n: '${{ matrix.n }}' } }\n";
    check(
        body,
        expect![[r#"
        not-expanded 4:7 [X] not expanded: env `X` is not set | what uses it is checked where it is set; `| default(..)` gives a value for that case
    "#]],
    );
}

#[test]
fn of_a_large_plan_the_first_launches_are_tried() {
    let axis = |count: u32| format!("'${{{{ range({count}) | list }}}}'");
    let text = |condition: &str| {
        format!(
            "limits: {{ launches: 1000000 }}\njobs:\n  a: {{ release: R, matrix: {{ a: {}, b: {} }}, arguments: {{ n: '${{{{ {condition} }}}}' }} }}\n",
            axis(300),
            axis(plan::MAX_TRIED / 300 + 1),
        )
    };
    check(
        &text("matrix.a // 1"),
        expect![[r#"
        not-expanded 6:3 [a] not expanded: of 20100 launches the first 20000 were checked | `plan` checks all of them
    "#]],
    );
}

#[test]
fn of_many_rows_no_where_is_tried() {
    let text = |rows: u32| {
        let rows = (0..rows).map(|row| format!("        {row},1\n")).collect::<Vec<_>>().concat();
        format!(
            "{HEAD}limits: {{ launches: 60000 }}\njobs:\n  a:\n    release: R\n    count: ${{{{ row.n | int - 1 }}}}\n    for-each:\n      csv: |\n        id,n\n{rows}      key: id\n      where: ${{{{ row.n == '2' }}}}\n"
        )
    };
    check_with(|_| {}, &text(plan::MAX_TRIED), expect![[r#""#]]);
    check_with(
        |_| {},
        &text(plan::MAX_TRIED + 1),
        expect![[r#"
        not-expanded 6:3 [a] not expanded: job `a` has more than 20000 rows to try its `where` on | `plan` takes all of them
    "#]],
    );
}

/// What is said of one manifest.
#[derive(Debug)]
struct Said {
    /// By trying it out.
    tried: Vec<Diagnostic>,
    /// By planning, with the same inputs.
    planned: Vec<Diagnostic>,
    /// By trying it out as if no param had a default.
    open: Vec<Diagnostic>,
}

#[derive(Clone, Copy)]
enum Way {
    Try,
    Plan,
    TryOpen,
}

impl Said {
    fn of(bytes: &[u8], folder: &Path) -> Self {
        let said = |way| Self::by(way, bytes, folder);
        Self { tried: said(Way::Try), planned: said(Way::Plan), open: said(Way::TryOpen) }
    }

    fn by(way: Way, bytes: &[u8], folder: &Path) -> Vec<Diagnostic> {
        let mut sources = Sources::default();
        let text = manifest::decode(&mut sources, "m.yaml", bytes.to_vec());
        let spec = text.and_then(|source| manifest::parse(&sources, source)).and_then(spec::lower);
        let outcome = spec.and_then(|mut spec| {
            let text = sources.get(spec.document.source()).text();
            let mut inputs = Inputs { folder: Some(FolderRef::Path("F".to_owned())), ..inputs("m.yaml", text) };
            for file in plan::required_files(&spec, &inputs) {
                if let Ok(text) = std::fs::read(folder.join(&file.path)) {
                    let text = Packed::read(&*text, u32::MAX).expect("memory").expect("a small file");
                    inputs.files.insert(file.path, text);
                }
            }
            match way {
                Way::Try => plan::try_out(spec, &inputs, &mut sources),
                Way::Plan => plan::expand(spec, &inputs, &mut sources).and_then(|_| Diagnosed::new((), Vec::new())),
                Way::TryOpen => {
                    for param in &mut spec.params {
                        (param.is_required, param.default) = (true, None);
                    }
                    plan::try_out(spec, &inputs, &mut sources)
                }
            }
        });
        outcome.into_parts().1
    }

    /// No manifest passes, with nothing left open, that the plan refuses; and none is refused that the plan takes,
    /// whatever is known of its params.
    fn agree(&self) -> bool {
        let is_green = !has_error(&self.tried) && !is_left_open(&self.tried);
        let is_planned = !has_error(&self.planned);
        (!is_green || is_planned) && (!is_planned || !(has_error(&self.tried) || has_error(&self.open)))
    }
}

fn has_error(said: &[Diagnostic]) -> bool {
    said.iter().any(|said| said.severity == Severity::Error)
}

/// Whether something was not looked at, and that was said.
fn is_left_open(said: &[Diagnostic]) -> bool {
    said.iter().any(|said| matches!(said.code, Code::NotExpanded | Code::NotInThisVersion))
}

fn manifests(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files
}

#[test]
fn every_sample_and_every_bad_manifest_is_judged_as_the_plan_judges_it() {
    let mut counts = [0; 3];
    for file in manifests("specs").into_iter().chain(manifests("specs/bad")) {
        let bytes = std::fs::read(&file).expect("a readable file");
        let said = Said::of(&bytes, file.parent().expect("a folder"));
        assert!(said.agree(), "{}: {said:?}", file.display());
        let tried = said.tried;
        counts[usize::from(has_error(&tried)) + 2 * usize::from(!has_error(&tried) && is_left_open(&tried))] += 1;
    }
    let [good, bad, open] = counts;
    assert!(good > 10 && bad > 50 && open > 0, "all three kinds are among them: {counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_passes_that_the_plan_refuses(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let samples = samples();
        let bytes = changes.iter().fold(sample.get(&samples).clone(), |bytes, change: &Change| apply(bytes, change));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let said = Said::of(&bytes, &folder);
        prop_assert!(said.agree(), "{}\n{said:?}", String::from_utf8_lossy(&bytes));
    }
}
