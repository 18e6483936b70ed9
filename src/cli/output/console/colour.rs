//! Whether words get colour: `--color`, then the environment, then whether somebody watches.
//!
//! In: the arguments and the environment. Out: one choice for the whole process. Never: a style; those are
//! `diagnostic::styles`.

use std::ffi::OsString;

use anstream::AutoStream;
use clap::ValueEnum;

use crate::diagnostic::styles::Styles;
use crate::profile::Environment;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColourWanted {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always, whatever the environment says.
    Always,
    /// Never.
    Never,
}

/// The flag.
const FLAG: &str = "--color";

impl ColourWanted {
    /// What `arguments` ask for, as far as it can be told before they are judged: a usage error is shown so too.
    pub(crate) fn typed(arguments: &[OsString]) -> Self {
        let mut arguments = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
        let mut wanted = Self::default();
        while let Some(argument) = arguments.next().filter(|argument| *argument != "--") {
            let value = match argument.strip_prefix(FLAG) {
                Some("") => arguments.next(),
                Some(value) => value.strip_prefix('='),
                None => None,
            };
            wanted = value.and_then(|value| Self::from_str(value, false).ok()).unwrap_or(wanted);
        }
        wanted
    }

    /// Makes it hold for all that this process writes from now on.
    pub(crate) fn apply(self, environment: &Environment) {
        self.choice(environment).write_global();
    }

    /// The flag rules over `NO_COLOR`, and it over `FORCE_COLOR` and `CLICOLOR_FORCE`, of which `0` and `false` force nothing.
    /// What is left open goes by each stream, by TERM and by CLICOLOR. Source: <https://no-color.org>,
    /// <https://bixense.com/clicolors>, <https://force-color.org>.
    fn choice(self, environment: &Environment) -> anstream::ColorChoice {
        let set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        let forces = |name: &str| set(name) && !matches!(environment.get(name), Some("0" | "false"));
        match self {
            Self::Always => anstream::ColorChoice::AlwaysAnsi,
            Self::Never => anstream::ColorChoice::Never,
            Self::Auto if set("NO_COLOR") => anstream::ColorChoice::Never,
            Self::Auto if forces("FORCE_COLOR") || forces("CLICOLOR_FORCE") => anstream::ColorChoice::AlwaysAnsi,
            Self::Auto => anstream::ColorChoice::Auto,
        }
    }
}

/// How words look on stdout.
#[must_use]
pub(crate) fn stdout_styles() -> Styles {
    Styles::of(AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never)
}

/// How words look on stderr.
#[must_use]
pub(crate) fn stderr_styles() -> Styles {
    Styles::of(AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_rules_over_the_environment_and_no_colour_over_colour() {
        use anstream::ColorChoice::{AlwaysAnsi, Auto, Never};
        let check = |wanted: ColourWanted, pairs: &[(&str, &str)], expected| {
            assert_eq!(wanted.choice(&pairs.iter().copied().collect()), expected, "{wanted:?} {pairs:?}");
        };
        check(ColourWanted::Auto, &[], Auto);
        check(ColourWanted::Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], Never);
        check(ColourWanted::Auto, &[("NO_COLOR", ""), ("FORCE_COLOR", "1")], AlwaysAnsi);
        check(ColourWanted::Auto, &[("CLICOLOR_FORCE", "1")], AlwaysAnsi);
        check(ColourWanted::Auto, &[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "false")], Auto);
        check(ColourWanted::Always, &[("NO_COLOR", "1")], AlwaysAnsi);
        check(ColourWanted::Never, &[("FORCE_COLOR", "1")], Never);
    }

    #[test]
    fn the_flag_is_found_before_the_arguments_are_judged() {
        let typed = |line: &str| ColourWanted::typed(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(typed("sortie run m.yaml"), ColourWanted::Auto);
        assert_eq!(typed("sortie --color always rnu"), ColourWanted::Always);
        assert_eq!(typed("sortie rnu --color=never"), ColourWanted::Never);
        assert_eq!(typed("sortie rnu --color=pink --colour=always"), ColourWanted::Auto);
        assert_eq!(typed("sortie start R -- --color=never"), ColourWanted::Auto);
        assert_eq!(typed("sortie rnu --color"), ColourWanted::Auto);
    }
}
