//! The quality bars of the project as one table: `cargo bench --bench bars`.
//!
//! Each figure is a ratio within one run, or a count, so that a slow or busy machine does not change it much. Times
//! are of whole processes, user and system, as the shell reports them. A bar that is not met is printed as such; the
//! command itself fails only where a run goes wrong. `BARS_ONLY` takes one part: `launching`, `planning`, `diff`, `policies` or `waiting`.
//! `BARS_WAITED` is how many robot jobs are waited for, in place of 20,000.

#![expect(clippy::print_stdout, reason = "the table is for people")]
#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod bare;
mod diff;
mod launching;
mod planning;
mod policies;
mod process;
mod proxy;
mod waiting;

/// One line of the table.
pub(crate) struct Figure {
    what: String,
    measured: String,
    bar: String,
    met: bool,
}

impl Figure {
    pub(crate) fn at_most(what: impl Into<String>, measured: f64, unit: &str, bar: f64, digits: usize) -> Self {
        Self {
            what: what.into(),
            measured: format!("{measured:.digits$}{unit}"),
            bar: format!("at most {bar:.digits$}{unit}"),
            met: measured <= bar,
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, url, token, launches] = arguments.as_slice()
        && mode == "bare"
    {
        bare::run(url, token, launches.parse().unwrap());
        return;
    }
    if let [_, mode, path] = arguments.as_slice() {
        match mode.as_str() {
            "expand" => return planning::expand(path),
            "read-yaml" => return planning::read_yaml(path),
            "policies" => return policies::plan(path == "under"),
            "expand-rows" => return diff::expand_rows(path),
            "read-folder" => return diff::read_folder(path),
            _ => {}
        }
    }
    if let Some(task) = waiting::run::WaitTask::of(&arguments[1..]) {
        return waiting::run::carry_out(task);
    }
    if let [_, mode, running_ms, clock, lists] = arguments.as_slice()
        && mode == "stand-in"
    {
        return waiting::stand_in::serve(running_ms.parse().unwrap(), clock == "hand", lists == "windows");
    }
    let launches: u32 = std::env::var("BARS_LAUNCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let rounds: usize = std::env::var("BARS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let only = std::env::var("BARS_ONLY").unwrap_or_default();
    let mut figures = Vec::new();
    let takes = |part: &str| only.is_empty() || only == part;
    if takes("launching") {
        figures.extend(launching::cpu(launches, rounds, 0, 1.5));
        figures.extend(launching::cpu(launches, rounds, 50, 1.3));
        figures.extend(launching::commits_and_connections(launches));
        figures.push(launching::cold_plan(rounds * 4 + 1));
    }
    if takes("planning") {
        figures.extend(planning::figures(rounds));
    }
    if takes("policies") {
        figures.extend(policies::figures(rounds));
    }
    if takes("diff") {
        figures.extend(diff::figures(rounds));
    }
    if takes("waiting") {
        let waited = std::env::var("BARS_WAITED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
        figures.extend(waiting::figures(waited));
    }
    let width = figures.iter().map(|figure| figure.what.len()).max().unwrap_or_default();
    println!("\n{:width$}  {:>14}  {:<18}", "what", "measured", "bar");
    for Figure { what, measured, bar, met } in figures {
        println!("{what:width$}  {measured:>14}  {bar:<18}  {}", if met { "met" } else { "NOT MET" });
    }
}
