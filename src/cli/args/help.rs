//! The examples at the end of each `--help`. Each command in them is tried by a test.
//!
//! Lines stay under 92 characters: help is wrapped at 100 where there is no terminal, and wrapping breaks examples.

mod set_up;

pub(super) use set_up::{COMPLETIONS, EXPLAIN, HELP, IMPORT, INIT, MAN, SCHEMA, VERSION};

/// The order of `sortie --help`: clap itself would put all verbs into one list.
pub(super) const ROOT_TEMPLATE: &str =
    "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}";

/// The verbs in groups, as `sortie -h` and `sortie --help` show them.
pub(super) const VERBS: &str = "\
Check and plan:
  validate     Check manifests offline
  plan         Show what a manifest would start
  diff         Show what a change would start otherwise
  test         Hold manifests against their tests
  explain      Say what a code means, and what to do

Launch:
  run          Launch a manifest, and report
  start        Start one release, without a manifest
  resume       Go on with a run that was cut off
  rerun        Launch again, as a new run, what failed

Afterwards:
  runs         List runs; carry one in a file
  report       Write a run's report again
  rows         Give back the input rows, with what came of each
  reconcile    Settle what is unknown; starts nothing
  board        Show the runs in a browser

While a run goes on:
  pause        Hold back what is not sent yet
  continue     Send on
  set          Change its limits
  cancel       End it, and stop its robot jobs

Set up:
  init         Write a first manifest
  import       Make one of a Postman item, a curl command, a trigger
  sandbox      Serve a stand-in Orchestrator, to try things out
  ledger       See to the file that holds the runs
  schema       Print a JSON Schema, for editors and scripts
  completions  Print a completion script for your shell
  man          Print a man page, or write them all
  help         Help for a verb, or about a topic
  version      Print the version, for machines too";

/// The end of `sortie -h`.
pub(super) const ROOT_SHORT: &str = "\
`sortie help VERB` shows examples. `sortie help TOPIC` explains:
  manifest, manifest-tests, policies, data, expressions, filters, ids, connection, slots,
  saved-plans, waiting, reports, board, events, metrics, faults, world, exactly-once,
  exit-codes";

/// The end of `sortie --help`.
pub(super) const ROOT: &str = "\
Topics (`sortie help TOPIC`):
  manifest, manifest-tests, policies, data, expressions, filters, ids, connection, slots,
  saved-plans, waiting, reports, board, events, metrics, faults, world, exactly-once,
  exit-codes

Examples:
  sortie init                        write hello.yaml, a first manifest
  sortie validate hello.yaml         check a manifest, or all of a folder, offline
  sortie plan hello.yaml             show what would start, without starting it
  sortie run hello.yaml --sandbox    launch it on a stand-in: no server, no credentials
  sortie runs                        what was run, and what is left to do
  sortie resume last                 go on with the newest run

Exit codes:
  0 done, 1 machine or bug, 2 login or permission, 3 usage or manifest, 11 rejected,
  12 unknown, 15 report not written, 16 not sent, 130 interrupted, 143 terminated.
  `sortie help exit-codes` has them all.";

/// `sortie validate --help`.
pub(super) const VALIDATE: &str = "\
Examples:
  sortie validate specs/hello.yaml       one manifest
  sortie validate                        every *.yaml and *.yml below this folder
  sortie validate - < specs/hello.yaml   a manifest from stdin
  sortie validate specs --format json    for machines: a folder with all below it
  sortie validate specs --format github  annotations beside the lines of a pull request
  sortie validate specs --format sarif > sortie.sarif
  sortie validate specs/seed.yaml --param folder:=7
  sortie validate specs --strict         warnings are errors

What `plan` would refuse is found here, as far as its inputs are there; for want of which
value something was not checked is said in a note. Nothing is sent, no profile is read
unless it is named, and no secret is resolved: it is safe on a stranger's pull request.
Of the environment, only what the manifest lists under `env` is read. In folders, only files that begin like a manifest are checked: those that
have the keys `version` and `jobs`; one that has only one of them is named.
Exits 0 where every manifest is valid, else 3.";

