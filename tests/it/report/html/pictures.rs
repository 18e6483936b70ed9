//! Pages and pictures of them, to be looked at, and what they cost:
//! `cargo test --test it -- --ignored --nocapture html::pictures`, or `scripts/screenshots`.

#![allow(clippy::print_stdout, reason = "figures")]

use std::path::PathBuf;

use sortie::format::ReportFormat;

use super::browser::{Look, measured, pictured};
use super::made_run::{Ending, MadeRun};

#[tokio::test]
#[ignore = "pictures, by hand"]
async fn every_verdict_in_two_sizes_light_and_dark() {
    let place = folder();
    for ending in [Ending::Passed, Ending::Failed, Ending::Unknown] {
        for launches in [10, 20_000] {
            let run = MadeRun { ending, launches, is_hostile: false };
            let folder = tempfile::tempdir().unwrap();
            run.report(folder.path(), ReportFormat::Json).await;
            // The plan is made again and the ledger read for each: what differs is the format's own.
            let begin = cpu();
            run.report(folder.path(), ReportFormat::Json).await;
            let json = cpu() - begin;
            let bytes = run.report(folder.path(), ReportFormat::Html).await;
            let html = cpu() - begin - json;
            let name = format!("{ending:?}-{launches}").to_lowercase();
            let page = place.join(format!("{name}.html"));
            std::fs::write(&page, &bytes).unwrap();
            println!("{name}: {} bytes; CPU {html:.2} s, as JSON {json:.2} s; {}", bytes.len(), peak());
            for (scheme, is_dark) in [("light", false), ("dark", true)] {
                for (width, height) in [(1280, 5200), (500, 7000)] {
                    let picture = place.join(format!("{name}-{scheme}-{width}.png"));
                    pictured(&page, Look { width, is_dark }, height, &picture);
                }
            }
            if let Some(seen) = measured(&bytes, Look { width: 820, is_dark: false }) {
                println!("{name}: painted {}", seen["painted"]);
            }
        }
    }
}

#[tokio::test]
#[ignore = "pages for scripts/check-html"]
async fn pages_of_each_ending() {
    let place = folder();
    for ending in [Ending::Passed, Ending::Failed, Ending::Unknown] {
        for (launches, is_hostile) in [(10, false), (10, true), (100, false)] {
            let run = MadeRun { ending, launches, is_hostile };
            let ledger = tempfile::tempdir().unwrap();
            let bytes = run.report(ledger.path(), ReportFormat::Html).await;
            let kind = if is_hostile { "hostile" } else { "plain" };
            let name = format!("{ending:?}-{launches}-{kind}.html").to_lowercase();
            std::fs::write(place.join(name), bytes).unwrap();
        }
    }
}

/// The CPU time of this process until now, in seconds, where Linux tells it.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process had at once, where Linux tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned()
}

/// Where the pages go.
fn folder() -> PathBuf {
    let place = PathBuf::from(std::env::var_os("SORTIE_PICTURES").expect("SORTIE_PICTURES names the folder for them"));
    std::fs::create_dir_all(&place).unwrap();
    place
}
