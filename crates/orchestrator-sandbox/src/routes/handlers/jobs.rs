//! Robot jobs of the folder that the headers name: the list, and one by number or GUID.

use uuid::Uuid;

use crate::clock::{Moment, Timestamp};
use crate::dto::Value;
use crate::dto::job::JobRow;
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named};
use crate::refusal::Refusal;
use crate::routes::{Answer, Call, Live, admission};
use crate::tenant::job::Job;
use crate::tenant::{FolderAt, Tenant};
use crate::world::switches::{ListFields, SingleJobs};

/// A robot job as it is at `now`.
pub(in crate::routes) fn row<'t>(tenant: &'t Tenant, job: &'t Job, now: Moment) -> JobRow<'t> {
    JobRow { tenant, job, phase: job.phase(now), now, is_trimmed: false }
}

/// A robot job as the answer that made it shows it: pending, however short that may last.
pub(in crate::routes) fn born<'t>(tenant: &'t Tenant, job: &'t Job, now: Moment) -> JobRow<'t> {
    JobRow { tenant, job, phase: job.birth(), now, is_trimmed: false }
}

/// `GET /odata/Jobs`.
///
/// Errors: 429 where the world rations lists and the ration is used up.
pub(in crate::routes) fn list(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    let folder = admission::folder_or_all(call, &mut live.tenant)?;
    if let Some(ration) = &live.tenant.switches.list_ration {
        live.ration.take(ration, call.now, call.utc)?;
    }
    let tenant = &live.tenant;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::List, &Rules::of_jobs(&tenant.switches))?;
    let shown = |job| {
        let row = row(tenant, job, call.now);
        job.is_listed(&row.phase, call.now).then_some(row)
    };
    let mut page = match named(&query, tenant, folder) {
        Some(jobs) => query.page(jobs.into_iter().filter_map(shown)),
        None => query.page(tenant.jobs_since(folder, created_from(&query)).filter_map(shown)),
    };
    if tenant.switches.list_fields == ListFields::Trimmed {
        // Not before the filter has seen them whole.
        page.rows.iter_mut().for_each(|row| row.is_trimmed = true);
    }
    Ok(Answer::list(200, call, "Jobs", &query, &page))
}

/// The earliest `CreationTime` that the filter lets through.
fn created_from(query: &Query) -> Option<Timestamp> {
    let (column, _) = column_named::<JobRow<'_>>("CreationTime")?;
    query.filter.as_ref()?.from(column)
}

/// The only jobs that the filter can let through, in the order of ids, where it names them by number or GUID.
fn named<'t>(query: &Query, tenant: &'t Tenant, folder: Option<FolderAt>) -> Option<Vec<&'t Job>> {
    let filter = query.filter.as_ref()?;
    let only = |name: &str| column_named::<JobRow<'_>>(name).and_then(|(column, _)| filter.only(column));
    let values = only("Id").or_else(|| only("Key"))?;
    let is_seen = |job: &&Job| folder.is_none_or(|folder| job.folder == folder);
    let found = values.into_iter().filter_map(|value| match value {
        Value::Int(id) => tenant.any_job_with_id(*id).filter(is_seen),
        Value::Guid(key) => tenant.any_job_with_key(*key).filter(is_seen),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => None,
    });
    let mut found: Vec<&Job> = found.collect();
    found.sort_by_key(|job| job.id);
    found.dedup_by_key(|job| job.id);
    Some(found)
}

/// `GET /odata/Jobs({id})`.
pub(in crate::routes) fn by_id(call: &Call<'_>, live: &mut Live, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, &mut live.tenant)?;
    one(call, live, |tenant| tenant.job_with_id(folder, id, call.now))
}

/// `GET /odata/Jobs/..GetByKey(identifier={key})`.
pub(in crate::routes) fn by_key(call: &Call<'_>, live: &mut Live, key: Uuid) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, &mut live.tenant)?;
    one(call, live, |tenant| tenant.job_with_key(folder, key, call.now))
}

fn one(call: &Call<'_>, live: &mut Live, find: impl Fn(&Tenant) -> Option<&Job>) -> Result<Answer, Refusal> {
    let ration = live.tenant.switches.list_ration.as_ref();
    if let Some(ration) = ration.filter(|ration| ration.single_jobs == SingleJobs::Counted) {
        live.ration.take(ration, call.now, call.utc)?;
    }
    let tenant = &live.tenant;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::Entity, &Rules::of_jobs(&tenant.switches))?;
    let job = find(tenant).ok_or_else(|| Refusal::does_not_exist("Job"))?;
    Ok(Answer::entity(call, "Jobs", &query, &row(tenant, job, call.now)))
}
