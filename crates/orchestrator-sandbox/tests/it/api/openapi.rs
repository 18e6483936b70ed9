//! Every answer of the sandbox against the published schema of its operation.
//!
//! The schemas are turned into JSON Schema here: `required` stays, any other property may be null, and a property
//! that the schema does not name is an error unless it is one of OData's own, or `BlobFileAccess` of an attachment,
//! which the official clients read.

use serde_json::{Map, Value, json};

use super::{INVOICES, START_JOBS, Stand, answer};

const DEFINITION: &str = include_str!("../../openapi/openapi-launch.yaml");

struct Definition(Value);

impl Definition {
    fn read() -> Self {
        let options = serde_yaml::options! { strict_booleans: true };
        Self(serde_yaml::from_str_with_options(DEFINITION, options).unwrap())
    }

    /// The schema of an operation's answer, complete in itself.
    fn answer_of(&self, method: &str, path: &str, status: u16) -> Value {
        let pointer = format!("/paths/{}/{method}/responses/{status}/content", path.replace('/', "~1"));
        let content = self.0.pointer(&pointer).unwrap_or_else(|| panic!("{pointer} is not declared"));
        let schema = &content.as_object().unwrap().values().next().unwrap()["schema"];
        self.complete(schema)
    }

    /// Every path and method.
    fn operations(&self) -> Vec<(String, String)> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let of_path = |(path, item): (&String, &Value)| -> Vec<(String, String)> {
            item.as_object().unwrap().keys().map(|method| (path.clone(), method.to_uppercase())).collect()
        };
        paths.flat_map(of_path).collect()
    }

    fn complete(&self, schema: &Value) -> Value {
        let mut schema = converted(schema);
        let schemas = self.0["components"]["schemas"].as_object().unwrap();
        let defs = schemas.iter().map(|(name, schema)| {
            let mut schema = self.merged(schema);
            if name == "AttachmentDto" {
                schema["properties"]["BlobFileAccess"] = json!({"$ref": "#/components/schemas/BlobFileAccessDto"});
            }
            (name.clone(), converted(&schema))
        });
        let defs: Map<_, _> = defs.collect();
        schema["$defs"] = Value::Object(defs);
        schema
    }

    /// The schema with the properties of those that it extends.
    fn merged(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        let parts = schema.as_object_mut().unwrap().remove("allOf").unwrap_or(json!([]));
        for part in parts.as_array().unwrap() {
            let name = part["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let part = self.merged(&self.0["components"]["schemas"][name]);
            for (name, property) in part["properties"].as_object().unwrap() {
                schema["properties"][name] = property.clone();
            }
        }
        schema
    }
}

