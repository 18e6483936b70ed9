//! What all jobs of a manifest in the making share: params, secrets, and what is to be said.
//!
//! In: values, as they were pasted. Out: scalars of YAML, with an expression where a variable stood. Never: a secret's text.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::cron::CronReading;
use super::found::{FolderHeader, RequestTarget};
use super::json::BARE;
use super::placeholders::{PastedPart, identifier, parts};
use super::secret_words::{is_secret_form, is_secret_name};
use crate::diagnostic::escape::escape;
use crate::secret::{Redactor, Secret};
use crate::spec::start_manifest::{folder_by, literal, quoted, scalar, text};

/// A job in the making.
#[derive(Debug)]
pub(super) struct DraftJob {
    /// What its author calls it.
    pub(super) title: Option<String>,
    /// The release, for a name.
    pub(super) release: Option<String>,
    /// Its keys, a line each; what belongs to one is set in.
    pub(super) lines: Vec<String>,
    /// The value of `folder`.
    pub(super) folder: Option<String>,
    /// When a trigger starts it.
    pub(super) cron: Option<CronReading>,
}

/// What a value is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Whatever it is.
    Json,
}

impl Wanted {
    /// The type of a param.
    pub(super) fn param_type(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Json => "json",
        }
    }
}

/// A param in the making.
pub(super) struct DraftParam {
    /// Its name in the manifest.
    pub(super) name: String,
    /// What the variable was called.
    pub(super) variable: String,
    /// What it is wanted for.
    pub(super) wanted: Wanted,
}

/// A secret in the making. Its value is kept to tell it from others, and shown nowhere.
pub(super) struct DraftSecret {
    /// Its name in the manifest.
    pub(super) name: String,
    /// The environment variable that holds it.
    pub(super) variable: String,
    /// What stood there, or the variable that did.
    value: Secret,
}

/// What all jobs share.
pub(super) struct Draft<'a> {
    /// What the text was, with its article.
    pub(super) origin: &'static str,
    /// What was left out or read in some way.
    pub(super) notes: Vec<String>,
    /// The params, each once.
    pub(super) params: Vec<DraftParam>,
    /// What variables of a collection stand for, by name.
    pub(super) defaults: BTreeMap<String, String>,
    /// Variables of the environment that expressions read.
    pub(super) env: Vec<String>,
    /// The secrets, each once.
    pub(super) secrets: Vec<DraftSecret>,
    /// Where requests go.
    pub(super) targets: Vec<RequestTarget>,
    /// Requests of other kinds.
    pub(super) passed_over: usize,
    /// Whether a shell would have filled in variables.
    pub(super) has_shell: bool,
    /// What commands are given on stdin, in their order (`<<EOF`).
    pub(super) here_documents: VecDeque<String>,
    redactor: &'a Redactor,
}

impl<'a> Draft<'a> {
    pub(super) fn new(redactor: &'a Redactor) -> Self {
        Self {
            origin: "",
            notes: Vec::new(),
            params: Vec::new(),
            defaults: BTreeMap::new(),
            env: Vec::new(),
            secrets: Vec::new(),
            targets: Vec::new(),
            passed_over: 0,
            has_shell: false,
            here_documents: VecDeque::new(),
            redactor,
        }
    }

    /// Remembers something to say, once.
    pub(super) fn note(&mut self, words: impl Into<String>) {
        // One line, whatever names it repeats.
        let words = escape(&self.shown(&words.into())).into_owned();
        if !self.notes.contains(&words) {
            self.notes.push(words);
        }
    }

    /// `text` without the secrets that are known.
    pub(super) fn shown(&self, text: &str) -> String {
        if is_secret_form(text) { "(a secret)".to_owned() } else { self.redactor.redact(text).into_owned() }
    }

