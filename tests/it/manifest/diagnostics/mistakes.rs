//! Likely mistakes: each one error, at the place that is to be changed, that says what to do.
//!
//! `mistakes.txt` has what is said: a reader of it is a person who has just made the mistake.

use expect_test::expect_file;
use sortie::diagnostic::Severity;
use sortie::ids::FolderRef;
use sortie::plan;
use sortie::source::Packed;

use crate::plan::inputs;

/// What is said about `body` below the head of a manifest. What is wrong in it stands between `«` and `»`, and what
/// is said begins there.
#[track_caller]
fn told(body: &str) -> String {
    let marked = format!("version: 1\nname: night\n{body}");
    let start = marked.find('«').expect("the mistake is marked");
    let mut inputs = inputs(&marked.replace(['«', '»'], ""));
    inputs.folder = Some(FolderRef::Path("Shared".to_owned()));
    inputs.files.insert("rows.csv".to_owned(), Packed::from("id,amount\n1,5\n"));
    let (_, found) = plan::make(&inputs).1.into_parts();
    let [only] = found.as_slice() else { panic!("{} complaints about\n{body}\n{found:#?}", found.len()) };
    assert_eq!((only.severity, only.place.span.start as usize), (Severity::Error, start), "{body}\n{only:?}");
    let help = only.help.as_deref().unwrap_or_else(|| panic!("nothing is said to do about\n{body}\n{only:?}"));
    format!("{body}  error[{}]: {}\n  help: {help}\n\n", only.code, only.what)
}

#[test]
fn each_likely_mistake_is_one_error_that_says_what_to_do() {
    assert!(MISTAKES.len() >= 50);
    expect_file!["mistakes.txt"].assert_eq(&MISTAKES.iter().map(|body| told(body)).collect::<String>());
}

