//! What changes from one plan to another: which launches come, go, or are started otherwise, and field by field how.
//!
//! In: two plans and what tells their launches apart. Out: a [`PlanDiff`], and its forms. Pure: offline, and the same each time.
//! Never: holds a launch: 12 bytes for each that differs, and a bounded number of groups.

use serde_json::Value;

use crate::ids::Ordinal;
use crate::plan::LaunchMark;
use crate::secret::Redactor;

mod changed_fields;
mod forms;
mod groups;
mod moved_jobs;
mod side;

pub use changed_fields::{FieldChange, launch_fields};
pub use forms::{ComparedSide, DiffForm, DiffHead, DiffTotals, DiffWriter, ManifestPair};
pub use groups::{ChangeGroup, JobGroup, MAX_EXAMPLES};
pub use moved_jobs::RenamedJob;
pub use side::DiffSide;

/// What changes from one plan to another.
#[derive(Debug, Default)]
pub struct PlanDiff {
    /// The launches that only the second plan has, in its order.
    pub added: Vec<Ordinal>,
    /// The launches that only the first plan has, in its order.
    pub removed: Vec<Ordinal>,
    /// The launches that are started otherwise: where the first plan has them, and the second.
    pub changed: Vec<(Ordinal, Ordinal)>,
    /// How many launches are the same.
    pub unchanged: u32,
    /// The added launches by job.
    pub added_jobs: Vec<JobGroup>,
    /// The removed launches by job.
    pub removed_jobs: Vec<JobGroup>,
    /// What changed in launches, equal changes together.
    pub changes: Vec<ChangeGroup>,
    /// How many changes of launches are in no group, since so many fields differ.
    pub ungrouped: u64,
    /// What the manifest says otherwise beside its launches: limits, waiting, order.
    pub settings: Vec<FieldChange>,
    /// Jobs that have another name now, and keep their launches' ids, since `moved` says so.
    pub moved: Vec<RenamedJob>,
    /// Jobs that seem to have another name now, and start all of their launches as new ones.
    pub renamed: Vec<RenamedJob>,
}

impl PlanDiff {
    /// What changes from `before` to `after`; a side that is not there has no launches. Values lose what `redactor` knows.
    #[must_use]
    pub fn between(before: Option<DiffSide<'_>>, after: Option<DiffSide<'_>>, redactor: &Redactor) -> Self {
        let mut diff = Self::default();
        diff.match_launches(before, after);
        if let (Some(before), Some(after)) = (before, after) {
            (diff.changes, diff.ungrouped) = groups::changes(before.plan, after.plan, &diff.changed, redactor);
            diff.moved = moved_jobs::moved(before.plan, after.plan);
            diff.renamed = moved_jobs::renamed(before.plan, after.plan, &diff.removed, &diff.added);
        }
        diff.added_jobs = after.map(|side| groups::by_job(side.plan, &diff.added)).unwrap_or_default();
        diff.removed_jobs = before.map(|side| groups::by_job(side.plan, &diff.removed)).unwrap_or_default();
        if let (Some(before), Some(after)) = (before, after) {
            let said = |side: DiffSide<'_>| Value::Object(side.plan.settings());
            changed_fields::differences("", Some(&said(before)), Some(&said(after)), &mut diff.settings);
            // What a job that is gone said goes with its launches.
            let is_gone = |job: &str| !after.plan.id_names().contains(job);
            diff.settings.retain(|change| {
                let job = change.path.strip_prefix("jobs.").and_then(|rest| rest.split('.').next());
                change.to.is_some() || !job.is_some_and(is_gone)
            });
            for change in &mut diff.settings {
                change.mask(redactor);
            }
        }
        diff
    }

    /// Whether anything differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let launches = self.added.len() + self.removed.len() + self.changed.len();
        launches == 0 && self.settings.is_empty() && self.moved.is_empty()
    }

    fn match_launches(&mut self, before: Option<DiffSide<'_>>, after: Option<DiffSide<'_>>) {
        let (first, second) = (marks_of(before), marks_of(after));
        let mut by_id: Vec<(u64, usize)> = first.iter().enumerate().map(|(at, mark)| (mark.id, at)).collect();
        by_id.sort_unstable();
        let mut is_kept = vec![false; first.len()];
        for (at, mark) in second.iter().enumerate() {
            let Ok(found) = by_id.binary_search_by_key(&mark.id, |(id, _)| *id) else {
                self.added.push(Ordinal::from(at));
                continue;
            };
            let (_, earlier) = by_id[found];
            is_kept[earlier] = true;
            if first[earlier].content == mark.content {
                self.unchanged += 1;
            } else {
                self.changed.push((Ordinal::from(earlier), Ordinal::from(at)));
            }
        }
        self.removed
            .extend(is_kept.iter().enumerate().filter(|(_, is_kept)| !**is_kept).map(|(at, _)| Ordinal::from(at)));
    }
}

fn marks_of(side: Option<DiffSide<'_>>) -> &[LaunchMark] {
    side.map_or(&[], |side| side.marks.as_slice())
}

#[cfg(test)]
mod tests;
