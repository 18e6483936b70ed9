//! One condition over launches, read and checked before any launch is looked at.
//!
//! In: its text, what it may ask for, and which members are there. Out: [`LaunchCondition`], or each thing that is wrong, with
//! what there is in its place. Never: asks for a fact.

use serde_json::{Map, Value};

use super::fact_names::{ERROR_MEMBERS, FactKind, FactName};
use super::facts::FactPath;
use crate::diagnostic::nearest;
use crate::template::{ConditionFault, ConditionName, FreeCondition};

/// What a condition may ask for, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// A filter before anything is sent: the names stand by themselves.
    Planned,
    /// A filter over the launches of a run.
    Run,
    /// A rule of a policy: the names stand behind `launch.` and `plan.`.
    Policy,
}

/// The members that are known before launches are looked at; `None` where only those tell.
#[derive(Clone, Debug, Default)]
pub struct MemberLists {
    /// Columns of rows.
    pub row: Option<Vec<String>>,
    /// Names of matrices.
    pub matrix: Option<Vec<String>>,
    /// Names of arguments.
    pub arguments: Option<Vec<String>>,
    /// Declared params.
    pub params: Option<Vec<String>>,
}

/// One condition over launches.
#[derive(Debug)]
pub struct LaunchCondition {
    condition: FreeCondition,
    vocabulary: Vocabulary,
    paths: Vec<FactPath>,
}

/// Maximum names that a help line lists.
const MAX_LISTED: usize = 24;

impl LaunchCondition {
    /// Reads `text`.
    ///
    /// Errors: all that is wrong with it, in order, with places in bytes of `text`.
    pub fn parse(text: &str, vocabulary: Vocabulary, members: &MemberLists) -> Result<Self, Vec<ConditionFault>> {
        let condition = FreeCondition::parse(text)?;
        let mut faults = Vec::new();
        let mut paths = Vec::new();
        for name in condition.names() {
            match vocabulary.path(name, members) {
                Ok(path) => paths.push(path),
                Err((what, help)) => {
                    let range = name.range.clone();
                    faults.push(ConditionFault { range, what, help, is_unknown_name: true });
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        paths.sort();
        paths.dedup();
        // What takes the whole of something has its members with it.
        let whole: Vec<FactPath> = paths.clone();
        paths.retain(|path| {
            let is_inside =
                |outer: &FactPath| outer.name == path.name && outer != path && path.members.starts_with(&outer.members);
            !whole.iter().any(is_inside)
        });
        Ok(Self { condition, vocabulary, paths })
    }

    /// What it asks for, each once.
    #[must_use]
    pub fn paths(&self) -> &[FactPath] {
        &self.paths
    }

    /// Whether it asks for a fact of this kind.
    #[must_use]
    pub fn asks_for_launches(&self) -> bool {
        self.paths.iter().any(|path| path.name.kind() != FactKind::OfPlan)
    }

    /// Whether it asks for a fact of the plan as a whole.
    #[must_use]
    pub fn asks_for_plan(&self) -> bool {
        self.paths.iter().any(|path| path.name.kind() == FactKind::OfPlan)
    }

    /// How a condition of its kind writes `path`.
    #[must_use]
    pub fn written(&self, path: &FactPath) -> String {
        let prefix = match (self.vocabulary, path.name.kind()) {
            (Vocabulary::Planned | Vocabulary::Run, _) => "",
            (Vocabulary::Policy, FactKind::OfPlan) => "plan.",
            (Vocabulary::Policy, FactKind::Planned | FactKind::OfRun) => "launch.",
        };
        let members = path.members.iter().flat_map(|member| [".", member]);
        format!("{prefix}{}{}", path.name.word(), members.collect::<String>())
    }

    /// Whether it holds where its paths have these `values`, in their order; `None`: it compares what is not there.
    ///
    /// Errors: it fails there.
    pub(super) fn holds<'a>(
        &self,
        values: impl Iterator<Item = &'a Value>,
        is_batch: bool,
    ) -> Result<Option<bool>, ConditionFault> {
        let mut root = Map::new();
        for (path, value) in self.paths.iter().zip(values) {
            // What is not there fails where it is asked for; `none` would be less than any bound, and other than any value.
            if is_batch && path.name == FactName::Row {
                continue;
            }
            let own = match (self.vocabulary, path.name.kind()) {
                (Vocabulary::Planned | Vocabulary::Run, _) => &mut root,
                (Vocabulary::Policy, FactKind::OfPlan) => object(&mut root, "plan"),
                (Vocabulary::Policy, FactKind::Planned | FactKind::OfRun) => object(&mut root, "launch"),
            };
            let mut keys = std::iter::once(path.name.word()).chain(path.members.iter().map(AsRef::as_ref));
            let last = keys.next_back().expect("a path has a name");
            let inner = keys.fold(own, object);
            inner.insert(last.to_owned(), value.clone());
        }
        let held = self.condition.holds(root);
        let asks_for_row = is_batch && self.paths.iter().any(|path| path.name == FactName::Row);
        held.map_err(|fault| {
            if !asks_for_row {
                return fault;
            }
            let what = "a launch of a `batch` has many rows, and `row` is one".to_owned();
            let help = Some("`rows` is the list of them, `key` the list of their keys".to_owned());
            ConditionFault { what, help, ..fault }
        })
    }
}

/// The object at `key`, made where there is none.
fn object<'m>(map: &'m mut Map<String, Value>, key: &str) -> &'m mut Map<String, Value> {
    let value = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    value.as_object_mut().expect("nothing else is put where members are taken")
}

