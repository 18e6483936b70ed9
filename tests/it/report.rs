//! Reports: their schema, and what must never stand in them.

mod html;
mod report_schema;
mod secrets;
