//! A yes that comes late: what somebody else did while the question stood open is held against what was agreed to.

use std::cell::RefCell;
use std::future::{Future, ready};
use std::pin::Pin;

use sortie::exit::ExitStatus;
use sortie::ids::RunId;
use sortie::launch::Proof;
use sortie::ledger::{AnyStore, RunStore as _};
use sortie::run::{
    NoSecrets, NoYes, PendingAnswer, PendingSend, RerunSelection, RunServiceError, SendAnswer, SendConfirmation,
    Unconfirmed,
};

use super::{Desk, MANIFEST, block_on, request};

type Meanwhile<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Somebody who says yes once something else has happened.
struct LateYes<'a>(RefCell<Option<Meanwhile<'a>>>);

impl SendConfirmation for LateYes<'_> {
    fn ask(&self, _: &PendingSend) -> PendingAnswer<'_> {
        Box::pin(async {
            let meanwhile = self.0.take().expect("it is asked once");
            meanwhile.await;
            SendAnswer::Yes
        })
    }
}

/// Somebody who says yes at once.
struct QuickYes;

impl SendConfirmation for QuickYes {
    fn ask(&self, _: &PendingSend) -> PendingAnswer<'_> {
        Box::pin(ready(SendAnswer::Yes))
    }

    fn may_take_long(&self) -> bool {
        false
    }
}

/// Runs all of `run` again, and says yes to it when `meanwhile` is over.
async fn rerun(desk: &Desk, store: &AnyStore, run: RunId, yes: &dyn SendConfirmation) -> Result<(), RunServiceError> {
    let secrets = NoSecrets::default();
    let service = desk.service(store, &secrets).with_confirmation(yes);
    let mut locked = service.lock_chain(run).await?;
    service.lock_chain_manifest(&mut locked).await?;
    let selection = RerunSelection::AllOf(run);
    let step = service.next_rerun(&locked, selection, None).await?;
    let (locked, step) = service.agree_to_rerun(locked, step, selection, None).await?;
    service.rerun(locked, step, None).await.map(drop)
}

/// A desk that asks before anything is sent, and a run that started three launches.
async fn begun() -> (Desk, AnyStore, RunId) {
    let desk = Desk::new();
    let store = desk.store().await;
    let run = desk.service(&store, &NoSecrets::default()).start(request(MANIFEST)).await.unwrap().record.id;
    desk.is_protected.set(true);
    (desk, store, run)
}

fn is_held(error: &RunServiceError) -> bool {
    matches!(error, RunServiceError::Unconfirmed(Unconfirmed { why: NoYes::Held, .. }))
}

#[test]
fn a_rerun_that_somebody_else_made_meanwhile_is_not_made_twice() {
    block_on(async {
        let (desk, store, run) = begun().await;
        let other = async { rerun(&desk, &store, run, &QuickYes).await.unwrap() };
        let error = rerun(&desk, &store, run, &LateYes(RefCell::new(Some(Box::pin(other))))).await.unwrap_err();
        assert!(is_held(&error), "{error}");
        assert_eq!(
            (error.exit(), desk.started()),
            (ExitStatus::Usage, 6),
            "three by the run, three by the other rerun"
        );
        // Nothing meanwhile: the yes holds.
        rerun(&desk, &store, run, &LateYes(RefCell::new(Some(Box::pin(ready(())))))).await.unwrap();
        assert_eq!(desk.started(), 9);
    });
}

#[test]
fn a_run_that_was_paused_meanwhile_does_not_go_on() {
    block_on(async {
        let (desk, store, run) = begun().await;
        let mut record = store.read_run(run).await.unwrap().0;
        record.id = RunId::from_bytes([7; 16]);
        store.open_run(record.clone()).await.unwrap();
        let secrets = NoSecrets::default();
        let resume = async |yes: &dyn SendConfirmation| {
            let service = desk.service(&store, &secrets).with_confirmation(yes);
            service.resume(service.lock(record.id).await.unwrap(), Proof::Unneeded).await.map(drop)
        };
        let pause = async { drop(desk.service(&store, &secrets).pause(record.id).await.unwrap()) };
        let error = resume(&LateYes(RefCell::new(Some(Box::pin(pause))))).await.unwrap_err();
        assert!(is_held(&error), "{error}");
        assert_eq!(desk.started(), 3, "nothing was sent");
        resume(&LateYes(RefCell::new(Some(Box::pin(ready(())))))).await.unwrap();
        assert_eq!(desk.started(), 6);
    });
}
