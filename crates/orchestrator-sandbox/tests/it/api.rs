//! The stand-in Orchestrator over real HTTP, spoken to by a bare client that shares nothing with ours.

use std::sync::Arc;
use std::time::Duration;

use orchestrator_sandbox::clock::HandClock;
use orchestrator_sandbox::world::{Bucket, End, Folder, FolderKind, Life, Machine, Queue, Release, Robot, Switches};
use orchestrator_sandbox::{Options, Sandbox, World};
use serde_json::{Value, json};
use uuid::Uuid;

mod files;
mod folders;
mod jobs;
mod lists;
mod logins;
mod machines;
mod openapi;
mod queues;
mod record;
mod refusals;
mod steer;
mod stores;
mod switches;
mod tokens;
mod validate;

/// The release `Invoice Loader` of the folder 7, `Finance/AP`.
const INVOICES: Uuid = Uuid::from_u128(0x5b75_4c63_5d1a_4c37_bb9b_74b6_9e49_34bf);
/// A release of folder 8, `HR`.
const ELSEWHERE: Uuid = Uuid::from_u128(0x0764_f4a0_2ce0_41b9_8738_4575_566f_3756);
/// A release of folder 7 that is always refused.
const UNLICENSED: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
/// The key of folder 7.
const FINANCE_AP: Uuid = Uuid::from_u128(0xaaaa_aaaa_bbbb_4ccc_8ddd_eeee_eeee_eeee);

const START_JOBS: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";

/// Folder 7 has two robots, a machine, a bucket and a queue, 8 none; 9 is classic with one robot; 10 has no runtime.
fn world() -> World {
    World::new()
        .folder(Folder::at("Finance").id(6))
        .folder(Folder::at("Finance/AP").id(7).key(FINANCE_AP))
        .folder(Folder::at("HR").id(8))
        .folder(Folder::at("Classic").id(9).kind(FolderKind::Classic))
        .folder(Folder::at("Idle").id(10).runtimes(0))
        .folder(Folder::at("Büro/Köln").id(11))
        .release(Release::named("Invoice Loader").folder("Finance/AP").key(INVOICES))
        .release(Release::named("Unlicensed").folder("Finance/AP").key(UNLICENSED).refuse(
            402,
            4242,
            "a valid license is required",
        ))
        .release(Release::named("Onboarding").folder("HR").key(ELSEWHERE))
        .release(Release::named("Old").folder("Classic"))
        .release(Release::named("Idle one").folder("Idle"))
        .robot(Robot::named("ETL-01").id(1553).username("ACME\\etl01").folder("Finance/AP").folder("Classic"))
        .robot(Robot::named("ETL-02").id(1554).folder("Finance/AP"))
        .machine(Machine::named("VM-01").id(31).session(70_031).runtimes(2).folder("Finance/AP"))
        .machine(Machine::named("VM-02").id(32).folder("HR"))
        .bucket(Bucket { name: "Reports".to_owned(), id: Some(5), key: None, folders: vec!["Finance/AP".to_owned()] })
        .queue(Queue {
            name: "Invoices".to_owned(),
            folder: "Finance/AP".to_owned(),
            id: Some(9),
            unique_reference: true,
        })
        .life(Life::of(Duration::from_secs(10), Duration::from_secs(60), End::Successful))
}

/// A sandbox whose time stands still until it is moved, and a bare HTTP client.
struct Stand {
    sandbox: Sandbox,
    clock: HandClock,
    http: reqwest::Client,
}

/// A status, and the body's JSON; null where there is no body.
type Answer = (u16, Value);

impl Stand {
    fn with(world: &World, options: Options) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let clock = HandClock::at("2026-01-31T12:00:00.1234567Z".parse().unwrap());
        let sandbox = Sandbox::start(world, Arc::new(clock.clone()), options).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, clock, http }
    }

    fn new() -> Self {
        Self::with(&world(), Options::default())
    }

    /// The usual world, with some of its switches set.
    fn switched(switches: Switches) -> Self {
        Self::with(&world().switches(switches), Options::default())
    }

    fn get(&self, target: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{target}", self.sandbox.url())).bearer_auth(self.sandbox.token())
    }

    fn post(&self, target: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{target}", self.sandbox.url())).bearer_auth(self.sandbox.token()).json(body)
    }

    /// A list or entity of folder 7.
    async fn get_in_7(&self, target: &str) -> Answer {
        answer(self.get(target).header("X-UIPATH-OrganizationUnitId", 7)).await
    }

    /// An action of folder 7.
    async fn post_in_7(&self, target: &str, body: &Value) -> Answer {
        answer(self.post(target, body).header("X-UIPATH-OrganizationUnitId", 7)).await
    }

    /// Starts `start_info` in folder 7.
    async fn start_in_7(&self, start_info: Value) -> Answer {
        self.start_in(7, start_info).await
    }

    async fn start_in(&self, folder: i64, start_info: Value) -> Answer {
        let body = json!({ "startInfo": start_info });
        answer(self.post(START_JOBS, &body).header("X-UIPATH-OrganizationUnitId", folder)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(json!(text)) };
    (status, body)
}

/// The property of every row of a list.
fn each<'a>(list: &'a Value, name: &str) -> Vec<&'a Value> {
    list["value"].as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|row| &row[name]).collect()
}
