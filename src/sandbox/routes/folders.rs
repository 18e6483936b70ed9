//! Folders: of the tenant, and of the current user. They need no folder header.

use uuid::Uuid;

use super::{Answer, Call, Form};
use crate::sandbox::dto::folder::{FolderRow, of_current_user as columns_of_current_user};
use crate::sandbox::dto::{Row, Value};
use crate::sandbox::odata::{Query, Scope, column_named, render};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::tenant::oblige::FolderAsked;
use crate::sandbox::tenant::{FolderEntry, Tenant};
use crate::sandbox::world::Mode;

/// The rows of `GetAllForCurrentUser` where no number is asked for.
const TAKE: usize = 100;

/// `GET /odata/Folders`.
pub(super) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let query = Query::parse::<FolderRow<'_>>(&call.target.query, Scope::List)?;
    if tenant.mode == Mode::Obliging {
        oblige(&query, tenant);
    }
    let mut folders: Vec<&FolderEntry> = tenant.folders().collect();
    folders.sort_by_key(|folder| folder.id);
    let page = query.page(folders.into_iter().map(|folder| FolderRow { tenant, folder }));
    Ok(Answer::list(200, call, "Folders", &query, &page))
}

/// Makes the folders that a filter names; a name that cannot be one is left to the filter.
fn oblige(query: &Query, tenant: &mut Tenant) {
    let named = |name: &str| -> Vec<Value<'static>> {
        let column = column_named::<FolderRow<'_>>(name).map(|(index, _)| index);
        let filter = query.filter.as_ref().zip(column);
        filter.map(|(filter, column)| filter.named(column).into_iter().cloned().collect()).unwrap_or_default()
    };
    for value in [named("FullyQualifiedName"), named("Id"), named("Key")].concat() {
        let asked = match value {
            Value::Text(path) => FolderAsked { path: Some(path.into_owned()), ..FolderAsked::default() },
            Value::Int(id) => FolderAsked { id: Some(id), ..FolderAsked::default() },
            Value::Guid(key) => FolderAsked { key: Some(key), ..FolderAsked::default() },
            Value::Null | Value::Bool(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => continue,
        };
        // What cannot be made is not in the list either.
        tenant.folder_asked(&asked).ok();
    }
}

/// `GET /odata/Folders({id})`.
pub(super) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    one(call, tenant, &FolderAsked { id: Some(id), ..FolderAsked::default() })
}

/// `GET /odata/Folders/..GetByKey(identifier={key})`.
pub(super) fn by_key(call: &Call<'_>, tenant: &mut Tenant, key: Uuid) -> Result<Answer, Refusal> {
    one(call, tenant, &FolderAsked { key: Some(key), ..FolderAsked::default() })
}

fn one(call: &Call<'_>, tenant: &mut Tenant, asked: &FolderAsked) -> Result<Answer, Refusal> {
    let query = Query::parse::<FolderRow<'_>>(&call.target.query, Scope::Entity)?;
    let at = tenant.folder_asked(asked).map_err(|_| Refusal::does_not_exist("Folder"))?;
    let row = FolderRow { tenant, folder: tenant.folder(at) };
    Ok(Answer::entity(call, "Folders", &query, &row))
}

/// `GET /api/Folders/GetAllForCurrentUser?take=..&skip=..`.
///
/// Errors: 1009 where `take` is not from 0 to 100.
pub(super) fn of_current_user(call: &Call<'_>, tenant: &Tenant) -> Result<Answer, Refusal> {
    let number = |name: &str| {
        let given = call.target.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        given.map(|(_, value)| value.parse::<usize>().ok())
    };
    let take = number("take").unwrap_or(Some(TAKE)).filter(|take| *take <= TAKE).ok_or_else(Refusal::take)?;
    let skip = number("skip").unwrap_or(Some(0));
    let skip = skip.ok_or_else(|| Refusal::invalid_request("`skip` is a number from 0"))?;
    let mut folders: Vec<&FolderEntry> = tenant.folders().collect();
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    let columns = columns_of_current_user();
    let mut body = b"{\"PageItems\":[".to_vec();
    for (index, folder) in folders.iter().skip(skip).take(take).enumerate() {
        if index > 0 {
            body.push(b',');
        }
        render::row(&mut body, &FolderRow { tenant, folder }, &columns);
    }
    body.extend_from_slice(format!("],\"Count\":{}}}", folders.len()).as_bytes());
    debug_assert!(columns.iter().all(|index| FolderRow::column(*index).is_some()));
    Ok(Answer::new(200, Form::Json, body))
}
