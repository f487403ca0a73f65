//! Joins the meeting's phone pages to votes, so that a vote stands on them: neither feature knows the other.

use async_trait::async_trait;
use uuid::Uuid;

use crate::ballot::Ballots;
use crate::meeting::beside::{Beside, Neighbour, Weight};

pub struct VotesBeside(pub Ballots);

#[async_trait]
impl Neighbour for VotesBeside {
    async fn beside(&self, meeting: Uuid, code: &str) -> Vec<Beside> {
        let Some(board) = self.0.live.current(meeting).await else {
            tracing::warn!(%meeting, "the votes of a meeting are not on its page");
            return Vec::new();
        };
        let open = board.open.as_ref().map(|round| Beside {
            title: "正在表决".to_string(),
            text: round.question.clone(),
            act: "去表决".to_string(),
            link: format!("/m/{code}/ballots/{}", round.id),
            weight: Weight::Urgent,
        });
        let list = board.has_begun().then(|| Beside {
            title: "本次会议的表决".to_string(),
            text: String::new(),
            act: String::new(),
            link: format!("/m/{code}/ballots"),
            weight: Weight::Entry,
        });
        open.into_iter().chain(list).collect()
    }
}
