//! Where reports go: files that appear whole or not at all, and stdout. Secrets are masked on the way.
//!
//! In: `--report` and `--format`. Out: bytes in their places, and what could not be written. A place that fails spoils
//! no other. Never: what a report says; that is `report`'s.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, IsTerminal as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::args::{ReportPlacement, ReportTarget};
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::console::columns_of_stdout;
use crate::cli::output::file_kind::FileKind;
use crate::cli::output::tolerant_writer::{FirstError, TolerantWriter};
use crate::format::ReportFormat;
use crate::profile::FileIdentity;
use crate::report::forms::rows::ReturnedRows;
use crate::report::not_begun::NotBegunReport;
use crate::report::{ReportWriter, forms};
use crate::secret::Redactor;

/// Why a report has no place, or did not get there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportFileError {
    /// There is something else than a file.
    #[error("report `{}` cannot be written there: it is not a regular file", path.display())]
    NotAFile {
        /// The place.
        path: PathBuf,
    },
    /// Two reports for one place.
    #[error("two reports go to `{}`", path.display())]
    Twice {
        /// The place.
        path: PathBuf,
    },
    /// It would replace what this call reads, or its ledger.
    #[error(
        "report `{}` would replace {what}\n  help: give the report a file of its own",
        path.display()
    )]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What is there.
        what: String,
    },
    /// A manifest's own report would replace something else than a report.
    #[error(
        "report `{}`, which the manifest asks for, would replace a file that is no report of sortie's\n  \
         help: give the report a file of its own; `--report json=FILE` replaces any file that sortie does not read",
        path.display()
    )]
    NotOurs {
        /// The place.
        path: PathBuf,
    },
    /// `markdown=auto` where no step has a summary.
    #[error(
        "--report markdown=auto adds to the file that GITHUB_STEP_SUMMARY names, and that is not set here\n  help: `--report \
         markdown=FILE` takes any file"
    )]
    NoStepSummary,
    /// The machine refuses.
    #[error("report `{}` cannot be written", path.display())]
    Unwritten {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Files that are open beside their places, before anything is sent.
pub(crate) struct ReportFiles {
    files: Vec<ReportFile>,
}

struct ReportFile {
    /// What was asked for, by its place.
    target: ReportTarget,
    beside: NamedTempFile,
    fault: FirstError,
}

impl ReportFiles {
    /// Makes sure that every report can be written, and replaces nothing of `protected_paths`: folders are made, and files beside
    /// their places are open.
    pub(crate) fn prepare(targets: &[ReportTarget], protected: &ProtectedPaths) -> Result<Self, ReportFileError> {
        let mut files = Self::none();
        files.add(targets, protected)?;
        Ok(files)
    }

    /// Prepares more of them.
    pub(crate) fn add(&mut self, targets: &[ReportTarget], protected: &ProtectedPaths) -> Result<(), ReportFileError> {
        for target in targets {
            if target.path.as_os_str().is_empty() {
                return Err(ReportFileError::NoStepSummary);
            }
            let path = place(&target.path)?;
            let unwritten = |source| ReportFileError::Unwritten { path: path.clone(), source: plain(source) };
            let folder = folder_of(&path);
            fs::create_dir_all(folder).map_err(unwritten)?;
            if self.files.iter().any(|file| FileIdentity::of(&file.target.path) == FileIdentity::of(&path)) {
                return Err(ReportFileError::Twice { path });
            }
            check_protected(&path, protected)?;
            check_standing(&path, target.placement)?;
            // The process's umask still applies: as private as any file that the user makes.
            let beside = tempfile::Builder::new()
                .prefix(".sortie-report-")
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(folder)
                .map_err(unwritten)?;
            let target = ReportTarget { path, ..target.clone() };
            self.files.push(ReportFile { target, beside, fault: FirstError::default() });
        }
        Ok(())
    }

    /// Refuses to replace any of `protected_paths`, which was found only after the files were prepared.
    pub(crate) fn check_protected(&self, protected: &ProtectedPaths) -> Result<(), ReportFileError> {
        self.files.iter().try_for_each(|file| check_protected(&file.target.path, protected))
    }

    /// What was asked for, by the places that were prepared.
    pub(crate) fn targets(&self) -> Vec<ReportTarget> {
        self.files.iter().map(|file| file.target.clone()).collect()
    }

    /// No files at all.
    pub(crate) fn none() -> Self {
        Self { files: Vec::new() }
    }

    /// Whether one of them has this format.
    pub(crate) fn has(&self, format: ReportFormat) -> bool {
        self.files.iter().any(|file| file.target.format == format)
    }

    /// Leaves out those of this format: what stands at their places stays.
    pub(crate) fn leave_out(&mut self, format: ReportFormat) {
        self.files.retain(|file| file.target.format != format);
    }

    /// A writer for each file, and one for stdout in the form `stdout_format`, where it is given.
    ///
    /// They never fail: what they meet is kept for [`ReportFiles::keep`] and in `stdout_fault`.
    pub(crate) fn writers<'a>(
        &'a mut self,
        stdout_format: Option<ReportFormat>,
        stdout_fault: &FirstError,
        redactor: &Redactor,
        rows: Option<&ReturnedRows<'a>>,
    ) -> Vec<Box<dyn ReportWriter + 'a>> {
        let mut writers: Vec<Box<dyn ReportWriter + 'a>> = Vec::new();
        for file in &mut self.files {
            let out = buffered(TolerantWriter::new(file.beside.as_file_mut(), &file.fault));
            writers.push(forms::writer(file.target.format, out, redactor, rows));
        }
        if let Some(format) = stdout_format {
            let out = buffered(TolerantWriter::new(io::stdout(), stdout_fault));
            // Rows come as they were given, and may hold what steers a terminal.
            let is_shown = io::stdout().is_terminal();
            let rows = rows.map(|rows| ReturnedRows { is_shown, ..rows.clone() });
            let terminal = (stdout_styles(), columns_of_stdout());
            writers.push(forms::terminal_writer(format, out, redactor, rows.as_ref(), terminal));
        }
        writers
    }

    /// Writes to each file that no run was begun.
    pub(crate) fn write_not_begun(&mut self, report: &NotBegunReport, redactor: &Redactor) {
        let mut report = report.clone();
        report.redact(redactor);
        for file in &mut self.files {
            let out = buffered(TolerantWriter::new(file.beside.as_file_mut(), &file.fault));
            // What it meets is kept for `keep`.
            let _ = forms::write_not_begun(file.target.format, &report, out);
        }
    }

    /// Puts every file that was written whole into its place, durably; returns what could not be.
    pub(crate) fn keep(self) -> Vec<ReportFileError> {
        let kept = self.files.into_iter().map(ReportFile::keep);
        kept.filter_map(Result::err).collect()
    }
}

