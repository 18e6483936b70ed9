//! What things look like on a terminal: one palette for diagnostics, reports, progress and every other word.
//!
//! In: whether colour is wanted. Out: styles, by what a text means. Never: asks a terminal or an environment; a text that is
//! painted must be inert already.

use std::fmt::Display;

use anstyle::AnsiColor;
pub use anstyle::Style;

/// The look of words, by their meaning. The colours are those of rustc and cargo, so that nobody has to learn them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Styles {
    /// What failed: `error`, a count of failures, an exit code that is not 0.
    pub error: Style,
    /// What wants attention: `warning`, what is in doubt.
    pub warning: Style,
    /// What is only told: `note`.
    pub note: Style,
    /// What to do: `help`.
    pub help: Style,
    /// What went well.
    pub good: Style,
    /// A command to type.
    pub command: Style,
    /// Titles and names.
    pub strong: Style,
    /// What matters least: ids, times, line numbers.
    pub dim: Style,
}

impl Styles {
    /// No colour at all.
    pub const PLAIN: Self = Self {
        error: Style::new(),
        warning: Style::new(),
        note: Style::new(),
        help: Style::new(),
        good: Style::new(),
        command: Style::new(),
        strong: Style::new(),
        dim: Style::new(),
    };

    /// For a terminal. The sixteen colours that follow each terminal's own theme, light or dark.
    pub const COLOURED: Self = Self {
        error: AnsiColor::BrightRed.on_default().bold(),
        warning: AnsiColor::Yellow.on_default().bold(),
        note: AnsiColor::BrightGreen.on_default().bold(),
        help: AnsiColor::BrightCyan.on_default().bold(),
        good: AnsiColor::Green.on_default().bold(),
        command: AnsiColor::Cyan.on_default(),
        strong: Style::new().bold(),
        dim: Style::new().dimmed(),
    };

    /// These, or none.
    #[must_use]
    pub const fn of(is_coloured: bool) -> Self {
        if is_coloured { Self::COLOURED } else { Self::PLAIN }
    }
}

/// `text` in `style`; just the text in a style of [`Styles::PLAIN`].
#[must_use]
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are_and_coloured_ones_end_their_colour() {
        assert_eq!(paint(Styles::of(false).error, "3 faulted"), "3 faulted");
        assert_eq!(paint(Styles::of(true).strong, 7), "\u{1b}[1m7\u{1b}[0m");
        let painted = paint(Styles::COLOURED.error, "3 faulted");
        assert!(painted.starts_with("\u{1b}[") && painted.ends_with("3 faulted\u{1b}[0m"), "{painted:?}");
    }
}
