//! Holds a report against the server's own word, launch by launch. It knows nothing of the client, or of how it decides.
//!
//! In: what was to be launched, what the server received and created, and the report. Out: [`Findings`].
//! Every robot job is known by its Reference. The server's word is final only when all its late work is done: move its
//! clock on before asking for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use sortie::report::LaunchReport;
use sortie::report::json::JsonReport;
use sortie::sandbox::Sandbox;

/// A launch that was to happen.
#[derive(Clone, Debug)]
pub struct Intended {
    pub reference: String,
    pub wanted: Wanted,
}

/// How many robot jobs it was to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Exactly(usize),
    AtLeastOne,
}

/// What happened to the client's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// They all ended by themselves.
    Lived,
    /// Some were killed: a launch may be in doubt although its answer was a good one.
    Killed,
}

/// What the server knows.
#[derive(Clone, Debug, Default)]
pub struct ServersWord {
    /// The starts with each Reference, in the order in which they came.
    sends: BTreeMap<String, Vec<Sent>>,
    /// The ids of the robot jobs with each Reference.
    jobs: BTreeMap<String, Vec<i64>>,
}

#[derive(Clone, Debug)]
struct Sent {
    created: usize,
    met_a_fault: bool,
}

/// How often something was found, and the first of its examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    pub count: usize,
    pub examples: Vec<String>,
}

/// What is true of a report.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub launches: usize,
    /// `StartJobs` requests that the server received.
    pub sends: usize,
    /// Launches by what the report says of them.
    pub verdicts: BTreeMap<String, usize>,
    /// Nothing was started, and the report does not say so.
    pub lost: Finding,
    /// Two or more requests of the client created robot jobs for one launch.
    pub doubled: Finding,
    /// One request created more than was asked for: nobody's fault but the server's, and to be reported.
    pub doubled_by_the_server: Finding,
    /// The verdict, the robot jobs or the totals are not what the server knows.
    pub misreported: Finding,
    /// Robot jobs, or launches in the report, that nobody asked for.
    pub strangers: Finding,
    /// Launches called unknown.
    pub unknown: Finding,
    /// Launches called unknown whose last answer left no doubt, or without a reason.
    pub unknown_without_cause: Finding,
}

impl ServersWord {
    /// What a sandbox of this process knows.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut word = Self::default();
        for line in sandbox.record().iter().filter(|line| line.operation == "StartJobs") {
            word.send(&line.body, line.created.len(), line.fault.is_some());
        }
        for job in sandbox.jobs() {
            word.jobs.entry(job.reference.unwrap_or_default()).or_default().push(job.id);
        }
        word
    }

    /// What a sandbox of another process knows: its pages `/sandbox/record` and `/sandbox/jobs`.
    pub fn of_pages(record: &str, jobs: &str) -> Self {
        let lines = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
        let mut word = Self::default();
        for line in lines(record).iter().filter(|line| line["operation"] == "StartJobs") {
            let created = line["created"].as_array().unwrap().len();
            word.send(line["body"].as_str().unwrap(), created, !line["fault"].is_null());
        }
        for job in lines(jobs) {
            let reference = job["reference"].as_str().unwrap_or_default().to_owned();
            word.jobs.entry(reference).or_default().push(job["id"].as_i64().unwrap());
        }
        word
    }

    /// What it knows of one run alone.
    pub fn of_run(&self, run: &str) -> Self {
        let is_its = |reference: &String| reference.contains(&format!("sortie-{run}-"));
        Self {
            sends: self.sends.iter().filter(|(of, _)| is_its(of)).map(|(of, all)| (of.clone(), all.clone())).collect(),
            jobs: self.jobs.iter().filter(|(of, _)| is_its(of)).map(|(of, all)| (of.clone(), all.clone())).collect(),
        }
    }

    fn send(&mut self, body: &str, created: usize, met_a_fault: bool) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let reference = body["startInfo"]["Reference"].as_str().unwrap_or_default().to_owned();
        self.sends.entry(reference).or_default().push(Sent { created, met_a_fault });
    }

    fn sends_of(&self, reference: &str) -> &[Sent] {
        self.sends.get(reference).map_or(&[], Vec::as_slice)
    }

    fn jobs_of(&self, reference: &str) -> &[i64] {
        self.jobs.get(reference).map_or(&[], Vec::as_slice)
    }
}

impl Finding {
    fn add(&mut self, example: impl FnOnce() -> String) {
        const MOST: usize = 5;
        self.count += 1;
        if self.examples.len() < MOST {
            self.examples.push(example());
        }
    }
}

