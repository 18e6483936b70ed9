//! The service without a terminal: started, gone on with, refused and listened to as a program does that uses the library.

mod asked;
mod steered;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use sortie::clock::{SharedClock, SystemClock};
use sortie::exit::ExitStatus;
use sortie::ids::RunId;
use sortie::launch::{Interrupt, LaunchSettings, Notice, Proof, ResendPolicy};
use sortie::ledger::{self, AnyStore, LockName, Locks as _, RunNote, RunRecord, RunStore as _};
use sortie::orchestrator::auth::Login;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::orchestrator::classify::ThrottlePolicy;
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{Client, Connection, Timeouts};
use sortie::plan::{self, Inputs};
use sortie::profile::{self, Environment, ProfileChoice, ProfileConnector};
use sortie::report::ReportWriter;
use sortie::report::text::TextWriter;
use sortie::run::reporting::{RepeatedFlags, write_report};
use sortie::run::{
    Answer, ConnectError, Connector, FinishedRun, GuardRails, LaunchDestination, LaunchSelection, NoSecrets, Observer,
    OverReason, RerunChoice, RerunSelection, RerunStep, RunIdentity, RunNotice, RunRequest, RunService,
    RunServiceError, SlotSource, find_run,
};
use sortie::sandbox::world::{Folder, Release};
use sortie::sandbox::{Options, Sandbox, World};
use sortie::secret::{Redactor, Secret};
use tokio::sync::watch;

#[expect(dead_code, reason = "the example has a `main` of its own")]
#[path = "../../examples/launch_and_print.rs"]
mod example;

const MANIFEST: &str = "\
version: 1
name: night
folder: Shared
jobs:
  load:
    release: Loader
    matrix:
      region: [amer, apac, emea]
";

/// A tenant of its own, with one release, and an empty ledger.
struct Desk {
    sandbox: Sandbox,
    token: String,
    folder: tempfile::TempDir,
    seen: Seen,
    /// For which launches a client was made: those that may be sent again after a doubt, and those that may not.
    clients: RefCell<Vec<ResendPolicy>>,
    /// Whether somebody is asked before anything is sent.
    is_protected: Cell<bool>,
}

/// The notices, each by its kind.
#[derive(Default)]
struct Seen(RefCell<Vec<String>>);

impl Desk {
    fn new() -> Self {
        let world = World::new().folder(Folder::at("Shared")).release(Release::named("Loader").folder("Shared"));
        let clock = Arc::new(sortie::sandbox::clock::SystemClock::new());
        let sandbox = Sandbox::start(&world, clock, Options::default()).unwrap();
        let token = sandbox.token().to_owned();
        let folder = tempfile::tempdir().unwrap();
        Self {
            sandbox,
            token,
            folder,
            seen: Seen::default(),
            clients: RefCell::default(),
            is_protected: Cell::default(),
        }
    }

    async fn store(&self) -> AnyStore {
        ledger::open(&self.folder.path().join("ledger.db")).await.unwrap()
    }

    fn service<'a>(&'a self, store: &'a AnyStore, secrets: &'a NoSecrets) -> RunService<'a, AnyStore, Self> {
        RunService::new(store, self, secrets, Arc::new(SystemClock::new())).with_observer(&self.seen)
    }

    fn started(&self) -> usize {
        self.sandbox.jobs().len()
    }

    /// The kinds of notices since the last look, without those of single launches.
    fn noticed(&self) -> Vec<String> {
        self.seen.0.take()
    }
}

impl Connector for Desk {
    fn destination(&self, _: Option<&RunRecord>) -> Result<LaunchDestination, ConnectError> {
        let base = BaseUrl::parse(&self.sandbox.url()).unwrap();
        let guard_rails = GuardRails { is_protected: self.is_protected.get(), confirm_above: None };
        Ok(LaunchDestination { guard_rails, ..LaunchDestination::of(base.tenant_identity(None)) })
    }

    fn client(&self, settings: &LaunchSettings, clock: &SharedClock) -> Result<Client, ConnectError> {
        self.clients.borrow_mut().push(settings.resends);
        let connection = Connection {
            base: BaseUrl::parse(&self.sandbox.url()).unwrap(),
            tenant: None,
            login: Login::Token(Secret::new(self.token.clone())),
            tokens: None,
            network: Network::default(),
            timeouts: Timeouts::default(),
            throttled: ThrottlePolicy::default(),
            senders: settings.concurrency.get(),
            seed: settings.seed,
            clock: clock.clone(),
            redactor: Redactor::default(),
        };
        let error = |error: sortie::orchestrator::ConnectionError| error.to_string();
        Client::new(connection).map_err(|it| ConnectError { exit: ExitStatus::Usage, message: error(it) })
    }
}

