//! What must hold of a `$filter` whatever its text; the fuzz target and the tests share it.

use std::borrow::Cow;

use uuid::Uuid;

use super::BadQuery;
use super::filter::Filter;
use super::rules::Rules;
use super::value::{Kind, Names, Value};
use crate::dto::{Column, Row};
use crate::world::switches::Switches;

const STATES: Names = &["Pending", "Running", "Faulted"];
const KEY: Uuid = Uuid::from_u128(0xb618_cdfd_8714_4dbf_9a00_0586_a895_3c90);

/// A row with one property of each kind. Its date is 2026-01-31T12:00:00.5Z.
pub(super) struct Thing;

static COLUMNS: [Column; 9] = [
    Column { name: "Id", kind: Kind::Int },
    Column { name: "Key", kind: Kind::Guid },
    Column { name: "Name", kind: Kind::Text },
    Column { name: "State", kind: Kind::Enum(STATES) },
    Column { name: "Created", kind: Kind::Date },
    Column { name: "Ended", kind: Kind::Date },
    Column { name: "IsLate", kind: Kind::Bool },
    Column { name: "Tags", kind: Kind::Json },
    Column { name: "Robot/Id", kind: Kind::Int },
];

impl Row for Thing {
    fn column(index: usize) -> Option<Column> {
        COLUMNS.get(index).copied()
    }

    fn value(&self, index: usize) -> Value<'_> {
        match index {
            0 => Value::Int(7),
            1 => Value::Guid(KEY),
            2 => Value::text("O'Hara \"x\""),
            3 => Value::Enum(STATES, 1),
            4 => Value::Date("2026-01-31T12:00:00.5Z".parse().expect("a date")),
            6 => Value::Bool(true),
            7 => Value::Json(Cow::Borrowed("[1]")),
            _ => Value::Null,
        }
    }
}

pub(super) fn parse(filter: &str) -> Result<Filter, BadQuery> {
    super::parse::filter(filter, Thing::column, &Rules::of(&Switches::default()))
}

/// Reads `text` and judges a row by it. What logic says of it holds: `not`, `and`, `or` and parentheses.
#[cfg_attr(not(fuzzing), expect(unreachable_pub, reason = "the fuzz target reaches it"))]
pub fn check_filter(text: &str) {
    let Ok(filter) = parse(text) else { return };
    let holds = filter.matches(&Thing);
    for (around, expected) in [
        (format!("({text})"), holds),
        (format!("not ({text})"), !holds),
        (format!("({text}) and (Id eq 7)"), holds),
        (format!("({text}) or (Id eq 7)"), true),
        (format!("Id eq 8 or ({text})"), holds),
    ] {
        // One level deeper or one term longer may be more than is taken.
        if let Ok(filter) = parse(&around) {
            assert_eq!(filter.matches(&Thing), expected, "{around}");
        }
    }
    let filtered = parse(&format!(" {text} "));
    assert_eq!(filtered.ok(), Some(filter), "spaces around mean nothing");
}
