//! The documents against the program: exit codes, commands, samples.

use std::fs;

use sortie::exit::ExitStatus;

fn read(name: &str) -> String {
    fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file of the project")
}

#[test]
fn the_table_of_exit_codes_is_the_programs() {
    let text = read("docs/exit-codes.md");
    let rows: Vec<(u8, String)> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').skip(1).map(str::trim);
            Some((cells.next()?.parse().ok()?, cells.next()?.to_owned()))
        })
        .collect();
    let names = |status: &ExitStatus| {
        // NotSent -> not-sent
        let mut name = String::new();
        for c in format!("{status:?}").chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(c.to_lowercase());
        }
        (status.code(), name)
    };
    assert_eq!(rows, ExitStatus::ALL.iter().map(names).collect::<Vec<_>>());
}

#[test]
fn the_documented_precedence_is_the_programs() {
    let text = read("docs/exit-codes.md");
    let order =
        text.lines().find_map(|line| line.split_once("the first of this row is taken: ")).expect("it is said").1;
    let status = |code: &str| ExitStatus::ALL.into_iter().find(|status| status.code().to_string() == code.trim());
    let order: Vec<ExitStatus> =
        order.trim_end_matches('.').replace(" or 143", "").split(',').filter_map(status).collect();
    assert_eq!(order.len(), 9);
    for pair in order.windows(2) {
        assert_eq!(pair[1].worse(pair[0]), pair[0], "{pair:?}");
    }
}

#[test]
fn the_published_identifiers_are_the_programs() {
    use sortie::ids::{LaunchId, RUN_NAMESPACE, RunId};
    let text = read("docs/ids.md");
    assert!(text.contains(&RUN_NAMESPACE.to_string()));
    let run = RunId::named(&["https://cloud.uipath.com/acme/prod", "nightly", "2026-01-31T00:00:00Z"]);
    assert!(text.contains(&format!("| `https://cloud.uipath.com/acme/prod⏎nightly⏎2026-01-31T00:00:00Z` | `{run}` |")));
    let launch = LaunchId::new("load", ["a,b", "50% / #1\n"]);
    assert!(text.contains(&format!("`a,b` and `50% / #1⏎` | `{launch}` |")));
    assert!(text.contains(&format!("| `a` | `{:016x}` |", LaunchId::from("a").fingerprint())));
}

#[test]
fn each_documented_address_is_read_as_it_says() {
    use sortie::orchestrator::base_url::BaseUrl;
    let text = read("docs/connection.md");
    let header = "| `url` | is called at | tenant | identity server |";
    let rows: Vec<Vec<String>> = text
        .split_once(header)
        .expect("the table")
        .1
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect())
        .collect();
    assert!(rows.len() >= 8, "{} rows", rows.len());
    for row in rows {
        let base = BaseUrl::parse(&row[0]).expect("an address");
        let read =
            [base.as_str(), base.tenant().unwrap_or("from tenant"), base.identity_server().as_str()].map(str::to_owned);
        assert_eq!(row[1..], read, "{}", row[0]);
    }
}

#[test]
fn the_readme_begins_with_two_commands_that_exist() {
    let text = read("README.md");
    let block = text.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of commands");
    assert_eq!(block, "cargo run --release -- run specs/hello.yaml --sandbox\nscripts/test\n");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("specs/hello.yaml").is_file());
    let mode = fs::metadata(root.join("scripts/test")).expect("there").permissions();
    assert!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o111 != 0, "scripts/test can be executed");
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let above = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(str::to_owned);
    for document in above.into_iter().chain(files("docs")).filter(|file| is_text(file)) {
        let text = read(&document);
        let folder = root.join(&document).parent().expect("a folder").to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{document} links to `{target}`, which is not there");
            }
        }
    }
}

