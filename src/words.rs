//! Choices of a few words, such as `strategy: All`: each word once, with what it means.
//!
//! In: an enum whose variants carry the words as authors write them. Out: the type with its list of words, its form as text,
//! and how a schema shows it. Never: knows what a choice is for.

use schemars::Schema;
use serde_json::{Value, json};

/// A type that is one of a few words.
pub trait Words: Copy + 'static {
    /// Every choice, in the order of the schema.
    const ALL: &'static [Self];
    /// The words as authors write them, in the same order.
    const NAMES: &'static [&'static str];

    /// The word.
    #[must_use]
    fn word(self) -> &'static str;
}

/// The transform of an enum of words: one plain `enum`, whose descriptions editors show too.
pub(crate) fn one_enum(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.remove("oneOf") else { return };
    let mut names = Vec::new();
    let mut descriptions = Vec::new();
    for choice in choices {
        let description = choice.get("description").cloned().unwrap_or_default();
        match choice.get("enum") {
            Some(Value::Array(several)) => names.extend(several.iter().cloned()),
            Some(_) | None => names.extend(choice.get("const").cloned()),
        }
        descriptions.resize(names.len(), description);
    }
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(names));
    schema.insert("enumDescriptions".to_owned(), Value::Array(descriptions));
}

/// Defines an enum of words: each variant is followed by the word as authors write it.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal,)+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[schemars(transform = $crate::words::one_enum)]
        $(#[$meta])*
        pub enum $name {
            $($(#[$of_word])* #[serde(rename = $word)] $variant,)+
        }

        impl $crate::words::Words for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const NAMES: &'static [&'static str] = &[$($word),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

pub(crate) use words;
