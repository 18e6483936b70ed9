//! What the loader says: one sentence, at the place that its author must change, with the next step.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError, Span as EventSpan, Tag};

use super::value::tag_name;
use super::{CollectionContent, MAX_DEPTH, YamlLoader, to_span};
use crate::diagnostic::{Code, Diagnostic, HiddenCount, Severity};
use crate::manifest::decimal;
use crate::manifest::scalar::{self, NumberRefusal, PlainScalar};
use crate::source::Span;

const QUOTE_ALL: &str = "put the whole value in quotes";

impl YamlLoader<'_> {
    /// The complaint that ends reading.
    pub(super) fn syntax(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(0);
        if let Some(braces) = self.bare_braces
            && same_line(self.text, braces.start as usize, at)
        {
            return;
        }
        if let Some(span) = self.braces_before(at) {
            self.bare_braces(span);
            return;
        }
        if let Some(open) = self.unclosed_above(error.kind(), at) {
            let bracket = open.slice(self.text).to_owned();
            let complaint = Diagnostic::error(Code::Syntax, self.at(open), format!("`{bracket}` is never closed"))
                .help("close it before the next line begins a new key")
                .related(self.at(self.one_character(at)), "here it no longer fits");
            self.complain(complaint);
            return;
        }
        let span = if is_tab(error.kind()) { self.tabs_before(at) } else { self.one_character(at) };
        let (code, what, help) = explain(error.kind(), self.text, at);
        self.complain(Diagnostic::error(code, self.at(span), what).maybe_help(help));
    }

    pub(super) fn too_deep(&mut self, span: Span) {
        let what = format!("values are nested more than {MAX_DEPTH} levels deep");
        self.complain(
            Diagnostic::error(Code::Budget, self.at(span), what).help("flatten the value, or pass it as JSON text"),
        );
    }

    /// Recognises `{{ x }}`: YAML reads it as a mapping whose key is a mapping.
    pub(super) fn note_bare_braces(&mut self, in_flow: bool, start: Span) {
        let Some(outer) = self.frames.last() else { return };
        if in_flow && outer.in_flow && outer.start.start + 1 == start.start {
            let span = braces(self.text, outer.start.start as usize);
            self.bare_braces(span);
        }
    }

    /// A collection stands where a key belongs; inside `{{ }}` that is said already.
    pub(super) fn refuse_collection_as_key(&mut self, span: Span) {
        if self.bare_braces.is_some_and(|braces| braces.start <= span.start && span.start < braces.end) {
            return;
        }
        self.complain(
            Diagnostic::error(Code::KeyForm, self.at(span), "a key must be text, not a list or mapping")
                .help("write the key as one word, or in quotes"),
        );
    }

    pub(super) fn check_collection_tag(&mut self, tag: Option<&Tag>, own: &str, span: &EventSpan) {
        let Some(tag) = tag else { return };
        match tag_name(tag).map(str::to_owned) {
            Some(name) if name == own || tag.core_suffix().is_none() => {}
            Some(name) => self.tag_does_not_fit(&name, span),
            None => self.foreign_tag(span),
        }
    }

    pub(super) fn foreign_tag(&mut self, span: &EventSpan) {
        let place = span.tag_span().map_or_else(|| to_span(span), |tag| to_span(&tag));
        let spelled = place.slice(self.text).to_owned();
        self.complain(
            Diagnostic::error(Code::Tag, self.at(place), format!("the tag `{spelled}` is not known here"))
                .help("remove it; text that begins with `!` needs quotes"),
        );
    }

    pub(super) fn tag_does_not_fit(&mut self, tag: &str, span: &EventSpan) {
        let place = span.tag_span().map_or_else(|| to_span(span), |tag| to_span(&tag));
        self.complain(
            Diagnostic::error(Code::Tag, self.at(place), format!("the value after `!!{tag}` is of another type"))
                .help("remove the tag, or write a value that fits it"),
        );
    }

    pub(super) fn refused_number(&mut self, text: &str, refusal: NumberRefusal, at: Span) {
        let (what, help) = match refusal {
            NumberRefusal::TooLarge => (
                "the number lies outside 64 bits and would have to be rounded".to_owned(),
                format!("if it is an identifier, quote it: {}", quoted(text)),
            ),
            NumberRefusal::NotFinite => (
                "JSON has no infinite numbers and no not-a-number".to_owned(),
                format!("as text, quote it: {}", quoted(text)),
            ),
            NumberRefusal::Digits => {
                let sent = decimal::sent(text).unwrap_or_default();
                let what = format!("this number has more digits than a JSON number keeps: {sent} would be sent");
                (what, format!("quote it, and it is sent as text with every digit: {}", quoted(text)))
            }
        };
        self.complain(Diagnostic::error(Code::Number, self.at(at), what).help(help));
    }

    /// A plain scalar that may have been meant as text, or as a number.
    pub(super) fn warn_of_spelling(&mut self, text: &str, scalar: PlainScalar, at: Span) {
        let (what, help) = if scalar == PlainScalar::Text {
            if !scalar::is_grouped_number(text) || !self.has_room_to_warn(at) {
                return;
            }
            let what = "this is text, not a number: YAML 1.2 takes no `_` between digits";
            (what.to_owned(), format!("quote it if that is meant; as a number write {}", text.replace('_', "")))
        } else {
            let Some(sent) = scalar::spelled_otherwise(text, scalar) else { return };
            if !self.has_room_to_warn(at) {
                return;
            }
            let what = if scalar::loses_zeros(text) {
                format!("the zeros in front are lost: this is the number {sent}")
            } else {
                format!("this is the number {sent}, which is not how it is written")
            };
            (what, format!("if it is an identifier or a version, quote it: {}", quoted(text)))
        };
        self.complain(Diagnostic::warning(Code::Number, self.at(at), what).help(help));
    }

    /// A control character that an escape puts into the double-quoted text at `at`.
    pub(super) fn warn_of_escapes(&mut self, value: &str, at: Span) {
        if !value.contains(char::is_control) {
            return;
        }
        let Some((range, control)) = control_escape(at.slice(self.text)) else { return };
        if !self.has_room_to_warn(at) {
            return;
        }
        let place = Span::new(at.start as usize + range.start, at.start as usize + range.end);
        let spelled = place.slice(self.text).to_owned();
        let name = match control {
            '\n' => "a line end".to_owned(),
            '\t' => "a tab".to_owned(),
            control => format!("the control character U+{:04X}", u32::from(control)),
        };
        let what = format!("`{spelled}` in double quotes is {name}");
        let help = "for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`";
        self.complain(Diagnostic::warning(Code::ControlCharacter, self.at(place), what).help(help));
    }

    /// Whether one more warning is made; else it is counted.
    fn has_room_to_warn(&mut self, at: Span) -> bool {
        let has_room = self.complaints.has_room(Severity::Warning);
        if !has_room {
            let place = self.at(at);
            self.complaints.count(Severity::Warning, place, HiddenCount::ONE);
        }
        has_room
    }

    fn bare_braces(&mut self, span: Span) {
        self.bare_braces = Some(span);
        let spelled = clip(span.slice(self.text));
        let complaint = Diagnostic::error(Code::BareBraces, self.at(span), "`{{ }}` lacks its dollar sign")
            .label("YAML reads this as a mapping")
            .help(format!("write an expression as `${spelled}`; braces that are meant as text need quotes"));
        self.complain(complaint);
    }

    /// `{{` without dollar sign at the beginning of a value, before `at`: in an open collection, or in the same line.
    fn braces_before(&self, at: usize) -> Option<Span> {
        let open = self.frames.iter().zip(self.frames.iter().skip(1)).find(|(outer, inner)| {
            outer.in_flow
                && inner.in_flow
                && outer.start.start + 1 == inner.start.start
                && matches!(outer.content, CollectionContent::Entries { .. })
                && matches!(inner.content, CollectionContent::Entries { .. })
        });
        if let Some((outer, _)) = open {
            return Some(braces(self.text, outer.start.start as usize));
        }
        let start = line_start(self.text, at);
        let line = self.text[start..].lines().next().unwrap_or_default();
        let found = line.match_indices("{{").map(|(found, _)| found).find(|found| {
            let before = line[..*found].trim_end();
            before.is_empty() || before.ends_with([':', '-', '[', ',', '{'])
        })?;
        Some(braces(self.text, start + found))
    }

    /// The bracket of the innermost open collection, where the parser stumbles over a later line that is none of its.
    fn unclosed_above(&self, kind: &ErrorKind, at: usize) -> Option<Span> {
        let stumbled = matches!(
            kind,
            ErrorKind::InvalidColonPlacement
                | ErrorKind::ExpectedFlowMappingSeparator
                | ErrorKind::ExpectedFlowSequenceSeparator
                | ErrorKind::InvalidFlowScalarIndent
        );
        // A key between brackets opens a mapping of its own, which nobody wrote.
        let is_written = |start: &Span| matches!(start.slice(self.text), "[" | "{");
        let in_flow = self.frames.iter().rev().take_while(|frame| stumbled && frame.in_flow);
        let open = in_flow.map(|frame| frame.start).find(is_written)?;
        (!same_line(self.text, open.start as usize, at)).then_some(open)
    }

    /// The tabs in the line up to `at`, where there are any.
    fn tabs_before(&self, at: usize) -> Span {
        let start = line_start(self.text, at);
        let line = self.text[start..].lines().next().unwrap_or_default();
        let Some(tab) = line.find('\t') else { return self.one_character(at) };
        let length = line[tab..].bytes().take_while(|byte| *byte == b'\t').count();
        Span::new(start + tab, start + tab + length)
    }

    /// The character at `at`; at the end of the text the last one before it.
    fn one_character(&self, at: usize) -> Span {
        let mut start = at.min(self.text.len());
        while start > 0 && (start == self.text.len() || !self.text.is_char_boundary(start)) {
            start -= 1;
        }
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        Span::new(start, start + length)
    }
}

