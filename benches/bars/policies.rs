//! The bar about policies: a file of ten rules over 50,000 launches, against planning them once.

use std::fmt::Write as _;
use std::fs;

use sortie::plan::{self, Inputs};
use sortie::policy::{PolicySet, PolicyText};
use sortie::source::{Packed, Sources};
use sortie::{manifest, spec};

use crate::Figure;
use crate::process::cpu_seconds;

/// Rows of the table, each a launch.
const ROWS: u32 = 50_000;
/// How often each process plans: what it costs to begin must not count.
const TIMES: usize = 5;

/// Rules as a platform team would write them: most ask for what few launches differ in, two for what each has of its own.
const RULES: [&str; 10] = [
    "launch.folder startswith \"Finance/\"",
    "launch.priority <= 70",
    "launch.strategy != \"All\"",
    "launch.count <= 20",
    "plan.launches <= 100000",
    "launch.release in [\"Loader\", \"Reporter\"]",
    "launch.row.region in [\"emea\", \"amer\", \"apac\"] && launch.retry <= 3",
    "launch.runtime == \"Unattended\" || launch.reference == none",
    "launch.arguments.amount < 1000000",
    "launch.id startswith \"load/INV-\"",
];

fn inputs() -> Inputs {
    let mut rows = "invoice_id,region,amount\n".to_owned();
    for row in 0..ROWS {
        writeln!(rows, "INV-{row:07},{},{}.25", ["emea", "amer", "apac"][row as usize % 3], row % 997).unwrap();
    }
    let text = "version: 1\nname: bars\nfolder: Finance/AP\nlimits: { launches: 1000000 }\njobs:\n  load:\n    release: Loader\n    priority: 45\n    runtime: Unattended\n    for-each:\n      csv: rows.csv\n      key: invoice_id\n      columns: { amount: number }\n    arguments:\n      invoice: ${{ row.invoice_id }}\n      region: ${{ row.region }}\n      amount: ${{ row.amount }}\n      note: due by ${{ row.region | upper }}\n";
    let mut inputs = Inputs::of_manifest("m.yaml", text);
    inputs.files.insert("rows.csv".to_owned(), Packed::from(rows.as_str()));
    inputs
}

/// Plans, `under` the rules or without.
pub(crate) fn plan(under: bool) {
    let inputs = inputs();
    for _ in 0..TIMES {
        let mut sources = Sources::default();
        let source = sources.add(&inputs.manifest, inputs.text.as_str());
        let spec = manifest::parse(&sources, source).and_then(spec::lower).into_parts().0.unwrap();
        let mut text = "version: 1\npolicies:\n".to_owned();
        for (number, rule) in RULES.iter().enumerate() {
            writeln!(text, "  - {{ name: rule-{number}, rule: '{rule}', message: ask us }}").unwrap();
        }
        let texts = if under { vec![PolicyText::of_file("policies.yaml", text)] } else { Vec::new() };
        let policies = PolicySet::read(&texts, &mut sources).into_parts().0.unwrap();
        let planned = plan::expand_under(spec, &inputs, &mut sources, &policies).into_parts().0.unwrap();
        assert_eq!(planned.len(), ROWS as usize);
    }
}

/// The figure; the median of `rounds`.
pub(crate) fn figures(rounds: usize) -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let bench = std::env::current_exe().unwrap();
    let bench = bench.to_str().unwrap();
    let seconds = |mode: &str| cpu_seconds(&[bench, "policies", mode], folder.path(), &[]);
    let mut ratios: Vec<f64> = (0..rounds).map(|_| seconds("under") / seconds("without")).collect();
    ratios.sort_by(f64::total_cmp);
    fs::remove_dir_all(folder.path()).unwrap();
    let words = format!("plan of {ROWS} launches under ten rules, against planning them without");
    vec![Figure::at_most(words, ratios[ratios.len() / 2], " x", 1.3, 2)]
}
