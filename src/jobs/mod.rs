//! Floor 2: durable work. A job is enqueued in the caller's transaction and run at least once, so its work must be
//! safe to repeat. Tests step the worker with [`Worker::run_due`]; production runs [`Worker::run`].

mod model;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use crate::base::Base;
use crate::base::cache::Message;
use crate::base::clock::Instant;
use model::{ActiveModel, Column, Entity, Model};

/// Something that runs jobs of one kind.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The kind, stable: it stands in the database.
    fn kind(&self) -> &'static str;

    /// Which queue the job stands in.
    fn lane(&self) -> Lane {
        Lane::Quick
    }

    /// Does the work of one job. An error is tried again later, with growing pauses, [`TRIES`] times in all.
    async fn run(&self, payload: &str) -> anyhow::Result<()>;

    /// Hears that the last try failed and no other will come.
    async fn gave_up(&self, _payload: &str) {}
}

/// Jobs that take long have a queue of their own, so that nobody's message waits behind somebody's slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Done in a moment; [`AT_ONCE`] in each worker.
    Quick,
    /// Busy for seconds or minutes; one for each core.
    Heavy,
    /// Waits for somebody else's server; [`AT_ONCE`] in each worker.
    Remote,
}

/// Jobs of a lane at the same time, where the processors are not what limits them.
const AT_ONCE: usize = 8;

/// Tries before a job is put aside as failed, for a person to look at.
pub const TRIES: i32 = 8;
/// How long a worker holds a job without saying that it still works; then it is taken for dead, and another may
/// take the job.
const HOLD: TimeDelta = TimeDelta::minutes(1);
/// How often a worker says so.
const RENEW: Duration = Duration::from_secs(15);
/// Where [`wake`] is heard.
const CHANNEL: &str = "jobs";
/// How long an idle worker waits for [`wake`] before it looks again.
const IDLE: Duration = Duration::from_millis(500);

/// Puts a job into the transaction `tx`. With `dedup`, a job of the same key that still waits makes this a no-op.
pub async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    kind: &'static str,
    payload: &impl Serialize,
    run_at: Instant,
    dedup: Option<String>,
) -> Result<(), DbErr> {
    let payload = serde_json::to_string(payload).map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = ActiveModel {
        id: Set(Uuid::now_v7()),
        kind: Set(kind.to_string()),
        payload: Set(payload),
        dedup_key: Set(dedup),
        run_at: Set(run_at),
        locked_until: Set(None),
        attempts: Set(0),
        last_error: Set(None),
        failed_at: Set(None),
        created_at: Set(base.clock.now()),
    };
    let on_conflict = OnConflict::new().do_nothing().to_owned();
    Entity::insert(row).on_conflict(on_conflict).exec_without_returning(tx).await.map(|_| ())
}

/// Tells the workers of all replicas that a job was committed, so that none waits for its next look.
pub async fn wake(base: &Base) {
    base.cache.publish(CHANNEL, "").await;
}

/// Runs what is due.
#[derive(Clone)]
pub struct Worker {
    base: Base,
    handlers: Arc<HashMap<&'static str, Arc<dyn Handler>>>,
}

impl Worker {
    pub fn new(base: Base, handlers: Vec<Arc<dyn Handler>>) -> Worker {
        let handlers = handlers.into_iter().map(|handler| (handler.kind(), handler)).collect();
        Worker { base, handlers: Arc::new(handlers) }
    }

    /// Works until the process stops; what is in hand is finished first.
    pub async fn run(self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let lanes = [(Lane::Quick, AT_ONCE), (Lane::Heavy, cores), (Lane::Remote, AT_ONCE)];
        let used = lanes.into_iter().filter(|(lane, _)| *lane == Lane::Quick || self.handles(*lane));
        futures_util::future::join_all(used.map(|(lane, at_once)| self.work(lane, at_once))).await;
    }

