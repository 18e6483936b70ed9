//! The published schema made ready: each of its schemas a rule, each reference resolved, each pattern compiled.
//!
//! In: a schema of draft 2020-12. Out: [`Rules`]. Never: meets a keyword that it does not know; our own schemas have none, and a test
//! holds what is found by them against the validator that the world uses.

use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// Keywords that tell, and ask for nothing. `format` is one of them: draft 2020-12 has it so.
const ANNOTATIONS: [&str; 10] = [
    "$schema",
    "$id",
    "$defs",
    "title",
    "description",
    "default",
    "examples",
    "enumDescriptions",
    "format",
    "deprecated",
];

/// A schema, made ready. The first rule is the whole.
pub(super) struct Rules<'s> {
    rules: Vec<Rule<'s>>,
}

/// Which rule of [`Rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RuleId(usize);

impl RuleId {
    /// The whole schema.
    pub(super) const ROOT: Self = Self(0);
}

/// What one schema asks for. What is empty, 0 or `None` asks for nothing.
pub(super) struct Rule<'s> {
    /// The schema itself, for its words.
    pub(super) schema: &'s Value,
    /// Its name under `$defs`, where it stands there itself.
    pub(super) definition: Option<&'s str>,
    pub(super) reference: Option<RuleId>,
    pub(super) types: Vec<ValueType>,
    /// Of `enum` and `const`.
    pub(super) choices: Option<&'s [Value]>,
    pub(super) any_of: Vec<RuleId>,
    pub(super) properties: HashMap<&'s str, RuleId>,
    pub(super) pattern_properties: Vec<(Regex, RuleId)>,
    pub(super) other_properties: OtherProperties,
    pub(super) property_names: Option<RuleId>,
    pub(super) required: Vec<&'s str>,
    pub(super) min_properties: u64,
    pub(super) items: Option<RuleId>,
    pub(super) min_items: u64,
    pub(super) pattern: Option<Regex>,
    /// In characters.
    pub(super) min_length: u64,
    /// In characters.
    pub(super) max_length: Option<u64>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
}

/// Keys that neither `properties` nor `patternProperties` name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherProperties {
    /// Any may stand there.
    Free,
    /// None may.
    Refused,
    /// Any whose value keeps the rule.
    By(RuleId),
}

/// A type of values, as the schema names them; in the order in which several are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ValueType {
    Null,
    Boolean,
    /// `1.0` is none: serde, which reads the document next, tells them apart too.
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl<'s> Rules<'s> {
    /// Makes `schema` ready.
    ///
    /// Panics where it has a keyword that is not known here, or is no schema: it is part of the program.
    pub(super) fn of(schema: &'s Value) -> Self {
        let mut making = Making { whole: schema, rules: Vec::new(), known: HashMap::new() };
        making.rule(schema, None);
        Self { rules: making.rules }
    }

    pub(super) fn rule(&self, id: RuleId) -> &Rule<'s> {
        &self.rules[id.0]
    }
}

impl<'s> Rule<'s> {
    /// One that asks for nothing.
    fn free(schema: &'s Value, definition: Option<&'s str>) -> Self {
        Self {
            schema,
            definition,
            reference: None,
            types: Vec::new(),
            choices: None,
            any_of: Vec::new(),
            properties: HashMap::new(),
            pattern_properties: Vec::new(),
            other_properties: OtherProperties::Free,
            property_names: None,
            required: Vec::new(),
            min_properties: 0,
            items: None,
            min_items: 0,
            pattern: None,
            min_length: 0,
            max_length: None,
            minimum: None,
            maximum: None,
        }
    }
}

/// Rules while they are made.
struct Making<'s> {
    whole: &'s Value,
    rules: Vec<Rule<'s>>,
    /// Definitions that have a rule, by name: one may lead back to itself.
    known: HashMap<&'s str, RuleId>,
}

impl<'s> Making<'s> {
    fn rule(&mut self, schema: &'s Value, definition: Option<&'s str>) -> RuleId {
        let id = RuleId(self.rules.len());
        self.rules.push(Rule::free(schema, definition));
        if let Some(name) = definition {
            self.known.insert(name, id);
        }
        let rule = match schema {
            Value::Bool(true) => return id,
            Value::Object(keywords) => self.made(schema, definition, keywords),
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                panic!("a schema is a mapping or `true`, not {schema}")
            }
        };
        self.rules[id.0] = rule;
        id
    }

    fn made(&mut self, schema: &'s Value, definition: Option<&'s str>, keywords: &'s Map<String, Value>) -> Rule<'s> {
        let mut rule = Rule::free(schema, definition);
        for (keyword, value) in keywords {
            match keyword.as_str() {
                "$ref" => rule.reference = Some(self.reference(text(value))),
                "type" => {
                    rule.types = list_or_one(value).iter().map(|name| ValueType::named(text(name))).collect();
                    rule.types.sort_unstable();
                }
                "enum" => rule.choices = Some(list(value)),
                "const" => rule.choices = Some(std::slice::from_ref(value)),
                "anyOf" => rule.any_of = list(value).iter().map(|branch| self.rule(branch, None)).collect(),
                "properties" => {
                    rule.properties = entries(value).map(|(key, of_key)| (key, self.rule(of_key, None))).collect();
                }
                "patternProperties" => {
                    rule.pattern_properties =
                        entries(value).map(|(keys, of_keys)| (compiled(keys), self.rule(of_keys, None))).collect();
                }
                "additionalProperties" => {
                    rule.other_properties = match value.as_bool() {
                        Some(true) => OtherProperties::Free,
                        Some(false) => OtherProperties::Refused,
                        None => OtherProperties::By(self.rule(value, None)),
                    }
                }
                "propertyNames" => rule.property_names = Some(self.rule(value, None)),
                "required" => rule.required = list(value).iter().map(text).collect(),
                "minProperties" => rule.min_properties = count(value),
                "items" => rule.items = Some(self.rule(value, None)),
                "minItems" => rule.min_items = count(value),
                "pattern" => rule.pattern = Some(compiled(text(value))),
                "minLength" => rule.min_length = count(value),
                "maxLength" => rule.max_length = Some(count(value)),
                "minimum" => rule.minimum = Some(number(value)),
                "maximum" => rule.maximum = Some(number(value)),
                annotation if ANNOTATIONS.contains(&annotation) || annotation.starts_with("x-") => {}
                unknown => panic!("`{unknown}` is no keyword that the rules of a schema know"),
            }
        }
        rule
    }

    fn reference(&mut self, to: &'s str) -> RuleId {
        let name = to.strip_prefix("#/$defs/").unwrap_or_else(|| panic!("`{to}` is no definition of the schema"));
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let target = &self.whole["$defs"][name];
        self.rule(target, Some(name))
    }
}

impl ValueType {
    fn named(name: &str) -> Self {
        match name {
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "null" => Self::Null,
            "number" => Self::Number,
            "object" => Self::Object,
            "string" => Self::String,
            unknown => panic!("`{unknown}` is no type of a schema"),
        }
    }
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the schema is a regular expression")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text of the schema")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list of the schema")
}

fn list_or_one(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().expect("a mapping of the schema").iter().map(|(key, value)| (key.as_str(), value))
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count of the schema")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number of the schema")
}