const MISTAKES: &[&str] = &[
    // Keys that are misspelt or called otherwise.
    "«job»:\n  load: { release: Loader }\n",
    "jobs:\n  load:\n    «relaese»: Loader\n",
    "jobs:\n  load:\n    «process»: Loader\n",
    "jobs:\n  load:\n    release: Loader\n    «inputArguments»: { a: 1 }\n",
    "jobs:\n  load:\n    release: Loader\n    «args»: { a: 1 }\n",
    "jobs:\n  load:\n    release: Loader\n    «for_each»: { csv: rows.csv, key: id }\n",
    "jobs:\n  load:\n    release: Loader\n    «timeout»: 2h\n",
    "limits: { «rate»: 10/s }\njobs:\n  load:\n    release: Loader\n",
    "«runtime»: Unattended\njobs:\n  load:\n    release: Loader\n",
    "«parameters»: {}\njobs:\n  load:\n    release: Loader\n",
    "jobs:\n  load:\n    release: Loader\n    stop: { after: 2h, «kill_after»: 60s }\n",
    "schedule: { «cron»: '0 2 * * *' }\njobs:\n  load:\n    release: Loader\n",
    "jobs:\n  «load invoices»:\n    release: Loader\n",
    "jobs:\n  load:\n    release: Loader\n    «release»: Other\n",
    "jobs:\n  load:\n    release: Loader\n  «load»: { release: Other }\n",
    // Values of another type or form.
    "jobs:\n  load:\n    release: Loader\n    arguments: «region=emea»\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      - «message»: Aloha\n",
    "jobs:\n  load:\n    release: Loader\n    robots: «ETL-01»\n",
    "jobs:\n  load:\n    release: Loader\n    count: «three»\n",
    "jobs:\n  load:\n    release: Loader\n    count: «2.5»\n",
    "jobs:\n  load:\n    release: Loader\n    priority: «Critical»\n",
    "jobs:\n  load:\n    release: Loader\n    runtime: «unattended»\n",
    "jobs:\n  load:\n    release: Loader\n    once: «yes»\n",
    "jobs:\n  load:\n    release: Loader\n    stop: «2h»\n",
    "jobs:\n  load:\n    release: Loader\n    stop: { after: «7200» }\n",
    "jobs:\n  load:\n    release: Loader\n    machine-sessions: [«VM-01»]\n",
    "folder: «7»\njobs:\n  load:\n    release: Loader\n",
    "folder: { id: «'7'» }\njobs:\n  load:\n    release: Loader\n",
    "jobs:\n  load:\n    release: { key: «5b754c63-5d1a-4c37-bb9b» }\n",
    "params: { n: { type: «int», default: 5 } }\njobs:\n  load:\n    release: Loader\n",
    "params: { n: «5» }\njobs:\n  load:\n    release: Loader\n",
    "params: { n: { type: integer, default: «'5'» } }\njobs:\n  load:\n    release: Loader\n",
    "env: «{ BRANCH: main }»\njobs:\n  load:\n    release: Loader\n",
    "limits: { launch: { rate: «10» } }\njobs:\n  load:\n    release: Loader\n",
    "limits: { launch: { rate: «10 per minute» } }\njobs:\n  load:\n    release: Loader\n",
    "schedule: { slot: «daily» }\njobs:\n  load:\n    release: Loader\n",
    "schedule: { slot: 1d, zone: «Berlin» }\njobs:\n  load:\n    release: Loader\n",
    "jobs:\n  load:\n    release: Loader\n    environment: { LINES: «\"a\\nb\"» }\n",
    // Rules across keys.
    "jobs:\n  load:\n    release: Loader\n    strategy: «Specific»\n",
    "jobs:\n  load:\n    release: Loader\n    strategy: All\n    robots: «[ETL-01]»\n",
    "jobs:\n  load:\n    release: Loader\n    robots: [ETL-01]\n    count: «3»\n",
    "jobs:\n  load:\n    release: Loader\n    strategy: JobsCount\n    machines: «[VM-01]»\n",
    "jobs:\n  load:\n    release: Loader\n    priority: High\n    start-info: { «SpecificPriorityValue»: 50 }\n",
    "jobs:\n  load:\n    release: Loader\n    start-info: { «entry-point-path»: main.xaml }\n",
    "jobs:\n  load:\n    release: Loader\n    input-file: «a.json»\n    arguments: { a: 1 }\n",
    "params: { «region»: { type: string } }\njobs:\n  load:\n    release: Loader\n",
    "vars: { «a»: \"${{ vars.b }}\", b: \"${{ vars.a }}\" }\njobs:\n  load:\n    release: Loader\n",
    "folder: «{ id: 7, path: Finance }»\njobs:\n  load:\n    release: Loader\n",
    "secrets: { token: «abc» }\njobs:\n  load:\n    release: Loader\n",
    // Expressions.
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «${{» run.time\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «${ run.time }»\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: '«{{ run.time }}»'\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ run.time | «strftime»('%Y') }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «now»() }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «env.BRANCH» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «github».sha }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «null» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «secrets.token» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «row».amount }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ run.time | «date('YYYY-MM-DD')» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «'5' + 1» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ 'five' | «int» }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ 1 «+» }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «params.regoin» }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ «region» }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    if: ${{ params.region «=» 'emea' }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    if: ${{ params.region == 'emea' «&»& true }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    if: ${{ «!»params.region }}\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    if: «params.region == 'emea'»\n",
    "params: { region: { type: string, default: emea } }\njobs:\n  load:\n    release: Loader\n    if: «${{ params.region }}»\n",
    "params: { «load-x»: { type: string, default: a } }\njobs:\n  load:\n    release: Loader\n",
    // Rows and matrices.
    "jobs:\n  load:\n    release: Loader\n    for-each: «{ csv: rows.csv }»\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: «rows.csv»\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: «invoice» }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id, columns: { «amout»: number } }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id, columns: { amount: «decimal» } }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id, where: «amount > 5» }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id }\n    arguments: { a: \"${{ «row.amuont» }}\" }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id }\n    arguments: { a: \"${{ «row.amount + 1» }}\" }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: «../rows.csv», key: id }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: «'https://example.com/rows.csv'», key: id }\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { «xlsx»: rows.xlsx, key: id }\n",
    "jobs:\n  load:\n    release: Loader\n    matrix: { company: «1000» }\n",
    "jobs:\n  load:\n    release: Loader\n    matrix: { company: [1, 2] }\n    arguments: { a: \"${{ «matrix.compnay» }}\" }\n",
    "jobs:\n  load:\n    release: Loader\n    matrix: { company: [1, 2], exclude: [«{ compnay: 2 }»] }\n",
    "jobs:\n  load:\n    release: Loader\n    matrix: { company: [1, «1»] }\n",
    // Slips of yaml.
    "jobs:\n«\t»load:\n\t\trelease: Loader\n",
    "jobs:\n  load:\n    «release:Loader»\n",
    "jobs:\n  load«:»\n  release: Loader\n",
    "jobs:\n  load:\n    release: Loader\n    robots:\n      «-ETL-01»\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «{{ run.time }}»\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: ${{ {'x'«:» 1} }}\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: Loader«:» nightly\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «@»home\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «\"»C:\\Users\"\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «[»1, 2\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «*»/5 * * * *\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «!secret» x\n",
    "jobs:\n  load:\n    release: Loader\n    arguments:\n      a: «12345678901234567890123»\n",
    // One row, and many.
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id, batch: { rows: 2 } }\n    arguments:\n      id: ${{ «row».id }}\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id }\n    arguments:\n      ids: ${{ «rows» }}\n",
    "jobs:\n  load:\n    release: Loader\n    for-each: { csv: rows.csv, key: id, batch: «50» }\n",
];
