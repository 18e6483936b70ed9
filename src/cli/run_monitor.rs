//! What monitoring is told of a run: its figures, by `--metrics FILE`, while it goes on and at its end; its spans, where a collector is
//! named.
//!
//! In: the ledger, and the requests that this process sent. Out: a file that is whole at any moment. Never: replaces a file that is
//! not sortie's own; a reader of the folder never sees half of one.

#[cfg(feature = "otlp")]
mod trace_export;

use std::cell::Cell;
use std::fs::{self, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::connect::connector::RunConnector;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::clock::{SharedClock, Timestamp};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::totals::Totals;
use crate::ledger::{AnyStore, RunStore as _};
use crate::metrics::{FIRST_WORDS, RunMetrics};
use crate::report::delivery::ReportError;
use crate::run::{FinishedRun, RunCount, StoredRun};

/// Between two writings while a run goes on.
const BETWEEN_WRITINGS: Duration = Duration::from_secs(15);
/// Between two looks whether a run has begun.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Whom to tell, and of what.
pub(crate) struct RunMonitor<'a> {
    context: &'a CommandContext,
    connector: &'a RunConnector<'a>,
    clock: SharedClock,
    path: Option<&'a Path>,
    /// When the last success was before this run: read once, since the ledger's thread has more to do while launches are sent.
    earlier_success: Cell<Option<(RunId, Option<Timestamp>)>>,
}

/// Makes sure that `path` can be written, and replaces nothing but a file of metrics.
pub(crate) fn check_metrics(path: Option<&Path>, protected: &ProtectedPaths) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let refused = |why: String| {
        let words = format!(
            "--metrics `{}` {why}\n  help: give the metrics a file of their own, such as night.prom",
            path.display()
        );
        Err(Failure::with_message(ExitStatus::Usage, words))
    };
    if let Some(what) = protected.find(path) {
        return refused(format!("would replace {what}"));
    }
    match begins_as_metrics(path) {
        Ok(true) => {}
        Ok(false) => return refused("would replace a file that is no metrics file of sortie".to_owned()),
        Err(error) => return refused(format!("cannot be written: {error}")),
    }
    match fs::create_dir_all(folder_of(path)).and_then(|()| beside(path)) {
        Ok(_) => Ok(()),
        Err(error) => refused(format!("cannot be written: {error}")),
    }
}

impl<'a> RunMonitor<'a> {
    /// With a file of metrics at `path`, which was checked; `None`: none is written.
    pub(crate) fn new(
        context: &'a CommandContext,
        connector: &'a RunConnector<'a>,
        clock: &SharedClock,
        path: Option<&'a Path>,
    ) -> Self {
        Self { context, connector, clock: clock.clone(), path, earlier_success: Cell::new(None) }
    }

    /// Carries `work` out; while it goes on, the file is written every 15 s.
    pub(crate) async fn beside<T>(&self, store: &AnyStore, work: impl Future<Output = T>) -> T {
        match self.path {
            None => work.await,
            Some(path) => {
                tokio::select! {
                    biased;
                    done = work => done,
                    never = self.keep(store, path) => match never {},
                }
            }
        }
    }

    /// Tells of the end of `finished`, of which this command exits with `exit`; what it exits with then.
    pub(crate) async fn end<L>(&self, store: &AnyStore, finished: &FinishedRun<L>, exit: ExitStatus) -> ExitStatus {
        #[cfg(feature = "otlp")]
        trace_export::export(self.context, self.connector, &self.clock, store, finished).await;
        let Some(path) = self.path else { return exit };
        let metrics = async {
            let stored = StoredRun::read(store, finished.record.id).await?;
            let totals = match &finished.ended {
                Some(ended) => ended.totals,
                None => stored.totals(store).await?,
            };
            self.of(store, &stored, totals, Some(exit)).await
        };
        let written = match metrics.await {
            Ok(metrics) => write(path, &metrics.to_text()).map_err(|error| error.to_string()),
            Err(error) => Err(Failure::new(ExitStatus::Fault, &error).message.unwrap_or_default()),
        };
        match written {
            Ok(()) => exit,
            Err(words) => {
                self.context.console.say(&format!("error: metrics `{}` cannot be written: {words}", path.display()));
                exit.worse(ExitStatus::Report)
            }
        }
    }

    /// Writes it again and again.
    async fn keep(&self, store: &AnyStore, path: &Path) -> std::convert::Infallible {
        let (mut count, mut counted, mut has_complained) = (RunCount::default(), None, false);
        loop {
            self.clock.sleep(if counted.is_some() { BETWEEN_WRITINGS } else { BETWEEN_LOOKS }).await;
            let Some(run) = self.context.at_work.run() else { continue };
            if counted.replace(run) != Some(run) {
                // A slot that was missed came first.
                count = RunCount::default();
            }
            let written = match self.now(store, run, &mut count).await {
                Ok(metrics) => write(path, &metrics.to_text()).map_err(|error| error.to_string()),
                Err(error) => Err(Failure::new(ExitStatus::Fault, &error).message.unwrap_or_default()),
            };
            if let Err(words) = written
                && !std::mem::replace(&mut has_complained, true)
            {
                self.context.warn(&format!("metrics `{}` cannot be written: {words}", path.display()));
            }
        }
    }

    async fn now(&self, store: &AnyStore, run: RunId, count: &mut RunCount) -> Result<RunMetrics, ReportError> {
        let stored = StoredRun::read(store, run).await?;
        let totals = count.go_on(store, &stored).await?;
        self.of(store, &stored, totals, None).await
    }

    async fn of(
        &self,
        store: &AnyStore,
        stored: &StoredRun,
        totals: Totals,
        exit: Option<ExitStatus>,
    ) -> Result<RunMetrics, ReportError> {
        let record = &stored.record;
        let earlier = if let Some((_, at)) = self.earlier_success.get().filter(|(run, _)| *run == record.id) {
            at
        } else {
            let runs = store.runs_of(&record.tenant, &record.name, usize::MAX).await?;
            let ends = runs.into_iter().filter(|run| run.id != record.id).filter_map(|run| run.end);
            let at = ends.filter(|end| end.exit == ExitStatus::Success).map(|end| end.ended).max();
            self.earlier_success.set(Some((record.id, at)));
            at
        };
        let own = stored.end.filter(|end| end.exit == ExitStatus::Success).map(|end| end.ended);
        Ok(RunMetrics {
            name: record.name.clone(),
            run: record.id.to_string(),
            profile: record.profile.clone(),
            started: record.started,
            now: self.clock.utc(),
            end: stored.end,
            exit_code: exit.map(ExitStatus::code),
            totals,
            last_success: own.max(earlier),
            requests: self.connector.requests(),
        })
    }
}

/// Whether nothing is at `path`, or a file of metrics.
fn begins_as_metrics(path: &Path) -> io::Result<bool> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        metadata => metadata?,
    };
    if !metadata.is_file() {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    fs::File::open(path)?.take(FIRST_WORDS.len() as u64).read_to_end(&mut beginning)?;
    Ok(beginning.is_empty() || beginning == FIRST_WORDS.as_bytes())
}

/// Writes `text` beside `path` and renames it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A file beside `path`, as readable as any that the user makes: another program reads it. Its name ends in no `.prom`, by which
/// collectors look.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mode = Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".sortie-metrics-").permissions(mode).tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
