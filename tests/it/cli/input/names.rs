//! Folders and names that the server does not have: all at once, each at its place, with what to write instead.

use expect_test::expect;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::CliFixture;

fn fixture(world: &str) -> CliFixture {
    CliFixture::with(&World::from_text(world).unwrap(), Faults::new())
}

/// What `run m.yaml` says, without the numbers of its requests: folders are asked side by side.
fn shown(fixture: &CliFixture) -> String {
    let shown = fixture.sortie("run m.yaml").shown();
    let lines: Vec<&str> = shown.lines().map(|line| line.split(" (traceId ").next().unwrap()).collect();
    lines.join("\n") + "\n"
}

const WORLD: &str = "
folders: [{ path: Shared, id: 1 }, { path: Finance/AP, id: 7 }, { path: Legacy, id: 8 }]
releases: [{ name: Loader, folder: Shared, package: Inv }, { name: Loader, folder: Finance/AP }, { name: Loader, folder: Legacy }]
robots: [{ name: ETL-01, id: 1553, machine: VM-01, folders: [Legacy] }]
";

#[test]
fn every_wrong_folder_and_name_is_told_at_once() {
    let fixture = fixture(WORLD);
    let manifest = "version: 1\nname: t\nfolder: Finanec/AP\njobs:\n  a: { release: Loader }\n  b: { release: Loader, folder: Shraed }\n  c: { release: Loadr, folder: Shared }\n  d: { release: Loader, folder: Legacy, robots: [ETL-1] }\n  e: { release: Loader, folder: AP }\n  f: { release: Loader, folder: { id: 16230 } }\n  g: { release: Loader, folder: Nowhere at all }\n  h: { release: Inv, folder: Shared }\n  i: { release: { package: Loader }, folder: Shared }\n  j: { release: Something else, folder: Legacy, machines: [Big] }\n";
    fixture.file("m.yaml", manifest);
    expect![[r#"
        exit 2
        --- stderr
        error[folder-refused]: folder `Finanec/AP` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
         --> m.yaml:3:9
          |
        3 | folder: Finanec/AP
          |         ^^^^^^^^^^
          |
          = help: did you mean `Finance/AP`?

        error[folder-refused]: folder `Shraed` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
         --> m.yaml:6:33
          |
        6 |   b: { release: Loader, folder: Shraed }
          |                                 ^^^^^^
          |
          = help: did you mean `Shared`?

        error[unknown-release]: folder `Shared` has no release `Loadr`
         --> m.yaml:7:17
          |
        7 |   c: { release: Loadr, folder: Shared }
          |                 ^^^^^
          |
          = help: did you mean `Loader`?

        error[unknown-robot]: folder `Legacy` has no robot `ETL-1`
         --> m.yaml:8:50
          |
        8 |   d: { release: Loader, folder: Legacy, robots: [ETL-1] }
          |                                                  ^^^^^
          |
          = help: did you mean `ETL-01`?

        error[folder-refused]: folder `AP` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
         --> m.yaml:9:33
          |
        9 |   e: { release: Loader, folder: AP }
          |                                 ^^
          |
          = help: did you mean `Finance/AP`?

        error[folder-refused]: folder number 16230 is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
          --> m.yaml:10:33
           |
        10 |   f: { release: Loader, folder: { id: 16230 } }
           |                                 ^^^^^^^^^^^^^
           |
           = help: the number of a folder may change, its path and its key do not: write `folder: A/B`; this login sees `Shared`, `Finance/AP`, `Legacy` and `Finance`

        error[folder-refused]: folder `Nowhere at all` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
          --> m.yaml:11:33
           |
        11 |   g: { release: Loader, folder: Nowhere at all }
           |                                 ^^^^^^^^^^^^^^
           |
           = help: check the folder's spelling (its full path, `A/B`), and that this login has a role in it; this login sees `Shared`, `Finance/AP`, `Legacy` and `Finance`

        error[unknown-release]: folder `Shared` has no release `Inv`
          --> m.yaml:12:17
           |
        12 |   h: { release: Inv, folder: Shared }
           |                 ^^^
           |
           = help: that is the package of release `Loader`: write `release: Loader`

        error[unknown-release]: folder `Shared` has no release of package `Loader`
          --> m.yaml:13:17
           |
        13 |   i: { release: { package: Loader }, folder: Shared }
           |                 ^^^^^^^^^^^^^^^^^^^
           |
           = help: that is the name of a release: write `release: Loader`

        error[unknown-release]: folder `Legacy` has no release `Something else`
          --> m.yaml:14:17
           |
        14 |   j: { release: Something else, folder: Legacy, machines: [Big] }
           |                 ^^^^^^^^^^^^^^
           |
           = help: the folder has `Loader`

        error[unknown-machine]: folder `Legacy` has no machine `Big`
          --> m.yaml:14:60
           |
        14 |   j: { release: Something else, folder: Legacy, machines: [Big] }
           |                                                            ^^^
           |
           = help: the folder has `VM-01`

        11 errors
    "#]].assert_eq(&shown(&fixture));
    assert_eq!(fixture.starts(), 0);
}

#[test]
fn a_folder_that_needs_no_look_up_has_its_place_too() {
    let fixture = fixture(WORLD);
    let key = "00000000-0000-0000-0000-000000000009";
    fixture.file("m.yaml", &format!("version: 1\nname: t\njobs:\n  a:\n    release: {key}\n    folder: Leagcy\n"));
    expect![[r#"
        exit 2
        --- stderr
        error[folder-refused]: folder `Leagcy` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
         --> m.yaml:6:13
          |
        6 |     folder: Leagcy
          |             ^^^^^^
          |
          = help: did you mean `Legacy`?

        1 error
    "#]].assert_eq(&shown(&fixture));
}

#[test]
fn a_login_that_may_not_list_folders_is_told_without_suggestion() {
    let forbidden = || Fault::before(Reply::Status(Status::of(403)));
    let rule = |operation: &str| Rule::new(Operation::Named(operation.to_owned()), forbidden()).at(Position::Always);
    let faults = Faults::new().rule(rule("Folders")).rule(rule("GetAllForCurrentUser"));
    let fixture = CliFixture::with(&World::from_text(WORLD).unwrap(), faults);
    fixture.file("m.yaml", "version: 1\nname: t\nfolder: Shraed\njobs:\n  a: { release: Loader }\n");
    expect![[r#"
        exit 2
        --- stderr
        error[folder-refused]: folder `Shraed` is refused: HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder.
         --> m.yaml:3:9
          |
        3 | folder: Shraed
          |         ^^^^^^
          |
          = help: check the folder's spelling (its full path, `A/B`), and that this login has a role in it

        1 error
    "#]].assert_eq(&shown(&fixture));
}

#[test]
fn several_releases_are_told_apart_by_what_people_know() {
    let fixture = fixture(
        "folders: [{ path: Shared }]\nreleases: [{ name: Invoice Loader, folder: Shared, package: Inv }, { name: Invoice Loader_PROD, folder: Shared, package: Inv }]\n",
    );
    fixture.file("m.yaml", "version: 1\nname: t\nfolder: Shared\njobs:\n  a: { release: { package: Inv } }\n");
    let told = fixture.sortie("run m.yaml");
    let help = told.stderr.lines().find(|line| line.contains("help:")).unwrap_or_default();
    let at = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {}", told.shown()));
    assert!(at("`Invoice Loader` (version") < at("key ") && at("`Invoice Loader_PROD` (version") > 0, "{help}");
    assert_eq!((told.code, fixture.starts()), (3, 0));
}

#[test]
fn a_name_is_found_whatever_its_letters_are_composed_of() {
    let fixture = fixture(
        "folders: [{ path: Shared }, { path: \"M\\u00fcll\" }]\nreleases: [{ name: \"M\\u00fcller Lauf\", folder: Shared }]\nrobots: [{ name: \"\\u00dc1\", id: 5, machine: VM, folders: [Shared] }]\n",
    );
    fixture.file("m.yaml", "version: 1\nname: t\nfolder: Shared\njobs:\n  a: { release: \"Mu\\u0308ller Lauf\", robots: [\"u\\u03081\"] }\n");
    let told = fixture.sortie("run m.yaml");
    assert_eq!((told.code, fixture.starts()), (0, 1), "{}", told.shown());
    fixture.file(
        "n.yaml",
        "version: 1\nname: n\nfolder: \"Mu\\u0308ll\"\njobs:\n  a: { release: \"Mu\\u0308ller\\u00a0Lauf\" }\n",
    );
    let told = fixture.sortie("run n.yaml");
    assert!(told.stderr.contains(r"composed otherwise: `M\u{fc}ll`, where this is `Mu\u{308}ll`"), "{}", told.shown());
    fixture
        .file("o.yaml", "version: 1\nname: o\nfolder: Shared\njobs:\n  a: { release: \"M\\u00fcller\\u00a0Lauf\" }\n");
    let told = fixture.sortie("run o.yaml");
    assert!(told.stderr.contains("no release `Müller\\u{a0}Lauf`"), "{}", told.shown());
    assert!(told.stderr.contains("did you mean `Müller Lauf`?"), "{}", told.shown());
}

#[test]
fn a_folders_path_is_read_as_people_mean_it() {
    let fixture = fixture(WORLD);
    for folder in ["/Shared", "Shared/", "/Finance/AP/"] {
        fixture.file("m.yaml", &format!("version: 1\nname: t\nfolder: {folder}\njobs:\n  a: {{ release: Loader }}\n"));
        let told = fixture.sortie("run m.yaml");
        assert_eq!(told.code, 0, "{folder}: {}", told.shown());
    }
    for (folder, meant) in [("Finance//AP", "Finance/AP"), ("Finance / AP", "Finance/AP"), ("' Shared'", "Shared")] {
        fixture.file("m.yaml", &format!("version: 1\nname: t\nfolder: {folder}\njobs:\n  a: {{ release: Loader }}\n"));
        let told = fixture.offline("validate m.yaml");
        assert!(told.code == 3 && told.stdout.contains(&format!("help: write `{meant}`")), "{}", told.shown());
    }
}

#[test]
fn starts_that_are_forbidden_one_after_the_other_end_the_sending_to_their_folder() {
    let words = Status::of(403).error(0, "You are not authorized!");
    let faults =
        Faults::new().rule(Rule::new(Operation::StartJobs, Fault::before(Reply::Status(words))).at(Position::Always));
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", "version: 1\nname: t\nfolder: Shared\nlimits: { launch: { concurrency: 1, rate: 100/s } }\njobs:\n  a: { release: R, matrix: { n: '${{ range(40) | list }}' } }\n");
    let told = fixture.sortie("run m.yaml --format json");
    assert_eq!(told.code, 2, "{}", told.shown());
    assert!(fixture.starts() < 12 && told.json()["totals"]["rejected"].as_u64().unwrap() < 12, "{}", told.shown());
    for words in ["Jobs.Create", "OR.Jobs", "Shared"] {
        assert!(told.stderr.contains(words), "{words}: {}", told.shown());
    }
}
