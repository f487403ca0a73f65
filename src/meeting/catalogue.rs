//! All meetings as the desk lists them: what runs now, what comes, what was.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::model::{EntryStatus, Presence, Role, State, attendance, meeting, roster_entry};
use super::phase::Phase;
use crate::base::Base;
use crate::base::clock::Instant;

/// A meeting and its two figures.
#[derive(Clone, Debug)]
pub struct Listed {
    pub meeting: meeting::Model,
    pub phase: Phase,
    /// 应到; 0 without a roster.
    pub expected: i64,
    /// Everybody who is signed in, planned or not.
    pub present: i64,
}

/// One page of the list.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Sign-in or the meeting itself has begun and neither has ended; the next to end first.
    pub running: Vec<Listed>,
    /// The next to begin first.
    pub coming: Vec<Listed>,
    /// The last to begin first; paged.
    pub past: Vec<Listed>,
    /// There are older ones.
    pub more: bool,
}

/// Past meetings a page.
const PAGE: u64 = 30;
/// Meetings ahead that are shown at most: a city's whole quarter.
const AHEAD: u64 = 200;

/// Meetings whose title contains `search` (all when it is empty). Pages count from 1; later pages hold past meetings
/// only.
pub async fn list(base: &Base, search: &str, page: u64) -> Result<Catalogue, DbErr> {
    let now = base.clock.now();
    let page = page.clamp(1, 100_000);
    let mut ahead = Vec::new();
    if page == 1 {
        ahead = titled(search)
            .filter(ends_after(now))
            .order_by_asc(meeting::Column::StartsAt)
            .limit(AHEAD)
            .all(base.db.read())
            .await?;
    }
    let mut past = titled(search)
        .filter(ends_after(now).not())
        .order_by_desc(meeting::Column::StartsAt)
        .order_by_desc(meeting::Column::Id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
        .all(base.db.read())
        .await?;
    let more = past.len() as u64 > PAGE;
    past.truncate(PAGE as usize);

    let figures = Figures::read(base, ahead.iter().chain(&past).map(|meeting| meeting.id).collect()).await?;
    let (running, coming): (Vec<_>, Vec<_>) =
        ahead.into_iter().partition(|meeting| meeting.opens_at <= now || meeting.starts_at <= now);
    let listed = |meetings: Vec<meeting::Model>| {
        meetings.into_iter().map(|meeting| figures.of(meeting, now)).collect::<Vec<_>>()
    };
    Ok(Catalogue { running: listed(running), coming: listed(coming), past: listed(past), more })
}

fn titled(search: &str) -> Select<meeting::Entity> {
    let query = meeting::Entity::find();
    let search = search.trim().to_lowercase();
    if search.is_empty() {
        return query;
    }
    let text: String = search
        .chars()
        .flat_map(|c| ['\\'].into_iter().filter(move |_| "\\%_".contains(c)).chain([c]))
        .collect();
    let pattern = LikeExpr::new(format!("%{text}%")).escape('\\');
    query.filter(Expr::expr(Func::lower(Expr::col(meeting::Column::Title))).like(pattern))
}

fn ends_after(now: Instant) -> Condition {
    Condition::all()
        .add(meeting::Column::State.eq(State::Active.word()))
        .add(Condition::any().add(meeting::Column::EndsAt.gte(now)).add(meeting::Column::ClosesAt.gte(now)))
}

struct Figures {
    expected: HashMap<Uuid, i64>,
    present: HashMap<Uuid, i64>,
}

impl Figures {
    async fn read(base: &Base, ids: Vec<Uuid>) -> Result<Figures, DbErr> {
        let db = base.db.read();
        let expected: Vec<(Uuid, i64)> = roster_entry::Entity::find()
            .select_only()
            .column(roster_entry::Column::MeetingId)
            .column_as(roster_entry::Column::Id.count(), "people")
            .filter(roster_entry::Column::MeetingId.is_in(ids.iter().copied()))
            .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
            .filter(roster_entry::Column::Role.eq(Role::Attendee.word()))
            .group_by(roster_entry::Column::MeetingId)
            .into_tuple()
            .all(db)
            .await?;
        let present: Vec<(Uuid, i64)> = attendance::Entity::find()
            .select_only()
            .column(attendance::Column::MeetingId)
            .column_as(attendance::Column::PersonId.count(), "people")
            .filter(attendance::Column::MeetingId.is_in(ids))
            .filter(attendance::Column::Status.ne(Presence::Undone.word()))
            .group_by(attendance::Column::MeetingId)
            .into_tuple()
            .all(db)
            .await?;
        Ok(Figures { expected: expected.into_iter().collect(), present: present.into_iter().collect() })
    }

    fn of(&self, meeting: meeting::Model, now: Instant) -> Listed {
        let count = |map: &HashMap<Uuid, i64>| map.get(&meeting.id).copied().unwrap_or_default();
        Listed {
            phase: Phase::of(&meeting, now),
            expected: count(&self.expected),
            present: count(&self.present),
            meeting,
        }
    }
}
