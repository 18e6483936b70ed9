//! The course of one request: what a fault does to it, when its work is done, and its line in the record.
//!
//! In: a request, read. Out: what is said, after the waits that a fault puts in. Work that is put off is done whenever
//! the state is next looked at, under the time at which it was due: nobody can tell the difference, and a client that
//! leaves does not prevent it.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use tokio::sync::oneshot;

use super::dispatch::dispatch;
use super::endpoint::Endpoint;
use super::reply::{Said, reply};
use super::target::Target;
use super::{Answer, Call, Live, Shared, admission};
use crate::clock::{Moment, SharedClock, Timestamp};
use crate::faults::picker::Stage;
use crate::faults::{Create, Fault, Reply, Then, Tokens};
use crate::record::{Received, kept};
use crate::refusal::Refusal;
use crate::tenant::start::Departure;

/// A request that arrived.
pub(super) struct Ask {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) target: Option<Target>,
    /// When its head was there.
    pub(super) arrived: (Moment, Timestamp),
}

/// Work that is put off.
pub(super) struct Later {
    due: Moment,
    ask: Ask,
    /// The request's number in the record.
    number: u64,
    fault: Fault,
    /// Whoever waits for the answer; none where another one was given at once.
    teller: Option<oneshot::Sender<Said>>,
}

/// What is to be waited for before something is said.
enum Course {
    /// This moment.
    Say(Said, Moment),
    /// Put-off work, due at the first moment; then the second one.
    Await(oneshot::Receiver<Said>, Moment, Moment),
}

/// When a request's work is done.
enum Work {
    Never,
    Now,
    /// Put off by so much.
    Later(Duration),
    /// The same, and the answer with it.
    Stalled(Duration),
}

impl Ask {
    pub(super) fn new(parts: Parts, clock: &SharedClock) -> Self {
        let target = Target::parse(parts.uri.path(), parts.uri.query().unwrap_or_default());
        Self { parts, body: Bytes::new(), target, arrived: (clock.now(), clock.utc()) }
    }

    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        self.target.as_ref().map(|target| target.endpoint)
    }

    /// When something is said, where `fault` stalls it.
    fn answered(&self, fault: &Fault) -> Moment {
        self.arrived.0.after(fault.stall_before).after(fault.stall_after)
    }

    /// Path and query, as sent.
    pub(super) fn address(&self) -> &str {
        self.parts.uri.path_and_query().map_or("", |address| address.as_str())
    }
}

impl Work {
    fn of(fault: &Fault) -> Self {
        match fault.create {
            // A claim has to know what was asked for.
            Create::Nothing if fault.reply != Reply::Claim => Self::Never,
            Create::Later(span) => Self::Later(span),
            Create::Nothing | Create::AsAsked | Create::Fewer(_) | Create::Twice if fault.stall_before.is_zero() => {
                Self::Now
            }
            Create::Nothing | Create::AsAsked | Create::Fewer(_) | Create::Twice => Self::Stalled(fault.stall_before),
        }
    }
}

/// How the robot jobs of a start differ from those asked for.
fn departure(fault: &Fault) -> Departure {
    let fewer = match fault.create {
        Create::Nothing => usize::MAX,
        Create::Fewer(fewer) => usize::try_from(fewer).unwrap_or(usize::MAX),
        Create::AsAsked | Create::Twice | Create::Later(_) => 0,
    };
    Departure { fewer, again: fault.create == Create::Twice, unlisted_for: fault.unlisted_for }
}

/// Lets a request take its course.
pub(super) async fn follow(shared: &Shared, ask: Ask) -> Said {
    let course = begin(shared, ask);
    match course {
        Course::Say(said, when) => {
            shared.wait_until(when).await;
            said
        }
        Course::Await(mut told, due, when) => {
            shared.wait_until(due).await;
            // Looking does what is due.
            drop(shared.live());
            shared.wait_until(when).await;
            // Nobody has told anything where the sandbox ends before that.
            told.try_recv().unwrap_or(Said::Nothing(Then::Close))
        }
    }
}

fn begin(shared: &Shared, ask: Ask) -> Course {
    let mut live = shared.live();
    let at = (ask.arrived.0, shared.clock.utc());
    let fault = shared.pick(&mut live, &ask, Stage::Whole);
    let number = live.note(&ask, fault.as_ref());
    let Some(fault) = fault else {
        let done = live.admit(&ask).and_then(|()| live.work(&ask, number, Departure::default(), at));
        let said = Said::Whole(done.unwrap_or_else(|refusal| Answer::refused(&refusal, number)));
        return Course::Say(live.say(number, said), ask.arrived.0);
    };
    if fault.tokens == Tokens::Expire {
        live.tokens.expire();
    }
    let work = Work::of(&fault);
    let admitted = match work {
        Work::Never => Ok(()),
        Work::Now | Work::Later(_) | Work::Stalled(_) => live.admit(&ask),
    };
    let done = match (work, admitted) {
        (Work::Never, Ok(())) => None,
        (Work::Now, Ok(())) => Some(live.work(&ask, number, departure(&fault), at)),
        (_, Err(refusal)) => Some(Err(refusal)),
        (Work::Later(span), Ok(())) => return live.put_off(span, None, ask, number, fault),
        (Work::Stalled(span), Ok(())) => return live.put_off(span, Some(oneshot::channel()), ask, number, fault),
    };
    let said = reply(&fault, done, ask.endpoint(), number);
    Course::Say(live.say(number, said), ask.answered(&fault))
}

