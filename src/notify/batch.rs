//! An act of telling many people one thing: placed once, one row a person, and the counts of their states add up.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use uuid::Uuid;

use super::model::{State, batch, notice, pace};
use super::{quiet, send};
use crate::base::Base;
use crate::base::clock::Instant;

/// Nobody is reminded of the same thing again within this time.
pub const COOL_DOWN: TimeDelta = TimeDelta::minutes(30);
/// Rows in one statement.
const CHUNK: usize = 500;
/// Why somebody is left out by [`COOL_DOWN`].
pub const COOLING: &str = "30 分钟内提醒过";

/// What is to be told to whom.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Of the batch, unless it was placed before.
    pub id: Uuid,
    /// Names the act: the same key is the same act.
    pub key: String,
    pub source: &'static str,
    pub subject: Uuid,
    pub kind: &'a str,
    pub actor: &'a str,
    /// Goes out in the quiet hours, too.
    pub urgent: bool,
    /// Whoever was reminded of this subject moments ago is left out.
    pub paced: bool,
    /// How long it waits before the first notice goes out.
    pub after: TimeDelta,
}

/// Puts the order and a row for each of `people` into the transaction; placing it again finds it as it was placed.
/// The flag says whether it is new.
pub async fn place(
    base: &Base,
    tx: &DatabaseTransaction,
    order: &Order<'_>,
    people: &[Uuid],
) -> Result<(batch::Model, bool), DbErr> {
    let now = base.clock.now();
    let first = now + order.after;
    let not_before = if order.urgent { first } else { quiet::ends(first).unwrap_or(first) };
    let row = batch::ActiveModel {
        id: Set(order.id),
        key: Set(order.key.clone()),
        source: Set(order.source.to_string()),
        subject: Set(order.subject),
        kind: Set(order.kind.to_string()),
        urgent: Set(order.urgent),
        actor: Set(order.actor.to_string()),
        not_before: Set(not_before),
        created_at: Set(now),
        finished_at: Set(None),
    };
    let unless_placed = OnConflict::column(batch::Column::Key).do_nothing().to_owned();
    let new = batch::Entity::insert(row).on_conflict(unless_placed).exec_without_returning(tx).await? > 0;
    let placed = batch::Entity::find().filter(batch::Column::Key.eq(&order.key)).one(tx).await?;
    let placed = placed.ok_or_else(|| DbErr::RecordNotFound("batch just placed".to_string()))?;
    if !new {
        return Ok((placed, false));
    }
    // In one order everywhere, so that two buttons at once wait for each other instead of both failing.
    let mut people: Vec<Uuid> = people.to_vec();
    people.sort_unstable();
    people.dedup();
    let due = if order.paced {
        not_cooling(tx, order.subject, &people, not_before, now).await?
    } else {
        HashSet::new()
    };
    for chunk in people.chunks(CHUNK) {
        let rows = chunk.iter().map(|person| {
            let told = !order.paced || due.contains(person);
            let state = if told { State::Waiting } else { State::Skipped };
            notice::ActiveModel {
                id: Set(Uuid::now_v7()),
                batch_id: Set(placed.id),
                person_id: Set(*person),
                follower_id: Set(None),
                state: Set(state.word().to_string()),
                channel: Set(None),
                template_id: Set(None),
                message_id: Set(None),
                reason: Set((!told).then(|| COOLING.to_string())),
                attempts: Set(0),
                unsure: Set(false),
                due_at: Set(not_before),
                claimed_at: Set(None),
                updated_at: Set(now),
                called_at: Set(None),
                called_by: Set(None),
                created_at: Set(now),
            }
        });
        notice::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    send::enqueue(base, tx, placed.id, 0, not_before).await?;
    Ok((placed, true))
}

/// Those who were not reminded within [`COOL_DOWN`]; from now on they were.
async fn not_cooling(
    tx: &DatabaseTransaction,
    subject: Uuid,
    people: &[Uuid],
    at: Instant,
    now: Instant,
) -> Result<HashSet<Uuid>, DbErr> {
    let mut due = HashSet::new();
    for chunk in people.chunks(CHUNK) {
        let rows = chunk.iter().map(|person| pace::ActiveModel {
            subject: Set(subject),
            person_id: Set(*person),
            at: Set(at),
        });
        let mut cooled = OnConflict::columns([pace::Column::Subject, pace::Column::PersonId]);
        cooled.update_column(pace::Column::At);
        cooled.action_and_where(Expr::col((pace::Entity, pace::Column::At)).lte(now - COOL_DOWN));
        let taken = match pace::Entity::insert_many(rows).on_conflict(cooled).exec_with_returning(tx).await {
            Ok(taken) => taken,
            Err(DbErr::RecordNotInserted) => Vec::new(),
            Err(error) => return Err(error),
        };
        due.extend(taken.into_iter().map(|row| row.person_id));
    }
    Ok(due)
}

/// How many people of a batch are in each state; together they are the recipient list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub recipients: i64,
    /// Not begun, or in a worker's hands.
    pub waiting: i64,
    pub sent: i64,
    pub delivered: i64,
    pub failed: i64,
    pub refused: i64,
    pub no_channel: i64,
    pub skipped: i64,
    /// Of the failed, refused and those without a channel: called by somebody. Not a state of its own.
    pub called: i64,
}

impl Counts {
    /// Those whom only a telephone reaches.
    pub fn to_call(&self) -> i64 {
        self.failed + self.refused + self.no_channel
    }

    /// Nobody waits any more.
    pub fn is_settled(&self) -> bool {
        self.waiting == 0
    }

