//! What the platform pushes, as typed values. Anything unknown is kept raw and is no error.

use super::event::Event;
use super::xml::{Document, XmlError};
use sha2::{Digest, Sha256};

/// One push: a message of a user or an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Our own original id (`gh_…`).
    pub to: String,
    /// The user's openid; for some events a system id of the platform.
    pub from: String,
    /// Seconds since 1970, by the platform's clock.
    pub created_at: i64,
    pub kind: Kind,
}

/// A message is typed by the user; an event is everything else.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Message {
        /// `MsgId`, a 64-bit number kept as text; empty when the platform left it out.
        id: String,
        /// The article from which the user wrote, if any.
        article: Option<Article>,
        body: Message,
    },
    Event(Event),
}

/// `MsgDataId` and `Idx`: which published article a message was sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    pub data_id: String,
    pub index: String,
}

/// Section 5 of the platform's reference, by `MsgType`.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// `menu_id` is set when the user tapped an entry of a `msgmenu`.
    Text {
        content: String,
        menu_id: Option<String>,
    },
    Image {
        picture_url: String,
        media_id: String,
    },
    /// `recognition` is the platform's own transcript, which it rarely sends any more.
    Voice {
        media_id: String,
        format: String,
        media_id_16k: Option<String>,
        recognition: Option<String>,
    },
    Video {
        media_id: String,
        thumb_media_id: String,
    },
    ShortVideo {
        media_id: String,
        thumb_media_id: String,
    },
    /// A place that the user picked and sent; degrees (GCJ-02).
    Location {
        latitude: f64,
        longitude: f64,
        scale: i64,
        label: String,
    },
    Link {
        title: String,
        description: String,
        url: String,
    },
    /// Another type, or one that lacks its nodes.
    Unknown {
        message_type: String,
        xml: String,
    },
}

impl Inbound {
    /// Parses a plain body. Fails on what no push looks like, never on an unknown type.
    pub fn parse(body: &str) -> Result<Self, XmlError> {
        Self::from_document(&Document::parse(body)?)
    }

    pub(super) fn from_document(document: &Document<'_>) -> Result<Self, XmlError> {
        let created_at = document.require("CreateTime")?.parse();
        let message_type = document.require("MsgType")?;
        let kind = if message_type == "event" {
            Kind::Event(Event::read(document)?)
        } else {
            Kind::Message {
                id: text(document, "MsgId"),
                article: article(document),
                body: message(message_type, document).unwrap_or_else(|| Message::Unknown {
                    message_type: message_type.to_owned(),
                    xml: document.source().to_owned(),
                }),
            }
        };
        Ok(Self {
            to: document.require("ToUserName")?.to_owned(),
            from: document.require("FromUserName")?.to_owned(),
            created_at: created_at.map_err(|_| XmlError::Missing("CreateTime"))?,
            kind,
        })
    }

    /// The text of a text message.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Message { body: Message::Text { content, .. }, .. } => Some(content),
            _ => None,
        }
    }

    /// The event, if it is one.
    pub fn event(&self) -> Option<&Event> {
        match &self.kind {
            Kind::Event(event) => Some(event),
            Kind::Message { .. } => None,
        }
    }

    /// The same for every delivery of one push and different for any other, 32 hexadecimal digits.
    ///
    /// `MsgId` alone has collided across users and one user's events of the same second are distinct, so the
    /// key is made of account, user and `MsgId`, or of account, user, time, event and what the event is about.
    /// Hashed, so that no openid lies in the cache.
    pub fn repeat_key(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u32).to_be_bytes());
            hash.update(bytes);
        };
        part(self.to.as_bytes());
        part(self.from.as_bytes());
        match &self.kind {
            Kind::Message { id, .. } if !id.is_empty() => part(id.as_bytes()),
            Kind::Message { body, .. } => {
                part(&self.created_at.to_be_bytes());
                part(format!("{body:?}").as_bytes());
            }
            Kind::Event(event) => {
                part(&self.created_at.to_be_bytes());
                part(event.name().as_bytes());
                event.subject(&mut part);
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        hex::encode(&digest[..16])
    }

    /// How many articles a passive reply to this push may hold: one after a message, eight after an event.
    pub fn articles_allowed(&self) -> usize {
        match self.kind {
            Kind::Message { .. } => 1,
            Kind::Event(_) => 8,
        }
    }
}

