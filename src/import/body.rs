//! The fields of a request as keys of a job.
//!
//! In: `startInfo`, in whatever letter case its fields stand. Out: lines of YAML. Never: judges what does not go together;
//! that is the manifest's own check.

use serde_json::{Map, Value};

use super::draft::{Draft, Wanted};
use super::error::{ImportError, JsonProblem};
use super::json::{self, BARE};
use super::placeholders::{PastedPart, parts};
use crate::launch_terms::StopStrategy;
use crate::spec::start_manifest::scalar;
use crate::start_info::{FIELDS, PriorityLevel, Runtime, Strategy, check};
use crate::words::Words;

/// Maximum characters of a `reference` in front of sortie's own.
const MAX_REFERENCE_CHARS: usize = 71;

/// What names the release, for a job's name.
pub(super) fn release_word(info: &Map<String, Value>) -> Option<String> {
    let name = info.iter().find(|(key, _)| key.eq_ignore_ascii_case("ReleaseName"))?.1.as_str()?;
    let is_plain = parts(name, true).iter().all(|part| matches!(part, PastedPart::Literal(_)));
    (is_plain && !name.is_empty()).then(|| name.to_owned())
}

/// The keys of a job that starts what `info` starts.
///
/// Errors: arguments that are not JSON.
pub(super) fn job_lines(info: &Map<String, Value>, draft: &mut Draft<'_>) -> Result<Vec<String>, ImportError> {
    let mut job = JobLines { fields: fields(info, draft), lines: Vec::new(), draft };
    job.release();
    job.strategy();
    job.terms();
    job.machines();
    job.stop();
    job.texts();
    job.arguments()?;
    job.others();
    Ok(job.lines)
}

/// The fields that say something, by the API's names.
fn fields(info: &Map<String, Value>, draft: &mut Draft<'_>) -> Vec<(&'static str, Value)> {
    let mut found: Vec<(&'static str, Value)> = Vec::new();
    for (key, value) in info {
        let Some(field) = FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(key)) else {
            if !key.starts_with("@odata.") {
                draft.note(format!("`{key}` is no field of StartJobs that sortie knows: it was left out"));
            }
            continue;
        };
        if says_nothing(value) {
            continue;
        }
        if found.iter().any(|(known, _)| *known == field.name) {
            draft.note(format!("`{}` stands twice in different letter case: the first one counts", field.name));
            continue;
        }
        found.push((field.name, value.clone()));
    }
    found
}

/// What the server takes as if it were not there.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

struct JobLines<'d, 'r> {
    fields: Vec<(&'static str, Value)>,
    lines: Vec<String>,
    draft: &'d mut Draft<'r>,
}

impl JobLines<'_, '_> {
    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.fields.iter().position(|(known, _)| *known == name)?;
        Some(self.fields.remove(at).1)
    }

    fn line(&mut self, key: &str, value: &str) {
        self.lines.push(format!("{key}: {value}"));
    }

