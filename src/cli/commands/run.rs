//! `sortie run`: of one manifest, or of several.

mod already_running;
pub(in crate::cli) mod one_manifest;
mod report_places;
mod saved;
mod several;

use crate::cli::args;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files;
use crate::exit::ExitStatus;

pub(crate) fn run(context: &CommandContext, flags: &args::RunArgs) -> Result<ExitStatus, Failure> {
    if let Some(path) = &flags.saved.path {
        return one_manifest::launch_saved(context, flags, path).map(|launched| launched.exit);
    }
    match flags.paths.as_slice() {
        [path] if !path.is_dir() && !several::names_reports(flags) => {
            let flags = args::RunArgs { path: path.clone(), ..flags.clone() };
            one_manifest::launch(context, &flags, manifest_files::read(path)).map(|launched| launched.exit)
        }
        paths => several::run(context, flags, paths),
    }
}
