//! The examples of the verbs of the first day.

/// `sortie init --help`.
pub(in crate::cli::args) const INIT: &str = "\
Examples:
  sortie init                                             write hello.yaml here
  sortie init night --folder Finance/AP --release Loader  start a release of yours
  sortie init night --data                                one launch for each row of data/night.csv
  sortie init night --dir batches --yes                   ask nothing, even on a terminal

It writes NAME.yaml with comments and sortie.schema.json for editors, and adds reports and
ledgers to .gitignore. It never replaces a file. On a terminal it asks for everything that
no flag gives.";

/// `sortie import --help`.
pub(in crate::cli::args) const IMPORT: &str = "\
Examples:
  sortie import collection.json --out night.yaml   a Postman collection, or one item of it
  sortie import trigger.json --name night          a trigger, as Orchestrator's API returns it
  sortie import < command.txt                      a curl command, or the body of StartJobs
  pbpaste | sortie import                          from the clipboard (on Linux: xclip -o)

Paste a curl command into stdin, not onto the command line, since it has a token. Postman
variables become params, shell variables become the manifest's `env`. Tokens, passwords and
cookies are left out and never shown. Everything else that is left out is named on stderr
and in comments of the manifest. Nothing is sent. Only --force replaces a file.";

/// `sortie explain --help`.
pub(in crate::cli::args) const EXPLAIN: &str = "\
Examples:
  sortie explain                           list every code
  sortie explain unknown-key               a diagnostic, with a bad and a good sample
  sortie explain 2818                      an error code of Orchestrator
  sortie explain RobotBusy --format json   why a robot job is pending, for machines
  sortie explain 12                        an exit code; also fault classes, verdicts, outcomes";

/// `sortie schema --help`.
pub(in crate::cli::args) const SCHEMA: &str = "\
Examples:
  sortie schema manifest > sortie.schema.json   for an editor that reads JSON Schema
  sortie schema report                          for the JSON report, version 1
  sortie schema report-lines                    for each line of the JSON Lines report
  sortie schema run-file                        for each line of a file from `runs export`
  sortie schema events                          for each line that --events writes";

/// `sortie completions --help`.
pub(in crate::cli::args) const COMPLETIONS: &str = "\
Examples, each for one shell:
  sortie completions bash > ~/.local/share/bash-completion/completions/sortie
  sortie completions zsh > ~/.zfunc/_sortie          with `fpath+=~/.zfunc` before `compinit`
  sortie completions fish > ~/.config/fish/completions/sortie.fish
  sortie completions powershell >> $PROFILE

The script asks sortie for completions: verbs, flags, manifests, run ids with their names,
profiles, and the jobs and params of the manifest on the command line. It reads files and
the ledger and writes nothing. After an update of sortie, write the script again.";

/// `sortie man --help`.
pub(in crate::cli::args) const MAN: &str = "\
Examples:
  sortie man | man -l -                        read it
  sortie man ~/.local/share/man/man1           write a page for each verb: `man sortie-run`";

/// `sortie help --help`.
pub(in crate::cli::args) const HELP: &str = "\
Examples:
  sortie help run               the same as `sortie run --help`
  sortie help expressions       what you can write inside ${{ }}
  sortie help exit-codes | less";

/// `sortie version --help`.
pub(in crate::cli::args) const VERSION: &str = "\
Examples:
  sortie version
  sortie version --format json";
