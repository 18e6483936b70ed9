//! Whether an answer is the answer to what was sent.
//!
//! Between us and the server stand gateways that may repeat an answer, or hand out somebody else's. In: the robot jobs
//! that an answer names, the request, whose robot jobs are known, and when the request's can have been created. Out:
//! whether they are the request's, or why that is in doubt. Never: asks anybody. Source: `docs/exactly-once.md`, row 4.

use crate::clock::Timestamp;
use crate::ids::{JobId, ReferenceMark};
use crate::launch::clocks::{Basis, CreationEstimate};
use crate::launch::known_jobs::KnownJobs;
use crate::orchestrator::ListedJob;
use crate::resolve::Request;

/// An answer that names the request's own robot jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::launch) enum Claim {
    /// As they were asked for, as far as the answer shows.
    Intact,
    /// This one has a Reference that names the launch in another form than was sent.
    Changed(JobId),
    /// This one shows no Reference, and a `CreationTime` before the request was sent, by all that is known of the clocks:
    /// it is another run's, or a clock was set.
    Earlier(JobId, Timestamp),
}

/// Whether `jobs` are the robot jobs of `request`, which can have been created since `reading`, after `latest`, the robot
/// job of the greatest id that was known before. Errors: why that is in doubt, as a sentence without its end.
pub(in crate::launch) fn check(
    jobs: &[ListedJob],
    request: &Request,
    known: &KnownJobs,
    reading: CreationEstimate,
    latest: Option<JobId>,
) -> Result<Claim, String> {
    let mut claim = Claim::Intact;
    for ListedJob { job, reference, .. } in jobs {
        let JobId(id) = job.id;
        if id <= 0 {
            return Err(format!("the answer names robot job {id}, and no robot job has such a number"));
        }
        if known.owner(job.id).is_some_and(|owner| owner != request.ordinal) {
            return Err(format!("the answer names robot job {id}, which belongs to another launch of this run"));
        }
        let Some(shown) = reference.as_deref().filter(|text| !text.trim().is_empty()) else {
            if latest.is_some_and(|latest| job.id <= latest) {
                return Err(format!(
                    "the answer names robot job {id} without a Reference, and later ones were there before this launch was sent"
                ));
            }
            let created = job.created();
            let is_earlier = |created: &Timestamp| reading.basis == Basis::Learnt && *created < reading.opening();
            if let Some(created) = created.filter(is_earlier) {
                claim = Claim::Earlier(job.id, created);
            }
            continue;
        };
        if shown == request.reference.as_str() {
            continue;
        }
        if ReferenceMark::find(shown) != ReferenceMark::find(request.reference.as_str()) {
            return Err(format!("the answer names robot job {id} with another Reference than was sent"));
        }
        // One robot job that may be another run's puts the whole answer in doubt, whatever the others show.
        if claim == Claim::Intact {
            claim = Claim::Changed(job.id);
        }
    }
    Ok(claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AttemptNo, Digest, FolderId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
    use crate::launch::clocks::{Clocks, SendTime};
    use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
    use crate::ledger::event::Intent;
    use crate::robot_job::RobotJob;

    fn request(ordinal: u32) -> Request {
        let launch = LaunchId::from(format!("job-{ordinal}").as_str());
        Request {
            ordinal: Ordinal(ordinal),
            reference: Reference::new(Some("Pay"), RunId::from_bytes([1; 16]), &launch),
            launch,
            folder: FolderRef::Id(FolderId(7)),
            release: ReleaseKey(uuid::Uuid::nil()),
            expected: ExpectedJobs::Exactly(1),
            on_ambiguous: AmbiguityPolicy::Resend,
            body: "".into(),
        }
    }

    fn listed(id: i64, reference: Option<String>) -> ListedJob {
        ListedJob { job: RobotJob { id: JobId(id), ..RobotJob::default() }, reference, ..ListedJob::default() }
    }

    fn known(request: &Request, id: i64) -> KnownJobs {
        let intent = Intent {
            attempt: AttemptNo::FIRST,
            launch: request.launch.clone(),
            reference: request.reference.clone(),
            folder: request.folder.clone(),
            release: request.release,
            expected: request.expected,
            on_ambiguous: request.on_ambiguous,
            body_digest: Digest::of(b""),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            server_ahead_ms: None,
            clock_era: None,
        };
        let mut known = KnownJobs::default();
        known.add(request.ordinal, &intent, &[listed(id, None).job], None);
        known
    }

    /// Of a request that was sent at noon, to a server whose clocks are known to agree.
    fn reading() -> CreationEstimate {
        let noon = "2026-01-31T12:00:00Z".parse().expect("a time");
        let mut clocks = Clocks::default();
        clocks.note_answer(noon, noon);
        clocks.created(SendTime { at: noon, ahead_ms: Some(0), era: None })
    }

    #[test]
    fn a_robot_job_without_a_reference_is_ours_only_if_it_is_new() {
        let request = request(1);
        let cases = [
            (None, None, false),
            (Some("2026-01-31T12:00:00Z"), None, false),
            (Some("2026-01-31T11:51:00Z"), None, false),
            (Some("2026-01-31T11:49:00Z"), None, true),
            (Some("2025-01-31T11:49:00Z"), None, true),
            (Some("2025-01-31T11:49:00Z"), Some(request.reference.to_string()), false),
        ];
        for (creation_time, reference, is_earlier) in cases {
            let mut job = listed(1002, reference);
            job.job.creation_time = creation_time.map(Into::into);
            let claim = check(&[job], &request, &KnownJobs::default(), reading(), None);
            assert_eq!(matches!(claim, Ok(Claim::Earlier(..))), is_earlier, "{creation_time:?}: {claim:?}");
        }
    }

    #[test]
    fn an_old_robot_job_puts_an_answer_in_doubt_whatever_stands_beside_it() {
        let request = request(1);
        let mut old = listed(1002, None);
        old.job.creation_time = Some("2026-01-31T10:00:00Z".into());
        let changed = listed(1003, Some(request.reference.to_string().to_uppercase()));
        for jobs in [[old.clone(), changed.clone()], [changed, old]] {
            let claim = check(&jobs, &request, &KnownJobs::default(), reading(), None);
            assert!(matches!(claim, Ok(Claim::Earlier(JobId(1002), _))), "{claim:?}");
        }
    }

    #[test]
    fn a_robot_job_without_a_reference_has_a_greater_id_than_all_before() {
        let request = request(1);
        for (id, reference, latest, is_claimed) in [
            (1002, None, Some(1001), true),
            (1001, None, Some(1001), false),
            (900, None, Some(1001), false),
            (900, Some(request.reference.to_string()), Some(1001), true),
            (900, None, None, true),
        ] {
            let claim = check(&[listed(id, reference)], &request, &KnownJobs::default(), reading(), latest.map(JobId));
            assert_eq!(claim.is_ok(), is_claimed, "{id} after {latest:?}: {claim:?}");
        }
    }

    #[test]
    fn only_the_requests_own_robot_jobs_are_its_answer() {
        let (first, second) = (request(1), request(2));
        let known = known(&first, 1001);
        let own = |request: &Request| Some(request.reference.to_string());
        let intact = Ok(Claim::Intact);
        let cases = [
            (listed(1002, None), &second, intact),
            (listed(1002, Some(" ".to_owned())), &second, intact),
            (listed(1002, own(&second)), &second, intact),
            (listed(1001, own(&first)), &first, intact),
            (listed(1002, own(&second).map(|text| text.to_uppercase())), &second, Ok(Claim::Changed(JobId(1002)))),
            (listed(1001, None), &second, Err("belongs to another launch")),
            (listed(1002, own(&first)), &second, Err("with another Reference")),
            (listed(1002, Some("Pay".to_owned())), &second, Err("with another Reference")),
            (listed(0, None), &second, Err("no robot job has such a number")),
            (listed(-5, own(&second)), &second, Err("no robot job has such a number")),
        ];
        for (job, request, expected) in cases {
            let shown = format!("{job:?}");
            match (check(&[job], request, &known, reading(), None), expected) {
                (Err(why), Err(part)) => assert!(why.contains(part), "{shown}: {why}"),
                (claim, expected) => assert_eq!(claim, expected.map_err(str::to_owned), "{shown}"),
            }
        }
    }
}