/// Comments and pages cite only what is here: a document, a file of the code or a test, by its path or the end of one.
#[test]
fn every_file_that_a_comment_or_a_page_cites_exists() {
    let files: Vec<String> =
        ["benches", "crates", "docs", "examples", "src", "tests"].iter().flat_map(|folder| files(folder)).collect();
    let above = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(str::to_owned);
    let is_there = |cited: &str| {
        let (end, beginning) = (format!("/{cited}"), format!("{cited}/"));
        let mut all = files.iter().chain(&above);
        all.any(|file| file == cited || file.ends_with(&end) || file.starts_with(&beginning))
    };
    let mut lost = Vec::new();
    for file in files.iter().chain(&above).filter(|file| is_text(file)) {
        let is_page = std::path::Path::new(file).extension().is_some_and(|extension| extension == "md");
        for (index, line) in read(file).lines().enumerate() {
            let text = if is_page { line } else { comment(line) };
            lost.extend(
                cited(text).filter(|&cited| !is_there(cited)).map(|cited| format!("{file}:{}: {cited}", index + 1)),
            );
        }
    }
    assert!(lost.is_empty(), "cited, and not there:\n{}", lost.join("\n"));
}

/// The documents, Rust files and paths that `text` names.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c)));
    let words = words.map(|word| word.trim_matches(['.', '/']));
    words.filter(|word| is_text(word) || ["docs/", "src/", "tests/"].iter().any(|folder| word.starts_with(*folder)))
}

/// Whether a file of this name is a document or Rust.
fn is_text(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == "md" || extension == "rs")
}

/// The comment in a line of Rust; empty if there is none.
fn comment(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with("//") { line } else { line.split_once(" // ").map_or("", |(_, comment)| comment) }
}

/// Every file below `folder`, by its path from the project's root.
fn files(folder: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned());
            }
        }
    }
    found
}

#[test]
fn each_good_sample_begins_with_its_modeline() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut samples = 0;
    for entry in fs::read_dir(&root).expect("specs/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            samples += 1;
            let text = fs::read_to_string(&path).expect("text");
            let first = text.lines().next().unwrap_or_default();
            assert_eq!(first, "# yaml-language-server: $schema=../schema/sortie.schema.json", "{}", path.display());
        }
    }
    assert!(samples >= 3, "{samples} samples");
}

/// The tables of `docs/manifest.md` have every key that this version carries out, each with examples that are valid.
#[test]
fn every_key_of_the_manifest_is_documented_with_a_valid_example() {
    let text = read("docs/manifest.md");
    let (this_version, later) = text.split_once("## Keys of later versions").expect("two parts");
    let mut documented = std::collections::BTreeSet::new();
    let is_key = |line: &&str| line.starts_with("| `") && line.matches(" | ").count() == 3;
    for (line, is_of_this_version) in this_version
        .lines()
        .map(|line| (line, true))
        .chain(later.lines().map(|line| (line, false)))
        .filter(|(line, _)| is_key(line))
    {
        let cells: Vec<String> =
            line.replace("\\|", "\u{1}").split(" | ").map(|cell| cell.replace('\u{1}', "|")).collect();
        let key = cells[0].trim_start_matches("| ").trim_matches('`').to_owned();
        for example in cells[3].trim_end_matches(" |").split("`, `").map(|example| example.trim_matches('`')) {
            let (of_manifest, of_job) = (manifest_with(example), job_with(example));
            let name = key.split('.').next().unwrap_or_default();
            assert!(example.contains(&format!("{name}:")), "{example} is no example of {key}");
            assert!(is_valid(&of_manifest) || is_valid(&of_job), "{example} is not valid");
        }
        if is_of_this_version {
            documented.insert(key.split('.').next().unwrap_or_default().to_owned());
        }
    }
    let schema: serde_json::Value = serde_json::from_str(sortie::schema::TEXT).expect("JSON");
    for pointer in ["/properties", "/$defs/Job/properties", "/$defs/Limits/properties"] {
        for key in schema.pointer(pointer).and_then(serde_json::Value::as_object).expect("keys").keys() {
            let is_later = later.contains(&format!("`{key}`")) || later.contains(&format!("`limits.{key}`"));
            let is_poll_or_launch =
                ["launch", "poll"].contains(&key.as_str()) && this_version.contains(&format!("| `{key}."));
            assert!(documented.contains(key) || is_later || is_poll_or_launch, "docs/manifest.md lacks `{key}`");
        }
    }
}

