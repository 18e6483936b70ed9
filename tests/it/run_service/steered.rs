//! A run that is held, and whose robot jobs are stopped, by a program.

use sortie::exit::ExitStatus;
use sortie::run::{Cancellation, NoSecrets};

use super::{Desk, MANIFEST, block_on, request};

#[test]
fn a_run_is_steered_and_its_robot_jobs_are_stopped_without_a_terminal() {
    let desk = Desk::new();
    block_on(async {
        let (store, secrets) = (desk.store().await, NoSecrets::default());
        let run = desk.service(&store, &secrets).start(request(MANIFEST)).await.unwrap().record.id;
        let service = desk.service(&store, &secrets);
        for refused in [service.pause(run).await, service.let_go_on(run).await] {
            let error = refused.unwrap_err();
            assert_eq!(error.exit(), ExitStatus::Usage, "{error}");
        }
        let cancelled = service.cancel(run, &Cancellation { kill: true, ..Cancellation::default() }).await.unwrap();
        assert_eq!((cancelled.tally.asked, cancelled.in_doubt, cancelled.exit()), (3, 0, ExitStatus::Success));
        let unknown =
            service.cancel(run, &Cancellation { job: Some("lode".to_owned()), ..Cancellation::default() }).await;
        assert_eq!(unknown.unwrap_err().exit(), ExitStatus::Usage);
    });
}
