//! `AddQueueItem` and `BulkAddQueueItems`. What is added can be read on the sandbox's own page only.

use serde_json::{Map, Value, json};

use crate::dto::names::ITEM_PRIORITIES;
use crate::dto::queue_item::QueueItemRow;
use crate::odata::rules::Rules;
use crate::odata::value::Names;
use crate::odata::{Query, Scope};
use crate::refusal::Refusal;
use crate::routes::body::{Members, wrong};
use crate::routes::{Answer, Call, Form, admission};
use crate::tenant::queue::ItemAsked;
use crate::tenant::{FolderAt, Tenant};
use crate::world::switches::Switches;

const ITEM: &[&str] = &[
    "Name",
    "Priority",
    "SpecificContent",
    "DeferDate",
    "DueDate",
    "RiskSlaDate",
    "Reference",
    "Progress",
    "Source",
    "ParentOperationId",
];

/// `commitType`, each member at its number.
const COMMITS: Names = &["AllOrNothing", "StopOnFirstFailure", "ProcessAllIndependently"];

/// `POST /odata/Queues/UiPathODataSvc.AddQueueItem`: 201 with the item.
pub(in crate::routes) fn add(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let query = Query::parse::<QueueItemRow<'_>>(&call.target.query, Scope::Entity, &Rules::of(&tenant.switches))?;
    let mut body = Members::of_body(call, "itemData", &["itemData"], &tenant.switches)?;
    let asked = item(body.required("itemData")?, None, &tenant.switches)?;
    tenant.add_item(folder, asked, call.utc)?;
    let item = tenant.queue_items().last().expect("one was added");
    let entity = Answer::entity(call, "QueueItems", &query, &QueueItemRow { tenant, item });
    Ok(Answer { status: 201, ..entity })
}

/// `POST /odata/Queues/UiPathODataSvc.BulkAddQueueItems`: 200 with the items that failed.
pub(in crate::routes) fn add_all(call: &Call<'_>, tenant: &mut Tenant) -> Result<Answer, Refusal> {
    let folder = admission::folder(call, tenant)?;
    let names = ["queueName", "commitType", "queueItems"];
    let mut body = Members::of_body(call, "queueName", &names, &tenant.switches)?;
    let queue = body.required_text("queueName", usize::MAX)?;
    let commit = body.member("commitType", COMMITS)?.ok_or_else(|| Refusal::missing("commitType"))?;
    let items = match body.optional("queueItems") {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(wrong("queueItems", "an array of objects")),
    };
    let items: Result<Vec<_>, _> = items.into_iter().map(|value| item(value, Some(&queue), &tenant.switches)).collect();
    // The queue itself must be there, whatever becomes of the items.
    tenant.check_item(folder, &ItemAsked { name: queue.clone(), ..ItemAsked::default() })?;
    let failed = commit_all(call, tenant, folder, items?, commit);
    let is_whole = failed.is_empty();
    let message = if is_whole { "All items added successfully" } else { "Some items were not added" };
    let body = json!({
        "@odata.context": call.context("UiPath.Server.Configuration.OData.BulkOperationResponseDtoOfFailedQueueItemDto"),
        "Success": is_whole, "Message": message, "FailedItems": failed,
    });
    Ok(Answer::new(200, Form::OData, body.to_string().into_bytes()))
}

/// Adds what can be added; returns what cannot, by its place.
fn commit_all(
    call: &Call<'_>,
    tenant: &mut Tenant,
    folder: FolderAt,
    items: Vec<ItemAsked>,
    commit: usize,
) -> Vec<Value> {
    let failure = |ordinal: usize, refusal: &Refusal| {
        let message = refusal.message().unwrap_or_default();
        json!({"Ordinal": ordinal, "ErrorCode": "DuplicateReference", "ErrorMessage": message})
    };
    let mut failed = Vec::new();
    if commit == 0 {
        let mut references = std::collections::HashSet::new();
        for (ordinal, asked) in items.iter().enumerate() {
            let is_new = asked.reference.as_ref().is_none_or(|own| references.insert(own.clone()));
            match tenant.check_item(folder, asked) {
                Err(refusal) => failed.push(failure(ordinal, &refusal)),
                Ok(()) if !is_new && tenant.wants_unique_references(folder, &asked.name) => {
                    failed.push(failure(ordinal, &Refusal::duplicate_reference()));
                }
                Ok(()) => {}
            }
        }
        if !failed.is_empty() {
            return failed;
        }
    }
    for (ordinal, asked) in items.into_iter().enumerate() {
        if let Err(refusal) = tenant.add_item(folder, asked, call.utc) {
            failed.push(failure(ordinal, &refusal));
            if commit == 1 {
                break;
            }
        }
    }
    failed
}

/// One `QueueItemDataDto`; `queue` is its queue, where the request names it once for all.
fn item(value: Value, queue: Option<&str>, switches: &Switches) -> Result<ItemAsked, Refusal> {
    let Value::Object(given) = value else { return Err(wrong("itemData", "an object")) };
    let mut members = Members::of(given, ITEM, switches)?;
    let own = members.text("Name", usize::MAX)?;
    let name = queue.map(str::to_owned).or(own).filter(|name| !name.is_empty());
    members.text("Source", 20)?;
    Ok(ItemAsked {
        name: name.ok_or_else(|| Refusal::missing("Name"))?,
        reference: members.text("Reference", 128)?.filter(|reference| !reference.is_empty()),
        priority: members.member("Priority", ITEM_PRIORITIES)?.unwrap_or(1),
        content: match members.optional("SpecificContent") {
            None => Map::new(),
            Some(Value::Object(content)) => content,
            Some(_) => return Err(wrong("SpecificContent", "an object")),
        },
        defer: members.date("DeferDate")?,
        due: members.date("DueDate")?,
        risk: members.date("RiskSlaDate")?,
        progress: members.text("Progress", usize::MAX)?,
        operation: members.text("ParentOperationId", 128)?,
    })
}
