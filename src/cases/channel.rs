//! 专题频道：a named choice of public cases with a page of its own. A case belongs to it by its category, its unit and its
//! words, all of them that the channel names, or because somebody picked it by hand. It shows what is public and nothing
//! else: a case that leaves the public leaves all channels.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use self::case_channel::{Column, Entity, Model};
use super::Cases;
use super::access::Officer;
use super::decide::Refusal;
use super::model::{Part, case_file};
use super::search::{self, PAGE};
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::search::Query;
use crate::people::audit;

/// Channels of a city.
pub const MOST: u64 = 50;
/// Characters of a name, and of what stands under it.
pub const TITLE: usize = 20;
pub const INTRO: usize = 200;
/// Characters of words to search for.
const WORDS: usize = 40;
/// Letters of an address.
const SLUG: usize = 30;
/// Cases picked by hand.
const PICKED: usize = 200;

/// A channel. Lists are kept with commas.
pub mod case_channel {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_channel")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The end of its address.
        #[sea_orm(unique)]
        pub slug: String,
        pub title: String,
        pub intro: String,
        /// Codes of categories.
        pub categories: String,
        /// Codes of lead units.
        pub units: String,
        pub words: String,
        /// Public numbers.
        pub numbers: String,
        /// Everybody sees it.
        pub shown: bool,
        pub version: i64,
        pub changed_by: String,
        pub changed_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody writes for a channel.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub slug: String,
    pub title: String,
    pub intro: String,
    pub categories: Vec<String>,
    pub units: Vec<String>,
    pub words: String,
    /// Public numbers, with spaces, commas or lines between them.
    pub numbers: String,
    pub shown: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("no such channel")]
    NotFound,
    #[error("another one has this address")]
    Taken,
    #[error("somebody changed it")]
    Stale,
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for ChannelError {
    fn code(&self) -> &'static str {
        match self {
            ChannelError::NotFound => "case_channel_not_found",
            ChannelError::Taken => "case_channel_taken",
            ChannelError::Stale => "case_channel_stale",
            ChannelError::Invalid(_) => "case_invalid",
            ChannelError::Refused(refusal) => refusal.code(),
            ChannelError::Database(_) => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            ChannelError::Invalid(what) => vec![("what", what.clone())],
            _ => Vec::new(),
        }
    }
}

/// Who makes channels: those who make cases public.
pub fn may(officer: &Officer) -> bool {
    officer.has(Part::Moderator) || officer.has(Part::Propaganda)
}

/// All channels, or those that everybody sees; the newest first.
pub async fn list(cases: &Cases, shown: bool) -> Result<Vec<Model>, DbErr> {
    let mut all = Entity::find().order_by_desc(Column::Id).limit(MOST);
    if shown {
        all = all.filter(Column::Shown.eq(true));
    }
    all.all(cases.store.db.read()).await
}

/// The channel at this address that everybody sees.
pub async fn at(cases: &Cases, slug: &str) -> Result<Model, ChannelError> {
    let row = Entity::find().filter(Column::Slug.eq(slug)).filter(Column::Shown.eq(true));
    row.one(cases.store.db.read()).await?.ok_or(ChannelError::NotFound)
}

/// The public cases of `channel` below `before`, the newest number first, and whether there are older ones.
pub async fn cases_of(
    cases: &Cases,
    channel: &Model,
    before: Option<i64>,
) -> Result<(Vec<case_file::Model>, bool), DbErr> {
    use case_file::Column as File;
    let db = cases.store.db.read();
    let (categories, units) = (listed(&channel.categories), listed(&channel.units));
    let mut public = case_file::Entity::find().filter(File::PublishedAt.is_not_null());
    if let Some(before) = before {
        public = public.filter(File::PublicNo.lt(before));
    }
    let numbers = listed(&channel.numbers).into_iter().filter_map(|number| number.parse::<i64>().ok());
    let picked = public.clone().filter(File::PublicNo.is_in(numbers)).order_by_desc(File::PublicNo);
    let mut rows = picked.limit(PAGE + 1).all(db).await?;
    let query = Query::new(&channel.words);
    let by_rule = !categories.is_empty() || !units.is_empty() || query.is_some();
    if by_rule {
        if !categories.is_empty() {
            public = public.filter(File::Category.is_in(categories));
        }
        if !units.is_empty() {
            public = public.filter(File::LeadUnit.is_in(units));
        }
        let found = match &query {
            Some(query) => search::narrowed(cases, public, query, before).await?,
            None => Some(public.order_by_desc(File::PublicNo)),
        };
        if let Some(found) = found {
            rows.extend(found.limit(PAGE + 1).all(db).await?);
        }
    }
    rows.sort_by_key(|file| std::cmp::Reverse(file.public_no));
    rows.dedup_by_key(|file| file.public_no);
    let more = rows.len() as u64 > PAGE;
    rows.truncate(PAGE as usize);
    Ok((rows, more))
}

/// What a list of a channel holds.
pub fn listed(text: &str) -> Vec<&str> {
    text.split(',').filter(|one| !one.is_empty()).collect()
}

