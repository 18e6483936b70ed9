//! JSON text -> rows as JSON text, each with its place: the elements of an array, or the lines of JSON Lines.
//!
//! In: a packed text. Out: elements from any byte on, where one begins. Never: more than one element in memory, or a
//! judgement of what stands inside an element.

use std::io::{BufRead as _, Read as _};
use std::ops::Range;

use crate::source::{Packed, PackedReader};

/// Maximum bytes of one row: each is in memory as a whole, some times over.
pub(super) const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;

/// The elements of an array, or the lines, from some byte on.
pub(super) struct JsonElements {
    reader: PackedReader,
    /// Where the reader is, in bytes of the text.
    at: usize,
    state: ElementsState,
    element: Vec<u8>,
}

/// An element's text, and where it stands in the whole.
pub(super) type JsonElement<'a> = (&'a [u8], Range<usize>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ElementsState {
    /// Before the `[`.
    Closed,
    /// After the `[`: an element, or the `]`.
    Opened,
    /// After a comma: an element.
    Wanting,
    /// After an element: a comma, or the `]`.
    Fed,
    /// JSON Lines: an element in each line.
    Lines,
    /// After the `]`, or after a complaint.
    Over,
}

/// The text is no array of elements: where, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JsonRowsError {
    pub(super) range: Range<usize>,
    pub(super) what: &'static str,
    pub(super) help: &'static str,
}

impl JsonRowsError {
    /// The row at byte `start` is longer than any may be.
    pub(super) fn too_long(start: usize) -> Self {
        Self {
            range: start..start + 1,
            what: "a row is longer than 4 MiB",
            help: "is a quote or a bracket never closed? if it is meant, pass the address of such data",
        }
    }
}

impl JsonElements {
    /// The elements of the array that the text is.
    pub(super) fn of_array(text: &Packed) -> Self {
        Self::new(text, 0, ElementsState::Closed)
    }

    /// The elements of the array from byte `at` on, where one begins.
    pub(super) fn of_array_at(text: &Packed, at: usize) -> Self {
        Self::new(text, at, ElementsState::Wanting)
    }

    /// The elements in lines, from byte `at` on, where one begins.
    pub(super) fn of_lines_at(text: &Packed, at: usize) -> Self {
        Self::new(text, at, ElementsState::Lines)
    }

    fn new(text: &Packed, at: usize, state: ElementsState) -> Self {
        Self { reader: text.reader_at(at), at, state, element: Vec::new() }
    }

