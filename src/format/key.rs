//! What is said of each key beside its type: where its value stands, and whether this version can carry it out.
//!
//! In: a struct of the format, each field with its placement. Out: the struct as it stands, and the table of its keys.
//! Never: the text or the type of a key; those are the field's own.

/// A key of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The field that holds it.
    pub field: &'static str,
    /// Where its value stands.
    pub placement: Placement,
    /// Whether this version accepts it and cannot carry it out yet.
    pub is_later: bool,
}

/// Where a value stands: what the expressions in it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Known before anything is evaluated: no expression may stand there.
    Fixed,
    /// A mapping whose keys have placements of their own.
    Parts,
    /// Outside of jobs.
    Outside,
    /// What happens when a run is over.
    Finish,
    /// A job's field.
    Field,
    /// A job's field that holds for all of its launches: it knows no row.
    Policy,
    /// A condition over a robot job that faulted.
    Fault,
    /// A job's `arguments` or `environment`.
    Payload,
    /// A job's `if`.
    Condition,
    /// `where` of `for-each`.
    Filter,
    /// A job's `matrix`: before there are launches.
    Matrix,
}

/// A mapping of the format.
pub trait Keyed {
    /// Its keys, in the order of the schema.
    const KEYS: &'static [Key];

    /// The key that an author writes as `written`; none of that name: `None`.
    #[must_use]
    fn key(written: &str) -> Option<&'static Key> {
        Self::KEYS.iter().find(|key| key.is(written))
    }
}

impl Key {
    /// Whether an author writes it as `written`.
    #[must_use]
    pub fn is(&self, written: &str) -> bool {
        let field = self.field.strip_prefix("r#").unwrap_or(self.field);
        let is_same = |(own, other): (u8, u8)| if own == b'_' { other == b'-' } else { own == other };
        field.len() == written.len() && field.bytes().zip(written.bytes()).all(is_same)
    }
}

/// Defines a struct of the format, each of its fields followed by `=> Placement`, and by `later` where this version cannot
/// carry the key out yet.
macro_rules! keyed {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$of_field:meta])* $of_vis:vis $field:ident: $kind:ty => $placement:ident $($later:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$of_field])* $of_vis $field: $kind,)*
        }

        impl $crate::format::key::Keyed for $name {
            const KEYS: &'static [$crate::format::key::Key] = &[$(
                $crate::format::key::Key {
                    field: stringify!($field),
                    placement: $crate::format::key::Placement::$placement,
                    is_later: $crate::format::key::keyed!(@is_later $($later)?),
                },
            )*];
        }
    };
    (@is_later) => { false };
    (@is_later later) => { true };
}

pub(super) use keyed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_what_an_author_writes() {
        let key = |field| Key { field, placement: Placement::Fixed, is_later: false };
        assert!(key("for_each").is("for-each") && key("r#if").is("if") && key("count").is("count"));
        assert!(!key("for_each").is("for_each") && !key("for_each").is("for-eac") && !key("if").is("of"));
    }
}
