//! What the rules of the queue do together.

use std::time::Duration;

use super::*;
use crate::ids::{FolderId, JobId, LaunchId, Reference, ReleaseKey};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::outcome::JobOutcome;
use crate::plan::{self, Inputs};
use crate::resolve::{Directory, FolderContents, Requests, resolve};

/// Ten launches in one folder; the plan leaves out the one at 1.
struct Ten;

impl RequestSource for Ten {
    fn count(&self) -> u32 {
        10
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        Request {
            ordinal,
            launch: LaunchId::from("a"),
            folder: folder(),
            release: ReleaseKey(uuid::Uuid::nil()),
            reference: Reference::from_server("r"),
            expected: ExpectedJobs::Exactly(1),
            on_ambiguous: AmbiguityPolicy::Resend,
            body: "{}".into(),
        }
    }

    fn skips(&self, ordinal: Ordinal) -> bool {
        ordinal.0 == 1
    }
}

fn folder() -> FolderRef {
    FolderRef::Id(FolderId(7))
}

fn at(millis: u64) -> Moment {
    Moment(Duration::from_millis(millis))
}

fn hear<R: RequestSource>(queue: &mut Queue<'_, R>, progress: &LaunchProgress<'_>, now: Moment) {
    queue.hear_of_launch(progress, now);
    queue.hear_sent(progress, now);
}

fn taken(queue: &mut Queue<'_, Ten>, now: Moment) -> Vec<u32> {
    std::iter::from_fn(|| queue.take(now)).map(|pending| pending.request.ordinal.0).collect()
}

#[test]
fn what_is_due_again_goes_before_what_is_new_and_what_is_held_back_goes_last() {
    let mut touched = OrdinalSet::default();
    touched.insert(Ordinal(2));
    let mut queue = Queue::new(&Ten, touched, WarmUp::new(1, 10, Duration::from_secs(60)));
    queue.retry_anew(Ordinal(2), at(5));
    assert_eq!(queue.next(at(0)), Next::Now, "the first of the plan");
    assert_eq!(queue.take(at(5)).map(|pending| pending.request.ordinal.0), Some(2));
    // Four go before the first answer; the plan leaves out the one at 1.
    assert_eq!(taken(&mut queue, at(5)), [0, 3, 4, 5]);
    assert_eq!(queue.next(at(5)), Next::Nothing, "the others wait for an answer");
    queue.lost(&folder(), at(10));
    let Next::At(trial) = queue.next(at(10)) else { panic!("one goes some time") };
    assert_eq!(taken(&mut queue, trial), [6]);
    queue.alive(&folder());
    assert_eq!((queue.next(trial), taken(&mut queue, trial)), (Next::Now, vec![7, 8, 9]));
    assert_eq!(queue.next(trial), Next::Nothing);
}

const HEAD: &str =
    "version: 1\nname: n\nfolder: { id: 7 }\ndefaults: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }\n";

/// The launches of a manifest.
fn requests(jobs: &str) -> Requests {
    let (_, plan) = plan::make(&Inputs::of_manifest("m.yaml", &format!("{HEAD}{jobs}")));
    let (plan, said) = plan.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{said:?}"));
    let folders = plan.required_names().keys().map(|folder| (folder.clone(), FolderContents::default())).collect();
    let directory = Directory { contents_by_folder: folders, ..Directory::default() };
    let run = "019c7c2f-0000-7000-8000-000000000001".parse().expect("a run");
    let (requests, said) = resolve(plan, &directory, run).into_parts();
    requests.unwrap_or_else(|| panic!("{said:?}"))
}

fn gone(queue: &mut Queue<'_, Requests>, now: Moment) -> Vec<u32> {
    std::iter::from_fn(|| queue.take(now)).map(|pending| pending.request.ordinal.0).collect()
}

/// The launch was started, and its robot job ended so.
fn end(queue: &mut Queue<'_, Requests>, ordinal: u32, outcome: JobOutcome) {
    let end = JobEnd::new(JobId(i64::from(ordinal)), outcome);
    let ordinal = Ordinal(ordinal);
    hear(queue, &LaunchProgress::Started { ordinal, jobs: 1 }, at(0));
    hear(queue, &LaunchProgress::JobEnded { ordinal, end: &end }, at(0));
}

fn warm_up(first: usize) -> WarmUp {
    WarmUp::new(first, 1000, Duration::from_secs(60))
}

