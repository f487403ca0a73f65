//! Making and changing meetings.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::agenda;
use super::attendance::announce;
use super::location::Venue;
use super::model::{CodeKind, LocationUse, Policy, State, meeting};
use super::reminder::schedule;
use super::scene;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::{random_code, random_token};
use crate::people::audit;
use crate::people::name::one_line;

/// A meeting as an organiser describes it.
#[derive(Clone, Debug)]
pub struct Draft {
    pub title: String,
    pub summary: String,
    pub place: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub opens_at: Instant,
    pub closes_at: Instant,
    pub policy: Policy,
    pub code_kind: CodeKind,
    pub options: Options,
}

/// What else an organiser may choose; by default nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Names on the big screen hide their middle.
    pub mask_names: bool,
    /// Whoever is signed in may sign in colleagues (edge case 20).
    pub helpers: bool,
    /// Where people have to be, and what follows if they are not.
    pub location: Option<(LocationUse, Venue)>,
}

impl Options {
    pub fn of(meeting: &meeting::Model) -> Options {
        Options {
            mask_names: meeting.mask_names,
            helpers: meeting.helpers,
            location: meeting.venue().map(|venue| (meeting.location(), venue)),
        }
    }

    fn location(&self) -> LocationUse {
        self.location.map_or(LocationUse::Off, |(manner, _)| manner)
    }

    fn venue(&self) -> Option<Venue> {
        self.location.map(|(_, venue)| venue)
    }

    /// `evidence 27.7783,120.6551 300`, as the audit log keeps it.
    fn location_words(&self) -> String {
        match self.location {
            None => LocationUse::Off.word().to_string(),
            Some((manner, venue)) => {
                let (latitude, longitude) = venue.degrees();
                format!("{} {latitude},{longitude} {}", manner.word(), venue.radius)
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, name: &'static str, problem: &'static str },
    #[error("no such meeting")]
    NotFound,
    #[error("the meeting was changed by somebody else")]
    Conflict,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for EditError {
    fn code(&self) -> &'static str {
        match self {
            EditError::Invalid { .. } => "invalid",
            EditError::NotFound => "meeting_not_found",
            EditError::Conflict => "conflict",
            EditError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            EditError::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            EditError::Invalid { name, problem, .. } => {
                vec![("field", (*name).to_string()), ("problem", (*problem).to_string())]
            }
            _ => Vec::new(),
        }
    }
}

const TITLE: usize = 60;
const PLACE: usize = 60;
const SUMMARY: usize = 2000;

/// A field that is not right: its name in the form and the API, its name on the page, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub name: &'static str,
    pub problem: &'static str,
}

impl Draft {
    /// The draft with its texts tidied, or the first thing that is wrong with it.
    pub fn check(self) -> Result<Draft, EditError> {
        let draft = self.tidy();
        match draft.problems().first() {
            Some(Problem { field, name, problem }) => Err(EditError::Invalid { field, name, problem }),
            None => Ok(draft),
        }
    }

    /// The same draft as it would be stored.
    pub fn tidy(mut self) -> Draft {
        self.title = one_line(&self.title);
        self.place = one_line(&self.place);
        self.summary = self.summary.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        self
    }

    /// Everything that is wrong with a tidy draft, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        let length = |text: &str| text.chars().count();
        let rules = [
            (
                self.title.is_empty() || length(&self.title) > TITLE,
                ("title", "会议名称", "请填写，不超过 60 个字。"),
            ),
            (
                self.place.is_empty() || length(&self.place) > PLACE,
                ("place", "地点", "请填写，不超过 60 个字。"),
            ),
            (length(&self.summary) > SUMMARY, ("summary", "会议说明", "不超过 2000 个字。")),
            (self.ends_at <= self.starts_at, ("ends_at", "结束时间", "应晚于开始时间。")),
            (self.closes_at <= self.opens_at, ("checkin.closes_at", "签到截止时间", "应晚于签到开始时间。")),
            (self.opens_at > self.ends_at, ("checkin.opens_at", "签到开始时间", "应早于会议结束时间。")),
        ];
        rules
            .into_iter()
            .filter(|(wrong, _)| *wrong)
            .map(|(_, (field, name, problem))| Problem { field, name, problem })
            .collect()
    }
}

/// Makes a meeting with a code of its own, and asks WeChat for its scene code.
pub async fn create(
    base: &Base,
    draft: Draft,
    staff: Uuid,
    actor: &str,
) -> Result<meeting::Model, EditError> {
    create_as(base, Uuid::now_v7(), draft, staff, actor).await
}

