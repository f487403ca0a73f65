//! The job that turns one document into pages.

use async_trait::async_trait;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::model::document::{Column, Entity};
use super::{CHANNEL, Documents, Hash, State};
use crate::base::Base;
use crate::jobs::{self, Handler};

const KIND: &str = "document_convert";

#[derive(Serialize, Deserialize)]
struct Order {
    hash: Hash,
}

/// Enqueues the conversion of `hash` in `tx`.
pub(super) async fn enqueue(base: &Base, tx: &impl ConnectionTrait, hash: &Hash) -> Result<(), DbErr> {
    let order = Order { hash: hash.clone() };
    jobs::enqueue(base, tx, KIND, &order, base.clock.now(), Some(format!("{KIND} {hash}"))).await
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

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let order: Order = serde_json::from_str(payload)?;
        Ok(self.documents.give_up(&order.hash, "preview_missing").await?)
    }
}

impl Documents {
    /// Ends the conversion without pages; `reason` is a code of the error table.
    async fn give_up(&self, hash: &Hash, reason: &'static str) -> Result<(), DbErr> {
        let tx = self.inner.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Failed.name()))
            .col_expr(Column::Reason, Expr::value(reason))
            .filter(Column::Hash.eq(hash.as_str()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        self.inner.base.cache.publish(CHANNEL, hash.as_str()).await;
        Ok(())
    }
}
