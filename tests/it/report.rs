//! Reports: their schema, and what must never stand in them.

mod report_schema;
mod secrets;
