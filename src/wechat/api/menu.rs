//! Menu calls, and what `yishiting menu` does with them.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use crate::wechat::errcode::Reaction;
use crate::wechat::menu::file::Menus;
use crate::wechat::menu::{Button, ConditionalMenu, Menu};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the account has now.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub struct CurrentMenus {
    #[serde(rename = "menu", default)]
    pub default: Menu,
    #[serde(rename = "conditionalmenu", default)]
    pub conditional: Vec<ConditionalMenu>,
}

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "menuid")]
    menu_id: Value,
}

#[derive(Deserialize)]
struct Matched {
    #[serde(rename = "button", default)]
    buttons: Vec<Button>,
}

/// The platform writes menu ids as numbers and as text.
fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

impl Api {
    /// Replaces the menu for everybody. Conditional menus stay.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), ApiError> {
        let request = Request::post("/cgi-bin/menu/create", menu)?.repeatable();
        self.call::<Nothing>(request).await.map(|_| ())
    }

    /// All menus that were made by calls; empty when there are none.
    pub async fn menus(&self) -> Result<CurrentMenus, ApiError> {
        match self.call(Request::get("/cgi-bin/menu/get")).await {
            Err(error) if error.reaction() == Reaction::Empty => Ok(CurrentMenus::default()),
            result => result,
        }
    }

    /// Removes all menus, conditional ones too.
    pub async fn delete_menus(&self) -> Result<(), ApiError> {
        self.call::<Nothing>(Request::get("/cgi-bin/menu/delete")).await.map(|_| ())
    }

    /// Adds a menu for some followers; gives its id. The last one that matches a follower wins.
    pub async fn add_conditional_menu(&self, menu: &ConditionalMenu) -> Result<String, ApiError> {
        let request = Request::post("/cgi-bin/menu/addconditional", menu)?;
        Ok(id_text(&self.call::<Created>(request).await?.menu_id))
    }

    pub async fn delete_conditional_menu(&self, menu_id: &str) -> Result<(), ApiError> {
        let request = Request::post("/cgi-bin/menu/delconditional", &json!({ "menuid": menu_id }))?;
        self.call::<Nothing>(request.repeatable()).await.map(|_| ())
    }

    /// The menu that a person (openid or WeChat id) sees.
    pub async fn try_menu(&self, user_id: &str) -> Result<Menu, ApiError> {
        let request = Request::post("/cgi-bin/menu/trymatch", &json!({ "user_id": user_id }))?;
        let matched: Matched = self.call(request.repeatable()).await?;
        Ok(Menu { buttons: matched.buttons })
    }

    /// The menu as it is, also when it was made in the console. Its shape differs from ours, so it stays JSON.
    pub async fn current_menu_info(&self) -> Result<Value, ApiError> {
        self.call(Request::get("/cgi-bin/get_current_selfmenu_info")).await
    }

    /// Makes the account's menus those of the operator's file. Gives the changes, line by line; without any,
    /// nothing is sent.
    pub async fn push_menus(&self, wanted: &Menus) -> Result<Vec<String>, ApiError> {
        let now = self.menus().await?;
        let changes = differences(&now, wanted);
        if now.default != wanted.default {
            self.create_menu(&wanted.default).await?;
        }
        if !same_conditionals(&now, wanted) {
            for id in now.conditional.iter().filter_map(|menu| menu.menu_id.as_ref()) {
                self.delete_conditional_menu(&id_text(id)).await?;
            }
            for menu in &wanted.conditional {
                self.add_conditional_menu(menu).await?;
            }
        }
        Ok(changes)
    }

    /// What [`push_menus`](Self::push_menus) would change.
    pub async fn diff_menus(&self, wanted: &Menus) -> Result<Vec<String>, ApiError> {
        Ok(differences(&self.menus().await?, wanted))
    }
}

impl From<CurrentMenus> for Menus {
    fn from(now: CurrentMenus) -> Self {
        Self { default: now.default, conditional: now.conditional }
    }
}

fn same_conditionals(now: &CurrentMenus, wanted: &Menus) -> bool {
    let same = |(a, b): (&ConditionalMenu, &ConditionalMenu)| a.buttons == b.buttons && a.rule == b.rule;
    now.conditional.len() == wanted.conditional.len()
        && now.conditional.iter().zip(&wanted.conditional).all(same)
}

fn differences(now: &CurrentMenus, wanted: &Menus) -> Vec<String> {
    let mut lines = now.default.diff(&wanted.default);
    if !same_conditionals(now, wanted) {
        lines.push(format!(
            "个性化菜单：现有 {} 个，将换成 {} 个",
            now.conditional.len(),
            wanted.conditional.len()
        ));
    }
    lines
}
