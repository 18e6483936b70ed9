//! The runtime that a command's asynchronous part runs on.

pub(crate) mod signals;

use std::fs::File;
use std::future::Future;
use std::io::ErrorKind;

use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

/// Minimum free file descriptors: the runtime's own, the ledger's, some connections.
const MIN_FREE_FILES: usize = 24;

/// Refuses to begin where the system lets this process open too few files: below, that would be a panic in the middle.
fn check_files() -> Result<(), Failure> {
    let mut open = Vec::new();
    for _ in 0..MIN_FREE_FILES {
        match File::open("/dev/null") {
            Ok(file) => open.push(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let words = format!(
                    "this process may open {} more files, and needs {MIN_FREE_FILES} at least: {error}\n  help: raise the limit \
                     (`ulimit -n 1024`, LimitNOFILE= of a unit)",
                    open.len()
                );
                return Err(Failure::with_message(ExitStatus::Fault, words));
            }
        }
    }
    Ok(())
}

/// Carries `work` out on a single-threaded runtime: it is input and output, and threads measured slower.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    check_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::with_message(ExitStatus::Fault, format!("the system gives no event queue for the network: {error}"))
    })?;
    runtime.block_on(async {
        let _handled = signals::ignore_file_size_signal();
        work.await
    })
}
