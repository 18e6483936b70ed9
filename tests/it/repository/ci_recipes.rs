//! The recipes for build servers: the shell of each is taken out of its file and run on a repository, with names that would break
//! out of a careless one.

mod comments;
mod foreign_files;
mod stage;

use serde_json::Value;

use stage::{Checkout, read, recipe, shell_of_jenkins};

/// The shell of each recipe that reviews a change, with the variable by which it learns what to compare with.
fn reviews() -> Vec<(&'static str, String, &'static str)> {
    let text = |value: &Value| value.as_str().expect("shell").to_owned();
    vec![
        ("ci/review.sh", read("ci/review.sh"), "SORTIE_BASE"),
        (
            "ci/gitlab.yml",
            text(&recipe("ci/gitlab.yml")["sortie-review"]["script"][0]),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA",
        ),
        ("ci/azure-steps.yml", text(&recipe("ci/azure-steps.yml")["steps"][1]["bash"]), "TARGET_BRANCH"),
        ("ci/Jenkinsfile", shell_of_jenkins()[1].clone(), "CHANGE_TARGET"),
    ]
}

/// All shell of all recipes, each with the file that it is in.
fn all_shell() -> Vec<(&'static str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for name in ["ci/review.sh", "ci/install.sh", "ci/comment-github.sh"] {
        found.push((name, read(name)));
    }
    for name in
        ["action.yml", "ci/gitlab.yml", "ci/azure-steps.yml", "ci/github-review.yml", "ci/github-comment-forks.yml"]
    {
        let mut texts = Vec::new();
        stage::shell_in(&recipe(name), &mut texts);
        found.extend(texts.into_iter().map(|text| (name, text)));
    }
    found.extend(shell_of_jenkins().into_iter().map(|text| ("ci/Jenkinsfile", text)));
    assert!(found.len() > 12, "{} pieces of shell", found.len());
    found
}

#[test]
fn each_recipe_reviews_a_change_without_credentials() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        checkout.write("batches/day.yaml", &stage::manifest("day"));
        checkout.commit("a manifest more");
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches")]);
        assert_eq!(ended.code, 0, "{name}: {}", ended.words);
        let review = checkout.read("sortie-review/review.md");
        assert!(
            review.starts_with("<!-- sortie-review -->\n### sortie: what this change would start\n"),
            "{name}: {review}"
        );
        assert!(review.contains("2 of 2 valid") && review.contains("Loader of day"), "{name}: {review}");
        assert!(!review.contains("Loader of night"), "{name}: what did not change is no part of it: {review}");
        assert!(review.contains("1 launch added, 0 removed, 0 changed"), "{name}: {review}");
        assert!(checkout.read("sortie-review/validate.xml").contains("<testsuites"), "{name}");
    }
}

#[test]
fn each_recipe_ends_with_3_and_says_what_is_wrong() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        checkout.write("batches/day.yaml", &stage::manifest("day").replace("release", "releas"));
        checkout.commit("a slip");
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches")]);
        assert_eq!(ended.code, 3, "{name}: {}", ended.words);
        let review = checkout.read("sortie-review/review.md");
        assert!(
            review.contains("Not every manifest is valid:") && review.contains("did you mean `release`?"),
            "{name}: {review}"
        );
        let ended = checkout.run(&shell, &[(base, "no-such-branch"), ("SORTIE_PATH", "batches")]);
        assert!(
            ended.code == 3 && ended.words.contains("the commit to compare with is not here"),
            "{name}: {}",
            ended.words
        );
        // A folder of that name would be compared with in the commit's place.
        assert_eq!(checkout.run("mkdir \"$(git rev-parse main):\"", &[]).code, 0);
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches")]);
        assert!(ended.code == 3 && ended.words.contains("a folder is called like"), "{name}: {}", ended.words);
    }
}

