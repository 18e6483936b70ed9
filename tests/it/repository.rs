//! What must hold of the repository itself: imports, names, documents, dependencies.

mod book;
mod ci_recipes;
mod circles;
#[cfg(feature = "sandbox")]
mod docs;
mod layering;
mod names;
mod policy;
mod release_files;
mod source_files;
