//! One job, many launches: their ids and keys, what is chosen and skipped, and what is refused.

mod conditions;
mod moved;

use expect_test::{Expect, expect};
use sortie::ids::Ordinal;
use sortie::plan::{self, Inputs, ParamValue, PlanEntry, RowsInput};
use sortie::source::Packed;
use sortie::start_info::arguments_text;

use crate::plan::{HEAD, inputs, render};

/// The inputs of `body` below the head, with the file `rows.csv`.
fn with_rows(body: &str, rows: &str) -> Inputs {
    let mut inputs = inputs(&format!("{HEAD}{body}"));
    inputs.files.insert("rows.csv".to_owned(), Packed::from(rows));
    inputs
}

/// Each launch as its id, its key and its arguments; or what is said.
fn shown(inputs: &Inputs) -> String {
    let (sources, outcome) = plan::make(inputs);
    let (plan, said) = outcome.into_parts();
    let Some(plan) = plan else { return crate::plan::briefly(&sources, &said) };
    let mut lines = crate::plan::briefly(&sources, &said);
    for ordinal in (0..plan.len()).map(Ordinal::from) {
        assert_eq!(plan.skips(ordinal), matches!(plan.planned(ordinal), PlanEntry::Skipped(_)));
        let key = |key: &serde_json::Map<String, serde_json::Value>| serde_json::to_string(key).unwrap();
        match plan.planned(ordinal) {
            PlanEntry::Launch(launch) => {
                let arguments = launch.start_info.arguments().map(arguments_text).unwrap_or_default();
                lines.push_str(&format!("{} {} {arguments}\n", launch.id, key(&launch.key)));
            }
            PlanEntry::Skipped(skipped) => {
                lines.push_str(&format!("{} {} skipped: {}\n", skipped.id, key(&skipped.key), skipped.why));
            }
        }
    }
    lines
}

#[track_caller]
fn check(inputs: &Inputs, expected: Expect) {
    expected.assert_eq(&shown(inputs));
}

