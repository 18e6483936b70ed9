//! `sortie validate` for build servers: each form is whole whatever is found, and its readers take it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::cli::Program;
use crate::cli::program::{Ended, project};

const FORMS: [&str; 5] = ["json", "github", "sarif", "junit", "gitlab"];

const GOOD: &str = "version: 1\nname: good\nfolder: F\njobs: { a: { release: R } }\n";

/// What is wrong here names every text that could do harm.
const HOSTILE: &str = "version: 1\nname: bad\nfolder: F\njobs: { a: { release: R } }\n\"x]]>::error::<script>\\e[31m\\u202e##vso[t]%0A::set-env\": 1\n";

/// How many findings `form` holds, once a reader of that form has read it whole.
#[track_caller]
fn findings(form: &str, ended: &Ended) -> usize {
    let text = &ended.stdout;
    match form {
        "json" => ended.json()["diagnostics"].as_array().unwrap().len(),
        "github" => {
            let lines: Vec<&str> = text.lines().collect();
            let commands = ["::error file=", "::warning file=", "::notice file="];
            let is_command = |line: &&str| commands.iter().any(|command| line.starts_with(command));
            assert!(lines.iter().all(is_command), "{}", ended.shown());
            lines.len()
        }
        "sarif" => {
            let log = ended.json();
            let validator = sarif_validator();
            let wrong: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
            assert_eq!(wrong, [""; 0], "{}", ended.shown());
            log["runs"][0]["results"].as_array().unwrap().len()
        }
        "junit" => {
            let report =
                quick_junit::Report::deserialize_from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert!(report.test_suites.iter().all(|suite| suite.test_cases.len() == 1), "{text}");
            report.test_suites.iter().map(|suite| suite.failures).sum()
        }
        "gitlab" => {
            let issues = ended.json();
            for issue in issues.as_array().unwrap() {
                for key in ["description", "check_name", "fingerprint", "severity"] {
                    assert!(issue[key].as_str().is_some_and(|text| !text.is_empty()), "{issue}");
                }
                assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1), "{issue}");
            }
            issues.as_array().unwrap().len()
        }
        other => panic!("no form is called {other}"),
    }
}

