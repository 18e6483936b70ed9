//! What releases tell of robot jobs that are over, over real HTTP on a hand-driven clock: notes, and that nothing else changes.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use sortie::cli::SandboxClock;
use sortie::clock::HandClock;
use sortie::exit::ExitStatus;
use sortie::format::WaitLimits;
use sortie::ids::{Ordinal, ReleaseKey};
use sortie::launch::{LaunchSettings, Launcher, Notice, RequestSource, RunHistory, WaitOverride, WaitPlan};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::outcome::JobOutcome;
use sortie::resolve::Request;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, RetryAfter, Status};
use sortie::sandbox::world::switches::{Offered, SignatureForm};
use sortie::sandbox::world::{Argument, Folder, Life, Release, Switches};
use sortie::sandbox::{Options, Sandbox, World};
use sortie::spec::JobFollowUp;
use tokio::sync::watch;

use super::{Counted, client, drive};
use crate::simulation::{Launches, MemoryLedger, run_id, terms};

/// Launches of one release, whose outputs may be wanted.
struct Noted {
    launches: Launches,
    outputs: bool,
}

impl RequestSource for Noted {
    fn count(&self) -> u32 {
        self.launches.count()
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.launches.request(ordinal)
    }

    fn wait_plan(&self) -> WaitPlan {
        let wait = Some(WaitLimits::default());
        WaitPlan::new(&[JobFollowUp { wait, outputs: self.outputs, ..JobFollowUp::default() }], Vec::new())
    }
}

/// What a run came to.
struct Told {
    /// The notes of each launch's robot job.
    notes: Vec<String>,
    /// What people were told while it went on.
    words: Vec<String>,
    /// How many times the server was asked for each operation.
    operations: Vec<String>,
}

impl Told {
    fn count(&self, operation: &str) -> usize {
        self.operations.iter().filter(|asked| *asked == operation).count()
    }
}

/// A release that has another version from five seconds after the start of its server on, and robot jobs that start later.
fn switched() -> Release {
    let life = Life { pending: Duration::from_secs(10), running: Duration::from_secs(5), ..Life::default() };
    Release::named("R").folder("Shared").life(life).version("2.1.3").switches_to("2.1.4", Duration::from_secs(5))
}

