//! What a browser asks for: an address, taken apart.
//!
//! In: path and query as they were sent. Out: a [`BoardRequest`], or that there is no such page; and addresses of pages. Never: a
//! file; no part of an address names one.

use std::fmt::Write as _;

use crate::ids::RunId;
use crate::run::RunStatus;

/// Maximum length of a text that is asked for, in characters.
const MAX_TEXT: usize = 300;

/// A page that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardRequest {
    /// The list of runs.
    Runs(RunsQuery),
    /// One run, with its launches from this one on.
    Run {
        /// The run.
        run: RunId,
        /// The first launch of the list, by its place in the plan.
        from: u32,
    },
    /// The HTML report of a run.
    Report(RunId),
    /// What belongs to a text: a Reference, a launch, a robot job, a run.
    Search {
        /// The text.
        text: String,
        /// Only runs before this one.
        before: Option<RunId>,
    },
    /// The style sheet.
    Style,
    /// The script.
    Script,
    /// The icon.
    Icon,
}

/// A part of a page that is sent again whenever it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveView {
    /// The table of the list of runs.
    Runs(RunsQuery),
    /// How one run is getting on.
    Run(RunId),
}

/// Which runs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// Those whose manifest's name contains this, in any letter case; empty: all.
    pub name: String,
    /// Those in this state.
    pub status: Option<RunStatus>,
    /// Which page of them, from 0.
    pub page: usize,
}

impl BoardRequest {
    /// The page at `path`, with what stands behind `?`; `None` if there is none.
    #[must_use]
    pub fn of(path: &str, query: Option<&str>) -> Option<Self> {
        let asked = QueryText(query.unwrap_or_default());
        match path {
            "/" => Some(Self::Runs(RunsQuery::of(&asked)?)),
            "/search" => {
                let before = asked.text("before");
                let before = if before.is_empty() { None } else { Some(run_of(&before)?) };
                Some(Self::Search { text: asked.text("q").trim().to_owned(), before })
            }
            "/board.css" => Some(Self::Style),
            "/board.js" => Some(Self::Script),
            "/icon.svg" => Some(Self::Icon),
            path => {
                let run = path.strip_prefix("/runs/")?;
                match run.strip_suffix("/report") {
                    Some(run) => Some(Self::Report(run_of(run)?)),
                    None => Some(Self::Run { run: run_of(run)?, from: asked.number("from")? }),
                }
            }
        }
    }
}

impl LiveView {
    /// What changes at `path`; `None` if nothing does.
    #[must_use]
    pub fn of(path: &str, query: Option<&str>) -> Option<Self> {
        match path {
            "/events" => Some(Self::Runs(RunsQuery::of(&QueryText(query.unwrap_or_default()))?)),
            path => Some(Self::Run(run_of(path.strip_prefix("/runs/")?.strip_suffix("/events")?)?)),
        }
    }
}

impl RunsQuery {
    fn of(asked: &QueryText<'_>) -> Option<Self> {
        let word = asked.text("state");
        let status = RunStatus::ALL.into_iter().find(|status| status.as_str() == word);
        if status.is_none() && !word.is_empty() {
            return None;
        }
        let page = usize::try_from(asked.number("page")?).ok()?;
        Some(Self { name: asked.text("name").trim().to_owned(), status, page })
    }

    /// What stands behind `?` in the address of its page with this number; empty for the first page of all.
    #[must_use]
    pub fn query(&self, page: usize) -> String {
        let state = self.status.map(RunStatus::as_str).unwrap_or_default();
        let page = if page == 0 { String::new() } else { page.to_string() };
        let pairs = [("name", self.name.as_str()), ("state", state), ("page", &page)];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }

    /// Whether it is about fewer than all runs.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        !self.name.is_empty() || self.status.is_some()
    }
}

/// What stands behind `?`.
struct QueryText<'a>(&'a str);

impl QueryText<'_> {
    /// The first value called `name`, decoded; empty if there is none.
    fn text(&self, name: &str) -> String {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value)).unwrap_or_default();
        value.chars().take(MAX_TEXT).collect()
    }

    /// The number called `name`; 0 if there is none, `None` if it is no number.
    fn number(&self, name: &str) -> Option<u32> {
        let text = self.text(name);
        if text.is_empty() { Some(0) } else { text.parse().ok() }
    }
}

/// The run with just this id: 32 lower-case hexadecimal digits, as sortie writes them.
fn run_of(text: &str) -> Option<RunId> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_id { text.parse().ok() } else { None }
}

/// A value of a form, as browsers send it.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let hex = |at: usize| behind.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit"));
                rest = &behind[2..];
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `text` as a value in an address.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190163d8694739bb9e5c8b1a4a1d2c3";

    #[test]
    fn an_address_names_a_page_or_nothing() {
        let run: RunId = ID.parse().expect("an id");
        for (path, query, expected) in [
            ("/", None, Some(BoardRequest::Runs(RunsQuery::default()))),
            (
                "/",
                Some("name=a%20b+c&state=cut-off&page=2"),
                Some(BoardRequest::Runs(RunsQuery {
                    name: "a b c".to_owned(),
                    status: Some(RunStatus::CutOff),
                    page: 2,
                })),
            ),
            ("/", Some("state=lost"), None),
            ("/", Some("page=-1"), None),
            (&format!("/runs/{ID}"), None, Some(BoardRequest::Run { run, from: 0 })),
            (&format!("/runs/{ID}"), Some("from=200"), Some(BoardRequest::Run { run, from: 200 })),
            (&format!("/runs/{ID}/report"), None, Some(BoardRequest::Report(run))),
            ("/search", Some("q=%3Cb%3E&before="), Some(BoardRequest::Search { text: "<b>".to_owned(), before: None })),
            ("/search", Some("q=%zz%"), Some(BoardRequest::Search { text: "%zz%".to_owned(), before: None })),
        ] {
            assert_eq!(BoardRequest::of(path, query), expected, "{path} {query:?}");
        }
        let capitals = format!("/runs/{}", ID.to_uppercase());
        let tricks = [
            "",
            "//",
            "/..",
            "/../etc/passwd",
            "/runs/",
            "/runs/last",
            "/runs/../board.css",
            "/%2e%2e/board.css",
            "/board.css/",
            "/BOARD.CSS",
            "/index.html",
            capitals.as_str(),
            "/runs/0190163d8694739bb9e5c8b1a4a1d2c3/report/",
            "/runs/0190163d-8694-739b-b9e5-c8b1a4a1d2c3",
            "/runs/0190163d8694739bb9e5c8b1a4a1d2c3%00",
        ];
        for path in tricks {
            assert_eq!((BoardRequest::of(path, None), LiveView::of(path, None)), (None, None), "{path}");
        }
        assert_eq!(LiveView::of(&format!("/runs/{ID}/events"), None), Some(LiveView::Run(run)));
    }

    #[test]
    fn a_query_is_written_as_it_is_read() {
        let query = RunsQuery { name: "nächt & \"x\"".to_owned(), status: Some(RunStatus::Finished), page: 3 };
        let written = query.query(3);
        assert_eq!(written, "name=n%C3%A4cht%20%26%20%22x%22&state=finished&page=3");
        assert_eq!(BoardRequest::of("/", Some(&written)), Some(BoardRequest::Runs(query)));
        assert_eq!(RunsQuery::default().query(0), "");
    }
}
