//! What is told when votes or rounds change.

use uuid::Uuid;

use crate::base::Base;

/// Where announcements are heard; the payload is the meeting's id.
pub const CHANNEL: &str = "ballot";

/// Tells every replica that something about the votes of `meeting` changed. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid) {
    base.cache.publish(CHANNEL, &meeting.to_string()).await;
}
