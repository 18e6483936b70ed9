//! A signal in the look: nothing is sent, and the run ends as one that was interrupted.

use sortie::clock::HandClock;
use sortie::exit::ExitStatus;
use sortie::launch::{Interrupt, Proof, RunOrigin, StopReason};
use sortie::ledger::state::Verdict;
use sortie::run::{AdoptionScope, RunStart};
use tokio::sync::watch;

use super::tenant::Tenant;
use super::{DAY, MIDNIGHT, Machine, at};

#[test]
fn a_signal_in_the_look_ends_the_run_at_once_and_a_later_process_looks_again() {
    for (signal, exit) in
        [(Interrupt::Terminated, ExitStatus::Terminated), (Interrupt::Interrupted, ExitStatus::Interrupted)]
    {
        let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
        let origin = RunOrigin::Key(DAY);
        // Another ledger started it before.
        Machine::new(&server.clock, 6).fire(&server, origin, Proof::Needed).0.unwrap();
        let machine = Machine::new(&server.clock, 6);
        let record = machine.record();
        let (sender, interrupt) = watch::channel(None);
        *server.instead.borrow_mut() = Some(Box::new(move || {
            sender.send_replace(Some(signal));
        }));
        let (ran, _) = machine.fire_unless(&server, machine.opening(origin, Proof::Needed), interrupt);
        let ran = ran.unwrap();
        assert_eq!((ran.end.exit, server.sent.get()), (exit, 6));
        assert!(matches!(ran.launched.stop, Some(StopReason::Interrupt(_))), "{ran:?}");
        assert_eq!(ran.launched.launches_by_verdict.get(&Verdict::NotSent), Some(&6));
        *server.instead.borrow_mut() = None;
        let (_keep, interrupt) = watch::channel(None);
        let again = RunStart::Resumed { record, reach: AdoptionScope { origin, proof: Proof::Needed } };
        let (ran, _) = machine.fire_unless(&server, again, interrupt);
        assert_eq!((ran.unwrap().end.exit, server.sent.get()), (ExitStatus::Success, 6));
    }
}
