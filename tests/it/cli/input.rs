//! What is read: manifests, data, params, places, and what validate and plan say of them.

mod data;
mod diff;
mod machine_forms;
mod manifest_tests;
mod names;
mod params;
mod places;
mod protected_paths;
mod saved_plans;
mod strangers;
mod trial;
mod validate_and_plan;
