//! `--rate`, `--burst`, `--concurrency`, `--at-most-once` and `--verify`, which rule over the manifest.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::cli::args;
use crate::cli::failure::Failure;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::format::Rate;
use crate::launch::{RecountScope, ResendPolicy};
use crate::run::Overrides;

/// What the flags say.
pub(crate) fn of(
    pacing: &args::PacingArgs,
    safety: args::SafetyArgs,
    waiting: args::WaitArgs,
) -> Result<Overrides, Failure> {
    let rate = pacing.rate.as_deref().map(|text| {
        Rate::parse(text).ok_or_else(|| {
            let number = text.trim();
            let is_bare = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = if is_bare { number } else { "10" };
            let words = format!(
                "`{}` is no rate\n  help: write `--rate {number}/s` for each second, or `--rate {number}/min` for each minute",
                escape(text)
            );
            Failure::with_message(ExitStatus::Usage, words)
        })
    });
    Ok(Overrides {
        rate: rate.transpose()?,
        burst: pacing.burst.and_then(NonZeroU32::new),
        concurrency: pacing.concurrency.and_then(|count| NonZeroUsize::new(usize::try_from(count).ok()?)),
        resends: if safety.at_most_once { ResendPolicy::Never } else { ResendPolicy::AsAsked },
        counting: if safety.verify { RecountScope::All } else { RecountScope::Resent },
        wait: waiting.choice(),
        ignores_pause: pacing.ignore_pause,
    })
}
