//! Robots: of the folder that the headers name, or of the folder that the path names.

use uuid::Uuid;

use crate::dto::robot::{ExtendedRobotRow, FolderRobotRow, RobotRow};
use crate::dto::{Row, Value};
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named};
use crate::refusal::Refusal;
use crate::routes::{Answer, Call, admission};
use crate::tenant::oblige::FolderAsked;
use crate::tenant::{FolderAt, RobotEntry, Tenant};

/// `GET /odata/Robots`.
pub(in crate::routes) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder_or_all(call, tenant)?;
    rows(call, tenant, folder, None, |row| row)
}

/// `GET /odata/Robots/..FindAllAcrossFolders`.
pub(in crate::routes) fn everywhere(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    rows(call, tenant, None, None, ExtendedRobotRow)
}

/// `GET /odata/Robots/..GetConfiguredRobots`: here every robot is configured.
pub(in crate::routes) fn configured(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder_or_all(call, tenant)?;
    rows(call, tenant, folder, None, ExtendedRobotRow)
}

/// `GET /odata/Robots/..GetRobotsFromFolder(folderId={id})`; `machineId` narrows it to those that work there.
pub(in crate::routes) fn of_folder(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, id)?;
    let machine = call.number("machineId")?;
    rows(call, tenant, Some(folder), machine, FolderRobotRow)
}

/// `GET /odata/Robots/..GetFolderRobots(folderId={id},machineId={id})`.
pub(in crate::routes) fn of_machine(
    call: &Call<'_>,
    tenant: &mut Tenant,
    folder: i64,
    machine: i64,
) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, folder)?;
    rows(call, tenant, Some(folder), Some(machine), ExtendedRobotRow)
}

/// `GET /odata/Robots/..GetRobotsForProcess(processId='{id}')`: a release's number or key, or its package.
pub(in crate::routes) fn of_release(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let text = call.target.text.as_str();
    let key = Uuid::try_parse(text).ok();
    let mut releases = tenant.folder(folder).releases.iter().map(|at| tenant.release(*at));
    let is_there =
        releases.any(|release| release.id.to_string() == text || Some(release.key) == key || release.package == text);
    if !is_there {
        return Err(Refusal::does_not_exist("Release"));
    }
    rows(call, tenant, Some(folder), None, |row| row)
}

fn folder_with_id(tenant: &mut Tenant, id: i64) -> Result<FolderAt, Refusal> {
    tenant.folder_asked(&FolderAsked { id: Some(id), ..FolderAsked::default() })
}

fn rows<'t, R: Row>(
    call: &Call<'_>,
    tenant: &'t mut Tenant,
    folder: Option<FolderAt>,
    machine: Option<i64>,
    shown_as: impl Fn(RobotRow<'t>) -> R,
) -> Result<Answer, Refusal> {
    let query = Query::parse::<R>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    if let Some(folder) = folder {
        oblige::<R>(&query, tenant, folder);
    }
    let tenant: &'t Tenant = tenant;
    let robots: Vec<&RobotEntry> = match folder {
        Some(folder) => tenant.folder(folder).robots.iter().map(|at| tenant.robot(*at)).collect(),
        None => tenant.robots().collect(),
    };
    let machine = match machine {
        None => None,
        Some(id) => Some(tenant.machine_with_id(id).ok_or_else(|| Refusal::does_not_exist("Machine"))?),
    };
    let works_there = |robot: &&RobotEntry| machine.is_none_or(|at| robot.machine.is_none_or(|own| own == at));
    let page = query.page(robots.into_iter().filter(works_there).map(|robot| shown_as(RobotRow { tenant, robot })));
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
pub(in crate::routes) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<RobotRow<'_>>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let at = tenant.robot_asked(folder, id).ok_or_else(|| Refusal::does_not_exist("Robot"))?;
    let row = RobotRow { tenant, robot: tenant.robot(at) };
    Ok(Answer::entity(call, "Robots", &query, &row))
}
