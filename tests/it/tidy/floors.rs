//! A module imports only from floors below its own.

use super::none;
use super::source::{File, files};

const FEATURES: [&str; 5] = ["meeting", "ballot", "cases", "movecar", "console"];

/// Top module and floor. A new module gets its floor here and its line in `docs/architecture.md`.
const FLOORS: [(&str, u8); 18] = [
    ("main", 5),
    ("cli", 5),
    ("server", 5),
    ("demo", 5),
    ("meeting", 4),
    ("ballot", 4),
    ("cases", 4),
    ("movecar", 4),
    ("console", 4),
    ("chat", 3),
    ("web", 3),
    ("notify", 3),
    ("document", 3),
    ("simulator", 3),
    ("wechat", 2),
    ("people", 2),
    ("jobs", 2),
    ("base", 1),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// `src/meeting/checkin.rs` belongs to `meeting`, `src/cli.rs` to `cli`.
fn module_of(file: &File) -> &str {
    let inside = file.path.strip_prefix("src/").unwrap_or(&file.path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// One path to another module: where it stands, and its names after `crate::`.
struct Import {
    place: String,
    from: String,
    path: Vec<String>,
}

fn imports() -> Vec<Import> {
    let mut found = Vec::new();
    for file in files("src", &[".rs"]).iter().map(File::code).filter(|f| f.path != "src/lib.rs") {
        for start in ["crate::", "yishiting::"] {
            for (offset, _) in file.text.match_indices(start) {
                let mut paths = Vec::new();
                path_tree(&file.text, offset + start.len(), &[], &mut paths);
                let from = module_of(&file).to_owned();
                let place = file.at(offset);
                found.extend(paths.into_iter().map(|path| Import {
                    place: place.clone(),
                    from: from.clone(),
                    path,
                }));
            }
        }
    }
    found.retain(|import| import.path[0] != import.from);
    found
}

/// Follows `a::{b, c::d}` from `at`, adds every whole path, and returns the offset behind it.
fn path_tree(code: &str, at: usize, prefix: &[String], into: &mut Vec<Vec<String>>) -> usize {
    let skip = |at: usize| at + code[at..].len() - code[at..].trim_start().len();
    let mut at = skip(at);
    if code[at..].starts_with('{') {
        at += 1;
        while at < code.len() && !code[at..].starts_with('}') {
            let next = path_tree(code, at, prefix, into);
            at =
                if next > at { skip(next) } else { at + code[at..].chars().next().map_or(1, char::len_utf8) };
            if code[at..].starts_with(',') {
                at = skip(at + 1);
            }
        }
        return at + 1;
    }
    let end = code[at..]
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*')
        .map_or(code.len(), |n| at + n);
    if end == at {
        if !prefix.is_empty() {
            into.push(prefix.to_vec());
        }
        return at;
    }
    let path = [prefix, &[code[at..end].to_owned()]].concat();
    if code[end..].starts_with("::") {
        return path_tree(code, end + 2, &path, into);
    }
    into.push(path);
    // `name as other`
    match code[end..].trim_start().strip_prefix("as ") {
        Some(rest) => {
            code.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ' ').len()
        }
        None => end,
    }
}

#[test]
fn a_module_imports_only_from_floors_below_its_own() {
    none(
        imports()
            .iter()
            .filter_map(|Import { place, from, path }| {
                let to = path[0].as_str();
                let (Some(own), Some(other)) = (floor(from), floor(to)) else {
                    return Some(format!(
                        "{place}: `{from}` or `{to}` has no floor: give it one in tests/it/tidy/floors.rs"
                    ));
                };
                let wiring = own == 5 && other == 5;
                // A ballot counts who is present, and its desk pages stand among the tabs of a meeting: the one path
                // between features.
                let present = from == "ballot"
                    && path[0] == "meeting"
                    && path.get(1).is_some_and(|room| ["attendance", "desk"].contains(&room.as_str()));
                let allowed = other < own || wiring || present;
                (!allowed).then(|| format!("{place}: `{from}` (floor {own}) imports `{to}` (floor {other})"))
            })
            .collect(),
    );
}

#[test]
fn the_simulator_knows_only_the_protocol_and_the_base() {
    none(
        imports()
            .iter()
            .filter(|i| i.from == "simulator" && !["wechat", "base"].contains(&i.path[0].as_str()))
            .map(|i| format!("{}: `simulator` imports `{}`: it must serve any back end", i.place, i.path[0]))
            .collect(),
    );
}

#[test]
fn only_the_command_line_and_the_demo_import_the_simulator() {
    none(
        imports()
            .iter()
            .filter(|i| i.path[0] == "simulator" && !["cli", "demo"].contains(&i.from.as_str()))
            .map(|i| format!("{}: `{}` imports `simulator`: production must not know it", i.place, i.from))
            .collect(),
    );
}

#[test]
fn only_the_server_names_every_feature() {
    let present: Vec<_> =
        FEATURES.into_iter().filter(|f| !files(&format!("src/{f}"), &[".rs"]).is_empty()).collect();
    if present.len() < 3 {
        return; // with one or two features, a demo of them names them all
    }
    let all = imports();
    let names_all =
        |module: &str| present.iter().all(|f| all.iter().any(|i| i.from == module && i.path[0] == *f));
    none(
        ["main", "cli", "demo"]
            .into_iter()
            .filter(|module| names_all(module))
            .map(|module| format!("src/{module}.rs:1: names every feature: wiring belongs to src/server.rs"))
            .collect(),
    );
}

#[test]
fn a_path_out_of_a_module_begins_with_crate() {
    let mut offences = Vec::new();
    for file in files("src", &[".rs"]).iter().map(File::code) {
        let mut places = file.places("super::super::");
        // In the top file of a module `super` is the crate itself, but in its unit tests it is the module.
        if file.path.ends_with("/mod.rs") && file.path.matches('/').count() == 2
            || file.path.matches('/').count() == 1
        {
            let body = File { text: file.text[..file.tests_begin()].to_owned(), path: file.path };
            places.extend(body.places("super::"));
        }
        offences.extend(
            places.into_iter().map(|p| format!("{p}: write `crate::…`: it says which module is meant")),
        );
    }
    none(offences);
}

#[test]
fn handlers_know_no_tables() {
    let handlers = ["pages", "desk", "api", "chat"];
    let mut offences = Vec::new();
    for file in FEATURES.iter().flat_map(|f| files(&format!("src/{f}"), &[".rs"])).map(|f| f.code()) {
        let room = file.path.split('/').nth(2).unwrap_or_default().trim_end_matches(".rs");
        if handlers.contains(&room) {
            let places = ["sea_orm", "::Entity", "ActiveModel"].iter().flat_map(|word| file.places(word));
            offences.extend(
                places.map(|p| {
                    format!("{p}: a handler extracts, calls one rule, renders; tables are for rules")
                }),
            );
        }
    }
    none(offences);
}

#[test]
fn grouped_and_nested_imports_are_followed() {
    let code = "{base::{db::Db, clock}, wechat, people::Person as P, chat::*}; x";
    let mut paths = Vec::new();
    path_tree(code, 0, &[], &mut paths);
    let joined: Vec<_> = paths.iter().map(|p| p.join("::")).collect();
    assert_eq!(joined, ["base::db::Db", "base::clock", "wechat", "people::Person", "chat::*"]);
}