    /// Learns a secret of the text: nothing shows it from then on.
    pub(super) fn learn(&self, secret: &str) {
        let secret = secret.trim();
        if !secret.is_empty() && !secret.starts_with("{{") && !secret.starts_with('$') && !secret.starts_with('<') {
            self.redactor.learn(&Secret::new(secret.to_owned()));
        }
    }

    pub(super) fn note_target(&mut self, target: RequestTarget) {
        if target != RequestTarget::default() && !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }

    /// The scalar for `raw`, the value of a field.
    pub(super) fn scalar(&mut self, raw: &str, wanted: Wanted) -> String {
        let (raw, wanted) = match raw.strip_prefix(BARE) {
            Some(bare) if wanted == Wanted::Text => (bare, Wanted::Json),
            Some(bare) => (bare, wanted),
            None => (raw, wanted),
        };
        let parts = parts(raw, self.has_shell);
        match parts.as_slice() {
            [] | [PastedPart::Literal(_)] => text(raw),
            [PastedPart::Postman(name)] => quoted(&self.param(name, wanted)),
            [PastedPart::Shell(name)] => quoted(&self.variable(name, wanted)),
            several => {
                let mut out = String::new();
                for part in several {
                    match part {
                        PastedPart::Literal(part) => {
                            // In front of an expression it would make that plain text.
                            let (part, sign) = part.strip_suffix('$').map_or((*part, ""), |part| (part, "${{ '$' }}"));
                            out.push_str(&literal(part));
                            out.push_str(sign);
                        }
                        PastedPart::Postman(name) => out.push_str(&self.param(name, Wanted::Text)),
                        PastedPart::Shell(name) => out.push_str(&self.variable(name, Wanted::Text)),
                    }
                }
                quoted(&out)
            }
        }
    }

