//! One request -> one answer: where it goes, who may send it, and what it does to the tenant.
//!
//! In: a request's head and body. Out: an [`Answer`], and its line in the record. The work itself is synchronous and
//! under one lock, so that requests take effect one after another, in the order in which their bodies were there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::faults::line::{Line, Stopping};
use super::faults::picker::Picker;
use super::faults::{RetryAfter, Then};
use super::odata::{Page, Query, render};
use super::ration::Ration;
use super::record::{Answered, ItemSeen, JobSeen, OnAnswer, Record};
use super::refusal::Refusal;
use super::tenant::Tenant;
use super::tenant::start::Departure;
use super::tokens::Tokens;
use crate::clock::{Moment, SharedClock, Timestamp};
use crate::dto::Row;
use crate::dto::names::STATES;
use crate::world::switches::DateHeader;
use course::{Ask, Later};
use endpoint::Endpoint;
use target::Target;

mod admission;
mod body;
mod course;
mod dispatch;
pub(super) mod endpoint;
mod handlers;
mod own;
mod pick;
mod reply;
pub(super) mod target;

/// What all requests share.
pub(super) struct Shared {
    pub(super) clock: SharedClock,
    /// Added to every answer of the API.
    pub(super) latency: Duration,
    date_header: DateHeader,
    stopping: Stopping,
    started: Moment,
    state: Mutex<Live>,
    on_answer: Option<OnAnswer>,
}

/// What changes.
pub(super) struct Live {
    pub(super) tenant: Tenant,
    pub(super) tokens: Tokens,
    pub(super) record: Record,
    ration: Ration,
    faults: Picker,
    /// Work that is put off, in no order.
    later: Vec<Later>,
}

/// An answer before it becomes HTTP.
pub(super) struct Answer {
    status: u16,
    form: Form,
    body: Vec<u8>,
    /// Beside those that its form brings.
    headers: Vec<(HeaderName, HeaderValue)>,
    retry_after: Option<RetryAfter>,
    error_code: Option<i64>,
    created: Vec<i64>,
    /// How many robot jobs were asked for.
    asked: usize,
}

/// What an answer's body is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An OData answer, with its headers.
    OData,
    Json,
    Lines,
    Bytes,
    Html,
    Text,
    Empty,
}

/// One admitted request.
struct Call<'a> {
    parts: &'a Parts,
    target: &'a Target,
    body: &'a [u8],
    now: Moment,
    utc: Timestamp,
    departure: Departure,
}

impl Shared {
    pub(super) fn new(
        clock: SharedClock,
        latency: Duration,
        stopping: Stopping,
        (tenant, tokens, faults, record): (Tenant, Tokens, Picker, Record),
    ) -> Self {
        let (started, later) = (clock.now(), Vec::new());
        let date_header = tenant.switches.date_header;
        let live = Live { tenant, tokens, record, ration: Ration::default(), faults, later };
        Self { clock, latency, date_header, stopping, started, state: Mutex::new(live), on_answer: None }
    }

    /// The same, of whose answers somebody hears.
    pub(super) fn with_listener(self, on_answer: Option<OnAnswer>) -> Self {
        Self { on_answer, ..self }
    }

    /// The state, with all put-off work done that is due by now: whenever somebody looks, it was done in time.
    ///
    /// A panic elsewhere leaves it usable: every change is one push or insert after all checks.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        let mut live = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        live.catch_up(&self.clock);
        live
    }

    /// Every robot job, in the order of ids, as it is now.
    pub(super) fn jobs(&self) -> Vec<JobSeen> {
        let (live, now) = (self.live(), self.clock.now());
        let seen = live.tenant.jobs().iter().map(|job| {
            let (release, phase) = (live.tenant.release(job.release), job.phase(now));
            JobSeen {
                id: job.id,
                key: job.key,
                reference: job.asked.reference.as_deref().map(str::to_owned),
                folder: live.tenant.folder(job.folder).path.clone(),
                release: release.name.clone(),
                batch: job.batch,
                state: STATES[phase.state.number()],
                ended: phase.ended.map(|moment| job.utc(moment)),
                created: job.created_utc,
            }
        });
        seen.collect()
    }

    /// Every queue item, in the order of addition.
    pub(super) fn queue_items(&self) -> Vec<ItemSeen> {
        let live = self.live();
        let seen = live.tenant.queue_items().iter().map(|item| ItemSeen {
            id: item.id,
            folder: live.tenant.folder(item.folder).path.clone(),
            queue: item.queue_name.clone(),
            reference: item.asked.reference.clone(),
            content: item.asked.content.clone(),
        });
        seen.collect()
    }
}

