//! Texts that are made to hurt: each is refused with a place, or read, and nothing overflows.

pub(crate) mod mutations;

use sortie::diagnostic::Code;
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::manifest::{self, MAX_BYTES};
use sortie::source::Sources;

/// The codes of what is said about `text`; every place lies in the text.
#[track_caller]
fn codes(text: &str) -> Vec<Code> {
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    let (document, diagnostics) = manifest::parse(&sources, id).into_parts();
    assert!(document.is_some() || !diagnostics.is_empty());
    for found in &diagnostics {
        assert!(found.place.span.start <= found.place.span.end && found.place.span.end as usize <= text.len());
    }
    diagnostics.into_iter().map(|found| found.code).collect()
}

#[track_caller]
fn bytes(bytes: &[u8]) -> (Vec<Code>, Option<String>) {
    let mut sources = Sources::default();
    let (id, diagnostics) = manifest::decode(&mut sources, "m.yaml", bytes.to_vec()).into_parts();
    for found in &diagnostics {
        let text = sources.get(found.place.source).text();
        assert!(text.get(found.place.span.start as usize..found.place.span.end as usize).is_some());
    }
    let text = id.map(|id| sources.get(id).text().to_string());
    (diagnostics.into_iter().map(|found| found.code).collect(), text)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..11 {
        let previous = level - 1;
        let items = vec![format!("*a{previous}"); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(codes(&text), [Code::Budget]);
}

#[test]
fn a_merge_bomb_is_refused() {
    let keys: Vec<String> = (0..5000).map(|number| format!("k{number}: 1")).collect();
    let mut text = format!("base: &base {{{}}}\nall:\n", keys.join(", "));
    for number in 0..5000 {
        text.push_str(&format!("  m{number}: {{<<: *base}}\n"));
    }
    assert_eq!(codes(&text), [Code::Budget]);
}

#[test]
fn a_chain_of_aliases_counts_as_depth() {
    let mut text = "- &a0 [x]\n".to_owned();
    for level in 1..200 {
        text.push_str(&format!("- &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(codes(&text), [Code::Budget]);
}

#[test]
fn deep_nesting_is_refused_in_every_form() {
    assert_eq!(codes(&"[".repeat(100_000)), [Code::Budget]);
    assert_eq!(codes(&"{a: ".repeat(100_000)), [Code::Budget]);
    assert_eq!(codes(&"- ".repeat(100_000)), [Code::Budget]);
    assert_eq!(codes(&"? ".repeat(100_000)), [Code::Budget]);
    assert_eq!(codes(&"{{".repeat(50_000)).len(), 1);
    let maps = lines(5000, |level| format!("{}k:\n", " ".repeat(level)));
    assert_eq!(codes(&maps), [Code::Budget]);
}

#[test]
fn sixty_levels_are_fine() {
    assert_eq!(codes(&format!("{}{}", "[".repeat(60), "]".repeat(60))), []);
}

#[test]
fn a_flood_of_complaints_ends() {
    let text = lines(100_000, |number| format!("- !x {number}\n"));
    assert_eq!(codes(&text).len(), 101);
}

#[test]
fn long_lines_and_big_numbers_are_read_or_refused() {
    assert_eq!(codes(&format!("a: {}", "9".repeat(1_000_000))), [Code::Number]);
    assert_eq!(codes(&format!("a: {}", "x".repeat(1_000_000))), []);
    assert_eq!(codes(&format!("a: \"{}", "\\".repeat(1_000_001))), [Code::Syntax]);
    assert_eq!(codes(&"&".repeat(100_000)), []);
    assert_eq!(codes(&"a: *b\n".repeat(100_000)).len(), 1);
    assert_eq!(codes(&"--- a\n".repeat(100_000)), [Code::SecondDocument]);
}

#[test]
fn carriage_returns_end_lines() {
    assert_eq!(codes("a: 1\r\nb:\r\n  - x\r\n"), []);
    assert_eq!(codes("a: 1\r\na: 2\r\n"), [Code::DuplicateKey]);
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    assert_eq!(bytes(b"a: 1\n"), (vec![], Some("a: 1\n".to_owned())));
    assert_eq!(bytes(b"\xEF\xBB\xBFa: 1\n"), (vec![], Some("a: 1\n".to_owned())));
    assert_eq!(bytes(b"a: caf\xE9\n"), (vec![Code::Encoding], None));
    assert_eq!(bytes(b"a: \xE2\x82"), (vec![Code::Encoding], None));
    assert_eq!(bytes(b"\xFF\xFEa\0:\0"), (vec![Code::Encoding], None));
    assert_eq!(bytes(b"a\0:\0 \x001\0"), (vec![Code::Encoding], None));
    assert_eq!(bytes(b"a: \x1b[31m\n"), (vec![Code::Encoding], None));
    assert_eq!(bytes(&vec![b'#'; MAX_BYTES + 1]), (vec![Code::Budget], None));
}

#[test]
fn a_mark_or_control_inside_the_text_is_refused() {
    assert_eq!(codes("a: 1\n\u{FEFF}b: 2\n"), [Code::Encoding]);
    assert_eq!(codes("a: \0\n"), [Code::Encoding]);
    assert_eq!(codes("\u{FEFF}a: 1\n"), []);
}

#[test]
fn many_complaints_about_one_long_line_are_shown() {
    let text = format!("{{{}}}", "\"k\": 1, ".repeat(100_000));
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    let (_, found) = manifest::parse(&sources, id).into_parts();
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].what, "and 99,899 more errors in this file");
    let shown = render(&found, &sources, Styles::PLAIN);
    assert!(shown.lines().all(|line| line.len() < 600));
}
