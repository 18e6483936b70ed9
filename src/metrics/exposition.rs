//! The text form of Prometheus, version 0.0.4: families of samples, each with its help and its type.
//!
//! In: names that are ours, labels that may be foreign. Out: text in which a label's value cannot be anything else. Source:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FamilyKind {
    /// It goes up and down.
    Gauge,
    /// It goes up while the process lives.
    Counter,
    /// A sum and a count.
    Summary,
}

/// Samples of one run.
pub(super) struct Exposition {
    /// The label that every sample has.
    name: String,
    text: String,
}

impl Exposition {
    /// Of the runs of the manifest `name`.
    pub(super) fn of_run(name: &str) -> Self {
        Self { name: escaped(name), text: String::new() }
    }

    /// Begins a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: FamilyKind, help: &str) {
        let kind = match kind {
            FamilyKind::Gauge => "gauge",
            FamilyKind::Counter => "counter",
            FamilyKind::Summary => "summary",
        };
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// Adds a sample with these labels beside the manifest's name.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.text, "{name}{{name=\"{}\"", self.name);
        for (label, text) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.text, "}} {value}");
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A label's value: what would end it, or its line, is written as the format says.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
