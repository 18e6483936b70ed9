//! Robot jobs after their start: `StopJob`, `StopJobs`, `RestartJob`, `ResumeJob`; what would start, validated; what
//! suspended ones wait for.

use serde_json::Value;

use super::jobs;
use crate::dto::job::JobRow;
use crate::dto::names::STOP_STRATEGIES;
use crate::dto::robot_log::RobotLogRow;
use crate::dto::validation::ValidationRow;
use crate::dto::wait_event::WaitEventRow;
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope};
use crate::refusal::Refusal;
use crate::routes::body::{Members, check_json, wrong};
use crate::routes::{Answer, Call, admission};
use crate::start_info::StartInfo;
use crate::tenant::Tenant;
use crate::tenant::job::{State, StopStrategy};
use crate::tenant::validate::Findings;
use crate::world::switches::{Offered, StopRefusal};

/// `POST /odata/Jobs({id})/..StopJob`.
pub(in crate::routes) fn stop_one(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let mut body = Members::of_body(call, "strategy", &["strategy"], &tenant.switches)?;
    let strategy = strategy(&mut body)?;
    tenant.stop(folder, &[id], strategy, StopRefusal::RefusesAll, call.now)?;
    Ok(Answer::empty(200))
}

/// `POST /odata/Jobs/..StopJobs`.
pub(in crate::routes) fn stop(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let mut body = Members::of_body(call, "jobIds", &["strategy", "jobIds"], &tenant.switches)?;
    let ids = match body.required("jobIds")? {
        Value::Array(ids) => ids.iter().map(Value::as_i64).collect::<Option<Vec<_>>>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    };
    let ids = ids.ok_or_else(|| wrong("jobIds", "an array of integers"))?;
    let strategy = strategy(&mut body)?;
    tenant.stop(folder, &ids, strategy, tenant.switches.stop_refusal, call.now)?;
    Ok(Answer::empty(200))
}

/// Two clients in use send the members' numbers, counted from 1, as text.
fn strategy(body: &mut Members) -> Result<StopStrategy, Refusal> {
    let given = body.required("strategy")?;
    let number = match given.as_str() {
        Some("1") => Some(0),
        Some("2") => Some(1),
        Some(_) | None => crate::start_info::member(&given, STOP_STRATEGIES),
    };
    match number {
        Some(0) => Ok(StopStrategy::SoftStop),
        Some(_) => Ok(StopStrategy::Kill),
        None => Err(wrong("strategy", "one of SoftStop, Kill")),
    }
}

/// `POST /odata/Jobs/..RestartJob`.
pub(in crate::routes) fn restart(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::Entity, &Rules::of_jobs(&tenant.switches))?;
    let mut body = Members::of_body(call, "jobId", &["jobId"], &tenant.switches)?;
    let id = body.integer("jobId")?;
    let place = tenant.restart(folder, id, call.now, call.utc)?;
    let job = &tenant.jobs()[place];
    let mut answer = Answer::entity(call, "Jobs", &query, &jobs::born(tenant, job, call.now));
    answer.created.push(job.id);
    Ok(answer)
}

/// `POST /odata/Jobs/..ResumeJob`. An official client may send `inputArguments`, which are not looked at.
pub(in crate::routes) fn resume(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::Entity, &Rules::of_jobs(&tenant.switches))?;
    let mut body = Members::of_body(call, "jobKey", &["jobKey", "inputArguments"], &tenant.switches)?;
    let key = body.guid("jobKey")?;
    let place = tenant.resume(folder, key, call.now)?;
    Ok(Answer::entity(call, "Jobs", &query, &jobs::row(tenant, &tenant.jobs()[place], call.now)))
}

/// `POST /odata/Jobs/..ValidateDynamicJob`: the body of `StartJobs`, and nothing is started.
pub(in crate::routes) fn validate(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    check_json(call)?;
    let query = Query::parse::<ValidationRow>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let asked = StartInfo::read(call.body, &tenant.switches)?;
    let findings = tenant.validate(folder, &asked, call.now)?;
    Ok(found(call, &query, findings))
}

/// `POST /odata/Jobs({id})/..ValidateExistingJob`, without a body.
pub(in crate::routes) fn validate_existing(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    offered(tenant.switches.validate_existing_job)?;
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<ValidationRow>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let findings = tenant.validate_existing(folder, id, call.now)?;
    Ok(found(call, &query, findings))
}

/// `GET /odata/JobTriggers/..GetWithWaitEvents(jobId={id})`: what a suspended robot job waits for.
pub(in crate::routes) fn wait_events(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    offered(tenant.switches.wait_events)?;
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<WaitEventRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    let job = tenant.job_with_id(folder, id, call.now).ok_or_else(|| Refusal::does_not_exist("Job"))?;
    let waits = job.life.waits_for.as_ref().filter(|_| job.phase(call.now).state == State::Suspended);
    let page = query.page(waits.into_iter().map(|waits| WaitEventRow { job, waits }));
    let set = "Collection(UiPath.Server.Configuration.OData.JobTriggerWithWaitEventsDto)";
    Ok(Answer::list(200, call, set, &query, &page))
}

/// `GET /odata/RobotLogs`: what robots logged of robot jobs of the folder that ended `Faulted`.
pub(in crate::routes) fn robot_logs(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    offered(tenant.switches.robot_logs)?;
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<RobotLogRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    let faulted = tenant.jobs().iter().filter(|job| job.folder == folder && !job.life.logs.is_empty());
    let faulted = faulted.filter(|job| job.phase(call.now).state == State::Faulted);
    let lines = faulted.flat_map(|job| {
        // A millisecond apart, so that they have an order.
        job.life.logs.iter().zip(0..).map(move |(line, number)| (job, line, jiff::SignedDuration::from_millis(number)))
    });
    let rows = lines.zip(1..).map(|((job, line, later), number)| {
        let at = job.created_utc.saturating_add(later).unwrap_or(job.created_utc);
        RobotLogRow { number, job, line, at }
    });
    let page = query.page(rows);
    let set = "RobotLogs";
    Ok(Answer::list(200, call, set, &query, &page))
}

/// Errors: 404 where the server does not have the operation.
fn offered(switch: Offered) -> Result<(), Refusal> {
    match switch {
        Offered::Present => Ok(()),
        Offered::Absent => Err(Refusal::no_such_path()),
    }
}

fn found(call: &Call<'_>, query: &Query, findings: Findings) -> Answer {
    Answer::typed(call, "ValidationResultDto", query, &ValidationRow(findings))
}
