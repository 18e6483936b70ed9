//! `sortie validate`: read, check, say everything that is wrong. Offline: no network, no profile, no secret.

use crate::cli::args::{Format, Validate};
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::logs::Talk;
use crate::cli::manifest_files::{self, Found};
use crate::cli::stages;
use crate::diagnostic::escape::escape;
use crate::diagnostic::json::listing;
use crate::diagnostic::render::{Colour, render};
use crate::exit::ExitStatus;
use crate::source::Sources;
use crate::spec::Spec;

pub(crate) fn run(context: &Context, flags: &Validate) -> Result<ExitStatus, Failure> {
    let Found { files, others } = manifest_files::search(&flags.paths)?;
    let mut sources = Sources::default();
    let (mut diagnostics, mut words, mut invalid) = (Vec::new(), String::new(), 0);
    let count = files.len();
    for file in files {
        let name = escape(&file.name).into_owned();
        let (spec, said) = stages::spec(&mut sources, file).into_parts();
        match spec {
            Some(spec) => words.push_str(&valid(&name, &spec, &sources)),
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
