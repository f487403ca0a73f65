//! The urn: gathers presses that come together and counts them in one transaction per round.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::paper::Choice;
use super::press;
use super::refusal::BallotRefusal;
use crate::base::Base;
use crate::base::privacy::digest;

/// Somebody votes. What it holds of the choice is never shown.
#[derive(Clone, Debug)]
pub struct Press {
    pub round: Uuid,
    pub person: Uuid,
    /// Names this act; a repeat with the same id is the same act.
    pub op_id: String,
    pub choice: Choice,
}

/// What became of a press; it never says the choice, so that all answers look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Counted now.
    Ok,
    /// Took the place of an earlier press, where the last one counts.
    Replaced,
    /// Voted before; nothing moved.
    Already,
    /// The same act again; nothing moved.
    Replayed,
}

impl Outcome {
    /// The reason code that programs read.
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Replaced => "replaced",
            Outcome::Already => "already",
            Outcome::Replayed => "replayed",
        }
    }
}

/// The one way to vote. Cheap to clone.
#[derive(Clone)]
pub struct Urn {
    queue: mpsc::Sender<Waiting>,
}

/// A press and where its answer goes.
pub(super) struct Waiting {
    pub press: Press,
    pub answer: oneshot::Sender<Result<Outcome, BallotRefusal>>,
}

/// Presses that may wait; more hear `vote_later` at once.
const QUEUE: usize = 8192;
/// Presses that share a transaction at most: keeps the statements within the databases' parameter limits.
const BATCH: usize = 256;
/// How long a press waits for its answer. One that gave up may still be stored: its repeat is answered as one.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest operation id kept as it came, in bytes.
const OP_ID: usize = 80;

impl Urn {
    /// Opens the urn; it closes when the last handle is dropped.
    pub(super) fn open(base: Base) -> Urn {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(serve(base, waiting));
        Urn { queue }
    }

    /// Votes. The answer comes after the commit that makes it true.
    pub async fn press(&self, mut press: Press) -> Result<Outcome, BallotRefusal> {
        // Ids stand in one column with blanks between.
        if press.op_id.len() > OP_ID || press.op_id.contains(|c: char| c.is_control() || c.is_whitespace()) {
            press.op_id = digest(press.op_id.as_bytes());
        }
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { press, answer })
            .map_err(|_| BallotRefusal::RetryLater("the urn is full".to_string()))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(BallotRefusal::RetryLater("the urn closed".to_string())),
            Err(_) => Err(BallotRefusal::RetryLater("no answer in time".to_string())),
        }
    }
}

async fn serve(base: Base, mut waiting: mpsc::Receiver<Waiting>) {
    let mut arrived = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut arrived, BATCH).await > 0 {
        let groups = by_round(arrived.drain(..));
        join_all(groups.into_iter().map(|(round, group)| press::run(&base, round, group))).await;
    }
}

/// Groups by round, keeping the order of arrival.
fn by_round(arrived: impl Iterator<Item = Waiting>) -> Vec<(Uuid, Vec<Waiting>)> {
    let mut groups: Vec<(Uuid, Vec<Waiting>)> = Vec::new();
    for one in arrived {
        let round = one.press.round;
        match groups.iter_mut().find(|(id, _)| *id == round) {
            Some((_, group)) => group.push(one),
            None => groups.push((round, vec![one])),
        }
    }
    groups
}
