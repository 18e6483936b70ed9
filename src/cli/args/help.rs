//! The examples at the end of each `--help`. Each command in them is tried by a test.
//!
//! Lines of examples stay under 92 characters: help is wrapped at 100 where there is no terminal. Paragraphs are wrapped by the terminal's width.

mod set_up;

pub(super) use set_up::{COMPLETIONS, EXPLAIN, HELP, IMPORT, INIT, MAN, SCHEMA, VERSION};

/// `text` with the lines of each paragraph joined: they are wrapped once, at the terminal's width. Lines that are set in, and what
/// stands above them, stay as they are.
pub(super) fn unwrapped(text: &str) -> String {
    let is_own = |line: &str| line.is_empty() || line.starts_with(' ') || line.ends_with(':');
    let mut joined = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.lines() {
        if !joined.is_empty() {
            joined.push(if goes_on && !is_own(line) { ' ' } else { '\n' });
        }
        joined.push_str(line);
        goes_on = !is_own(line);
    }
    joined
}

/// The order of `sortie --help`: clap itself would put all verbs into one list.
pub(super) const ROOT_TEMPLATE: &str =
    "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}";

/// The verbs in groups, as `sortie -h` and `sortie --help` show them.
pub(super) const VERBS: &str = "\
Check and plan:
  validate     Check manifests offline
  plan         Show what a manifest would start
  diff         Compare what two versions would start
  test         Run the tests of manifests
  explain      Explain a code, and what to do about it

Launch:
  run          Launch a manifest, and report
  start        Start one release, without a manifest
  resume       Continue a run that was cut off
  rerun        Launch again, as a new run, what failed

Afterwards:
  runs         List runs; export, import or prune them
  report       Write a run's report again
  rows         Print the input rows, each with its result
  reconcile    Find out what is unknown; starts nothing
  board        Show the runs in a browser

While a run goes on:
  pause        Hold back what is not sent yet
  continue     Let a paused run go on
  set          Change its limits
  cancel       Send no more, and stop its robot jobs

Set up:
  init         Write a first manifest
  import       Make one from a Postman item, a curl command, a trigger
  sandbox      Serve a stand-in Orchestrator, to try things out
  ledger       Maintain the file that holds the runs
  schema       Print a JSON Schema, for editors and scripts
  completions  Print a completion script for your shell
  man          Print a man page, or write them all
  help         Explain a verb or a topic
  version      Print the version";

/// The end of `sortie -h`.
pub(super) const ROOT_SHORT: &str = "\
`sortie help VERB` shows examples. `sortie help TOPIC` explains:
  manifest, manifest-tests, policies, data, expressions, filters, ids,
  connection, slots, saved-plans, waiting, reports, board, events, metrics,
  faults, world, exactly-once, exit-codes";

/// The end of `sortie --help`.
pub(super) const ROOT: &str = "\
Topics (`sortie help TOPIC`):
  manifest, manifest-tests, policies, data, expressions, filters, ids,
  connection, slots, saved-plans, waiting, reports, board, events, metrics,
  faults, world, exactly-once, exit-codes

Examples:
  sortie init                        write hello.yaml, a first manifest
  sortie validate hello.yaml         check a manifest, or a folder, offline
  sortie plan hello.yaml             show what would start, without starting it
  sortie run hello.yaml --sandbox    launch it on a stand-in: no server needed
  sortie runs --sandbox              list what was run there, and its state
  sortie resume last                 continue the newest run

Exit codes:
  0 done, 1 machine or bug, 2 login or permission, 3 usage or manifest,
  11 rejected, 12 unknown, 15 report not written, 16 not sent,
  130 interrupted, 143 terminated.
  `sortie help exit-codes` has them all.";

/// `sortie validate --help`.
pub(super) const VALIDATE: &str = "\
Examples:
  sortie validate hello.yaml               one manifest
  sortie validate                          every *.yaml and *.yml below this folder
  sortie validate - < hello.yaml           a manifest from stdin
  sortie validate nightly --format json    for machines: a folder with all below it
  sortie validate nightly --format github  annotations beside the lines of a pull request
  sortie validate nightly --format sarif > sortie.sarif
  sortie validate seed.yaml --param folder:=7
  sortie validate nightly --strict         warnings are errors

