//! The values that a shell may offer: runs, jobs, params, profiles.
//!
//! In: the words so far. Out: candidates with a word of help. Never: an error: what cannot be read has none.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};

use crate::cli::args::{LedgerArgs, RunsLedgerArgs};
use crate::cli::commands::set_up::help;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::input::{home_paths, manifest_files};
use crate::cli::output::diagnostics;
use crate::cli::runtime::block_on;
use crate::format::ReportFormat;
use crate::ledger::{self, RunStore as _};
use crate::profile::{self, Environment, ProfileChoice};
use crate::source::Sources;
use crate::spec::UncheckedManifest;
use crate::words::Words as _;

/// Maximum runs that are offered, newest first.
const MAX_RUNS: usize = 30;

/// Maximum manifest that is read between two key strokes, in bytes.
const MAX_MANIFEST_BYTES: u64 = 1024 * 1024;

/// The words of the command line, as far as values depend on them.
#[derive(Clone)]
pub(super) struct TypedWords {
    words: Vec<OsString>,
    environment: Environment,
}

impl TypedWords {
    /// Of the words, of which the first is the program's name.
    pub(super) fn of(words: &[OsString], environment: &Environment) -> Self {
        let environment = home_paths::of_environment(environment.clone()).unwrap_or_default();
        Self { words: words.to_vec(), environment }
    }

    /// The runs of the ledger that the words mean, newest first, by their ids.
    pub(super) fn runs(&self) -> Vec<CompletionCandidate> {
        let last = CompletionCandidate::new("last").help(Some("the newest run".into())).display_order(Some(0));
        let mut candidates = vec![last];
        let Ok(place) = LedgerPlace::of_runs(&self.ledger(), &self.environment) else { return candidates };
        if !place.path().exists() {
            return candidates;
        }
        let runs = block_on(async {
            let ledger = ledger::open_to_read(&place.path()).await?;
            Ok(ledger.find_runs("", MAX_RUNS).await?)
        });
        let runs = runs.unwrap_or_default();
        let mut names: Vec<&str> = Vec::new();
        for run in &runs {
            if !names.contains(&run.name.as_str()) {
                names.push(&run.name);
            }
        }
        let named = names.iter().map(|name| ((*name).to_owned(), "its newest run".to_owned()));
        let by_id = runs.iter().map(|run| (run.id.to_string(), format!("{}, {:.0}", run.name, run.started)));
        // What a shell would take for anything but one word is left out.
        let is_plain = |(text, _): &(String, String)| !text.contains(|c: char| c.is_whitespace() || c.is_control());
        for (order, (text, help)) in named.chain(by_id).filter(is_plain).enumerate() {
            candidates.push(CompletionCandidate::new(text).help(Some(help.into())).display_order(Some(order + 1)));
        }
        candidates
    }

    /// Runs, and run files.
    pub(super) fn runs_or_files(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let typed = current.to_string_lossy();
        let is_begun = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with(&*typed);
        let mut candidates: Vec<_> = self.runs().into_iter().filter(is_begun).collect();
        // Behind the runs.
        let files = PathCompleter::file().complete(current).into_iter();
        candidates.extend(files.map(|file| file.display_order(Some(2 * MAX_RUNS + 1))));
        candidates
    }

    /// The jobs of the manifest among the words, each with `end` behind it.
    pub(super) fn jobs(&self, end: &str) -> Vec<CompletionCandidate> {
        self.of_manifest(|manifest| {
            let spec = manifest.spec();
            let jobs = spec.iter().flat_map(|spec| &spec.jobs);
            jobs.map(|job| CompletionCandidate::new(format!("{}{end}", job.name))).collect()
        })
    }

    /// The params of the manifest among the words.
    pub(super) fn params(&self) -> Vec<CompletionCandidate> {
        self.of_manifest(|manifest| {
            let spec = manifest.spec();
            let params = spec.iter().flat_map(|spec| &spec.params);
            params.map(|param| CompletionCandidate::new(format!("{}=", param.name))).collect()
        })
    }

    /// The profiles of the config file.
    pub(super) fn profiles(&self) -> Vec<CompletionCandidate> {
        let choice = ProfileChoice { name: None, config: self.behind("--config").map(PathBuf::from) };
        profile::profile_names(&choice, &self.environment).into_iter().map(CompletionCandidate::new).collect()
    }

    fn of_manifest(&self, find: impl Fn(&UncheckedManifest) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
        let is_manifest = |path: &&Path| {
            path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
                && path.metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_MANIFEST_BYTES)
        };
        // Behind the program and the verb.
        let Some(path) = self.words.iter().skip(2).map(Path::new).find(is_manifest) else { return Vec::new() };
        let Ok(file) = manifest_files::read(path) else { return Vec::new() };
        diagnostics::read(&mut Sources::default(), file).value().map(find).unwrap_or_default()
    }

    /// Which ledger the words mean.
    fn ledger(&self) -> RunsLedgerArgs {
        let path = self.behind("--ledger").map(PathBuf::from);
        let path = path.and_then(|path| home_paths::expand(&path, &self.environment).ok());
        RunsLedgerArgs {
            file: LedgerArgs { path },
            #[cfg(feature = "sandbox")]
            sandbox: self.words.iter().any(|word| word == "--sandbox"),
        }
    }

    /// The word behind `flag`, or behind its `=`.
    fn behind(&self, flag: &str) -> Option<&OsStr> {
        let at = self.words.iter().position(|word| word == flag);
        let own = format!("{flag}=");
        let joined = || self.words.iter().find_map(|word| word.to_str()?.strip_prefix(own.as_str()).map(OsStr::new));
        at.and_then(|at| self.words.get(at + 1)).map(OsString::as_os_str).or_else(joined)
    }
}

/// The formats of `--report`, each before the file's name.
pub(super) fn report_formats() -> Vec<CompletionCandidate> {
    ReportFormat::value_variants()
        .iter()
        .map(|format| CompletionCandidate::new(format!("{}=", format.word())))
        .collect()
}

/// The topics of `help`.
pub(super) fn topics() -> Vec<CompletionCandidate> {
    help::topics().map(CompletionCandidate::new).collect()
}
