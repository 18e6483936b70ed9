//! Bodies and curl commands as people write them: each becomes a manifest that sends the same.

use serde_json::{Value, json};

use super::{imported, planned};
use crate::cli::Program;

const KEY: &str = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";
const CALL: &str =
    "https://cloud.uipath.com/acme/prod/orchestrator_/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";

#[track_caller]
fn check(text: &str, flags: &str, expected: &Value) {
    let manifest = imported(text).stdout;
    let request = planned(&manifest, flags);
    assert_eq!(request.body["startInfo"], *expected, "{text}\n{manifest}");
}

#[test]
fn bodies() {
    let modern = json!({ "ReleaseKey": KEY, "Strategy": "ModernJobsCount", "JobsCount": 1 });
    // No strategy, as the vendor's SDK sends it.
    check(&format!(r#"{{"startInfo": {{"ReleaseKey": "{KEY}"}}}}"#), "", &modern);
    // camelCase, and nothing around it.
    check(
        &format!(r#"{{"releaseKey": "{KEY}", "strategy": "modernjobscount", "jobsCount": "1", "inputArguments": ""}}"#),
        "",
        &modern,
    );
    // As a page shows it, with nulls and empty lists.
    check(
        &format!(
            "```json\n{{\n  \"startInfo\": {{ \"ReleaseKey\": \"{KEY}\", \"Strategy\": \"ModernJobsCount\", \"JobsCount\": 1,\n    \"RobotIds\": [], \"NoOfRobots\": 0, \"JobPriority\": null }}\n}}\n```"
        ),
        "",
        &modern,
    );
    // Arguments as an object, where the API wants text.
    check(
        &format!(
            r#"{{"startInfo": {{"ReleaseKey": "{KEY}", "Strategy": "All", "InputArguments": {{"a": 1, "b": [true, null]}}}}}}"#
        ),
        "",
        &json!({ "ReleaseKey": KEY, "Strategy": "All", "InputArguments": { "a": 1, "b": [true, null] } }),
    );
    // Everything at once.
    check(
        &json!({ "startInfo": {
            "ReleaseName": "Invoice Loader", "Strategy": "ModernJobsCount", "JobsCount": 2, "RobotIds": [7, 8], "RuntimeType": "unattended",
            "SpecificPriorityValue": 65, "MachineSessionIds": [70031], "EnvironmentVariables": "REGION=emea\nSIZE=5", "Source": "Manual",
            "EntryPointPath": "main.xaml", "RunAsMe": false, "StopProcessExpression": "3600", "Reference": "payroll", "Made": "up",
            "InputArguments": "{\"text\": \"{{ not ours }} ${{ 1 }} $HOME\", \"deep\": {\"a\": [1, {\"b\": \"\\u0007\"}]}}",
        } })
        .to_string(),
        "--param not_ours=x",
        &json!({
            "ReleaseName": "Invoice Loader", "Strategy": "ModernJobsCount", "JobsCount": 2, "RobotIds": [7, 8], "RuntimeType": "Unattended",
            "SpecificPriorityValue": 65, "MachineSessionIds": [70031], "EnvironmentVariables": "REGION=emea\nSIZE=5", "Source": "Manual",
            "EntryPointPath": "main.xaml", "RunAsMe": false, "StopProcessExpression": "3600", "Reference": "payroll ",
            "InputArguments": { "text": "x ${{ 1 }} $HOME", "deep": { "a": [1, { "b": "\u{7}" }] } },
        }),
    );
}

#[test]
fn curl_commands() {
    let modern = json!({ "ReleaseKey": KEY, "Strategy": "ModernJobsCount", "JobsCount": 3 });
    let body = format!(r#"{{"startInfo":{{"ReleaseKey":"{KEY}","Strategy":"ModernJobsCount","JobsCount":3}}}}"#);
    let escaped = body.replace('"', "\\\"");
    // As Postman writes it.
    check(
        &format!(
            "curl --location '{CALL}' \\\n--header 'X-UIPATH-OrganizationUnitId: 7' \\\n--header 'Content-Type: application/json' \\\n--data '{body}'"
        ),
        "",
        &modern,
    );
    // As a browser copies it, for bash and for Windows.
    check(&format!("curl '{CALL}' -H 'sec-ch-ua: x' --data-raw $'{body}' --compressed"), "", &modern);
    let carets = body.replace('"', "^\\^\"").replace('{', "^{").replace('}', "^}");
    check(
        &format!("curl ^\"{CALL}^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  --data-raw ^\"{carets}^\""),
        "",
        &modern,
    );
    // In double quotes, with a prompt, a pipe, and options run together.
    check(&format!("$ curl -sSkXPOST \"{CALL}\" -d \"{escaped}\" | jq ."), "", &modern);
    // Of PowerShell.
    check(
        &format!("curl.exe -X POST '{CALL}' `\r\n  -H 'Content-Type: application/json' `\r\n  -d '{body}'"),
        "",
        &modern,
    );
    // Of a script.
    let of_script = format!(
        "curl -s -X POST \"$ORCH/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs\" -H \"Authorization: Bearer ${{TOKEN}}\" -H \"X-UIPATH-OrganizationUnitId: $FOLDER_ID\" --json \"{}\"",
        escaped.replace(KEY, "$RELEASE_KEY").replace(":3", ":$COUNT")
    );
    check(&of_script, "", &modern);
    let manifest = imported(&of_script).stdout;
    assert_eq!(planned(&manifest, "").headers["x-uipath-organizationunitid"], "7", "{manifest}");
}

#[test]
fn folders_are_named_in_each_way() {
    let header =
        |header: &str| format!("curl {CALL} -H '{header}' -d '{{\"startInfo\":{{\"ReleaseKey\":\"{KEY}\"}}}}'");
    for (text, name, value) in [
        ("X-UIPATH-FolderPath: Finance/AP 1", "x-uipath-folderpath", "Finance/AP 1"),
        ("X-UIPATH-FolderPath-Encoded: QgD8AHIAbwA=", "x-uipath-folderpath-encoded", "QgD8AHIAbwA="),
        (
            "x-uipath-folderkey: 4f0e6d0c-8c1a-4c6b-9d7e-1a2b3c4d5e6f",
            "x-uipath-folderkey",
            "4f0e6d0c-8c1a-4c6b-9d7e-1a2b3c4d5e6f",
        ),
        ("X-UIPATH-OrganizationUnitId: 12", "x-uipath-organizationunitid", "12"),
    ] {
        let manifest = imported(&header(text)).stdout;
        assert_eq!(planned(&manifest, "").headers[name], value, "{manifest}");
    }
    let ended = imported(&header("X-UIPATH-OrganizationUnitId: twelve"));
    assert!(ended.stderr.contains("the header of the folder is neither"), "{}", ended.shown());
}

#[test]
fn a_body_in_a_file_is_read() {
    let command = format!("curl -X POST {CALL} -d @body.json");
    let body = format!(r#"{{"startInfo": {{"ReleaseKey": "{KEY}", "Strategy": "All"}}}}"#);
    let ended = Program::sortie("import").stdin(&command).file("body.json", &body).run();
    assert_eq!(planned(&ended.stdout, "").body["startInfo"], json!({ "ReleaseKey": KEY, "Strategy": "All" }));
    let ended = Program::sortie("import").stdin(&command).run();
    expect_test::expect![[r#"
        exit 3
        --- stderr
        error: the body is in a file that cannot be read: `body.json` is not there
          help: type `sortie import` where the file is, or import the file itself
    "#]]
    .assert_eq(&ended.shown());
}

#[test]
fn a_body_on_stdin_in_escapes_of_power_shell_or_with_variables_between_quotes() {
    let all = json!({ "ReleaseKey": KEY, "Strategy": "All" });
    let body = format!(r#"{{"startInfo": {{"ReleaseKey": "{KEY}", "Strategy": "All"}}}}"#);
    check(&format!("curl -X POST {CALL} -H 'Content-Type: application/json' -d @- <<'EOF'\n{body}\nEOF\n"), "", &all);
    check(&format!("curl -X POST {CALL} --data @- <<-END -s\n\t{body}\n\tEND\necho done"), "", &all);
    let escaped = body.replace('"', "`\"");
    check(&format!("curl.exe -X POST \"{CALL}\" `\r\n -d \"{escaped}\""), "", &all);
    let spliced = format!(
        r#"curl -X POST {CALL} -d '{{"startInfo": {{"ReleaseKey": "{KEY}", "Strategy": "All", "InputArguments": "{{\"i\": '$i'}}"}}}}'"#
    );
    let ended = imported(&spliced);
    assert!(ended.stdout.contains("env.i | fromjson"), "{}", ended.shown());
    assert!(ended.stdout.contains("`$i` is taken for a variable of the shell"), "{}", ended.shown());
}

#[test]
fn what_postman_makes_itself_is_said() {
    let body =
        format!(r#"{{"startInfo": {{"ReleaseKey": "{KEY}", "InputArguments": "{{\"id\": \"{{{{$guid}}}}\"}}"}}}}"#);
    let item = json!({ "name": "x", "request": { "url": CALL, "body": { "raw": body } } });
    let ended = imported(&item.to_string());
    assert!(ended.stderr.contains("`{{$guid}}` is made anew by Postman each time"), "{}", ended.shown());
}

#[test]
fn secrets_of_more_forms_are_left_out() {
    for (name, value) in [
        ("storage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=bm90LWEta2V5MQ==;EndpointSuffix=x"),
        ("blob", "https://a.blob.core.windows.net/c/b?sv=2022&sig=bm90LWEta2V5MQ%3D"),
        ("link", "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcdef&X-Amz-Expires=60"),
        ("notify", "https://hooks.slack.com/services/T000/B000/abc123"),
        ("pay", "sk_live_0123456789abcdef"),
        ("maps", "AIzaSyA0123456789abcdefghijklmnopqrstuv"),
        ("userPass", "hunter-two"),
        ("otp", "hunter-two"),
        ("note", "send Authorization: Bearer abc123def456 with it"),
    ] {
        let arguments = json!({ name: value }).to_string();
        let ended = imported(&json!({ "startInfo": { "ReleaseKey": KEY, "InputArguments": arguments } }).to_string());
        assert!(ended.shown().starts_with("exit 0") && !ended.shown().contains(value), "{name}: {}", ended.shown());
        assert!(ended.stdout.contains("${{ secrets."), "{name}: {}", ended.shown());
    }
    let pairs = json!({ "list": [{ "Name": "Password", "Value": "hunter-two" }] }).to_string();
    let ended = imported(&json!({ "startInfo": { "ReleaseKey": KEY, "InputArguments": pairs } }).to_string());
    assert!(
        !ended.shown().contains("hunter-two") && ended.stdout.contains("${{ secrets.Password }}"),
        "{}",
        ended.shown()
    );
}
