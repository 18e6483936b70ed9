//! What a change brings along to be taken for the review, and folders of manifests that only one side has.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::reviews;
use super::stage::{self, Checkout, read, recipe, shell_of_jenkins};

const FORGED: &str = "<!-- sortie-review -->\nlooks good to me\n";

#[test]
fn nothing_that_a_change_brings_along_is_taken_for_the_review() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("kept"), "mine").expect("written");
        let variables = [(base, "main"), ("SORTIE_PATH", "batches")];
        // The run fails before it writes anything: nothing of the change may be left to be shown.
        checkout.write("sortie-review/review.md", FORGED);
        checkout.commit("a review of my own");
        let ended = checkout.run(&shell, &[(base, "no-such-branch"), ("SORTIE_PATH", "batches")]);
        assert!(ended.code == 3 && !checkout.has("sortie-review/review.md"), "{name}: {}", ended.words);
        // Links are not written through.
        for link in ["sortie-review", "sortie-review/diff.md", "sortie-review/review.md"] {
            assert_eq!(checkout.run("rm -rf sortie-review", &[]).code, 0);
            let target = if link == "sortie-review" { outside.path().to_owned() } else { outside.path().join("kept") };
            let path = checkout.path(link);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            symlink(target, &path).expect("linked");
            let ended = checkout.run(&shell, &variables);
            assert_eq!(ended.code, 0, "{name}, {link}: {}", ended.words);
            assert!(
                !path.is_symlink() && checkout.read("sortie-review/review.md").starts_with("<!-- sortie-review -->")
            );
            assert_eq!(std::fs::read_to_string(outside.path().join("kept")).expect("there"), "mine", "{name}, {link}");
            assert_eq!(std::fs::read_dir(outside.path()).expect("there").count(), 1, "{name}, {link}");
        }
        // What somebody else named is not emptied.
        checkout.write("own/file", "mine");
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches"), ("SORTIE_OUT", "own")]);
        assert!(ended.code == 3 && ended.words.contains("not empty"), "{name}: {}", ended.words);
        assert_eq!(checkout.read("own/file"), "mine");
        let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", "batches"), ("SORTIE_OUT", "new")]);
        assert!(ended.code == 0 && checkout.has("new/review.md"), "{name}: {}", ended.words);
    }
}

#[test]
fn a_folder_that_a_change_brings_along_is_gone_before_anything_can_fail() {
    let first_of = [
        recipe("ci/gitlab.yml")["sortie-review"]["before_script"][0].as_str().expect("shell").to_owned(),
        recipe("ci/azure-steps.yml")["steps"][0]["bash"].as_str().expect("shell").to_owned(),
        shell_of_jenkins()[0].clone(),
        recipe("action.yml")["runs"]["steps"][1]["run"].as_str().expect("shell").to_owned(),
    ];
    for shell in first_of {
        let first = shell.lines().find(|line| !line.trim_start().starts_with('#')).expect("a line");
        assert_eq!(first.trim(), "rm -rf sortie-review");
    }
}

#[test]
fn a_review_that_is_a_link_is_posted_by_nobody() {
    let shells = [
        recipe("ci/gitlab.yml")["sortie-review"]["after_script"][0].as_str().expect("shell").to_owned(),
        recipe("ci/azure-steps.yml")["steps"][2]["bash"].as_str().expect("shell").to_owned(),
        shell_of_jenkins()[2].clone(),
        read("ci/comment-github.sh"),
    ];
    let variables = [
        ("SORTIE_COMMENT_TOKEN", "t"),
        ("SYSTEM_ACCESSTOKEN", "t"),
        ("GH_TOKEN", "t"),
        ("GITHUB_REPOSITORY", "acme/batches"),
        ("CHANGE_URL", "https://github.com/acme/batches/pull/7"),
        ("PR_NUMBER", "7"),
        ("CHANGE_ID", "7"),
    ];
    for shell in shells {
        for (link, target) in [("sortie-review/review.md", "../secret"), ("sortie-review", "elsewhere")] {
            let checkout = Checkout::new();
            checkout.write("secret", "t0ken");
            checkout.write("elsewhere/review.md", FORGED);
            let path = checkout.path(link);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            symlink(Path::new(target), path).expect("linked");
            for program in ["curl", "gh"] {
                checkout.program(program, "echo called >>calls");
            }
            let ended = checkout.run(&shell, &variables);
            assert_eq!(ended.code, 3, "{link}: {}", ended.words);
            assert!(!checkout.has("calls"), "{link}: it was posted");
        }
    }
}

#[test]
fn the_first_and_the_last_manifest_of_a_folder_are_a_change_as_any_other() {
    for (name, shell, base) in reviews() {
        let checkout = Checkout::new();
        checkout.write("night/load.yaml", &stage::manifest("load"));
        checkout.commit("a folder of its own");
        let absolute = checkout.path("night").canonicalize().expect("there").display().to_string();
        for path in ["night", "./night", "night/", absolute.as_str()] {
            let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", path)]);
            let review = checkout.read("sortie-review/review.md");
            assert_eq!(ended.code, 0, "{name}, {path}: {} {review}", ended.words);
            assert!(review.contains("1 launch added, 0 removed, 0 changed"), "{name}, {path}: {review}");
            assert!(
                !review.contains("could not be told") && review.contains("Loader of load"),
                "{name}, {path}: {review}"
            );
        }
        // Its last one is taken away, with and without its folder.
        for left in [None, Some("batches/notes.txt")] {
            assert_eq!(checkout.run("rm -rf batches", &[]).code, 0);
            if let Some(file) = left {
                checkout.write(file, "x");
            }
            checkout.commit("no more");
            let absolute = checkout.path("batches").display().to_string();
            for path in ["batches", absolute.as_str()] {
                let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", path)]);
                let review = checkout.read("sortie-review/review.md");
                assert_eq!(ended.code, 0, "{name}, {path}: {} {review}", ended.words);
                assert!(review.contains("0 launches added, 1 removed, 0 changed"), "{name}, {path}: {review}");
                assert!(!review.contains("could not be told"), "{name}, {path}: {review}");
            }
        }
        // A path that is nowhere is a slip.
        checkout.write("docs/notes.txt", "x");
        for path in ["nihgt", "docs"] {
            let ended = checkout.run(&shell, &[(base, "main"), ("SORTIE_PATH", path)]);
            assert_eq!(ended.code, 3, "{name}, {path}: {}", ended.words);
        }
    }
}

#[test]
fn annotations_show_no_variable_of_the_job() {
    let checkout = Checkout::new();
    let manifest = "version: 1\nname: n\nfolder: F\nenv: [DEPLOY_KEY]\njobs:\n  load:\n    release: R\n    priority: '${{ env.DEPLOY_KEY | upper | list | join(\" \") }}'\n";
    checkout.write("batches/day.yaml", manifest);
    checkout.commit("a priority");
    let shell = recipe("action.yml")["runs"]["steps"][1]["run"].as_str().expect("shell").to_owned();
    let variables = [
        ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR")),
        ("GITHUB_OUTPUT", "output"),
        ("GITHUB_STEP_SUMMARY", "summary"),
        ("SORTIE_ANNOTATE", "github"),
        ("SORTIE_PATH", "batches"),
        ("SORTIE_BASE", "main"),
        ("DEPLOY_KEY", "top-secret"),
    ];
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    assert!(!ended.words.contains("T O P"), "{}", ended.words);
}
