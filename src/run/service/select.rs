//! RUN as somebody names it -> a run of the ledger: the beginning of its id, the name of its manifest, or `last`.

use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::{LedgerError, RunStore, RunSummary, is_skipped};

/// Maximum candidates that are named.
const MAX_NAMED_RUNS: usize = 10;

/// Minimum digits of an id that name a run which is to be changed.
const MIN_DECIDING: usize = 8;

/// Minimum length of the beginning of an id that is shown in place of the whole one.
const MIN_SHORT_ID: usize = 12;

/// Why no run is meant. The user's to fix.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The newest run of a ledger without runs.
    #[error("the ledger has no run yet")]
    Empty,
    /// It names nothing at all.
    #[error("RUN is the beginning of a run's id, the name of a manifest, or `last`")]
    NotAnId,
    /// No run begins so, and no manifest that was run has this name.
    #[error("the ledger has no run `{prefix}`{}", if newest.is_empty() { ", nor any other" } else { "" })]
    NoRun {
        /// What was asked for.
        prefix: String,
        /// The newest runs.
        newest: Vec<RunSummary>,
    },
    /// It is the beginning of a run's id, and the name of another run's manifest.
    #[error("`{prefix}` is the beginning of a run's id, and the name of a manifest that was run")]
    Both {
        /// What was asked for.
        prefix: String,
        /// The run that begins so, and the newest one of the manifest.
        runs: Vec<RunSummary>,
    },
    /// `last` is the newest run, and the name of a manifest whose newest run is another one.
    #[error("`last` is the newest run, and the name of a manifest that was run")]
    LastIsName {
        /// The newest run, and the newest one of the manifest.
        runs: Vec<RunSummary>,
    },
    /// So few digits are no proof of what is meant.
    #[error("`{prefix}` is too short to say which run is meant")]
    TooShort {
        /// What was asked for.
        prefix: String,
        /// The run that begins so.
        run: RunId,
    },
    /// Several runs begin so.
    #[error("several runs begin with `{prefix}`")]
    Several {
        /// What was asked for.
        prefix: String,
        /// The newest of them.
        runs: Vec<RunSummary>,
        /// Whether there are more.
        is_more: bool,
    },
}

impl SelectError {
    /// What to exit with.
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Ledger(_) => ExitStatus::Fault,
            Self::Empty
            | Self::NotAnId
            | Self::NoRun { .. }
            | Self::Both { .. }
            | Self::LastIsName { .. }
            | Self::TooShort { .. }
            | Self::Several { .. } => ExitStatus::Usage,
        }
    }

    /// What to write instead; `None` if nothing helps.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAnId => Some("`sortie runs` lists them".to_owned()),
            Self::NoRun { newest, .. } if !newest.is_empty() => Some(format!("the newest are\n{}", listed(newest))),
            Self::Several { runs, is_more, .. } => {
                let more = if *is_more { "\n    and more" } else { "" };
                Some(format!("write more of one of\n{}{more}", listed(runs)))
            }
            Self::TooShort { run, .. } => {
                Some(format!("`{run}` begins so: write {MIN_DECIDING} digits of it, or more"))
            }
            Self::Both { runs, .. } | Self::LastIsName { runs } => {
                Some(format!("write more of one of\n{}", listed(runs)))
            }
            Self::Ledger(_) | Self::Empty | Self::NoRun { .. } => None,
        }
    }
}

/// The run that `text` names: the newest one for `last`, the newest one of a manifest for its name; imported runs are meant by
/// their ids alone.
///
/// Errors, all usage but for the ledger's: none, or several.
pub async fn find_run<S: RunStore>(store: &S, text: &str) -> Result<RunId, SelectError> {
    if text == "last" {
        // Whoever says `last` means what was launched here.
        let newest = store.find_runs("", 1).await?;
        let newest =
            if newest.iter().any(|run| run.is_imported) { store.find_runs("", usize::MAX).await? } else { newest };
        return newest.iter().find(|run| !run.is_imported).map(|run| run.id).ok_or(SelectError::Empty);
    }
    if text.is_empty() {
        return Err(SelectError::NotAnId);
    }
    let prefix: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    let may_be_id = prefix.len() <= 32 && !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut begin_so = if may_be_id { store.find_runs(&prefix, MAX_NAMED_RUNS + 1).await? } else { Vec::new() };
    if let ([run], MIN_SHORT_ID..) = (begin_so.as_slice(), prefix.len()) {
        return Ok(run.id);
    }
    let runs = store.find_runs("", usize::MAX).await?;
    let named: Vec<&RunSummary> = runs.iter().filter(|run| run.name == text && !run.is_imported).collect();
    // A slot that was passed over is never meant while one that was begun is there: that may be the one that hangs.
    let mut of_name = named.first().copied();
    for run in named {
        if !is_skipped(&store.read_notes(run.id).await?) {
            of_name = Some(run);
            break;
        }
    }
    match (of_name, begin_so.as_slice()) {
        (None, []) => {
            let newest = runs.into_iter().take(3).collect();
            Err(SelectError::NoRun { prefix: if may_be_id { prefix } else { text.to_owned() }, newest })
        }
        (None, [run]) | (Some(run), []) => Ok(run.id),
        // Of whatever it is the beginning, the same run is meant.
        (Some(named), [run]) if named.id == run.id => Ok(run.id),
        (Some(named), [_, ..]) => {
            begin_so.retain(|run| run.id != named.id);
            begin_so.truncate(MAX_NAMED_RUNS);
            begin_so.push(named.clone());
            Err(SelectError::Both { prefix: text.to_owned(), runs: begin_so })
        }
        (None, [_, ..]) => {
            let is_more = begin_so.len() > MAX_NAMED_RUNS;
            begin_so.truncate(MAX_NAMED_RUNS);
            Err(SelectError::Several { prefix, runs: begin_so, is_more })
        }
    }
}

