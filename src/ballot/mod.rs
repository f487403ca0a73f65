//! Feature: formal votes. Who may vote, how many must be there, what passes, who saw it, and a paper at the end.
//!
//! [`rules`] are data; [`verdict`] judges a count, pure. A round goes from draft to published, one file a verb, each
//! under the meeting's lock and its own. [`urn::Urn`] is the one way to vote. Of a secret round the database knows who
//! voted and how often each option was chosen, and nothing that ties the two.

pub mod acts;
pub mod again;
mod api;
pub mod board;
pub mod close;
pub mod closer;
pub mod confirm;
pub mod count;
mod desk;
pub mod digest;
mod election;
pub mod keeper;
pub mod live;
mod lookup;
pub mod manual;
pub mod mine;
pub mod model;
pub mod notice;
pub mod open;
mod pages;
pub mod paper;
mod phrases;
pub mod poll;
pub mod prepare;
mod press;
pub mod proof;
pub mod publish;
pub mod recuse;
pub mod refusal;
pub mod report;
pub mod result;
pub mod retention;
pub mod round;
pub mod rules;
pub mod scan;
mod screen;
pub mod share;
pub mod sheet;
pub mod template;
pub mod told;
pub mod urn;
pub mod verdict;
pub mod verify;
pub mod visit;
mod words;

use std::sync::Arc;

use uuid::Uuid;

use self::board::Board;
use self::model::State;
use self::refusal::BallotRefusal;
use self::visit::Asked;
use crate::base::Base;
use crate::meeting::attendance::address;
use crate::people::staff::Role;
use crate::web::NavEntry;

pub use api::routes as api_routes;
pub use desk::routes as desk_routes;
pub use pages::routes as page_routes;
pub use screen::routes as screen_routes;
pub use words::AUDIT;

/// This feature's part of the desk's navigation.
pub const NAVIGATION: [NavEntry; 1] = [NavEntry {
    part: "会议",
    key: "ballots",
    label: "表决规则",
    href: "/desk/ballots",
    least: Role::Viewer,
}];

/// Everything of this feature that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Ballots {
    pub base: Base,
    pub urn: urn::Urn,
    pub live: live::Hub,
    /// Meetings by code; neither ever changes.
    codes: moka::future::Cache<String, Uuid>,
    /// Rounds that were open when they were read: see [`Asked`].
    asked: moka::future::Cache<Uuid, Arc<Asked>>,
}

/// Meetings and rounds that a replica remembers at most: many times those of a day. Of a round that is some kilobytes.
const MEETINGS: u64 = 10_000;
const ROUNDS: u64 = 500;

impl Ballots {
    /// Starts the urn, the boards, and the look for rounds where everybody has voted; all end with the process.
    pub fn start(base: Base) -> Ballots {
        base.tasks.spawn(closer::watch(base.clone()));
        Ballots {
            urn: urn::Urn::open(base.clone()),
            live: live::Hub::start(base.clone()),
            codes: moka::future::Cache::new(MEETINGS),
            asked: moka::future::Cache::new(ROUNDS),
            base,
        }
    }

    /// The meeting that `code` belongs to.
    pub async fn meeting(&self, code: &str) -> Result<Uuid, BallotRefusal> {
        if let Some(id) = self.codes.get(code).await {
            return Ok(id);
        }
        let meeting = address::of_code(&self.base, code).await?.ok_or(BallotRefusal::NoMeeting)?;
        self.codes.insert(code.to_string(), meeting.id).await;
        Ok(meeting.id)
    }

    /// What a round of `meeting` puts to the vote, remembered from its opening on.
    pub async fn asked(&self, meeting: Uuid, round: Uuid) -> Result<Arc<Asked>, BallotRefusal> {
        if let Some(known) = self.asked.get(&round).await.filter(|known| known.round.meeting_id == meeting) {
            return Ok(known);
        }
        let asked = Arc::new(visit::asked(&self.base, meeting, round).await?);
        if asked.round.state() == State::Open {
            self.asked.insert(round, asked.clone()).await;
        }
        Ok(asked)
    }

    /// The newest board of the meeting that `code` belongs to, from memory.
    pub async fn board(&self, code: &str) -> Result<Arc<Board>, BallotRefusal> {
        let board = self.live.current(self.meeting(code).await?).await;
        board.ok_or_else(|| BallotRefusal::RetryLater("no board of the votes in time".to_string()))
    }
}
