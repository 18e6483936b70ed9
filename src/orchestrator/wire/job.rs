//! A robot job as the API spells it.
//!
//! In: `JobDto`. Out: a [`ListedJob`]. Never: fails for anything but a missing `Id`.

use super::object::lenient_object;
use super::scalar::{integer, text};
use crate::ids::{FolderId, JobId};
use crate::orchestrator::job_pages::ListedJob;
use crate::outcome::JobError;
use crate::robot_job::RobotJob;

/// `JobDto`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::orchestrator) struct JobDto {
    id: i64,
    #[serde(default, deserialize_with = "text")]
    key: Option<String>,
    #[serde(default, deserialize_with = "text")]
    state: Option<String>,
    #[serde(default, deserialize_with = "text")]
    creation_time: Option<String>,
    #[serde(default, deserialize_with = "text")]
    start_time: Option<String>,
    #[serde(default, deserialize_with = "text")]
    end_time: Option<String>,
    #[serde(default, deserialize_with = "text")]
    release_name: Option<String>,
    #[serde(default, deserialize_with = "text", rename = "Type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "text")]
    source: Option<String>,
    #[serde(default, deserialize_with = "text")]
    source_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    batch_execution_key: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    starting_schedule_id: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    info: Option<String>,
    #[serde(default, deserialize_with = "text")]
    output_arguments: Option<String>,
    #[serde(default, deserialize_with = "text")]
    output_file: Option<String>,
    #[serde(default, deserialize_with = "text")]
    reference: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    release_version_id: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    sub_state: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    organization_unit_id: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    last_modification_time: Option<String>,
    #[serde(default, deserialize_with = "text")]
    error_code: Option<String>,
    #[serde(default, deserialize_with = "lenient_object")]
    job_error: Option<JobErrorDto>,
}

/// `JobErrorDto`. The description writes its fields small, and others of the API large.
#[derive(Default, serde::Deserialize)]
struct JobErrorDto {
    #[serde(default, alias = "Code", deserialize_with = "text")]
    code: Option<String>,
    #[serde(default, alias = "Title", deserialize_with = "text")]
    title: Option<String>,
    #[serde(default, alias = "Detail", deserialize_with = "text")]
    detail: Option<String>,
    #[serde(default, alias = "Category", deserialize_with = "text")]
    category: Option<String>,
}

impl From<JobDto> for ListedJob {
    fn from(job: JobDto) -> Self {
        let reference = job.reference;
        let JobErrorDto { code, title, detail, category } = job.job_error.unwrap_or_default();
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let error = JobError {
            code: said(code).or_else(|| said(job.error_code)),
            title: said(title),
            detail: said(detail),
            category: said(category),
        };
        let error = (error != JobError::default()).then(|| Box::new(error));
        let (sub_state, modified) = (said(job.sub_state), job.last_modification_time);
        let has_output_file = said(job.output_file).is_some();
        let folder = job.organization_unit_id.map(FolderId);
        let job = RobotJob {
            id: JobId(job.id),
            key: job.key,
            state: job.state,
            creation_time: job.creation_time,
            start_time: job.start_time,
            end_time: job.end_time,
            release_name: job.release_name,
            kind: job.kind,
            source: job.source,
            source_type: job.source_type,
            batch_execution_key: job.batch_execution_key,
            starting_schedule_id: job.starting_schedule_id,
            info: job.info,
            output: job.output_arguments,
            release_version: job.release_version_id,
        };
        Self { job, reference, sub_state, error, folder, modified, has_output_file }
    }
}
