//! Spec and [`Inputs`] -> [`Plan`]: every launch of a manifest, in order, made when it is asked for.
//!
//! In: a valid spec and everything that it depends on. Out: launches by index, still by name; digest; names to resolve.
//! Never: reads a file, clock or network, so the same inputs always give the same plan; keeps no launch: 16 bytes a
//! job, whatever its launches, and its data compressed.

use crate::diagnostic::Diagnosed;
use crate::manifest;
use crate::source::Sources;
use crate::spec;

mod arguments;
mod complaint_groups;
mod expand;
mod field_value;
mod inputs;
mod job_expansion;
mod launch;
mod manifest_folder;
mod matrix;
mod model;
mod render;
mod required_files;
mod rows;
mod secrets;
mod trial;

pub use arguments::read_arguments;
pub(crate) use expand::{FILTER, complaint, what_there_is};
pub use expand::{LaunchMark, LaunchMarks, expand, expand_marked, expand_under};
pub use inputs::{Inputs, ParamValue, RowsInput};
pub use launch::{Launch, PlanEntry, PlannedFacts, SkippedLaunch};
pub use model::{FaultCondition, InputTable, LaunchedRows, Plan, PlannedJob, RequiredNames, moved_line};
pub use required_files::{RequiredFile, required_files};
pub use rows::{GivenRows, minified};
pub use trial::{MAX_TRIED, try_out, try_out_under};

/// Makes the plan of `inputs`, from the manifest's text on.
pub fn make(inputs: &Inputs) -> (Sources, Diagnosed<Plan>) {
    let mut sources = Sources::default();
    let source = sources.add(&inputs.manifest, inputs.text.as_str());
    let spec = manifest::parse(&sources, source).and_then(spec::lower);
    let plan = spec.and_then(|spec| expand(spec, inputs, &mut sources));
    (sources, plan)
}
