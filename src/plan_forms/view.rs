//! A plan as it is shown: launch by launch, secrets masked.

use serde_json::{Map, Value};

use crate::diagnostic::styles::Styles;
use crate::ids::{LaunchId, Ordinal};
use crate::plan::{Inputs, Launch, Plan, PlanEntry};
use crate::secret::Redactor;
use crate::spec::JobNeed;
use crate::words::Words as _;

/// A plan, and what it was made of.
pub struct PlanView<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its inputs.
    pub inputs: &'a Inputs,
    /// The base address of the profile; `None` if there is no profile.
    pub base: Option<&'a str>,
    /// What knows the secrets that no form may show.
    pub redactor: &'a Redactor,
    /// How much of it is shown, in the forms for people.
    pub extent: PlanExtent,
    /// The colours of the form for people.
    pub styles: Styles,
}

/// How much of a plan is shown. What it comes to in all is shown in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanExtent {
    /// Every launch.
    #[default]
    Whole,
    /// The first so many launches.
    First(usize),
}

impl PlanView<'_> {
    /// How many launches are shown at most.
    pub(super) fn most(&self) -> usize {
        match self.extent {
            PlanExtent::Whole => usize::MAX,
            PlanExtent::First(most) => most,
        }
    }

    /// The pace as people say it: `10/s`, `30/min`.
    pub(super) fn rate(&self) -> String {
        let each = self.plan.limits().pace.interval().as_secs_f64();
        let rate = if each <= 1.0 { format!("{:.6}/s", 1.0 / each) } else { format!("{:.6}/min", 60.0 / each) };
        rate.replace("000000/", "/").replace("./", "/")
    }

    /// Where the value of each secret that is used comes from, by name: it is read when the plan is run.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&str, String)> {
        self.plan.secrets().into_iter().map(|secret| (secret.name.as_ref(), secret.from.to_string()))
    }

    pub(super) fn planned(&self) -> impl Iterator<Item = PlanEntry> {
        (0..self.plan.len()).map(|index| self.plan.planned(Ordinal::from(index)))
    }

    /// What the launch waits for, in the order written: jobs, and how far they must have come.
    pub(super) fn needs(&self, launch: &Launch) -> Vec<String> {
        let number = self.plan.job_number(launch.ordinal);
        let job = self.plan.jobs().find(|job| job.number == number);
        let told = |need: &JobNeed| {
            let row = if need.is_same_row { ", same row" } else { "" };
            format!("{} ({}{row})", self.plan.job_name(need.job), need.condition.word())
        };
        job.map_or_else(Vec::new, |job| job.needs.iter().map(told).collect())
    }

    /// Whether something of the launch is only known once what it needs is over.
    pub(super) fn is_made_late(&self, launch: &Launch) -> bool {
        self.plan.uses_needs(self.plan.job_number(launch.ordinal))
    }

    /// `startInfo` as it will be sent, but for names in the places of ids, for the run's id in the Reference, and for
    /// secrets that found their way into a manifest.
    pub(super) fn start_info(&self, launch: &Launch) -> Map<String, Value> {
        let mut body = launch.to_json(&reference(launch));
        let mut fields = body["startInfo"].as_object_mut().map(std::mem::take).unwrap_or_default();
        for (name, value) in &mut fields {
            match (name.as_str(), &*value) {
                ("Reference" | "ReleaseKey" | "Strategy", _) => {}
                // JSON inside of a text: its values are masked, so that it stays JSON.
                ("InputArguments", Value::String(text)) if self.redactor.finds_in(text) => {
                    if let Ok(mut arguments) = serde_json::from_str::<Value>(text) {
                        self.redactor.redact_output_value(&mut arguments);
                        *value = arguments.to_string().into();
                    }
                }
                _ => self.redactor.redact_output_value(value),
            }
        }
        fields
    }
}

/// The Reference, with `RUN` in the place of the run's id, which no plan knows.
fn reference(launch: &Launch) -> String {
    let own = format!("sortie-RUN-{:016x}", LaunchId::fingerprint(&launch.id));
    match launch.reference.as_deref() {
        Some(prefix) if !prefix.is_empty() => format!("{prefix} {own}"),
        Some(_) | None => own,
    }
}

/// So many launches, and how many of them are skipped.
pub(super) fn counted(plan: &Plan) -> String {
    let launches = plan.len();
    let counted = if launches == 1 { "1 launch".to_owned() } else { format!("{launches} launches") };
    if plan.skipped() == 0 { counted } else { format!("{counted} ({} skipped)", plan.skipped()) }
}
