//! A process's environment as a value, so that everything which reads it can be tried with another one.
//!
//! In: names and values, which the caller has from the operating system. Out: texts by name. Never: asks for, or changes,
//! a variable of this process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Minimum value, in bytes, that is taken for a copy of a secret.
const MIN_COPY_BYTES: usize = 6;

/// Environment variables by name. A value that is not UTF-8 counts as unset, and so does an empty one.
#[derive(Clone, Default)]
pub struct Environment {
    values_by_name: BTreeMap<String, String>,
    /// Variables that no other program is given.
    withheld: BTreeSet<String>,
}

impl Environment {
    /// The value of `name`, without the blanks and line ends around it, which a file or a shell left there; `None` if it
    /// is unset or nothing is left.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values_by_name.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The same, of which no other program is given the variables `names`.
    #[must_use]
    pub fn withholding<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.withheld.extend(names.into_iter().map(str::to_owned));
        self
    }

    /// The variables that no other program is given: those that are withheld, and others that hold the same value.
    pub fn withheld(&self) -> BTreeSet<&str> {
        let secrets: BTreeSet<&str> = self.withheld.iter().filter_map(|name| self.get(name)).collect();
        // A short value may be the same by chance.
        let is_copy = |value: &str| value.trim().len() >= MIN_COPY_BYTES && secrets.contains(value.trim());
        let copies = self.values_by_name.iter().filter(|(_, value)| is_copy(value)).map(|(name, _)| name.as_str());
        self.withheld.iter().map(String::as_str).chain(copies).collect()
    }

    /// The same, with another value of `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.values_by_name.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The value of `name`, also where it is empty; `None` if it is unset.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.values_by_name.get(name).map(String::as_str)
    }

    /// The variables whose names begin with `prefix` and go on, in the order of names; without empty ones.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let set = self
            .values_by_name
            .iter()
            .filter(move |(name, value)| name.len() > prefix.len() && name.starts_with(prefix) && !value.is_empty());
        set.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first of `names` that is set, with its value.
    #[must_use]
    pub fn first_of<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Where people keep `sortie/NAME` of the kind that `xdg_name` stands for; `under_home` is the usual place.
    ///
    /// None where neither the XDG name nor `HOME` is an absolute path. Source: XDG Base Directory Specification.
    #[must_use]
    pub fn xdg_path(&self, xdg_name: &str, under_home: &str, name: &str) -> Option<PathBuf> {
        let absolute = |name| self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute(xdg_name).or_else(|| absolute("HOME").map(|home| home.join(under_home)))?;
        Some(base.join("sortie").join(name))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self {
            values_by_name: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            withheld: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_xdg_then_home_then_nothing() {
        let check = |pairs: &[(&str, &str)], expected: Option<&str>| {
            let environment: Environment = pairs.iter().copied().collect();
            let path = environment.xdg_path("XDG_STATE_HOME", ".local/state", "ledger.db");
            assert_eq!(path, expected.map(PathBuf::from), "{pairs:?}");
        };
        check(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")], Some("/s/sortie/ledger.db"));
        check(&[("HOME", "/h")], Some("/h/.local/state/sortie/ledger.db"));
        check(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")], Some("/h/.local/state/sortie/ledger.db"));
        check(&[("XDG_STATE_HOME", ""), ("HOME", "")], None);
        check(&[], None);
    }
}
