//! `JobDto`: a robot job at a moment.

use std::borrow::Cow;

use super::names::{
    HOSTING_TYPES, JOB_TYPES, PRIORITIES, PROCESS_TYPES, REMOTE_CONTROL, RUNTIMES, SOURCE_TYPES, STATES,
    STOP_STRATEGIES, UNATTENDED,
};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::clock::Moment;
use crate::tenant::job::{Job, Phase, State, StopStrategy};
use crate::tenant::machine::MachineEntry;
use crate::tenant::{FolderEntry, ReleaseEntry, RobotEntry, Tenant, VersionEntry};
use crate::world::job_fault::JobFaultTold;
use crate::world::switches::Unset;

/// A robot job to be shown.
pub(crate) struct JobRow<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) job: &'t Job,
    pub(crate) phase: Phase,
    pub(crate) now: Moment,
    /// Whether the large fields are left out, as lists do.
    pub(crate) is_trimmed: bool,
}

/// What a faulted job says whose life names no faults.
const ENDS_SO: &str = "The sandbox's release ends its jobs so.";
const PLAIN_FAULT: JobFaultTold<'static> = JobFaultTold {
    info: None,
    code: Some("Robot"),
    title: "Job faulted",
    detail: Some(ENDS_SO),
    category: Some("User"),
    status: None,
};

impl JobRow<'_> {
    fn folder(&self) -> &FolderEntry {
        self.tenant.folder(self.job.folder)
    }

    fn release(&self) -> &ReleaseEntry {
        self.tenant.release(self.job.release)
    }

    fn robot(&self) -> Option<&RobotEntry> {
        self.job.robot.map(|at| self.tenant.robot(at))
    }

    fn machine(&self) -> Option<&MachineEntry> {
        self.tenant.machine_of(self.job).map(|at| self.tenant.machine(at))
    }

    /// A large field, where it is shown.
    fn large<'r>(&'r self, value: Value<'r>) -> Value<'r> {
        if self.is_trimmed { Value::Null } else { value }
    }

    /// A text of `startInfo` that the job only carries.
    fn carried(&self, name: &str) -> Value<'_> {
        Value::of(self.job.asked.text(name), Value::text)
    }

    fn carried_flag(&self, name: &str) -> Value<'_> {
        Value::of(self.job.asked.flag(name), Value::Bool)
    }

    fn is(&self, state: State) -> bool {
        self.phase.state == state
    }

    /// What the job's life says of its wait or its end, and what Orchestrator says of itself.
    fn info(&self) -> Value<'_> {
        let life = &self.job.life;
        let at_end = |own: &'static str| Value::text(life.info.as_deref().unwrap_or(own));
        match self.phase.state {
            State::Pending => Value::of(life.pending_info.as_deref(), Value::text),
            State::Running | State::Stopping | State::Terminating | State::Suspended | State::Resumed => Value::Null,
            State::Successful => at_end("Job completed"),
            State::Faulted => match self.fault().info {
                Some(info) => Value::text(info),
                None => at_end(ENDS_SO),
            },
            State::Stopped => at_end("Job stopped"),
        }
    }

    /// What is said of one that faulted.
    fn fault(&self) -> JobFaultTold<'_> {
        self.job.life.told_of(self.job.number).unwrap_or(PLAIN_FAULT)
    }

    /// The version that it runs: the one that is current when it starts; until then the one of its creation.
    fn version(&self) -> &VersionEntry {
        self.release().version_at(self.phase.started.unwrap_or(self.job.created))
    }

    fn moment(&self, moment: Option<Moment>) -> Value<'_> {
        Value::of(moment, |moment| Value::Date(self.job.utc(moment)))
    }
}

type Get = for<'r, 't> fn(&'r JobRow<'t>) -> Value<'r>;