/// Finds what is wrong with `report`.
pub fn check(intended: &[Intended], server: &ServersWord, report: &JsonReport, client: Client) -> Findings {
    let sends = server.sends.values().map(Vec::len).sum();
    let mut findings = Findings { launches: intended.len(), sends, ..Findings::default() };
    let mut reports_by_reference: BTreeMap<&str, Vec<&LaunchReport>> = BTreeMap::new();
    for launch in &report.launches {
        *findings.verdicts.entry(launch.verdict.as_str().to_owned()).or_default() += 1;
        reports_by_reference.entry(&launch.reference).or_default().push(launch);
    }
    let known: BTreeSet<&str> = intended.iter().map(|launch| launch.reference.as_str()).collect();
    for (reference, ids) in server.jobs.iter().filter(|(reference, _)| !known.contains(reference.as_str())) {
        findings.strangers.add(|| format!("robot jobs {ids:?} with the Reference `{reference}`"));
    }
    for reference in reports_by_reference.keys().filter(|reference| !known.contains(**reference)) {
        findings.strangers.add(|| format!("the report has a launch `{reference}`"));
    }
    for launch in intended {
        let reports = reports_by_reference.get(launch.reference.as_str()).map_or(&[][..], Vec::as_slice);
        findings.launch(launch, server, reports, client);
    }
    findings.totals(report);
    findings
}

impl Findings {
    fn launch(&mut self, launch: &Intended, server: &ServersWord, reports: &[&LaunchReport], client: Client) {
        let reference = &launch.reference;
        let (sends, exist) = (server.sends_of(reference), server.jobs_of(reference));
        let creating = sends.iter().filter(|sent| sent.created > 0).count();
        let is_more = matches!(launch.wanted, Wanted::Exactly(wanted) if exist.len() > wanted);
        if creating > 1 {
            self.doubled.add(|| format!("{reference}: {creating} requests created {exist:?}"));
        } else if is_more {
            self.doubled_by_the_server.add(|| format!("{reference}: {exist:?}"));
        }
        let [report] = reports else {
            let add = |finding: &mut Finding| finding.add(|| format!("{reference}: reported {} times", reports.len()));
            add(if reports.is_empty() && exist.is_empty() { &mut self.lost } else { &mut self.misreported });
            return;
        };
        let verdict = report.verdict.as_str();
        let said = || format!("{reference}: `{verdict}`, asked for {:?}, exist {exist:?}", launch.wanted);
        if verdict == "unknown" {
            self.unknown.add(said);
            let has_doubt = sends.last().is_none_or(|sent| sent.met_a_fault) || client == Client::Killed;
            if !has_doubt || report.error.is_none() {
                self.unknown_without_cause.add(said);
            }
            return;
        }
        if exist.is_empty() && !["rejected", "not-sent", "skipped"].contains(&verdict) {
            self.lost.add(said);
            return;
        }
        let is_true = match (exist.len(), launch.wanted) {
            (0, _) => true,
            // Whether that were all robots of the folder, nobody can tell from outside.
            (_, Wanted::AtLeastOne) => verdict == "started" || creating == 1 && verdict == "duplicate",
            (exist, Wanted::Exactly(wanted)) if exist < wanted => verdict == "partial",
            (exist, Wanted::Exactly(wanted)) if exist > wanted => verdict == "duplicate",
            (_, Wanted::Exactly(_)) => verdict == "started",
        };
        let named: Vec<i64> = report.robot_jobs.iter().map(|job| job.id).collect();
        let are_there = named.iter().all(|id| exist.contains(id));
        let is_whole = verdict != "started" || launch.wanted == Wanted::AtLeastOne || named.len() == exist.len();
        let attempts = usize::try_from(report.attempts).unwrap();
        if !is_true || !are_there || !is_whole {
            self.misreported.add(|| format!("{}, named {named:?}", said()));
        } else if attempts < sends.len() {
            self.misreported
                .add(|| format!("{reference}: {attempts} attempts, and the server received {}", sends.len()));
        }
    }

    fn totals(&mut self, report: &JsonReport) {
        let totals = serde_json::to_value(report.totals).unwrap();
        let of = |name: &str| usize::try_from(totals[name].as_u64().unwrap()).unwrap();
        let names = ["started", "rejected", "unknown", "partial", "duplicate", "skipped", "not-sent"];
        let is_right = |name: &&str| of(name) == self.verdicts.get(*name).copied().unwrap_or(0);
        if of("launches") != report.launches.len() || !names.iter().all(is_right) {
            self.misreported.add(|| format!("totals {totals}, and the launches say {:?}", self.verdicts));
        }
    }

    /// Sends for each launch, on average.
    pub fn sends_each(&self) -> f64 {
        f64::from(u32::try_from(self.sends).unwrap()) / f64::from(u32::try_from(self.launches.max(1)).unwrap())
    }

    /// How many launches have this verdict.
    pub fn verdict(&self, name: &str) -> usize {
        self.verdicts.get(name).copied().unwrap_or(0)
    }

    /// What may never be, each with its examples; empty where all is well.
    pub fn violations(&self) -> String {
        let all = [
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("misreported", &self.misreported),
            ("strangers", &self.strangers),
            ("unknown without cause", &self.unknown_without_cause),
        ];
        let found = all.iter().filter(|(_, finding)| finding.count > 0);
        let lines: Vec<String> = found
            .map(|(name, finding)| format!("{name}: {}\n  {}\n", finding.count, finding.examples.join("\n  ")))
            .collect();
        lines.concat()
    }

    /// Fails where something is wrong that may never be.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.violations().is_empty(), "\n{}\n{self}", self.violations());
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} launches, {} sends ({:.3} each): {:?}",
            self.launches,
            self.sends,
            self.sends_each(),
            self.verdicts
        )?;
        write!(f, "; {} doubled by the server", self.doubled_by_the_server.count)
    }
}
