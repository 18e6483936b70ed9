//! Runs that are steered while a process is at them, and while none is.

mod attach;
mod brakes;
mod cancel;
mod cancel_filter;
mod finish;
mod pause;
mod seen_ends;
mod watching;

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, ExitStatus, Stdio};

use super::cli_fixture::CliFixture;

/// A process that is at a run, and what it says.
pub(in crate::cli) struct TalkingRun {
    child: Child,
    talk: Lines<BufReader<ChildStderr>>,
    told: Vec<String>,
}

impl TalkingRun {
    /// Starts `arguments`, and waits until it has sent its first launch.
    pub(in crate::cli) fn start(fixture: &CliFixture, arguments: &str) -> Self {
        let before = fixture.starts();
        let mut command = fixture.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while fixture.starts() == before {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it started anything");
            std::thread::yield_now();
        }
        Self::of(child)
    }

    /// The process `child`, whose stderr is a pipe.
    pub(in crate::cli) fn of(mut child: Child) -> Self {
        let talk = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, talk, told: Vec::new() }
    }

    /// Waits until it says something with `words`.
    pub(in crate::cli) fn until(&mut self, words: &str) {
        while !self.told.iter().any(|line| line.contains(words)) {
            let line = self.talk.next().unwrap_or_else(|| panic!("it never said `{words}`: {:?}", self.told)).unwrap();
            self.told.push(line);
        }
    }

    /// Waits until it has said something with `words` so many times.
    pub(in crate::cli) fn until_times(&mut self, words: &str, times: usize) {
        while self.told.iter().filter(|line| line.contains(words)).count() < times {
            let line = self.talk.next().unwrap_or_else(|| panic!("it never said `{words}`: {:?}", self.told)).unwrap();
            self.told.push(line);
        }
    }

    /// Waits for its end; all that it said.
    pub(in crate::cli) fn end(mut self) -> (ExitStatus, String) {
        self.told.extend(self.talk.map(Result::unwrap));
        (self.child.wait().unwrap(), self.told.join("\n"))
    }

    /// Kills it.
    pub(in crate::cli) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