/// What is wrong, and what to do.
type NameFault = (String, Option<String>);

impl Vocabulary {
    fn path(self, name: &ConditionName, members: &MemberLists) -> Result<FactPath, NameFault> {
        let root = name.path.first().map_or("", AsRef::as_ref);
        let (word, rest, kinds): (&str, &[Box<str>], &[FactKind]) = match self {
            Self::Planned | Self::Run => (root, &name.path[1..], &[FactKind::Planned, FactKind::OfRun]),
            Self::Policy if root == "launch" || root == "plan" => {
                let kinds: &[FactKind] = if root == "launch" { &[FactKind::Planned] } else { &[FactKind::OfPlan] };
                let Some(word) = name.path.get(1) else {
                    let example = if root == "launch" { "launch.folder" } else { "plan.launches" };
                    let help = Some(format!(
                        "name what is meant of it: `{example}`; known are {}",
                        list(FactName::words(kinds))
                    ));
                    return Err((format!("`{root}` by itself is nothing to compare"), help));
                };
                (word, &name.path[2..], kinds)
            }
            Self::Policy => return Err(unknown_root(root)),
        };
        let Some(fact) = FactName::of(word, kinds) else {
            return Err(self.unknown(root, word, kinds, members));
        };
        if self == Self::Planned && fact.kind() == FactKind::OfRun {
            let help = "it is known once a run has begun: `rerun`, `report` and `rows` take it in their --filter";
            return Err((format!("`{word}` is not known before anything is sent"), Some(help.to_owned())));
        }
        let known: Option<Vec<&str>> = match fact {
            FactName::Row => members.row.as_ref().map(|names| names.iter().map(String::as_str).collect()),
            FactName::Matrix => members.matrix.as_ref().map(|names| names.iter().map(String::as_str).collect()),
            FactName::Arguments => members.arguments.as_ref().map(|names| names.iter().map(String::as_str).collect()),
            FactName::Params => members.params.as_ref().map(|names| names.iter().map(String::as_str).collect()),
            FactName::Error => Some(ERROR_MEMBERS.to_vec()),
            FactName::Id
            | FactName::Job
            | FactName::Key
            | FactName::Rows
            | FactName::Folder
            | FactName::Release
            | FactName::Strategy
            | FactName::Count
            | FactName::Priority
            | FactName::Runtime
            | FactName::Reference
            | FactName::Retry
            | FactName::Once
            | FactName::Verdict
            | FactName::Outcome
            | FactName::FaultClass
            | FactName::Attempts
            | FactName::Launches
            | FactName::Name
            | FactName::Profile => None,
        };
        if let (Some(known), Some(wanted)) = (known, rest.first())
            && !known.contains(&wanted.as_ref())
        {
            let help = match nearest(wanted, known.iter().copied()) {
                Some(near) => format!("did you mean `{}`?", self.written(fact, near)),
                None if known.is_empty() => format!("there is no `{}` in this manifest", fact.word()),
                None => format!("known are {}", list(known.iter().map(|name| self.written(fact, name)).collect())),
            };
            return Err((format!("`{}` is not there", self.written(fact, wanted)), Some(help)));
        }
        Ok(FactPath { name: fact, members: rest.to_vec() })
    }

