//! Robot jobs that faulted and are started again, in runs whose jobs need each other, or whose launches are held back: those that
//! wait hear of a launch once its retries are over, and no rule waits for itself.

use sortie::ledger::state::Verdict;

use super::{DIAMOND, Scene, list};

const RETRY: &str = "retry: { faulted: 1, on: [unclassified], backoff: { initial: 5s, jitter: false } }";

/// A scene whose jobs are tried again, and in which the robot jobs of launches that `faults` fault at first.
fn scene(text: &str, faults: fn(&str) -> bool) -> Scene {
    let mut scene = Scene::of(&text.replace("RETRY", RETRY));
    scene.tenant.comes_to = Box::new(move |launch| {
        let (own, is_retry) = launch.split_once('#').map_or((launch, false), |(own, _)| (own, true));
        if faults(own) && !is_retry {
            ("Faulted", None)
        } else {
            ("Successful", Some(format!("{{\"of\":\"{own}\",\"total\":{}}}", own.len())))
        }
    });
    scene
}

/// The diamond, in which the first and one of the second stage fault at first.
fn diamond() -> Scene {
    let text = DIAMOND
        .replace("  extract: { arguments: { day: 7 } }", "  extract: { arguments: { day: 7 }, RETRY }")
        .replace("  left:\n", "  left:\n    RETRY\n");
    scene(&text, |launch| launch == "extract" || launch == "left")
}

#[test]
fn whenever_a_process_ends_in_a_diamond_with_retries_all_ends_as_if_nothing_had_faulted() {
    let whole = diamond();
    whole.process(None).expect("it ends by itself");
    let steps = whole.ledger.process().steps();
    let (expected, arguments) = (whole.ends(), whole.tenant.arguments());
    assert_eq!(
        list(&expected),
        "alarm: skipped: needs `left` to fail, and nothing of it failed\n\
         behind-the-alarm: skipped: needs `alarm` to succeed, and it is skipped\n\
         extract: started successful\nleft: started successful\npost: started successful\nright: started successful\n"
    );
    assert_eq!(arguments["left#2"], r#"{"total":7,"of":"by extract"}"#, "as the launch that it is a retry of");
    assert_eq!(arguments["post"], r#"{"sum":9,"n":1}"#, "of the retry's outputs");
    for step in 1..=steps {
        let scene = diamond();
        assert!(scene.process(Some(step)).is_none(), "it ends at step {step}");
        // The next one ends soon, too.
        let again = scene.process(Some(7));
        if again.is_none() {
            scene.process(None).expect("it ends by itself");
        }
        assert_eq!(list(&scene.ends()), list(&expected), "killed at step {step}");
        assert_eq!(scene.tenant.arguments(), arguments, "killed at step {step}");
    }
}

#[test]
fn no_rule_that_holds_launches_back_waits_for_its_own_retries() {
    let jobs = "jobs:\n  a: { matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8] }, RETRY }\n";
    for (rules, limits) in [
        ("ramp: { first: 2, then: { factor: 2, every: 1s }, pause-on: { faulted: 50% } }\n", "launches: 20000"),
        ("ramp: { first: 2, then: { factor: 2, every: 1s }, pause-on: { faulted: 50% } }\n", "active: 1"),
        ("fail-fast: 1\n", "active: { total: 3, per-release: 2 }"),
        ("breaker: { faulted: 3, of-last: 4, classes: [unclassified], then: probe, probe-after: 1m }\n", "active: 2"),
        ("", "active: 1"),
    ] {
        let scene = scene(&format!("limits: {{ {limits} }}\n{rules}{jobs}"), |_| true);
        let launched = scene.process(None).expect("it ends by itself");
        let told = format!("{rules}{limits}: {launched:?}\n{}", list(&scene.ends()));
        assert!(launched.stop.is_none(), "{told}");
        assert_eq!(scene.ends().values().filter(|end| *end == "started successful").count(), 8, "{told}");
        assert_eq!(launched.retries_by_verdict.get(&Verdict::Started), Some(&8), "{told}");
    }
}

#[test]
fn a_breaker_that_stops_leaves_faults_undecided_and_whoever_goes_on_decides_them() {
    let rules = "breaker: { faulted: 2, of-last: 4, classes: [unclassified], then: stop }\n";
    let scene = scene(&format!("{rules}jobs:\n  a: {{ matrix: {{ n: [1, 2] }}, RETRY }}\n"), |_| true);
    let launched = scene.process(None).expect("it ends by itself");
    assert!(launched.stop.is_some(), "{launched:?}");
    let started = |scene: &Scene| scene.tenant.arguments().len();
    assert!(started(&scene) < 4, "{launched:?}");
    let launched = scene.process(None).expect("it ends by itself");
    assert!(launched.stop.is_none(), "{launched:?}");
    assert_eq!(
        (started(&scene), list(&scene.ends())),
        (4, "a/1: started successful\na/2: started successful\n".to_owned())
    );
}
