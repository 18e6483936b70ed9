//! The one reader of a tenant's list of robot jobs.
//!
//! In: what to look for. Out: pages, whole scans, and why there is none. When a list may be read (the run's share, the
//! tenant's ration, pauses that the server asked for), how often a read is repeated, and what makes a list whole is decided
//! here and nowhere else; what a list means is not. Never: starts anything, or takes a page for the end because it is short.
//!
//! The pure parts ([`schedule`], [`backoff`], [`page_length`], [`scan`], [`filter`]) are handed pages and the present. Two
//! drive them: the launcher's loop, whose settler says what to read next and is told what came, and [`patient_reader`],
//! which waits for each page. Both read through [`reader`].

pub(crate) mod backoff;
pub(crate) mod filter;
mod page_length;
pub(crate) mod patient_reader;
pub(crate) mod reader;
pub(crate) mod request;
pub(crate) mod scan;
pub(crate) mod schedule;
pub(crate) mod text_hash;
