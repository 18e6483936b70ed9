//! `sortie validate` before a night: as red as `plan` would be, and what it could not look at is said.

use expect_test::{Expect, expect};

use crate::cli::Program;
use crate::cli::program::project;

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

const REGIONAL: &str = "version: 1\nname: m\nfolder: F\nparams:\n  region: { type: string }\nenv: [BRANCH]\njobs:\n  a: { release: R, arguments: { r: '${{ params.region | upper }}', b: '${{ env.BRANCH }}' } }\n";

#[test]
fn what_lacks_a_value_is_a_note_and_what_is_given_is_checked() {
    check(
        Program::sortie("validate m.yaml").file("m.yaml", REGIONAL),
        expect![[r#"
            exit 0
            --- stdout
            note[not-expanded]: not expanded: `region` has no value
             --> m.yaml:5:3
              |
            5 |   region: { type: string }
              |   ^^^^^^
              |
              = help: --param region=.. gives it one; what uses it is checked then

            note[not-expanded]: not expanded: env `BRANCH` is not set
             --> m.yaml:6:7
              |
            6 | env: [BRANCH]
              |       ^^^^^^
              |
              = help: what uses it is checked where it is set; `| default(..)` gives a value for that case

            2 notes
            m.yaml: valid
            `sortie explain not-expanded` says more.
        "#]],
    );
    let given =
        || Program::sortie("validate m.yaml --param region=emea").file("m.yaml", REGIONAL).env("BRANCH", "main");
    check(
        given(),
        expect![[r#"
        exit 0
        --- stdout
        m.yaml: valid
    "#]],
    );
    let of_file =
        Program::sortie("validate m.yaml --params-file p.yaml").file("m.yaml", REGIONAL).file("p.yaml", "region: 5\n");
    check(
        of_file.env("BRANCH", "main"),
        expect![[r#"
            exit 3
            --- stdout
            error[parameter]: the value given for param `region` does not fit: it must be text
             --> m.yaml:5:3
              |
            5 |   region: { type: string }
              |   ^^^^^^
              |
              = help: its type is declared here: give it as in `--param region=TEXT`

            1 error
            `sortie explain parameter` says more.
        "#]],
    );
    // Only what the manifest lists under `env` is read of the environment, and no profile that is not named.
    let strange = Program::sortie("validate m.yaml -q").file("m.yaml", REGIONAL.replace("upper", "int").as_str());
    check(
        strange.env("SORTIE_PARAM_REGION", "x").env("UIPATH_URL", "no address"),
        expect![[r#"
        exit 0
    "#]],
    );
}

#[test]
fn a_night_that_would_be_red_makes_the_pull_request_red() {
    let manifest = "version: 1\nname: m\nfolder: F\njobs:\n  a:\n    release: R\n    for-each: { csv: rows.csv, key: id, columns: { n: integer } }\n    arguments: { share: '${{ 100 // row.n }}' }\n";
    let program = |command: &str| {
        Program::sortie(command)
            .file("m.yaml", manifest)
            .file("rows.csv", "id,n\na,4\nb,0\n")
            .file("other.csv", "id,n\na,4\n")
    };
    check(
        program("validate m.yaml"),
        expect![[r#"
            exit 3
            --- stdout
            error[expression-failed]: unable to calculate 100 // 0
             --> m.yaml:8:30
              |
            8 |     arguments: { share: '${{ 100 // row.n }}' }
              |                              ^^^^^^^^^^^^
             ::: rows.csv:3:1
              |
            3 | b,0
              | --- in this row

            1 error
            `sortie explain expression-failed` says more.
        "#]],
    );
    assert_eq!(program("plan m.yaml").run().code, 3);
    assert_eq!(program("validate m.yaml --data a=other.csv").run().code, 0);
    assert_eq!(program("validate m.yaml --arguments a=args.json").file("args.json", "{\"share\": 1}").run().code, 0);
}

#[test]
fn a_profile_that_is_named_counts() {
    let long =
        format!("version: 1\nname: m\njobs:\n  a: {{ release: R, arguments: {{ t: {} }} }}\n", "x".repeat(10_100));
    let config = "profiles:\n  new: { url: https://x.example, auth: { token: { env: T } }, folder: F, large-arguments: attach }\n  old: { url: https://x.example, auth: { token: { env: T } }, folder: F }\n";
    let validate = |flags: &str| {
        let program = Program::sortie(&format!("validate m.yaml --config c.yaml {flags} --format json"));
        let listing = program.file("m.yaml", &long).file("c.yaml", config).run().json();
        let said = listing["diagnostics"].as_array().unwrap().iter();
        said.map(|said| format!("{}[{}]", said["severity"].as_str().unwrap(), said["code"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(validate("--profile new"), [""; 0]);
    assert_eq!(validate("--profile old"), ["error[arguments-too-long]"]);
    let without = Program::sortie("validate m.yaml").file("m.yaml", &long).run();
    assert!(without.stdout.contains("error[arguments-too-long]") && without.code == 3, "{}", without.shown());
}

#[test]
fn a_folder_of_manifests_shows_failures_first_and_counts() {
    let job = "folder: F\njobs:\n  a: { release: R }\n";
    let folder = |command: &str| {
        Program::sortie(command)
            .file("a.yaml", &format!("version: 1\nname: same\n{job}"))
            .file("b.yaml", "version: 1\nname: b\njobs:\n  a: { release: R }\n")
            .file("c.yaml", &format!("version: 1\nname: c\nwait: true\n{job}"))
            .file("d/copy.yaml", &format!("version: 1\nname: same\n{job}"))
    };
    check(
        folder("validate"),
        expect![[r#"
            exit 3
            --- stdout
            error[duplicate-name]: two manifests are named `same`
             --> d/copy.yaml:2:7
              |
            2 | name: same
              |       ^^^^
             ::: a.yaml:2:7
              |
            2 | name: same
              |       ---- the other one
              |
              = help: give each a name of its own: runs of one name share keys, slots and locks

            warning[no-folder]: job `a` has no folder: the profile's folder is used
             --> b.yaml:4:3
              |
            4 |   a: { release: R }
              |   ^
              |
              = help: write `folder:` in the manifest or in the job: then it is the same with every profile

            1 error, 1 warning
            3 of 4 valid
            `sortie explain duplicate-name` says more.
        "#]],
    );
    check(
        folder("validate . --strict -q"),
        expect![[r#"
            exit 3
            --- stdout
            error[no-folder]: job `a` has no folder: the profile's folder is used
             --> b.yaml:4:3
              |
            4 |   a: { release: R }
              |   ^
              |
              = help: write `folder:` in the manifest or in the job: then it is the same with every profile

            error[duplicate-name]: two manifests are named `same`
             --> d/copy.yaml:2:7
              |
            2 | name: same
              |       ^^^^
             ::: a.yaml:2:7
              |
            2 | name: same
              |       ---- the other one
              |
              = help: give each a name of its own: runs of one name share keys, slots and locks

            2 errors
        "#]],
    );
    assert_eq!(folder("validate a.yaml a.yaml ./a.yaml").run().code, 0, "one file that is named twice is one manifest");
    check(
        folder("validate --param x=1"),
        expect![[r#"
        exit 3
        --- stderr
        error: no manifest declares a param `x`
    "#]],
    );
}

#[test]
fn flags_for_one_manifest_of_many_are_taken_by_it() {
    let folder = |command: &str| {
        let other = "version: 1\nname: other\nfolder: F\njobs:\n  b: { release: R }\n";
        Program::sortie(command).file("m.yaml", REGIONAL).file("other.yaml", other).env("BRANCH", "main")
    };
    check(
        folder("validate --param region=emea"),
        expect![[r#"
            exit 0
            --- stdout
            2 of 2 valid
        "#]],
    );
    check(
        folder("validate --params-file -"),
        expect![[r#"
        exit 3
        --- stderr
        error: stdin can be read once, and there are several manifests
          help: name one manifest, or a file
    "#]],
    );
}

#[test]
fn no_sample_is_greener_than_its_plan() {
    let mut plans = 0;
    for folder in ["specs", "specs/bad"] {
        let entries = std::fs::read_dir(project().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for path in entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")) {
            let run = |verb: &str| Program::sortie(verb).arg(&path).run();
            let validated = run("validate");
            if validated.code == 0
                && !validated.stdout.contains("not expanded")
                && !validated.stdout.contains("no-folder")
            {
                let planned = run("plan");
                assert_eq!(planned.code, 0, "{}: {}", path.display(), planned.shown());
                plans += 1;
            }
        }
    }
    assert!(plans > 10, "{plans}");
}

#[test]
fn a_manifest_without_a_folder_can_be_tried_in_the_sandbox() {
    let manifest = "version: 1\nname: m\njobs:\n  a: { release: Ping }\n";
    let run = |flags: &str, world: &str| {
        let program = Program::sortie(&format!("run m.yaml --sandbox {flags}"));
        program.file("m.yaml", manifest).file("w.yaml", world).run()
    };
    assert_eq!(run("", "").code, 0);
    let only = "folders: [{ path: Finance }]\nreleases: [{ name: Ping, folder: Finance }]\n";
    let two = "folders: [{ path: Finance }, { path: Shared }]\nreleases: [{ name: Ping, folder: Shared }]\n";
    for (world, folder) in [("", "Shared"), (only, "Finance"), (two, "Shared")] {
        let flags = if world.is_empty() { "" } else { "--world w.yaml" };
        let (ran, dry) = (run(flags, world), run(&format!("{flags} --dry-run"), world));
        assert_eq!((ran.code, dry.code), (0, 0), "{}{}", ran.shown(), dry.shown());
        assert!(dry.stdout.contains(folder), "{}", dry.shown());
    }
    assert_eq!(Program::sortie("start Ping --sandbox").run().code, 0);
}
