//! One slot or key, and another ledger that does not know it: a second machine, or a ledger that was lost.

use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use sortie::clock::{Clock as _, SystemClock};
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Reply, Rule};
use sortie::sandbox::world::Switches;
use sortie::sandbox::world::switches::{DateHeader, PropertyFilter};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

const NIGHTLY: &str = "
version: 1
name: nightly
folder: Shared
schedule: { slot: 1d }
jobs:
  a: { release: Ping, count: 2 }
  b: { release: Ping }
";

impl CliFixture {
    /// As [`Desk::sortie`], on a machine with this ledger.
    fn elsewhere(&self, ledger: &str, arguments: &str) -> CliOutput {
        self.told(self.command(&format!("{arguments} --ledger {ledger}.db")).output().unwrap())
    }
}

fn day_from_now(days: i64) -> String {
    let moment = SystemClock::new().utc() + SignedDuration::from_hours(24 * days);
    moment.strftime("%Y-%m-%d").to_string()
}

#[test]
fn a_second_machine_finds_what_the_first_started_early_late_or_by_a_key_whatever_the_servers_clocks_show() {
    let early = format!("--slot {}", day_from_now(1));
    let late = format!("--slot {}", day_from_now(-9));
    for ahead in [-26, 0, 26] {
        for (date_header, reference_filter) in
            [(DateHeader::Present, PropertyFilter::Works), (DateHeader::Absent, PropertyFilter::Ignored)]
        {
            let creation_time_ahead = SignedDuration::from_hours(ahead);
            let switches = Switches { creation_time_ahead, date_header, reference_filter, ..Switches::default() };
            let fixture = CliFixture::with(&World::obliging().switches(switches), Faults::new());
            fixture.file("m.yaml", NIGHTLY);
            for (number, standing) in [early.as_str(), &late, "--run-key ci-4711"].into_iter().enumerate() {
                for machine in ["first", "second", "third"] {
                    let ledger = format!("{machine}-{number}");
                    let told = fixture.elsewhere(&ledger, &format!("run m.yaml {standing} --format json"));
                    assert_eq!(told.code, 0, "{ahead} h, {standing}, {machine}: {}", told.shown());
                    assert_eq!(told.json()["totals"]["started"], 2, "{}", told.shown());
                    assert_eq!(fixture.jobs(), 3 * (number + 1), "{ahead} h, {standing}, {machine}: {}", told.shown());
                }
            }
        }
    }
}

#[test]
fn where_nothing_vouches_for_the_list_the_second_machine_asks_for_a_word() {
    let bare = Fault::after(Reply::Without(vec!["Reference".to_owned()]));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(Rule::new(Operation::Jobs, bare)));
    fixture.file("m.yaml", NIGHTLY);
    let first = fixture.elsewhere("first", "run m.yaml --run-key k");
    assert_eq!((first.code, fixture.jobs()), (0, 3), "{}", first.shown());
    assert!(first.stderr.starts_with("nothing of sortie's is in folder Shared since "), "{}", first.shown());
    for again in ["run m.yaml --run-key k", "run m.yaml --run-key k", "resume last"] {
        let second = fixture.elsewhere("second", again);
        assert_eq!((second.code, fixture.jobs()), (12, 3), "{}", second.shown());
        assert!(
            second.stderr.contains("whether this slot or key was started elsewhere cannot be told"),
            "{}",
            second.shown()
        );
        assert!(second.stderr.contains("shows 3 robot jobs of its releases since"), "{}", second.shown());
        assert!(second.stderr.contains("  help: look what started them;"), "{}", second.shown());
    }
    let word = fixture.elsewhere("second", "run m.yaml -q --run-key k --first-run");
    assert_eq!((word.code, fixture.jobs()), (0, 6), "{}", word.shown());
    // Who has a ledger that knows the tenant needs nobody's word, and neither does a sandbox of one's own.
    let known = fixture.elsewhere("second", "run m.yaml --run-key other");
    assert_eq!((known.code, fixture.jobs()), (0, 9), "{}", known.shown());
    let own = fixture.offline("run m.yaml --sandbox --run-key k --ledger third.db");
    assert!(own.code == 0 && !own.stderr.contains("nothing of sortie's"), "{}", own.shown());
}

#[test]
fn a_key_is_looked_for_as_far_back_as_the_profile_says() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    let since = |horizon: &str| {
        let mut command = fixture.command(&format!("run m.yaml --run-key h{horizon} --ledger {horizon}.db"));
        let told = fixture.told(command.env("SORTIE_KEY_HORIZON", horizon).output().unwrap());
        (told.code, told.stderr)
    };
    // 26 hours more, since nothing is known of the server's clocks.
    let now = SystemClock::new().utc();
    let (code, said) = since("30d");
    let begun = (now - SignedDuration::from_hours(30 * 24 + 26)).strftime("since %Y-%m-%dT").to_string();
    assert!(code == 0 && said.contains(&begun), "{begun}: {said}");
    let (code, said) = since("a-week");
    assert_eq!(code, 3);
    assert!(said.contains("SORTIE_KEY_HORIZON: not a span of time, such as `7d` or `36h`"), "{said}");
}

#[test]
fn a_signal_in_the_look_is_heard_and_the_run_reported() {
    let mute = Rule::new(Operation::Jobs, Fault::after(Reply::Never));
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(mute.clone()));
        fixture.file("m.yaml", NIGHTLY);
        let mut command = fixture.command("run m.yaml -q --slot 2026-01-31 --report json=r.json");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !fixture.sandbox.record().iter().any(|received| received.operation == "Jobs") {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it looked");
            crate::cli::cli_fixture::pause(Duration::from_millis(5));
        }
        assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
        assert_eq!((child.wait().unwrap().code(), fixture.starts()), (Some(code), 0));
        let report: Value = serde_json::from_str(&fixture.read("r.json")).unwrap();
        assert_eq!((&report["run"]["exit-code"], &report["totals"]["not-sent"]), (&code.into(), &2.into()), "{report}");
        assert_eq!(fixture.runs()[0]["state"], "unfinished");
    }
}
