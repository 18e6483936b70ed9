//! Params: their types, their values, and what is refused.

use super::*;

const PARAMS: &str = "version: 1\nname: test\nfolder: F\nparams:\n  s: {type: string, enum: [x, y]}\n  i: {type: integer, default: 1}\n  n: {type: number, default: 1.5}\n  b: {type: boolean, default: true}\n  j: {type: json, default: [1]}\njobs:\n  a: {release: L, arguments: {s: '${{ params.s }}', i: '${{ params.i }}', n: '${{ params.n }}', b: '${{ params.b }}', j: '${{ params.j }}'}}\n";

#[test]
fn params_are_read_by_their_types() {
    check_with(
        param("s", "x"),
        PARAMS,
        expect![[r#"
        a in F: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"s\":\"x\",\"i\":1,\"n\":1.5,\"b\":true,\"j\":[1]}","Reference":""}
    "#]],
    );
    check_with(
        |_| {},
        PARAMS,
        expect![[r#"
        parameter 5:3 [s] param `s` needs a value | give it: --param s=...
    "#]],
    );
    check_with(
        param("s", "z"),
        PARAMS,
        expect![[r#"
        parameter 5:3 [s] the value given for param `s` is not one of its choices | one of "x", "y"
    "#]],
    );
    check_with(
        |inputs| {
            for (name, text) in
                [("s", "y"), ("i", "9007199254740993"), ("n", "2"), ("b", "false"), ("j", r#"{"k": null}"#)]
            {
                param(name, text)(inputs);
            }
        },
        PARAMS,
        expect![[r#"
            a in F: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"s\":\"y\",\"i\":9007199254740993,\"n\":2,\"b\":false,\"j\":{\"k\":null}}","Reference":""}
        "#]],
    );
    check_with(
        |inputs| {
            for (name, text) in [("s", "y"), ("i", "1.5"), ("n", "two"), ("b", "yes"), ("j", "{"), ("k", "1")] {
                param(name, text)(inputs);
            }
        },
        PARAMS,
        expect![[r#"
            parameter 1:1 [version] this manifest declares no param `k` | it declares `s`, `i`, `n`, `b`, `j`
            parameter 6:3 [i] the value given for param `i` does not fit: it must be an integer | its type is declared here: give it as in `--param i=5`
            parameter 7:3 [n] the value given for param `n` does not fit: it must be a number | its type is declared here: give it as in `--param n=12.5`
            parameter 8:3 [b] the value given for param `b` does not fit: it must be true or false | its type is declared here: give it as in `--param b=true`
            parameter 9:3 [j] the value given for param `j` does not fit: not JSON: EOF while parsing an object at line 1 column 1 | its type is declared here: give it as in `--param j:='{"a": [1, 2]}'`
        "#]],
    );
}

#[test]
fn declarations_of_params_are_held_to_their_own_types() {
    check(
        "params:\n  a: {type: integer, default: x}\n  b: {type: string, enum: [x, 1]}\n  c: {type: string, enum: [x, z], default: y}\n  d: {type: number, default: 1, required: true}\njobs: {a: {release: L}}\n",
        expect![[r#"
            parameter 5:31 [x] the default of param `a` is not an integer | write it without quotes, or declare another `type`
            parameter 6:31 [1] this choice of param `b` is not text | every item of `enum` is of the param's `type`
            parameter 7:44 [y] the default of param `c` is not one of its choices | add it to `enum`, or choose one of those
            conflict 8:30 [1] param `d` is required, so its default is never used | drop one of the two
        "#]],
    );
}
