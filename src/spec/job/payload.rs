//! What a robot job is given: arguments or an input file, environment variables, fields of the request by their API names.
//!
//! In: nodes of one job over the defaults. Out: values of `start_info`, or complaints at their places.
//! Source of the rules: `docs/orchestrator-api.md`, sections 4.1, 4.2 and 7.

use serde_json::{Map, Value};

use super::job_fields::{ArgumentLayers, FieldValue, LargeArguments};
use super::reader::{JobReader, ReadField, ValueDeferred};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{InputFile, Variables, start_info_field, variable, variable_name};
use crate::manifest::{NodeId, NodeKind};
use crate::source::Place;
use crate::start_info::{Input, MAX_ARGUMENTS_UTF16, MAX_ENVIRONMENT_UTF16, arguments_text, environment_text};

/// The input, or the file beside the manifest that is to become it, and where that is named.
type InputOrFile = (Option<Input>, Option<(String, Place)>);

impl JobReader<'_> {
    /// The job's arguments laid over the defaults', key by key, and both between the `layers`. What is laid over is never
    /// evaluated.
    pub(super) fn arguments(
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

    /// The fields of `start-info`. Their names are judged even where a value is not known yet.
    pub(super) fn start_info(&mut self, node: Option<NodeId>) -> Option<Vec<(Box<str>, Value)>> {
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
