//! The door: gathers attempts that arrive together and runs them as one transaction per meeting.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{Attempt, CheckIn, Refusal, batch};
use crate::base::Base;
use crate::base::privacy::digest;

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
/// How long an attempt waits for its answer. One that gave up may still be stored: its repeat is answered as one.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest operation id kept as it came, in bytes.
const OP_ID: usize = 80;
/// The longest reason kept, in characters.
const REASON: usize = 200;

impl Door {
    /// Opens the door; it closes when the last handle is dropped: whoever waits for an answer holds one, so the
    /// door outlives every request and background task that needs it.
    pub fn open(base: Base) -> Door {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(serve(base, waiting));
        Door { queue }
    }

    /// Checks somebody in. The answer comes after the commit that makes it true.
    pub async fn check_in(&self, attempt: Attempt) -> Result<CheckIn, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { attempt: tidy(attempt), answer })
            .map_err(|_| Refusal::RetryLater("the door is full".to_string()))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Refusal::RetryLater("the door closed".to_string())),
            Err(_) => Err(Refusal::RetryLater("no answer in time".to_string())),
        }
    }
}

/// Attempts share a transaction, so none may carry what a database refuses.
fn tidy(mut attempt: Attempt) -> Attempt {
    if attempt.op_id.len() > OP_ID || attempt.op_id.contains(char::is_control) {
        attempt.op_id = digest(attempt.op_id.as_bytes());
    }
    let visible = |text: String| text.chars().filter(|letter| !letter.is_control()).take(REASON).collect();
    attempt.reason = attempt.reason.map(visible);
    attempt
}

async fn serve(base: Base, mut waiting: mpsc::Receiver<Waiting>) {
    let mut arrived = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut arrived, BATCH).await > 0 {
        let groups = by_meeting(arrived.drain(..));
        join_all(groups.into_iter().map(|(meeting, group)| batch::run(&base, meeting, group))).await;
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