    /// The jobs of `lane`, up to `at_once` at a time. What ended and what begins is written down in one transaction.
    async fn work(&self, lane: Lane, at_once: usize) {
        let mut messages = self.base.cache.messages();
        let (mut running, mut done) = (JoinSet::new(), Vec::new());
        while !self.base.stopping.is_cancelled() {
            // One look answers all calls so far.
            while messages.try_recv().is_ok() {}
            let room = at_once.saturating_sub(running.len());
            let taken = self.claim(Some(lane), room, &mut done).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the job queue cannot be read");
                Vec::new()
            });
            let enough = taken.len() == room;
            for job in taken {
                let worker = self.clone();
                running.spawn(async move { worker.attempt(job).await });
            }
            tokio::select! {
                () = self.base.stopping.cancelled() => {}
                Some(ended) = running.join_next() => done.extend(finished(ended)),
                () = woken(&mut messages), if !enough => {}
                () = tokio::time::sleep(IDLE), if !enough => {}
            }
            while let Some(ended) = running.try_join_next() {
                done.extend(finished(ended));
            }
        }
        while let Some(ended) = running.join_next().await {
            done.extend(finished(ended));
        }
        if let Err(error) = self.put_away(&mut done).await {
            tracing::warn!(%error, "jobs that are done stay in the queue, and will be done again");
        }
    }

    fn handles(&self, lane: Lane) -> bool {
        self.handlers.values().any(|handler| handler.lane() == lane)
    }

    /// Runs jobs until none is due; how many ran.
    pub async fn run_due(&self) -> Result<usize, DbErr> {
        let (mut ran, mut done) = (0, Vec::new());
        while let Some(job) = self.claim(None, 1, &mut done).await?.pop() {
            done.extend(self.attempt(job).await);
            ran += 1;
        }
        Ok(ran)
    }

    /// Jobs that gave up and wait for a person.
    pub async fn failed(&self) -> Result<u64, DbErr> {
        Entity::find().filter(Column::FailedAt.is_not_null()).count(self.base.db.read()).await
    }

    /// Jobs that are due and that nobody has in hand, and since when the oldest of them is.
    pub async fn behind(&self) -> Result<(u64, TimeDelta), DbErr> {
        let now = self.base.clock.now();
        let due = Entity::find()
            .filter(Condition::any().add(Column::LockedUntil.is_null()).add(Column::LockedUntil.lt(now)))
            .filter(Column::FailedAt.is_null())
            .filter(Column::RunAt.lte(now));
        let oldest = due.clone().order_by_asc(Column::RunAt).one(self.base.db.read()).await?;
        let count = due.count(self.base.db.read()).await?;
        Ok((count, oldest.map_or_else(TimeDelta::zero, |job| now - job.run_at)))
    }

    /// Does one job, and returns its id if it is done and may leave the queue.
    async fn attempt(&self, job: Model) -> Option<Uuid> {
        let outcome = match self.handlers.get(job.kind.as_str()) {
            Some(handler) => self.hold(&job, handler.run(&job.payload)).await,
            None => Err(anyhow::anyhow!("no handler for jobs of kind {}", job.kind)),
        };
        let Err(error) = outcome else { return Some(job.id) };
        if let Err(error) = self.put_off(&job, error).await {
            tracing::warn!(job = %job.id, %error, "a failed job is tried again only when its hold is over");
        }
        None
    }

    /// Another try later, or none.
    async fn put_off(&self, job: &Model, error: anyhow::Error) -> Result<(), DbErr> {
        let last = job.attempts >= TRIES;
        if last && let Some(handler) = self.handlers.get(job.kind.as_str()) {
            handler.gave_up(&job.payload).await;
        }
        tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, error = format!("{error:#}"), "job failed");
        let tx = self.base.db.write().await?;
        let now = self.base.clock.now();
        let pause = TimeDelta::seconds(5 << job.attempts.clamp(0, 10));
        let row = ActiveModel {
            id: Set(job.id),
            locked_until: Set(None),
            run_at: Set(now + pause),
            last_error: Set(Some(format!("{error:#}").chars().take(500).collect())),
            failed_at: Set(last.then_some(now)),
            ..Default::default()
        };
        Entity::update(row).exec(&tx).await?;
        tx.commit().await
    }

    /// Takes jobs that are done out of the queue.
    async fn put_away(&self, done: &mut Vec<Uuid>) -> Result<(), DbErr> {
        if done.is_empty() {
            return Ok(());
        }
        let tx = self.base.db.write().await?;
        Entity::delete_many().filter(Column::Id.is_in(done.iter().copied())).exec(&tx).await?;
        tx.commit().await?;
        done.clear();
        Ok(())
    }

    /// Does `work`, and says again and again that `job` is in hand.
    async fn hold<T>(&self, job: &Model, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(done) => return done,
                Err(_) => {
                    if let Err(error) = self.renew(job).await {
                        tracing::warn!(job = %job.id, %error, "a job in hand could not be renewed");
                    }
                }
            }
        }
    }

    async fn renew(&self, job: &Model) -> Result<(), DbErr> {
        let tx = self.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::LockedUntil, Expr::value(self.base.clock.now() + HOLD))
            .filter(Column::Id.eq(job.id))
            .exec(&tx)
            .await?;
        tx.commit().await
    }

    /// Takes the oldest due jobs of `lane` (`None`: of any), `room` at most, for this worker, and those that are done
    /// out of the queue; several workers never take the same.
    async fn claim(
        &self,
        lane: Option<Lane>,
        room: usize,
        done: &mut Vec<Uuid>,
    ) -> Result<Vec<Model>, DbErr> {
        let now = self.base.clock.now();
        let kinds = |own: &dyn Fn(Lane) -> bool| -> Vec<&str> {
            self.handlers
                .values()
                .filter(|handler| own(handler.lane()))
                .map(|handler| handler.kind())
                .collect()
        };
        // What nobody handles is quick: it fails, and somebody sees it.
        let of_lane = match lane {
            None => Condition::all(),
            Some(Lane::Quick) => Condition::all().add(Column::Kind.is_not_in(kinds(&|it| it != Lane::Quick))),
            Some(lane) => Condition::all().add(Column::Kind.is_in(kinds(&|it| it == lane))),
        };
        let free = Condition::any().add(Column::LockedUntil.is_null()).add(Column::LockedUntil.lt(now));
        let due = of_lane.add(free).add(Column::FailedAt.is_null()).add(Column::RunAt.lte(now));
        // Look before locking: an idle queue costs a read, not a write.
        let look = Entity::find().filter(due.clone()).limit(1);
        if room == 0 || look.count(self.base.db.read()).await? == 0 {
            self.put_away(done).await?;
            return Ok(Vec::new());
        }
        let tx = self.base.db.write().await?;
        if !done.is_empty() {
            Entity::delete_many().filter(Column::Id.is_in(done.iter().copied())).exec(&tx).await?;
        }
        let next = Query::select()
            .column(Column::Id)
            .from(Entity)
            .cond_where(due)
            .order_by(Column::RunAt, sea_orm::Order::Asc)
            .limit(room as u64)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        let mut claimed = Entity::update_many()
            .col_expr(Column::LockedUntil, Expr::value(now + HOLD))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.in_subquery(next))
            .exec_with_returning(&tx)
            .await?;
        tx.commit().await?;
        done.clear();
        claimed.sort_by_key(|job| job.run_at);
        Ok(claimed)
    }
}

/// The job that ended well, if it did. One that panicked is tried again when its hold is over.
fn finished(ended: Result<Option<Uuid>, JoinError>) -> Option<Uuid> {
    ended.unwrap_or_else(|error| {
        tracing::error!(%error, "a job broke off");
        None
    })
}

/// Returns when somebody says that there is work, or when it may have been missed.
async fn woken(messages: &mut broadcast::Receiver<Message>) {
    loop {
        match messages.recv().await {
            Ok(message) if message.channel != CHANNEL => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            // The process ends; the sleep beside this one decides.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
