//! Data in any state: whatever bytes a file holds, its reader says something and ends.

use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use sortie::ids::Ordinal;
use sortie::plan;
use sortie::source::Packed;

use super::rows::of_file;
use crate::plan::briefly;

/// What the formats are made of, and what has broken readers before.
const PIECES: &[&str] = &[
    ",",
    "\"",
    "\n",
    "\r\n",
    "\r",
    "id",
    "id,n\n",
    "n",
    "ü",
    "[",
    "]",
    "{",
    "}",
    ":",
    "1",
    "-",
    "- ",
    " ",
    "\\",
    "null",
    "\u{FEFF}",
    "\t",
    "\"id\": ",
    "{\"id\": \"",
    "\"}",
    "}, ",
    "'",
    "#",
    "&a",
    "*a",
    "é\u{301}",
    "\u{2028}",
    "1e9",
    "\0",
];

/// Text of the pieces that the formats are made of, in any order.
fn scrambled() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_data_make_the_reader_panic(text in scrambled(), format in 0..4_usize) {
        let name = ["r.csv", "r.json", "r.jsonl", "r.yaml"][format];
        let mut inputs = of_file(name, &format!("{}{text}", if name == "r.csv" { "id,n\n" } else { "" }), "      columns: {n: json}\n");
        for whole in [true, false] {
            if !whole {
                inputs.files.insert(name.to_owned(), Packed::from(text.as_str()));
            }
            let (sources, outcome) = plan::make(&inputs);
            let (plan, said) = outcome.into_parts();
            // Every place can be shown.
            briefly(&sources, &said);
            if let Some(plan) = plan {
                // From behind, so that rows are looked for each time.
                let ids: Vec<_> = (0..plan.len()).rev().map(|at| plan.planned(Ordinal::from(at)).id().clone()).collect();
                prop_assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len());
            }
        }
    }
}
