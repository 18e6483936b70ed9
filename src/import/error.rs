//! Why a text does not become a manifest. No message shows the text: it may hold secrets.

use crate::diagnostic::escape::escape;

/// Maximum text that is read, in bytes.
pub const MAX_IMPORT_BYTES: usize = 16 * 1024 * 1024;

/// Why a text does not become a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is nothing.
    #[error(
        "there is nothing to import\n  help: paste a curl command, a Postman item or a request's body into stdin, or name a file"
    )]
    Empty,
    /// More than is read.
    #[error("the text has more than {} MiB\n  help: export the one collection or item that starts jobs", MAX_IMPORT_BYTES >> 20)]
    TooLong,
    /// Neither JSON nor a curl command.
    #[error(
        "this is neither JSON nor a curl command\n  \
         help: `sortie import` reads a Postman collection or item, a curl command, a StartJobs body, and a trigger's JSON"
    )]
    Unknown,
    /// The text begins like JSON, and is none.
    #[error("the text is not JSON: {0}\n  help: copy it whole; comments and commas behind the last entry are not JSON")]
    Json(JsonProblem),
    /// The body of a request is not JSON.
    #[error("the body{} is not JSON: {problem}\n  help: look at the quotes; in a POSIX shell the body stands in '...'", of(title.as_deref()))]
    Body {
        /// What the request is called.
        title: Option<String>,
        /// What is wrong.
        problem: JsonProblem,
    },
    /// The arguments are not what the server takes.
    #[error("`InputArguments` is not the text of a JSON object: {0}\n  help: fix it in the text, then import it again")]
    Arguments(JsonProblem),
    /// The command cannot be split into words.
    #[error("the command cannot be read: {what}\n  help: {help}")]
    Command {
        /// What is wrong.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// The body is kept in a file that cannot be had.
    #[error(
        "the body is in a file that cannot be read: {0}\n  help: type `sortie import` where the file is, or import the file itself"
    )]
    BodyFile(String),
    /// Nothing in it starts robot jobs.
    #[error("nothing in it starts robot jobs{}\n  help: sortie imports requests of StartJobs, and triggers", passed(*passed_over))]
    NoRequest {
        /// How many requests there are of other kinds.
        passed_over: usize,
    },
    /// More requests than a manifest wants.
    #[error("there are more than {most} requests\n  help: import them folder by folder")]
    TooMany {
        /// So many are taken.
        most: usize,
    },
    /// A secret could not be kept out.
    #[error(
        "a secret of the text would be in the manifest, so it was not written\n  \
         help: take the secret out of the text (a token, a password, a cookie), then import it again"
    )]
    SecretInside,
}

/// What is wrong with JSON, without a part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// Where it stops being JSON.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// It is JSON, of a kind that cannot be kept.
    #[error("{0}")]
    Kind(&'static str),
}

fn of(title: Option<&str>) -> String {
    title.map_or_else(String::new, |title| format!(" of `{}`", escape(title)))
}

fn passed(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ": 1 request is of another kind".to_owned(),
        more => format!(": {more} requests are of other kinds"),
    }
}
