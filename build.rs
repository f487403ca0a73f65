//! An optimised binary carries its styles and scripts inside. Cargo sees changes of files that were embedded before,
//! but not new ones, so the whole folder is named here. Debug builds read it when they run and need no rebuild.

use std::path::Path;

#[allow(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script its profile by the environment alone"
)]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    println!("cargo:rerun-if-changed=assets/dist/manifest.json");
    assert!(
        Path::new("assets/dist/manifest.json").is_file(),
        "an optimised binary needs its styles and scripts inside: run `make assets` first, or `make dist` instead"
    );
}
