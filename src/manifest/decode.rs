//! Bytes of a file -> text among the [`Sources`], or a located complaint about its encoding.

use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::source::{Place, SourceId, Sources, Span};

/// The largest manifest, in bytes. A job takes some 360 bytes, so that 100,000 of them fit well.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Adds the text that `bytes` hold to `sources`, under the name that diagnostics show.
///
/// A byte order mark of UTF-8 is left out. UTF-16, bytes that are no UTF-8, characters that YAML forbids (controls
/// such as NUL) and a text above [`MAX_BYTES`] are refused, at their place.
pub fn decode(sources: &mut Sources, name: &str, bytes: Vec<u8>) -> Diagnosed<SourceId> {
    if bytes.len() > MAX_BYTES {
        let source = sources.add(name, "");
        return Diagnosed::failed(vec![too_large(source, bytes.len())]);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let source = sources.add(name, "");
        let place = Place { source, span: Span::default() };
        let found = Diagnostic::error(Code::Encoding, place, "the file is UTF-16, not UTF-8").help("save it as UTF-8");
        return Diagnosed::failed(vec![found]);
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let source = sources.add(name, text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text));
            let found = check(sources, source);
            if found.is_empty() { Diagnosed::new(source, found) } else { Diagnosed::failed(found) }
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[at];
            // What cannot be read becomes U+FFFD, so that the line can be shown; the bytes before it stay as they are.
            let source = sources.add(name, String::from_utf8_lossy(error.as_bytes()).into_owned());
            let place = Place { source, span: Span::new(at, at + '\u{FFFD}'.len_utf8()) };
            let what = format!("byte 0x{byte:02X} is not UTF-8");
            let found = Diagnostic::error(Code::Encoding, place, what)
                .help("save the file as UTF-8; it looks like Latin-1, Windows-1252 or binary data");
            Diagnosed::failed(vec![found])
        }
    }
}

/// Complaints about the size of a text and about characters that YAML 1.2 section 5.1 forbids; the first of each kind.
pub(super) fn check(sources: &Sources, source: SourceId) -> Vec<Diagnostic> {
    let text = sources.get(source).text();
    if text.len() > MAX_BYTES {
        return vec![too_large(source, text.len())];
    }
    let forbidden = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127);
    // By pieces, in which the compiler compares many bytes at once: nearly every text holds none.
    let has_forbidden = |piece: &[u8]| piece.iter().fold(false, |found, byte| found | forbidden(byte));
    if !text.as_bytes().chunks(4096).any(has_forbidden) {
        return Vec::new();
    }
    let Some(at) = text.bytes().position(|byte| forbidden(&byte)) else { return Vec::new() };
    let byte = text.as_bytes()[at];
    let name = if byte == 0 { "a NUL byte".to_owned() } else { format!("the control character U+{byte:04X}") };
    let place = Place { source, span: Span::new(at, at + 1) };
    let found = Diagnostic::error(Code::Encoding, place, format!("{name} stands in the text"));
    vec![if byte == 0 {
        found.help("remove it; a file full of NUL bytes is UTF-16 or binary: save it as UTF-8")
    } else {
        found.help(format!("remove it, or write it as `\\x{byte:02X}` in double quotes"))
    }]
}

fn too_large(source: SourceId, bytes: usize) -> Diagnostic {
    let place = Place { source, span: Span::default() };
    let what = format!("the text has {bytes} bytes, and a manifest may have {MAX_BYTES}");
    Diagnostic::error(Code::Budget, place, what).help("put the rows into a data file and read it with `for-each`")
}
