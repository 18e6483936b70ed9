//! Pages and pictures of them, to be looked at, and what they cost:
//! `cargo test --test it -- --ignored --nocapture html::pictures`, or `scripts/screenshots`.

#![allow(clippy::print_stdout, reason = "figures")]

use std::path::PathBuf;

use sortie::clock::{Clock as _, SystemClock};
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
            let clock = SystemClock::new();
            let begin = clock.now();
            let bytes = run.report(folder.path(), ReportFormat::Html).await;
            let took = clock.now().since(begin);
            let name = format!("{ending:?}-{launches}").to_lowercase();
            let page = place.join(format!("{name}.html"));
            std::fs::write(&page, &bytes).unwrap();
            println!("{name}: {} bytes, made in {took:?}, plan and ledger included", bytes.len());
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

/// Where the pages go.
fn folder() -> PathBuf {
    let place = PathBuf::from(std::env::var_os("SORTIE_PICTURES").expect("SORTIE_PICTURES names the folder for them"));
    std::fs::create_dir_all(&place).unwrap();
    place
}
