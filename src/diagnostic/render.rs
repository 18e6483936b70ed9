//! Diagnostics -> text for a terminal: sentence, place, the line with carets, help.
//!
//! In: diagnostics and the texts they speak of. Out: one string. Never: prints, or decides whether colour is wanted.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::escape::escape;
use super::styles::Styles;
use super::{Diagnostic, Severity};
use crate::source::{Place, Sources, Span};

/// So much of a line is shown on each side of the place that is meant, in bytes.
const WINDOW: usize = 120;

/// All of `diagnostics` in their order, a blank line after each, and a closing line that counts them; nothing for none.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, styles: Styles) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let plain = if styles == Styles::PLAIN { Renderer::plain() } else { Renderer::styled() };
    let renderer = plain.error(styles.error).warning(styles.warning).note(styles.note).help(styles.help);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let rendered = renderer.render(&[group(diagnostic, sources)]);
        rendered.lines().filter(|line| !is_bare_origin(line)).for_each(|line| {
            text.push_str(line.trim_end());
            text.push('\n');
        });
        text.push('\n');
    }
    text.push_str(&summary(diagnostics));
    text.push('\n');
    text
}

/// How many errors, warnings and notes there are: `3 errors, 1 warning`.
#[must_use]
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let stands_for = |found: &Diagnostic| found.unshown.as_ref().map_or(1, |unshown| unshown.count);
    let count = |severity| diagnostics.iter().filter(|found| found.severity == severity).map(stands_for).sum::<u64>();
    let words = |count: u64, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let parts = parts.map(|(severity, word)| words(count(severity), word));
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no errors".to_owned() } else { parts.join(", ") }
}

/// An origin without path, which the renderer writes above a snippet without path. The path stands in a line of its own,
/// since a line that is cut has lost the columns that the renderer would count.
fn is_bare_origin(line: &str) -> bool {
    anstream::adapter::strip_str(line).to_string().trim() == ":::"
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = level.primary_title(escape(&diagnostic.what)).id(diagnostic.code.as_str()).elements(excerpt(
        diagnostic,
        diagnostic.place,
        &diagnostic.label,
        AnnotationKind::Primary,
        sources,
    ));
    for (place, words) in &diagnostic.related {
        group = group.elements(excerpt(diagnostic, *place, words, AnnotationKind::Context, sources));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(escape(help)));
    }
    group
}

/// `--> file:line:column`, and the line with `label` under the place that is meant.
fn excerpt<'a>(
    diagnostic: &Diagnostic,
    place: Place,
    label: &'a str,
    kind: AnnotationKind,
    sources: &'a Sources,
) -> Vec<Element<'a>> {
    let source = sources.get(place.source);
    let at = source.line_col(place.span.start);
    let origin = Origin::path(escape(source.name())).line(at.line as usize).char_column(at.column as usize);
    let start = place.span.start as usize;
    let (from, text) = source.window(start.saturating_sub(3 * WINDOW)..start + 3 * WINDOW);
    let within = |at: u32| (at as usize).saturating_sub(from);
    let line = SourceLine::around(&text, Span::new(within(place.span.start), within(place.span.end)));
    if diagnostic.confidential || line.text.trim().is_empty() {
        return vec![origin.into()];
    }
    let mut annotation = kind.span(line.start..line.end);
    if !label.is_empty() {
        annotation = annotation.label(escape(label));
    }
    let snippet = Snippet::source(line.text).line_start(at.line as usize).annotation(annotation);
    vec![origin.into(), snippet.into()]
}

/// The part of a line that is shown, with what would steer a terminal made visible.
struct SourceLine {
    text: String,
    /// What is meant, in bytes of `text`.
    start: usize,
    end: usize,
}

