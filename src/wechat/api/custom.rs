//! Customer-service messages: what may be said after the passive reply. Ask the ledger of
//! [`rights`](crate::wechat::rights) first.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use crate::wechat::reply::{Article, Music, Reply, fit_text};
use serde_json::{Value, json};

/// A message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomMessage {
    /// Cut at 2048 bytes.
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        thumb_media_id: String,
        title: String,
        description: String,
    },
    Music(Music),
    /// One article that leads to a page.
    News(Article),
    /// One article published by the account.
    Published {
        article_id: String,
    },
    /// A list to tap; the tap comes back as a text with the item's id.
    Menu {
        head: String,
        items: Vec<MenuItem>,
        tail: String,
    },
    Card {
        card_id: String,
    },
    MiniProgram {
        title: String,
        app_id: String,
        page_path: String,
        thumb_media_id: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    pub id: String,
    pub content: String,
}

impl CustomMessage {
    /// A passive reply that came too late, as a message; `None` when there is nothing to say this way.
    pub fn from_reply(reply: &Reply) -> Option<Self> {
        Some(match reply {
            Reply::Text(text) if !text.trim().is_empty() => Self::Text(text.clone()),
            Reply::Image { media_id } => Self::Image { media_id: media_id.clone() },
            Reply::Voice { media_id } => Self::Voice { media_id: media_id.clone() },
            Reply::Music(music) => Self::Music(music.clone()),
            Reply::News(items) => Self::News(items.first()?.clone()),
            // A video needs a thumbnail that replies do not have.
            Reply::Text(_) | Reply::Video { .. } | Reply::Success | Reply::TransferToStaff { .. } => {
                return None;
            }
        })
    }

    fn to_json(&self, to: &str) -> Value {
        let (kind, body) = match self {
            Self::Text(text) => ("text", json!({ "content": fit_text(text) })),
            Self::Image { media_id } => ("image", json!({ "media_id": media_id })),
            Self::Voice { media_id } => ("voice", json!({ "media_id": media_id })),
            Self::Video { media_id, thumb_media_id, title, description } => (
                "video",
                json!({ "media_id": media_id, "thumb_media_id": thumb_media_id, "title": title,
                        "description": description }),
            ),
            Self::Music(music) => (
                "music",
                json!({ "title": music.title, "description": music.description, "musicurl": music.url,
                        "hqmusicurl": music.hq_url, "thumb_media_id": music.thumb_media_id }),
            ),
            Self::News(item) => (
                "news",
                json!({ "articles": [{ "title": item.title, "description": item.description, "url": item.url,
                                       "picurl": item.picture_url }] }),
            ),
            Self::Published { article_id } => ("mpnewsarticle", json!({ "article_id": article_id })),
            Self::Menu { head, items, tail } => {
                let list: Vec<_> =
                    items.iter().map(|item| json!({ "id": item.id, "content": item.content })).collect();
                ("msgmenu", json!({ "head_content": head, "list": list, "tail_content": tail }))
            }
            Self::Card { card_id } => ("wxcard", json!({ "card_id": card_id })),
            Self::MiniProgram { title, app_id, page_path, thumb_media_id } => (
                "miniprogrampage",
                json!({ "title": title, "appid": app_id, "pagepath": page_path,
                        "thumb_media_id": thumb_media_id }),
            ),
        };
        json!({ "touser": to, "msgtype": kind, kind: body })
    }
}

impl Api {
    /// Sends a message. Never repeated by itself: the person would read it twice.
    pub async fn send_custom(&self, openid: &str, message: &CustomMessage) -> Result<(), ApiError> {
        let request = Request::post("/cgi-bin/message/custom/send", &message.to_json(openid))?;
        self.call::<Nothing>(request).await.map(|_| ())
    }

    /// Shows or hides "typing…". That it cannot be shown just now is no error.
    pub async fn set_typing(&self, openid: &str, typing: bool) -> Result<(), ApiError> {
        let command = if typing { "Typing" } else { "CancelTyping" };
        let body = json!({ "touser": openid, "command": command });
        self.call::<Nothing>(Request::post("/cgi-bin/message/custom/typing", &body)?).await.map(|_| ())
    }
}
