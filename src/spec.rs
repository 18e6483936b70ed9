//! Document -> [`Spec`]: a manifest that is in order, as far as that can be said without inputs.
//!
//! In: a located document. Out: a spec whose names, types and rules across keys hold; its values stay expressions.
//! Never: reads inputs, renders, or refuses a key that the format has and this version cannot carry out: those are
//! [`UnsupportedKey`], and the next stage's to refuse, so that `validate` accepts every valid manifest.

mod fan_out;
mod follow_up;
mod job;
mod likeness;
mod lower;
mod lowering;
mod merge;
mod model;
mod names;
mod params;
mod reports;
mod schedule;
mod secrets;
pub mod start_manifest;
mod vars;

pub use crate::format::ReleaseRef;
pub use fan_out::{BatchSpec, ColumnSpec, FanOut, RowFormat, RowsFrom, RowsSpec};
pub use follow_up::{
    FaultRuleSpec, FollowUpKeys, JobFollowUp, JobNeed, RunFollowUp, late_nodes, outputs_used, read_job_follow_up,
    read_on_finish, read_run_follow_up,
};
pub use job::{
    ArgumentLayers, FieldNodes, FieldValue, JobFields, LargeArguments, NodeValues, read_arguments, read_job,
};
pub use lower::{UncheckedManifest, lower};
pub use model::{
    JobSpec, LaunchLimits, ParamSpec, ReportSpec, SecretOrigin, SecretSpec, Spec, UnsupportedKey, VariableSpec,
};
pub use params::{expected_type, fit};
pub use schedule::RunSchedule;
pub use secrets::secrets_of;
