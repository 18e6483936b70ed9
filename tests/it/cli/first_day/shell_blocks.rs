//! Every block of commands of the README and the documents: each of its lines is executed, or listed here with the reason why not.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::program::project;
use crate::cli::served::Served;

/// Commands of sortie that are parsed only: where they are, how they begin, and why.
const PARSED: [(&str, &str, &str); 25] = [
    ("README.md", "sortie run night.yaml --param region=apac --profile prod", "needs a profile of the reader's"),
    ("docs/board.md", "sortie board", "serves until it is interrupted; typed by the tests of the board"),
    ("docs/commands.md", "sortie board", "serves until it is interrupted; typed by the tests of the board"),
    ("docs/commands.md", "sortie cancel last --filter", "needs a run of the reader's; typed by the tests of `cancel`"),
    (
        "docs/expressions.md",
        "sortie cancel last --filter",
        "needs a run of the reader's; typed by the tests of `cancel`",
    ),
    ("docs/expressions.md", "sortie plan night.yaml --filter", "needs a manifest with such a job and rows"),
    ("docs/expressions.md", "sortie rerun last", "needs a run of the reader's"),
    ("docs/expressions.md", "sortie report last", "needs a run of the reader's"),
    (
        "docs/ledger-forms.md",
        "sortie ledger migrate",
        "needs a ledger of an older version; typed by the tests of such ledgers",
    ),
    ("docs/manifest-tests.md", "sortie test", "needs a manifest with tests; typed by the tests of `sortie test`"),
    ("docs/reports.md", "sortie rows last", "needs a run of the reader's; docs/tutorial.md is typed"),
    (
        "docs/reports.md",
        "sortie runs export last",
        "needs a run of the reader's; docs/how-to/several-machines.md is typed",
    ),
    ("docs/diagnostics.md", "sortie", "run by the test of the pairs of each code"),
    ("docs/exactly-once.md", "sortie", "the answers are lost on purpose: typed by the samples of doubts"),
    ("docs/faults.md", "sortie sandbox", "serves until it is interrupted"),
    ("docs/how-to/in-a-pipeline.md", "sortie", "typed by the test of the pages"),
    ("docs/how-to/approve-a-plan.md", "sortie", "typed by the test of the pages"),
    ("docs/how-to/several-machines.md", "sortie", "typed by the test of the pages"),
    ("docs/how-to/start-again-what-failed.md", "sortie", "typed by the test of the pages"),
    ("docs/metrics.md", "sortie run night.yaml --metrics /var/lib", "a folder of the machine's own"),
    ("docs/metrics.md", "sortie run night.yaml --param trace", "needs a manifest with that parameter"),
    (
        "docs/reports.md",
        "sortie report host-a.run host-b.run",
        "needs the ledgers of two hosts; docs/how-to/several-machines.md is typed",
    ),
    ("docs/reports.md", "sortie run specs/reports.yaml --data", "needs a profile of the reader's"),
    ("docs/sandbox.md", "sortie sandbox", "serves until it is interrupted"),
    ("docs/tutorial.md", "sortie", "typed by the test of the pages"),
];

/// Lines that are no command of sortie's own: where they are, how they begin, and why they are not executed.
const OTHERS: [(&str, &str, &str); 11] = [
    ("CONTRIBUTING.md", "scripts/test", "runs every test, this one too"),
    ("CONTRIBUTING.md", ".ci/run", "runs every test, this one too"),
    ("README.md", "scripts/test", "runs every test, this one too"),
    ("README.md", "cargo install --path .", "builds the program anew"),
    ("README.md", "cargo run --example launch_and_print", "builds the example; the tests build and run it"),
    ("README.md", "export ", "an address and a token: given by the test itself"),
    ("docs/board.md", "ssh ", "needs another machine"),
    ("docs/releasing.md", "cargo test ", "takes hours"),
    ("docs/releasing.md", "scripts/release-notes", "needs the section of a version that is not yet written"),
    ("docs/releasing.md", "git ", "publishes a version"),
    ("docs/tutorial.md", "sed ", "typed by the test of the pages"),
];

/// Executed lines that do not end with 0, and the code with which they end.
const ENDINGS: [(&str, &str, i32); 1] =
    [("docs/reports.md", "sortie run specs/reports.yaml --sandbox --world specs/data/month-end-world.yaml", 10)];