/// The same with an id chosen before: making it again finds it made.
pub async fn create_as(
    base: &Base,
    id: Uuid,
    draft: Draft,
    staff: Uuid,
    actor: &str,
) -> Result<meeting::Model, EditError> {
    let draft = draft.check()?;
    let now = base.clock.now();
    let model = meeting::Model {
        id,
        // 31^8 codes: two meetings with one code would be refused by the unique key.
        code: random_code(8),
        title: draft.title,
        summary: draft.summary,
        place: draft.place,
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        opens_at: draft.opens_at,
        closes_at: draft.closes_at,
        policy: draft.policy.word().to_string(),
        code_kind: draft.code_kind.word().to_string(),
        state: State::Active.word().to_string(),
        screen_key: random_token(),
        scene_ticket: None,
        scene_url: None,
        scene_expires_at: None,
        mask_names: draft.options.mask_names,
        helpers: draft.options.helpers,
        location: draft.options.location().word().to_string(),
        latitude: draft.options.venue().map(|venue| venue.latitude),
        longitude: draft.options.venue().map(|venue| venue.longitude),
        radius: draft.options.venue().map(|venue| venue.radius),
        version: 0,
        last_position: 0,
        created_by: staff,
        created_at: now,
        updated_at: now,
    };
    let tx = base.db.write().await?;
    let row = whole(model.clone());
    let unless_made = OnConflict::column(meeting::Column::Id).do_nothing().to_owned();
    if meeting::Entity::insert(row).on_conflict(unless_made).exec_without_returning(&tx).await? == 0 {
        drop(tx);
        return find(base, id).await;
    }
    scene::request(base, &tx, &model).await?;
    schedule::plan_ahead(base, &tx, &model).await?;
    audit::write(base, &tx, actor, "meeting.create", &model.id.to_string(), &model.title).await?;
    tx.commit().await?;
    Ok(model)
}

/// Changes a meeting. `seen` is when the editor read it: a change in between is a conflict.
pub async fn update(
    base: &Base,
    id: Uuid,
    draft: Draft,
    seen: Option<Instant>,
    actor: &str,
) -> Result<meeting::Model, EditError> {
    let draft = draft.check()?;
    let tx = base.db.write().await?;
    let old = meeting::Entity::find_by_id(id).lock_exclusive().one(&tx).await?.ok_or(EditError::NotFound)?;
    if seen.is_some_and(|seen| seen != old.updated_at) {
        return Err(EditError::Conflict);
    }
    let mut detail = Vec::new();
    for (name, before, after) in [
        ("starts_at", old.starts_at.to_rfc3339(), draft.starts_at.to_rfc3339()),
        ("ends_at", old.ends_at.to_rfc3339(), draft.ends_at.to_rfc3339()),
        ("opens_at", old.opens_at.to_rfc3339(), draft.opens_at.to_rfc3339()),
        ("closes_at", old.closes_at.to_rfc3339(), draft.closes_at.to_rfc3339()),
        ("policy", old.policy.clone(), draft.policy.word().to_string()),
        ("code", old.code_kind.clone(), draft.code_kind.word().to_string()),
        ("place", old.place.clone(), draft.place.clone()),
        ("mask_names", old.mask_names.to_string(), draft.options.mask_names.to_string()),
        ("helpers", old.helpers.to_string(), draft.options.helpers.to_string()),
        ("location", Options::of(&old).location_words(), draft.options.location_words()),
    ] {
        if before != after {
            detail.push(format!("{name} {before} → {after}"));
        }
    }
    let changed = meeting::ActiveModel {
        id: Set(id),
        title: Set(draft.title),
        summary: Set(draft.summary),
        place: Set(draft.place),
        starts_at: Set(draft.starts_at),
        ends_at: Set(draft.ends_at),
        opens_at: Set(draft.opens_at),
        closes_at: Set(draft.closes_at),
        policy: Set(draft.policy.word().to_string()),
        code_kind: Set(draft.code_kind.word().to_string()),
        mask_names: Set(draft.options.mask_names),
        helpers: Set(draft.options.helpers),
        location: Set(draft.options.location().word().to_string()),
        latitude: Set(draft.options.venue().map(|venue| venue.latitude)),
        longitude: Set(draft.options.venue().map(|venue| venue.longitude)),
        radius: Set(draft.options.venue().map(|venue| venue.radius)),
        updated_at: Set(later(base, old.updated_at)),
        ..Default::default()
    };
    let new = meeting::Entity::update(changed).exec(&tx).await?;
    agenda::move_along(&tx, id, new.starts_at - old.starts_at).await?;
    scene::request(base, &tx, &new).await?;
    schedule::follow_edit(base, &tx, &old, &new).await?;
    audit::write(base, &tx, actor, "meeting.update", &id.to_string(), &detail.join("; ")).await?;
    tx.commit().await?;
    announce(base, id, new.version).await;
    Ok(new)
}

