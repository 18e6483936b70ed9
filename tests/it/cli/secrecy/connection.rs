//! Where to connect: profiles, the environment, and what is wrong with them.

use expect_test::{Expect, expect};

use crate::cli::Program;
use crate::cli::served::Served;

const CONFIG: &str = "home/.config/sortie/config.yaml";

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

#[test]
fn without_a_profile_the_two_ways_are_named() {
    check(
        Program::sortie("run specs/hello.yaml").samples(),
        expect![[r#"
        exit 3
        --- stderr
        error: nothing says where to connect
          help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write `FOLDER/home/.config/sortie/config.yaml`, or try `--sandbox`
    "#]],
    );
    check(
        Program::sortie("run specs/hello.yaml").samples().without_home(),
        expect![[r#"
        exit 3
        --- stderr
        error: nothing says where to connect
          help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write a config file and pass it as --config, or try `--sandbox`
    "#]],
    );
    check(
        Program::sortie("run specs/hello.yaml").samples().env("UIPATH_PAT", "t0ken"),
        expect![[r#"
        exit 3
        --- stderr
        error: UIPATH_PAT is set and UIPATH_URL is not
          help: set UIPATH_URL to Orchestrator's address
    "#]],
    );
    check(
        Program::sortie("run specs/hello.yaml").samples().env("UIPATH_URL", "https://orch.example"),
        expect![[r#"
        exit 3
        --- stderr
        error: UIPATH_URL is set and no login is
          help: set UIPATH_ACCESS_TOKEN or UIPATH_PAT, or UIPATH_CLIENT_ID and UIPATH_CLIENT_SECRET
    "#]],
    );
}

#[test]
fn an_address_that_a_token_may_not_go_to_is_refused() {
    for url in ["http://orch.example", "https://user:hunter2@orch.example", "ftp://orch.example"] {
        let run =
            Program::sortie("run specs/hello.yaml").samples().env("UIPATH_URL", url).env("UIPATH_PAT", "t0ken").run();
        assert_eq!(run.code, 3, "{}", run.shown());
        assert!(!run.shown().contains("hunter2") && !run.shown().contains("t0ken"), "{}", run.shown());
    }
}

#[test]
fn the_environment_is_a_whole_profile() {
    let served = Served::start(None);
    let run = Program::sortie("run specs/hello.yaml --format json")
        .samples()
        .env("UIPATH_URL", served.text("url"))
        .env("UIPATH_ACCESS_TOKEN", served.text("token"))
        .run();
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(run.json()["run"]["profile"], "env");
    assert_eq!(run.json()["totals"]["started"], 3);
    assert!(run.folder.path().join("home/.local/state/sortie/ledger.db").is_file(), "the ledger is where state lies");
}

#[test]
fn a_profile_logs_in_with_client_credentials() {
    let served = Served::start(None);
    let config = format!(
        "profiles:\n  test:\n    url: {}\n    identity-url: {}\n    folder: Elsewhere\n    auth: {{ client-id: {}, client-secret: {{ env: SECRET }}, scopes: [OR.Jobs, OR.Execution.Read] }}\n",
        served.text("url"),
        served.text("identity-url"),
        served.text("client-id"),
    );
    let program = |secret: &str| {
        Program::sortie("run m.yaml --format json")
            .file("m.yaml", "version: 1\nname: m\njobs: { a: { release: R } }\n")
            .file(CONFIG, &config)
            .env("SECRET", secret)
    };
    let run = program(served.text("client-secret")).run();
    assert_eq!((run.code, run.json()["run"]["profile"].as_str()), (0, Some("test")), "{}", run.shown());

    let refused = program("wr0ng-secret").run();
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.shown());
    assert!(refused.stderr.contains("help: check the profile's `auth`"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("wr0ng-secret"), "{}", refused.stderr);

    let unset = program("").run();
    assert_eq!(unset.code, 2, "{}", unset.shown());
    assert_eq!(unset.stderr, "error: environment variable `SECRET`, which holds the secret, is not set\n");
}

#[test]
fn a_token_that_is_refused_exits_2_and_its_report_says_so() {
    let served = Served::start(None);
    let run = Program::sortie("run specs/hello.yaml --report json=r.json")
        .samples()
        .env("UIPATH_URL", served.text("url"))
        .env("UIPATH_ACCESS_TOKEN", "of-yesterday")
        .run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(!run.shown().contains("of-yesterday") && run.stdout.is_empty(), "{}", run.shown());
    let left = std::fs::read_dir(run.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let reports: Vec<_> = left.filter(|name| name.to_string_lossy().contains(['j', '.'])).collect();
    assert_eq!(reports, ["r.json"], "nothing else is left");
    let report = std::fs::read_to_string(run.folder.path().join("r.json")).unwrap();
    assert!(report.contains("\"not-begun\"") && report.contains("\"exit-code\":2"), "{report}");
    assert!(!report.contains("of-yesterday"), "{report}");
}

#[test]
fn a_plan_needs_no_login_and_no_profile() {
    let plan = |program: Program| {
        let plan = program.run();
        assert_eq!(plan.code, 0, "{}", plan.shown());
        plan.json()["inputs"].clone()
    };
    let command = "plan specs/hello.yaml --format json";
    assert_eq!(plan(Program::sortie(command).samples())["profile"], "");
    assert_eq!(plan(Program::sortie(command).samples().env("UIPATH_CLIENT_ID", "x"))["profile"], "");
    let url = "https://cloud.uipath.com/acme/prod";
    let inputs = plan(Program::sortie(command).samples().env("UIPATH_URL", url));
    assert_eq!((&inputs["profile"], &inputs["tenant"]), (&"env".into(), &"prod".into()), "{inputs}");
    assert_eq!(inputs["origin"], "https://cloud.uipath.com");
}

#[test]
fn a_fault_of_the_config_file_has_its_place() {
    let config = "profiles:\n  prod:\n    url: https://orch.example\n    auth: { token: hunter2 }\n";
    check(
        Program::sortie("run specs/hello.yaml").samples().file(CONFIG, config),
        expect![[r#"
            exit 3
            --- stderr
            error: FOLDER/home/.config/sortie/config.yaml:4:20: a secret never stands in the file itself
              help: write {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}
        "#]],
    );
    check(
        Program::sortie("run specs/hello.yaml --profile tset")
            .samples()
            .file(CONFIG, &config.replace("prod", "test").replace("hunter2", "{ env: T }")),
        expect![[r#"
            exit 3
            --- stderr
            error: `FOLDER/home/.config/sortie/config.yaml` has no profile `tset`
              help: did you mean `test`?
        "#]],
    );
    check(
        Program::sortie("run specs/hello.yaml --config none.yaml").samples(),
        expect![[r#"
            exit 3
            --- stderr
            error: config file `none.yaml` cannot be read: No such file or directory
        "#]],
    );
}
