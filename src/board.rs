//! The board: the runs of a ledger as pages for a browser on this machine, and what changes on them while they are open.
//!
//! In: a ledger's place, and what a browser asks for. Out: answers, as bytes. Never: writes to the ledger, speaks to Orchestrator,
//! or listens; sockets are `cli`'s. Each page is read from a connection of its own, so that no reader waits for another, and no
//! process that is at a run for a reader.

use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::ledger;
use crate::report::forms;
use crate::run::reporting::RepeatedFlags;
use crate::secret::Redactor;

mod access;
mod answer;
mod error;
mod history;
mod listing;
mod live;
mod markup;
mod one_run;
mod pages;
mod request;
mod search;

pub use access::{Access, AccessError, AccessGrant, RequestFacts};
pub use answer::BoardAnswer;
pub use error::BoardError;
pub use request::{BoardRequest, LiveView, RunsQuery};

use live::LiveRuns;
use pages::BoardPages;

/// A part of a page as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePart {
    /// Its markup.
    pub html: String,
    /// Whether it changes no more by itself: the whole page is to be read again.
    pub is_over: bool,
}

/// The runs of one ledger, for browsers.
pub struct Board {
    place: PathBuf,
    redactor: Redactor,
    flags: RepeatedFlags,
    pages: BoardPages,
    live: LiveRuns,
}

impl Board {
    /// Of the ledger at `place`. What `redactor` knows is masked; commands on its pages carry `flags`.
    #[must_use]
    pub fn new(place: PathBuf, redactor: &Redactor, flags: RepeatedFlags) -> Self {
        let (pages, live) = (BoardPages::new(&place), LiveRuns::default());
        Self { place, redactor: redactor.clone(), flags, pages, live }
    }

    /// The answer to `wanted`, which may be asked for; `now` is the present.
    pub async fn answer(&self, wanted: &BoardRequest, now: Timestamp) -> BoardAnswer {
        let answer = match wanted {
            BoardRequest::Style => Ok(BoardAnswer::style(&pages::style())),
            BoardRequest::Script => Ok(BoardAnswer::script(pages::SCRIPT)),
            BoardRequest::Icon => Ok(BoardAnswer::icon(pages::ICON)),
            BoardRequest::Runs(query) => self.runs(query, now).await.map(BoardAnswer::page),
            BoardRequest::Run { run, from } => self.run(*run, *from, now).await.map(BoardAnswer::page),
            BoardRequest::Report(run) => self.report(*run).await,
            BoardRequest::Search { text, before } => self.search(text, *before).await.map(BoardAnswer::page),
        };
        answer.unwrap_or_else(|error| self.refusal(&error))
    }

    /// The part of a page that changes, as it is at `now`.
    ///
    /// Errors: [`BoardError`].
    pub async fn part(&self, view: &LiveView, now: Timestamp) -> Result<LivePart, BoardError> {
        let store = ledger::open_to_read(&self.place).await?;
        match view {
            LiveView::Runs(query) => {
                let listing = listing::read(&store, query, &self.live, now).await?;
                Ok(LivePart { html: self.pages.part("runs_part", &listing), is_over: false })
            }
            LiveView::Run(run) => {
                let progress = live::read(&store, *run, &self.live, now).await?;
                Ok(LivePart { html: self.pages.part("run_part", &progress), is_over: !progress.is_live })
            }
        }
    }

    /// The page that says why there is no other.
    #[must_use]
    pub fn refusal(&self, error: &BoardError) -> BoardAnswer {
        let words = self.redactor.redact_output(&error.words()).into_owned();
        BoardAnswer { status: error.status(), ..BoardAnswer::page(self.pages.message(error.title(), &words)) }
    }

    async fn runs(&self, query: &RunsQuery, now: Timestamp) -> Result<String, BoardError> {
        let store = ledger::open_to_read(&self.place).await?;
        let listing = listing::read(&store, query, &self.live, now).await?;
        Ok(self.pages.runs(&listing, query))
    }

    async fn run(&self, run: crate::ids::RunId, from: u32, now: Timestamp) -> Result<String, BoardError> {
        let store = ledger::open_to_read(&self.place).await?;
        let progress = live::read(&store, run, &self.live, now).await?;
        let whole = one_run::read(&store, run, from, &self.redactor, &self.flags).await?;
        let history = history::read(&store, run).await?;
        Ok(self.pages.run(&progress, &whole, &history))
    }

    async fn report(&self, run: crate::ids::RunId) -> Result<BoardAnswer, BoardError> {
        let store = ledger::open_to_read(&self.place).await?;
        let bytes = one_run::report(&store, run, &self.redactor, &self.flags).await?;
        Ok(BoardAnswer::report(bytes, &forms::html::policy()))
    }

    async fn search(&self, text: &str, before: Option<crate::ids::RunId>) -> Result<String, BoardError> {
        let store = ledger::open_to_read(&self.place).await?;
        let found = search::read(&store, text, before).await?;
        Ok(self.pages.search(&found))
    }
}
