//! Tables that must be whole: error codes with their texts, configuration keys with their manual.

use super::none;
use super::source::{File, files, read};
use clap::Args;
use yishiting::base::config::{FILE, Options};
use yishiting::base::error::TEXTS;

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_error_code_has_its_chinese_text() {
    none(
        TEXTS
            .iter()
            .filter(|row| !is_chinese(row.zh) && !row.zh.contains("{problem}"))
            .map(|row| format!("src/base/error.rs:1: {} has no Chinese text", row.code))
            .collect(),
    );
}

/// The string literals inside every `fn code(&self) -> &'static str { … }`, where errors name their codes.
fn codes(file: &File) -> Vec<(String, String)> {
    let code = file.code();
    let mut found = Vec::new();
    for (start, head) in code.text.match_indices("fn code(&self) -> &'static str {") {
        let mut depth = 1;
        let body = start + head.len();
        let end = code.text[body..].find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        let body = &file.text[body..end.map_or(file.text.len(), |end| body + end)];
        let parts = body.split('"').skip(1).step_by(2);
        found.extend(parts.map(|name| (file.at(start), name.to_owned())));
    }
    found
}

#[test]
fn every_code_that_an_error_names_stands_in_the_table() {
    let named: Vec<_> = files("src", &[".rs"]).iter().flat_map(codes).collect();
    none(
        named
            .into_iter()
            .filter(|(_, code)| !TEXTS.iter().any(|row| row.code == *code))
            .map(|(place, code)| {
                format!(
                    "{place}: `{code}` is not in src/base/error.rs: its user would read of an inner fault"
                )
            })
            .collect(),
    );
}

#[test]
fn every_sealed_column_can_be_sealed_anew() {
    let known: Vec<String> = yishiting::server::sealed()
        .iter()
        .map(|column| format!("{}.{}", column.table, column.column))
        .collect();
    let mut offences = Vec::new();
    for file in files("src", &["model.rs"]) {
        for (at, _) in file.text.match_indices("_sealed: ") {
            let column = file.text[..at].rsplit(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
            let table = file.text[..at].rsplit_once("table_name = \"").map_or("", |(_, rest)| rest);
            let name = format!("{}.{column}_sealed", table.split('"').next().unwrap_or_default());
            if !known.contains(&name) {
                offences.push(format!(
                    "{}: {name} is in no module's `SEALED`: a new key would leave it",
                    file.at(at)
                ));
            }
        }
    }
    none(offences);
}

#[test]
fn whoever_names_people_says_how_long_they_are_needed() {
    use yishiting::{ballot, meeting, movecar, notify};
    let lists: [&[yishiting::people::retention::Use]; 7] = [
        &meeting::retention::PERSONS,
        &meeting::retention::FOLLOWERS,
        &ballot::retention::PERSONS,
        &ballot::poll::retention::PERSONS,
        &notify::retention::PERSONS,
        &notify::retention::FOLLOWERS,
        &movecar::retention::FOLLOWERS,
    ];
    let known: Vec<String> =
        lists.concat().iter().map(|one| format!("{}.{}", one.table, one.column)).collect();
    let mut offences = Vec::new();
    for file in files("src", &["model.rs"]).iter().filter(|file| !file.path.starts_with("src/people/")) {
        for column in ["person_id", "follower_id"] {
            for (at, _) in file.text.match_indices(&format!("pub {column}: ")) {
                let table = file.text[..at].rsplit_once("table_name = \"").map_or("", |(_, rest)| rest);
                let name = format!("{}.{column}", table.split('"').next().unwrap_or_default());
                if !known.contains(&name) {
                    let what = "is unknown to retention: whom it names might be forgotten while needed";
                    offences.push(format!("{}: {name} {what}", file.at(at)));
                }
            }
        }
    }
    none(offences);
}

#[test]
fn every_setting_is_explained_in_the_example_file() {
    let path = format!("wechat-config/{FILE}");
    let manual = read(&path).text;
    let lines: Vec<&str> = manual.lines().collect();
    let mut offences = Vec::new();
    for argument in Options::augment_args(clap::Command::new("all")).get_arguments() {
        let key = argument.get_id().as_str();
        let at = lines.iter().position(|l| l.trim_start_matches("# ").starts_with(&format!("{key} = ")));
        match at {
            None => offences.push(format!("{path}:1: `{key}` is missing")),
            Some(at) if at == 0 || !lines[at - 1].starts_with("# ") || !is_chinese(lines[at - 1]) => {
                offences.push(format!("{path}:{}: `{key}` has no explanation in the line above", at + 1));
            }
            Some(_) => {}
        }
        let variable = argument.get_env().and_then(|name| name.to_str()).unwrap_or_default();
        if variable != format!("YST_{}", key.to_uppercase()) {
            offences.push(format!("src/base/config.rs:1: `{key}` is set by {variable}: one name everywhere"));
        }
    }
    none(offences);
}

#[test]
fn the_example_file_holds_only_settings_that_exist() {
    let manual = read(&format!("wechat-config/{FILE}")).text;
    let is_key = |line: &&str| {
        line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let set: String =
        manual.lines().map(|l| l.trim_start_matches("# ")).filter(is_key).map(|l| format!("{l}\n")).collect();
    assert!(set.lines().count() > 10, "the settings of the manual were found");
    if let Err(error) = toml::from_str::<Options>(&set) {
        panic!("{error}");
    }
}

#[test]
fn every_key_of_the_other_configuration_files_is_explained() {
    let mut offences = Vec::new();
    for file in files("wechat-config", &[".toml"]) {
        // By a comment on its line or above it, at its first use, or by name in any comment.
        let names = |line: &str, key: &str| {
            line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == key)
        };
        let comments: Vec<&str> = file.text.lines().filter(|l| l.starts_with('#')).collect();
        let mut explained: Vec<&str> = Vec::new();
        let mut above = "";
        for (number, line) in file.text.lines().map(str::trim).enumerate() {
            let is_key =
                |key: &&str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            if let Some(key) = line.split_once('=').map(|(key, _)| key.trim()).filter(is_key) {
                if above.starts_with('#') || line.contains(" # ") {
                    explained.push(key);
                }
                if !explained.contains(&key) && !comments.iter().any(|comment| names(comment, key)) {
                    offences.push(format!("{}:{}: no comment explains `{key}`", file.path, number + 1));
                }
            }
            above = line;
        }
    }
    none(offences);
}
