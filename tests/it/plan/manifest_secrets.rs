//! Secrets of a manifest: expressions until they are sent, and never anything else.

use expect_test::{Expect, expect};
use sortie::diagnostic::Diagnostic;
use sortie::ids::{Ordinal, RunId};
use sortie::plan::{self, Inputs, Plan, PlanEntry};
use sortie::resolve::{self, Directory};
use sortie::secret::{Secret, Secrets};
use sortie::source::Sources;
use sortie::start_info::arguments_text;

use crate::plan::{HEAD, briefly, inputs};

/// Every spelling of it differs from it.
const VALUE: &str = "s3cr\"t/ é";

fn secrets(names: &[&str]) -> Secrets {
    names.iter().map(|name| ((*name).to_owned(), Secret::new(VALUE.to_owned()))).collect()
}

fn made(body: &str) -> (Sources, Option<Plan>, Vec<Diagnostic>) {
    made_with(|_| {}, body)
}

fn made_with(change: impl FnOnce(&mut Inputs), body: &str) -> (Sources, Option<Plan>, Vec<Diagnostic>) {
    let mut inputs = inputs(&format!("{HEAD}secrets:\n  api: {{env: API}}\n  pin: {{file: pin}}\n{body}"));
    change(&mut inputs);
    let (sources, outcome) = plan::make(&inputs);
    let (plan, diagnostics) = outcome.into_parts();
    (sources, plan, diagnostics)
}

fn input(planned: PlanEntry) -> String {
    let PlanEntry::Launch(launch) = planned else { return "skipped".to_owned() };
    let arguments = launch.start_info.arguments().map(arguments_text).unwrap_or_default();
    let environment = launch.start_info.environment.unwrap_or_default();
    format!("{arguments} {environment}").trim().replace('\n', "; ")
}

/// The first launch in the three views, as written, masked and as it is sent.
#[track_caller]
fn check(job: &str, expected: Expect) {
    let (sources, plan, said) =
        made(&format!("jobs:\n  a: {{release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, {job}}}\n"));
    let plan = plan.unwrap_or_else(|| panic!("{}", briefly(&sources, &said)));
    let mut shown = format!("{}\n{}\n", input(plan.planned(Ordinal(0))), input(plan.masked(Ordinal(0))));
    let (plan, said) = plan.reveal(secrets(&["api", "pin"])).into_parts();
    shown.push_str(&briefly(&sources, &said));
    shown.push_str(&plan.map_or_else(String::new, |plan| {
        let launch = plan.to_send(Ordinal(0));
        input(PlanEntry::Launch(Box::new(launch))) + "\n"
    }));
    expected.assert_eq(&shown);
}

