//! Faults from a file's text (`--faults FILE`, YAML or JSON): `docs/faults.md` shows the whole form.
//!
//! In: text. Out: rules. Never: which requests they meet.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::FaultsError;
use super::fault::{Create, Cut, Fault, Part, Reply, RetryAfter, Status, Then, Tokens};
use super::rule::{Operation, Position, Rule};
use super::storm::Storm;
use crate::world::life::span;

/// A file's text.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[derive(Default)]
pub(super) struct FaultsText {
    storm: Option<Storm>,
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleText {
    on: String,
    #[serde(default)]
    nth: Numbers,
    every: Option<u64>,
    range: Option<(u64, u64)>,
    share: Option<f64>,
    seed: Option<u64>,
    marker: Option<String>,
    times: Option<u64>,
    #[serde(default, deserialize_with = "span")]
    after: Duration,
    #[serde(default, deserialize_with = "some_span")]
    until: Option<Duration>,
    fault: Option<FaultText>,
    #[serde(default)]
    faults: Vec<FaultText>,
}

/// One number, or a list of them.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Numbers {
    #[default]
    None,
    One(u64),
    Many(Vec<u64>),
}

/// A fault by its name, or spelled out.
struct FaultText(Fault);

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[derive(Default)]
struct FaultMap {
    name: Option<String>,
    create: Option<CreateText>,
    #[serde(deserialize_with = "span")]
    stall_before: Duration,
    #[serde(deserialize_with = "span")]
    stall_after: Duration,
    #[serde(deserialize_with = "span")]
    unlisted_for: Duration,
    tokens: Option<Tokens>,
    reply: Option<ReplyText>,
}

struct CreateText(Create);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CreateMap {
    fewer: Option<u32>,
    #[serde(default, deserialize_with = "some_span")]
    later: Option<Duration>,
}

struct ReplyText(Reply);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ReplyMap {
    status: Option<u16>,
    code: Option<i64>,
    message: Option<String>,
    body: Option<String>,
    #[serde(default, deserialize_with = "some_span")]
    retry_after: Option<Duration>,
    #[serde(default, deserialize_with = "some_span")]
    retry_after_date: Option<Duration>,
    html: Option<u16>,
    redirect: Option<String>,
    without: Option<Vec<String>>,
    refuse_filter: Option<String>,
    cut: Option<Part>,
    after_bytes: Option<usize>,
    content_length: Option<i64>,
    then: Option<Then>,
}

impl FaultsText {
    /// The rules, the storm's last.
    ///
    /// Errors: the storm is to do without a fault that does not exist.
    pub(super) fn rules(self) -> Result<Vec<Rule>, FaultsError> {
        let mut rules: Vec<Rule> = self.rules.into_iter().map(RuleText::rule).collect();
        if let Some(storm) = self.storm {
            if let Some(name) = storm.unknown() {
                return Err(FaultsError::NoSuchFault { name: name.to_owned() });
            }
            rules.extend(storm.rules());
        }
        Ok(rules)
    }
}

impl RuleText {
    fn rule(self) -> Rule {
        let on = match self.on.as_str() {
            "StartJobs" => Operation::StartJobs,
            "Jobs" => Operation::Jobs,
            "Token" => Operation::Token,
            "GET" => Operation::Get,
            "any" => Operation::Any,
            "connection" => Operation::Connection,
            _ => Operation::Named(self.on),
        };
        let mut faults: Vec<Fault> = self.fault.into_iter().chain(self.faults).map(|fault| fault.0).collect();
        if on == Operation::Connection {
            // Nothing can be done for a request that nobody read.
            for fault in &mut faults {
                fault.create = Create::Nothing;
            }
        }
        let mut rule = Rule::one_of(on, faults);
        rule.nth = match self.nth {
            Numbers::None => Vec::new(),
            Numbers::One(number) => vec![number],
            Numbers::Many(numbers) => numbers,
        };
        if let Some(every) = self.every {
            rule = rule.at(Position::Every(every));
        }
        if let Some((first, last)) = self.range {
            rule = rule.at(Position::Within(first..=last));
        }
        rule.share = self.share.map(|share| (share, self.seed.unwrap_or(0)));
        (rule.marker, rule.times, rule.from, rule.until) = (self.marker, self.times, self.after, self.until);
        rule
    }
}

impl From<FaultMap> for Fault {
    fn from(map: FaultMap) -> Self {
        // Where it is not said: a healthy answer is to something that was done, another one comes instead of it.
        let create = match (map.create, &map.reply) {
            (Some(create), _) => create.0,
            (None, None | Some(ReplyText(Reply::Without(_)))) => Create::AsAsked,
            (None, Some(_)) => Create::Nothing,
        };
        let mut fault = Self::new(create, map.reply.map_or(Reply::AsItShould, |reply| reply.0))
            .stalled_before(map.stall_before)
            .stalled_after(map.stall_after)
            .unlisted_for(map.unlisted_for);
        fault.name = map.name;
        fault.tokens = map.tokens.unwrap_or(Tokens::Keep);
        fault
    }
}

impl<'de> Deserialize<'de> for FaultText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_name = |name: &str| {
            Fault::by_name(name).ok_or_else(|| format!("`{name}` is no fault: docs/faults.md lists those with names"))
        };
        word_or_map(deserializer, "a fault's name, or its parts", by_name, |map: FaultMap| Ok(map.into())).map(Self)
    }
}

