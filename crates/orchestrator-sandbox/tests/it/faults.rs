//! What the sandbox does wrong, seen by clients that share nothing with ours: bytes on a socket, and the record's word.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use orchestrator_sandbox::clock::{Clock as _, HandClock};
use orchestrator_sandbox::faults::{Fault, Faults, Operation, Position};
use orchestrator_sandbox::world::{End, Folder, Life, Release};
use orchestrator_sandbox::{Options, Sandbox, World};
use serde_json::{Value, json};

mod broken;
mod files;
mod kinds;
mod lists;
mod picked;
mod stalls;

const START_JOBS: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";

/// A sandbox with faults, whose time stands still until it is moved.
struct Stand {
    sandbox: Sandbox,
    clock: HandClock,
}

/// What came on a connection until it ended.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    head: String,
    body: Vec<u8>,
    end: Ended,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Closed,
    Reset,
}

impl Stand {
    fn with(faults: impl Into<Faults>) -> Self {
        let world = World::new()
            .folder(Folder::at("Finance").id(7))
            .release(Release::named("Loader").folder("Finance"))
            .release(Release::named("Golden").folder("Finance").key(uuid::Uuid::from_u128(0x60)))
            .life(Life::of(Duration::from_secs(10), Duration::from_secs(60), End::Successful));
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().unwrap());
        let options = Options { faults: faults.into(), ..Options::default() };
        let sandbox = Sandbox::start(&world, Arc::new(clock.clone()), options).unwrap();
        Self { sandbox, clock }
    }

    /// Every request of `on` meets `fault`.
    fn always(on: Operation, fault: Fault) -> Self {
        Self::with(Faults::new().at(on, Position::Always, fault))
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.sandbox.url().trim_start_matches("http://")).unwrap()
    }

    /// The text of a request that ends its connection.
    fn request(&self, method: &str, target: &str, body: &str) -> String {
        format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             X-UIPATH-OrganizationUnitId: 7\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.sandbox.token(),
            body.len()
        )
    }

    /// Sends a request on a connection of its own.
    fn send(&self, method: &str, target: &str, body: &str) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(self.request(method, target, body).as_bytes()).unwrap();
        stream
    }

    /// Asks for two robot jobs, as `reference`.
    fn start(&self, reference: &str) -> TcpStream {
        self.start_info(&json!({"ReleaseName": "Loader", "JobsCount": 2, "Reference": reference}))
    }

    fn start_info(&self, start_info: &Value) -> TcpStream {
        self.send("POST", START_JOBS, &json!({ "startInfo": start_info }).to_string())
    }

    fn get(&self, target: &str) -> TcpStream {
        self.send("GET", target, "")
    }

    /// Waits until so many requests and connections are in the record.
    fn until_recorded(&self, count: usize) {
        while self.sandbox.record().len() < count {
            std::thread::yield_now();
        }
    }

    /// Waits until somebody sleeps on the clock, so that moving it wakes them.
    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The References of all robot jobs, each with the second in which it came to be.
    fn created(&self) -> Vec<(String, u64)> {
        let now = self.clock.utc();
        let since = now.saturating_sub(self.clock.now().0).unwrap();
        let jobs = self.sandbox.jobs().into_iter();
        jobs.map(|job| {
            let age = job.created.duration_since(since).as_secs();
            (job.reference.unwrap_or_default(), age.try_into().unwrap())
        })
        .collect()
    }

    /// The fault of each line of the record.
    fn met(&self) -> Vec<Option<String>> {
        self.sandbox.record().into_iter().map(|line| line.fault).collect()
    }
}

/// Reads until the connection ends.
fn hear(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => Ended::Closed,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ended::Reset,
        Err(error) => panic!("{error}"),
    };
    let border = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let body = bytes.split_off(border.unwrap_or(bytes.len()));
    Heard { head: String::from_utf8(bytes).unwrap(), body, end }
}

impl Heard {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The property of every row.
    fn each(&self, name: &str) -> Vec<Value> {
        self.json()["value"].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
    }

    /// What a person would say of it.
    fn summary(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let declared = self.header("content-length").and_then(|text| text.parse::<usize>().ok());
        let mut words = match self.status() {
            0 if self.head.is_empty() => "nothing".to_owned(),
            _ if !self.head.ends_with("\r\n\r\n") => format!("{} bytes of a head", self.head.len()),
            status => status.to_string(),
        };
        for name in ["retry-after", "location", "content-type"] {
            if let Some(value) = self.header(name).filter(|value| !value.contains("json")) {
                words.push_str(&format!(", {name} {value}"));
            }
        }
        match declared.filter(|declared| *declared != self.body.len()) {
            Some(declared) => words.push_str(&format!(", {} of {declared} bytes", self.body.len())),
            None => match serde_json::from_slice::<Value>(&self.body) {
                Ok(json) if json["value"].is_array() => {
                    words.push_str(&format!(", ids {}", Value::Array(self.each("Id"))));
                }
                Ok(json) => words.push_str(&format!(", code {}", json["errorCode"])),
                Err(_) if body.is_empty() => {}
                Err(_) => words.push_str(&format!(", {:?}", body.lines().next().unwrap_or_default())),
            },
        }
        if self.end == Ended::Reset {
            words.push_str(", reset");
        }
        words
    }
}
