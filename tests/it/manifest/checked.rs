//! The checker is held to what it promises: it passes a client that never overstates what it knows, finds each lie that is
//! planted in such a client's report, and finds that a client which sends again on every error starts jobs twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sortie::report::json::JsonReport;
use sortie::sandbox::clock::HandClock;
use sortie::sandbox::faults::{Faults, Storm};
use sortie::sandbox::world::{Folder, Release};
use sortie::sandbox::{Options, Sandbox, World};

use crate::support::checker::{Client, Findings, Intended, ServersWord, Wanted, check};

/// Faults that neither need the clock moved nor a client that gives up.
const PATIENT: &[&str] = &["never-before", "never-after", "slow-before", "slow-after"];

/// What a client does about an answer that it does not like.
#[derive(Clone, Copy)]
enum Habit {
    /// Sends again, up to five times.
    SendAgain,
    /// Never sends again, and says that it does not know.
    SendOnce,
}

/// A sandbox with faults whose time stands still until it is moved, and a bare client.
struct Stand {
    sandbox: Sandbox,
    clock: HandClock,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// What came until the connection ended; `status` is 0 where there was no whole head.
#[derive(Default)]
struct Heard {
    status: u16,
    is_whole: bool,
    body: Vec<u8>,
}

impl Stand {
    fn with(faults: impl Into<Faults>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let world =
            World::new().folder(Folder::at("Finance").id(7)).release(Release::named("Loader").folder("Finance"));
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().unwrap());
        let options = Options { faults: faults.into(), ..Options::default() };
        let sandbox = Sandbox::start(&world, Arc::new(clock.clone()), options).unwrap();
        // No connection is used twice, so that none is sent on again.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { sandbox, clock, http, runtime }
    }

    /// Asks for two robot jobs, as `reference`.
    fn start(&self, reference: &str) -> Heard {
        let target = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";
        let body = json!({"startInfo": {"ReleaseName": "Loader", "JobsCount": 2, "Reference": reference}});
        self.hear(self.http.post(format!("{}{target}", self.sandbox.url())).json(&body))
    }

    fn page(&self, target: &str) -> String {
        String::from_utf8(self.hear(self.http.get(format!("{}{target}", self.sandbox.url()))).body).unwrap()
    }

    fn hear(&self, request: reqwest::RequestBuilder) -> Heard {
        let request = request.bearer_auth(self.sandbox.token()).header("X-UIPATH-OrganizationUnitId", 7);
        self.runtime.block_on(async {
            let Ok(response) = request.send().await else { return Heard::default() };
            let status = response.status().as_u16();
            let body = response.bytes().await;
            Heard { status, is_whole: body.is_ok(), body: body.unwrap_or_default().into() }
        })
    }
}

/// Launches `count` times two robot jobs, and reports on it in the form of ours.
fn launch(stand: &Stand, count: usize, habit: Habit) -> (Vec<Intended>, JsonReport) {
    let references: Vec<String> = (0..count).map(|number| format!("r-{number}")).collect();
    let launches: Vec<Value> = references.iter().map(|reference| one(stand, reference, habit)).collect();
    let wanted = Wanted::Exactly(2);
    let intended = references.into_iter().map(|reference| Intended { reference, wanted }).collect();
    (intended, report(&launches))
}

fn one(stand: &Stand, reference: &str, habit: Habit) -> Value {
    let most = match habit {
        Habit::SendAgain => 5,
        Habit::SendOnce => 1,
    };
    let mut attempts = 0;
    let mut last = 0;
    while attempts < most {
        attempts += 1;
        let heard = stand.start(reference);
        last = heard.status;
        let body: Option<Value> = serde_json::from_slice(&heard.body).ok().filter(|_| heard.is_whole);
        let rows = body.as_ref().and_then(|body| body["value"].as_array());
        let ids: Option<Vec<i64>> = rows.and_then(|rows| rows.iter().map(|row| row["Id"].as_i64()).collect());
        match (last, ids) {
            (201, Some(ids)) if !ids.is_empty() => {
                let verdict = match ids.len() {
                    1 => "partial",
                    2 => "started",
                    _ => "duplicate",
                };
                return launched(reference, verdict, attempts, &ids);
            }
            (400 | 404 | 429, _) if matches!(habit, Habit::SendOnce) => {
                return launched(reference, "rejected", attempts, &[]);
            }
            _ => {}
        }
    }
    launched(reference, if last == 429 { "not-sent" } else { "unknown" }, attempts, &[])
}

fn launched(reference: &str, verdict: &str, attempts: u32, ids: &[i64]) -> Value {
    let jobs: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    let error = if verdict == "started" {
        Value::Null
    } else {
        json!({"status": null, "code": null, "message": "no", "trace-id": null})
    };
    json!({
        "id": reference, "job": "j", "key": null, "reference": reference, "verdict": verdict, "attempts": attempts,
        "settled": false, "arguments": null, "robot-jobs": jobs, "error": error,
    })
}

fn report(launches: &[Value]) -> JsonReport {
    let mut totals = json!({"launches": launches.len(), "started": 0, "rejected": 0, "unknown": 0, "partial": 0,
        "duplicate": 0, "skipped": 0, "not-sent": 0});
    for launch in launches {
        let count = &mut totals[launch["verdict"].as_str().unwrap()];
        *count = json!(count.as_u64().unwrap() + 1);
    }
    let run = json!({"id": "0", "name": "n", "slot": null, "profile": "p", "started": "", "ended": null,
        "plan-digest": "", "exit-code": null});
    serde_json::from_value(json!({"version": 1, "run": run, "totals": totals, "launches": launches})).unwrap()
}

