//! A job's fields, merged with the defaults, -> [`JobFields`]: what one launch asks for. The rules across fields.
//!
//! In: a job, the defaults, and a way to get a field's value. Out: a draft, or complaints at their places.
//! Used twice: by `lower`, which knows fixed values only and finds what is wrong whatever the inputs, and by
//! planning, which renders every value. Source of the rules: `docs/orchestrator-api.md`, section 4.2.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::JobSpec;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::format::{Count, Field, FieldError, FromValue, Job, ReleaseRef, start_info_field};
use crate::ids::FolderRef;
use crate::launch_terms::AmbiguityPolicy;
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::schema::own_word;
use crate::source::Place;
use crate::start_info::{RobotRef, RobotStrategy, StartInfo, Strategy};
use crate::words::Words as _;

mod extras;

/// What one launch asks for, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFields {
    /// The folder, where the job or the defaults name one.
    pub folder: Option<FolderRef>,
    /// The release.
    pub release: ReleaseRef,
    /// The author's part of the Reference.
    pub reference: Option<String>,
    /// Everything else that is sent, but for the input where that is a file.
    pub start_info: StartInfo<RobotRef>,
    /// What follows once it was in doubt and proved absent.
    pub on_ambiguous: AmbiguityPolicy,
    /// Whether no run starts it where another run may have started it.
    pub is_once: bool,
    /// The file beside the manifest that is the input, where one is: its path, and where it is named.
    pub input_file: Option<(String, Place)>,
    /// Where what is looked up is named.
    pub nodes: FieldNodes,
}

/// The nodes of what is named in a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldNodes {
    /// The release.
    pub release: NodeId,
    /// The folder, where the job or the defaults name one.
    pub folder: Option<NodeId>,
    /// The robots, where there are some.
    pub robots: Option<NodeId>,
    /// `machines` or `machine-robots`, where there are some.
    pub machines: Option<NodeId>,
}

/// A field's value, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// The value.
    Value(Value),
    /// Left out by `omit`.
    Omitted,
    /// Not known yet, or a complaint was made about it.
    Deferred,
}

/// Arguments from outside of the manifest.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArgumentLayers<'a> {
    /// Over which the manifest's own are laid.
    pub below: Option<&'a Map<String, Value>>,
    /// Which are laid over the manifest's own.
    pub above: Option<&'a Map<String, Value>>,
    /// What happens to arguments that are too long.
    pub when_long: LargeArguments,
}

/// What happens to arguments that are longer than the API takes in the call itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LargeArguments {
    /// They are an error.
    #[default]
    Refuse,
    /// They are uploaded as a file, which newer servers take.
    Attach,
}

/// Something is not known yet, or a complaint was made about it.
struct ValueDeferred;

/// A field that was read.
enum ReadField<T> {
    Absent,
    Value(T, NodeId),
    Deferred,
}

impl<T> ReadField<T> {
    fn node(&self) -> Option<NodeId> {
        if let Self::Value(_, node) = self { Some(*node) } else { None }
    }

    fn is_later(&self) -> bool {
        matches!(self, Self::Deferred)
    }

    fn value(self) -> Option<T> {
        if let Self::Value(value, _) = self { Some(value) } else { None }
    }
}

struct JobReader<'a> {
    document: &'a Document,
    job: &'a Job,
    defaults: Option<&'a Job>,
    value_of: &'a mut dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue,
    complaints: &'a mut Vec<Diagnostic>,
}

/// Maximum keys of a job among which one is looked for that was meant by a missing one.
const MAX_COMPARED: usize = 1000;

