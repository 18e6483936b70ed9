//! The stage itself: a document's complaints against the schema and against the rules across keys, all at once.
//!
//! In: a document. Out: a [`Spec`], or every complaint in the order of the text. Never: stops at the first.

use std::collections::HashSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::job::{ArgumentLayers, FieldValue, read_job};
use super::names::{DeclaredNames, JobNames, JobPosition};
use super::read::not_yet;
use super::{
    JobSpec, LaunchLimits, ReportSpec, RunSchedule, Spec, UnsupportedKey, fan_out, likeness, params, schedule, secrets,
    vars,
};
use crate::diagnostic::{
    Code, Complaints, Diagnosed, Diagnostic, HiddenCount, MAX_SHOWN, MAX_SUGGESTIONS, Severity, nearest,
};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::pace::Pace;
use crate::schema;
use crate::schema::format;
use crate::schema::format::{Job, Manifest, ManifestName, Rate};
use crate::source::{Place, Span};
use crate::template::{self, ExpressionCache};

/// Keys of the manifest that this version cannot carry out.
const DEFERRED: [&str; 5] = ["wait", "outcome", "fail-fast", "ramp", "on-finish"];
/// Keys of `limits` that this version cannot carry out.
const DEFERRED_LIMITS: [&str; 1] = ["active"];
/// Keys of a job, or of `defaults`, that this version cannot carry out.
const DEFERRED_IN_JOB: [&str; 7] = ["needs", "retry", "outputs", "wait", "outcome", "fail-fast", "ramp"];

/// Turns a document into a spec.
pub fn lower(document: Document) -> Diagnosed<Spec> {
    UncheckedManifest::of(document).check()
}

/// A document that was read by its types and the rules across keys, and not yet held against the schema: making that
/// ready takes longer than all the rest does for a small manifest.
#[derive(Debug)]
pub struct UncheckedManifest {
    /// The document where it is no manifest at all.
    spec: Result<Spec, Box<Document>>,
    complaints: Vec<Diagnostic>,
}

impl UncheckedManifest {
    /// Reads `document`.
    #[must_use]
    pub fn of(document: Document) -> Self {
        let mut complaints = Vec::new();
        let spec = read(document, &mut complaints);
        Self { spec, complaints }
    }

    /// The spec, which is a good one only if its document keeps to the schema.
    #[must_use]
    pub fn spec(&self) -> Option<&Spec> {
        let is_error = |complaint: &Diagnostic| complaint.severity == Severity::Error;
        self.spec.as_ref().ok().filter(|_| !self.complaints.iter().any(is_error))
    }

    /// The manifest's name and where it stands, as far as it has one, whatever else is wrong.
    #[must_use]
    pub fn named(&self) -> Option<(&str, Place)> {
        let spec = self.spec.as_ref().ok().filter(|spec| !spec.name.is_empty())?;
        let entry = spec.document.entry(spec.document.root(), "name")?;
        Some((&spec.name, spec.document.place(entry.value)))
    }

    /// The spec where its document keeps to the schema.
    pub fn check(self) -> Diagnosed<Spec> {
        match self.spec {
            Ok(spec) => {
                let complaints = merge(schema::check(&spec.document), self.complaints);
                Diagnosed::new(spec, complaints)
            }
            Err(document) => Diagnosed::failed(or_not_a_manifest(&document, schema::check(&document))),
        }
    }
}

fn read(document: Document, complaints: &mut Vec<Diagnostic>) -> Result<Spec, Box<Document>> {
    let Ok(manifest) = from_node::<Manifest>(&document, document.root()) else {
        return Err(Box::new(document));
    };
    let mut lowering =
        Lowering { document: &document, expressions: ExpressionCache::default(), complaints: Vec::new() };
    let parts = lowering.manifest(&manifest);
    let Lowering { expressions, complaints: found, .. } = lowering;
    *complaints = found;
    let SpecParts { params, vars, env, secrets, defaults, limits, schedule, reports, jobs, deferred, name } = parts;
    let jobs_place = document.place(manifest.jobs.map_or(document.root(), |field| field.node));
    let folder = manifest.folder.map(|field| field.node);
    // What is neither is the schema's to report.
    let verify = manifest.verify.is_some_and(|field| document.to_json(field.node) == serde_json::Value::Bool(true));
    Ok(Spec {
        document,
        expressions,
        name,
        folder,
        params,
        vars,
        env,
        secrets,
        defaults,
        limits,
        verify,
        schedule,
        reports,
        jobs,
        jobs_place,
        deferred,
    })
}

/// A root without the keys that every manifest has: the schema says so.
fn or_not_a_manifest(document: &Document, mut from_schema: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if from_schema.is_empty() {
        let place = document.place(document.root());
        from_schema.push(Diagnostic::error(Code::WrongType, place, "this is not a manifest"));
    }
    from_schema
}

