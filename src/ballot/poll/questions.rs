//! Questions as pages and programs read them.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{QuestionState, poll_question, poll_upvote};
use super::refusal::PollRefusal;
use crate::base::Base;

/// Every question of a meeting, oldest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
) -> Result<Vec<poll_question::Model>, PollRefusal> {
    Ok(poll_question::Entity::find()
        .filter(poll_question::Column::MeetingId.eq(meeting))
        .order_by_asc(poll_question::Column::AskedAt)
        .order_by_asc(poll_question::Column::Id)
        .all(conn)
        .await?)
}

/// Those that everybody at the meeting may see: most joined first, answered ones at the end.
pub fn public(all: &[poll_question::Model]) -> Vec<&poll_question::Model> {
    let visible = |row: &&poll_question::Model| row.state().is_visible();
    let mut rows: Vec<&poll_question::Model> = all.iter().filter(visible).collect();
    rows.sort_by_key(|row| {
        (row.state() == QuestionState::Answered, std::cmp::Reverse(row.upvotes), row.asked_at)
    });
    rows
}

/// Which questions of a meeting `person` joined.
pub async fn joined(
    base: &Base,
    all: &[poll_question::Model],
    person: Uuid,
) -> Result<Vec<Uuid>, PollRefusal> {
    let rows = poll_upvote::Entity::find()
        .filter(poll_upvote::Column::PersonId.eq(person))
        .filter(poll_upvote::Column::QuestionId.is_in(all.iter().map(|row| row.id)))
        .all(base.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| row.question_id).collect())
}

/// Who asked, for others: `江一帆（市水利局）`; nobody's name where they wished so.
pub fn asker(row: &poll_question::Model) -> String {
    match (row.unnamed, row.unit.is_empty()) {
        (true, _) => "匿名提问".to_string(),
        (false, true) => row.name.clone(),
        (false, false) => format!("{}（{}）", row.name, row.unit),
    }
}