#[test]
fn a_difference_that_cannot_be_told_fails_the_job_only_where_nobody_looked() {
    let needs_a_param = |name: &str| {
        stage::manifest(name).replace("jobs:", "params: { region: { type: string } }\njobs:")
            + "    arguments: { region: '${{ params.region }}' }\n"
    };
    for (name, shell, base) in reviews() {
        let variables = [(base, "main"), ("SORTIE_PATH", "batches")];
        let reviewed = |checkout: &Checkout, code: i32, words: &str| {
            let ended = checkout.run(&shell, &variables);
            let review = checkout.read("sortie-review/review.md");
            assert_eq!(ended.code, code, "{name}: {}\n{review}", ended.words);
            assert!(review.contains(words), "{name}: {review}");
        };
        // What is compared with is broken, and the change mends it.
        let checkout = Checkout::new();
        checkout.write("batches/night.yaml", &stage::manifest("night").replace("release", "releas"));
        checkout.commit("a slip");
        assert_eq!(checkout.run("git branch -f main && git update-ref refs/remotes/origin/main HEAD", &[]).code, 0);
        checkout.write("batches/night.yaml", &stage::manifest("night"));
        checkout.commit("mended");
        reviewed(&checkout, 0, "could not be told in full");
        // The change is what is broken.
        checkout.write("batches/night.yaml", &stage::manifest("night").replace("Shared", "[]"));
        reviewed(&checkout, 3, "Not every manifest is valid:");
        // A manifest that wants a param is none that is broken, and no pipeline knows the param.
        let checkout = Checkout::new();
        checkout.write("batches/night.yaml", &needs_a_param("night"));
        checkout.write("batches/day.yaml", &needs_a_param("day"));
        checkout.commit("params");
        reviewed(&checkout, 0, "param `region` needs a value");
        // It broke down: that is no review, and nothing to be merged on.
        checkout.program(
            "sortie",
            &format!(
                "if [ \"$1\" = diff ]; then echo 'no memory' >&2; exit 137; fi\nexec '{}' \"$@\"",
                env!("CARGO_BIN_EXE_sortie")
            ),
        );
        reviewed(&checkout, 137, "    no memory");
    }
}

#[test]
fn each_recipe_runs_the_tests_and_holds_launches_to_the_policy() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        let variables = [(base, "main"), ("SORTIE_PATH", "batches"), ("SORTIE_POLICY", "rules.yaml")];
        let rules = |folder: &str| {
            format!(
                "version: 1\npolicies:\n  - name: folders\n    rule: launch.folder == \"{folder}\"\n    message: ask first\n"
            )
        };
        checkout.write("batches/night.test.yaml", &stage::test_of_launches(1));
        checkout.write("rules.yaml", &rules("Shared"));
        let ended = checkout.run(&shell, &variables);
        assert_eq!(ended.code, 0, "{name}: {}\n{}", ended.words, checkout.read("sortie-review/review.md"));
        assert!(checkout.read("sortie-review/tests.xml").contains("<testsuites"), "{name}");
        checkout.write("batches/night.test.yaml", &stage::test_of_launches(2));
        let ended = checkout.run(&shell, &variables);
        let review = checkout.read("sortie-review/review.md");
        assert!(ended.code == 20 && review.contains("Tests of manifests failed:"), "{name}: {} {review}", ended.code);
        assert!(review.contains("\n    error[test-failed]"), "{name}: {review}");
        checkout.write("rules.yaml", &rules("Finance"));
        let ended = checkout.run(&shell, &variables);
        assert_eq!(ended.code, 3, "{name}: {}", ended.words);
        assert!(checkout.read("sortie-review/review.md").contains("    error[policy]"), "{name}");
    }
}

#[test]
fn names_that_a_stranger_chooses_are_names_and_nothing_else() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        for hostile in ["$(touch pwned).yaml", "`touch pwned`.yaml", "; touch pwned;.yaml", "a b'\"\n.yaml", "-rf.yaml"]
        {
            checkout.write(&format!("batches/{hostile}"), &stage::manifest("night"));
        }
        // A text that would end a block of code, and one that a build server would take for a command.
        checkout.write(
            "batches/z.yaml",
            "version: 1\nname: z\njobs:\n  \"```\\n## Approved\\n::set-output\": { release: R }\n",
        );
        checkout.commit("x; touch pwned");
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches")]);
        assert_eq!(ended.code, 3, "{name}: {}", ended.words);
        assert!(!checkout.has("pwned"), "{name}: a name was run");
        let review = checkout.read("sortie-review/review.md");
        assert!(
            !review.lines().any(|line| line.starts_with("## Approved") || line.starts_with("```\n## ")),
            "{name}: {review}"
        );
        for hostile in ["main; touch pwned", "$(touch pwned)", "--upload-pack=touch pwned", "`touch pwned`"] {
            let ended = checkout.run(&shell, &[(base, hostile), ("SORTIE_PATH", "batches")]);
            assert_ne!(ended.code, 0, "{name}: {hostile}");
            assert!(!checkout.has("pwned"), "{name}: {hostile} was run");
        }
    }
}

