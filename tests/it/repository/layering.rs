//! Who may import whom: reads every file of `src/` and holds it against one table of ranks.
//!
//! A module imports lower ranks only; within a rank nothing but its own folder. Tests inside a file are exempt.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::source_files::{code_only, rust_files};

/// The ranks. A module imports what stands in an earlier row.
const RANKS: &[&[&str]] = &[
    &["ids", "clock", "secret", "exit", "words"],
    &["source", "pace", "pauses", "outcome", "launch_terms"],
    &["robot_job"],
    // What was recorded knows no manifest, no plan and no network.
    &["diagnostic", "ledger"],
    // A run as it is carried from ledger to ledger.
    &["manifest", "run_file"],
    &["template", "start_info"],
    &["format"],
    &["schema"],
    &["spec"],
    // What a filter or a rule may ask of a launch; rules that every launch must keep.
    &["launch_scope"],
    &["policy"],
    &["plan"],
    &["resolve"],
    // A plan in a file, held against today.
    &["saved_plan"],
    &["orchestrator"],
    &["job_list"],
    // What robot jobs came to, before the launcher, whose queue goes by it.
    &["wait"],
    &["launch"],
    // Before `run`, which counts as a report counts, and hands out what one is made of.
    &["report"],
    &["run"],
    // What a connection is: files and environment, without a terminal. How a plan is shown.
    // A run as pages for a browser, without a socket; in figures, without a file; as spans, without a collector.
    &["profile", "plan_forms", "plan_diff", "board", "metrics", "traces", "import", "explain"],
    // A plan held against what its author expects.
    &["manifest_test"],
    &["cli"],
    &["main"],
];

/// Words for the outside world, and the only modules that may use them.
const OUTSIDE: &[(&[&str], &[&str])] = &[
    (&["std::fs", "File::open", "File::create"], &["ledger", "profile", "cli"]),
    (&["std::env::"], &["cli"]),
    (&["std::process"], &["profile", "cli", "main"]),
    (&["std::net", "tokio::net"], &["orchestrator", "cli"]),
    (&["reqwest::"], &["orchestrator"]),
    (&["rusqlite::"], &["ledger"]),
    // A crate of its own, which knows nothing of this one.
    (&["orchestrator_sandbox"], &["cli"]),
    (&["println!", "eprintln!", "print!(", "eprint!("], &["cli"]),
    (&["granit_parser::"], &["manifest"]),
    (&["jsonschema::"], &[]),
    // Environments that share nothing: that of expressions, that of the report and that of the board.
    (&["minijinja::"], &["template", "report", "board"]),
    (&["clap::", "clap_complete::", "clap_mangen::", "indicatif::", "tracing_subscriber::"], &["cli"]),
];

/// Words that name a kind of store, and only a ledger's own files may say: all others know its roles.
const STORES: &[&str] = &["SqliteLedger", "FileLock", "ledger::sqlite"];

/// Where our Rust files are.
const FOLDERS: &[&str] = &["src", "tests", "benches", "crates", "examples"];

/// Maximum files beside each other in a folder.
const MAX_FILES: usize = 15;

/// No file may be longer, in lines; and the median of all files must be shorter than the second.
const MAX_LINES: usize = 400;
const MAX_MEDIAN_LINES: usize = 150;

#[test]
fn each_module_imports_lower_ranks_only() {
    let files = rust_files("src");
    assert!(files.len() > 10, "the files of src/ are found");
    let violations: String = files.iter().flat_map(|(path, text)| violations(path, text)).collect();
    assert!(violations.is_empty(), "\n{violations}");
}

#[test]
fn folders_are_small() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in FOLDERS.iter().flat_map(|folder| rust_files(folder).into_keys()) {
        let (folder, _) = path.rsplit_once('/').expect("a path like src/a.rs");
        *counts.entry(folder.to_owned()).or_default() += 1;
    }
    // The crate's rooms stand beside each other, and the table of ranks is their order.
    assert!(counts.remove("src").is_some_and(|rooms| rooms > 20), "the files of src/ are found");
    counts.retain(|_, count| *count > MAX_FILES);
    assert_eq!(counts, BTreeMap::new(), "folders with more than {MAX_FILES} files beside each other");
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<(usize, String)> =
        FOLDERS.iter().flat_map(|folder| rust_files(folder)).map(|(path, text)| (text.lines().count(), path)).collect();
    lengths.sort();
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > MAX_LINES).collect();
    assert!(long.is_empty(), "files above {MAX_LINES} lines: {long:?}");
    let (median, _) = lengths[lengths.len() / 2];
    assert!(median < MAX_MEDIAN_LINES, "the median file has {median} lines");
}

