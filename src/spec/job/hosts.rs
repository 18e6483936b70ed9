//! What a launch may run on: its strategy with count and robots, machines.
//!
//! In: fields of one job. Out: values of `start_info`, or complaints at their places.
//! Source of the rules: `docs/orchestrator-api.md`, sections 4.1 and 4.2.

use serde_json::Value;

use super::job_fields::FieldValue;
use super::reader::{JobReader, ReadField};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{Count, MachineRobot};
use crate::manifest::NodeId;
use crate::start_info::{MachinePair, MachineRef, RobotRef, RobotStrategy, Strategy};
use crate::words::Words as _;

impl JobReader<'_> {
    /// The strategy with its count and robots; `None` if something is unknown or wrong.
    pub(super) fn strategy(&mut self) -> Option<RobotStrategy<RobotRef>> {
        let strategy = self.field("strategy", |job| job.strategy);
        let count = self.field("count", |job| job.count);
        let robots = self.field("robots", |job| job.robots);
        let chosen = match &strategy {
            ReadField::Deferred => return None,
            ReadField::Value(chosen, _) => *chosen,
            ReadField::Absent if robots.is_later() => return None,
            ReadField::Absent if robots.node().is_some() => Strategy::Specific,
            ReadField::Absent => Strategy::ModernJobsCount,
        };
        let name = chosen.word();
        let before = self.complaints.len();
        let mut refuse = |node: Option<NodeId>, key: &str, help: &str| {
            if let Some(node) = node {
                let what = if strategy.node().is_some() {
                    format!("strategy `{name}` takes no `{key}`")
                } else {
                    format!("`robots` without a strategy means `{name}`, which takes no `{key}`")
                };
                let mut complaint = Diagnostic::error(Code::Conflict, self.document.place(node), what).help(help);
                if let Some(strategy) = strategy.node() {
                    complaint = complaint.related(self.document.place(strategy), "the strategy");
                }
                self.complaints.push(complaint);
            }
        };
        match chosen {
            Strategy::All => {
                refuse(
                    count.node(),
                    "count",
                    "`All` starts one robot job on every robot; to start a number, use `ModernJobsCount`",
                );
                refuse(robots.node(), "robots", "to start on these robots only, use `Specific`");
            }
            Strategy::Specific => {
                refuse(
                    count.node(),
                    "count",
                    "it starts one robot job on each robot; `strategy: ModernJobsCount` starts `count` robot jobs on these",
                );
                if let (ReadField::Absent, Some(strategy)) = (&robots, strategy.node()) {
                    self.complaints.push(
                        Diagnostic::error(
                            Code::Conflict,
                            self.document.place(strategy),
                            "strategy `Specific` needs `robots`",
                        )
                        .help("add `robots: [ETL-01]`: at least one robot, by name or id"),
                    );
                }
            }
            Strategy::RobotCount | Strategy::JobsCount => {
                refuse(robots.node(), "robots", "to start on these robots, use `Specific` or `ModernJobsCount`");
            }
            Strategy::ModernJobsCount => {}
        }
        if count.is_later() || robots.is_later() || self.complaints.len() > before {
            return None;
        }
        let Count(count) = count.value().unwrap_or_default();
        let robots = robots.value().unwrap_or_default();
        Some(match chosen {
            Strategy::All => RobotStrategy::All,
            Strategy::Specific => RobotStrategy::Specific(robots),
            Strategy::RobotCount => RobotStrategy::RobotCount(count),
            Strategy::JobsCount => RobotStrategy::JobsCount(count),
            Strategy::ModernJobsCount => RobotStrategy::ModernJobsCount(count, robots),
        })
    }

    /// Refuses `retry` where nobody could say on which robot.
    pub(super) fn retry_on_all(&mut self, strategy: &RobotStrategy<RobotRef>) {
        let all = match strategy {
            RobotStrategy::All => true,
            RobotStrategy::Specific(_)
            | RobotStrategy::RobotCount(_)
            | RobotStrategy::JobsCount(_)
            | RobotStrategy::ModernJobsCount(..) => false,
        };
        let Some(node) = self.node(|job| job.retry).filter(|_| all) else { return };
        // `faulted: 0` takes the retry of `defaults` away.
        let is_off = |value: FieldValue| matches!(value, FieldValue::Value(value) if value.get("faulted").and_then(Value::as_u64) == Some(0));
        if is_off(self.value(node)) {
            return;
        }
        let what =
            "`retry` stands beside strategy `All`: a retry starts one robot job, and nobody could say on which robot";
        let mut complaint = Diagnostic::error(Code::Conflict, self.document.place(node), what)
            .help("name the robots with `strategy: Specific`, or write `retry: { faulted: 0 }` in this job");
        if let Some(strategy) = self.node(|job| job.strategy) {
            complaint = complaint.related(self.document.place(strategy), "the strategy");
        }
        self.complaints.push(complaint);
    }

    /// `machines` or `machine-robots`.
    pub(super) fn machines(&mut self) -> ReadField<Vec<MachinePair<MachineRef, RobotRef>>> {
        let machines = self.field("machines", |job| job.machines);
        let pairs = self.field("machine-robots", |job| job.machine_robots);
        if let (Some(one), Some(other)) = (machines.node(), pairs.node()) {
            let place = self.document.place(other);
            self.complaints.push(
                Diagnostic::error(Code::Conflict, place, "`machine-robots` stands beside `machines`")
                    .related(self.document.place(one), "the machines")
                    .help("write every machine as a pair, or none"),
            );
            return ReadField::Deferred;
        }
        let alone = |machine| MachinePair { machine, robot: None };
        let paired = |MachineRobot { machine, robot }| MachinePair { machine, robot: Some(robot) };
        match (machines, pairs) {
            (ReadField::Deferred, _) | (_, ReadField::Deferred) => ReadField::Deferred,
            (ReadField::Absent, ReadField::Absent) => ReadField::Absent,
            (ReadField::Absent, ReadField::Value(pairs, node)) => {
                ReadField::Value(pairs.into_iter().map(paired).collect(), node)
            }
            (ReadField::Value(machines, node), _) => ReadField::Value(machines.into_iter().map(alone).collect(), node),
        }
    }

    /// Classic folders have no machines to choose from.
    pub(super) fn classic_machines(&mut self, strategy: &RobotStrategy<RobotRef>, machines: Option<NodeId>) {
        let is_classic = match strategy {
            RobotStrategy::RobotCount(_) | RobotStrategy::JobsCount(_) => true,
            RobotStrategy::All | RobotStrategy::Specific(_) | RobotStrategy::ModernJobsCount(..) => false,
        };
        if let Some(node) = machines.filter(|_| is_classic) {
            let what = format!("strategy `{}` takes no machines", strategy.name());
            self.complaints.push(
                Diagnostic::error(Code::Conflict, self.document.place(node), what)
                    .help("it is for classic folders; in a modern folder use `ModernJobsCount`"),
            );
        }
    }
}