/// `sortie plan --help`.
pub(super) const PLAN: &str = "\
Examples:
  sortie plan specs/hello.yaml
  sortie plan specs/seed.yaml --param folder:=7 --format curl
  sortie plan specs/regions.yaml --param region=apac --only load --format json
  sortie plan specs/regions.yaml --logical-time 2026-01-31T00:00:00Z --format markdown
  sortie plan specs/hello.yaml --sandbox --out hello.plan.json    for `run --plan`

Offline, unless --online asks: releases and robots stay as they are named. The same inputs give the same plan,
byte for byte; `run.time` is the only clock, and --logical-time sets it. The token of a
curl command is masked: set TOKEN in the shell. Exits 3 where the manifest is not valid.";

/// `sortie diff --help`.
pub(super) const DIFF: &str = "\
Examples:
  sortie diff main                          every manifest below this folder, against branch main
  sortie diff main specs/night.yaml         one manifest, against branch main
  sortie diff v1.2:specs/night.yaml HEAD:specs/night.yaml
  sortie diff old.yaml new.yaml
  sortie diff origin/main specs --format markdown --exit-code

Both sides are planned for the same moment and params, offline: no secret is resolved, and
git runs no hook or filter. Equal changes are shown together, with how many launches have
them; --format json has each launch. A job that was renamed starts all of its launches as
new ones, unless `moved` says which it was. A side that is not valid is told with its
diagnostics. Exits 0, 20 with --exit-code where anything differs, 3 where a side is not
valid.";

/// `sortie test --help`.
pub(super) const TEST: &str = "\
Examples:
  sortie test                       every *.test.yaml below this folder
  sortie test specs/night.yaml      the tests in specs/night.test.yaml
  sortie test --format junit > out/tests.xml

A test plans its manifest with params, rows, a time and variables of its own, and says what
it expects: how many launches, what they send, which diagnostics. Nothing of this machine
is seen: no profile, no variable, no clock. `sortie help manifest-tests` has the format.
Exits 0, 20 where a test failed, 3 where a test file is not valid or there is none.";

/// `sortie run --help`.
pub(super) const RUN: &str = "\
Examples:
  sortie run specs/hello.yaml --sandbox
  sortie run specs/hello.yaml --sandbox --format json
  sortie run specs/hello.yaml --dry-run
  sortie run nightly/ --report json=reports/{name}.json   one run for each manifest in it
  sortie run specs/seed.yaml --param folder:=7 --profile prod
  sortie run specs/regions.yaml --rate 5/s --concurrency 4 --report json=night.json
  sortie run specs/nightly.yaml --slot 2026-01-31 --profile prod
  sortie run specs/hello.yaml --run-key ci-4711 --profile prod

Where to connect comes from a profile (`sortie help connection`), never from the manifest or from
a flag: a secret on the command line can be read by everyone on the machine.

Each launch is recorded in the ledger before it is sent. A launch whose answer was lost
is looked for among the server's robot jobs before anything is sent again; what cannot be
told is reported as unknown, and the exit code is 12.

--plan runs exactly a saved plan (`plan --out FILE`), once, however often it is typed: a
file, a value, a release version that is another one by now, and it is refused with 13.

A manifest with a `schedule`, or --slot, makes the run stand for a slot of time: the same
slot again goes on with the same run, or starts nothing where it is finished
(`sortie help slots`). Exits 14 where another process uses that run; --attach waits for its end.

The manifest's `on-finish` is told by the command line alone, and changes no exit code.";

/// `sortie resume --help`.
pub(super) const RESUME: &str = "\
Examples:
  sortie resume last                          the newest run
  sortie resume 0197f2c3 --rate 2/s           by the beginning of its id, slower

It needs the ledger and nothing else: the manifest may have changed or be gone. What was
started stays started; what is in doubt is looked for among the server's robot jobs first,
and only what surely does not exist is sent. Run it as often as you like.

Exits as `run` does; 3 where the profile leads to another tenant than the run's, 14 where
another process uses the run, 1 where the server cannot be asked what exists.";

/// `sortie reconcile --help`.
pub(super) const RECONCILE: &str = "\
Examples:
  sortie reconcile last                                         ask the server once more
  sortie reconcile last --launch load/INV-7 --as started        you have found its job
  sortie reconcile last --launch a --launch b --as absent       `resume` will send both
  sortie reconcile last --launch 'load/*' --as absent           all of them that are unknown
  sortie reconcile last --all-unknown --as started

