//! Likely mistakes, each put right at the first try by its help line alone.
//!
//! A row has the mistake between `«` and `»`, and what its author does who reads the help and knows nothing else. The words
//! that this follows stand in the help; what comes out is a manifest of which nothing is said.

use sortie::diagnostic::{Diagnostic, Severity};
use sortie::ids::FolderRef;
use sortie::plan;
use sortie::source::Packed;

use crate::plan::inputs;

/// What the author does.
enum Fix {
    /// Puts the help's first text in backticks where the caret is.
    AtCaret,
    /// Follows these words of the help: the first text becomes the second.
    Says(&'static str, &'static str, &'static str),
}
use Fix::{AtCaret, Says};

/// What is said of a manifest, in the folder `Shared`, with a data file beside it.
fn said(text: &str) -> Vec<Diagnostic> {
    let mut inputs = inputs(text);
    inputs.folder = Some(FolderRef::Path("Shared".to_owned()));
    inputs.files.insert("rows.csv".to_owned(), Packed::from("id,amount,kind\n1,5,late\n"));
    plan::make(&inputs).1.into_parts().1
}

/// Why the mistake in `body` is not put right by its help.
fn unfixed(body: &str, fix: &Fix) -> Option<String> {
    let head = if body.contains("name: ") { "version: 1\n" } else { "version: 1\nname: night\n" };
    let marked = format!("{head}{body}");
    let (start, end) = (marked.find('«')?, marked.find('»')? - '«'.len_utf8());
    let text = marked.replace(['«', '»'], "");
    let found = said(&text);
    let Some(first) = found.first().filter(|first| first.severity == Severity::Error) else {
        return Some(format!("nothing is said of\n{text}\n{found:?}"));
    };
    let help = first.help.as_deref().unwrap_or_default();
    let fixed = match fix {
        AtCaret if first.place.span.start as usize != start => return Some(format!("another place\n{text}{first:?}")),
        AtCaret => {
            let Some(word) = help.split('`').nth(1) else { return Some(format!("no word to write\n{text}{help}")) };
            format!("{}{word}{}", &text[..start], &text[end..])
        }
        Says(words, from, to) => {
            if !help.contains(words) {
                return Some(format!("the help does not say {words:?}\n{text}{}: {help}", first.what));
            }
            assert!(text.contains(from), "{from} stands in\n{text}");
            text.replacen(from, to, 1)
        }
    };
    let left = said(&fixed);
    (!left.is_empty()).then(|| format!("still wrong by `{help}`\n{fixed}{left:?}"))
}

#[test]
fn each_mistake_is_put_right_at_the_first_try_by_its_help_line_alone() {
    assert!(MISTAKES.len() >= 70, "{}", MISTAKES.len());
    let unfixed: Vec<String> = MISTAKES.iter().filter_map(|(body, fix)| unfixed(body, fix)).collect();
    assert!(unfixed.is_empty(), "{} of {}:\n\n{}", unfixed.len(), MISTAKES.len(), unfixed.join("\n\n"));
}

#[test]
fn a_help_that_does_not_lead_there_is_found() {
    assert!(unfixed("jobs:\n  load:\n    «relaese»: R\n", &Says("did you mean", "relaese", "process")).is_some());
    assert!(unfixed("jobs:\n  load:\n    «relaese»: R\n", &Says("call a friend", "relaese", "release")).is_some());
    assert!(unfixed("jobs:\n  load:\n    «release»: R\n", &AtCaret).is_some(), "no mistake");
}

const MISTAKES: &[(&str, Fix)] = &[
    // Keys.
    ("«job»:\n  load: { release: R }\n", AtCaret),
    ("jobs:\n  load:\n    «relaese»: R\n", AtCaret),
    ("jobs:\n  load:\n    «process»: R\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    «inputArguments»: { a: 1 }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    «args»: { a: 1 }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    «for_each»: { csv: rows.csv, key: id }\n", AtCaret),
    ("«parameters»: {}\njobs:\n  load: { release: R }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    stop: { after: 2h, «kill_after»: 60s }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    «dependsOn»: [first]\n  first: { release: R }\n", AtCaret),
    ("jobs:\n  «load invoices»:\n    release: R\n", AtCaret),
    ("name: «My First Batch»\njobs:\n  load: { release: R }\n", AtCaret),
    (
        "jobs:\n  load:\n    release: R\n    «timeout»: 2h\n",
        Says("belongs below `wait`", "timeout: 2h", "wait: { timeout: 2h }"),
    ),
    (
        "limits: { «rate»: 10/s }\njobs:\n  load: { release: R }\n",
        Says("belongs below `launch`", "rate: 10/s", "launch: { rate: 10/s }"),
    ),
    (
        "«runtime»: Unattended\njobs:\n  load: { release: R }\n",
        Says("or `defaults`", "runtime: Unattended", "defaults: { runtime: Unattended }"),
    ),
    (
        "schedule: { «cron»: '0 2 * * *' }\njobs:\n  load: { release: R }\n",
        Says("`slot: 1d`", "cron: '0 2 * * *'", "slot: 1d"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    «release»: Other\n",
        Says("remove one of the two", "    release: Other\n", ""),
    ),
    ("jobs:\n  load: { «folder»: F }\n", Says("write `release:` in the job", "folder: F", "folder: F, release: R")),
    (
        "jobs:\n  - «load»:\n    release: R\n",
        Says(
            "write `load:`, and what belongs to it indented",
            "  - load:\n    release: R\n",
            "  load:\n    release: R\n",
        ),
    ),
    (
        "jobs:\n  - «name»: load\n    release: R\n",
        Says(
            "write `load:`, and what belongs to it indented",
            "  - name: load\n    release: R\n",
            "  load:\n    release: R\n",
        ),
    ),
    (
        "jobs:\n  load:\n    release: R\n    «steps»: [a]\n",
        Says("write a job for each", "    release: R\n    steps: [a]\n", "    release: R\n  a:\n    release: R\n"),
    ),
    // Values.
    (
        "jobs:\n  load:\n    release: R\n    arguments: «region=emea»\n",
        Says("`{ invoice: INV-001", "region=emea", "{ region: emea }"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      - «message»: Aloha\n",
        Says("without dashes", "- message", "message"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    robots: «ETL-01»\n",
        Says("`[` before it and `]` behind it", "ETL-01", "[ETL-01]"),
    ),
    ("jobs:\n  load:\n    release: R\n    count: «three»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    count: «2.5»\n", Says("without a fraction", "2.5", "2")),
    ("jobs:\n  load:\n    release: R\n    count: «'3'»\n", Says("remove the quotes", "'3'", "3")),
    ("jobs:\n  load:\n    release: R\n    priority: «Critical»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    runtime: «unattended»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    once: «yes»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    stop: «2h»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    stop: { after: «7200» }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    wait: «2h»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    retry: «3»\n", AtCaret),
    ("limits: { launch: «5» }\njobs:\n  load: { release: R }\n", AtCaret),
    ("limits: { launch: { rate: «10» } }\njobs:\n  load: { release: R }\n", AtCaret),
    ("limits: { launch: { rate: «10 per minute» } }\njobs:\n  load: { release: R }\n", AtCaret),
    (
        "folder: «7»\njobs:\n  load: { release: R }\n",
        Says("write `folder: { id: 7 }`", "folder: 7", "folder: { id: 7 }"),
    ),
    ("folder: { id: «'7'» }\njobs:\n  load: { release: R }\n", Says("remove the quotes", "'7'", "7")),
    ("folder: «{ id: 7, path: Finance }»\njobs:\n  load: { release: R }\n", Says("`folder: { path: ", "id: 7, ", "")),
    ("jobs:\n  load:\n    release: { key: «5b754c63-5d1a-4c37-bb9b» }\n", AtCaret),
    ("params: { n: { type: «int», default: 5 } }\njobs:\n  load: { release: R }\n", AtCaret),
    ("params: { n: «5» }\njobs:\n  load: { release: R }\n", AtCaret),
    (
        "params: { n: { type: integer, default: «'5'» } }\njobs:\n  load: { release: R }\n",
        Says("without quotes", "'5'", "5"),
    ),
    ("params: { «load-x»: { type: string, default: a } }\njobs:\n  load: { release: R }\n", AtCaret),
    ("env: «{ BRANCH: main }»\njobs:\n  load: { release: R }\n", AtCaret),
    ("secrets: { token: «abc» }\njobs:\n  load: { release: R }\n", AtCaret),
    ("schedule: { slot: «daily» }\njobs:\n  load: { release: R }\n", AtCaret),
    ("schedule: { slot: 1d, zone: «Berlin» }\njobs:\n  load: { release: R }\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    robots: [«\"ACME\\etl01\"»]\n", Says("double it", "\\etl01", "\\\\etl01")),
    ("jobs:\n  load:\n    release: R\n    arguments: { id: «12345678901234567890123» }\n", AtCaret),
    // Rules across keys.
    (
        "jobs:\n  load:\n    release: R\n    strategy: «Specific»\n",
        Says("add `robots: [ETL-01]`", "Specific\n", "Specific\n    robots: [ETL-01]\n"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    strategy: All\n    robots: «[ETL-01]»\n",
        Says("use `Specific`", "All", "Specific"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    robots: [ETL-01]\n    count: «3»\n",
        Says("`strategy: ModernJobsCount`", "    count", "    strategy: ModernJobsCount\n    count"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    strategy: JobsCount\n    machines: «[VM-01]»\n",
        Says("use `ModernJobsCount`", "JobsCount", "ModernJobsCount"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    start-info: { «entry-point-path»: main.xaml }\n",
        Says("`EntryPointPath`", "entry-point-path", "EntryPointPath"),
    ),
    // Expressions.
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: «${{» run.time\n",
        Says("close the expression", "run.time", "run.time }}"),
    ),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: «${ run.time }»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: '«{{ run.time }}»'\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: «{{ run.time }}»\n", AtCaret),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ run.time | «strftime»('%Y') }}\n", AtCaret),
    (
        "vars: { s: x }\njobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ «vars.s.toUpper()» }}\n",
        Says("`VALUE | upper`", "vars.s.toUpper()", "vars.s | upper"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ «now»() }}\n",
        Says("`run.time`", "now()", "run.time"),
    ),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ «null» }}\n", AtCaret),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ run.time | «date('YYYY-MM-DD')» }}\n",
        Says("`%Y-%m-%d`", "YYYY-MM-DD", "%Y-%m-%d"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: ${{ «'5' + 1» }}\n",
        Says("`| int`", "'5'", "('5' | int)"),
    ),
    (
        "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: R\n    arguments: { a: \"${{ «params.regoin» }}\" }\n",
        AtCaret,
    ),
    (
        "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: R\n    arguments: { a: \"${{ «region» }}\" }\n",
        AtCaret,
    ),
    (
        "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: R\n    if: ${{ params.region «=» 'emea' }}\n",
        AtCaret,
    ),
    (
        "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: R\n    if: ${{ params.region == 'emea' «&&» true }}\n",
        AtCaret,
    ),
    (
        "params: { late: { type: boolean, default: false } }\njobs:\n  load:\n    release: R\n    if: ${{ «!»params.late }}\n",
        Says("`not`", "!", "not "),
    ),
    (
        "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: R\n    if: «params.region == 'emea'»\n",
        Says("write `${{ ... }}` around it", "params.region == 'emea'", "${{ params.region == 'emea' }}"),
    ),
    // Rows and matrices.
    (
        "jobs:\n  load:\n    release: R\n    for-each: «{ csv: rows.csv }»\n",
        Says("add `key: ", "csv }", "csv, key: id }"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    for-each: «rows.csv»\n",
        Says("`{ csv: data/invoices.csv, key: ", "rows.csv", "{ csv: rows.csv, key: id }"),
    ),
    ("jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: «invoice» }\n", AtCaret),
    (
        "jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: id, columns: { «amout»: number } }\n",
        AtCaret,
    ),
    (
        "jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: id, columns: { amount: «decimal» } }\n",
        AtCaret,
    ),
    (
        "jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: id, where: «row.kind == 'late'» }\n",
        Says("write `${{ ... }}` around it", "row.kind == 'late'", "\"${{ row.kind == 'late' }}\""),
    ),
    (
        "jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: id }\n    arguments: { a: \"${{ «row.amuont» }}\" }\n",
        AtCaret,
    ),
    (
        "jobs:\n  load:\n    release: R\n    for-each: { csv: rows.csv, key: id }\n    arguments: { a: \"${{ «row.amount + 1» }}\" }\n",
        Says("`| int`", "row.amount", "(row.amount | int)"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    matrix: { company: «1000» }\n",
        Says("`[` before it and `]` behind it", "1000", "[1000]"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    matrix: { company: [1, 2] }\n    arguments: { a: \"${{ «matrix.compnay» }}\" }\n",
        AtCaret,
    ),
    // Slips of YAML.
    ("jobs:\n«\t»load:\n\t\trelease: R\n", Says("indent with spaces", "\tload:\n\t\trelease", "  load:\n    release")),
    ("jobs:\n  load:\n    «release:R»\n", Says("a space belongs after the colon", "release:R", "release: R")),
    ("jobs:\n  load«:»\n  release: R\n", Says("indent what belongs to the job", "  release", "    release")),
    (
        "jobs:\n  load:\n    release: R\n    robots:\n      «-ETL-01»\n",
        Says("a space belongs after each dash", "-ETL-01", "- ETL-01"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: Loader«:» nightly\n",
        Says("quote the value", "Loader: nightly", "'Loader: nightly'"),
    ),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: «@»home\n", Says("quote the value", "@home", "'@home'")),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: «\"»C:\\Users\"\n",
        Says("double the backslash", "C:\\", "C:\\\\"),
    ),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: «[»1, 2\n", Says("close it", "1, 2", "1, 2]")),
    (
        "folder: «[»\njobs:\n  load: { release: R }\n",
        Says("close it before the next line", "folder: [\n", "folder: F\n"),
    ),
    (
        "jobs:\n  load:\n    release: R\n    arguments:\n      a: «*»/5 * * * *\n",
        Says("needs quotes", "*/5 * * * *", "'*/5 * * * *'"),
    ),
    ("jobs:\n  load:\n    release: R\n    arguments:\n      a: «!secret» x\n", Says("remove it", "!secret ", "")),
];
