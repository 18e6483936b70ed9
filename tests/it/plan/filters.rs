//! Filters of a plan: what they take, what they may name, and what is said where they take nothing.

mod missing;
mod policies;

use expect_test::{Expect, expect};
use sortie::diagnostic::Diagnosed;
use sortie::ids::Ordinal;
use sortie::plan::{self, Inputs, Plan};

use super::{HEAD, briefly, inputs};

const JOBS: &str = r#"
params: { region: { type: string, default: emea } }
jobs:
  load:
    release: Loader
    folder: Finance/AP
    priority: High
    arguments: { invoice: "${{ row.invoice }}", deep: { amount: "${{ row.amount }}" } }
    for-each:
      csv: |
        invoice,region,amount
        INV-1,emea,5
        INV-2,amer,70
        INV-3,emea,900
      key: invoice
      columns: { amount: number }
  per-company:
    release: Company
    strategy: All
    once: true
    matrix: { company: [1000, 2000] }
  report: { release: Reporter, count: 2, if: "${{ params.region == 'apac' }}" }
"#;

fn filtered(filter: &str) -> (String, Diagnosed<Plan>) {
    let inputs = Inputs { filter: Some(filter.to_owned()), ..inputs(&format!("{HEAD}{JOBS}")) };
    let (sources, plan) = plan::make(&inputs);
    (briefly(&sources, plan.diagnostics()), plan)
}

#[track_caller]
fn takes(filter: &str, expected: &[&str]) {
    let (said, plan) = filtered(filter);
    let plan = plan.into_parts().0.unwrap_or_else(|| panic!("{filter}: {said}"));
    let ids: Vec<String> =
        (0..plan.len()).map(|index| plan.planned(Ordinal::from(index)).id().as_str().to_owned()).collect();
    assert_eq!(ids, expected, "{filter}");
}

#[test]
fn a_filter_takes_the_launches_for_which_it_holds() {
    for (filter, expected) in [
        ("job == 'load'", &["load/INV-1", "load/INV-2", "load/INV-3"][..]),
        ("job == \"load\" && row.region == \"emea\"", &["load/INV-1", "load/INV-3"]),
        ("row.amount > 60", &["load/INV-2", "load/INV-3"]),
        ("row.amount < 60", &["load/INV-1"]),
        ("60 >= row.amount || count > 1", &["load/INV-1"]),
        ("arguments.deep.amount > 60", &["load/INV-2", "load/INV-3"]),
        ("row.amount > 60 and !(row.amount > 100)", &["load/INV-2"]),
        ("key == 'INV-2' || matrix.company == 2000", &["load/INV-2", "per-company/2000"]),
        ("id endswith '/1000'", &["per-company/1000"]),
        ("folder startswith 'Finance/' and priority == 65 and key != 'INV-1'", &["load/INV-2", "load/INV-3"]),
        ("folder not startswith 'Finance/' and once", &["per-company/1000", "per-company/2000"]),
        ("strategy == 'All' and count is none", &["per-company/1000", "per-company/2000"]),
        ("release in ['Reporter', 'Company'] and key is none and matrix.company == 1000", &["per-company/1000"]),
        // What is skipped has no release; it has its job.
        ("job == 'report'", &["report"]),
        ("params.region == 'emea' and job == 'report'", &["report"]),
        ("arguments.invoice | lower == 'inv-3'", &["load/INV-3"]),
        ("retry == 0 and runtime is none and reference is none and key == 'INV-1'", &["load/INV-1"]),
        ("id == 'load/INV-1' or 'per' in job and '1000' in id", &["load/INV-1", "per-company/1000"]),
    ] {
        takes(filter, expected);
    }
}

#[track_caller]
fn is_refused(filter: &str, expected: Expect) {
    let (said, plan) = filtered(filter);
    assert!(plan.into_parts().0.is_none(), "{filter} takes launches");
    expected.assert_eq(&said);
}