/// Through a storm that half of the starts meet.
fn through_a_storm(habit: Habit) -> (Stand, Vec<Intended>, JsonReport) {
    let stand = Stand::with(Storm::new(5, 0.5).without(PATIENT));
    let (intended, report) = launch(&stand, 300, habit);
    // All late work is done by then.
    stand.clock.advance(Duration::from_secs(60));
    (stand, intended, report)
}

#[test]
fn a_client_that_sends_again_on_every_error_is_found_to_double_launches() {
    let (stand, intended, report) = through_a_storm(Habit::SendAgain);
    let findings = check(&intended, &ServersWord::of(&stand.sandbox), &report, Client::Lived);
    assert!(findings.doubled.count >= 20, "{findings}");
    assert!(findings.violations().contains("doubled: "), "{}", findings.violations());
    assert!(findings.misreported.count >= 20, "it calls them started: {findings}");
    assert!(findings.sends_each() > 1.2, "{findings}");
}

#[test]
fn a_client_that_never_overstates_what_it_knows_passes() {
    let (stand, intended, report) = through_a_storm(Habit::SendOnce);
    let findings = check(&intended, &ServersWord::of(&stand.sandbox), &report, Client::Lived);
    findings.assert_clean();
    assert!(findings.verdict("unknown") > 50 && findings.verdict("started") > 100, "{findings}");
    assert!(findings.doubled_by_the_server.count > 0 && findings.verdict("partial") > 0, "{findings}");
    assert_eq!((findings.sends, findings.unknown.count), (300, findings.verdict("unknown")));
}

#[test]
fn the_pages_of_another_process_say_the_same() {
    let (stand, intended, report) = through_a_storm(Habit::SendAgain);
    let word = ServersWord::of_pages(&stand.page("/sandbox/record"), &stand.page("/sandbox/jobs"));
    let there = check(&intended, &word, &report, Client::Lived);
    let here = check(&intended, &ServersWord::of(&stand.sandbox), &report, Client::Lived);
    assert_eq!((there.violations(), there.to_string()), (here.violations(), here.to_string()));
}

/// Two launches of two robot jobs each, honestly reported, and then not.
fn planted(plant: impl FnOnce(&mut Vec<Intended>, &mut Vec<Value>, &Stand)) -> Findings {
    let stand = Stand::with(Storm::new(0, 0.0));
    let mut intended = Vec::new();
    let mut launches = Vec::new();
    for reference in ["a", "b"] {
        let wanted = Wanted::Exactly(2);
        intended.push(Intended { reference: reference.to_owned(), wanted });
        launches.push(one(&stand, reference, Habit::SendOnce));
    }
    plant(&mut intended, &mut launches, &stand);
    check(&intended, &ServersWord::of(&stand.sandbox), &report(&launches), Client::Lived)
}

#[test]
fn each_planted_lie_is_found_and_named() {
    let case = |expected: &str, plant: fn(&mut Vec<Intended>, &mut Vec<Value>, &Stand)| {
        assert_eq!(planted(plant).violations(), expected);
    };
    case("", |_, _, _| {});
    case("doubled: 1\n  a: 2 requests created [160856, 160857, 160860, 160861]\n", |_, launches, stand| {
        stand.start("a");
        launches[0] = launched("a", "duplicate", 2, &[160_856]);
    });
    case(
        "doubled: 1\n  a: 2 requests created [160856, 160857, 160860, 160861]\nmisreported: 1\n  a: `started`, asked for \
         Exactly(2), exist [160856, 160857, 160860, 160861], named [160856, 160857]\n",
        |_, _, stand| drop(stand.start("a")),
    );
    case("lost: 1\n  c: `started`, asked for Exactly(1), exist []\n", |intended, launches, _| {
        intended.push(Intended { reference: "c".to_owned(), wanted: Wanted::Exactly(1) });
        launches.push(launched("c", "started", 1, &[1]));
    });
    case("lost: 1\n  c: reported 0 times\n", |intended, _, _| {
        intended.push(Intended { reference: "c".to_owned(), wanted: Wanted::AtLeastOne });
    });
    case("misreported: 1\n  b: reported 0 times\n", |_, launches, _| drop(launches.pop()));
    case(
        "misreported: 1\n  b: `rejected`, asked for Exactly(2), exist [160858, 160859], named []\n",
        |_, launches, _| launches[1] = launched("b", "rejected", 1, &[]),
    );
    case(
        "misreported: 1\n  b: `started`, asked for Exactly(2), exist [160858, 160859], named [160858, 7]\n",
        |_, launches, _| launches[1] = launched("b", "started", 1, &[160_858, 7]),
    );
    case(
        "misreported: 1\n  b: `started`, asked for Exactly(3), exist [160858, 160859], named [160858, 160859]\n",
        |intended, _, _| intended[1].wanted = Wanted::Exactly(3),
    );
    case("misreported: 1\n  b: 0 attempts, and the server received 1\n", |_, launches, _| {
        launches[1]["attempts"] = json!(0);
    });
    case("strangers: 1\n  robot jobs [160860, 160861] with the Reference `x`\n", |_, _, stand| {
        stand.start("x");
    });
    case("strangers: 1\n  the report has a launch `x`\n", |_, launches, _| {
        launches.push(launched("x", "rejected", 1, &[]));
    });
    case(
        "unknown without cause: 1\n  b: `unknown`, asked for Exactly(2), exist [160858, 160859]\n",
        |_, launches, _| launches[1] = launched("b", "unknown", 1, &[]),
    );
}

#[test]
fn totals_that_are_not_the_launches_are_found() {
    let stand = Stand::with(Storm::new(0, 0.0));
    let (intended, mut report) = launch(&stand, 2, Habit::SendOnce);
    report.totals.started = 1;
    let findings = check(&intended, &ServersWord::of(&stand.sandbox), &report, Client::Lived);
    assert_eq!(findings.misreported.count, 1);
}
