//! From a manifest's text to its launches: what is sent, what is refused, and where that is said.

mod batches;
mod expressions;
mod fan_out;
mod filters;
mod follow_up;
mod manifest_secrets;
mod params;
#[cfg(feature = "sandbox")]
mod rows;
#[cfg(feature = "sandbox")]
mod scrambled_rows;
#[cfg(feature = "sandbox")]
mod sheets;
mod skipped;
mod start_fields;
mod start_info;
mod trial;

use expect_test::{Expect, expect};
use sortie::diagnostic::{Diagnosed, Diagnostic};
use sortie::ids::{FolderId, FolderRef, Ordinal};
use sortie::plan::{self, Inputs, ParamValue, Plan, PlanEntry};
use sortie::source::{Place, Sources};

pub(crate) const HEAD: &str = "version: 1\nname: test\nfolder: Shared\n";

pub(crate) fn inputs(text: &str) -> Inputs {
    Inputs {
        time: "2026-01-31T22:30:00Z".parse().unwrap(),
        profile: "prod".to_owned(),
        ..Inputs::of_manifest("m.yaml", text)
    }
}

/// Each diagnostic as `code line:column [text] sentence | help`.
pub(crate) fn briefly(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    // The manifest's own places go without its name.
    let at = |place: Place| {
        let source = sources.get(place.source);
        let at = source.line_col(place.span.start);
        let file = if source.name() == "m.yaml" { String::new() } else { format!("{}:", source.name()) };
        format!("{file}{}:{}", at.line, at.column)
    };
    let mut lines = String::new();
    for found in diagnostics {
        let shown = found.place.span.slice(sources.get(found.place.source).text());
        lines.push_str(&format!("{} {} [{shown}] {}", found.code, at(found.place), found.what));
        lines.extend(found.help.iter().map(|help| format!(" | {help}")));
        lines.extend(Some(&found.label).filter(|label| !label.is_empty()).map(|label| format!(" | {label}")));
        lines.extend(found.related.iter().map(|(place, words)| format!(" | {} {words}", at(*place))));
        lines.push('\n');
    }
    lines
}

fn launches(plan: &Plan) -> String {
    let mut lines = String::new();
    for index in 0..plan.len() {
        match plan.planned(Ordinal::from(index)) {
            PlanEntry::Launch(launch) => {
                let request = launch.canonical()["request"].to_string();
                lines.push_str(&format!("{} in {}: {request}\n", launch.id, launch.folder));
            }
            PlanEntry::Skipped(skipped) => lines.push_str(&format!("{} skipped: {}\n", skipped.id, skipped.why)),
        }
    }
    lines
}

pub(crate) fn render((sources, outcome): (Sources, Diagnosed<Plan>)) -> String {
    let (plan, diagnostics) = outcome.into_parts();
    briefly(&sources, &diagnostics) + &plan.map_or_else(String::new, |plan| launches(&plan))
}

#[track_caller]
fn check_with(change: impl FnOnce(&mut Inputs), text: &str, expected: Expect) {
    let mut inputs = inputs(text);
    change(&mut inputs);
    expected.assert_eq(&render(plan::make(&inputs)));
}

/// The plan of `body` below a head of three lines.
#[track_caller]
fn check(body: &str, expected: Expect) {
    check_with(|_| {}, &format!("{HEAD}{body}"), expected);
}

fn param(name: &str, text: &str) -> impl FnOnce(&mut Inputs) {
    let given = (name.to_owned(), ParamValue::Text(text.to_owned()));
    move |inputs| inputs.params.extend([given])
}