#[test]
fn what_nothing_is_called_is_said_at_its_place_with_what_there_is() {
    is_refused(
        "jbo == 'load' and row.regoin == 'emea'",
        expect![[r#"
        unknown-name --filter:1:1 [jbo] nothing is called `jbo` | did you mean `job`?
        unknown-name --filter:1:19 [row.regoin] `row.regoin` is not there | did you mean `row.region`?
    "#]],
    );
    is_refused(
        "region == 'emea'",
        expect![[r#"
        unknown-name --filter:1:1 [region] nothing is called `region` | did you mean `row.region`?
    "#]],
    );
    is_refused(
        "verdict == 'faulted'",
        expect![[r#"
        unknown-name --filter:1:1 [verdict] `verdict` is not known before anything is sent | it is known once a run has begun: `rerun`, `report` and `rows` take it in their --filter
    "#]],
    );
    is_refused(
        "launch.folder == 'x'",
        expect![[r#"
        unknown-name --filter:1:1 [launch.folder] nothing is called `launch` | in a filter the names stand by themselves: `folder`, not `launch.folder`
    "#]],
    );
    is_refused(
        "matrix.town == 1",
        expect![[r#"
        unknown-name --filter:1:1 [matrix.town] `matrix.town` is not there | known are `matrix.company`
    "#]],
    );
    is_refused(
        "job == load",
        expect![[r#"
        unknown-name --filter:1:8 [load] nothing is called `load` | text stands in quotes; known are `id`, `job`, `key`, `row`, `rows`, `matrix`, `arguments`, `params`, `folder`, `release`, `strategy`, `count`, `priority`, `runtime`, `reference`, `retry`, `once`
    "#]],
    );
    is_refused(
        "params.regio == 'x'",
        expect![[r#"
        unknown-name --filter:1:1 [params.regio] `params.regio` is not there | did you mean `params.region`?
    "#]],
    );
}

#[test]
fn what_cannot_be_read_is_said_where_it_was_typed() {
    is_refused(
        "job = 'load'",
        expect![[r#"
        expression-syntax --filter:1:5 [=] unexpected input after expression | compare with `==`
    "#]],
    );
    is_refused(
        "job == 'load' &&",
        expect![[r#"
        expression-syntax --filter:1:15 [&&] unexpected end of input, expected expression | complete it, or remove what comes last
    "#]],
    );
    is_refused(
        "job && job startsswith 'x'",
        expect![[r#"
        expression-syntax --filter:1:12 [startsswith] unexpected input after expression | text stands in quotes, and `~` joins text
    "#]],
    );
    is_refused(
        "",
        expect![[r#"
        expression-syntax --filter:1:1 [] there is no condition
    "#]],
    );
    is_refused(
        "job",
        expect![[r#"
        expression-syntax --filter:1:1 [job] it gives neither true nor false | compare: `row.region == "emea"` | in 6 launches | 15:9 in this row | 16:9 in this row | 17:9 in this row
    "#]],
    );
    is_refused(
        "row.amount + 'x' == 'y'",
        expect![[r#"
            expression-syntax --filter:1:1 [row.amount + 'x'] `+` cannot work on a number and a string | `| int` or `| float` makes a number of text; `~` joins text; a column's type stands in `columns` | in 3 launches | 15:9 in this row | 16:9 in this row | 17:9 in this row
        "#]],
    );
    is_refused(
        "job | uppr == 'LOAD'",
        expect![[r#"
        unknown-name --filter:1:7 [uppr] there is no filter `uppr` | did you mean `upper`?
    "#]],
    );
}

#[test]
fn a_filter_that_takes_no_launch_says_what_there_is() {
    is_refused(
        "row.region == 'apac'",
        expect![[r#"
        no-launch --filter:1:1 [row.region == 'apac'] the filter does not take any of the 6 launches | there are 3 of `load`, 2 of `per-company`, 1 of `report`; `row.region` is "emea", "amer", none
    "#]],
    );
    is_refused(
        "folder startswith 'HR/' && row.amount > 3",
        expect![[r#"
        no-launch --filter:1:1 [folder startswith 'HR/' && row.amount > 3] the filter does not take any of the 6 launches | there are 3 of `load`, 2 of `per-company`, 1 of `report`; `row.amount` is 5, 70, 900, none; `folder` is "Finance/AP", "Shared", none
    "#]],
    );
}

#[test]
fn a_plan_of_a_filter_is_another_one_and_the_same_for_the_same_launches() {
    let digest = |filter: &str| filtered(filter).1.into_parts().0.unwrap().digest();
    assert_eq!(digest("row.region == 'emea'"), digest("job == 'load' && row.region != 'amer'"));
    assert_ne!(digest("row.region == 'emea'"), digest("job == 'load'"));
}

#[test]
fn launches_that_others_need_cannot_be_filtered_out_from_under_them() {
    let text = format!(
        "{HEAD}jobs:\n  extract: {{ release: X, matrix: {{ a: [1, 2] }} }}\n  load: {{ release: L, needs: [extract] }}\n"
    );
    let of = |filter: &str| {
        let (sources, plan) = plan::make(&Inputs { filter: Some(filter.to_owned()), ..inputs(&text) });
        let said = briefly(&sources, plan.diagnostics());
        plan.into_parts().0.map_or(said, |plan| format!("{} launches", plan.len()))
    };
    assert_eq!(of("job == 'extract' && matrix.a == 1"), "1 launches");
    assert_eq!(of("job == 'load' || job == 'extract'"), "3 launches");
    expect![[r#"
        conflict 6:31 [extract] job `load` needs `extract`, of whose 2 launches the filter leaves out 1 | let the filter take all of them: `(...) || job == "extract"`
    "#]].assert_eq(&of("job == 'load' || matrix.a == 1"));
    expect![[r#"
        conflict 6:31 [extract] job `load` needs `extract`, of whose 2 launches the filter leaves out 2 | let the filter take all of them: `(...) || job == "extract"`
    "#]].assert_eq(&of("job == 'load'"));
}
