//! What names an expression uses, and whether the place where it stands knows them.
//!
//! In: an expression's text, and [`Names`]: what is declared, and which contexts the place offers.
//! Out: each use with its range, and a complaint for each that is unknown. Never: evaluates.
//!
//! The uses are read from the expression's tokens: minijinja itself reports unknown filters only on evaluation, and
//! undeclared variables without their places.

use std::ops::Range;

use super::functions::{FILTERS, FUNCTIONS, TESTS};

/// One name in an expression, and where (bytes of the expression's text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) range: Range<usize>,
    pub(super) what: What,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A context, or `omit`, and what is taken from it.
    Root { name: Box<str>, member: Member },
    /// A filter, after `|`.
    Filter(Box<str>),
    /// A test, after `is`.
    Test(Box<str>),
    /// A function, before `(`.
    Function(Box<str>),
}

/// What is taken from a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// The context as a whole.
    Whole,
    /// `.name` or `["name"]`.
    Named(Box<str>, Range<usize>),
    /// `[...]` with something other than text in it.
    Computed,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name,
    Text,
    Other,
}

const KEYWORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// Every name that `expression` uses, in order. `expression` compiles.
pub(super) fn uses(expression: &str) -> Vec<Use> {
    let tokens = tokens(expression);
    let text = |at: usize| tokens.get(at).map_or("", |(_, range): &(Token, Range<usize>)| &expression[range.clone()]);
    let before = |at: usize, back: usize| at.checked_sub(back).map_or("", &text);
    let mut uses = Vec::new();
    for (at, (token, range)) in tokens.iter().enumerate() {
        let name = &expression[range.clone()];
        if *token != Token::Name || before(at, 1) == "." {
            continue;
        }
        let what = if before(at, 1) == "|" {
            What::Filter(name.into())
        } else if name != "not" && (before(at, 1) == "is" || (before(at, 1) == "not" && before(at, 2) == "is")) {
            What::Test(name.into())
        } else if KEYWORDS.contains(&name) || (text(at + 1) == "=" && matches!(before(at, 1), "(" | ",")) {
            continue;
        } else if text(at + 1) == "(" {
            What::Function(name.into())
        } else {
            let member = match text(at + 1) {
                "." => Member::Named(text(at + 2).into(), tokens.get(at + 2).map_or(0..0, |(_, range)| range.clone())),
                "[" => match (tokens.get(at + 2), text(at + 3)) {
                    (Some((Token::Text, inner)), "]") => {
                        Member::Named(expression[inner.start + 1..inner.end - 1].into(), inner.clone())
                    }
                    (_, _) => Member::Computed,
                },
                _ => Member::Whole,
            };
            What::Root { name: name.into(), member }
        };
        uses.push(Use { range: range.clone(), what });
    }
    uses
}

fn tokens(expression: &str) -> Vec<(Token, Range<usize>)> {
    let bytes = expression.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let token = match byte {
            byte if byte.is_ascii_whitespace() => continue,
            b'"' | b'\'' => {
                while bytes.get(at).is_some_and(|next| *next != byte) {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                Token::Text
            }
            byte if byte.is_ascii_digit() => {
                // A fraction belongs to the number, so that its digits are no attribute's name.
                while bytes.get(at).is_some_and(is_name)
                    || (bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
                {
                    at += 1;
                }
                Token::Other
            }
            byte if is_name(&byte) => {
                while bytes.get(at).is_some_and(is_name) {
                    at += 1;
                }
                Token::Name
            }
            b'=' | b'!' | b'<' | b'>' if bytes.get(at) == Some(&b'=') => {
                at += 1;
                Token::Other
            }
            _ => {
                while !expression.is_char_boundary(at) {
                    at += 1;
                }
                Token::Other
            }
        };
        tokens.push((token, start..at));
    }
    tokens
}

/// A name that the place does not know, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) range: Range<usize>,
    pub(super) what: String,
    pub(super) help: Option<String>,
    /// The context exists, but not at this place.
    pub(super) is_misplaced: bool,
}

/// What expressions at a place may name. Sets are borrowed from the manifest.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The declared params.
    pub params: &'a [Box<str>],
    /// The declared variables.
    pub vars: &'a [Box<str>],
    /// The environment variables that may be read.
    pub env: &'a [Box<str>],
    /// The declared secrets, where the place may use them.
    pub secrets: Context<'a>,
    /// The needed jobs, where the place may use them.
    pub needs: Context<'a>,
    /// The row's columns, where the place may use them.
    pub row: Context<'a>,
    /// The names of the matrix, where the place may use them.
    pub matrix: Context<'a>,
    /// Whether `run.id` is known: after the run only.
    pub has_run_id: bool,
}

