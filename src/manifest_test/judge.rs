//! A test's expectations held against a plan, or against what was complained of.
//!
//! In: a test, a plan or none, and what was said on the way to it. Out: what is not as expected, at its place in the test file; for
//! complaints that nobody expected, those too. Never: a complaint where all is as expected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::ManifestTest;
use super::file_format::{ExpectFormat, ExpectedDiagnostic, ExpectedPlace};
use super::read::TestFile;
use super::subset;
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::ids::{LaunchId, Ordinal};
use crate::manifest::Document;
use crate::plan::{Launch, Plan, PlanEntry};
use crate::plan_diff::launch_fields;
use crate::source::{SourceId, Sources};

/// Maximum complaints of a manifest that are shown with a test.
const MAX_COMPLAINTS: usize = 10;

/// Maximum ids that are named.
const MAX_NAMED: usize = 10;

/// What of `test` does not hold; empty where it passes. `manifest` is the manifest's text among `sources`, and `said` what was
/// complained of on the way to `plan`.
#[must_use]
pub fn judge(
    file: &TestFile,
    test: &ManifestTest,
    sources: &Sources,
    manifest: SourceId,
    plan: Option<&Plan>,
    said: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let judgement = TestJudge { document: &file.document, test, expect: &test.format.expect };
    let mut failures = judgement.diagnostics(sources, manifest, said);
    match plan {
        Some(plan) => {
            judgement.counts(plan, &mut failures);
            judgement.launches(plan, &mut failures);
        }
        None if judgement.wants_plan() => {
            let what = "the manifest has no plan here, so nothing of its launches holds";
            failures.push(judgement.failure(&["expect"], what.to_owned()));
        }
        None => {}
    }
    failures
}

struct TestJudge<'a> {
    document: &'a Document,
    test: &'a ManifestTest,
    expect: &'a ExpectFormat,
}

