//! Our client and our stand-in, each spelled from the published description by itself: a misreading in one fails here.

use std::sync::Arc;

use sortie::clock::SystemClock;
use sortie::ids::{FolderId, FolderRef, LaunchId, Ordinal, Reference, RunId};
use sortie::launch_terms::ExpectedJobs;
use sortie::orchestrator::auth::{ClientCredentials, Login, SecretMethod};
use sortie::orchestrator::base_url::{BaseUrl, IdentityServer};
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope};
use sortie::orchestrator::{Client, Server as _};
use sortie::resolve::{Request, RequiredNames};
use sortie::sandbox::world::{Folder, Release, Robot};
use sortie::sandbox::{Options, Sandbox, World};
use sortie::secret::Secret;
use sortie::spec::ReleaseRef;
use uuid::Uuid;

use crate::client::wire::connection;

const KEY: Uuid = Uuid::from_u128(0xaaaa_aaaa_bbbb_4ccc_8ddd_eeee_eeee_eeee);

struct Pair {
    sandbox: Sandbox,
    client: Client,
}

fn pair() -> Pair {
    let world = World::new()
        .folder(Folder::at("Büro/Köln").id(7).key(KEY))
        .folder(Folder::at("Finance").id(8))
        .release(Release::named("O'Brien & Söhne").folder("Büro/Köln"))
        .release(Release::named("Invoices").folder("Büro/Köln"))
        .robot(Robot::named("ETL-01").id(1553).username("ACME\\etl01").folder("Büro/Köln"))
        .robot(Robot::named("ETL-02").id(1554).folder("Büro/Köln"));
    let clock = Arc::new(sortie::sandbox::clock::SystemClock::new());
    let sandbox = Sandbox::start(&world, clock, Options::default()).unwrap();
    let login = Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&sandbox.identity_url()).unwrap(),
        client_id: sandbox.client_id().to_owned(),
        client_secret: Secret::new(sandbox.client_secret().to_owned()),
        scopes: Vec::new(),
        method: SecretMethod::Form,
    });
    let mut connection = connection(&sandbox.url(), login, Arc::new(SystemClock::new()));
    connection.base = BaseUrl::parse(&sandbox.url()).unwrap();
    connection.tenant = Some("Default".to_owned());
    Pair { client: Client::new(connection).unwrap(), sandbox }
}

fn wanted() -> RequiredNames {
    RequiredNames {
        releases: ["O'Brien & Söhne", "Invoices"].map(ReleaseRef::named).into(),
        robots: ["ETL-02".to_owned(), "ACME\\etl01".to_owned()].into(),
        ..RequiredNames::default()
    }
}

/// A start of `release` in `folder`, on as many robots as `count`.
fn request(folder: FolderRef, release: Uuid, count: u32) -> Request {
    let launch = LaunchId::from("a");
    let reference = Reference::new(None, RunId::new_at(0, [7; 10]), &launch);
    let body = serde_json::json!({"startInfo": {
        "ReleaseKey": release, "Strategy": "ModernJobsCount", "JobsCount": count, "Reference": reference.as_str(),
    }});
    Request {
        ordinal: Ordinal(0),
        launch,
        folder,
        release: sortie::ids::ReleaseKey(release),
        reference,
        expected: ExpectedJobs::Exactly(count),
        on_ambiguous: sortie::launch_terms::AmbiguityPolicy::Resend,
        body: body.to_string().into(),
    }
}

#[tokio::test]
async fn names_are_found_whichever_way_the_folder_is_named() {
    let Pair { sandbox: _standing, client } = pair();
    for folder in [FolderRef::Id(FolderId(7)), FolderRef::Path("Büro/Köln".to_owned()), FolderRef::Key(KEY)] {
        let found = client.look_up(&folder, &wanted()).await.unwrap_or_else(|error| panic!("{folder}: {error}"));
        let releases: Vec<&str> = found.releases.iter().map(|release| release.name.as_str()).collect();
        let robots: Vec<i64> = found.robots.iter().map(|robot| robot.id.0).collect();
        assert_eq!((releases, robots), (vec!["O'Brien & Söhne", "Invoices"], vec![1553, 1554]), "{folder}");
    }
    let error = client.look_up(&FolderRef::Path("Nowhere".to_owned()), &wanted()).await.unwrap_err();
    assert!(matches!(error, CallError::FolderRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_start_is_a_start_on_both_sides() {
    let Pair { sandbox, client } = pair();
    let folder = FolderRef::Path("Büro/Köln".to_owned());
    let release = client.look_up(&folder, &wanted()).await.unwrap().releases[0].key.0;
    let request = request(folder, release, 3);
    let answer = client.start_jobs(&request, PriorAttempts::default()).await;
    let AnswerClass::Started(jobs) = answer.class else { panic!("{answer:?}") };
    assert_eq!((jobs.len(), sandbox.jobs().len()), (3, 3));
    let jobs: Vec<_> = jobs.into_iter().map(|listed| listed.job).collect();
    assert!(jobs.iter().all(|job| job.batch_execution_key == jobs[0].batch_execution_key && job.key.is_some()));
}

#[tokio::test]
async fn refusals_and_expired_tokens_are_understood() {
    let Pair { sandbox, client } = pair();
    let start = async |folder: i64, release: Uuid| {
        client.start_jobs(&request(FolderRef::Id(FolderId(folder)), release, 1), PriorAttempts::default()).await.class
    };
    assert!(matches!(start(7, KEY).await, AnswerClass::Unsent { next: NextSend::Now, .. }), "a token is fetched first");
    let class = start(7, KEY).await;
    assert!(matches!(&class, AnswerClass::Rejected(error) if error.code == Some(1002)), "{class:?}");
    let class = start(99, KEY).await;
    assert!(matches!(&class, AnswerClass::Stopped { stop: StopScope::Folder, .. }), "{class:?}");
    sandbox.expire_tokens();
    assert!(matches!(start(7, KEY).await, AnswerClass::Unsent { next: NextSend::Now, .. }));
    assert!(matches!(start(7, KEY).await, AnswerClass::Rejected(_)));
    assert_eq!(sandbox.jobs().len(), 0);
}
