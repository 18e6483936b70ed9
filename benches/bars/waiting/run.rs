//! One whole run that waits, and what it took: plan, names, launcher, client, ledger and report in this process.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::num::{NonZeroU32, NonZeroUsize};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sortie::clock::{HandClock, SharedClock, SystemClock};
use sortie::ids::RunId;
use sortie::launch::{LaunchSettings, Launcher, Notice, Preflight, RecountScope, ResendPolicy, SendMode, WaitOverride};
use sortie::ledger::{self, RunRecord, RunStore as _};
use sortie::orchestrator::auth::Login;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::orchestrator::classify::ThrottlePolicy;
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{Client, Connection, Timeouts};
use sortie::pace::Pace;
use sortie::plan::{self, Inputs};
use sortie::report::json::JsonWriter;
use sortie::report::{FromPlan, ReportWriter, delivery};
use sortie::resolve;
use sortie::run::reporting::{RepeatedFlags, head_of};
use sortie::run::{RunStart, ServerTimeouts, look_up, run};
use sortie::secret::{Redactor, Secret};
use tokio::sync::watch;

use super::counted::{CountedServer, CountedStore, Course};
use super::stand_in::{MIDNIGHT, StandIn};

/// What is launched, and waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitTask {
    pub(crate) launches: u32,
    /// How long each robot job runs; it is pending for a second before.
    pub(crate) running_ms: u64,
    /// Launches a second.
    pub(crate) rate: u32,
    pub(crate) is_hand_driven: bool,
    /// Whether the server carries out no list but whole windows.
    pub(crate) windows_only: bool,
}

/// What it took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunFigures {
    pub(crate) launches: u32,
    pub(crate) lists: u32,
    pub(crate) most_lists: u32,
    pub(crate) singles: u32,
    /// From an end to its record, in seconds.
    pub(crate) p95: f64,
    /// By the run's own clock.
    pub(crate) seconds: f64,
    /// User and system, of this process.
    pub(crate) cpu: f64,
    /// From the last launch on, the same two.
    pub(crate) waiting: f64,
    pub(crate) waiting_cpu: f64,
    /// The most that was resident, with the binary's own pages.
    pub(crate) mebibytes: f64,
    pub(crate) commits: u64,
}

impl RunFigures {
    pub(crate) fn lists_each(&self) -> f64 {
        f64::from(self.lists) / f64::from(self.launches)
    }
}

impl WaitTask {
    pub(crate) fn arguments(self) -> [String; 6] {
        let clock = if self.is_hand_driven { "hand" } else { "system" };
        let lists = if self.windows_only { "windows" } else { "all" };
        let Self { launches, running_ms, rate, .. } = self;
        let (clock, lists) = (clock.to_owned(), lists.to_owned());
        ["wait".to_owned(), launches.to_string(), running_ms.to_string(), rate.to_string(), clock, lists]
    }

    pub(crate) fn of(arguments: &[String]) -> Option<Self> {
        let [mode, launches, running_ms, rate, clock, lists] = arguments else { return None };
        if mode != "wait" {
            return None;
        }
        let (launches, running_ms, rate) = (launches.parse().ok()?, running_ms.parse().ok()?, rate.parse().ok()?);
        let windows_only = lists == "windows";
        Some(Self { launches, running_ms, rate, is_hand_driven: clock == "hand", windows_only })
    }

    /// A matrix, as a manifest of so many launches is most likely to have.
    fn manifest(self) -> String {
        let row = self.launches.min(100);
        let list = |count: u32| (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
        format!(
            "version: 1\nname: waited\nfolder: {{ id: 7 }}\nwait: true\nlimits: {{ launches: 100000 }}\njobs:\n  load:\n    \
             release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf\n    matrix: {{ batch: [{}], item: [{}] }}\n    \
             arguments: {{ invoice: \"INV-${{{{ matrix.batch }}}}-${{{{ matrix.item }}}}\", amount: 12.5 }}\n",
            list(self.launches / row),
            list(row)
        )
    }
}

/// Carries `task` out, and prints what it took as one line of JSON.
#[expect(clippy::print_stdout, reason = "the line is for the process that began this one")]
pub(crate) fn carry_out(task: WaitTask) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hand = task.is_hand_driven.then(|| HandClock::at(MIDNIGHT.parse().unwrap()));
    let clock: SharedClock = match &hand {
        Some(hand) => Arc::new(hand.clone()),
        None => Arc::new(SystemClock::new()),
    };
    let course = Course {
        stand_in: RefCell::new(StandIn::start(task)),
        clock,
        hand,
        under_way: Cell::new(0),
        lags: RefCell::default(),
        launched: Cell::new(0),
        windows_only: task.windows_only,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let figures = runtime.block_on(driven(&course, waited(task, &course)));
    println!("{}", serde_json::to_string(&figures).unwrap());
}

/// Polls `work`, and moves a hand-driven clock on whenever it waits for nothing but time.
async fn driven<F: Future>(course: &Course, work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = work.as_mut().poll(context);
        if polled.is_pending()
            && course.under_way.get() == 0
            && let Some(hand) = &course.hand
        {
            hand.advance_to_next_sleeper();
            // Whatever it was that it waited for, it is looked at once more.
            context.waker().wake_by_ref();
        }
        polled
    })
    .await
}

