//! Launches that need those of other jobs: in which order they go, what they are made of, and that each goes once, whenever
//! the process ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sortie::clock::HandClock;
use sortie::ids::Ordinal;
use sortie::launch::{Adoption, LaunchSummary, Launcher, RequestSource as _, RunHistory};
use sortie::ledger::state::chains::{Chains, RunRetries};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::plan::{self, Inputs, Plan};
use sortie::resolve::{Directory, FolderContents, Requests, resolve};
use tokio::sync::watch;

use self::tenant::LivingTenant;
use crate::simulation::{MemoryLedger, drive_unless_ended, run_id, since, terms};

mod retries;
mod tenant;

const HEAD: &str =
    "version: 1\nname: n\nfolder: { id: 7 }\ndefaults: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }\n";

fn plan_of(text: &str) -> Plan {
    let limits = if text.starts_with("limits:") { "" } else { "limits: { launches: 20000 }\n" };
    let (_, plan) = plan::make(&Inputs::of_manifest("m.yaml", &format!("{HEAD}{limits}{text}")));
    let (plan, said) = plan.into_parts();
    plan.unwrap_or_else(|| panic!("{said:?}"))
}

const BEGIN: &str = "2026-01-31T00:00:00Z";

struct Scene {
    clock: HandClock,
    ledger: MemoryLedger,
    tenant: LivingTenant,
    requests: Requests,
}

impl Scene {
    fn of(text: &str) -> Self {
        let clock = HandClock::at(BEGIN.parse().unwrap());
        let ledger = MemoryLedger::new(&clock);
        let tenant = LivingTenant::new(&clock, ledger.process());
        let plan = plan_of(text);
        let folders = plan.required_names().keys().map(|folder| (folder.clone(), FolderContents::default())).collect();
        let directory = Directory { contents_by_folder: folders, ..Directory::default() };
        let (requests, said) = resolve(plan, &directory, run_id()).into_parts();
        Self { clock, ledger, tenant, requests: requests.unwrap_or_else(|| panic!("{said:?}")) }
    }

    /// A process that takes up what the ledger holds, and ends at step `ends_at`, where that comes.
    fn process(&self, ends_at: Option<usize>) -> Option<LaunchSummary> {
        let Self { clock, ledger, tenant, requests } = self;
        let process = ledger.process();
        process.restart(ends_at);
        let (_keep, interrupt) = watch::channel(None);
        drive_unless_ended(clock, &process, async {
            let history = RunHistory::read(ledger, run_id()).await.unwrap();
            let adoption = Adoption { server: tenant, ledger, requests, run: run_id(), clock };
            let history = adoption.adopt_earlier(history, since(BEGIN), terms(), &mut |_| {}).await.unwrap();
            let history = history.with_needed(ledger, run_id(), Some(requests.plan())).await.unwrap();
            let launcher = Launcher { server: tenant, ledger, requests, run: run_id(), clock: Arc::new(clock.clone()) };
            launcher.launch(terms(), history, interrupt, &mut |_| {}).await
        })
    }

