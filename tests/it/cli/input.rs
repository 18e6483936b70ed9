//! What is read: manifests, data, params, places, and what validate and plan say of them.

mod data;
mod diff;
#[cfg(feature = "sandbox")]
mod filters;
mod machine_forms;
mod manifest_tests;
mod names;
mod params;
mod places;
#[cfg(feature = "sandbox")]
mod policies;
mod protected_paths;
mod saved_plans;
mod strangers;
mod trial;
mod validate_and_plan;