impl Shared {
    /// Waits by the sandbox's clock, but not beyond the sandbox's end.
    pub(super) async fn wait_until(&self, moment: Moment) {
        if self.clock.now() < moment {
            tokio::select! {
                () = self.clock.sleep_until(moment) => {}
                () = self.stopping.clone().wait() => {}
            }
        }
    }
}

impl Live {
    /// Puts the request's work off by `span`; without a channel it is answered meanwhile.
    fn put_off(
        &mut self,
        span: Duration,
        channel: Option<(oneshot::Sender<Said>, oneshot::Receiver<Said>)>,
        ask: Ask,
        number: u64,
        fault: Fault,
    ) -> Course {
        let (due, when) = (ask.arrived.0.after(span), ask.answered(&fault));
        let (teller, told) = channel.unzip();
        let course = match told {
            Some(told) => Course::Await(told, due, when),
            None => Course::Say(self.say(number, reply(&fault, None, ask.endpoint(), number)), when),
        };
        self.later.push(Later { due, ask, number, fault, teller });
        course
    }

    /// Does all put-off work that is due by now, in the order in which it was due.
    pub(super) fn catch_up(&mut self, clock: &SharedClock) {
        if self.later.is_empty() {
            return;
        }
        let (now, utc) = (clock.now(), clock.utc());
        self.later.sort_by_key(|later| (later.due, later.number));
        let rest = self.later.split_off(self.later.partition_point(|later| later.due <= now));
        for Later { due, ask, number, fault, teller } in std::mem::replace(&mut self.later, rest) {
            let at = utc.saturating_sub(now.since(due)).unwrap_or(utc);
            let done = self.work(&ask, number, departure(&fault), (due, at));
            if let Some(teller) = teller {
                let said = reply(&fault, Some(done), ask.endpoint(), number);
                // A client that has left is told nothing.
                teller.send(self.say(number, said)).ok();
            }
        }
    }

    /// Writes the request's line, without its answer; returns its number.
    pub(super) fn note(&mut self, ask: &Ask, fault: Option<&Fault>) -> u64 {
        let number = self.record.next();
        let authorization = ask.parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let bearer = self.tokens.name(authorization);
        self.record.push(Received {
            number,
            at: ask.arrived.1,
            moment: ask.arrived.0,
            operation: ask.endpoint().map_or("", Endpoint::name),
            method: ask.parts.method.to_string(),
            target: match ask.endpoint() {
                // Its query is a secret.
                Some(Endpoint::Blob(_)) => ask.parts.uri.path().to_owned(),
                Some(_) | None => ask.address().to_owned(),
            },
            headers: kept(&ask.parts.headers, &bearer),
            body: match ask.endpoint().filter(|endpoint| endpoint.keeps_body()) {
                Some(_) => String::from_utf8_lossy(&ask.body).into_owned(),
                None => String::new(),
            },
            status: 0,
            error_code: None,
            created: Vec::new(),
            fault: fault.map(Fault::name),
        });
        number
    }

    /// Refuses what may not come in.
    fn admit(&self, ask: &Ask) -> Result<(), Refusal> {
        match &ask.target {
            None => admission::host(&ask.parts.headers).and(Err(Refusal::no_such_path())),
            Some(target) => {
                let (now, utc) = ask.arrived;
                let departure = Departure::default();
                let call = Call { parts: &ask.parts, target, body: &ask.body, now, utc, departure };
                admission::admit(&call, self).map_err(|refusal| refusal.switched(&self.tenant.switches))
            }
        }
    }

    /// Does what the request asks for, and notes what it created.
    fn work(
        &mut self,
        ask: &Ask,
        number: u64,
        departure: Departure,
        (now, utc): (Moment, Timestamp),
    ) -> Result<Answer, Refusal> {
        let target = ask.target.as_ref().ok_or_else(Refusal::no_such_path)?;
        let call = Call { parts: &ask.parts, target, body: &ask.body, now, utc, departure };
        let answer = dispatch(&call, self).map_err(|refusal| refusal.switched(&self.tenant.switches))?;
        if let Some(line) = self.record.get_mut(number) {
            line.created.clone_from(&answer.created);
        }
        Ok(answer)
    }

    /// Notes what is said, and hands it on.
    fn say(&mut self, number: u64, said: Said) -> Said {
        if let Some(line) = self.record.get_mut(number) {
            let answer = said.answer().map(|answer| (answer.status, answer.error_code));
            (line.status, line.error_code) = answer.unwrap_or_default();
        }
        said
    }
}
