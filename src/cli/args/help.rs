//! The examples at the end of each `--help`. Each command in them is tried by a test.
//!
//! Lines stay under 92 characters: help is wrapped at 100 where there is no terminal, and wrapping breaks examples.

/// `sortie --help`.
pub(super) const ROOT: &str = "\
Examples:
  sortie run specs/hello.yaml --sandbox          try a manifest, without server or credentials
  sortie validate specs/                         check every manifest of a folder, offline
  sortie plan specs/seed.yaml --param folder:=7  show what would start, without starting it

Exit codes:
  0 done, 1 machine or bug, 2 login or permission, 3 usage or manifest, 11 rejected,
  12 unknown, 15 report not written, 16 not sent, 130 interrupted, 143 terminated.
  docs/exit-codes.md has them all.";

/// `sortie validate --help`.
pub(super) const VALIDATE: &str = "\
Examples:
  sortie validate specs/hello.yaml       one manifest
  sortie validate                        every *.yaml and *.yml below this folder
  sortie validate - < specs/hello.yaml   a manifest from stdin
  sortie validate specs --format json    for machines

Nothing is sent, no profile is read and no secret is resolved: it is safe on a stranger's
pull request. In folders, only files that begin like a manifest are checked: those that
have the keys `version` and `jobs`. Exits 0 where every manifest is valid, else 3.";

/// `sortie plan --help`.
pub(super) const PLAN: &str = "\
Examples:
  sortie plan specs/hello.yaml
  sortie plan specs/seed.yaml --param folder:=7 --format curl
  sortie plan specs/regions.yaml --param region=apac --only load --format json
  sortie plan specs/regions.yaml --logical-time 2026-01-31T00:00:00Z --format markdown

Offline: releases and robots stay as they are named. The same inputs give the same plan,
byte for byte; `run.time` is the only clock, and --logical-time sets it. The token of a
curl command is masked: set TOKEN in the shell. Exits 3 where the manifest is not valid.";

/// `sortie run --help`.
pub(super) const RUN: &str = "\
Examples:
  sortie run specs/hello.yaml --sandbox
  sortie run specs/hello.yaml --sandbox --format json
  sortie run specs/hello.yaml --dry-run
  sortie run specs/seed.yaml --param folder:=7 --profile prod
  sortie run specs/regions.yaml --rate 5/s --concurrency 4 --report json=out/night.json

Where to connect comes from a profile (docs/connection.md), never from the manifest or from
a flag: a secret on the command line can be read by everyone on the machine.

Each launch is recorded in the ledger before it is sent. A launch whose answer was lost
is looked for among the server's robot jobs before anything is sent again; what cannot be
told is reported as unknown, and the exit code is 12.";

/// `sortie sandbox --help`.
#[cfg(feature = "sandbox")]
pub(super) const SANDBOX: &str = "\
Examples:
  sortie sandbox                             serve until Ctrl-C, on a free port
  sortie sandbox --port 8080 --format json   one JSON line: url, token, and the rest
  sortie sandbox --latency 50ms              answer each call after 50 ms
  sortie sandbox --world world.yaml          have exactly what a file lists
  sortie sandbox --faults faults.yaml        do wrong what a file says (docs/faults.md)

It listens on 127.0.0.1 alone, and its credentials open nothing else.";

/// `sortie schema --help`.
pub(super) const SCHEMA: &str = "\
Examples:
  sortie schema manifest > sortie.schema.json   for an editor that reads JSON Schema
  sortie schema report                          of the JSON report, version 1";
