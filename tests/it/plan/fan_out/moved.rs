//! `moved`: jobs under another name, whose launches keep their ids.

use expect_test::expect;

use crate::plan::check;

#[test]
fn launches_of_a_job_that_was_renamed_keep_the_ids_of_its_first_name() {
    check(
        "moved: [{from: load, to: fetch}, {from: fetch, to: fetch-invoices}]\njobs: {fetch-invoices: {release: L, matrix: {n: [1, 2]}}, b: {release: M}}\n",
        expect![[r#"
            load/1 in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            load/2 in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            b in Shared: {"ReleaseName":"M","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
        "#]],
    );
}

#[test]
fn what_cannot_be_the_same_job_is_refused_where_it_is_written() {
    for (moved, expected) in [
        // Two jobs swapped names.
        (
            "{from: a, to: b}, {from: b, to: a}",
            expect![[r#"
                conflict 4:16 [a] job `a` is still there, so it has no other name | names that were swapped cannot be told apart by `moved`: give one of the two jobs a new name
                conflict 4:34 [b] job `b` is still there, so it has no other name | names that were swapped cannot be told apart by `moved`: give one of the two jobs a new name
            "#]],
        ),
        // In a circle, and to no job.
        (
            "{from: x, to: y}, {from: y, to: x}",
            expect![[r#"
                conflict 4:16 [x] `x` is moved in a circle, and to no job | the last `to` is the name that the job has now
                conflict 4:34 [y] `y` is moved in a circle, and to no job | the last `to` is the name that the job has now
            "#]],
        ),
        // A job that has its own name.
        (
            "{from: a, to: a}",
            expect![[r#"
                conflict 4:16 [a] job `a` is still there, so it has no other name | remove this entry, or rename the job; two jobs cannot have the same launch ids
            "#]],
        ),
        (
            "{from: x, to: a}, {from: x, to: a}",
            expect![[r#"
                conflict 4:34 [x] job `x` is moved twice | keep one of the entries
            "#]],
        ),
        (
            "{from: x}",
            expect![[r#"
                missing-key 4:9 [{from: x}] item 1 of `moved` lacks `to` | add `to: backfill`
            "#]],
        ),
    ] {
        check(&format!("moved: [{moved}]\njobs: {{a: {{release: L}}, b: {{release: L}}}}\n"), expected);
    }
}

#[test]
fn jobs_are_named_as_they_are_called_now_everywhere_else() {
    check(
        "moved: [{from: old, to: new}]\njobs: {new: {release: L}, b: {release: M, needs: [old]}}\n",
        expect![[r#"
            unknown-name 5:51 [old] there is no job `old`
        "#]],
    );
}