fn sarif_validator() -> jsonschema::Validator {
    let schema = fs::read_to_string(project().join("tests/third-party/sarif/sarif-schema-2.1.0.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // Its expression for languages, which we do not name, has a bracket too many for strict readers.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    jsonschema::validator_for(&schema).expect("the official schema compiles")
}

#[test]
fn what_is_no_sarif_is_refused_by_its_schema() {
    let validator = sarif_validator();
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": {} }] })));
}

#[test]
fn nothing_found_is_a_valid_and_empty_result() {
    for form in FORMS {
        let ended = Program::sortie(&format!("validate --format {form}")).file("good.yaml", GOOD).run();
        assert_eq!((ended.code, findings(form, &ended)), (0, 0), "{form}: {}", ended.shown());
        assert!(ended.stderr.is_empty(), "{}", ended.shown());
    }
}

#[test]
fn hostile_words_stay_words_in_every_form() {
    for form in FORMS {
        let program = Program::sortie(&format!("validate --format {form}")).file("good.yaml", GOOD);
        let ended = program.file("m/bad.yaml", HOSTILE).run();
        assert_eq!((ended.code, findings(form, &ended)), (3, 1), "{form}: {}", ended.shown());
        let text = &ended.stdout;
        for raw in ["\u{1b}", "\u{202e}", "##vso["] {
            assert!(!text.contains(raw), "{form}: {raw:?} in {text}");
        }
        assert!(form == "json" || form == "sarif" || form == "gitlab" || !text.contains("\n::set-env"), "{text}");
        assert!(!(form == "junit" && (text.contains("<script>") || text.contains("]]>"))), "{text}");
        assert!(text.contains("m/bad.yaml"), "{form}: {text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_found_in_every_form_and_hides_no_other() {
    for form in FORMS {
        let program = Program::sortie(&format!("validate --format {form} . gone.yaml")).file("bad.yaml", HOSTILE);
        let program = program.file("m/shut.yaml", GOOD).file("outside/secret.yaml", "TOP_SECRET=1\n");
        symlink("../outside", program.path("m").join("away")).unwrap();
        let program = program.arg("m/away/secret.yaml");
        fs::set_permissions(program.path("m/shut.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
        // Who may read everything reads this one, too.
        let is_shut = usize::from(fs::read(program.path("m/shut.yaml")).is_err());
        let ended = program.run();
        assert_eq!((ended.code, findings(form, &ended)), (3, 3 + is_shut), "{form}: {}", ended.shown());
        assert!(!ended.shown().contains("TOP_SECRET"), "{}", ended.shown());
    }
}

#[test]
fn a_call_that_checks_nothing_says_why_in_every_form() {
    for form in FORMS {
        for flags in ["", "empty", "good.yaml --params-file gone.yaml", "good.yaml --config gone.yaml"] {
            let program = Program::sortie(&format!("validate --format {form} {flags}")).file("empty/x.txt", "");
            let program = if flags.contains("good") { program.file("good.yaml", GOOD) } else { program };
            let ended = program.run();
            assert_eq!((ended.code, findings(form, &ended)), (3, 1), "{form} {flags}: {}", ended.shown());
            assert!(ended.stderr.starts_with("error: "), "{}", ended.shown());
        }
    }
}

#[test]
fn paths_begin_at_the_folder_where_the_build_server_is() {
    let paths = |given: &dyn Fn(&Program) -> String, within: &str| {
        let program = Program::sortie("validate --format gitlab").file("repo/m/bad.yaml", HOSTILE).file("else/x", "");
        let given = given(&program);
        let (mut command, folder) = program.arg(given).into_command();
        let output = command.current_dir(folder.path().join(within)).output().unwrap();
        let issues: Value = serde_json::from_slice(&output.stdout).unwrap();
        issues[0]["location"]["path"].as_str().unwrap().replace(&folder.path().display().to_string(), "FOLDER")
    };
    for given in ["m/bad.yaml", "./m/bad.yaml", ".", "m", "m/../m/bad.yaml", "m/./bad.yaml"] {
        assert_eq!(paths(&|_| given.to_owned(), "repo"), "m/bad.yaml", "{given}");
    }
    assert_eq!(paths(&|program| program.path("repo/m/bad.yaml").display().to_string(), "repo"), "m/bad.yaml");
    assert_eq!(paths(&|_| "../m/bad.yaml".to_owned(), "repo/m"), "bad.yaml");
    assert_eq!(paths(&|program| program.path("repo").display().to_string(), "else"), "FOLDER/repo/m/bad.yaml");
}

#[test]
fn warnings_are_found_and_fail_nothing_until_they_are_to() {
    let homeless = "version: 1\nname: w\njobs: { a: { release: R } }\n";
    for (form, word, strict_word) in [
        ("github", "::warning file=m.yaml,line=3", "::error file=m.yaml,line=3"),
        ("sarif", "\"level\": \"warning\"", "\"level\": \"error\""),
        ("junit", "<system-out>warning[no-folder]", "type=\"no-folder\""),
        ("gitlab", "\"severity\": \"minor\"", "\"severity\": \"major\""),
    ] {
        let run = |flags: &str| {
            Program::sortie(&format!("validate m.yaml --format {form} {flags}")).file("m.yaml", homeless).run()
        };
        let (ended, strict, quiet) = (run(""), run("--strict"), run("-q"));
        assert!(ended.code == 0 && ended.stdout.contains(word), "{}", ended.shown());
        assert!(strict.code == 3 && strict.stdout.contains(strict_word), "{}", strict.shown());
        assert_eq!((quiet.code, findings(form, &quiet)), (0, 0), "{}", quiet.shown());
    }
}
