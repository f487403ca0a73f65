//! Joins the meeting's phone pages to quick polls: neither feature knows the other.

use async_trait::async_trait;
use uuid::Uuid;

use crate::ballot::poll::Polls;
use crate::meeting::beside::{Beside, Neighbour, Weight};

pub struct PollsBeside(pub Polls);

/// Open polls that stand on a meeting's page by themselves; the list has all.
const OFFERED: usize = 3;

#[async_trait]
impl Neighbour for PollsBeside {
    async fn beside(&self, meeting: Uuid, code: &str) -> Vec<Beside> {
        let Ok(board) = self.0.board_of(meeting).await else {
            tracing::warn!(%meeting, "the polls of a meeting are not on its page");
            return Vec::new();
        };
        let open = board.open().take(OFFERED).map(|poll| Beside {
            title: "小调查".to_string(),
            text: poll.question.clone(),
            act: "去参加".to_string(),
            link: format!("/m/{code}/polls/{}", poll.id),
            weight: Weight::Offer,
        });
        let list = board.has_begun().then(|| Beside {
            title: "小调查".to_string(),
            text: String::new(),
            act: String::new(),
            link: format!("/m/{code}/polls"),
            weight: Weight::Entry,
        });
        let ask = (board.asking || board.asked).then(|| Beside {
            title: "提问".to_string(),
            text: String::new(),
            act: String::new(),
            link: format!("/m/{code}/questions"),
            weight: Weight::Entry,
        });
        open.chain(list).chain(ask).collect()
    }
}
