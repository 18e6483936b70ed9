//! A report in which nothing foreign shows a secret: each value is masked before it becomes a part of the form.
//!
//! In: launches. Out: the same to another writer, their foreign texts masked. Never: touches what is ours (ids,
//! References, digests, keys, verdicts), or the bytes of a form.

use std::borrow::Cow;
use std::io;

use super::not_begun::NotBegunReport;
use super::{
    ErrorReport, FaultReport, Head, LaunchReport, LogLineReport, ReportWriter, RetryReport, RobotJobReport, StepReport,
};
use crate::secret::Redactor;

/// Masks what `writer` is given.
pub struct RedactingReportWriter<W> {
    writer: W,
    redactor: Redactor,
}

impl<W: ReportWriter> RedactingReportWriter<W> {
    /// A writer before `writer`.
    pub fn new(writer: W, redactor: &Redactor) -> Self {
        Self { writer, redactor: redactor.clone() }
    }
}

impl<W: ReportWriter> ReportWriter for RedactingReportWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let mut head = head.clone();
        head.background.redact(&self.redactor);
        let shown = head.run.shown.as_mut().map(|shown| &mut shown.filter);
        for filter in head.run.filter.as_mut().into_iter().chain(shown) {
            *filter = self.redactor.redact(filter).into_owned();
        }
        self.writer.begin(&head)
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let mut launch = launch.clone();
        launch.redact(&self.redactor);
        self.writer.launch(&launch)
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.end()
    }
}

impl LaunchReport {
    /// Masks the secrets in everything that may hold words of somebody else.
    pub fn redact(&mut self, redactor: &Redactor) {
        let Self {
            id: _,
            job: _,
            key: _,
            reference: _,
            verdict: _,
            outcome: _,
            attempts: _,
            settled: _,
            sent: _,
            answered: _,
            arguments,
            robot_jobs,
            retries,
            flaky: _,
            error,
            reason: _,
            story,
            trace: _,
        } = self;
        if let Some(arguments) = arguments {
            redactor.redact_value(arguments);
        }
        for StepReport { at: _, attempt: _, step: _, robot_jobs: _, why } in story {
            if let Some(why) = why {
                replace(why, |text| redactor.redact_output(text));
            }
        }
        for job in robot_jobs {
            job.redact(redactor);
        }
        for retry in retries {
            retry.redact(redactor);
        }
        if let Some(error) = error {
            error.redact(redactor);
        }
    }
}

impl RetryReport {
    fn redact(&mut self, redactor: &Redactor) {
        let Self {
            id: _,
            reference: _,
            replaces: _,
            due: _,
            verdict: _,
            outcome: _,
            attempts: _,
            settled: _,
            robot_jobs,
            error,
            reason: _,
            trace: _,
        } = self;
        for job in robot_jobs {
            job.redact(redactor);
        }
        if let Some(error) = error {
            error.redact(redactor);
        }
    }
}

impl ErrorReport {
    fn redact(&mut self, redactor: &Redactor) {
        let Self { status: _, code: _, message, trace_id } = self;
        // It may be the server's, or ours with ids in it.
        replace(message, |text| redactor.redact_output(text));
        if let Some(trace) = trace_id {
            replace(trace, |text| redactor.redact_word(text));
        }
    }
}

impl NotBegunReport {
    /// Masks the secrets in what the call said.
    pub fn redact(&mut self, redactor: &Redactor) {
        replace(&mut self.not_begun.reason, |text| redactor.redact_output(text));
    }
}

impl RobotJobReport {
    fn redact(&mut self, redactor: &Redactor) {
        let Self {
            id: _,
            key,
            state,
            creation_time,
            start_time,
            end_time,
            release_name,
            kind,
            source,
            source_type,
            batch_execution_key,
            starting_schedule_id: _,
            info,
            output,
            outcome: _,
            sub_state,
            class: _,
            fault,
            notes,
            log,
        } = self;
        let words = [
            key,
            state,
            sub_state,
            creation_time,
            start_time,
            end_time,
            kind,
            source,
            source_type,
            batch_execution_key,
        ];
        words.into_iter().flatten().for_each(|word| replace(word, |text| redactor.redact_word(text)));
        let texts = [release_name, info, output];
        texts.into_iter().flatten().for_each(|text| replace(text, |text| redactor.redact(text)));
        for note in notes {
            replace(note, |text| redactor.redact(text));
        }
        for LogLineReport { at, level, text } in log {
            [at, level].into_iter().flatten().for_each(|word| replace(word, |text| redactor.redact_word(text)));
            replace(text, |text| redactor.redact(text));
        }
        if let Some(FaultReport { code, title, detail, category }) = fault {
            let texts = [code, title, detail, category];
            texts.into_iter().flatten().for_each(|text| replace(text, |text| redactor.redact(text)));
        }
    }
}

fn replace(text: &mut String, mask: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Cow::Owned(masked) = mask(text) {
        *text = masked;
    }
}
