//! Whether the place where an expression stands knows the names that it uses: the closed contexts.
//!
//! In: the uses, and [`KnownNames`]: what is declared, and which contexts the place offers.
//! Out: a complaint for each name that is unknown. Never: evaluates.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::functions::{FILTERS, FUNCTIONS, TESTS, own_filter};
use super::references::{MemberAccess, NEED_MEMBERS, NEEDS, NameReference, ReferenceKind, path_behind};
use super::secrets::SECRETS;
use crate::diagnostic::nearest;

/// A name that the place does not know, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownName {
    pub(super) range: Range<usize>,
    pub(super) what: String,
    pub(super) help: Option<String>,
    /// The context exists, but not at this place.
    pub(super) is_misplaced: bool,
    /// A name with a hyphen was read as a subtraction.
    is_hyphen: bool,
}

/// What expressions at a place may name. Sets are borrowed from the manifest.
#[derive(Clone, Copy, Debug)]
pub struct KnownNames<'a> {
    /// The declared params.
    pub params: &'a NameSet,
    /// The declared variables.
    pub vars: &'a NameSet,
    /// The environment variables that may be read.
    pub env: &'a NameSet,
    /// The declared secrets, where the place may use them.
    pub secrets: ExpressionContext<'a>,
    /// The needed jobs, where the place may use them.
    pub needs: ExpressionContext<'a>,
    /// The row's columns, where the place may use them.
    pub row: ExpressionContext<'a>,
    /// The rows of a launch that takes many, where the place may use them.
    pub rows: ExpressionContext<'a>,
    /// The names of the matrix, where the place may use them.
    pub matrix: ExpressionContext<'a>,
    /// What is known of a robot job that faulted, where the place may use it.
    pub fault: ExpressionContext<'a>,
    /// Whether `run.id` is known: after the run only.
    pub has_run_id: bool,
}

/// Names in the order of their declaration, found quickly: there may be thousands, in thousands of expressions.
#[derive(Clone, Debug, Default)]
pub struct NameSet {
    in_order: Vec<Box<str>>,
    all: HashSet<Box<str>>,
}

impl From<Vec<Box<str>>> for NameSet {
    fn from(in_order: Vec<Box<str>>) -> Self {
        let all = in_order.iter().cloned().collect();
        Self { in_order, all }
    }
}

