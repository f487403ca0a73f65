//! What a meeting is to one phone right now: the one act its page offers.

use sea_orm::DbErr;
use uuid::Uuid;

use super::Meetings;
use super::beside::Beside;
use super::leave::model::LeaveState;
use super::material::shelf::{self, Shelf};
use super::model::{CodeKind, Policy, State, attendance, meeting};
use super::phase::Phase;
use super::venue_code::Ticket;
use super::{history, leave, requests, roster};
use crate::people::model::person;
use crate::people::person as persons;

/// A phone at a meeting's page.
pub struct Visit {
    pub face: Face,
    /// The person behind the phone, if they told once.
    pub person: Option<person::Model>,
    pub seat: Option<String>,
    /// A request to the organisers waits.
    pub requested: bool,
    /// What became of their request for leave.
    pub leave: Option<LeaveState>,
    /// May ask for leave, or take it back.
    pub may_leave: bool,
    /// Agenda and materials, as far as they are theirs now.
    pub shelf: Shelf,
    /// What other features have to say to those who are on the list or signed in.
    pub beside: Vec<Beside>,
}

/// The states that the page draws.
#[derive(Debug, PartialEq, Eq)]
pub enum Face {
    SignedIn(Box<attendance::Model>),
    Cancelled,
    /// Too early: waits for the opening.
    Early,
    /// The window is over.
    Late,
    /// The code rotates and this phone scanned none that is fresh.
    NeedsCode,
    /// Known, but not on the roster of a meeting that admits only its roster.
    NotOnRoster,
    /// Known: one tap signs in.
    OneTap,
    /// New: asks for unit, name and phone, this once.
    Form,
}

/// What `follower` sees of `meeting` now. `ticket` is the phone's scan ticket, where it has one that holds.
pub async fn visit(
    meetings: &Meetings,
    meeting: &meeting::Model,
    follower: Uuid,
    ticket: Option<&Ticket>,
) -> Result<Visit, DbErr> {
    let base = &meetings.base;
    let person = persons::of_follower(base.db.read(), follower).await?;
    let (mut standing, mut entry) = (None, None);
    if let Some(person) = &person {
        standing = history::standing(base, meeting.id, person.id).await?;
        entry = roster::entry_of(base.db.read(), meeting.id, person.id).await?;
    }
    let now = base.clock.now();
    let scanned_at = ticket.map_or(now, |ticket| ticket.scanned_at);
    let face = if meeting.state() == State::Cancelled {
        Face::Cancelled
    } else if let Some(row) = standing {
        Face::SignedIn(Box::new(row))
    } else if now < meeting.opens_at {
        Face::Early
    } else if scanned_at > meeting.closes_at || meeting.state() == State::Closed {
        Face::Late
    } else if meeting.code_kind() == CodeKind::Rotating && ticket.is_none() {
        Face::NeedsCode
    } else if person.is_none() {
        Face::Form
    } else if meeting.policy() == Policy::Roster && entry.is_none() {
        Face::NotOnRoster
    } else {
        Face::OneTap
    };
    let requested = match face {
        Face::Late | Face::NotOnRoster | Face::Form | Face::OneTap => {
            requests::waiting(base, meeting.id, follower).await?
        }
        _ => false,
    };
    let in_time = Phase::of(meeting, now) != Phase::Over && meeting.state() != State::Cancelled;
    let came = matches!(face, Face::SignedIn(_));
    let may_leave = in_time && !came && is_expected(meetings, meeting, &person, entry.is_some()).await?;
    let leave = match &person {
        Some(person) if entry.is_some() && !came => {
            leave::of_person(base.db.read(), meeting.id, person.id).await?
        }
        _ => None,
    };
    let leave = leave.map(|row| row.state(false));
    let shelf = shelf::of(base, meeting, person.as_ref().map(|person| person.id)).await?;
    let mut beside = Vec::new();
    if came || entry.is_some() {
        for neighbour in meetings.neighbours.iter() {
            beside.extend(neighbour.beside(meeting.id, &meeting.code).await);
        }
    }
    let seat = entry.and_then(|entry| entry.seat);
    Ok(Visit { shelf, beside, face, person, seat, requested, leave, may_leave })
}

/// Whether the phone's owner is expected, or may be: a new one tells who they are with the request for leave.
async fn is_expected(
    meetings: &Meetings,
    meeting: &meeting::Model,
    person: &Option<person::Model>,
    planned: bool,
) -> Result<bool, DbErr> {
    match person {
        Some(_) => Ok(planned),
        None => roster::exists(meetings.base.db.read(), meeting.id).await,
    }
}