/// Code, sentence and next step for what broke the syntax at `at`.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list is open, and most of it is rare")]
fn explain(kind: &ErrorKind, text: &str, at: usize) -> (Code, String, Option<String>) {
    let line = text[line_start(text, at)..].lines().next().unwrap_or_default();
    let in_expression = text.get(..at).is_some_and(|before| before.ends_with('$')) && text[at..].starts_with("{{");
    let syntax = |what: &str, help: Option<&str>| (Code::Syntax, what.to_owned(), help.map(str::to_owned));
    match kind {
        _ if in_expression => syntax(
            "an unquoted `${{ }}` cannot stand between { } or [ ]",
            Some("put it in quotes (it keeps its type), or write the list or mapping over several lines"),
        ),
        kind if is_tab(kind) => syntax("a tab stands where YAML wants spaces", Some("indent with spaces")),
        ErrorKind::BomInsideDocument => (
            Code::Encoding,
            "a byte order mark stands inside the text".to_owned(),
            Some("remove it; it comes from joining files".to_owned()),
        ),
        ErrorKind::RecursionLimitExceeded => (
            Code::Budget,
            format!("values are nested more than {MAX_DEPTH} levels deep"),
            Some("flatten the value, or pass it as JSON text".to_owned()),
        ),
        ErrorKind::UnclosedQuotedScalar => {
            syntax("the quote that opens here is never closed", Some("close it, and double or escape quotes inside"))
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => syntax(
            "text goes on after the closing quote",
            Some("put the whole value in one pair of quotes; inside \"...\" use '...' for quotes, or the reverse"),
        ),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => syntax(
            "a backslash in these double quotes begins no known escape",
            Some("double the backslash, or use single quotes, as for Windows paths"),
        ),
        ErrorKind::UnclosedFlowCollection { open } => {
            (Code::Syntax, format!("`{open}` is never closed"), Some("close it".to_owned()))
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (Code::Syntax, format!("`{open}` is closed by `{close}`"), Some("close what was opened last".to_owned()))
        }
        ErrorKind::MisplacedFlowCollectionEnd => syntax("this bracket closes nothing", Some("remove it, or quote it")),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            syntax("a comma or the closing bracket is missing here", Some(QUOTE_ALL))
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEof => syntax("the text ends in the middle of a value", Some("close what is open")),
        ErrorKind::UnknownAnchor => syntax(
            "no `&` of this name stands above",
            Some("text that begins with `*` needs quotes; an alias needs its `&name` further up"),
        ),
        ErrorKind::MappingValueNotAllowed if line.contains("${{") => {
            syntax("`: ` inside an unquoted value begins a mapping", Some("put the whole value in single quotes"))
        }
        ErrorKind::MappingValueNotAllowed => syntax(
            "a `:` stands where no key can be",
            Some(
                "quote the value if the colon belongs to it; else check the indentation of this line and the one above",
            ),
        ),
        ErrorKind::ExpectedDocumentStart => {
            syntax("this does not fit the lines above", Some("begin every key of the manifest in the first column"))
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent => syntax(
            "this does not fit the lines above",
            Some("line it up with its neighbours: keys of one mapping, and dashes of one list, begin in one column"),
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            syntax("a key without its colon", Some("write `key: value`, with a space after the colon"))
        }
        ErrorKind::UnexpectedCharacter { character } => (
            Code::Syntax,
            format!("a value cannot begin with `{}`", character.escape_default()),
            Some("quote the value".to_owned()),
        ),
        other => (Code::Syntax, format!("this is not YAML: {other}"), None),
    }
}

/// The first escape in a double-quoted scalar that is a control character: where it stands, and which.
fn control_escape(source: &str) -> Option<(Range<usize>, char)> {
    let mut rest = source.char_indices();
    while let Some((at, c)) = rest.next() {
        if c != '\\' {
            continue;
        }
        let (_, kind) = rest.next()?;
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let control = match kind {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            'x' | 'u' | 'U' => {
                let spelled = source.get(at + 2..at + 2 + digits)?;
                char::from_u32(u32::from_str_radix(spelled, 16).ok()?)?
            }
            _ => continue,
        };
        if control.is_control() {
            return Some((at..at + 2 + digits, control));
        }
    }
    None
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// `{{ ... }}` from `start` to its `}}` in the same line, or to the end of the line.
fn braces(text: &str, start: usize) -> Span {
    let line = text[start..].lines().next().unwrap_or_default();
    let length = line.find("}}").map_or(line.trim_end().len(), |found| found + 2);
    Span::new(start, start + length)
}

fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1)
}

fn same_line(text: &str, first: usize, second: usize) -> bool {
    line_start(text, first) == line_start(text, second)
}

fn quoted(text: &str) -> String {
    format!("`\"{}\"`", clip(text))
}

fn clip(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}
