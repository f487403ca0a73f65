//! The one way to answer a poll. Answers that come together are one transaction for each poll, and each is answered
//! after the commit.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::refusal::PollRefusal;
use super::{Polls, ledger};
use crate::base::Base;

/// Somebody answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub meeting: Uuid,
    pub poll: Uuid,
    pub person: Uuid,
    /// Places of options; what was no number at all is out of every list.
    pub chosen: Vec<usize>,
}

/// What became of an answer; it never says what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Counted now.
    Ok,
    /// Took the place of the earlier answer; named polls only.
    Replaced,
    /// Answered before; nothing moved.
    Already,
}

/// An answer and where its outcome goes.
pub(super) struct Waiting {
    pub answer: Answer,
    pub reply: oneshot::Sender<Result<Outcome, PollRefusal>>,
}

/// Answers that may wait; more hear `poll_later` at once.
const QUEUE: usize = 4096;
/// Answers that share a transaction at most.
const BATCH: usize = 256;
/// How long an answer waits. One that gave up may still be stored: its repeat is answered as one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the queue; it closes when the last handle is dropped.
pub(super) fn open(base: Base) -> mpsc::Sender<Waiting> {
    let (queue, mut waiting) = mpsc::channel::<Waiting>(QUEUE);
    tokio::spawn(async move {
        let mut arrived = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut arrived, BATCH).await > 0 {
            let groups = by_poll(arrived.drain(..));
            join_all(groups.into_iter().map(|(poll, group)| ledger::run(&base, poll, group))).await;
        }
    });
    queue
}

impl Polls {
    /// Answers. The outcome comes after the commit that makes it true.
    pub async fn answer(&self, answer: Answer) -> Result<Outcome, PollRefusal> {
        let (reply, replied) = oneshot::channel();
        self.queue
            .try_send(Waiting { answer, reply })
            .map_err(|_| PollRefusal::RetryLater("too many answers at once".to_string()))?;
        match tokio::time::timeout(PATIENCE, replied).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(PollRefusal::RetryLater("the queue closed".to_string())),
            Err(_) => Err(PollRefusal::RetryLater("no answer in time".to_string())),
        }
    }
}

/// Groups by meeting and poll, keeping the order of arrival.
fn by_poll(arrived: impl Iterator<Item = Waiting>) -> Vec<((Uuid, Uuid), Vec<Waiting>)> {
    let mut groups: Vec<((Uuid, Uuid), Vec<Waiting>)> = Vec::new();
    for one in arrived {
        let poll = (one.answer.meeting, one.answer.poll);
        match groups.iter_mut().find(|(known, _)| *known == poll) {
            Some((_, group)) => group.push(one),
            None => groups.push((poll, vec![one])),
        }
    }
    groups
}
