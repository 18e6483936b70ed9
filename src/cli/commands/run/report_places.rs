//! Where the reports of a call of `run` go, and what they must not replace.

use std::path::Path;

use crate::cli::args::{self, ReportTarget};
use crate::cli::context::CommandContext;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::manifest_reports;
use crate::diagnostic::Diagnosed;
use crate::diagnostic::escape::escape;
use crate::plan::Inputs;
use crate::spec::Spec;

/// The reports that the manifest of `flags` asks for.
pub(super) fn own_reports(spec: &Spec, flags: &args::RunArgs) -> Diagnosed<Vec<ReportTarget>> {
    manifest_reports::of(&spec.reports, flags.path.parent().unwrap_or(Path::new("")))
}

/// What no report of this call may replace.
pub(super) fn protected(
    context: &CommandContext,
    flags: &args::RunArgs,
    ledger: &Path,
    inputs: &Inputs,
) -> ProtectedPaths {
    let mut protected = ProtectedPaths::of(context, &flags.connection, ledger);
    protected.add_plan(inputs, flags.path.parent().unwrap_or(Path::new("")));
    given_files(flags, protected)
}

/// `protected_paths`, and the files that are given to this call.
pub(super) fn given_files(flags: &args::RunArgs, mut protected: ProtectedPaths) -> ProtectedPaths {
    protected.add("the manifest", &flags.path);
    let given = flags.inputs.data.iter().chain(&flags.inputs.arguments);
    given.for_each(|given| {
        protected.add(&format!("the file that is given for job `{}`", escape(&given.job)), &given.path);
    });
    flags.saved.path.iter().for_each(|path| protected.add("the saved plan", path));
    flags.inputs.policies.iter().for_each(|path| protected.add("the file of rules", path));
    flags.inputs.params_file.iter().for_each(|path| protected.add("the params file", path));
    #[cfg(feature = "sandbox")]
    {
        flags.sandbox_target.world.iter().for_each(|path| protected.add("the sandbox's world", path));
        flags.sandbox_target.faults.iter().for_each(|path| protected.add("the list of faults", path));
    }
    protected
}
