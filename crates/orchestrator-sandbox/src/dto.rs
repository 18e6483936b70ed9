//! The entities as the API shows them: for each a table of properties, which lists render, filter and order by.
//!
//! The order of a table is the order in which properties are shown. A name `Entity/Name` is a property of a
//! navigation property: it can always be filtered by, and is shown where `$expand` asks; `Entity/Id` stands first.
//! Source: the schemas of the Orchestrator OpenAPI description that the tests hold the answers against.

pub(crate) use super::odata::value::{Kind, Value};

pub(crate) mod folder;
pub(crate) mod job;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod queue_item;
pub(crate) mod release;
pub(crate) mod robot;
pub(crate) mod robot_log;
pub(crate) mod session;
pub(crate) mod store;
pub(crate) mod validation;
pub(crate) mod wait_event;

/// A property of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// An entity as a row of a list.
pub(crate) trait Row {
    /// The property at a place of the table, from 0.
    fn column(index: usize) -> Option<Column>;

    /// This row's value of it.
    fn value(&self, index: usize) -> Value<'_>;
}

/// A line of a table: a property's name, its type, and how to get it.
type Line<G> = (&'static str, Kind, G);

/// The property that a line describes.
fn column_of<G>(line: &Line<G>) -> Column {
    Column { name: line.0, kind: line.1 }
}
