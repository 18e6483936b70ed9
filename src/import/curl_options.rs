//! What curl's options are, as far as a pasted command needs it.
//!
//! Source: curl's manual, 8.x.

/// What an option means for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CurlOption {
    /// `-X`
    Method,
    /// `-H`
    Header,
    /// `-d` and its kin; `@` names a file.
    Data,
    /// `--data-raw`: `@` means nothing.
    RawData,
    /// `--url`
    Address,
    /// `-u`, `-b`, `--oauth2-bearer` and others that hold a login.
    Login,
    /// A form, or a file that is sent: no JSON.
    Form,
    /// `-G`: what is given is a query.
    Query,
    /// Another one, with a value.
    Valued,
    /// Another one, without.
    Flag,
    /// `--next`: another request follows.
    Next,
}

use CurlOption::{Address, Data, Flag, Form, Header, Login, Method, Next, Query, RawData, Valued};

impl CurlOption {
    /// Whether a word follows that belongs to it.
    pub(super) fn takes_value(self) -> bool {
        match self {
            Method | Header | Data | RawData | Address | Login | Form | Valued => true,
            Query | Flag | Next => false,
        }
    }

    /// The option with the letter `c`.
    pub(super) fn short(c: char) -> Self {
        match c {
            'X' => Method,
            'H' => Header,
            'd' => Data,
            'u' | 'b' | 'U' | 'E' => Login,
            'F' | 'T' => Form,
            'G' => Query,
            ':' => Next,
            'A' | 'C' | 'D' | 'K' | 'P' | 'Q' | 'Y' | 'c' | 'e' | 'm' | 'o' | 'r' | 't' | 'w' | 'x' | 'y' | 'z' => {
                Valued
            }
            _ => Flag,
        }
    }

    /// The option with the word `name`, without its dashes.
    pub(super) fn long(name: &str) -> Self {
        match name {
            "request" => Method,
            "header" => Header,
            "data" | "data-ascii" | "data-binary" | "json" => Data,
            "data-raw" => RawData,
            "url" => Address,
            "user" | "cookie" | "oauth2-bearer" | "proxy-user" | "cert" | "key" | "pass" | "tlsuser"
            | "tlspassword" | "proxy-pass" | "proxy-cert" | "proxy-key" | "aws-sigv4" | "proxy-header" => Login,
            "form" | "form-string" | "upload-file" | "data-urlencode" => Form,
            "get" | "head" => Query,
            "next" => Next,
            _ if VALUED.contains(&name) => Valued,
            _ => Flag,
        }
    }
}

/// Other options with a value that stand in commands which people paste.
const VALUED: &[&str] = &[
    "cacert",
    "capath",
    "ciphers",
    "config",
    "connect-timeout",
    "connect-to",
    "cookie-jar",
    "dump-header",
    "expect100-timeout",
    "interface",
    "keepalive-time",
    "limit-rate",
    "max-redirs",
    "max-time",
    "noproxy",
    "output",
    "output-dir",
    "pinnedpubkey",
    "preproxy",
    "proto",
    "proto-default",
    "proxy",
    "rate",
    "referer",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-time",
    "socks5",
    "socks5-hostname",
    "stderr",
    "tls-max",
    "trace",
    "trace-ascii",
    "unix-socket",
    "url-query",
    "user-agent",
    "variable",
    "write-out",
];
