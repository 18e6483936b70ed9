//! Robot jobs asked for by their References: by a filter that the API's schema allows and not every server carries out.
//!
//! In: References. Out: one request's worth of them, and its query. Never: asks whether the server is to be believed;
//! that is the reader's (`job_list/filter.rs`).

use super::job_pages::{ShownFields, list_query};
use super::odata::{escaped, literal};
use crate::ids::{FolderRef, Reference};

/// Maximum length of the filter, escaped, in bytes: IIS refuses queries above 2,048. Source: `docs/orchestrator-api.md`, section 9.
const MAX_FILTER_BYTES: usize = 1_500;

/// Robot jobs of a folder, asked for by their References.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsByReference {
    /// The folder.
    pub folder: FolderRef,
    /// At least one; all that carry one of these are asked for.
    pub references: Vec<Reference>,
}

impl JobsByReference {
    /// As many of `references`, in their order, as one request has room for; `None` if there is none.
    #[must_use]
    pub fn of(folder: FolderRef, references: impl IntoIterator<Item = Reference>) -> Option<Self> {
        let mut room = MAX_FILTER_BYTES;
        let mut taken = Vec::new();
        for reference in references {
            let cost = escaped(&term(&reference)).len() + escaped(" or ").len();
            let Some(left) = room.checked_sub(cost) else { break };
            room = left;
            taken.push(reference);
        }
        (!taken.is_empty()).then_some(Self { folder, references: taken })
    }

    pub(super) fn query(&self, length: usize) -> String {
        let terms: Vec<String> = self.references.iter().map(term).collect();
        list_query(&terms.join(" or "), ShownFields::Few, length).as_str().to_owned()
    }
}

fn term(reference: &Reference) -> String {
    format!("Reference eq {}", literal(reference.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FolderId, LaunchId, RunId};

    #[test]
    fn a_request_takes_as_many_as_its_address_has_room_for() {
        let folder = FolderRef::Id(FolderId(7));
        let references = |prefix: Option<&'static str>| {
            let of = move |number: u32| LaunchId::from(format!("job-{number}").as_str());
            (0..100).map(move |number| Reference::new(prefix, RunId::from_bytes([1; 16]), &of(number)))
        };
        let longest = "a b".repeat(Reference::MAX_PREFIX_CHARS / 3);
        let longest: &'static str = Box::leak(longest.into_boxed_str());
        for (prefix, taken) in [(None, 17), (Some("month's end"), 13), (Some(longest), 7)] {
            let query = JobsByReference::of(folder.clone(), references(prefix)).unwrap();
            assert_eq!(query.references.len(), taken, "{prefix:?}");
            assert!(query.query(1000).len() < 2_000, "{} bytes", query.query(1000).len());
        }
        assert_eq!(JobsByReference::of(folder, []), None);
    }

    #[test]
    fn the_filter_names_each_reference() {
        let query = JobsByReference::of(FolderRef::Id(FolderId(7)), ["a", "b's"].map(Reference::from_server)).unwrap();
        assert!(
            query.query(1000).starts_with("?$filter=Reference%20eq%20%27a%27%20or%20Reference%20eq%20%27b%27%27s%27&"),
            "{}",
            query.query(1000)
        );
    }
}