impl Observer for Seen {
    #[expect(clippy::wildcard_enum_match_arm, reason = "kinds are added: who listens has a branch for the rest")]
    fn on_notice(&self, notice: &RunNotice<'_>) {
        let kind = match notice {
            RunNotice::Launching { launches, .. } => format!("launching {launches}"),
            RunNotice::Launch(Notice::Ended(launch, verdict)) => format!("{launch} {}", verdict.as_str()),
            RunNotice::Launch(_) | RunNotice::Preflight(_) => return,
            RunNotice::LaunchingEnded => "ended".to_owned(),
            RunNotice::Launched(launched) => format!("launched: {}", launched.end.totals),
            RunNotice::Left { run, pending } => pending.describe(*run).replace(&run.to_string(), "RUN"),
            RunNotice::Over { why: OverReason::Done { .. }, .. } => "done already".to_owned(),
            RunNotice::Diagnosed { diagnostics, .. } => format!("diagnosed: {}", diagnostics[0].what),
            RunNotice::Declared { recorded, named, .. } => format!("declared {recorded} of {named}"),
            RunNotice::Repeats { launches, .. } => format!("repeats {launches}"),
            other => format!("{other:?}"),
        };
        self.0.borrow_mut().push(kind);
    }
}

fn request(manifest: &str) -> RunRequest {
    let inputs = Inputs::of_manifest("night.yaml", manifest);
    let (sources, plan) = plan::make(&inputs);
    let (plan, diagnostics) = plan.into_parts();
    RunRequest::new(sources, plan.unwrap_or_else(|| panic!("{diagnostics:?}")), inputs)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn totals<L>(finished: &FinishedRun<L>) -> String {
    finished.ended.as_ref().expect("it ended").totals.to_string()
}

#[test]
fn a_run_is_started_reported_and_found_complete_by_whoever_resumes_it() {
    let desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let finished = desk.service(&store, &secrets).start(request(MANIFEST)).await.unwrap();
        assert_eq!((finished.exit, desk.started()), (ExitStatus::Success, 3));
        let mut noticed = desk.noticed();
        noticed[1..4].sort();
        assert_eq!(
            noticed,
            [
                "launching 3",
                "load/amer started",
                "load/apac started",
                "load/emea started",
                "ended",
                "launched: 3 started"
            ]
        );
        let mut text = Vec::new();
        {
            let mut writers: Vec<Box<dyn ReportWriter + '_>> = vec![Box::new(TextWriter::new(&mut text))];
            write_report(&store, &finished, &RepeatedFlags::default(), &mut writers).await.unwrap();
        }
        assert!(String::from_utf8(text).unwrap().contains("load/apac"));
        // Whoever reports beside a run keeps others away until that is done.
        let run = finished.record.id;
        assert!(store.is_held(LockName::Run(run)).await.unwrap());
        drop(finished);
        assert!(!store.is_held(LockName::Run(run)).await.unwrap());

        let service = desk.service(&store, &secrets);
        let mut locked = service.lock(find_run(&store, "last").await.unwrap()).await.unwrap();
        service.lock_manifest(&mut locked).await.unwrap();
        assert_eq!(locked.plan().map(plan::Plan::len), Some(3));
        let resumed = service.resume(locked, Proof::Needed).await.unwrap();
        assert_eq!((resumed.exit, totals(&resumed).as_str()), (ExitStatus::Success, "3 started"));
        assert_eq!((desk.noticed(), desk.started()), (vec!["run RUN is complete".to_owned()], 3));
    });
}

