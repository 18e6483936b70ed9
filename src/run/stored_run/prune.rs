//! Which runs of a ledger nobody needs any more, and why the others stay.
//!
//! In: a ledger, and a moment. Out: runs that ended before it and can be taken out, and a reason for each other old one.
//! Never: takes anything out.
//!
//! A promise that reads earlier runs keeps them: see `docs/commands.md`, pruning.

use std::collections::{BTreeMap, BTreeSet};

use super::StoredRun;
use super::status::RunStatus;
use crate::clock::Timestamp;
use crate::ids::{RunId, fold_tenant};
use crate::ledger::{PrunedRun, RunSummary, Store};
use crate::report::delivery::ReportError;

/// Why an old run stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptReason {
    /// A process is at it, or something is left to do in it.
    Open,
    /// It is the newest of its manifest, or of its latest slot: missed slots are counted from it.
    Newest,
    /// Its manifest says `once`, which reads every earlier run.
    Once,
    /// It is of a chain of reruns of which another run stays.
    Chain,
    /// The run of an earlier slot stays, so that its slot would count as missed.
    Slots,
    /// Its tenant is spelled as an older sortie did.
    Spelling,
    /// What it was made of cannot be read, so that nobody can tell what needs it.
    Unread,
}

impl KeptReason {
    /// Its word, for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Newest => "newest",
            Self::Once => "once",
            Self::Chain => "chain",
            Self::Slots => "slots",
            Self::Spelling => "spelling",
            Self::Unread => "unread",
        }
    }

    /// In words, behind `N runs are kept: `.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "something is left to do in them, or a process is at them",
            Self::Newest => "each is the newest of its manifest, or of its latest slot",
            Self::Once => "their manifest says `once`, which reads earlier runs",
            Self::Chain => "a rerun of them, or what they rerun, is kept",
            Self::Slots => "the run of an earlier slot is kept, and theirs would count as missed",
            Self::Spelling => "their tenant is spelled as an older sortie did",
            Self::Unread => "what they were made of cannot be read",
        }
    }
}

/// What pruning would do.
#[derive(Debug, Default)]
pub struct PruneChoice {
    /// Runs that nobody needs any more, oldest first.
    pub gone: Vec<(RunSummary, PrunedRun)>,
    /// Old runs that stay, and why.
    pub kept: Vec<(RunSummary, KeptReason)>,
}

/// A run, and what pruning must know of it.
struct PruneCandidate {
    summary: RunSummary,
    /// Whose run of what it is: tenant and manifest.
    of: (String, String),
    pruned: PrunedRun,
    reason: Option<KeptReason>,
}

