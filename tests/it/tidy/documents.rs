//! What documents say of the source must be so.

use std::collections::HashSet;

use super::none;
use super::source::{File, files, read, root};

/// The words between back-ticks, with the line they stand in.
fn quoted(file: &File) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let words = line.split('`').skip(1).step_by(2);
        found.extend(words.map(|word| (format!("{}:{}", file.path, number + 1), word.to_owned())));
    }
    found
}

/// Every word of the program's source.
fn words() -> HashSet<String> {
    let all = ["src", "tests", "migrations", "assets/src"].iter().flat_map(|folder| files(folder, &[]));
    all.flat_map(|file| {
        file.text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

/// `src/chat/late.rs`, `wechat-config/`, `model.rs`: a place in the repository, or the end of one.
fn is_place(word: &str) -> bool {
    let ending = word.rsplit('.').next().unwrap_or_default();
    let of_ours = ["rs", "toml", "md", "css", "js", "mjs"].contains(&ending) && word.contains('.');
    (of_ours || word.ends_with('/')) && !word.starts_with('/') && !word.contains([' ', '*', '…'])
}

#[test]
fn the_architecture_names_only_what_exists() {
    let page = read("docs/architecture.md");
    let paths: Vec<String> = ["src", "tests", "migrations", "assets", "wechat-config", "docs"]
        .iter()
        .flat_map(|folder| files(folder, &[]))
        .map(|file| file.path)
        .collect();
    let words = words();
    let mut offences = Vec::new();
    for (place, word) in quoted(&page) {
        if is_place(&word) {
            let known = root().join(&word).exists()
                || paths
                    .iter()
                    .any(|path| path.ends_with(&format!("/{word}")) || path.contains(&format!("/{word}")));
            if !known {
                offences.push(format!("{place}: `{word}` is not in the repository"));
            }
            continue;
        }
        // `Door::check_in`, `announce(base, meeting, version)`, `needs_binding`
        let name = word.split('(').next().unwrap_or_default();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
            && (name.contains("::") || name.contains('_'));
        if is_name && !name.ends_with('_') {
            offences.extend(
                name.split("::")
                    .filter(|part| !words.contains(*part))
                    .map(|part| format!("{place}: `{part}` of `{word}` is nowhere in the source")),
            );
        }
    }
    none(offences);
}

#[test]
fn links_and_pictures_in_documents_lead_to_files() {
    let mut offences = Vec::new();
    for file in files("", &[".md"]) {
        let folder = root().join(&file.path);
        for (number, line) in file.text.lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let own = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
            offences.extend(
                own.filter(|target| !folder.with_file_name(target).exists())
                    .map(|target| format!("{}:{}: `{target}` is not there", file.path, number + 1)),
            );
        }
    }
    none(offences);
}