    /// The next element's text and where it stands; none at the end.
    pub(super) fn next(&mut self) -> Option<Result<JsonElement<'_>, JsonRowsError>> {
        let found = if self.state == ElementsState::Lines { self.next_line() } else { self.next_of_array() };
        match found {
            Ok(None) => None,
            Ok(Some(range)) => Some(Ok((&self.element, range))),
            Err(broken) => {
                self.state = ElementsState::Over;
                Some(Err(broken))
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<Range<usize>>, JsonRowsError> {
        loop {
            self.skip_space();
            let start = self.at;
            self.element.clear();
            let mut line = self.reader.by_ref().take(MAX_ROW_BYTES as u64 + 1);
            let read = line.read_until(b'\n', &mut self.element).expect("memory can be read");
            self.at += read;
            if read > MAX_ROW_BYTES {
                return Err(JsonRowsError::too_long(start));
            }
            let text = self.element.trim_ascii_end().len();
            self.element.truncate(text);
            if text > 0 {
                return Ok(Some(start..start + text));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }

    fn next_of_array(&mut self) -> Result<Option<Range<usize>>, JsonRowsError> {
        loop {
            self.skip_space();
            let at = self.at;
            let broken = |what, help| Err(JsonRowsError { range: at..at + 1, what, help });
            match (self.state, self.peek()) {
                (ElementsState::Over, None) | (ElementsState::Lines, _) => return Ok(None),
                (ElementsState::Over, Some(_)) => {
                    return broken("the text goes on after its list", "leave one list of rows");
                }
                (ElementsState::Closed, Some(b'[')) => self.step(ElementsState::Opened),
                (ElementsState::Closed, Some(b'{')) => {
                    return broken(
                        "a list of rows is wanted, and this is one object",
                        "put it into `[` and `]`; objects in lines of their own are `jsonl`",
                    );
                }
                (ElementsState::Closed, _) => {
                    return broken("a list of rows is wanted", "begin with `[` and end with `]`");
                }
                (ElementsState::Opened | ElementsState::Fed, Some(b']')) => self.step(ElementsState::Over),
                (ElementsState::Fed, Some(b',')) => self.step(ElementsState::Wanting),
                (ElementsState::Opened | ElementsState::Wanting | ElementsState::Fed, None) => {
                    return broken("the list of rows has no end", "add the `]`; is the file whole?");
                }
                (ElementsState::Wanting, Some(b']' | b',')) | (ElementsState::Opened, Some(b',')) => {
                    return broken("a row is wanted here", "take the comma out");
                }
                (ElementsState::Opened | ElementsState::Wanting | ElementsState::Fed, Some(_)) => {
                    self.take_element();
                    if self.element.len() > MAX_ROW_BYTES {
                        return Err(JsonRowsError::too_long(at));
                    }
                    self.state = ElementsState::Fed;
                    return Ok(Some(at..at + self.element.len()));
                }
            }
        }
    }

    /// Takes what stands before the next comma or bracket of the array itself, without the space after it.
    fn take_element(&mut self) {
        self.element.clear();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek().filter(|_| self.element.len() <= MAX_ROW_BYTES) {
            match byte {
                b'"' => {
                    self.take_text();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => depth -= 1,
                b',' | b']' if depth == 0 => break,
                _ => {}
            }
            self.element.push(byte);
            self.bump();
        }
        let length = self.element.trim_ascii_end().len();
        self.element.truncate(length);
    }

    fn take_text(&mut self) {
        let mut is_escaped = true;
        while let Some(byte) = self.peek().filter(|_| self.element.len() <= MAX_ROW_BYTES) {
            self.element.push(byte);
            self.bump();
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => return,
                _ => {}
            }
        }
    }

    fn step(&mut self, state: ElementsState) {
        self.bump();
        self.state = state;
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.bump();
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.reader.fill_buf().expect("memory can be read").first().copied()
    }

    fn bump(&mut self) {
        self.reader.consume(1);
        self.at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mut elements: JsonElements) -> String {
        let mut words = Vec::new();
        while let Some(element) = elements.next() {
            match element {
                Ok((text, range)) => words.push(format!("{}@{}", String::from_utf8_lossy(text), range.start)),
                Err(broken) => {
                    words.push(format!("{} at {}", broken.what, broken.range.start));
                    break;
                }
            }
        }
        words.join(" ; ")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(JsonElements::of_array(&Packed::from(text))), expected, "{text}");
    }

    #[test]
    fn an_array_falls_into_its_elements() {
        check(r#" [ {"a": "]},{"} , {"b": [1, {"c": "\"]"}]} ] "#, r#"{"a": "]},{"}@3 ; {"b": [1, {"c": "\"]"}]}@19"#);
        check("[]", "");
        check("[1, null]", "1@1 ; null@4");
        check("", "a list of rows is wanted at 0");
        check(r#"{"a": 1}"#, "a list of rows is wanted, and this is one object at 0");
        check("[1,]", "1@1 ; a row is wanted here at 3");
        check("[1 2]", "1 2@1");
        check("[{} {}]", "{} {}@1");
        check("[1", "1@1 ; the list of rows has no end at 2");
        check("[1] x", "1@1 ; the text goes on after its list at 4");
        check(r#"["a"#, r#""a@1 ; the list of rows has no end at 3"#);
    }

    #[test]
    fn elements_can_be_had_from_any_of_them_on() {
        let array = Packed::from(r#"[{"a": 1}, {"b": 2}]"#);
        assert_eq!(shown(JsonElements::of_array_at(&array, 11)), r#"{"b": 2}@11"#);
        let lines = Packed::from("{\"a\": 1}\r\n\n  {\"b\": 2}  \n");
        assert_eq!(shown(JsonElements::of_lines_at(&lines, 0)), "{\"a\": 1}@0 ; {\"b\": 2}@13");
        assert_eq!(shown(JsonElements::of_lines_at(&lines, 13)), "{\"b\": 2}@13");
    }
}