/// Chooses among the runs of `store` that ended before `before`.
///
/// Errors: the ledger cannot be read.
pub async fn choose_prunable<S: Store>(store: &S, before: Timestamp) -> Result<PruneChoice, ReportError> {
    let mut choice = PruneChoice::default();
    let mut candidates = Vec::new();
    let (mut links, mut once) = (Vec::new(), BTreeSet::new());
    // By tenant and manifest: the newest run, and the one of the latest slot.
    let mut newest: BTreeMap<(String, String), RunId> = BTreeMap::new();
    let mut latest: BTreeMap<(String, String), (String, RunId)> = BTreeMap::new();
    // Newest first.
    for summary in store.find_runs("", usize::MAX).await? {
        let stored = StoredRun::read(store, summary.id).await?;
        let of = (fold_tenant(&stored.record.tenant), summary.name.clone());
        newest.entry(of.clone()).or_insert(summary.id);
        if let Some(slot) = &summary.slot
            && latest.get(&of).is_none_or(|(known, _)| known < slot)
        {
            latest.insert(of.clone(), (slot.clone(), summary.id));
        }
        links.extend(stored.successor().map(|by| (summary.id, by)));
        let source = stored.snapshot.as_ref().and_then(|snapshot| snapshot.rerun_of);
        links.extend(source.map(|source| (source, summary.id)));
        // More than is needed stays where the word is in a comment, and nothing less than that.
        let may_say_once = |text: &str| text.contains("once") || text.contains('\\');
        if stored.snapshot.as_ref().is_some_and(|snapshot| may_say_once(&snapshot.inputs.text)) {
            once.insert(summary.name.clone());
        }
        let Some(end) = stored.end.filter(|end| end.ended < before) else {
            // Young runs are nobody's concern; old ones without an end are.
            if stored.end.is_none() && summary.started < before {
                choice.kept.push((summary, KeptReason::Open));
            }
            continue;
        };
        let reason = match stored.status(store).await? {
            RunStatus::Running
            | RunStatus::Paused
            | RunStatus::Cancelled
            | RunStatus::CutOff
            | RunStatus::Unfinished => Some(KeptReason::Open),
            RunStatus::Imported => None,
            RunStatus::Finished | RunStatus::Skipped | RunStatus::Superseded if stored.snapshot.is_none() => {
                Some(KeptReason::Unread)
            }
            // Its id was made of another spelling than a start of today makes.
            RunStatus::Finished | RunStatus::Skipped | RunStatus::Superseded => {
                (of.0 != stored.record.tenant).then_some(KeptReason::Spelling)
            }
        };
        let (notes, keeps_id) = (stored.notes.len(), !stored.record.is_imported());
        let pruned = PrunedRun { id: summary.id, end, notes, chain: source.unwrap_or(summary.id), keeps_id };
        candidates.push(PruneCandidate { summary, of, pruned, reason });
    }
    for PruneCandidate { summary, of, pruned, reason } in candidates {
        let is_base =
            newest.get(&of) == Some(&summary.id) || latest.get(&of).is_some_and(|(_, run)| *run == summary.id);
        let reason = reason.or(if summary.is_imported {
            None
        } else if once.contains(&summary.name) {
            Some(KeptReason::Once)
        } else {
            is_base.then_some(KeptReason::Newest)
        });
        match reason {
            Some(reason) => choice.kept.push((summary, reason)),
            None => choice.gone.push((summary, pruned)),
        }
    }
    loop {
        let count = choice.gone.len();
        keep_chains(&mut choice, &links);
        keep_later_slots(&mut choice);
        if choice.gone.len() == count {
            break;
        }
    }
    name_chains(&mut choice, &links);
    choice.gone.reverse();
    choice.kept.reverse();
    Ok(choice)
}

/// Of a chain of reruns all go, or none.
fn keep_chains(choice: &mut PruneChoice, links: &[(RunId, RunId)]) {
    loop {
        let gone: BTreeSet<RunId> = choice.gone.iter().map(|(run, _)| run.id).collect();
        let stays = |id: RunId| {
            links
                .iter()
                .any(|(source, by)| (*source == id && !gone.contains(by)) || (*by == id && !gone.contains(source)))
        };
        let Some(at) = choice.gone.iter().position(|(run, _)| stays(run.id)) else { return };
        let (run, _) = choice.gone.remove(at);
        choice.kept.push((run, KeptReason::Chain));
    }
}

/// Of the slots of a manifest only those go that are before all that stay.
fn keep_later_slots(choice: &mut PruneChoice) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for (run, _) in &choice.kept {
        if let Some(slot) = &run.slot {
            let known = first.entry(run.name.clone()).or_insert_with(|| slot.clone());
            if slot < known {
                known.clone_from(slot);
            }
        }
    }
    for (run, pruned) in std::mem::take(&mut choice.gone) {
        let is_later = run.slot.as_ref().is_some_and(|slot| first.get(&run.name).is_some_and(|first| first < slot));
        if is_later && !run.is_imported {
            choice.kept.push((run, KeptReason::Slots));
        } else {
            choice.gone.push((run, pruned));
        }
    }
}

/// Gives all runs of a chain the first one's name.
fn name_chains(choice: &mut PruneChoice, links: &[(RunId, RunId)]) {
    let sources: BTreeMap<RunId, RunId> = links.iter().map(|(source, by)| (*by, *source)).collect();
    for (run, pruned) in &mut choice.gone {
        let (mut first, mut steps) = (run.id, 0);
        while let Some(source) = sources.get(&first).filter(|_| steps < sources.len()) {
            (first, steps) = (*source, steps + 1);
        }
        pruned.chain = first;
    }
}
