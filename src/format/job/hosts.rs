//! `robots`, `machines`, `machine-robots` and `machine-sessions`: what a launch may run on, as an author names it.
//!
//! In: lists of ids and names. Out: the same, typed, none empty and nothing in them twice. Never: resolves a name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue, printable};
use crate::format::shape::open_keys;
use crate::ids::{MachineId, RobotId};
use crate::start_info::{MachineRef, RobotRef};

/// Something that a launch may run on, of which a key lists some.
trait Host: Ord + Sized {
    /// What one is called, with its article, in "... stands twice".
    const ONE: &'static str;
    /// What the key takes.
    const WANTED: &'static str;
    /// What to do where the value is something else.
    const INSTEAD: Option<&'static str>;
    /// What to do where one stands twice.
    const ONCE: &'static str = "name each once";

    /// Reads one; `None` if it has another type.
    fn read(item: &Value) -> Result<Option<Self>, FieldError>;
}

impl<T: Host> FromValue for Vec<T> {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let wrong = || {
            let what = format!("`{key}` must be a list of {}", T::WANTED);
            FieldError::new(Code::WrongType, what).maybe_help(T::INSTEAD.map(str::to_owned))
        };
        let Value::Array(items) = value else { return Err(wrong()) };
        if items.is_empty() {
            // Nobody means by it what leaving it out means.
            let what = format!("`{key}` is an empty list, and a launch on none of them cannot be");
            return Err(FieldError::new(Code::OutOfRange, what).help(format!(
                "leave `{key}` out where any may run it (`${{{{ omit }}}}` does so in an expression); `if` skips the launch"
            )));
        }
        let read = items.iter().map(|item| T::read(item)?.ok_or_else(wrong));
        let hosts = read.collect::<Result<Self, FieldError>>()?;
        if is_repetitive(&hosts) {
            return Err(FieldError::new(Code::Conflict, format!("{} stands twice in `{key}`", T::ONE)).help(T::ONCE));
        }
        Ok(hosts)
    }
}

/// Whether one of `items` stands twice; found without comparing each with each.
fn is_repetitive<T: Ord>(items: &[T]) -> bool {
    let mut seen = BTreeSet::new();
    !items.iter().all(|item| seen.insert(item))
}

/// An id, or a name, of a `kind` of thing.
fn id_or_name<T>(kind: &str, value: &Value, id: fn(i64) -> T, name: fn(String) -> T) -> Result<T, FieldError> {
    match (value, value.as_i64()) {
        (_, Some(id)) if id < 1 => {
            Err(FieldError::new(Code::OutOfRange, format!("the id of a {kind} is a number above 0, and this is {id}"))
                .help("if it is a name, put it in quotes"))
        }
        (_, Some(number)) => Ok(id(number)),
        (Value::String(text), None) if !text.is_empty() => {
            printable(&format!("the name of a {kind}"), text)?;
            Ok(name(text.clone()))
        }
        (_, None) => Err(FieldError::new(Code::WrongType, format!("a {kind} must be an id or a name"))),
    }
}

macro_rules! by_id_or_name {
    ($name:ident) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                "IdOrName".into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "anyOf": [
                        { "type": "integer", "format": "int64", "description": "The server's number for it." },
                        { "type": "string", "minLength": 1, "description": "Its name." },
                    ],
                    "description": "A thing by number or by name.",
                })
            }
        }
    };
}

by_id_or_name!(RobotRef);
by_id_or_name!(MachineRef);

impl Host for RobotRef {
    const ONE: &'static str = "a robot";
    const WANTED: &'static str = "ids and names";
    const INSTEAD: Option<&'static str> = None;
    const ONCE: &'static str = "one launch starts one robot job on each robot; for more, use `count` or another job";

    fn read(item: &Value) -> Result<Option<Self>, FieldError> {
        id_or_name("robot", item, |id| Self::Id(RobotId(id)), Self::Name).map(Some)
    }
}

impl Host for MachineRef {
    const ONE: &'static str = "a machine";
    const WANTED: &'static str = "ids and names";
    const INSTEAD: Option<&'static str> = None;

    fn read(item: &Value) -> Result<Option<Self>, FieldError> {
        id_or_name("machine", item, |id| Self::Id(MachineId(id)), Self::Name).map(Some)
    }
}

/// A machine and a robot on it, each by id or name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(transform = open_keys)]
pub struct MachineRobot {
    /// The machine, by id or name.
    #[schemars(extend("examples" = ["VM-01"]))]
    pub machine: MachineRef,
    /// The robot, by id or name.
    #[schemars(extend("examples" = ["ETL-01"]))]
    pub robot: RobotRef,
}

impl Host for MachineRobot {
    const ONE: &'static str = "a pair";
    const WANTED: &'static str = "pairs";
    const INSTEAD: Option<&'static str> = Some("write each as `{ machine: VM-01, robot: ETL-01 }`, by names or ids");

    fn read(item: &Value) -> Result<Option<Self>, FieldError> {
        let (Some(machine), Some(robot)) = (item.get("machine"), item.get("robot")) else { return Ok(None) };
        let (Some(machine), Some(robot)) = (MachineRef::read(machine)?, RobotRef::read(robot)?) else {
            return Ok(None);
        };
        Ok(Some(Self { machine, robot }))
    }
}

/// A machine session, by number.
impl Host for i64 {
    const ONE: &'static str = "a session";
    const WANTED: &'static str = "numbers";
    const INSTEAD: Option<&'static str> = Some("a session has no name; to choose by name, write `machines`");

    fn read(item: &Value) -> Result<Option<Self>, FieldError> {
        match item.as_i64() {
            Some(id) if id < 1 => {
                let what = format!("the id of a session is a number above 0, and this is {id}");
                Err(FieldError::new(Code::OutOfRange, what))
            }
            number => Ok(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use super::*;

    /// Counts how often two of its kind are compared.
    struct Counted<'a>(u32, &'a Cell<u64>);

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl Eq for Counted<'_> {}

    #[test]
    fn a_long_list_is_not_compared_each_with_each() {
        let compared = Cell::new(0);
        let list =
            |length: u32, last: u32| (0..length).chain([last]).map(|number| Counted(number, &compared)).collect();
        let (distinct, repetitive): (Vec<_>, Vec<_>) = (list(100_000, 100_000), list(100_000, 7));
        assert!(!is_repetitive(&distinct) && is_repetitive(&repetitive));
        assert!(compared.get() < 20_000_000, "{} comparisons", compared.get());
    }

    #[test]
    fn what_stands_twice_is_refused_wherever_it_stands() {
        fn said<T: Host>(key: &str, value: &Value) -> String {
            Vec::<T>::from_value(key, value).err().map(|wrong| wrong.what).unwrap_or_default()
        }
        let twice = serde_json::json!(["a", 1, "b", "c", 1]);
        let pairs = serde_json::json!([{"machine": "m", "robot": 1}, {"machine": "m", "robot": 2}, {"machine": "m", "robot": 1}]);
        assert_eq!(said::<RobotRef>("robots", &twice), "a robot stands twice in `robots`");
        assert_eq!(said::<MachineRef>("machines", &twice), "a machine stands twice in `machines`");
        assert_eq!(said::<MachineRobot>("machine-robots", &pairs), "a pair stands twice in `machine-robots`");
        let sessions = serde_json::json!([1, 2, 1]);
        assert_eq!(said::<i64>("machine-sessions", &sessions), "a session stands twice in `machine-sessions`");
    }
}