It finds everything that `plan` would refuse, as far as the inputs are given; a note names
each missing value that kept something from being checked. It sends nothing, reads no
profile unless you name one, and resolves no secret: it is safe on a stranger's pull
request. It reads only the environment variables that the manifest lists under `env`.
In a folder it checks the files that have the keys `version` and `jobs`; it names files
that have only one of the two.
Exits 0 if every manifest is valid, else 3.";

/// `sortie plan --help`.
pub(super) const PLAN: &str = "\
Examples:
  sortie plan hello.yaml
  sortie plan seed.yaml --param folder:=7 --format curl
  sortie plan regions.yaml --param region=apac --only load --format json
  sortie plan regions.yaml --logical-time 2026-01-31T00:00:00Z --format markdown
  sortie plan hello.yaml --sandbox --out hello.plan.json    for `run --plan`

It works offline, except with --online: releases and robots are shown by name. The same
inputs give the same plan, byte for byte; `run.time` is its only clock, and --logical-time
sets it. The token in curl commands is masked: set TOKEN in the shell.
Exits 3 if the manifest is not valid.";

/// `sortie diff --help`.
pub(super) const DIFF: &str = "\
Examples:
  sortie diff main                          every manifest below this folder, against branch main
  sortie diff main night.yaml               one manifest, against branch main
  sortie diff v1.2:night.yaml HEAD:night.yaml
  sortie diff old.yaml new.yaml
  sortie diff origin/main nightly --format markdown --exit-code

Both sides are planned offline, for the same time and params: no secret is resolved, and
git runs no hook or filter. Equal changes are shown once, with the number of launches;
--format json lists each launch. The launches of a renamed job count as new ones, unless
`moved` names the old job. If a side is not valid, its diagnostics are printed.
Exits 0; 20 with --exit-code if anything differs; 3 if a side is not valid.";

/// `sortie test --help`.
pub(super) const TEST: &str = "\
Examples:
  sortie test               every *.test.yaml below this folder
  sortie test night.yaml    the tests in night.test.yaml
  sortie test --format junit > tests.xml

A test plans its manifest with its own params, rows, time and variables, and says what it
expects: how many launches, what they send, which diagnostics. It sees nothing of this
machine: no profile, no variable, no clock. `sortie help manifest-tests` has the format.
Exits 0; 20 if a test failed; 3 if a test file is not valid or there is none.";

/// `sortie run --help`.
pub(super) const RUN: &str = "\
Examples:
  sortie run hello.yaml --sandbox
  sortie run hello.yaml --sandbox --format json
  sortie run hello.yaml --dry-run
  sortie run nightly/ --report json=reports/{name}.json   one run for each manifest in it
  sortie run seed.yaml --param folder:=7 --profile prod
  sortie run regions.yaml --rate 5/s --concurrency 4 --report json=night.json
  sortie run nightly.yaml --slot 2026-01-31 --profile prod
  sortie run hello.yaml --run-key ci-4711 --profile prod

The server and the login come from a profile (`sortie help connection`), never from the
manifest or from flags: everyone on the machine can read a secret on the command line.

Each launch is recorded in the ledger before it is sent. If the answer to a launch is lost,
sortie looks for it among the server's robot jobs before it sends anything again. What it
cannot find out is reported as unknown, with exit code 12.

--plan runs a saved plan (`plan --out FILE`) exactly, and once, however often you type it.
If a file, a value or a release version has changed since, it exits 13 and starts nothing.

With a `schedule` in the manifest, or with --slot, the run is that of a slot of time: the
same slot again continues the same run, or starts nothing if it is finished (`sortie help
slots`). Exits 14 if another process is running it; --attach waits until that one ends.

The manifest's `on-finish` changes no exit code.";

/// `sortie resume --help`.
pub(super) const RESUME: &str = "\
Examples:
  sortie resume last                          the newest run
  sortie resume 0197f2c3 --rate 2/s           a run by the beginning of its id, sent slower

It needs only the ledger: the manifest may have changed or be gone. What was started stays
started. It first looks for what is in doubt among the server's robot jobs, and then sends
only what certainly does not exist. You can run it as often as you like.

Exits as `run` does; 3 if the profile leads to another tenant than the run's; 14 if another
process is running it; 1 if the server's job list cannot be read.";