    fn add(&mut self, state: State, people: i64) {
        self.recipients += people;
        let own = match state {
            State::Waiting | State::Sending => &mut self.waiting,
            State::Sent => &mut self.sent,
            State::Delivered => &mut self.delivered,
            State::Failed => &mut self.failed,
            State::Refused => &mut self.refused,
            State::NoChannel => &mut self.no_channel,
            State::Skipped => &mut self.skipped,
        };
        *own += people;
    }
}

/// Batches about `subject`, newest first, with their counts.
pub async fn list(base: &Base, subject: Uuid, limit: u64) -> Result<Vec<(batch::Model, Counts)>, DbErr> {
    let batches = batch::Entity::find()
        .filter(batch::Column::Subject.eq(subject))
        .order_by_desc(batch::Column::CreatedAt)
        .order_by_desc(batch::Column::Id)
        .limit(limit)
        .all(base.db.read())
        .await?;
    let mut counts = counts(base, &batches.iter().map(|one| one.id).collect::<Vec<_>>()).await?;
    Ok(batches
        .into_iter()
        .map(|one| {
            let own = counts.remove(&one.id).unwrap_or_default();
            (one, own)
        })
        .collect())
}

/// One batch about `subject`.
pub async fn find(base: &Base, subject: Uuid, id: Uuid) -> Result<Option<(batch::Model, Counts)>, DbErr> {
    let found =
        batch::Entity::find_by_id(id).filter(batch::Column::Subject.eq(subject)).one(base.db.read()).await?;
    let Some(found) = found else { return Ok(None) };
    let own = counts(base, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Some((found, own)))
}

/// The batch that was placed under `key`.
pub async fn placed(base: &Base, key: &str) -> Result<Option<batch::Model>, DbErr> {
    batch::Entity::find().filter(batch::Column::Key.eq(key)).one(base.db.read()).await
}

/// The newest batch of `kind` about `subject`.
pub async fn newest(base: &Base, subject: Uuid, kind: &str) -> Result<Option<batch::Model>, DbErr> {
    batch::Entity::find()
        .filter(batch::Column::Subject.eq(subject))
        .filter(batch::Column::Kind.eq(kind))
        .order_by_desc(batch::Column::CreatedAt)
        .one(base.db.read())
        .await
}

async fn counts(base: &Base, batches: &[Uuid]) -> Result<HashMap<Uuid, Counts>, DbErr> {
    let rows: Vec<(Uuid, String, i64, i64)> = notice::Entity::find()
        .select_only()
        .columns([notice::Column::BatchId, notice::Column::State])
        .column_as(notice::Column::Id.count(), "people")
        .column_as(notice::Column::CalledAt.count(), "called")
        .filter(notice::Column::BatchId.is_in(batches.iter().copied()))
        .group_by(notice::Column::BatchId)
        .group_by(notice::Column::State)
        .into_tuple()
        .all(base.db.read())
        .await?;
    let mut all: HashMap<Uuid, Counts> = HashMap::new();
    for (batch, state, people, called) in rows {
        let own = all.entry(batch).or_default();
        own.add(State::parse(&state), people);
        own.called += called;
    }
    Ok(all)
}

/// Everybody of a batch.
pub async fn notices(base: &Base, batch: Uuid) -> Result<Vec<notice::Model>, DbErr> {
    notice::Entity::find().filter(notice::Column::BatchId.eq(batch)).all(base.db.read()).await
}

/// Those of `people` who were reached about `subject` before.
pub async fn told(base: &Base, subject: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let about = batch::Entity::find()
        .select_only()
        .column(batch::Column::Id)
        .filter(batch::Column::Subject.eq(subject))
        .into_tuple::<Uuid>()
        .all(base.db.read())
        .await?;
    let reached = notice::Entity::find()
        .select_only()
        .column(notice::Column::PersonId)
        .filter(notice::Column::BatchId.is_in(about))
        .filter(
            notice::Column::State
                .is_in([State::Sent.word(), State::Delivered.word()])
                .or(notice::Column::CalledAt.is_not_null()),
        )
        .into_tuple::<Uuid>()
        .all(base.db.read())
        .await?;
    Ok(reached.into_iter().collect())
}

/// Notes in the transaction that `person` of `batch` was called by telephone; `false` when nobody of that batch had to be
/// called so. Noting it again changes nothing.
pub async fn mark_called(
    base: &Base,
    tx: &DatabaseTransaction,
    batch: Uuid,
    person: Uuid,
    actor: &str,
) -> Result<bool, DbErr> {
    let this = || {
        notice::Entity::update_many()
            .filter(notice::Column::BatchId.eq(batch))
            .filter(notice::Column::PersonId.eq(person))
            .filter(notice::Column::State.is_in(State::TO_CALL.map(State::word)))
    };
    let now = base.clock.now();
    let marked = this()
        .col_expr(notice::Column::CalledAt, now.into())
        .col_expr(notice::Column::CalledBy, actor.into())
        .filter(notice::Column::CalledAt.is_null())
        .exec(tx)
        .await?;
    if marked.rows_affected > 0 {
        return Ok(true);
    }
    let known = this().col_expr(notice::Column::BatchId, batch.into()).exec(tx).await?;
    Ok(known.rows_affected > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_states_of_all_recipients_add_up(people in proptest::collection::vec((0..State::EACH.len(), 0..2000i64), 0..40)) {
            let mut counts = Counts::default();
            for (state, number) in &people {
                counts.add(State::EACH[*state], *number);
            }
            let Counts { recipients, waiting, sent, delivered, failed, refused, no_channel, skipped, .. } = counts;
            prop_assert_eq!(recipients, people.iter().map(|(_, number)| number).sum::<i64>());
            prop_assert_eq!(recipients, waiting + sent + delivered + failed + refused + no_channel + skipped);
            prop_assert_eq!(counts.to_call(), failed + refused + no_channel);
        }
    }
}