#[test]
fn a_value_is_an_expression_or_a_mask_until_it_is_sent() {
    check(
        "arguments: {token: \"${{ secrets.api }}\", plain: 1}",
        expect![[r#"
        {"token":"${{ secrets.api }}","plain":1}
        {"token":"***","plain":1}
        {"token":"s3cr\"t/ é","plain":1}
    "#]],
    );
    check(
        "arguments: {list: [\"Bearer ${{ secrets.api }} of ${{ run.name }}\"]}",
        expect![[r#"
        {"list":["Bearer ${{ secrets.api }} of test"]}
        {"list":["Bearer *** of test"]}
        {"list":["Bearer s3cr\"t/ é of test"]}
    "#]],
    );
    check(
        "environment: {TOKEN: \"${{ secrets.api | upper }}\", USER: x}",
        expect![[r#"
        TOKEN=${{ secrets.api | upper }}; USER=x
        TOKEN=***; USER=x
        TOKEN=S3CR"T/ É; USER=x
    "#]],
    );
    check(
        "arguments: {both: \"${{ run.name ~ ':' ~ secrets['pin'] }}\", out: \"${{ omit if secrets.api else 1 }}\"}",
        expect![[r#"
            {"both":"${{ \"test\" ~ ':' ~ secrets['pin'] }}","out":"${{ omit if secrets.api else 1 }}"}
            {"both":"***","out":"***"}
            {"both":"test:s3cr\"t/ é"}
        "#]],
    );
    check(
        "arguments: {escaped: \"$${{ secrets.api }}\", length: \"${{ secrets.api | length }}\"}",
        expect![[r#"
        {"escaped":"${{ secrets.api }}","length":"${{ secrets.api | length }}"}
        {"escaped":"${{ secrets.api }}","length":"***"}
        {"escaped":"${{ secrets.api }}","length":9}
    "#]],
    );
}

#[test]
fn what_fails_with_a_value_is_found_before_anything_is_sent_and_shows_none() {
    check(
        "arguments: {n: \"${{ secrets.api | int }}\"}",
        expect![[r#"
            {"n":"${{ secrets.api | int }}"}
            {"n":"***"}
            expression-failed 8:88 [int] the expression fails with the secrets' values
        "#]],
    );
    check(
        "arguments: {n: \"${{ secrets.api | fromjson }}\", m: \"${{ secrets.pin | date }}\"}",
        expect![[r#"
            {"n":"${{ secrets.api | fromjson }}","m":"${{ secrets.pin | date }}"}
            {"n":"***","m":"***"}
            expression-failed 8:88 [fromjson] the expression fails with the secrets' values
            expression-failed 8:124 [date] the expression fails with the secrets' values
        "#]],
    );
    check(
        "environment: {A: \"${{ secrets.api ~ '\\n' }}\"}",
        expect![[r#"
        A=${{ secrets.api ~ ' ' }}
        A=***
        wrong-form 8:71 ["${{ secrets.api ~ '\n' }}"] environment variable `A` holds a line end; the API takes one line for each | pass it in `arguments`, or encode it
    "#]],
    );
    check(
        "arguments: {n: \"${{ secrets.api.x }}\"}",
        expect![[r#"
            {"n":"${{ secrets.api.x }}"}
            {"n":"***"}
            expression-failed 8:74 [secrets.api.x] the expression fails with the secrets' values
        "#]],
    );
}

#[test]
fn secrets_stand_in_few_places_and_warn_where_they_are_kept_in_the_clear() {
    let (sources, plan, said) = made(
        "vars: {v: \"${{ secrets.api }}\"}\ndefaults: {arguments: {d: \"${{ secrets.pin }}\"}}\njobs:\n  a: {release: \"${{ secrets.api }}\", arguments: {x: \"${{ secrets.nope }}\", all: \"${{ secrets }}\", some: \"${{ secrets[params.x] }}\"}, environment: {Y: \"${{ secrets.api }}\"}, reference: \"${{ secrets.api }}\"}\n",
    );
    assert!(plan.is_none());
    expect![[r#"
        expression-place 7:16 [secrets] `secrets` is not known here | secrets may stand in `arguments`, `environment` and `on-finish` only, so that none is planned or logged
        secret 8:27 ["${{ secrets.pin }}"] secret `pin` lands in `arguments`, which Orchestrator keeps in the clear | a credential asset of Orchestrator, which the robot reads, is seen by nobody
        expression-place 10:21 [secrets] `secrets` is not known here | secrets may stand in `arguments`, `environment` and `on-finish` only, so that none is planned or logged
        unknown-name 10:58 [secrets.nope] `secrets.nope` is not a secret of this manifest | known are `api`, `pin`
        unknown-name 10:86 [secrets] a secret is taken by its name: `secrets.NAME` | so that only the secrets that a launch needs are read for it
        unknown-name 10:110 [secrets] a secret is taken by its name: `secrets.NAME` | so that only the secrets that a launch needs are read for it
        unknown-name 10:118 [params.x] `params.x` is not a param of this manifest | none is declared: write `params: { x: { type: string } }` at the top of the manifest
        expression-place 10:190 [secrets] `secrets` is not known here | secrets may stand in `arguments`, `environment` and `on-finish` only, so that none is planned or logged
    "#]].assert_eq(&briefly(&sources, &said));
}

#[test]
fn only_the_secrets_that_launches_take_are_asked_for() {
    let body = "defaults: {arguments: {d: \"${{ secrets.pin }}\"}}\njobs:\n  a: {release: L, arguments: {d: 1}}\n  b: {release: L, environment: {T: \"${{ secrets.api }}\"}, arguments: {d: 2}}\n  c: {release: L}\n";
    let asked = |only: &[&str]| {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        let (_, plan, _) = made_with(|inputs| inputs.only = only, body);
        plan.unwrap().secrets().iter().map(|secret| secret.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(asked(&["a"]), "");
    assert_eq!(asked(&["b"]), "api");
    assert_eq!(asked(&["c"]), "pin");
    assert_eq!(asked(&[]), "api pin");
}

#[test]
fn the_digest_covers_everything_but_the_value() {
    let digest = |body: &str, secrets: Option<Secrets>| {
        let (sources, plan, said) = made(body);
        let plan = plan.unwrap_or_else(|| panic!("{}", briefly(&sources, &said)));
        match secrets {
            None => plan.digest(),
            Some(secrets) => plan.reveal(secrets).into_parts().0.unwrap().digest(),
        }
    };
    let body = |user: &str| {
        format!(
            "vars: {{user: {user}}}\njobs:\n  a: {{release: L, arguments: {{login: \"${{{{ vars.user ~ ':' ~ secrets.api }}}}\"}}}}\n"
        )
    };
    assert_eq!(digest(&body("ann"), None), digest(&body("ann"), Some(secrets(&["api"]))));
    assert_ne!(digest(&body("ann"), None), digest(&body("bob"), None));
}

#[test]
fn nothing_can_be_sent_without_the_values() {
    let body = "jobs:\n  a: {release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, arguments: {t: \"${{ secrets.api }}\"}}\n";
    let run = RunId::new_at(0, [0; 10]);
    let (sources, plan, _) = made(body);
    let (requests, said) = resolve::resolve(plan.unwrap(), &Directory::default(), run).into_parts();
    assert!(requests.is_none());
    expect![[r#"
        secret 5:3 [api] secret `api` has no value
    "#]]
    .assert_eq(&briefly(&sources, &said));

    let (_, plan, _) = made(body);
    let (plan, _) = plan.unwrap().reveal(secrets(&["api"])).into_parts();
    let (requests, _) = resolve::resolve(plan.unwrap(), &Directory::default(), run).into_parts();
    let requests = requests.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&requests.get(Ordinal(0)).body).unwrap();
    let arguments: serde_json::Value =
        serde_json::from_str(sent["startInfo"]["InputArguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments["t"], VALUE);
    // What a report and a plan see of the same requests.
    assert!(!format!("{requests:?}").contains("s3cr"), "Debug shows a secret");
    assert_eq!(input(requests.plan().masked(Ordinal(0))), r#"{"t":"***"}"#);
}

#[test]
fn declarations_name_one_source_each() {
    let text = format!(
        "{HEAD}secrets:\n  two: {{env: A, file: b}}\n  none: {{x-note: later}}\n  empty: {{env: ''}}\n  words: {{command: []}}\njobs:\n  a: {{release: L}}\n"
    );
    let (sources, outcome) = plan::make(&inputs(&text));
    expect![[r#"
        conflict 5:3 [two] secret `two` does not come from exactly one place | write one of `env: NAME`, `file: PATH` and `command: [PROGRAM, ARGUMENT]`
        conflict 6:3 [none] secret `none` does not come from exactly one place | write one of `env: NAME`, `file: PATH` and `command: [PROGRAM, ARGUMENT]`
        wrong-form 7:3 [empty] secret `empty` comes from nowhere: its source is empty
        wrong-form 8:3 [words] secret `words` comes from nowhere: its source is empty
        out-of-range 8:20 [[]] `command` must not be empty
    "#]].assert_eq(&briefly(&sources, outcome.diagnostics()));
}
