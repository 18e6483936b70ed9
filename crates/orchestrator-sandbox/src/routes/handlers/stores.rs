//! Attachments, buckets, and the contents behind their addresses.
//!
//! The addresses are signed, as those of Azure's store are: who has one needs no token.
//! Source: `docs/orchestrator-api.md`, section 11, and the official clients, which read `BlobFileAccess` from the answers
//! about attachments.

use uuid::Uuid;

use crate::dto::store::{ACCESS, AccessRow, AttachmentRow, BLOB_TYPE, BucketRow};
use crate::odata::rules::Rules;
use crate::odata::{Query, Scope, column_named, render};
use crate::refusal::Refusal;
use crate::routes::Live;
use crate::routes::body::Members;
use crate::routes::{Answer, Call, Form, admission};
use crate::tenant::Tenant;
use crate::tenant::store::BucketEntry;
use crate::tokens::Tokens;

/// `GET /odata/Attachments`, without the access to their contents.
pub(in crate::routes) fn attachments(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    admission::folder(call, tenant)?;
    let rules = Rules::of(&tenant.switches);
    let mut query = Query::parse::<AttachmentRow<'_>>(&call.target.query, Scope::List, &rules)?;
    let access = column_named::<AttachmentRow<'_>>(ACCESS).map(|(index, _)| index);
    query.shown.retain(|index| Some(*index) != access);
    let attachments = tenant.stores.attachments().into_iter();
    let page = query.page(attachments.map(|attachment| AttachmentRow { attachment, access: None }));
    Ok(Answer::list(200, call, "Attachments", &query, &page))
}

/// `POST /odata/Attachments`: 201, with the address to put the content at.
pub(in crate::routes) fn attach(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    admission::folder(call, &mut live.tenant)?;
    let rules = Rules::of(&live.tenant.switches);
    let query = Query::parse::<AttachmentRow<'_>>(&call.target.query, Scope::Entity, &rules)?;
    let names = ["Name", "LastModificationTime", "LastModifierUserId", "CreationTime", "CreatorUserId", "Id", "JobKey"];
    let mut body = Members::of_body(call, "attachmentDto", &names, &live.tenant.switches)?;
    let name = body.required_text("Name", 256)?;
    let key = live.tenant.stores.attach(name, call.utc);
    Ok(Answer { status: 201, ..attachment_of(call, live, &query, key, "PUT")? })
}

/// `GET /odata/Attachments({key})`, with the address to get the content from. An official client names no folder.
pub(in crate::routes) fn attachment(call: &Call<'_>, live: &mut Live, key: Uuid) -> Result<Answer, Refusal> {
    let rules = Rules::of(&live.tenant.switches);
    let query = Query::parse::<AttachmentRow<'_>>(&call.target.query, Scope::Entity, &rules)?;
    attachment_of(call, live, &query, key, "GET")
}

fn attachment_of(
    call: &Call<'_>,
    live: &Live,
    query: &Query,
    key: Uuid,
    verb: &'static str,
) -> Result<Answer, Refusal> {
    let attachment = live.tenant.stores.attachment(key).ok_or_else(|| Refusal::does_not_exist("Attachment"))?;
    let mut access = Vec::new();
    let row = access_to(call, &live.tokens, key, verb);
    render::row(&mut access, &row, &[0, 1, 2, 3]);
    let access = Some(String::from_utf8(access).expect("JSON is UTF-8"));
    Ok(Answer::entity(call, "Attachments", query, &AttachmentRow { attachment, access }))
}

/// `DELETE /odata/Attachments({key})`.
pub(in crate::routes) fn delete(call: &Call<'_>, tenant: &mut Tenant, key: Uuid) -> Result<Answer, Refusal> {
    admission::folder(call, tenant)?;
    if tenant.stores.delete_attachment(key) {
        Ok(Answer::empty(204))
    } else {
        Err(Refusal::does_not_exist("Attachment"))
    }
}

/// `GET /odata/Buckets`: of the folder that the headers name.
pub(in crate::routes) fn buckets(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    list_buckets(call, tenant, |bucket| bucket.folders.contains(&folder))
}

/// `GET /odata/Buckets/..GetBucketsAcrossFolders`: of all folders but the one that `excludeFolderId` names.
pub(in crate::routes) fn buckets_everywhere(call: &Call<'_>, tenant: &Tenant) -> Result<Answer, Refusal> {
    let excluded = call.number("excludeFolderId")?.and_then(|id| tenant.folder_with_id(id));
    list_buckets(call, tenant, |bucket| bucket.folders.iter().any(|folder| Some(*folder) != excluded))
}

fn list_buckets(call: &Call<'_>, tenant: &Tenant, is_wanted: impl Fn(&BucketEntry) -> bool) -> Result<Answer, Refusal> {
    let query = Query::parse::<BucketRow<'_>>(&call.target.query, Scope::List, &Rules::of(&tenant.switches))?;
    let page = query.page(tenant.stores.buckets().filter(|bucket| is_wanted(bucket)).map(BucketRow));
    Ok(Answer::list(200, call, "Buckets", &query, &page))
}

/// `GET /odata/Buckets({id})/..GetReadUri?path=..` and `GetWriteUri`, by `verb`.
pub(in crate::routes) fn bucket_uri(
    call: &Call<'_>,
    live: &mut Live,
    id: i64,
    verb: &'static str,
) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, &mut live.tenant)?;
    let query = Query::parse::<AccessRow>(&call.target.query, Scope::Entity, &Rules::of(&live.tenant.switches))?;
    let bucket = live.tenant.stores.bucket_of(folder, id).ok_or_else(|| Refusal::does_not_exist("Bucket"))?;
    if call.number("expiryInMinutes")?.is_some_and(|minutes| i32::try_from(minutes).is_err()) {
        return Err(Refusal::invalid_request("`expiryInMinutes` is a 32-bit number"));
    }
    let path = call.parameter("path").filter(|path| !path.is_empty()).ok_or_else(|| Refusal::missing("path"))?;
    let row = access_to(call, &live.tokens, Tenant::blob_in(bucket, path), verb);
    Ok(Answer::typed(call, "BlobFileAccessDto", &query, &row))
}

fn access_to(call: &Call<'_>, tokens: &Tokens, blob: Uuid, verb: &'static str) -> AccessRow {
    let uri = format!("{}/sandbox/blobs/{blob}?sig={}", call.origin(), tokens.sign(verb, blob));
    AccessRow { uri, verb }
}

/// `PUT` and `GET` of a content at its signed address.
///
/// Errors: 403 where the signature is not that of this method and address; 400 for a `PUT` without the header that
/// goes with it; 404 where nothing was put.
pub(in crate::routes) fn blob(call: &Call<'_>, live: &mut Live, key: Uuid) -> Result<Answer, Refusal> {
    let method = call.parts.method.as_str();
    if call.parameter("sig") != Some(live.tokens.sign(method, key).as_str()) {
        return Err(Refusal::blob(403));
    }
    if method == "GET" {
        let content = live.tenant.stores.blob(key).ok_or_else(|| Refusal::blob(404))?;
        return Ok(Answer::new(200, Form::Bytes, content.to_vec()));
    }
    if call.header(BLOB_TYPE.0) != Some(BLOB_TYPE.1.as_bytes()) {
        return Err(Refusal::blob(400));
    }
    live.tenant.stores.put_blob(key, call.body);
    Ok(Answer::empty(201))
}
