//! Answers as the API spells them; known to this folder only.
//!
//! In: bodies. Out: our own types. Read leniently: unknown fields are ignored, known ones may be absent, null or of
//! another type, except the identifiers without which an answer means nothing. Objects are objects: no list is taken for one.

use serde::de::Deserialize;
use uuid::Uuid;

use super::job_pages::{ListedJob, WaitEvent};
use crate::ids::{FolderId, JobId, MachineId, ReleaseKey, RobotId};
use crate::outcome::LogLine;
use crate::resolve::{FoundMachine, FoundRelease, FoundRobot};

mod broken_text;
mod job;
mod object;
mod release;
mod scalar;

pub(super) use broken_text::mended;
pub(super) use job::JobDto;
pub(super) use object::read_object;
use object::{object, object_or_null, objects};
pub(super) use release::{ReleaseDetailsDto, ReleaseIdDto};
use scalar::{integer, text, texts, truth};

/// A list of the API.
#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct ListPage<T> {
    #[serde(deserialize_with = "objects")]
    pub value: Vec<T>,
    #[serde(rename = "@odata.count", default, deserialize_with = "integer")]
    pub count: Option<i64>,
}

/// The robot jobs that the body of a successful `StartJobs` names, in the server's order; at least one, ids distinct.
///
/// Errors: why the body does not tell which robot jobs exist, as the end of a sentence.
pub(super) fn started_jobs(body: &[u8]) -> Result<Vec<ListedJob>, String> {
    let text = json_text(body)?;
    let page: ListPage<JobDto> =
        read_object(text).map_err(|error| format!("the answer is no list of jobs: {}", misfit(&error)))?;
    if page.value.is_empty() {
        return Err("the answer names no job".to_owned());
    }
    let jobs: Vec<ListedJob> = page.value.into_iter().map(ListedJob::from).collect();
    let distinct: std::collections::BTreeSet<JobId> = jobs.iter().map(|listed| listed.job.id).collect();
    if distinct.len() < jobs.len() {
        return Err(format!("of the {} jobs that the answer names only {} are distinct", jobs.len(), distinct.len()));
    }
    Ok(jobs)
}

/// What is wrong with an answer, without a value of it: a server may repeat a secret there, escaped once more by serde.
pub(super) fn misfit(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() || text.starts_with("missing field") {
        return text;
    }
    format!("a value is not of the type that it should have, at line {} column {}", error.line(), error.column())
}

/// The JSON text in `body`, without a byte-order mark.
pub(super) fn json_text(body: &[u8]) -> Result<&str, String> {
    // Checked before parsing: the parser does not look into texts that it skips.
    let text = std::str::from_utf8(body).map_err(|_| "the answer is not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("the answer is empty".to_owned());
    }
    if super::error_body::is_html(text, None) {
        return Err(super::error_body::html_message(text));
    }
    Ok(text)
}

/// `ReleaseDto`, as far as we read it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReleaseDto {
    key: Uuid,
    name: String,
    #[serde(default, deserialize_with = "text")]
    process_key: Option<String>,
    #[serde(default, deserialize_with = "text")]
    process_version: Option<String>,
    #[serde(default, deserialize_with = "text")]
    environment_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    description: Option<String>,
}

impl From<ReleaseDto> for FoundRelease {
    fn from(release: ReleaseDto) -> Self {
        Self {
            key: ReleaseKey(release.key),
            name: release.name,
            process_key: release.process_key,
            version: release.process_version,
            environment: release.environment_name,
            description: release.description,
        }
    }
}

/// `RobotDto` and `RobotsFromFolderModel`, as far as we read them.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RobotDto {
    id: i64,
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    username: Option<String>,
}

impl From<RobotDto> for FoundRobot {
    fn from(robot: RobotDto) -> Self {
        Self { id: RobotId(robot.id), name: robot.name, username: robot.username }
    }
}

/// `MachineFolderDto`, as far as we read it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MachineDto {
    id: i64,
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
}

impl From<MachineDto> for FoundMachine {
    fn from(machine: MachineDto) -> Self {
        Self { id: MachineId(machine.id), name: machine.name }
    }
}