#[test]
fn of_a_job_that_is_stopped_nothing_goes_that_was_held_back() {
    let text = "limits: { active: { per-release: 2 } }\njobs:\n  a: { matrix: { n: [0, 1, 2, 3, 4, 5, 6, 7, 8] }, wait: true, fail-fast: 1 }\n";
    let requests = requests(text);
    let mut queue = Queue::new(&requests, OrdinalSet::default(), warm_up(4));
    assert_eq!(gone(&mut queue, at(0)), [0, 1]);
    end(&mut queue, 0, JobOutcome::Faulted);
    queue.alive(&folder());
    assert_eq!((gone(&mut queue, at(0)), queue.next(at(0))), (vec![], Next::Nothing));
}

#[test]
fn of_a_job_that_is_stopped_nothing_goes_that_waits_for_a_first_answer() {
    let requests = requests(
        "jobs:\n  a: { matrix: { n: [0, 1, 2, 3, 4, 5, 6, 7, 8] }, wait: true, fail-fast: 1 }\n  b: { matrix: { n: [0, 1] }, wait: true }\n",
    );
    let mut queue = Queue::new(&requests, OrdinalSet::default(), warm_up(4));
    assert_eq!(gone(&mut queue, at(0)), [0, 1, 2, 3]);
    end(&mut queue, 0, JobOutcome::Faulted);
    queue.lost(&folder(), at(0));
    assert_eq!(gone(&mut queue, at(2_000)), [9]);
}

#[test]
fn a_ramp_of_a_job_counts_what_has_gone_and_not_what_waits_for_a_first_answer() {
    let ramp = "{ first: 6, then: { factor: 2, every: 1m }, pause-on: { faulted: 50% } }";
    let requests = requests(&format!("jobs:\n  a: {{ matrix: {{ n: [0, 1, 2, 3, 4, 5, 6, 7, 8] }}, ramp: {ramp} }}\n"));
    let mut queue = Queue::new(&requests, OrdinalSet::default(), warm_up(4));
    assert_eq!(gone(&mut queue, at(0)), [0, 1, 2, 3]);
    queue.alive(&folder());
    assert_eq!(gone(&mut queue, at(0)), [4, 5]);
    (0..6).for_each(|ordinal| end(&mut queue, ordinal, JobOutcome::Successful));
    assert_eq!(queue.next(at(0)), Next::At(at(60_000)));
    assert_eq!(gone(&mut queue, at(60_000)), [6, 7, 8]);
}

#[test]
fn what_waited_for_room_does_not_pass_the_ramp_of_its_job() {
    let ramp = "{ first: 2, then: { factor: 2, every: 1m } }";
    let text = format!(
        "limits: {{ active: {{ per-release: 1 }} }}\njobs:\n  a: {{ matrix: {{ n: [0, 1, 2, 3, 4] }}, wait: true, ramp: {ramp} }}\n"
    );
    let requests = requests(&text);
    let mut queue = Queue::new(&requests, OrdinalSet::default(), warm_up(9));
    assert_eq!(gone(&mut queue, at(0)), [0]);
    end(&mut queue, 0, JobOutcome::Successful);
    assert_eq!(gone(&mut queue, at(0)), [1]);
    end(&mut queue, 1, JobOutcome::Successful);
    assert_eq!((gone(&mut queue, at(0)), queue.next(at(0))), (vec![], Next::At(at(60_000))));
    assert_eq!(gone(&mut queue, at(60_000)).len(), 1, "its room was given back");
}

#[test]
fn what_goes_although_every_answer_was_lost_takes_its_room_too() {
    let requests = requests(
        "limits: { active: { total: 4 } }\njobs:\n  a: { matrix: { n: [0, 1, 2, 3, 4, 5, 6, 7, 8] }, wait: true }\n",
    );
    let mut queue = Queue::new(&requests, OrdinalSet::default(), warm_up(2));
    assert_eq!(gone(&mut queue, at(0)).len(), 4);
    queue.set_active(5);
    assert_eq!(gone(&mut queue, at(0)).len(), 0, "they wait for a first answer");
    queue.lost(&folder(), at(0));
    queue.set_active(4);
    assert_eq!(gone(&mut queue, at(600)).len(), 0);
    assert_eq!(gone(&mut queue, at(30_000)).len(), 0, "there is no room");
    hear(&mut queue, &LaunchProgress::NotStarted { ordinal: Ordinal(0), verdict: Verdict::Unknown }, at(30_000));
    assert_eq!(gone(&mut queue, at(30_000)).len(), 1);
}

#[test]
fn what_waits_for_an_answer_of_a_folder_that_is_closed_is_handed_out_to_be_dropped() {
    let mut queue = Queue::new(&Ten, OrdinalSet::default(), warm_up(1));
    assert_eq!(taken(&mut queue, at(0)), [0, 2, 3, 4]);
    queue.close(&folder());
    assert_eq!(taken(&mut queue, at(0)), [5, 6, 7, 8, 9]);
}
