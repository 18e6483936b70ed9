//! A list that grows while it is read: when its end as of the scan's beginning was seen.
//!
//! While launches go on each page brings something new, and a scan that waits for a page without news ends only with them,
//! and takes every list that the run may read until then. In: robot jobs that were surely started after the scan began,
//! pages. Out: whether all that was there when it began must have come by, and when the next page is worth asking for.
//! Never: takes a time for that; what shows it is a robot job of ours, that stands in the list behind all others, with the
//! Reference and the `CreationTime` that it must have there.

use std::time::Duration;

use super::FolderSettler;
use super::growth::Growth;
use crate::clock::{Moment, Timestamp, later};
use crate::ids::{FolderRef, JobId};
use crate::job_list::text_hash::TextHash;
use crate::launch::settle::doubt::Knowledge;
use crate::orchestrator::{JobPage, ListedJob};

/// So much later than the scan began a robot job must have been sent that is to stand behind all that was there: hosts of one
/// server stamp by clocks of their own.
const SLACK: Duration = Duration::from_secs(10);
/// The first wait for more of a list that only grows; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const MAX_WAIT: Duration = Duration::from_secs(16);
/// Maximum robot jobs that are kept of one scan: one is enough.
const MAX_KEPT: usize = 4_096;

impl FolderSettler {
    /// An answer named `jobs`, of a launch that left at `sent` or later.
    pub(in crate::launch::settle) fn note_started(&mut self, jobs: impl Iterator<Item = JobId>, sent: Moment) {
        let Some(began) = self.scan.as_ref().map(|scan| scan.seen().began).filter(|began| sent > *began) else {
            return;
        };
        if self.growth.sent.len() >= MAX_KEPT {
            // Those that are too old to end the scan make room.
            self.growth.sent.retain(|_, sent| *sent >= began.after(SLACK));
        }
        if self.growth.sent.len() < MAX_KEPT {
            self.growth.sent.extend(jobs.map(|job| (job, sent)));
        }
    }

    /// What `page` shows of what came since the scan under way began, at `began`.
    pub(super) fn growth(&self, folder: &FolderRef, page: &JobPage, began: Moment, knowledge: Knowledge<'_>) -> Growth {
        // An answer may have named another's robot job: the list itself must show whose it is.
        let is_own = |listed: &&ListedJob| {
            let known = knowledge.jobs.of(folder).and_then(|jobs| jobs.get(listed.job.id));
            known.is_some_and(|known| known.is_intact(listed.reference.as_deref().map(TextHash::of)))
        };
        let is_news = |listed: &&ListedJob| self.growth.sent.contains_key(&listed.job.id);
        let mut news = page.jobs.iter().filter(is_own).filter(is_news).peekable();
        if news.peek().is_none() {
            return Growth::Unseen;
        }
        // An answer may also have been that of an earlier sending of the same launch, whose robot job is old: the list itself
        // must show when it was created, too.
        let border = self.border(began, knowledge).filter(|_| self.is_in_order(folder, knowledge));
        let is_behind = |listed: &ListedJob| {
            let sent = self.growth.sent.get(&listed.job.id);
            sent.is_some_and(|sent| *sent >= began.after(SLACK)) && listed.job.created() > border
        };
        if border.is_some() && news.any(is_behind) { Growth::Behind } else { Growth::Begun }
    }

    /// By the server's `CreationTime`: later than anything that a scan begun at `began` can prove the absence of. `None` if
    /// nothing tells.
    fn border(&self, began: Moment, knowledge: Knowledge<'_>) -> Option<Timestamp> {
        let doubts = self.doubts.values().map(|tracked| &tracked.doubt).filter(|doubt| doubt.last <= began);
        doubts
            .map(|doubt| {
                let under_way = Duration::try_from(doubt.last_utc.duration_since(doubt.sent.at)).unwrap_or_default();
                let latest = knowledge.clocks.latest_created(doubt.sent)?;
                Some(later(latest, under_way + began.since(doubt.last) + SLACK))
            })
            .try_fold(Timestamp::MIN, |border, latest| latest.map(|latest| border.max(latest)))
    }

    /// Whether what was created later is surely stamped later, too: no clock was seen to be set, and robot jobs show that from
    /// before each doubt on.
    fn is_in_order(&self, folder: &FolderRef, knowledge: Knowledge<'_>) -> bool {
        let jobs = knowledge.jobs.of(folder);
        let is_framed =
            |sent| jobs.is_some_and(|jobs| jobs.last_before(sent).is_some_and(|(_, job)| job.created().is_some()));
        self.census.is_none()
            && knowledge.clocks.are_steady(SLACK)
            && self.doubts.values().all(|tracked| tracked.doubt.taken_up.is_none() && is_framed(tracked.doubt.sent))
    }