/// As [`find_run`], for what changes a run; the newest one where `text` is `None`. A few digits may be meant for the name of a
/// manifest that was never run here, and `last` for that of one.
pub async fn find_run_to_change<S: RunStore>(store: &S, text: Option<&str>) -> Result<RunId, SelectError> {
    let Some(text) = text else { return find_run(store, "last").await };
    let run = find_run(store, text).await?;
    if text == "last" {
        let runs = store.find_runs("", usize::MAX).await?;
        let named = runs.iter().find(|other| other.name == text && !other.is_imported && other.id != run);
        let newest = runs.iter().find(|newest| newest.id == run && newest.name != text);
        return match (newest, named) {
            (Some(newest), Some(named)) => Err(SelectError::LastIsName { runs: vec![newest.clone(), named.clone()] }),
            (_, _) => Ok(run),
        };
    }
    let digits: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    let is_named = !run.to_string().starts_with(&digits);
    if is_named || digits.len() >= MIN_DECIDING {
        return Ok(run);
    }
    let name = store.read_run(run).await?.0.name;
    if name == text { Ok(run) } else { Err(SelectError::TooShort { prefix: digits, run }) }
}

/// The shortest beginnings of ids by which runs are found, of at least twelve digits: those are the moment at which a run was
/// opened, to the millisecond, so that no later run begins so.
#[derive(Clone, Debug, Default)]
pub struct ShortIds(Vec<String>);

impl ShortIds {
    /// Among `runs`, which are all of a ledger.
    #[must_use]
    pub fn among(runs: &[RunSummary]) -> Self {
        let mut ids: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
        ids.sort_unstable();
        Self(ids)
    }

    /// As much of the id of `run` as finds it, and no other.
    #[must_use]
    pub fn of(&self, run: RunId) -> String {
        let whole = run.to_string();
        let at = self.0.partition_point(|id| *id < whole);
        let beside = at.checked_sub(1).into_iter().chain([at, at + 1]).filter_map(|index| self.0.get(index));
        let shared = beside
            .filter(|id| **id != whole)
            .map(|id| id.bytes().zip(whole.bytes()).take_while(|(one, other)| one == other).count());
        let length = shared.max().map_or(0, |shared| shared + 1).clamp(MIN_SHORT_ID, whole.len());
        whole[..length].to_owned()
    }
}

fn listed(runs: &[RunSummary]) -> String {
    let line = |run: &RunSummary| {
        let slot = run.slot.as_ref().map(|slot| format!(", slot {slot}")).unwrap_or_default();
        format!("    {}  {}{slot}, started {:.0}", run.id, escape(&run.name), run.started)
    };
    runs.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_is_as_long_as_it_takes_to_be_found_and_no_shorter_than_its_moment() {
        let ids = ["01a21f826ede7bc6", "01a21f826ede7bc7", "f0"].map(|begin| format!("{begin:0<32}"));
        let runs = ids.clone().map(|id| RunSummary {
            id: id.parse().expect("an id"),
            name: "m".to_owned(),
            slot: None,
            started: "2026-01-31T00:00:00Z".parse().expect("a moment"),
            launches: 1,
            is_imported: false,
            end: None,
        });
        let short = ShortIds::among(&runs);
        let found = runs.clone().map(|run| short.of(run.id));
        assert_eq!(found, ["01a21f826ede7bc6", "01a21f826ede7bc7", "f00000000000"]);
        assert_eq!(ShortIds::default().of(runs[0].id), "01a21f826ede");
    }
}
