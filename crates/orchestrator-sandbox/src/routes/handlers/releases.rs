//! Releases of the folder that the headers name.

use crate::dto::Value;
use crate::dto::release::{ArgumentsRow, ReleaseRow};
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named};
use crate::refusal::Refusal;
use crate::routes::{Answer, Call, admission};
use crate::tenant::{FolderAt, Tenant};

/// `GET /odata/Releases`.
pub(in crate::routes) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder_or_all(call, tenant)?;
    let query = Query::parse::<ReleaseRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    let page = match folder {
        Some(folder) => {
            oblige(&query, tenant, folder);
            let releases = tenant.folder(folder).releases.iter().map(|at| tenant.release(*at));
            query.page(releases.map(|release| ReleaseRow { tenant, release, now: call.now }))
        }
        None => query.page(tenant.releases().map(|release| ReleaseRow { tenant, release, now: call.now })),
    };
    Ok(Answer::list(200, call, "Releases", &query, &page))
}

/// Makes, in obliging mode, the releases that a filter names.
fn oblige(query: &Query, tenant: &mut Tenant, folder: FolderAt) {
    let columns = ["Name", "Key"].map(|name| column_named::<ReleaseRow<'_>>(name).map(|(index, _)| index));
    let Some(filter) = &query.filter else { return };
    for value in columns.into_iter().flatten().flat_map(|column| filter.named(column)) {
        match value {
            Value::Text(name) => drop(tenant.release_called(folder, name)),
            // A release of another folder stays there, and is not in the list.
            Value::Guid(key) => drop(tenant.release_asked(folder, *key)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => {}
        }
    }
}

/// `GET /odata/Releases({id})`.
pub(in crate::routes) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<ReleaseRow<'_>>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let mut releases = tenant.folder(folder).releases.iter().map(|at| tenant.release(*at));
    let release = releases.find(|release| release.id == id).ok_or_else(|| Refusal::does_not_exist("Release"))?;
    Ok(Answer::entity(call, "Releases", &query, &ReleaseRow { tenant, release, now: call.now }))
}

/// `GET /odata/Processes/..GetArguments(key='{package}:{version}')`: a package's signature.
pub(in crate::routes) fn arguments(call: &Call<'_>, tenant: &Tenant) -> Result<Answer, Refusal> {
    let query = Query::parse::<ArgumentsRow>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let (package, version) = call.target.text.split_once(':').unwrap_or((&call.target.text, ""));
    let mut releases = tenant.releases();
    let release = releases.find(|release| release.package == package && release.knows_version(version));
    let release = release.ok_or_else(|| Refusal::does_not_exist("Package"))?;
    let row = ArgumentsRow::of(release.arguments.as_deref());
    Ok(Answer::typed(call, "ArgumentMetadata", &query, &row))
}
