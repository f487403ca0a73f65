//! What other people's code we take, from where, and under which licence.

use super::none;
use super::source::{read, root};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::process::Command;

/// Licences that ask for nothing but their text. Another one is a decision, not an accident.
const LICENCES: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "BSL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
];

/// Packages that must not come in, not even by way of others.
const BANNED: [(&str, &str); 7] = [
    ("openssl", "TLS is rustls with ring: nothing of the machine's to match or to patch"),
    ("openssl-sys", "TLS is rustls with ring"),
    ("openssl-src", "TLS is rustls with ring"),
    ("native-tls", "TLS is rustls with ring"),
    ("aws-lc-rs", "a second crypto provider beside ring makes rustls refuse to choose one"),
    ("aws-lc-sys", "a second crypto provider beside ring makes rustls refuse to choose one"),
    ("actix-web-lab", "says itself that it never becomes stable"),
];

/// Packages of which two versions in one program would not understand each other's values.
const SINGLE: [&str; 5] = ["redis", "rustls", "sea-orm", "sqlx-core", "sha1"];

/// Packages of `Cargo.lock`: name, version, source (`None`: ours).
fn locked() -> Vec<(String, String, Option<String>)> {
    let lock: toml::Table = read("Cargo.lock").text.parse().expect("Cargo.lock is TOML");
    let field = |p: &toml::Value, name: &str| p.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let packages = lock["package"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|p| {
            (field(p, "name").expect("a name"), field(p, "version").expect("a version"), field(p, "source"))
        })
        .collect()
}

#[test]
fn banned_packages_stay_out() {
    let offence = |name: &str, version: &str| {
        let (_, reason) = BANNED.iter().find(|(banned, _)| *banned == name)?;
        Some(format!("Cargo.lock:1: {name} {version}: {reason} (who brings it: cargo tree -i {name})"))
    };
    none(locked().iter().filter_map(|(name, version, _)| offence(name, version)).collect());
}

#[test]
fn packages_that_must_be_single_are_single() {
    let versions = |name: &str| locked().into_iter().filter(|p| p.0 == name).map(|p| p.1).collect::<Vec<_>>();
    none(
        SINGLE
            .into_iter()
            .filter(|name| versions(name).len() > 1)
            .map(|name| format!("Cargo.lock:1: {name} in versions {}", versions(name).join(" and ")))
            .collect(),
    );
}

#[test]
fn rust_packages_come_only_from_the_crate_registry() {
    none(
        locked()
            .into_iter()
            .filter_map(|(name, version, source)| Some((name, version, source?)))
            .filter(|(_, _, source)| source != "registry+https://github.com/rust-lang/crates.io-index")
            .map(|(name, version, source)| format!("Cargo.lock:1: {name} {version} comes from {source}"))
            .collect(),
    );
}

/// `cargo metadata` of the packages that are built here: asking about other systems' would download them.
fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc answers");
    let about = String::from_utf8(rustc.stdout).expect("text");
    let host = about.lines().find_map(|l| l.strip_prefix("host: ")).expect("rustc names its host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--all-features", "--format-version=1", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

/// The ids of the packages that end in the program: what it needs, and what that needs.
fn published(metadata: &Value) -> HashSet<&str> {
    let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .expect("a list of nodes")
        .iter()
        .map(|node| (node["id"].as_str().expect("an id"), node))
        .collect();
    let mut open = vec![metadata["resolve"]["root"].as_str().expect("a root")];
    let mut found = HashSet::new();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let needs = nodes[id]["deps"].as_array().expect("a list").iter();
            let kinds = |need: &&Value| {
                need["dep_kinds"].as_array().expect("a list").iter().any(|k| k["kind"].is_null())
            };
            open.extend(needs.filter(kinds).map(|need| need["pkg"].as_str().expect("an id")));
        }
    }
    found
}

/// A choice of licences in one order, however its author wrote it.
fn tidied(expression: &str) -> String {
    let expression = expression.replace('/', " OR ");
    let mut choice: Vec<&str> = expression.split(" OR ").map(str::trim).collect();
    if !expression.contains('(') && !expression.contains(" AND ") {
        choice.sort_unstable();
    }
    choice.join(" OR ")
}

