//! Who may see the board: whoever has its token, by this machine's own address.
//!
//! In: what a request says of itself. Out: whether it is let in, and the cookie that stands for the token afterwards. Never: a
//! page; nothing of the ledger is read before this has been asked.
//!
//! Against other pages in the same browser: the address must be this machine's own with the board's port (a foreign name that
//! leads here, DNS rebinding, is turned away), the cookie goes with no request that another site began (`SameSite=Strict`), and
//! nothing is ever changed.

use crate::ids::Digest;

/// The least and the most that a token may have, in characters.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 32..=128;

/// The board's door.
pub struct Access {
    token: String,
    port: u16,
}

/// What a request says of itself.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// `GET`.
    pub method: &'a str,
    /// All that name the host: each header `Host`, and what the request line has.
    pub hosts: &'a [&'a str],
    /// What follows `?`.
    pub query: Option<&'a str>,
    /// All headers `Cookie`.
    pub cookies: &'a [&'a str],
}

/// Why a request is turned away. What is said of it tells nothing of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// It names no host, several, or another one.
    #[error("this board answers to this machine's own address alone")]
    Host,
    /// It asks for more than to read.
    #[error("this board is read, and nothing else: GET or HEAD")]
    Method,
    /// It has no token, or a wrong one.
    #[error("open the address that `sortie board` printed: it has the token")]
    Token,
}

impl AccessError {
    /// Its status of HTTP.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Host => 421,
            Self::Method => 405,
            Self::Token => 403,
        }
    }
}

/// How a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessGrant {
    /// By its cookie.
    Cookie,
    /// By the token in its address: it is given the cookie, and sent on to an address without one.
    Token,
}

impl Access {
    /// For the board at `port`. `token` is random: of 122 bits and more.
    #[must_use]
    pub fn new(port: u16, token: String) -> Self {
        debug_assert!(TOKEN_CHARS.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        Self { token, port }
    }

    /// The address to open.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.token)
    }

    /// What a browser keeps in the token's place until it is closed.
    #[must_use]
    pub fn cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name(), self.token)
    }

    /// Lets `request` in.
    ///
    /// Errors: [`AccessError`].
    pub fn check(&self, request: &RequestFacts<'_>) -> Result<AccessGrant, AccessError> {
        if request.hosts.is_empty() || !request.hosts.iter().all(|host| self.is_own(host)) {
            return Err(AccessError::Host);
        }
        if !matches!(request.method, "GET" | "HEAD") {
            return Err(AccessError::Method);
        }
        let values = request.query.into_iter().flat_map(|query| query.split('&'));
        let mut tokens = values.filter_map(|pair| pair.strip_prefix("token="));
        if tokens.next().is_some_and(|token| self.is_token(token)) {
            return Ok(AccessGrant::Token);
        }
        let pairs = request.cookies.iter().flat_map(|cookies| cookies.split(';'));
        let mut of_board = pairs.filter_map(|pair| pair.trim().strip_prefix(&self.cookie_name())?.strip_prefix('='));
        if of_board.any(|token| self.is_token(token)) { Ok(AccessGrant::Cookie) } else { Err(AccessError::Token) }
    }

    fn is_own(&self, host: &str) -> bool {
        let Some((name, port)) = host.rsplit_once(':') else { return false };
        matches!(name, "127.0.0.1" | "localhost" | "[::1]") && port == self.port.to_string()
    }

    /// In a time that tells nothing of where they differ: digests are compared, all of them.
    fn is_token(&self, text: &str) -> bool {
        let (given, own) = (Digest::of(text.as_bytes()), Digest::of(self.token.as_bytes()));
        let differing = given.as_bytes().iter().zip(own.as_bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(differing) == 0
    }

    /// With the port in it: cookies know none, and two boards may be open.
    fn cookie_name(&self) -> String {
        format!("sortie-board-{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn check(method: &str, hosts: &[&str], query: Option<&str>, cookies: &[&str]) -> Result<AccessGrant, AccessError> {
        Access::new(8080, TOKEN.to_owned()).check(&RequestFacts { method, hosts, query, cookies })
    }

    #[test]
    fn only_this_machines_own_address_with_the_boards_port_is_answered() {
        let cookie = [format!("sortie-board-8080={TOKEN}")];
        let cookie = [cookie[0].as_str()];
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert_eq!(check("GET", &[host], None, &cookie), Ok(AccessGrant::Cookie), "{host}");
        }
        let foreign: [&[&str]; 13] = [
            &[],
            &["127.0.0.1"],
            &["localhost"],
            &["127.0.0.1:80"],
            &["127.0.0.1:08080"],
            &["evil.example:8080"],
            &["127.0.0.1.evil.example:8080"],
            &["evil.example#127.0.0.1:8080"],
            &["user@127.0.0.1:8080"],
            &["0.0.0.0:8080"],
            &["127.0.0.1:8080", "evil.example:8080"],
            &["evil.example:8080", "127.0.0.1:8080"],
            &[""],
        ];
        for hosts in foreign {
            assert_eq!(check("GET", hosts, None, &cookie), Err(AccessError::Host), "{hosts:?}");
        }
    }

    #[test]
    fn nothing_is_seen_without_the_token_and_nothing_is_done_but_reading() {
        let host = ["localhost:8080"];
        let right = format!("token={TOKEN}");
        assert_eq!(check("GET", &host, Some(&right), &[]), Ok(AccessGrant::Token));
        assert_eq!(check("HEAD", &host, Some(&format!("a=b&{right}")), &[]), Ok(AccessGrant::Token));
        let other = format!("token={}", TOKEN.to_uppercase());
        let longer = format!("{right}0");
        for query in [None, Some(""), Some("token"), Some("token="), Some(&other), Some(&longer), Some("xtoken=1")] {
            assert_eq!(check("GET", &host, query, &[]), Err(AccessError::Token), "{query:?}");
        }
        let of_another = format!("sortie-board-8081={TOKEN}");
        let among_others = format!("a=b; sortie-board-8080={TOKEN}; c=d");
        assert_eq!(check("GET", &host, None, &[&of_another]), Err(AccessError::Token));
        assert_eq!(check("GET", &host, None, &[&of_another, &among_others]), Ok(AccessGrant::Cookie));
        assert_eq!(check("GET", &host, Some("token=old"), &[&among_others]), Ok(AccessGrant::Cookie), "an old address");
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"] {
            assert_eq!(check(method, &host, Some(&right), &[&among_others]), Err(AccessError::Method), "{method}");
        }
    }
}
