//! The job that turns one document into pages: two tries, then its readers are told to download.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::model::document::{Column, Entity, Model};
use super::steps::{Failure, Steps};
use super::{CHANNEL, Documents, Hash, Kind, State};
use crate::base::Base;
use crate::jobs::{self, Handler, Lane};

const KIND: &str = "document_convert";
/// Conversions begun before a document is given up. A crash of the whole process counts too.
const TRIES: i32 = 2;
/// No conversion and no upload takes this long.
const ABANDONED: Duration = Duration::from_secs(3600);

#[derive(Serialize, Deserialize)]
struct Order {
    hash: Hash,
}

/// Enqueues the conversion of `hash` in `tx`.
pub(super) async fn enqueue(base: &Base, tx: &impl ConnectionTrait, hash: &Hash) -> Result<(), DbErr> {
    // No key: who enqueues has just moved the row to waiting, which only one can.
    jobs::enqueue(base, tx, KIND, &Order { hash: hash.clone() }, base.clock.now(), None).await
}

/// Runs conversions.
pub struct ConvertJob {
    pub documents: Documents,
}

#[async_trait]
impl Handler for ConvertJob {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn lane(&self) -> Lane {
        Lane::Heavy
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let order: Order = serde_json::from_str(payload)?;
        let stopping = self.documents.inner.base.stopping.clone();
        tokio::select! {
            done = self.documents.convert(&order.hash) => done,
            () = stopping.cancelled() => {
                self.documents.wait_again(&order.hash, true).await?;
                anyhow::bail!("the process stops")
            }
        }
    }

    async fn gave_up(&self, payload: &str) {
        let Ok(order) = serde_json::from_str::<Order>(payload) else { return };
        if let Err(error) = self.documents.give_up(&order.hash, "document_unpreviewable").await {
            tracing::warn!(%error, hash = %order.hash, "a document stays in waiting");
        }
    }
}

impl Documents {
    async fn convert(&self, hash: &Hash) -> anyhow::Result<()> {
        let Some(row) = self.begin(hash).await? else { return Ok(()) };
        let tries = row.tries;
        if tries > TRIES {
            return Ok(self.give_up(hash, "document_unpreviewable").await?);
        }
        let Some(kind) = Kind::of(&row.kind) else { return Ok(self.give_up(hash, "document_kind").await?) };
        let Some(steps) = Steps::prepare(self, hash, kind).await? else {
            return Ok(self.give_up(hash, "preview_missing").await?);
        };
        match steps.run().await {
            Ok(done) => self.finish(hash, done.pages, &done.fonts).await?,
            Err(Failure::Final { code, cause }) => {
                tracing::info!(%hash, code, cause, "a document gets no preview");
                self.give_up(hash, code).await?;
            }
            Err(Failure::Again(cause)) if tries >= TRIES => {
                tracing::warn!(%hash, cause, "a document could not be converted");
                self.give_up(hash, "document_unpreviewable").await?;
            }
            Err(Failure::Again(cause)) => {
                self.wait_again(hash, false).await?;
                anyhow::bail!("try {tries}: {cause}");
            }
            Err(Failure::Trouble(cause)) => {
                self.wait_again(hash, true).await?;
                return Err(cause);
            }
        }
        Ok(())
    }

    /// Marks the start; `None` when there is nothing to do.
    async fn begin(&self, hash: &Hash) -> Result<Option<Model>, DbErr> {
        let tx = self.inner.base.db.write().await?;
        let begun = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Converting.name()))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Hash.eq(hash.as_str()))
            .filter(Column::State.is_in([State::Waiting.name(), State::Converting.name()]))
            .exec_with_returning(&tx)
            .await?;
        tx.commit().await?;
        self.tell(hash).await;
        Ok(begun.into_iter().next())
    }

    async fn finish(&self, hash: &Hash, pages: u32, fonts: &[String]) -> Result<(), DbErr> {
        let tx = self.inner.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Ready.name()))
            .col_expr(Column::Reason, Expr::value(None::<String>))
            .col_expr(Column::Pages, Expr::value(i32::try_from(pages).unwrap_or(i32::MAX)))
            .col_expr(Column::Fonts, Expr::value(fonts.join("\n")))
            .filter(Column::Hash.eq(hash.as_str()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        self.tell(hash).await;
        Ok(())
    }

    /// Back to waiting; `uncounted` when the document is not to blame.
    async fn wait_again(&self, hash: &Hash, uncounted: bool) -> Result<(), DbErr> {
        let tx = self.inner.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Waiting.name()))
            .col_expr(Column::Tries, Expr::col(Column::Tries).sub(i32::from(uncounted)))
            .filter(Column::Hash.eq(hash.as_str()))
            .filter(Column::State.eq(State::Converting.name()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        self.tell(hash).await;
        Ok(())
    }

    /// Ends the conversion without pages; `reason` is a code of the error table.
    async fn give_up(&self, hash: &Hash, reason: &'static str) -> Result<(), DbErr> {
        let tx = self.inner.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Failed.name()))
            .col_expr(Column::Reason, Expr::value(reason))
            .filter(Column::Hash.eq(hash.as_str()))
            .filter(Column::State.ne(State::Ready.name()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        self.tell(hash).await;
        Ok(())
    }

    /// Says everywhere that something about `hash` is new.
    pub(super) async fn tell(&self, hash: &Hash) {
        self.inner.base.cache.publish(CHANNEL, hash.as_str()).await;
    }

    /// Removes what lies in the scratch folder for longer than any conversion takes.
    fn clear_scratch(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(self.scratch()?)? {
            let entry = entry?;
            let old = entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > ABANDONED);
            if old {
                let path = entry.path();
                let removed =
                    if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
                if let Err(error) = removed {
                    tracing::warn!(%error, path = %path.display(), "an abandoned file stays");
                }
            }
        }
        Ok(())
    }

    /// Enqueues what had no preview because converters were missing, once they are there; how many. Also clears away
    /// what a killed process left in its scratch folder.
    pub async fn resume(&self) -> anyhow::Result<usize> {
        self.clear_scratch()?;
        if !self.tools().await.missing().is_empty() {
            return Ok(0);
        }
        let base = &self.inner.base;
        let tx = base.db.write().await?;
        let lacking = Column::State.eq(State::Failed.name()).and(Column::Reason.eq("preview_missing"));
        let rows = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Waiting.name()))
            .col_expr(Column::Reason, Expr::value(None::<String>))
            .col_expr(Column::Tries, Expr::value(0))
            .filter(lacking)
            .exec_with_returning(&tx)
            .await?;
        for row in &rows {
            enqueue(base, &tx, &row.hash.parse()?).await?;
        }
        tx.commit().await?;
        jobs::wake(base).await;
        Ok(rows.len())
    }
}