/// A context that some places offer.
#[derive(Clone, Copy, Debug)]
pub enum Context<'a> {
    /// Not here; where then.
    Elsewhere(&'static str),
    /// Here, with these names.
    Of(&'a [Box<str>]),
    /// Here, with names that only data tell.
    Open,
}

/// The fields of `run` at planning.
const RUN: [&str; 3] = ["time", "slot", "name"];
const ROOTS: [&str; 8] = ["params", "vars", "env", "secrets", "row", "matrix", "run", "needs"];

/// The words that make `{{ x }}` look like an expression of ours.
pub(super) fn is_root(name: &str) -> bool {
    ROOTS.contains(&name)
}

impl Names<'_> {
    /// The complaint about `used`, where this place does not know it. `expression` is the whole text.
    pub(super) fn judge(&self, used: &Use, expression: &str) -> Option<Unknown> {
        let unknown = |range: &Range<usize>, what: String, help: Option<String>| {
            Some(Unknown { range: range.clone(), what, help, is_misplaced: false })
        };
        match &used.what {
            What::Filter(name) => {
                among("filter", name, FILTERS).and_then(|(what, help)| unknown(&used.range, what, help))
            }
            What::Test(name) => among("test", name, TESTS).and_then(|(what, help)| unknown(&used.range, what, help)),
            What::Function(name) => {
                among("function", name, FUNCTIONS).and_then(|(what, help)| unknown(&used.range, what, help))
            }
            What::Root { name, member } => {
                let known: Box<dyn Iterator<Item = &str>> = match name.as_ref() {
                    "omit" => return None,
                    "params" => Box::new(self.params.iter().map(AsRef::as_ref)),
                    "vars" => Box::new(self.vars.iter().map(AsRef::as_ref)),
                    "env" => Box::new(self.env.iter().map(AsRef::as_ref)),
                    "run" => Box::new(RUN.into_iter().chain(self.has_run_id.then_some("id"))),
                    "secrets" | "needs" | "row" | "matrix" => match self.context(name) {
                        Context::Open => return None,
                        Context::Of(names) => Box::new(names.iter().map(AsRef::as_ref)),
                        Context::Elsewhere(place) => {
                            return Some(Unknown {
                                range: used.range.clone(),
                                what: format!("`{name}` is not known here"),
                                help: Some(place.to_owned()),
                                is_misplaced: true,
                            });
                        }
                    },
                    _ => {
                        return unknown(
                            &used.range,
                            format!("nothing is called `{name}`"),
                            Some(self.instead_of(name)),
                        );
                    }
                };
                let Member::Named(wanted, range) = member else { return None };
                let known: Vec<&str> = known.collect();
                if known.contains(&wanted.as_ref()) {
                    return None;
                }
                let whole = used.range.start..range.end.max(used.range.end);
                let hyphenated = known.iter().find(|known| {
                    known.replace('-', "").starts_with(wanted.as_ref())
                        && expression[whole.start..].replace(' ', "").starts_with(&format!("{name}.{known}"))
                });
                let near = crate::diagnostic::nearest(wanted, known.iter().copied());
                let listed = match near {
                    Some(near) => format!("did you mean `{name}.{near}`?"),
                    None if known.is_empty() => "none is declared".to_owned(),
                    None => format!("known are {}", list(&known)),
                };
                let help = match (hyphenated, name.as_ref()) {
                    (Some(known), _) => format!("a hyphen subtracts; write `{name}[\"{known}\"]`"),
                    (None, "env") => format!("list it under the manifest's `env`; {listed}"),
                    (None, _) => listed,
                };
                let help = Some(help);
                unknown(&whole, format!("`{name}.{wanted}` is not {}", noun(name)), help)
            }
        }
    }

    fn context(&self, root: &str) -> Context<'_> {
        match root {
            "secrets" => self.secrets,
            "needs" => self.needs,
            "row" => self.row,
            _ => self.matrix,
        }
    }

    fn instead_of(&self, name: &str) -> String {
        let lists = [("params", self.params), ("vars", self.vars), ("env", self.env)];
        if let Some((root, _)) = lists.iter().find(|(_, names)| names.iter().any(|known| known.as_ref() == name)) {
            return format!("did you mean `{root}.{name}`?");
        }
        let known: Vec<&str> = ROOTS.into_iter().chain(["omit"]).collect();
        if let Some(near) = crate::diagnostic::nearest(name, known.iter().copied()) {
            return format!("did you mean `{near}`?");
        }
        let near = lists.iter().find_map(|(root, names)| {
            crate::diagnostic::nearest(name, names.iter().map(AsRef::as_ref)).map(|near| format!("{root}.{near}"))
        });
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("text stands in quotes; known are {}", list(&known)),
        }
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
        _ => "a name of the matrix",
    }
}

fn among(kind: &str, name: &str, known: &[&str]) -> Option<(String, Option<String>)> {
    if known.contains(&name) {
        return None;
    }
    Some((format!("there is no {kind} `{name}`"), Some(help_for(name, known, &format!("the {kind}s are")))))
}

fn help_for(wanted: &str, known: &[&str], words: &str) -> String {
    match crate::diagnostic::nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{words} {}", list(known)),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        let shown: Vec<String> = uses(expression)
            .into_iter()
            .map(|used| match used.what {
                What::Filter(name) => format!("|{name}"),
                What::Test(name) => format!("is {name}"),
                What::Function(name) => format!("{name}()"),
                What::Root { name, member: Member::Whole } => name.to_string(),
                What::Root { name, member: Member::Computed } => format!("{name}[]"),
                What::Root { name, member: Member::Named(member, _) } => format!("{name}.{member}"),
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{expression}");
    }

    #[test]
    fn each_name_is_told_by_its_kind() {
        check("params.region", "params.region");
        check("vars['a'] ~ env[\"B\"]", "vars.a env.B");
        check("row[vars.x].y", "row[] vars.x");
        check("run.time | date('%Y', zone='UTC')", "run.time |date");
        check("params.a is not defined and not params.b", "params.a is defined params.b");
        check("x if y == 1.5 else 2e3", "x y");
        check("range(params.n) | map('upper') | list", "range() params.n |map |list");
        check("'params.x' in [\"vars.y\", none]", "");
        check("{'a': b}.a.b", "b");
        check("row.a.b.c", "row.a");
        check("omit", "omit");
        check("a >= b", "a b");
    }
}
