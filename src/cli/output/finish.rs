//! `on-finish`: whoever is to know is told that a run began or is over.
//!
//! In: the manifest's addresses and program, the run's end. Out: requests, a program that was run; on stderr what failed.
//! Never: changes how the run ended, or shows an address, which may be a secret.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use tokio::task::JoinHandle;

use crate::cli::context::CommandContext;
use crate::clock::{Moment, SharedClock};
use crate::exit::ExitStatus;
use crate::format::OnFinish;
use crate::orchestrator::base_url::Origin;
use crate::orchestrator::notification::{NotificationError, Notifier, origin_of};
use crate::report::Head;

/// Between two looks whether the program has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Maximum time for all of it once the run was interrupted: whoever sent the signal expects an end.
const MAX_INTERRUPTED: Duration = Duration::from_secs(5);

/// Whom to tell of one run, and how.
pub(crate) struct FinishNotices {
    wanted: OnFinish,
    route: NoticeRoute,
    clock: SharedClock,
    /// The request that says that it began.
    began: Option<JoinHandle<Result<(), String>>>,
}

/// How notifications leave.
pub(crate) struct NoticeRoute {
    /// Sends them; `None` if nothing leaves: a try in a sandbox is no run that anybody watches.
    pub(crate) notifier: Option<Arc<Notifier>>,
    /// Where they may go: the profile's `allowed-origins`.
    pub(crate) allowed: Vec<Origin>,
}

impl FinishNotices {
    /// Tells at once that the run has begun.
    pub(crate) fn begin(wanted: OnFinish, route: NoticeRoute, clock: SharedClock) -> Self {
        let mut notices = Self { wanted, route, clock, began: None };
        if let Some(address) = notices.wanted.start.clone() {
            notices.began = notices.request("start", address, None, notices.wanted.timeout()).map(tokio::spawn);
        }
        notices
    }

    /// Tells how the run ended: all at the same time, and within five seconds where it was interrupted.
    pub(crate) async fn end(mut self, context: &CommandContext, exit: ExitStatus, head: &Head, is_interrupted: bool) {
        let until = is_interrupted.then(|| self.clock.now().after(MAX_INTERRUPTED));
        if let Some(mut began) = self.began.take() {
            // First of all: a watchdog that hears of the end before the beginning waits for another end.
            let told = tokio::select! {
                told = &mut began => told.unwrap_or_else(|error| Err(format!("start: {error}"))),
                () = self.clock.sleep(self.left(until)) => Err("start: it was not answered in time".to_owned()),
            };
            began.abort();
            complain(context, told);
        }
        let mut head = serde_json::to_value(head).expect("a head holds only text and numbers");
        context.console.redactor().redact_output_value(&mut head);
        let head = head.to_string();
        let OnFinish { ping, success, failure, webhook, .. } = &self.wanted;
        let outcome = if exit == ExitStatus::Success { ("success", success) } else { ("failure", failure) };
        let calls = [("webhook", webhook, true), (outcome.0, outcome.1, false), ("ping", ping, false)];
        let timeout = self.left(until);
        let requests = calls.into_iter().filter_map(|(name, address, has_body)| {
            self.request(name, address.clone()?, has_body.then(|| head.clone()), timeout)
        });
        let program = async {
            match &self.wanted.command {
                Some(words) => self.run(context, words, &head, timeout).await,
                None => Ok(()),
            }
        };
        let (told, ran) = join(join_all(requests.collect::<Vec<_>>()), program).await;
        told.into_iter().chain([ran]).for_each(|told| complain(context, told));
    }

    /// How long each may take from now on, where all must be over at `until`.
    fn left(&self, until: Option<Moment>) -> Duration {
        let timeout = self.wanted.timeout();
        until.map_or(timeout, |until| timeout.min(until.since(self.clock.now())))
    }

    /// The request to `address`, which says what is wrong in words; `None` if nothing leaves.
    fn request(
        &self,
        name: &'static str,
        address: String,
        body: Option<String>,
        timeout: Duration,
    ) -> Option<impl Future<Output = Result<(), String>> + Send + 'static + use<>> {
        let notifier = self.route.notifier.clone()?;
        let origin = origin_of(&address);
        let is_allowed = origin.as_ref().is_some_and(|origin| self.route.allowed.contains(origin));
        let clock = self.clock.clone();
        Some(async move {
            let sent = match origin {
                None => Err(NotificationError::NotAnAddress),
                Some(origin) if !is_allowed => {
                    return Err(format!(
                        "{name}: `{origin}` is not among the profile's `allowed-origins`, and was not asked"
                    ));
                }
                Some(_) => notifier.send(&address, body, timeout, &*clock).await,
            };
            sent.map_err(|error| format!("{name}: {error}"))
        })
    }

    /// Runs the program with `head` on its standard input.
    async fn run(
        &self,
        context: &CommandContext,
        words: &[String],
        head: &str,
        timeout: Duration,
    ) -> Result<(), String> {
        let Some((program, arguments)) = words.split_first() else { return Ok(()) };
        if !context.runs_commands {
            return Ok(());
        }
        let mut command = Command::new(program);
        for name in context.logins.variables() {
            command.env_remove(name);
        }
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("command: `{program}` cannot be started: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            let head = head.to_owned();
            // A program that reads nothing must not hold anybody up.
            std::thread::spawn(move || drop(stdin.write_all(head.as_bytes())));
        }
        let ended = self.wait(&mut child, timeout).await;
        ended.map_err(|what| format!("command: `{program}` {what}"))
    }

    async fn wait(&self, child: &mut Child, timeout: Duration) -> Result<(), String> {
        let until = self.clock.now().after(timeout);
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("ended with {status}")),
                Err(error) => return Err(format!("cannot be waited for: {error}")),
                Ok(None) if self.clock.now() >= until => {
                    // It may have ended by itself meanwhile.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("took longer than {} s, and was ended", timeout.as_secs()));
                }
                Ok(None) => self.clock.sleep(BETWEEN_LOOKS).await,
            }
        }
    }
}

fn complain(context: &CommandContext, told: Result<(), String>) {
    if let Err(words) = told {
        context.warn(&format!("on-finish: {words}; the run's exit code stays what it is"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, HandClock};

    #[test]
    fn all_of_it_is_over_within_five_seconds_where_the_run_was_interrupted() {
        let clock = HandClock::at("2026-01-31T00:00:00Z".parse().expect("a time"));
        let wanted = OnFinish::default();
        let route = NoticeRoute { notifier: None, allowed: Vec::new() };
        let notices = FinishNotices::begin(wanted, route, Arc::new(clock.clone()));
        let until = clock.now().after(MAX_INTERRUPTED);
        assert_eq!(notices.left(None), notices.wanted.timeout());
        assert_eq!(notices.left(Some(until)), Duration::from_secs(5));
        clock.advance(Duration::from_secs(4));
        assert_eq!(notices.left(Some(until)), Duration::from_secs(1));
        clock.advance(Duration::from_secs(4));
        assert_eq!(notices.left(Some(until)), Duration::ZERO);
    }
}
