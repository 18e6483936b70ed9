//! `sortie run`: read, check, expand, connect, resolve, launch, report.

mod connect;
mod launching;

use std::sync::Arc;

use tokio::sync::watch;

use crate::cli::args::{self, PlanFormat};
use crate::cli::commands::{Context, block_on, plan as plan_command};
use crate::cli::failure::Failure;
use crate::cli::report_files::ReportFiles;
use crate::cli::signals::{self, Signals};
use crate::cli::{inputs, manifest_files, secrets, stages};
use crate::clock::{SharedClock, SystemClock};
use crate::exit::ExitStatus;
use crate::plan;
use crate::source::Sources;

use connect::Whereto;
use launching::Launching;

pub(crate) fn run(context: &Context, flags: &args::Run) -> Result<ExitStatus, Failure> {
    if flags.dry {
        let format = match flags.format {
            args::Format::Text => PlanFormat::Text,
            args::Format::Json => PlanFormat::Json,
        };
        return plan_command::show(context, &flags.path, &flags.inputs, &flags.connection, format);
    }
    let Context { console, talk, .. } = context;
    let limits = launching::Overrides::of(flags)?;
    let mut sources = Sources::default();
    let spec = stages::spec(&mut sources, manifest_files::read(&flags.path)?);
    let spec = stages::or_complain(console, *talk, &sources, spec)?;
    let whereto = Whereto::of(context, flags)?;
    let inputs = inputs::gather(context, &flags.inputs, &mut sources, &spec, whereto.target())?;
    let plan = plan::expand(spec, &inputs, &mut sources);
    let plan = stages::or_complain(console, *talk, &sources, plan)?;
    if plan.is_empty() {
        console.say("there is nothing to launch");
        return Ok(ExitStatus::Success);
    }
    let reports = ReportFiles::prepare(&flags.reports)?;
    // Reading a secret may run a command: only once everything else is in order.
    let plan = secrets::reveal(context, &sources, plan, &flags.path)?;
    inputs::refuse_secrets(context, &inputs)?;
    block_on(async {
        let signals = Signals::listen().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let (first, interrupt) = watch::channel(None);
        let clock: SharedClock = Arc::new(SystemClock::new());
        let work = async {
            let terms = limits.over(plan.limits(), whereto.patience());
            let connected = whereto.connect(context, flags, &plan, &terms, &clock)?;
            // Connecting has read the profile's own secrets.
            inputs::refuse_secrets(context, &inputs)?;
            let launching = Launching { context, flags, sources: &sources, connected: &connected, terms, clock };
            launching.carry_out(plan, &inputs, interrupt, reports).await
        };
        tokio::select! {
            biased;
            done = work => done,
            // Whoever asks twice does not want to wait. Intents without an outcome are in the ledger, as after a crash.
            second = signals.second(first) => {
                console.set_live_line(None);
                Err(Failure::said(signals::exit(second), "left at once; what was under way is in doubt, and in the ledger"))
            }
        }
    })
}