impl ReportFile {
    fn keep(self) -> Result<(), ReportFileError> {
        let Self { target: ReportTarget { path, placement, .. }, mut beside, fault } = self;
        let unwritten = |source| ReportFileError::Unwritten { path: path.clone(), source };
        if let Some(source) = fault.take() {
            return Err(unwritten(source));
        }
        if placement == ReportPlacement::StepSummary {
            return add_to(&path, beside.as_file_mut()).map_err(unwritten);
        }
        beside.as_file().sync_all().map_err(unwritten)?;
        beside.persist(&path).map_err(|error| unwritten(plain(error.error)))?;
        // The name itself is durable once its folder is.
        File::open(folder_of(&path)).and_then(|folder| folder.sync_all()).map_err(unwritten)
    }
}

/// Adds what `from` holds to the file at `path`, in which other programs' text stands, on a line of its own.
fn add_to(path: &Path, from: &mut File) -> io::Result<()> {
    let mut summary = File::options().append(true).create(true).open(path)?;
    if summary.metadata()?.len() > 0 {
        summary.write_all(b"\n")?;
    }
    from.rewind()?;
    io::copy(from, &mut summary)?;
    summary.sync_all()
}

/// The error without the name of the file beside the place, which nobody asked for.
pub(crate) fn plain(error: io::Error) -> io::Error {
    let words = error.to_string();
    match words.rsplit_once(" at path ") {
        Some((words, _)) => io::Error::new(error.kind(), words.to_owned()),
        None => error,
    }
}

/// The file itself where `path` is a link to one. Anything but a file (a device, a pipe) is refused, not replaced.
fn place(path: &Path) -> Result<PathBuf, ReportFileError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            fs::canonicalize(path).map_err(|source| ReportFileError::Unwritten { path: path.to_owned(), source })
        }
        Ok(_) => Err(ReportFileError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(source) => Err(ReportFileError::Unwritten { path: path.to_owned(), source }),
    }
}

fn buffered<W: io::Write>(out: W) -> BufWriter<W> {
    BufWriter::with_capacity(64 * 1024, out)
}

fn check_protected(path: &Path, protected: &ProtectedPaths) -> Result<(), ReportFileError> {
    match protected.find(path) {
        Some(what) => Err(ReportFileError::InTheWay { path: path.to_owned(), what: what.to_owned() }),
        None => Ok(()),
    }
}

/// Refuses to replace what stands at `path`, by its content: a manifest's report replaces a report or nothing; one that a
/// person named replaces nothing that sortie reads (a manifest, its tests, rules, a ledger, a run file, a saved plan), and neither is
/// anything added to those.
fn check_standing(path: &Path, placement: ReportPlacement) -> Result<(), ReportFileError> {
    let in_the_way = |what: &str| Err(ReportFileError::InTheWay { path: path.to_owned(), what: what.to_owned() });
    if let Some(ledger) = folder_of(path).to_str().and_then(|folder| folder.strip_suffix(".locks"))
        && Path::new(ledger).is_file()
    {
        return in_the_way("a lock of the ledger that lies there");
    }
    match FileKind::at(path).map_err(|source| ReportFileError::Unwritten { path: path.to_owned(), source })? {
        FileKind::Manifest => in_the_way("the manifest that lies there"),
        FileKind::ManifestTests => in_the_way("the tests of a manifest that lie there"),
        FileKind::Policies => in_the_way("the rules that lie there"),
        FileKind::Database => in_the_way("the ledger or database that lies there"),
        FileKind::RunFile => in_the_way("the run file that lies there"),
        FileKind::SavedPlan => in_the_way("the saved plan that lies there"),
        FileKind::Other if placement == ReportPlacement::Manifest => {
            Err(ReportFileError::NotOurs { path: path.to_owned() })
        }
        FileKind::Nothing | FileKind::Report | FileKind::Other => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
