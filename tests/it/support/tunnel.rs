//! A proxy of raw TCP on a free port: opens tunnels, and keeps every byte that a client sends it.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::raw_server::{Heard, head};

/// What the proxy does with a `CONNECT`.
#[derive(Clone)]
pub enum Doorman {
    /// Opens the tunnel.
    Open,
    /// Opens it for this value of `Proxy-Authorization`, and else answers 407.
    Asks(String),
    /// Answers these bytes and closes.
    Says(&'static str),
    /// Never answers.
    Silent,
}

#[derive(Default)]
struct Seen {
    connects: Vec<Heard>,
    /// What went through tunnels towards the servers.
    tunnelled: Vec<u8>,
}

/// The proxy; its thread ends with the test's process.
pub struct Tunnel {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Tunnel {
    pub fn start(doorman: Doorman) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, doorman, seen) = (stream.unwrap(), doorman.clone(), shared.clone());
                // A client that goes away ends its own tunnel, and nothing else.
                thread::spawn(move || drop(serve(&stream, &doorman, &seen)));
            }
        });
        Self { address, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `host:port`, as the environment may have it.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The heads that came, in order.
    pub fn connects(&self) -> Vec<Heard> {
        self.seen.lock().unwrap().connects.clone()
    }

    /// How many bytes went through.
    pub fn tunnelled(&self) -> usize {
        self.seen.lock().unwrap().tunnelled.len()
    }

    /// Whether `text` is in anything that came, before or inside the tunnel.
    pub fn saw(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        format!("{:?}", seen.connects).contains(text) || String::from_utf8_lossy(&seen.tunnelled).contains(text)
    }
}

fn serve(client: &TcpStream, doorman: &Doorman, seen: &Mutex<Seen>) -> std::io::Result<()> {
    // Unbuffered, so that nothing of the tunnel's bytes is read with the head.
    let Some(heard) = head(&mut BufReader::with_capacity(1, client))? else { return Ok(()) };
    let (target, shown) = (heard.target.clone(), heard.header("proxy-authorization").to_owned());
    seen.lock().unwrap().connects.push(heard);
    let mut writer = client;
    match doorman {
        Doorman::Open => {}
        Doorman::Asks(wanted) if *wanted == shown => {}
        Doorman::Asks(_) => {
            let challenge = "Proxy-Authenticate: Basic realm=\"corp\"\r\nContent-Length: 0\r\n\r\n";
            return writer.write_all(format!("HTTP/1.1 407 Proxy Authentication Required\r\n{challenge}").as_bytes());
        }
        Doorman::Says(answer) => return writer.write_all(answer.as_bytes()),
        // Reads on until the client goes away.
        Doorman::Silent => return std::io::copy(&mut { client }, &mut std::io::sink()).map(drop),
    }
    let server = TcpStream::connect(target)?;
    writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        drop(std::io::copy(&mut from_server, &mut to_client));
        drop(to_client.shutdown(Shutdown::Both));
    });
    let mut bytes = [0; 4096];
    let mut reader = client;
    loop {
        let count = reader.read(&mut bytes)?;
        if count == 0 {
            return server.shutdown(Shutdown::Write);
        }
        seen.lock().unwrap().tunnelled.extend_from_slice(&bytes[..count]);
        (&server).write_all(&bytes[..count])?;
    }
}
