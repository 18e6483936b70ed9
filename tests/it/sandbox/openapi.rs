//! Every answer of the sandbox against the published schema of its operation.
//!
//! The schemas are turned into JSON Schema here: `required` stays, any other property may be null, and a property
//! that the schema does not name is an error unless it is one of OData's own.

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

    fn complete(&self, schema: &Value) -> Value {
        let mut schema = converted(schema);
        let schemas = self.0["components"]["schemas"].as_object().unwrap();
        let defs: Map<_, _> = schemas.iter().map(|(name, schema)| (name.clone(), converted(schema))).collect();
        schema["$defs"] = Value::Object(defs);
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

#[tokio::test]
async fn a_faulted_job_and_one_found_by_key_have_the_published_shape() {
    use sortie::sandbox::world::{End, Folder, Life, Release, World};
    let definition = Definition::read();
    let life = Life::of(std::time::Duration::ZERO, std::time::Duration::ZERO, End::Faulted);
    let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A").life(life));
    let stand = Stand::with(&world, sortie::sandbox::Options::default());
    stand.start_in_7(json!({"ReleaseName": "R"})).await;
    let key = stand.sandbox.jobs()[0].key;
    let target = format!("/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={key})");
    let (_, job) = stand.get_in_7(&target).await;
    assert_eq!((&job["State"], &job["JobError"]["category"]), (&json!("Faulted"), &json!("User")));
    let schema = definition.complete(&json!({"$ref": "#/components/schemas/JobDto"}));
    assert_valid("GetByKey", &schema, &job);
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
        "client_secret" => stand.sandbox.client_secret().expose().to_owned(),
        "grant_type" => "client_credentials".to_owned(),
        other => panic!("{other} is new"),
    };
    let names = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let form: Vec<_> = names.map(|name| (name, value(name))).collect();
    let request = stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form);
    assert_eq!(answer(request).await.0, 200);
}
