//! The rule itself: what an attempt comes to, given what is known. Pure.

use super::{Refusal, when};
use crate::base::clock::Instant;
use crate::meeting::model::{
    CodeKind, LocationUse, Place, Policy, Source, State, attendance, meeting, roster_entry,
};
use crate::meeting::phase::Phase;

/// What is known of one person at one meeting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    pub entry: Option<&'a roster_entry::Model>,
    pub attendance: Option<&'a attendance::Model>,
    /// The attempt came with a scan ticket: a fresh code was scanned.
    pub ticketed: bool,
    /// That ticket served another person.
    pub ticket_spent: bool,
    /// Where the phone was, where the meeting asks.
    pub place: Option<Place>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Give the next position.
    Admit,
    /// There already; nothing moves.
    Already,
    /// Had stepped out, and scanned at the door again.
    Return,
}

/// Decides one attempt. What an organiser does is held to the meeting's life, not to its window or roster: what
/// physically happened is recorded.
pub fn decide(
    meeting: &meeting::Model,
    standing: Standing<'_>,
    source: Source,
    scanned_at: Instant,
    now: Instant,
) -> Result<Decision, Refusal> {
    if meeting.state() == State::Cancelled {
        return Err(Refusal::Cancelled);
    }
    // A code that stays the same proves nothing where codes rotate.
    let scanned = matches!(source, Source::Scan | Source::Helper);
    let unproven = meeting.code_kind() == CodeKind::Rotating && scanned && !standing.ticketed;
    if let Some(row) = standing.attendance.filter(|row| row.is_in()) {
        // Nobody comes back by the hand of another: staff have a word of their own for it.
        let own = matches!(source, Source::Scan | Source::ShortCode) && !unproven;
        let back = row.is_away() && own && Phase::of(meeting, now) != Phase::Over;
        return Ok(if back { Decision::Return } else { Decision::Already });
    }
    if matches!(source, Source::Staff | Source::MakeUp) {
        return Ok(Decision::Admit);
    }
    // Who scanned early and waited is let in at the opening; nobody is let in before it.
    if now < meeting.opens_at {
        return Err(Refusal::NotOpenYet(when(meeting.opens_at, now)));
    }
    if scanned_at > meeting.closes_at {
        return Err(Refusal::WindowClosed(when(meeting.closes_at, now)));
    }
    if meeting.state() == State::Closed {
        return Err(Refusal::Ended);
    }
    if source == Source::Helper && !meeting.helpers {
        return Err(Refusal::DeviceShared);
    }
    if unproven {
        return Err(Refusal::CodeExpired);
    }
    if standing.ticket_spent {
        return Err(Refusal::CodeReused);
    }
    if meeting.policy() == Policy::Roster && standing.entry.is_none() {
        return Err(Refusal::NotOnRoster);
    }
    if meeting.location() == LocationUse::Gate {
        match standing.place {
            Some(Place::Inside | Place::Near) => {}
            Some(Place::Outside) => return Err(Refusal::OutsideArea),
            Some(Place::Unavailable | Place::Refused) | None => return Err(Refusal::LocationUnavailable),
        }
    }
    Ok(Decision::Admit)
}
