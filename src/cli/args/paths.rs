//! Every path of the command line, so that what holds of paths is done to all of them.

use std::path::PathBuf;

#[cfg(feature = "sandbox")]
use super::SandboxTargetArgs;
use super::{
    Args, ConnectionArgs, EventsArgs, InputArgs, LedgerArgs, LedgerVerb, MetricsArgs, PolicyArgs, ReportTarget,
    ReportingArgs, RunsVerb, Verb,
};

impl Args {
    /// The files and folders that were typed, each as it may be changed.
    pub(crate) fn paths(&mut self) -> Vec<&mut PathBuf> {
        match &mut self.verb {
            None
            | Some(Verb::Explain(_) | Verb::Schema(_) | Verb::Completions(_) | Verb::Help(_) | Verb::Version(_)) => {
                Vec::new()
            }
            Some(Verb::Import(flags)) => flags.file.iter_mut().chain(&mut flags.out).collect(),
            Some(Verb::Man(flags)) => flags.dir.iter_mut().collect(),
            Some(Verb::Validate(flags)) => {
                let connection = of_connection(&mut flags.connection);
                flags.paths.iter_mut().chain(connection).chain(of_inputs(&mut flags.inputs)).collect()
            }
            Some(Verb::Plan(flags)) => {
                let connection = of_connection(&mut flags.connection);
                let paths = std::iter::once(&mut flags.path).chain(connection).chain(of_inputs(&mut flags.inputs));
                let paths = paths.chain(&mut flags.saving.out);
                #[cfg(feature = "sandbox")]
                let paths = paths.chain(&mut flags.saving.world);
                paths.collect()
            }
            Some(Verb::Test(flags)) => flags.paths.iter_mut().collect(),
            // What is compared may be a revision: `~` is a shell's to expand there.
            Some(Verb::Diff(flags)) => {
                let connection = of_connection(&mut flags.connection);
                connection.into_iter().chain(of_inputs(&mut flags.inputs)).collect()
            }
            Some(Verb::Run(flags)) => {
                let paths = flags.paths.iter_mut().chain(&mut flags.saved.path).chain(of_inputs(&mut flags.inputs));
                let paths = paths.chain(of_connection(&mut flags.connection)).chain(of_reports(&mut flags.reporting));
                let paths = paths
                    .chain(of_ledger(&mut flags.ledger))
                    .chain(of_events(&mut flags.events))
                    .chain(of_metrics(&mut flags.metrics));
                #[cfg(feature = "sandbox")]
                let paths = paths.chain(of_stand_in(&mut flags.sandbox_target));
                paths.collect()
            }
            Some(Verb::Start(flags)) => {
                let paths = of_connection(&mut flags.connection).into_iter().chain(of_reports(&mut flags.reporting));
                let paths = paths
                    .chain(of_policies(&mut flags.policy))
                    .chain(of_ledger(&mut flags.ledger))
                    .chain(of_events(&mut flags.events))
                    .chain(of_metrics(&mut flags.metrics));
                #[cfg(feature = "sandbox")]
                let paths = paths.chain(of_stand_in(&mut flags.stand_in));
                paths.collect()
            }
            Some(Verb::Resume(flags)) => {
                let run = of_run(Some(&mut flags.connection), Some(&mut flags.reporting), &mut flags.ledger.file);
                run.into_iter()
                    .chain(of_policies(&mut flags.policy))
                    .chain(of_events(&mut flags.events))
                    .chain(of_metrics(&mut flags.metrics))
                    .collect()
            }
            Some(Verb::Reconcile(flags)) => {
                let run = of_run(Some(&mut flags.connection), Some(&mut flags.reporting), &mut flags.ledger.file);
                run.into_iter().chain(of_events(&mut flags.events)).chain(of_metrics(&mut flags.metrics)).collect()
            }
            Some(Verb::Rerun(flags)) => {
                let run = of_run(Some(&mut flags.connection), Some(&mut flags.reporting), &mut flags.ledger.file);
                run.into_iter()
                    .chain(of_policies(&mut flags.policy))
                    .chain(of_events(&mut flags.events))
                    .chain(of_metrics(&mut flags.metrics))
                    .collect()
            }
            Some(Verb::Pause(flags) | Verb::Continue(flags)) => {
                of_run(Some(&mut flags.connection), None, &mut flags.ledger.file)
            }
            Some(Verb::Cancel(flags)) => {
                of_run(Some(&mut flags.target.connection), None, &mut flags.target.ledger.file)
            }
            Some(Verb::Set(flags)) => of_run(Some(&mut flags.target.connection), None, &mut flags.target.ledger.file),
            Some(Verb::Runs(flags)) => match &mut flags.verb {
                None => of_run(None, None, &mut flags.ledger.file),
                Some(RunsVerb::Prune(flags)) => of_run(None, None, &mut flags.ledger.file),
                Some(RunsVerb::Import(flags)) => {
                    std::iter::once(&mut flags.file).chain(of_run(None, None, &mut flags.ledger.file)).collect()
                }
                Some(RunsVerb::Export(flags)) => {
                    std::iter::once(&mut flags.file).chain(of_run(None, None, &mut flags.ledger.file)).collect()
                }
            },
            Some(Verb::Report(flags)) => {
                let given = of_run(None, Some(&mut flags.reporting), &mut flags.ledger.file);
                flags.runs.iter_mut().chain(given).collect()
            }
            Some(Verb::Rows(flags)) => of_run(None, None, &mut flags.ledger.file),
            Some(Verb::Init(flags)) => flags.dir.iter_mut().collect(),
            Some(Verb::Board(flags)) => of_run(None, None, &mut flags.ledger.file),
            Some(Verb::Ledger(flags)) => match &mut flags.verb {
                LedgerVerb::Migrate(flags) => of_run(None, None, &mut flags.file),
            },
            #[cfg(feature = "sandbox")]
            Some(Verb::Sandbox(flags)) => {
                flags.world.iter_mut().chain(&mut flags.faults).chain(&mut flags.token_file).collect()
            }
        }
    }

