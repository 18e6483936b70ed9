//! The rules across keys: a document that is a manifest -> its spec, and what does not go together.
//!
//! In: a document. Out: a [`Spec`], which is a good one only where nothing is complained of. Never: stops at the first.

use std::collections::HashMap;

use super::follow_up::{
    FollowUpKeys, judge_needs, needs_of, read_job_follow_up, read_needs, read_on_finish, read_run_follow_up,
};
use super::job::{ArgumentLayers, FieldValue, read_job};
use super::model::{JobSpec, LaunchLimits, Spec, UnsupportedKey};
use super::names::{DeclaredNames, JobNames};
use super::{fan_out, likeness, params, reports, schedule, secrets, vars};
use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::format::{Field, Fixed, ForEach, FromValue, Job, Keyed, Limits, Manifest, Placement};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::template::{self, ExpressionCache, FAULT_FACTS, KnownNames};

mod moved;

/// Reads `document` by its types, and judges it; the document itself where it is no manifest at all.
pub(super) fn read(document: Document, complaints: &mut Vec<Diagnostic>) -> Result<Spec, Box<Document>> {
    let Ok(manifest) = from_node::<Manifest>(&document, document.root()) else {
        return Err(Box::new(document));
    };
    let mut lowering = Lowering {
        document: &document,
        expressions: ExpressionCache::default(),
        complaints: Vec::new(),
        deferred: Vec::new(),
    };
    let names = |node: Option<NodeId>| -> Vec<Box<str>> {
        node.map_or_else(Vec::new, |node| document.entries(node).map(|entry| entry.key.into()).collect())
    };
    let env: Vec<Box<str>> = manifest.env.map_or_else(Vec::new, |field| {
        document.items(field.node).iter().filter_map(|item| document.text(*item).map(Box::from)).collect()
    });
    let declared = DeclaredNames {
        params: names(manifest.params.map(|field| field.node)).into(),
        vars: names(manifest.vars.map(|field| field.node)).into(),
        env: env.clone().into(),
        secrets: names(manifest.secrets.map(|field| field.node)),
        fault: FAULT_FACTS.iter().map(|fact| Box::from(*fact)).collect(),
    };
    lowering.outside(&declared);
    lowering.fixed("folder", manifest.folder);
    let found = &mut lowering.complaints;
    let params = manifest.params.map_or_else(Vec::new, |field| params::lower(&document, field.node, found));
    let vars =
        manifest.vars.map_or_else(Vec::new, |field| vars::order(&document, field.node, &lowering.expressions, found));
    let secrets = manifest.secrets.map_or_else(Vec::new, |field| secrets::lower(&document, field.node, found));
    let schedule = manifest.schedule.and_then(|field| schedule::lower(&document, field, found));
    let reports = manifest.reports.map_or_else(Vec::new, |field| reports::lower(&document, field.node, found));
    let limits = lowering.limits(manifest.limits);
    let follow_up = FollowUpKeys::of(&document, &manifest, &mut lowering.complaints);
    let (defaults, mut jobs) = lowering.jobs(&manifest, &declared);
    lowering.follow_ups(&follow_up, defaults.as_ref(), &mut jobs);
    reports::check_rows(&reports, &jobs, &mut lowering.complaints);
    if let Some(field) = manifest.moved {
        moved::lower(&document, field.node, &mut jobs, &mut lowering.complaints);
    }
    let (expressions, deferred) = lowering.end(complaints);
    Ok(Spec {
        expressions,
        name: manifest.name.and_then(|field| field.read(&document)).map_or_else(String::new, String::from),
        folder: manifest.folder.map(|field| field.node),
        params,
        vars,
        env,
        secrets,
        defaults,
        limits,
        follow_up,
        // What is neither `true` nor `false` is the schema's to report.
        verify: manifest.verify.and_then(|field| field.read(&document)).unwrap_or_default(),
        schedule,
        reports,
        jobs,
        jobs_place: document.place(manifest.jobs.map_or(document.root(), |field| field.node)),
        deferred,
        document,
    })
}

struct Lowering<'a> {
    document: &'a Document,
    expressions: ExpressionCache,
    complaints: Vec<Diagnostic>,
    deferred: Vec<UnsupportedKey>,
}

