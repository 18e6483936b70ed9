//! The forms of a ledger's file (`PRAGMA user_version`): which there are, and which this version of sortie writes.

/// A form that this version reads. `docs/ledger-forms.md` has all of them, and who reads which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Each event is a row of JSON. It is read, and taken along by `ledger migrate`; never written.
    Two,
    /// The events of one commit are one row, a block.
    Three,
}

impl Form {
    /// The form that is written.
    pub(super) const WRITTEN: Self = Self::Three;

    /// The form of this number; `None` if this version does not read it.
    pub(super) fn of(number: i64) -> Option<Self> {
        match number {
            2 => Some(Self::Two),
            3 => Some(Self::Three),
            _ => None,
        }
    }

    /// Its number.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}