    fn release(&mut self) {
        let (key, name) = (self.take("ReleaseKey"), self.take("ReleaseName"));
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            Some(other) => Some(other.to_string()),
            None => None,
        };
        let (key, name) = (text(key), text(name));
        let Some(key) = key else {
            match name {
                Some(name) => {
                    let value = self.draft.scalar(&name, Wanted::Text);
                    self.line("release", &format!("{value} # the process's name, as Orchestrator shows it"));
                }
                None => self.draft.note("it names no release (`ReleaseKey`): write `release`"),
            }
            return;
        };
        let value = self.draft.scalar(&key, Wanted::Text);
        let is_guid = key.len() == 36 && uuid::Uuid::try_parse(&key).is_ok();
        let is_plain = parts(&key, self.draft.has_shell).iter().all(|part| matches!(part, PastedPart::Literal(_)));
        if is_plain && !is_guid {
            self.draft.note("`ReleaseKey` is no GUID, so that sortie takes it for the release's name: look it up and write the key or the name");
        }
        let words = if is_guid { " # the process's key; its name would do, too" } else { "" };
        self.line("release", &format!("{value}{words}"));
        if name.is_some() {
            self.draft.note("`ReleaseName` was left out: `ReleaseKey` says the same");
        }
    }

    fn strategy(&mut self) {
        let given = self.take("Strategy");
        let robots = self.take("RobotIds");
        let strategy = given.as_ref().and_then(word_of::<Strategy>);
        match (&strategy, &given) {
            (Some(strategy), _) => self.line("strategy", strategy.word()),
            (None, Some(Value::String(text))) if self.is_variable(text) => {
                let value = self.draft.scalar(text, Wanted::Text);
                self.line("strategy", &value);
            }
            (None, _) if robots.is_none() => {
                self.draft.note("it names no strategy: sortie starts by `ModernJobsCount`, one robot job");
            }
            (None, _) => {
                self.draft.note("it names no strategy: sortie starts by `Specific`, a robot job on each robot");
            }
        }
        if let Some(robots) = robots
            && let Some(list) = self.integers("RobotIds", &robots)
        {
            self.line("robots", &format!("{list} # ids or names"));
        }
        let takes = match strategy {
            Some(Strategy::RobotCount) => Some("NoOfRobots"),
            Some(Strategy::JobsCount | Strategy::ModernJobsCount) | None => Some("JobsCount"),
            Some(Strategy::All | Strategy::Specific) => None,
        };
        for name in ["JobsCount", "NoOfRobots"] {
            let Some(value) = self.take(name) else { continue };
            let value = self.integer(&value);
            match value.as_deref() {
                Some("0") => self.draft.note(format!("`{name}` is 0, which says nothing: it was left out")),
                Some(value) if takes == Some(name) => self.line("count", value),
                Some(_) | None => {
                    self.draft.note(format!("`{name}` says nothing beside this strategy: it was left out"));
                }
            }
        }
    }

    fn terms(&mut self) {
        if let Some(value) = self.take("RuntimeType") {
            match word_of::<Runtime>(&value) {
                Some(runtime) => self.line("runtime", runtime.word()),
                None => self.variable_or_note("runtime", "RuntimeType", &value),
            }
        }
        let (level, value) = (self.take("JobPriority"), self.take("SpecificPriorityValue"));
        if let (Some(_), Some(_)) = (&level, &value) {
            self.draft.note("`JobPriority` was left out: the server takes it or `SpecificPriorityValue`, not both");
        }
        match (value, level) {
            (Some(value), _) => match self.integer(&value) {
                Some(value) => self.line("priority", &value),
                None => self.draft.note("`SpecificPriorityValue` is no number: it was left out"),
            },
            (None, Some(level)) => match word_of::<PriorityLevel>(&level) {
                Some(level) => self.line("priority", level.word()),
                None => self.variable_or_note("priority", "JobPriority", &level),
            },
            (None, None) => {}
        }
    }

    fn machines(&mut self) {
        if let Some(sessions) = self.take("MachineSessionIds")
            && let Some(list) = self.integers("MachineSessionIds", &sessions)
        {
            self.line("machine-sessions", &list);
        }
        let Some(Value::Array(pairs)) = self.take("MachineRobots") else { return };
        let mut machines = Vec::new();
        let mut has_robot = false;
        for pair in &pairs {
            let machine = self.host(pair, "MachineId", "MachineName");
            let robot = self.host(pair, "RobotId", "RobotUserName");
            has_robot |= robot.is_some();
            match machine {
                Some(machine) => machines.push((machine, robot)),
                None => self.draft.note("an entry of `MachineRobots` names no machine: it was left out"),
            }
        }
        if machines.is_empty() {
            return;
        }
        if has_robot {
            let pairs: Vec<String> = machines
                .iter()
                .map(|(machine, robot)| match robot {
                    Some(robot) => format!("{{ machine: {machine}, robot: {robot} }}"),
                    None => format!("{{ machine: {machine} }}"),
                })
                .collect();
            self.line("machine-robots", &format!("[{}]", pairs.join(", ")));
        } else {
            let names: Vec<String> = machines.into_iter().map(|(machine, _)| machine).collect();
            self.line("machines", &format!("[{}]", names.join(", ")));
        }
    }

    /// A machine or robot by its id, else by its name.
    fn host(&mut self, pair: &Value, id: &str, name: &str) -> Option<String> {
        let find = |wanted: &str| {
            let entries = pair.as_object()?;
            entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.clone())
        };
        let number = find(id).filter(|value| !says_nothing(value) && *value != 0).and_then(|it| self.integer(&it));
        number.or_else(|| match find(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(self.draft.scalar(&text, Wanted::Text)),
            Some(_) | None => None,
        })
    }

    fn stop(&mut self) {
        let strategy = self.take("StopStrategy").and_then(|value| word_of::<StopStrategy>(&value));
        let kill = self.take("KillProcessExpression").and_then(|value| seconds(&value));
        let Some(after) = self.take("StopProcessExpression") else {
            if strategy.is_some() || kill.is_some() {
                self.draft.note("`StopStrategy` and `KillProcessExpression` say nothing without `StopProcessExpression`: they were left out");
            }
            return;
        };
        let Some(after) = seconds(&after) else {
            self.draft.note("`StopProcessExpression` is no number of seconds: it was left out, write `stop`");
            return;
        };
        let strategy = strategy.map_or_else(String::new, |word| format!(", strategy: {}", word.word()));
        let kill = kill.map_or_else(String::new, |kill| format!(", kill-after: {kill}s"));
        self.line("stop", &format!("{{ after: {after}s{strategy}{kill} }}"));
    }

    fn texts(&mut self) {
        if let Some(Value::String(text)) = self.take("Reference") {
            let is_ours = text.contains("sortie-");
            let is_word = |c: char| c.is_ascii_alphanumeric() || "._:/#-".contains(c);
            if text.len() <= MAX_REFERENCE_CHARS && text.chars().all(is_word) && !is_ours {
                self.line("reference", &format!("{} # sortie writes its own behind it", scalar(&text)));
            } else {
                self.draft
                    .note("`Reference` was left out: sortie writes its own, by which it finds its robot jobs again");
            }
        }
        if let Some(Value::String(text)) = self.take("EnvironmentVariables") {
            let mut lines = Vec::new();
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                match line.split_once('=') {
                    Some((name, value)) => {
                        let value = self.draft.value(name.trim(), &Value::String(value.to_owned()));
                        lines.push(format!("  {}: {value}", scalar(name.trim())));
                    }
                    None => self.draft.note("a line of `EnvironmentVariables` without `=` was left out"),
                }
            }
            if !lines.is_empty() {
                self.lines.push("environment:".to_owned());
                self.lines.append(&mut lines);
            }
        }
        if let Some(value) = self.take("InputFile") {
            match value.as_str().filter(|text| uuid::Uuid::try_parse(text).is_ok()) {
                Some(text) => self.line("input-file", &scalar(text)),
                None => self.draft.note("`InputFile` is no GUID: it was left out"),
            }
        }
    }

    fn arguments(&mut self) -> Result<(), ImportError> {
        let arguments = match self.take("InputArguments") {
            None => return Ok(()),
            Some(Value::Object(entries)) => {
                self.draft.note("`InputArguments` is an object, and the server takes text: sortie sends it as text");
                entries
            }
            Some(Value::String(text)) if self.is_variable(&text) => {
                self.draft.note("`InputArguments` is a variable as a whole: write `arguments`, or an `arguments-file`");
                return Ok(());
            }
            Some(Value::String(text)) => match json::parse(&text).map_err(ImportError::Arguments)? {
                Value::Object(entries) => entries,
                Value::Null => return Ok(()),
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                    return Err(ImportError::Arguments(JsonProblem::Kind("it is JSON of another kind")));
                }
            },
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                return Err(ImportError::Arguments(JsonProblem::Kind("it is no text")));
            }
        };
        if arguments.is_empty() {
            self.line("arguments", "{}");
            return Ok(());
        }
        self.lines.push("arguments: # by name; sent as JSON text".to_owned());
        for (key, value) in &arguments {
            let value = self.draft.value(key, value);
            self.lines.push(format!("  {}: {value}", scalar(key)));
        }
        Ok(())
    }

    /// What has no key of its own.
    fn others(&mut self) {
        let mut lines = Vec::new();
        for (name, value) in std::mem::take(&mut self.fields) {
            let field = FIELDS.iter().find(|field| field.name == name).expect("they are named by the table");
            if name == "BatchExecutionKey" {
                self.draft.note("`BatchExecutionKey` was left out: sortie sets it where the profile says so");
                continue;
            }
            let is_variable = value.as_str().is_some_and(|text| self.is_variable(text));
            match check(field, &value) {
                Err(wrong) if !is_variable => self.draft.note(format!("{}: it was left out", wrong.what)),
                Err(_) | Ok(()) => {
                    let value = self.draft.value(name, &value);
                    lines.push(format!("  {name}: {value}"));
                }
            }
        }
        if !lines.is_empty() {
            self.lines.push("start-info: # fields of the API that have no key of their own".to_owned());
            self.lines.append(&mut lines);
        }
    }

    fn is_variable(&self, text: &str) -> bool {
        let text = text.trim_start_matches(BARE);
        matches!(parts(text, self.draft.has_shell).as_slice(), [PastedPart::Postman(_) | PastedPart::Shell(_)])
    }

    fn variable_or_note(&mut self, key: &str, name: &str, value: &Value) {
        match value.as_str().filter(|text| self.is_variable(text)) {
            Some(text) => {
                let value = self.draft.scalar(text, Wanted::Text);
                self.line(key, &value);
            }
            None => self.draft.note(format!("`{name}` has a word that the API does not know: it was left out")),
        }
    }

    /// A whole number, or a variable of one.
    fn integer(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) => number.as_i64().map(|number| number.to_string()),
            Value::String(text) if self.is_variable(text) => Some(self.draft.scalar(text, Wanted::Integer)),
            Value::String(text) => text.trim().parse::<i64>().ok().map(|number| number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A list of numbers.
    fn integers(&mut self, name: &str, value: &Value) -> Option<String> {
        let one = std::slice::from_ref(value);
        let items = value.as_array().map_or(one, Vec::as_slice);
        let numbers: Option<Vec<String>> = items.iter().map(|item| self.integer(item)).collect();
        if numbers.is_none() {
            self.draft.note(format!("`{name}` is no list of numbers: it was left out"));
        }
        numbers.map(|numbers| format!("[{}]", numbers.join(", ")))
    }
}

/// A word of the API's, in whatever letter case.
fn word_of<W: Words>(value: &Value) -> Option<W> {
    let text = value.as_str()?;
    W::ALL.iter().copied().find(|word| word.word().eq_ignore_ascii_case(text))
}

/// A number of seconds, above 0.
fn seconds(value: &Value) -> Option<u64> {
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number > 0).then_some(number)
}
