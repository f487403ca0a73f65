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
    /// 去表决; entries need none.
    pub act: String,
    /// Where it leads.
    pub link: String,
    pub weight: Weight,
}

/// How much room an entry takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Now: it stands above everything else, in full colour.
    Urgent,
    /// Now, for whoever likes: below what is urgent.
    Offer,
    /// A line among others.
    Entry,
}

impl Beside {
    pub fn is_urgent(&self) -> bool {
        self.weight == Weight::Urgent
    }

    pub fn is_offer(&self) -> bool {
        self.weight == Weight::Offer
    }

    pub fn is_entry(&self) -> bool {
        self.weight == Weight::Entry
    }
}

/// Another feature, asked whenever somebody opens a meeting's page; it answers from memory.
#[async_trait]
pub trait Neighbour: Send + Sync {
    /// `code` is the meeting's, as in `/m/{code}`.
    async fn beside(&self, meeting: Uuid, code: &str) -> Vec<Beside>;
}