    /// The reports that were typed, each as it may be changed.
    pub(crate) fn reports(&mut self) -> &mut [ReportTarget] {
        match &mut self.verb {
            Some(Verb::Run(flags)) => &mut flags.reporting.reports,
            Some(Verb::Start(flags)) => &mut flags.reporting.reports,
            Some(Verb::Resume(flags)) => &mut flags.reporting.reports,
            Some(Verb::Reconcile(flags)) => &mut flags.reporting.reports,
            Some(Verb::Rerun(flags)) => &mut flags.reporting.reports,
            Some(Verb::Report(flags)) => &mut flags.reporting.reports,
            Some(
                Verb::Validate(_)
                | Verb::Plan(_)
                | Verb::Diff(_)
                | Verb::Test(_)
                | Verb::Cancel(_)
                | Verb::Pause(_)
                | Verb::Continue(_)
                | Verb::Set(_)
                | Verb::Runs(_)
                | Verb::Rows(_)
                | Verb::Board(_)
                | Verb::Ledger(_)
                | Verb::Init(_)
                | Verb::Import(_)
                | Verb::Explain(_)
                | Verb::Schema(_)
                | Verb::Completions(_)
                | Verb::Man(_)
                | Verb::Help(_)
                | Verb::Version(_),
            )
            | None => &mut [],
            #[cfg(feature = "sandbox")]
            Some(Verb::Sandbox(_)) => &mut [],
        }
    }
}

fn of_run<'a>(
    connection: Option<&'a mut ConnectionArgs>,
    reporting: Option<&'a mut ReportingArgs>,
    ledger: &'a mut LedgerArgs,
) -> Vec<&'a mut PathBuf> {
    let connection = connection.into_iter().flat_map(of_connection);
    connection.chain(reporting.into_iter().flat_map(of_reports)).chain(of_ledger(ledger)).collect()
}

fn of_inputs(inputs: &mut InputArgs) -> Vec<&mut PathBuf> {
    let given = inputs.data.iter_mut().chain(&mut inputs.arguments).map(|given| &mut given.path);
    inputs.params_file.iter_mut().chain(given).chain(&mut inputs.policies).collect()
}