#[test]
fn a_job_becomes_the_request_that_it_asks_for() {
    check(
        "jobs:\n  a: {release: Loader}\n  b:\n    release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf\n    robots: [1553]\n    arguments: {message: Aloha}\n    folder: {id: 7}\n  c: {release: {name: L}, strategy: All, priority: High, runtime: Unattended, reference: pay, start-info: {EntryPointPath: main.xaml}}\n  d: {release: L, strategy: ModernJobsCount, count: 3, robots: [ETL-01], priority: 65, x-note: free}\n  e: {release: L, strategy: RobotCount, count: 2, folder: Other/Sub}\n  f: {release: L, strategy: JobsCount, arguments: {}}\n",
        expect![[r#"
            a in Shared: {"ReleaseName":"Loader","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            b in id 7: {"ReleaseKey":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Strategy":"Specific","RobotIds":[1553],"InputArguments":"{\"message\":\"Aloha\"}","Reference":""}
            c in Shared: {"ReleaseName":"L","Strategy":"All","RuntimeType":"Unattended","JobPriority":"High","EntryPointPath":"main.xaml","Reference":"pay"}
            d in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","RobotIds":["ETL-01"],"JobsCount":3,"SpecificPriorityValue":65,"Reference":""}
            e in Other/Sub: {"ReleaseName":"L","Strategy":"RobotCount","NoOfRobots":2,"Reference":""}
            f in Shared: {"ReleaseName":"L","Strategy":"JobsCount","JobsCount":1,"InputArguments":"{}","Reference":""}
        "#]],
    );
}

#[test]
fn defaults_lie_under_each_job_and_arguments_merge_by_key() {
    check(
        "params: {who: {type: string, default: world}}\ndefaults:\n  release: L\n  runtime: Unattended\n  arguments: {a: 1, b: '${{ params.who }}', c: 3}\njobs:\n  plain: {}\n  over: {runtime: Development, arguments: {b: 2, d: 4}}\n  omits: {runtime: '${{ omit }}', arguments: {a: '${{ omit }}'}}\n",
        expect![[r#"
            plain in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"RuntimeType":"Unattended","InputArguments":"{\"a\":1,\"b\":\"world\",\"c\":3}","Reference":""}
            over in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"RuntimeType":"Development","InputArguments":"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}","Reference":""}
            omits in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"b\":\"world\",\"c\":3}","Reference":""}
        "#]],
    );
}

#[test]
fn conflicts_are_found_offline_and_all_at_once() {
    check(
        "jobs:\n  a: {release: L, strategy: Specific}\n  b: {release: L, strategy: All, count: 2, robots: [1]}\n  c: {release: L, robots: [1], count: 2}\n  d: {release: L, strategy: JobsCount, robots: [1]}\n  e: {strategy: All}\n  f: {release: L, robots: [1, A, 1]}\n  g: {release: L, start-info: {ReleaseKey: x, entryPointPath: y, RunAsMe: 1, Nope: 2}}\n  h: {release: {name: L, key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf}}\n  i: {release: {package: P}}\n",
        expect![[r#"
            conflict 5:29 [Specific] strategy `Specific` needs `robots` | add `robots: [ETL-01]`: at least one robot, by name or id
            conflict 6:41 [2] strategy `All` takes no `count` | `All` starts one robot job on every robot; to start a number, use `ModernJobsCount` | 6:29 the strategy
            conflict 6:52 [[1]] strategy `All` takes no `robots` | to start on these robots only, use `Specific` | 6:29 the strategy
            conflict 7:39 [2] `robots` without a strategy means `Specific`, which takes no `count` | it starts one robot job on each robot; `strategy: ModernJobsCount` starts `count` robot jobs on these
            conflict 8:48 [[1]] strategy `JobsCount` takes no `robots` | to start on these robots, use `Specific` or `ModernJobsCount` | 8:29 the strategy
            missing-key 9:3 [e] job `e` names no release | write `release:` in the job or in `defaults`
            conflict 10:27 [[1, A, 1]] a robot stands twice in `robots` | one launch starts one robot job on each robot; for more, use `count` or another job
            request-field 11:32 [ReleaseKey] `ReleaseKey` has a key of its own | write `release` in the job instead
            request-field 11:47 [entryPointPath] the request has no field `entryPointPath` | did you mean `EntryPointPath`?
            request-field 11:75 [1] `RunAsMe` must be true or false
            request-field 11:78 [Nope] the request has no field `Nope`
            conflict 12:16 [{name: L, key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf}] `release` takes exactly one of `name`, `key`, `package` | write `release: { name: ... }`
        "#]],
    );
}

#[test]
fn values_outside_their_limits_are_found_offline() {
    check(
        "jobs:\n  a: {release: L, count: 0}\n  b: {release: L, count: 10001}\n  c: {release: L, priority: 101}\n  d: {release: L, priority: high}\n  e: {release: L, strategy: modernjobscount}\n  f: {release: L, reference: ü}\n",
        expect![[r#"
            out-of-range 5:26 [0] `count` must be between 1 and 10000
            out-of-range 6:26 [10001] `count` must be between 1 and 10000
            out-of-range 7:29 [101] `priority` must be between 1 and 100
            not-one-of 8:29 [high] `priority` must be `Low`, `Normal` or `High`, or a number from 1 to 100 | did you mean `High`?
            not-one-of 9:29 [modernjobscount] `strategy` must be `All`, `Specific`, `RobotCount`, `JobsCount` or `ModernJobsCount` | did you mean `ModernJobsCount`?
            wrong-form 10:30 [ü] `reference` must be ASCII text, without line breaks | for example: `payroll`
        "#]],
    );
}

#[test]
fn unknown_names_are_found_offline() {
    check(
        "params: {region: {type: string, default: emea}}\nvars: {period: x}\nenv: [BRANCH]\njobs:\n  a:\n    release: L\n    arguments:\n      a: ${{ params.regoin }}\n      b: ${{ vars['perod'] }}\n      c: ${{ env.BRANC }}\n      d: ${{ regoin }}\n      e: ${{ region }}\n      f: ${{ run.tim }}\n      g: ${{ row.x }}\n      h: ${{ secrets.x }}\n      i: ${{ params.region | upcase }}\n      j: ${{ params.region is strin }}\n      k: ${{ now() }}\n      l: text {{ params.region }}\n      m: ${{ params.region\n      n: ${{ 1 + }}\n      o: ${{ }}\n    reference: ${{ secrets.x }}\n",
        expect![[r#"
            unknown-name 11:14 [params.regoin] `params.regoin` is not a param of this manifest | did you mean `params.region`?
            unknown-name 12:14 [vars['perod'] `vars.perod` is not a variable of this manifest | did you mean `vars.period`?
            unknown-name 13:14 [env.BRANC] `env.BRANC` is not an environment variable that this manifest may read | list it under the manifest's `env`; did you mean `env.BRANCH`?
            unknown-name 14:14 [regoin] nothing is called `regoin` | did you mean `params.region`?
            unknown-name 15:14 [region] nothing is called `region` | did you mean `params.region`?
            unknown-name 16:14 [run.tim] `run.tim` is not known of a run | did you mean `run.time`?
            expression-place 17:14 [row] `row` is not known here | `row` is known in a job with `for-each` only
            unknown-name 18:14 [secrets.x] `secrets.x` is not a secret of this manifest | declare it under the manifest's `secrets`; none is declared
            unknown-name 19:30 [upcase] there is no filter `upcase` | did you mean `upper`?
            unknown-name 20:31 [strin] there is no test `strin` | did you mean `string`?
            unknown-name 21:14 [now] there is no function `now` | the time of the run is `run.time`
            bare-braces 22:15 [{{ params.region }}] `{{ params.region }}` is plain text: an expression begins with `${{` | write `${{ params.region }}`
            expression-syntax 23:10 [${{] this `${{` has no `}}` | close the expression; a value with ` #` in it stands in quotes; for the literal text write `$${{`
            expression-syntax 24:16 [+] unexpected end of input, expected expression | complete it, or remove what comes last
            expression-syntax 25:10 [${{ }}] there is no expression between the braces
            expression-place 26:20 [secrets] `secrets` is not known here | secrets may stand in `arguments`, `environment` and `on-finish` only, so that none is planned or logged
        "#]],
    );
}

#[test]
fn failures_at_planning_point_into_the_expression() {
    check(
        "params: {n: {type: integer, default: 3}, o: {type: json, required: false}}\nenv: [UNSET]\njobs:\n  a:\n    release: L\n    arguments:\n      a: ${{ params.n + 'x' }}\n      b: before ${{ params.o }} after\n      c: ${{ [params.o] }}\n      d: ${{ env.UNSET }}\n      e: ${{ range(20000) | map('string') | list }}\n      f: ${{ 1 / 0 }}\n      g: x ${{ none }}\n      h: x ${{ omit }}\n      i: ${{ run.time | date('%Y', 'Mars/Base') }}\n      j: ${{ 18446744073709551615 + 1 }}\n  b: {release: L, count: '${{ \"3\" }}'}\n  c: {release: L, strategy: '${{ \"Al\" ~ \"\" }}'}\n  d: {release: L, start-info: {RunAsMe: '${{ params.n }}'}}\n",
        expect![[r#"
            expression-failed 10:14 [params.n + 'x'] `+` cannot work on a number and a string | `| int` or `| float` makes a number of text; `~` joins text; a column's type stands in `columns`
            expression-failed 11:21 [params.o] a value is undefined | `| default(...)` gives a value for that case, `| default(omit)` leaves the key out
            expression-failed 12:14 [[params.o]] a value is undefined | `| default(...)` gives a value for that case, `| default(omit)` leaves the key out
            expression-failed 13:14 [env.UNSET] a value is undefined | `| default(...)` gives a value for that case, `| default(omit)` leaves the key out
            expression-failed 14:45 [list] the expression computes too much
            expression-failed 15:14 [1 / 0] unable to calculate 1 / 0
            expression-failed 16:16 [none] null cannot stand inside text | `| default("", true)` puts nothing there
            expression-failed 17:16 [omit] `omit` leaves a whole value out; it cannot stand inside text | `| default("", true)` puts nothing there
            expression-failed 18:25 [date('%Y', 'Mars/Base')] there is no time zone `Mars/Base` | for example: `Europe/Berlin`
            expression-failed 19:14 [18446744073709551615 + 1] the integer 18446744073709551616 does not fit into 64 bits; put it in quotes
            wrong-type 20:26 ['${{ "3" }}'] `count` must be a whole number from 1 to 10000 | `| int` makes a number of text
            not-one-of 21:29 ['${{ "Al" ~ "" }}'] `Al` is not a strategy | did you mean `All`?
            request-field 22:41 ['${{ params.n }}'] `RunAsMe` must be true or false
        "#]],
    );
}

#[test]
fn variables_stand_in_any_order_and_circles_are_refused() {
    check(
        "vars: {c: '${{ vars.b + 1 }}', b: '${{ vars.a * 2 }}', a: 20, d: [1, {x: '${{ vars.c }}'}]}\njobs: {j: {release: L, arguments: {v: '${{ vars.d }}'}}}\n",
        expect![[r#"
            j in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"v\":[1,{\"x\":41}]}","Reference":""}
        "#]],
    );
    check(
        "vars: {a: '${{ vars.b }}', b: '${{ vars.c }}', c: '${{ vars.a }}', d: '${{ vars.d }}', e: '${{ vars }}'}\njobs: {j: {release: L}}\n",
        expect![[r#"
            cycle 4:8 [a] variables use each other in a circle: `a` -> `b` -> `c` -> `a` | give one of them a value without the others | 4:28 part of the circle | 4:48 part of the circle
            cycle 4:71 ['${{ vars.d }}'] variable `d` uses itself | a variable may use others, params, `env` and `run`
            cycle 4:91 ['${{ vars }}'] variable `e` takes `vars` as a whole, and is part of it | name the variables that it needs: `vars.name`
        "#]],
    );
}

#[test]
fn names_are_looked_for_wherever_they_may_stand() {
    check(
        "wait: true\nlimits: {poll: {rate: 60/min}, launch: {rate: 5/s}}\ndefaults: {once: true}\njobs:\n  a: {release: L, needs: [b], if: '${{ params.x }}', for-each: {csv: x.csv, key: id}, arguments: {x: '${{ row.any }}'}}\n  b: {release: L, needs: [c], matrix: {m: [1]}, arguments: {x: '${{ matrix.m }} ${{ matrix.k }}'}}\n",
        expect![[r#"
            unknown-name 8:40 [params.x] `params.x` is not a param of this manifest | none is declared: write `params: { x: { type: string } }` at the top of the manifest
            unknown-name 9:27 [c] there is no job `c`
            unknown-name 9:85 [matrix.k] `matrix.k` is not a name of the matrix | known are `m`
        "#]],
    );
}

#[test]
fn a_launch_needs_a_folder_and_a_plan_has_a_guard_rail() {
    let text = "version: 1\nname: test\njobs: {a: {release: L}, b: {release: L, folder: Own}}\n";
    check_with(
        |_| {},
        text,
        expect![[r#"
        no-folder 3:8 [a] job `a` has no folder | write `folder:` in the manifest or in the job, or set the profile's folder
    "#]],
    );
    check_with(
        |inputs| inputs.folder = Some(FolderRef::Id(FolderId(3))),
        text,
        expect![[r#"
        a in id 3: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
        b in Own: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
    "#]],
    );
    check(
        "limits: {launches: 1}\njobs: {a: {release: L}, b: {release: L}}\n",
        expect![[r#"
        too-many-launches 4:20 [1] the plan has 2 launches; `limits.launches` allows 1 | if so many are meant, write `limits: { launches: 2 }`
    "#]],
    );
    check_with(
        |inputs| inputs.only = vec!["b".to_owned()],
        text,
        expect![[r#"
        b in Own: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
    "#]],
    );
    check_with(
        |inputs| inputs.only = vec!["bb".to_owned()],
        text,
        expect![[r#"
        unknown-name 3:7 [{a: {release: L}, b: {release: L, folder: Own}}] there is no job `bb` to run alone | did you mean `b`?
    "#]],
    );
}

#[test]
fn long_arguments_are_counted_as_the_server_counts() {
    let body = |length: usize| format!("{HEAD}jobs: {{a: {{release: L, arguments: {{x: {}}}}}}}\n", "x".repeat(length));
    assert!(render(plan::make(&inputs(&body(10_000 - 8)))).starts_with("a in Shared"), "10,000 fit");
    let refused = render(plan::make(&inputs(&body(10_000 - 7))));
    assert!(refused.contains("are 10001 characters of JSON; the API takes 10000"), "{refused}");
}

#[test]
fn the_same_inputs_make_the_same_plan_also_from_the_ledgers_copy() {
    let inputs = inputs(&format!(
        "{HEAD}jobs: {{a: {{release: L}}, b: {{release: M, arguments: {{t: '${{{{ run.time }}}}'}}}}}}\n"
    ));
    let again: Inputs = serde_json::from_slice(&serde_json::to_vec(&inputs).unwrap()).unwrap();
    assert_eq!(again, inputs);
    let digest = |inputs: &Inputs| plan::make(inputs).1.into_parts().0.unwrap().digest();
    assert_eq!(digest(&again), digest(&inputs));
    // The digest's form is part of what the ledger keeps: it changes only with a version of sortie that says so.
    assert_eq!(digest(&inputs).to_string(), "759b9c249873a94198a9b887509d4c99e77c7d74c76dc3dc8bc25005bce36443");
    let later = Inputs { time: "2026-02-01T00:00:00Z".parse().unwrap(), ..inputs.clone() };
    assert_ne!(digest(&later), digest(&inputs));
    let elsewhere = Inputs { profile: "test".to_owned(), sortie: "9.9".to_owned(), ..inputs.clone() };
    assert_eq!(digest(&elsewhere), digest(&inputs), "the digest is over the launches alone");
}

#[test]
fn a_fault_that_every_launch_shares_is_told_once() {
    check(
        "defaults: {release: L, arguments: {x: '${{ 1 / 0 }}'}}\njobs: {a: {}, b: {}, c: {count: 2}}\n",
        expect![[r#"
            expression-failed 4:44 [1 / 0] unable to calculate 1 / 0 | in 3 launches
        "#]],
    );
    check_with(
        |_| {},
        "version: 1\nname: test\njobs: {a: {release: L}, b: {release: L}}\n",
        expect![[r#"
            no-folder 3:8 [a] job `a` has no folder | write `folder:` in the manifest or in the job, or set the profile's folder | in 2 launches
        "#]],
    );
}

#[test]
fn a_manifest_without_its_head_is_checked_all_the_same() {
    check_with(
        |_| {},
        "folder: F\njobs: {a: {strategy: All, count: 2}, b: }\n",
        expect![[r#"
        missing-key 1:1 [folder] the manifest lacks `name` | add `name: invoice-backfill`
        missing-key 1:1 [folder] the manifest lacks `version` | add `version: 1`
        missing-key 2:8 [a] job `a` names no release | write `release:` in the job or in `defaults`
        conflict 2:34 [2] strategy `All` takes no `count` | `All` starts one robot job on every robot; to start a number, use `ModernJobsCount` | 2:22 the strategy
        wrong-type 2:39 [] job `b` has no value | write a value, or remove the key
    "#]],
    );
    check_with(
        |_| {},
        "version: 1\nname: x\n",
        expect![[r#"
            missing-key 1:1 [version] the manifest lacks `jobs` | add `jobs: { load: { release: Invoice Loader } }`
        "#]],
    );
    check_with(
        |_| {},
        "",
        expect![[r#"
        wrong-type 1:1 [] the manifest is empty | begin with `version: 1` and `name: NAME`
    "#]],
    );
    check_with(
        |_| {},
        "version: 1\nname: x\njobs: [a]\nfolder: F\n",
        expect![[r#"
            wrong-type 3:7 [[a]] `jobs` must be a mapping, and this is a list | jobs are keys, without dashes: write `NAME:`, and what belongs to it indented below
        "#]],
    );
}

#[test]
fn one_mistake_is_told_once() {
    check(
        "defaults: {strategy: Specific}\njobs:\n  a: {relaese: L, robots: [1]}\n  b: {release: L}\n  c: {release: L}\n  d: {release: L, robots: [1], needs: ['${{ params.x }}']}\n  e: {release: L, robots: [1], needs: {'${{ x }}': finished}}\n  f: {release: ~, robots: [1]}\n",
        expect![[r#"
            conflict 4:22 [Specific] strategy `Specific` needs `robots` | add `robots: [ETL-01]`: at least one robot, by name or id
            unknown-key 6:7 [relaese] job `a` has no key `relaese` | did you mean `release`?
            expression-place 9:41 [${{ params.x }}] no expression may stand in `needs` | write the value itself | this is fixed before anything is evaluated
            expression-place 10:40 ['${{ x }}'] no expression may stand in a key | write the key out; several launches with different keys are several jobs
            wrong-type 11:16 [~] `release` has no value | write a value, or remove the key
        "#]],
    );
}
