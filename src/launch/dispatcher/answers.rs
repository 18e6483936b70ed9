//! What an answer tells beside its class: whether it is the answer to what was sent, and how far the clocks are apart.

use std::time::Duration;

use super::{CLOCKS_APART_MS, CommittedIntent, Dispatcher};
use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::launch::claim::{self, Claim};
use crate::launch::clocks::{SendTime, creation_time};
use crate::launch::{Notice, RequestSource, TimePoint, later};
use crate::ledger::state::LaunchState;
use crate::orchestrator::ListedJob;
use crate::orchestrator::classify::AnswerClass;

/// Our own clock was set, and did not only run, if it is so far from where it should be.
const CLOCK_SET: Duration = Duration::from_secs(2);

impl<R: RequestSource> Dispatcher<'_, R> {
    pub(super) fn note_server_time(&mut self, server_time: Option<Timestamp>, now: TimePoint) {
        self.note_our_time(now);
        if let Some(time) = server_time {
            let ahead = time.duration_since(now.utc).as_millis();
            self.server_ahead_ms = i64::try_from(ahead).ok();
            self.clocks.note_date(time, now.utc, self.era.utc);
        }
    }

    /// Our own clock may be set at any moment: what was learnt beside it holds no longer then.
    pub(super) fn note_our_time(&mut self, now: TimePoint) {
        let expected = later(self.era.utc, now.moment.since(self.era.moment));
        if now.utc.duration_since(expected).unsigned_abs() >= CLOCK_SET {
            self.era = now;
            self.server_ahead_ms = None;
        }
    }

    /// `class`, in doubt where the answer is not the answer to what was sent, with the robot jobs that it named then; and
    /// what it tells of the server's clocks.
    pub(super) fn checked(
        &mut self,
        class: AnswerClass,
        server_time: Option<Timestamp>,
        ready: &CommittedIntent,
    ) -> (AnswerClass, Vec<JobId>) {
        let AnswerClass::Started(jobs) = class else { return (class, Vec::new()) };
        let attempts = self.outbox.state(ready.request.ordinal).and_then(LaunchState::attempts);
        let sent = SendTime::of(&attempts.expect("what was sent was intended").intent);
        let reading = self.clocks.surely_created(sent);
        let in_doubt = |why| {
            let named = jobs.iter().map(|listed| listed.job.id).collect();
            (AnswerClass::InDoubt { why, hold: None }, named)
        };
        match claim::check(&jobs, &ready.request, &self.known, reading, self.latest_before) {
            Err(why) => return in_doubt(why),
            Ok(Claim::Earlier(JobId(id), created)) => {
                // Clocks may be set, and windows must show what is created by them; but none is taken to be days wrong.
                if created >= reading.wide_opening() {
                    self.clocks.note_doubtful(created, sent, server_time);
                }
                return in_doubt(format!(
                    "the answer names robot job {id} without a Reference, created at {created}: before this launch was sent"
                ));
            }
            Ok(Claim::Changed(job)) => self.settler.changed(&ready.request.folder, job),
            Ok(Claim::Intact) => {}
        }
        let created = jobs.iter().find_map(|ListedJob { job, .. }| creation_time(job.creation_time.as_deref()?));
        if let Some((created, date)) = created.zip(server_time) {
            self.clocks.note_answer(created, date);
            self.tell_of_clocks();
        }
        (AnswerClass::Started(jobs), Vec::new())
    }

    /// Says once that the server's own clocks are far apart.
    fn tell_of_clocks(&mut self) {
        let apart = self.clocks.apart_ms().filter(|apart| apart.unsigned_abs() >= CLOCKS_APART_MS);
        if let Some(apart) = apart.filter(|_| !self.is_told_of_clocks) {
            self.is_told_of_clocks = true;
            self.outbox.tell(Notice::ClocksApart(apart));
        }
    }
}