fn of_policies(policy: &mut PolicyArgs) -> Vec<&mut PathBuf> {
    policy.policies.iter_mut().collect()
}

fn of_connection(connection: &mut ConnectionArgs) -> Vec<&mut PathBuf> {
    connection.config.iter_mut().collect()
}

fn of_reports(reporting: &mut ReportingArgs) -> Vec<&mut PathBuf> {
    reporting.reports.iter_mut().map(|report| &mut report.path).collect()
}

fn of_metrics(metrics: &mut MetricsArgs) -> Vec<&mut PathBuf> {
    metrics.metrics.iter_mut().collect()
}

fn of_events(events: &mut EventsArgs) -> Vec<&mut PathBuf> {
    events.events.iter_mut().collect()
}

fn of_ledger(ledger: &mut LedgerArgs) -> Vec<&mut PathBuf> {
    ledger.path.iter_mut().collect()
}

#[cfg(feature = "sandbox")]
fn of_stand_in(stand_in: &mut SandboxTargetArgs) -> Vec<&mut PathBuf> {
    stand_in.world.iter_mut().chain(&mut stand_in.faults).collect()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    /// A flag that takes a file and that somebody adds later fails here until [`Args::paths`] knows it.
    #[test]
    fn every_flag_that_takes_a_file_is_among_the_paths() {
        let mut command = Args::command();
        command.build();
        let mut tried = 0;
        let verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
        let nested = verbs.flat_map(|verb| {
            std::iter::once((None, verb)).chain(verb.get_subcommands().map(move |own| (Some(verb), own)))
        });
        for (parent, verb) in nested.filter(|(_, verb)| verb.get_name() != "help") {
            for argument in verb.get_arguments() {
                let names: Vec<String> =
                    argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
                let (is_path, value) = match names.as_slice() {
                    [name] if name == "PATHS" || name == "PATH" => (true, "~/x"),
                    [name] if name == "JOB=FILE" => (true, "job=~/x"),
                    [name] if name == "FORMAT=FILE" => (true, "json=~/x"),
                    [name] => (name.contains("FILE") || name == "DIR", "~/x"),
                    _ => (false, ""),
                };
                if !is_path {
                    continue;
                }
                let mut typed = vec!["sortie".to_owned()];
                typed.extend(parent.into_iter().chain([verb]).map(|verb| verb.get_name().to_owned()));
                match argument.get_long() {
                    None if verb.get_name() == "export" => typed.extend(["last".to_owned(), value.to_owned()]),
                    None => typed.push(value.to_owned()),
                    Some(long) => {
                        // What the verb cannot do without.
                        match verb.get_name() {
                            "run" | "plan" | "diff" => typed.push("m.yaml".to_owned()),
                            "start" => typed.push("Release".to_owned()),
                            "resume" | "reconcile" | "report" | "rows" | "cancel" | "pause" | "continue" => {
                                typed.push("last".to_owned());
                            }
                            "import" => typed.push("x".to_owned()),
                            "prune" => typed.push("--older-than=90d".to_owned()),
                            "export" => typed.extend(["last".to_owned(), "x".to_owned()]),
                            "set" => typed.extend(["last".to_owned(), "--burst=1".to_owned()]),
                            "rerun" => typed.extend(["last".to_owned(), "--all".to_owned()]),
                            _ => {}
                        }
                        if (long == "world" || long == "faults") && verb.get_name() != "sandbox" {
                            typed.push("--sandbox".to_owned());
                        }
                        typed.push(format!("--{long}={value}"));
                    }
                }
                let mut args = Args::try_parse_from(&typed).unwrap_or_else(|error| panic!("{typed:?}: {error}"));
                let found = args.paths().into_iter().filter(|path| path.starts_with("~")).count();
                assert_eq!(found, 1, "{typed:?}");
                tried += 1;
            }
        }
        assert!(tried > 25, "{tried} flags");
    }
}
