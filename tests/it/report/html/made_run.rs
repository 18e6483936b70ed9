//! Runs whose events are written by hand into a real ledger, so that they look as runs of hours do and take no time; their
//! reports come from it by the same way as all others.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use sortie::clock::Timestamp;
use sortie::exit::ExitStatus;
use sortie::format::ReportFormat;
use sortie::ids::{AttemptNo, Digest, FolderRef, JobId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch::WaitOverride;
use sortie::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use sortie::ledger::event::{AttemptEnd, Doubt, Finding, Intent, LaunchEvent, Record};
use sortie::ledger::{self, EventLog as _, ListReader, Rations as _, RunEnd, RunNote, RunRecord, RunStore as _};
use sortie::outcome::{FaultClass, JobEnd, JobError, JobOutcome, Judgement};
use sortie::pace::Pace;
use sortie::plan::{self, Inputs, ParamValue, Plan, PlanEntry};
use sortie::report::FromPlan;
use sortie::report::delivery;
use sortie::report::forms;
use sortie::robot_job::{RobotJob, ServerError};
use sortie::run::RunSnapshot;
use sortie::run::reporting::{self, RepeatedFlags};
use sortie::secret::{Redactor, Secret};

/// How a made run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is well.
    Passed,
    /// Robot jobs faulted, more than are tolerated, and some launches were rejected.
    Failed,
    /// Of some launches nobody knows whether they were started.
    Unknown,
}

/// What is made.
#[derive(Clone, Copy, Debug)]
pub struct MadeRun {
    pub ending: Ending,
    pub launches: u32,
    /// Whether names and what the server says try to be more than text.
    pub is_hostile: bool,
}

