//! Servers whose lists change References, or show none: what was started is found all the same, or nothing is started.

use jiff::SignedDuration;
use sortie::clock::HandClock;
use sortie::exit::ExitStatus;
use sortie::launch::{Proof, RunOrigin};

use super::tenant::{Shows, Tenant};
use super::{DAY, MIDNIGHT, Machine, at, other_run, refused};

const KEY: RunOrigin = RunOrigin::Key(DAY);

#[test]
fn references_that_come_back_changed_are_known_again() {
    let shown: [(&str, Shows); 5] = [
        ("in upper case", |text| Some(text.to_uppercase())),
        ("inside other text", |text| Some(format!("[{text}] by robot"))),
        ("with other separators", |text| Some(text.replace('-', "_"))),
        ("without its own mark", |text| Some(text.replace("sortie-", ""))),
        ("as it is", |text| Some(text.to_owned())),
    ];
    for (case, shows) in shown {
        let mut server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
        server.shows = shows;
        for machine in 1..=3 {
            let (ran, _) = Machine::new(&server.clock, 8).fire(&server, KEY, Proof::Needed);
            assert_eq!(ran.unwrap().end.exit, ExitStatus::Success, "{case}, machine {machine}");
            assert_eq!((server.starts(), server.sent.get()), (8, 8), "{case}, machine {machine}");
        }
    }
}

#[test]
fn where_references_are_lost_the_second_machine_starts_nothing_unless_somebody_says_so() {
    let shown: [(&str, Shows); 5] = [
        ("none", |_| None),
        ("empty", |_| Some(String::new())),
        ("cut to 32", |text| Some(text[..32].to_owned())),
        ("cut to 55", |text| Some(text[..55].to_owned())),
        ("cut, and in upper case", |text| Some(text[..40].to_uppercase())),
    ];
    for (case, shows) in shown {
        let mut server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
        server.shows = shows;
        let (ran, said) = Machine::new(&server.clock, 8).fire(&server, KEY, Proof::Needed);
        assert_eq!((ran.unwrap().end.exit, said.len()), (ExitStatus::Success, 1), "{case}");
        let (ran, _) = Machine::new(&server.clock, 8).fire(&server, KEY, Proof::Needed);
        let words = refused(ran);
        assert!(words.contains("shows 8 robot jobs of its releases since") && words.contains("--first-run"), "{words}");
        assert_eq!(server.sent.get(), 8, "{case}");
        let (ran, _) = Machine::new(&server.clock, 8).fire(&server, KEY, Proof::Unneeded);
        assert_eq!((ran.unwrap().end.exit, server.sent.get()), (ExitStatus::Success, 16), "{case}: by somebody's word");
    }
}

#[test]
fn robot_jobs_of_others_stand_in_the_way_only_where_they_may_be_ours() {
    let minute = SignedDuration::from_mins(-1);
    let foreign = || Some(format!("sortie-{}-0123456789abcdef", other_run()));
    // A robot job's Reference and release; whether the run may begin; whether it says that nothing vouches for the list.
    let cases = [
        (vec![(None, "Ping")], false, 0),
        (vec![(None, "Ping_Production")], false, 0),
        (vec![(None, "Other")], true, 1),
        (vec![(Some("ticket 17".to_owned()), "Ping")], true, 1),
        (vec![(None, "Ping"), (foreign(), "Other")], true, 0),
        (vec![(foreign(), "Ping")], true, 0),
    ];
    for (jobs, may_begin, said) in cases {
        let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
        for (reference, release) in &jobs {
            server.add(reference.clone(), release, minute);
        }
        let (ran, words) = Machine::new(&server.clock, 2).fire(&server, KEY, Proof::Needed);
        if may_begin {
            assert_eq!(
                (ran.unwrap().end.exit, words.len(), server.sent.get()),
                (ExitStatus::Success, said, 2),
                "{jobs:?}"
            );
        } else {
            refused(ran);
            assert_eq!(server.sent.get(), 0, "{jobs:?}");
        }
    }
}
