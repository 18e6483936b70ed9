//! `sortie validate`: read, check, say everything that is wrong. Offline: no network, no profile, no secret.

use std::path::{Path, PathBuf};

use crate::cli::args::{Format, Validate};
use crate::cli::commands::Context;
use crate::cli::data_files;
use crate::cli::failure::Failure;
use crate::cli::logs::Talk;
use crate::cli::manifest_files::{self, Found};
use crate::cli::stages;
use crate::diagnostic::Outcome;
use crate::diagnostic::escape::escape;
use crate::diagnostic::json::listing;
use crate::diagnostic::render::{Colour, render};
use crate::exit::ExitStatus;
use crate::plan::{self, Inputs};
use crate::source::Sources;
use crate::spec::Spec;

pub(crate) fn run(context: &Context, flags: &Validate) -> Result<ExitStatus, Failure> {
    let Found { files, others, near } = manifest_files::search(&flags.paths)?;
    let mut sources = Sources::default();
    let (mut diagnostics, mut words, mut invalid) = (Vec::new(), String::new(), 0);
    let count = files.len();
    for file in files {
        let name = escape(&file.name).into_owned();
        let path = PathBuf::from(&file.name);
        let spec = stages::spec(&mut sources, file).and_then(|spec| with_data(spec, &path, &mut sources));
        let (spec, said) = spec.into_parts();
        match spec {
            Some(spec) => {
                words.push_str(&valid(&name, &spec, &sources));
                diagnostics.extend(spec.reservations);
            }
            None => invalid += 1,
        }
        diagnostics.extend(said);
    }
    match flags.format {
        Format::Json => {
            let listing = listing(&diagnostics, &sources);
            let text = serde_json::to_string_pretty(&listing).expect("diagnostics hold only text and numbers");
            context.console.data(&format!("{text}\n"))?;
        }
        Format::Text => {
            let mut text = render(&diagnostics, &sources, Colour::Styled);
            if context.talk != Talk::Quiet {
                text.push_str(&words);
                text.push_str(&passed_over(&near));
                text.push_str(&closing(count, invalid, others));
            }
            context.console.data(&text)?;
        }
    }
    Ok(if invalid == 0 { ExitStatus::Success } else { ExitStatus::Usage })
}

/// Also the data files of the manifest at `path`, where every name of them is written out.
fn with_data(spec: Spec, path: &Path, sources: &mut Sources) -> Outcome<Spec> {
    let manifest = sources.get(spec.document.source());
    let mut inputs = Inputs::of_manifest(manifest.name(), "");
    data_files::fill(&spec, &mut inputs, path).and_then(|()| plan::check_data(spec, &inputs, sources))
}

/// `a.yaml: valid`, and what this version cannot carry out yet.
fn valid(name: &str, spec: &Spec, sources: &Sources) -> String {
    let mut words = format!("{name}: valid\n");
    for (index, deferred) in spec.deferred.iter().enumerate() {
        if index == 0 {
            words.push_str("  `plan` and `run` of this version refuse it:\n");
        }
        let at = sources.get(deferred.place.source).line_col(deferred.place.span.start);
        words.push_str(&format!("  {name}:{}:{}: {}\n", at.line, at.column, escape(&deferred.what)));
    }
    words
}

/// So many files are named that may be meant for manifests.
const MOST_NAMED: usize = 20;

/// Files that were not looked at, though they have a key of a manifest: a typo in the other key would hide them.
fn passed_over(near: &[(String, &'static str)]) -> String {
    let mut words = String::new();
    for (name, key) in near.iter().take(MOST_NAMED) {
        words.push_str(&format!("{}: passed over: it has no `{key}`\n", escape(name)));
    }
    if near.len() > MOST_NAMED {
        words.push_str(&format!(
            "and {} more that have one of the keys `version` and `jobs`\n",
            near.len() - MOST_NAMED
        ));
    }
    words
}

fn closing(count: usize, invalid: usize, others: usize) -> String {
    if count == 1 && others == 0 {
        return String::new();
    }
    let others = match others {
        0 => String::new(),
        1 => "; 1 other YAML file passed over".to_owned(),
        others => format!("; {others} other YAML files passed over"),
    };
    let valid = count - invalid;
    let are = if count == 1 { "manifest is" } else { "manifests are" };
    format!("{valid} of {count} {are} valid{others}\n")
}
