//! A board in a process of its own, and requests to it byte by byte: what no HTTP library lets one do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longer than any answer takes, so that a test fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A board that serves until it is dropped.
pub struct ServedBoard {
    child: Child,
    /// The address that it printed.
    pub address: String,
    pub port: u16,
    pub token: String,
}

/// An answer, as it came.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    pub body: String,
}

impl ServedBoard {
    /// Of the ledger at `place`.
    pub fn of(place: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sortie"));
        command.env_clear().arg("board").arg("--ledger").arg(place).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let (host, token) = address.split_once("/?token=").expect("an address with a token");
        let port = host.strip_prefix("http://127.0.0.1:").expect("of this machine").parse().unwrap();
        Self { token: token.to_owned(), port, address, child }
    }

    /// The cookie that stands for the token.
    pub fn cookie(&self) -> String {
        format!("Cookie: sortie-board-{}={}\r\n", self.port, self.token)
    }

    /// The page at `target`, as a browser with the cookie gets it.
    pub fn get(&self, target: &str) -> RawAnswer {
        let cookie = self.cookie();
        self.send(&format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{cookie}Connection: close\r\n\r\n",
            self.port
        ))
    }

    /// What comes back for `request`, until the connection is closed.
    pub fn send(&self, request: &str) -> RawAnswer {
        let mut socket = self.connect(request);
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        RawAnswer::of(&bytes)
    }

    /// A connection on which `request` was sent.
    pub fn connect(&self, request: &str) -> TcpStream {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket
    }

    /// A stream of changes, open.
    pub fn watch(&self, target: &str) -> BufReader<TcpStream> {
        let cookie = self.cookie();
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n{cookie}\r\n", self.port);
        BufReader::new(self.connect(&request))
    }
}

impl RawAnswer {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}

impl Drop for ServedBoard {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