impl SourceLine {
    /// The first line that `span` touches, cut to a window around it.
    fn around(text: &str, span: Span) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start as usize);
        // No search goes further than the window: a hostile line is as long as its file.
        let near = floor(start.saturating_sub(2 * WINDOW));
        let line_start = text[near..start].rfind('\n').map(|found| near + found + 1);
        let far = floor(start + 2 * WINDOW);
        let line_end = text[start..far].find(['\n', '\r']).map(|found| start + found);
        let is_cut_left = line_start.is_none() && near > 0;
        let is_cut_right = line_end.is_none() && far < text.len();
        let from = if is_cut_left { floor(start - WINDOW) } else { line_start.unwrap_or(0) };
        let until = if is_cut_right { floor(start + WINDOW) } else { line_end.unwrap_or(text.len()) };
        let end = floor(span.end as usize).clamp(start, until);
        let mut line = Self { text: String::new(), start: 0, end: 0 };
        if is_cut_left {
            line.text.push('…');
        }
        line.push(&text[from..start]);
        line.start = line.text.len();
        line.push(&text[start..end]);
        line.end = line.text.len();
        line.push(&text[end..until]);
        if is_cut_right {
            line.text.push('…');
        }
        line
    }

    fn push(&mut self, part: &str) {
        self.text.push_str(&escape(&part.replace('\t', "    ")));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::diagnostic::Code;

    /// `text` has `«` and `»` around the place that is meant.
    #[track_caller]
    fn check(text: &str, change: impl FnOnce(Diagnostic) -> Diagnostic, expected: Expect) {
        let (before, rest) = text.split_once('«').expect("a mark");
        let (meant, after) = rest.split_once('»').expect("a second mark");
        let mut sources = Sources::default();
        let source = sources.add("night.yaml", format!("{before}{meant}{after}"));
        let place = Place { source, span: Span::new(before.len(), before.len() + meant.len()) };
        let diagnostic = change(Diagnostic::error(Code::UnknownName, place, "`regoin` is not a param"));
        expected.assert_eq(&render(&[diagnostic], &sources, Styles::PLAIN));
    }

    #[test]
    fn the_form_is_rustcs() {
        let text = "jobs:\n  a:\n    region: ${{ «params.regoin» }}\n    count: 1\n";
        let change = |found: Diagnostic| found.label("no param has this name").help("did you mean `region`?");
        check(
            text,
            change,
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:3:17
                  |
                3 |     region: ${{ params.regoin }}
                  |                 ^^^^^^^^^^^^^ no param has this name
                  |
                  = help: did you mean `region`?

                1 error
            "#]],
        );
    }

    #[test]
    fn related_places_follow() {
        let first = |found: Diagnostic| {
            let place = Place { span: Span::new(0, 1), ..found.place };
            Diagnostic { severity: Severity::Warning, ..found.label("again").related(place, "first here") }
        };
        check(
            "a: 1\nb: 2\n«a»: 3\n",
            first,
            expect![[r#"
                warning[unknown-name]: `regoin` is not a param
                 --> night.yaml:3:1
                  |
                3 | a: 3
                  | ^ again
                 ::: night.yaml:1:1
                  |
                1 | a: 1
                  | - first here

                1 warning
            "#]],
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let long = "x".repeat(5000);
        check(
            &format!("a: {long}«bad»{long}\n"),
            |found| found,
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:1:5004
                  |
                1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxbadxxxxxxxxx...
                  |                                                                                                                          ^^^

                1 error
            "#]],
        );
        check(
            &format!("a: «{long}»\n"),
            |found| found,
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:1:4
                  |
                1 | a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
                  |    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

                1 error
            "#]],
        );
    }

    #[test]
    fn what_would_steer_the_terminal_is_visible() {
        let change = |found: Diagnostic| found.label("\u{1b}]0;x\u{7}").help("a\u{202e}b");
        check(
            "a: \u{1b}[31mred\u{202e} \t«bad»\n",
            change,
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:1:15
                  |
                1 | a: \u{1b}[31mred\u{202e}     bad
                  |                              ^^^ \u{1b}]0;x\u{7}
                  |
                  = help: a\u{202e}b

                1 error
            "#]],
        );
    }

    #[test]
    fn places_at_the_edges_are_shown() {
        check(
            "«»",
            |found| found,
            expect![[r#"
            error[unknown-name]: `regoin` is not a param
            --> night.yaml:1:1

            1 error
        "#]],
        );
        check(
            "a: 1\n«»",
            |found| found,
            expect![[r#"
            error[unknown-name]: `regoin` is not a param
            --> night.yaml:2:1

            1 error
        "#]],
        );
        check(
            "a:«» \nb: 1",
            |found| found.label("here"),
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:1:3
                  |
                1 | a:
                  |   ^ here

                1 error
            "#]],
        );
        check(
            "a: «[1,\n  2]»\r\n",
            |found| found.label("here"),
            expect![[r#"
                error[unknown-name]: `regoin` is not a param
                 --> night.yaml:1:4
                  |
                1 | a: [1,
                  |    ^^^ here

                1 error
            "#]],
        );
    }

    #[test]
    fn colour_changes_no_words() {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", "a: 1\n");
        let place = Place { source, span: Span::new(0, 1) };
        let found = [Diagnostic::error(Code::Syntax, place, "x").label("y").help("z").related(place, "w")];
        let styled = render(&found, &sources, Styles::COLOURED);
        assert!(styled.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&styled).to_string(), render(&found, &sources, Styles::PLAIN));
    }

    #[test]
    fn the_summary_counts() {
        let place = Place { source: crate::source::SourceId(0), span: Span::default() };
        let error = Diagnostic::error(Code::Syntax, place, "x");
        let warning = Diagnostic::warning(Code::Syntax, place, "x");
        assert_eq!(summary(&[error.clone(), warning, error.clone(), error.clone()]), "3 errors, 1 warning");
        assert_eq!(summary(&[error]), "1 error");
        assert_eq!(summary(&[]), "no errors");
    }
}
