//! Templates of rules: shipped ones from `wechat-config/ballots.toml`, and what staff made of them. A change is a new
//! version; rounds keep a copy of the rules that they were held by.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use uuid::Uuid;

use super::model::{ballot_template, read, written};
use super::refusal::BallotRefusal;
use super::rules::Rules;
use crate::base::Base;
use crate::base::config::{Config, ConfigError};
use crate::base::db::whole;
use crate::people::audit;

/// The file's name in the configuration folder.
pub const FILE: &str = "ballots.toml";
const OWN: &str = include_str!("../../wechat-config/ballots.toml");

/// Characters of a title, of a body's name, of a source.
const TITLE: usize = 40;
const SOURCE: usize = 1000;

/// A template as it is written in the file, or on a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub key: String,
    pub title: String,
    /// The kind of body that decides by it.
    pub body: String,
    /// Where the rules come from.
    pub source: String,
    pub rules: Rules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    templates: Vec<Template>,
}

impl Template {
    /// What makes this template impossible, in Chinese; empty: nothing.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = self.rules.problems();
        let fits = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
        if !fits(&self.title, TITLE) || !fits(&self.body, TITLE) {
            wrong.push(format!("名称和适用的会议要填写，各不超过 {TITLE} 个字"));
        }
        if !fits(&self.source, SOURCE) {
            wrong.push(format!("依据要填写，不超过 {SOURCE} 个字"));
        }
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=40).contains(&self.key.len()) || !self.key.chars().all(good) {
            wrong.push("代号只用小写字母、数字和下划线，不超过 40 个".to_string());
        }
        wrong
    }
}

/// The templates of the operator's file, or the program's own. Everything wrong is said at once.
pub fn load(config: &Config) -> Result<Vec<Template>, ConfigError> {
    let written: Written = config.read(FILE, OWN)?;
    let say = |template: &Template| {
        let named = |problem| format!("{FILE} 的 {}：{problem}", template.key);
        template.problems().into_iter().map(named).collect::<Vec<_>>()
    };
    let mut wrong: Vec<String> = written.templates.iter().flat_map(say).collect();
    for (at, template) in written.templates.iter().enumerate() {
        if written.templates[..at].iter().any(|other| other.key == template.key) {
            wrong.push(format!("{FILE}：代号 {} 出现了两次", template.key));
        }
    }
    if wrong.is_empty() { Ok(written.templates) } else { Err(ConfigError(wrong)) }
}

/// Puts templates that are not in the database yet into it; those that are stay as staff left them.
pub async fn ship(base: &Base, templates: &[Template]) -> Result<(), BallotRefusal> {
    let tx = base.db.write().await?;
    for template in templates {
        insert(base, &tx, template, 1, "system").await?;
    }
    Ok(tx.commit().await?)
}

/// What keys of rules begin with that staff made.
const OWN_KEY: &str = "own_";

/// A key that no rule has.
pub fn new_key() -> String {
    format!("{OWN_KEY}{}", Uuid::now_v7().simple())
}

/// Whether it is a key of a rule that staff made.
pub fn is_own(key: &str) -> bool {
    key.strip_prefix(OWN_KEY).is_some_and(|id| Uuid::try_parse(id).is_ok())
}

/// Keeps a template as the newest version of its key. The same as the newest changes nothing.
pub async fn save(
    base: &Base,
    template: &Template,
    actor: &str,
) -> Result<ballot_template::Model, BallotRefusal> {
    if let Some(problem) = template.problems().into_iter().next() {
        return Err(BallotRefusal::Invalid(problem));
    }
    let tx = base.db.write().await?;
    let newest = newest(&tx, &template.key).await?;
    if let Some(newest) = &newest
        && of(newest)? == *template
    {
        return Ok(newest.clone());
    }
    let version = newest.map_or(1, |newest| newest.version + 1);
    if insert(base, &tx, template, version, actor).await? == 0 {
        // Another replica was faster.
        return Err(BallotRefusal::RetryLater("the version is taken".to_string()));
    }
    audit::write(base, &tx, actor, "ballot.template", "", &format!("{} {version}", template.title)).await?;
    let saved = self::newest(&tx, &template.key).await?.ok_or(BallotRefusal::NoTemplate)?;
    tx.commit().await?;
    Ok(saved)
}

/// The newest version of each template, in the order of their keys' first making.
pub async fn list(base: &Base) -> Result<Vec<ballot_template::Model>, BallotRefusal> {
    let all =
        ballot_template::Entity::find().order_by_asc(ballot_template::Column::Id).all(base.db.read()).await?;
    let mut newest: Vec<ballot_template::Model> = Vec::new();
    for row in all {
        match newest.iter_mut().find(|known| known.key == row.key) {
            Some(known) if known.version < row.version => *known = row,
            Some(_) => {}
            None => newest.push(row),
        }
    }
    Ok(newest)
}

/// The newest version of one.
pub async fn newest(conn: &impl ConnectionTrait, key: &str) -> Result<Option<ballot_template::Model>, DbErr> {
    ballot_template::Entity::find()
        .filter(ballot_template::Column::Key.eq(key))
        .order_by_desc(ballot_template::Column::Version)
        .one(conn)
        .await
}

/// All versions of one, the newest first.
pub async fn versions(base: &Base, key: &str) -> Result<Vec<ballot_template::Model>, BallotRefusal> {
    Ok(ballot_template::Entity::find()
        .filter(ballot_template::Column::Key.eq(key))
        .order_by_desc(ballot_template::Column::Version)
        .all(base.db.read())
        .await?)
}

/// A row as the template that it holds.
pub fn of(row: &ballot_template::Model) -> Result<Template, BallotRefusal> {
    Ok(Template {
        key: row.key.clone(),
        title: row.title.clone(),
        body: row.body.clone(),
        source: row.source.clone(),
        rules: read(&row.rules)?,
    })
}

async fn insert(
    base: &Base,
    conn: &impl ConnectionTrait,
    template: &Template,
    version: i32,
    made_by: &str,
) -> Result<u64, BallotRefusal> {
    let row = ballot_template::Model {
        id: Uuid::now_v7(),
        key: template.key.clone(),
        version,
        title: template.title.trim().to_string(),
        body: template.body.trim().to_string(),
        source: template.source.trim().to_string(),
        rules: written(&template.rules)?,
        made_by: made_by.to_string(),
        at: base.clock.now(),
    };
    let on_conflict = OnConflict::new().do_nothing().to_owned();
    Ok(ballot_template::Entity::insert(whole(row))
        .on_conflict(on_conflict)
        .exec_without_returning(conn)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::rules::Kind;

    #[test]
    fn every_shipped_template_is_sound_and_names_its_source() {
        let written: Written = toml::from_str(OWN).unwrap();
        assert!(written.templates.len() >= 8);
        for template in &written.templates {
            assert_eq!(template.problems(), Vec::<String>::new(), "{}", template.key);
        }
        for kind in [Kind::Motion, Kind::Election, Kind::Rating] {
            assert!(written.templates.iter().any(|template| template.rules.kind == kind), "{kind:?}");
        }
    }
}
