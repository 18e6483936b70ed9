//! Bytes on their way out, with every known secret masked.
//!
//! In: pieces of text, as a writer makes them. Out: whole lines, masked. Never: a secret that came in two pieces.

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::rc::Rc;

use crate::secret::Redactor;

/// Masks secrets line by line. Errors of what lies behind it come through.
pub(crate) struct Masked<W: Write> {
    out: BufWriter<W>,
    redactor: Redactor,
    line: Vec<u8>,
}

impl<W: Write> Masked<W> {
    /// A writer before `out`.
    pub(crate) fn new(out: W, redactor: &Redactor) -> Self {
        Self { out: BufWriter::with_capacity(64 * 1024, out), redactor: redactor.clone(), line: Vec::new() }
    }

    fn pass_line(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        let written = self.out.write_all(self.redactor.redact(&text).as_bytes());
        self.line.clear();
        written
    }
}

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A secret may come in two pieces, but it holds no line end.
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.pass_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_line()?;
        self.out.flush()
    }
}

/// The first error of one place, shared with the writer that met it.
pub(crate) type Fault = Rc<RefCell<Option<io::Error>>>;

/// Never fails: its first error is kept, and what comes after it is dropped. One place that fails spoils no other.
pub(crate) struct Tolerant<W> {
    out: W,
    fault: Fault,
}

impl<W: Write> Tolerant<W> {
    /// A writer before `out` that keeps what it meets in `fault`.
    pub(crate) fn new(out: W, fault: &Fault) -> Self {
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

impl<W: Write> Write for Tolerant<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(|out| out.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(Write::flush);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_in_pieces_is_masked() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter2".to_owned()));
        let mut bytes = Vec::new();
        let mut out = Masked::new(&mut bytes, &redactor);
        for byte in b"a hunter2 b\nhunter2" {
            out.write_all(&[*byte]).expect("memory");
        }
        out.flush().expect("memory");
        drop(out);
        assert_eq!(String::from_utf8(bytes).expect("text"), "a *** b\n***");
    }

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
        let fault = Fault::default();
        let mut out = Masked::new(Tolerant::new(Full(0), &fault), &Redactor::default());
        out.write_all("x\n".repeat(100_000).as_bytes()).expect("keeps its error");
        out.flush().expect("keeps its error");
        assert_eq!(fault.take().map(|error| error.to_string()), Some("disk full, 1".to_owned()));
    }
}
