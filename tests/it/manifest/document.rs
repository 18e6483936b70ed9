//! What a document tells about its nodes, and types read from it.

use serde::Deserialize;
use sortie::manifest::{self, DeError, Document, NodeKind, NodeRef, WithNode, from_node};
use sortie::source::Sources;

fn load(text: &str) -> Document {
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    manifest::parse(&sources, id).into_parts().0.expect("the text is good")
}

#[test]
fn merged_entries_know_their_site() {
    let document = load("x: &x {a: 1}\ny:\n  b: 2\n  <<: *x\n");
    let y = document.at("/y").expect("y is there");
    let sites: Vec<_> = document
        .entries(y)
        .map(|entry| (entry.key, entry.key_place.span.start, entry.merged_by.map(|place| place.span.start)))
        .collect();
    assert_eq!(sites, [("b", 18, None), ("a", 7, Some(25))]);
}

#[test]
fn places_in_text_are_exact_where_the_source_allows() {
    let text =
        "a: say ${{ x }}\nb: \"say ${{ x }}\"\nc: \"say\\t${{ x }}\"\nd: |\n  say\n  ${{ x }}\ne: \"\\u0024{{ x }}\"\n";
    let document = load(text);
    let place = |pointer: &str| {
        let node = document.at(pointer).expect("it is there");
        let start = document.text(node).and_then(|text| text.find("${{")).expect("an expression");
        document.text_place(node, start..start + 8).span.slice(text)
    };
    assert_eq!(place("/a"), "${{ x }}");
    assert_eq!(place("/b"), "${{ x }}");
    assert_eq!(place("/c"), "${{ x }}");
    assert_eq!(place("/d"), "${{ x }}");
    assert_eq!(place("/e"), "\"\\u0024{{ x }}\"");
}

#[test]
fn a_range_that_cuts_a_character_covers_it() {
    let text = "a: xéy\n";
    let document = load(text);
    let node = document.at("/a").expect("it is there");
    assert_eq!(document.text_place(node, 1..2).span.slice(text), "é");
    assert_eq!(document.text_place(node, 2..99).span.slice(text), "éy");
}

#[test]
fn the_place_of_a_block_collection_is_its_first_key_or_item() {
    let text = "jobs:\n  - a: 1\n    b: 2\nflow: {x: [1,\n 2]}\n";
    let document = load(text);
    let slice = |pointer: &str| document.place(document.at(pointer).expect("it is there")).span.slice(text);
    assert_eq!(slice(""), "jobs");
    assert_eq!(slice("/jobs"), "a");
    assert_eq!(slice("/jobs/0"), "a");
    assert_eq!(slice("/jobs/0/b"), "2");
    assert_eq!(slice("/flow"), "{x: [1,\n 2]}");
}

#[test]
fn pointers_find_their_nodes() {
    let document = load("a/b: {'~': [x, y]}\n");
    let node = document.at("/a~1b/~0/1").expect("it is there");
    assert_eq!(document.text(node), Some("y"));
    assert_eq!(document.at("/a~1b/~0/2"), None);
    assert_eq!(document.at("/nowhere"), None);
    assert!(matches!(document.kind(node), NodeKind::Text("y")));
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
struct Job {
    release: WithNode<String>,
    count: Option<u32>,
    strategy: Option<Strategy>,
    priority: Option<Priority>,
    arguments: Option<NodeRef>,
    #[serde(default)]
    robots: Vec<WithNode<i64>>,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Strategy {
    Specific,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Priority {
    Word(String),
    Number(u8),
}

fn read(text: &str) -> (Document, Result<Job, DeError>) {
    let document = load(text);
    let job = from_node(&document, document.root());
    (document, job)
}

#[test]
fn types_keep_their_places() {
    let text = "release: R\ncount: 2\nstrategy: Specific\npriority: 65\narguments: {a: 1}\nrobots: [7, 8]\n";
    let (document, job) = read(text);
    let job = job.unwrap();
    assert_eq!(job.release.value, "R");
    assert_eq!(document.place(job.release.node).span.slice(text), "R");
    assert_eq!(
        (job.count, job.strategy, job.priority),
        (Some(2), Some(Strategy::Specific), Some(Priority::Number(65)))
    );
    assert_eq!(document.place(job.arguments.unwrap().0).span.slice(text), "{a: 1}");
    let places: Vec<_> = job.robots.iter().map(|robot| document.place(robot.node).span.slice(text)).collect();
    assert_eq!(places, ["7", "8"]);
}

#[test]
fn null_is_absent_and_an_unknown_key_is_ignored() {
    let (_, job) = read("release: R\ncount: ~\nother: 1\n");
    assert_eq!(job.unwrap().count, None);
}

#[test]
fn an_error_names_its_node_and_no_value() {
    let text = "release: R\nrobots: [7, hunter2]\n";
    let (document, job) = read(text);
    let error = job.unwrap_err();
    assert_eq!(error.node.map(|node| document.place(node).span.slice(text)), Some("hunter2"));
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let (_, job) = read("release: R\nstrategy: hunter2\n");
    assert!(!job.unwrap_err().to_string().contains("hunter2"));
}
