//! Scalars: what tag, style and text make of them.

use granit_parser::{ScalarStyle, Span as EventSpan, Tag};

use super::{Loader, short, to_span};
use crate::manifest::scalar::{self, Refusal, Scalar};
use crate::manifest::{Kind, Number};
use crate::source::Span;

impl Loader<'_> {
    pub(super) fn scalar_kind(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, span: &EventSpan) -> Kind {
        let at = to_span(span);
        let tagged = tag.map(|tag| tag_name(tag).map(str::to_owned));
        let is_plain = style == ScalarStyle::Plain;
        let scalar = match &tagged {
            None if !is_plain => Ok(Scalar::Text),
            None => scalar::resolve(value),
            Some(Some(name)) if name == "str" => Ok(Scalar::Text),
            Some(Some(name)) => match scalar::resolve(value) {
                Ok(scalar) if is_tagged(scalar, name) => widen(scalar, name),
                Ok(_) => {
                    self.tag_does_not_fit(name, span);
                    Ok(Scalar::Text)
                }
                Err(refusal) => Err(refusal),
            },
            Some(None) => {
                self.foreign_tag(span);
                Ok(Scalar::Text)
            }
        };
        if let Ok(scalar) = scalar
            && is_plain
            && tagged.is_none()
        {
            self.warn_of_spelling(value, scalar, at);
        }
        match scalar {
            Ok(Scalar::Null) => Kind::Null,
            Ok(Scalar::Bool(value)) => Kind::Bool(value),
            Ok(Scalar::Int(number)) => {
                i32::try_from(number).map_or_else(|_| self.number(Number::Int(number)), Kind::Small)
            }
            Ok(Scalar::UInt(value)) => self.number(Number::UInt(value)),
            Ok(Scalar::Float(value)) => self.number(Number::Float(value)),
            Ok(Scalar::Text) => self.text_kind(value, style, at),
            Err(refusal) => {
                self.refused_number(value, refusal, at);
                Kind::Null
            }
        }
    }

    fn text_kind(&mut self, value: &str, style: ScalarStyle, at: Span) -> Kind {
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
            return Kind::Source { quoted };
        }
        self.document.texts.push(value.into());
        Kind::Text(short(self.document.texts.len() - 1))
    }

    fn number(&mut self, number: Number) -> Kind {
        self.document.numbers.push(number);
        Kind::Number(short(self.document.numbers.len() - 1))
    }
}

/// The core schema's name of a tag; `str` for the bare `!`, which asks for no resolution. None for any other tag.
pub(super) fn tag_name(tag: &Tag) -> Option<&str> {
    let is_bare = tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty();
    if is_bare { Some("str") } else { tag.core_suffix() }
}

fn is_tagged(scalar: Scalar, tag: &str) -> bool {
    match scalar {
        Scalar::Null => tag == "null",
        Scalar::Bool(_) => tag == "bool",
        Scalar::Int(_) | Scalar::UInt(_) => tag == "int" || tag == "float",
        Scalar::Float(_) => tag == "float",
        Scalar::Text => false,
    }
}

/// `!!float 1` is a float, as long as it keeps its digits.
fn widen(scalar: Scalar, tag: &str) -> Result<Scalar, Refusal> {
    match scalar {
        Scalar::Int(value) if tag == "float" => scalar::float(&value.to_string()),
        Scalar::UInt(value) if tag == "float" => scalar::float(&value.to_string()),
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) | Scalar::Text => {
            Ok(scalar)
        }
    }
}
