//! A spec tried out with the inputs that are there: whatever the plan would find wrong, as far as it can be known.
//!
//! In: a valid spec and some of its inputs. Out: every complaint that [`super::expand`] would make, on the same way; and
//! a note for each value without which something was left open. Where nothing is said, the plan of the same inputs is
//! made. Never: refuses for want of a param, of a profile, or of a part that this version cannot carry out yet.

use super::expand::expand_with;
use super::inputs::{Inputs, MissingValuePolicy, lacking_params};
use super::job_expansion::ROWS;
use super::manifest_folder::folder_of_profile;
use super::model::Plan;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::policy::PolicySet;
use crate::source::{Place, Sources};
use crate::spec::Spec;

/// Maximum launches of a manifest that are tried, and rows for one `where`: anybody's manifest is, and soon.
pub const MAX_TRIED: u32 = 20_000;

/// Tries `spec` out. The texts of data files join `sources`, for places in them.
pub fn try_out(spec: Spec, inputs: &Inputs, sources: &mut Sources) -> Diagnosed<()> {
    try_out_under(spec, inputs, sources, &PolicySet::default())
}

/// The same under `policies`, whose texts are among `sources`.
pub fn try_out_under(spec: Spec, inputs: &Inputs, sources: &mut Sources, policies: &PolicySet) -> Diagnosed<()> {
    let gaps = MissingValuePolicy::LeftOpen { max_rows: MAX_TRIED };
    let mut said = later_parts(&spec);
    said.extend(lacking_params(&spec, inputs).map(|param| {
        let help = format!("--param {}=.. gives it one; what uses it is checked then", param.name);
        not_expanded(param.place, &format!("`{}` has no value", param.name)).help(help)
    }));
    let (plan, mut said) = expand_with(spec, inputs, sources, gaps, (None, policies), said);
    said.extend(plan.missed());
    said.extend(plan.without_folder());
    Diagnosed::new((), said)
}

fn not_expanded(place: Place, what: &str) -> Diagnostic {
    Diagnostic::note(Code::NotExpanded, place, format!("not expanded: {what}"))
}

fn later_parts(spec: &Spec) -> Vec<Diagnostic> {
    let warning = |what: &str, place| {
        Diagnostic::warning(Code::NotInThisVersion, place, what)
            .help("not expanded: `plan` and `run` of this version refuse the manifest with it")
    };
    spec.deferred.iter().map(|deferred| warning(&deferred.what, deferred.place)).collect()
}

impl Plan {
    /// The values for want of which something was left open.
    fn missed(&self) -> Vec<Diagnostic> {
        let document = &self.spec.document;
        let root = document.place(document.root());
        let mut notes: Vec<Diagnostic> = Vec::new();
        for (context, name) in self.scope.missed() {
            let note = match context.as_ref() {
                "env" => {
                    let listed = document.entry(document.root(), "env").map(|entry| document.items(entry.value));
                    let item = listed.into_iter().flatten().find(|item| document.text(**item) == Some(&name));
                    not_expanded(item.map_or(root, |item| document.place(*item)), &format!("env `{name}` is not set"))
                        .help("what uses it is checked where it is set; `| default(..)` gives a value for that case")
                }
                ROWS => {
                    let job = self.spec.jobs.iter().find(|job| job.name == name);
                    let is_batched = job.and_then(|job| job.fan_out.as_ref()).is_some_and(|out| out.is_batched());
                    let purpose = if is_batched { "cut into batches" } else { "try its `where` on" };
                    let what = format!("job `{name}` has more than {MAX_TRIED} rows to {purpose}");
                    not_expanded(job.map_or(root, |job| job.place), &what).help("`plan` takes all of them")
                }
                _ => not_expanded(root, &format!("`{context}.{name}` has no value"))
                    .help(format!("--{name} gives it one; what uses it is checked then")),
            };
            notes.push(note);
        }
        if self.len() > MAX_TRIED as usize {
            let what = format!("of {} launches the first {MAX_TRIED} were checked", self.len());
            notes.push(not_expanded(self.spec.jobs_place, &what).help("`plan` checks all of them"));
        }
        notes
    }

    /// The warning that some launches are in the profile's folder.
    fn without_folder(&self) -> Option<Diagnostic> {
        if !self.required_names.contains_key(&folder_of_profile()) {
            return None;
        }
        let document = &self.spec.document;
        let names_none = |job: &&crate::spec::JobSpec| document.entry(job.node, "folder").is_none();
        let mut jobs = self.spec.jobs.iter().filter(names_none);
        let first = jobs.next();
        let (place, what) = match first {
            Some(job) => (job.place, format!("job `{}` has no folder: the profile's folder is used", job.name)),
            None => (self.spec.jobs_place, "some launches have no folder: the profile's folder is used".to_owned()),
        };
        let others = jobs.count();
        let label = if others > 0 { format!("and {others} more") } else { String::new() };
        let help = "write `folder:` in the manifest or in the job: then it is the same with every profile";
        Some(Diagnostic::warning(Code::NoFolder, place, what).label(label).help(help))
    }
}
