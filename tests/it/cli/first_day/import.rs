//! `sortie import`: what people have becomes a manifest that sends the same request again, and no secret gets into it.

mod hostile;
mod spellings;

use std::collections::BTreeMap;
use std::fs;

use expect_test::expect;
use serde_json::{Value, json};

use crate::cli::Program;
use crate::cli::program::{Ended, project};

const POSTMAN_ITEM: &str = "seed-postman-item.json";
const CURL: &str = "seed-curl.txt";
const OLDER_BODY: &str = "seed-older-body.json";

fn seed(name: &str) -> String {
    fs::read_to_string(project().join("tests/it/cli/first_day/import").join(name)).unwrap()
}

#[track_caller]
fn imported(text: &str) -> Ended {
    let ended = Program::sortie("import").stdin(text).run();
    assert_eq!(ended.code, 0, "{text}\n{}", ended.shown());
    ended
}

/// A request, as far as it matters what is sent.
#[derive(Debug, PartialEq)]
struct SentRequest {
    address: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// The request of the one curl command in `text`.
#[track_caller]
fn request_of(text: &str) -> SentRequest {
    let words = shlex::split(text).expect("words");
    let mut request = SentRequest { address: String::new(), headers: BTreeMap::new(), body: Value::Null };
    let mut words = words.into_iter().skip_while(|word| word != "curl").skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => assert_eq!(words.next().unwrap(), "POST"),
            "-H" => {
                let header = words.next().unwrap();
                let (name, value) = header.split_once(": ").unwrap();
                request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            "-d" => request.body = told(serde_json::from_str(&words.next().unwrap()).unwrap()),
            // A line that goes on.
            "" => {}
            address => address.clone_into(&mut request.address),
        }
    }
    request.headers.remove("authorization").expect("a login");
    request
}

/// `body` without what says nothing, and without sortie's own Reference; arguments as what they mean.
fn told(mut body: Value) -> Value {
    let info = body["startInfo"].as_object_mut().expect("startInfo");
    if let Some(Value::String(text)) = info.get_mut("Reference") {
        text.truncate(text.find("sortie-").unwrap_or(text.len()));
        if text.is_empty() {
            info.remove("Reference");
        }
    }
    info.retain(|name, value| !(["JobsCount", "NoOfRobots"].contains(&name.as_str()) && *value == 0));
    if let Some(text) = info.get("InputArguments").and_then(Value::as_str) {
        let arguments = serde_json::from_str(text).unwrap();
        info.insert("InputArguments".to_owned(), arguments);
    }
    body
}

