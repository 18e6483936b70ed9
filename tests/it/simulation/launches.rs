//! What is launched in the simulation, and under which terms.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use sortie::format::{Retry, WaitLimits};
use sortie::ids::{FolderId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch::{
    LaunchSettings, Proof, RecountScope, RequestSource, ResendPolicy, RunOrigin, Search, SendMode, WaitOverride,
    WaitPlan,
};
use sortie::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use sortie::pace::Pace;
use sortie::resolve::Request;
use sortie::spec::JobFollowUp;
use sortie::wait::SingleJobs;

pub const RELEASE: uuid::Uuid = uuid::Uuid::from_u128(0x5b75_4c63_5d1a_4c37_bb9b_74b6_9e49_34bf);

pub fn run_id() -> RunId {
    RunId::from_bytes([1; 16])
}

/// Terms under which nothing waits for its pace.
pub fn terms() -> LaunchSettings {
    let some = |n| NonZeroU32::new(n).unwrap();
    LaunchSettings {
        pace: Pace::new(some(1_000_000), Duration::from_secs(1), some(1000)),
        concurrency: NonZeroUsize::new(16).unwrap(),
        poll: Pace::at_most(some(60), Duration::from_secs(60)),
        list_ration: Pace::at_most(some(100), Duration::from_secs(60)),
        settle: Duration::from_secs(120),
        attempt: Duration::from_secs(60),
        resends: ResendPolicy::AsAsked,
        sending: SendMode::On,
        counting: RecountScope::Resent,
        wait: WaitOverride::default(),
        single_jobs: SingleJobs::Free,
        seed: 7,
    }
}

/// `count` launches named `job-0`, `job-1`, ..., in folder 7 or as `folder` says, each of `jobs` robot jobs.
pub struct Launches {
    pub count: u32,
    pub folder: fn(u32) -> i64,
    pub jobs: fn(u32) -> u32,
    pub on_ambiguous: AmbiguityPolicy,
    /// The author's own text in a launch's Reference.
    pub author: fn(u32) -> Option<&'static str>,
    /// When robot jobs that faulted are started again.
    pub retry: Option<Retry>,
}

impl Launches {
    pub fn of(count: u32) -> Self {
        Self { count, folder: |_| 7, jobs: |_| 1, on_ambiguous: AmbiguityPolicy::Resend, author: |_| None, retry: None }
    }
}

impl RequestSource for Launches {
    fn count(&self) -> u32 {
        self.count
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        let launch = LaunchId::from(format!("job-{}", ordinal.0).as_str());
        let reference = Reference::new((self.author)(ordinal.0), run_id(), &launch);
        let jobs = (self.jobs)(ordinal.0);
        let start_info = serde_json::json!({
            "ReleaseKey": RELEASE,
            "Strategy": "ModernJobsCount",
            "JobsCount": jobs,
            "Reference": reference.as_str(),
        });
        Request {
            ordinal,
            folder: FolderRef::Id(FolderId((self.folder)(ordinal.0))),
            release: ReleaseKey(RELEASE),
            reference,
            launch,
            expected: ExpectedJobs::Exactly(jobs),
            on_ambiguous: self.on_ambiguous,
            body: serde_json::json!({ "startInfo": start_info }).to_string().into(),
        }
    }

    fn retry_terms(&self, _: Ordinal) -> Option<Retry> {
        self.retry.clone()
    }

    fn may_retry(&self) -> bool {
        self.retry.is_some()
    }

    /// Nothing is waited for, unless the settings rule over it.
    fn wait_plan(&self) -> WaitPlan {
        let retry = self.retry.clone();
        let wait = retry.is_some().then(WaitLimits::default);
        WaitPlan::new(&[JobFollowUp { wait, retry, ..JobFollowUp::default() }], Vec::new())
    }
}

/// What a resumed run looks for that was begun at `begun`.
pub fn since(begun: &str) -> Search {
    let since = RunOrigin::Own.since(begun.parse().unwrap(), Duration::from_secs(600));
    Search { since, proof: Proof::Unneeded }
}
