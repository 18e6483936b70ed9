//! Which launch of the run a Reference of the server's means, however the server has changed it. Pure.
//!
//! Matching is lenient: the run's id and the launch's fingerprint count, in any letter case and inside other text. What it
//! finds is adopted, and so is never sent: a match too many costs a start, a match too few doubles one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ids::{FolderRef, Ordinal, ReferenceMark, RunId};
use crate::launch::request_source::RequestSource;
use crate::orchestrator::ListedJob;

/// How many hexadecimal digits a fingerprint has.
const FINGERPRINT: usize = 16;
/// How many a run's id has.
const RUN: usize = 32;

/// The run's launches, as lists may show them.
pub(super) struct OwnLaunches {
    run: String,
    ordinal_by_fingerprint: HashMap<String, Ordinal>,
    pub(super) folders: BTreeMap<FolderRef, FolderLaunches>,
}

/// Whose a robot job of this run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListedOwner {
    /// The plan's launch at this place.
    Launch(Ordinal),
    /// None of the plan's: perhaps a retry of one, by its fingerprint.
    Other(u64),
}

/// What the run starts in one folder.
#[derive(Default)]
pub(super) struct FolderLaunches {
    /// The names of its releases, in lower case; `None` if one of them is not known.
    releases: Option<BTreeSet<String>>,
    /// Its References, in lower case and without blanks.
    references: BTreeSet<String>,
    /// The length of the longest of them, as it is sent.
    longest: usize,
}

impl OwnLaunches {
    pub(super) fn of<R: RequestSource>(requests: &R, run: RunId) -> Self {
        let mut ours = Self { run: run.to_string(), ordinal_by_fingerprint: HashMap::new(), folders: BTreeMap::new() };
        for ordinal in (0..requests.count()).map(Ordinal).filter(|ordinal| !requests.skips(*ordinal)) {
            let request = requests.request(ordinal);
            let named = requests.release_name(&request.folder, request.release).map(|name| name.to_lowercase());
            ours.ordinal_by_fingerprint.insert(format!("{:016x}", request.launch.fingerprint()), ordinal);
            let folder = ours
                .folders
                .entry(request.folder)
                .or_insert_with(|| FolderLaunches { releases: Some(BTreeSet::new()), ..FolderLaunches::default() });
            match (named, &mut folder.releases) {
                (Some(name), Some(releases)) => drop(releases.insert(name)),
                (None, _) => folder.releases = None,
                (Some(_), None) => {}
            }
            folder.longest = folder.longest.max(request.reference.as_str().len());
            folder.references.insert(folded(request.reference.as_str()));
        }
        ours
    }

    /// The run's id, as its References have it.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Whose robot job carries `mark`; `None` if it is none of this run's.
    pub(super) fn owner_of(&self, mark: ReferenceMark) -> Option<ListedOwner> {
        let is_ours = mark.run.to_string() == self.run;
        let known = || self.ordinal_by_fingerprint.get(&format!("{:016x}", mark.fingerprint)).copied();
        is_ours.then(|| known().map_or(ListedOwner::Other(mark.fingerprint), ListedOwner::Launch))
    }

    /// Whose robot job carries `reference`, as a list shows it; `None` if it is none of this run's.
    pub(super) fn owner(&self, reference: &str) -> Option<ListedOwner> {
        let text = reference.to_ascii_lowercase();
        let digits = || {
            text.match_indices(&self.run).filter_map(|(at, run)| {
                let rest = text[at + run.len()..].trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
                rest.get(..FINGERPRINT)
            })
        };
        let known = digits().find_map(|digits| self.ordinal_by_fingerprint.get(digits).copied());
        let other = || digits().find_map(|digits| u64::from_str_radix(digits, 16).ok()).map(ListedOwner::Other);
        known.map(ListedOwner::Launch).or_else(other)
    }
}

impl FolderLaunches {
    /// Whether `listed` may be a robot job of this run that nothing tells from others: it has no Reference, or the
    /// beginning of one of ours.
    pub(super) fn may_have_started(&self, listed: &ListedJob) -> bool {
        match listed.reference.as_deref().map(folded).filter(|text| !text.is_empty()) {
            None => {
                let shown = listed.job.release_name.as_deref().map(str::to_lowercase);
                match (&self.releases, shown) {
                    // Classic folders show a release as `Process_Environment`.
                    (Some(names), Some(shown)) => names.iter().any(|name| {
                        shown.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
                    }),
                    (None, _) | (_, None) => true,
                }
            }
            Some(text) => {
                self.references.range(text.clone()..).next().is_some_and(|reference| reference.starts_with(&text))
            }
        }
    }

