//! The `sortie` program; see the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sortie::cli::main().code())
}
