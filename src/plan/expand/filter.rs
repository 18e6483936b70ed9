//! The filter of a plan: which of a manifest's launches it has.
//!
//! In: the filter's text, a plan whose launches are known by number, and each launch's facts. Out: whether the plan has it; or what
//! is wrong with the filter, at its place. Never: a launch's verdict, which nobody knows before it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::launch_scope::{ConditionSet, LaunchCondition, LaunchFacts, MemberLists, Vocabulary};
use crate::manifest::{Document, NodeId, NodeKind};
use crate::plan::inputs::Inputs;
use crate::plan::model::Plan;
use crate::plan::rows::RowTable;
use crate::source::{Place, SourceId, Sources, Span};
use crate::template::ConditionFault;

/// The name under which people know a filter's text.
pub(crate) const FILTER: &str = "--filter";
/// Maximum jobs that are named with their launches.
const MAX_JOBS: usize = 12;

/// A filter over the launches of one plan.
pub(super) struct LaunchFilter {
    set: ConditionSet,
    place: Place,
    seen: BTreeMap<String, usize>,
    taken: usize,
}

impl LaunchFilter {
    /// The filter of `inputs`, where it has one. A rerun's launches were chosen from a plan that it was applied to.
    pub(super) fn read(
        plan: &Plan,
        inputs: &Inputs,
        has_all: bool,
        sources: &mut Sources,
        complaints: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = inputs.filter.as_deref().filter(|_| inputs.launches.is_none())?;
        let source = sources.add(FILTER, text);
        let members = if has_all { plan.member_lists() } else { MemberLists::default() };
        match LaunchCondition::parse(text, Vocabulary::Planned, &members) {
            Ok(condition) => Some(Self {
                set: ConditionSet::new([Arc::new(condition)]),
                place: Place { source, span: Span::new(0, text.len()) },
                seen: BTreeMap::new(),
                taken: 0,
            }),
            Err(faults) => {
                complaints.extend(faults.into_iter().map(|fault| complaint(fault, source)));
                None
            }
        }
    }

    /// Whether the plan has the launch of `job` with these facts; a complaint where nobody can say.
    pub(super) fn takes(&mut self, job: &str, facts: &dyn LaunchFacts) -> Result<bool, Diagnostic> {
        self.set.look_at(facts);
        match self.seen.get_mut(job) {
            Some(count) => *count += 1,
            None => drop(self.seen.insert(job.to_owned(), 1)),
        }
        let held = self.set.holds(0).map_err(|fault| complaint(fault, self.place.source))?;
        let taken = held == Some(true);
        self.taken += usize::from(taken);
        Ok(taken)
    }

    /// What is said where it took none of the launches that there are.
    pub(super) fn took_none(&self) -> Option<Diagnostic> {
        let all: usize = self.seen.values().sum();
        if self.taken > 0 || all == 0 {
            return None;
        }
        let launches = if all == 1 { "the only launch".to_owned() } else { format!("any of the {all} launches") };
        Some(
            Diagnostic::error(Code::NoLaunch, self.place, format!("the filter does not take {launches}"))
                .help(what_there_is(&self.seen, &self.set)),
        )
    }
}

/// What a filter could have taken: launches by job, and the values that its names have.
pub(crate) fn what_there_is(launches: &BTreeMap<String, usize>, set: &ConditionSet) -> String {
    let of = |(job, count): (&String, &usize)| format!("{count} of `{job}`");
    let mut jobs: Vec<String> = launches.iter().take(MAX_JOBS).map(of).collect();
    if launches.len() > MAX_JOBS {
        jobs.push("...".to_owned());
    }
    let seen = set.seen().into_iter().filter(|line| !line.starts_with("`job` is") && !line.starts_with("`id` is"));
    std::iter::once(format!("there are {}", jobs.join(", "))).chain(seen).collect::<Vec<_>>().join("; ")
}

/// `fault` at its place in the text of `source`.
pub(crate) fn complaint(fault: ConditionFault, source: SourceId) -> Diagnostic {
    let code = if fault.is_unknown_name { Code::UnknownName } else { Code::ExpressionSyntax };
    let place = Place { source, span: Span::new(fault.range.start, fault.range.end) };
    Diagnostic::error(code, place, fault.what).maybe_help(fault.help)
}

impl Plan {
    /// The members that conditions over its launches can name.
    pub(crate) fn member_lists(&self) -> MemberLists {
        let mut lists = MemberLists::default();
        let (mut row, mut matrix) = (Vec::new(), Vec::new());
        let add = |list: &mut Vec<String>, name: &str| {
            if !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        };
        for fan in &self.fans {
            fan.table().into_iter().flat_map(RowTable::columns).for_each(|name| add(&mut row, name));
            fan.matrix_names().iter().for_each(|name| add(&mut matrix, name));
        }
        let mut arguments = Some(Vec::new());
        let document = &self.spec.document;
        let own =
            self.spec.jobs.iter().filter_map(|job| document.entry(job.node, "arguments")).map(|entry| entry.value);
        let defaults =
            self.spec.defaults.as_ref().and_then(|defaults| defaults.arguments.as_ref()).map(|field| field.node);
        for layer in own.chain(defaults) {
            let Some(list) = &mut arguments else { break };
            match argument_names(document, layer) {
                Some(names) => names.into_iter().for_each(|name| add(list, name)),
                None => arguments = None,
            }
        }
        let takes_file =
            |job: &crate::spec::JobSpec| job.fan_out.as_ref().is_some_and(|out| out.arguments_file.is_some());
        if !self.outside.given.is_empty() || self.spec.jobs.iter().any(takes_file) {
            arguments = None;
        }
        lists.row = Some(row);
        lists.matrix = Some(matrix);
        lists.arguments = arguments;
        lists.params = Some(self.spec.params.iter().map(|param| param.name.to_string()).collect());
        lists
    }
}

/// The names of the arguments at `node`; `None` where only a value tells.
fn argument_names(document: &Document, node: NodeId) -> Option<Vec<&str>> {
    match document.kind(node) {
        NodeKind::Map(entries) => Some(entries.map(|entry| entry.key).collect()),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::UInt(_)
        | NodeKind::Float(_)
        | NodeKind::Text(_)
        | NodeKind::Seq(_) => None,
    }
}
