//! A manifest out of what people have: a Postman collection, a curl command, a request's body, a trigger.
//!
//! In: text, as it was pasted or saved. Out: a manifest's text with comments, and what of the rest was left out. Never: reads
//! a file by itself, sends anything, or lets a secret of the text into the manifest or a message.

mod body;
mod compose;
mod cron;
mod curl;
mod curl_options;
mod draft;
mod error;
mod found;
mod headers;
mod json;
mod placeholders;
mod postman;
mod secret_words;
mod shell;
mod trigger;

pub use compose::ImportedManifest;
pub use curl::BodyFiles;
pub use error::{ImportError, JsonProblem, MAX_IMPORT_BYTES};

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::secret::Redactor;
use body::job_lines;
use compose::compose;
use draft::{Draft, DraftJob};
use found::{FoundRequest, Pasted};

/// Maximum requests of one collection that become jobs.
const MAX_REQUESTS: usize = 1000;

/// The manifest that `text` stands for, called `name` where one is given.
///
/// Secrets of the text are learnt by `redactor`, so that nothing shows them.
///
/// Errors: the text holds no `StartJobs` request and no trigger, or cannot be read. No message shows a part of it that may
/// be a secret.
pub fn import(
    text: &str,
    name: Option<&str>,
    redactor: &Redactor,
    files: BodyFiles<'_>,
) -> Result<ImportedManifest, ImportError> {
    if text.len() > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLong);
    }
    let text = unfenced(text.trim_start_matches('\u{feff}'));
    let mut draft = Draft::new(redactor);
    let found = find(&text, &mut draft, files)?;
    if found.is_empty() {
        return Err(ImportError::NoRequest { passed_over: draft.passed_over });
    }
    if found.len() > MAX_REQUESTS {
        return Err(ImportError::TooMany { most: MAX_REQUESTS });
    }
    let mut jobs = Vec::new();
    for request in found {
        jobs.push(job(request, &mut draft)?);
    }
    let manifest = compose(&mut draft, jobs, name);
    if redactor.finds_in(&manifest.text) {
        return Err(ImportError::SecretInside);
    }
    Ok(manifest)
}

/// `text` without the fences that people copy along from a page.
fn unfenced(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with("```") {
        return text.to_owned();
    }
    text.lines().filter(|line| !line.trim_start().starts_with("```")).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Every request of `text` that starts robot jobs.
fn find(text: &str, draft: &mut Draft<'_>, files: BodyFiles<'_>) -> Result<Vec<FoundRequest>, ImportError> {
    if text.is_empty() {
        return Err(ImportError::Empty);
    }
    if text.starts_with(['{', '[']) {
        let value = json::parse(text).map_err(ImportError::Json)?;
        return of_json(value, draft);
    }
    if curl::is_command(text) {
        return curl::read(text, draft, files);
    }
    Err(ImportError::Unknown)
}

fn of_json(value: Value, draft: &mut Draft<'_>) -> Result<Vec<FoundRequest>, ImportError> {
    match value {
        Value::Object(object) if postman::is_postman(&object) => postman::read(object, draft),
        Value::Object(object) => {
            draft.origin = "a request's body";
            Ok(bodies(object, draft))
        }
        Value::Array(items) => {
            draft.origin = "a list of bodies";
            let objects = items.into_iter().filter_map(|item| match item {
                Value::Object(object) => Some(object),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
            });
            let objects: Vec<Map<String, Value>> = objects.collect();
            Ok(objects.into_iter().flat_map(|object| bodies(object, draft)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(ImportError::Unknown),
    }
}

/// The bodies in `object`: itself, or those of an answer's list.
fn bodies(mut object: Map<String, Value>, draft: &mut Draft<'_>) -> Vec<FoundRequest> {
    if let Some(Value::Array(items)) = object.get_mut("value").map(Value::take) {
        draft.origin = "an answer's list";
        let found = items.into_iter().filter_map(|item| FoundRequest::of_body(item).ok());
        return found.collect();
    }
    FoundRequest::of_body(Value::Object(object)).into_iter().collect()
}

/// The job that `request` is.
fn job(request: FoundRequest, draft: &mut Draft<'_>) -> Result<DraftJob, ImportError> {
    let FoundRequest { title, folder, pasted, target } = request;
    let title = title.map(|title| draft.shown(&title));
    draft.note_target(target);
    let folder = folder.and_then(|(header, value)| draft.folder(header, &value));
    let (info, cron) = match pasted {
        Pasted::StartInfo(info) => (info, None),
        Pasted::Trigger(trigger) => {
            draft.origin = "a trigger of Orchestrator";
            trigger::read(trigger, draft)
        }
    };
    for name in dynamic_variables(&info) {
        draft.note(format!(
            "`{{{{{name}}}}}` is made anew by Postman each time: it stands in the manifest as text; put a param, a column of rows or \
             `run.time` in its place"
        ));
    }
    let title = title.or_else(|| cron.as_ref().and_then(|cron| cron.title.clone()));
    let release = body::release_word(&info);
    let lines = job_lines(&info, draft)?;
    Ok(DraftJob { title, release, lines, folder, cron })
}

/// The variables in `info` that Postman makes itself (`{{$guid}}`), each once.
fn dynamic_variables(info: &Map<String, Value>) -> BTreeSet<String> {
    let text = Value::Object(info.clone()).to_string();
    let names = text.split("{{$").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once("}}")?;
        let is_name = !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then(|| format!("${name}"))
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::ids::Ordinal;
    use crate::plan::{self, Inputs};

    fn imported(text: &str) -> Result<ImportedManifest, ImportError> {
        import(text, None, &Redactor::default(), &|_| Err("there is none".to_owned()))
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(start in "(curl |curl \\^\n|\\$'|\\{\"startInfo\":|\\[|```\n)?", text in any::<String>()) {
            if let Ok(made) = imported(&format!("{start}{text}")) {
                prop_assert!(made.text.contains("\nversion: 1\n"));
            }
        }

        #[test]
        fn what_is_sent_is_what_was_pasted(title in "\\PC{0,30}", name in "\\PC{1,20}", key in "[a-l ]{1,12}", value in any::<String>()) {
            let is_variable = [&name, &value].iter().any(|text| text.contains("{{"));
            let is_secret = secret_words::is_secret_form(&value) || secret_words::is_secret_name(&key);
            let is_guid = uuid::Uuid::try_parse(&name).is_ok();
            prop_assume!(!is_variable && !is_secret && !is_guid && !value.contains('\0'));
            let arguments = json!({ key.clone(): value, "deep": [{ "a": value }] }).to_string();
            let info = json!({ "ReleaseName": name, "Strategy": "All", "InputArguments": arguments });
            let item = json!({ "name": title, "request": { "url": "x/odata/y", "body": { "raw": json!({ "startInfo": info }).to_string() } } });
            let made = imported(&item.to_string()).expect("it starts something");
            let (_, outcome) = plan::make(&Inputs::of_manifest("m.yaml", &made.text.replace("# folder: Finance/AP", "folder: F")));
            let (plan, said) = outcome.into_parts();
            let Some(plan) = plan else { return Err(TestCaseError::fail(format!("{said:?} in {}", made.text))) };
            let launch = plan.launch(Ordinal(0));
            let sent = launch.start_info.arguments().expect("there are some");
            prop_assert_eq!(&sent[&key], &json!(value));
            prop_assert_eq!(&sent["deep"][0]["a"], &json!(value));
            prop_assert_eq!(launch.release.to_string(), name);
        }
    }
}