    /// How each launch ended, and why it was left out.
    fn ends(&self) -> BTreeMap<String, String> {
        let mut retries = RunRetries::default();
        self.ledger.states().into_iter().for_each(|(_, state)| retries.add(state));
        let shown = |at: u32| {
            let id = self.requests.plan().launch_id(Ordinal(at)).to_string();
            let state = self.ledger.state(at);
            let chains = Chains { state: &state, retries: retries.of(Ordinal(at)) };
            let outcome = chains.outcome().map(|outcome| format!(" {outcome:?}").to_lowercase()).unwrap_or_default();
            let why = match &state {
                LaunchState::LeftOut { why, .. } => format!(": {why}"),
                LaunchState::InDoubt { doubt, outcome, .. } => format!(": {} {outcome:?}", doubt.why),
                LaunchState::Planned
                | LaunchState::Due(_)
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Started { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::Declared { .. }
                | LaunchState::StartedElsewhere { .. } => String::new(),
            };
            (id, format!("{}{outcome}{why}", state.verdict().as_str()))
        };
        (0..self.requests.count()).filter(|at| !self.requests.skips(Ordinal(*at))).map(shown).collect()
    }
}

fn list(ends: &BTreeMap<String, String>) -> String {
    ends.iter().fold(String::new(), |mut text, (id, end)| {
        writeln!(text, "{id}: {end}").unwrap();
        text
    })
}

const DIAMOND: &str = "
jobs:
  extract: { arguments: { day: 7 } }
  left:
    needs: [extract]
    arguments: { total: '${{ needs.extract.output.total }}', of: 'by ${{ needs.extract.output.of }}' }
  right:
    needs: { extract: finished }
    if: ${{ needs.extract.successful == 1 }}
    environment: { N: '${{ needs.extract.launches }}' }
  post:
    needs: [left, right]
    arguments: { sum: '${{ needs.left.output.total + needs.right.output.total }}', n: '${{ needs.left.successful }}' }
  alarm: { needs: { left: failed } }
  behind-the-alarm: { needs: [alarm] }
";

#[test]
fn a_diamond_goes_in_its_order_and_each_is_made_of_what_came_before() {
    let scene = Scene::of(DIAMOND);
    let launched = scene.process(None).expect("it ends by itself");
    assert_eq!(
        list(&scene.ends()),
        "alarm: skipped: needs `left` to fail, and nothing of it failed\n\
         behind-the-alarm: skipped: needs `alarm` to succeed, and it is skipped\n\
         extract: started successful\nleft: started successful\npost: started successful\nright: started successful\n"
    );
    let arguments = scene.tenant.arguments();
    assert_eq!(arguments["left"], r#"{"total":7,"of":"by extract"}"#);
    assert_eq!(arguments["post"], r#"{"sum":9,"n":1}"#);
    let created = scene.tenant.created();
    assert!(
        created["extract"] < created["left"] && created["left"] < created["post"] && created["right"] < created["post"]
    );
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&4));
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Skipped), Some(&2));
}

