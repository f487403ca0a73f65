//! Who is there, live: one snapshot for each watched meeting, read after something was announced; dashboards and
//! screens read that, never the database.

pub mod address;
mod arrivals;
mod leaving;
pub mod presence;
mod snapshot;
pub mod wishes;

use async_trait::async_trait;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::base::{Base, live};

pub use arrivals::{Arrived, arrivals};
pub use leaving::{Leaving, TOLERANCE};
pub use snapshot::{Arrival, Latest, Snapshot, Unit, snapshot};

/// Where [`announce`] publishes on the cache.
pub const CHANNEL: &str = "attendance";

/// Tells every replica that the attendance of `meeting` is now at `version`. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid, version: i64) {
    base.cache.publish(CHANNEL, &format!("{meeting} {version}")).await;
}

/// The snapshots of this replica, by meeting.
pub type Hub = live::Hub<Headcount>;

/// The headcount of one meeting, as it is watched.
pub struct Headcount {
    base: Base,
    meeting: Uuid,
    /// Version and last edit of what was read.
    known: Option<(i64, Instant)>,
}

#[async_trait]
impl live::Subject for Headcount {
    type Picture = Snapshot;
    type Error = DbErr;
    const CHANNELS: &'static [&'static str] = &[CHANNEL];

    fn of(base: Base, meeting: Uuid) -> Headcount {
        Headcount { base, meeting, known: None }
    }

    async fn read(&mut self) -> Result<Option<Snapshot>, DbErr> {
        let newer = snapshot::newer(&self.base, self.meeting, self.known).await?;
        if let Some(snapshot) = &newer {
            self.known = Some((snapshot.version, snapshot.meeting_updated));
        }
        Ok(newer)
    }
}
