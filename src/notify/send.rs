//! The job that sends a batch: some people at a step, a second between steps. Each person is claimed by a committed
//! state before anything goes out, so no other worker and no repeat of the job sends the same again.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::StreamExt;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Channel, State, batch, notice};
use super::{Notifier, Say, quiet};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs::{self, Handler};

/// The job's kind.
pub const JOB: &str = "notify.send";
/// People at one step; with [`PAUSE`] the fastest that we send.
const STEP: u64 = 50;
const PAUSE: TimeDelta = TimeDelta::seconds(1);
/// Calls at the same time.
const AT_ONCE: usize = 8;
/// After this the worker that claimed a person is taken for dead; as long as a job is held.
const DEAD: TimeDelta = TimeDelta::minutes(5);
/// Why somebody must be called whose notice may or may not have arrived.
pub(super) const UNKNOWN: &str = "不能确定是否送达";

#[derive(Serialize, Deserialize)]
struct Step {
    batch: Uuid,
    step: u32,
}

/// Enqueues the next step of `batch`; the same step once.
pub(super) async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    batch: Uuid,
    step: u32,
    at: Instant,
) -> Result<(), DbErr> {
    jobs::enqueue(base, tx, JOB, &Step { batch, step }, at, Some(format!("{JOB}:{batch}:{step}"))).await
}

pub(super) struct SendJob(pub Notifier);

#[async_trait]
impl Handler for SendJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Step { batch: id, step } = serde_json::from_str(payload)?;
        let base = &self.0.base;
        let Some(batch) = batch::Entity::find_by_id(id).one(base.db.read()).await? else { return Ok(()) };
        let now = base.clock.now();
        let next = match quiet::ends(now).filter(|_| !batch.urgent) {
            Some(morning) => Some(morning),
            None => {
                self.0.recover(&batch, now).await?;
                self.0.step(&batch, now).await?;
                self.0.next(&batch, base.clock.now()).await?
            }
        };
        let tx = base.db.write().await?;
        match next {
            Some(at) => enqueue(base, &tx, id, step + 1, at).await?,
            None => {
                let done =
                    batch::ActiveModel { id: Set(id), finished_at: Set(Some(now)), ..Default::default() };
                batch::Entity::update(done).exec(&tx).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

impl Notifier {
    /// Takes up what a worker that died had in hand. A message that the platform would not recognise as a repeat is
    /// not sent again: that person is called.
    async fn recover(&self, batch: &batch::Model, now: Instant) -> Result<(), DbErr> {
        let dead = Condition::all()
            .add(notice::Column::BatchId.eq(batch.id))
            .add(notice::Column::State.eq(State::Sending.word()))
            .add(notice::Column::ClaimedAt.lt(now - DEAD));
        let custom = notice::Column::Channel.eq(Channel::Custom.word());
        let tx = self.base.db.write().await?;
        notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Failed.word().into())
            .col_expr(notice::Column::Reason, UNKNOWN.into())
            .col_expr(notice::Column::UpdatedAt, now.into())
            .filter(dead.clone().add(custom))
            .exec(&tx)
            .await?;
        notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Waiting.word().into())
            .col_expr(notice::Column::Unsure, true.into())
            .col_expr(notice::Column::UpdatedAt, now.into())
            .filter(dead)
            .exec(&tx)
            .await?;
        tx.commit().await
    }

    /// Tells the next people whose turn it is.
    async fn step(&self, batch: &batch::Model, now: Instant) -> anyhow::Result<()> {
        let due = notice::Entity::find()
            .filter(notice::Column::BatchId.eq(batch.id))
            .filter(notice::Column::State.eq(State::Waiting.word()))
            .filter(notice::Column::DueAt.lte(now))
            .order_by_asc(notice::Column::DueAt)
            .order_by_asc(notice::Column::Id)
            .limit(STEP)
            .all(self.base.db.read())
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        let people: Vec<Uuid> = due.iter().map(|one| one.person_id).collect();
        let mut words: HashMap<Uuid, Say> = match self.occasions.get(batch.source.as_str()) {
            Some(occasion) => occasion.words(batch, &people).await?,
            None => HashMap::new(),
        };
        let followers = self.followers_of(&batch.source, &people).await?;
        let mut ready = Vec::new();
        for notice in due {
            match (words.remove(&notice.person_id), followers.get(&notice.person_id)) {
                (Some(Say::Tell(words)), Some(known)) => ready.push((notice, known.clone(), words)),
                (Some(Say::Tell(_)), None) => {
                    self.settle(&notice, State::NoChannel, Some("没有绑定微信")).await?;
                }
                (Some(Say::Skip(why)), _) => self.settle(&notice, State::Skipped, Some(why)).await?,
                (None, _) => self.settle(&notice, State::Skipped, Some("不在名单里")).await?,
            }
        }
        let all = futures_util::stream::iter(ready)
            .map(|(notice, known, words)| async move { self.tell(batch, notice, &known, &words).await })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        // Whoever a failing database left in the middle is recovered by a later step.
        all.into_iter().collect::<Result<Vec<()>, DbErr>>()?;
        Ok(())
    }

    /// When somebody of the batch is due again; `None` when all is settled.
    async fn next(&self, batch: &batch::Model, now: Instant) -> Result<Option<Instant>, DbErr> {
        let first = |state: State, column: notice::Column| {
            notice::Entity::find()
                .filter(notice::Column::BatchId.eq(batch.id))
                .filter(notice::Column::State.eq(state.word()))
                .order_by_asc(column)
                .limit(1)
                .one(self.base.db.read())
        };
        if let Some(waiting) = first(State::Waiting, notice::Column::DueAt).await? {
            return Ok(Some(Ord::max(waiting.due_at, now + PAUSE)));
        }
        let held = first(State::Sending, notice::Column::ClaimedAt).await?;
        Ok(held.map(|held| Ord::max(held.claimed_at.unwrap_or(now), now - DEAD) + DEAD + PAUSE))
    }

    /// Ends the wait of one person, unless somebody else did.
    pub(super) async fn settle(
        &self,
        notice: &notice::Model,
        state: State,
        reason: Option<&str>,
    ) -> Result<(), DbErr> {
        let tx = self.base.db.write().await?;
        notice::Entity::update_many()
            .col_expr(notice::Column::State, state.word().into())
            .col_expr(notice::Column::Reason, reason.map(str::to_string).into())
            .col_expr(notice::Column::UpdatedAt, self.base.clock.now().into())
            .filter(notice::Column::Id.eq(notice.id))
            .filter(
                notice::Column::State
                    .eq(State::Waiting.word())
                    .or(notice::Column::State.eq(State::Sending.word())),
            )
            .exec(&tx)
            .await?;
        tx.commit().await
    }
}
