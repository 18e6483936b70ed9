//! The bars about waiting: list requests, how soon an end is known, memory and CPU of whole runs.
//!
//! Each run is a process of its own (`waiting/run.rs`): plan, names, launcher, client, ledger and report. What it launches
//! into is another one (`waiting/stand_in.rs`), reached over real HTTP; its own record counts the requests. The clock is
//! the system's, or one that a hand drives: then ten minutes of waiting take no longer than the work in them.

pub(crate) mod counted;
pub(crate) mod run;
pub(crate) mod stand_in;

use std::process::{Command, Stdio};

use self::run::{RunFigures, WaitTask};
use crate::Figure;

/// Maximum lists in a minute: `limits.poll` where a manifest says nothing.
const POLL: f64 = 60.0;

/// All of them. `launches` is how many robot jobs of ten minutes there are, at 20 a second: 20,000 by the bar.
pub(crate) fn figures(launches: u32) -> Vec<Figure> {
    let long_lived = |launches: u32, rate: u32| WaitTask {
        launches,
        running_ms: 600_000,
        rate,
        is_hand_driven: true,
        windows_only: false,
    };
    let real = |launches: u32, running_ms: u64| WaitTask {
        launches,
        running_ms,
        rate: 20,
        is_hand_driven: false,
        windows_only: false,
    };
    let (short, few) = (waited(real(1_000, 2_000)), waited(real(10, 5_000)));
    let short_by_windows = waited(WaitTask { windows_only: true, ..real(1_000, 2_000) });
    let (tenth, long) = (waited(long_lived(launches / 10, 2)), waited(long_lived(launches, 20)));
    let long_by_windows = waited(WaitTask { windows_only: true, ..long_lived(launches, 20) });
    let many = waited(long_lived(5 * launches, 500));
    let lists_each_second = |run: &RunFigures| f64::from(run.lists) / run.seconds;
    vec![
        Figure::at_most("lists for each of 1,000 robot jobs of 2 s", short.lists_each(), "", 0.05, 4),
        Figure::at_most("lists in any minute of that", f64::from(short.most_lists), "", POLL, 0),
        Figure::at_most("from an end to its record, ten robot jobs of 5 s: p95", few.p95, " s", 1.0, 2),
        Figure::at_most(format!("lists for each of {launches} of 10 min"), long.lists_each(), "", 0.005, 4),
        Figure::at_most("lists in any minute of that", f64::from(long.most_lists), "", POLL, 0),
        Figure::at_most("from an end to its record there: p95, as a part of 10 min", long.p95 / 6.0, " %", 5.0, 2),
        Figure::at_most(
            "lists for each second, against a tenth of the robot jobs",
            lists_each_second(&long) / lists_each_second(&tenth),
            " x",
            2.0,
            2,
        ),
        Figure::at_most(
            "lists for each of 1,000 of 2 s, by whole windows alone",
            short_by_windows.lists_each(),
            "",
            0.05,
            4,
        ),
        Figure::at_most(
            format!("lists for each of {launches} of 10 min, by whole windows alone"),
            long_by_windows.lists_each(),
            "",
            0.02,
            4,
        ),
        Figure::at_most("lists in any minute of that", f64::from(long_by_windows.most_lists), "", POLL, 0),
        Figure::at_most(
            "CPU of the run by all lists, as a part of its time",
            100.0 * long.cpu / long.seconds,
            " %",
            1.0,
            2,
        ),
        Figure::at_most("CPU of its waiting alone", 100.0 * long.waiting_cpu / long.waiting, " %", 1.0, 3),
        Figure::at_most(format!("most memory of {} robot jobs", many.launches), many.mebibytes, " MiB", 64.0, 1),
    ]
}

/// Carries `task` out in a process of its own.
fn waited(task: WaitTask) -> RunFigures {
    let bench = std::env::current_exe().unwrap();
    let output = Command::new(bench).args(task.arguments()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{task:?} failed");
    let figures: RunFigures = serde_json::from_slice(&output.stdout).unwrap();
    told(&figures);
    figures
}

#[expect(clippy::print_stderr, reason = "progress is talk")]
fn told(figures: &RunFigures) {
    eprintln!("{figures:?}");
}
