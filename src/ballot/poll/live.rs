//! Polls and questions of a meeting, live: one board for each watched meeting, read after a change was announced.

use async_trait::async_trait;
use uuid::Uuid;

use super::board::{self, Board};
use super::refusal::PollRefusal;
use crate::base::{Base, live};

/// Where announcements are heard; the payload is the meeting's id.
pub const CHANNEL: &str = "poll";

/// Tells every replica that something about the polls of `meeting` changed. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid) {
    base.cache.publish(CHANNEL, &meeting.to_string()).await;
}

/// The boards of this replica, by meeting.
pub type Hub = live::Hub<Interaction>;

/// Polls and questions of one meeting, as they are watched.
pub struct Interaction {
    base: Base,
    meeting: Uuid,
}

#[async_trait]
impl live::Subject for Interaction {
    type Picture = Board;
    type Error = PollRefusal;
    const CHANNELS: &'static [&'static str] = &[CHANNEL];

    fn of(base: Base, meeting: Uuid) -> Interaction {
        Interaction { base, meeting }
    }

    async fn read(&mut self) -> Result<Option<Board>, PollRefusal> {
        Ok(Some(board::read(&self.base, self.meeting).await?))
    }
}