#[test]
fn whenever_a_process_ends_in_a_diamond_each_launch_goes_once_and_ends_as_without_it() {
    let whole = Scene::of(DIAMOND);
    whole.process(None).expect("it ends by itself");
    let steps = whole.ledger.process().steps();
    let (expected, arguments) = (whole.ends(), whole.tenant.arguments());
    assert!(steps > 20, "{steps} steps");
    for step in 1..=steps {
        let scene = Scene::of(DIAMOND);
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

/// Three stages of so many rows, each behind its twin of the stage before.
fn stages(rows: u32) -> String {
    let numbers: Vec<String> = (0..rows).map(|n| n.to_string()).collect();
    let rows = numbers.join(", ");
    format!(
        "jobs:\n  extract: {{ matrix: {{ n: [{rows}] }} }}\n  \
         transform: {{ matrix: {{ n: [{rows}] }}, needs: {{ extract: same-row }}, arguments: {{ of: '${{{{ needs.extract.output.of }}}}' }} }}\n  \
         load: {{ matrix: {{ n: [{rows}] }}, needs: {{ transform: {{ status: succeeded, row: same }} }} }}\n  \
         report: {{ needs: {{ load: finished }}, arguments: {{ good: '${{{{ needs.load.successful }}}}', skipped: '${{{{ needs.load.skipped }}}}' }} }}\n"
    )
}

fn every_fiftieth_faults(scene: &mut Scene) {
    scene.tenant.comes_to = Box::new(|launch| {
        let row: u32 = launch.rsplit('/').next().and_then(|row| row.parse().ok()).unwrap_or(1);
        if launch.starts_with("extract/") && row.is_multiple_of(50) {
            ("Faulted", None)
        } else {
            ("Successful", Some(format!("{{\"of\":\"{launch}\"}}")))
        }
    });
}

#[test]
fn five_hundred_rows_go_through_three_stages_each_behind_its_own_and_a_failing_one_stops_its_row_alone() {
    let mut scene = Scene::of(&stages(500));
    every_fiftieth_faults(&mut scene);
    let launched = scene.process(None).expect("it ends by itself");
    let ends = scene.ends();
    let count = |of: &str| ends.values().filter(|end| end.starts_with(of)).count();
    assert_eq!(
        (count("started successful"), count("started faulted"), count("skipped")),
        (490 + 490 + 490 + 1, 10, 20),
        "{launched:?}"
    );
    assert_eq!(ends["transform/50"], "skipped: needs `extract` to succeed, and it is faulted");
    assert_eq!(ends["load/50"], "skipped: needs `transform` to succeed, and it is skipped");
    let arguments = scene.tenant.arguments();
    assert_eq!(arguments["transform/7"], r#"{"of":"extract/7"}"#);
    assert_eq!(arguments["report"], r#"{"good":490,"skipped":10}"#);
    let created = scene.tenant.created();
    for row in (0..500).filter(|row| row % 50 != 0) {
        let at = |job: &str| created[&format!("{job}/{row}")];
        assert!(at("extract") < at("transform") && at("transform") < at("load"), "row {row}");
    }
}

#[test]
fn a_run_of_rows_that_ends_again_and_again_starts_each_once() {
    let run = |kills: &[usize]| {
        let mut scene = Scene::of(&stages(60));
        every_fiftieth_faults(&mut scene);
        for kill in kills {
            if scene.process(Some(*kill)).is_some() {
                break;
            }
        }
        scene.process(None).expect("it ends by itself");
        (scene.ends(), scene.tenant.arguments())
    };
    let expected = run(&[]);
    for kills in [&[3][..], &[9, 9, 9], &[40, 3, 40, 3], &[77, 101, 55], &[200, 20, 2], &[150; 4]] {
        assert_eq!(run(kills), expected, "killed at {kills:?}");
    }
}

#[test]
fn of_a_failing_branch_whoever_needs_its_success_is_left_out_and_whoever_needs_its_end_goes() {
    let text = "jobs:\n  bad: { matrix: { n: [1, 2, 3] } }\n  refused: {}\n  on-success: { needs: [bad] }\n  \
                on-end: { needs: { bad: finished, refused: finished } }\n  on-failure: { needs: { bad: failed } }\n  \
                on-start: { needs: { refused: started } }\n  behind: { needs: [on-success] }\n  on-refusal: { needs: { refused: failed } }\n";
    let mut scene = Scene::of(text);
    scene.tenant.comes_to = Box::new(|launch| if launch == "bad/2" { ("Faulted", None) } else { ("Successful", None) });
    scene.tenant.refuses = |launch| launch == "refused";
    scene.process(None).expect("it ends by itself");
    assert_eq!(
        list(&scene.ends()),
        "bad/1: started successful\nbad/2: started faulted\nbad/3: started successful\n\
         behind: skipped: needs `on-success` to succeed, and it is skipped\n\
         on-end: started successful\non-failure: started successful\non-refusal: started successful\n\
         on-start: skipped: needs `refused` to be started, and it is rejected\n\
         on-success: skipped: needs `bad` to succeed, and of its 3 launches 1 did not: 1 faulted\n\
         refused: rejected\n"
    );
}

#[test]
fn an_output_that_is_missing_makes_the_launch_a_failure_and_not_a_text_in_braces() {
    let text = "jobs:\n  a: {}\n  b: { needs: [a], arguments: { x: '${{ needs.a.output.absent }}' } }\n  \
                c: { needs: [a], arguments: { x: '${{ needs.a.output.absent | default(0) }}' } }\n  d: { needs: [b] }\n";
    let scene = Scene::of(text);
    let launched = scene.process(None).expect("it ends by itself");
    let ends = scene.ends();
    assert_eq!(ends["b"], "rejected: it cannot be made of what it needs: `a` gave no `output.absent`");
    assert_eq!(ends["d"], "skipped: needs `b` to succeed, and it is rejected");
    assert_eq!(scene.tenant.arguments()["c"], r#"{"x":0}"#);
    assert!(scene.tenant.arguments().values().all(|arguments| !arguments.contains("${{")));
    assert_eq!(launched.exit().code(), 11);
}

#[test]
fn an_output_of_which_only_a_mask_was_kept_is_sent_to_nobody() {
    let text = "jobs:\n  a: {}\n  b: { needs: [a], arguments: { x: '${{ needs.a.output.pin }}' } }\n  \
                c: { needs: [a], arguments: { x: '${{ needs.a.output.count }}' } }\n";
    let mut scene = Scene::of(text);
    let output = Some(r#"{"pin": ["is ***"], "count": 7}"#.to_owned());
    scene.tenant.comes_to =
        Box::new(move |launch| if launch == "a" { ("Successful", output.clone()) } else { ("Successful", None) });
    let launched = scene.process(None).expect("it ends by itself");
    assert_eq!(
        scene.ends()["b"],
        "rejected: it cannot be made of what it needs: `output.pin` of `a` holds the value of a secret, of which sortie \
         keeps a mask alone"
    );
    assert_eq!((scene.tenant.arguments()["c"].as_str(), launched.exit().code()), (r#"{"x":7}"#, 11));
    assert!(!scene.tenant.arguments().contains_key("b"));
}
