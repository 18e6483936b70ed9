use std::num::NonZeroU32;

use expect_test::{Expect, expect};

use super::*;
use crate::pace::Pace;

#[track_caller]
fn check(text: &str, wanted: Option<&str>, expected: Expect) {
    expected.assert_eq(&match profile(Path::new("config.yaml"), text, wanted) {
        Ok(profile) => format!("{profile:#?}\n"),
        Err(error) => format!("{error}\n"),
    });
}

/// A profile with `lines` beside its address and login.
fn with(lines: &str) -> String {
    format!("profiles:\n  prod:\n    url: https://example.com\n    auth: {{ token: {{ env: TOKEN }} }}\n{lines}")
}

#[test]
fn a_full_profile_is_read() {
    check(
        "default: prod
profiles:
  prod:
    url: https://cloud.uipath.com/acme/prod/orchestrator_
    tenant: Default
    folder: Shared
    auth: { client-id: abc, client-secret: { env: UIPATH_CLIENT_SECRET }, scopes: [OR.Jobs, OR.Execution.Read] }
    settle: 2m
    timeouts: { connect: 3s }
    throttled: ambiguous
    batch-execution-key: false
  test:
    url: http://127.0.0.1:1
    auth: { token: { file: /run/secrets/token } }
",
        None,
        expect![[r#"
            Profile {
                name: "prod",
                url: "https://cloud.uipath.com/acme/prod/orchestrator_",
                tenant: Some(
                    "Default",
                ),
                folder: Some(
                    Path(
                        "Shared",
                    ),
                ),
                auth: Client {
                    id: "abc",
                    secret: Env(
                        "UIPATH_CLIENT_SECRET",
                    ),
                    scopes: [
                        "OR.Jobs",
                        "OR.Execution.Read",
                    ],
                    method: Form,
                },
                identity_url: None,
                network: NetworkSettings {
                    ca: None,
                    client_certificate: None,
                    proxy: Straight,
                },
                token_cache: Kept,
                timeouts: Timeouts {
                    connect: 3s,
                    attempt: 60s,
                },
                settle: 120s,
                list_ration: Pace {
                    interval: 659.34066ms,
                    burst: 10,
                },
                single_jobs: Free,
                key_horizon: 604800s,
                allowed_origins: [],
                throttled: Ambiguous,
                large_arguments: Refuse,
                policies: [],
                guard_rails: GuardRails {
                    is_protected: false,
                    confirm_above: None,
                },
            }
        "#]],
    );
}

#[test]
fn the_wanted_profile_is_named_or_there_is_one_to_take() {
    let two =
        "profiles:\n  prod: { url: a, auth: { token: { env: T } } }\n  test: { url: b, auth: { token: { env: T } } }\n";
    check(
        two,
        None,
        expect![[r#"
        `config.yaml` has several profiles and no `default`
          help: pass --profile with one of `prod`, `test`
    "#]],
    );
    check(
        two,
        Some("tset"),
        expect![[r#"
        `config.yaml` has no profile `tset`
          help: did you mean `test`?
    "#]],
    );
    check(
        two,
        Some("x"),
        expect![[r#"
        `config.yaml` has no profile `x`
          help: it has `prod`, `test`
    "#]],
    );
    check(
        "profiles: {}\n",
        None,
        expect![[r#"
        nothing says where to connect
          help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write `config.yaml`, or try `--sandbox`
    "#]],
    );
    check(
        &format!("default: none\n{two}"),
        None,
        expect![[r#"
        `config.yaml` has no profile `none`
          help: it has `prod`, `test`
    "#]],
    );
}

#[test]
fn a_folder_is_a_path_an_id_or_a_key() {
    for (folder, expected) in [
        ("Finance/AP", FolderRef::Path("Finance/AP".to_owned())),
        ("{ id: 7 }", FolderRef::Id(FolderId(7))),
        (
            "{ key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }",
            FolderRef::Key(uuid::uuid!("5b754c63-5d1a-4c37-bb9b-74b69e4934bf")),
        ),
    ] {
        let text = with(&format!("    folder: {folder}\n"));
        let profile = profile(Path::new("config.yaml"), &text, None).expect("a profile");
        assert_eq!(profile.folder, Some(expected));
    }
    check(
        &with("    folder: [hunter2]\n"),
        None,
        expect![[r#"
        config.yaml:5:13: the value is not of a form that this key takes
    "#]],
    );
}

#[test]
fn a_fault_has_its_place_and_shows_no_value() {
    check(
        &with("    setle: 5s\n"),
        None,
        expect![[r#"
        config.yaml:5:5: there is no key `setle` here
          help: did you mean `settle`?
    "#]],
    );
    check(
        &with("    settle: 5\n"),
        None,
        expect![[r#"
        config.yaml:5:13: a span of time carries its unit: `5s` or `5m`
    "#]],
    );
    check(
        &with("    settle: hunter2\n"),
        None,
        expect![[r#"
        config.yaml:5:13: not a span of time, such as `500ms`, `30s`, `5m` or `2h`
    "#]],
    );
    check(
        &with("    throttled: hunter2\n"),
        None,
        expect![[r#"
        config.yaml:5:16: expected one of unsent, ambiguous
    "#]],
    );
    check(
        &with("    timeouts: hunter2\n"),
        None,
        expect![[r#"
        config.yaml:5:15: expected a mapping, `key: value`
    "#]],
    );
    check(
        &with("    tenant: [hunter2]\n"),
        None,
        expect![[r#"
        config.yaml:5:13: expected text
    "#]],
    );
    check(
        &with("    url: https://again.example\n"),
        None,
        expect![[r#"
        config.yaml:5:5: a key stands twice
    "#]],
    );
    check(
        "profiles: [hunter2\n",
        None,
        expect![[r#"
        config.yaml:1:11: expected a mapping, `key: value`
    "#]],
    );
    check(
        "hunter2\n",
        None,
        expect![[r#"
        config.yaml:1:1: expected a mapping, `key: value`
    "#]],
    );
    check(
        "profiles: { prod: { auth: { token: { env: T } } } }\n",
        None,
        expect![[r#"
        config.yaml:1:21: the key `url` is missing
    "#]],
    );
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_shown() {
    for auth in ["{ token: hunter2 }", "{ token: 12345 }", "hunter2", "{ token: { enviroment: hunter2 } }"] {
        let text = format!("profiles:\n  prod:\n    url: https://example.com\n    auth: {auth}\n");
        let error = profile(Path::new("config.yaml"), &text, None).expect_err("refused").to_string();
        assert!(!error.contains("hunter2") && !error.contains("12345"), "{error}");
        assert!(error.starts_with("config.yaml:4:"), "{error}");
    }
    let auth = |auth: &str| format!("profiles:\n  prod:\n    url: https://example.com\n    auth: {auth}\n");
    check(
        &auth("{ token: hunter2 }"),
        None,
        expect![[r#"
            config.yaml:4:20: a secret never stands in the file itself
              help: write {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}
        "#]],
    );
    check(
        &auth("{ token: { env: A, file: B } }"),
        None,
        expect![[r#"
            config.yaml:4:20: a secret has one source: keep one of `env`, `file` and `command`
        "#]],
    );
    check(
        &auth("{ token: { env: A }, client-id: x }"),
        None,
        expect![[r#"
            config.yaml:4:11: `auth` has `token`, `client-id`, which are not one login
              help: keep one of `token`; `client-id` and `client-secret`; `user` and `password`; `client-id` and `user-key`
        "#]],
    );
    check(
        &auth("{ client-id: x }"),
        None,
        expect![[r#"
            config.yaml:4:11: `auth` has a `client-id`, and neither a `client-secret` nor a `user-key`
        "#]],
    );
    check(
        &auth("{}"),
        None,
        expect![[r#"
            config.yaml:4:11: `auth` says no login
              help: write one of `token`; `client-id` and `client-secret`; `user` and `password`; `client-id` and `user-key`; a secret is {env: NAME}
        "#]],
    );
}

#[test]
fn a_key_horizon_may_be_told_in_days() {
    let read =
        |text: &str| profile(Path::new("c"), &with(text), None).map(|profile| profile.key_horizon.as_secs() / 3600);
    for (text, hours) in
        [("", 7 * 24), ("    key-horizon: 30d\n", 720), ("    key-horizon: 36h\n", 36), ("    key-horizon: 0d\n", 0)]
    {
        assert_eq!(read(text).unwrap(), hours, "{text}");
    }
    check(
        &with("    key-horizon: a week\n"),
        None,
        expect![[r#"
            config.yaml:5:18: not a span of time, such as `7d` or `36h`
        "#]],
    );
}

#[test]
fn a_ration_is_a_rate() {
    let read = |text: &str| profile(Path::new("c"), &with(text), None).map(|profile| profile.list_ration);
    let fifty = Pace::at_most(NonZeroU32::new(50).unwrap(), Duration::from_secs(60));
    assert_eq!(read("    list-ration: 50/min\n").unwrap(), fifty);
    assert_eq!(read("").unwrap(), default_ration());
    check(
        &with("    list-ration: 0/min\n"),
        None,
        expect![[r#"
        config.yaml:5:18: no rate: write `100/min`, or another count that this server allows
    "#]],
    );
    check(
        &with("    list-ration: 50\n"),
        None,
        expect![[r#"
        config.yaml:5:18: no rate: write `100/min`, or another count that this server allows
    "#]],
    );
}

#[test]
fn what_this_version_cannot_do_is_refused() {
    check(
        &with("    batch-execution-key: true\n"),
        None,
        expect![[r#"
        config.yaml:5:26: batch-execution-key: true is not in this version yet
    "#]],
    );
}

#[test]
fn every_documented_profile_is_read() {
    let text = include_str!("../../../docs/connection.md");
    let sample = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the sample");
    let mut names = Vec::new();
    for line in sample.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.trim().trim_end_matches(':');
        let profile = profile(Path::new("/etc/sortie/config.yaml"), sample, Some(name)).expect("it is read");
        profile.base().expect("its address is one");
        names.push(name);
    }
    assert_eq!(names, ["cloud", "behind-the-company-proxy", "standalone", "old-cloud", "by-hand"]);
}

#[test]
fn every_key_of_a_profile_is_documented() {
    let text = include_str!("../../../docs/connection.md");
    let error = profile(Path::new("c"), &with("    zzzzzz: 1\n"), None).expect_err("no such key").to_string();
    let keys = error.split_once("known are ").expect("the list of keys").1;
    let later = ["batch-execution-key", "large-arguments", "protected", "confirm-above"];
    for key in keys.trim().split(", ").filter(|key| !later.contains(key)) {
        assert!(text.contains(&format!("`{key}`")) || text.contains(&format!("{key}:")), "`{key}` is not documented");
    }
}