#[test]
fn a_slot_is_run_once_and_another_plan_for_it_is_refused_with_its_difference() {
    let desk = Desk::new();
    let slot = |manifest: &str| RunRequest {
        identity: RunIdentity::Slot("2026-01-31T00:00:00Z".parse().unwrap(), SlotSource::Named),
        proof: Proof::Unneeded,
        ..request(manifest)
    };
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let first = desk.service(&store, &secrets).start(slot(MANIFEST)).await.unwrap();
        let run = first.record.id;
        drop(first);
        desk.noticed();
        let second = desk.service(&store, &secrets).start(slot(MANIFEST)).await.unwrap();
        assert_eq!((second.exit, second.record.id), (ExitStatus::Success, run));
        assert!(second.ended.is_none(), "it is shown as the ledger has it");
        assert_eq!((desk.noticed(), desk.started()), (vec!["done already".to_owned()], 3));
        let other = slot(&MANIFEST.replace("emea", "anz"));
        let error = desk.service(&store, &secrets).start(other).await.expect_err("another plan");
        assert_eq!((error.exit(), error.run()), (ExitStatus::Stale, Some(run)));
        assert!(error.to_string().contains("1 gone (`load/emea`)"), "{error}");
        assert!(error.help().unwrap().contains(&format!("sortie report {run}")));
    });
}

#[test]
fn errors_carry_their_exit_status_and_their_help() {
    let mut desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let error = find_run(&store, "last").await.expect_err("there is none");
        assert_eq!((error.exit(), error.help()), (ExitStatus::Usage, None));
        let finished = desk.service(&store, &secrets).start(request(MANIFEST)).await.unwrap();
        let (run, service) = (finished.record.id, desk.service(&store, &secrets));
        let error = service.lock(run).await.expect_err("the finished run has its lock");
        assert_eq!((error.exit(), error.run()), (ExitStatus::Held, Some(run)));
        assert_eq!(error.help().unwrap(), "wait for it; `sortie runs` shows when it is done");
        assert!(!error.may_have_sent());
        drop(finished);
        let locked = service.lock(run).await.unwrap();
        let all = LaunchSelection::Named(vec!["load/*".to_owned()]);
        let error = Box::pin(service.declare(locked, &all, Answer::Absent)).await.expect_err("they are known");
        assert_eq!(error.exit(), ExitStatus::Usage);
        assert!(error.to_string().contains("no launch like `load/*`"), "{error}");
        let unknown = request(&MANIFEST.replace("Loader", "Laoder"));
        let error = desk.service(&store, &secrets).start(unknown).await.expect_err("no such release");
        let RunServiceError::Invalid(invalid) = &error else { panic!("{error}") };
        assert_eq!((error.exit(), error.help()), (ExitStatus::Usage, None));
        assert!(invalid.diagnostics[0].what.contains("Laoder"));
        assert_eq!(desk.noticed().pop(), Some(format!("diagnosed: {}", invalid.diagnostics[0].what)));
    });
    desk.token = "another".to_owned();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let error = desk.service(&store, &secrets).start(request(MANIFEST)).await.expect_err("no login");
        assert_eq!(error.exit(), ExitStatus::Login);
        assert!(error.help().is_some_and(|help| !help.is_empty()));
        assert_eq!(desk.started(), 3);
    });
}

#[test]
fn a_signal_before_anything_was_sent_begins_nothing() {
    let desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let (_signal, interrupts) = watch::channel(Some(Interrupt::Terminated));
        let service = desk.service(&store, &secrets).with_interrupts(interrupts);
        let error = service.start(request(MANIFEST)).await.expect_err("it was asked to end");
        assert_eq!(
            (error.exit(), error.to_string().as_str()),
            (ExitStatus::Terminated, "ended before anything was sent")
        );
        assert_eq!(desk.started(), 0);
        assert!(find_run(&store, "last").await.is_err(), "nothing is recorded");
    });
}

#[test]
fn a_rerun_takes_what_is_asked_for_and_the_run_before_it_sends_no_more() {
    let desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let first = desk.service(&store, &secrets).start(request(MANIFEST)).await.unwrap();
        let run = first.record.id;
        drop(first);
        let rerun = async |selection: RerunSelection| -> (RerunStep, Option<(RunId, String)>) {
            let service = desk.service(&store, &secrets);
            let mut locked = service.lock_chain(run).await.unwrap();
            service.lock_chain_manifest(&mut locked).await.unwrap();
            let step = service.next_rerun(&locked, selection, None).await.unwrap();
            let finished = service.rerun(locked, step.clone(), None).await.unwrap();
            (step, finished.map(|finished| (finished.record.id, totals(&finished))))
        };
        assert_eq!(rerun(RerunSelection::Failed).await, (RerunStep::Choice(RerunChoice::Nothing), None));
        desk.noticed();
        let (step, finished) = rerun(RerunSelection::AllOf(run)).await;
        assert!(matches!(step, RerunStep::Choice(RerunChoice::Launches { launches, .. }) if launches.len() == 3));
        let (again, counted) = finished.expect("a run");
        assert!(again != run && counted == "3 started", "{counted}");
        assert_eq!((desk.noticed()[0].as_str(), desk.started()), ("repeats 3", 6));
        let service = desk.service(&store, &secrets);
        let locked = service.lock(run).await.unwrap();
        assert_eq!(locked.stored.successor(), Some(again));
        let settled = Box::pin(service.reconcile(locked)).await.unwrap();
        assert_eq!((settled.exit, desk.started()), (ExitStatus::Success, 6));
    });
}