/// Cancels, closes or reopens a meeting; one that is so already stays as it is. Who signed in stays signed in.
pub async fn set_state(
    base: &Base,
    id: Uuid,
    state: State,
    actor: &str,
) -> Result<meeting::Model, EditError> {
    change(base, id, actor, &format!("meeting.{}", state.word()), |old, row| {
        row.state = Set(state.word().to_string());
        old.state() != state
    })
    .await
}

/// Gives the big screen a new address; every open screen closes.
pub async fn renew_screen(base: &Base, id: Uuid, actor: &str) -> Result<meeting::Model, EditError> {
    change(base, id, actor, "meeting.screen", |_, row| {
        row.screen_key = Set(random_token());
        true
    })
    .await
}

/// Writes what `edit` sets, unless it says that nothing changes.
async fn change(
    base: &Base,
    id: Uuid,
    actor: &str,
    action: &str,
    edit: impl FnOnce(&meeting::Model, &mut meeting::ActiveModel) -> bool,
) -> Result<meeting::Model, EditError> {
    let tx = base.db.write().await?;
    let old = meeting::Entity::find_by_id(id).lock_exclusive().one(&tx).await?.ok_or(EditError::NotFound)?;
    let mut row = meeting::ActiveModel {
        id: Set(id),
        updated_at: Set(later(base, old.updated_at)),
        ..Default::default()
    };
    if !edit(&old, &mut row) {
        return Ok(old);
    }
    let new = meeting::Entity::update(row).exec(&tx).await?;
    if old.state != new.state {
        schedule::follow_state(base, &tx, &new).await?;
    }
    audit::write(base, &tx, actor, action, &id.to_string(), "").await?;
    tx.commit().await?;
    announce(base, id, new.version).await;
    Ok(new)
}

pub async fn find(base: &Base, id: Uuid) -> Result<meeting::Model, EditError> {
    find_by_id(base, id).await?.ok_or(EditError::NotFound)
}

pub async fn find_by_id(base: &Base, id: Uuid) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find_by_id(id).one(base.db.read()).await
}

/// The meeting whose code a phone scanned.
pub async fn find_by_code(base: &Base, code: &str) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find().filter(meeting::Column::Code.eq(code)).one(base.db.read()).await
}

/// The meeting of a big screen.
pub async fn find_by_screen_key(base: &Base, key: &str) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find().filter(meeting::Column::ScreenKey.eq(key)).one(base.db.read()).await
}

/// Meetings, latest start first; `after` (start and id of the last one seen) pages on.
pub async fn list(
    base: &Base,
    after: Option<(Instant, Uuid)>,
    limit: u64,
) -> Result<Vec<meeting::Model>, DbErr> {
    let mut query = meeting::Entity::find()
        .order_by_desc(meeting::Column::StartsAt)
        .order_by_desc(meeting::Column::Id)
        .limit(limit);
    if let Some((start, id)) = after {
        let same_start =
            Condition::all().add(meeting::Column::StartsAt.eq(start)).add(meeting::Column::Id.lt(id));
        query = query.filter(Condition::any().add(meeting::Column::StartsAt.lt(start)).add(same_start));
    }
    query.all(base.db.read()).await
}

/// Meetings whose window is open at `now`: where a six-digit code may belong.
pub async fn open_now(base: &Base, now: Instant) -> Result<Vec<meeting::Model>, DbErr> {
    meeting::Entity::find()
        .filter(meeting::Column::State.eq(State::Active.word()))
        .filter(meeting::Column::OpensAt.lte(now))
        .filter(meeting::Column::ClosesAt.gte(now))
        .order_by_asc(meeting::Column::StartsAt)
        .limit(200)
        .all(base.db.read())
        .await
}

/// Now, but never the same instant twice, so that a change is always seen as one.
fn later(base: &Base, before: Instant) -> Instant {
    base.clock.now().max(before + chrono::TimeDelta::milliseconds(1))
}
