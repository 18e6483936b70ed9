//! Folders: of the tenant, and of the current user. They need no folder header.

use uuid::Uuid;

use crate::dto::folder::{FolderRow, PathFolderRow, TreeFolderRow, of_current_user as columns_of_current_user};
use crate::dto::names::FOLDER_TYPES;
use crate::dto::{Row, Value};
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named, render};
use crate::refusal::Refusal;
use crate::routes::{Answer, Call, Form};
use crate::tenant::oblige::FolderAsked;
use crate::tenant::{FolderEntry, Tenant};
use crate::world::Mode;

/// The rows of the paged lists where no number is asked for, and the most.
const TAKE: usize = 100;

/// `GET /odata/Folders`.
pub(in crate::routes) fn list(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let query = Query::parse::<FolderRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
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
pub(in crate::routes) fn by_id(call: &Call<'_>, tenant: &mut Tenant, id: i64) -> Result<Answer, Refusal> {
    one(call, tenant, &FolderAsked { id: Some(id), ..FolderAsked::default() })
}

/// `GET /odata/Folders/..GetByKey(identifier={key})`.
pub(in crate::routes) fn by_key(call: &Call<'_>, tenant: &mut Tenant, key: Uuid) -> Result<Answer, Refusal> {
    one(call, tenant, &FolderAsked { key: Some(key), ..FolderAsked::default() })
}

fn one(call: &Call<'_>, tenant: &mut Tenant, asked: &FolderAsked) -> Result<Answer, Refusal> {
    let query = Query::parse::<FolderRow<'_>>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let at = tenant.folder_asked(asked).map_err(|_| Refusal::does_not_exist("Folder"))?;
    let row = FolderRow { tenant, folder: tenant.folder(at) };
    Ok(Answer::entity(call, "Folders", &query, &row))
}

/// `GET /api/Folders/GetAllForCurrentUser?take=..&skip=..`.
///
/// Errors: 1009 where `take` is not from 0 to 100.
pub(in crate::routes) fn of_current_user(call: &Call<'_>, tenant: &Tenant) -> Result<Answer, Refusal> {
    let columns = columns_of_current_user();
    paged(call, by_path(tenant), |body, folder| render::row(body, &FolderRow { tenant, folder }, &columns))
}

/// `GET /api/FoldersNavigation/GetFoldersForCurrentUser?searchText=..&folderTypes=..&take=..&skip=..`: the folders
/// whose name or path has the text in it.
///
/// Errors: 1009 where `take` is not from 0 to 100.
pub(in crate::routes) fn pages(call: &Call<'_>, tenant: &Tenant) -> Result<Answer, Refusal> {
    let mut folders = by_path(tenant);
    if let Some(text) = call.parameter("searchText") {
        let text = text.to_lowercase();
        folders.retain(|folder| folder.path.to_lowercase().contains(&text));
    }
    let types = call.target.query.iter().filter(|(name, _)| name.eq_ignore_ascii_case("folderTypes"));
    let types: Vec<&str> = types.flat_map(|(_, value)| value.split(',')).collect();
    if let Some(unknown) = types.iter().find(|name| !FOLDER_TYPES.contains(name)) {
        return Err(Refusal::invalid_request(format!("`{}` is not a folder's type", unknown.escape_debug())));
    }
    // Every folder here is a standard one.
    if !types.is_empty() && !types.contains(&"Standard") {
        folders.clear();
    }
    let columns = every::<PathFolderRow<'_>>();
    paged(call, folders, |body, folder| render::row(body, &PathFolderRow(FolderRow { tenant, folder }), &columns))
}

/// `GET /api/FoldersNavigation/GetAllFoldersForCurrentUser`: all of them, parents first.
pub(in crate::routes) fn tree(tenant: &Tenant) -> Answer {
    let columns = every::<TreeFolderRow<'_>>();
    let mut body = Vec::new();
    array(&mut body, by_path(tenant).into_iter(), |body, folder| {
        render::row(body, &TreeFolderRow(FolderRow { tenant, folder }), &columns);
    });
    Answer::new(200, Form::Json, body)
}

fn by_path(tenant: &Tenant) -> Vec<&FolderEntry> {
    let mut folders: Vec<&FolderEntry> = tenant.folders().collect();
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    folders
}

/// The places of all columns but those of navigation properties.
fn every<R: Row>() -> Vec<usize> {
    let columns = (0..).map_while(|index| R::column(index).map(|column| (index, column)));
    columns.filter(|(_, column)| !column.name.contains('/')).map(|(index, _)| index).collect()
}

/// `{"PageItems": [..], "Count": n}` of what `take` and `skip` leave.
fn paged(
    call: &Call<'_>,
    folders: Vec<&FolderEntry>,
    write: impl Fn(&mut Vec<u8>, &FolderEntry),
) -> Result<Answer, Refusal> {
    let number = |name: &str| call.parameter(name).map(|value| value.parse::<usize>().ok());
    let take = number("take").unwrap_or(Some(TAKE)).filter(|take| *take <= TAKE).ok_or_else(Refusal::take)?;
    let skip = number("skip").unwrap_or(Some(0)).filter(|skip| i32::try_from(*skip).is_ok());
    let skip = skip.ok_or_else(|| Refusal::invalid_request("`skip` is a number from 0"))?;
    let count = folders.len();
    let mut body = b"{\"PageItems\":".to_vec();
    array(&mut body, folders.into_iter().skip(skip).take(take), write);
    body.extend_from_slice(format!(",\"Count\":{count}}}").as_bytes());
    Ok(Answer::new(200, Form::Json, body))
}

fn array<'t>(
    body: &mut Vec<u8>,
    folders: impl Iterator<Item = &'t FolderEntry>,
    write: impl Fn(&mut Vec<u8>, &FolderEntry),
) {
    body.push(b'[');
    for (index, folder) in folders.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        write(body, folder);
    }
    body.push(b']');
}
