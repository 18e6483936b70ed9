//! Texts that hold secrets, are enormous, nested or of another kind: nothing of a secret is shown, and the error helps.

use serde_json::json;

use super::imported;
use crate::cli::Program;

const CALL: &str = "https://admin:hunter2hunter2@cloud.uipath.com/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs?access_token=f00dfacef00d";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

#[test]
fn no_secret_of_the_text_is_in_the_manifest_or_on_a_stream() {
    let body = json!({ "startInfo": { "ReleaseName": "R", "Strategy": "All", "EnvironmentVariables": "DB_PASSWORD=swordfish-1\nREGION=emea",
        "InputArguments": json!({ "in_Password": "correct-horse", "note": format!("use {TOKEN}"), "same": "basicpass99", "deep": [{ "apiKey": "k-123456" }],
            "message": "Aloha", "password": "", "CredentialName": "SAP" }).to_string() } });
    // `YWRtaW46YmFzaWNwYXNzOTk=` is `admin:basicpass99`.
    let text = format!(
        "API_TOKEN=prefix-secret-5 curl -u bob:opensesame1 -b 'sid=c00k1e-value; other=2' '{CALL}' -H 'Authorization: Bearer {TOKEN}' -H 'X-API-Key: key-key-key-9' \\\n -H 'Proxy-Authorization: Basic YWRtaW46YmFzaWNwYXNzOTk=' -d '{body}'"
    );
    let ended = imported(&text);
    let shown = ended.shown();
    for secret in [
        "hunter2",
        "f00dface",
        "eyJ",
        "swordfish",
        "correct-horse",
        "basicpass",
        "k-123456",
        "prefix-secret",
        "opensesame",
        "c00k1e",
        "key-key",
        "YWRtaW46",
    ] {
        assert!(!shown.contains(secret), "{secret} is shown: {shown}");
    }
    expect_test::expect![[r#"
        exit 0
        --- stdout
        # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
        #
        # Imported from a curl command. Look it over, then: sortie validate FILE, sortie plan FILE
        #
        # Where to connect stands in a profile, not here (`sortie help connection`). The request went to:
        #   url https://cloud.uipath.com
        #
        # What to know:
        # - the command's login (`-u`, `-b` or another option) was left out: it belongs into a profile
        # - the header `Authorization` was left out: a login belongs into a profile (`sortie help connection`)
        # - the header `X-API-Key` was left out: a login belongs into a profile (`sortie help connection`)
        # - the header `Proxy-Authorization` was left out: a login belongs into a profile (`sortie help connection`)
        # - the user in the address was left out: a login belongs into a profile
        # - the query of the address was left out
        # - the value of `DB_PASSWORD` looks like a secret: it was left out, and is read from the environment variable
        #   DB_PASSWORD
        # - the value of `in_Password` looks like a secret: it was left out, and is read from the environment variable
        #   IN_PASSWORD
        # - the value of `note` looks like a secret: it was left out, and is read from the environment variable NOTE
        # - the value of `same` looks like a secret: it was left out, and is read from the environment variable SAME
        # - the value of `apiKey` looks like a secret: it was left out, and is read from the environment variable
        #   APIKEY
        version: 1
        name: r # the batch's identity: keep it when you rename the file
        # folder: Finance/AP # without one, the folder of the profile counts
        secrets: # read when it is run, and shown nowhere
          DB_PASSWORD: { env: DB_PASSWORD }
          in_Password: { env: IN_PASSWORD }
          note: { env: NOTE }
          same: { env: SAME }
          apiKey: { env: APIKEY }
        jobs:
          r:
            release: R # the process's name, as Orchestrator shows it
            strategy: All
            environment:
              DB_PASSWORD: "${{ secrets.DB_PASSWORD }}"
              REGION: emea
            arguments: # by name; sent as JSON text
              in_Password: "${{ secrets.in_Password }}"
              note: "${{ secrets.note }}"
              same: "${{ secrets.same }}"
              deep: [{ apiKey: "${{ secrets.apiKey }}" }]
              message: Aloha
              password: ""
              CredentialName: SAP
        --- stderr
        note: the command's login (`-u`, `-b` or another option) was left out: it belongs into a profile
        note: the header `Authorization` was left out: a login belongs into a profile (`sortie help connection`)
        note: the header `X-API-Key` was left out: a login belongs into a profile (`sortie help connection`)
        note: the header `Proxy-Authorization` was left out: a login belongs into a profile (`sortie help connection`)
        note: the user in the address was left out: a login belongs into a profile
        note: the query of the address was left out
        note: the value of `DB_PASSWORD` looks like a secret: it was left out, and is read from the environment variable DB_PASSWORD
        note: the value of `in_Password` looks like a secret: it was left out, and is read from the environment variable IN_PASSWORD
        note: the value of `note` looks like a secret: it was left out, and is read from the environment variable NOTE
        note: the value of `same` looks like a secret: it was left out, and is read from the environment variable SAME
        note: the value of `apiKey` looks like a secret: it was left out, and is read from the environment variable APIKEY
        next: sortie plan FILE
    "#]].assert_eq(&shown);
}

#[test]
fn a_secret_that_cannot_be_kept_out_is_no_part_of_a_manifest() {
    let text = r#"curl -u bob:InvoiceLoader1 https://x/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs -d '{"startInfo":{"ReleaseName":"InvoiceLoader1"}}'"#;
    let ended = Program::sortie("import").stdin(text).run();
    expect_test::expect![[r#"
        exit 3
        --- stderr
        error: a secret of the text would be in the manifest, so it was not written
          help: take the secret out of the text (a token, a password, a cookie), then import it again
    "#]]
    .assert_eq(&ended.shown());
}

#[test]
fn what_is_no_request_is_said_without_the_text() {
    let call = "curl https://x/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";
    for (text, expected) in [
        (String::new(), "there is nothing to import"),
        ("hunter2".to_owned(), "this is neither JSON nor a curl command"),
        ("Invoke-RestMethod -Uri x".to_owned(), "this is neither JSON nor a curl command"),
        ("[1, \"hunter2\"]".to_owned(), "nothing in it starts robot jobs"),
        ("{\"hunter2\": true}".to_owned(), "nothing in it starts robot jobs"),
        (
            "{\"State\": \"Running\", \"ReleaseName\": \"R\", \"BatchExecutionKey\": \"x\"}".to_owned(),
            "nothing in it starts robot jobs",
        ),
        ("{\"hunter2\": ".to_owned(), "the text is not JSON: line 1, column 11: it ends too early"),
        ("{".repeat(200_000), "the text is not JSON: line 1, column 2: this is not JSON"),
        (format!("{{\"a\":{}", "[".repeat(200_000)), "it is nested too deep"),
        (format!("{call} -d 'hunter2=1'"), "the body is not JSON: line 1, column 1: this is not JSON"),
        (format!("{call} -d '{{\"a\":1}}'"), "the body is not JSON: it has no `startInfo`"),
        (call.to_owned(), "the body is not JSON: the command has none"),
        (format!("{call} -d 'hunter2"), "a quote is never closed"),
        (format!("{call} -F a=hunter2"), "it is a form; StartJobs takes JSON"),
        (format!("{call} -d @-"), "the command takes it from stdin"),
        ("curl https://x/odata/Folders".to_owned(), "nothing in it starts robot jobs: 1 request is of another kind"),
        (
            r#"{"startInfo":{"ReleaseName":"R","InputArguments":"hunter2"}}"#.to_owned(),
            "`InputArguments` is not the text of a JSON object",
        ),
        (
            r#"{"startInfo":{"ReleaseName":"R","JobsCount":12345678901234567890123}}"#.to_owned(),
            "a number in it has more digits",
        ),
        (r#"{"startInfo":{"ReleaseName":"R","Strategy":"Specific"}}"#.to_owned(), "strategy `Specific` needs `robots`"),
    ] {
        let ended = Program::sortie("import").stdin(&text).run();
        let start = text.get(..60).unwrap_or(&text);
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{start}: {}", ended.shown());
        assert!(ended.stderr.contains(expected), "{start}: {}", ended.stderr);
        assert!(!ended.stderr.contains("hunter2"), "{start}: {}", ended.stderr);
    }
}

#[test]
fn controls_and_markup_stay_text() {
    let evil = "x\n# - y\njobs: {}\u{1b}[2J\u{202e}\u{feff}\u{fffe} ::error::z ##vso[a] ${{ run.id }} {{ params.x }}";
    let text = json!({ "info": {}, "item": [{ "name": evil, "request": { "url": "x/odata/y", "header": [{ "key": evil, "value": evil }],
        "body": { "raw": json!({ "startInfo": { "ReleaseName": "R", evil: evil, "InputArguments": json!({ "a": evil }).to_string() } }).to_string() } } }] });
    let ended = imported(&text.to_string());
    assert!(!ended.shown().contains(['\u{1b}', '\u{202e}', '\u{feff}']), "{}", ended.shown());
    let plan = Program::sortie("plan m.yaml --format json --param params_x=v --param run_id=w")
        .file("m.yaml", &ended.stdout)
        .env("UIPATH_FOLDER_ID", "1")
        .env("UIPATH_URL", "https://x")
        .env("UIPATH_ACCESS_TOKEN", "abcdefgh")
        .run();
    assert_eq!(plan.code, 0, "{}\n{}", ended.stdout, plan.shown());
    let arguments = &plan.json()["launches"][0]["body"]["startInfo"]["InputArguments"];
    let arguments: serde_json::Value = serde_json::from_str(arguments.as_str().expect("text")).unwrap();
    assert_eq!(arguments["a"], evil.replace("{{ params.x }}", "v").replace("{{ run.id }}", "w"));
}

#[test]
fn an_enormous_collection_is_bounded() {
    let item = json!({ "name": "n", "request": { "url": "x/odata/y", "body": { "raw": "{\"startInfo\":{\"ReleaseName\":\"R\"}}" } } });
    let many = |count: usize| json!({ "info": {}, "item": vec![item.clone(); count] }).to_string();
    let ended = imported(&many(1000));
    assert!(ended.stdout.contains("\n  n-1000:\n"), "each is a job");
    let ended = Program::sortie("import").stdin(&many(1001)).run();
    assert!(ended.code == 3 && ended.stderr.contains("there are more than 1000 requests"), "{}", ended.shown());
    let ended = Program::sortie("import").stdin(&" ".repeat(17 << 20)).run();
    assert!(ended.code == 3 && ended.stderr.contains("the text has more than 16 MiB"), "{}", ended.shown());
}

#[test]
fn two_secrets_of_one_name_stay_two_and_one_stays_one() {
    let body = |password: &str| {
        let arguments = json!({ "in_Password": password }).to_string();
        json!({ "ReleaseName": "R", "Strategy": "All", "InputArguments": arguments })
    };
    let ended = imported(&json!([body("first-secret"), body("second-secret"), body("first-secret")]).to_string());
    let used: Vec<&str> = ended.stdout.lines().filter_map(|line| line.trim().strip_prefix("in_Password: ")).collect();
    let declared = "{ env: IN_PASSWORD }";
    assert_eq!(used[0], declared, "{}", ended.stdout);
    let first = "\"${{ secrets.in_Password }}\"";
    assert_eq!(used[1..], [first, "\"${{ secrets.in_Password_2 }}\"", first], "{}", ended.stdout);
    assert!(!ended.shown().contains("-secret\""), "{}", ended.shown());
}

#[test]
fn where_a_login_goes_is_no_secret() {
    let text = json!({ "info": {}, "auth": { "type": "apikey", "apikey": [
        { "key": "key", "value": "Specific" }, { "key": "value", "value": "v4lue-of-the-key" }, { "key": "in", "value": "header" },
    ] }, "item": [{ "name": "a header", "request": { "url": "x/odata/y", "body": { "raw": json!({ "startInfo": {
        "ReleaseName": "R", "Strategy": "Specific", "RobotIds": [1], "InputArguments": json!({ "a": "v4lue-of-the-key", "b": "header" }).to_string(),
    } }).to_string() } } }] });
    let ended = imported(&text.to_string());
    assert!(ended.stdout.contains("strategy: Specific") && ended.stdout.contains("b: header"), "{}", ended.stdout);
    assert!(ended.stdout.contains("a: \"${{ secrets.a }}\"") && !ended.shown().contains("v4lue"), "{}", ended.shown());
}
