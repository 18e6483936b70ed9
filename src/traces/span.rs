//! Spans, and how OTLP writes them as JSON.
//!
//! In: times, names, attributes. Out: `ExportTraceServiceRequest` as JSON: ids in hexadecimal, 64-bit numbers as text. Source:
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>.

use std::fmt;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::ids::{Digest, RunId};

/// The id of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceId([u8; 16]);

/// The id of a span in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanId([u8; 8]);

/// A span of somebody else, below which a run stands: what `TRACEPARENT` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl TraceParent {
    /// Reads `00-<32 digits>-<16 digits>-<2 digits>`; `None` of anything else, and of ids that are none. Source: W3C Trace Context.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version.len() != 2 || version == "ff" || flags.len() != 2 || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let (trace, span) = (TraceId(digits(trace)?), SpanId(digits(span)?));
        (trace.0 != [0; 16] && span.0 != [0; 8]).then_some(Self { trace, span })
    }
}

/// Exactly `N` bytes in lower-case hexadecimal digits.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl TraceId {
    /// The run's own id.
    pub(super) fn of_run(run: RunId) -> Self {
        Self(*run.as_bytes())
    }
}

impl SpanId {
    /// Of what `parts` name in `run`; the same each time.
    pub(super) fn of(run: RunId, parts: &[&str]) -> Self {
        let text = std::iter::once(run.to_string()).chain(parts.iter().map(|part| (*part).to_owned()));
        let digest = Digest::of(text.collect::<Vec<_>>().join("\n").as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest.as_bytes()[..8]);
        // None is what zero means.
        bytes[7] |= 1;
        Self(bytes)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether something else was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanKind {
    /// Nothing was.
    Internal,
    /// A server.
    Client,
}

/// One span.
#[derive(Clone, Debug)]
pub(super) struct TraceSpan {
    id: SpanId,
    parent: Option<SpanId>,
    name: String,
    kind: SpanKind,
    start: Timestamp,
    end: Timestamp,
    attributes: Vec<Value>,
    /// Code and message, where it is known how it ended.
    status: Option<(u8, String)>,
}

impl TraceSpan {
    /// From the first moment to the second one, and never backwards: a server's clock may be behind ours.
    pub(super) fn new(id: SpanId, parent: Option<SpanId>, name: String, (start, end): (Timestamp, Timestamp)) -> Self {
        let end = end.max(start);
        Self { id, parent, name, kind: SpanKind::Internal, start, end, attributes: Vec::new(), status: None }
    }

    pub(super) fn of_kind(self, kind: SpanKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.attributes.push(json!({"key": key, "value": {"stringValue": value}}));
    }

    pub(super) fn number(&mut self, key: &str, value: i64) {
        self.attributes.push(json!({"key": key, "value": {"intValue": value.to_string()}}));
    }

    pub(super) fn succeed(&mut self) {
        self.status = Some((1, String::new()));
    }

    pub(super) fn fail(&mut self, message: &str) {
        self.status = Some((2, message.to_owned()));
    }

    fn to_json(&self, trace: TraceId) -> Value {
        let Self { id, parent, name, kind, start, end, attributes, status } = self;
        let kind = match kind {
            SpanKind::Internal => 1,
            SpanKind::Client => 3,
        };
        let mut span = json!({
            "traceId": trace.to_string(),
            "spanId": id.to_string(),
            "name": name,
            "kind": kind,
            "startTimeUnixNano": start.as_nanosecond().to_string(),
            "endTimeUnixNano": end.as_nanosecond().to_string(),
            "attributes": attributes,
        });
        if let Some(parent) = parent {
            span["parentSpanId"] = parent.to_string().into();
        }
        if let Some((code, message)) = status {
            span["status"] =
                if message.is_empty() { json!({"code": code}) } else { json!({"code": code, "message": message}) };
        }
        span
    }
}

/// The body of a request that tells of `spans`.
pub(super) fn body(service: &str, trace: TraceId, spans: &[TraceSpan]) -> String {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let version = env!("CARGO_PKG_VERSION");
    let resource = [attribute("service.name", service), attribute("service.version", version)];
    let spans: Vec<Value> = spans.iter().map(|span| span.to_json(trace)).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": {"name": "sortie", "version": version}, "spans": spans}],
    }]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_and_nothing_that_only_looks_like_one() {
        let parent = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").expect("a parent");
        assert_eq!(parent.trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.span.to_string(), "b7ad6b7169203331");
        for none in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319ä-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_span_is_the_same_each_time_and_never_ends_before_it_begins() {
        let run = RunId::named(&["trace"]);
        assert_eq!(SpanId::of(run, &["a", "attempt"]), SpanId::of(run, &["a", "attempt"]));
        assert_ne!(SpanId::of(run, &["a"]), SpanId::of(run, &["b"]));
        assert_eq!(TraceId::of_run(run).to_string(), run.to_string());
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let mut span = TraceSpan::new(SpanId::of(run, &[]), None, "wait".to_owned(), (at(2), at(1)));
        span.number("n", 3);
        span.fail("late");
        let json = span.to_json(TraceId::of_run(run));
        assert_eq!(json["startTimeUnixNano"], "2000000000");
        assert_eq!(json["endTimeUnixNano"], "2000000000");
        assert_eq!(json["attributes"], json!([{"key": "n", "value": {"intValue": "3"}}]));
        assert_eq!((&json["status"], json.get("parentSpanId")), (&json!({"code": 2, "message": "late"}), None));
    }
}
