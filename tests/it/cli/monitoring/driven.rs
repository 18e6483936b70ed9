//! A real browser, headless, that is told what to open and asked what it shows: over its debugging pipe, so that no port is
//! needed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::cli_fixture::pause;

/// So often a page is asked whether something has come to be, and so long is waited in between: a minute and more.
const MAX_ASKED: u32 = 1_200;
const BETWEEN: Duration = Duration::from_millis(50);

/// A browser that runs until it is dropped.
pub struct DrivenBrowser {
    child: Child,
    to: File,
    from: BufReader<File>,
    next: u64,
    _folder: TempDir,
}

/// One of its tabs.
#[derive(Clone, Debug)]
pub struct Tab(String);

impl DrivenBrowser {
    /// Starts the browser at `program`.
    pub fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (to, from) = (folder.path().join("to"), folder.path().join("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let own =
            "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --remote-debugging-pipe";
        // It reads from file 3 and writes to file 4.
        let line = format!("exec \"$0\" {own} --user-data-dir=\"$1/profile\" 3<\"$1/to\" 4>\"$1/from\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(program).arg(folder.path()).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Each waits until the other side is open, in the order of the line.
        let to = File::options().write(true).open(to).unwrap();
        let from = BufReader::new(File::open(from).unwrap());
        Self { child, to, from, next: 1, _folder: folder }
    }

    /// A new tab that opens `address`.
    pub fn open(&mut self, address: &str) -> Tab {
        let target = self.call(None, "Target.createTarget", json!({"url": address}));
        let attached =
            self.call(None, "Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        Tab(attached["sessionId"].as_str().unwrap().to_owned())
    }

    /// Opens `address` in `tab`.
    pub fn go(&mut self, tab: &Tab, address: &str) {
        self.call(Some(tab), "Page.navigate", json!({"url": address}));
    }

    /// What `expression` comes to in `tab`; null where the page is just being changed.
    pub fn ask(&mut self, tab: &Tab, expression: &str) -> Value {
        let asked = self.call(Some(tab), "Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
        asked["result"]["value"].clone()
    }

    /// Waits until `expression` is true in `tab`.
    #[track_caller]
    pub fn until(&mut self, tab: &Tab, expression: &str) {
        for _ in 0..MAX_ASKED {
            if self.ask(tab, expression) == Value::Bool(true) {
                return;
            }
            pause(BETWEEN);
        }
        panic!("never came to be: {expression}; the page has {}", self.ask(tab, "document.documentElement.outerHTML"));
    }

    fn call(&mut self, tab: Option<&Tab>, method: &str, parameters: Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(Tab(session)) = tab {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser is there");
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == id {
                return answer["result"].clone();
            }
        }
    }
}

impl Drop for DrivenBrowser {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
