//! The manifest's text, with what a reader of it should know as comments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::cron::CronReading;
use super::draft::{Draft, DraftJob, DraftParam, DraftSecret, Wanted};
use crate::diagnostic::escape::escape;
use crate::spec::start_manifest::{MODELINE, text};

/// What came of a text.
#[derive(Debug)]
pub struct ImportedManifest {
    /// The manifest, with comments.
    pub text: String,
    /// What was left out or read in some way, a sentence each. The manifest has them as comments too.
    pub notes: Vec<String>,
    /// The params that must be given.
    pub params: Vec<String>,
}

/// The width of comments, in characters.
const WIDTH: usize = 110;

/// The manifest of `jobs`, called `name` or by what its one job is called.
pub(super) fn compose(draft: &mut Draft<'_>, jobs: Vec<DraftJob>, name: Option<&str>) -> ImportedManifest {
    let schedule = schedule(&jobs, draft);
    let first = jobs.first().and_then(|job| job.title.clone().or_else(|| job.release.clone()));
    let name = match name {
        Some(name) => name.to_owned(),
        None if jobs.len() == 1 => slug(first.as_deref(), "imported").to_ascii_lowercase(),
        None => "imported".to_owned(),
    };
    let one_folder = match jobs.first() {
        Some(first) if jobs.iter().all(|job| job.folder == first.folder) => first.folder.clone(),
        Some(_) | None => None,
    };
    let names = job_names(&jobs);

    let mut out = format!("{MODELINE}\n#\n");
    head(&mut out, draft);
    writeln!(out, "version: 1\nname: {} # the batch's identity: keep it when you rename the file", text(&name))
        .expect(IN_MEMORY);
    match &one_folder {
        Some(folder) => writeln!(out, "folder: {folder}").expect(IN_MEMORY),
        None if jobs.iter().all(|job| job.folder.is_none()) => {
            out.push_str("# folder: Finance/AP # without one, the folder of the profile counts\n");
        }
        None => {}
    }
    declared(&mut out, draft);
    if let Some(cron) = schedule {
        let zone = cron.zone.map_or_else(String::new, |zone| format!("\n  zone: {zone}"));
        let slot = cron.slot.unwrap_or_default();
        writeln!(out, "schedule: # two starts for one slot are one run\n  slot: {slot}{zone}").expect(IN_MEMORY);
    }
    out.push_str("jobs:\n");
    for (job, name) in jobs.iter().zip(names) {
        if let Some(title) = &job.title {
            comment(&mut out, "  # ", "  # ", title);
        }
        writeln!(out, "  {}:", text(&name)).expect(IN_MEMORY);
        if let (None, Some(folder)) = (&one_folder, &job.folder) {
            writeln!(out, "    folder: {folder}").expect(IN_MEMORY);
        }
        for line in &job.lines {
            writeln!(out, "    {line}").expect(IN_MEMORY);
        }
    }
    let required = draft.params.iter().filter(|param| !draft.defaults.contains_key(&param.variable));
    let params = required.map(|param| param.name.clone()).collect();
    ImportedManifest { text: out, notes: std::mem::take(&mut draft.notes), params }
}

const IN_MEMORY: &str = "a string takes all that is written";

fn head(out: &mut String, draft: &Draft<'_>) {
    comment(
        out,
        "# ",
        "# ",
        &format!("Imported from {}. Look it over, then: sortie validate FILE, sortie plan FILE", draft.origin),
    );
    if !draft.targets.is_empty() {
        out.push_str(
            "#\n# Where to connect stands in a profile, not here (`sortie help connection`). The request went to:\n",
        );
        for target in draft.targets.iter().take(5) {
            let base = target.base.as_deref().map(|base| format!("url {}", draft.shown(base)));
            let tenant = target.tenant.as_deref().map(|tenant| format!("tenant {}", draft.shown(tenant)));
            let words: Vec<String> = base.into_iter().chain(tenant).collect();
            comment(out, "#   ", "#   ", &words.join(", "));
        }
        if draft.targets.len() > 5 {
            writeln!(out, "#   and {} more", draft.targets.len() - 5).expect(IN_MEMORY);
        }
    }
    if !draft.notes.is_empty() {
        out.push_str("#\n# What to know:\n");
        for note in &draft.notes {
            comment(out, "# - ", "#   ", note);
        }
    }
}

