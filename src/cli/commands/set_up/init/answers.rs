//! What a first manifest is about: by flags, by questions on a terminal, else by defaults.
//!
//! In: flags, and lines of stdin. Out: [`Answers`]. Never: asks where nobody can answer.

use std::io::{self, BufRead as _, IsTerminal as _};

use crate::cli::args::InitArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::console::Console;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::format::ManifestName;

/// What a first manifest is about.
pub(super) struct Answers {
    /// The batch's name, and that of its file.
    pub(super) name: ManifestName,
    /// The Orchestrator folder.
    pub(super) folder: String,
    /// The release; none: the example's.
    pub(super) release: Option<String>,
    /// Whether there is a launch for each row of a file.
    pub(super) has_rows: bool,
}

impl Answers {
    /// The answers; none where whoever was asked left.
    ///
    /// Errors: a name that no manifest may have, with one that it may.
    pub(super) fn of(context: &CommandContext, flags: &InitArgs) -> Result<Option<Self>, Failure> {
        let asks = !flags.yes && Console::is_terminal() && io::stdin().is_terminal();
        let ask = |question: &str, default: &str| {
            if !asks {
                return Ok(Some(default.to_owned()));
            }
            context.console.say(&format!("{question} [{default}]"));
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            let read = read.map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
            let line = line.trim();
            // The end of the input is no answer.
            Ok::<_, Failure>((read > 0).then(|| if line.is_empty() { default.to_owned() } else { line.to_owned() }))
        };
        let Some(name) = flags.name.clone().map_or_else(|| ask("What is the batch called?", "hello"), as_given)? else {
            return Ok(None);
        };
        let name = manifest_name(&name)?;
        let folder =
            flags.folder.clone().map_or_else(|| ask("In which Orchestrator folder is it?", "Shared"), as_given)?;
        let Some(folder) = folder else { return Ok(None) };
        let release = match &flags.release {
            Some(release) => Some(release.clone()),
            None => match ask("Which release (process) does it start?", EXAMPLE)? {
                None => return Ok(None),
                Some(release) => Some(release).filter(|release| release != EXAMPLE),
            },
        };
        let has_rows = match (flags.data, flags.no_data) {
            (true, _) => true,
            (false, true) => false,
            (false, false) => match ask("One launch for each row of a CSV file? y or n", "n")? {
                None => return Ok(None),
                Some(answer) => matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"),
            },
        };
        Ok(Some(Self { name, folder, release, has_rows }))
    }
}

/// The release that the example starts.
pub(super) const EXAMPLE: &str = "Greeter";

#[expect(clippy::unnecessary_wraps, reason = "it stands in place of a question, which may have no answer")]
fn as_given(text: String) -> Result<Option<String>, Failure> {
    Ok(Some(text))
}

fn manifest_name(given: &str) -> Result<ManifestName, Failure> {
    // People type the name of the file.
    let name = given.strip_suffix(".yaml").or_else(|| given.strip_suffix(".yml")).unwrap_or(given);
    ManifestName::parse(name).ok_or_else(|| {
        let last = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let slug = ManifestName::near(last).map_or_else(|| "hello".to_owned(), String::from);
        let words = format!(
            "`{}` is not a valid name: a batch is named by lower-case letters, digits, `.`, `_` and `-`\n  \
             help: `sortie init {slug}`; --dir names the folder to write into",
            escape(given)
        );
        Failure::with_message(ExitStatus::Usage, words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_answered_with_one_that_is() {
        for (given, expected) in [
            ("My First Batch", "my-first-batch"),
            ("finance/Night Run", "night-run"),
            ("Übersicht", "bersicht"),
            ("...", "hello"),
            ("", "hello"),
            ("A--b", "a-b"),
        ] {
            assert!(ManifestName::parse(expected).is_some());
            let Err(failure) = manifest_name(given) else { panic!("{given} is refused") };
            assert!(failure.message.unwrap().contains(&format!("`sortie init {expected}`")), "{given}");
        }
        assert_eq!(manifest_name("night.yaml").unwrap_or_else(|_| panic!("a file's name")).as_str(), "night");
    }
}