impl Lowering<'_> {
    /// The expressions outside of jobs, and the keys that are for later.
    fn outside(&mut self, declared: &DeclaredNames) {
        let document = self.document;
        let nothing = JobNames::default();
        self.defer::<Manifest>(document.root());
        for entry in document.entries(document.root()) {
            match placement::<Manifest>(entry.key) {
                Some(placement @ (Placement::Outside | Placement::Finish | Placement::Fault)) => {
                    self.check(entry.value, &declared.at(placement, &nothing));
                }
                Some(
                    Placement::Fixed
                    | Placement::Parts
                    | Placement::Field
                    | Placement::Policy
                    | Placement::Payload
                    | Placement::Condition
                    | Placement::Filter
                    | Placement::Matrix,
                )
                | None => {}
            }
        }
    }

    fn limits(&mut self, written: Option<Fixed<Limits>>) -> LaunchLimits {
        let Some(Fixed { node, .. }) = written else { return LaunchLimits::default() };
        self.defer::<Limits>(node);
        let written = written.and_then(|field| field.read(self.document)).unwrap_or_default();
        let launches = self.document.entry(node, "launches");
        let launches_place = launches.map(|entry| self.document.place(entry.value));
        LaunchLimits { launches_place, ..LaunchLimits::from(written) }
    }

    fn jobs(&mut self, manifest: &Manifest, declared: &DeclaredNames) -> (Option<Job>, Vec<JobSpec>) {
        let document = self.document;
        // The schema has complained.
        let Some(jobs_node) = manifest.jobs.map(|field| field.node) else { return (None, Vec::new()) };
        let of_job = |node: NodeId| from_node::<Job>(document, node).ok().map(|job| JobNames::of(document, &job, None));
        let numbered = (0..).zip(document.entries(jobs_node)).map(|(number, entry)| (entry.key, number));
        let numbers: HashMap<&str, u32> = numbered.collect();
        let defaults = manifest.defaults.and_then(|field| {
            self.defer::<Job>(field.node);
            let job = from_node::<Job>(document, field.node).ok()?;
            let jobs = document.entries(jobs_node).filter_map(|entry| of_job(entry.value));
            self.job_expressions(field.node, &JobNames::any(jobs.chain(of_job(field.node))), declared);
            job.release.iter().for_each(|field| likeness::release(document, field.node, &mut self.complaints));
            Some(job)
        });
        let entries = document.entries(jobs_node);
        let mut jobs = Vec::with_capacity(entries.len());
        let mut said = Complaints::default();
        for entry in entries {
            // What was found by now is enough to mend; what is missing in the rest is only counted.
            if !said.has_room(Severity::Error) {
                let has = |node, key| document.entry(node, key).is_some();
                if !has(entry.value, "release") && !manifest.defaults.is_some_and(|field| has(field.node, "release")) {
                    said.count(Severity::Error, entry.key_place, HiddenCount::ONE);
                }
                continue;
            }
            let before = self.complaints.len();
            let mut spec = JobSpec {
                name: entry.key.into(),
                earlier_names: Vec::new(),
                place: entry.key_place,
                node: entry.value,
                fan_out: None,
                needs: Vec::new(),
                is_needed: false,
            };
            self.defer::<Job>(entry.value);
            if let Ok(job) = from_node::<Job>(document, entry.value) {
                self.job_expressions(entry.value, &JobNames::of(document, &job, defaults.as_ref()), declared);
                if let Some(node) = needs_of(&job, defaults.as_ref()) {
                    spec.needs = read_needs(document, node, &numbers, &mut self.complaints);
                }
                job.release.iter().for_each(|field| likeness::release(document, field.node, &mut self.complaints));
                spec.fan_out = fan_out::lower(document, &job, defaults.as_ref(), &mut self.complaints);
            }
            let mut value_of = |node: NodeId, _: &mut Vec<Diagnostic>| fixed_value(document, node);
            // A job that is switched off makes no launch that could break a rule.
            let condition = spec.fan_out.as_ref().and_then(|fan_out| fan_out.condition);
            if !condition.is_some_and(|node| matches!(document.kind(node), NodeKind::Bool(false))) {
                let layers = ArgumentLayers::default();
                read_job(document, &spec, defaults.as_ref(), layers, &mut value_of, &mut self.complaints);
            }
            jobs.push(spec);
            // Those of the two kinds that are no errors of the manifest are taken out later.
            let is_later = |it: &Diagnostic| matches!(it.code, Code::ArgumentsTooLong | Code::NotInThisVersion);
            for complaint in self.complaints.split_off(before) {
                if is_later(&complaint) { self.complaints.push(complaint) } else { said.add(complaint) }
            }
        }
        self.complaints.extend(said.into_vec());
        (defaults, jobs)
    }

    /// Each expression of the job at `node` against what its place knows.
    fn job_expressions(&mut self, node: NodeId, of_job: &JobNames, declared: &DeclaredNames) {
        let document = self.document;
        for entry in document.entries(node) {
            match placement::<Job>(entry.key) {
                None | Some(Placement::Fixed) => {}
                Some(Placement::Parts) => {
                    for part in document.entries(entry.value) {
                        if let Some(placement @ Placement::Filter) = placement::<ForEach>(part.key) {
                            self.check(part.value, &declared.at(placement, of_job));
                        }
                    }
                }
                Some(placement) => self.check(entry.value, &declared.at(placement, of_job)),
            }
            if entry.key == "arguments" && !declared.secrets.is_empty() {
                let secrets = &declared.secrets;
                secrets::warn_of_arguments(document, entry.value, &self.expressions, secrets, &mut self.complaints);
            }
        }
    }

    /// What follows once launches are sent, as far as it is wrong whatever the inputs.
    fn follow_ups(&mut self, keys: &FollowUpKeys, defaults: Option<&Job>, jobs: &mut [JobSpec]) {
        let document = self.document;
        let mut fixed = |node: NodeId, _: &mut Vec<Diagnostic>| fixed_value(document, node);
        judge_needs(jobs, &mut self.complaints);
        let run = read_run_follow_up(document, keys, &mut fixed, &mut self.complaints);
        read_on_finish(document, keys, &mut fixed, &mut self.complaints);
        let (mut said, mut told) = (Complaints::default(), Vec::new());
        for job in jobs {
            // What was found by now is enough to mend.
            if !said.has_room(Severity::Error) {
                break;
            }
            let mut found = Vec::new();
            read_job_follow_up(document, job, defaults, &run, &mut fixed, &mut found);
            for complaint in found {
                // What `defaults` says is read for each job, and told once.
                if !told.contains(&complaint) {
                    told.push(complaint.clone());
                    said.add(complaint);
                }
            }
        }
        self.complaints.extend(said.into_vec());
    }

    fn check(&mut self, node: NodeId, names: &KnownNames<'_>) {
        template::check(self.document, node, names, &mut self.expressions, &mut self.complaints);
    }

    /// Complains of a value that is wrong whatever the inputs.
    fn fixed<T: FromValue>(&mut self, key: &str, field: Option<Field<T>>) {
        let document = self.document;
        if let Some(node) = field.map(|field| field.node).filter(|node| !template::has_expressions(document, *node))
            && let Err(wrong) = T::from_value(key, &document.to_json(node))
        {
            self.complaints.push(wrong.at(document.place(node)));
        }
    }

    /// Notes the keys of the `T` at `node` that this version cannot carry out.
    fn defer<T: Keyed>(&mut self, node: NodeId) {
        let is_later = |key: &str| T::key(key).is_some_and(|key| key.is_later);
        self.deferred.extend(self.document.entries(node).filter(|entry| is_later(entry.key)).map(|entry| {
            let what = format!("`{}` is not in this version of sortie yet", entry.key);
            UnsupportedKey { what: what.into(), place: entry.key_place }
        }));
    }

    /// What was found: complaints of the manifest go to `complaints`, what is only not possible yet is given back.
    fn end(mut self, complaints: &mut Vec<Diagnostic>) -> (ExpressionCache, Vec<UnsupportedKey>) {
        likeness::shell_variables(self.document, &mut self.complaints);
        let Self { expressions, complaints: mut found, mut deferred, .. } = self;
        let later = found.extract_if(.., |complaint| complaint.code == Code::NotInThisVersion);
        deferred.extend(later.map(|complaint| UnsupportedKey { what: complaint.what.into(), place: complaint.place }));
        deferred.sort_by_key(|deferred| deferred.place);
        // Some profiles allow them: the plan, which has one, decides.
        found.retain(|complaint| complaint.code != Code::ArgumentsTooLong);
        if let Some(more) = deferred.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
            deferred.truncate(MAX_SHOWN + 1);
            deferred[MAX_SHOWN].what =
                format!("and {more} more keys that are not in this version of sortie yet").into();
        }
        complaints.append(&mut found);
        (expressions, deferred)
    }
}

/// The value at `node`, where no expression makes it.
fn fixed_value(document: &Document, node: NodeId) -> FieldValue {
    if template::has_expressions(document, node) {
        FieldValue::Deferred
    } else {
        FieldValue::Value(document.to_json(node))
    }
}

/// Where the value of a `T`'s key stands; `None` if it has no such key.
fn placement<T: Keyed>(key: &str) -> Option<Placement> {
    T::key(key).map(|key| key.placement)
}
