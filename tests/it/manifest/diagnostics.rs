//! `specs/bad`: manifests with likely mistakes, each beside the diagnostics that it is told, as a terminal shows them.

mod fixes;
mod mistakes;

use std::path::{Path, PathBuf};

use expect_test::expect_file;
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::diagnostic::{Diagnostic, Severity};
use sortie::ids::FolderRef;
use sortie::plan::{self, Inputs};
use sortie::source::{Packed, SourceId, Sources};
use sortie::{manifest, spec};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/bad")
}

/// The names of the manifests in `specs/bad`, without their ending, in order.
fn names(ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("specs/bad is there");
    let files = entries.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = files.filter_map(|file| file.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names
}

/// What the stages say about `bytes`, as far as they get.
pub(crate) fn diagnostics(sources: &mut Sources, name: &str, bytes: Vec<u8>) -> Vec<Diagnostic> {
    let (id, mut found) = manifest::decode(sources, name, bytes).into_parts();
    if let Some(id) = id {
        found.extend(read(sources, id));
    }
    found.sort_by_key(|diagnostic| diagnostic.place);
    found
}

fn read(sources: &mut Sources, id: SourceId) -> Vec<Diagnostic> {
    let manifest = sources.get(id);
    let mut inputs = inputs(manifest.name(), manifest.text());
    let spec = manifest::parse(sources, id).and_then(spec::lower);
    let plan = spec.and_then(|spec| {
        for file in plan::required_files(&spec, &inputs) {
            // A mutated manifest names files that are not there.
            if let Ok(text) = std::fs::read(folder().join(&file.path)) {
                let text = Packed::read(&*text, u32::MAX).expect("memory").expect("a small file");
                inputs.files.insert(file.path, text);
            }
        }
        plan::expand(spec, &inputs, sources)
    });
    plan.into_parts().1
}

/// The inputs of a plan without params and environment, in the folder `Shared`.
fn inputs(name: &str, text: &str) -> Inputs {
    Inputs {
        time: "2026-11-23T04:00:00Z".parse().expect("a timestamp"),
        profile: "test".to_owned(),
        folder: Some(FolderRef::Path("Shared".to_owned())),
        ..Inputs::of_manifest(name, text)
    }
}

#[test]
fn each_bad_manifest_is_told_what_is_recorded() {
    for name in names(".yaml") {
        let bytes = std::fs::read(folder().join(format!("{name}.yaml"))).expect("a readable file");
        let mut sources = Sources::default();
        let found = diagnostics(&mut sources, &format!("specs/bad/{name}.yaml"), bytes);
        assert!(found.iter().any(|diagnostic| diagnostic.severity == Severity::Error), "{name} is told nothing");
        expect_file![folder().join(format!("{name}.txt"))].assert_eq(&render(&found, &sources, Styles::PLAIN));
    }
}

#[test]
fn each_recording_has_its_manifest() {
    assert_eq!(names(".txt"), names(".yaml"));
}
