//! What is masked, what is left alone, and who may have a login at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use serde_json::{Value, json};
use sortie::sandbox::clock::SystemClock;
use sortie::sandbox::world::{Folder, Release};
use sortie::sandbox::{Options, Sandbox, World};

use crate::cli::Program;
use crate::cli::secrecy::secret_leaks::search;
use crate::client::wire::STARTED;
use crate::support::raw_server::{Heard, RawServer, json as answer};

const WITH_PIN: &str = "version: 1\nname: m\nfolder: Shared\nsecrets: { pin: { env: PIN } }\njobs:\n  a: { release: Ping, environment: { PIN: '${{ secrets.pin }}' }, arguments: { word: started, n: 1608 } }\n";

#[test]
fn a_secret_that_is_a_word_or_a_key_of_ours_leaves_every_form_whole() {
    for secret in
        ["1608", "null", "started", "launches", "robot-jobs", "{\"id\"", "\"launches\":", ",\n  {", "Pending", "Manual"]
    {
        let run = Program::sortie(
            "run m.yaml --sandbox --ledger l.db --format json --report json=r.json --report text=r.txt",
        )
        .file("m.yaml", WITH_PIN)
        .env("PIN", secret)
        .run();
        if secret.contains('\n') {
            assert_eq!(run.code, 3, "{}", run.shown());
            continue;
        }
        assert_eq!(run.code, 0, "{secret}: {}", run.shown());
        let file: Value = serde_json::from_str(&fs::read_to_string(run.folder.path().join("r.json")).unwrap()).unwrap();
        for report in [run.json(), file] {
            let launch = &report["launches"][0];
            assert_eq!(launch["verdict"], "started", "{secret}");
            assert_eq!(launch["robot-jobs"][0]["source"], "Manual", "{secret}");
            assert_eq!(launch["robot-jobs"][0]["state"], Value::Null, "nobody looked at it: {secret}");
            assert!(launch["robot-jobs"][0]["id"].is_i64() && launch["arguments"]["n"] == 1608, "{secret}");
            assert!(report["totals"]["started"] == 1 && report["run"]["id"].is_string(), "{secret}");
        }
        let text = fs::read_to_string(run.folder.path().join("r.txt")).unwrap();
        assert!(text.contains("Started (1)") && text.contains("verdicts 1 started"), "{secret}: {text}");
        let is_weak = secret.len() < 6 || secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let warns = run.stderr.contains("it is masked only where it is a whole value");
        assert_eq!(warns, is_weak, "{secret}: {}", run.stderr);
        let runs = Program::sortie("runs --format json --ledger").arg(run.folder.path().join("l.db")).run();
        assert_eq!(runs.json().as_array().map(Vec::len), Some(1), "{secret}");
    }
}

#[test]
fn a_secret_that_stands_in_a_reference_by_chance_does_not_hide_it() {
    // The fingerprint of launch `a` is ca978112ca1bbdca.
    for secret in ["8112", "978112", "112ca1bb"] {
        let run =
            Program::sortie("run m.yaml --sandbox --format json").file("m.yaml", WITH_PIN).env("PIN", secret).run();
        assert_eq!(run.code, 0, "{secret}: {}", run.shown());
        let reference = run.json()["launches"][0]["reference"].as_str().unwrap().to_owned();
        assert!(reference.ends_with("-ca978112ca1bbdca"), "{reference}");
    }
}

#[test]
fn what_an_expression_makes_of_a_secret_is_masked_as_the_secret_is() {
    const SECRET: &str = "canary-4711-Xyzzy";
    let made: [(&str, &str); 6] = [
        ("secrets.key | upper", "CANARY-4711-XYZZY"),
        ("secrets.key | lower", "canary-4711-xyzzy"),
        ("secrets.key | reverse", "yzzyX-1174-yranac"),
        ("secrets.key[0:8]", "canary-4"),
        ("secrets.key | split('-') | last", "Xyzzy"),
        ("secrets.key | replace('-', '')", "canary4711Xyzzy"),
    ];
    let environment: Vec<String> = made
        .iter()
        .enumerate()
        .map(|(number, (expression, _))| format!("V{number}: \"${{{{ {expression} }}}}\""))
        .collect();
    let echo: Vec<String> = made.iter().map(|(_, made)| format!("\"{made}\"")).collect();
    let world = World::new().folder(Folder::at("Shared")).release(Release::named("Ping").folder("Shared").refuse(
        409,
        2818,
        format!("no: {}", echo.join(" ")),
    ));
    let sandbox = Sandbox::start(&world, Arc::new(SystemClock::new()), Options::default()).unwrap();
    let manifest = format!(
        "version: 1\nname: m\nfolder: Shared\nsecrets: {{ key: {{ env: KEY }} }}\njobs:\n  a: {{ release: Ping, environment: {{ {} }} }}\n",
        environment.join(", ")
    );
    let run = Program::sortie("run m.yaml -vvv --ledger l.db --report json=r.json --report text=r.txt")
        .file("m.yaml", &manifest)
        .env("KEY", SECRET)
        .env("UIPATH_URL", &sandbox.url())
        .env("UIPATH_ACCESS_TOKEN", sandbox.token())
        .run();
    assert_eq!(run.code, 11, "{}", run.shown());
    for (_, made) in made {
        search("stdout", run.stdout.as_bytes(), made);
        search("stderr", run.stderr.as_bytes(), made);
        for name in ["l.db", "r.json", "r.txt"] {
            search(name, &fs::read(run.folder.path().join(name)).unwrap(), made);
        }
    }
    assert!(run.stdout.contains("409/2818: no: \"***\" \"***\""), "{}", run.stdout);
}

