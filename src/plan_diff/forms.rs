//! The forms of a comparison: text for a terminal, Markdown for a comment on a pull request, JSON for machines.
//!
//! In: one manifest after the other, with what changed in it. Out: the form; what it comes to at the end. Never: more of a
//! comment than a pull request takes, or foreign text that means something where it is shown.

use std::io::{self, Write};

use super::PlanDiff;
use crate::diagnostic::styles::paint;

mod compared;
mod json;
mod markdown;
mod text;
mod words;

use compared::InvalidManifest;
pub use compared::{ComparedSide, DiffForm, DiffHead, DiffTotals, ManifestPair};
use markdown::Comment;

/// Writes a comparison, manifest by manifest.
pub struct DiffWriter<'a> {
    head: DiffHead<'a>,
    out: &'a mut dyn Write,
    comment: Comment,
    invalid: Vec<InvalidManifest>,
    totals: DiffTotals,
}

impl<'a> DiffWriter<'a> {
    /// Begins to write a comparison.
    ///
    /// Errors: `out` takes no more.
    pub fn begin(head: DiffHead<'a>, out: &'a mut dyn Write) -> io::Result<Self> {
        if head.form == DiffForm::Json {
            json::begin(&head, out)?;
        }
        Ok(Self { head, out, comment: Comment::default(), invalid: Vec::new(), totals: DiffTotals::default() })
    }

    /// Writes what changed in one manifest.
    ///
    /// Errors: `out` takes no more.
    pub fn add(&mut self, pair: &ManifestPair<'_>, diff: &PlanDiff) -> io::Result<()> {
        let is_first = self.totals.differing == 0;
        self.totals.add(diff);
        if diff.is_empty() && pair.before.is_some() == pair.after.is_some() {
            return Ok(());
        }
        self.totals.differing += 1;
        match self.head.form {
            DiffForm::Text => text::write(pair, diff, &self.head.styles, self.out),
            DiffForm::Json => json::write(pair, diff, is_first, self.head.redactor, self.out),
            DiffForm::Markdown => {
                self.comment.add(pair, diff);
                Ok(())
            }
        }
    }

    /// Counts a manifest whose text and files are the same on both sides: nothing of it was planned.
    pub fn skip_unchanged(&mut self) {
        self.totals.manifests += 1;
    }

    /// Counts a manifest that is not valid on `sides`, so that it is not compared.
    pub fn skip_invalid(&mut self, name: &str, sides: Vec<ComparedSide>) {
        self.totals.manifests += 1;
        self.totals.invalid += 1;
        self.invalid.push(InvalidManifest { name: name.to_owned(), sides });
    }

    /// Ends the form, and says what it comes to.
    ///
    /// Errors: `out` takes no more.
    pub fn end(self) -> io::Result<DiffTotals> {
        match self.head.form {
            DiffForm::Text => {
                writeln!(self.out, "{}", paint(self.head.styles.strong, words::totals(&self.totals)))?;
            }
            DiffForm::Json => json::end(&self.invalid, &self.totals, self.out)?,
            DiffForm::Markdown => self.comment.write(&self.head, &self.invalid, &self.totals, self.out)?,
        }
        self.out.flush()?;
        Ok(self.totals)
    }
}