It starts nothing. Without --launch it asks the server about everything in doubt, and exits
12 where something stays so. With --launch it asks nobody, and records the answer for good:
look for the launch's Reference on the server before you say `absent`. --as partial and
--as duplicate close a launch of which too few or too many robot jobs were started, once
you have dealt with it by hand.";

/// `sortie rerun --help`.
pub(super) const RERUN: &str = "\
Examples:
  sortie rerun last --failed      what was rejected, skipped or not sent
  sortie rerun 0197f2c3 --all     everything, on purpose: it starts again what was started

A new run with the inputs of the old one; names are looked up anew. The old run sends
nothing any more. Typed again, it goes on with a rerun that is not finished, and counts
over the run and all its reruns. Exits 12, and starts nothing, while a launch is unknown or
partial and not closed: `sortie report RUN` says what to do about each.";

/// `sortie cancel --help`.
pub(super) const CANCEL: &str = "\
Examples:
  sortie cancel last                     robot jobs are asked to stop
  sortie cancel 0197f2c3 --kill --yes    they are killed, and nobody is asked
  sortie cancel last --job load          one job of the manifest
  sortie cancel last --filter 'row.region == \"emea\"'

The process that is at the run sends nothing more and stops the robot jobs; where none is,
this one settles what is in doubt and stops them. A run that is over can be cancelled too:
its robot jobs may still run. Only `sortie resume RUN` sends what was not sent.
Exits 0 where each robot job is over or was asked to stop, 11 where the server did not stop
some, 12 where launches are in doubt, 3 where the profile leads to another tenant.";

/// `sortie pause --help`.
pub(super) const PAUSE: &str = "\
Examples:
  sortie pause last              nothing more is sent; open requests are finished
  sortie pause 0197f2c3

It holds until somebody types `sortie continue RUN`, or `sortie resume RUN` where no process
is at the run: also over a restart, and for a scheduler that starts the slot again. Robot
jobs that were started go on. Exits 3 where nothing of the run is left to send.";

/// `sortie continue --help`.
pub(super) const CONTINUE: &str = "\
Examples:
  sortie continue last

The process that is at the run sends on within two seconds. Where none is, it only lifts the
pause: `sortie resume RUN` goes on with the run.";

/// `sortie set --help`.
pub(super) const SET: &str = "\
Examples:
  sortie set last --rate 2/s
  sortie set 0197f2c3 --rate 30/min --burst 1 --concurrency 4
  sortie set last --active 20

The limits rule over the manifest's, within two seconds and for every `resume` of the run;
of two the later one holds. What is not named stays as it is.";

/// `sortie runs --help`.
pub(super) const RUNS: &str = "\
Examples:
  sortie runs
  sortie runs --limit 0 --format json
  sortie runs --failed --since 7d             what went wrong this week
  sortie runs --name nightly                  its runs, and the newest against the ten before
  sortie runs prune --older-than 90d --dry-run
  sortie runs export last night.run           one run in one file

States: running (a process is at it), paused (`sortie continue`, or `sortie resume` where no
process is at it, lets it go on), cancelled, cut-off (none is at it, and it did not end), unfinished
(launches are left to send or to settle, or are held: `sortie report RUN` says what to do),
finished, skipped (its slot came while another was being run), superseded (a rerun took
over), imported (it came in a file: another ledger launched it).";

/// `sortie runs prune --help`.
pub(super) const RUNS_PRUNE: &str = "\
Examples:
  sortie runs prune --older-than 90d --dry-run   what would go, and what stays and why
  sortie runs prune --older-than 90d
  sortie runs export RUN night.run               keep one of them in a file before

Runs stay in which something is left to do, the newest of each manifest, those of manifests
that say `once`, and chains of reruns of which one stays. Of a slot or a key the id stays, so
that it is never begun again. The file shrinks. Nothing is asked of any server.";

/// `sortie runs export --help`.
pub(super) const RUNS_EXPORT: &str = "\
Examples:
  sortie runs export last night.run
  sortie runs export 0197f2c3 /srv/share/host-a.run

