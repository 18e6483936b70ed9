//! The README against the crate's documentation, whose example is run.

#[test]
fn the_example_of_the_readme_is_the_one_that_is_run() {
    let block = |text: &str, opening: &str| {
        let rest = text.split_once(opening).expect("an example").1;
        rest.split_once("```").expect("its end").0.to_owned()
    };
    let readme = block(include_str!("../../README.md"), "```rust\n");
    let documented: String = include_str!("../../src/lib.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        // Lines that rustdoc runs and does not show.
        .filter(|line| !line.starts_with("# "))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_eq!(readme, block(&documented, "```\n"));
}

#[test]
fn every_link_of_the_readme_leads_somewhere() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    for target in include_str!("../../README.md").split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{target}: {error}"));
        let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
        let mut headings = headings.map(|line| line.to_lowercase().replace(' ', "-"));
        assert!(heading.is_empty() || headings.any(|there| there == heading), "{target}");
        links += 1;
    }
    assert!(links > 3, "{links} links");
}