    /// The value of an argument or of a variable of the environment, where secrets may stand, as YAML.
    pub(super) fn value(&mut self, key: &str, value: &Value) -> String {
        match value {
            Value::String(raw) => match self.secret(key, raw) {
                Some(expression) => quoted(&expression),
                None => self.scalar(raw, Wanted::Text),
            },
            Value::Number(number) => match self.secret(key, &number.to_string()) {
                Some(expression) => quoted(&expression),
                None => number.to_string(),
            },
            Value::Null | Value::Bool(_) => value.to_string(),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(key, item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Value::Object(entries) => {
                // What stands below the name of a secret is one, whatever it is called there.
                // So does what stands beside it: `{ "Name": "Password", "Value": .. }`.
                let is_called = |key: &str| ["name", "key"].iter().any(|word| key.eq_ignore_ascii_case(word));
                let beside = entries.iter().find(|(inner, _)| is_called(inner)).and_then(|(_, name)| name.as_str());
                let beside = beside.filter(|name| is_secret_name(name));
                let named = |inner: &str| match beside {
                    Some(name) if inner.eq_ignore_ascii_case("value") => name.to_owned(),
                    Some(_) | None if is_secret_name(key) => format!("{key}_{inner}"),
                    Some(_) | None => inner.to_owned(),
                };
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(inner, value)| format!("{}: {}", scalar(inner), self.value(&named(inner), value)))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// The expression for `raw` where it is a secret, or a variable of one.
    fn secret(&mut self, key: &str, raw: &str) -> Option<String> {
        if raw.is_empty() {
            return None;
        }
        let known = parts(raw.trim_start_matches(BARE), self.has_shell);
        let variable = match known.as_slice() {
            [PastedPart::Postman(name) | PastedPart::Shell(name)] => Some(*name),
            _ => None,
        };
        let is_variable_of_one = variable.is_some_and(is_secret_name);
        let is_literal = variable.is_none() && !known.iter().any(|part| !matches!(part, PastedPart::Literal(_)));
        let is_one = is_variable_of_one
            || is_secret_name(key)
            || is_literal && (is_secret_form(raw) || self.redactor.finds_in(raw));
        if !is_one {
            return None;
        }
        if is_literal {
            self.learn(raw);
        }
        let is_same = |known: &&DraftSecret| known.value.expose() == raw;
        if let Some(known) = self.secrets.iter().find(is_same) {
            return Some(format!("${{{{ secrets.{} }}}}", known.name));
        }
        let name =
            unused(&identifier(variable.unwrap_or(key)), |name| self.secrets.iter().any(|known| known.name == name));
        let variable = match known.as_slice() {
            [PastedPart::Shell(name)] => (*name).to_owned(),
            _ => name.to_ascii_uppercase(),
        };
        self.note(format!(
            "the value of `{key}` looks like a secret: it was left out, and is read from the environment variable {variable}"
        ));
        let expression = format!("${{{{ secrets.{name} }}}}");
        self.secrets.push(DraftSecret { name, variable, value: Secret::new(raw.to_owned()) });
        Some(expression)
    }

    fn param(&mut self, variable: &str, wanted: Wanted) -> String {
        let known = self.params.iter().find(|known| known.variable == variable).map(|known| known.name.clone());
        let name = known.unwrap_or_else(|| {
            let name = unused(&identifier(variable), |name| self.params.iter().any(|known| known.name == name));
            self.params.push(DraftParam { name: name.clone(), variable: variable.to_owned(), wanted });
            name
        });
        format!("${{{{ params.{name} }}}}")
    }

    fn variable(&mut self, name: &str, wanted: Wanted) -> String {
        if !self.env.iter().any(|known| known == name) {
            self.env.push(name.to_owned());
            self.note(format!(
                "`${name}` is taken for a variable of the shell: sortie reads the environment variable {name}; where \
                 this text itself was sent, write it"
            ));
        }
        match wanted {
            Wanted::Text => format!("${{{{ env.{name} }}}}"),
            Wanted::Integer => format!("${{{{ env.{name} | int }}}}"),
            Wanted::Json => format!("${{{{ env.{name} | fromjson }}}}"),
        }
    }

    /// The value of `folder`, of a header.
    pub(super) fn folder(&mut self, header: FolderHeader, value: &str) -> Option<String> {
        let value = value.trim();
        let is_plain = !parts(value, self.has_shell).iter().any(|part| !matches!(part, PastedPart::Literal(_)));
        match header {
            _ if value.is_empty() || value.starts_with('<') => {
                self.note("the header of the folder has no value: name the `folder`, or let the profile have one");
                None
            }
            FolderHeader::Id if !is_plain => Some(format!("{{ id: {} }}", self.scalar(value, Wanted::Integer))),
            FolderHeader::Key if !is_plain => Some(format!("{{ key: {} }}", self.scalar(value, Wanted::Text))),
            FolderHeader::Id if value.parse::<i64>().is_ok() => Some(folder_by(value)),
            FolderHeader::Key if uuid::Uuid::try_parse(value).is_ok() && value.len() == 36 => Some(folder_by(value)),
            FolderHeader::Id | FolderHeader::Key => {
                self.note("the header of the folder is neither a number nor a GUID: name the `folder`");
                None
            }
            FolderHeader::Path => Some(self.scalar(value, Wanted::Text)),
            FolderHeader::EncodedPath => {
                let path = decoded_path(value);
                if path.is_none() {
                    self.note("the encoded path of the folder cannot be read: name the `folder`");
                }
                path.map(|path| text(&path))
            }
        }
    }
}

/// `name`, or `name_2` and so on where that is taken.
fn unused(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut found = name.to_owned();
    let mut number = 1;
    while is_taken(&found) {
        number += 1;
        found = format!("{name}_{number}");
    }
    found
}

/// The path in `X-UIPATH-FolderPath-Encoded`: base64 of UTF-16, small end first.
fn decoded_path(value: &str) -> Option<String> {
    let bytes = STANDARD.decode(value).ok().filter(|bytes| bytes.len() % 2 == 0)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}
