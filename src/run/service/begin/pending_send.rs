//! What is about to be sent, and who may say that it is meant.
//!
//! In: counts and names. Out: [`PendingSend`] in words. Never: asks by itself.

use std::future::{Future, ready};
use std::pin::Pin;

/// What is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSend {
    /// The manifest's name.
    pub name: String,
    /// The profile's name.
    pub profile: String,
    /// How many launches may be sent.
    pub launches: u32,
    /// The folders that they are of, sorted: at most three.
    pub folders: Vec<String>,
    /// How many folders there are.
    pub folder_count: usize,
    /// Why somebody is asked.
    pub why: String,
}

/// Somebody who can say that sending is meant.
pub trait SendConfirmation {
    /// Whether `send` is meant. It may be dropped while nobody has answered.
    fn ask(&self, send: &PendingSend) -> PendingAnswer<'_>;

    /// Whether an answer may take long, as a person's does: it is asked for while no lock is held.
    fn may_take_long(&self) -> bool {
        true
    }
}

/// An answer that somebody may take long to give.
pub type PendingAnswer<'a> = Pin<Box<dyn Future<Output = SendAnswer> + 'a>>;

/// What somebody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAnswer {
    /// It is meant.
    Yes,
    /// It is not.
    No,
    /// Nobody is there to be asked.
    NobodyThere,
}

/// Nobody is there.
impl SendConfirmation for () {
    fn ask(&self, _: &PendingSend) -> PendingAnswer<'_> {
        Box::pin(ready(SendAnswer::NobodyThere))
    }

    fn may_take_long(&self) -> bool {
        false
    }
}

impl PendingSend {
    /// It in words: how many launches of which manifest, in which folders, with which profile.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { name, profile, launches, folders, folder_count, .. } = self;
        let count = if *launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") };
        let more = if *folder_count > folders.len() {
            format!(" and {} more", folder_count - folders.len())
        } else {
            String::new()
        };
        format!("{count} of `{name}` in {}{more} with profile `{profile}`", folders.join(", "))
    }
}

/// Nobody said that sending is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct Unconfirmed {
    /// What would have been sent.
    pub send: PendingSend,
    /// Why there is no yes.
    pub why: NoYes,
}

/// Why nobody said that sending is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoYes {
    /// Somebody said no.
    Declined,
    /// Nobody was there.
    NobodyThere,
    /// Somebody said yes, and so many more launches would be sent by now.
    Grew(u32),
    /// Somebody said yes, and somebody else held the run meanwhile.
    Held,
}

impl Unconfirmed {
    fn words(&self) -> String {
        let (why, what) = (&self.send.why, self.send.describe());
        match self.why {
            NoYes::Declined => format!("nothing was started: {what} were not confirmed"),
            NoYes::NobodyThere => format!("nothing was started: {why}, and nobody is there to be asked about {what}"),
            NoYes::Grew(more) => {
                format!("nothing was started: {what} would be started by now, {more} more than were confirmed")
            }
            NoYes::Held => {
                format!("nothing was started: while {what} were asked about, somebody paused or cancelled that run")
            }
        }
    }
}