#[test]
fn the_page_of_licences_lists_what_is_published() {
    let metadata = metadata();
    let published = published(&metadata);
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("a list of packages") {
        if published.contains(package["id"].as_str().expect("an id")) && !package["source"].is_null() {
            let licence = tidied(package["license"].as_str().unwrap_or_default());
            lines.insert(format!("rust\t{}\t{licence}", package["name"].as_str().expect("a name")));
        }
    }
    let lock: Value =
        serde_json::from_str(&read("assets/package-lock.json").text).expect("the lock file is JSON");
    for (path, package) in lock["packages"].as_object().expect("a list of packages") {
        if let Some(name) = path.strip_prefix("node_modules/")
            && package["dev"] != true
        {
            lines.insert(format!("npm\t{name}\t{}", package["license"].as_str().unwrap_or_default()));
        }
    }
    let list: String = lines.into_iter().map(|line| line + "\n").collect();
    if read("assets/licences.txt").text != list {
        std::fs::write(root().join("target/licences.txt"), &list).expect("target can be written");
        panic!("packages came or went: look through target/licences.txt, and copy it to assets/licences.txt");
    }
}

#[test]
fn rust_packages_have_an_accepted_licence() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(packages.len() > 100, "cargo metadata lists the whole tree");
    none(
        packages
            .iter()
            // `migrations` is ours and goes nowhere on its own.
            .filter(|p| !p["source"].is_null() && !accepted(p["license"].as_str().unwrap_or_default()))
            .map(|p| format!("Cargo.lock:1: {} {} is under {}", p["name"], p["version"], p["license"]))
            .collect(),
    );
}

#[test]
fn npm_packages_have_an_accepted_licence() {
    let lock: Value =
        serde_json::from_str(&read("assets/package-lock.json").text).expect("the lock file is JSON");
    let packages = lock["packages"].as_object().expect("a list of packages");
    none(
        packages
            .iter()
            .filter(|(path, package)| {
                !path.is_empty() && !accepted(package["license"].as_str().unwrap_or_default())
            })
            .map(|(path, package)| {
                format!("assets/package-lock.json:1: {path} is under {}", package["license"])
            })
            .collect(),
    );
}

#[test]
fn npm_packages_are_pinned_and_name_no_download_address() {
    let lock: Value =
        serde_json::from_str(&read("assets/package-lock.json").text).expect("the lock file is JSON");
    let packages = lock["packages"].as_object().expect("a list of packages");
    let strange = |p: &Value| p["integrity"].as_str().is_none() || p.get("resolved").is_some();
    none(
        packages
            .iter()
            .filter(|(path, package)| !path.is_empty() && strange(package))
            .map(|(path, _)| {
                format!(
                    "assets/package-lock.json:1: {path}: a hash and no address, so that any mirror serves"
                )
            })
            .collect(),
    );
}

#[test]
fn every_dependency_has_its_reason_in_the_conventions() {
    let manifest: toml::Table = read("Cargo.toml").text.parse().expect("Cargo.toml is TOML");
    let conventions = read("docs/conventions.md").text;
    let names =
        ["dependencies", "dev-dependencies"].into_iter().filter_map(|table| manifest[table].as_table());
    none(
        names
            .flat_map(|table| table.keys())
            .filter(|name| *name != "migrations" && !conventions.contains(&format!("`{name}`")))
            .map(|name| format!("Cargo.toml:1: {name}: write one line of reason in docs/conventions.md"))
            .collect(),
    );
}

/// Whether an SPDX expression can be met with accepted licences only. `/` is an old way to write `OR`.
fn accepted(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    any(&mut words) == Some(true) && words.is_empty()
}

// The words are a stack: the next one is last. `None`: not an expression.
fn any(words: &mut Vec<&str>) -> Option<bool> {
    let mut met = all(words)?;
    while words.last() == Some(&"OR") {
        words.pop();
        met |= all(words)?;
    }
    Some(met)
}

fn all(words: &mut Vec<&str>) -> Option<bool> {
    let mut met = one(words)?;
    while words.last() == Some(&"AND") {
        words.pop();
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut Vec<&str>) -> Option<bool> {
    let name = words.pop()?;
    if name == "(" {
        let met = any(words)?;
        return (words.pop() == Some(")")).then_some(met);
    }
    let mut met = LICENCES.contains(&name);
    if words.last() == Some(&"WITH") {
        words.pop();
        met &= words.pop() == Some("LLVM-exception"); // only takes conditions away
    }
    Some(met)
}

#[test]
fn licence_expressions_are_read_as_written() {
    for good in
        ["MIT", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR X"]
    {
        assert!(accepted(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT OR", "MIT Apache-2.0", "MPL-2.0"] {
        assert!(!accepted(bad), "{bad}");
    }
}
