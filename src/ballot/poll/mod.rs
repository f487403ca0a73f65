//! Quick polls (小调查) and questions from the hall (提问), for trainings and the like. No vote: nobody is entitled,
//! nothing is decided, and no row, page or word is shared with formal rounds. A formal vote has the screen before them.
//!
//! Whoever signed in takes part from the meeting's page. An anonymous poll keeps that somebody answered and how often
//! each option was chosen, and nothing that ties the two.

pub mod answer;
mod api;
pub mod ask;
pub mod board;
pub mod compose;
mod desk;
mod ledger;
pub mod live;
pub mod lookup;
pub mod model;
pub mod moderate;
mod pages;
pub mod questions;
pub mod refusal;
pub mod retention;
mod screen;
mod stage;
pub mod verify;
mod words;

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use self::board::Board;
use self::refusal::PollRefusal;
use crate::base::Base;
use crate::meeting::attendance::address;

pub use api::routes as api_routes;
pub use desk::routes as desk_routes;
pub use pages::routes as page_routes;
pub use screen::routes as screen_routes;
pub use words::AUDIT;

/// What must stand wherever a poll does.
pub const NO_VOTE: &str = "小调查，不是表决，不产生决议";

/// Everything of this room that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Polls {
    pub base: Base,
    pub live: live::Hub,
    /// Answers on their way.
    queue: mpsc::Sender<answer::Waiting>,
    /// Whose question, or whose joining one, is written now.
    gate: Arc<Semaphore>,
    /// Meetings by code; neither ever changes.
    codes: moka::future::Cache<String, Uuid>,
}

impl Polls {
    /// Starts the boards and the queue of answers; they end with the process.
    pub fn start(base: Base) -> Polls {
        Polls {
            live: live::Hub::start(base.clone()),
            queue: answer::open(base.clone()),
            gate: Arc::new(Semaphore::new(1)),
            codes: moka::future::Cache::new(10_000),
            base,
        }
    }

    /// The newest board of the meeting that `code` belongs to, from memory.
    pub async fn board(&self, code: &str) -> Result<Arc<Board>, PollRefusal> {
        let id = match self.codes.get(code).await {
            Some(id) => id,
            None => {
                let meeting = address::of_code(&self.base, code).await?.ok_or(PollRefusal::NoMeeting)?;
                self.codes.insert(code.to_string(), meeting.id).await;
                meeting.id
            }
        };
        self.board_of(id).await
    }

    /// The newest board of a meeting, from memory.
    pub async fn board_of(&self, meeting: Uuid) -> Result<Arc<Board>, PollRefusal> {
        let board = self.live.current(meeting).await;
        board.ok_or_else(|| PollRefusal::RetryLater("no board of the polls in time".to_string()))
    }
}
