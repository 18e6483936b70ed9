//! Diagnostics in the forms that build servers and their reviewers read.
//!
//! In: [`Findings`](super::Findings). Out: one text, every foreign value in it masked and inert. Never: prints, or decides an
//! exit code.

mod fingerprint;
mod github;
mod gitlab;
mod junit;
mod sarif;

use super::findings::Findings;

/// For which reader diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticForm {
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit`'s XML: a suite and a case for each manifest.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
}

impl DiagnosticForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Github, Self::Sarif, Self::Junit, Self::Gitlab];

    /// The whole text for `findings`: valid and empty where nothing was found.
    #[must_use]
    pub fn write(self, findings: &Findings) -> String {
        match self {
            Self::Github => github::annotations(findings),
            Self::Sarif => sarif::log(findings),
            Self::Junit => junit::report(findings),
            Self::Gitlab => gitlab::issues(findings),
        }
    }
}

#[cfg(test)]
mod tests;
