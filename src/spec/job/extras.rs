//! The fields of a job beyond release, robots and arguments: input files, machines, environment variables.
//!
//! In: nodes of one job over the defaults. Out: values of `start_info`, or complaints at their places.
//! Source of the rules: `docs/orchestrator-api.md`, sections 4.1, 4.2 and 7.

use serde_json::{Map, Value};

use super::{FieldValue, JobReader, LargeArguments, ReadField, ValueDeferred};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{InputFile, MachineRobot, Variables, variable, variable_name};
use crate::manifest::{NodeId, NodeKind};
use crate::source::Place;
use crate::start_info::{
    Input, MAX_ARGUMENTS_UTF16, MAX_ENVIRONMENT_UTF16, MachinePair, MachineRef, RobotRef, RobotStrategy,
    arguments_text, environment_text,
};

/// The input, or the file beside the manifest that is to become it, and where that is named.
type InputOrFile = (Option<Input>, Option<(String, Place)>);

impl JobReader<'_> {
    /// `arguments` or `input-file`.
    pub(super) fn input(
        &mut self,
        arguments: Result<Option<Map<String, Value>>, ValueDeferred>,
        arguments_place: Place,
        when_long: LargeArguments,
    ) -> Result<InputOrFile, ValueDeferred> {
        let file = self.field("input-file", |job| job.input_file);
        if file.is_later() {
            return Err(ValueDeferred);
        }
        let arguments = arguments?;
        let file_place = file.node().map(|node| self.document.place(node));
        match (arguments, file.value(), file_place) {
            (Some(_), Some(_), Some(place)) => {
                self.complaints.push(
                    Diagnostic::error(Code::Conflict, place, "`input-file` stands beside `arguments`")
                        .related(arguments_place, "the arguments")
                        .help("the input file is the arguments: write one of the two, also in `defaults`"),
                );
                Err(ValueDeferred)
            }
            (None, Some(InputFile::Attachment(id)), _) => Ok((Some(Input::Attachment(id)), None)),
            (None, Some(InputFile::Path(path)), Some(place)) => Ok((None, Some((path, place)))),
            (None, _, _) => Ok((None, None)),
            (Some(arguments), _, _) => {
                let length = arguments_text(&arguments).encode_utf16().count();
                match when_long {
                    _ if length <= MAX_ARGUMENTS_UTF16 => Ok((Some(Input::Arguments(arguments)), None)),
                    LargeArguments::Attach => Ok((Some(Input::LongArguments(arguments)), None)),
                    LargeArguments::Refuse => {
                        let what = format!(
                            "the arguments are {length} characters of JSON; the API takes {MAX_ARGUMENTS_UTF16}"
                        );
                        self.complaints.push(Diagnostic::error(Code::ArgumentsTooLong, arguments_place, what).help(
                            "pass the address of the data instead; a newer server takes them as a file, where the \
                             profile says `large-arguments: attach`",
                        ));
                        Err(ValueDeferred)
                    }
                }
            }
        }
    }

    /// The job's variables laid over the defaults', key by key, as text.
    pub(super) fn environment(&mut self) -> Result<Option<Box<str>>, ValueDeferred> {
        let [own, default] = self.layers(|job| job.environment);
        let mut is_known = true;
        let mut merged: Map<String, Value> = Map::new();
        for (node, is_default) in [(default, true), (own, false)] {
            let Some(node) = node else { continue };
            let NodeKind::Map(entries) = self.document.kind(node) else {
                match self.read("environment", node) {
                    ReadField::Value(Variables(entries), _) => merged.extend(entries),
                    ReadField::Deferred => is_known = false,
                    ReadField::Absent => {}
                }
                continue;
            };
            for entry in entries {
                if let Err(wrong) = variable_name(entry.key) {
                    self.complain(entry.key_place, wrong);
                    is_known = false;
                    continue;
                }
                if is_default && own.is_some_and(|own| self.document.entry(own, entry.key).is_some()) {
                    // Keeps its position for what is laid over it.
                    merged.insert(entry.key.to_owned(), Value::Null);
                    continue;
                }
                match self.value(entry.value) {
                    FieldValue::Deferred => is_known = false,
                    FieldValue::Omitted => drop(merged.shift_remove(entry.key)),
                    FieldValue::Value(value) => match variable(entry.key, &value) {
                        Ok(text) => drop(merged.insert(entry.key.to_owned(), Value::String(text))),
                        Err(wrong) => {
                            self.complain(self.document.place(entry.value), wrong);
                            is_known = false;
                        }
                    },
                }
            }
        }
        if !is_known {
            return Err(ValueDeferred);
        }
        let Some(node) = own.or(default) else { return Ok(None) };
        let text =
            environment_text(merged.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())));
        let length = text.encode_utf16().count();
        if length > MAX_ENVIRONMENT_UTF16 {
            let what = format!(
                "the environment variables are {length} characters as `KEY=VALUE` lines; the API takes {MAX_ENVIRONMENT_UTF16}"
            );
            self.complaints.push(Diagnostic::error(Code::OutOfRange, self.document.place(node), what));
            return Err(ValueDeferred);
        }
        Ok((!merged.is_empty()).then_some(text))
    }

    /// `machines` or `machine-robots`.
    pub(super) fn machines(&mut self) -> ReadField<Vec<MachinePair<MachineRef, RobotRef>>> {
        let machines = self.field("machines", |job| job.machines);
        let pairs = self.field("machine-robots", |job| job.machine_robots);
        if let (Some(one), Some(other)) = (machines.node(), pairs.node()) {
            let place = self.document.place(other);
            self.complaints.push(
                Diagnostic::error(Code::Conflict, place, "`machine-robots` stands beside `machines`")
                    .related(self.document.place(one), "the machines")
                    .help("write every machine as a pair, or none"),
            );
            return ReadField::Deferred;
        }
        let alone = |machine| MachinePair { machine, robot: None };
        let paired = |MachineRobot { machine, robot }| MachinePair { machine, robot: Some(robot) };
        match (machines, pairs) {
            (ReadField::Deferred, _) | (_, ReadField::Deferred) => ReadField::Deferred,
            (ReadField::Absent, ReadField::Absent) => ReadField::Absent,
            (ReadField::Absent, ReadField::Value(pairs, node)) => {
                ReadField::Value(pairs.into_iter().map(paired).collect(), node)
            }
            (ReadField::Value(machines, node), _) => ReadField::Value(machines.into_iter().map(alone).collect(), node),
        }
    }

    /// Classic folders have no machines to choose from.
    pub(super) fn classic_machines(&mut self, strategy: &RobotStrategy<RobotRef>, machines: Option<NodeId>) {
        let is_classic = match strategy {
            RobotStrategy::RobotCount(_) | RobotStrategy::JobsCount(_) => true,
            RobotStrategy::All | RobotStrategy::Specific(_) | RobotStrategy::ModernJobsCount(..) => false,
        };
        if let Some(node) = machines.filter(|_| is_classic) {
            let what = format!("strategy `{}` takes no machines", strategy.name());
            self.complaints.push(
                Diagnostic::error(Code::Conflict, self.document.place(node), what)
                    .help("it is for classic folders; in a modern folder use `ModernJobsCount`"),
            );
        }
    }
}