fn text(document: &Document<'_>, name: &str) -> String {
    document.get(name).unwrap_or_default().to_owned()
}

fn article(document: &Document<'_>) -> Option<Article> {
    Some(Article { data_id: document.get("MsgDataId")?.to_owned(), index: text(document, "Idx") })
}

fn message(message_type: &str, document: &Document<'_>) -> Option<Message> {
    let need = |name| document.get(name).map(str::to_owned);
    let optional = |name| text(document, name);
    Some(match message_type {
        "text" => Message::Text { content: optional("Content"), menu_id: need("bizmsgmenuid") },
        "image" => Message::Image { picture_url: optional("PicUrl"), media_id: need("MediaId")? },
        "voice" => Message::Voice {
            media_id: need("MediaId")?,
            format: optional("Format"),
            media_id_16k: need("MediaId16K"),
            recognition: need("Recognition"),
        },
        "video" => Message::Video { media_id: need("MediaId")?, thumb_media_id: optional("ThumbMediaId") },
        "shortvideo" => {
            Message::ShortVideo { media_id: need("MediaId")?, thumb_media_id: optional("ThumbMediaId") }
        }
        "location" => Message::Location {
            latitude: document.get("Location_X")?.parse().ok()?,
            longitude: document.get("Location_Y")?.parse().ok()?,
            scale: document.get("Scale").and_then(|scale| scale.parse().ok()).unwrap_or(0),
            label: optional("Label"),
        },
        "link" => Message::Link {
            title: optional("Title"),
            description: optional("Description"),
            url: need("Url")?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(message_type: &str, nodes: &str) -> Inbound {
        let body = format!(
            "<xml><ToUserName><![CDATA[gh_city]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>\
             <CreateTime>1348831860</CreateTime><MsgType><![CDATA[{message_type}]]></MsgType>{nodes}</xml>"
        );
        Inbound::parse(&body).expect("parses")
    }

    fn body(message_type: &str, nodes: &str) -> Message {
        match push(message_type, nodes).kind {
            Kind::Message { body, .. } => body,
            Kind::Event(event) => panic!("an event: {event:?}"),
        }
    }

    #[test]
    fn a_text_is_read_with_its_ids_and_its_article() {
        let nodes = "<Content><![CDATA[我要签到😀]]></Content><MsgId>1234567890123456</MsgId>\
                     <MsgDataId>xxxx</MsgDataId><Idx>1</Idx><bizmsgmenuid>101</bizmsgmenuid>";
        assert_eq!(
            push("text", nodes),
            Inbound {
                to: "gh_city".into(),
                from: "oUser".into(),
                created_at: 1348831860,
                kind: Kind::Message {
                    id: "1234567890123456".into(),
                    article: Some(Article { data_id: "xxxx".into(), index: "1".into() }),
                    body: Message::Text { content: "我要签到😀".into(), menu_id: Some("101".into()) },
                },
            }
        );
        assert_eq!(push("text", nodes).text(), Some("我要签到😀"));
    }

    #[test]
    fn every_other_message_type_is_read() {
        assert_eq!(
            body("image", "<PicUrl>http://p/1</PicUrl><MediaId>m1</MediaId><MsgId>1</MsgId>"),
            Message::Image { picture_url: "http://p/1".into(), media_id: "m1".into() }
        );
        assert_eq!(
            body("voice", "<MediaId>m2</MediaId><Format>amr</Format><MediaId16K>m3</MediaId16K>"),
            Message::Voice {
                media_id: "m2".into(),
                format: "amr".into(),
                media_id_16k: Some("m3".into()),
                recognition: None
            }
        );
        assert_eq!(
            body("video", "<MediaId>m4</MediaId><ThumbMediaId>t4</ThumbMediaId>"),
            Message::Video { media_id: "m4".into(), thumb_media_id: "t4".into() }
        );
        assert_eq!(
            body("shortvideo", "<MediaId>m5</MediaId><ThumbMediaId>t5</ThumbMediaId>"),
            Message::ShortVideo { media_id: "m5".into(), thumb_media_id: "t5".into() }
        );
        assert_eq!(
            body(
                "location",
                "<Location_X>23.134</Location_X><Location_Y>113.358</Location_Y><Scale>20</Scale><Label>位置</Label>"
            ),
            Message::Location { latitude: 23.134, longitude: 113.358, scale: 20, label: "位置".into() }
        );
        assert_eq!(
            body(
                "link",
                "<Title>公告</Title><Description>说明</Description><Url>https://a.cn/?a=1&amp;b=2</Url>"
            ),
            Message::Link {
                title: "公告".into(),
                description: "说明".into(),
                url: "https://a.cn/?a=1&b=2".into()
            }
        );
    }

    #[test]
    fn unknown_and_incomplete_messages_are_kept_raw() {
        for (message_type, nodes) in
            [("file", "<Title>a</Title>"), ("image", ""), ("location", "<Location_X>here</Location_X>")]
        {
            let Message::Unknown { message_type: kept, xml } = body(message_type, nodes) else {
                panic!("{message_type} was taken for known")
            };
            assert_eq!(kept, message_type);
            assert!(xml.contains(nodes), "{xml}");
        }
    }

    #[test]
    fn a_push_without_its_common_nodes_is_refused() {
        let parse = |body: &str| Inbound::parse(body).expect_err("refused");
        let full = "<ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime>";
        assert_eq!(parse("<xml></xml>"), XmlError::Missing("CreateTime"));
        assert_eq!(parse(&format!("<xml>{full}</xml>")), XmlError::Missing("MsgType"));
        let late = full.replace("<CreateTime>1<", "<CreateTime>soon<");
        assert_eq!(
            parse(&format!("<xml>{late}<MsgType>text</MsgType></xml>")),
            XmlError::Missing("CreateTime")
        );
        assert_eq!(
            parse("<xml><CreateTime>1</CreateTime><MsgType>text</MsgType><ToUserName>a</ToUserName></xml>"),
            XmlError::Missing("FromUserName")
        );
    }

    #[test]
    fn an_empty_message_id_is_no_error() {
        let inbound = push("text", "<Content>a</Content><MsgId></MsgId>");
        assert!(matches!(&inbound.kind, Kind::Message { id, .. } if id.is_empty()));
        assert_ne!(
            inbound.repeat_key(),
            push("text", "<Content>b</Content><MsgId></MsgId>").repeat_key(),
            "then the content tells messages apart"
        );
    }

    #[test]
    fn a_repeated_delivery_has_the_same_key_and_another_message_another() {
        let first = push("text", "<Content>a</Content><MsgId>1</MsgId>");
        let mut later = push("text", "<MsgId>1</MsgId><Content>a</Content>");
        later.created_at += 5;
        assert_eq!(first.repeat_key(), later.repeat_key());
        assert_eq!(first.repeat_key().len(), 32);
        assert_ne!(first.repeat_key(), push("text", "<Content>a</Content><MsgId>2</MsgId>").repeat_key());
        let mut someone_else = first.clone();
        someone_else.from = "oOther".into();
        assert_ne!(first.repeat_key(), someone_else.repeat_key());
    }

    #[test]
    fn events_of_one_second_are_told_apart_by_what_they_are_about() {
        let event = |nodes: &str| push("event", nodes).repeat_key();
        let click = "<Event>CLICK</Event><EventKey>a</EventKey>";
        assert_eq!(event(click), event("<EventKey>a</EventKey><Event>CLICK</Event>"));
        let others = [
            "<Event>CLICK</Event><EventKey>b</EventKey>",
            "<Event>VIEW</Event><EventKey>a</EventKey>",
            "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID><Status>success</Status>",
            "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>2</MsgID><Status>success</Status>",
            "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>1</MsgID></List></SubscribeMsgSentEvent>",
            "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>2</MsgID></List></SubscribeMsgSentEvent>",
            "<Event>new_thing</Event><EventKey>a</EventKey>",
            "<Event>new_thing</Event><EventKey>b</EventKey>",
        ];
        let mut keys: Vec<_> = others.iter().map(|nodes| event(nodes)).collect();
        keys.push(event(click));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), others.len() + 1);
    }
}