impl TestJudge<'_> {
    fn failure(&self, path: &[&str], what: String) -> Diagnostic {
        Diagnostic::error(Code::TestFailed, self.test.place(self.document, path), what)
    }

    fn wants_plan(&self) -> bool {
        let ExpectFormat { launches, jobs, skipped, bodies, diagnostics: _ } = self.expect;
        launches.is_some() || jobs.is_some() || skipped.is_some() || bodies.is_some()
    }

    /// What is expected and was not said, and what was said and is not expected.
    fn diagnostics(&self, sources: &Sources, manifest: SourceId, said: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut failures = Vec::new();
        let is_listed = self.expect.diagnostics.is_some();
        let is_judged = |said: &Diagnostic| match said.severity {
            Severity::Error => true,
            Severity::Warning => is_listed,
            Severity::Note => false,
        };
        let mut left: Vec<Diagnostic> = said.into_iter().filter(is_judged).collect();
        for (index, expected) in self.expect.diagnostics.iter().flatten().enumerate() {
            if let Some(at) = left.iter().position(|said| fits(expected, said, sources, manifest)) {
                left.remove(at);
                continue;
            }
            let place = ["expect", "diagnostics", &index.to_string()];
            let mut failure = self.failure(&place, format!("`{}` is not said", described(expected)));
            let others = left.iter().filter(|said| said.code.as_str() == expected.code);
            let others: Vec<String> = others.map(|said| place_of(said, sources, manifest)).collect();
            if !others.is_empty() {
                failure = failure.help(format!("`{}` is said at {}", expected.code, others.join(", ")));
            }
            failures.push(failure);
        }
        if !left.is_empty() {
            let errors = if left.len() == 1 { "1 diagnostic" } else { &format!("{} diagnostics", left.len()) };
            let path: &[&str] = if is_listed { &["expect", "diagnostics"] } else { &["name"] };
            failures.push(self.failure(path, format!("this test does not expect {errors} of the manifest")));
            left.truncate(MAX_COMPLAINTS);
            failures.extend(left);
        }
        failures
    }

    fn counts(&self, plan: &Plan, failures: &mut Vec<Diagnostic>) {
        let started = |ordinals: std::ops::Range<u32>| ordinals.filter(|at| !plan.skips(Ordinal(*at))).count() as u64;
        let counts: BTreeMap<&str, u64> = plan.jobs().map(|job| (job.name, started(job.ordinals))).collect();
        let all: u64 = counts.values().sum();
        if let Some(expected) = self.expect.launches.filter(|expected| *expected != all) {
            let told: Vec<String> =
                counts.iter().take(MAX_NAMED).map(|(job, count)| format!("{job} {count}")).collect();
            let failure = self.failure(&["expect", "launches"], format!("{all} launches are planned, not {expected}"));
            failures.push(failure.label(format!("it is {all}")).help(format!("by job: {}", told.join(", "))));
        }
        for (job, expected) in self.expect.jobs.iter().flatten() {
            let path = ["expect", "jobs", job];
            if !plan.has_job(job) {
                let near = nearest(job, counts.keys().copied()).map(|near| format!("did you mean `{near}`?"));
                failures.push(self.failure(&path, format!("there is no job `{job}`")).maybe_help(near));
                continue;
            }
            let count = counts.get(job.as_str()).copied().unwrap_or_default();
            if count != *expected {
                let what = format!("{count} launches of `{job}` are planned, not {expected}");
                failures.push(self.failure(&path, what).label(format!("it is {count}")));
            }
        }
    }

    /// What is expected of single launches.
    fn launches(&self, plan: &Plan, failures: &mut Vec<Diagnostic>) {
        let ids = || (0..plan.len()).map(Ordinal::from).map(|ordinal| (plan.launch_id(ordinal), ordinal));
        if let Some(expected) = &self.expect.skipped {
            let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
            let skipped: Vec<LaunchId> = ids().filter(|(_, ordinal)| plan.skips(*ordinal)).map(|(id, _)| id).collect();
            let skipped: BTreeSet<&str> = skipped.iter().map(LaunchId::as_str).collect();
            let told = |ids: Vec<&&str>| {
                let more = if ids.len() > MAX_NAMED { ", .." } else { "" };
                let shown: Vec<String> = ids.iter().take(MAX_NAMED).map(|id| format!("`{id}`")).collect();
                format!("{}{more}", shown.join(", "))
            };
            let (missing, more): (Vec<_>, Vec<_>) =
                (expected.difference(&skipped).collect(), skipped.difference(&expected).collect());
            if !missing.is_empty() {
                failures.push(self.failure(&["expect", "skipped"], format!("not skipped: {}", told(missing))));
            }
            if !more.is_empty() {
                failures.push(self.failure(&["expect", "skipped"], format!("skipped, too: {}", told(more))));
            }
        }
        let Some(bodies) = &self.expect.bodies else { return };
        let found: BTreeMap<LaunchId, Ordinal> = ids().filter(|(id, _)| bodies.contains_key(id.as_str())).collect();
        for id in bodies.keys() {
            let path = ["expect", "bodies", id];
            match found.get(&LaunchId::from(id.as_str())).map(|ordinal| plan.planned(*ordinal)) {
                Some(PlanEntry::Launch(launch)) => self.body(id, &launch, failures),
                Some(PlanEntry::Skipped(skipped)) => {
                    failures.push(self.failure(&path, format!("`{id}` is skipped: {}", skipped.why)));
                }
                None => {
                    let known: Vec<LaunchId> = ids().map(|(id, _)| id).collect();
                    let near = nearest(id, known.iter().map(LaunchId::as_str));
                    let first = known.first().map(|first| format!("the first launch is `{first}`"));
                    let help = near.map(|near| format!("did you mean `{near}`?")).or(first);
                    failures.push(self.failure(&path, format!("there is no launch `{id}`")).maybe_help(help));
                }
            }
        }
    }

    fn body(&self, id: &str, launch: &Launch, failures: &mut Vec<Diagnostic>) {
        let (fields, request) = (launch_fields(launch), launch.canonical());
        let node = self.test.find(self.document, &["expect", "bodies", id]);
        for entry in self.document.entries(node) {
            let own = fields.get(entry.key).cloned();
            // By the API's name, where JSON stands inside of a text.
            let of_api = || {
                let value = request.get("request")?.get(entry.key)?;
                let is_text = self.document.text(entry.value).is_some();
                let inner = value.as_str().filter(|_| !is_text).and_then(|text| serde_json::from_str(text).ok());
                Some(inner.unwrap_or_else(|| value.clone()))
            };
            let actual: Option<Value> = own.or_else(of_api);
            subset::differences(self.document, entry.value, (id, entry.key), actual.as_ref(), failures);
        }
    }
}

fn fits(expected: &ExpectedDiagnostic, said: &Diagnostic, sources: &Sources, manifest: SourceId) -> bool {
    let at = match &expected.at {
        None => true,
        Some(ExpectedPlace::Line(line)) => is_at(&line.to_string(), said, sources, manifest),
        Some(ExpectedPlace::Text(text)) => is_at(text, said, sources, manifest),
    };
    at && said.code.as_str() == expected.code && expected.text.as_ref().is_none_or(|text| said.what.contains(text))
}

/// Whether `said` is at `LINE`, `LINE:COLUMN` of the manifest, or of the file that stands before it.
fn is_at(text: &str, said: &Diagnostic, sources: &Sources, manifest: SourceId) -> bool {
    let source = sources.get(said.place.source);
    let at = source.line_col(said.place.span.start);
    let position = [format!("{}:{}", at.line, at.column), at.line.to_string()];
    position.iter().any(|position| match text.strip_suffix(position.as_str()) {
        Some("") => said.place.source == manifest,
        Some(file) => file.strip_suffix(':').is_some_and(|file| {
            let rest = source.name().strip_suffix(file);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        }),
        None => false,
    })
}

fn place_of(said: &Diagnostic, sources: &Sources, manifest: SourceId) -> String {
    let source = sources.get(said.place.source);
    let at = source.line_col(said.place.span.start);
    let position = format!("{}:{}", at.line, at.column);
    if said.place.source == manifest { position } else { format!("{}:{position}", source.name()) }
}

fn described(expected: &ExpectedDiagnostic) -> String {
    match &expected.at {
        None => expected.code.clone(),
        Some(ExpectedPlace::Line(line)) => format!("{} at {line}", expected.code),
        Some(ExpectedPlace::Text(text)) => format!("{} at {text}", expected.code),
    }
}
