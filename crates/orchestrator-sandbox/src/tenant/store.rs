//! Attachments and buckets, and the contents behind their addresses.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{FolderAt, Ids, Tenant, guid_of};
use crate::clock::Timestamp;

/// An attachment, with or without content yet.
#[derive(Debug)]
pub(crate) struct AttachmentEntry {
    pub(crate) key: Uuid,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// In the order of creation.
    pub(crate) number: u64,
}

/// A storage bucket.
#[derive(Debug)]
pub(crate) struct BucketEntry {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) name: String,
    pub(crate) folders: Vec<FolderAt>,
}

/// What a tenant stores.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    attachments: BTreeMap<Uuid, AttachmentEntry>,
    made: u64,
    buckets: Vec<BucketEntry>,
    pub(super) bucket_ids: Ids,
    /// The address of a blob is its GUID.
    blobs: HashMap<Uuid, Vec<u8>>,
}

impl Stores {
    /// Makes an attachment without content; returns its GUID.
    pub(crate) fn attach(&mut self, name: String, created: Timestamp) -> Uuid {
        self.made += 1;
        let key = guid_of("attachment", &self.made.to_string());
        self.attachments.insert(key, AttachmentEntry { key, name, created, number: self.made });
        key
    }

    /// The attachment with a GUID.
    pub(crate) fn attachment(&self, key: Uuid) -> Option<&AttachmentEntry> {
        self.attachments.get(&key)
    }

    /// All attachments, in the order of creation.
    pub(crate) fn attachments(&self) -> Vec<&AttachmentEntry> {
        let mut all: Vec<_> = self.attachments.values().collect();
        all.sort_by_key(|attachment| attachment.number);
        all
    }

    /// Deletes an attachment and its content; false where there is none.
    pub(crate) fn delete_attachment(&mut self, key: Uuid) -> bool {
        self.blobs.remove(&key);
        self.attachments.remove(&key).is_some()
    }

    /// The content at an address.
    pub(crate) fn blob(&self, key: Uuid) -> Option<&[u8]> {
        self.blobs.get(&key).map(Vec::as_slice)
    }

    /// Puts content at an address, in the place of what was there.
    pub(crate) fn put_blob(&mut self, key: Uuid, content: &[u8]) {
        self.blobs.insert(key, content.to_vec());
    }

    /// All buckets, in the order of their making.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = &BucketEntry> {
        self.buckets.iter()
    }

    /// The folder's bucket with a number.
    pub(crate) fn bucket_of(&self, folder: FolderAt, id: i64) -> Option<&BucketEntry> {
        self.buckets.iter().find(|bucket| bucket.id == id && bucket.folders.contains(&folder))
    }

    pub(super) fn new_bucket(&mut self, name: &str, id: Option<i64>, key: Option<Uuid>, folders: Vec<FolderAt>) {
        let id = self.bucket_ids.take(id);
        let key = key.unwrap_or_else(|| guid_of("bucket", name));
        self.buckets.push(BucketEntry { id, key, name: name.to_owned(), folders });
    }
}

impl Tenant {
    /// The address of a file in a bucket.
    pub(crate) fn blob_in(bucket: &BucketEntry, path: &str) -> Uuid {
        guid_of("blob", &format!("{}/{path}", bucket.key))
    }
}
