//! One folder with one ledger, and one server, on which the program is run again and again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sortie::clock::Clock as _;
use sortie::sandbox::clock::SystemClock;
use sortie::sandbox::faults::Faults;
use sortie::sandbox::{Options, Sandbox, World};
use tempfile::TempDir;

use super::program::steady;

/// A folder, a ledger in it, and a server in this process.
pub struct CliFixture {
    folder: TempDir,
    /// The server.
    pub sandbox: Sandbox,
}

/// What came of one call.
#[derive(Debug)]
pub struct CliOutput {
    /// The exit code.
    pub code: i32,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
    /// The folder that it ran in.
    folder: String,
}

impl CliFixture {
    /// A server that has whatever is asked for, and does no wrong.
    pub fn new() -> Self {
        Self::with(&World::obliging(), Faults::new())
    }

    /// A server with this world that does these things wrong.
    pub fn with(world: &World, faults: Faults) -> Self {
        let options = Options { faults, ..Options::default() };
        let sandbox = Sandbox::start(world, Arc::new(SystemClock::new()), options).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), sandbox }
    }

    /// The same folder and ledger with a server that begins anew.
    #[must_use]
    pub fn with_another_server(self, world: &World, faults: Faults) -> Self {
        Self { folder: self.folder, ..Self::with(world, faults) }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder, for whoever looks into a failure.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// The ledger's file.
    pub fn ledger(&self) -> PathBuf {
        self.path().join("ledger.db")
    }

    /// Puts a file into the folder.
    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// The text of a file of the folder.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// `sortie` with `arguments`, split at spaces, against the server, with a settle time of two seconds and lists galore.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = self.command_without_a_server(arguments);
        command.env("UIPATH_URL", self.sandbox.url()).env("UIPATH_ACCESS_TOKEN", self.sandbox.token());
        command
    }

    /// The same, where nothing says where to connect.
    pub fn command_without_a_server(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sortie"));
        command.args(arguments.split(' ').filter(|argument| !argument.is_empty()));
        command.env_clear().current_dir(self.path()).stdin(Stdio::null());
        command.env("SORTIE_LEDGER", self.ledger()).env("SORTIE_SETTLE", "2s").env("SORTIE_LIST_RATION", "6000/min");
        command
    }

    /// Runs it to its end.
    pub fn sortie(&self, arguments: &str) -> CliOutput {
        self.told(self.command(arguments).output().unwrap())
    }

    /// Runs it to its end where nothing says where to connect.
    pub fn offline(&self, arguments: &str) -> CliOutput {
        self.told(self.command_without_a_server(arguments).output().unwrap())
    }

    /// What `output` of a call holds.
    pub fn told(&self, output: Output) -> CliOutput {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
        CliOutput {
            code: output.status.code().expect("it was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            folder: self.path().display().to_string(),
        }
    }

    /// Starts it, silent.
    pub fn spawn(&self, arguments: &str) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The runs of the ledger, newest first.
    #[track_caller]
    pub fn runs(&self) -> Vec<Value> {
        let told = self.offline("runs --limit 0 --format json");
        assert_eq!(told.code, 0, "{}", told.shown());
        told.json().as_array().unwrap().clone()
    }

    /// How many `StartJobs` requests the server received.
    pub fn starts(&self) -> usize {
        self.sandbox.record().iter().filter(|received| received.operation == "StartJobs").count()
    }

    /// How many job lists were asked for.
    pub fn lists(&self) -> usize {
        self.sandbox.record().iter().filter(|received| received.operation == "Jobs").count()
    }

    /// How many robot jobs the server has.
    pub fn jobs(&self) -> usize {
        self.sandbox.jobs().len()
    }

    /// How many requests for `operation` the server received.
    pub fn operations(&self, operation: &str) -> usize {
        self.sandbox.record().iter().filter(|received| received.operation == operation).count()
    }

    /// The bodies of the requests for `operation`, in order.
    pub fn bodies(&self, operation: &str) -> Vec<Value> {
        let record = self.sandbox.record();
        let received = record.iter().filter(|received| received.operation == operation);
        received.map(|received| serde_json::from_str(&received.body).unwrap()).collect()
    }
}

impl CliOutput {
    /// Exit code, stdout and stderr as one text, with what differs from run to run replaced.
    pub fn shown(&self) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
            }
        }
        steady(&text.replace(&self.folder, "FOLDER"))
    }

    /// The JSON on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.shown()))
    }
}

/// Lets `span` pass by the machine's own clock, where a process outside must get on.
pub fn pause(span: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    // A sleep begins inside its runtime.
    runtime.block_on(async { sortie::clock::SystemClock::new().sleep(span).await });
}