/// `sortie reconcile --help`.
pub(super) const RECONCILE: &str = "\
Examples:
  sortie reconcile last                                         ask the server once more
  sortie reconcile 0197f2c3 --launch load/INV-7 --as started    you have found its robot job
  sortie reconcile 0197f2c3 --launch a --launch b --as absent   `resume` will send both
  sortie reconcile 0197f2c3 --launch 'load/*' --as absent       all of them that are unknown
  sortie reconcile 0197f2c3 --all-unknown --as started

It starts nothing. Without --as it asks the server about everything in doubt, and exits 12
if something stays in doubt. With --as it asks nobody and records your answer for good:
look for the launch's Reference on the server before you answer `absent`. --as partial and
--as duplicate close a launch that started too few or too many robot jobs, once you have
dealt with it by hand.";

/// `sortie rerun --help`.
pub(super) const RERUN: &str = "\
Examples:
  sortie rerun last --failed      what did not start, was skipped, or failed
  sortie rerun 0197f2c3 --all     everything, even what was started already

It makes a new run with the inputs of the old one; names are looked up again. The old run
then sends nothing more. Typed again, `--failed` continues a rerun that is not finished, and
counts what failed over the run and all its reruns. Exits 12 and starts nothing while a
launch is unknown, or partial and not closed: `sortie report RUN` says what to do.";

/// `sortie cancel --help`.
pub(super) const CANCEL: &str = "\
Examples:
  sortie cancel last                     ask its robot jobs to stop
  sortie cancel 0197f2c3 --kill --yes    kill them, without confirmation
  sortie cancel last --job load          only one job of the manifest
  sortie cancel last --filter 'row.region == \"emea\"'

If a process is running the run, that process sends nothing more and stops the robot jobs.
Otherwise `cancel` settles what is in doubt and stops them itself. A run that is over can be
cancelled too, since its robot jobs may still run. Afterwards only `sortie resume RUN` sends
what was not sent.
Exits 0 if each robot job is over or was asked to stop; 11 if the server did not stop some;
12 if launches are in doubt; 3 if the profile leads to another tenant than the run's.";

/// `sortie pause --help`.
pub(super) const PAUSE: &str = "\
Examples:
  sortie pause last              nothing more is sent; open requests are finished
  sortie pause 0197f2c3

The run stays paused until `sortie continue RUN`, or `sortie resume RUN` if no process is
running it: a restart does not lift the pause, nor does a scheduler that starts the same
slot again. Robot jobs that were started go on. Exits 3 if nothing is left to send.";

/// `sortie continue --help`.
pub(super) const CONTINUE: &str = "\
Examples:
  sortie continue last

A process that is running the run sends again within two seconds. If there is none, only the
pause is lifted, and `sortie resume RUN` continues the run.";

/// `sortie set --help`.
pub(super) const SET: &str = "\
Examples:
  sortie set last --rate 2/s
  sortie set 0197f2c3 --rate 30/min --burst 1 --concurrency 4
  sortie set last --active 20

These limits replace the manifest's within two seconds, and for every later `resume` of the
run; the latest `set` counts. A limit that you do not name stays as it is.";

/// `sortie runs --help`.
pub(super) const RUNS: &str = "\
Examples:
  sortie runs
  sortie runs --limit 0 --format json
  sortie runs --failed --since 7d             what went wrong this week
  sortie runs --name nightly                  its runs; the newest against the ten before it
  sortie runs prune --older-than 90d --dry-run
  sortie runs export last night.run           one run in one file

States:
  running      a process is running it
  paused       `sortie continue` lets it go on; without a process, `sortie resume`
  cancelled    `sortie cancel` ended it
  cut-off      its process ended before the run did: `sortie resume`
  unfinished   launches are left to send or settle, or are held: see `sortie report RUN`
  finished     nothing is left to do
  skipped      its slot came while another run of the manifest was going on
  superseded   a rerun took over
  imported     it came in a run file: another ledger launched it";

/// `sortie runs prune --help`.
pub(super) const RUNS_PRUNE: &str = "\
Examples:
  sortie runs prune --older-than 90d --dry-run   print what would go, what stays, and why
  sortie runs prune --older-than 90d
  sortie runs export RUN night.run               first keep one of them in a file

These runs stay: those in which something is left to do, the newest of each manifest, those
of manifests that use `once`, and reruns of runs that stay. The ids of slots and keys stay
known, so that none is ever started again. The file becomes smaller. No server is asked.";

/// `sortie runs export --help`.
pub(super) const RUNS_EXPORT: &str = "\
Examples:
  sortie runs export last night.run
  sortie runs export 0197f2c3 /srv/share/host-a.run

