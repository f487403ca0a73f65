//! The votes of a meeting, live: one board for each watched meeting, read after votes or presence were announced.

use async_trait::async_trait;
use uuid::Uuid;

use super::board::{self, Board, Room};
use super::refusal::BallotRefusal;
use crate::base::{Base, live};
use crate::meeting::attendance;

/// Where announcements are heard; the payload is the meeting's id.
pub const CHANNEL: &str = "ballot";

/// Tells every replica that something about the votes of `meeting` changed. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid) {
    base.cache.publish(CHANNEL, &meeting.to_string()).await;
}

/// The boards of this replica, by meeting.
pub type Hub = live::Hub<Votes>;

/// The votes of one meeting, as they are watched.
pub struct Votes {
    base: Base,
    meeting: Uuid,
    room: Option<Room>,
}

#[async_trait]
impl live::Subject for Votes {
    type Picture = Board;
    type Error = BallotRefusal;
    const CHANNELS: &'static [&'static str] = &[CHANNEL, attendance::CHANNEL];

    fn of(base: Base, meeting: Uuid) -> Votes {
        Votes { base, meeting, room: None }
    }

    async fn read(&mut self) -> Result<Option<Board>, BallotRefusal> {
        board::read(&self.base, self.meeting, &mut self.room).await
    }
}
