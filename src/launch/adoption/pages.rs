//! The pages that an adoption reads, counted for whoever watches.

use super::error::AdoptionError;
use crate::clock::Timestamp;
use crate::job_list::patient_reader::PatientReader;
use crate::job_list::request::ListRequest;
use crate::launch::notice::Notice;
use crate::ledger::Rations;
use crate::orchestrator::{JobPage, Server};

/// Reads pages, and says which one.
pub(super) struct AdoptionPages<'a, S, L> {
    reader: PatientReader<'a, S, L>,
    pages: u32,
    observe: &'a mut dyn FnMut(Notice),
}

impl<'a, S: Server, L: Rations> AdoptionPages<'a, S, L> {
    /// Has read none yet.
    pub(super) fn new(reader: PatientReader<'a, S, L>, observe: &'a mut dyn FnMut(Notice)) -> Self {
        Self { reader, pages: 0, observe }
    }

    /// The next page, with at most `max_tries` tries. From the second one on its number is told.
    pub(super) async fn page(&mut self, request: ListRequest, max_tries: u32) -> Result<JobPage, AdoptionError> {
        self.pages += 1;
        if self.pages > 1 {
            self.tell(Notice::Looking(Some(self.pages)));
        }
        let Self { reader, observe, .. } = self;
        Ok(reader.page(&request, max_tries, &mut |notice| observe(notice.into())).await?)
    }

    /// Says something.
    pub(super) fn tell(&mut self, notice: Notice) {
        (self.observe)(notice);
    }

    /// When lists were read; and how far the server's `Date` is ahead of our clock, in milliseconds, if one told it.
    pub(super) fn into_reads(self) -> (Vec<Timestamp>, Option<i64>) {
        self.reader.into_reads()
    }
}
