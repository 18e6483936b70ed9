//! Reports: their schema, and what must never stand in them.

mod forms;
pub mod html;
mod lines_schema;
mod report_schema;
mod rows;
mod secrets;
