//! What the text report says of robot jobs that were waited for.

use expect_test::expect;

use super::{hints, launch, written_by};
use crate::ledger::state::Verdict;
use crate::outcome::{FaultClass, JobOutcome, Judgement};

/// What came of four launches, and the policy that two of them did not meet; for a terminal with so many columns.
fn written(columns: Option<usize>) -> String {
    let ended = |id: &str, outcome, class: Option<FaultClass>, info: &str| {
        let mut launch = launch(id, Verdict::Started, &[7], None);
        launch.outcome = outcome;
        let job = &mut launch.robot_jobs[0];
        (job.outcome, job.class, job.info) = (outcome, class, Some(info.to_owned()));
        launch
    };
    let launches = [
        ended("a", Some(JobOutcome::Successful), None, "Job completed"),
        ended("b", Some(JobOutcome::Faulted), Some(FaultClass::Session), "\n Could not start executor.\nmore"),
        ended("c", Some(JobOutcome::Late), None, "not over 60 s after the last launch"),
        ended("d", None, None, ""),
    ];
    let failed = [("faulted".to_owned(), 1), ("late".to_owned(), 1)].into();
    let (tolerate, tolerated) = ("0".to_owned(), 0);
    let policy = Judgement { job: None, run: None, launches: 4, failed, tolerate, tolerated, is_met: false };
    written_by(&launches, hints(), vec![policy], columns)
}

#[test]
fn outcomes_stand_by_themselves_and_what_was_not_over_can_be_waited_for() {
    let expected = expect![[r#"
        4 launches of night
          run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
          time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

        Faulted (1)
          1 launch: session: Could not start executor.
            b  robot job 7 Pending

        Late: not over in time (1)
          1 launch: not over 60 s after the last launch
            c  robot job 7 Pending

        Started (1)
            d  robot job 7

        Successful (1)
            a  robot job 7 Pending

        Result
          verdicts 4 started
          outcomes 1 successful, 1 faulted, 1 late
          policy   2 of 4 launches failed (1 faulted, 1 late), 0 tolerated: not met
          exit     0: success

        What to do next
          2 launches were not over when the run ended. Go on waiting; this starts
          nothing again:
              sortie resume 0eaac680e5ee54d79efbe8f48c29e504
          Look at the faults: where the work is not done, start those launches again:
              sortie rerun 0eaac680e5ee54d79efbe8f48c29e504 --failed
          Do not run the manifest again: launches that were started would start twice.
    "#]];
    expected.assert_eq(&written(None));
}

#[test]
fn a_narrow_terminal_cuts_no_word_and_loses_none() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for columns in [1, 30, 40, 60, 79, 80, 200] {
        let narrow = written(Some(columns));
        assert_eq!(words(&narrow), words(&written(None)), "{columns}");
        // A command stays one line, to be copied; a run's id is a word.
        let is_cut = |line: &&str| line.chars().count() > columns && !line.contains("sortie ") && words(line).len() > 2;
        let cut: Vec<&str> = narrow.lines().filter(is_cut).collect();
        assert!(columns < 30 || cut.is_empty(), "{columns}: {cut:?}");
    }
    let narrow = written(Some(40));
    let result = narrow.split("\n\n").find(|part| part.starts_with("Result")).expect("it has a result");
    expect![[r#"
        Result
          verdicts 4 started
          outcomes 1 successful, 1 faulted, 1
                   late
          policy   2 of 4 launches failed (1
                   faulted, 1 late), 0
                   tolerated: not met
          exit     0: success
    "#]]
    .assert_eq(&format!("{result}\n"));
}
