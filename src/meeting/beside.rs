//! What other features have to say on a meeting's phone pages: the server joins them, neither knows the other.

use async_trait::async_trait;
use uuid::Uuid;

/// One entry of a meeting's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// 正在表决.
    pub title: String,
    /// The question.
    pub text: String,
    /// Where it leads.
    pub link: String,
    /// Now: it stands above everything else.
    pub urgent: bool,
}

/// Another feature, asked whenever somebody opens a meeting's page; it answers from memory.
#[async_trait]
pub trait Neighbour: Send + Sync {
    /// `code` is the meeting's, as in `/m/{code}`.
    async fn beside(&self, meeting: Uuid, code: &str) -> Vec<Beside>;
}
