//! A command's way to the server of its run, for the service.

use std::cell::{OnceCell, RefCell};

use crate::cli::args::ConnectionArgs;
use crate::cli::connect::target::Target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::finish::NoticeRoute;
use crate::clock::SharedClock;
use crate::launch::LaunchSettings;
use crate::ledger::RunRecord;
use crate::orchestrator::{Client, RequestCount, RequestTally};
use crate::run::{ConnectError, Connector, LaunchDestination};

/// Leads to the target of a new run, or of a run of the ledger: by the profile that the flags name, else by its own.
pub(crate) struct RunConnector<'a> {
    context: &'a CommandContext,
    flags: &'a ConnectionArgs,
    target: OnceCell<Target>,
    /// What each client sent that was made.
    tallies: RefCell<Vec<RequestTally>>,
}

impl<'a> RunConnector<'a> {
    /// To `target`, where a new run is launched.
    pub(crate) fn to(context: &'a CommandContext, flags: &'a ConnectionArgs, target: Target) -> Self {
        Self { context, flags, target: OnceCell::from(target), tallies: RefCell::default() }
    }

    /// To wherever a run of the ledger was launched.
    pub(crate) fn to_run(context: &'a CommandContext, flags: &'a ConnectionArgs) -> Self {
        Self { context, flags, target: OnceCell::new(), tallies: RefCell::default() }
    }

    /// What to do where the server takes the login no more; `None` if nothing more is known than the server says.
    pub(crate) fn login_ended(&self) -> Option<String> {
        self.target.get()?.login_ended()
    }
}

impl RunConnector<'_> {
    /// The requests that were sent until now, by kind and status.
    pub(crate) fn requests(&self) -> Vec<RequestCount> {
        RequestTally::sum(&self.tallies.borrow())
    }

    /// How word of the run leaves.
    pub(crate) fn notice_route(&self) -> Result<NoticeRoute, Failure> {
        self.target.get().expect("a run has a target").notice_route(self.context)
    }
}

impl Connector for RunConnector<'_> {
    fn destination(&self, run: Option<&RunRecord>) -> Result<LaunchDestination, ConnectError> {
        if let (None, Some(record)) = (self.target.get(), run) {
            let target = Target::of_run(self.context, self.flags, record).map_err(connect_error)?;
            drop(self.target.set(target));
        }
        Ok(self.target.get().expect("a new run has a target from the start").destination())
    }

    fn client(&self, settings: &LaunchSettings, clock: &SharedClock) -> Result<Client, ConnectError> {
        let target = self.target.get().expect("a destination is asked for before a client");
        let client = target.client(self.context, settings, clock).map_err(connect_error)?;
        self.tallies.borrow_mut().push(client.requests().clone());
        Ok(client)
    }
}

fn connect_error(failure: Failure) -> ConnectError {
    ConnectError { exit: failure.exit, message: failure.message.unwrap_or_default() }
}
