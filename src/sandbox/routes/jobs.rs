//! Robot jobs of the folder that the headers name: the list, and one by number or GUID.

use uuid::Uuid;

use super::{Answer, Call, admission};
use crate::clock::Moment;
use crate::sandbox::dto::Value;
use crate::sandbox::dto::job::JobRow;
use crate::sandbox::odata::{Query, Scope, column_named};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::tenant::job::Job;
use crate::sandbox::tenant::{FolderAt, Tenant};

/// A robot job as it is at `now`.
pub(super) fn row<'t>(tenant: &'t Tenant, job: &'t Job, now: Moment) -> JobRow<'t> {
    JobRow { tenant, job, progress: job.progress(&tenant.release(job.release).life, now) }
}

/// `GET /odata/Jobs`.
pub(super) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::List)?;
    let tenant = &*tenant;
    let is_listed = |job: &&Job| job.is_listed(call.now);
    let page = match named(&query, tenant, folder) {
        Some(jobs) => query.page(jobs.into_iter().filter(is_listed).map(|job| row(tenant, job, call.now))),
        None => query.page(tenant.jobs_of(folder).filter(is_listed).map(|job| row(tenant, job, call.now))),
    };
    Ok(Answer::list(200, call, "Jobs", &query, &page))
}

/// The only jobs that the filter can let through, in the order of ids, where it names them by number or GUID.
fn named<'t>(query: &Query, tenant: &'t Tenant, folder: FolderAt) -> Option<Vec<&'t Job>> {
    let filter = query.filter.as_ref()?;
    let only = |name: &str| column_named::<JobRow<'_>>(name).and_then(|(column, _)| filter.only(column));
    let values = only("Id").or_else(|| only("Key"))?;
    let found = values.into_iter().filter_map(|value| match value {
        Value::Int(id) => tenant.job_with_id(folder, *id),
        Value::Guid(key) => tenant.job_with_key(folder, *key),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => None,
    });
    let mut found: Vec<&Job> = found.collect();
    found.sort_by_key(|job| job.id);
    found.dedup_by_key(|job| job.id);
    Some(found)
}

/// `GET /odata/Jobs({id})`.
pub(super) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    one(call, tenant, tenant.job_with_id(folder, id))
}

/// `GET /odata/Jobs/..GetByKey(identifier={key})`.
pub(super) fn by_key(call: &Call<'_>, tenant: &mut Tenant, key: Uuid) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    one(call, tenant, tenant.job_with_key(folder, key))
}

fn one(call: &Call<'_>, tenant: &Tenant, job: Option<&Job>) -> Result<Answer, Refusal> {
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::Entity)?;
    let job = job.ok_or_else(|| Refusal::does_not_exist("Job"))?;
    Ok(Answer::entity(call, "Jobs", &query, &row(tenant, job, call.now)))
}
