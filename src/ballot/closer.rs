//! What ends rounds by itself: a job when the time is up, and a look after each change whether everybody has voted.
//! Votes after the end are refused by the clock, whether or not this has run.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::board::may_vote;
use super::close::{By, close};
use super::model::State;
use super::open::opened;
use super::refusal::BallotRefusal;
use super::{count, live, recuse};
use crate::base::Base;
use crate::base::live::announced;
use crate::jobs::Handler;
use crate::meeting::attendance;
use crate::meeting::attendance::presence::{self, Member};

/// The kind of the job that ends a round when its time is up; its payload is the round's id.
pub const JOB: &str = "ballot.close";
/// Changes of one meeting within this time are looked at once: the last press of many decides.
const GATHER: Duration = Duration::from_millis(200);

/// Ends rounds whose time is up.
pub struct CloseJob(pub Base);

#[async_trait]
impl Handler for CloseJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let id: Uuid = serde_json::from_str(payload)?;
        match close(&self.0, id, By::Clock).await {
            // The chair may have ended it some other way.
            Ok(_) | Err(BallotRefusal::WrongState(_) | BallotRefusal::NoRound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Listens for votes and changes of presence, and ends rounds where everybody has voted.
pub(super) async fn watch(base: Base) {
    let mut messages = base.cache.messages();
    let mut meetings: HashSet<Uuid> = HashSet::new();
    let mut look_at = tokio::time::Instant::now();
    loop {
        let heard = tokio::select! {
            () = base.stopping.cancelled() => return,
            () = tokio::time::sleep_until(look_at), if !meetings.is_empty() => {
                for meeting in meetings.drain() {
                    look(&base, meeting).await;
                }
                continue;
            }
            heard = messages.recv() => heard,
        };
        if meetings.is_empty() {
            look_at = tokio::time::Instant::now() + GATHER;
        }
        match heard {
            Ok(message) if [live::CHANNEL, attendance::CHANNEL].contains(&message.channel.as_str()) => {
                meetings.extend(announced(&message.payload));
            }
            Ok(_) => {}
            // What was lost is heard of with the next change, and the chair sees the round.
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn look(base: &Base, meeting: Uuid) {
    if let Err(error) = end_if_all_voted(base, meeting).await {
        tracing::warn!(%meeting, %error, "a round could not be ended");
    }
}

async fn end_if_all_voted(base: &Base, meeting: Uuid) -> Result<(), BallotRefusal> {
    let db = base.db.read();
    let Some(open) = opened(db, meeting).await? else { return Ok(()) };
    if !open.rules()?.end_when_all_voted {
        return Ok(());
    }
    // Looked at without locks first: votes go on meanwhile.
    let members = presence::members(db, meeting).await?;
    let recused = recuse::of_round(db, open.id).await?;
    let voted = count::voters(db, open.id).await?;
    let rules = open.rules()?;
    let waits = |member: &Member| may_vote(member, &rules, &recused) && !voted.contains(&member.person);
    if members.iter().any(waits) {
        return Ok(());
    }
    let closed = close(base, open.id, By::AllVoted).await?;
    if closed.state() != State::Open {
        tracing::info!(round = %closed.id, "everybody has voted");
    }
    Ok(())
}
