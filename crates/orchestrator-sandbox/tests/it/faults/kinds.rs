//! Every fault that has a name, as a client sees it and as the record tells it. `docs/faults.md` shows the names.

use expect_test::{Expect, expect};
use orchestrator_sandbox::faults::{Fault, Operation, Reply, Storm};

use super::{Stand, hear};

/// One line: what came, how many robot jobs exist now, and after all has come that comes late.
fn told(fault: &Fault, on: Operation) -> String {
    let is_list = on == Operation::Jobs;
    let stand = Stand::always(on, fault.clone());
    let before = if is_list {
        drop(hear(stand.start("r")));
        2
    } else {
        0
    };
    let stream = if is_list {
        stand.get("/odata/Jobs?$filter=Reference%20eq%20'r'&$select=Id,Reference")
    } else {
        stand.start("r")
    };
    stand.until_recorded(if is_list { 2 } else { 1 });
    let at_once = stand.created().len() - before;
    // What neither waits for the clock nor for the end has been said before the clock moves: it may tell the time.
    let (stalls, silent) = (fault.to_string().contains("stall "), fault_is_silent(fault));
    let (stream, said) = if stalls || silent { (Some(stream), None) } else { (None, Some(hear(stream))) };
    stand.advance(2);
    let line = stand.sandbox.record().pop().unwrap();
    assert_eq!(line.fault, Some(fault.name()));
    let jobs = stand.created();
    let in_the_end = jobs.len() - before;
    if !is_list {
        assert_eq!(line.created.len(), in_the_end, "{fault}");
        assert_eq!(fault.creates(), in_the_end > 0, "{fault}");
    }
    let heard = match (said, stream) {
        (Some(heard), _) => heard,
        (None, stream) => {
            // A silent one ends with the sandbox, and not before.
            let kept = (!silent).then_some(stand.sandbox);
            let heard = hear(stream.expect("it was not heard yet"));
            drop(kept);
            heard
        }
    };
    let jobs = match (at_once, in_the_end) {
        (_, 0) => String::new(),
        (now, end) if now == end => format!("; creates {now}"),
        (_, end) => format!("; creates {end} later"),
    };
    format!("{:<24}{}{jobs}\n", fault.name(), heard.summary())
}

fn fault_is_silent(fault: &Fault) -> bool {
    fault.to_string().ends_with(&Reply::Never.to_string())
}

fn check(faults: &[Fault], on: &Operation, expected: &Expect) {
    let table: String = faults.iter().map(|fault| told(fault, on.clone())).collect();
    expected.assert_eq(&table);
}

fn storm() -> Storm {
    Storm::new(0, 1.0)
}

#[test]
fn each_kind_of_a_start_does_what_its_name_says() {
    check(
        &storm().starts(),
        &Operation::StartJobs,
        &expect![[r#"
            refuse                  400, code 1000
            reset-before            nothing, reset
            reset-after             nothing, reset; creates 2
            close-before            nothing
            lose-answer             nothing; creates 2
            cut-head                107 bytes of a head; creates 2
            cut-body                201, 1332 of 2664 bytes; creates 2
            cut-body-before         201, 32 of 64 bytes
            length-too-high         201, 2664 of 2671 bytes; creates 2
            length-too-low          201, 2664 of 2657 bytes; creates 2
            never-before            nothing
            never-after             nothing; creates 2
            slow-before             201, ids [160856,160857]; creates 2 later
            slow-after              201, ids [160856,160857]; creates 2
            throttled               429, code 0
            throttled-seconds       429, retry-after 2
            throttled-date          429, retry-after Sat, 31 Jan 2026 12:00:02 GMT
            500-before              500, code 0
            500-after               500, code 0; creates 2
            502-before              502, content-type text/html; charset=utf-8, "<!DOCTYPE html>"
            502-after               502, content-type text/html; charset=utf-8, "<!DOCTYPE html>"; creates 2
            503-before              503
            503-after               503; creates 2
            503-retry-before        503, retry-after 2
            503-retry-after         503, retry-after Sat, 31 Jan 2026 12:00:02 GMT; creates 2
            504-before              504
            504-after               504; creates 2
            520-before              520
            520-after               520; creates 2
            late-after-503          503; creates 2 later
            late-after-reset        nothing, reset; creates 2 later
            late-after-close        nothing; creates 2 later
            partial                 201, ids [160856]; creates 1
            partial-lost            nothing; creates 1
            twice                   201, ids [160856,160857,160858,160859]; creates 4
            twice-lost              nothing; creates 4
            html-200                200, content-type text/html; charset=utf-8, "<!DOCTYPE html>"; creates 2
            html-404                404, content-type text/html; charset=utf-8, "<!DOCTYPE html>"
            html-403-after          403, content-type text/html; charset=utf-8, "<!DOCTYPE html>"; creates 2
            garbage                 201, "{\"@odata.context\":\"http://127.0.0.1/odata/$metadata\",\"value\":[{\"Id\":1608"; creates 2
            empty-body              201; creates 2
            empty-list              201, ids []; creates 2
            empty-list-before       201, ids []
            wrong-ids               201, ids ["the first"]; creates 2
            not-utf8                201, "{\"value\":[{\"Id\":160856,\"Info\":\"caf�\",\"State\":\"Pending\"}]}"; creates 2
            unlisted                201, ids [160856,160857]; creates 2
            unlisted-lost           nothing; creates 2
        "#]],
    );
}

#[test]
fn each_kind_of_a_list_does_what_its_name_says() {
    check(
        &storm().lists(),
        &Operation::Jobs,
        &expect![[r#"
            list-throttled          429, retry-after 2
            list-500                500, code 0
            list-503                503, retry-after 2
            list-reset              nothing, reset
            list-close              nothing
            list-never              nothing
            list-cut-body           200, 64 of 128 bytes
            list-html               200, content-type text/html; charset=utf-8, "<!DOCTYPE html>"
            list-garbage            200, "{\"@odata.context\":\"http://127.0.0.1/odata/$metadata\",\"value\":[{\"Id\":1608"
            list-empty              200, ids []
            list-without-reference  200, ids [160856,160857]
            list-refuses-reference  400, code 1000
        "#]],
    );
}

#[test]
fn kinds_outside_of_a_storm_do_what_their_names_say() {
    let names = ["expire-tokens", "unauthorized", "redirect", "partial-claimed", "twice-claimed", "nothing-claimed"];
    let faults: Vec<Fault> = names.iter().map(|name| Fault::by_name(name).unwrap()).collect();
    check(
        &faults,
        &Operation::StartJobs,
        &expect![[r#"
            expire-tokens           401
            unauthorized            401
            redirect                307, location https://elsewhere.invalid/login
            partial-claimed         201, ids [160856,1000000001]; creates 1
            twice-claimed           201, ids [160856,160857]; creates 4
            nothing-claimed         201, ids [1000000000,1000000001]
        "#]],
    );
}

#[test]
fn the_manual_lists_every_name_with_what_it_creates() {
    let manual = include_str!("../../../../../docs/faults.md");
    for fault in storm().starts().into_iter().chain(storm().lists()) {
        let start = format!("| `{}` |", fault.name());
        let line = manual.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("`{}` is not in the manual", fault.name()));
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let on_start = storm().starts().contains(&fault);
        assert_eq!(last != "-" && !last.is_empty(), fault.creates() && on_start, "{line}");
    }
}
