//! The desk's queue, live: whether a page still shows what is. One look a replica, whoever watches, at what the desk
//! lists: open cases, tickets and appeals. It costs the same however long the log is.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{car_block, car_case, car_ticket};
use super::state::{self, OPEN};
use crate::base::{Base, live};

/// There is one queue.
pub const QUEUE: Uuid = Uuid::nil();

/// The queue of this replica.
pub type Hub = live::Hub<Queue>;

/// What watchers get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Milliseconds since 1970 when a change was seen; of two pictures the newer has the larger.
    pub version: i64,
}

/// What the desk lists, in so many words that any change of it changes them.
#[derive(Debug, PartialEq, Eq)]
struct Looks {
    /// Every change of a case counts its version up.
    cases: Vec<(Uuid, i64)>,
    tickets: Vec<Uuid>,
    appeals: Vec<Uuid>,
}

/// The queue as it is watched.
pub struct Queue {
    base: Base,
    seen: Option<(Looks, i64)>,
}

#[async_trait]
impl live::Subject for Queue {
    type Picture = Picture;
    type Error = DbErr;
    const CHANNELS: &'static [&'static str] = &[state::CHANNEL];

    /// Every case stands in it.
    fn about(_payload: &str) -> Option<Uuid> {
        Some(QUEUE)
    }

    fn of(base: Base, _id: Uuid) -> Queue {
        Queue { base, seen: None }
    }

    async fn read(&mut self) -> Result<Option<Picture>, DbErr> {
        let looks = look(&self.base).await?;
        let before = match &self.seen {
            Some((seen, _)) if *seen == looks => return Ok(None),
            Some((_, version)) => *version,
            None => 0,
        };
        let version = self.base.clock.now().timestamp_millis().max(before + 1);
        self.seen = Some((looks, version));
        Ok(Some(Picture { version }))
    }
}

async fn look(base: &Base) -> Result<Looks, DbErr> {
    let db = base.db.read();
    let cases = car_case::Entity::find()
        .select_only()
        .columns([car_case::Column::Id, car_case::Column::Version])
        .filter(car_case::Column::State.is_in(OPEN.iter().map(|state| state.word())))
        .order_by_asc(car_case::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let tickets = car_ticket::Entity::find()
        .select_only()
        .column(car_ticket::Column::Id)
        .filter(car_ticket::Column::DoneAt.is_null())
        .order_by_asc(car_ticket::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let appeals = car_block::Entity::find()
        .select_only()
        .column(car_block::Column::FollowerId)
        .filter(car_block::Column::AppealSealed.is_not_null())
        .order_by_asc(car_block::Column::FollowerId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(Looks { cases, tickets, appeals })
}