/// A server that repeats `text` in whatever `is_chosen` picks, and else does its work.
fn repeating(text: String, is_chosen: impl Fn(&Heard) -> bool + Send + Sync + 'static) -> RawServer {
    RawServer::start(move |heard| {
        if is_chosen(heard) {
            return answer(400, &json!({ "message": text }).to_string());
        }
        match heard.target.as_str() {
            target if target.ends_with("/connect/token") => answer(200, r#"{"access_token":"t0ken-of-this-test"}"#),
            target if target.contains("StartJobs") => answer(201, STARTED),
            _ => answer(200, r#"{"value":[]}"#),
        }
    })
}

#[test]
fn a_server_that_repeats_our_own_token_request_brings_no_secret_out() {
    for secret in ["abc8Q~7xYz-*.secret", "a'b(c)d!e*f~g", "p&q+r/s=t\"u<v>"] {
        for method in ["form", "basic"] {
            let form = reqwest::Url::parse_with_params("http://x/", [("client_secret", secret)]).unwrap();
            let body = format!("grant_type=client_credentials&client_id=app&{}", form.query().unwrap());
            let server = RawServer::start(move |heard| {
                let text =
                    format!("{body} {} {body:?} {}", heard.header("authorization"), body.replace('%', "\\u0025"));
                answer(400, &json!({ "error": "invalid_client", "error_description": text }).to_string())
            });
            let config = format!(
                "profiles:\n  p:\n    url: {url}\n    identity-url: {url}/identity\n    auth: {{ client-id: app, client-secret: {{ env: S }}, method: {method} }}\n",
                url = server.url()
            );
            let run = Program::sortie("run m.yaml -vvv --config c.yaml --ledger l.db")
                .file("m.yaml", "version: 1\nname: m\nfolder: F\njobs: { a: { release: R } }\n")
                .file("c.yaml", &config)
                .env("S", secret)
                .run();
            assert_eq!(run.code, 2, "{}", run.shown());
            assert!(run.stderr.contains("invalid_client"), "{}", run.stderr);
            search("stderr", run.stderr.as_bytes(), secret);
            let head = &secret[..6];
            assert!(!run.stderr.contains(head), "{secret}: {}", run.stderr);
        }
    }
}

/// Fails where a line would be a build server's command.
#[track_caller]
fn check_inert(text: &str) {
    for line in text.lines() {
        let is_command = line.trim_start().starts_with("::") || line.contains("##vso[") || line.contains("##[");
        assert!(!is_command && !line.starts_with("evil"), "{line:?} in\n{text}");
    }
}

#[test]
fn no_word_of_a_server_or_of_a_path_begins_a_line() {
    const EVIL: &str =
        "no\n::error::x\nevil\r\n  ::set-output name=a::b\n##vso[task.setvariable variable=a]b\n##[error]";
    let places: [fn(&Heard) -> bool; 4] = [
        |heard| heard.target.contains("/connect/token"),
        |heard| heard.target.contains("/odata/Releases"),
        |heard| heard.target.contains("/odata/Jobs?"),
        |heard| heard.target.contains("StartJobs"),
    ];
    let key = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";
    for is_chosen in places {
        for release in ["Ping", key] {
            let server = repeating(EVIL.to_owned(), is_chosen);
            let run = Program::sortie("run m.yaml --ledger l.db")
                .file("m.yaml", &format!("version: 1\nname: m\nfolder: F\njobs: {{ a: {{ release: {release} }} }}\n"))
                .env("UIPATH_URL", &server.url())
                .env("UIPATH_IDENTITY_URI", &format!("{}/identity", server.url()))
                .env("UIPATH_CLIENT_ID", "app")
                .env("UIPATH_CLIENT_SECRET", "s3cret-of-this-test")
                .run();
            check_inert(&run.stdout);
            check_inert(&run.stderr);
        }
    }
    for command in ["validate", "plan", "run", "run --sandbox --ledger l.db --world", "report --ledger", "--"] {
        let ended = Program::sortie(command).arg("no\n::error::x\nevil\n##vso[x]y.yaml").run();
        assert_ne!(ended.code, 0, "{}", ended.shown());
        check_inert(&ended.stdout);
        check_inert(&ended.stderr);
    }
    let named = "::error::x.yaml";
    let valid = Program::sortie("validate").arg(named).file(named, WITH_PIN).run();
    check_inert(&valid.stdout);
}

fn corp(program: Program) -> Program {
    program
        .file("c.yaml", "default: a\nprofiles:\n  a: { url: 'https://orch.example', auth: { client-id: x, client-secret: { env: CORP_SECRET } } }\n  b: { url: 'https://orch.example', auth: { token: { file: token } } }\n")
        .file("token", "the-token-of-b")
        .env("CORP_SECRET", "canary-of-corp")
        .env("COPY", "canary-of-corp")
        .env("B_PIN", "canary-of-pin")
        .env("PATH", &std::env::var("PATH").unwrap())
}

#[test]
fn no_manifest_reads_a_login_by_whatever_name() {
    let reads = |name: &str| {
        format!(
            "version: 1\nname: m\nfolder: F\nenv: [{name}]\njobs: {{ a: {{ release: R, arguments: {{ x: \"${{{{ env.{name} | reverse }}}}\" }} }} }}\n"
        )
    };
    for name in ["CORP_SECRET", "COPY", "UIPATH_PAT", "UIPATH_CLIENT_SECRET"] {
        for command in ["plan m.yaml --config c.yaml", "plan m.yaml --config c.yaml --format json"] {
            let plan = corp(Program::sortie(command)).file("m.yaml", &reads(name)).run();
            assert_eq!(plan.code, 3, "{name}: {}", plan.shown());
            assert!(
                plan.stderr.contains(&format!("`{name}` holds a login, which no manifest may read")),
                "{}",
                plan.stderr
            );
            assert!(!plan.shown().contains("canary") && !plan.shown().contains("yranac"), "{}", plan.shown());
        }
    }
    let plan = corp(Program::sortie("plan m.yaml --config c.yaml")).file("m.yaml", &reads("B_PIN")).run();
    assert_eq!(plan.code, 0, "{}", plan.shown());
}

#[test]
fn no_manifest_passes_a_login_on() {
    let kept = "home/.cache/sortie/tokens/0123.json";
    for from in
        ["env: CORP_SECRET", "env: COPY", "file: token", &format!("file: {kept}"), "command: [echo, canary-of-corp]"]
    {
        let manifest = format!(
            "version: 1\nname: m\nfolder: F\nsecrets: {{ z: {{ {from} }} }}\njobs: {{ a: {{ release: R, environment: {{ X: '${{{{ secrets.z }}}}' }} }} }}\n"
        );
        let program = corp(Program::sortie("run m.yaml --config c.yaml --ledger l.db"))
            .file("m.yaml", &manifest)
            .file(kept, "{\"token\":\"a-kept-token\"}");
        for private in [kept, "token"] {
            fs::set_permissions(program.path(private), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let run = program.run();
        assert_eq!(run.code, 3, "{from}: {}", run.shown());
        // Kept tokens lie under a name with a dot, which no manifest's file has.
        let is_refused = ["holds sortie's own login, which no manifest may pass on", "begins with a dot"];
        assert!(is_refused.iter().any(|words| run.stderr.contains(words)), "{}", run.stderr);
        assert!(!run.shown().contains("a-kept-token") && !run.shown().contains("canary-of-corp\n"), "{}", run.shown());
    }
}

#[test]
fn the_program_of_a_secret_inherits_no_login_and_a_sandbox_runs_none() {
    let manifest = "version: 1\nname: m\nfolder: F\nsecrets:\n  all: { command: [sh, -c, 'env > seen; echo core $(ulimit -c) >> seen; printf from-%s command'] }\n  pin: { env: B_PIN }\njobs:\n  a: { release: R, environment: { X: '${{ secrets.all }}' } }\n";
    let program = |command: &str| {
        corp(Program::sortie(command))
            .file("m.yaml", manifest)
            .env("SORTIE_CONFIG", "c.yaml")
            .env("UIPATH_PAT", "canary-of-pat")
    };
    let refused = program("run m.yaml --sandbox --ledger l.db").run();
    assert_eq!(refused.code, 3, "{}", refused.shown());
    assert!(
        refused.stderr.contains("secret `all`: `sh` is not run, since a sandbox needs no real secret"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--allow-commands"), "{}", refused.stderr);
    assert!(!refused.folder.path().join("seen").exists());

    let run = program("run m.yaml --sandbox --allow-commands --ledger l.db").run();
    assert_eq!(run.code, 0, "{}", run.shown());
    let seen = fs::read_to_string(run.folder.path().join("seen")).unwrap();
    assert!(seen.contains("PATH=") && seen.contains("SORTIE_CONFIG="), "{seen}");
    for gone in ["canary", "CORP_SECRET", "B_PIN", "UIPATH_PAT"] {
        assert!(!seen.contains(gone), "{gone} is inherited: {seen}");
    }
    assert!(seen.ends_with("core 0\n"), "no process of ours writes a core file: {seen}");
}

#[test]
fn a_login_with_a_line_end_is_known_without_it() {
    for value in ["canary-t0ken\n", " canary-t0ken\r\n", "Bearer canary-t0ken\n", "\"canary-t0ken\""] {
        let plan = Program::sortie("plan m.yaml --param t=canary-t0ken")
            .file("m.yaml", "version: 1\nname: m\nfolder: F\nparams: { t: {} }\njobs: { a: { release: R } }\n")
            .env("UIPATH_ACCESS_TOKEN", value)
            .run();
        assert_eq!(plan.code, 3, "{value:?}: {}", plan.shown());
        assert!(plan.stderr.contains("an argument holds the value of a secret") && !plan.stderr.contains("canary"));
    }
}

#[test]
fn what_surrounds_a_value_of_the_environment_is_left_away_and_quotes_are_named() {
    let server = RawServer::start(|heard| match heard.target.as_str() {
        "/identity/connect/token" => answer(200, r#"{"access_token":"fetched-token"}"#),
        target if target.contains("StartJobs") => {
            let is_right = heard.header("x-uipath-folderpath") == "F" && heard.header("x-uipath-tenantname") == "T";
            if is_right { answer(201, STARTED) } else { answer(409, r#"{"errorCode":7}"#) }
        }
        _ => answer(200, r#"{"value":[]}"#),
    });
    let run = |secret: &str| {
        let key = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";
        Program::sortie("run m.yaml --ledger l.db")
            .file("m.yaml", &format!("version: 1\nname: m\njobs: {{ a: {{ release: {key} }} }}\n"))
            .env("UIPATH_URL", &format!(" {}\n", server.url()))
            .env("UIPATH_IDENTITY_URI", &format!("{}/identity\r\n", server.url()))
            .env("UIPATH_CLIENT_ID", "app\n")
            .env("UIPATH_CLIENT_SECRET", secret)
            .env("UIPATH_AUTH_SCOPES", " OR.Jobs\n")
            .env("UIPATH_TENANT", "T\n")
            .env("UIPATH_FOLDER_PATH", "\tF \n")
            .run()
    };
    let ended = run("s3cret-of-this-test\n");
    assert_eq!(ended.code, 0, "{}", ended.shown());
    let asked = server.heard().remove(0).body;
    assert!(asked.ends_with("client_id=app&client_secret=s3cret-of-this-test&scope=OR.Jobs"), "{asked}");
    let ended = run("'s3cret-of-this-test'");
    assert_eq!(ended.code, 2, "{}", ended.shown());
    assert!(
        ended.stderr.contains("environment variable `UIPATH_CLIENT_SECRET` stands between quotes"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_token_that_ends_in_the_middle_of_a_run_is_named_with_what_renews_itself() {
    let server = RawServer::start(|heard| {
        if !heard.target.contains("StartJobs") {
            return answer(200, r#"{"value":[]}"#);
        }
        if heard.number > 1 { answer(401, "") } else { answer(201, STARTED) }
    });
    let key = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";
    let jobs: Vec<String> = (0..8).map(|number| format!("j{number}: {{ release: {key} }}")).collect();
    let run = Program::sortie("run m.yaml --ledger l.db --concurrency 1")
        .file("m.yaml", &format!("version: 1\nname: m\nfolder: F\njobs: {{ {} }}\n", jobs.join(", ")))
        .env("UIPATH_URL", &server.url())
        .env("UIPATH_ACCESS_TOKEN", "a-ready-token")
        .run();
    assert_eq!(run.code, 2, "{}", run.shown());
    let help = "the token in environment variable `UIPATH_ACCESS_TOKEN` has ended or was revoked";
    assert!(run.stderr.contains(help) && run.stderr.contains("UIPATH_CLIENT_ID"), "{}", run.stderr);
}
