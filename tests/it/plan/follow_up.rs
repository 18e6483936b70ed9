//! What follows launches once they are sent: when they are waited for, what judges them, and what is handed out by job.

use serde_json::json;
use sortie::diagnostic::Diagnosed;
use sortie::format::{FailOn, OnTimeout, PendingStep};
use sortie::ids::{Ordinal, RunId};
use sortie::outcome::FaultClass;
use sortie::plan::{self, Inputs, Plan};
use sortie::source::Sources;
use sortie::{manifest, spec};

const HEAD: &str = "version: 1\nname: n\nfolder: F\ndefaults: { release: R }\n";

/// The plan of `text` behind a head, whether or not this version carries every key out.
fn planned(text: &str, params: &[(&str, &str)]) -> Diagnosed<Plan> {
    let inputs = Inputs {
        params: params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), plan::ParamValue::Text((*value).to_owned())))
            .collect(),
        ..Inputs::of_manifest("m.yaml", &format!("{HEAD}{text}"))
    };
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", inputs.text.as_str());
    manifest::parse(&sources, id).and_then(spec::lower).and_then(|mut spec| {
        spec.deferred.clear();
        plan::expand(spec, &inputs, &mut sources)
    })
}

fn plan_of(text: &str) -> Plan {
    let (plan, said) = planned(text, &[]).into_parts();
    plan.unwrap_or_else(|| panic!("{text}: {said:?}"))
}

/// What is complained of, without places.
fn complaints(text: &str) -> Vec<String> {
    planned(text, &[]).diagnostics().iter().map(|it| format!("{} {}", it.code, it.what)).collect()
}

/// The names of the jobs that are waited for.
fn waited_for(text: &str) -> String {
    let plan = plan_of(text);
    let names: Vec<&str> = plan.jobs().filter(|job| job.follow_up.wait.is_some()).map(|job| job.name).collect();
    names.join(" ")
}

#[test]
fn a_job_is_waited_for_where_a_key_asks_for_it_and_nowhere_else() {
    for (text, expected) in [
        ("jobs: { a: {}, b: {} }", ""),
        ("wait: true\njobs: { a: {}, b: {} }", "a b"),
        ("wait: { timeout: 2h }\njobs: { a: { wait: false }, b: {} }", "b"),
        ("jobs: { a: { wait: true }, b: {} }", "a"),
        ("jobs: { a: { outputs: true }, b: {} }", "a"),
        ("jobs: { a: { outputs: false }, b: {} }", ""),
        ("jobs: { a: { retry: { faulted: 1 } }, b: {} }", "a"),
        ("jobs: { a: { retry: { faulted: 0 } }, b: {} }", ""),
        ("jobs: { a: { outcome: { tolerate: 1 } }, b: {} }", "a"),
        ("jobs: { a: { ramp: { first: 1, then: { factor: 2, every: 1m }, pause-on: { faulted: 1 } } }, b: {} }", "a"),
        ("jobs: { a: { ramp: { first: 1, then: { factor: 2, every: 1m } } }, b: {} }", ""),
        ("jobs: { a: {}, b: { needs: [a] } }", "a b"),
        ("jobs: { a: {}, b: { needs: { a: started } } }", ""),
        ("jobs: { a: {}, b: { needs: { a: failed } } }", "a b"),
        ("outcome: { tolerate: 1% }\njobs: { a: {}, b: {} }", "a b"),
        ("breaker: { faulted: 50% }\njobs: { a: {}, b: {} }", "a b"),
        ("limits: { active: 5 }\njobs: { a: {}, b: {} }", "a b"),
        ("fail-fast: 5\njobs: { a: {}, b: {} }", ""),
        // What a job asks for comes before the manifest's `false`, and a job's `false` before what the manifest asks for.
        ("wait: false\njobs: { a: { outputs: true }, b: {} }", "a"),
        ("outcome: { tolerate: 1 }\njobs: { a: { wait: false }, b: {} }", "b"),
    ] {
        assert_eq!(waited_for(text), expected, "{text}");
    }
}

