//! Whether a saved plan still holds: by the clock, by its files, by the server's names. Each reason is a line for a person: what
//! was, what is.
//!
//! In: a saved plan, and what is today. Out: lines; none if nothing has changed. Never: reads anything itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::file::{FileMark, SavedPlan};
use super::input_difference::{self, ValueView};

use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::plan::{Inputs, Plan};
use crate::resolve::ResolvedName;

/// By so much the clocks of two machines may differ.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Digits of a digest that are shown.
const SHOWN_DIGITS: usize = 12;

impl SavedPlan {
    /// Why it is out of date by the clock at `now`. A clock that is behind the plan's own beginning cannot judge.
    #[must_use]
    pub fn out_of_date(&self, now: Timestamp) -> Option<String> {
        if self.made.at.duration_since(now) > MAX_SKEW {
            let at = seconds(self.made.at);
            return Some(format!(
                "it was saved at {at}, and this machine's clock says {}: nobody can tell whether it has expired",
                seconds(now)
            ));
        }
        expired(self.expires, now)
    }

    /// What differs where the same files, flags and profile give the inputs `today`, which make `plan` where they make one. Nothing
    /// if they are the same but for sortie's own version.
    #[must_use]
    pub fn differences(&self, today: &Inputs, plan: Option<&Plan>) -> Vec<String> {
        let same_sortie = Inputs { sortie: self.inputs.sortie.clone(), ..today.clone() };
        if same_sortie == self.inputs {
            return Vec::new();
        }
        let mut lines = input_difference::between(&self.inputs, today, ValueView::Shown);
        let (_, made) = self.make();
        let made = made.into_parts().0.filter(|made| made.digest() == self.plan.digest);
        if let (Some(then), Some(now)) = (made, plan) {
            lines.push(if then.digest() == now.digest() {
                "launches: the same".to_owned()
            } else {
                input_difference::launches(&then, now)
            });
        }
        lines
    }
}

/// That a plan has expired, where it has.
pub(super) fn expired(expires: Timestamp, now: Timestamp) -> Option<String> {
    let late = now.duration_since(expires);
    (late >= SignedDuration::ZERO).then(|| format!("it expired at {}, and it is {}", seconds(expires), seconds(now)))
}

/// How the file that `what` names has changed from `then` to `now`, where it has.
#[must_use]
pub fn changed_file(what: &str, then: Option<&FileMark>, now: Option<&FileMark>) -> Option<String> {
    let shown = |mark: &FileMark| mark.digest.to_string()[..SHOWN_DIGITS].to_owned();
    match (then, now) {
        (Some(then), Some(now)) if then.digest == now.digest => None,
        (None, None) => None,
        (Some(then), Some(now)) => {
            Some(format!("{what} `{}`: its digest was {}, is {}", escape(&now.path), shown(then), shown(now)))
        }
        (Some(then), None) => Some(format!("{what} `{}` is not there any more", escape(&then.path))),
        (None, Some(now)) => Some(format!("{what} `{}` is new", escape(&now.path))),
    }
}

/// The names that are something else `now` than they were `then`.
#[must_use]
pub fn changed_names(then: &[ResolvedName], now: &[ResolvedName]) -> Vec<String> {
    let by_name = |names: &[ResolvedName]| -> BTreeMap<String, ResolvedName> {
        names.iter().map(|name| (what(name), name.clone())).collect()
    };
    let (then, now) = (by_name(then), by_name(now));
    let all: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    all.into_iter()
        .filter(|name| then.get(*name) != now.get(*name))
        .map(|name| format!("{name}: was {}, is {}", found(then.get(name)), found(now.get(name))))
        .collect()
}

/// Which name it is.
fn what(name: &ResolvedName) -> String {
    format!("{} `{}` of folder `{}`", name.kind.word(), escape(&name.name), escape(&name.folder.to_string()))
}

/// What was found under a name.
fn found(name: Option<&ResolvedName>) -> String {
    let Some(ResolvedName { id: Some(id), version, .. }) = name else { return "not there".to_owned() };
    match version {
        Some(version) => format!("version {} ({id})", escape(version)),
        None => id.clone(),
    }
}

fn seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