The file has everything that reports are made of: `sortie report night.run` makes any format
from it on any machine, and `sortie report a.run b.run` makes one report of several runs.
Known secrets are masked; a run whose inputs contain one is refused. Only you can read the
file (0600), since it has the manifest, its data and the robots' outputs. A run that is
still going on is exported as it is now.";

/// `sortie runs import --help`.
pub(super) const RUNS_IMPORT: &str = "\
Examples:
  sortie runs import night.run

`sortie runs` lists the run as imported, and `sortie report` shows it. `resume`, `reconcile`,
`rerun`, `cancel`, `pause`, `continue` and `set` refuse it (exit code 3), and so does a start
of its slot or key: only the ledger that launched it knows what was sent, and can keep other
processes out. Importing the same file again changes nothing; a later file of the same run
adds what is new; anything else is refused (3). `last` never means an imported run.";

/// `sortie report --help`.
pub(super) const REPORT: &str = "\
Examples:
  sortie report last
  sortie report 0197f2c3 --format json --report text=night.txt
  sortie report last --report junit=night.xml --report csv=night.csv
  sortie report night.run                     from a run file of any machine
  sortie report a.run b.run last              one report for shards, or for several hosts

It reads only the ledger or the file, and writes byte for byte what the run wrote when it
ended. Exits 0 if the report is written, whatever the run's own exit code was.";

/// `sortie rows --help`.
pub(super) const ROWS: &str = "\
Examples:
  sortie rows last > back.csv
  sortie rows last --job load --failed > again.csv
  sortie run rows.yaml --data load=again.csv --profile prod

Each row is printed as it was given, byte for byte, followed by `verdict`, `outcome`, `job`,
`fault`, `info` and the robots' outputs (`out.NAME`); rows from JSON or YAML are printed as
JSON Lines. With --failed it prints only the rows that certainly failed, and adds nothing to
them: rows that are in doubt or were not sent are left out, and counted on stderr.
Exits 3 if several jobs have rows and you name none.";

/// `sortie ledger --help`.
pub(super) const LEDGER: &str = "\
Examples:
  sortie ledger migrate";

/// `sortie ledger migrate --help`.
pub(super) const LEDGER_MIGRATE: &str = "\
Examples:
  sortie ledger migrate
  sortie ledger migrate --ledger /srv/batch/ledger.db

`runs` and `report` read a ledger of an older sortie as it is; `run`, `resume`, `reconcile`
and `rerun` refuse it until you migrate it. All its runs, notes and pauses are kept, and
every report stays the same. Migration is one transaction: if it is interrupted, the ledger
is as it was. Older versions of sortie cannot use the ledger afterwards, so upgrade every
host that shares it. Exits 14 and does nothing while a process is running a run of it.";

/// `sortie start --help`.
pub(super) const START: &str = "\
Examples:
  sortie start Ping --folder Shared --sandbox
  sortie start Greeter --folder Shared --arg message=Aloha --arg times:=3 --sandbox
  sortie start Loader --folder Finance/AP --robot ETL-01 --robot ETL-02 --profile prod
  sortie start Ping --folder Shared --count 2 --print > ping.yaml

It works like `sortie run`: the launch is recorded before it is sent, and looked for on the
server if its answer is lost. --print prints an ordinary manifest, which you can keep.";

/// `sortie board --help`.
pub(super) const BOARD: &str = "\
Examples:
  sortie board                     serve until Ctrl-C; open the address that it prints
  sortie board --port 8000         the same port each time
  sortie board --sandbox           the runs of `run --sandbox`

It listens only on 127.0.0.1 and requires the token that is in the printed address. From
another machine use ssh, with the same port on both sides: `ssh -L 8000:127.0.0.1:8000
HOST`. It only reads the ledger, and never connects to Orchestrator.";

/// `sortie sandbox --help`.
#[cfg(feature = "sandbox")]
pub(super) const SANDBOX: &str = "\
Examples:
  sortie sandbox                             serve until Ctrl-C, on a free port
  sortie sandbox --port 8080 --format json   one JSON line: url, token, and the rest
  sortie sandbox --latency 50ms              answer each call after 50 ms
  sortie sandbox --world world.yaml          have exactly what the file lists
  sortie sandbox --faults faults.yaml        inject faults (`sortie help faults`)

It listens only on 127.0.0.1, and its credentials are valid nowhere else.";