/// Reads the job at `spec` over `defaults`. `value_of` gives a node's value, or complains.
///
/// A draft is given exactly when every field is known and in order.
pub fn read_job(
    document: &Document,
    spec: &JobSpec,
    defaults: Option<&Job>,
    layers: ArgumentLayers<'_>,
    value_of: &mut dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue,
    complaints: &mut Vec<Diagnostic>,
) -> Option<JobFields> {
    // A job that is no mapping is the schema's to report.
    let job: Job = from_node(document, spec.node).ok()?;
    let before = complaints.len();
    let mut reader = JobReader { document, job: &job, defaults, value_of, complaints };

    let release = reader.field("release", |job| job.release);
    let folder = reader.field("folder", |job| job.folder);
    let reference = reader.field("reference", |job| job.reference);
    let runtime = reader.field("runtime", |job| job.runtime);
    let priority = reader.field("priority", |job| job.priority);
    let on_ambiguous = reader.field("on-ambiguous", |job| job.on_ambiguous);
    let once = reader.field("once", |job| job.once);
    let others = reader.start_info(reader.node(|job| job.start_info));
    let [own, default] = reader.layers(|job| job.arguments);
    let arguments = reader.arguments(own, default, layers);
    let arguments_place = own.or(default).map_or(spec.place, |node| document.place(node));
    let input = reader.input(arguments, arguments_place, layers.when_long);
    let environment = reader.environment();
    let machines = reader.machines();
    let sessions = reader.field("machine-sessions", |job| job.machine_sessions);
    let stop = reader.field("stop", |job| job.stop);
    let robots_node = reader.node(|job| job.robots);
    let strategy = reader.strategy();
    // A key that was meant to be `release`, or has no value, is the schema's to report.
    let is_release =
        |key: &str| !key.starts_with("x-") && (nearest(key, ["release"]).is_some() || own_word(key) == Some("release"));
    let is_misspelled = || document.entries(spec.node).take(MAX_COMPARED).any(|entry| is_release(entry.key));
    if matches!(release, ReadField::Absent) && !is_misspelled() {
        reader.complaints.push(
            Diagnostic::error(Code::MissingKey, spec.place, format!("job `{}` names no release", spec.name))
                .help("write `release:` in the job or in `defaults`"),
        );
    }
    let ReadField::Value(release, release_node) = release else { return None };
    let is_known = !(folder.is_later()
        || reference.is_later()
        || runtime.is_later()
        || priority.is_later()
        || machines.is_later()
        || sessions.is_later()
        || stop.is_later()
        || on_ambiguous.is_later()
        || once.is_later());
    if let Some(strategy) = &strategy {
        reader.classic_machines(strategy, machines.node());
    }
    let (strategy, others, input, environment) = (strategy?, others?, input.ok()?, environment.ok()?);
    let (input, input_file) = input;
    let nodes =
        FieldNodes { release: release_node, folder: folder.node(), robots: robots_node, machines: machines.node() };
    (is_known && reader.complaints.len() == before).then(|| JobFields {
        folder: folder.value(),
        release,
        reference: reference.value().map(|prefix| prefix.0),
        start_info: StartInfo {
            strategy,
            runtime: runtime.value(),
            priority: priority.value(),
            input,
            environment,
            machines: machines.value().unwrap_or_default(),
            sessions: sessions.value().unwrap_or_default(),
            stop: stop.value(),
            others,
        },
        on_ambiguous: on_ambiguous.value().unwrap_or_default(),
        is_once: once.value().unwrap_or_default(),
        input_file,
        nodes,
    })
}