/// What tries to be more than text.
pub const HOSTILE: &str = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>javascript:alert(1) ]]> </style></title>{{ 7*7 }} \u{202e}evil\u{1b}[31m &amp; \"'";

/// A secret that the run's params hold.
pub const SECRET: &str = "hunter2-hunter2-hunter2";

const BEGAN: &str = "2026-01-31T02:00:00Z";

fn manifest(launches: u32) -> String {
    // A rate by which the made times are kept to.
    let rate = if launches > 1000 { "10/s" } else { "30/min" };
    format!(
        "version: 1\nname: nightly-invoices\nfolder: Finance/Invoices\n\
         params: {{ month: {{ type: string }}, token: {{ type: string }} }}\n\
         limits: {{ launch: {{ rate: {rate}, burst: 2 }}, launches: 30000 }}\n\
         outcome: {{ tolerate: 1%, fail-on: [faulted, stopped, late, gone] }}\n\
         jobs:\n  extract: {{ release: Extract, wait: true }}\n  \
         load: {{ release: Load, wait: true, for-each: {{ csv: invoices.csv, key: invoice_id }}, arguments: {{ amount: \"${{{{ row.amount }}}}\" }} }}\n  \
         notify: {{ release: Notify, wait: true }}\n"
    )
}

impl MadeRun {
    /// The report of the run in this format, by the ledger in `folder`; made again where it is there already.
    pub async fn report(self, folder: &Path, format: ReportFormat) -> Vec<u8> {
        let path = folder.join("ledger.db");
        let is_there = path.exists();
        let store = ledger::open(&path).await.unwrap();
        let run = RunId::from_bytes([7; 16]);
        let mut inputs = Inputs::of_manifest("nightly.yaml", &manifest(self.launches));
        inputs.params.insert("month".to_owned(), ParamValue::Text(self.text("2026-01")));
        inputs.params.insert("token".to_owned(), ParamValue::Text(format!("Bearer {SECRET}")));
        inputs.files.insert("invoices.csv".to_owned(), self.rows().as_str().into());
        let (_, plan) = plan::make(&inputs);
        let (plan, diagnostics) = plan.into_parts();
        let plan = plan.unwrap_or_else(|| panic!("{diagnostics:?}"));
        if !is_there {
            self.write(&store, run, &plan, &inputs).await;
        }
        let (record, end) = store.read_run(run).await.unwrap();
        let launches = FromPlan { plan: &plan, run, skipped: None };
        let totals = delivery::totals(&store, run, &launches).await.unwrap();
        let flags = RepeatedFlags { ledger: " --ledger runs.db".to_owned(), connection: String::new() };
        let head = reporting::head_of(&store, &record, end, totals, &launches, &flags).await;
        let redactor = Redactor::default();
        redactor.learn(&Secret::new(SECRET.to_owned()));
        let mut bytes = Vec::new();
        {
            let mut writers = [forms::writer(format, &mut bytes, &redactor, None)];
            delivery::write(&store, run, &head, &launches, &mut writers).await.unwrap();
        }
        bytes
    }

    fn text(self, plain: &str) -> String {
        if self.is_hostile { format!("{plain} {HOSTILE}") } else { plain.to_owned() }
    }

    /// The rows, all but the two of the other jobs.
    fn rows(self) -> String {
        let mut rows = "invoice_id,amount\n".to_owned();
        for row in 0..self.launches - 2 {
            let name = match (self.is_hostile, row) {
                (true, 0) => "\"INV <script>window.pwned=1</script>\"".to_owned(),
                (true, 1) => "\"INV javascript:alert(1) ]]> \u{202e}evil\"".to_owned(),
                (_, row) => format!("INV-{row:05}"),
            };
            rows.push_str(&format!("{name},{}.50\n", 100 + row % 900));
        }
        rows
    }

    async fn write(self, store: &ledger::AnyStore, run: RunId, plan: &Plan, inputs: &Inputs) {
        let snapshot = RunSnapshot {
            inputs: inputs.clone(),
            names: None,
            folder: None,
            wait: WaitOverride::default(),
            rerun_of: None,
            rerun_filter: None,
            key: None,
        };
        let record = RunRecord {
            id: run,
            name: "nightly-invoices".to_owned(),
            slot: Some("2026-01-31T02:00:00Z".to_owned()),
            profile: "prod".to_owned(),
            tenant: "https://cloud.uipath.com/acme/prod".to_owned(),
            started: BEGAN.parse().unwrap(),
            plan_digest: plan.digest(),
            launches: u32::try_from(plan.len()).unwrap(),
            inputs: snapshot.to_bytes(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        store.open_run(record).await.unwrap();
        let mut maker = EventMaker {
            run: self,
            id: run,
            random: fastrand::Rng::with_seed(11),
            failed: 0,
            waited_for: 0,
            ended: at(0.0),
        };
        for first in (0..self.launches).step_by(1000) {
            let mut records = Vec::new();
            for ordinal in first..self.launches.min(first + 1000) {
                maker.launch(plan, Ordinal(ordinal), &mut records);
            }
            store.append(run, records).await.unwrap();
        }
        let ended = maker.ended;
        let ration = Pace::at_most(NonZeroU32::new(100).unwrap(), Duration::from_secs(60));
        let mut list = at(20.0);
        while list < ended {
            store.take_list_permit(ListReader::Run(run), ration, list).await.unwrap();
            list = list.saturating_add(Duration::from_secs(maker.random.u64(2..9))).unwrap();
        }
        let tolerated = self.launches / 100;
        let judged = Judgement {
            job: None,
            run: None,
            launches: maker.waited_for,
            failed: [("faulted".to_owned(), maker.failed)].into(),
            tolerate: "1%".to_owned(),
            tolerated,
            is_met: maker.failed <= tolerated,
        };
        store.note(run, RunNote::Judged { policies: vec![judged] }).await.unwrap();
        let launches = FromPlan { plan, run, skipped: None };
        let totals = delivery::totals(store, run, &launches).await.unwrap();
        let exit = match self.ending {
            Ending::Passed => ExitStatus::Success,
            Ending::Failed => ExitStatus::Outcome,
            Ending::Unknown => ExitStatus::Unknown,
        };
        store.close_run(run, RunEnd { ended, exit, totals }).await.unwrap();
    }
}

/// Makes what happens to launches.
struct EventMaker {
    run: MadeRun,
    id: RunId,
    random: fastrand::Rng,
    failed: u32,
    waited_for: u32,
    /// The last moment so far.
    ended: Timestamp,
}

/// What becomes of one launch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Successful,
    Faulted,
    Rejected,
    /// Its answer is lost, and it is found.
    Found,
    /// Its answer is lost, nothing of it is there, and it is sent again.
    SentAgain,
    /// Its answer is lost, and the lists do not tell.
    InDoubt,
}

fn at(seconds: f64) -> Timestamp {
    let began: Timestamp = BEGAN.parse().unwrap();
    began.saturating_add(SignedDuration::from_secs_f64(seconds)).unwrap()
}

impl EventMaker {
    fn fate(&self, ordinal: u32) -> Fate {
        let few = self.run.launches <= 100;
        let every = |n: u32, part: u32| ordinal % n == part;
        let lost = if few { (4, 7) } else { (997, 1499) };
        match self.run.ending {
            Ending::Failed if every(if few { 4 } else { 41 }, 3) => Fate::Faulted,
            Ending::Failed if every(if few { 9 } else { 601 }, 5) => Fate::Rejected,
            Ending::Unknown if every(if few { 5 } else { 2503 }, 2) => Fate::InDoubt,
            Ending::Unknown if every(if few { 9 } else { 701 }, 4) => Fate::Faulted,
            Ending::Failed | Ending::Unknown | Ending::Passed if every(lost.0, 1) => Fate::Found,
            Ending::Failed | Ending::Unknown if every(lost.1, 6) => Fate::SentAgain,
            Ending::Failed | Ending::Unknown | Ending::Passed => Fate::Successful,
        }
    }

    #[expect(clippy::too_many_lines, reason = "the course of one launch, from top to bottom")]
    fn launch(&mut self, plan: &Plan, ordinal: Ordinal, records: &mut Vec<Record>) {
        let PlanEntry::Launch(launch) = plan.masked(ordinal) else { unreachable!("none is skipped") };
        let (run, fate) = (self.run, self.fate(ordinal.0));
        let number = f64::from(ordinal.0);
        let gap = if run.launches > 1000 { 0.1 } else { 2.0 };
        // Somebody paused it for a while in the middle.
        let pause = if ordinal.0 > run.launches / 2 { gap * f64::from(run.launches) * 0.2 } else { 0.0 };
        let mut now = number * gap + pause + self.random.f64() * 0.05;
        let mut push = |now: f64, event| records.push(Record { ordinal, at: at(now), event });
        let intent = |attempt: u32, now: f64| {
            LaunchEvent::Intended(Intent {
                attempt: AttemptNo(attempt),
                launch: launch.id.clone(),
                reference: Reference::new(None, self.id, &launch.id),
                folder: FolderRef::Path(run.text("Finance/Invoices")),
                release: ReleaseKey(uuid::Uuid::nil()),
                expected: ExpectedJobs::Exactly(1),
                on_ambiguous: AmbiguityPolicy::Resend,
                body_digest: Digest::of(b"{}"),
                not_before: at(now + 0.02),
                not_after: at(now + 30.0),
                server_ahead_ms: Some(1500),
                clock_era: None,
            })
        };
        let mut attempt = 1;
        push(now, intent(attempt, now));
        let id = JobId(1_000_000 + i64::from(ordinal.0));
        let answer = 0.1 + self.random.f64() * 0.6;
        let end = |attempt: u32, end| LaunchEvent::Ended { attempt: AttemptNo(attempt), end };
        let settled = |attempt: u32, finding| LaunchEvent::Settled { attempt: AttemptNo(attempt), finding };
        let doubt = |now: f64| Doubt {
            why: run.text("the connection was reset while the answer was read"),
            last: at(now),
            server_ahead_ms: Some(1500),
            orphaned: false,
            named: Vec::new(),
            refusal: None,
        };
        let queue = 1.0 + self.random.f64() * 20.0;
        let works = if self.random.u32(..200) == 0 { 600.0 } else { 10.0 + self.random.f64() * 50.0 };
        let server = |now: f64| Some(at(now + 1.5).to_string());
        let job = |now: f64| RobotJob {
            id,
            state: Some("Pending".to_owned()),
            creation_time: server(now),
            release_name: Some("Load".to_owned()),
            ..RobotJob::default()
        };
        match fate {
            Fate::Successful | Fate::Faulted => {
                now += answer;
                push(now, end(attempt, AttemptEnd::Started(vec![job(now)])));
            }
            Fate::Rejected => {
                now += answer;
                let error = ServerError {
                    status: 409,
                    code: Some(2818),
                    message: run.text("Couldn't find a machine template for the folder"),
                    trace_id: Some("00-4bf92f3577b34da6".to_owned()),
                };
                push(now, end(attempt, AttemptEnd::Rejected(error)));
            }
            Fate::Found | Fate::SentAgain | Fate::InDoubt => {
                now += 5.0 + answer;
                push(now, end(attempt, AttemptEnd::Doubted(doubt(now))));
                now += 15.0 + self.random.f64() * 20.0;
                match fate {
                    Fate::Found => push(now, settled(attempt, Finding::Found(vec![job(now - 20.0)]))),
                    Fate::SentAgain => {
                        push(now, settled(attempt, Finding::Absent));
                        attempt += 1;
                        now += 1.0;
                        push(now, intent(attempt, now));
                        now += answer;
                        push(now, end(attempt, AttemptEnd::Started(vec![job(now)])));
                    }
                    Fate::Successful | Fate::Faulted | Fate::Rejected | Fate::InDoubt => {
                        let why = "the list of robot jobs is not in order, so that it proves no absence";
                        push(now, settled(attempt, Finding::Undecided(run.text(why))));
                    }
                }
            }
        }
        if !matches!(fate, Fate::Rejected | Fate::InDoubt) {
            let outcome = if fate == Fate::Faulted { JobOutcome::Faulted } else { JobOutcome::Successful };
            self.waited_for += 1;
            self.failed += u32::from(fate == Fate::Faulted);
            let is_session = ordinal.0.is_multiple_of(3);
            let (info, class) = if is_session {
                ("Could not start executor. A required privilege is not held by the client.", FaultClass::Session)
            } else {
                ("Invoice total does not match the sum of its lines.", FaultClass::Application)
            };
            let detail = format!(
                "Source: Throw\nMessage: {info}\nException Type: System.Exception\n  at Load.Main.Execute(CodeActivityContext context)\n  at UiPath.Executor.Run()"
            );
            let fault = (outcome == JobOutcome::Faulted).then(|| JobError {
                code: Some("Robot".to_owned()),
                title: Some(run.text(info)),
                detail: Some(detail),
                category: None,
            });
            let job_end = JobEnd {
                state: Some("Faulted".to_owned()),
                start_time: server(now + queue),
                end_time: server(now + queue + works),
                info: Some(if outcome == JobOutcome::Faulted { run.text(info) } else { "Job completed".to_owned() }),
                class: fault.as_ref().map(|_| class),
                error: fault,
                ..JobEnd::new(id, outcome)
            };
            now += queue + works + 1.0;
            push(now, LaunchEvent::JobsEnded { attempt: AttemptNo(attempt), ends: vec![job_end] });
        }
        self.ended = self.ended.max(at(now + 1.0));
    }
}
