//! The documents as a book: every page has its place, and every link leads to a heading that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The pages of a folder and of those below it, by their paths from `docs` on.
fn pages(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(root().join("docs").join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{folder}{}", entry.file_name().to_str().expect("a name"));
        if entry.path().is_dir() {
            pages.extend(self::pages(&format!("{name}/")));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            pages.push(name);
        }
    }
    pages.sort();
    pages
}

/// The targets of the links of `text`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

#[test]
fn every_page_stands_once_in_the_summary_and_nothing_else_does() {
    let summary = read("docs/SUMMARY.md");
    let listed: Vec<&str> = links(&summary).collect();
    let distinct: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), distinct.len(), "a page is listed twice: {listed:?}");
    let all = pages("");
    let expected: BTreeSet<&str> = all.iter().map(String::as_str).filter(|page| *page != "SUMMARY.md").collect();
    assert_eq!(distinct, expected);
    for line in summary.lines().filter(|line| line.contains("](")) {
        assert!(line.starts_with("- [") || line.starts_with('['), "mdBook reads no such line: {line}");
    }
    assert!(read("book.toml").contains("src = \"docs\""));
}

#[test]
fn every_link_to_a_heading_leads_to_one() {
    let above = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned);
    let pages = pages("").into_iter().map(|page| format!("docs/{page}"));
    let mut lost = Vec::new();
    for page in above.into_iter().chain(pages) {
        let text = read(&page);
        for link in links(&text).filter(|link| !link.contains("://")) {
            let Some((target, anchor)) = link.split_once('#') else { continue };
            let place = if target.is_empty() {
                root().join(&page)
            } else {
                root().join(&page).parent().expect("a folder").join(target)
            };
            let Ok(text) = fs::read_to_string(&place) else { continue };
            if !headings(&text).contains(anchor) {
                lost.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(lost.is_empty(), "no such headings:\n{}", lost.join("\n"));
}

/// The anchors that GitHub and mdBook give to the headings of a page.
fn headings(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        found.insert(anchor.to_lowercase());
    }
    found
}