/// A context that some places offer.
#[derive(Clone, Copy, Debug)]
pub enum ExpressionContext<'a> {
    /// Not here; where then.
    Elsewhere(&'static str),
    /// Here, with these names.
    Of(&'a [Box<str>]),
    /// Here, with names that only data tell.
    Open,
}

static NONE: LazyLock<NameSet> = LazyLock::new(NameSet::default);

/// The fields of `run` at planning.
const RUN: [&str; 3] = ["time", "slot", "name"];
const ROOTS: [&str; 10] = ["params", "vars", "env", "secrets", "row", "rows", "matrix", "run", "needs", "fault"];

/// The words that make `{{ x }}` look like an expression of ours.
pub(super) fn is_root(name: &str) -> bool {
    ROOTS.contains(&name)
}

impl<'a> KnownNames<'a> {
    /// Only the members `known` of `root`, which is `row` or `matrix`.
    pub(super) fn of_data(root: &str, known: &'a [Box<str>]) -> Self {
        let of = |context: &str| if context == root { ExpressionContext::Of(known) } else { ExpressionContext::Open };
        let (row, matrix, rows) = (of("row"), of("matrix"), ExpressionContext::Open);
        let (secrets, needs, fault) = (ExpressionContext::Open, ExpressionContext::Open, ExpressionContext::Open);
        let (params, vars, env) = (&*NONE, &*NONE, &*NONE);
        Self { params, vars, env, secrets, needs, row, rows, matrix, fault, has_run_id: false }
    }
}

impl KnownNames<'_> {
    /// The complaints about `uses`, in order, with what may be meant where they are `read`. What follows a misread hyphen
    /// is misread too, and not judged.
    pub(super) fn check_all(&self, uses: &[NameReference], expression: &str, read: bool) -> Vec<UnknownName> {
        let mut unknown: Vec<UnknownName> = Vec::new();
        for used in uses {
            unknown.extend(self.check(used, expression, read));
            if unknown.last().is_some_and(|last| last.is_hyphen) {
                break;
            }
        }
        unknown
    }

    /// The complaint about `used`, where this place does not know it. `expression` is the whole text.
    fn check(&self, used: &NameReference, expression: &str, read: bool) -> Option<UnknownName> {
        let unknown = |range: &Range<usize>, what: String, help: Option<String>| {
            Some(UnknownName { range: range.clone(), what, help, is_misplaced: false, is_hyphen: false })
        };
        let at_use = |(what, help): (String, Option<String>)| unknown(&used.range, what, help);
        match &used.what {
            ReferenceKind::Filter(name) => among("filter", name, FILTERS).and_then(at_use),
            ReferenceKind::Test(name) => among("test", name, TESTS).and_then(at_use),
            ReferenceKind::Function(name) => among("function", name, FUNCTIONS).and_then(|(what, help)| {
                let help = match name.as_ref() {
                    "now" | "today" | "utcnow" => Some("the time of the run is `run.time`".to_owned()),
                    name if FILTERS.contains(&name) => Some(format!("it is a filter: write `VALUE | {name}`")),
                    _ => help,
                };
                unknown(&used.range, what, help)
            }),
            ReferenceKind::Root { name, member } => {
                let declared = match name.as_ref() {
                    "params" => Some(self.params),
                    "vars" => Some(self.vars),
                    "env" => Some(self.env),
                    _ => None,
                };
                if let (Some(declared), MemberAccess::Named(wanted, _)) = (declared, member)
                    && declared.all.contains(wanted)
                {
                    return None;
                }
                let known: Box<dyn Iterator<Item = &str>> = match name.as_ref() {
                    "omit" => return None,
                    "params" => Box::new(self.params.in_order.iter().map(AsRef::as_ref)),
                    "vars" => Box::new(self.vars.in_order.iter().map(AsRef::as_ref)),
                    "env" => Box::new(self.env.in_order.iter().map(AsRef::as_ref)),
                    "run" => Box::new(RUN.into_iter().chain(self.has_run_id.then_some("id"))),
                    "secrets" | "needs" | "row" | "rows" | "matrix" | "fault" => match self.context(name) {
                        ExpressionContext::Open => return None,
                        ExpressionContext::Of(names) => Box::new(names.iter().map(AsRef::as_ref)),
                        ExpressionContext::Elsewhere(place) => {
                            return Some(UnknownName {
                                range: used.range.clone(),
                                what: format!("`{name}` is not known here"),
                                help: Some(place.to_owned()),
                                is_misplaced: true,
                                is_hyphen: false,
                            });
                        }
                    },
                    _ => {
                        let instead = read.then(|| self.instead_of(name));
                        return unknown(&used.range, format!("nothing is called `{name}`"), instead);
                    }
                };
                let MemberAccess::Named(wanted, range) = member else {
                    let is_secret = name.as_ref() == SECRETS;
                    return is_secret
                        .then(|| {
                            let help = "so that only the secrets that a launch needs are read for it".to_owned();
                            unknown(&used.range, "a secret is taken by its name: `secrets.NAME`".to_owned(), Some(help))
                        })
                        .flatten();
                };
                let whole = used.range.start..range.end.max(used.range.end);
                let what = format!("`{name}.{wanted}` is not {}", noun(name));
                if declared.is_some() && !read {
                    return unknown(&whole, what, None);
                }
                let known: Vec<&str> = known.collect();
                if known.contains(&wanted.as_ref()) {
                    let is_need = name.as_ref() == NEEDS;
                    return is_need.then(|| unknown_need_member(expression, used, range)).flatten();
                }
                if !read {
                    return unknown(&whole, what, None);
                }
                let hyphenated = known.iter().find(|known| {
                    known.replace('-', "").starts_with(wanted.as_ref())
                        && expression[whole.start..].replace(' ', "").starts_with(&format!("{name}.{known}"))
                });
                let listed = instead_of_member(name, wanted, &known);
                let help = match (hyphenated, name.as_ref()) {
                    (Some(known), _) => format!("a hyphen subtracts; write `{name}[\"{known}\"]`"),
                    (None, "env") if !known.is_empty() => format!("list it under the manifest's `env`; {listed}"),
                    (None, _) => listed,
                };
                Some(UnknownName {
                    range: whole,
                    what,
                    help: Some(help),
                    is_misplaced: false,
                    is_hyphen: hyphenated.is_some(),
                })
            }
        }
    }

    fn context(&self, root: &str) -> ExpressionContext<'_> {
        match root {
            "secrets" => self.secrets,
            "needs" => self.needs,
            "row" => self.row,
            "rows" => self.rows,
            "fault" => self.fault,
            _ => self.matrix,
        }
    }

    fn instead_of(&self, name: &str) -> String {
        let lists = [("params", &self.params.in_order), ("vars", &self.vars.in_order), ("env", &self.env.in_order)];
        if let Some((root, _)) = lists.iter().find(|(_, names)| names.iter().any(|known| known.as_ref() == name)) {
            return format!("did you mean `{root}.{name}`?");
        }
        match name {
            "null" | "nil" | "NULL" | "Null" => return "write `none`".to_owned(),
            "TRUE" | "FALSE" => return "write `true` or `false`".to_owned(),
            "now" | "today" | "date" => return "the time of the run is `run.time`".to_owned(),
            "inputs" | "parameters" => return "params are taken by `params.NAME`".to_owned(),
            _ => {}
        }
        let known: Vec<&str> = ROOTS.into_iter().chain(["omit"]).collect();
        if let Some(near) = nearest(name, known.iter().copied()) {
            return format!("did you mean `{near}`?");
        }
        let near = lists.iter().find_map(|(root, names)| {
            nearest(name, names.iter().map(AsRef::as_ref)).map(|near| format!("{root}.{near}"))
        });
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("text stands in quotes; known are {}", list(&known)),
        }
    }
}