/// Whether a manifest is valid on its own, data files aside.
fn is_valid(text: &str) -> bool {
    let mut sources = sortie::source::Sources::default();
    let id = sources.add("example.yaml", text);
    let spec = sortie::manifest::parse(&sources, id).and_then(sortie::spec::lower);
    spec.into_parts().0.is_some()
}

/// A manifest that has `example` at its top, and else what a manifest needs.
fn manifest_with(example: &str) -> String {
    let others = [
        ("version", "1"),
        ("name", "n"),
        ("folder", "F"),
        ("jobs", "{ a: { release: R }, load-invoices: { release: R } }"),
    ];
    let others = others.iter().filter(|(key, _)| !example.starts_with(&format!("{key}:")));
    others.map(|(key, value)| [*key, ": ", *value, "\n"].concat()).collect::<String>() + example
}

/// A manifest with a job that has `example`.
fn job_with(example: &str) -> String {
    let release = if example.starts_with("release:") { "" } else { "    release: R\n" };
    let robots = if example.starts_with("strategy: Specific") { "    robots: [1]\n" } else { "" };
    let rows = if example.contains("row: same") { "    matrix: { n: [1, 2] }\n" } else { "" };
    let needed =
        if example.starts_with("needs:") { format!("  extract:\n    release: R\n{rows}") } else { String::new() };
    format!("version: 1\nname: n\nfolder: F\njobs:\n{needed}  a:\n{release}{robots}{rows}    {example}\n")
}

/// Every command that a document or a help text shows is taken by the program, flags and all.
#[test]
fn every_command_that_is_shown_exists() {
    let shown = ["docs", "tests/it/cli/help", "specs"].iter().flat_map(|folder| files(folder));
    let is_shown = |file: &String| {
        !file.starts_with("specs/bad/") && [".md", ".txt", ".yaml"].iter().any(|end| file.ends_with(end))
    };
    let texts = std::iter::once("README.md".to_owned()).chain(shown.filter(is_shown)).map(|file| read(&file));
    let texts: Vec<String> = texts.collect();
    let commands: std::collections::BTreeSet<Vec<String>> = texts.iter().flat_map(|text| commands(text)).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sortie"))
            .args(&command)
            // Flags before it are read first, and a wrong one is an error.
            .arg("--help")
            .env_clear()
            .output()
            .expect("it runs");
        assert!(output.status.success(), "sortie {}: {}", command.join(" "), String::from_utf8_lossy(&output.stderr));
    }
}

const VERBS: [&str; 28] = [
    "--help",
    "board",
    "cancel",
    "completions",
    "continue",
    "diff",
    "explain",
    "help",
    "import",
    "init",
    "ledger",
    "man",
    "pause",
    "plan",
    "reconcile",
    "report",
    "rerun",
    "resume",
    "rows",
    "run",
    "runs",
    "sandbox",
    "schema",
    "set",
    "start",
    "test",
    "validate",
    "version",
];

/// The arguments of each line that is a command of sortie: up to a comment, a redirection or a wide gap.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches(['#', ' ', '$']);
        let Some(rest) = line.strip_prefix("sortie ").or_else(|| line.strip_prefix("cargo run --release -- ")) else {
            continue;
        };
        let rest = rest.split("  ").next().unwrap_or_default();
        // Prose may hold an apostrophe, and no verb.
        let words = shlex::split(rest).unwrap_or_default().into_iter();
        let words: Vec<String> =
            words.take_while(|word| !["<", ">", ">>", "#", "|"].contains(&word.as_str())).collect();
        if words.first().is_some_and(|word| VERBS.contains(&word.as_str())) {
            found.push(words);
        }
    }
    found
}
