//! A server of raw TCP on a free port, that can do everything wrong: what no HTTP library lets one do.
//!
//! In: a rule from each request to a [`Reaction`]. Out: what it heard, in order. Stops when dropped.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::Notify;

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Counted over all connections, from 0.
    pub number: usize,
    pub method: String,
    pub target: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What to do with a request that was read.
pub enum Reaction {
    /// Write these bytes and wait for the next request.
    Answer(Vec<u8>),
    /// Write these bytes and close.
    AnswerAndClose(Vec<u8>),
    /// Reset, with the body's last byte still unread.
    Reset,
    /// Never answer.
    Silence,
}

/// What to do with a connection, before anything is read.
#[derive(Clone, Copy)]
pub enum Greeting {
    /// Read requests.
    Serve,
    /// Close at once.
    Close,
    /// Once something came: reset, without reading it.
    Reset,
    /// Never read, never write.
    Silence,
    /// Read the head and close, while the body still comes.
    CloseAfterHead,
}

type Rule = Box<dyn Fn(&Heard) -> Reaction + Send + Sync>;

struct Shared {
    greeting: Greeting,
    rule: Rule,
    heard: Mutex<Vec<Heard>>,
    news: Notify,
    connections: AtomicUsize,
    stopping: AtomicBool,
    /// Held so that nobody's peer goes away while the server stands.
    open: Mutex<Vec<TcpStream>>,
}

/// The server; stops when dropped.
pub struct RawServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl RawServer {
    /// Answers each request by `rule`.
    pub fn start(rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static) -> Self {
        Self::launch(Greeting::Serve, Box::new(rule))
    }

    /// Does the same with each connection.
    pub fn greet(greeting: Greeting) -> Self {
        Self::launch(greeting, Box::new(|_| Reaction::Silence))
    }

    fn launch(greeting: Greeting, rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            greeting,
            rule,
            heard: Mutex::default(),
            news: Notify::new(),
            connections: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.stopping.load(Ordering::SeqCst) {
                    return;
                }
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let (stream, shared) = (stream.unwrap(), accepting.clone());
                // A client that goes away in the middle ends its connection's thread, and nothing else.
                thread::spawn(move || drop(shared.serve(&stream)));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far, in the order of its coming.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// How many requests came for targets that contain `part`.
    pub fn count(&self, part: &str) -> usize {
        self.heard().iter().filter(|heard| heard.target.contains(part)).count()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until `count` requests came, or (for a greeting that reads none) connections.
    pub async fn until(&self, count: usize) {
        loop {
            let news = self.shared.news.notified();
            if self.heard().len() >= count {
                return;
            }
            news.await;
        }
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        for stream in self.shared.open.lock().unwrap().drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        match self.greeting {
            Greeting::Serve => self.converse(stream),
            Greeting::Close => Ok(()),
            Greeting::Reset => stream.peek(&mut [0]).map(drop),
            Greeting::Silence => {
                self.open.lock().unwrap().push(stream.try_clone()?);
                Ok(())
            }
            Greeting::CloseAfterHead => {
                let mut reader = BufReader::with_capacity(1, stream);
                self.note(head(&mut reader)?.unwrap());
                self.news.notify_waiters();
                Ok(())
            }
        }
    }

    fn converse(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        // Unbuffered, so that the last byte of a body can be left unread: closing then is a reset.
        let mut reader = BufReader::with_capacity(1, stream);
        while let Some(mut heard) = head(&mut reader)? {
            let length: usize = heard.header("content-length").parse().unwrap_or(0);
            let mut body = vec![0; length];
            let kept_back = length.saturating_sub(1);
            reader.read_exact(&mut body[..kept_back])?;
            heard.number = self.note(heard.clone());
            let reaction = (self.rule)(&heard);
            if matches!(reaction, Reaction::Reset) {
                self.news.notify_waiters();
                return Ok(());
            }
            reader.read_exact(&mut body[kept_back..])?;
            self.heard.lock().unwrap()[heard.number].body = String::from_utf8(body).unwrap();
            self.news.notify_waiters();
            match reaction {
                Reaction::Answer(bytes) => stream.write_all(&bytes)?,
                Reaction::AnswerAndClose(bytes) => return stream.write_all(&bytes),
                Reaction::Reset => unreachable!("returned above"),
                Reaction::Silence => {
                    self.open.lock().unwrap().push(stream.try_clone()?);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn note(&self, mut heard: Heard) -> usize {
        let mut all = self.heard.lock().unwrap();
        heard.number = all.len();
        all.push(heard);
        all.len() - 1
    }
}

pub(super) fn head(reader: &mut impl BufRead) -> std::io::Result<Option<Heard>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok(Some(Heard { number: 0, method, target, headers, body: String::new() }))
}

/// A whole answer.
pub fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

/// A JSON answer.
pub fn json(status: u16, body: &str) -> Reaction {
    Reaction::Answer(answer(status, "Content-Type: application/json; odata.metadata=minimal\r\n", body))
}
