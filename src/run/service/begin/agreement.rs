//! Somebody is asked before a run's locks are taken, so that nobody is kept out while a question stands open; what was agreed to is
//! held against what is sent once they are held.
//!
//! In: a plan, of which launches may be sent. Out: [`Agreements`], by a run's inputs. Never: lets more go than somebody agreed to.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::ids::{Digest, LaunchId};

/// What somebody agreed to while this process runs: launches, by the digest of the inputs that they are made of, whichever of these
/// launches those are narrowed to.
#[derive(Debug, Default)]
pub(in crate::run::service) struct Agreements {
    agreed: RefCell<Vec<(Digest, HashSet<LaunchId>)>>,
}

/// Whether somebody agreed to launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run::service) enum Agreed {
    /// To all of them.
    All,
    /// To others of the same inputs: so many more would be sent now.
    FewerBy(u32),
    /// Nobody was asked.
    NotAsked,
}

impl Agreements {
    /// Somebody agreed to these launches of `inputs`, and to no others of them.
    pub(super) fn add(&self, inputs: Digest, launches: &[LaunchId]) {
        let set = launches.iter().cloned().collect();
        let mut agreed = self.agreed.borrow_mut();
        agreed.retain(|(known, _)| *known != inputs);
        agreed.push((inputs, set));
    }

    /// Whether somebody agreed to these launches of `inputs`.
    pub(super) fn covers(&self, inputs: Digest, launches: &[LaunchId]) -> Agreed {
        let agreed = self.agreed.borrow();
        let Some((_, set)) = agreed.iter().find(|(known, _)| *known == inputs) else { return Agreed::NotAsked };
        match launches.iter().filter(|launch| !set.contains(*launch)).count() {
            0 => Agreed::All,
            more => Agreed::FewerBy(u32::try_from(more).unwrap_or(u32::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_agreed_to_is_those_launches_of_those_inputs_and_fewer_of_them() {
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let agreements = Agreements::default();
        let ids = |names: &[&str]| names.iter().copied().map(LaunchId::from).collect::<Vec<_>>();
        let some = ids(&["load/1", "load/2", "tidy"]);
        assert_eq!(agreements.covers(one, &some), Agreed::NotAsked);
        agreements.add(one, &some);
        assert_eq!(agreements.covers(other, &some), Agreed::NotAsked);
        assert_eq!((agreements.covers(one, &some), agreements.covers(one, &some[1..])), (Agreed::All, Agreed::All));
        // As many, and not the same.
        assert_eq!(agreements.covers(one, &ids(&["load/1", "load/2", "load/3"])), Agreed::FewerBy(1));
        agreements.add(one, &ids(&["load/3"]));
        assert_eq!(agreements.covers(one, &some), Agreed::FewerBy(3), "the last answer holds");
    }
}
