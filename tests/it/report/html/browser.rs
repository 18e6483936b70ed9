//! A real browser, headless, that measures a page: the page itself has no script, so that a page around it looks into it.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The names that Chromium goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Set by `scripts/test` where no browser can be had, and it has said so.
const WITHOUT: &str = "SORTIE_TEST_WITHOUT_BROWSER";

/// Looks into the page beside it, once as it stands and once with all its parts open.
const MEASURE: &str = include_str!("measure.js");

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The width of the screen, in pixels.
    pub width: u32,
    pub is_dark: bool,
}

/// The browser; `None` where tests do without.
pub fn browser() -> Option<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&places)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|program| program.is_file());
    assert!(
        found.is_some() || std::env::var_os(WITHOUT).is_some(),
        "no Chromium is on the PATH: scripts/test installs it, and {WITHOUT}=1 goes without"
    );
    found
}

/// What there is to see of `page`, as `measure.js` tells it; `None` where tests do without a browser.
pub fn measured(page: &[u8], look: Look) -> Option<Value> {
    let browser = browser()?;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.html"), page).unwrap();
    let around = format!(
        "<!doctype html><meta charset=utf-8><style>body{{margin:0}}iframe{{border:0;width:{}px;height:900px}}</style>\
         <pre id=seen></pre><iframe id=frame src=report.html></iframe><script>{MEASURE}</script>",
        look.width
    );
    let wrapper = folder.path().join("around.html");
    std::fs::write(&wrapper, around).unwrap();
    let dom = run(&browser, look.is_dark, folder.path(), &["--dump-dom", &format!("file://{}", wrapper.display())]);
    let seen = dom.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or_default();
    let seen = STANDARD.decode(seen).unwrap_or_else(|error| panic!("{error}: {dom:.2000}"));
    Some(serde_json::from_slice(&seen).unwrap())
}

/// A picture of `page` at `place`, so many pixels high.
pub fn pictured(page: &Path, look: Look, height: u32, place: &Path) {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let size = format!("--window-size={},{height}", look.width);
    let picture = format!("--screenshot={}", place.display());
    let address = format!("file://{}", page.display());
    run(&browser, look.is_dark, folder.path(), &[&size, &picture, &address]);
}

fn run(browser: &Path, is_dark: bool, folder: &Path, arguments: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    // Without a sandbox of its own: builds run it as root, and the page is ours.
    let own = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!is_dark));
    let mut command = Command::new(browser);
    command
        .args(own)
        .args([profile.as_str(), &scheme, "--allow-file-access-from-files", "--hide-scrollbars"])
        .args(arguments);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {said}", browser.display());
    String::from_utf8(output.stdout).unwrap()
}