/// What `plan --format curl` shows of the manifest, which is valid.
#[track_caller]
fn planned(manifest: &str, flags: &str) -> SentRequest {
    let valid = Program::sortie("validate m.yaml").file("m.yaml", manifest).run();
    assert_eq!(valid.code, 0, "{manifest}\n{}", valid.shown());
    let plan = Program::sortie(&format!("plan m.yaml --format curl {flags}"))
        .file("m.yaml", manifest)
        .env("UIPATH_URL", "https://domain.com")
        .env("UIPATH_TENANT_NAME", "acme")
        .env("UIPATH_ACCESS_TOKEN", "a-token-of-this-test")
        .env("UIPATH_FOLDER_ID", "1")
        .env("RELEASE_KEY", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf")
        .env("FOLDER_ID", "7")
        .env("COUNT", "3")
        .run();
    assert_eq!(plan.code, 0, "{manifest}\n{}", plan.shown());
    request_of(&plan.stdout)
}

/// The seed's request, its variables filled in.
fn of_seed() -> SentRequest {
    let filled = seed(CURL).replace("{{tenantName}}", "acme").replace("{{folderId}}", "7");
    request_of(&filled)
}

#[test]
fn the_seeds_postman_item_and_its_curl_command_send_the_same_request_again() {
    for name in [POSTMAN_ITEM, CURL] {
        let manifest = imported(&seed(name)).stdout;
        assert_eq!(planned(&manifest, "--param folderId:=7"), of_seed(), "{name}: {manifest}");
    }
}

#[test]
fn the_seeds_postman_item_reads_as_a_person_would_write_it() {
    let ended = imported(&seed(POSTMAN_ITEM));
    expect![[r#"
        exit 0
        --- stdout
        # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
        #
        # Imported from a Postman item. Look it over, then: sortie validate FILE, sortie plan FILE
        #
        # Where to connect stands in a profile, not here (`sortie help connection`). The request went to:
        #   url {{url}}, tenant {{tenantName}}
        #
        # What to know:
        # - saved answers were left out
        # - `JobsCount` is 0, which says nothing: it was left out
        version: 1
        name: "4-jobs-start-job-with-inputs" # the batch's identity: keep it when you rename the file
        folder: { id: "${{ params.folderId }}" }
        params: # given when it is run: `--param NAME=VALUE`
          folderId: { type: integer }
        jobs:
          # 4. Jobs - Start job with inputs
          "4-jobs-start-job-with-inputs":
            release: "5b754c63-5d1a-4c37-bb9b-74b69e4934bf" # the process's key; its name would do, too
            strategy: Specific
            robots: [1553] # ids or names
            arguments: # by name; sent as JSON text
              message: Aloha
            start-info: # fields of the API that have no key of their own
              Source: Manual
        --- stderr
        note: saved answers were left out
        note: `JobsCount` is 0, which says nothing: it was left out
        next: sortie plan FILE --param folderId=VALUE
    "#]].assert_eq(&ended.shown());
}

#[test]
fn the_seeds_older_body_sends_the_same_request_but_for_a_key_that_is_none() {
    let ended = imported(&seed(OLDER_BODY));
    let mut expected = told(serde_json::from_str(&seed(OLDER_BODY)).unwrap());
    // Its key has seven digits in front: sortie takes it for a name.
    let info = expected["startInfo"].as_object_mut().unwrap();
    let key = info.remove("ReleaseKey").unwrap();
    info.insert("ReleaseName".to_owned(), key);
    assert_eq!(planned(&ended.stdout, "").body, expected);
    assert!(ended.stderr.contains("`ReleaseKey` is no GUID"), "{}", ended.shown());
    assert!(ended.stderr.contains("`NoOfRobots` is 0, which says nothing"), "{}", ended.shown());
}

#[test]
fn what_sortie_plans_is_imported_again() {
    let manifest = imported(&seed(CURL)).stdout;
    let plan = Program::sortie("plan m.yaml --format curl --param folderId:=7").file("m.yaml", &manifest).run();
    let again = imported(&plan.stdout).stdout;
    assert_eq!(planned(&again, "").body, of_seed().body, "{again}");
}

#[test]
fn a_file_is_written_and_never_replaced_unasked() {
    let ended =
        Program::sortie("import item.json --out m.yaml --name night").file("item.json", &seed(POSTMAN_ITEM)).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.shown());
    assert!(ended.stderr.ends_with("next: sortie plan m.yaml --param folderId=VALUE\n"), "{}", ended.shown());
    let text = fs::read_to_string(ended.folder.path().join("m.yaml")).unwrap();
    assert!(text.contains("\nname: night "), "{text}");

    let import = |flags: &str| {
        let arguments = format!("import item.json --out m.yaml {flags}");
        Program::sortie(&arguments).file("item.json", &seed(POSTMAN_ITEM)).file("m.yaml", "mine\n").run()
    };
    let (refused, forced) = (import(""), import("--force"));
    expect![[r#"
        exit 3
        --- stderr
        error: `m.yaml` is there already, and nothing was written
          help: --force replaces it
    "#]]
    .assert_eq(&refused.shown());
    assert_eq!(fs::read_to_string(refused.folder.path().join("m.yaml")).unwrap(), "mine\n");
    assert_eq!(forced.code, 0, "{}", forced.shown());
    assert!(fs::read_to_string(forced.folder.path().join("m.yaml")).unwrap().contains("version: 1"));
}

#[test]
fn requests_of_a_collection_become_jobs_and_others_are_counted() {
    let body = |release: &str, count: &str| {
        format!(
            r#"{{"startInfo": {{"ReleaseName": "{release}", "Strategy": "ModernJobsCount", "JobsCount": {count}}}}}"#
        )
    };
    let request = |name: &str, folder: &str, body: &str| {
        json!({ "name": name, "event": [{ "listen": "test" }], "request": { "method": "POST",
            "header": [{ "key": "X-UIPATH-FolderPath", "value": folder }, { "key": "X-Old", "value": "x", "disabled": true }],
            "body": { "mode": "raw", "raw": body },
            "url": "{{url}}/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs" } })
    };
    let collection = json!({
        "info": { "name": "Nightly" },
        "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "f00dfacef00dface" }] },
        "variable": [{ "key": "count", "value": "4" }, { "key": "apiToken", "value": "hunter2hunter2" }],
        "item": [
            { "name": "1. Login", "request": { "method": "POST", "url": "{{url}}/connect/token" } },
            { "name": "jobs", "item": [
                request("Load", "Finance/AP", &body("Invoice Loader", "{{count}}")),
                request("Load", "Finance", &body("Archiver", "2")),
            ] },
        ],
    });
    let ended = imported(&collection.to_string());
    expect![[r#"
        exit 0
        --- stdout
        # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
        #
        # Imported from a Postman collection. Look it over, then: sortie validate FILE, sortie plan FILE
        #
        # Where to connect stands in a profile, not here (`sortie help connection`). The request went to:
        #   url {{url}}
        #
        # What to know:
        # - the login (`auth`, bearer) was left out: it belongs into a profile
        # - scripts (before a request, or tests behind it) were left out
        # - 1 request that is no StartJobs call was left out
        version: 1
        name: imported # the batch's identity: keep it when you rename the file
        params: # given when it is run: `--param NAME=VALUE`
          count: { type: integer, default: 4 }
        jobs:
          # Load
          load:
            folder: Finance/AP
            release: Invoice Loader # the process's name, as Orchestrator shows it
            strategy: ModernJobsCount
            count: "${{ params.count }}"
          # Load
          load-2:
            folder: Finance
            release: Archiver # the process's name, as Orchestrator shows it
            strategy: ModernJobsCount
            count: 2
        --- stderr
        note: the login (`auth`, bearer) was left out: it belongs into a profile
        note: scripts (before a request, or tests behind it) were left out
        note: 1 request that is no StartJobs call was left out
        next: sortie plan FILE
    "#]].assert_eq(&ended.shown());
    assert!(!ended.shown().contains("hunter2") && !ended.shown().contains("f00dface"));
}

#[test]
fn a_trigger_becomes_a_schedule() {
    let trigger = json!({ "value": [{
        "Enabled": true, "Name": "Night load", "ReleaseId": 12, "ReleaseKey": "5b754c63-5d1a-4c37-bb9b-74b69e4934bf",
        "ReleaseName": "Invoice Loader", "JobPriority": "High", "RuntimeType": "Unattended", "StartStrategy": 2,
        "StartProcessCron": "0 30 2 ? * MON-FRI *", "StartProcessCronDetails": "{\"type\":5}", "TimeZoneId": "W. Europe Standard Time",
        "TimeZoneIana": "Europe/Berlin", "UseCalendar": true, "CalendarId": 4, "StopProcessExpression": "7200", "StopStrategy": "SoftStop",
        "KillProcessExpression": "60", "InputArguments": "{\"region\":\"emea\"}", "Id": 7, "ExternalJobKey": "x",
    }] });
    let ended = imported(&trigger.to_string());
    expect![[r#"
        exit 0
        --- stdout
        # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
        #
        # Imported from a trigger of Orchestrator. Look it over, then: sortie validate FILE, sortie plan FILE
        #
        # What to know:
        # - its calendar of days without a start was left out: let your scheduler skip them
        # - switch the trigger off in Orchestrator before your scheduler calls sortie: else both start the robot jobs
        # - the trigger's cron `0 30 2 ? * MON-FRI *` means: At 02:30, on Monday, Tuesday, Wednesday, Thursday, and
        #   Friday. A line for cron: `30 2 * * 1-5 sortie run FILE -q`
        # - it does not fire on every day: sortie will name the days between as missed slots
        version: 1
        name: night-load # the batch's identity: keep it when you rename the file
        # folder: Finance/AP # without one, the folder of the profile counts
        schedule: # two starts for one slot are one run
          slot: 1d
          zone: Europe/Berlin
        jobs:
          # Night load
          night-load:
            release: "5b754c63-5d1a-4c37-bb9b-74b69e4934bf" # the process's key; its name would do, too
            strategy: ModernJobsCount
            count: 2
            runtime: Unattended
            priority: High
            stop: { after: 7200s, strategy: SoftStop, kill-after: 60s }
            arguments: # by name; sent as JSON text
              region: emea
        --- stderr
        note: its calendar of days without a start was left out: let your scheduler skip them
        note: switch the trigger off in Orchestrator before your scheduler calls sortie: else both start the robot jobs
        note: the trigger's cron `0 30 2 ? * MON-FRI *` means: At 02:30, on Monday, Tuesday, Wednesday, Thursday, and Friday. A line for cron: `30 2 * * 1-5  sortie run FILE -q`
        note: it does not fire on every day: sortie will name the days between as missed slots
        next: sortie plan FILE
    "#]].assert_eq(&ended.shown());
    let body = planned(&ended.stdout, "--logical-time 2026-01-31T00:00:00Z").body;
    assert_eq!(
        body["startInfo"],
        json!({
            "ReleaseKey": "5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "Strategy": "ModernJobsCount", "JobsCount": 2, "RuntimeType": "Unattended",
            "JobPriority": "High", "StopProcessExpression": "7200", "StopStrategy": "SoftStop", "KillProcessExpression": "60",
            "InputArguments": { "region": "emea" },
        })
    );
}

#[test]
fn triggers_that_fire_at_different_times_share_no_schedule() {
    let trigger = |name: &str, cron: &str| json!({ "Name": name, "ReleaseName": name, "StartStrategy": 1, "StartProcessCron": cron });
    let ended = imported(&json!([trigger("a", "0 0 2 ? * *"), trigger("b", "0 0 3 L * ?")]).to_string());
    assert!(!ended.stdout.contains("\nschedule:"), "{}", ended.shown());
    assert!(ended.stderr.contains("the triggers fire at different times"), "{}", ended.shown());
    let one = imported(&trigger("b", "0 0 3 L * ?").to_string());
    assert!(one.stderr.contains("means: At 03:00, on the last day of the month"), "{}", one.shown());
    assert!(one.stderr.contains("it fires on single days"), "{}", one.shown());
}
