//! The operator's `menu.toml`: reading it, and writing a menu in its format.

use super::{Button, ConditionalMenu, MatchRule, Menu, MenuError};
use crate::base::config::{Config, ConfigError};
use serde::{Deserialize, Serialize};

/// The name inside the configuration folder.
pub const FILE: &str = "menu.toml";
const OWN: &str = include_str!("../../../wechat-config/menu.toml");

/// The menu for everybody and those for some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Menus {
    pub default: Menu,
    pub conditional: Vec<ConditionalMenu>,
}

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{FILE}：{0}")]
    Menu(#[from] MenuError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "button", default)]
    buttons: Vec<FileButton>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditional: Vec<FileConditional>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileConditional {
    tag_id: Option<String>,
    client_platform_type: Option<String>,
    #[serde(rename = "button", default)]
    buttons: Vec<FileButton>,
}

/// A [`Button`] that refuses unknown keys; the platform's own answers may hold any.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileButton {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    key: Option<String>,
    url: Option<String>,
    media_id: Option<String>,
    article_id: Option<String>,
    appid: Option<String>,
    pagepath: Option<String>,
    #[serde(rename = "sub_button", default, skip_serializing_if = "Vec::is_empty")]
    sub_buttons: Vec<FileButton>,
}

const PUBLIC_URL: &str = "{public_url}";

/// Reads and checks the operator's file, or the program's own.
pub fn load(config: &Config) -> Result<Menus, FileError> {
    let file: File = config.read(FILE, OWN)?;
    let public_url = config.link("");
    let fill =
        |buttons: Vec<FileButton>| buttons.into_iter().map(|button| button.fill(&public_url)).collect();
    let menus = Menus {
        default: Menu { buttons: fill(file.buttons) },
        conditional: file
            .conditional
            .into_iter()
            .map(|menu| ConditionalMenu {
                buttons: fill(menu.buttons),
                rule: MatchRule { tag_id: menu.tag_id, client_platform_type: menu.client_platform_type },
                menu_id: None,
            })
            .collect(),
    };
    menus.default.check()?;
    menus.conditional.iter().try_for_each(ConditionalMenu::check)?;
    Ok(menus)
}

impl Menus {
    /// The menus as text for the operator's file; the server's own address is written as `{public_url}`.
    pub fn to_toml(&self, config: &Config) -> Result<String, toml::ser::Error> {
        let public_url = config.link("");
        let write =
            |buttons: &[Button]| buttons.iter().map(|button| FileButton::of(button, &public_url)).collect();
        toml::to_string(&File {
            buttons: write(&self.default.buttons),
            conditional: self
                .conditional
                .iter()
                .map(|menu| FileConditional {
                    tag_id: menu.rule.tag_id.clone(),
                    client_platform_type: menu.rule.client_platform_type.clone(),
                    buttons: write(&menu.buttons),
                })
                .collect(),
        })
    }
}

impl FileButton {
    fn fill(self, public_url: &str) -> Button {
        Button {
            name: self.name,
            kind: self.kind,
            key: self.key,
            url: self.url.map(|url| url.replace(PUBLIC_URL, public_url)),
            media_id: self.media_id,
            article_id: self.article_id,
            app_id: self.appid,
            page_path: self.pagepath,
            sub_buttons: self.sub_buttons.into_iter().map(|sub| sub.fill(public_url)).collect(),
        }
    }

    fn of(button: &Button, public_url: &str) -> Self {
        let button = button.clone();
        let own = |url: String| match url.strip_prefix(public_url) {
            Some(path) if path.is_empty() || path.starts_with('/') => format!("{PUBLIC_URL}{path}"),
            _ => url,
        };
        Self {
            name: button.name,
            kind: button.kind,
            key: button.key,
            url: button.url.map(own),
            media_id: button.media_id,
            article_id: button.article_id,
            appid: button.app_id,
            pagepath: button.page_path,
            sub_buttons: button.sub_buttons.iter().map(|sub| Self::of(sub, public_url)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::config::Options;

    fn config(menu: Option<&str>) -> (Config, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(text) = menu {
            std::fs::write(folder.path().join(FILE), text).expect("written");
        }
        let given = Options { public_url: Some("https://city.example.cn/".into()), ..Options::default() };
        (Config::load(given, folder.path()).expect("a configuration"), folder)
    }

    fn error(menu: &str) -> String {
        load(&config(Some(menu)).0).expect_err("refused").to_string()
    }

    #[test]
    fn the_programs_own_menu_keeps_the_platforms_rules_and_leads_to_this_server() {
        let menus = load(&config(None).0).expect("loads");
        let urls = menus.default.buttons.iter().flat_map(|b| &b.sub_buttons).filter_map(|b| b.url.as_deref());
        assert_eq!(
            urls.collect::<Vec<_>>(),
            ["/m", "/help", "/car", "/car/mine", "/cases/new", "/cases/mine"]
                .map(|path| format!("https://city.example.cn{path}"))
        );
        assert!(menus.conditional.is_empty());
    }

    #[test]
    fn a_menu_written_by_pull_reads_back_the_same() {
        let (config, folder) = config(None);
        let mut menus = load(&config).expect("loads");
        menus.conditional.push(ConditionalMenu {
            buttons: vec![Button::view("值班台", "https://city.example.cn/desk")],
            rule: MatchRule { tag_id: Some("2".into()), client_platform_type: None },
            menu_id: None,
        });
        let text = menus.to_toml(&config).expect("written");
        assert!(text.contains("{public_url}/desk"), "{text}");
        std::fs::write(folder.path().join(FILE), &text).expect("written");
        assert_eq!(load(&config).expect("reads"), menus);
    }

    #[test]
    fn foreign_addresses_stay_as_they_are() {
        let menu = "[[button]]\nname='外站'\ntype='view'\nurl='https://city.example.cn.other.cn/a'";
        let (config, _folder) = config(Some(menu));
        let text = load(&config).expect("loads").to_toml(&config).expect("written");
        assert!(text.contains("https://city.example.cn.other.cn/a"), "{text}");
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        let unknown = error("[[button]]\nname='会议'\ntyp='click'");
        assert!(unknown.contains("menu.toml") && unknown.contains("typ"), "{unknown}");
        assert!(error("[[button]]\nname='会议'").contains("没有写按钮类型"));
        assert!(error("").contains("1 到 3 个"));
        assert!(error("[[button]]\nname='a'\ntype='click'\nkey='k'\n[[conditional]]").contains("1 到 3 个"));
    }
}
