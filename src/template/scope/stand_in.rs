//! Expressions that use a secret, or what a needed job gives: what stands for them where that is not to be seen, or not yet known.
//!
//! In: an expression's text, its uses and a scope. Out: the expression again, with the values of everything but secrets
//! in it, or a mask. Never: knows a secret's value; what is made here is shown and digested, and never evaluated.

use serde_json::Value;

use super::Scope;
use crate::secret::MASK;
use crate::template::budget::MAX_VALUE_BYTES;
use crate::template::references::{MemberAccess, NEEDS, NameReference, ReferenceKind};
use crate::template::secrets::{SECRETS, SecretView};

/// What stands for the expression `text`, which uses a secret; `None` if it is to be evaluated.
pub(in crate::template) fn stand_in(text: &str, uses: &[NameReference], scope: &Scope) -> Option<String> {
    match scope.secrets() {
        SecretView::AsWritten => Some(as_written(text, uses, scope)),
        SecretView::Masked => Some(MASK.to_owned()),
        SecretView::Revealed(_) => None,
    }
}

/// The expression `text` again, with the values of what is known in it. In one line: an expression may be written in several,
/// where its value may not.
pub(in crate::template) fn as_written(text: &str, uses: &[NameReference], scope: &Scope) -> String {
    format!("${{{{ {} }}}}", closed(text, uses, scope).replace(['\n', '\r'], " "))
}

/// `text` with literals in place of the names that `scope` knows. What is undefined stays, and so does `omit`.
fn closed(text: &str, uses: &[NameReference], scope: &Scope) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for used in uses {
        let ReferenceKind::Root { name, member } = &used.what else { continue };
        let is_open = name.as_ref() == SECRETS || (name.as_ref() == NEEDS && scope.awaits_needs());
        if is_open || used.range.start < done {
            continue;
        }
        // It is refused for its size.
        if out.len() as u64 > MAX_VALUE_BYTES {
            break;
        }
        let (value, end) = match member {
            MemberAccess::Named(member, range) => {
                let is_bracket = text[range.clone()].starts_with(['"', '\'']);
                let close = if is_bracket { text[range.end..].find(']').map_or(0, |at| at + 1) } else { 0 };
                (scope.value_of(name, Some(member)), range.end + close)
            }
            MemberAccess::Whole | MemberAccess::Computed => (scope.value_of(name, None), used.range.end),
        };
        let Some(value) = value else { continue };
        out.push_str(&text[done..used.range.start]);
        out.push_str(&literal(&value));
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

/// `value` as the expression language writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Number(number) if number.to_string().starts_with('-') => format!("({number})"),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), literal(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::template::references::uses;

    fn scope() -> Scope {
        let map = |value: Value| if let Value::Object(map) = value { map } else { Map::new() };
        let scope = Scope::new(map(json!({ "n": -5, "none": null, "who": "a\"b" })), Map::new(), Map::new());
        scope.define("list", json!([1, null, { "a": true }]));
        scope.with_launch(Some(map(json!({ "user id": "u1", "x": { "y": 2 } }))), None)
    }

    #[test]
    fn everything_but_the_secret_is_shown_by_its_value() {
        for (expression, expected) in [
            ("secrets.key", "secrets.key"),
            ("secrets.key ~ params.who", r#"secrets.key ~ "a\"b""#),
            ("row['user id'] ~ ':' ~ secrets.key", r#""u1" ~ ':' ~ secrets.key"#),
            ("params.n ~ secrets['key'] | upper", "(-5) ~ secrets['key'] | upper"),
            ("secrets.key if params.none else omit", "secrets.key if none else omit"),
            ("secrets.key ~ row.x.y", r#"secrets.key ~ {"y": 2}.y"#),
            ("secrets.key ~ vars.list", r#"secrets.key ~ [1, none, {"a": true}]"#),
            ("secrets.key ~ params.unknown | default('')", "secrets.key ~ params.unknown | default('')"),
            ("secrets.key ~ matrix.x", "secrets.key ~ matrix.x"),
        ] {
            assert_eq!(closed(expression, &uses(expression), &scope()), expected, "{expression}");
        }
    }
}
