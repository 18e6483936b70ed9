//! What a proxy answers that opens no tunnel: the HTTP stack keeps it to itself.
//!
//! In: a proxy, and whereto. Out: its answer's first line. Never: anything but a `CONNECT`: no request, no token.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::network::Proxy;

/// Maximum length of the first line that is read, in bytes.
const MAX_LINE_BYTES: u64 = 200;

/// The first line of what `proxy` answers to a `CONNECT` to `target` (`host:port`).
///
/// Errors: it is not reached, says nothing, or speaks TLS, which this does not.
pub(in crate::orchestrator) async fn refusal(proxy: &Proxy, target: &str) -> io::Result<String> {
    let Some((host, port)) = proxy.plain_authority() else {
        return Err(io::Error::other("the proxy speaks TLS"));
    };
    let mut stream = TcpStream::connect((host, port)).await?;
    let login = proxy.login().map_or_else(String::new, |(user, password)| {
        let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
        format!("Proxy-Authorization: Basic {pair}\r\n")
    });
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n").as_bytes()).await?;
    let mut bytes = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES);
    while !bytes.contains(&b'\n') {
        if limited.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        Some(_) | None => Err(io::Error::other("nothing came")),
    }
}
