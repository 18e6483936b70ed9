//! The HTML report, as a browser shows it: of runs that are made by hand and reported from a real ledger.

use sortie::format::ReportFormat;
use sortie::report::forms;

use self::browser::{Look, measured};
use self::made_run::{Ending, HOSTILE, MadeRun, SECRET};

pub mod browser;
pub mod made_run;
mod pictures;

/// Widths of screens: a phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [390, 820, 1440];

async fn page(run: MadeRun) -> String {
    let folder = tempfile::tempdir().unwrap();
    String::from_utf8(run.report(folder.path(), ReportFormat::Html).await).unwrap()
}

fn few(ending: Ending) -> MadeRun {
    MadeRun { ending, launches: 10, is_hostile: false }
}

#[tokio::test]
async fn nothing_overlaps_and_no_page_scrolls_sideways_at_any_width_light_or_dark() {
    for (ending, launches) in [(Ending::Passed, 10), (Ending::Failed, 10), (Ending::Unknown, 10), (Ending::Failed, 150)]
    {
        let page = page(MadeRun { ending, launches, is_hostile: false }).await;
        for (width, is_dark) in [(390, false), (820, false), (1440, false), (390, true)] {
            let Some(seen) = measured(page.as_bytes(), Look { width, is_dark }) else { return };
            let what = format!("{ending:?}, {launches} launches, {width} px");
            for part in ["asItStands", "allOpen"] {
                let look = &seen[part];
                assert_eq!(look["width"], width, "{what}");
                assert_eq!(look["needed"], width, "{what}, {part}: it scrolls sideways");
                assert_eq!(look["overlaps"], serde_json::json!([]), "{what}, {part}");
            }
            let background = if is_dark { "rgb(13, 17, 23)" } else { "rgb(255, 255, 255)" };
            assert_eq!((seen["isDark"].as_bool(), seen["background"].as_str()), (Some(is_dark), Some(background)));
        }
    }
}

#[tokio::test]
async fn what_tries_to_be_more_than_text_is_text() {
    for ending in [Ending::Failed, Ending::Unknown] {
        let page = page(MadeRun { is_hostile: true, ..few(ending) }).await;
        assert!(!page.contains(SECRET), "the params show it masked");
        for width in WIDTHS {
            let Some(seen) = measured(page.as_bytes(), Look { width, is_dark: false }) else { return };
            assert_eq!(seen["pwned"], "undefined", "nothing of it was run");
            for none in ["scripts", "handlers", "foreign"] {
                assert_eq!(seen[none], 0, "{none}");
            }
            for none in ["addresses", "lostTargets", "repeatedIds"] {
                assert_eq!(seen[none], serde_json::json!([]), "{none}");
            }
            assert_eq!(seen["asItStands"]["needed"], width);
            assert_eq!(seen["allOpen"]["needed"], width);
            assert_eq!(seen["title"], "nightly-invoices");
            let words = seen["words"].as_str().unwrap();
            for shown in ["<script>window.pwned=1<", "javascript:alert(1)", "{{ 7*7 }}", "\\u{202e}evil"] {
                assert!(words.contains(shown), "{shown} is shown as it is");
            }
            assert!(!words.contains('\u{202e}') && !words.contains('\u{1b}'));
        }
    }
    assert!(HOSTILE.contains("<script>"), "it is tried at all");
}

#[tokio::test]
async fn the_page_is_one_file_that_runs_and_fetches_nothing_and_has_its_parts_in_order() {
    let page = page(few(Ending::Failed)).await;
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{page:.900}");
    for none in ["http://", "https://", "<script", "url(", "@import", "style=\"", "javascript:"] {
        let found = page.matches(none).count();
        // The command that looks into a folder names the tenant, as text.
        assert!(found == 0 || none == "https://", "{none}");
    }
    let Some(seen) = measured(page.as_bytes(), Look { width: 820, is_dark: false }) else { return };
    assert_eq!(seen["landmarks"], serde_json::json!([1, 1, 1, 1]));
    let headings: Vec<&str> = seen["headings"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    let large: Vec<&str> = headings.iter().copied().filter(|heading| !heading.starts_with("H3")).collect();
    let expected = [
        "H1 nightly-invoices",
        "H2 What to do next",
        "H2 Totals",
        "H2 Failed or open: 3 launches",
        "H2 Settled and in doubt: 3 launches",
        "H2 Timeline",
        "H2 Launch rate",
        "H2 List requests",
        "H2 Slowest",
        "H2 Jobs and all launches",
        "H2 Inputs",
    ];
    assert_eq!(large, expected);
}

#[tokio::test]
async fn a_page_that_is_made_again_is_the_same_byte_for_byte() {
    for ending in [Ending::Passed, Ending::Failed, Ending::Unknown] {
        let folder = tempfile::tempdir().unwrap();
        let first = few(ending).report(folder.path(), ReportFormat::Html).await;
        let again = few(ending).report(folder.path(), ReportFormat::Html).await;
        assert!(first == again, "{ending:?}");
        assert!(forms::is_a_reports_beginning(&first[..200]), "and is known again");
    }
}