    /// Whether `reference`, as a list shows it, proves that the list keeps References such as ours, whole.
    pub(super) fn is_positive_control(&self, reference: &str) -> bool {
        reference.len() >= self.longest && run_of(reference).is_some()
    }
}

/// The run that `reference` names, where it ends as sortie wrote it: `sortie-<32 digits>-<16 digits>`.
pub(super) fn run_of(reference: &str) -> Option<&str> {
    let own = reference.rsplit(' ').next()?.strip_prefix("sortie-")?;
    let (run, launch) = own.split_once('-')?;
    let hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (hex(run, RUN) && hex(launch, FINGERPRINT)).then_some(run)
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{LaunchId, Reference};
    use crate::robot_job::RobotJob;

    fn run() -> RunId {
        RunId::from_bytes([0xab; 16])
    }

    fn ours(prefix: Option<&str>) -> (OwnLaunches, String) {
        let launch = LaunchId::from("pay/7");
        let reference = Reference::new(prefix, run(), &launch).to_string();
        let folder = FolderLaunches {
            releases: Some(BTreeSet::from(["ping".to_owned()])),
            references: BTreeSet::from([folded(&reference)]),
            longest: reference.len(),
        };
        let ours = OwnLaunches {
            run: run().to_string(),
            ordinal_by_fingerprint: HashMap::from([(format!("{:016x}", launch.fingerprint()), Ordinal(7))]),
            folders: BTreeMap::from([(FolderRef::Path("Shared".to_owned()), folder)]),
        };
        (ours, reference)
    }

    #[test]
    fn a_reference_is_known_again_however_the_server_changed_it() {
        let (ours, sent) = ours(Some("Month's  end"));
        let own = sent.rsplit(' ').next().expect("our part").to_owned();
        let same = [
            sent.clone(),
            sent.to_uppercase(),
            sent.replace("  ", " "),
            sent.replace('\'', "&#39;"),
            own.clone(),
            format!("[{}]", own.to_uppercase()),
            own.replace("sortie-", "SORTIE_").replacen('-', "_", 3),
            format!("  {sent}  (copied)"),
        ];
        for text in same {
            assert_eq!(ours.owner(&text), Some(ListedOwner::Launch(Ordinal(7))), "{text}");
        }
        let other_run = own.replace("abab", "cdcd");
        let retry = Reference::new(None, run(), &LaunchId::from("pay/7#2")).to_string();
        let fingerprint = LaunchId::from("pay/7#2").fingerprint();
        assert_eq!(ours.owner(&retry.to_uppercase()), Some(ListedOwner::Other(fingerprint)), "{retry}");
        for text in [&sent[..64.min(sent.len() - 1)], other_run.as_str(), &own[..own.len() - 1], "", "ping"] {
            assert_eq!(ours.owner(text), None, "{text}");
        }
    }

    #[test]
    fn a_robot_job_without_a_whole_reference_may_be_ours_where_its_release_is() {
        let (ours, sent) = ours(Some("payroll"));
        let folder = ours.folders.values().next().expect("one");
        let cases: [(Option<&str>, Option<&str>, bool); 11] = [
            (None, Some("Ping"), true),
            (Some(""), Some("PING"), true),
            (None, Some("Ping_Production"), true),
            (None, Some("Pinger"), false),
            (None, Some("Other"), false),
            (None, None, true),
            (Some("payroll"), Some("Other"), true),
            (Some(&sent[..30]), Some("Ping"), true),
            (Some("PAYROLL  sortie-ABAB"), Some("Ping"), true),
            (Some("somebody else's"), Some("Ping"), false),
            (Some("sortie-cdcd"), Some("Ping"), false),
        ];
        for (reference, release, expected) in cases {
            let job = RobotJob { release_name: release.map(str::to_owned), ..RobotJob::default() };
            let listed = ListedJob { job, reference: reference.map(str::to_owned), ..ListedJob::default() };
            assert_eq!(folder.may_have_started(&listed), expected, "{reference:?} {release:?}");
        }
    }

    #[test]
    fn only_a_reference_as_long_as_ours_vouches_for_the_list() {
        let (ours, sent) = ours(Some("payroll"));
        let folder = ours.folders.values().next().expect("one");
        let (shorter, longer) = (&sent["payroll ".len()..], format!("another {sent}"));
        for (reference, is_control) in [
            (sent.as_str(), true),
            (&longer, true),
            (shorter, false),
            (&sent.to_uppercase(), false),
            ("payroll", false),
        ] {
            assert_eq!(folder.is_positive_control(reference), is_control, "{reference}");
        }
    }
}
