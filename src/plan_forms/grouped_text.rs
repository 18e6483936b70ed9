//! A plan of many launches for people: what all launches of a job share, said once, and then a line for each with what varies.
//!
//! In: launches in the plan's order. Out: lines. Never: a field of a launch that its job's head has said already.

use std::io::{self, Write};

use super::shared_fields::{JobFieldUse, SharedFields, leaves, short, short_name};
use super::summary::counted;
use super::view::PlanView;
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::paint;
use crate::plan::PlanEntry;

/// Maximum characters of a value.
const MAX_VALUE: usize = 100;

/// The launches of a plan as they come by.
pub(super) struct GroupedLines {
    fields: SharedFields,
    /// The job whose head was written last.
    job: Option<u32>,
}

impl GroupedLines {
    pub(super) fn of(fields: SharedFields) -> Self {
        Self { fields, job: None }
    }

    /// Writes a launch of job `number`, behind the head of its job where it is the first.
    pub(super) fn write(
        &mut self,
        shown: &PlanView<'_>,
        number: u32,
        planned: &PlanEntry,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(of_job) = self.fields.of_job(number) else { return Ok(()) };
        if self.job != Some(number) {
            self.job = Some(number);
            head(shown, number, of_job, out)?;
        }
        let (id, dim) = (escape(planned.id().as_str()), shown.styles.dim);
        let launch = match planned {
            PlanEntry::Launch(launch) => launch,
            PlanEntry::Skipped(skipped) => {
                return writeln!(out, "  {id}  {}", paint(dim, format!("skipped: {}", escape(&skipped.why))));
            }
        };
        let fields = leaves(shown, launch);
        let told: Vec<String> = of_job
            .varying()
            .filter_map(|name| Some(format!("{}={}", short_name(name), short(fields.get(name)?, MAX_VALUE))))
            .collect();
        if told.is_empty() {
            return writeln!(out, "  {id}");
        }
        writeln!(out, "  {id}  {}", escape(&told.join("  ")))
    }
}

fn head(shown: &PlanView<'_>, number: u32, of_job: &JobFieldUse, out: &mut dyn Write) -> io::Result<()> {
    let name = escape(shown.plan.job_name(number)).into_owned();
    let title = format!("{name}: {}", counted(of_job.launches, "launch"));
    writeln!(out, "\n{}", paint(shown.styles.strong, title))?;
    for (name, value) in &of_job.shared {
        writeln!(out, "  {:<22} {}", escape(name), escape(&short(value, usize::MAX)))?;
    }
    let varying: Vec<&str> = of_job.varying().collect();
    match (of_job.launches, varying.is_empty()) {
        (1, _) => return Ok(()),
        (_, true) => return writeln!(out, "  the same for each:"),
        (_, false) => {}
    }
    writeln!(out, "  the same for each; what varies is {}:", escape(&varying.join(", ")))
}
