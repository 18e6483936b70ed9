//! The data of one `for-each` -> [`RowTable`]: typed rows by index, each made when it is asked for.
//!
//! In: text that was handed in, or the manifest's own nodes. Out: rows with keys that are unique; or what is wrong with
//! them, at its place in the data, a thousand rows of one kind as one complaint. Never: reads a file, or keeps a row.

mod build;
mod cell_error;
mod column;
mod columns;
mod csv;
mod form;
mod given;
mod header;
mod json;
mod record;
mod row_text;
mod spot;
mod table;
#[cfg(test)]
mod tests;
mod unique;

pub(super) use build::{RowsOrigin, build};
pub use given::{GivenRows, minified};
pub(super) use record::key_text;
pub(super) use table::{RowTable, TableRow};