/// Both lists, without what would be said twice: a missing dollar sign explains why the schema does not like the
/// value, and what the schema says of a value needs no second complaint about its type.
fn merge(mut from_schema: Vec<Diagnostic>, ours: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let explains = |ours: &Diagnostic| ours.code == Code::BareBraces;
    let by_type = |ours: &Diagnostic| {
        matches!(
            ours.code,
            Code::WrongType
                | Code::WrongForm
                | Code::NotOneOf
                | Code::OutOfRange
                | Code::MissingKey
                | Code::UnknownKey
                | Code::DurationUnit
        )
    };
    let explained = SortedSpans::of(ours.iter().filter(|ours| explains(ours)));
    from_schema.retain(|theirs| !explained.overlap(theirs.place.span));
    let misplaced = from_schema.iter().filter(|theirs| theirs.code == Code::ExpressionPlace);
    let misplaced: HashSet<Span> = misplaced.map(|theirs| theirs.place.span).collect();
    from_schema.retain(|theirs| theirs.code != Code::WrongForm || !misplaced.contains(&theirs.place.span));
    let said = SortedSpans::of(from_schema.iter().filter(|theirs| theirs.unshown.is_none()));
    // What the schema does not show, it has counted.
    let is_counted = from_schema.iter().any(|theirs| theirs.unshown.is_some());
    // What stands in `defaults` is found wrong with every job.
    let mut told = HashSet::new();
    let is_new = |ours: &Diagnostic| told.insert((ours.code, ours.place, ours.what.clone()));
    from_schema.extend(
        ours.into_iter().filter(|ours| !by_type(ours) || !(is_counted || said.overlap(ours.place.span))).filter(is_new),
    );
    from_schema
}

/// Places, sorted: fifty thousand complaints must not be compared each with each.
struct SortedSpans(Vec<Span>);

impl SortedSpans {
    fn of<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        let mut spans: Vec<Span> = diagnostics.into_iter().map(|diagnostic| diagnostic.place.span).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// Whether one of the nearest places shares a byte with `span`.
    fn overlap(&self, span: Span) -> bool {
        let end = span.end.max(span.start + 1);
        let at = self.0.partition_point(|other| other.start < end);
        self.0[at.saturating_sub(4)..at].iter().any(|other| other.end.max(other.start + 1) > span.start)
    }
}

struct Lowering<'a> {
    document: &'a Document,
    expressions: ExpressionCache,
    complaints: Vec<Diagnostic>,
}

struct SpecParts {
    name: String,
    params: Vec<super::ParamSpec>,
    vars: Vec<super::VariableSpec>,
    env: Vec<Box<str>>,
    secrets: Vec<super::SecretSpec>,
    defaults: Option<Job>,
    limits: LaunchLimits,
    schedule: Option<RunSchedule>,
    reports: Vec<ReportSpec>,
    jobs: Vec<JobSpec>,
    deferred: Vec<UnsupportedKey>,
}