/// A new channel; the same again is no second one.
pub async fn make(cases: &Cases, officer: &Officer, written: &Written) -> Result<Uuid, ChannelError> {
    let row = row(cases, officer, written, (Uuid::now_v7(), 1))?;
    let tx = cases.store.db.write().await?;
    let once = OnConflict::column(Column::Slug).do_nothing().to_owned();
    let insert = Entity::insert(whole::<case_channel::ActiveModel>(row.clone())).on_conflict(once);
    if insert.exec_without_returning(&tx).await? == 0 {
        let old = Entity::find().filter(Column::Slug.eq(&row.slug)).one(&tx).await?;
        return match old {
            Some(old) if same(&old, &row) => Ok(old.id),
            _ => Err(ChannelError::Taken),
        };
    }
    if Entity::find().limit(MOST + 1).all(&tx).await?.len() as u64 > MOST {
        return Err(ChannelError::Invalid(format!("最多 {MOST} 个频道，先删去不用的")));
    }
    tx.commit().await?;
    audit::note(&cases.base, &officer.username, "case.channel", &row.slug, &row.title).await?;
    Ok(row.id)
}

/// Another channel in place of the one that was seen at this version.
pub async fn edit(
    cases: &Cases,
    officer: &Officer,
    (id, seen): (Uuid, i64),
    written: &Written,
) -> Result<(), ChannelError> {
    let row = row(cases, officer, written, (id, seen + 1))?;
    let tx = cases.store.db.write().await?;
    let old = Entity::find_by_id(id).one(&tx).await?.ok_or(ChannelError::NotFound)?;
    if old.version == row.version && same(&old, &row) {
        return Ok(());
    }
    let taken = Entity::find().filter(Column::Slug.eq(&row.slug)).filter(Column::Id.ne(id));
    if taken.one(&tx).await?.is_some() {
        return Err(ChannelError::Taken);
    }
    let updated = Entity::update_many()
        .set(whole::<case_channel::ActiveModel>(row.clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(seen))
        .exec(&tx)
        .await?;
    if updated.rows_affected == 0 {
        return Err(ChannelError::Stale);
    }
    tx.commit().await?;
    audit::note(&cases.base, &officer.username, "case.channel", &row.slug, &row.title).await?;
    Ok(())
}

/// Away with a channel; its cases stay public.
pub async fn remove(cases: &Cases, officer: &Officer, id: Uuid) -> Result<(), ChannelError> {
    if !may(officer) {
        return Err(Refusal::Forbidden.into());
    }
    let tx = cases.store.db.write().await?;
    let old = Entity::find_by_id(id).one(&tx).await?.ok_or(ChannelError::NotFound)?;
    Entity::delete_by_id(id).exec(&tx).await?;
    tx.commit().await?;
    audit::note(&cases.base, &officer.username, "case.unchannel", &old.slug, &old.title).await?;
    Ok(())
}

/// Both say the same.
fn same(one: &Model, other: &Model) -> bool {
    let said = |row: &Model| Model { id: other.id, version: 0, changed_at: other.changed_at, ..row.clone() };
    said(one) == said(other)
}

fn row(
    cases: &Cases,
    officer: &Officer,
    written: &Written,
    (id, version): (Uuid, i64),
) -> Result<Model, ChannelError> {
    if !may(officer) {
        return Err(Refusal::Forbidden.into());
    }
    let wrong = |what: String| Err(ChannelError::Invalid(what));
    let (slug, title, intro, words) =
        (written.slug.trim(), written.title.trim(), written.intro.trim(), written.words.trim());
    let letters = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    if !(1..=SLUG).contains(&slug.len()) || !slug.chars().all(letters) {
        return wrong(format!("网址要用小写字母、数字或横线，不超过 {SLUG} 个"));
    }
    if !(1..=TITLE).contains(&title.chars().count()) || title.contains('\n') {
        return wrong(format!("频道名称要有，且不超过 {TITLE} 个字"));
    }
    if intro.chars().count() > INTRO || words.chars().count() > WORDS {
        return wrong(format!("简介不超过 {INTRO} 个字，关键词不超过 {WORDS} 个字"));
    }
    let known = |code: &String| cases.units.category(code).is_some();
    if !written.categories.iter().all(known) || !written.units.iter().all(|code| cases.units.knows(code)) {
        return wrong("类别和单位请从列表里选择".to_string());
    }
    let split = |sign: char| sign.is_whitespace() || matches!(sign, ',' | '，' | '、');
    let numbers: Option<Vec<i64>> =
        written.numbers.split(split).filter(|one| !one.is_empty()).map(|one| one.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() <= PICKED) else {
        return wrong(format!("手工挑选的诉求要写编号，用空格或逗号隔开，最多 {PICKED} 件"));
    };
    let by_rule = !written.categories.is_empty() || !written.units.is_empty() || Query::new(words).is_some();
    if !by_rule && numbers.is_empty() {
        return wrong("类别、单位、关键词和编号至少要有一样".to_string());
    }
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Model {
        id,
        slug: slug.to_string(),
        title: title.to_string(),
        intro: intro.to_string(),
        categories: written.categories.join(","),
        units: written.units.join(","),
        words: words.to_string(),
        numbers: numbers.join(","),
        shown: written.shown,
        version,
        changed_by: officer.username.clone(),
        changed_at: cases.store.clock.now(),
    })
}
