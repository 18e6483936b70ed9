//! The board's pages in a real browser.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sortie::format::ReportFormat;
use sortie::ids::RunId;

use super::driven::DrivenBrowser;
use super::http::ServedBoard;
use crate::cli::cli_fixture::{CliFixture, pause};
use crate::report::html::browser::{Look, browser, measured, pictured};
use crate::report::html::made_run::{Ending, MadeRun, SECRET};

/// A page of `board` as one file: its style inside, and without its script.
fn alone(board: &ServedBoard, target: &str) -> String {
    let page = board.get(target);
    assert_eq!(page.status, 200, "{target}: {page:?}");
    let style = board.get("/board.css").body;
    let link = "<link rel=\"stylesheet\" href=\"/board.css\">\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"/icon.svg\">\n";
    let script = "<script src=\"/board.js\" defer></script>\n";
    assert!(page.body.contains(link) && page.body.contains(script), "{}", page.body);
    page.body.replace(link, &format!("<style>{style}</style>\n")).replace(script, "")
}

fn targets(run: RunId) -> [String; 3] {
    ["/".to_owned(), format!("/runs/{run}"), "/search?q=a".to_owned()]
}

async fn made(folder: &Path, run: MadeRun) -> ServedBoard {
    run.report(folder, ReportFormat::Json).await;
    ServedBoard::of(&folder.join("ledger.db"))
}

fn made_id() -> RunId {
    RunId::from_bytes([7; 16])
}

#[tokio::test]
async fn no_page_of_the_board_scrolls_sideways_or_runs_what_is_text() {
    for (ending, is_hostile) in [(Ending::Failed, false), (Ending::Unknown, true)] {
        let folder = tempfile::tempdir().unwrap();
        let board = made(folder.path(), MadeRun { ending, launches: 120, is_hostile }).await;
        for target in targets(made_id()) {
            let page = alone(&board, &target);
            assert!(!page.contains(SECRET), "{target}");
            for (width, is_dark) in [(390, false), (1440, true)] {
                let Some(seen) = measured(page.as_bytes(), Look { width, is_dark }) else { return };
                let what = format!("{target}, {ending:?}, {width} px");
                for part in ["asItStands", "allOpen"] {
                    assert_eq!(seen[part]["needed"], width, "{what}, {part}: it scrolls sideways");
                    assert_eq!(seen[part]["overlaps"], serde_json::json!([]), "{what}, {part}");
                }
                assert_eq!(seen["isDark"].as_bool(), Some(is_dark), "{what}");
                assert_eq!(seen["pwned"], "undefined", "{what}");
                assert_eq!((&seen["scripts"], &seen["handlers"]), (&0.into(), &0.into()), "{what}");
                assert_eq!(seen["repeatedIds"], serde_json::json!([]), "{what}");
            }
        }
    }
}

#[test]
fn two_tabs_that_come_with_the_token_see_a_run_go_on_without_a_click() {
    let Some(browser) = browser() else { return };
    let fixture = CliFixture::new();
    let slow = "version: 1\nname: slow\nfolder: F\nlimits: { launch: { rate: 1/s, burst: 1 } }\n\
                jobs:\n  a: { release: A, matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8] } }\n";
    fixture.file("slow.yaml", slow);
    let mut run = fixture.spawn("run slow.yaml");
    let id = loop {
        if fixture.ledger().exists()
            && let Some(run) = fixture.runs().first()
        {
            break run["id"].as_str().unwrap().to_owned();
        }
        pause(Duration::from_millis(20));
    };
    let board = ServedBoard::of(&fixture.ledger());
    let mut browser = DrivenBrowser::start(&browser);
    let tabs = [browser.open(&board.address), browser.open(&board.address)];
    for tab in &tabs {
        // The token is changed for the cookie, and left behind.
        browser.until(tab, &format!("location.search === '' && !!document.querySelector('a[href=\"/runs/{id}\"]')"));
        assert_eq!(browser.ask(tab, "document.cookie"), "", "no script sees the cookie");
        browser.go(tab, &format!("http://127.0.0.1:{}/runs/{id}", board.port));
        browser.until(tab, "!!document.querySelector('#live .badge')");
    }
    // Marked, so that a page that was read again is told from one that was changed.
    for tab in &tabs {
        browser.ask(tab, "window.seen = document.querySelector('#live').innerHTML");
        browser
            .until(tab, "window.seen !== undefined ? document.querySelector('#live').innerHTML !== window.seen : true");
    }
    assert!(run.wait().unwrap().success());
    for tab in &tabs {
        browser.until(
            tab,
            "document.body.innerText.includes('8 started') && !document.querySelector('#live').dataset.events",
        );
        assert_eq!(browser.ask(tab, "window.seen"), Value::Null, "at the end the whole page was read again");
    }
}

#[tokio::test]
#[ignore = "pages for scripts/check-html, and pictures"]
async fn pages_and_pictures() {
    let place = PathBuf::from(std::env::var_os("SORTIE_PICTURES").expect("SORTIE_PICTURES names a folder"));
    std::fs::create_dir_all(&place).unwrap();
    for (ending, is_hostile) in [(Ending::Failed, false), (Ending::Unknown, true)] {
        let folder = tempfile::tempdir().unwrap();
        let board = made(folder.path(), MadeRun { ending, launches: 120, is_hostile }).await;
        let names = ["list", "run", "found"];
        for (target, name) in targets(made_id()).into_iter().zip(names) {
            let name = format!("board-{name}-{ending:?}").to_lowercase();
            let page = place.join(format!("{name}.html"));
            // With a policy, as the report has one: the check takes it out for its own script.
            let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">";
            std::fs::write(
                &page,
                alone(&board, &target)
                    .replace("<meta charset=\"utf-8\">", &format!("<meta charset=\"utf-8\">{policy}")),
            )
            .unwrap();
            for (is_dark, width, height) in [(false, 1280, 1800), (true, 500, 2600)] {
                pictured(&page, Look { width, is_dark }, height, &place.join(format!("{name}-{width}.png")));
            }
        }
    }
}
