//! Polls as pages and programs read them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use uuid::Uuid;

use super::model::{State, poll, poll_answer, poll_count, poll_receipt, read};
use super::refusal::PollRefusal;
use crate::base::Base;

/// One option's count, and its share of those who answered in percent, rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub label: String,
    pub count: i64,
    pub percent: i64,
}

/// The bars of a poll that `answered` people answered.
pub fn bars(labels: &[String], counts: &[i64], answered: i64) -> Vec<Bar> {
    let bar = |(place, label): (usize, &String)| {
        let count = counts.get(place).copied().unwrap_or_default();
        let whole = answered.max(1);
        Bar { label: label.clone(), count, percent: (count * 200 + whole) / (whole * 2) }
    };
    labels.iter().enumerate().map(bar).collect()
}

/// A poll of this meeting.
pub async fn find(base: &Base, meeting: Uuid, id: Uuid) -> Result<poll::Model, PollRefusal> {
    let row = poll::Entity::find_by_id(id).one(base.db.read()).await?;
    let row = row.filter(|row| row.meeting_id == meeting && row.state() != State::Removed);
    row.ok_or(PollRefusal::NoPoll)
}

/// A poll of this meeting that its people may know of.
pub async fn begun(base: &Base, meeting: Uuid, id: Uuid) -> Result<poll::Model, PollRefusal> {
    let row = find(base, meeting, id).await?;
    if row.state() == State::Draft { Err(PollRefusal::NotOpen) } else { Ok(row) }
}

/// Every poll of a meeting, in order.
pub async fn list(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<poll::Model>, PollRefusal> {
    Ok(poll::Entity::find()
        .filter(poll::Column::MeetingId.eq(meeting))
        .filter(poll::Column::State.ne(State::Removed.word()))
        .order_by_asc(poll::Column::Number)
        .all(conn)
        .await?)
}

/// The counts of these polls, by option; a draft has none.
pub async fn counts(
    conn: &impl ConnectionTrait,
    polls: &[poll::Model],
) -> Result<HashMap<Uuid, Vec<i64>>, PollRefusal> {
    let rows = poll_count::Entity::find()
        .filter(poll_count::Column::PollId.is_in(polls.iter().map(|poll| poll.id)))
        .order_by_asc(poll_count::Column::Option)
        .all(conn)
        .await?;
    let mut counts: HashMap<Uuid, Vec<i64>> = HashMap::new();
    for row in rows {
        counts.entry(row.poll_id).or_default().push(row.count);
    }
    Ok(counts)
}

/// The counts of one poll.
pub async fn counts_of(base: &Base, row: &poll::Model) -> Result<Vec<i64>, PollRefusal> {
    let mut counts = counts(base.db.read(), std::slice::from_ref(row)).await?;
    Ok(counts.remove(&row.id).unwrap_or_default())
}

/// Where somebody stands with a poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    pub answered: bool,
    /// Of a named poll.
    pub chosen: Vec<usize>,
}

pub async fn own(base: &Base, row: &poll::Model, person: Uuid) -> Result<Own, PollRefusal> {
    let db = base.db.read();
    let answered = poll_receipt::Entity::find_by_id((row.id, person)).one(db).await?.is_some();
    let known = match row.named && answered {
        true => poll_answer::Entity::find_by_id((row.id, person)).one(db).await?,
        false => None,
    };
    let chosen = known.map(|known| read(&known.chosen)).transpose()?.unwrap_or_default();
    Ok(Own { answered, chosen })
}

/// Which of these polls `person` answered.
pub async fn answered(base: &Base, polls: &[Uuid], person: Uuid) -> Result<Vec<Uuid>, PollRefusal> {
    let rows = poll_receipt::Entity::find()
        .filter(poll_receipt::Column::PersonId.eq(person))
        .filter(poll_receipt::Column::PollId.is_in(polls.iter().copied()))
        .all(base.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| row.poll_id).collect())
}

/// Who answered a named poll, and what, oldest first: name, unit, places of options.
pub async fn people(
    base: &Base,
    row: &poll::Model,
) -> Result<Vec<(String, String, Vec<usize>)>, PollRefusal> {
    let rows = poll_answer::Entity::find()
        .filter(poll_answer::Column::PollId.eq(row.id))
        .order_by_asc(poll_answer::Column::At)
        .order_by_asc(poll_answer::Column::PersonId)
        .all(base.db.read())
        .await?;
    rows.into_iter().map(|row| Ok((row.name, row.unit, read(&row.chosen)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_shares_of_those_who_answered() {
        let labels = ["甲".to_string(), "乙".to_string()];
        let told = |counts: &[i64], answered| {
            bars(&labels, counts, answered).iter().map(|bar| (bar.count, bar.percent)).collect::<Vec<_>>()
        };
        assert_eq!(told(&[3, 1], 4), [(3, 75), (1, 25)]);
        assert_eq!(told(&[1, 2], 3), [(1, 33), (2, 67)]);
        // Several may be chosen.
        assert_eq!(told(&[4, 3], 4), [(4, 100), (3, 75)]);
        assert_eq!(told(&[], 0), [(0, 0), (0, 0)]);
    }
}