/// The complaint about what is taken of the needed job at `job`, where no needed job has that.
fn unknown_need_member(expression: &str, used: &NameReference, job: &Range<usize>) -> Option<UnknownName> {
    let (member, at) = path_behind(expression, job).into_iter().next()?;
    if NEED_MEMBERS.contains(&member.as_ref()) {
        return None;
    }
    let is_in_brackets = expression[at.clone()].starts_with(['"', '\'']);
    let range = used.range.start..at.end + usize::from(is_in_brackets && expression[at.end..].starts_with(']'));
    let what = format!("`{}` is not known of a needed job", &expression[range.clone()]);
    let help = Some(help_for(&member, &NEED_MEMBERS, "known are"));
    Some(UnknownName { range, what, help, is_misplaced: false, is_hyphen: false })
}

/// What to write in place of `root.wanted`, of which only `known` are there.
fn instead_of_member(root: &str, wanted: &str, known: &[&str]) -> String {
    match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{root}.{near}`?"),
        None if !known.is_empty() => format!("known are {}", list(known)),
        None if root == SECRETS => "declare it under the manifest's `secrets`; none is declared".to_owned(),
        None if root == "params" => {
            format!("none is declared: write `params: {{ {wanted}: {{ type: string }} }}` at the top of the manifest")
        }
        None if root == "env" => format!("write `env: [{wanted}]` at the top of the manifest"),
        None => "none is declared".to_owned(),
    }
}

fn noun(root: &str) -> &'static str {
    match root {
        "params" => "a param of this manifest",
        "vars" => "a variable of this manifest",
        "env" => "an environment variable that this manifest may read",
        "secrets" => "a secret of this manifest",
        "needs" => "a job that this one needs",
        "run" => "known of a run",
        "row" => "a column of the rows",
        "fault" => "known of a fault",
        _ => "a name of the matrix",
    }
}

fn among(kind: &str, name: &str, known: &[&str]) -> Option<(String, Option<String>)> {
    if known.contains(&name) {
        return None;
    }
    let own = own_filter(name).filter(|own| known.contains(own));
    let help = match own {
        Some(own) => format!("did you mean `{own}`?"),
        None => help_for(name, known, &format!("the {kind}s are")),
    };
    Some((format!("there is no {kind} `{name}`"), Some(help)))
}

/// What to write in place of `wanted`: the nearest one of `known`, or `words` with all of them.
pub(super) fn help_for(wanted: &str, known: &[&str], words: &str) -> String {
    match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{words} {}", list(known)),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