#[test]
fn every_line_of_every_block_of_commands_is_executed_or_listed() {
    let server = Served::start(None);
    let mut used = std::collections::BTreeSet::new();
    let (mut executed, mut wrong) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(project().join(&page)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for line in blocks(&text).into_iter().flatten() {
            let parsed = PARSED.iter().position(|(of, begin, _)| *of == page && line.starts_with(begin));
            let other = OTHERS.iter().position(|(of, begin, _)| *of == page && line.starts_with(begin));
            if let Some(index) = parsed {
                used.insert(("parsed", index));
                parse(&page, &line, &mut wrong);
            } else if let Some(index) = other {
                used.insert(("other", index));
            } else if line.starts_with("sortie ") {
                if !folder.path().join("specs").exists() {
                    prepare(folder.path(), &page);
                }
                executed += 1;
                let wanted =
                    ENDINGS.iter().find(|(of, whole, _)| *of == page && line == *whole).map_or(0, |(_, _, code)| *code);
                let (code, stderr) = execute(&line, folder.path(), &server);
                if code != wanted {
                    wrong.push(format!("{page}: `{line}` ends with {code}, not {wanted}: {stderr}"));
                }
            } else {
                wrong.push(format!("{page}: `{line}` is neither executed nor listed"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(executed >= 20, "{executed} lines were executed");
    assert_eq!(used.len(), PARSED.len() + OTHERS.len(), "an exception is not needed any more: only {used:?} are");
}

#[test]
fn the_picture_of_the_readme_is_of_the_commands_below_it() {
    let read = |name: &str| fs::read_to_string(project().join(name)).unwrap();
    let (readme, script, picture) = (read("README.md"), read("scripts/demo"), read("docs/pictures/demo.svg"));
    let below = readme.split_once("](docs/pictures/demo.svg)").expect("the picture").1;
    let commands = blocks(below).swap_remove(0);
    let list = script.split_once("COMMANDS = [\n").and_then(|(_, rest)| rest.split_once(']')).expect("a list").0;
    let typed: Vec<&str> = list.lines().map(|line| line.trim().trim_matches(['"', ','])).collect();
    assert_eq!(typed.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>(), commands);
    assert!(picture.contains(&format!("A terminal: {}", commands.join("; "))), "make it again: scripts/demo");
    assert!(picture.len() < 200_000);
}

/// The documents with commands to type, by their paths from the project's root.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(project().join(&folder)).unwrap().map(Result::unwrap) {
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                folders.push(name);
            } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(name);
            }
        }
    }
    pages.sort();
    pages
}

/// The commands of each shell block of a page: without prompts and comments, and with `sortie` for a build of it.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().map(str::trim).take_while(|line| *line != "```").collect();
        let (language, is_console) = (info.split(' ').next().unwrap_or_default(), info.starts_with("console"));
        if is_console || ["sh", "bash", "shell"].contains(&language) {
            let typed =
                block.into_iter().filter_map(|line| if is_console { line.strip_prefix("$ ") } else { Some(line) });
            let bare = typed.map(|line| line.split("  #").next().unwrap_or_default().trim());
            let bare = bare.filter(|line| !line.is_empty());
            found.push(bare.map(|line| line.replace("cargo run --release -- ", "sortie ")).collect());
        }
    }
    found
}

/// The files that the pages name, and the run of `night.yaml` that `last` means.
fn prepare(folder: &Path, page: &str) {
    let copy = |from: &str, to: &str| {
        fs::create_dir_all(folder.join(to).parent().unwrap()).unwrap();
        fs::copy(project().join(from), folder.join(to)).unwrap();
    };
    for of in ["specs", "specs/data"] {
        for entry in fs::read_dir(project().join(of)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let name = format!("{of}/{}", entry.file_name().to_str().unwrap());
                copy(&name, &name);
            }
        }
    }
    copy("docs/faults.yaml", "faults.yaml");
    copy("tests/it/cli/first_day/import/seed-postman-item.json", "collection.json");
    copy("tests/it/cli/first_day/import/seed-curl.txt", "command.txt");
    copy("tests/it/cli/first_day/import/seed-older-body.json", "trigger.json");
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let manifest = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    // The page of the commands has it written by `import`.
    if page != "docs/commands.md" {
        fs::write(folder.join("night.yaml"), manifest).unwrap();
    }
    for kept in [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
        fs::create_dir_all(folder.join("home").join(kept)).unwrap();
    }
    fs::create_dir_all(folder.join("out")).unwrap();
}

/// How a line ends in a shell of its own in `folder`, and what it says on stderr.
fn execute(line: &str, folder: &Path, server: &Served) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_sortie")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    // The lines are written for bash where they read a variable into a command.
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(line).current_dir(folder).env_clear().env("PATH", path);
    shell.env("HOME", folder.join("home")).env("LANG", "C.UTF-8").stdin(Stdio::null());
    shell.env("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    shell.env("UIPATH_URL", server.text("url")).env("UIPATH_ACCESS_TOKEN", server.text("token"));
    let output = shell.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Notes in `wrong` what the program's own parser has against a line.
fn parse(page: &str, line: &str, wrong: &mut Vec<String>) {
    let words = shlex::split(line).unwrap().into_iter().skip(1);
    let words = words.take_while(|word| ![">", "|", "2>&1"].contains(&word.as_str()));
    // Flags before it are read first, and a wrong one is an error.
    let output = Command::new(env!("CARGO_BIN_EXE_sortie")).args(words).arg("--help").env_clear().output().unwrap();
    if !output.status.success() {
        wrong.push(format!("{page}: `{line}`: {}", String::from_utf8_lossy(&output.stderr)));
    }
}