    /// When more of a list is asked for that only grows; at once where the page was full.
    pub(super) fn wait_for_growth(&mut self, is_full: bool, now: Moment) {
        if is_full {
            return;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.growth.waits.min(8)).min(MAX_WAIT);
        self.growth.waits += 1;
        self.not_before = now.after(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TimePoint;
    use crate::ids::{AttemptNo, Digest, FolderId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
    use crate::launch::clocks::{Clocks, SendTime};
    use crate::launch::known_jobs::KnownJobs;
    use crate::launch::settle::doubt::{ConnectionEnd, DoubtPurpose, OpenDoubt};
    use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
    use crate::ledger::event::Intent;
    use crate::robot_job::RobotJob;

    const SETTLE: Duration = Duration::from_secs(120);

    fn folder() -> FolderRef {
        FolderRef::Id(FolderId(7))
    }

    fn point(seconds: u64) -> TimePoint {
        let midnight: Timestamp = "2026-01-31T00:00:00Z".parse().expect("a time");
        let span = Duration::from_secs(seconds);
        TimePoint { moment: Moment(span), utc: later(midnight, span) }
    }

    fn run() -> RunId {
        RunId::from_bytes([1; 16])
    }

    fn intent(launch: u32, sent: u64) -> Intent {
        let launch = LaunchId::from(format!("load/{launch}").as_str());
        Intent {
            attempt: AttemptNo::FIRST,
            reference: Reference::new(None, run(), &launch),
            launch,
            folder: folder(),
            release: ReleaseKey(uuid::Uuid::nil()),
            expected: ExpectedJobs::Exactly(1),
            on_ambiguous: AmbiguityPolicy::Resend,
            body_digest: Digest::of(b""),
            not_before: point(sent).utc,
            not_after: point(sent + 5).utc,
            server_ahead_ms: Some(0),
            clock_era: Some(point(0).utc),
        }
    }

    /// A run that sent launch 1 at second 10, which was answered; launch 2 at second 20, which is in doubt; and launch 3 at
    /// second 320, whose answer named robot job 103. A scan began at second 300.
    struct Scene {
        settler: FolderSettler,
        known: KnownJobs,
        clocks: Clocks,
    }

    impl Scene {
        /// `CreationTime` is so many hours ahead of the other two clocks.
        fn new(hours: u64) -> Self {
            let ahead = Duration::from_secs(hours * 3600);
            let (mut settler, mut known, mut clocks) =
                (FolderSettler::default(), KnownJobs::default(), Clocks::default());
            for (launch, id, sent) in [(1, 101, 10), (3, 103, 320)] {
                let created = later(point(sent).utc, ahead);
                let job = RobotJob { id: JobId(id), creation_time: Some(created.to_string()), ..RobotJob::default() };
                known.add(Ordinal(launch), &intent(launch, sent), &[job], Some(point(sent).moment));
                clocks.note_answer(created, point(sent).utc);
                clocks.note_sent(created, SendTime::of(&intent(launch, sent)));
            }
            let closed = ConnectionEnd::now(point(25), Some(0));
            let doubt = OpenDoubt::of(Ordinal(2), &intent(2, 20), DoubtPurpose::Settle, closed, point(25));
            settler.add(doubt, SETTLE);
            settler.growth.sent.insert(JobId(103), point(320).moment);
            Self { settler, known, clocks }
        }

        /// What is seen where the list shows robot job 103 with the Reference of `launch`, as created at second `created`.
        fn growth(&self, launch: u32, created: u64) -> Growth {
            let Self { settler, known: jobs, clocks } = self;
            let job =
                RobotJob { id: JobId(103), creation_time: Some(point(created).utc.to_string()), ..RobotJob::default() };
            let reference = Some(intent(launch, 0).reference.to_string());
            let page = JobPage {
                jobs: vec![ListedJob { job, reference, ..ListedJob::default() }],
                server_time: None,
                asked: 1_000,
            };
            settler.growth(&folder(), &page, point(300).moment, Knowledge { run: run(), settle: SETTLE, jobs, clocks })
        }
    }

    #[test]
    fn a_list_is_read_until_it_shows_what_was_created_after_its_scan_began() {
        let scene = Scene::new(0);
        assert_eq!(scene.growth(3, 320), Growth::Behind);
        assert_eq!(scene.growth(3, 311), Growth::Behind);
        assert_eq!(scene.growth(1, 320), Growth::Unseen, "it is another launch's, whatever its answer said");
    }

    #[test]
    fn an_old_robot_job_that_an_answer_named_once_more_ends_no_scan() {
        let scene = Scene::new(0);
        for created in [15, 144, 300, 309] {
            assert_eq!(scene.growth(3, created), Growth::Begun, "created at {created}");
        }
    }

    #[test]
    fn when_that_is_goes_by_the_clock_that_stamps_robot_jobs() {
        let (ahead, three_hours) = (Scene::new(3), 3 * 3600);
        assert_eq!(ahead.growth(3, three_hours + 320), Growth::Behind);
        assert_eq!(ahead.growth(3, three_hours + 305), Growth::Begun);
        assert_eq!(ahead.growth(3, 320), Growth::Begun, "it stands three hours before the rest");
    }

    #[test]
    fn nothing_ends_a_scan_where_nobody_knows_that_clock() {
        let scene = Scene { clocks: Clocks::default(), ..Scene::new(0) };
        assert_eq!(scene.growth(3, 320), Growth::Begun);
    }
}
