//! What waiting asks of a server, over real sockets: what changed, robot jobs by id, one alone, and that they stop.

use std::sync::Arc;

use sortie::ids::{FolderId, FolderRef, JobId};
use sortie::launch_terms::StopStrategy;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::{ChangeFilter, ChangedJobs, Client, JobPage, JobsById, Server as _, ShownFields};
use sortie::secret::{Redactor, Secret};

use super::wire::{connection, ready_token, still};
use crate::support::raw_server::{RawServer, Reaction, answer, json};

const MISSING: &str = r#"{"message":"Job does not exist.","errorCode":1002,"traceId":"00-1-1-00"}"#;
const FINANCE: FolderRef = FolderRef::Id(FolderId(7));

fn client(server: &RawServer) -> Client {
    Client::new(connection(&server.url(), ready_token(), Arc::new(still()))).unwrap()
}

fn ids(page: &JobPage) -> Vec<i64> {
    page.jobs.iter().map(|listed| listed.job.id.0).collect()
}

#[tokio::test]
async fn what_changed_names_a_folder_or_none_and_is_read_with_its_details() {
    const ROW: &str = r#"{"value":[{"Id":5,"State":"Faulted","EndTime":"2026-01-31T12:00:00Z","SubState":"MANUALLY",
        "OrganizationUnitId":7,"ReleaseVersionId":31,"LastModificationTime":"2026-01-31T12:00:01Z","ErrorCode":"Robot",
        "JobError":{"code":"","title":"No","detail":"open-sesame failed","category":"User","status":0}},
        {"Id":6,"State":"Successful","SubState":" ","JobError":[1],"ReleaseVersionId":null,"OrganizationUnitId":{}}]}"#;
    let server = RawServer::start(|_| json(200, ROW));
    let mut settings = connection(&server.url(), ready_token(), Arc::new(still()));
    settings.redactor = Redactor::default();
    settings.redactor.learn(&Secret::new("open-sesame".to_owned()));
    let client = Client::new(settings).unwrap();
    let since = "2026-01-31T11:59:00Z".parse().unwrap();
    let mut query = ChangedJobs {
        folder: None,
        since: Some(ChangeFilter::Ended(since)),
        from: "2026-01-31T00:00:00Z".to_owned(),
        skip: 0,
        fields: ShownFields::Detailed,
    };
    let page = client.list_changed_jobs(&query, 1000).await.unwrap();
    query.folder = Some(FINANCE);
    client.list_changed_jobs(&query, 1000).await.unwrap();
    let by_id = JobsById { folder: Some(FINANCE), ids: vec![JobId(5), JobId(6)], fields: ShownFields::Few };
    client.list_jobs_by_id(&by_id, 1000).await.unwrap();
    let heard = server.heard();
    let folders: Vec<&str> = heard.iter().map(|heard| heard.header("x-uipath-organizationunitid")).collect();
    assert_eq!(folders, ["", "7", "7"]);
    assert!(
        heard[0].target.starts_with("/odata/Jobs?$filter=EndTime%20ge%202026-01-31T11%3A59%3A00Z%20and%20Creation")
    );
    assert!(heard[2].target.starts_with("/odata/Jobs?$filter=Id%20in%20(5,6)&$orderby=CreationTime,Id&$top=1000"));
    let [faulted, other] = &page.jobs[..] else { panic!("two rows") };
    let error = faulted.error.as_deref().unwrap();
    assert_eq!((error.code.as_deref(), error.category.as_deref()), (Some("Robot"), Some("User")), "ErrorCode fills in");
    assert_eq!(error.detail.as_deref(), Some("*** failed"), "secrets are masked there, too");
    assert_eq!((faulted.sub_state.as_deref(), faulted.folder), (Some("MANUALLY"), Some(FolderId(7))));
    assert_eq!((faulted.job.release_version, faulted.modified.is_some()), (Some(31), true));
    assert_eq!((&other.sub_state, &other.error, other.folder, other.job.release_version), (&None, &None, None, None));
}