One file with everything that a report is made of: `sortie report night.run` makes every
format of it, anywhere, and `sortie report a.run b.run` one report of several. Secrets that
are known are masked, and inputs that hold one are refused. The file is private (0600): it
holds the manifest, its data, and what robot jobs gave. A run that a process is at is
exported as it is at this moment.";

/// `sortie runs import --help`.
pub(super) const RUNS_IMPORT: &str = "\
Examples:
  sortie runs import night.run

`sortie runs` lists it as imported, and `sortie report` shows it. `resume`, `reconcile`,
`rerun`, `cancel`, `pause`, `continue` and `set` refuse it (3), and so does a start of its
slot or key: only the ledger that launched it knows what was sent, and can keep others out.
The same file again changes nothing; a later one of the same run adds what is new; anything
else is refused (3). `last` never means an imported run.";

/// `sortie report --help`.
pub(super) const REPORT: &str = "\
Examples:
  sortie report last
  sortie report 0197f2c3 --format json --report text=night.txt
  sortie report last --report junit=night.xml --report csv=night.csv
  sortie report night.run                     of a run file, wherever it was written
  sortie report a.run b.run last              one report of shards, or of several hosts

From the ledger or the file alone: byte for byte what the run wrote when it ended. Exits 0 where the
report is written, whatever came of the run.";

/// `sortie rows --help`.
pub(super) const ROWS: &str = "\
Examples:
  sortie rows last > back.csv
  sortie rows last --job load --failed > again.csv
  sortie run specs/rows.yaml --data load=again.csv --profile prod

The rows as they were given, byte for byte, with `verdict`, `outcome`, `job`, `fault`,
`info` and the robots' outputs (`out.NAME`) behind them; of JSON and YAML as JSON Lines.
With --failed only what surely failed, and nothing added: what is in doubt or was not sent
is left out, and counted on stderr. Exits 3 where several jobs have rows and none is named.";

/// `sortie ledger --help`.
pub(super) const LEDGER: &str = "\
Examples:
  sortie ledger migrate";

/// `sortie ledger migrate --help`.
pub(super) const LEDGER_MIGRATE: &str = "\
Examples:
  sortie ledger migrate
  sortie ledger migrate --ledger /srv/batch/ledger.db

A ledger that an older sortie wrote is listed and reported as it is; `run`, `resume`,
`reconcile` and `rerun` refuse it until it is taken along. All its runs, notes and pauses
are kept, and each report stays the same. It is one transaction: whatever ends it in the
middle leaves the ledger as it was. No older sortie can use the ledger afterwards, so take
along every host that shares it. Exits 14, and does nothing, while a process is at a run.";

/// `sortie start --help`.
pub(super) const START: &str = "\
Examples:
  sortie start Ping --folder Shared --sandbox
  sortie start Greeter --folder Shared --arg message=Aloha --arg times:=3 --sandbox
  sortie start Loader --folder Finance/AP --robot ETL-01 --robot ETL-02 --profile prod
  sortie start Ping --folder Shared --count 2 --print > ping.yaml

It goes the way of `sortie run`: recorded before it is sent, and looked for on the server
where an answer was lost. What --print shows is a manifest like any other, to be kept.";

/// `sortie board --help`.
pub(super) const BOARD: &str = "\
Examples:
  sortie board                     serve until Ctrl-C; open the address that it prints
  sortie board --port 8000         the same port each time
  sortie board --sandbox           the runs of `run --sandbox`

It listens on 127.0.0.1 alone and wants the token in the address. From another machine, go through
ssh with the same port on both sides: `ssh -L 8000:127.0.0.1:8000 HOST`. It reads the ledger, never
writes to it, and never speaks to Orchestrator.";

/// `sortie sandbox --help`.
#[cfg(feature = "sandbox")]
pub(super) const SANDBOX: &str = "\
Examples:
  sortie sandbox                             serve until Ctrl-C, on a free port
  sortie sandbox --port 8080 --format json   one JSON line: url, token, and the rest
  sortie sandbox --latency 50ms              answer each call after 50 ms
  sortie sandbox --world world.yaml          have exactly what a file lists
  sortie sandbox --faults faults.yaml        do wrong what a file says (`sortie help faults`)

It listens on 127.0.0.1 alone, and its credentials open nothing else.";
