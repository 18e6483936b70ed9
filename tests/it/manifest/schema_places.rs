//! Where expressions and secrets may not stand, and how much is told.

use expect_test::expect;
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::source::Sources;
use sortie::{manifest, schema};

use crate::manifest::schema::{check, check_job, violations};

#[test]
fn expressions_are_refused_where_nothing_is_evaluated_yet() {
    check(
        "version: ${{ v }}\nname: a-${{ x }}\nenv: ['${{ e }}']\njobs: {a: {release: R}}\n",
        expect![[r#"
        1:10 expression-place no expression may stand in `version` | write the value itself
        2:9 expression-place no expression may stand in `name` | write the value itself
        3:8 expression-place no expression may stand in `env` | write the value itself
    "#]],
    );
    check(
        "version: 1\nname: a\nparams: {p: {type: string, default: 'x ${{ y }}'}}\njobs: {a: {release: R}}\n",
        expect![[r#"
            3:40 expression-place no expression may stand in `params` | write the value itself
        "#]],
    );
    check(
        "version: 1\nname: a\nlimits: {launches: '${{ n }}'}\nreports: [{format: json, path: '${{ p }}'}]\njobs: ${{ j }}\n",
        expect![[r#"
            3:21 expression-place no expression may stand in `limits` | write the value itself
            4:33 expression-place no expression may stand in `reports` | write the value itself
            5:7 expression-place no expression may stand in `jobs` | write the value itself
        "#]],
    );
    check_job(
        "needs: ['${{ x }}']",
        expect![[r#"
        6:14 expression-place no expression may stand in `needs` | write the value itself
    "#]],
    );
    check_job(
        "for-each: {csv: '${{ f }}', key: id, where: '${{ row.a }}'}",
        expect![[r#"
        6:22 expression-place no expression may stand in `for-each` | write the value itself
    "#]],
    );
    check_job(
        "arguments: {'${{ k }}': 1, note: '$${{ literal }}'}",
        expect![[r#"
        6:17 expression-place no expression may stand in a key | write the key out; several launches with different keys are several jobs
    "#]],
    );
    check(
        "version: 1\nname: a\nx-free: '${{ x }}'\ndescription: 'made by ${{ run.name }}'\njobs: {a: {release: R}}\n",
        expect![[""]],
    );
}

#[test]
fn secrets_are_never_written_out() {
    let text = "version: 1\nname: a\nsecrets: {one: hunter2, two: {value: hunter2}, three: {env: [hunter2]}}\njobs: {a: {release: R}}\n";
    check(
        text,
        expect![[r#"
        3:16 wrong-type `one` must be a mapping, and this is text | a secret's value never stands in a manifest; say where it comes from: `{ env: NAME }`
        3:31 unknown-key `two` has no key `value` | `two` takes `env`, `file` or `command`
        3:61 wrong-type `env` must be text, and this is a list | a secret's value never stands in a manifest; say where it comes from: `{ env: NAME }`
    "#]],
    );
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    let document = manifest::parse(&sources, id).into_parts().0.expect("the text is YAML");
    let found = schema::check(&document);
    let shown = render(&found, &sources, Styles::PLAIN);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_flood_of_violations_ends() {
    let text = format!("version: 1\nname: a\nenv: [{}]\njobs: {{a: {{release: R}}}}\n", "1,".repeat(200_000));
    assert_eq!(violations(&text).lines().count(), 101);
}
