//! 在电脑上打开: a browser without WeChat gets a person's materials for half an hour. Either the phone shows six digits
//! that are typed into the computer, or the computer shows a code that the phone scans and allows.
//!
//! The digits and the challenge live in the cache, minutes long; the grant is a row, so that ending it holds everywhere
//! from the next request on.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::material_pull::{ActiveModel, Column, Entity, Model};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::{digest, random_bytes, random_token};
use crate::people::model::person;

/// How long a computer keeps what it was given.
pub const LIFE: TimeDelta = TimeDelta::minutes(30);
/// How long six digits or a scanned code serve.
pub const CODE_LIFE: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    #[error("no such digits")]
    Wrong,
    #[error("the computer's code is over")]
    Over,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for PairingError {
    fn code(&self) -> &'static str {
        match self {
            PairingError::Wrong => "pairing_wrong",
            PairingError::Over => "pairing_over",
            PairingError::Database(_) => "unavailable",
        }
    }
}

/// What a computer's browser keeps as its cookie.
pub fn new_token() -> String {
    random_token()
}

/// The six digits of `person`: the same until they are used or over.
pub async fn digits(base: &Base, person: Uuid) -> Result<String, PairingError> {
    let own = format!("pull:of:{person}");
    if let Some(known) = base.cache.get(&own).await {
        let known = String::from_utf8_lossy(&known).into_owned();
        if let Some(entry) = base.cache.get(&format!("pull:code:{known}")).await
            && serves(base, &entry).is_some()
        {
            return Ok(known);
        }
    }
    for _ in 0..20 {
        let digits = format!("{:06}", u32::from_be_bytes(random_bytes()) % 1_000_000);
        let until = (base.clock.now() + CODE_LIFE).timestamp_millis();
        let entry = format!("{person} {until}");
        if base.cache.set_if_absent(&format!("pull:code:{digits}"), entry, CODE_LIFE).await {
            base.cache.set(&own, digits.clone(), CODE_LIFE).await;
            return Ok(digits);
        }
    }
    Err(PairingError::Over)
}

/// Whose digits these are, while they serve: the cache forgets them about then, the clock says when.
fn serves(base: &Base, entry: &[u8]) -> Option<Uuid> {
    let entry = std::str::from_utf8(entry).ok()?;
    let (person, until) = entry.split_once(' ')?;
    let until: i64 = until.parse().ok()?;
    if base.clock.now().timestamp_millis() < until { person.parse().ok() } else { None }
}

/// Gives the browser with `token` the materials of whoever has `digits`; these serve once.
pub async fn by_digits(base: &Base, token: &str, browser: &str, digits: &str) -> Result<Uuid, PairingError> {
    let typed: String = digits.chars().filter(char::is_ascii_digit).collect();
    if typed.len() != 6 {
        return Err(PairingError::Wrong);
    }
    let found = base.cache.take(&format!("pull:code:{typed}")).await.ok_or(PairingError::Wrong)?;
    let person = serves(base, &found).ok_or(PairingError::Wrong)?;
    base.cache.delete(&format!("pull:of:{person}")).await;
    grant(base, &digest(token.as_bytes()), browser, person).await?;
    Ok(person)
}

/// A challenge for the browser with `token`, to be shown as a code. It says nothing of the token.
pub async fn challenge(base: &Base, token: &str, browser: &str) -> String {
    let challenge = random_token();
    let waits = format!("{} {browser}", digest(token.as_bytes()));
    base.cache.set(&format!("pull:ask:{challenge}"), waits, CODE_LIFE).await;
    challenge
}

/// What the browser calls itself that shows `challenge`; `None` when it is over.
pub async fn asking(base: &Base, challenge: &str) -> Option<String> {
    let waits = base.cache.get(&format!("pull:ask:{challenge}")).await?;
    String::from_utf8_lossy(&waits).split_once(' ').map(|(_, browser)| browser.to_string())
}

/// `person` allows the browser that shows `challenge`; it serves once.
pub async fn allow(base: &Base, challenge: &str, person: Uuid) -> Result<(), PairingError> {
    let waits = base.cache.take(&format!("pull:ask:{challenge}")).await.ok_or(PairingError::Over)?;
    let waits = String::from_utf8_lossy(&waits).into_owned();
    let (token_hash, browser) = waits.split_once(' ').ok_or(PairingError::Over)?;
    Ok(grant(base, token_hash, browser, person).await?)
}

async fn grant(base: &Base, token_hash: &str, browser: &str, person: Uuid) -> Result<(), DbErr> {
    let now = base.clock.now();
    let tx = base.db.write().await?;
    // A browser belongs to whoever came last.
    Entity::delete_many().filter(Column::TokenHash.eq(token_hash)).exec(&tx).await?;
    let row: ActiveModel = whole(Model {
        id: Uuid::now_v7(),
        token_hash: token_hash.to_string(),
        person_id: person,
        browser: browser.chars().take(60).collect(),
        opened_at: now,
        ends_at: now + LIFE,
        ended_at: None,
    });
    Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await
}

/// The grant that the browser with `token` holds now.
async fn held(base: &Base, token: &str) -> Result<Option<Model>, DbErr> {
    let now = base.clock.now();
    let found =
        Entity::find().filter(Column::TokenHash.eq(digest(token.as_bytes()))).one(base.db.read()).await?;
    Ok(found.filter(|grant| grant.ended_at.is_none() && now < grant.ends_at))
}

/// The person whose materials the browser with `token` holds now.
pub async fn holder(base: &Base, token: &str) -> Result<Option<(person::Model, Model)>, DbErr> {
    let Some(grant) = held(base, token).await? else { return Ok(None) };
    let person = person::Entity::find_by_id(grant.person_id).one(base.db.read()).await?;
    Ok(person.map(|person| (person, grant)))
}

/// Computers that hold materials of `person` now, the newest first.
pub async fn open_for(base: &Base, person: Uuid) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::EndedAt.is_null())
        .filter(Column::EndsAt.gt(base.clock.now()))
        .order_by_desc(Column::OpenedAt)
        .all(base.db.read())
        .await
}

/// Ends a grant of `person`; one that is over stays over.
pub async fn end(base: &Base, person: Uuid, id: Uuid) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    if let Some(grant) = Entity::find_by_id(id).one(&tx).await?.filter(|grant| grant.person_id == person) {
        let ended_at = grant.ended_at.or(Some(base.clock.now()));
        let row = ActiveModel { id: Set(id), ended_at: Set(ended_at), ..Default::default() };
        Entity::update(row).exec(&tx).await?;
    }
    tx.commit().await
}

/// `Chrome · Windows` of a browser's user agent, so that people recognise their computer.
pub fn browser_of(agent: &str) -> String {
    let named = |list: &[(&str, &'static str)], other| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map_or(other, |(_, name)| *name)
    };
    let browser = named(
        &[
            ("MicroMessenger", "微信"),
            ("Edg/", "Edge"),
            ("360SE", "360 浏览器"),
            ("QQBrowser", "QQ 浏览器"),
            ("Firefox/", "火狐"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "浏览器",
    );
    let system = named(
        &[
            ("Windows", "Windows"),
            ("Android", "安卓"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "Mac"),
            ("Linux", "Linux"),
        ],
        "未知系统",
    );
    format!("{browser} · {system}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_as_people_know_it() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        assert_eq!(browser_of(windows), "Chrome · Windows");
        assert_eq!(browser_of(&format!("{windows} Edg/126.0")), "Edge · Windows");
        assert_eq!(browser_of("curl/8"), "浏览器 · 未知系统");
    }
}
