//! Scalars: what tag, style and text make of them.

use granit_parser::{ScalarStyle, Span as EventSpan, Tag};

use super::{YamlLoader, short, to_span};
use crate::manifest::document::{StoredKind, StoredNumber};
use crate::manifest::scalar::{self, NumberRefusal, PlainScalar};
use crate::source::Span;

impl YamlLoader<'_> {
    pub(super) fn scalar_kind(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &EventSpan,
    ) -> StoredKind {
        let at = to_span(span);
        let tagged = tag.map(|tag| tag_name(tag).map(str::to_owned));
        let is_plain = style == ScalarStyle::Plain;
        let scalar = match &tagged {
            None if !is_plain => Ok(PlainScalar::Text),
            None => scalar::resolve(value),
            Some(Some(name)) if name == "str" => Ok(PlainScalar::Text),
            Some(Some(name)) => match scalar::resolve(value) {
                Ok(scalar) if is_tagged(scalar, name) => widen(scalar, name),
                Ok(_) => {
                    self.tag_does_not_fit(name, span);
                    Ok(PlainScalar::Text)
                }
                Err(refusal) => Err(refusal),
            },
            Some(None) => {
                self.foreign_tag(span);
                Ok(PlainScalar::Text)
            }
        };
        if let Ok(scalar) = scalar
            && is_plain
            && tagged.is_none()
        {
            self.warn_of_spelling(value, scalar, at);
        }
        match scalar {
            Ok(PlainScalar::Null) => StoredKind::Null,
            Ok(PlainScalar::Bool(value)) => StoredKind::Bool(value),
            Ok(PlainScalar::Int(number)) => {
                i32::try_from(number).map_or_else(|_| self.number(StoredNumber::Int(number)), StoredKind::Small)
            }
            Ok(PlainScalar::UInt(value)) => self.number(StoredNumber::UInt(value)),
            Ok(PlainScalar::Float(value)) => self.number(StoredNumber::Float(value)),
            Ok(PlainScalar::Text) => self.text_kind(value, style, at),
            Err(refusal) => {
                self.refused_number(value, refusal, at);
                StoredKind::Null
            }
        }
    }

    fn text_kind(&mut self, value: &str, style: ScalarStyle, at: Span) -> StoredKind {
        let source = at.slice(self.text);
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let as_written = match style {
            ScalarStyle::Plain => source == value,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                source.len() >= 2 && source.get(1..source.len() - 1) == Some(value)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => false,
        };
        if as_written {
            return StoredKind::Source { quoted };
        }
        self.document.texts.push(value.into());
        StoredKind::Text(short(self.document.texts.len() - 1))
    }

    fn number(&mut self, number: StoredNumber) -> StoredKind {
        self.document.numbers.push(number);
        StoredKind::Number(short(self.document.numbers.len() - 1))
    }
}

/// The core schema's name of a tag; `str` for the bare `!`, which asks for no resolution. None for any other tag.
pub(super) fn tag_name(tag: &Tag) -> Option<&str> {
    let is_bare = tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty();
    if is_bare { Some("str") } else { tag.core_suffix() }
}

fn is_tagged(scalar: PlainScalar, tag: &str) -> bool {
    match scalar {
        PlainScalar::Null => tag == "null",
        PlainScalar::Bool(_) => tag == "bool",
        PlainScalar::Int(_) | PlainScalar::UInt(_) => tag == "int" || tag == "float",
        PlainScalar::Float(_) => tag == "float",
        PlainScalar::Text => false,
    }
}

/// `!!float 1` is a float, as long as it keeps its digits.
fn widen(scalar: PlainScalar, tag: &str) -> Result<PlainScalar, NumberRefusal> {
    match scalar {
        PlainScalar::Int(value) if tag == "float" => scalar::float(&value.to_string()),
        PlainScalar::UInt(value) if tag == "float" => scalar::float(&value.to_string()),
        PlainScalar::Null
        | PlainScalar::Bool(_)
        | PlainScalar::Int(_)
        | PlainScalar::UInt(_)
        | PlainScalar::Float(_)
        | PlainScalar::Text => Ok(scalar),
    }
}