#[test]
fn a_planted_violation_is_found() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        let found: Vec<String> = violations(path, text).collect();
        assert_eq!(found, expected, "{path}: {text}");
    };
    check("src/plan/rows.rs", "use crate::ids::LaunchId;\nuse crate::plan::Plan;\n", &[]);
    check("src/plan/rows.rs", "// crate::cli is far above\n/// See [`crate::run`].\n", &[]);
    check(
        "src/plan/rows.rs",
        "\nuse crate::launch::Launcher;\n",
        &["src/plan/rows.rs:2: `plan` (rank 11) may not import `launch` (rank 17)\n"],
    );
    check(
        "src/ledger/sqlite.rs",
        "fn f() -> crate::orchestrator::StartAnswer {}\n",
        &["src/ledger/sqlite.rs:1: `ledger` (rank 3) may not import `orchestrator` (rank 14)\n"],
    );
    check("src/ledger/event.rs", "use crate::robot_job::RobotJob;\n", &[]);
    check("src/report.rs", "use crate::robot_job::ServerError;\n", &[]);
    check(
        "src/ledger/event.rs",
        "use crate::resolve::Request;\n",
        &["src/ledger/event.rs:1: `ledger` (rank 3) may not import `resolve` (rank 12)\n"],
    );
    check(
        "src/ids.rs",
        "use crate::{\n    clock::Clock,\n    plan::{Plan, Launch},\n};\n",
        &[
            "src/ids.rs:1: `ids` (rank 0) may not import `clock` (rank 0)\n",
            "src/ids.rs:1: `ids` (rank 0) may not import `plan` (rank 11)\n",
        ],
    );
    check("src/cli/site.rs", "use orchestrator_sandbox::World;\n", &[]);
    check(
        "src/run.rs",
        "use orchestrator_sandbox::World;\n",
        &["src/run.rs:1: `orchestrator_sandbox` belongs to cli alone\n"],
    );
    check(
        "src/report.rs",
        "use crate::orchestrator::Client;\n",
        &["src/report.rs:1: `report` may not see the network: `orchestrator`\n"],
    );
    check(
        "src/plan.rs",
        "use crate::attic::X;\n",
        &["src/plan.rs:1: `attic` has no rank: add it to tests/it/repository/layering.rs\n"],
    );
    check("src/attic.rs", "", &["src/attic.rs:1: `attic` has no rank: add it to tests/it/repository/layering.rs\n"]);
    check(
        "src/plan.rs",
        "use super::run::Run;\n",
        &["src/plan.rs:1: `super` reaches the crate's root: write `crate::`\n"],
    );
    check(
        "src/plan/rows.rs",
        "use super::super::run::Run;\n",
        &["src/plan/rows.rs:1: `super` reaches the crate's root: write `crate::`\n"],
    );
    check(
        "src/plan.rs",
        "let text = std::fs::read(path);\n",
        &["src/plan.rs:1: `std::fs` belongs to ledger, profile, cli alone\n"],
    );
    check(
        "src/cli/locks.rs",
        "use crate::ledger::sqlite::FileLock;\n",
        &["src/cli/locks.rs:1: `FileLock` is a store of `ledger`'s: ask `ledger::open` for one, and use its roles\n"],
    );
    check("src/ledger/open.rs", "use super::sqlite::{FileLock, SqliteLedger};\n", &[]);
    check("src/run.rs", "#[cfg(test)]\nmod tests {\n    use crate::cli::World;\n}\n", &[]);
    check(
        "src/run.rs",
        "#[cfg(test)]\nmod tests {\n    use crate::cli::World;\n}\nuse crate::cli::X;\n",
        &["src/run.rs:5: `run` (rank 19) may not import `cli` (rank 22)\n"],
    );
}

/// Every breach of the rules in one file, each as a line with its place.
fn violations<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let inner = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")).expect("a path like src/a/b.rs");
    let parts: Vec<&str> = inner.split('/').collect();
    let module = parts[0];
    if module == "lib" || parts.last() == Some(&"tests") {
        return found.into_iter();
    }
    if rank_of(module).is_none() {
        found.push(format!("{path}:1: `{module}` has no rank: add it to tests/it/repository/layering.rs\n"));
    }
    let code = code_only(text);
    for (number, line) in code.lines().enumerate() {
        let mut say = |words: String| {
            let mut out = String::new();
            let _ = writeln!(out, "{path}:{}: {words}", number + 1);
            found.push(out);
        };
        if line.contains(&"super::".repeat(parts.len())) {
            say("`super` reaches the crate's root: write `crate::`".to_owned());
        }
        if parts[0] != "ledger"
            && let Some(word) = STORES.iter().find(|word| has_word(line, word))
        {
            say(format!("`{word}` is a store of `ledger`'s: ask `ledger::open` for one, and use its roles"));
        }
        for (words, allowed) in OUTSIDE {
            if let Some(word) = words.iter().find(|word| has_word(line, word))
                && !allowed.contains(&parts[0])
            {
                say(format!("`{word}` belongs to {} alone", allowed.join(", ")));
            }
        }
    }
    for (line, imported) in imports(&code) {
        if let Some(words) = forbidden(module, &imported) {
            found.push(format!("{path}:{line}: {words}\n"));
        }
    }
    found.into_iter()
}

/// Why `module` may not import `imported`; none where it may.
fn forbidden(module: &str, imported: &str) -> Option<String> {
    if module == imported {
        return None;
    }
    let Some(its_rank) = rank_of(imported) else {
        return Some(format!("`{imported}` has no rank: add it to tests/it/repository/layering.rs"));
    };
    if module == "report" && imported == "orchestrator" {
        return Some("`report` may not see the network: `orchestrator`".to_owned());
    }
    let own_rank = rank_of(module)?;
    (its_rank >= own_rank)
        .then(|| format!("`{module}` (rank {own_rank}) may not import `{imported}` (rank {its_rank})"))
}

fn rank_of(module: &str) -> Option<usize> {
    RANKS.iter().position(|row| row.contains(&module))
}

/// The top-level modules that `code` names by `crate::`, each with its line.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(heads(list).into_iter().map(|head| (line, head))),
            None => found.extend(first_word(rest).map(|head| (line, head))),
        }
    }
    // What begins with a capital is re-exported by the root, or a macro.
    found.retain(|(_, head)| head.starts_with(|c: char| c.is_lowercase()));
    found
}

/// The first segment of each item of a braced list, up to its closing brace.
fn heads(list: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.extend(first_word(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.extend(first_word(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn first_word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Whether `word` stands in `line` and is not the tail of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}
