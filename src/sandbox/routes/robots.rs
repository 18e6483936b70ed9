//! Robots: of the folder that the headers name, or of the folder that the path names.

use super::{Answer, Call, admission};
use crate::sandbox::dto::robot::{FolderRobotRow, RobotRow};
use crate::sandbox::dto::{Row, Value};
use crate::sandbox::odata::{Query, Scope, column_named};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::tenant::oblige::FolderAsked;
use crate::sandbox::tenant::{FolderAt, Tenant};

/// `GET /odata/Robots`.
pub(super) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    rows(call, tenant, folder, |row| row)
}

/// `GET /odata/Robots/..GetConfiguredRobots`: here every robot is configured.
pub(super) fn configured(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    list(call, tenant)
}

/// `GET /odata/Robots/..GetRobotsFromFolder(folderId={id})`.
pub(super) fn of_folder(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = tenant.folder_asked(&FolderAsked { id: Some(id), ..FolderAsked::default() })?;
    rows(call, tenant, folder, FolderRobotRow)
}

fn rows<'t, R: Row>(
    call: &Call<'_>,
    tenant: &'t mut Tenant,
    folder: FolderAt,
    shown_as: impl Fn(RobotRow<'t>) -> R,
) -> Result<Answer, Refusal> {
    let query = Query::parse::<R>(&call.target.query, Scope::List)?;
    oblige::<R>(&query, tenant, folder);
    let tenant: &'t Tenant = tenant;
    let robots = tenant.folder(folder).robots.iter().map(|at| tenant.robot(*at));
    let page = query.page(robots.map(|robot| shown_as(RobotRow { robot, created: tenant.opened() })));
    Ok(Answer::list(200, call, "Robots", &query, &page))
}

/// Makes, in obliging mode, the robots that a filter names.
fn oblige<R: Row>(query: &Query, tenant: &mut Tenant, folder: FolderAt) {
    let columns = ["Name", "Username", "Id"].map(|name| column_named::<R>(name).map(|(index, _)| index));
    let Some(filter) = &query.filter else { return };
    for value in columns.into_iter().flatten().flat_map(|column| filter.named(column)) {
        match value {
            Value::Text(name) => tenant.oblige_robot(folder, name),
            Value::Int(id) => drop(tenant.robot_asked(folder, *id)),
            Value::Null | Value::Bool(_) | Value::Guid(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => {}
        }
    }
}

/// `GET /odata/Robots({id})`.
pub(super) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<RobotRow<'_>>(&call.target.query, Scope::Entity)?;
    let at = tenant.robot_asked(folder, id).ok_or_else(|| Refusal::does_not_exist("Robot"))?;
    let row = RobotRow { robot: tenant.robot(at), created: tenant.opened() };
    Ok(Answer::entity(call, "Robots", &query, &row))
}
