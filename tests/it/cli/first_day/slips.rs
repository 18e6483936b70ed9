//! Slips on the command line, each put right at the first try by its help line alone.

use crate::cli::Program;

const NIGHT: &str = "version: 1\nname: night\nfolder: F\nparams: { n: { type: integer, default: 1 } }\n\
                     jobs:\n  load: { release: R }\n  mail: { release: R }\n";

/// What was typed, what the help says, and what its reader types then.
const SLIPS: &[(&str, &str, &str)] = &[
    ("list", "`sortie runs`", "runs --sandbox"),
    ("status", "`sortie runs`", "runs --sandbox"),
    ("history", "`sortie runs`", "runs --sandbox"),
    ("check night.yaml", "`sortie validate`", "validate night.yaml"),
    ("lint specs", "`sortie validate`", "validate specs"),
    ("preview night.yaml", "`sortie plan PATH`", "plan night.yaml"),
    ("launch night.yaml --sandbox", "`sortie run PATH`", "run night.yaml --sandbox"),
    ("exec night.yaml --sandbox", "`sortie run PATH`", "run night.yaml --sandbox"),
    ("validte night.yaml", "did you mean `validate`?", "validate night.yaml"),
    ("new", "`sortie init`", "init"),
    ("scehma", "did you mean `schema`?", "schema"),
    ("login", "`sortie help connection`", "help connection"),
    ("help expresions", "`sortie help expressions`", "help expressions"),
    ("run night.yaml --sanbox", "'--sandbox'", "run night.yaml --sandbox"),
    ("run night.yaml --sandbox --concurency 4", "'--concurrency'", "run night.yaml --sandbox --concurrency 4"),
    ("run --manifest night.yaml --sandbox", "without a flag: `sortie run FILE`", "run night.yaml --sandbox"),
    ("run -f night.yaml --sandbox", "without a flag: `sortie run FILE`", "run night.yaml --sandbox"),
    ("plan night.yaml -p n=3", "`--param NAME=TEXT`", "plan night.yaml --param n=3"),
    ("plan night.yaml --var n=3", "`--param NAME=TEXT`", "plan night.yaml --param n=3"),
    ("plan night.yaml --job load", "`--only JOB`", "plan night.yaml --only load"),
    ("runs --sandbox --json", "`--format json`", "runs --sandbox --format json"),
    ("run night.yaml --dry", "'--dry-run'", "run night.yaml --dry-run"),
    ("plan night", "did you mean `night.yaml`?", "plan night.yaml"),
    ("plan nigth.yaml", "did you mean `night.yaml`?", "plan night.yaml"),
    ("plan night.yaml --param m=3", "it declares `n`", "plan night.yaml --param n=3"),
    ("plan night.yaml --param n=three", "`--param n=5`", "plan night.yaml --param n=5"),
    ("plan night.yaml --param n", "NAME=TEXT", "plan night.yaml --param n=5"),
    ("plan night.yaml --only laod", "did you mean `load`?", "plan night.yaml --only load"),
    ("run night.yaml --sandbox --rate 10", "`--rate 10/s`", "run night.yaml --sandbox --rate 10/s"),
    ("run night.yaml --sandbox --timeout 5", "`5s`", "run night.yaml --sandbox --timeout 5s"),
    (
        "run night.yaml --sandbox --logical-time now",
        "2026-01-31T00:00:00Z",
        "run night.yaml --sandbox --logical-time 2026-01-31T00:00:00Z",
    ),
    ("plan night.yaml --format md", "markdown", "plan night.yaml --format markdown"),
    ("run night.yaml", "try `--sandbox`", "run night.yaml --sandbox"),
    ("plan rows.yaml", "did you mean `data/rows.csv`?", "plan fixed.yaml"),
    ("init My.Batch", "`sortie init my.batch`", "init my.batch"),
    ("plan bare.yaml", "write `folder:`", "plan night.yaml"),
];

fn program(typed: &str) -> Program {
    let rows = "jobs: { load: { release: R, for-each: { key: id, csv: data/";
    Program::sortie(typed)
        .file("night.yaml", NIGHT)
        .file("specs/day.yaml", NIGHT)
        .file("bare.yaml", &NIGHT.replace("folder: F\n", ""))
        .file("rows.yaml", &format!("version: 1\nname: r\nfolder: F\n{rows}row.csv }} }} }}\n"))
        .file("fixed.yaml", &format!("version: 1\nname: r2\nfolder: F\n{rows}rows.csv }} }} }}\n"))
        .file("data/rows.csv", "id\n1\n")
}

#[test]
fn each_slip_is_put_right_at_the_first_try_by_its_help_line_alone() {
    assert!(SLIPS.len() >= 30);
    let mut unfixed = Vec::new();
    for (typed, words, next) in SLIPS {
        let ended = program(typed).run();
        let is_told = ended.code == 3 && ended.stderr.contains(words) && ended.stdout.is_empty();
        if !is_told {
            unfixed.push(format!("sortie {typed}: not told {words:?}: {}", ended.shown()));
        }
        let fixed = program(next).run();
        if fixed.code != 0 {
            unfixed.push(format!("sortie {next}: {}", fixed.shown()));
        }
    }
    assert!(unfixed.is_empty(), "{} of {}:\n\n{}", unfixed.len(), SLIPS.len(), unfixed.join("\n\n"));
}