impl JobReader<'_> {
    fn value(&mut self, node: NodeId) -> FieldValue {
        (self.value_of)(node, self.complaints)
    }

    fn complain(&mut self, place: Place, wrong: FieldError) {
        self.complaints.push(wrong.at(place));
    }

    /// The nodes of a field: the job's own, and that of the defaults.
    fn layers<T>(&self, field: fn(&Job) -> Option<Field<T>>) -> [Option<NodeId>; 2] {
        [field(self.job), self.defaults.and_then(field)].map(|field| field.map(|field| field.node))
    }

    /// The node of a field, of the job itself or else of the defaults.
    fn node<T>(&self, field: fn(&Job) -> Option<Field<T>>) -> Option<NodeId> {
        let [own, default] = self.layers(field);
        own.or(default)
    }

    /// The value of a field, which an author writes as `key`.
    fn field<T: FromValue>(&mut self, key: &str, field: fn(&Job) -> Option<Field<T>>) -> ReadField<T> {
        self.node(field).map_or(ReadField::Absent, |node| self.read(key, node))
    }

    /// The value at `node`, which stands under `key`.
    fn read<T: FromValue>(&mut self, key: &str, node: NodeId) -> ReadField<T> {
        match self.value(node) {
            FieldValue::Deferred => ReadField::Deferred,
            FieldValue::Omitted => ReadField::Absent,
            FieldValue::Value(value) => match T::from_value(key, &value) {
                Ok(value) => ReadField::Value(value, node),
                Err(wrong) => {
                    self.complain(self.document.place(node), wrong);
                    ReadField::Deferred
                }
            },
        }
    }

    /// The strategy with its count and robots; `None` if something is unknown or wrong.
    fn strategy(&mut self) -> Option<RobotStrategy<RobotRef>> {
        let strategy = self.field("strategy", |job| job.strategy);
        let count = self.field("count", |job| job.count);
        let robots = self.field("robots", |job| job.robots);
        let chosen = match &strategy {
            ReadField::Deferred => return None,
            ReadField::Value(chosen, _) => *chosen,
            ReadField::Absent if robots.is_later() => return None,
            ReadField::Absent if robots.node().is_some() => Strategy::Specific,
            ReadField::Absent => Strategy::ModernJobsCount,
        };
        let name = chosen.word();
        let before = self.complaints.len();
        let mut refuse = |node: Option<NodeId>, key: &str, help: &str| {
            if let Some(node) = node {
                let what = if strategy.node().is_some() {
                    format!("strategy `{name}` takes no `{key}`")
                } else {
                    format!("`robots` without a strategy means `{name}`, which takes no `{key}`")
                };
                let mut complaint = Diagnostic::error(Code::Conflict, self.document.place(node), what).help(help);
                if let Some(strategy) = strategy.node() {
                    complaint = complaint.related(self.document.place(strategy), "the strategy");
                }
                self.complaints.push(complaint);
            }
        };
        match chosen {
            Strategy::All => {
                refuse(
                    count.node(),
                    "count",
                    "`All` starts one robot job on every robot; to start a number, use `ModernJobsCount`",
                );
                refuse(robots.node(), "robots", "to start on these robots only, use `Specific`");
            }
            Strategy::Specific => {
                refuse(
                    count.node(),
                    "count",
                    "it starts one robot job on each robot; `strategy: ModernJobsCount` starts `count` robot jobs on these",
                );
                if let (ReadField::Absent, Some(strategy)) = (&robots, strategy.node()) {
                    self.complaints.push(
                        Diagnostic::error(
                            Code::Conflict,
                            self.document.place(strategy),
                            "strategy `Specific` needs `robots`",
                        )
                        .help("name at least one robot by id or name"),
                    );
                }
            }
            Strategy::RobotCount | Strategy::JobsCount => {
                refuse(robots.node(), "robots", "to start on these robots, use `Specific` or `ModernJobsCount`");
            }
            Strategy::ModernJobsCount => {}
        }
        if count.is_later() || robots.is_later() || self.complaints.len() > before {
            return None;
        }
        let Count(count) = count.value().unwrap_or_default();
        let robots = robots.value().unwrap_or_default();
        Some(match chosen {
            Strategy::All => RobotStrategy::All,
            Strategy::Specific => RobotStrategy::Specific(robots),
            Strategy::RobotCount => RobotStrategy::RobotCount(count),
            Strategy::JobsCount => RobotStrategy::JobsCount(count),
            Strategy::ModernJobsCount => RobotStrategy::ModernJobsCount(count, robots),
        })
    }

    /// The job's arguments laid over the defaults', key by key, and both between the `layers`. What is laid over is never
    /// evaluated.
    fn arguments(
        &mut self,
        own: Option<NodeId>,
        default: Option<NodeId>,
        layers: ArgumentLayers<'_>,
    ) -> Result<Option<Map<String, Value>>, ValueDeferred> {
        let (mut is_known, mut is_omitted) = (true, false);
        let mut merged = layers.below.cloned();
        for (node, is_default) in [(default, true), (own, false)] {
            let Some(node) = node else { continue };
            let merged = merged.get_or_insert_with(Map::new);
            let NodeKind::Map(entries) = self.document.kind(node) else {
                match self.read::<Map<String, Value>>("arguments", node) {
                    ReadField::Value(entries, _) => merged.extend(entries),
                    ReadField::Deferred => is_known = false,
                    ReadField::Absent => is_omitted = true,
                }
                continue;
            };
            for entry in entries {
                let is_covered = layers.above.is_some_and(|above| above.contains_key(entry.key))
                    || (is_default && own.is_some_and(|own| self.document.entry(own, entry.key).is_some()));
                if is_covered {
                    // Keeps its position for what is laid over it.
                    merged.insert(entry.key.to_owned(), Value::Null);
                    continue;
                }
                match self.value(entry.value) {
                    FieldValue::Value(value) => drop(merged.insert(entry.key.to_owned(), value)),
                    FieldValue::Omitted => {
                        is_omitted = true;
                        merged.shift_remove(entry.key);
                    }
                    FieldValue::Deferred => is_known = false,
                }
            }
        }
        // What was left out to the last entry is left out itself.
        let mut merged = merged.filter(|merged| !(is_omitted && merged.is_empty()));
        if let Some(above) = layers.above {
            merged.get_or_insert_with(Map::new).extend(above.clone());
        }
        if is_known { Ok(merged) } else { Err(ValueDeferred) }
    }

    /// The fields of `start-info`. Their names are judged even where a value is not known yet.
    fn start_info(&mut self, node: Option<NodeId>) -> Option<Vec<(Box<str>, Value)>> {
        let Some(node) = node else { return Some(Vec::new()) };
        let NodeKind::Map(entries) = self.document.kind(node) else {
            let ReadField::Value(fields, _) = self.read::<Map<String, Value>>("start-info", node) else { return None };
            for (name, value) in &fields {
                if let Err(wrong) = start_info_field(name, Some(value)) {
                    self.complain(self.document.place(node), wrong);
                }
            }
            return Some(fields.into_iter().map(|(name, value)| (name.into(), value)).collect());
        };
        let mut is_known = true;
        let mut fields = Vec::new();
        for entry in entries {
            if let Err(wrong) = start_info_field(entry.key, None) {
                self.complain(entry.key_place, wrong);
                continue;
            }
            match self.value(entry.value) {
                FieldValue::Deferred => is_known = false,
                FieldValue::Omitted => {}
                FieldValue::Value(value) => match start_info_field(entry.key, Some(&value)) {
                    Ok(()) => fields.push((entry.key.into(), value)),
                    Err(wrong) => self.complain(self.document.place(entry.value), wrong),
                },
            }
        }
        is_known.then_some(fields)
    }
}