#[test]
fn an_id_has_the_matrix_in_the_order_written_and_then_the_rows_key() {
    check(
        &with_rows(
            "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id}\n    matrix:\n      zone: [eu, 'a,b/c']\n      company: [1000, '07']\n      include: [{company: 1000, zone: eu, note: first}, {zone: us}]\n    arguments: {all: '${{ [matrix.zone, matrix.company | default(0), matrix.note | default(omit), row.id] }}'}\n",
            "id\n007\n50%\n",
        ),
        expect![[r#"
            load/eu,1000,first,007 {"zone":"eu","company":1000,"note":"first","id":"007"} {"all":["eu",1000,"first","007"]}
            load/eu,1000,first,50%25 {"zone":"eu","company":1000,"note":"first","id":"50%"} {"all":["eu",1000,"first","50%"]}
            load/eu,07,007 {"zone":"eu","company":"07","id":"007"} {"all":["eu","07","007"]}
            load/eu,07,50%25 {"zone":"eu","company":"07","id":"50%"} {"all":["eu","07","50%"]}
            load/a%2Cb%2Fc,1000,007 {"zone":"a,b/c","company":1000,"id":"007"} {"all":["a,b/c",1000,"007"]}
            load/a%2Cb%2Fc,1000,50%25 {"zone":"a,b/c","company":1000,"id":"50%"} {"all":["a,b/c",1000,"50%"]}
            load/a%2Cb%2Fc,07,007 {"zone":"a,b/c","company":"07","id":"007"} {"all":["a,b/c","07","007"]}
            load/a%2Cb%2Fc,07,50%25 {"zone":"a,b/c","company":"07","id":"50%"} {"all":["a,b/c","07","50%"]}
            load/us,007 {"zone":"us","id":"007"} {"all":["us",0,"007"]}
            load/us,50%25 {"zone":"us","id":"50%"} {"all":["us",0,"50%"]}
        "#]],
    );
}

#[test]
fn a_key_of_data_is_as_the_file_has_it() {
    check(
        &inputs(&format!(
            "{HEAD}jobs:\n  load:\n    release: L\n    for-each:\n      yaml: [{{id: 7, n: 1}}, {{id: 'x', n: 2}}, {{id: true, n: 3}}, {{id: 1.50, n: 4}}]\n      key: id\n      columns: {{id: string}}\n    arguments: {{id: '${{{{ row.id }}}}'}}\n"
        )),
        expect![[r#"
            number 8:69 [1.50] this is the number 1.5, which is not how it is written | if it is an identifier or a version, quote it: `"1.50"`
            load/7 {"id":7} {"id":"7"}
            load/x {"id":"x"} {"id":"x"}
            load/true {"id":true} {"id":"true"}
            load/1.5 {"id":1.5} {"id":"1.5"}
        "#]],
    );
}

#[test]
fn defaults_may_fan_out_every_job() {
    check(
        &with_rows(
            "defaults:\n  release: L\n  for-each: {csv: rows.csv, key: id}\n  if: ${{ row.id != 'b' }}\n  arguments: {id: '${{ row.id }}'}\njobs:\n  one: {}\n  two: {matrix: {n: [1, 2]}, if: true}\n",
            "id\na\nb\n",
        ),
        expect![[r#"
            one/a {"id":"a"} {"id":"a"}
            one/b {"id":"b"} skipped: `if` does not hold: ${{ row.id != 'b' }}
            two/1,a {"n":1,"id":"a"} {"id":"a"}
            two/1,b {"n":1,"id":"b"} {"id":"b"}
            two/2,a {"n":2,"id":"a"} {"id":"a"}
            two/2,b {"n":2,"id":"b"} {"id":"b"}
        "#]],
    );
}

#[test]
fn a_matrix_may_be_computed() {
    let body = "params: {companies: {type: json, default: [1000, 2000]}, all: {type: json, default: {a: [1], include: [{a: 2, b: x}]}}}\njobs:\n  some: {release: L, matrix: {company: '${{ params.companies }}', zone: ['${{ run.name }}', '${{ omit }}']}}\n  all: {release: L, matrix: '${{ params.all }}', arguments: {b: '${{ matrix.b | default(none) }}'}}\n";
    check(
        &with_rows(body, ""),
        expect![[r#"
        some/1000,test {"company":1000,"zone":"test"} 
        some/2000,test {"company":2000,"zone":"test"} 
        all/1 {"a":1} {"b":null}
        all/2,x {"a":2,"b":"x"} {"b":"x"}
    "#]],
    );
    let mut wrong = with_rows(body, "");
    wrong.params.insert("companies".to_owned(), ParamValue::Json("{\"a\": 1}".to_owned()));
    wrong
        .params
        .insert("all".to_owned(), ParamValue::Json("{\"a\": [[1]], \"exclude\": [5, {}, {\"b\": 1}]}".to_owned()));
    check(
        &wrong,
        expect![[r#"
        wrong-type 6:40 ['${{ params.companies }}'] `company` of `matrix` must be a list
        wrong-type 7:29 ['${{ params.all }}'] a value of `a` must be text, a number, a boolean or null | several values belong together in `include` or in rows
        wrong-type 7:29 ['${{ params.all }}'] an entry of `exclude` must be a mapping of names to values
        wrong-form 7:29 ['${{ params.all }}'] an entry of `exclude` must not be empty
    "#]],
    );
    let mut none = with_rows(body, "");
    none.params.insert("companies".to_owned(), ParamValue::Json("[]".to_owned()));
    check(
        &none,
        expect![[r#"
        all/1 {"a":1} {"b":null}
        all/2,x {"a":2,"b":"x"} {"b":"x"}
    "#]],
    );
}

#[test]
fn launches_of_one_id_are_refused() {
    check(
        &with_rows(
            "jobs:\n  load: {release: L, matrix: {include: [{a: 1}, {b: 1}, {a: '1'}]}}\n  key: {release: L, matrix: {id: [1]}, for-each: {csv: rows.csv, key: id}}\n",
            "id\na\n",
        ),
        expect![[r#"
            duplicate-launch 5:3 [load] two launches of `load` have one id | `load/1` comes twice: values of the matrix or of its `include` must differ as text | in 2 pairs of launches
            conflict 6:3 [key] `id` names both a value of the matrix and the key of the rows | a launch's key has one value for each name: give the matrix another one
        "#]],
    );
    check(
        &with_rows("jobs:\n  load: {release: L, matrix: {include: [{a: 1}, {b: 1}, {a: '1'}]}}\n", ""),
        expect![[r#"
            duplicate-launch 5:3 [load] two launches of `load` have one id | `load/1` comes twice: values of the matrix or of its `include` must differ as text | in 2 pairs of launches
        "#]],
    );
}

#[test]
fn too_many_launches_are_refused_before_any_is_made() {
    let axis = (0..1000).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    let body =
        format!("jobs:\n  load: {{release: L, matrix: {{a: [{axis}], b: [{axis}], c: [{axis}], d: [{axis}]}}}}\n");
    check(
        &with_rows(&body, ""),
        expect![[r#"
        too-many-launches 5:3 [load] the plan has 1000000000000 launches; `limits.launches` allows 10000 | split the manifest, or leave combinations out by `exclude` and rows by `where`
    "#]],
    );
    let body =
        "limits: {launches: 3}\njobs:\n  load: {release: L, for-each: {csv: rows.csv, key: id}}\n  b: {release: L}\n";
    check(
        &with_rows(body, "id\na\nb\nc\n"),
        expect![[r#"
        too-many-launches 4:20 [3] the plan has 4 launches; `limits.launches` allows 3 | if so many are meant, write `limits: { launches: 4 }`
    "#]],
    );
}

#[test]
fn where_rows_come_from_is_said_once_and_safely() {
    check(
        &with_rows(
            "jobs:\n  a: {release: L, for-each: {key: id}}\n  b: {release: L, for-each: {csv: a.csv, json: b.json, key: id}}\n  c: {release: L, for-each: {csv: ../a.csv, key: id}}\n  d: {release: L, for-each: {csv: /etc/passwd, key: id}}\n  e: {release: L, for-each: {csv: 'data\\a.csv', key: id}}\n  f: {release: L, for-each: {csv: missing.csv, key: id}}\n  g: {release: L, arguments-file: ../secret.json}\n  h: {release: L, for-each: {csv: '', key: id}}\n",
            "",
        ),
        expect![[r#"
            conflict 5:29 [{key: id}] `for-each` does not say where its rows are | write exactly one of `csv`, `json`, `jsonl` and `yaml`
            conflict 6:42 [json] `for-each` takes its rows from one place only | write exactly one of `csv`, `json`, `jsonl` and `yaml`
            data-file 7:35 [../a.csv] a manifest reads no file outside of its own folder | put the file beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file
            data-file 8:35 [/etc/passwd] a manifest reads no file outside of its own folder | put the file beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file
            data-file 9:35 ['data\a.csv'] a data file's path has `/` between folders | write `data/rows.csv`, not `data\rows.csv`
            data-file 11:35 [../secret.json] a manifest reads no file outside of its own folder | put the file beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file
            data-file 12:35 [''] the name of a data file must not be empty | write a path such as `data/rows.csv`
        "#]],
    );
    check(
        &with_rows("jobs:\n  f: {release: L, for-each: {csv: missing.csv, key: id}}\n", ""),
        expect![[r#"
        data-file 5:35 [missing.csv] the data file `missing.csv` was not read
    "#]],
    );
}

#[test]
fn rows_in_another_order_are_the_same_launches() {
    let body = "limits: {launches: 100000}\njobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id}\n    matrix: {m: [1, 2]}\n    arguments: {id: '${{ row.id }}', n: '${{ row.n }}'}\n";
    let mut lines: Vec<String> = (0..500).map(|row| format!("k{row},{}", row * 7)).collect();
    let of = |lines: &[String]| {
        let shown = shown(&with_rows(body, &format!("id,n\n{}\n", lines.join("\n"))));
        let mut launches: Vec<String> = shown.lines().map(str::to_owned).collect();
        launches.sort();
        launches
    };
    let ordered = of(&lines);
    lines.reverse();
    lines.swap(3, 77);
    assert_eq!(of(&lines), ordered);
    assert_eq!(ordered.len(), 1000);
}

#[test]
fn a_plan_is_the_same_when_it_is_made_again_from_what_the_ledger_keeps() {
    let body = "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id, columns: {n: number}}\n    arguments-file: more.yaml\n    arguments: {id: '${{ row.id }}', n: '${{ row.n }}'}\n  given: {release: L, for-each: {csv: rows.csv, key: id}}\n";
    let mut inputs = with_rows(body, "id,n\na,0.1\nb,5.324859837834e-305\n");
    inputs.files.insert("more.yaml".to_owned(), Packed::from("x: 9007199254740993\ny: 0.30000000000000004\n"));
    let text = Packed::from("- {id: z}\n");
    inputs.data.insert("given".to_owned(), RowsInput { name: "other.yaml".to_owned(), text });
    let arguments = serde_json::json!({"z": 5.324_859_837_834e-305, "big": 18_446_744_073_709_551_615_u64});
    inputs.arguments.insert("given".to_owned(), arguments.as_object().unwrap().clone());
    let kept = serde_json::to_string(&inputs).unwrap();
    let again: Inputs = serde_json::from_str(&kept).unwrap();
    assert_eq!(again, inputs);
    assert_eq!(shown(&again), shown(&inputs));
    check(
        &again,
        expect![[r#"
        load/a {"id":"a"} {"x":9007199254740993,"y":0.30000000000000004,"id":"a","n":0.1}
        load/b {"id":"b"} {"x":9007199254740993,"y":0.30000000000000004,"id":"b","n":5.324859837834e-305}
        given/z {"id":"z"} {"z":5.324859837834e-305,"big":18446744073709551615}
    "#]],
    );
}

#[test]
fn arguments_lie_over_each_other_from_the_file_to_what_is_given() {
    let body = "params: {dir: {type: string, default: a}}\ndefaults: {arguments: {from: defaults, d: 1}}\njobs:\n  load:\n    release: L\n    arguments-file: ${{ params.dir }}/${{ matrix.m }}.json\n    matrix: {m: [x, y]}\n    arguments: {from: job, j: '${{ matrix.m }}', gone: '${{ omit }}', covered: '${{ 1 / 0 }}'}\n  none: {release: L, arguments-file: '${{ omit }}', arguments: {covered: 0}}\n";
    let mut inputs = inputs(&format!("{HEAD}{body}"));
    inputs.arguments.insert("load".to_owned(), serde_json::Map::from_iter([("covered".to_owned(), 2.into())]));
    let spec = |inputs: &Inputs| {
        let mut sources = sortie::source::Sources::default();
        let source = sources.add("m.yaml", inputs.text.as_str());
        sortie::manifest::parse(&sources, source).and_then(sortie::spec::lower).into_parts().0.unwrap()
    };
    let wanted = plan::required_files(&spec(&inputs), &inputs);
    assert_eq!(wanted.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/x.json", "a/y.json"]);
    check(
        &inputs,
        expect![[r#"
        data-file 9:21 [${{ params.dir }}/${{ matrix.m }}.json] the data file `a/x.json` was not read
        data-file 9:21 [${{ params.dir }}/${{ matrix.m }}.json] the data file `a/y.json` was not read
    "#]],
    );
    inputs.files.insert(
        "a/x.json".to_owned(),
        Packed::from("{\"from\": \"file\", \"gone\": 1, \"f\": \"${{ literal }} \\/\"}"),
    );
    inputs.files.insert("a/y.json".to_owned(), Packed::from("[1]"));
    check(
        &inputs,
        expect![[r#"
        data-form a/y.json:1:1 [[] arguments are an object: names with values | write `name: value` in each line, or a JSON object
    "#]],
    );
    inputs.files.insert("a/y.json".to_owned(), Packed::from("{\"a\": 1,}"));
    check(
        &inputs,
        expect![[r#"
        data-form a/y.json:1:9 [}] this is not JSON: trailing comma
    "#]],
    );
    inputs.files.insert("a/y.json".to_owned(), Packed::from("{\n\t\"j\": 1\n}"));
    check(
        &inputs,
        expect![[r#"
        load/x {"m":"x"} {"from":"job","f":"${{ literal }} /","d":1,"j":"x","covered":2}
        load/y {"m":"y"} {"j":"y","from":"job","d":1,"covered":2}
        none {} {"from":"defaults","d":1,"covered":0}
    "#]],
    );
    assert!(plan::required_files(&spec(&inputs), &inputs).is_empty());
}

#[test]
fn what_is_given_for_a_job_must_have_a_job() {
    let body = "jobs:\n  load: {release: L}\n";
    let mut inputs = with_rows(body, "");
    let rows = RowsInput { name: "x.csv".to_owned(), text: Packed::from("id\n1\n") };
    inputs.data.insert("laod".to_owned(), rows.clone());
    inputs.data.insert("load".to_owned(), rows);
    inputs.arguments.insert("x".to_owned(), serde_json::Map::new());
    check(
        &inputs,
        expect![[r#"
            unknown-name 5:3 [load] there is no job `laod` to give rows to | did you mean `load`?
            unknown-name 5:3 [load] there is no job `x` to give arguments to | the jobs are `load`
            conflict 5:3 [load] job `load` takes no rows | give the job a `for-each`, which says what the rows are and what their key is
        "#]],
    );
}

#[test]
fn given_rows_have_the_form_that_their_name_says() {
    let body = "jobs:\n  load: {release: L, for-each: {csv: rows.csv, key: id}, arguments: {n: '${{ row.n }}'}}\n";
    for (name, text) in [
        ("x.csv", "id,n\na,1\n"),
        ("x.json", "[{\"id\": \"a\", \"n\": \"1\"}]"),
        ("X.NDJSON", "{\"id\": \"a\", \"n\": \"1\"}"),
        ("x.yml", "- {id: a, n: '1'}"),
        ("<stdin>", "id,n\na,1\n"),
        ("rows", "id,n\na,1\n"),
    ] {
        let mut inputs = inputs(&format!("{HEAD}{body}"));
        inputs.data.insert("load".to_owned(), RowsInput { name: name.to_owned(), text: Packed::from(text) });
        assert_eq!(shown(&inputs), "load/a {\"id\":\"a\"} {\"n\":\"1\"}\n", "{name}");
        assert_eq!(render(plan::make(&inputs)).lines().count(), 1);
    }
}

#[test]
fn launches_of_a_matrix_are_planned_one_by_one() {
    let axis = (0..100).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    let body = format!(
        "limits: {{launches: 1000000}}\njobs:\n  load: {{release: L, matrix: {{a: [{axis}], b: [{axis}], c: [0, 1]}}}}\n"
    );
    let (_, outcome) = plan::make(&inputs(&format!("{HEAD}{body}")));
    let plan = outcome.into_parts().0.unwrap();
    assert_eq!(plan.len(), 20_000);
    assert_eq!(plan.launch(Ordinal(19_999)).id.as_str(), "load/99,99,1");
    assert_eq!(plan.launch(Ordinal(12_345)).id.as_str(), "load/61,72,1");
}
