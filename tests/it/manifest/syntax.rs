//! What breaks the syntax is explained where it breaks.

use expect_test::expect;

use crate::manifest::check;

#[test]
fn bare_braces_are_explained() {
    check(
        "a: {{ x }}\n",
        expect![[r#"
        bare-braces 1:4..1:11 `{{ }}` lacks its dollar sign | write an expression as `${{ x }}`; braces that are meant as text need quotes
    "#]],
    );
    check(
        "a: {{ x }}-suffix\nb: 1\n",
        expect![[r#"
        bare-braces 1:4..1:11 `{{ }}` lacks its dollar sign | write an expression as `${{ x }}`; braces that are meant as text need quotes
    "#]],
    );
    check(
        "a:\n  - {{ rows[\"x\"] | f(\", \") }}\n",
        expect![[r#"
        bare-braces 2:5..2:30 `{{ }}` lacks its dollar sign | write an expression as `${{ rows["x"] | f(", ") }}`; braces that are meant as text need quotes
    "#]],
    );
    check(
        "a: {{ x\nb: 2\n",
        expect![[r#"
        bare-braces 1:4..1:8 `{{ }}` lacks its dollar sign | write an expression as `${{ x`; braces that are meant as text need quotes
    "#]],
    );
    check(
        "a: {b: {c: 1}}\nd: '{{ x }}'\n",
        expect![[r#"
        {"a":{"b":{"c":1}},"d":"{{ x }}"}
    "#]],
    );
}

#[test]
fn an_expression_in_a_flow_collection_needs_quotes() {
    check(
        "a: { b: ${{ x }} }\n",
        expect![[r#"
        syntax 1:10..1:11 an unquoted `${{ }}` cannot stand between { } or [ ] | put it in quotes (it keeps its type), or write the list or mapping over several lines
    "#]],
    );
    check(
        "a: [${{ x }}]\n",
        expect![[r#"
        syntax 1:6..1:7 an unquoted `${{ }}` cannot stand between { } or [ ] | put it in quotes (it keeps its type), or write the list or mapping over several lines
    "#]],
    );
    check(
        "a: ${{ x == \"b: c\" }}\n",
        expect![[r#"
        syntax 1:15..1:16 `: ` inside an unquoted value begins a mapping | put the whole value in single quotes
    "#]],
    );
    check(
        "a: [\"${{ x }}\"]\nb: ${{ y }}\n",
        expect![[r#"
        {"a":["${{ x }}"],"b":"${{ y }}"}
    "#]],
    );
}

#[test]
fn syntax_is_explained_where_it_breaks() {
    for (text, expected) in [
        (
            "a:\n\tb: 1\n",
            expect![[r#"
                syntax 2:1..2:2 a tab stands where YAML wants spaces | indent with spaces
            "#]],
        ),
        (
            "a: \"x\nb: 1\n",
            expect![[r#"
            syntax 1:4..1:5 the quote that opens here is never closed | close it, and double or escape quotes inside
        "#]],
        ),
        (
            "a: [1, 2\nb: 3\n",
            expect![[r#"
                syntax 1:4..1:5 `[` is never closed | close it before the next line begins a new key | 2:2 here it no longer fits
            "#]],
        ),
        (
            "a: {b: 1]\n",
            expect![[r#"
            syntax 1:4..1:5 `{` is closed by `]` | close what was opened last
        "#]],
        ),
        (
            "a: b: c\n",
            expect![[r#"
            syntax 1:5..1:6 a `:` stands where no key can be | quote the value if the colon belongs to it; else check the indentation of this line and the one above
        "#]],
        ),
        (
            "a:\n  - x\n - y\n",
            expect![[r#"
            syntax 3:2..3:3 this does not fit the lines above | line it up with its neighbours: keys of one mapping, and dashes of one list, begin in one column
        "#]],
        ),
        (
            "a: 1\nb\nc: 2\n",
            expect![[r#"
            syntax 2:1..2:2 a key without its colon | write `key: value`, with a space after the colon
        "#]],
        ),
        (
            "a: @x\n",
            expect![[r#"
            syntax 1:4..1:5 a value cannot begin with `@` | quote the value
        "#]],
        ),
        (
            "a: \"C:\\Users\"\n",
            expect![[r#"
                syntax 1:4..1:5 a backslash in these double quotes begins no known escape | double the backslash, or use single quotes, as for Windows paths
            "#]],
        ),
        (
            "a: \"x\" y\n",
            expect![[r#"
            syntax 1:8..1:9 text goes on after the closing quote | put the whole value in one pair of quotes; inside "..." use '...' for quotes, or the reverse
        "#]],
        ),
        (
            "a: */5 * * * *\n",
            expect![[r#"
            syntax 1:4..1:5 no `&` of this name stands above | text that begins with `*` needs quotes; an alias needs its `&name` further up
        "#]],
        ),
        (
            "a: ]\n",
            expect![[r#"
            syntax 1:4..1:5 this bracket closes nothing | remove it, or quote it
        "#]],
        ),
        (
            "  a: 1\nb: 2\n",
            expect![[r#"
                syntax 2:1..2:2 this does not fit the lines above | begin every key of the manifest in the first column
            "#]],
        ),
        (
            "a: 1\n--- \nb: 2\n",
            expect![[r#"
            second-document 2:1..2:4 a second document begins here | move it into a file of its own
        "#]],
        ),
        (
            "%FOO\na: 1\n",
            expect![[r#"
                syntax 2:1..2:2 this does not fit the lines above | begin every key of the manifest in the first column
            "#]],
        ),
    ] {
        check(text, expected);
    }
}
