//! The form of stderr: words for people, or JSON lines for whoever collects logs.
//!
//! In: what is said, and log events. Out: one line of JSON for each, its texts masked value by value. Never: a second form in
//! between: with JSON all of stderr is JSON, but for what is said before the arguments are read.

use std::fmt;
use std::sync::OnceLock;

use clap::ValueEnum;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::escape::escape_json;
use crate::secret::Redactor;

/// The form of stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line: time, level, target, message, fields
    Json,
}

/// Set once, before anything is said but of the arguments.
static CHOSEN: OnceLock<LogFormat> = OnceLock::new();

impl LogFormat {
    /// The form of this process from now on. A second call in one process (a test) keeps the first.
    pub(crate) fn choose(self) {
        let _ = CHOSEN.set(self);
    }

    /// Whether stderr is JSON.
    pub(crate) fn is_json() -> bool {
        CHOSEN.get() == Some(&Self::Json)
    }
}

/// `text`, as it is said to people, as a line; colours are dropped.
pub(super) fn of_words(text: &str, redactor: &Redactor) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let plain = plain.trim_end_matches('\n');
    let level = match plain {
        _ if plain.starts_with("error") || plain.starts_with("sortie: this is a bug") => "error",
        _ if plain.starts_with("warning") => "warn",
        _ => "info",
    };
    let plain = plain.strip_prefix("error: ").or(plain.strip_prefix("warning: ")).unwrap_or(plain);
    // What helps stands by itself, so that a message is the same wherever it is counted.
    let (message, help) = match plain.split_once("\n  help: ") {
        Some((message, help)) => (message, Some(help)),
        None => (plain, None),
    };
    let fields = help.map(|help| Map::from_iter([("help".to_owned(), help.into())])).unwrap_or_default();
    line(level, "sortie", message, fields, redactor)
}

fn line(level: &str, target: &str, message: &str, fields: Map<String, Value>, redactor: &Redactor) -> String {
    let time = SystemClock::new().utc();
    let mut said = json!({
        "time": format!("{time:.3}"), "level": level, "target": target, "message": message, "fields": fields,
    });
    if let Some(said) = said.as_object_mut().filter(|said| said["fields"] == json!({})) {
        said.remove("fields");
    }
    redactor.redact_output_value(&mut said);
    escape_json(&said.to_string()).into_owned()
}

/// Log events as lines, which `write` takes.
pub(crate) struct JsonLogs<W> {
    redactor: Redactor,
    write: W,
}

impl<W: Fn(&str)> JsonLogs<W> {
    /// To `write`, secrets masked.
    pub(crate) fn new(redactor: &Redactor, write: W) -> Self {
        Self { redactor: redactor.clone(), write }
    }
}

impl<S: Subscriber, W: Fn(&str) + 'static> Layer<S> for JsonLogs<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut values = EventValues::default();
        event.record(&mut values);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let EventValues { message, fields } = values;
        (self.write)(&line(&level, event.metadata().target(), &message, fields, &self.redactor));
    }
}

/// What an event holds.
#[derive(Default)]
struct EventValues {
    message: String,
    fields: Map<String, Value>,
}

impl EventValues {
    fn add(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for EventValues {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" { self.message = text } else { self.add(field, text.into()) }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { value.clone_into(&mut self.message) } else { self.add(field, value.into()) }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn read(line: &str) -> Value {
        assert!(!line.contains('\n'), "one line: {line}");
        let mut said: Value = serde_json::from_str(line).expect("a line of JSON");
        let time = said.as_object_mut().and_then(|said| said.remove("time")).expect("each has a time");
        assert!(time.as_str().is_some_and(|time| time.ends_with('Z') && time.len() == 24), "{time}");
        said
    }

    #[test]
    fn what_is_said_is_a_line_with_its_level_and_without_colours_or_secrets() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter2-hunter2".to_owned()));
        let check = |text: &str, expected: Value| assert_eq!(read(&of_words(text, &redactor)), expected);
        check(
            "\u{1b}[1merror:\u{1b}[0m no run \"x\"\n  help: type it\n",
            json!({"level": "error", "target": "sortie", "message": "no run \"x\"", "fields": {"help": "type it"}}),
        );
        check("warning: hunter2-hunter2", json!({"level": "warn", "target": "sortie", "message": "***"}));
        check("3/5 launched\u{202e}", json!({"level": "info", "target": "sortie", "message": "3/5 launched\u{202e}"}));
        assert!(!of_words("a\u{202e}", &redactor).contains('\u{202e}'), "nothing in it steers a terminal");
    }

    #[test]
    fn a_log_event_is_a_line_with_its_fields() {
        use std::sync::{Arc, Mutex};
        use tracing_subscriber::layer::SubscriberExt as _;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter2-hunter2".to_owned()));
        let logs = JsonLogs::new(&redactor, move |line: &str| into.lock().expect("no panic").push(line.to_owned()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), || {
            tracing::warn!(launch = "a/\"1\"", times = 3, token = "hunter2-hunter2", "sent {}", "again");
        });
        let lines = lines.lock().expect("no panic");
        let said = read(&lines[0]);
        assert_eq!((&said["level"], &said["message"]), (&json!("warn"), &json!("sent again")));
        assert_eq!(said["fields"], json!({"launch": "a/\"1\"", "times": 3, "token": "***"}));
    }
}
