//! The operator's years: one file each in `wechat-config/workdays/`, put over the program's own.

use super::{Calendar, Year};
use crate::base::config::{Config, ConfigError};

/// The folder inside the configuration folder.
pub const FOLDER: &str = "workdays";

/// The years that the program brings along.
const OWN: [(i32, &str); 3] = [
    (2024, include_str!("../../../wechat-config/workdays/2024.toml")),
    (2025, include_str!("../../../wechat-config/workdays/2025.toml")),
    (2026, include_str!("../../../wechat-config/workdays/2026.toml")),
];

impl Calendar {
    /// The operator's files over our own; everything wrong is said at once, with file and line.
    pub fn load(config: &Config) -> Result<Calendar, ConfigError> {
        let mut wrong = Vec::new();
        let mut names: Vec<String> = OWN.iter().map(|(year, _)| format!("{year}.toml")).collect();
        match std::fs::read_dir(config.folder.join(FOLDER)) {
            Ok(entries) => names.extend(
                entries
                    .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                    .filter(|name| name.ends_with(".toml")),
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => wrong.push(format!("{FOLDER}：无法读取（{error}）")),
        }
        names.sort();
        names.dedup();
        let mut years = Vec::new();
        for name in names {
            let own = OWN.iter().find(|(year, _)| name == format!("{year}.toml")).map_or("", |(_, own)| *own);
            match config.read::<Year>(&format!("{FOLDER}/{name}"), own) {
                Ok(year) => {
                    let problems = year.problems();
                    wrong.extend(problems.into_iter().map(|problem| format!("{FOLDER}/{name}：{problem}")));
                    if name != format!("{}.toml", year.year) {
                        wrong.push(format!("{FOLDER}/{name}：文件名应与 year = {} 一致。", year.year));
                    }
                    years.push(year);
                }
                Err(error) => wrong.extend(error.0),
            }
        }
        if wrong.is_empty() { Ok(Calendar::new(years)) } else { Err(ConfigError(wrong)) }
    }

    /// The years that the program brings along, for tests.
    #[cfg(test)]
    pub fn own() -> Calendar {
        Calendar::new(OWN.map(|(_, text)| toml::from_str::<Year>(text).unwrap()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::config::Options;

    fn load(files: &[(&str, &str)]) -> Result<Calendar, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(FOLDER)).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(FOLDER).join(name), text).unwrap();
        }
        let config = Config::load(Options::default(), folder.path()).unwrap();
        Calendar::load(&config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_year_of_the_operator_stands_beside_ours_or_over_it() {
        let calendar =
            load(&[("2027.toml", "year = 2027\nstatus = \"published\"\nsource = \"通知\""), ("README", "…")]);
        let calendar = calendar.unwrap();
        assert!(calendar.is_published(2027) && calendar.is_published(2026));
        let calendar = load(&[("2026.toml", "year = 2026\nstatus = \"provisional\"\nsource = \"预计\"")]);
        assert!(!calendar.unwrap().is_published(2026));
        assert!(load(&[]).unwrap().is_published(2024));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_its_name() {
        let error = load(&[
            ("2026.toml", "year = 2026\nstatus = \"published\"\nsource = \"通知\"\nwork = 1"),
            ("2028.toml", "year = 2027\nstatus = \"published\"\nsource = \"通知\""),
        ])
        .unwrap_err();
        assert!(error.contains("2026.toml 第 4 行") && error.contains("work"), "{error}");
        assert!(error.contains("2028.toml：文件名应与 year = 2027 一致"), "{error}");
    }
}
