//! `POST /odata/Jobs/UiPath.Server.Configuration.OData.StartJobs`.

use super::jobs;
use crate::dto::job::JobRow;
use crate::odata::rules::Rules;
use crate::odata::{Page, Query, Scope};
use crate::refusal::Refusal;
use crate::routes::body::check_json;
use crate::routes::{Answer, Call, admission};
use crate::start_info::StartInfo;
use crate::tenant::Tenant;
use crate::tenant::start::Started;

/// Starts what the body asks for: 201 with one `JobDto` for each robot job, all pending.
pub(in crate::routes) fn start(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    check_json(call)?;
    let query = Query::parse::<JobRow<'_>>(&call.target.query, Scope::List, &Rules::of_jobs(&tenant.switches))?;
    let asked = StartInfo::read(call.body, &tenant.switches)?;
    // The one place where robot jobs come to be.
    let started = tenant.start(folder, asked, call.departure, call.now, call.utc)?;
    Ok(created_answer(call, tenant, &query, started))
}

fn created_answer(call: &Call<'_>, tenant: &Tenant, query: &Query, started: Started) -> Answer {
    let created = tenant.jobs().get(started.jobs).unwrap_or_default();
    let rows = || created.iter().map(|job| jobs::born(tenant, job, call.now));
    // A start answers with everything that it made: `$top` is not among its options, nor is a page's size.
    let page = match &query.filter {
        Some(_) => query.page(rows()),
        None => Page { count: query.counts().then_some(created.len()), rows: rows().collect() },
    };
    let mut answer = Answer::list(201, call, "Jobs", query, &page);
    answer.created = created.iter().map(|job| job.id).collect();
    answer.asked = started.asked;
    answer
}