    fn written(self, fact: FactName, member: &str) -> String {
        let is_plain = member.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let prefix = if self == Self::Policy { "launch." } else { "" };
        if is_plain {
            format!("{prefix}{}.{member}", fact.word())
        } else {
            format!("{prefix}{}[\"{member}\"]", fact.word())
        }
    }

    fn unknown(self, root: &str, word: &str, kinds: &[FactKind], members: &MemberLists) -> NameFault {
        let known: Vec<&str> = match self {
            Self::Planned => FactName::words(&[FactKind::Planned]),
            Self::Run | Self::Policy => FactName::words(kinds),
        };
        let (what, prefix) = match self {
            Self::Policy => (format!("`{root}.{word}` is not known of a {root}"), format!("{root}.")),
            Self::Planned | Self::Run => (format!("nothing is called `{word}`"), String::new()),
        };
        let has = |names: &Option<Vec<String>>| names.iter().flatten().any(|name| name == word);
        let meant = match word {
            "launch" if self != Self::Policy => {
                Some("in a filter the names stand by themselves: `folder`, not `launch.folder`".to_owned())
            }
            "status" | "state" | "result" if self == Self::Run => Some("write `verdict` or `outcome`".to_owned()),
            "process" | "process_name" => Some(format!("write `{prefix}release`")),
            "robots" | "robot_jobs" => Some(format!("write `{prefix}count`")),
            "input" | "args" | "argument" => Some(format!("write `{prefix}arguments.NAME`")),
            _ if has(&members.row) => Some(format!("did you mean `{}`?", self.written(FactName::Row, word))),
            _ if has(&members.matrix) => Some(format!("did you mean `{}`?", self.written(FactName::Matrix, word))),
            _ if has(&members.params) => Some(format!("did you mean `{}`?", self.written(FactName::Params, word))),
            _ if has(&members.arguments) => {
                Some(format!("did you mean `{}`?", self.written(FactName::Arguments, word)))
            }
            _ => nearest(word, known.iter().copied()).map(|near| format!("did you mean `{prefix}{near}`?")),
        };
        let text = if self == Self::Policy { "" } else { "text stands in quotes; " };
        (what, Some(meant.unwrap_or_else(|| format!("{text}known are {}", list(known)))))
    }
}

/// What is wrong with a rule's name that stands behind neither `launch.` nor `plan.`.
fn unknown_root(root: &str) -> NameFault {
    let planned = FactName::words(&[FactKind::Planned]);
    let help = if planned.contains(&root) {
        format!("write `launch.{root}`")
    } else if FactName::words(&[FactKind::OfPlan]).contains(&root) {
        format!("write `plan.{root}`")
    } else if let Some(near) = nearest(root, ["launch", "plan"]) {
        format!("did you mean `{near}`?")
    } else if let Some(near) = nearest(root, planned.iter().copied()) {
        format!("did you mean `launch.{near}`?")
    } else {
        format!(
            "text stands in quotes; known are `launch.` with {}, and `plan.` with {}",
            list(planned),
            list(FactName::words(&[FactKind::OfPlan]))
        )
    };
    (format!("nothing is called `{root}`"), Some(help))
}

fn list<S: AsRef<str>>(names: Vec<S>) -> String {
    let more = if names.len() > MAX_LISTED { ", ..." } else { "" };
    let named: Vec<String> = names.iter().take(MAX_LISTED).map(|name| format!("`{}`", name.as_ref())).collect();
    format!("{}{more}", named.join(", "))
}