fn converted(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { panic!("not a schema: {schema}") };
    if let Some(reference) = schema.get("$ref") {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        return json!({ "$ref": format!("#/$defs/{name}") });
    }
    let mut out = Map::new();
    for key in ["type", "enum", "format", "maxLength", "minLength", "maximum", "minimum", "required"] {
        if let Some(value) = schema.get(key) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(items) = schema.get("items") {
        out.insert("items".to_owned(), converted(items));
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let required: Vec<_> = schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        let properties = properties.iter().map(|(name, property)| {
            let property = converted(property);
            let is_required = required.iter().any(|required| *required == name);
            (name.clone(), if is_required { property } else { json!({"anyOf": [property, {"type": "null"}]}) })
        });
        out.insert("properties".to_owned(), Value::Object(properties.collect()));
        out.insert("patternProperties".to_owned(), json!({"^@odata\\.(context|count)$": true}));
        out.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(out)
}

#[track_caller]
fn assert_valid(case: &str, schema: &Value, body: &Value) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{case}:\n{}\nin {body}", errors.join("\n"));
}

#[tokio::test]
async fn every_answer_has_the_published_shape() {
    let definition = Definition::read();
    let stand = Stand::new();
    let start = json!({
        "ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553, 1554], "Reference": "r",
        "InputArguments": "{}", "RuntimeType": "Unattended", "JobPriority": "Low", "RemoteControlAccess": "Full",
        "ResumeOnSameContext": true, "RequiresUserInteraction": false, "TraceId": "t", "EntryPointPath": "main.xaml",
    });
    let (status, started) = stand.start_in_7(start).await;
    assert_eq!(status, 201, "{started}");
    assert_valid("StartJobs", &definition.answer_of("post", START_JOBS, 201), &started);

    let odata = "UiPath.Server.Configuration.OData";
    let cases = [
        ("/odata/Jobs".to_owned(), "/odata/Jobs".to_owned()),
        ("/odata/Jobs?$expand=Robot,Release,Machine".to_owned(), "/odata/Jobs".to_owned()),
        ("/odata/Jobs?$select=Id,State&$count=true".to_owned(), "/odata/Jobs".to_owned()),
        ("/odata/Jobs(160856)".to_owned(), "/odata/Jobs({key})".to_owned()),
        ("/odata/Releases".to_owned(), "/odata/Releases".to_owned()),
        ("/odata/Releases(1)".to_owned(), "/odata/Releases({key})".to_owned()),
        ("/odata/Releases?$expand=CurrentVersion".to_owned(), "/odata/Releases".to_owned()),
        ("/odata/Robots".to_owned(), "/odata/Robots".to_owned()),
        ("/odata/Robots(1553)".to_owned(), "/odata/Robots({key})".to_owned()),
        (format!("/odata/Robots/{odata}.GetConfiguredRobots"), format!("/odata/Robots/{odata}.GetConfiguredRobots")),
        (
            format!("/odata/Robots/{odata}.GetRobotsFromFolder(folderId=7)"),
            format!("/odata/Robots/{odata}.GetRobotsFromFolder(folderId={{folderId}})"),
        ),
        ("/odata/Folders".to_owned(), "/odata/Folders".to_owned()),
        ("/odata/Folders(7)".to_owned(), "/odata/Folders({key})".to_owned()),
        (
            format!("/odata/Folders/{odata}.GetByKey(identifier={})", super::FINANCE_AP),
            format!("/odata/Folders/{odata}.GetByKey(identifier={{identifier}})"),
        ),
        ("/api/Folders/GetAllForCurrentUser?take=100".to_owned(), "/api/Folders/GetAllForCurrentUser".to_owned()),
    ];
    let more = [
        ("/api/FoldersNavigation/GetAllFoldersForCurrentUser", ""),
        ("/api/FoldersNavigation/GetFoldersForCurrentUser", "?searchText=A"),
        ("/odata/Machines", ""),
        ("/odata/Machines({key})", "31"),
        ("/odata/Machines/{odata}.GetAssignedMachines(folderId={folderId})", "7"),
        ("/odata/Machines/{odata}.GetRuntimesForFolder(folderId={folderId})", "7"),
        ("/odata/Folders/{odata}.GetMachinesForFolder(key={key})", "7"),
        ("/odata/Sessions", ""),
        ("/odata/Sessions/{odata}.GetGlobalSessions", ""),
        ("/odata/Sessions/{odata}.GetMachineSessions(key={key})", "31"),
        ("/odata/Sessions/{odata}.GetMachineSessionRuntimes", ""),
        ("/odata/Sessions/{odata}.GetMachineSessionRuntimesByFolderId(folderId={folderId})", "7"),
        ("/odata/Robots/{odata}.FindAllAcrossFolders", "?$expand=User"),
        ("/odata/Robots/{odata}.GetRobotsForProcess(processId='{processId}')", "1"),
        ("/odata/Processes/{odata}.GetArguments(key='{key}')", "Invoice_Loader:1.0.0"),
        ("/odata/Attachments", ""),
        ("/odata/Buckets", ""),
        ("/odata/Buckets/{odata}.GetBucketsAcrossFolders", ""),
    ];
    let cases: Vec<(String, String)> =
        cases.into_iter().chain(more.map(|(path, value)| spelled(path, value))).collect();
    // Pending, running, final: another shape each.
    for seconds in [0, 30, 60] {
        stand.clock.advance(std::time::Duration::from_secs(seconds));
        for (target, path) in &cases {
            let (status, body) = stand.get_in_7(target).await;
            assert_eq!(status, 200, "{target}: {body}");
            assert_valid(target, &definition.answer_of("get", path, 200), &body);
        }
    }
}

/// A request's target, and its path in the definition; `value` stands for the path's parameter, or is a query.
fn spelled(path: &str, value: &str) -> (String, String) {
    let path = path.replace("{odata}", "UiPath.Server.Configuration.OData");
    let target = match (path.find('{'), path.find('}')) {
        (Some(start), Some(end)) => format!("{}{value}{}", &path[..start], &path[end + 1..]),
        _ => format!("{path}{value}"),
    };
    (target, path)
}

#[tokio::test]
async fn every_action_answers_in_the_published_shape() {
    let definition = Definition::read();
    let stand = Stand::new();
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 2})).await;
    stand.clock.advance(std::time::Duration::from_secs(70));
    let key = stand.sandbox.jobs()[0].key;
    let jobs = "/odata/Jobs/UiPath.Server.Configuration.OData";
    let start = json!({"startInfo": {"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1]}});
    let items = json!({"queueName": "Invoices", "commitType": "ProcessAllIndependently",
                       "queueItems": [{"Reference": "a"}, {"Reference": "a"}]});
    let cases = [
        (format!("{jobs}.ValidateDynamicJob"), start, 200),
        (format!("{jobs}.RestartJob"), json!({"jobId": 160_856}), 200),
        ("/odata/Attachments".to_owned(), json!({"Name": "a"}), 201),
        ("/odata/Queues/UiPathODataSvc.AddQueueItem".to_owned(), json!({"itemData": {"Name": "Invoices"}}), 201),
        ("/odata/Queues/UiPathODataSvc.BulkAddQueueItems".to_owned(), items, 200),
    ];
    for (path, body, expected) in cases {
        let (status, answered) = stand.post_in_7(&path, &body).await;
        assert_eq!(status, expected, "{path}: {answered}");
        assert_valid(&path, &definition.answer_of("post", &path, expected), &answered);
    }
    let of_job = "/odata/Jobs({key})/UiPath.Server.Configuration.OData.ValidateExistingJob";
    let (_, answered) = stand.post_in_7(&of_job.replace("{key}", "160856"), &json!(null)).await;
    assert_valid(of_job, &definition.answer_of("post", of_job, 200), &answered);
    let write = "/odata/Buckets({key})/UiPath.Server.Configuration.OData.GetWriteUri";
    let (_, answered) = stand.get_in_7(&(write.replace("{key}", "5") + "?path=a.txt")).await;
    assert_valid(write, &definition.answer_of("get", write, 200), &answered);
    let id = "/odata/Attachments({key})";
    let (_, list) = stand.get_in_7("/odata/Attachments").await;
    let (_, answered) = stand.get_in_7(&id.replace("{key}", list["value"][0]["Id"].as_str().unwrap())).await;
    assert_valid(id, &definition.answer_of("get", id, 200), &answered);
    assert!(answered["BlobFileAccess"]["Uri"].is_string(), "{answered}");
    // A job that cannot be resumed is refused, and the schema of one that can is that of any job.
    let resume = json!({"jobKey": key});
    assert_eq!(stand.post_in_7(&format!("{jobs}.ResumeJob"), &resume).await.0, 409);
}

#[tokio::test]
async fn every_operation_of_the_definition_is_served() {
    let stand = Stand::new();
    let mut unserved = Vec::new();
    let operations = Definition::read().operations();
    assert_eq!(operations.len(), 47);
    for (path, method) in operations {
        let value = |name: &str| match name {
            "identifier" => super::FINANCE_AP.to_string(),
            _ if path.contains("/Attachments") => super::FINANCE_AP.to_string(),
            _ => "7".to_owned(),
        };
        let mut target = path.clone();
        while let (Some(start), Some(end)) = (target.find('{'), target.find('}')) {
            target = format!("{}{}{}", &target[..start], value(&target[start + 1..end]), &target[end + 1..]);
        }
        let request = stand.http.request(method.parse().unwrap(), format!("{}{target}", stand.sandbox.url()));
        let request = request.bearer_auth(stand.sandbox.token()).header("X-UIPATH-OrganizationUnitId", 7);
        let (status, body) = answer(request.json(&json!({}))).await;
        // An operation that is there may refuse this, but in words.
        if status == 405 || (status == 404 && body.is_null()) || status >= 500 {
            unserved.push(format!("{method} {path}: {status}"));
        }
    }
    assert_eq!(unserved, Vec::<String>::new());
}

#[tokio::test]
async fn a_faulted_job_and_one_found_by_key_have_the_published_shape() {
    use orchestrator_sandbox::world::{End, Folder, Life, Release, World};
    let definition = Definition::read();
    let life = Life::of(std::time::Duration::ZERO, std::time::Duration::ZERO, End::Faulted);
    let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A").life(life));
    let stand = Stand::with(&world, orchestrator_sandbox::Options::default());
    stand.start_in_7(json!({"ReleaseName": "R"})).await;
    let key = stand.sandbox.jobs()[0].key;
    let target = format!("/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={key})");
    let (_, job) = stand.get_in_7(&target).await;
    assert_eq!((&job["State"], &job["JobError"]["category"]), (&json!("Faulted"), &json!("User")));
    let schema = definition.complete(&json!({"$ref": "#/components/schemas/JobDto"}));
    assert_valid("GetByKey", &schema, &job);
}

#[tokio::test]
async fn every_wording_of_a_fault_and_what_a_suspended_job_waits_for_have_the_published_shape() {
    use orchestrator_sandbox::world::{
        End, Folder, JobFault, JobFaultClass, Life, Release, TriggerType, WaitsFor, World,
    };
    let definition = Definition::read();
    let at_once = |end| Life::of(std::time::Duration::ZERO, std::time::Duration::ZERO, end);
    let faults = JobFaultClass::ALL.map(JobFault::of);
    let waits_for =
        Some(WaitsFor { r#type: TriggerType::QueueItem, item: Some("Approvals".to_owned()), message: None });
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .release(Release::named("F").folder("A").life(at_once(End::Faulted).faulting(faults)))
        .release(Release::named("S").folder("A").life(Life { waits_for, ..at_once(End::Suspended) }));
    let stand = Stand::with(&world, orchestrator_sandbox::Options::default());
    stand.start_in_7(json!({"ReleaseName": "F", "JobsCount": 70})).await;
    stand.start_in_7(json!({"ReleaseName": "S"})).await;
    let (_, jobs) = stand.get_in_7("/odata/Jobs").await;
    assert_valid("Jobs", &definition.answer_of("get", "/odata/Jobs", 200), &jobs);

    let path = "/odata/JobTriggers/UiPath.Server.Configuration.OData.GetWithWaitEvents(jobId={jobId})";
    for (job, expected) in [("160926", json!(["QueueItem"])), ("160856", json!([]))] {
        let (status, events) = stand.get_in_7(&path.replace("{jobId}", job)).await;
        assert_eq!((status, json!(super::each(&events, "TriggerType"))), (200, expected), "{events}");
        assert_valid(path, &definition.answer_of("get", path, 200), &events);
    }
}

#[tokio::test]
async fn what_robots_logged_has_the_published_shape() {
    use orchestrator_sandbox::world::{End, Folder, Life, Release, RobotLogLevel, RobotLogLine, World};
    let at_once = |end| Life::of(std::time::Duration::ZERO, std::time::Duration::ZERO, end);
    let line = |level, message: &str| RobotLogLine { level, message: message.to_owned() };
    let logs = vec![line(RobotLogLevel::Info, "begins"), line(RobotLogLevel::Error, "no \u{1b}[31mwindow")];
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .release(Release::named("F").folder("A").life(Life { logs: logs.clone(), ..at_once(End::Faulted) }))
        .release(Release::named("G").folder("A").life(Life { logs, ..at_once(End::Successful) }));
    let stand = Stand::with(&world, orchestrator_sandbox::Options::default());
    stand.start_in_7(json!({"ReleaseName": "F"})).await;
    stand.start_in_7(json!({"ReleaseName": "G"})).await;
    let key = stand.sandbox.jobs()[0].key;
    let filter = format!("$filter=JobKey%20eq%20{key}%20and%20(Level%20eq%20'Error'%20or%20Level%20eq%20'Fatal')");
    let target = format!("/odata/RobotLogs?{filter}&$orderby=TimeStamp%20desc&$top=20");
    for (target, messages) in [
        (target.as_str(), json!(["no \u{1b}[31mwindow"])),
        ("/odata/RobotLogs?$orderby=TimeStamp", json!(["begins", "no \u{1b}[31mwindow"])),
    ] {
        let (status, lines) = stand.get_in_7(target).await;
        assert_eq!((status, json!(super::each(&lines, "Message"))), (200, messages), "{lines}");
        assert_valid(target, &Definition::read().answer_of("get", "/odata/RobotLogs", 200), &lines);
    }
}

#[tokio::test]
async fn the_schemas_can_refuse() {
    let definition = Definition::read();
    let schema = definition.answer_of("get", "/odata/Jobs", 200);
    let refuses = |body: Value| !jsonschema::validator_for(&schema).unwrap().is_valid(&body);
    assert!(refuses(json!({"value": [{"State": "Done"}]})));
    assert!(refuses(json!({"value": [{"Id": "1"}]})));
    assert!(refuses(json!({"value": [{"Unheard": 1}]})));
    assert!(!refuses(json!({"@odata.context": "", "value": [{"Id": 1, "EndTime": null}]})));
}

#[tokio::test]
async fn the_token_endpoint_takes_what_its_definition_requires() {
    let text = include_str!("../../openapi/identity.token.yaml");
    let definition: Value = serde_yaml::from_str(text).unwrap();
    let schema = &definition["paths"]["/connect/token"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
        ["schema"];
    let stand = Stand::new();
    let value = |name: &str| match name {
        "client_id" => stand.sandbox.client_id().to_owned(),
        "client_secret" => stand.sandbox.client_secret().to_owned(),
        "grant_type" => "client_credentials".to_owned(),
        other => panic!("{other} is new"),
    };
    let names = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let form: Vec<_> = names.map(|name| (name, value(name))).collect();
    let request = stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form);
    assert_eq!(answer(request).await.0, 200);
}
