//! The body's JSON, field by field, without a tree in between.
//!
//! In: a [`StartInfo`] with its release and Reference. Out: `{"startInfo":{...}}`, in the order of the code below.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::model::{LaunchPriority, ReleaseField, RobotStrategy, StartInfo};

/// A whole body.
pub(super) struct RequestBody<'a, R, M> {
    pub(super) start_info: &'a StartInfo<R, M>,
    pub(super) release: ReleaseField<'a>,
    pub(super) reference: &'a str,
}

impl<R: Serialize, M: Serialize> Serialize for RequestBody<'_, R, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(Some(1))?;
        body.serialize_entry("startInfo", &RequestFields(self))?;
        body.end()
    }
}

/// What stands inside of it. No field stands twice: `others` holds none that has a key of its own.
struct RequestFields<'a, R, M>(&'a RequestBody<'a, R, M>);

impl<R: Serialize, M: Serialize> Serialize for RequestFields<'_, R, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RequestBody { start_info, release, reference } = self.0;
        let mut fields = serializer.serialize_map(None)?;
        match release {
            ReleaseField::Key(key) => fields.serialize_entry("ReleaseKey", key)?,
            ReleaseField::Name(name) => fields.serialize_entry("ReleaseName", name)?,
            ReleaseField::Package(name) => fields.serialize_entry("ReleaseKey", &format!("of package {name}"))?,
        }
        fields.serialize_entry("Strategy", start_info.strategy.name())?;
        if !start_info.strategy.robots().is_empty() {
            fields.serialize_entry("RobotIds", start_info.strategy.robots())?;
        }
        if !start_info.machines.is_empty() {
            fields.serialize_entry("MachineRobots", &start_info.machines)?;
        }
        if !start_info.sessions.is_empty() {
            fields.serialize_entry("MachineSessionIds", &start_info.sessions)?;
        }
        match &start_info.strategy {
            RobotStrategy::RobotCount(count) => fields.serialize_entry("NoOfRobots", count)?,
            RobotStrategy::JobsCount(count) | RobotStrategy::ModernJobsCount(count, _) => {
                fields.serialize_entry("JobsCount", count)?;
            }
            RobotStrategy::All | RobotStrategy::Specific(_) => {}
        }
        if let Some(runtime) = &start_info.runtime {
            fields.serialize_entry("RuntimeType", runtime)?;
        }
        match &start_info.priority {
            None => {}
            Some(LaunchPriority::Level(level)) => fields.serialize_entry("JobPriority", level)?,
            Some(LaunchPriority::Value(value)) => fields.serialize_entry("SpecificPriorityValue", value)?,
        }
        if let Some(stop) = &start_info.stop {
            stop.fields().try_for_each(|(name, value)| fields.serialize_entry(name, &value))?;
        }
        if let Some(environment) = &start_info.environment {
            fields.serialize_entry("EnvironmentVariables", environment)?;
        }
        for (name, value) in &start_info.others {
            fields.serialize_entry(name, value)?;
        }
        if let Some(input) = &start_info.input {
            let (name, text) = input.field();
            fields.serialize_entry(name, &text)?;
        }
        fields.serialize_entry("Reference", reference)?;
        fields.end()
    }
}
