//! A material as it is sent, by the desk's form or by a program: the file goes to the documents while it arrives, and
//! the fields become settings.

use std::collections::HashMap;

use uuid::Uuid;

use super::material::edit::Settings;
use super::material::model::Visibility;
use super::model::Role;
use crate::document::{Documents, Received};
use crate::web::{Error, Incoming};

/// Takes in the one file of `incoming`. Its fields are complete afterwards.
pub async fn take(documents: &Documents, incoming: &mut Incoming) -> Result<Received, Error> {
    match received(documents, incoming).await {
        Ok(received) => Ok(received),
        Err(refused) => {
            incoming.hear_out().await;
            Err(refused)
        }
    }
}

async fn received(documents: &Documents, incoming: &mut Incoming) -> Result<Received, Error> {
    let Some(file) = incoming.file().await? else {
        return Err(Error::invalid("file", "文件", "请选择一个文件。"));
    };
    let name = file.name.clone();
    let received = documents.intake(&name, file.content()).await?;
    incoming.rest().await?;
    Ok(received)
}

/// What `fields` say about `old`. `form`: they come from a page, where a box without a tick sends nothing.
pub fn settings(fields: &HashMap<String, String>, old: Settings, form: bool) -> Result<Settings, Error> {
    let text = |name: &str| fields.get(name).map(|text| text.trim());
    let ticked = |name: &str, old: bool| match text(name) {
        Some(word) => matches!(word, "yes" | "true" | "1"),
        None => !form && old,
    };
    let visibility = match text("visibility") {
        Some(word) => visibility(word)?,
        None => old.visibility,
    };
    let agenda_item = match text("agenda_item_id") {
        Some("") => None,
        Some(id) => Some(id.parse().map_err(|_| Error::new("agenda_item_not_found"))?),
        None => old.agenda_item,
    };
    let roles = match text("roles") {
        Some(words) => roles(words.split(',').map(str::trim).filter(|word| !word.is_empty()))?,
        None if form => {
            let all = [Role::Attendee, Role::Observer, Role::Guest, Role::Staff];
            let picked: Vec<Role> = all
                .into_iter()
                .filter(|role| fields.contains_key(&format!("role_{}", role.word())))
                .collect();
            // All of them is no restriction, and then includes those who are on no list.
            if picked.len() == all.len() { Vec::new() } else { picked }
        }
        None => old.roles,
    };
    Ok(Settings {
        name: text("name").map_or(old.name, ToString::to_string),
        agenda_item,
        rank: old.rank,
        visibility,
        roles,
        may_view: ticked("may_view", old.may_view),
        may_download: ticked("may_download", old.may_download),
        internal: ticked("internal", old.internal),
    })
}

pub fn visibility(word: &str) -> Result<Visibility, Error> {
    Visibility::parse(word)
        .ok_or_else(|| Error::invalid("visibility", "可见时间", "应为 before、signed_in 或 after。"))
}

pub fn roles<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<Role>, Error> {
    let wrong = || Error::invalid("roles", "可见角色", "应为 attendee、observer、guest 或 staff。");
    words.map(|word| Role::parse(word).ok_or_else(wrong)).collect()
}

/// The operation that a form names, so that sending it again does nothing twice; its own where it names none.
pub fn operation(fields: &HashMap<String, String>) -> Uuid {
    fields
        .get("op")
        .and_then(|op| op.parse().ok())
        .filter(|op: &Uuid| !op.is_nil())
        .unwrap_or_else(Uuid::now_v7)
}
