//! The comment: one, kept up to date; tokens on no command line; and what is installed has the sum that was promised.

use super::stage::{Checkout, read, recipe, shell_of_jenkins};

/// Whether `jq` is here, which build servers have.
fn has_jq() -> bool {
    std::process::Command::new("jq").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn reviewed() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("sortie-review/review.md", "<!-- sortie-review -->\nwhat it would start\n");
    checkout
}

#[test]
fn on_github_a_comment_is_made_once_and_then_replaced() {
    let of_jenkins = shell_of_jenkins()[2].clone();
    for shell in [read("ci/comment-github.sh"), of_jenkins] {
        let checkout = reviewed();
        checkout.program("gh", r#"printf '%s\n' "$*" >>calls; case "$*" in *--paginate*) cat answer ;; esac"#);
        checkout.write("answer", "");
        let variables = [
            ("GITHUB_REPOSITORY", "acme/batches"),
            ("CHANGE_URL", "https://github.com/acme/batches/pull/7"),
            ("PR_NUMBER", "7"),
            ("CHANGE_ID", "7"),
            ("GH_TOKEN", "t0ken-of-this-test"),
        ];
        let ended = checkout.run(&shell, &variables);
        assert_eq!(ended.code, 0, "{}", ended.words);
        checkout.write("answer", "4711\n4712\n");
        let ended = checkout.run(&shell, &variables);
        assert_eq!(ended.code, 0, "{}", ended.words);
        let calls = checkout.read("calls");
        let sent: Vec<&str> = calls.lines().filter(|line| line.contains("--method")).collect();
        assert_eq!(
            sent,
            [
                "api --method POST repos/acme/batches/issues/7/comments -F body=@sortie-review/review.md --silent",
                "api --method PATCH repos/acme/batches/issues/comments/4711 -F body=@sortie-review/review.md --silent",
            ]
        );
        assert!(calls.contains(r#".user.type == "Bot""#) && !calls.contains("t0ken"), "{calls}");
    }
}

#[test]
fn what_a_forks_job_left_is_a_plain_file_of_bounded_size() {
    let shell = read("ci/comment-github.sh");
    let check = |prepare: &dyn Fn(&Checkout), number: &str| {
        let checkout = reviewed();
        checkout.program("gh", "printf '%s\\n' \"$*\" >>calls");
        prepare(&checkout);
        let ended = checkout.run(&shell, &[("GITHUB_REPOSITORY", "acme/batches"), ("PR_NUMBER", number)]);
        assert_eq!(ended.code, 3, "{}", ended.words);
        assert!(!checkout.has("calls"), "nothing is asked of GitHub");
    };
    let nothing = |_: &Checkout| {};
    for number in ["", "7; touch pwned", "../../x", "-1", "7\n8"] {
        check(&nothing, number);
    }
    check(&|checkout| checkout.write("sortie-review/review.md", &"x".repeat(65_001)), "7");
    check(
        &|checkout| {
            let file = checkout.path("sortie-review/review.md");
            std::fs::remove_file(&file).expect("removed");
            std::os::unix::fs::symlink("/etc/hostname", file).expect("linked");
        },
        "7",
    );
}

#[test]
fn on_gitlab_a_note_is_made_once_and_then_replaced() {
    if !has_jq() {
        return;
    }
    let shell = recipe("ci/gitlab.yml")["sortie-review"]["after_script"][0].as_str().expect("shell").to_owned();
    let checkout = reviewed();
    checkout.program(
        "curl",
        r#"cat >>config; printf '%s\n' "$*" >>calls; case "$*" in */user) echo '{"id": 5}' ;; *per_page*) cat answer ;; esac"#,
    );
    let variables = [
        ("CI_API_V4_URL", "https://git.example/api/v4"),
        ("CI_PROJECT_ID", "3"),
        ("CI_MERGE_REQUEST_IID", "9"),
        ("SORTIE_COMMENT_TOKEN", "t0ken-of-this-test"),
    ];
    let body = r#""body": "<!-- sortie-review -->\nx""#;
    checkout.write("answer", &format!(r#"[{{"id": 1, "author": {{"id": 6}}, {body}}}]"#));
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    checkout.write(
        "answer",
        &format!(r#"[{{"id": 1, "author": {{"id": 6}}, {body}}}, {{"id": 2, "author": {{"id": 5}}, {body}}}]"#),
    );
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    let calls = checkout.read("calls");
    let notes = "https://git.example/api/v4/projects/3/merge_requests/9/notes";
    let sent: Vec<&str> = calls.lines().filter(|line| line.contains("--request")).collect();
    let of = |method: &str, address: &str| {
        format!("-fsS --config - --request {method} --data-urlencode body@sortie-review/review.md {address}")
    };
    assert_eq!(sent, [of("POST", notes), of("PUT", &format!("{notes}/2"))]);
    assert!(
        !calls.contains("t0ken") && checkout.read("config").contains("PRIVATE-TOKEN: t0ken"),
        "no token on a command line"
    );
    // A fork's job has none.
    let ended = checkout.run(&shell, &variables[..3]);
    assert_eq!((ended.code, checkout.read("calls")), (0, calls));
}

#[test]
fn on_azure_a_thread_is_made_once_and_then_changed() {
    if !has_jq() {
        return;
    }
    let shell = recipe("ci/azure-steps.yml")["steps"][2]["bash"].as_str().expect("shell").to_owned();
    let checkout = reviewed();
    checkout.program(
        "curl",
        r#"cat >>config; printf '%s\n' "$*" >>calls; case "$*" in *--request*) cat sortie-review/comment.json >>sent ;; *) cat answer ;; esac"#,
    );
    let variables = [
        ("SYSTEM_ACCESSTOKEN", "t0ken-of-this-test"),
        ("COLLECTION_URI", "https://dev.example/acme/"),
        ("PROJECT_ID", "p"),
        ("REPOSITORY_ID", "r"),
        ("PR_ID", "9"),
    ];
    checkout.write("answer", r#"{"value": [{"id": 1, "properties": {}, "comments": [{"id": 1}]}]}"#);
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    checkout.write(
        "answer",
        r#"{"value": [{"id": 8, "properties": {"sortie.review": {"$value": "1"}}, "comments": [{"id": 3}]}]}"#,
    );
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    let calls = checkout.read("calls");
    let sent: Vec<&str> =
        calls.lines().filter_map(|line| line.split_once("--request ")).map(|(_, sent)| sent).collect();
    let threads = "https://dev.example/acme/p/_apis/git/repositories/r/pullRequests/9/threads";
    assert_eq!(
        sent,
        [
            format!("POST --data @sortie-review/comment.json {threads}?api-version=7.1"),
            format!("PATCH --data @sortie-review/comment.json {threads}/8/comments/3?api-version=7.1"),
        ]
    );
    assert!(checkout.read("sent").matches("what it would start").count() == 2 && !calls.contains("t0ken"), "{calls}");
}

#[test]
fn a_program_with_another_sum_is_not_installed() {
    let shell = read("ci/install.sh");
    let checkout = Checkout::new();
    checkout.program("uname", "case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac");
    checkout.program(
        "curl",
        "for last; do :; done; while [ \"$1\" != -o ]; do shift; done; cp \"release/${last##*/}\" \"$2\"",
    );
    let name = "sortie-v1.2.3-x86_64-unknown-linux-musl";
    let pack = format!(
        "mkdir -p release/{name} && printf '#!/bin/sh\\necho installed\\n' >release/{name}/sortie && chmod 755 release/{name}/sortie && \
         tar -czf release/{name}.tar.gz -C release {name} && (cd release && sha256sum {name}.tar.gz >SHA256SUMS)"
    );
    assert_eq!(checkout.run(&pack, &[]).code, 0);
    let variables = [("SORTIE_VERSION", "1.2.3"), ("SORTIE_BIN", "bin"), ("GITHUB_PATH", "path")];
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    assert_eq!(checkout.run("bin/sortie", &[]).words, "installed\n");
    assert_eq!(checkout.read("path"), "bin\n");

    let wrong = |variables: &[(&str, &str)]| {
        assert_eq!(checkout.run("rm -rf bin", &[]).code, 0);
        let ended = checkout.run(&shell, variables);
        assert_ne!(ended.code, 0, "{variables:?}");
        assert!(!checkout.has("bin"), "{variables:?}");
    };
    wrong(&[("SORTIE_VERSION", "1.2.3"), ("SORTIE_BIN", "bin"), ("SORTIE_SHA256", &"0".repeat(64))]);
    wrong(&[("SORTIE_VERSION", "1.2.3; touch pwned"), ("SORTIE_BIN", "bin")]);
    checkout.write("release/SHA256SUMS", "");
    wrong(&[("SORTIE_VERSION", "1.2.3"), ("SORTIE_BIN", "bin")]);
}

#[test]
fn the_review_of_a_fork_is_put_where_github_says() {
    if !has_jq() {
        return;
    }
    let steps = recipe("ci/github-comment-forks.yml")["jobs"]["comment"]["steps"].clone();
    let shell = steps[1]["run"].as_str().expect("shell").to_owned();
    let checkout = Checkout::new();
    checkout.write("sortie/ci/comment-github.sh", &read("ci/comment-github.sh"));
    assert_eq!(checkout.run("chmod +x sortie/ci/comment-github.sh", &[]).code, 0);
    checkout.program(
        "gh",
        r#"printf '%s\n' "$*" >>calls
        case "$*" in
          *--method\ GET*) cat answer ;;
          run\ download*) mkdir -p sortie-review && echo '<!-- sortie-review --> x' >sortie-review/review.md ;;
        esac"#,
    );
    let variables = [
        ("GITHUB_REPOSITORY", "acme/batches"),
        ("RUN_ID", "5"),
        ("HEAD_SHA", "abc"),
        ("HEAD", "evil:x; touch pwned $(touch pwned)"),
        ("GH_TOKEN", "t0ken-of-this-test"),
    ];
    checkout.write("answer", r#"[{"number": 6, "head": {"sha": "other"}}, {"number": 7, "head": {"sha": "abc"}}]"#);
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    let calls = checkout.read("calls");
    assert!(calls.contains("-f head=evil:x; touch pwned $(touch pwned)\n") && !checkout.has("pwned"), "{calls}");
    assert!(calls.contains("--method POST repos/acme/batches/issues/7/comments"), "{calls}");
    // It was pushed to since: what was reviewed is not what is there.
    checkout.write("answer", r#"[{"number": 6, "head": {"sha": "other"}}]"#);
    checkout.write("calls", "");
    let ended = checkout.run(&shell, &variables);
    assert_eq!(ended.code, 0, "{}", ended.words);
    assert!(!checkout.read("calls").contains("download"), "{}", ended.words);
}
