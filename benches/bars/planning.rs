//! The bars about planning: a large manifest against the usual YAML reader, memory, and the cost of each launch.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sortie::plan::{self, Inputs};

use crate::Figure;
use crate::process::{cpu_seconds, peak_kibibytes, sortie};

/// Jobs of the large manifest: 18 MB, two expressions in each job.
const JOBS: u32 = 50_000;

/// Validates and expands the manifest at `path`, all in memory.
pub(crate) fn expand(path: &str) {
    let inputs = Inputs::of_manifest(path, &fs::read_to_string(path).unwrap());
    let (_, outcome) = plan::make(&inputs);
    assert_eq!(outcome.into_parts().0.unwrap().len(), JOBS as usize);
}

/// The yardstick: reads the file at `path` into a tree of values.
pub(crate) fn read_yaml(path: &str) {
    let value: serde_yaml_old::Value = serde_yaml_old::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(value["jobs"].as_mapping().unwrap().len(), JOBS as usize);
}

/// Every figure of planning; times are medians of `rounds`.
pub(crate) fn figures(rounds: usize) -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let bench = std::env::current_exe().unwrap();
    let bench = bench.to_str().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let many = write("large.yaml", &large(JOBS));
    let ratio = ratio(rounds, folder.path(), &[bench, "expand", text(&many)], &[bench, "read-yaml", text(&many)]);
    let mut figures = vec![Figure::at_most(
        format!("validate and expand {JOBS} jobs, against serde_yaml 0.9 reading them ({:.1} MB)", megabytes(&many)),
        ratio,
        " x",
        1.5,
        2,
    )];
    for rows in [10_000, 100_000, 1_000_000] {
        write(&format!("{rows}.csv"), &csv(rows));
        write(&format!("csv-{rows}.yaml"), &of_rows(rows));
    }
    for side in [100, 317, 1000] {
        write(&format!("matrix-{side}.yaml"), &of_matrix(side));
    }
    for (name, words) in [
        ("csv-100000.yaml", "100,000 launches from a CSV"),
        ("matrix-317.yaml", "100,489 launches from a matrix"),
        ("csv-1000000.yaml", "a million launches from a CSV"),
        ("matrix-1000.yaml", "a million launches from a matrix"),
    ] {
        for verb in ["validate", "plan"] {
            let peak = peak_kibibytes(&[sortie(), verb, name], folder.path()) / 1024.0;
            figures.push(Figure::at_most(format!("peak memory of {verb}, {words}"), peak, " MB", 32.0, 1));
        }
    }
    let flat = write("flat.yaml", &large(2 * JOBS));
    let peak = peak_kibibytes(&[sortie(), "plan", text(&flat)], folder.path()) * 1024.0 / 1e6;
    let words = format!("peak memory of plan, flat manifest of {} jobs, against the file", 2 * JOBS);
    figures.push(Figure::at_most(words, peak / megabytes(&flat), " x", 10.0, 1));
    for (few, many, words) in
        [("csv-10000.yaml", "csv-100000.yaml", "a CSV"), ("matrix-100.yaml", "matrix-317.yaml", "a matrix")]
    {
        let scale = if words == "a CSV" { 10.0 } else { 317.0 * 317.0 / 10_000.0 };
        let ratio = self::ratio(rounds, folder.path(), &[sortie(), "plan", many], &[sortie(), "plan", few]) / scale;
        let words = format!("plan of each launch from {words}, 100,000 against 10,000");
        figures.push(Figure::at_most(words, ratio, " x", 1.1, 2));
    }
    figures
}

/// The median of `rounds` ratios of the seconds that `one` and `other` take, in turn.
fn ratio(rounds: usize, folder: &Path, one: &[&str], other: &[&str]) -> f64 {
    let mut ratios: Vec<f64> =
        (0..rounds).map(|_| cpu_seconds(one, folder, &[]) / cpu_seconds(other, folder, &[])).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn megabytes(path: &PathBuf) -> f64 {
    f64::from(u32::try_from(fs::metadata(path).unwrap().len()).unwrap()) / 1e6
}

const HEAD: &str = "version: 1\nname: bars\nfolder: Shared\nlimits: { launches: 1000000 }\n";

fn large(jobs: u32) -> String {
    let mut text = format!("{HEAD}params:\n  region: {{ type: string, default: emea }}\njobs:\n");
    for number in 0..jobs {
        let region = ["emea", "amer", "apac"][number as usize % 3];
        write!(
            text,
            "  job-{number:06}:\n    release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf\n    strategy: ModernJobsCount\n    count: 1\n    runtime: Unattended\n    reference: nightly\n    arguments:\n      invoice: INV-{number:07}\n      amount: {}.50\n      region: ${{{{ params.region }}}}\n      customer: Customer {number} of {region}\n      note: \"invoice {number} of ${{{{ params.region | upper }}}}\"\n      rush: true\n",
            number % 1000
        )
        .unwrap();
    }
    text
}

fn csv(rows: u32) -> String {
    let regions = BTreeMap::from([(0, "emea"), (1, "amer"), (2, "apac")]);
    let mut text = "invoice_id,region,amount,rush\n".to_owned();
    for row in 0..rows {
        // Digits that repeat no pattern, so that nothing compresses better than real data would.
        let scattered = u64::from(row).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let (region, amount) = (regions[&(scattered % 3)], scattered % 100_000);
        writeln!(text, "INV-{row:07},{region},{}.{:02},{}", amount / 100, amount % 100, scattered % 2 == 0).unwrap();
    }
    text
}

fn of_rows(rows: u32) -> String {
    format!(
        "{HEAD}jobs:\n  load:\n    release: Loader\n    for-each:\n      csv: {rows}.csv\n      key: invoice_id\n      columns: {{ amount: number, rush: boolean }}\n    arguments:\n      invoice: ${{{{ row.invoice_id }}}}\n      amount: ${{{{ row.amount }}}}\n"
    )
}

fn of_matrix(side: u32) -> String {
    let axis = (0..side).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    format!(
        "{HEAD}jobs:\n  load:\n    release: Loader\n    matrix: {{ a: [{axis}], b: [{axis}] }}\n    arguments:\n      a: ${{{{ matrix.a }}}}\n      b: ${{{{ matrix.b }}}}\n"
    )
}
