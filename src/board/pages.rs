//! The board's pages: templates of their own, the style of the HTML report, one small script.
//!
//! In: parts that the other files made. Out: markup, in which everything foreign is escaped. Never: a script or a style inside a page,
//! or an address beyond the board.

use std::path::Path;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use super::history::PastRuns;
use super::listing::RunListing;
use super::live::RunProgress;
use super::one_run::WholeRun;
use super::request::RunsQuery;
use super::search::SearchResult;
use crate::report::forms::html::STYLE;
use crate::report::forms::html::words::line;
use crate::run::RunStatus;

/// Asks for changes, and puts them in place.
pub(super) const SCRIPT: &str = include_str!("pages/board.js");
/// In the tab of a browser.
pub(super) const ICON: &str = include_str!("pages/icon.svg");

const OWN_STYLE: &str = include_str!("pages/board.css");
/// A page: what all have, what its head has beside that, and its own content.
macro_rules! page {
    ($head:literal, $content:literal) => {
        concat!(
            include_str!("pages/top.html"),
            $head,
            include_str!("pages/bar.html"),
            include_str!($content),
            include_str!("pages/end.html")
        )
    };
}

const TEMPLATES: [(&str, &str); 6] = [
    ("runs_part", include_str!("pages/runs_part.html")),
    ("run_part", include_str!("pages/run_part.html")),
    (
        "runs",
        page!("<noscript><meta http-equiv=\"refresh\" content=\"10; url={{ here }}\"></noscript>\n", "pages/runs.html"),
    ),
    (
        "run",
        page!(
            "{% if is_live %}<noscript><meta http-equiv=\"refresh\" content=\"10; url=/runs/{{ id }}\"></noscript>{% endif %}\n",
            "pages/run.html"
        ),
    ),
    ("search", page!("", "pages/search.html")),
    ("message", page!("", "pages/message.html")),
];

/// The style sheet: the report's, and what the board adds.
pub(super) fn style() -> String {
    format!("{STYLE}\n{OWN_STYLE}")
}

/// The templates, and what stands on every page.
pub(super) struct BoardPages {
    environment: Environment<'static>,
    ledger: String,
}

impl BoardPages {
    /// Of the ledger at `place`.
    pub(super) fn new(place: &Path) -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text).expect("the templates are this crate's own, and tried by its tests");
        }
        Self { environment, ledger: line(&place.display().to_string(), 300) }
    }

    /// The list of runs.
    pub(super) fn runs(&self, listing: &RunListing, query: &RunsQuery) -> String {
        let states: Vec<(&str, bool)> =
            RunStatus::ALL.iter().map(|status| (status.as_str(), query.status == Some(*status))).collect();
        let behind = query.query(query.page);
        self.page(
            "runs",
            "Runs",
            context! {
                part => Value::from_safe_string(self.part("runs_part", listing)),
                events => if behind.is_empty() { "/events".to_owned() } else { format!("/events?{behind}") },
                here => if behind.is_empty() { "/".to_owned() } else { format!("/?{behind}") },
                name => query.name.as_str(),
                states => Value::from(Serde(&states)),
                ..context! { search => "", ledger => self.ledger.as_str() }
            },
        )
    }

    /// One run.
    pub(super) fn run(&self, progress: &RunProgress, whole: &WholeRun, past: &PastRuns) -> String {
        self.page(
            "run",
            &whole.summary.name,
            context! {
                part => Value::from_safe_string(self.part("run_part", progress)),
                id => progress.id.as_str(),
                is_live => progress.is_live,
                run => Value::from(Serde(whole)),
                past => Value::from(Serde(past)),
                search => "",
                ledger => self.ledger.as_str(),
            },
        )
    }

    /// What was found.
    pub(super) fn search(&self, found: &SearchResult) -> String {
        let found = Value::from(Serde(found));
        let search = found.get_attr("text").unwrap_or_default();
        self.page("search", "Search", context! { found, search, ledger => self.ledger.as_str() })
    }

    /// A page that has nothing but words.
    pub(super) fn message(&self, title: &str, words: &str) -> String {
        let page = context! { title, words => line(words, 2_000), search => "", ledger => self.ledger.as_str() };
        self.page("message", title, page)
    }

    /// A part of a page, which changes by itself.
    pub(super) fn part(&self, name: &str, part: &impl Serialize) -> String {
        self.render(name, context! { part => Value::from(Serde(part)) })
    }

    fn page(&self, name: &str, title: &str, page: Value) -> String {
        self.render(name, context! { title, ..page })
    }

    fn render(&self, name: &str, context: Value) -> String {
        let template = self.environment.get_template(name).expect("it was added when the environment was made");
        template.render(context).expect("the templates name what they are given, and their tests try all of them")
    }
}
