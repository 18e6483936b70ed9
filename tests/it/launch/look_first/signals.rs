//! A signal in the look: nothing is sent, and the run ends as one that was interrupted.

use std::sync::Arc;

use sortie::clock::HandClock;
use sortie::exit::ExitStatus;
use sortie::launch::{Interrupt, Launcher, Proof, RunOrigin, RunSignals, StopReason};
use sortie::ledger::state::Verdict;
use sortie::ledger::{RunNote, RunStore as _, Steered, Steering};
use sortie::run::{AdoptionScope, RunStart};
use tokio::sync::watch;

use super::tenant::Tenant;
use super::{DAY, MIDNIGHT, Machine, at};
use crate::simulation::{drive, run_id};

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

#[test]
fn what_came_of_what_was_cancelled_is_noted_by_the_run_itself_before_it_is_closed() {
    let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
    let machine = Machine::new(&server.clock, 6);
    let Machine { clock, ledger, requests, terms } = &machine;
    let launcher = Launcher { server: &server, ledger, requests, run: run_id(), clock: Arc::new(clock.clone()) };
    let asked = Steering::Cancel { at: at(MIDNIGHT), job: None, kill: false };
    let (_keep, interrupt) = watch::channel(None);
    let (_told, steered) = watch::channel(Steered::of([&asked]));
    let signals = RunSignals { interrupt, steered };
    let opening = machine.opening(RunOrigin::Key(DAY), Proof::Needed);
    let ran = drive(clock, sortie::run::run(opening, &launcher, *terms, signals, &mut |_| {})).unwrap();
    assert!(ran.unclosed.is_none() && server.sent.get() == 0);
    let notes = drive(clock, ledger.read_notes(run_id())).unwrap();
    let is_noted = |note: &RunNote| matches!(note, RunNote::Steered(Steering::Stopped { cancels: 1, .. }));
    assert!(notes.iter().any(is_noted), "{notes:?}");
}
