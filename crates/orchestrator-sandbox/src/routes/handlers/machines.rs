//! Machines, their runtimes and their sessions.

use crate::dto::machine::{FolderMachineRow, MachineRow, RuntimeRow};
use crate::dto::names::{RUNTIMES, UNATTENDED};
use crate::dto::session::{MachineSessionRow, SessionRow, SessionRuntimeRow};
use crate::dto::{Row, Value};
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named};
use crate::refusal::Refusal;
use crate::routes::{Answer, Call, admission};
use crate::tenant::machine::MachineEntry;
use crate::tenant::oblige::FolderAsked;
use crate::tenant::{FolderAt, Tenant};

/// `GET /odata/Machines`: of the tenant.
pub(in crate::routes) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let query = Query::parse::<MachineRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    oblige::<MachineRow<'_>>(&query, tenant, None);
    let page = query.page(tenant.machines().map(MachineRow));
    Ok(Answer::list(200, call, "Machines", &query, &page))
}

/// `GET /odata/Machines({id})`.
pub(in crate::routes) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    let query = Query::parse::<MachineRow<'_>>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let at = tenant.machine_with_id(id).ok_or_else(|| Refusal::does_not_exist("Machine"))?;
    Ok(Answer::entity(call, "Machines", &query, &MachineRow(tenant.machine(at))))
}

/// `GET /odata/Machines/..GetAssignedMachines(folderId={id})`; `robotId` narrows it to those that the robot works on.
pub(in crate::routes) fn assigned(call: &Call<'_>, tenant: &mut Tenant, folder: i64) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, folder)?;
    let query = Query::parse::<MachineRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    oblige::<MachineRow<'_>>(&query, tenant, Some(folder));
    let machines = narrowed(call, tenant, folder)?;
    let page = query.page(machines.into_iter().map(MachineRow));
    Ok(Answer::list(200, call, "Machines", &query, &page))
}

/// `GET /odata/Folders/..GetMachinesForFolder(key={id})`.
pub(in crate::routes) fn of_folder(call: &Call<'_>, tenant: &mut Tenant, folder: i64) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, folder)?;
    let query = Query::parse::<FolderMachineRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    oblige::<FolderMachineRow<'_>>(&query, tenant, Some(folder));
    let page = query.page(tenant.machines_of(folder).map(|machine| FolderMachineRow(MachineRow(machine))));
    Ok(Answer::list(200, call, "Machines", &query, &page))
}

/// `GET /odata/Machines/..GetRuntimesForFolder(folderId={id})`: one row, of unattended runtimes. A folder of which
/// nothing is said has one for each robot job that runs, and one more.
pub(in crate::routes) fn runtimes(call: &Call<'_>, tenant: &mut Tenant, folder: i64) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, folder)?;
    let query = Query::parse::<RuntimeRow>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    let used = tenant.running_in(folder, call.now);
    let total = tenant.runtimes_of(folder).map_or(used + 1, i64::from);
    let page = query.page(std::iter::once(RuntimeRow { total, available: (total - used).max(0) }));
    Ok(Answer::list(200, call, "Machines", &query, &page))
}

/// `GET /odata/Sessions`: of the folder that the headers name.
pub(in crate::routes) fn sessions(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    list_sessions(call, tenant, Some(folder), None, |row| row)
}

/// `GET /odata/Sessions/..GetGlobalSessions`: of the tenant.
pub(in crate::routes) fn sessions_everywhere(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    list_sessions(call, tenant, None, None, |row| row)
}

/// `GET /odata/Sessions/..GetMachineSessions(key={id})`.
pub(in crate::routes) fn sessions_of(call: &Call<'_>, tenant: &mut Tenant, machine: i64) -> Result<Answer, Refusal> {
    tenant.machine_with_id(machine).ok_or_else(|| Refusal::does_not_exist("Machine"))?;
    list_sessions(call, tenant, None, Some(machine), MachineSessionRow)
}

/// `GET /odata/Sessions/..GetMachineSessionRuntimes`: of the tenant.
pub(in crate::routes) fn session_runtimes(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    list_sessions(call, tenant, None, None, SessionRuntimeRow)
}

/// `GET /odata/Sessions/..GetMachineSessionRuntimesByFolderId(folderId={id})`.
pub(in crate::routes) fn session_runtimes_of(
    call: &Call<'_>,
    tenant: &mut Tenant,
    folder: i64,
) -> Result<Answer, Refusal> {
    let folder = folder_with_id(tenant, folder)?;
    list_sessions(call, tenant, Some(folder), None, SessionRuntimeRow)
}

fn list_sessions<'t, R: Row>(
    call: &Call<'_>,
    tenant: &'t mut Tenant,
    folder: Option<FolderAt>,
    machine: Option<i64>,
    shown_as: impl Fn(SessionRow<'t>) -> R,
) -> Result<Answer, Refusal> {
    let query = Query::parse::<R>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    oblige::<R>(&query, tenant, folder);
    let tenant: &'t Tenant = tenant;
    // Every runtime here is an unattended one.
    let is_wanted = match call.parameter("runtimeType") {
        None | Some("") => true,
        Some(name) => match RUNTIMES.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            Some(number) => number == UNATTENDED,
            None => return Err(Refusal::invalid_request("`runtimeType` is not a runtime's type")),
        },
    };
    let machines: Vec<&MachineEntry> = match folder {
        Some(folder) => narrowed(call, tenant, folder)?,
        None => tenant.machines().filter(|own| machine.is_none_or(|id| own.id == id)).collect(),
    };
    let (used, now) = (tenant.running_by_machine(call.now), call.utc);
    let rows = machines.into_iter().filter(|_| is_wanted).map(|machine| {
        let used = tenant.machine_with_id(machine.id).and_then(|at| used.get(&at)).copied().unwrap_or(0);
        shown_as(SessionRow { machine, folder: folder.map(|at| tenant.folder(at)), used, now })
    });
    Ok(Answer::list(200, call, "Sessions", &query, &query.page(rows)))
}

/// The folder's machines; with `robotId`, those that this robot works on.
fn narrowed<'t>(call: &Call<'_>, tenant: &'t Tenant, folder: FolderAt) -> Result<Vec<&'t MachineEntry>, Refusal> {
    let machines = tenant.machines_of(folder);
    let Some(robot) = call.number("robotId")? else { return Ok(machines.collect()) };
    let Some(robot) = tenant.robot_of(folder, robot) else { return Ok(Vec::new()) };
    let works_there =
        |machine: &&MachineEntry| tenant.machine_with_id(machine.id).is_some_and(|at| tenant.works_on(robot, at));
    Ok(machines.filter(works_there).collect())
}

fn folder_with_id(tenant: &mut Tenant, id: i64) -> Result<FolderAt, Refusal> {
    tenant.folder_asked(&FolderAsked { id: Some(id), ..FolderAsked::default() })
}

/// Makes, in obliging mode, the machines that a filter names.
fn oblige<R: Row>(query: &Query, tenant: &mut Tenant, folder: Option<FolderAt>) {
    let Some(filter) = &query.filter else { return };
    let columns = ["Name", "MachineName"].map(|name| column_named::<R>(name).map(|(index, _)| index));
    for value in columns.into_iter().flatten().flat_map(|column| filter.named(column)) {
        if let Value::Text(name) = value {
            tenant.oblige_machine(folder, name);
        }
    }
}
