//! What a release is made of and installed by: names agree, and templates are filled in whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a file of the project")
}

/// The targets of the release workflow.
fn targets() -> Vec<String> {
    let workflow = read(".github/workflows/release.yml");
    let lines = workflow.lines().filter_map(|line| line.split_once("- { target: ")?.1.split(',').next());
    lines.map(str::to_owned).collect()
}

#[test]
fn the_formula_is_filled_in_for_the_archives_of_the_workflow() {
    let targets = targets();
    assert_eq!(targets.len(), 4);
    let folder = tempfile::tempdir().expect("a folder");
    let sum_of = |index: usize| index.to_string().repeat(64);
    let lines = targets.iter().enumerate();
    let lines = lines.map(|(index, target)| format!("{}  sortie-v1.2.3-{target}.tar.gz", sum_of(index)));
    let sums = lines.collect::<Vec<_>>().join("\n");
    let file = folder.path().join("SHA256SUMS");
    fs::write(&file, &sums).expect("written");
    let output = Command::new(root().join("scripts/packaging"))
        .arg("v1.2.3")
        .args([&file, folder.path()])
        .output()
        .expect("the script");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let formula = fs::read_to_string(folder.path().join("sortie.rb")).expect("a formula");
    assert!(!formula.contains('@') && formula.contains("version \"1.2.3\""), "{formula}");
    for (index, target) in targets.iter().enumerate() {
        let pair = format!("/v1.2.3/sortie-v1.2.3-{target}.tar.gz\"\n      sha256 \"{}\"", sum_of(index));
        assert!(formula.contains(&pair), "{target}: {formula}");
    }
    assert!(
        words.contains("packaging/scoop/sortie.json is left out: the release has no x86_64-pc-windows-msvc"),
        "{words}"
    );
    assert!(!folder.path().join("sortie.json").exists());
}

#[test]
fn binstall_looks_for_the_archives_that_the_workflow_packs() {
    let workflow = read(".github/workflows/release.yml");
    assert!(
        workflow.contains("name=\"sortie-$TAG-$TARGET\"") && workflow.contains("tar -czf \"$name.tar.gz\" \"$name\"")
    );
    let cargo = read("Cargo.toml");
    let named = cargo.lines().filter(|line| line.starts_with("pkg-url"));
    let named: Vec<&str> = named.filter_map(|line| line.rsplit('/').next()).collect();
    assert_eq!(named[0], "sortie-v{ version }-{ target }.tar.gz\"");
    for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        assert!(named.contains(&format!("sortie-v{{ version }}-{target}.tar.gz\"").as_str()), "{named:?}");
        assert!(targets().iter().any(|built| built == target));
    }
}

#[test]
fn the_image_has_the_binary_the_authorities_and_no_root() {
    let lines = read("Dockerfile");
    let last = lines.split("FROM scratch").nth(1).expect("it ends from nothing");
    assert!(last.contains("USER 65532:65532") && last.contains("ENTRYPOINT [\"/sortie\"]"), "{last}");
    assert!(lines.contains("etc/ssl/certs/ca-certificates.crt") && lines.contains("--locked"));
    let rust = read("Cargo.toml");
    let oldest = rust.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    assert!(lines.contains(&format!("ARG RUST={}\n", oldest.expect("the oldest compiler"))));
}

#[test]
fn the_bill_of_materials_has_what_is_linked_and_nothing_else() {
    let Ok(output) = Command::new("python3").arg(root().join("scripts/sbom")).arg("x86_64-unknown-linux-musl").output()
    else {
        eprintln!("python3 is absent: no bill was written");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bill: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let components = bill["components"].as_array().expect("components");
    let has = |name: &str| components.iter().any(|component| component["name"] == name);
    assert!(has("reqwest") && has("rusqlite") && has("orchestrator-sandbox"));
    assert!(!has("proptest") && !has("clap_derive") && !has("cc"), "tools of builds and tests are not in the binary");
    for component in components {
        let own = component["name"] == "orchestrator-sandbox";
        assert!(!component["licenses"][0]["expression"].is_null(), "{component}");
        assert!(own || component["hashes"][0]["content"].as_str().is_some_and(|sum| sum.len() == 64), "{component}");
    }
    assert_eq!(bill["dependencies"].as_array().expect("dependencies").len(), components.len() + 1);
}
