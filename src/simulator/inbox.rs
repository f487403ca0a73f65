//! What one phone shows in the account's chat.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// Older items than this many are forgotten.
const KEPT: usize = 200;

/// The chat of one person, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Inbox {
    items: VecDeque<Item>,
    last_id: u64,
}

/// One bubble, card or line.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// 1, 2, 3 … within this phone.
    pub id: u64,
    /// Unix seconds.
    pub at: i64,
    pub source: Source,
    #[serde(flatten)]
    pub content: Content,
}

/// Whose words these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// What the user sent.
    User,
    /// A passive reply.
    Reply,
    /// A customer-service message.
    Service,
    /// A template message or subscribe notice.
    Notice,
    /// WeChat itself: 该公众号提供的服务出现故障 and the like.
    System,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    Text {
        content: String,
    },
    Image {
        media_id: String,
        url: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
    },
    News {
        articles: Vec<Article>,
    },
    Menu {
        head: String,
        list: Vec<MenuEntry>,
        tail: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Notice {
        template_id: String,
        title: String,
        url: String,
        fields: Vec<Field>,
    },
    /// A kind that the phones do not draw; kept as it was sent.
    Other {
        message: Value,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub picture: String,
    pub url: String,
}

/// An entry of a `msgmenu`; tapping it sends `content` with `id` as `bizmsgmenuid`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MenuEntry {
    pub id: String,
    pub content: String,
}

/// A line of a notice: `thing1`, 会议名称, 全市培训会.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    pub key: String,
    pub label: String,
    pub value: String,
}

impl Inbox {
    pub fn add(&mut self, at: i64, source: Source, content: Content) {
        if self.items.len() == KEPT {
            self.items.pop_front();
        }
        self.last_id += 1;
        self.items.push_back(Item { id: self.last_id, at, source, content });
    }

    /// The newest item's id; 0 when nothing ever came.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Items newer than `after`; without the user's own ones unless `own`.
    pub fn items(&self, after: u64, own: bool) -> Vec<&Item> {
        let wanted = |item: &&Item| item.id > after && (own || item.source != Source::User);
        self.items.iter().filter(wanted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_forgets_its_oldest_items_and_keeps_counting() {
        let mut inbox = Inbox::default();
        for n in 0..KEPT + 5 {
            inbox.add(0, Source::Reply, Content::Text { content: n.to_string() });
        }
        inbox.add(0, Source::User, Content::Text { content: "我".to_string() });
        let items = inbox.items(0, false);
        assert_eq!(items.len(), KEPT - 1);
        assert_eq!(items[0].id, 7);
        assert_eq!(inbox.items(KEPT as u64 + 5, true).len(), 1);
    }
}
