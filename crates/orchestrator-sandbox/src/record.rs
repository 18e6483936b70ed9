//! What the sandbox received and answered, in order: the server's own word, against which a client can be checked.
//!
//! In: each request once its body was there, and its answer. Out: [`Received`] and [`JobSeen`], in process or as JSON
//! lines. Never: a token or a client secret; a token is named by where it came from.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use serde::Serialize;
use uuid::Uuid;

use crate::clock::{Moment, Timestamp};

/// One request, and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Received {
    /// Counted from 1, over all requests.
    pub number: u64,
    /// When its head arrived, by the sandbox's clock.
    pub at: Timestamp,
    /// The same in microseconds of the clock's monotonic time: for differences.
    #[serde(rename = "at-us", serialize_with = "microseconds")]
    pub moment: Moment,
    /// `StartJobs`, `Jobs`, `Job`, `Token`, ..; empty where the path leads nowhere.
    pub operation: &'static str,
    /// `GET`, `POST`, ..
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The headers that matter, names in lower case, in the order in which they are listed in `docs/sandbox.md`.
    pub headers: Vec<(String, String)>,
    /// The body's text; of the `POST`s about jobs and queues only.
    pub body: String,
    /// The answer's status; 0 where none was sent, or not yet.
    pub status: u16,
    /// The answer's `errorCode`, where it has one.
    pub error_code: Option<i64>,
    /// The ids of the robot jobs that it created, once they exist.
    pub created: Vec<i64>,
    /// The fault that was in the way.
    pub fault: Option<String>,
}

impl Received {
    /// The line of a connection that met a fault before anything of it was read; `method` is `CONNECTION`.
    pub(super) fn of_connection(number: u64, (moment, at): (Moment, Timestamp), fault: String) -> Self {
        Self {
            number,
            at,
            moment,
            operation: "",
            method: "CONNECTION".to_owned(),
            target: String::new(),
            headers: Vec::new(),
            body: String::new(),
            status: 0,
            error_code: None,
            created: Vec::new(),
            fault: Some(fault),
        }
    }

    /// About what it takes in memory, by what does not change once the line is written.
    fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len());
        size_of::<Self>() + self.target.len() + self.body.len() + headers.sum::<usize>()
    }
}

/// The last lines, as many as fit: a sandbox may serve for days.
pub(super) struct Record {
    lines: VecDeque<Received>,
    /// How many were taken away, oldest first.
    gone: u64,
    /// What the lines kept take.
    bytes: usize,
    max_bytes: usize,
}

impl Record {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { lines: VecDeque::new(), gone: 0, bytes: 0, max_bytes }
    }

    /// The number of the next line.
    pub(super) fn next(&self) -> u64 {
        self.gone + self.lines.len() as u64 + 1
    }

    /// Adds the line of number [`Self::next`].
    pub(super) fn push(&mut self, line: Received) {
        self.bytes += line.bytes();
        self.lines.push_back(line);
        while self.bytes > self.max_bytes && self.lines.len() > 1 {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.bytes());
            self.gone += 1;
        }
    }

    /// `None` where the line was taken away.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Received> {
        self.lines.get_mut(usize::try_from(number.checked_sub(self.gone + 1)?).ok()?)
    }

    /// The lines kept, oldest first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Received> {
        self.lines.iter()
    }
}

/// An answer that went out, or did not, in few words: for a log.
#[derive(Clone, Debug)]
pub struct Answered<'a> {
    /// `GET`, `POST`, ..
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// The answer's status; `None` where a fault kept it from going out.
    pub status: Option<u16>,
    /// From the request's head to its answer, by the sandbox's clock.
    pub took: Duration,
}

/// Who hears of each answer.
pub type OnAnswer = Arc<dyn Fn(&Answered<'_>) + Send + Sync>;

/// A robot job, in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobSeen {
    /// `JobDto.Id`.
    pub id: i64,
    /// `JobDto.Key`.
    pub key: Uuid,
    /// `JobDto.Reference`.
    pub reference: Option<String>,
    /// The path of its folder.
    pub folder: String,
    /// The name of its release.
    pub release: String,
    /// `JobDto.BatchExecutionKey`.
    pub batch: Uuid,
    /// `JobDto.State`, now.
    pub state: &'static str,
    /// When it came to be: `JobDto.CreationTime`.
    pub created: Timestamp,
    /// When it came to its end: `JobDto.EndTime`. In process only.
    #[serde(skip)]
    pub ended: Option<Timestamp>,
}

/// A queue item, in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ItemSeen {
    /// `QueueItemDto.Id`.
    pub id: i64,
    /// The path of its folder.
    pub folder: String,
    /// The name of its queue.
    pub queue: String,
    /// `QueueItemDto.Reference`.
    pub reference: Option<String>,
    /// `QueueItemDto.SpecificContent`.
    pub content: serde_json::Map<String, serde_json::Value>,
}

/// The headers worth keeping, by their names in lower case; `authorization` names its token by `bearer`.
pub(super) fn kept(headers: &HeaderMap, bearer: &str) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let mut kept = Vec::new();
    if headers.contains_key(AUTHORIZATION) {
        kept.push((AUTHORIZATION.to_string(), bearer.to_owned()));
    }
    for name in [CONTENT_TYPE, ACCEPT, USER_AGENT, HOST] {
        kept.extend(headers.get_all(&name).iter().map(|value| (name.to_string(), text(value.as_bytes()))));
    }
    for (name, value) in headers {
        if name.as_str().starts_with("x-uipath-") {
            kept.push((name.to_string(), text(value.as_bytes())));
        }
    }
    kept
}

/// `items` as JSON lines.
pub(super) fn lines<T: Serialize>(items: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        serde_json::to_writer(&mut out, &item).expect("records have a JSON form, and a vector takes it");
        out.push(b'\n');
    }
    out
}

fn microseconds<S: serde::Serializer>(moment: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(moment.0.as_micros()).unwrap_or(u64::MAX))
}