static JOB: &[Line<Get>] = &[
    ("Key", Kind::Guid, |row| Value::Guid(row.job.key)),
    ("StartTime", Kind::Date, |row| row.moment(row.phase.started)),
    ("EndTime", Kind::Date, |row| row.moment(row.phase.ended)),
    ("State", Kind::Enum(STATES), |row| Value::Enum(STATES, row.phase.state.number())),
    ("SubState", Kind::Text, |row| match row.phase.state {
        state if state.is_final() && row.job.stop_strategy().is_some() => Value::text("MANUALLY"),
        State::Successful => Value::of(row.job.life.sub_state.as_deref(), Value::text),
        State::Pending
        | State::Running
        | State::Stopping
        | State::Terminating
        | State::Suspended
        | State::Resumed
        | State::Faulted
        | State::Stopped => Value::Null,
    }),
    ("JobPriority", Kind::Enum(PRIORITIES), |row| Value::Enum(PRIORITIES, row.job.asked.priority().0)),
    ("SpecificPriorityValue", Kind::Int, |row| Value::Int(row.job.asked.priority().1)),
    ("ResourceOverwrites", Kind::Text, |_| Value::Null),
    ("Source", Kind::Text, |row| Value::text(row.job.asked.source())),
    ("SourceType", Kind::Enum(SOURCE_TYPES), |row| {
        let source = row.job.asked.source();
        Value::Enum(SOURCE_TYPES, SOURCE_TYPES.iter().position(|name| *name == source).unwrap_or(0))
    }),
    ("BatchExecutionKey", Kind::Guid, |row| Value::Guid(row.job.batch)),
    ("Info", Kind::Text, |row| row.info()),
    ("CreationTime", Kind::Date, |row| Value::Date(row.job.created_utc)),
    ("StartingScheduleId", Kind::Int, |_| Value::Null),
    ("ReleaseName", Kind::Text, |row| Value::text(&row.release().name)),
    ("Type", Kind::Enum(JOB_TYPES), |_| Value::Enum(JOB_TYPES, 0)),
    ("InputArguments", Kind::Text, |row| row.large(Value::of(row.job.asked.input_arguments.as_deref(), Value::text))),
    ("InputFile", Kind::Guid, |row| row.large(Value::of(row.job.asked.input_file, Value::Guid))),
    ("EnvironmentVariables", Kind::Text, |row| row.carried("EnvironmentVariables")),
    ("OutputArguments", Kind::Text, |row| {
        let output = row.job.life.output.as_ref().filter(|_| row.is(State::Successful) && !row.is_trimmed);
        Value::of(output, |output| Value::Text(Cow::Owned(output.to_string())))
    }),
    ("OutputFile", Kind::Guid, |_| Value::Null),
    ("HostMachineName", Kind::Text, |row| {
        let started = row.machine().filter(|_| row.phase.started.is_some());
        Value::of(started, |machine| Value::text(&machine.host))
    }),
    ("HasMediaRecorded", Kind::Bool, |_| Value::Bool(false)),
    ("HasVideoRecorded", Kind::Bool, |_| Value::Bool(false)),
    ("PersistenceId", Kind::Guid, |_| Value::Null),
    ("ResumeVersion", Kind::Int, |_| Value::Null),
    ("StopStrategy", Kind::Enum(STOP_STRATEGIES), |row| {
        Value::of(row.job.stop_strategy(), |strategy| match strategy {
            StopStrategy::SoftStop => Value::Enum(STOP_STRATEGIES, 0),
            StopStrategy::Kill => Value::Enum(STOP_STRATEGIES, 1),
        })
    }),
    ("RuntimeType", Kind::Enum(RUNTIMES), |row| Value::Enum(RUNTIMES, row.job.asked.runtime.unwrap_or(UNATTENDED))),
    ("RequiresUserInteraction", Kind::Bool, |row| row.carried_flag("RequiresUserInteraction")),
    ("ReleaseVersionId", Kind::Int, |row| Value::Int(row.version().id)),
    ("EntryPointPath", Kind::Text, |row| row.carried("EntryPointPath")),
    ("OrganizationUnitId", Kind::Int, |row| Value::Int(row.folder().id)),
    ("OrganizationUnitFullyQualifiedName", Kind::Text, |row| Value::text(&row.folder().path)),
    ("Reference", Kind::Text, |row| match (&row.job.asked.reference, row.tenant.switches.unset_reference) {
        (Some(reference), _) => Value::text(reference),
        (None, Unset::Nothing) => Value::Null,
        (None, Unset::Empty) => Value::text(""),
    }),
    ("ProcessType", Kind::Enum(PROCESS_TYPES), |_| Value::Enum(PROCESS_TYPES, 1)),
    ("ProfilingOptions", Kind::Text, |row| row.carried("ProfilingOptions")),
    ("ResumeOnSameContext", Kind::Bool, |row| row.carried_flag("ResumeOnSameContext")),
    ("LocalSystemAccount", Kind::Text, |_| Value::Null),
    ("OrchestratorUserIdentity", Kind::Text, |_| Value::Null),
    ("RemoteControlAccess", Kind::Enum(REMOTE_CONTROL), |row| {
        Value::Enum(REMOTE_CONTROL, row.job.asked.member("RemoteControlAccess", REMOTE_CONTROL).unwrap_or(0))
    }),
    ("StartingTriggerId", Kind::Guid, |_| Value::Null),
    ("MaxExpectedRunningTimeSeconds", Kind::Int, |_| Value::Null),
    ("ParentJobKey", Kind::Guid, |_| Value::Null),
    ("ResumeTime", Kind::Date, |_| Value::Null),
    ("LastModificationTime", Kind::Date, |row| row.moment(Some(row.phase.changed))),
    ("JobError", Kind::Json, |row| {
        if !row.is(State::Faulted) {
            return Value::Null;
        }
        let JobFaultTold { code, title, detail, category, status, .. } = row.fault();
        if category.is_none() {
            return Value::Null;
        }
        let timestamp = format!("{:.7}", row.job.utc(row.phase.changed));
        let error = serde_json::json!({
            "code": code, "title": title, "detail": detail, "category": category, "status": status,
            "timestamp": timestamp,
        });
        Value::Json(Cow::Owned(error.to_string()))
    }),
    ("ErrorCode", Kind::Text, |row| Value::of(row.fault().code.filter(|_| row.is(State::Faulted)), Value::text)),
    ("FpsProperties", Kind::Text, |row| row.carried("FpsProperties")),
    ("TraceId", Kind::Text, |row| row.carried("TraceId")),
    ("ParentSpanId", Kind::Text, |row| row.carried("ParentSpanId")),
    ("RootSpanId", Kind::Text, |row| row.carried("RootSpanId")),
    ("FpsContext", Kind::Text, |row| row.carried("FpsContext")),
    ("Id", Kind::Int, |row| Value::Int(row.job.id)),
    ("Robot/Id", Kind::Int, |row| Value::of(row.robot(), |robot| Value::Int(robot.id))),
    ("Robot/Name", Kind::Text, |row| Value::of(row.robot(), |robot| Value::text(&robot.name))),
    ("Robot/Username", Kind::Text, |row| {
        Value::of(row.robot().and_then(|robot| robot.username.as_deref()), Value::text)
    }),
    ("Robot/MachineName", Kind::Text, |row| {
        let machine = row.robot().and_then(|robot| robot.machine);
        Value::of(machine, |at| Value::text(&row.tenant.machine(at).name))
    }),
    ("Robot/Type", Kind::Enum(RUNTIMES), |_| Value::Enum(RUNTIMES, UNATTENDED)),
    ("Robot/HostingType", Kind::Enum(HOSTING_TYPES), |_| Value::Enum(HOSTING_TYPES, 0)),
    ("Release/Id", Kind::Int, |row| Value::Int(row.release().id)),
    ("Release/Key", Kind::Guid, |row| Value::Guid(row.release().key)),
    ("Release/Name", Kind::Text, |row| Value::text(&row.release().name)),
    ("Release/ProcessKey", Kind::Text, |row| Value::text(&row.release().package)),
    ("Release/ProcessVersion", Kind::Text, |row| Value::text(&row.release().version_at(row.now).text)),
    ("Machine/Id", Kind::Int, |row| Value::of(row.machine(), |machine| Value::Int(machine.id))),
    ("Machine/Name", Kind::Text, |row| Value::of(row.machine(), |machine| Value::text(&machine.name))),
    ("Machine/Key", Kind::Guid, |row| Value::of(row.machine(), |machine| Value::Guid(machine.key))),
];

impl Row for JobRow<'_> {
    fn column(index: usize) -> Option<Column> {
        JOB.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        JOB.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
