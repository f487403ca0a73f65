//! The door: gathers attempts that arrive together and runs them as one transaction per meeting.

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{Attempt, CheckIn, Refusal, batch};
use crate::base::Base;

/// The one way to check in. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    queue: mpsc::Sender<Waiting>,
}

/// An attempt and where its answer goes.
pub(super) struct Waiting {
    pub attempt: Attempt,
    pub answer: oneshot::Sender<Result<CheckIn, Refusal>>,
}

/// Attempts that may wait; more hear `retry_later` at once.
const QUEUE: usize = 4096;
/// Attempts that share a transaction at most: keeps the statements within the databases' parameter limits.
const BATCH: usize = 256;

impl Door {
    /// Opens the door; it closes when the last handle is dropped.
    pub fn open(base: Base) -> Door {
        let (queue, waiting) = mpsc::channel(QUEUE);
        base.tasks.clone().spawn(serve(base, waiting));
        Door { queue }
    }

    /// Checks somebody in. The answer comes after the commit that makes it true.
    pub async fn check_in(&self, attempt: Attempt) -> Result<CheckIn, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { attempt, answer })
            .map_err(|_| Refusal::RetryLater("the door is full".to_string()))?;
        answered.await.unwrap_or_else(|_| Err(Refusal::RetryLater("the door closed".to_string())))
    }
}

async fn serve(base: Base, mut waiting: mpsc::Receiver<Waiting>) {
    let mut arrived = Vec::with_capacity(BATCH);
    loop {
        let count = tokio::select! {
            biased;
            count = waiting.recv_many(&mut arrived, BATCH) => count,
            () = base.stopping.cancelled(), if waiting.is_empty() && waiting.sender_strong_count() == 0 => 0,
        };
        if count == 0 {
            return;
        }
        join_all(
            by_meeting(arrived.drain(..))
                .into_iter()
                .map(|(meeting, group)| batch::run(&base, meeting, group)),
        )
        .await;
    }
}

/// Groups by meeting, keeping the order of arrival.
fn by_meeting(arrived: impl Iterator<Item = Waiting>) -> Vec<(Uuid, Vec<Waiting>)> {
    let mut groups: Vec<(Uuid, Vec<Waiting>)> = Vec::new();
    for one in arrived {
        let meeting = one.attempt.meeting;
        match groups.iter_mut().find(|(id, _)| *id == meeting) {
            Some((_, group)) => group.push(one),
            None => groups.push((meeting, vec![one])),
        }
    }
    groups
}
