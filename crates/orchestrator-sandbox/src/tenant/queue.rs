//! Queues, which take items and give none back: the API that reads them is not part of the sandbox.

use std::collections::HashSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{FolderAt, Ids, Tenant, guid_of};
use crate::clock::Timestamp;
use crate::refusal::Refusal;

/// A queue.
#[derive(Debug)]
pub(super) struct QueueEntry {
    id: i64,
    name: String,
    folder: FolderAt,
    /// The references so far, where no two items may share one.
    references: Option<HashSet<String>>,
}

/// An item that was added.
#[derive(Debug)]
pub(crate) struct QueueItem {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) queue: i64,
    pub(crate) queue_name: String,
    pub(crate) folder: FolderAt,
    pub(crate) created: Timestamp,
    pub(crate) asked: ItemAsked,
}

/// An item as a request gives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ItemAsked {
    /// The queue's name.
    pub(crate) name: String,
    pub(crate) reference: Option<String>,
    /// A place among the priorities of queue items.
    pub(crate) priority: usize,
    pub(crate) content: Map<String, Value>,
    pub(crate) defer: Option<Timestamp>,
    pub(crate) due: Option<Timestamp>,
    pub(crate) risk: Option<Timestamp>,
    pub(crate) progress: Option<String>,
    pub(crate) operation: Option<String>,
}

/// A tenant's queues, and every item.
#[derive(Debug, Default)]
pub(super) struct Queues {
    entries: Vec<QueueEntry>,
    items: Vec<QueueItem>,
    pub(super) ids: Ids,
}

impl Tenant {
    /// Every item so far, in the order of addition.
    pub(crate) fn queue_items(&self) -> &[QueueItem] {
        &self.queues.items
    }

    /// Whether the folder has a queue of this name.
    pub(super) fn has_queue(&self, folder: FolderAt, name: &str) -> bool {
        self.queues.entries.iter().any(|queue| queue.folder == folder && queue.name == name)
    }

    pub(super) fn new_queue(&mut self, folder: FolderAt, name: &str, id: Option<i64>, is_unique: bool) {
        let id = self.queues.ids.take(id);
        let references = is_unique.then(HashSet::new);
        self.queues.entries.push(QueueEntry { id, name: name.to_owned(), folder, references });
    }

    /// Whether the item could be added. Errors: 404 without the queue; 409 where its reference is taken.
    pub(crate) fn check_item(&mut self, folder: FolderAt, asked: &ItemAsked) -> Result<(), Refusal> {
        self.queue(folder, asked).map(|_| ())
    }

    /// Whether no two items of the folder's queue may share a reference.
    pub(crate) fn wants_unique_references(&self, folder: FolderAt, name: &str) -> bool {
        let mut queues = self.queues.entries.iter().filter(|queue| queue.folder == folder && queue.name == name);
        queues.any(|queue| queue.references.is_some())
    }

    /// Adds an item. Errors: as [`Tenant::check_item`].
    pub(crate) fn add_item(&mut self, folder: FolderAt, asked: ItemAsked, created: Timestamp) -> Result<(), Refusal> {
        let place = self.queue(folder, &asked)?;
        let queue = &mut self.queues.entries[place];
        if let (Some(references), Some(reference)) = (&mut queue.references, &asked.reference) {
            references.insert(reference.clone());
        }
        let (queue, queue_name) = (queue.id, queue.name.clone());
        let id = i64::try_from(self.queues.items.len()).expect("fewer than 2^63 items") + 1;
        let key = guid_of("queue-item", &id.to_string());
        self.queues.items.push(QueueItem { id, key, queue, queue_name, folder, created, asked });
        Ok(())
    }

    fn queue(&mut self, folder: FolderAt, asked: &ItemAsked) -> Result<usize, Refusal> {
        if !self.has_queue(folder, &asked.name) && self.is_obliging() && !asked.name.is_empty() {
            self.new_queue(folder, &asked.name, None, false);
        }
        let mut entries = self.queues.entries.iter();
        let place = entries.position(|queue| queue.folder == folder && queue.name == asked.name);
        let place = place.ok_or_else(|| Refusal::does_not_exist(&asked.name))?;
        let is_taken =
            |references: &HashSet<String>| asked.reference.as_ref().is_some_and(|own| references.contains(own));
        if self.queues.entries[place].references.as_ref().is_some_and(is_taken) {
            return Err(Refusal::duplicate_reference());
        }
        Ok(place)
    }
}