#[test]
fn not_to_wait_stands_beside_no_key_that_needs_it() {
    for (text, expected) in [
        (
            "jobs: { a: { wait: false, outputs: true } }",
            "`wait` is false in job `a`, and `outputs` needs to know how its robot jobs end",
        ),
        (
            "jobs: { a: { wait: false }, b: { needs: [a] } }",
            "`wait` is false in job `a`, and jobs that need this one need to know how its robot jobs end",
        ),
        (
            "wait: false\nbreaker: { faulted: 1 }\njobs: { a: {} }",
            "`wait` is false, and `breaker` needs to know how robot jobs end",
        ),
        (
            "wait: false\nlimits: { active: 3 }\njobs: { a: {} }",
            "`wait` is false, and `limits.active` needs to know how robot jobs end",
        ),
    ] {
        assert_eq!(complaints(text), [format!("conflict {expected}")], "{text}");
    }
    assert_eq!(complaints("jobs: { a: { wait: false }, b: { needs: { a: started } } }"), [""; 0]);
}

#[test]
fn values_are_rendered_once_for_a_job_and_checked_then() {
    let text = "params: { limit: { type: string }, n: { type: integer, default: 2 } }\nwait: { timeout: '${{ params.limit }}', pending: { after: 15m, then: stop }, on-timeout: kill }\njobs:\n  a: { retry: { faulted: '${{ params.n }}', on: [platform] }, matrix: { m: [1, 2, 3] } }\n  b: { outcome: { tolerate: '${{ params.n }}', fail-on: [flaky] } }\n";
    let (plan, said) = planned(text, &[("limit", "90m")]).into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{said:?}"));
    let (a, b) = (plan.follow_up(Ordinal(2)), plan.follow_up(Ordinal(3)));
    let wait = a.wait.expect("it is waited for");
    assert_eq!(wait.timeout.map(|span| span.duration().as_secs()), Some(5400));
    let pending = wait.pending.expect("a rule");
    assert_eq!(
        (wait.on_timeout(), pending.after().as_secs(), pending.then()),
        (OnTimeout::Kill, 900, PendingStep::Stop)
    );
    let retry = a.retry.as_ref().expect("a retry");
    assert_eq!((retry.faulted, retry.on()), (2, &[FaultClass::Platform][..]));
    assert_eq!(b.outcome.as_ref().map(|policy| policy.fail_on().to_vec()), Some(vec![FailOn::Flaky]));
    assert_eq!((plan.job_number(Ordinal(2)), plan.job_number(Ordinal(3))), (0, 1));
    let jobs: Vec<_> = plan.jobs().map(|job| (job.name, job.ordinals)).collect();
    assert_eq!(jobs, [("a", 0..3), ("b", 3..4)]);
    let (_, said) = planned(text, &[("limit", "soon")]).into_parts();
    assert_eq!(said.len(), 1, "a mistake in one place is told once: {said:?}");
    assert_eq!(said[0].what, "`timeout` must be a span of time with its unit");
}

#[test]
fn jobs_that_say_the_same_share_what_follows() {
    let job = |n: u32, seconds: u32| format!("  j{n}: {{ wait: {{ timeout: {seconds}s }} }}\n");
    let jobs = (0..2000).map(|n| job(n, n % 3 + 1)).collect::<Vec<_>>().concat();
    assert_eq!(plan_of(&format!("jobs:\n{jobs}")).follow_ups().len(), 3);
    let jobs = (0..1100).map(|n| job(n, n + 1)).collect::<Vec<_>>().concat();
    let said = complaints(&format!("jobs:\n{jobs}"));
    assert_eq!(said, ["budget more than 1000 jobs say something of their own about what follows a launch"]);
}

#[test]
fn a_part_of_a_plan_keeps_what_follows_its_launches() {
    let text =
        format!("{HEAD}jobs:\n  a: {{ matrix: {{ m: [1, 2] }} }}\n  b: {{ wait: true, matrix: {{ m: [1, 2, 3] }} }}\n");
    let mut inputs = Inputs::of_manifest("m.yaml", &text);
    inputs.launches = Some(vec![sortie::ids::LaunchId::new("b", ["2"]), sortie::ids::LaunchId::new("b", ["3"])]);
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text.as_str());
    let plan = manifest::parse(&sources, id).and_then(spec::lower).and_then(|mut spec| {
        spec.deferred.clear();
        plan::expand(spec, &inputs, &mut sources)
    });
    let plan = plan.into_parts().0.expect("a plan");
    let jobs: Vec<_> = plan.jobs().map(|job| (job.name, job.number, job.ordinals)).collect();
    assert_eq!(jobs, [("b", 1, 0..2)]);
    assert!(plan.follow_up(Ordinal(0)).wait.is_some());
}

