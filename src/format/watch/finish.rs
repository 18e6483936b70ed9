//! `on-finish`: whom to tell that a run began or is over.
//!
//! In: a value under `on-finish`. Out: [`OnFinish`], or what is wrong with it. Never: tells anybody, or changes a verdict.

use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::Parts;
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;

/// `timeout` where an author says nothing.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum `timeout`: a run's end is not held up for longer.
const MAX_TIMEOUT: Duration = Duration::from_secs(600);

keyed! {
    /// What happens when the run is over. None of it changes the run's exit code.
    #[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct OnFinish {
        /// An address that is fetched when the run is over, whatever its result, so that a watchdog knows. The origin of this
        /// and every other address here must be allowed in the profile.
        #[schemars(extend("examples" = ["${{ secrets.ping_url }}"]))]
        pub ping: Option<String> => Finish,
        /// An address that is fetched when the run begins.
        #[schemars(extend("examples" = ["${{ secrets.ping_url }}/start"]))]
        pub start: Option<String> => Finish,
        /// An address that is fetched when the run is over with exit code 0.
        #[schemars(extend("examples" = ["${{ secrets.ping_url }}"]))]
        pub success: Option<String> => Finish,
        /// An address that is fetched when the run is over with another exit code.
        #[schemars(extend("examples" = ["${{ secrets.ping_url }}/fail"]))]
        pub failure: Option<String> => Finish,
        /// A program and its arguments, run when the run is over, with the report's head as JSON on its standard input.
        #[schemars(extend("examples" = [["notify", "--run", "${{ run.id }}"]]))]
        pub command: Option<Vec<String>> => Finish,
        /// An address that the report's head is sent to as JSON when the run is over.
        #[schemars(extend("examples" = ["https://watch.example/hook"]))]
        pub webhook: Option<String> => Finish,
        /// How long each of these may take.
        #[schemars(extend("default" = "10s"))]
        pub timeout: Option<TimeSpan> => Finish,
    }
}

impl OnFinish {
    /// How long each of them may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout.map_or(TIMEOUT, TimeSpan::duration)
    }
}

/// Reads the address under `part`; none where it is left out.
fn address(parts: &Parts<'_>, part: &str) -> Result<Option<String>, FieldError> {
    let address: Option<String> = parts.part(part)?;
    // An expression with a secret stands for itself here: only sending reveals it.
    let is_address = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        text.starts_with("${{") || rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    };
    if address.as_deref().is_some_and(|text| !is_address(text) || text.contains(char::is_control)) {
        // The text may be a secret.
        let what = format!("`{part}` must be an address that begins with `https://` or `http://`");
        return Err(FieldError::new(Code::WrongForm, what));
    }
    Ok(address)
}

impl FromValue for OnFinish {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let parts = Parts::of::<Self>(key, value, "on-finish: { ping: \"https://..\" }")?;
        let timeout = parts.span("timeout")?;
        if timeout.is_some_and(|span| span.duration() > MAX_TIMEOUT) {
            return Err(FieldError::new(Code::OutOfRange, "`timeout` of `on-finish` may be at most 10m")
                .help("a run's end is not held up for longer"));
        }
        Ok(Self {
            ping: address(&parts, "ping")?,
            start: address(&parts, "start")?,
            success: address(&parts, "success")?,
            failure: address(&parts, "failure")?,
            command: parts.texts("command")?,
            webhook: address(&parts, "webhook")?,
            timeout,
        })
    }
}