/// The steps of the action, as GitHub runs them one after another.
#[test]
fn the_action_reviews_writes_its_summary_and_ends_as_the_review_does() {
    let steps = recipe("action.yml")["runs"]["steps"].clone();
    let shell = |index: usize| steps[index]["run"].as_str().expect("shell").to_owned();
    assert_eq!(steps[1]["env"]["SORTIE_ANNOTATE"], "github");
    for (manifest, code) in [(stage::manifest("day"), 0), ("version: 1\njobs: {}\n".to_owned(), 3)] {
        let checkout = Checkout::new();
        checkout.write("batches/day.yaml", &manifest);
        checkout.commit("a manifest more");
        let variables = [
            ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR")),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
            ("SORTIE_PATH", "batches"),
            ("SORTIE_ANNOTATE", "github"),
            ("SORTIE_BASE", "main"),
        ];
        let ended = checkout.run(&shell(1), &variables);
        assert_eq!((ended.code, checkout.read("output")), (0, format!("code={code}\n")), "{}", ended.words);
        assert!(checkout.read("summary").starts_with("<!-- sortie-review -->"), "{}", ended.words);
        assert_eq!(ended.words.contains("::error file=batches/day.yaml"), code == 3, "{}", ended.words);
        let result = checkout.run(&shell(3), &[("CODE", &code.to_string())]);
        assert_eq!(result.code, code);
    }
}

#[test]
fn no_shell_has_anything_filled_in_by_the_build_server() {
    for (name, text) in all_shell() {
        for form in ["${{", "$[", "$(System.", "$(Build.", "github.event", "${env."] {
            assert!(!text.contains(form), "{name}: `{form}` in shell: {text}");
        }
    }
    // Groovy fills in what stands in double quotes.
    let jenkins = read("ci/Jenkinsfile");
    assert!(!jenkins.contains("sh \"") && !jenkins.contains("\"\"\""), "{jenkins}");
}

#[test]
fn every_action_image_and_version_is_pinned() {
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    for name in ["action.yml", "ci/github-review.yml", "ci/github-comment-forks.yml"] {
        for line in read(name).lines() {
            if let Some((_, used)) =
                line.trim_start_matches("- ").trim().split_once("uses: ").filter(|(key, _)| key.trim().is_empty())
            {
                let (_, at) = used.split_once('@').unwrap_or_else(|| panic!("{name}: {used}"));
                assert!(at.starts_with('v') && at.chars().any(|c| c.is_ascii_digit()), "{name}: {used}");
                assert!(!used.starts_with("sortie-rs/") || at == version, "{name}: {used} is not {version}");
            }
        }
    }
    let plain = version.trim_start_matches('v');
    for name in ["action.yml", "ci/gitlab.yml", "ci/azure-steps.yml", "ci/install.sh", "ci/Jenkinsfile"] {
        assert!(read(name).contains(plain), "{name} installs another version than {plain}");
    }
    assert!(
        read("docs/how-to/review-pull-requests.md").contains(&format!("sortie@{version}")),
        "the page shows another version"
    );
    let image = recipe("ci/gitlab.yml")["sortie-review"]["image"].as_str().expect("an image").to_owned();
    assert!(image.contains(':') && !image.ends_with(":latest"), "{image}");
}

#[test]
fn what_is_copied_into_a_recipe_is_the_script_itself() {
    let body = |name: &str| read(name).lines().skip(1).collect::<Vec<_>>().join("\n");
    let (review, install, comment) = (body("ci/review.sh"), body("ci/install.sh"), body("ci/comment-github.sh"));
    let holds = |name: &str, text: &str| {
        let copies = all_shell().into_iter().filter(|(file, _)| *file == name);
        assert!(
            copies.into_iter().any(|(_, shell)| shell.trim_end().ends_with(text.trim_end())),
            "{name} has another copy"
        );
    };
    for name in ["ci/gitlab.yml", "ci/azure-steps.yml", "ci/Jenkinsfile"] {
        holds(name, &review);
        holds(name, &install);
    }
    holds("ci/Jenkinsfile", &comment);
}

#[test]
fn the_hooks_of_pre_commit_check_a_repository() {
    let hooks = recipe(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().expect("a list");
    assert!(hooks.len() >= 2);
    for hook in hooks {
        let arguments: Vec<&str> = hook["args"].as_array().expect("args").iter().filter_map(Value::as_str).collect();
        let command = format!("{} {}", hook["entry"].as_str().expect("an entry"), arguments.join(" "));
        let checkout = Checkout::new();
        checkout.write("batches/night.test.yaml", &stage::test_of_launches(1));
        assert_eq!(checkout.run(&command, &[]).code, 0, "{command}");
        checkout.write("batches/night.yaml", "version: 1\njobs: {}\n");
        assert_ne!(checkout.run(&command, &[]).code, 0, "{command}");
    }
}