/// Writes `words` as comments of at most [`WIDTH`] characters a line; whatever they hold, they stay comments.
fn comment(out: &mut String, first: &str, rest: &str, words: &str) {
    // YAML forbids two characters even there.
    let words = escape(words).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in words.split_whitespace() {
        if !is_empty && line.chars().count() + word.chars().count() >= WIDTH {
            writeln!(out, "{line}").expect(IN_MEMORY);
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{line}").expect(IN_MEMORY);
}

fn declared(out: &mut String, draft: &Draft<'_>) {
    if !draft.params.is_empty() {
        out.push_str("params: # given when it is run: `--param NAME=VALUE`\n");
        for DraftParam { name, variable, wanted } in &draft.params {
            let default = draft.defaults.get(variable).and_then(|value| match wanted {
                Wanted::Text => Some(text(value)),
                Wanted::Integer => value.trim().parse::<i64>().ok().map(|number| number.to_string()),
                Wanted::Json => serde_json::from_str::<i64>(value).ok().map(|number| number.to_string()),
            });
            let default = default.map_or_else(String::new, |default| format!(", default: {default}"));
            writeln!(out, "  {name}: {{ type: {}{default} }}", wanted.param_type()).expect(IN_MEMORY);
        }
    }
    if !draft.env.is_empty() {
        writeln!(out, "env: [{}]", draft.env.join(", ")).expect(IN_MEMORY);
    }
    if !draft.secrets.is_empty() {
        out.push_str("secrets: # read when it is run, and shown nowhere\n");
        for DraftSecret { name, variable, .. } in &draft.secrets {
            writeln!(out, "  {name}: {{ env: {variable} }}").expect(IN_MEMORY);
        }
    }
}

/// The one schedule of the manifest, where all triggers agree. What cannot stand in `schedule` is noted.
fn schedule(jobs: &[DraftJob], draft: &mut Draft<'_>) -> Option<CronReading> {
    for cron in jobs.iter().filter_map(|job| job.cron.as_ref()).filter(|cron| !cron.expression.is_empty()) {
        let crontab = match &cron.crontab {
            Some(line) => format!(". A line for cron: `{line}  sortie run FILE -q`"),
            None => String::new(),
        };
        draft.note(format!("the trigger's cron `{}` means: {}{crontab}", cron.expression, cron.words));
        for remark in &cron.remarks {
            draft.note(remark.clone());
        }
    }
    let first = jobs.first()?.cron.clone()?;
    let same = |job: &DraftJob| {
        job.cron.as_ref().is_some_and(|cron| cron.expression == first.expression && cron.zone == first.zone)
    };
    if !jobs.iter().all(same) {
        draft.note("the triggers fire at different times, and a manifest has one `schedule`: import them one by one");
        return None;
    }
    first.slot.is_some().then_some(first)
}

/// The names of jobs, each once.
fn job_names(jobs: &[DraftJob]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for job in jobs {
        let base = slug(job.title.as_deref().or(job.release.as_deref()), "start");
        let mut name = base.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        names.push(name);
    }
    names
}

/// `words` as a name that manifests and jobs may have.
fn slug(words: Option<&str>, other: &str) -> String {
    let mut out = String::new();
    for c in words.unwrap_or_default().chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        if out.len() < 48 && !(c == '-' && (out.is_empty() || out.ends_with('-'))) {
            out.push(c);
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { other.to_owned() } else { out.to_owned() }
}