#[test]
fn who_is_told_knows_the_run() {
    let plan = plan_of(
        "on-finish: { ping: 'https://watch.example/${{ run.id }}', command: [notify, '${{ run.name }}'] }\njobs: { a: {} }\n",
    );
    let run: RunId = "01234567-89ab-7def-8123-456789abcdef".parse().expect("an id");
    let told = plan.on_finish(run).expect("somebody is told").into_parts().0.expect("in order");
    assert_eq!(told.ping, Some(format!("https://watch.example/{run}")));
    assert_eq!(json!(told.command), json!(["notify", "n"]));
    assert_eq!(told.timeout().as_secs(), 10);
    assert!(plan_of("jobs: { a: {} }").on_finish(run).is_none());
    let said = complaints("on-finish: { ping: '${{ run.id }}' }\njobs: { a: {} }");
    assert_eq!(said, ["wrong-form `ping` must be an address that begins with `https://` or `http://`"]);
}

#[test]
fn secrets_of_those_who_are_told_are_the_plans() {
    let plan =
        plan_of("secrets: { url: { env: PING_URL } }\non-finish: { ping: '${{ secrets.url }}' }\njobs: { a: {} }\n");
    let names: Vec<&str> = plan.secrets().iter().map(|secret| secret.name.as_ref()).collect();
    assert_eq!(names, ["url"]);
}

#[test]
fn rows_without_a_twin_are_told_offline_at_the_need() {
    let text = "jobs:\n  a: { matrix: { n: [1, 2] } }\n  b: { matrix: { n: [1, 2, 3, 4] }, needs: { a: same-row } }\n";
    let said = planned(text, &[]).into_parts().1;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].what.starts_with("job `a` has no launch of the same row for launches of `b`"), "{}", said[0].what);
    assert!(said[0].help.as_deref().is_some_and(|help| help.starts_with("`b/3` waits for one")), "{:?}", said[0].help);
    assert_eq!(
        complaints("jobs:\n  a: { matrix: { n: [1, 2] } }\n  b: { matrix: { n: [2, 1] }, needs: { a: same-row } }\n"),
        [""; 0]
    );
}

#[test]
fn what_is_needed_must_be_among_the_jobs_to_run() {
    let text = format!("{HEAD}jobs:\n  a: {{}}\n  b: {{ needs: [a] }}\n");
    let only = |names: &[&str]| {
        let inputs = Inputs {
            only: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Inputs::of_manifest("m.yaml", &text)
        };
        let said = plan::make(&inputs).1;
        said.diagnostics().iter().map(|it| it.what.clone()).collect::<Vec<_>>()
    };
    assert_eq!(only(&["b"]), ["job `b` needs `a`, which is not among the jobs to run"]);
    assert_eq!(only(&["a", "b"]), [""; 0]);
    assert_eq!(only(&["a"]), [""; 0]);
}