/// Runs `count` launches of `release`, and waits for their robot jobs: each is started once, and successful, whatever notes say.
#[track_caller]
fn run(count: u32, outputs: bool, release: Release, switches: Switches, faults: Faults) -> Told {
    let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
    let ReleaseKey(key) = Launches::of(1).request(Ordinal(0)).release;
    let world = World::new().folder(Folder::at("Shared").id(7)).release(release.key(key)).switches(switches);
    let options = Options { faults, ..Options::default() };
    let sandbox = Sandbox::start(&world, SandboxClock::over(Arc::new(clock.clone())), options).unwrap();
    let server = Counted { client: client(&sandbox, &clock), under_way: Cell::new(0), throttle: Cell::new(None) };
    let requests = Noted { launches: Launches::of(count), outputs };
    let settings = LaunchSettings { wait: WaitOverride { waits: Some(true), timeout: None }, ..terms() };
    let ledger = MemoryLedger::new(&clock);
    let launcher = Launcher {
        server: &server,
        ledger: &ledger,
        requests: &requests,
        run: run_id(),
        clock: Arc::new(clock.clone()),
    };
    let (_keep, interrupt) = watch::channel(None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut words = Vec::new();
    let mut observe = |notice| {
        if let Notice::Watched(said) = notice {
            words.push(said);
        }
    };
    let work = launcher.launch(settings, RunHistory::default(), interrupt, &mut observe);
    let summary = runtime.block_on(drive(&clock, &server, work));
    assert_eq!(summary.exit(), ExitStatus::Success, "{summary:?}");
    assert_eq!(summary.launches_by_verdict.get(&Verdict::Started), Some(&count), "{summary:?}");
    assert_eq!(sandbox.jobs().len(), count as usize, "each once");
    let notes = |ordinal| {
        let LaunchState::Started { ends, .. } = ledger.state(ordinal) else { panic!("launch {ordinal}") };
        assert_eq!((ends.len(), ends[0].outcome), (1, JobOutcome::Successful));
        ends[0].notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let notes = (0..count).map(notes).collect();
    let operations = sandbox.record().into_iter().map(|received| received.operation.to_owned()).collect();
    Told { notes, words, operations }
}

/// Every answer to `operation` is this one.
fn always(operation: &str, reply: Status) -> Faults {
    Faults::new().at(Operation::Named(operation.to_owned()), Position::Always, Fault::before(Reply::Status(reply)))
}

#[test]
fn a_note_names_the_version_that_ran_and_the_one_that_was_planned() {
    let told = run(20, false, switched(), Switches::default(), Faults::new());
    assert_eq!(told.notes, ["version 2.1.4 ran, 2.1.3 was planned"; 20]);
    assert_eq!((told.count("Releases"), told.count("Release")), (1, 1), "one look-up for all of them");
    assert!(told.words.is_empty(), "{:?}", told.words);
}

#[test]
fn a_release_that_stays_as_it_is_is_not_asked_for() {
    let life = Life { pending: Duration::from_secs(10), ..Life::default() };
    let release = Release::named("R").folder("Shared").life(life).version("2.1.3");
    let told = run(3, false, release, Switches::default(), Faults::new());
    assert_eq!(
        (told.notes, told.operations.iter().any(|asked| asked.starts_with("Release"))),
        (vec![String::new(); 3], false)
    );
}

#[test]
fn where_a_release_cannot_be_read_notes_have_numbers_and_nothing_else_changes() {
    let numbered = |note: &str| note.starts_with("version of ReleaseVersionId ") && note.ends_with(" was planned");
    let throttled = Status::of(429).retry_after(RetryAfter::Seconds(30));
    for (what, faults, words) in [
        ("no such folder", always("Releases", Status::of(404)), None),
        ("no such release", always("Release", Status::of(404)), None),
        ("refused", always("Releases", Status::of(400)), None),
        ("no scope", always("Releases", Status::of(403)), Some("OR.Execution.Read")),
        ("no scope for one", always("Release", Status::of(403)), Some("OR.Execution.Read")),
        ("throttled", always("Releases", throttled), None),
        ("down", always("Release", Status::of(503)), Some("releases are not read")),
    ] {
        let told = run(3, false, switched(), Switches::default(), faults);
        assert!(told.notes.iter().all(|note| numbered(note)), "{what}: {:?}", told.notes);
        assert_eq!(told.words.len(), usize::from(words.is_some()), "{what}: {:?}", told.words);
        assert!(words.is_none_or(|words| told.words[0].contains(words)), "{what}: {:?}", told.words);
        assert!(told.count("Releases") <= 3, "{what}");
    }
}

#[test]
fn a_server_that_does_not_show_earlier_versions_tells_the_current_one() {
    let told = run(3, false, switched(), lacking(Offered::Absent), Faults::new());
    let is_half = |note: &String| note.starts_with("version 2.1.4 ran, of ReleaseVersionId ");
    assert!(told.notes.iter().all(is_half), "{:?}", told.notes);
}

/// A release that declares an output, and whose robot jobs give `output`.
fn declaring(output: Option<serde_json::Value>) -> Release {
    let life = Life { pending: Duration::from_secs(1), running: Duration::from_secs(5), output, ..Life::default() };
    let total = Argument { r#type: "System.Int32".to_owned(), ..Argument::default() };
    Release::named("R").folder("Shared").life(life).version("2.1.3").output("total", total)
}

#[test]
fn a_robot_job_without_the_outputs_that_its_release_declares_is_noted_where_they_are_wanted() {
    let total = Some(serde_json::json!({ "total": 3 }));
    for (what, outputs, release, switches, note, look_ups) in [
        ("wanted", true, declaring(None), Switches::default(), "no output", 1),
        ("an empty object", true, declaring(Some(serde_json::json!({}))), Switches::default(), "no output", 1),
        ("given", true, declaring(total), Switches::default(), "", 0),
        ("not wanted", false, declaring(None), Switches::default(), "", 0),
        ("another form", true, declaring(None), form(SignatureForm::Schema), "", 1),
        ("no signature", true, declaring(None), form(SignatureForm::Absent), "", 1),
        ("no versions", true, declaring(None), lacking(Offered::Absent), "no output", 1),
        ("switched", true, declaring(None).switches_to("2.1.4", Duration::from_secs(4)), Switches::default(), "", 1),
    ] {
        let told = run(3, outputs, release, switches, Faults::new());
        assert_eq!(told.notes, [note; 3], "{what}");
        assert_eq!(told.count("Releases"), look_ups, "{what}: one look-up for all of them, and none without need");
        assert!(told.words.is_empty(), "{what}: {:?}", told.words);
    }
}

fn form(signature_form: SignatureForm) -> Switches {
    Switches { signature_form, ..Switches::default() }
}

fn lacking(release_versions: Offered) -> Switches {
    Switches { release_versions, ..Switches::default() }
}

#[test]
fn where_a_signature_cannot_be_read_there_is_no_note_and_nothing_else_changes() {
    for (what, faults, words) in [
        ("no such release", always("Releases", Status::of(404)), 0),
        ("no scope", always("Release", Status::of(403)), 1),
        ("down", always("Releases", Status::of(500)), 1),
    ] {
        let told = run(3, true, declaring(None), Switches::default(), faults);
        assert_eq!((told.notes, told.words.len()), (vec![String::new(); 3], words), "{what}");
    }
}
