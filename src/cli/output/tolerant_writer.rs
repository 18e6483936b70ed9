//! Places that may fail: one whose first failure is kept for later, so that it spoils no other, and one that nobody need read.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// The first error of one place, shared with the writer that met it.
pub(crate) type FirstError = Rc<RefCell<Option<io::Error>>>;

/// Never fails: its first error is kept, and what comes after it is dropped. One place that fails spoils no other.
pub(crate) struct TolerantWriter<W> {
    out: W,
    fault: FirstError,
}

impl<W: Write> TolerantWriter<W> {
    /// A writer before `out` that keeps what it meets in `fault`.
    pub(crate) fn new(out: W, fault: &FirstError) -> Self {
        Self { out, fault: Rc::clone(fault) }
    }

    fn pass(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.fault.borrow().is_none()
            && let Err(error) = write(&mut self.out)
        {
            *self.fault.borrow_mut() = Some(error);
        }
    }
}

impl<W: Write> Write for TolerantWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(|out| out.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(Write::flush);
        Ok(())
    }
}

/// A writer that nobody need read: what is written once its reader is gone (`| head`) is dropped, so that a command ends as it would
/// have ended.
pub(crate) struct UnreadWriter<W> {
    inner: W,
    is_gone: bool,
}

impl<W: Write> UnreadWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, is_gone: false }
    }

    /// `done`, or `otherwise` from the moment on at which nobody reads any more.
    fn unless_gone<T>(&mut self, otherwise: T, done: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.is_gone {
            return Ok(otherwise);
        }
        match done(&mut self.inner) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(otherwise)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for UnreadWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_gone(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_fails_keeps_its_first_error() {
        struct Full(u32);
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::Error::other(format!("disk full, {}", self.0)))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let fault = FirstError::default();
        let mut out = TolerantWriter::new(Full(0), &fault);
        out.write_all("x\n".repeat(100_000).as_bytes()).expect("keeps its error");
        out.flush().expect("keeps its error");
        assert_eq!(fault.take().map(|error| error.to_string()), Some("disk full, 1".to_owned()));
    }
}
