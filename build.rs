//! An optimised binary carries its styles and scripts inside. Cargo sees changes of files that were embedded before,
//! but not new ones, so the whole folder is named here. Debug builds read it when they run and need no rebuild.
//!
//! And every binary carries what the face detector knows, which comes inside the detector's package: it is taken from
//! where Cargo has put that.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    faces();
    if variable("PROFILE") != "release" {
        return;
    }
    println!("cargo:rerun-if-changed=assets/dist/manifest.json");
    assert!(
        Path::new("assets/dist/manifest.json").is_file(),
        "an optimised binary needs its styles and scripts inside: run `make assets` first, or `make dist` instead"
    );
}

#[allow(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script its profile and folders by the environment alone"
)]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Copies the detector's model, and its picture for our tests, to where `faces.rs` includes them from.
#[allow(clippy::expect_used, reason = "a build that lacks one of its parts must stop and say which")]
fn faces() {
    let target = variable("TARGET");
    let asked = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &target];
    // Where a package of the tests alone was never fetched, Cargo has to fetch it before it tells anything.
    let ask = |more: &[&str]| {
        Command::new(variable("CARGO")).args(asked).args(more).output().expect("cargo metadata runs")
    };
    let offline = ask(&["--offline"]);
    let told = if offline.status.success() { offline } else { ask(&[]) };
    assert!(told.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8_lossy(&told.stdout);
    let manifests = told.split('"').filter(|text| text.ends_with("/Cargo.toml")).map(PathBuf::from);
    let folders = manifests.filter_map(|path| path.parent().map(Path::to_path_buf));
    let own = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rustface"))
    };
    let folder = folders.into_iter().find(own).expect("rustface is among the packages");
    let out = PathBuf::from(variable("OUT_DIR"));
    for (from, to) in [("model/seeta_fd_frontal_v1.0.bin", "faces.bin"), ("test.png", "faces.png")] {
        std::fs::copy(folder.join(from), out.join(to)).expect("rustface holds its model and its picture");
    }
}
