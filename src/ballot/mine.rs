//! The votes of a meeting as one person's phone shows them.

use sea_orm::EntityTrait;
use uuid::Uuid;

use super::board::{Running, View};
use super::confirm::scrutineers;
use super::live::Hub;
use super::model::{State, ballot_receipt, ballot_round, ballot_vote, read};
use super::recuse;
use super::refusal::BallotRefusal;
use super::result::{Face, Shown, of, visible};
use super::round;
use super::rules::{Presence, Press};
use crate::base::Base;
use crate::meeting::attendance::presence::{self, Standing};

/// What one person can do and see.
#[derive(Debug)]
pub struct Mine {
    /// The open round, and where they stand in it.
    pub open: Option<(Running, Part)>,
    /// Counts that wait for their word as a scrutineer.
    pub to_confirm: Vec<Shown>,
    /// Results that the hall may see, the newest first.
    pub results: Vec<Shown>,
}

/// Where somebody stands in an open round.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// May vote; `secret` rounds ask once more before it is sent.
    Vote,
    /// Has voted. In named rounds where the last press counts, what they chose, as an option for each item: it can be
    /// changed. Of all others `None`: a phone laid down shows nothing.
    Voted(Option<Vec<usize>>),
    /// Cannot vote, and why: its code and Chinese text say what to do.
    Not(BallotRefusal),
}

/// Looks for one person. The board comes from memory; what is theirs comes from rows.
pub async fn look(base: &Base, hub: &Hub, meeting: Uuid, person: Uuid) -> Result<Mine, BallotRefusal> {
    let board = hub.current(meeting).await.ok_or(BallotRefusal::NoMeeting)?;
    let View { open, .. } = board.seen_by(Face::Hall);
    let open = match open {
        Some(running) => Some((part(base, running.id, person).await?, running)),
        None => None,
    };
    let (mut to_confirm, mut results) = (Vec::new(), Vec::new());
    for round in round::of_meeting(base, meeting).await?.into_iter().rev() {
        if round.state() == State::Closed && waits_for(base, round.id, person).await? {
            to_confirm.push(of(&round)?);
        } else if visible(&round, Face::Hall)? {
            results.push(of(&round)?);
        }
    }
    Ok(Mine { open: open.map(|(part, running)| (running, part)), to_confirm, results })
}

/// Where `person` stands in a round. The urn judges for itself, at the moment of the press.
pub async fn part(base: &Base, id: Uuid, person: Uuid) -> Result<Part, BallotRefusal> {
    let db = base.db.read();
    let round = round::find(base, id).await?;
    let rules = round.rules()?;
    if ballot_receipt::Entity::find_by_id((id, person)).one(db).await?.is_some() {
        let vote = match (rules.secret, rules.press) {
            (false, Press::Last) => ballot_vote::Entity::find_by_id((id, person)).one(db).await?,
            _ => None,
        };
        return Ok(Part::Voted(vote.map(|vote| read(&vote.marks)).transpose()?));
    }
    if let Some(refusal) = not_running(&round, base) {
        return Ok(Part::Not(refusal));
    }
    let members = presence::members_of(db, round.meeting_id, &[person]).await?;
    let Some(member) = members.first().filter(|member| member.votes) else {
        return Ok(Part::Not(BallotRefusal::NotEntitled));
    };
    if recuse::of_round(db, id).await?.iter().any(|row| row.person_id == person) {
        return Ok(Part::Not(BallotRefusal::Recused));
    }
    Ok(match member.standing {
        Standing::In => Part::Vote,
        _ if rules.presence == Presence::Roster => Part::Vote,
        Standing::Away => Part::Not(BallotRefusal::Away),
        Standing::OnLeave => Part::Not(BallotRefusal::OnLeave),
        Standing::Absent => Part::Not(BallotRefusal::NotPresent),
    })
}

fn not_running(round: &ballot_round::Model, base: &Base) -> Option<BallotRefusal> {
    match round.state() {
        State::Draft | State::Ready | State::Withdrawn => Some(BallotRefusal::NotOpen),
        State::Void => Some(BallotRefusal::Void),
        State::Open if round.ends_at.is_none_or(|ends| base.clock.now() < ends) => None,
        _ => Some(BallotRefusal::Closed),
    }
}

async fn waits_for(base: &Base, id: Uuid, person: Uuid) -> Result<bool, BallotRefusal> {
    let named = scrutineers(base.db.read(), id).await?;
    Ok(named.iter().any(|row| row.person_id == person && row.confirmed_at.is_none()))
}
