//! The files that `init` writes, as texts.
//!
//! In: answers. Out: a manifest that teaches, rows, what to type next. Never: touches the disk.

use crate::spec::start_manifest::{folder_by, text};

use super::answers::{Answers, EXAMPLE};

/// The schema beside the manifest, so that editors need no network.
pub(super) const SCHEMA_FILE: &str = "sortie.schema.json";

/// Rows to begin with. The last column shows that what looks like a number may be text.
pub(super) const ROWS: &str = "\
id,customer,amount,account
1,Ada,120.50,0042
2,Grace,80,0043
3,Edsger,9.99,0044
";

/// The manifest, with comments that teach.
pub(super) fn manifest(answers: &Answers) -> String {
    let Answers { name, folder, release, has_rows } = answers;
    let (folder, release_text) = (folder_by(folder), text(release.as_deref().unwrap_or(EXAMPLE)));
    let head = format!(
        "\
# yaml-language-server: $schema=./{SCHEMA_FILE}
#
# With the line above, editors that know YAML complete and explain each key.
# `sortie schema manifest > {SCHEMA_FILE}` writes that file again after an update.
#
#   sortie validate {name}.yaml        check this file
#   sortie plan {name}.yaml            show what it would start
#   sortie run {name}.yaml --sandbox   start it on a stand-in server
#   sortie run {name}.yaml             start it on your Orchestrator: `sortie help connection`
version: 1
name: {name} # the batch's identity: keep it when you rename the file
folder: {folder} # the Orchestrator folder that the release is in
"
    );
    let job = match (has_rows, release.is_some()) {
        (true, _) => rows_job(name.as_str(), &release_text),
        (false, true) => own_job(&release_text),
        (false, false) => example_job(&release_text),
    };
    format!("{head}{job}{LATER}")
}

/// The job that greets: it has arguments, and a param.
fn example_job(release: &str) -> String {
    format!(
        "
params: # given when it is run: `--param who=Ada`
  who: {{ type: string, default: world }}

jobs:
  greet: # a job's name is yours to choose
    release: {release} # the process's name, as Orchestrator shows it
    arguments: # its input arguments, by name
      message: Hello, ${{{{ params.who }}}}
      times: 3
"
    )
}

/// A job of a release of whose arguments nothing is known.
fn own_job(release: &str) -> String {
    format!(
        "
jobs:
  first: # a job's name is yours to choose
    release: {release} # the process's name, as Orchestrator shows it
    # arguments: # its input arguments, by name
    #   message: Hello
"
    )
}

/// A job with a launch for each row.
fn rows_job(name: &str, release: &str) -> String {
    format!(
        "
jobs:
  load: # a job's name is yours to choose
    release: {release} # the process's name, as Orchestrator shows it
    for-each: # one launch for each row of this file
      csv: data/{name}.csv
      key: id # the column that tells rows apart: it names the launches, as in load/1
      columns: {{ amount: number }} # other columns stay text, so 0042 keeps its zeros
    arguments: # the release's input arguments, by name
      customer: ${{{{ row.customer }}}}
      amount: ${{{{ row.amount }}}}
      account: ${{{{ row.account }}}}
"
    )
}

/// What a job may have besides, at the end of every first manifest.
const LATER: &str = "    # robots: [ETL-01]       # only on these robots; else any free one takes it
    # priority: High
    # wait: { timeout: 2h }  # wait for the robot jobs; a fault is then a failure
";

/// What to type next, for a terminal of so many `columns` if it is one; `cd` is the line that leads there.
pub(super) fn next_steps(manifest: &str, cd: &str, columns: Option<usize>) -> String {
    let steps = [
        (format!("sortie plan {manifest}"), "see what it would start"),
        (format!("sortie run {manifest} --sandbox"), "start it on a stand-in server"),
        ("sortie help connection".to_owned(), "connect to your Orchestrator"),
    ];
    let width = steps.iter().map(|(command, _)| command.len()).max().unwrap_or_default() + 3;
    let widest = steps.iter().map(|(_, why)| 2 + width + why.len()).max().unwrap_or_default();
    let is_narrow = columns.is_some_and(|columns| columns < widest);
    let lines =
        steps.map(
            |(command, why)| {
                if is_narrow { format!("  {command}\n    {why}\n") } else { format!("  {command:width$}{why}\n") }
            },
        );
    format!("Next:\n{cd}{}", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type_next_fits_a_narrow_terminal_too() {
        let usual = next_steps("night.yaml", "", Some(80));
        assert_eq!(usual, next_steps("night.yaml", "", None));
        assert!(usual.contains("\n  sortie plan night.yaml            see what it would start\n"), "{usual}");
        let narrow = next_steps("night.yaml", "", Some(60));
        assert!(narrow.contains("\n  sortie plan night.yaml\n    see what it would start\n"), "{narrow}");
    }
}