#[test]
fn a_run_of_which_nothing_is_sent_again_has_a_client_of_its_own_behind_another_run() {
    let desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let service = desk.service(&store, &secrets);
        let first = service.start(request(MANIFEST)).await.unwrap();
        assert_eq!(*desk.clients.borrow(), [ResendPolicy::AsAsked]);
        // A run that was begun with `--at-most-once`, and of which nothing was sent yet.
        let begun = RunRecord { id: RunId::from_bytes([7; 16]), ..first.record.clone() };
        drop(first);
        store.open_run(begun.clone()).await.unwrap();
        store.note(begun.id, RunNote::AtMostOnce).await.unwrap();
        let resumed = service.resume(service.lock(begun.id).await.unwrap(), Proof::Unneeded).await.unwrap();
        assert_eq!((totals(&resumed).as_str(), desk.started()), ("3 started", 6));
        assert_eq!(*desk.clients.borrow(), [ResendPolicy::AsAsked, ResendPolicy::Never], "it takes a 429 for a doubt");
    });
}

#[test]
fn a_profile_leads_a_run_to_its_own_tenant_and_to_no_other() {
    let desk = Desk::new();
    let environment = |url: String| -> Environment {
        [("UIPATH_URL", url), ("UIPATH_ACCESS_TOKEN", desk.token.clone())].into_iter().collect()
    };
    let connector = |environment: Environment| {
        let profile = profile::choose(&ProfileChoice::default(), &environment).unwrap();
        ProfileConnector::new(profile, environment, Redactor::default()).unwrap()
    };
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let clock: SharedClock = Arc::new(SystemClock::new());
        let here = connector(environment(desk.sandbox.url()));
        let service = RunService::new(&store, &here, &secrets, clock.clone());
        let finished = service.start(request(MANIFEST)).await.unwrap();
        assert_eq!((finished.exit, desk.started()), (ExitStatus::Success, 3));
        // Nor does a service that was led to it already take another tenant's run there.
        let tenant = "https://cloud.uipath.com/acme/prod".to_owned();
        let other = RunRecord { id: RunId::from_bytes([7; 16]), tenant, ..finished.record.clone() };
        store.open_run(other.clone()).await.unwrap();
        let resumed = service.resume(service.lock(other.id).await.unwrap(), Proof::Unneeded).await;
        let error = resumed.expect_err("another tenant");
        assert_eq!((error.exit(), desk.started()), (ExitStatus::Usage, 3), "{error}");
        let elsewhere = connector(environment("https://cloud.uipath.com/acme/prod".to_owned()));
        let error = elsewhere.destination(Some(&finished.record)).expect_err("another tenant");
        assert_eq!(error.exit, ExitStatus::Usage);
        assert!(error.message.contains("and this profile leads to `https://cloud.uipath.com/acme/prod`"), "{error}");
    });
}

#[test]
fn a_manifest_with_secrets_is_refused_by_a_program_that_gives_none() {
    let desk = Desk::new();
    let manifest = format!("{MANIFEST}    arguments: {{ key: '${{{{ secrets.vault }}}}' }}\n");
    let manifest = manifest.replace("jobs:\n", "secrets:\n  vault: { env: VAULT }\njobs:\n");
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let error = desk.service(&store, &secrets).start(request(&manifest)).await.expect_err("no secrets");
        assert_eq!((error.exit(), desk.started()), (ExitStatus::Usage, 0));
        let said = desk.noticed();
        assert!(said[0].contains("this program gives no secrets"), "{said:?}");
    });
}

#[test]
fn the_example_prints_the_verdict_of_each_launch() {
    let mut out = Vec::new();
    let exit = block_on(example::launch_and_print(&mut out)).unwrap();
    assert_eq!(exit, ExitStatus::Success);
    assert_eq!(String::from_utf8(out).unwrap(), "ping: started\ngreet: started\n");
}
