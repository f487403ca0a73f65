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
pub mod open;
mod pages;
pub mod paper;
mod phrases;
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
use self::refusal::BallotRefusal;
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
}

impl Ballots {
    /// Starts the urn, the boards, and the look for rounds where everybody has voted; all end with the process.
    pub fn start(base: Base) -> Ballots {
        base.tasks.spawn(closer::watch(base.clone()));
        Ballots {
            urn: urn::Urn::open(base.clone()),
            live: live::Hub::start(base.clone()),
            codes: moka::future::Cache::new(10_000),
            base,
        }
    }

    /// The newest board of the meeting that `code` belongs to, from memory.
    pub async fn board(&self, code: &str) -> Result<Arc<Board>, BallotRefusal> {
        let id = match self.codes.get(code).await {
            Some(id) => id,
            None => {
                let meeting = address::of_code(&self.base, code).await?.ok_or(BallotRefusal::NoMeeting)?;
                self.codes.insert(code.to_string(), meeting.id).await;
                meeting.id
            }
        };
        let board = self.live.current(id).await;
        board.ok_or_else(|| BallotRefusal::RetryLater("no board of the votes in time".to_string()))
    }
}