/// `AttachmentDto`, with what official clients read of it besides.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachmentDto {
    pub id: Uuid,
    #[serde(deserialize_with = "object")]
    pub blob_file_access: BlobFileAccessDto,
}

/// Where an attachment's content is put.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BlobFileAccessDto {
    pub uri: String,
    #[serde(default, deserialize_with = "object_or_null")]
    pub headers: Option<HeadersDto>,
    #[serde(default, deserialize_with = "truth")]
    pub requires_auth: Option<bool>,
}

/// Headers as two lists of one length.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HeadersDto {
    #[serde(default)]
    pub keys: Vec<String>,
    #[serde(default)]
    pub values: Vec<String>,
}

/// `FolderDto`, as far as we read it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FolderDto {
    pub id: FolderId,
}

/// A folder's path.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FolderPathDto {
    #[serde(default, deserialize_with = "text")]
    pub fully_qualified_name: Option<String>,
}

/// The folders of the current user, page by page.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FolderPathsDto {
    #[serde(deserialize_with = "objects")]
    pub page_items: Vec<FolderPathDto>,
}

/// An entry of a list that pages may repeat.
pub(super) trait ListEntry {
    /// What tells it from the others.
    fn key(&self) -> u128;
}

impl ListEntry for FolderDto {
    fn key(&self) -> u128 {
        entry_key(self.id.0)
    }
}

impl ListEntry for MachineDto {
    fn key(&self) -> u128 {
        entry_key(self.id)
    }
}

impl ListEntry for ReleaseDto {
    fn key(&self) -> u128 {
        self.key.as_u128()
    }
}

impl ListEntry for RobotDto {
    fn key(&self) -> u128 {
        entry_key(self.id)
    }
}

fn entry_key(id: i64) -> u128 {
    u128::from(id.cast_unsigned())
}

/// `ValidationResultDto`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ValidationDto {
    #[serde(default, deserialize_with = "truth")]
    pub is_valid: Option<bool>,
    #[serde(default, deserialize_with = "texts")]
    pub errors: Vec<String>,
    #[serde(default, deserialize_with = "texts")]
    pub error_codes: Vec<String>,
}

/// `JobTriggerWithWaitEventsDto`, as far as we read it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WaitEventDto {
    #[serde(default, deserialize_with = "text")]
    trigger_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    item_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    trigger_message: Option<String>,
    #[serde(default, deserialize_with = "text")]
    timer: Option<String>,
}

impl From<WaitEventDto> for WaitEvent {
    fn from(event: WaitEventDto) -> Self {
        Self {
            kind: event.trigger_type,
            status: event.status,
            item: event.item_name,
            message: event.trigger_message,
            until: event.timer,
        }
    }
}

/// `LogDto`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LogDto {
    #[serde(default, deserialize_with = "text")]
    level: Option<String>,
    #[serde(default, deserialize_with = "text")]
    time_stamp: Option<String>,
    #[serde(default, deserialize_with = "text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "text")]
    job_key: Option<String>,
}

impl LogDto {
    /// Whether it is an error of the robot job with this key, as far as it says.
    pub(super) fn is_error_of(&self, key: uuid::Uuid) -> bool {
        let is_own = self.job_key.as_deref().is_none_or(|told| uuid::Uuid::try_parse(told.trim()) == Ok(key));
        let is_error = self.level.as_deref().is_none_or(|level| {
            // Some servers write enumerations by their numbers.
            ["error", "fatal", "4", "5"].iter().any(|word| level.trim().eq_ignore_ascii_case(word))
        });
        let says = self.message.as_deref().is_some_and(|message| !message.trim().is_empty());
        is_own && is_error && says
    }
}

impl From<LogDto> for LogLine {
    fn from(line: LogDto) -> Self {
        Self { at: line.time_stamp, level: line.level, text: line.message.unwrap_or_default() }
    }
}

/// The token endpoint's answer.
#[derive(serde::Deserialize)]
pub(super) struct TokenDto {
    #[serde(default, deserialize_with = "text")]
    pub access_token: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    pub expires_in: Option<i64>,
}

/// What Orchestrator's own login answers.
#[derive(serde::Deserialize)]
pub(super) struct AuthenticateDto {
    #[serde(default, deserialize_with = "text")]
    pub result: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    pub success: Option<bool>,
}
