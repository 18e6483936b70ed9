//! The bars about reviewing: 50,000 launches against 50,000, and a repository of many manifests.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use sortie::plan::{self, Inputs};
use sortie::source::Packed;

use crate::Figure;
use crate::process::{cpu_seconds, peak_kibibytes, sortie};

/// Launches of each side.
const LAUNCHES: usize = 50_000;
/// Manifests of the repository.
const MANIFESTS: u32 = 300;
/// Those of them that changed since the branch.
const CHANGED: u32 = 5;

/// Plans the manifest at `path`, whose rows are beside it, once, all in memory.
pub(crate) fn expand_rows(path: &str) {
    let mut inputs = Inputs::of_manifest(path, &fs::read_to_string(path).unwrap());
    let rows = path.replace(".yaml", ".csv");
    let name = Path::new(&rows).file_name().unwrap().to_str().unwrap().to_owned();
    inputs.files.insert(name, Packed::read(fs::File::open(&rows).unwrap(), u32::MAX).unwrap().unwrap());
    let (_, outcome) = plan::make(&inputs);
    assert_eq!(outcome.into_parts().0.unwrap().len(), LAUNCHES);
}

/// The yardstick: reads each manifest below the folder at `path` into a tree of values.
pub(crate) fn read_folder(path: &str) {
    let mut read = 0;
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let value: serde_yaml_old::Value = serde_yaml_old::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            read += u32::from(value["jobs"].is_mapping());
        }
    }
    assert_eq!(read, MANIFESTS);
}

/// Every figure of comparing; times are medians of `rounds`.
pub(crate) fn figures(rounds: usize) -> Vec<Figure> {
    let mut figures = large(rounds);
    figures.extend(repository(rounds));
    figures
}

fn large(rounds: usize) -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    for (name, first, region) in [("a", 0, "emea"), ("b", 10, "emea"), ("c", 0, "apac")] {
        fs::write(folder.path().join(format!("{name}.csv")), csv(first, if name == "b" { 500 } else { 0 })).unwrap();
        fs::write(folder.path().join(format!("{name}.yaml")), of_rows(name, region)).unwrap();
    }
    let bench = std::env::current_exe().unwrap();
    let once = [bench.to_str().unwrap(), "expand-rows", "a.yaml"];
    let mut figures = Vec::new();
    for (other, words) in [("b.yaml", "510 changed or new"), ("c.yaml", "all changed")] {
        let diff = [sortie(), "diff", "a.yaml", other];
        let peak = peak_kibibytes(&diff, folder.path()) / 1024.0;
        let what = format!("peak memory of diff, {LAUNCHES} launches against {LAUNCHES}, {words}");
        figures.push(Figure::at_most(what, peak, " MB", 64.0, 1));
        let ratio = median(rounds, || cpu_seconds(&diff, folder.path(), &[]) / cpu_seconds(&once, folder.path(), &[]));
        let what = format!("diff of {LAUNCHES} launches, {words}, against planning once");
        // What differs is made again, on both sides: where all of it does, that is once more for each.
        let bar = if other == "b.yaml" { 2.2 } else { 4.4 };
        figures.push(Figure::at_most(what, ratio, " x", bar, 2));
    }
    figures
}

fn repository(rounds: usize) -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let write = |number: u32, region: &str| {
        fs::write(folder.path().join(format!("m{number:03}.yaml")), manifest(number, region)).unwrap();
    };
    for number in 0..MANIFESTS {
        write(number, "emea");
    }
    fs::write(folder.path().join("rows.csv"), "id,amount\nA,1\nB,2\nC,3\n").unwrap();
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    for arguments in
        [&["init", "--quiet", "--initial-branch=main"][..], &["add", "."], &["commit", "--quiet", "-m", "Begin"]]
    {
        let ran = Command::new("git").args(identity).args(arguments).current_dir(folder.path()).status().unwrap();
        assert!(ran.success());
    }
    for number in 0..CHANGED {
        write(number * 7, "apac");
    }
    let bench = std::env::current_exe().unwrap();
    let read = [bench.to_str().unwrap(), "read-folder", "."];
    let mut figures = Vec::new();
    for (command, bar) in [(&[sortie(), "validate", "."][..], 300.0), (&[sortie(), "diff", "main"], 1000.0)] {
        let seconds = |command: &[&str]| median(rounds, || cpu_seconds(command, folder.path(), &[]));
        let (took, yardstick) = (seconds(command), seconds(&read));
        let what = format!(
            "CPU of {}, {MANIFESTS} manifests ({:.1} times serde_yaml 0.9 reading them)",
            command[1..].join(" "),
            took / yardstick
        );
        figures.push(Figure::at_most(what, took * 1000.0, " ms", bar, 0));
    }
    figures
}

/// The median of `rounds` times of asking.
fn median(rounds: usize, ask: impl Fn() -> f64) -> f64 {
    let mut found: Vec<f64> = (0..rounds).map(|_| ask()).collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// Rows from number `first` on, of which the first `changed` have other amounts.
fn csv(first: usize, changed: usize) -> String {
    let mut text = "invoice_id,amount\n".to_owned();
    for row in first..first + LAUNCHES {
        let scattered = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
        let amount = scattered + u64::from(row < first + changed);
        writeln!(text, "INV-{row:07},{amount}").unwrap();
    }
    text
}

fn of_rows(name: &str, region: &str) -> String {
    format!(
        "version: 1\nname: bars\nfolder: Shared\nlimits: {{ launches: 100000 }}\njobs:\n  load:\n    release: Loader\n    for-each: {{ csv: {name}.csv, key: invoice_id, columns: {{ amount: number }} }}\n    arguments:\n      invoice: ${{{{ row.invoice_id }}}}\n      amount: ${{{{ row.amount }}}}\n      region: {region}\n"
    )
}

/// A manifest as a repository has them: params, a job of rows, one behind it, and a matrix.
fn manifest(number: u32, region: &str) -> String {
    format!(
        "# yaml-language-server: $schema=sortie.schema.json\nversion: 1\nname: night-{number}\nfolder: Finance/AP\nparams:\n  region: {{ type: string, enum: [emea, apac], default: {region} }}\nvars:\n  period: ${{{{ run.time | date(\"%Y-%m\") }}}}\nlimits: {{ launch: {{ rate: 10/s }} }}\njobs:\n  load:\n    release: Loader\n    arguments:\n      invoice: ${{{{ row.id }}}}\n      amount: ${{{{ row.amount }}}}\n      region: ${{{{ params.region }}}}\n      period: ${{{{ vars.period }}}}\n    for-each:\n      csv: rows.csv\n      key: id\n      columns: {{ amount: number }}\n  close:\n    release: Closer\n    needs: [load]\n    priority: High\n    arguments: {{ period: \"${{{{ vars.period }}}}\" }}\n  notify:\n    release: Notifier\n    matrix: {{ company: [1000, 2000, 3000] }}\n    arguments:\n      company: ${{{{ matrix.company }}}}\n      note: \"night {number} of ${{{{ params.region | upper }}}}\"\n"
    )
}