/// Serves every path of the sandbox.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response<Body> {
    let _in_hand = line.in_hand();
    let (parts, body) = request.into_parts();
    let seen = shared.on_answer.as_ref().map(|_| (parts.method.clone(), parts.uri.clone(), shared.clock.now()));
    let mut ask = Ask::new(parts, &shared.clock);
    if let Some(page) = ask.endpoint().and_then(Endpoint::own_page) {
        return own::answer(&shared, &ask.parts, page).into_http(&shared.clock);
    }
    if shared.is_reset_unread(&ask) {
        line.say_instead(Vec::new(), Then::Reset);
        return Response::default();
    }
    // Where there is no such path, nothing is read that could be too large.
    let longest = ask.endpoint().map(Endpoint::longest_body);
    let said = match to_bytes(body, longest.unwrap_or(0)).await {
        Ok(body) => {
            ask.body = body;
            course::follow(&shared, ask).await
        }
        Err(_) if longest.is_none() => course::follow(&shared, ask).await,
        Err(_) => Answer::refused(&Refusal::too_large(), 0).into(),
    };
    shared.wait_until(shared.clock.now().after(shared.latency)).await;
    if let (Some(on_answer), Some((method, target, asked))) = (&shared.on_answer, seen) {
        let target = target.path_and_query().map_or_else(|| target.path(), |target| target.as_str());
        let status = said.answer().map(|answer| answer.status);
        on_answer(&Answered { method: method.as_str(), target, status, took: shared.clock.now().since(asked) });
    }
    said.into_http(&line, &shared.clock, shared.date_header).await
}

impl Call<'_> {
    /// How the client itself calls us.
    fn origin(&self) -> String {
        let host = self.parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        format!("http://{host}")
    }

    /// The address of a set's description, which answers begin with.
    fn context(&self, set: &str) -> String {
        format!("{}{}/odata/$metadata#{set}", self.origin(), self.target.base)
    }

    /// A parameter of the query that is not one of OData's own, its name in any letter case.
    fn parameter(&self, name: &str) -> Option<&str> {
        let mut given = self.target.query.iter();
        given.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Such a parameter that is a number. Errors: 400 where it is not.
    fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| text.parse().map_err(|_| Refusal::invalid_request(format!("`{name}` is a number")));
        self.parameter(name).map(read).transpose()
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.parts.headers.get(name).map(HeaderValue::as_bytes).filter(|value| !value.is_empty())
    }
}

impl Answer {
    fn new(status: u16, form: Form, body: Vec<u8>) -> Self {
        let (headers, created) = (Vec::new(), Vec::new());
        Self { status, form, body, headers, retry_after: None, error_code: None, created, asked: 0 }
    }

    fn empty(status: u16) -> Self {
        Self::new(status, Form::Empty, Vec::new())
    }

    /// A list in OData form.
    fn list<R: Row>(status: u16, call: &Call<'_>, set: &str, query: &Query, page: &Page<R>) -> Self {
        let mut body = Vec::with_capacity(256 + 2048 * page.rows.len().min(64));
        body.extend_from_slice(b"{\"@odata.context\":");
        render::string(&mut body, &call.context(set));
        if let Some(count) = page.count {
            body.extend_from_slice(format!(",\"@odata.count\":{count}").as_bytes());
        }
        body.extend_from_slice(b",\"value\":[");
        for (index, row) in page.rows.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            render::row(&mut body, row, &query.shown);
        }
        body.extend_from_slice(b"]}");
        Self::new(status, Form::OData, body)
    }

    /// One entity of a set in OData form.
    fn entity<R: Row>(call: &Call<'_>, set: &str, query: &Query, row: &R) -> Self {
        Self::object(call, &format!("{set}/$entity"), query, row)
    }

    /// One object of a type that has no set, in OData form.
    fn typed<R: Row>(call: &Call<'_>, name: &str, query: &Query, row: &R) -> Self {
        Self::object(call, &format!("UiPath.Server.Configuration.OData.{name}"), query, row)
    }

    fn object<R: Row>(call: &Call<'_>, described: &str, query: &Query, row: &R) -> Self {
        let mut body = b"{\"@odata.context\":".to_vec();
        render::string(&mut body, &call.context(described));
        if !query.shown.is_empty() {
            body.push(b',');
        }
        render::members(&mut body, row, &query.shown);
        body.push(b'}');
        Self::new(200, Form::OData, body)
    }

    fn refused(refusal: &Refusal, number: u64) -> Self {
        let body = refusal.to_json(number).into_bytes();
        let form = if body.is_empty() { Form::Empty } else { Form::Json };
        let header = refusal.header.as_ref();
        let header = header.and_then(|(name, value)| Some((HeaderName::from_static(name), value.parse().ok()?)));
        let headers = header.into_iter().collect();
        Self { headers, error_code: refusal.code(), ..Self::new(refusal.status, form, body) }
    }

    fn into_http(self, clock: &SharedClock) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let content_type = match self.form {
            Form::OData => Some("application/json; odata.metadata=minimal"),
            Form::Json => Some("application/json; charset=utf-8"),
            Form::Lines => Some("application/x-ndjson"),
            Form::Bytes => Some("application/octet-stream"),
            Form::Html => Some("text/html; charset=utf-8"),
            Form::Text => Some("text/plain; charset=utf-8"),
            Form::Empty => None,
        };
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.form == Form::OData {
            headers.insert(HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0"));
            headers.insert(HeaderName::from_static("api-supported-versions"), HeaderValue::from_static("20.0"));
        }
        headers.extend(self.headers);
        headers.extend(self.retry_after.and_then(|retry_after| reply::retry_after(retry_after, clock)));
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The sandbox's clock, so that a client's measure of the server's time follows a hand-driven one.
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        let date = printer.timestamp_to_rfc9110_string(&clock.utc()).ok();
        if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
            headers.insert(header::DATE, date);
        }
        response
    }
}