impl Lowering<'_> {
    fn manifest(&mut self, manifest: &Manifest) -> SpecParts {
        let document = self.document;
        let name = manifest.name.and_then(|field| from_node::<ManifestName>(document, field.node).ok());
        let keys_of = |node: Option<NodeId>| -> Vec<Box<str>> {
            node.map_or_else(Vec::new, |node| document.entries(node).map(|entry| entry.key.into()).collect())
        };
        let params =
            manifest.params.map_or_else(Vec::new, |field| params::lower(document, field.node, &mut self.complaints));
        let env: Vec<Box<str>> = manifest.env.map_or_else(Vec::new, |field| {
            document.items(field.node).iter().filter_map(|item| document.text(*item).map(Box::from)).collect()
        });
        let declared = DeclaredNames {
            params: keys_of(manifest.params.map(|field| field.node)).into(),
            vars: keys_of(manifest.vars.map(|field| field.node)).into(),
            env: env.clone().into(),
            secrets: keys_of(manifest.secrets.map(|field| field.node)),
        };
        for node in [
            manifest.description.map(|field| field.node),
            manifest.folder.map(|field| field.node),
            manifest.wait.map(|field| field.node),
            manifest.outcome.map(|field| field.node),
            manifest.fail_fast.map(|field| field.node),
            manifest.ramp.map(|field| field.node),
        ]
        .into_iter()
        .flatten()
        {
            self.check(node, &declared.outside());
        }
        if let Some(field) = manifest.on_finish {
            self.check(field.node, &declared.on_finish());
        }
        let vars = manifest.vars.map_or_else(Vec::new, |field| {
            self.check(field.node, &declared.outside());
            vars::order(document, field.node, &self.expressions, &mut self.complaints)
        });
        if let Some(field) = manifest.folder {
            self.fixed(field.node, |value| super::read::folder(value).map(drop));
        }
        let secrets =
            manifest.secrets.map_or_else(Vec::new, |field| secrets::lower(document, field.node, &mut self.complaints));
        let limits = self.limits(manifest);
        let schedule = manifest.schedule.and_then(|field| schedule::lower(document, field.node, &mut self.complaints));
        let mut deferred = Vec::new();
        defer(document, document.root(), &DEFERRED, &mut deferred);
        let reports = manifest.reports.map_or_else(Vec::new, |field| {
            super::reports::lower(document, field.node, &mut deferred, &mut self.complaints)
        });
        if let Some(field) = manifest.limits {
            defer(document, field.node, &DEFERRED_LIMITS, &mut deferred);
        }
        let (defaults, jobs) = self.jobs(manifest, &declared, &mut deferred);
        likeness::shell_variables(document, &mut self.complaints);
        let later = self.complaints.extract_if(.., |complaint| complaint.code == Code::NotInThisVersion);
        deferred.extend(later.map(|complaint| UnsupportedKey { what: complaint.what.into(), place: complaint.place }));
        deferred.sort_by_key(|deferred| deferred.place);
        // Some profiles allow them: the plan, which has one, decides.
        self.complaints.retain(|complaint| complaint.code != Code::ArgumentsTooLong);
        if let Some(more) = deferred.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
            deferred.truncate(MAX_SHOWN + 1);
            deferred[MAX_SHOWN].what =
                format!("and {more} more keys that are not in this version of sortie yet").into();
        }
        let name = name.map_or_else(String::new, String::from);
        SpecParts { name, params, vars, env, secrets, defaults, limits, schedule, reports, jobs, deferred }
    }

    fn jobs(
        &mut self,
        manifest: &Manifest,
        declared: &DeclaredNames,
        deferred: &mut Vec<UnsupportedKey>,
    ) -> (Option<Job>, Vec<JobSpec>) {
        let document = self.document;
        // The schema has complained.
        let Some(jobs_node) = manifest.jobs.map(|field| field.node) else { return (None, Vec::new()) };
        let of_job = |node: NodeId| from_node::<Job>(document, node).ok().map(|job| JobNames::of(document, &job, None));
        let defaults = manifest.defaults.and_then(|field| {
            defer(document, field.node, &DEFERRED_IN_JOB, deferred);
            let job = from_node::<Job>(document, field.node).ok()?;
            let jobs = document.entries(jobs_node).filter_map(|entry| of_job(entry.value));
            self.job_expressions(&job, &JobNames::any(jobs.chain(of_job(field.node))), declared);
            job.release.iter().for_each(|field| likeness::release(document, field.node, &mut self.complaints));
            Some(job)
        });
        let entries = document.entries(jobs_node);
        let names: HashSet<&str> = entries.clone().map(|entry| entry.key).collect();
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
            let mut spec = JobSpec { name: entry.key.into(), place: entry.key_place, node: entry.value, fan_out: None };
            defer(document, entry.value, &DEFERRED_IN_JOB, deferred);
            if let Ok(job) = from_node::<Job>(document, entry.value) {
                self.job_expressions(&job, &JobNames::of(document, &job, defaults.as_ref()), declared);
                self.needs(&job, &names);
                job.release.iter().for_each(|field| likeness::release(document, field.node, &mut self.complaints));
                spec.fan_out = fan_out::lower(document, &job, defaults.as_ref(), &mut self.complaints);
            }
            let mut value_of = |node: NodeId, _: &mut Vec<Diagnostic>| {
                if template::has_expressions(document, node) {
                    FieldValue::Deferred
                } else {
                    FieldValue::Value(document.to_json(node))
                }
            };
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

    /// Each expression of a job against what its place knows.
    fn job_expressions(&mut self, job: &Job, of_job: &JobNames, declared: &DeclaredNames) {
        let field = JobPosition::Field;
        let places = [
            (job.description.map(|field| field.node), field),
            (job.release.map(|field| field.node), field),
            (job.folder.map(|field| field.node), field),
            (job.strategy.map(|field| field.node), field),
            (job.count.map(|field| field.node), field),
            (job.robots.map(|field| field.node), field),
            (job.arguments.map(|field| field.node), JobPosition::Payload),
            (job.arguments_file.map(|field| field.node), field),
            (job.input_file.map(|field| field.node), field),
            (job.matrix.map(|field| field.node), JobPosition::Matrix),
            (job.r#if.map(|field| field.node), JobPosition::Condition),
            (job.retry.map(|field| field.node), field),
            (job.on_ambiguous.map(|field| field.node), field),
            (job.priority.map(|field| field.node), field),
            (job.runtime.map(|field| field.node), field),
            (job.reference.map(|field| field.node), field),
            (job.environment.map(|field| field.node), JobPosition::Payload),
            (job.machines.map(|field| field.node), field),
            (job.machine_robots.map(|field| field.node), field),
            (job.machine_sessions.map(|field| field.node), field),
            (job.outputs.map(|field| field.node), field),
            (job.once.map(|field| field.node), field),
            (job.stop.map(|field| field.node), field),
            (job.start_info.map(|field| field.node), field),
            (job.wait.map(|field| field.node), field),
            (job.outcome.map(|field| field.node), field),
            (job.fail_fast.map(|field| field.node), field),
            (job.ramp.map(|field| field.node), field),
        ];
        for (node, place) in places {
            if let Some(node) = node {
                self.check(node, &declared.in_job(of_job, place));
            }
        }
        if let Some(field) = job.arguments.filter(|_| !declared.secrets.is_empty()) {
            let secrets = &declared.secrets;
            secrets::warn_of_arguments(self.document, field.node, &self.expressions, secrets, &mut self.complaints);
        }
        for entry in job.for_each.into_iter().flat_map(|field| self.document.entries(field.node)) {
            if entry.key == "where" {
                self.check(entry.value, &declared.in_job(of_job, JobPosition::Filter));
            }
        }
    }

    /// Jobs that are needed must exist. Circles are found when `needs` is carried out.
    fn needs(&mut self, job: &Job, names: &HashSet<&str>) {
        let Some(field) = job.needs else { return };
        let document = self.document;
        let items =
            document.items(field.node).iter().filter_map(|item| Some((document.text(*item)?, document.place(*item))));
        for (name, place) in items.chain(document.entries(field.node).map(|entry| (entry.key, entry.key_place))) {
            // An expression is misplaced there, and names nobody.
            if !names.contains(name) && !name.contains("${{") {
                // By name: a set has no order.
                let sorted = || names.iter().copied().collect::<std::collections::BTreeSet<_>>();
                let is_read = self.complaints.len() < MAX_SUGGESTIONS;
                let near = if is_read { nearest(name, sorted()) } else { None };
                self.complaints.push(
                    Diagnostic::error(Code::UnknownName, place, format!("there is no job `{name}`"))
                        .maybe_help(near.map(|near| format!("did you mean `{near}`?"))),
                );
            }
        }
    }

    fn limits(&self, manifest: &Manifest) -> LaunchLimits {
        let node = manifest.limits.map(|field| field.node);
        // What does not fit the format is the schema's to report.
        let written = node.and_then(|node| from_node::<format::Limits>(self.document, node).ok()).unwrap_or_default();
        let launch = written.launch.unwrap_or_default();
        let Rate { amount, per } = launch.rate.unwrap_or(Rate::per_second(10));
        let at_least_one =
            |number: Option<u32>, default: u32| NonZeroU32::new(number.unwrap_or(default)).unwrap_or(NonZeroU32::MIN);
        let concurrency = at_least_one(launch.concurrency, 16);
        let poll = written.poll.and_then(|poll| poll.rate).unwrap_or(Rate { amount: 60, per: Duration::from_secs(60) });
        let launches_place =
            node.and_then(|node| self.document.entry(node, "launches")).map(|entry| self.document.place(entry.value));
        LaunchLimits {
            pace: Pace::new(at_least_one(Some(amount), 10), per, at_least_one(launch.burst, 10)),
            concurrency: NonZeroUsize::try_from(concurrency).unwrap_or(NonZeroUsize::MIN),
            poll: Pace::at_most(at_least_one(Some(poll.amount), 60), poll.per),
            launches: written.launches.unwrap_or(10_000),
            launches_place,
        }
    }

    fn check(&mut self, node: NodeId, names: &template::KnownNames<'_>) {
        template::check(self.document, node, names, &mut self.expressions, &mut self.complaints);
    }

    fn fixed(&mut self, node: NodeId, read: impl FnOnce(&serde_json::Value) -> Result<(), super::read::FieldError>) {
        if template::has_expressions(self.document, node) {
            return;
        }
        if let Err(wrong) = read(&self.document.to_json(node)) {
            self.complaints.push(wrong.at(self.document.place(node)));
        }
    }
}

fn defer(document: &Document, node: NodeId, keys: &[&str], deferred: &mut Vec<UnsupportedKey>) {
    if let NodeKind::Map(entries) = document.kind(node) {
        let found = entries.filter(|entry| keys.contains(&entry.key));
        deferred.extend(found.map(|entry| UnsupportedKey { what: not_yet(entry.key).into(), place: entry.key_place }));
    }
}
