//! The two streams of the terminal: data on stdout, talk on stderr, nothing unredacted on either.
//!
//! In: texts whose foreign parts went through the escaper. Out: bytes. A reader of stdout that has gone away
//! (`| head`) changes nothing. Never: decides what is said.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use serde::Serialize;
use tracing_subscriber::fmt::MakeWriter;

use crate::diagnostic::escape::{escape_commands, escape_json, escape_lines, indent_rest};
use crate::diagnostic::styles::{Styles, paint};
use crate::secret::Redactor;

use super::tolerant_writer::UnreadWriter;
use log_format::LogFormat;

pub(crate) mod colour;
pub(crate) mod log_format;

/// Where a command writes. Clones share the redactor and the progress line.
#[derive(Clone, Default)]
pub(crate) struct Console {
    redactor: Redactor,
    live_line: Arc<Mutex<Option<ProgressBar>>>,
    is_mute: bool,
}

/// Data could not be written to stdout. The machine's fault: a full disk behind a redirection. A reader that went away is none.
#[derive(Debug, thiserror::Error)]
#[error("stdout cannot be written")]
pub(crate) struct StdoutError(#[from] io::Error);

impl Console {
    /// The redactor before both streams; what it learns is masked from then on.
    #[must_use]
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The same, which says nothing on stderr: for what is tried, and done again where it fails.
    pub(crate) fn muted(&self) -> Self {
        Self { is_mute: true, ..self.clone() }
    }

    /// Writes `text`, words for people, to stdout, secrets masked. Colour is dropped where stdout is no terminal.
    ///
    /// Errors: [`StdoutError`].
    pub(crate) fn data(&self, text: &str) -> Result<(), StdoutError> {
        self.write(&escape_commands(&self.redactor.redact_output(text)))
    }

    /// Writes `value` to stdout as JSON, its texts masked one by one, so that its form stays whole.
    ///
    /// Errors: as [`Console::data`].
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), StdoutError> {
        let mut value = serde_json::to_value(value).expect("what is shown holds only text and numbers");
        self.redactor.redact_output_value(&mut value);
        let text = format!("{value:#}\n");
        // Line ends are the form's own here: those of a text are escaped already.
        self.write(&text.split('\n').map(escape_json).collect::<Vec<_>>().join("\n"))
    }

    /// Writes `text` to stdout as it is: of a form of its own, whose values are masked and inert already.
    ///
    /// Errors: as [`Console::data`].
    pub(crate) fn form(&self, text: &str) -> Result<(), StdoutError> {
        self.write(text)
    }

    fn write(&self, text: &str) -> Result<(), StdoutError> {
        let write = || {
            let mut stdout = UnreadWriter::new(anstream::stdout().lock());
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        };
        self.beside_live_line(write).map_err(StdoutError::from)
    }

    /// A writer to stdout for data of any length, whose values are masked already. Its errors mean what [`StdoutError`]
    /// says.
    pub(crate) fn data_stream() -> BufWriter<UnreadWriter<io::Stdout>> {
        BufWriter::with_capacity(64 * 1024, UnreadWriter::new(io::stdout()))
    }

    /// Writes `text` and a line end to stderr: secrets masked, and everything inert that could move a terminal's cursor.
    /// Lines behind the first are set in: a value of somebody else that holds a line end begins no line.
    pub(crate) fn say(&self, text: &str) {
        if LogFormat::is_json() {
            return self.show(text);
        }
        self.show(&highlighted(&indent_rest(&escape_lines(text)), &Styles::COLOURED));
    }

    /// Writes `text`, whose colours are ours and whose foreign parts are inert already, to stderr, secrets masked.
    ///
    /// A stderr that is gone is no reason to stop.
    pub(crate) fn show(&self, text: &str) {
        if self.is_mute {
            return;
        }
        if LogFormat::is_json() {
            return self.log(&log_format::of_words(text, &self.redactor));
        }
        let text = self.redactor.redact_output(text);
        let text = escape_commands(&text);
        // Nobody is left to tell where stderr itself cannot be written.
        let _ = self.beside_live_line(|| writeln!(anstream::stderr().lock(), "{}", text.trim_end_matches('\n')));
    }

    /// Writes `line`, of a form of its own whose values are masked and inert already, to stderr.
    pub(crate) fn log(&self, line: &str) {
        let _ = self.beside_live_line(|| writeln!(anstream::stderr().lock(), "{line}"));
    }

    /// Whether a person is watching stderr.
    #[must_use]
    pub(crate) fn is_terminal() -> bool {
        io::stderr().is_terminal() && !LogFormat::is_json()
    }

    /// Makes `line` the one that other output steps around; none: there is no live line any more.
    pub(crate) fn set_live_line(&self, line: Option<ProgressBar>) {
        *self.live_line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    fn beside_live_line<T>(&self, write: impl FnOnce() -> T) -> T {
        let line = self.live_line.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match line {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }
}

/// How wide the terminal behind stdout is, in columns; `None` where there is none, or it does not say.
pub(crate) fn columns_of_stdout() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// `text`, inert already, with the word at its beginning and that of each help line in their colours.
fn highlighted(text: &str, styles: &Styles) -> String {
    let marked = |(number, line): (usize, &str)| {
        let words = [("error:", styles.error), ("warning:", styles.warning), ("note:", styles.note)];
        let words = words.into_iter().filter(|_| number == 0).chain([("  help:", styles.help), ("help:", styles.help)]);
        for (word, style) in words {
            if let Some(rest) = line.strip_prefix(word) {
                let word = word.trim_start();
                let indent = &line[..line.len() - rest.len() - word.len()];
                return format!("{indent}{}{rest}", paint(style, word));
            }
        }
        line.to_owned()
    };
    text.split('\n').enumerate().map(marked).collect::<Vec<_>>().join("\n")
}

/// One log event on its way to stderr; the formatter writes each event in one piece.
pub(crate) struct ConsoleLine {
    console: Console,
}

impl io::Write for ConsoleLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        // The formatter makes foreign control characters inert itself, and brings colours of its own.
        self.console.show(&indent_rest(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Console {
    type Writer = ConsoleLine;

    fn make_writer(&'a self) -> ConsoleLine {
        ConsoleLine { console: self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_a_reader_looks_for_have_a_colour_and_the_rest_has_none() {
        let check = |text: &str, expected: &str| {
            let shown = highlighted(text, &Styles::COLOURED);
            assert_eq!(shown.replace('\u{1b}', "^"), expected);
            assert_eq!(anstream::adapter::strip_str(&shown).to_string(), text);
            assert_eq!(highlighted(text, &Styles::PLAIN), text);
        };
        check("error: no run\n  help: type it", "^[1m^[91merror:^[0m no run\n  ^[1m^[96mhelp:^[0m type it");
        check("warning: error: x\nerror: y", "^[1m^[33mwarning:^[0m error: x\nerror: y");
        check("3/5 launched", "3/5 launched");
    }
}
