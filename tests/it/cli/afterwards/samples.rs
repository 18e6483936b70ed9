//! What pages show is what the program wrote, but for ids, moments and spans.

mod of_doubts;
mod of_reports;

use std::fs;
use std::path::{Path, PathBuf};

/// The samples of a page: each stands in the block behind `<!-- sample: NAME -->`, behind the commands that are shown there.
struct Samples {
    page: PathBuf,
    text: String,
}

impl Samples {
    fn of(page: &str) -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = fs::read_to_string(&page).unwrap();
        Self { page, text }
    }

    /// Holds the sample `name` to what was `written`, or takes that in its place.
    fn check(&mut self, name: &str, written: &str) {
        let begin = format!("<!-- sample: {name} -->\n```");
        let at = self.text.find(&begin).unwrap_or_else(|| panic!("no sample of {name}")) + begin.len();
        let mut from = at + self.text[at..].find('\n').unwrap() + 1;
        let to = from + self.text[from..].find("```\n").unwrap();
        while self.text[from..to].starts_with("$ ") {
            from += self.text[from..to].find('\n').unwrap() + 1;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            self.text.replace_range(from..to, written);
        } else {
            assert_eq!(&self.text[from..to], written, "{name}: run with UPDATE_EXPECT=1");
        }
    }

    /// Writes what was taken.
    fn keep(self) {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(self.page, self.text).unwrap();
        }
    }
}

/// `text` with one moment, one span, one digest and one key in place of all: what differs from run to run.
pub(in crate::cli) fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_first = !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
        let found =
            PATTERNS.iter().filter(|_| is_first).find_map(|(pattern, word)| Some((matched(rest, pattern)?, *word)));
        if let Some((length, word)) = found {
            out.push_str(word);
            rest = &rest[length..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// What is replaced, by which word; in a pattern `9` stands for a digit, `8` for digits, `f` for a hexadecimal digit.
const PATTERNS: [(&str, &str); 12] = [
    ("9999-99-99T99:99:99.8Z", "2026-01-31T02:30:00Z"),
    ("9999-99-99T99:99:99Z", "2026-01-31T02:30:00Z"),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", "5f0c1d3e-7a52-4b8e-9c1d-2e3f4a5b6c7d"),
    (
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "8d74beec1be996322ad76813bafb92d424839168552551ee186b1811e08db4d3",
    ),
    ("ffffffffffffffffffffffffffffffff", "0197f2c3b7d87cc1a5d1f4e2ab3c4d5e"),
    ("ffffffffffffffff", "491dabd42b00f84e"),
    ("8.999\"", "2.500\""),
    ("8.9 s", "2.5 s"),
    ("8 ms", "2.5 s"),
    ("127.0.0.1:8", "127.0.0.1:18431"),
    ("8 min 8 s", "2.5 s"),
    ("8 min", "2.5 s"),
];

/// How many bytes of `text` the pattern takes.
fn matched(text: &str, pattern: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    for wanted in pattern.bytes() {
        match wanted {
            b'8' => {
                let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                at += (digits > 0).then_some(digits)?;
            }
            wanted => {
                let byte = *bytes.get(at)?;
                let fits = match wanted {
                    b'9' => byte.is_ascii_digit(),
                    b'f' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
                    other => byte == other,
                };
                at += fits.then_some(1)?;
            }
        }
    }
    Some(at)
}