impl<'de> Deserialize<'de> for CreateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = "`nothing`, `as-asked`, `twice`, `{fewer: 1}` or `{later: 10s}`";
        let by_name = |name: &str| match name {
            "nothing" => Ok(Create::Nothing),
            "as-asked" => Ok(Create::AsAsked),
            "twice" => Ok(Create::Twice),
            _ => Err(format!("`{name}` is not {wanted}")),
        };
        let of_map = |map: CreateMap| match (map.fewer, map.later) {
            (Some(fewer), None) => Ok(Create::Fewer(fewer)),
            (None, Some(span)) => Ok(Create::Later(span)),
            (None, None) | (Some(_), Some(_)) => Err("`create` has one of `fewer` and `later`".to_owned()),
        };
        word_or_map(deserializer, wanted, by_name, of_map).map(Self)
    }
}

impl<'de> Deserialize<'de> for ReplyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_name = |name: &str| match name {
            "as-it-should" => Ok(Reply::AsItShould),
            "claim" => Ok(Reply::Claim),
            "empty-body" => Ok(Reply::EmptyBody),
            "empty-list" => Ok(Reply::EmptyList),
            "garbage" => Ok(Reply::Garbage),
            "wrong-ids" => Ok(Reply::WrongIds),
            "not-utf8" => Ok(Reply::NotUtf8),
            "reset" => Ok(Reply::Reset),
            "reset-unread" => Ok(Reply::ResetUnread),
            "close" => Ok(Reply::Close),
            "never" => Ok(Reply::Never),
            _ => Err(format!(
                "`{name}` is no reply: as-it-should, claim, empty-body, empty-list, garbage, wrong-ids, not-utf8, reset, \
                 reset-unread, close, never, or a map"
            )),
        };
        word_or_map(deserializer, "a reply's name, or its parts", by_name, ReplyMap::reply).map(Self)
    }
}

impl ReplyMap {
    fn reply(self) -> Result<Reply, String> {
        let of_status = self.code.is_some()
            || self.message.is_some()
            || self.body.is_some()
            || self.retry_after.is_some()
            || self.retry_after_date.is_some();
        let then = self.then.unwrap_or(Then::Close);
        let (has_then, has_bytes, has_cut) = (self.then.is_some(), self.after_bytes.is_some(), self.cut.is_some());
        let is_broken = has_cut || self.content_length.is_some();
        let has_status = self.status.is_some();
        let mut replies: Vec<Reply> = Vec::new();
        if let Some(status) = self.status {
            let error = match (self.code, self.message) {
                (None, None) => None,
                (code, message) => Some((code.unwrap_or(0), message.unwrap_or_default())),
            };
            if error.is_some() && self.body.is_some() {
                return Err("a reply has `code` and `message`, or a `body`".to_owned());
            }
            let retry_after = match (self.retry_after, self.retry_after_date) {
                (Some(_), Some(_)) => return Err("a reply has one `retry-after`".to_owned()),
                (Some(span), None) => Some(RetryAfter::Seconds(span.as_secs())),
                (None, date) => date.map(RetryAfter::Date),
            };
            replies.push(Reply::Status(Status { status, error, body: self.body.unwrap_or_default(), retry_after }));
        }
        replies.extend(self.html.map(Reply::Html));
        replies.extend(self.redirect.map(Reply::Redirect));
        replies.extend(self.without.map(Reply::Without));
        replies.extend(self.refuse_filter.map(Reply::RefuseFilter));
        replies.extend(self.cut.map(|part| Reply::Cut(Cut { part, after_bytes: self.after_bytes, then })));
        replies.extend(self.content_length.map(|off| Reply::ContentLength(off, then)));
        match replies.pop() {
            Some(_) if has_then && !is_broken => Err("`then` goes with `cut` and `content-length`".to_owned()),
            Some(_) if has_bytes && !has_cut => Err("`after-bytes` goes with `cut`".to_owned()),
            Some(_) if of_status && !has_status => {
                Err("`code`, `message`, `body` and `retry-after` go with `status`".to_owned())
            }
            Some(reply) if replies.is_empty() => Ok(reply),
            _ => Err(
                "a reply has one of `status`, `html`, `redirect`, `without`, `refuse-filter`, `cut`, `content-length`"
                    .to_owned(),
            ),
        }
    }
}

/// A value that is one word, or a map.
fn word_or_map<'de, D, M, T>(
    deserializer: D,
    wanted: &'static str,
    of_word: impl Fn(&str) -> Result<T, String>,
    of_map: impl Fn(M) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    M: DeserializeOwned,
{
    struct Either<W, F, M> {
        wanted: &'static str,
        of_word: W,
        of_map: F,
        map: PhantomData<M>,
    }
    impl<'de, T, W, F, M> Visitor<'de> for Either<W, F, M>
    where
        W: Fn(&str) -> Result<T, String>,
        F: Fn(M) -> Result<T, String>,
        M: DeserializeOwned,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.wanted)
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<T, E> {
            (self.of_word)(word).map_err(E::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            (self.of_map)(M::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
        }
    }
    deserializer.deserialize_any(Either { wanted, of_word, of_map, map: PhantomData })
}

/// A duration that may be absent.
fn some_span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    span(deserializer).map(Some)
}