#[test]
fn outputs_are_fetched_where_they_are_used_and_refused_where_none_can_come() {
    let plan = plan_of(
        "jobs:\n  a: {}\n  b: { needs: [a], arguments: { x: '${{ needs.a.output.y }}' } }\n  c: { needs: [a], arguments: { n: '${{ needs.a.failed }}' } }\n",
    );
    let fetched: Vec<bool> = plan.jobs().map(|job| job.follow_up.outputs).collect();
    assert_eq!(fetched, [true, false, false]);
    for (text, expected) in [
        (
            "jobs:\n  a: { matrix: { n: [1, 2] } }\n  b: { needs: [a], arguments: { x: '${{ needs.a.output.y }}' } }\n",
            "conflict `b` takes outputs of `a`, which has many launches",
        ),
        (
            "jobs:\n  a: {}\n  b: { needs: { a: started }, arguments: { x: '${{ needs.a.output.y }}' } }\n",
            "conflict `b` takes outputs of `a`, and begins once that is started",
        ),
        (
            "jobs:\n  a: {}\n  b: { arguments: { x: '${{ needs.a.failed }}' } }\n",
            "unknown-name `needs.a` is not a job that this one needs",
        ),
        (
            "jobs:\n  a: {}\n  b: { needs: [a], reference: '${{ needs.a.failed }}' }\n",
            "expression-place `needs` is not known here",
        ),
        (
            "jobs:\n  a: { count: 2 }\n  b: { needs: [a], arguments: { x: '${{ needs.a.output.y }}' } }\n",
            "conflict `b` takes outputs of `a`, whose launches start several robot jobs",
        ),
        (
            "jobs:\n  a: {}\n  b: { needs: [a], arguments: { x: '${{ needs.a.faild }}' } }\n",
            "unknown-name `needs.a.faild` is not known of a needed job",
        ),
        (
            "jobs:\n  a-b: {}\n  b: { needs: [a-b], if: '${{ needs[\"a-b\"][\"outputs\"].y == 1 }}' }\n",
            "unknown-name `needs[\"a-b\"][\"outputs\"]` is not known of a needed job",
        ),
    ] {
        assert_eq!(complaints(text), [expected], "{text}");
    }
    // Outputs of one job beside counts of another that has many launches.
    plan_of(
        "jobs:\n  a: {}\n  c: { matrix: { n: [1, 2] } }\n  b: { needs: [a, c], arguments: { x: '${{ needs.a.output.y }}', n: '${{ needs.c.failed }}' } }\n",
    );
}

#[test]
fn a_plan_shows_what_is_rendered_later_as_it_is_written_and_is_the_same_each_time() {
    let text = "params: { p: { type: string, default: 'it''s' } }\njobs:\n  a: {}\n  b:\n    needs: [a]\n    if: ${{ needs.a.failed == 0 }}\n    arguments: { x: '${{ needs.a.output.y ~ params.p }}', z: 'of ${{ needs.a.launches }}' }\n";
    let plan = plan_of(text);
    let sent = plan.launch(Ordinal(1));
    let arguments = sent.start_info.arguments().expect("arguments");
    assert_eq!(
        json!(arguments),
        json!({ "x": "${{ needs.a.output.y ~ \"it's\" }}", "z": "of ${{ needs.a.launches }}" })
    );
    assert_eq!(plan.digest(), plan_of(text).digest());
    assert_ne!(plan.digest(), plan_of(&text.replace("output.y", "output.other")).digest());
    let known = |failed: u32| json!({ "a": { "failed": failed, "launches": 1, "output": { "y": "v" } } });
    let behind = |failed| plan.to_send_behind(Ordinal(1), known(failed).as_object().expect("it is one"));
    let plan::PlanEntry::Launch(launch) = behind(0).expect("in order") else { panic!("it goes") };
    assert_eq!(json!(launch.start_info.arguments()), json!({ "x": "vit's", "z": "of 1" }));
    let plan::PlanEntry::Skipped(skipped) = behind(1).expect("in order") else { panic!("its `if` does not hold") };
    assert_eq!(skipped.why, "`if` does not hold: ${{ needs.a.failed == 0 }}");
}

#[test]
fn what_a_job_does_not_need_is_never_sent_as_text_in_braces() {
    let inputs = Inputs::of_manifest(
        "m.yaml",
        "version: 1\nname: n\nfolder: F\ndefaults: { release: R, arguments: { n: '${{ needs.a.failed }}' } }\njobs:\n  a: {}\n  b: { needs: [a] }\n",
    );
    let said: Vec<String> = plan::make(&inputs).1.diagnostics().iter().map(|it| it.what.clone()).collect();
    assert_eq!(said.len(), 1, "job `a` needs nothing: {said:?}");
}

#[test]
fn a_retry_of_finished_work_that_all_jobs_share_is_warned_of_once() {
    let retry = "retry: { faulted: 1, on: [result-lost] }";
    let own = format!("{HEAD}jobs: {{ a: {{ {retry} }}, b: {{}} }}\n");
    let shared = format!(
        "{}jobs: {{ a: {{}}, b: {{}}, c: {{}} }}\n",
        HEAD.replace("release: R", &format!("release: R, {retry}"))
    );
    for text in [own, shared] {
        let (_, plan) = plan::make(&Inputs::of_manifest("m.yaml", &text));
        let told = plan.diagnostics().iter().filter(|it| it.what.contains("result-lost")).count();
        assert_eq!(told, 1, "{text}");
    }
}
