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
    let Found { files, others } = manifest_files::search(&flags.paths)?;
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

fn closing(count: usize, invalid: usize, others: usize) -> String {
    if count == 1 && others == 0 {
        return String::new();
    }
    let others = match others {
        0 => String::new(),
        others => format!("; {others} other YAML files passed over"),
    };
    format!("{} of {count} manifests are valid{others}\n", count - invalid)
}
