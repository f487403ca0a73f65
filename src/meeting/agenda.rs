//! The agenda: its points in order, each with times and a speaker where they are known.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::material::model::{agenda_item, material};
use super::model::meeting;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::people::audit;
use crate::people::name::one_line;

/// A point as an organiser describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: Uuid,
    pub title: String,
    /// May be empty.
    pub speaker: String,
    pub starts_at: Option<Instant>,
    pub ends_at: Option<Instant>,
}

impl From<agenda_item::Model> for Item {
    fn from(row: agenda_item::Model) -> Item {
        Item {
            id: row.id,
            title: row.title,
            speaker: row.speaker,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AgendaError {
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, name: &'static str, problem: &'static str },
    #[error("no such meeting")]
    NoMeeting,
    #[error("no such point of the agenda")]
    NoItem,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for AgendaError {
    fn code(&self) -> &'static str {
        match self {
            AgendaError::Invalid { .. } => "invalid",
            AgendaError::NoMeeting => "meeting_not_found",
            AgendaError::NoItem => "agenda_item_not_found",
            AgendaError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            AgendaError::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            AgendaError::Invalid { name, problem, .. } => {
                vec![("field", (*name).to_string()), ("problem", (*problem).to_string())]
            }
            _ => Vec::new(),
        }
    }
}

const TITLE: usize = 100;
const SPEAKER: usize = 60;
const MOST: usize = 100;

impl Item {
    fn checked(mut self) -> Result<Item, AgendaError> {
        let wrong = |field, name, problem| Err(AgendaError::Invalid { field, name, problem });
        self.title = one_line(&self.title);
        self.speaker = one_line(&self.speaker);
        if self.title.is_empty() || self.title.chars().count() > TITLE {
            return wrong("title", "议题", "请填写，不超过 100 个字。");
        }
        if self.speaker.chars().count() > SPEAKER {
            return wrong("speaker", "发言人", "不超过 60 个字。");
        }
        match (self.starts_at, self.ends_at) {
            (None, Some(_)) => wrong("starts_at", "开始时间", "填了结束时间，也请填开始时间。"),
            (Some(from), Some(to)) if to <= from => wrong("ends_at", "结束时间", "应晚于开始时间。"),
            _ => Ok(self),
        }
    }
}

/// The agenda in order.
pub async fn of_meeting(db: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<Item>, DbErr> {
    let rows = agenda_item::Entity::find()
        .filter(agenda_item::Column::MeetingId.eq(meeting))
        .order_by_asc(agenda_item::Column::Rank)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Changes the agenda as a whole: `change` gets the points in order and leaves them as they should be. Materials of
/// a point that is gone belong to the meeting from then on.
pub async fn alter(
    base: &Base,
    meeting: Uuid,
    actor: &str,
    change: impl FnOnce(&mut Vec<Item>) -> Result<(), AgendaError>,
) -> Result<Vec<Item>, AgendaError> {
    let tx = base.db.write().await?;
    // The lock orders editors; each works on what the one before left.
    meeting::Entity::find_by_id(meeting).lock_exclusive().one(&tx).await?.ok_or(AgendaError::NoMeeting)?;
    let before = of_meeting(&tx, meeting).await?;
    let mut items = before.clone();
    change(&mut items)?;
    if items.len() > MOST {
        return Err(AgendaError::Invalid { field: "items", name: "议程", problem: "最多 100 项。" });
    }
    let items: Vec<Item> = items.into_iter().map(Item::checked).collect::<Result<_, _>>()?;
    if items == before {
        return Ok(items);
    }
    agenda_item::Entity::delete_many().filter(agenda_item::Column::MeetingId.eq(meeting)).exec(&tx).await?;
    for (rank, item) in items.iter().enumerate() {
        let row = agenda_item::Model {
            id: item.id,
            meeting_id: meeting,
            rank: i32::try_from(rank).unwrap_or(i32::MAX),
            title: item.title.clone(),
            speaker: item.speaker.clone(),
            starts_at: item.starts_at,
            ends_at: item.ends_at,
        };
        agenda_item::Entity::insert(whole(row)).exec_without_returning(&tx).await?;
    }
    let kept = items.iter().map(|item| item.id);
    material::Entity::update_many()
        .col_expr(material::Column::AgendaItemId, Expr::value(None::<Uuid>))
        .filter(material::Column::MeetingId.eq(meeting))
        .filter(material::Column::AgendaItemId.is_not_null())
        .filter(material::Column::AgendaItemId.is_not_in(kept))
        .exec(&tx)
        .await?;
    let detail = format!("items {}", items.len());
    audit::write(base, &tx, actor, "agenda.change", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(items)
}

/// Moves the times of the agenda along with those of its meeting, in the transaction that moves the meeting.
pub async fn move_along(tx: &DatabaseTransaction, meeting: Uuid, by: chrono::TimeDelta) -> Result<(), DbErr> {
    if by.is_zero() {
        return Ok(());
    }
    for item in of_meeting(tx, meeting).await? {
        agenda_item::Entity::update_many()
            .col_expr(agenda_item::Column::StartsAt, Expr::value(item.starts_at.map(|at| at + by)))
            .col_expr(agenda_item::Column::EndsAt, Expr::value(item.ends_at.map(|at| at + by)))
            .filter(agenda_item::Column::Id.eq(item.id))
            .exec(tx)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn item(title: &str, from: Option<i64>, to: Option<i64>) -> Result<Item, AgendaError> {
        let at = |minute: i64| DateTime::from_timestamp(1_790_000_000 + minute * 60, 0);
        let (starts_at, ends_at) = (from.and_then(at), to.and_then(at));
        Item {
            id: Uuid::nil(),
            title: title.to_string(),
            speaker: " 陈 晓燕\n".to_string(),
            starts_at,
            ends_at,
        }
        .checked()
    }

    #[test]
    fn a_point_needs_a_title_and_times_in_order() {
        assert_eq!(item("传达学习\n会议精神", None, None).unwrap().title, "传达学习 会议精神");
        assert!(item("讨论", Some(0), None).is_ok());
        for wrong in [
            item(" ", None, None),
            item(&"长".repeat(101), None, None),
            item("讨论", None, Some(5)),
            item("讨论", Some(5), Some(5)),
        ] {
            assert_eq!(wrong.unwrap_err().code(), "invalid");
        }
    }
}