#[tokio::test]
async fn a_list_without_a_folder_that_is_refused_is_not_taken_for_a_refused_login() {
    let server =
        RawServer::start(|_| json(400, r#"{"message":"A folder is required for this action.","errorCode":1101}"#));
    let by_id = JobsById { folder: None, ids: vec![JobId(5)], fields: ShownFields::Few };
    let error = client(&server).list_jobs_by_id(&by_id, 1000).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused { error, .. } if error.code == Some(1101)), "{error}");
}

#[tokio::test]
async fn one_robot_job_is_missing_only_where_orchestrator_says_so_and_is_asked_for_once() {
    for (status, body, is_missing) in [
        (404, MISSING, Some(true)),
        (404, "<html><body>no such page</body></html>", None),
        (404, r#"{"message":"Not found"}"#, None),
        (503, "", None),
        (200, r#"{"Id":5,"State":"Running"}"#, Some(false)),
        (200, r#"{"Id":6,"State":"Successful"}"#, None),
        (200, r#"{"value":[]}"#, None),
    ] {
        let server = RawServer::start(move |_| json(status, body));
        let found = client(&server).get_job(&FINANCE, JobId(5)).await;
        assert_eq!(found.ok().map(|found| found.is_none()), is_missing, "{status} {body}");
        let [heard] = &server.heard()[..] else { panic!("{status} {body}: {:?}", server.heard().len()) };
        assert_eq!((heard.method.as_str(), heard.target.as_str()), ("GET", "/odata/Jobs(5)"));
    }
}

#[tokio::test]
async fn those_that_are_over_do_not_keep_the_others_from_being_stopped() {
    const OVER: &str = r#"{"message":"The job is in a final state.","errorCode":1006}"#;
    // All five, then one half, then the other one, of which the first is over.
    let server = RawServer::start(|heard| match heard.number {
        1 | 4 => Reaction::Answer(answer(200, "", "")),
        _ => json(409, OVER),
    });
    let stop = async |ids: std::ops::Range<i64>| {
        let ids: Vec<JobId> = ids.map(JobId).collect();
        client(&server).stop_jobs(&FINANCE, &ids, StopStrategy::Kill).await
    };
    let refused: Vec<JobId> = stop(1..6).await.unwrap().into_iter().map(|(job, _)| job).collect();
    assert_eq!(refused, [JobId(3)]);
    let bodies = server.heard().into_iter().map(|heard| serde_json::from_str(&heard.body).unwrap());
    let (asked, strategies): (Vec<String>, Vec<String>) =
        bodies.map(|body: serde_json::Value| (body["jobIds"].to_string(), body["strategy"].to_string())).unzip();
    assert_eq!(asked, ["[1,2,3,4,5]", "[1,2]", "[3,4,5]", "[3]", "[4,5]"], "the others once each");
    assert_eq!(strategies, [r#""Kill""#; 5]);
    assert!(matches!(&stop(3..4).await.unwrap()[..], [(JobId(3), CallError::Refused { .. })]), "nothing was stopped");
}

#[tokio::test]
async fn what_a_server_does_not_have_is_no_error() {
    let server = RawServer::start(|_| json(404, r#"{"message":"No HTTP resource was found"}"#));
    let client = client(&server);
    assert_eq!(client.validate_job(&FINANCE, JobId(5)).await.unwrap(), None);
    assert_eq!(client.wait_events(&FINANCE, JobId(5)).await.unwrap(), None);
    let paths: Vec<String> =
        server.heard().into_iter().map(|heard| format!("{} {}", heard.method, heard.target)).collect();
    assert_eq!(
        paths,
        [
            "POST /odata/Jobs(5)/UiPath.Server.Configuration.OData.ValidateExistingJob",
            "GET /odata/JobTriggers/UiPath.Server.Configuration.OData.GetWithWaitEvents(jobId=5)"
        ]
    );
}

#[tokio::test]
async fn the_last_errors_of_a_robots_log_are_its_own_masked_and_in_order() {
    const KEY: &str = "b618cdfd-8714-4dbf-9a00-0586a8953c90";
    const LINES: &str = r#"{"value":[
        {"Level":"Fatal","TimeStamp":"2026-01-31T12:00:02Z","Message":"gave up","JobKey":"B618CDFD-8714-4DBF-9A00-0586A8953C90"},
        {"Level":"Info","Message":"a filter that is not carried out","JobKey":"b618cdfd-8714-4dbf-9a00-0586a8953c90"},
        {"Level":"Error","Message":"of another robot job","JobKey":"00000000-0000-0000-0000-000000000001"},
        {"Level":4,"TimeStamp":"2026-01-31T12:00:01Z","Message":"login with open-sesame failed"},
        {"Level":"Error","Message":"  "},{"Level":"Error","Message":null},{}]}"#;
    let server = RawServer::start(|_| json(200, LINES));
    let mut settings = connection(&server.url(), ready_token(), Arc::new(still()));
    settings.redactor = Redactor::default();
    settings.redactor.learn(&Secret::new("open-sesame".to_owned()));
    let key = uuid::Uuid::try_parse(KEY).unwrap();
    let lines = Client::new(settings).unwrap().robot_log(&FINANCE, key).await.unwrap().unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["login with *** failed", "gave up"]);
    assert_eq!(lines[1].at.as_deref(), Some("2026-01-31T12:00:02Z"));
    let heard = &server.heard()[0];
    assert_eq!(heard.header("x-uipath-organizationunitid"), "7");
    let asked = format!("/odata/RobotLogs?$filter=JobKey%20eq%20{KEY}%20and%20(Level%20eq%20%27Error%27%20or");
    assert!(heard.target.starts_with(&asked) && heard.target.contains("$top=20"), "{}", heard.target);
    for (status, is_absent) in [(404, true), (403, false), (500, false)] {
        let server = RawServer::start(move |_| json(status, r#"{"message":"no","errorCode":0}"#));
        let read = client(&server).robot_log(&FINANCE, key).await;
        assert_eq!(matches!(read, Ok(None)), is_absent, "{status}: {read:?}");
        assert_eq!(matches!(read, Err(CallError::Permission { .. })), status == 403, "{status}");
        assert_eq!(server.heard().len(), 1, "{status}: once");
    }
}

#[tokio::test]
async fn why_a_robot_job_does_not_go_on_is_read_leniently() {
    let server = RawServer::start(|heard| {
        json(
            200,
            if heard.method == "POST" {
                r#"{"IsValid":false,"Errors":["no robot",7],"ErrorCodes":["RobotNotFound"]}"#
            } else {
                r#"{"value":[{"TriggerType":"Task","Status":"New","ItemName":"Approve","TriggerMessage":"for INV-7"},{}]}"#
            },
        )
    });
    let client = client(&server);
    let reasons = client.validate_job(&FINANCE, JobId(5)).await.unwrap().unwrap();
    assert_eq!(
        (reasons.is_valid, reasons.errors, reasons.codes),
        (false, vec!["no robot".to_owned()], vec!["RobotNotFound".to_owned()])
    );
    let events = client.wait_events(&FINANCE, JobId(5)).await.unwrap().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!((events[0].kind.as_deref(), events[0].item.as_deref()), (Some("Task"), Some("Approve")));
}

#[cfg(feature = "sandbox")]
mod against_the_sandbox {
    use std::time::Duration;

    use sortie::cli::SandboxClock;
    use sortie::clock::{HandClock, Timestamp};
    use sortie::ids::{LaunchId, Ordinal, Reference, ReleaseKey, RunId};
    use sortie::launch_terms::{AmbiguityPolicy, ExpectedJobs};
    use sortie::orchestrator::auth::Login;
    use sortie::orchestrator::classify::{AnswerClass, PriorAttempts};
    use sortie::resolve::Request;
    use sortie::sandbox::world::{End, Folder, Life, Release};
    use sortie::sandbox::{Options, Sandbox, World};
    use uuid::Uuid;

    use super::*;

    fn noon() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    async fn start(client: &Client, release: Uuid, count: u32) -> Vec<JobId> {
        let launch = LaunchId::from("a");
        let reference = Reference::new(None, RunId::new_at(0, [7; 10]), &launch);
        let body = format!(
            r#"{{"startInfo":{{"ReleaseKey":"{release}","Strategy":"ModernJobsCount","JobsCount":{count},"Reference":"{reference}"}}}}"#
        );
        let request = Request {
            ordinal: Ordinal(0),
            launch,
            folder: FINANCE,
            release: ReleaseKey(release),
            reference,
            expected: ExpectedJobs::Exactly(count),
            on_ambiguous: AmbiguityPolicy::Resend,
            body: body.into(),
        };
        let answer = client.start_jobs(&request, PriorAttempts::default()).await;
        let AnswerClass::Started(jobs) = answer.class else { panic!("{answer:?}") };
        jobs.into_iter().map(|listed| listed.job.id).collect()
    }

    #[tokio::test]
    async fn ends_are_seen_each_way_and_what_runs_can_be_stopped() {
        const SHORT: Uuid = Uuid::from_u128(1);
        const LONG: Uuid = Uuid::from_u128(2);
        let life = |seconds| Life::of(Duration::from_secs(1), Duration::from_secs(seconds), End::Successful);
        let world = World::new()
            .folder(Folder::at("Finance").id(7))
            .release(Release::named("Short").key(SHORT).folder("Finance").life(life(10)))
            .release(Release::named("Long").key(LONG).folder("Finance").life(life(1000)));
        let clock = HandClock::at(noon());
        let sandbox = Sandbox::start(&world, SandboxClock::over(Arc::new(clock.clone())), Options::default()).unwrap();
        let login = Login::Token(Secret::new(sandbox.token().to_owned()));
        let client = Client::new(connection(&sandbox.url(), login, Arc::new(clock.clone()))).unwrap();
        let (short, long) = (start(&client, SHORT, 2).await, start(&client, LONG, 3).await);
        clock.advance(Duration::from_secs(60));
        let since = |filter| ChangedJobs {
            folder: Some(FINANCE),
            since: filter,
            from: noon().to_string(),
            skip: 0,
            fields: ShownFields::Detailed,
        };
        let at = |seconds| noon().checked_add(Duration::from_secs(seconds)).unwrap();
        let changed = async |filter| ids(&client.list_changed_jobs(&since(filter), 1000).await.unwrap());
        let raw = |ids: &[JobId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(changed(None).await.len(), 5);
        assert_eq!(changed(Some(ChangeFilter::Ended(at(5)))).await, raw(&short));
        assert_eq!(changed(Some(ChangeFilter::Ended(at(30)))).await, [0; 0]);
        assert_eq!(changed(Some(ChangeFilter::Modified(at(5)))).await, raw(&short));
        let by_id = JobsById { folder: Some(FINANCE), ids: vec![short[0], long[0]], fields: ShownFields::WithOutput };
        assert_eq!(ids(&client.list_jobs_by_id(&by_id, 1000).await.unwrap()), [short[0].0, long[0].0]);
        let state = async |job| client.get_job(&FINANCE, job).await.unwrap().unwrap().job.state.unwrap();
        assert_eq!((state(short[0]).await.as_str(), state(long[0]).await.as_str()), ("Successful", "Running"));
        assert!(client.get_job(&FINANCE, JobId(1)).await.unwrap().is_none(), "none has this number");

        let all: Vec<JobId> = short.iter().chain(&long).copied().collect();
        client.stop_jobs(&FINANCE, &all, StopStrategy::Kill).await.unwrap();
        clock.advance(Duration::from_secs(60));
        for job in long {
            assert_eq!(state(job).await, "Stopped");
        }
        assert_eq!(state(short[1]).await, "Successful");
    }
}
