//! Names whose values nobody gave, for who wants to know what can be said without them.
//!
//! In: names that have no value, and those that expressions use. Out: whether an expression must be left open, and which
//! names were missed. Never: evaluates, or knows why a value is not there.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use crate::template::references::{MemberAccess, NameReference, ReferenceKind};

/// A context's name, and a member's.
type MemberPath = (Box<str>, Box<str>);

/// The values that are not there.
#[derive(Debug)]
pub(in crate::template) struct MissingValues {
    /// Maximum rows that are tried to find out which of them are taken.
    pub(in crate::template) max_rows: u32,
    /// What uses one of these is left open.
    open: RwLock<BTreeSet<MemberPath>>,
    /// What uses one of these is evaluated without it, and left open where that fails.
    unset: RwLock<BTreeSet<MemberPath>>,
    /// Those of `unset` for which something was left open.
    missed: RwLock<BTreeSet<MemberPath>>,
    /// The expressions that failed for want of one of those: each fails once, since that costs much.
    excused: RwLock<BTreeSet<Box<str>>>,
}

impl MissingValues {
    pub(in crate::template) fn new(max_rows: u32) -> Self {
        Self {
            max_rows,
            open: RwLock::default(),
            unset: RwLock::default(),
            missed: RwLock::default(),
            excused: RwLock::default(),
        }
    }

    pub(in crate::template) fn leave_open(&self, root: &str, name: &str) {
        add(&self.open, (root.into(), name.into()));
    }

    pub(in crate::template) fn unset(&self, root: &str, name: &str) {
        add(&self.unset, (root.into(), name.into()));
    }

    pub(in crate::template) fn miss(&self, root: &str, name: &str) {
        add(&self.missed, (root.into(), name.into()));
    }

    pub(in crate::template) fn missed(&self) -> BTreeSet<MemberPath> {
        self.missed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the expression `text` with these uses cannot be evaluated; `is_launch_open` where row and matrix are not
    /// known.
    pub(in crate::template) fn leaves_open(&self, text: &str, uses: &[NameReference], is_launch_open: bool) -> bool {
        if self.excused.read().unwrap_or_else(PoisonError::into_inner).contains(text) {
            return true;
        }
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        uses.iter().any(|used| match &used.what {
            ReferenceKind::Root { name, .. }
                if is_launch_open && matches!(name.as_ref(), "row" | "rows" | "matrix") =>
            {
                true
            }
            ReferenceKind::Root { name, member } => among(&open, name, member).next().is_some(),
            ReferenceKind::Filter(_) | ReferenceKind::Test(_) | ReferenceKind::Function(_) => false,
        })
    }

    /// Whether what uses `name` of the context `root` is left open.
    pub(in crate::template) fn is_open(&self, root: &str, name: &str) -> bool {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().any(|(context, member)| context.as_ref() == root && member.as_ref() == name)
    }

    /// Whether the expression `text` may have failed for want of a value that is not set; then that was missed.
    pub(in crate::template) fn excuse(&self, text: &str, uses: &[NameReference]) -> bool {
        let unset = self.unset.read().unwrap_or_else(PoisonError::into_inner);
        let missed: Vec<MemberPath> = uses
            .iter()
            .filter_map(|used| match &used.what {
                ReferenceKind::Root { name, member } => Some((name, member)),
                ReferenceKind::Filter(_) | ReferenceKind::Test(_) | ReferenceKind::Function(_) => None,
            })
            .flat_map(|(name, member)| among(&unset, name, member).cloned())
            .collect();
        let is_excused = !missed.is_empty();
        if is_excused {
            self.excused.write().unwrap_or_else(PoisonError::into_inner).insert(text.into());
        }
        for name in missed {
            add(&self.missed, name);
        }
        is_excused
    }
}

fn add(names: &RwLock<BTreeSet<MemberPath>>, name: MemberPath) {
    names.write().unwrap_or_else(PoisonError::into_inner).insert(name);
}

/// The names that a use of `member` of context `root` takes.
fn among<'a>(
    names: &'a BTreeSet<MemberPath>,
    root: &'a str,
    member: &'a MemberAccess,
) -> impl Iterator<Item = &'a MemberPath> {
    names.iter().filter(move |(context, name)| {
        context.as_ref() == root
            && match member {
                MemberAccess::Named(member, _) => member == name,
                MemberAccess::Whole | MemberAccess::Computed => true,
            }
    })
}
