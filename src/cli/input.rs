//! What a command reads: manifests, data files, params, and the paths that no report may replace.

pub(crate) mod data_files;
pub(crate) mod home_paths;
pub(crate) mod inputs;
pub(crate) mod links;
pub(crate) mod lock_file;
pub(crate) mod manifest_files;
pub(crate) mod near_files;
pub(crate) mod overrides;
pub(crate) mod params;
pub(crate) mod policy_files;
pub(crate) mod protected_paths;
pub(crate) mod run_files;
pub(crate) mod saved_plan_file;
pub(crate) mod step_summary;
