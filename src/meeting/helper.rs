//! Signing in for a colleague (edge case 20): only where the meeting allows it, only by somebody who is there, and
//! told apart from people's own sign-ins wherever it is listed.

use super::checkin::{Attempt, CheckIn, Refusal, Who};
use super::enrol::{EnrolError, Form, on_roster};
use super::model::{Place, Policy, Source, meeting};
use super::phase::Phase;
use super::venue_code::Ticket;
use super::{Meetings, by_hand, history};
use crate::base::clock::Instant;
use crate::people::model::person;

/// Whether `meeting` lets people sign in colleagues at `now`.
pub fn allowed(meeting: &meeting::Model, now: Instant) -> bool {
    meeting.helpers && Phase::of(meeting, now) == Phase::Open
}

/// Signs in whom the form describes, by the phone of `helper`. Their own WeChat is not tied to anybody by it.
/// `ticket` is the helper's scan, which a code that rotates asks for; `place` is where their phone is.
#[allow(clippy::too_many_arguments, reason = "each is one thing that the rule asks for")]
pub async fn sign_in(
    meetings: &Meetings,
    meeting: &meeting::Model,
    helper: &person::Model,
    form: &Form,
    ticket: Option<&Ticket>,
    place: Option<Place>,
    op_id: String,
) -> Result<CheckIn, EnrolError> {
    let base = &meetings.base;
    let described = form.parse().map_err(EnrolError::Form)?;
    let here = history::standing(base, meeting.id, helper.id).await.map_err(Refusal::from)?;
    if here.is_none_or(|row| row.is_away()) {
        return Err(Refusal::DeviceShared.into());
    }
    if meeting.policy() == Policy::Roster
        && !on_roster(base, meeting.id, &described).await.map_err(Refusal::from)?
    {
        return Err(Refusal::IdentityMismatch.into());
    }
    let person = by_hand::known_or_new(base, &described)
        .await
        .map_err(|error| Refusal::RetryLater(error.to_string()))?;
    let now = base.clock.now();
    let attempt = Attempt {
        meeting: meeting.id,
        who: Who::Person(person),
        op_id,
        source: Source::Helper,
        actor: format!("helper:{}", helper.id),
        scanned_at: ticket.map_or(now, |ticket| ticket.counts_from(meeting.opens_at, now)),
        place,
        // One scan serves one person: the helper's own is told apart from each colleague's.
        ticket: ticket.map(|ticket| format!("{}:{person}", ticket.nonce)),
        reason: Some(format!("由 {}（{}）代签", helper.name, helper.unit)),
    };
    Ok(meetings.door.check_in(attempt).await?)
}
