//! The examples of the verbs of the first day.

/// `sortie init --help`.
pub(in crate::cli::args) const INIT: &str = "\
Examples:
  sortie init                                             hello.yaml, here
  sortie init night --folder Finance/AP --release Loader  your own
  sortie init night --data                                a launch for each row of data/night.csv
  sortie init night --dir batches --yes                   ask nothing, also on a terminal

It writes NAME.yaml with comments, sortie.schema.json for editors, and adds reports and
ledgers to .gitignore. It replaces no file. On a terminal it asks for what no flag gives.";

/// `sortie import --help`.
pub(in crate::cli::args) const IMPORT: &str = "\
Examples:
  sortie import collection.json --out night.yaml   a Postman collection, or one item of it
  sortie import trigger.json --name night          a trigger, as Orchestrator's API gives it
  sortie import < command.txt                      a curl command, or the body of StartJobs
  pbpaste | sortie import                          what is on the clipboard (xclip -o on Linux)

Paste a command into stdin, not onto the command line: it holds a token. Variables of Postman
become params, those of a shell the manifest's `env`. Tokens, passwords and cookies are left
out and shown nowhere. What else is left out is said on stderr, and in comments of the
manifest. Nothing is sent, and no file is replaced without --force.";

/// `sortie explain --help`.
pub(in crate::cli::args) const EXPLAIN: &str = "\
Examples:
  sortie explain                           list every code
  sortie explain unknown-key               a diagnostic, with a bad and a good sample
  sortie explain 2818                      an error code of Orchestrator's
  sortie explain RobotBusy --format json   a reason of Orchestrator's, for machines
  sortie explain 12                        an exit code; also fault classes, verdicts, outcomes";

/// `sortie schema --help`.
pub(in crate::cli::args) const SCHEMA: &str = "\
Examples:
  sortie schema manifest > sortie.schema.json   for an editor that reads JSON Schema
  sortie schema report                          of the JSON report, version 1
  sortie schema report-lines                    of a line of the JSON Lines report
  sortie schema run-file                        of a line of what `runs export` writes
  sortie schema events                          of a line of what --events writes";

/// `sortie completions --help`.
pub(in crate::cli::args) const COMPLETIONS: &str = "\
Examples, each for one shell:
  sortie completions bash > ~/.local/share/bash-completion/completions/sortie
  sortie completions zsh > ~/.zfunc/_sortie          with `fpath+=~/.zfunc` before `compinit`
  sortie completions fish > ~/.config/fish/completions/sortie.fish
  sortie completions powershell >> $PROFILE

The script asks sortie itself: verbs, flags, manifests, run ids with their names, profiles,
and the jobs and params of the manifest on the line. It reads files and the ledger, and
writes nothing. After an update of sortie, write the script again.";

/// `sortie man --help`.
pub(in crate::cli::args) const MAN: &str = "\
Examples:
  sortie man | man -l -                        read it
  sortie man ~/.local/share/man/man1           write a page for each verb: `man sortie-run`";

/// `sortie help --help`.
pub(in crate::cli::args) const HELP: &str = "\
Examples:
  sortie help run               the same as `sortie run --help`
  sortie help expressions       what may stand inside ${{ }}
  sortie help exit-codes | less";

/// `sortie version --help`.
pub(in crate::cli::args) const VERSION: &str = "\
Examples:
  sortie version
  sortie version --format json";
