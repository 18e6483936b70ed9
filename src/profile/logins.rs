//! What holds logins: variables, files and the folder of kept tokens. No manifest may read, pass on or inherit them.
//!
//! In: the config file's text (every profile of it, whichever is used), the environment. Out: whether a variable or a
//! file holds a login. Never: reads a secret, or fails: a config file that cannot be read is told of by whoever needs it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::choice::{ProfileChoice, login_sources};
use super::environment::Environment;
use super::file_identity::FileIdentity;
use super::from_environment::SECRETS;
use super::secret_location::SecretLocation;
use super::token_cache;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::Spec;

/// Where logins are.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    variables: BTreeSet<String>,
    /// Proxies, whose addresses may hold a password; programs need them to reach anything.
    proxies: BTreeSet<String>,
    files: Vec<PathBuf>,
    token_folder: Option<PathBuf>,
}

impl Logins {
    /// The logins of every profile that `choice` and `environment` lead to.
    pub fn of(choice: &ProfileChoice, environment: &Environment) -> Self {
        let mut logins = Self {
            variables: SECRETS.iter().map(|name| (*name).to_owned()).collect(),
            token_folder: token_cache::folder(environment),
            ..Self::default()
        };
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "SORTIE_PROXY"]
        {
            if environment.get(name).is_some_and(|address| address.contains('@')) {
                logins.proxies.insert(name.to_owned());
            }
        }
        logins.files.extend(environment.get("SORTIE_CLIENT_CERTIFICATE").map(PathBuf::from));
        for source in login_sources(choice, environment) {
            match source {
                SecretLocation::Env(name) => drop(logins.variables.insert(name)),
                SecretLocation::File(path) => logins.files.push(path),
                SecretLocation::Command(_) => {}
            }
        }
        logins
    }

    /// Whether the variable `name` holds a login, or has the value of one that does.
    pub fn hold_variable(&self, name: &str, environment: &Environment) -> bool {
        let value = environment.get(name);
        let is_same = |login: &String| value.is_some() && environment.get(login) == value;
        self.variables.contains(name) || self.proxies.contains(name) || self.variables.iter().any(is_same)
    }

    /// Whether the file at `path` holds a login, by whatever name it is reached.
    pub fn hold_file(&self, path: &Path) -> bool {
        let identity = FileIdentity::of(path);
        if self.files.iter().any(|file| FileIdentity::of(file) == identity) {
            return true;
        }
        let Some(folder) = &self.token_folder else { return false };
        let is_below = |folder: &Path, path: &Path| path.starts_with(folder);
        if let (Ok(folder), Ok(path)) = (folder.canonicalize(), path.canonicalize())
            && is_below(&folder, &path)
        {
            return true;
        }
        // A hard link to one has another path.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        is_below(folder, path) || entries.into_iter().any(|entry| FileIdentity::of(&entry.path()) == identity)
    }

    /// Whether `text` is the value of a variable that holds a login.
    pub fn hold_value(&self, text: &str, environment: &Environment) -> bool {
        self.variables.iter().any(|name| environment.get(name) == Some(text))
    }

    /// The variables that no program of a manifest or of a profile inherits.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// A complaint for each variable under `env` that holds a login.
    pub fn check_env(&self, spec: &Spec, environment: &Environment) -> Vec<Diagnostic> {
        let document = &spec.document;
        let Some(list) = document.entry(document.root(), "env") else { return Vec::new() };
        let named = document.items(list.value).iter().filter_map(|item| Some((*item, document.text(*item)?)));
        let named = named.filter(|(_, name)| self.hold_variable(name, environment));
        let complaint = |(item, name)| {
            let what = format!("`{name}` holds a login, which no manifest may read");
            Diagnostic::error(Code::Secret, document.place(item), what)
                .help("take it out of `env`; whatever `env` lists is shown in plans and kept in the ledger")
        };
        named.map(complaint).collect()
    }
}
