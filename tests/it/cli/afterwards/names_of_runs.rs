//! RUN as people name it: a manifest's name, the beginning of an id, `last`, or nothing at all.

use crate::cli::cli_fixture::CliFixture;

fn manifest(name: &str) -> String {
    format!(
        "version: 1\nname: {name}\nfolder: Shared\njobs:\n  a: {{ release: Ping, for-each: {{ yaml: [{{ n: 1 }}], key: n }} }}\n"
    )
}

#[test]
fn a_manifests_name_is_its_newest_run_for_every_verb() {
    let fixture = CliFixture::new();
    for name in ["load", "pay", "load"] {
        fixture.file("m.yaml", &manifest(name));
        assert_eq!(fixture.sortie("run m.yaml").code, 0);
    }
    let runs = fixture.runs();
    let id = |index: usize| runs[index]["id"].as_str().unwrap().to_owned();
    for (command, expected) in [
        ("report load --format json", id(0)),
        ("report pay --format json", id(1)),
        ("resume pay --format json", id(1)),
        ("reconcile load --format json", id(0)),
        ("report --format json", id(0)),
        ("resume --format json", id(0)),
        ("reconcile --format json", id(0)),
    ] {
        let told = fixture.sortie(command);
        assert_eq!((told.code, told.json()["run"]["id"].as_str()), (0, Some(expected.as_str())), "{command}");
    }
    assert_eq!(fixture.sortie("rows").code, 0);
    let none = fixture.sortie("report lod");
    assert_eq!(none.code, 3);
    assert!(none.stderr.starts_with("error: the ledger has no run `lod`\n  help: the newest are\n"), "{}", none.stderr);
    // What sends much, or ends something, is told which.
    for verb in ["rerun --all", "cancel --yes", "pause"] {
        assert_eq!(fixture.sortie(verb).code, 3, "{verb}");
    }
}

#[test]
fn a_name_that_is_also_the_beginning_of_an_id_is_asked_back() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("load"));
    assert_eq!(fixture.sortie("run m.yaml --run-key k").code, 0);
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    // A name begins with a letter, so an id that begins with one is wanted.
    let Some(name) = (1..64).find_map(|key| {
        let told = fixture.sortie(&format!("run m.yaml --run-key k{key}"));
        assert_eq!(told.code, 0);
        let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
        id.starts_with(|c: char| c.is_ascii_lowercase()).then(|| id[..6].to_owned())
    }) else {
        panic!("64 ids begin with digits")
    };
    assert_ne!(id[..6], name);
    assert_eq!(fixture.sortie(&format!("report {name}")).code, 0);
    fixture.file("m.yaml", &manifest(&name));
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    let both = fixture.sortie(&format!("report {name}"));
    assert_eq!(both.code, 3, "{}", both.shown());
    let words = format!("error: `{name}` is the beginning of a run's id, and the name of a manifest that was run\n");
    assert!(both.stderr.starts_with(&words), "{}", both.shown());
}

#[test]
fn a_manifest_called_last_is_not_taken_for_the_newest_run() {
    let fixture = CliFixture::new();
    for name in ["last", "load"] {
        fixture.file("m.yaml", &manifest(name));
        assert_eq!(fixture.sortie("run m.yaml").code, 0);
    }
    let ids: Vec<String> = fixture.runs().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    for verb in ["resume", "reconcile", "rerun --all", "cancel --yes"] {
        let told = fixture.sortie(&format!("{verb} last"));
        assert_eq!(told.code, 3, "{}", told.shown());
        let words =
            "error: `last` is the newest run, and the name of a manifest that was run\n  help: write more of one of\n";
        assert!(told.stderr.starts_with(words), "{}", told.shown());
        assert!(ids.iter().all(|id| told.stderr.contains(id)), "{}", told.shown());
    }
    for (command, expected) in [("report last --format json", &ids[0]), ("resume --format json", &ids[0])] {
        assert_eq!(fixture.sortie(command).json()["run"]["id"].as_str(), Some(expected.as_str()), "{command}");
    }
    // Once it is the newest, both mean the same.
    fixture.file("m.yaml", &manifest("last"));
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    assert_eq!(fixture.sortie("resume last").code, 0);
}

#[test]
fn what_somebody_found_out_is_said_of_an_id_and_few_digits_change_nothing() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("load"));
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    for command in ["reconcile load --launch a/1 --as absent", "reconcile --launch a/1 --as absent"] {
        let told = fixture.sortie(command);
        assert_eq!(told.code, 3, "{}", told.shown());
        assert!(told.stderr.contains("write the run's id"), "{}", told.shown());
    }
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    for verb in ["resume", "cancel --yes", "reconcile"] {
        let told = fixture.sortie(&format!("{verb} {}", &id[..4]));
        assert_eq!(told.code, 3, "{}", told.shown());
        assert!(told.stderr.contains("write 8 digits of it, or more"), "{}", told.shown());
        assert_eq!(fixture.sortie(&format!("{verb} {}", &id[..8])).code, 0, "{verb}");
    }
    assert_eq!(fixture.offline(&format!("report {}", &id[..4])).code, 0);
}