async fn waited(task: WaitTask, course: &Course) -> RunFigures {
    let folder = tempfile::tempdir().unwrap();
    let text = task.manifest();
    let inputs = Inputs::of_manifest("waited.yaml", &text);
    let (_, plan) = plan::make(&inputs);
    let (plan, diagnostics) = plan.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{diagnostics:?}"));
    assert_eq!(plan.len(), task.launches as usize);
    let client = client(course);
    let timeouts = ServerTimeouts::default();
    let limits = plan.limits();
    let some = |number| NonZeroU32::new(number).unwrap();
    let settings = LaunchSettings {
        pace: Pace::new(some(task.rate), Duration::from_secs(1), some(1)),
        concurrency: NonZeroUsize::new(16).unwrap(),
        poll: limits.poll,
        list_ration: timeouts.list_ration,
        settle: timeouts.settle,
        attempt: timeouts.attempt,
        sending: SendMode::On,
        resends: ResendPolicy::AsAsked,
        counting: RecountScope::Resent,
        wait: WaitOverride::default(),
        single_jobs: timeouts.single_jobs,
        seed: 1,
    };
    let names = course.count(look_up(&client, &plan)).await.unwrap();
    let id = RunId::named(&["bars", "waited"]);
    let record = RunRecord {
        id,
        name: plan.name().to_owned(),
        slot: None,
        profile: String::new(),
        tenant: client.tenant().to_string(),
        started: course.clock.utc(),
        plan_digest: plan.digest(),
        launches: task.launches,
        inputs: Vec::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let (requests, _) = resolve::resolve(plan, &names, id).into_parts();
    let requests = requests.unwrap();
    let server = CountedServer { client, course };
    let store = CountedStore { store: ledger::open(&folder.path().join("ledger.db")).await.unwrap(), course };
    let launcher =
        Launcher { server: &server, ledger: &store, requests: &requests, run: id, clock: course.clock.clone() };
    let (_keep, interrupt) = watch::channel(None);
    let start = RunStart::New { record: record.clone(), preflight: Preflight::default() };
    let began = course.clock.now();
    let mut last_launch = (began, cpu_seconds());
    let mut observe = |notice| {
        told(&notice);
        if course.launched.get() < task.launches {
            last_launch = (course.clock.now(), cpu_seconds());
        }
    };
    let launched = {
        let mut running = pin!(run(start, &launcher, settings, interrupt, &mut observe));
        loop {
            tokio::select! {
                biased;
                launched = &mut running => break launched.unwrap(),
                // As the service does.
                () = course.clock.sleep(Duration::from_secs(1)) => drop(store.read_notes(id).await.unwrap()),
            }
        }
    };
    let ended = course.clock.now();
    let (cpu, waiting_cpu) = (cpu_seconds(), cpu_seconds() - last_launch.1);
    let plan = requests.into_plan();
    let launches = FromPlan { plan: &plan, run: id, skipped: None };
    let (end, flags) = (launched.end, RepeatedFlags::default());
    let head = head_of(&store, &record, Some(end), end.totals, &launches, &flags).await;
    let mut writers: Vec<Box<dyn ReportWriter>> = vec![Box::new(JsonWriter::new(std::io::sink()))];
    delivery::write(&store, id, &head, &launches, &mut writers).await.unwrap();
    assert_eq!(launched.end.exit.code(), 0, "{launched:?}");
    let mut lags = course.lags.take();
    assert_eq!(lags.len(), task.launches as usize);
    lags.sort_by(f32::total_cmp);
    let asked = course.stand_in.borrow_mut().asked();
    RunFigures {
        launches: task.launches,
        lists: asked.lists,
        most_lists: asked.most_lists,
        singles: asked.singles,
        p95: f64::from(lags[(lags.len() * 95).div_ceil(100) - 1]),
        seconds: ended.since(began).as_secs_f64(),
        cpu,
        waiting: ended.since(last_launch.0).as_secs_f64(),
        waiting_cpu,
        mebibytes: most_mebibytes(),
        commits: sortie::ledger::EventLog::commits(&store),
    }
}

/// Says what is out of the ordinary: figures of such a run are not those of another one.
#[expect(clippy::print_stderr, reason = "progress is talk")]
#[expect(clippy::wildcard_enum_match_arm, reason = "the rest is as it should be")]
fn told(notice: &Notice) {
    match notice {
        Notice::Doubted(..) | Notice::Unsent(..) | Notice::Absent(_) | Notice::Watched(_) => eprintln!("{notice:?}"),
        _ => {}
    }
}

fn client(course: &Course) -> Client {
    let stand_in = course.stand_in.borrow();
    let connection = Connection {
        base: BaseUrl::parse(&stand_in.url).unwrap(),
        tenant: None,
        login: Login::Token(Secret::new(stand_in.token.clone())),
        tokens: None,
        network: Network::default(),
        timeouts: Timeouts::default(),
        throttled: ThrottlePolicy::default(),
        senders: 16,
        seed: 1,
        clock: course.clock.clone(),
        redactor: Redactor::default(),
    };
    Client::new(connection).unwrap()
}

/// User and system seconds of this process so far, in the kernel's hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name in brackets, which may hold blanks: user and system are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [11, 12].into_iter().map(|field: usize| fields[field].parse::<f64>().unwrap() / 100.0).sum()
}

/// The most that this process had resident.
fn most_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    mark.unwrap().parse::<f64>().unwrap() / 1024.0
}
