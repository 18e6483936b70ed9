//! `--metrics`, of every verb that launches.

use std::path::{Path, PathBuf};

use clap::Args as Flags;

/// Where figures for monitoring go.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct MetricsArgs {
    /// Write metrics of the run to this file for Prometheus (node_exporter's textfile collector), every 15 s and at the end
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) metrics: Option<PathBuf>,
}

impl MetricsArgs {
    /// The file; `None` if none is wanted.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.metrics.as_deref()
    }
}
