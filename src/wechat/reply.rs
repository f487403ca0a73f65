//! Passive replies (section 8 of the platform's reference), rendered so that nothing a user wrote can break
//! out of its node.

use serde::{Deserialize, Serialize};

/// The most bytes of UTF-8 that a text may hold.
pub const MAX_TEXT_BYTES: usize = 2048;

/// An answer to a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Received, nothing to say.
    Success,
    /// `\n` and `<a href>` are the only markup; empty text is sent as [`Reply::Success`].
    Text(String),
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music(Music),
    /// The first one is sent in answer to a message, the first eight in answer to an event.
    News(Vec<Article>),
    /// Hands the chat to human agents, to one of them if named.
    TransferToStaff {
        account: Option<String>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Music {
    pub title: String,
    pub description: String,
    pub url: String,
    pub hq_url: String,
    pub thumb_media_id: String,
}

/// A picture 360×200 or 200×200 looks best.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub picture_url: String,
    pub url: String,
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Renders the XML from account `from` to user `to`; `None` means the bare word `success`.
    ///
    /// `now` is in seconds since 1970; `articles` is the most that the platform takes here
    /// (see [`Inbound::articles_allowed`](super::message::Inbound::articles_allowed)).
    /// What the platform would answer with an error in the user's chat (no text, no media id, no article)
    /// becomes `None` too.
    pub fn render(&self, to: &str, from: &str, now: i64, articles: usize) -> Option<String> {
        let mut xml = Xml(String::with_capacity(256 + self.size_hint()));
        xml.raw("<xml>");
        xml.node("ToUserName", to);
        xml.node("FromUserName", from);
        xml.raw("<CreateTime>");
        xml.raw(&now.to_string());
        xml.raw("</CreateTime>");
        match self {
            Reply::Success => return None,
            Reply::Text(text) => {
                let text = fit_text(text);
                if text.trim().is_empty() {
                    return None;
                }
                xml.node("MsgType", "text");
                xml.node("Content", &text);
            }
            Reply::Image { media_id } => xml.media("image", "Image", media_id, &[])?,
            Reply::Voice { media_id } => xml.media("voice", "Voice", media_id, &[])?,
            Reply::Video { media_id, title, description } => {
                xml.media("video", "Video", media_id, &[("Title", title), ("Description", description)])?;
            }
            Reply::Music(music) => xml.music(music)?,
            Reply::News(items) => xml.news(items.get(..articles.min(items.len())).unwrap_or_default())?,
            Reply::TransferToStaff { account } => {
                xml.node("MsgType", "transfer_customer_service");
                if let Some(account) = account {
                    xml.raw("<TransInfo>");
                    xml.node("KfAccount", account);
                    xml.raw("</TransInfo>");
                }
            }
        }
        xml.raw("</xml>");
        Some(xml.0)
    }

    fn size_hint(&self) -> usize {
        match self {
            Reply::Text(text) => text.len().min(MAX_TEXT_BYTES),
            Reply::News(items) => items.len() * 400,
            _ => 256,
        }
    }
}

/// Cuts a text to what the platform takes: at a character, marked with an ellipsis, never inside a link.
pub fn fit_text(text: &str) -> std::borrow::Cow<'_, str> {
    const ELLIPSIS: &str = "…";
    if text.len() <= MAX_TEXT_BYTES {
        return text.into();
    }
    let mut kept = &text[..text.floor_char_boundary(MAX_TEXT_BYTES - ELLIPSIS.len())];
    if let Some(link) = kept.rfind("<a ").filter(|&link| !kept[link..].contains("</a>")) {
        kept = &kept[..link];
    }
    format!("{kept}{ELLIPSIS}").into()
}

struct Xml(String);

impl Xml {
    fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn node(&mut self, name: &str, text: &str) {
        let xml = &mut self.0;
        for piece in ["<", name, "><![CDATA["] {
            xml.push_str(piece);
        }
        push_cdata(xml, text);
        for piece in ["]]></", name, ">"] {
            xml.push_str(piece);
        }
    }

    fn media(
        &mut self,
        message_type: &str,
        wrapper: &str,
        media_id: &str,
        more: &[(&str, &String)],
    ) -> Option<()> {
        if media_id.is_empty() {
            return None;
        }
        self.node("MsgType", message_type);
        self.raw(&format!("<{wrapper}>"));
        self.node("MediaId", media_id);
        for (name, text) in more.iter().filter(|(_, text)| !text.is_empty()) {
            self.node(name, text);
        }
        self.raw(&format!("</{wrapper}>"));
        Some(())
    }

    fn music(&mut self, music: &Music) -> Option<()> {
        if music.thumb_media_id.is_empty() {
            return None;
        }
        self.node("MsgType", "music");
        self.raw("<Music>");
        let nodes = [
            ("Title", &music.title),
            ("Description", &music.description),
            ("MusicUrl", &music.url),
            ("HQMusicUrl", &music.hq_url),
            ("ThumbMediaId", &music.thumb_media_id),
        ];
        for (name, text) in nodes.into_iter().filter(|(_, text)| !text.is_empty()) {
            self.node(name, text);
        }
        self.raw("</Music>");
        Some(())
    }

    fn news(&mut self, items: &[Article]) -> Option<()> {
        if items.is_empty() {
            return None;
        }
        self.node("MsgType", "news");
        self.raw(&format!("<ArticleCount>{}</ArticleCount><Articles>", items.len()));
        for item in items {
            self.raw("<item>");
            self.node("Title", &item.title);
            self.node("Description", &item.description);
            self.node("PicUrl", &item.picture_url);
            self.node("Url", &item.url);
            self.raw("</item>");
        }
        self.raw("</Articles>");
        Some(())
    }
}

/// Writes text inside a CDATA section: `]]>` is split over two sections, and characters that XML 1.0 cannot
/// hold are left out.
fn push_cdata(xml: &mut String, text: &str) {
    let forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let start = xml.len();
    for piece in text.split(forbidden) {
        xml.push_str(piece);
    }
    // After stripping, so that a control character between the brackets cannot hide the sequence.
    if xml[start..].contains("]]>") {
        let split = xml[start..].replace("]]>", "]]]]><![CDATA[>");
        xml.truncate(start);
        xml.push_str(&split);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::xml::Document;

    fn render(reply: &Reply) -> Option<String> {
        reply.render("oUser", "gh_city", 1_700_000_000, 8)
    }

    fn content(text: &str) -> String {
        let xml = render(&Reply::text(text)).expect("a body");
        Document::parse(&xml).expect("parses").get("Content").expect("content").to_owned()
    }

    #[test]
    fn a_text_reply_is_what_the_platform_documents() {
        assert_eq!(
            render(&Reply::text("你好")).as_deref(),
            Some(
                "<xml><ToUserName><![CDATA[oUser]]></ToUserName><FromUserName><![CDATA[gh_city]]></FromUserName>\
                 <CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>\
                 <Content><![CDATA[你好]]></Content></xml>"
            )
        );
    }

    #[test]
    fn what_the_platform_would_refuse_becomes_success() {
        let empty = [
            Reply::Success,
            Reply::text(""),
            Reply::text(" \n"),
            Reply::Image { media_id: String::new() },
            Reply::Music(Music::default()),
            Reply::News(vec![]),
        ];
        for reply in empty {
            assert_eq!(render(&reply), None, "{reply:?}");
        }
    }

    #[test]
    fn text_cannot_break_out_of_its_node() {
        for text in
            ["]]>", "a]]>b]]>c", "]]]]>>", "]\u{1}]>", "]]></Content><MsgType>image</MsgType>", "<&>'\"😀"]
        {
            assert_eq!(content(text), text.replace('\u{1}', ""), "{text}");
        }
    }

    #[test]
    fn control_characters_are_left_out_but_line_breaks_stay() {
        assert_eq!(content("a\u{0}\u{8}b\tc\nd\u{1b}\u{ffff}e"), "ab\tc\nde");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let exact = "a".repeat(MAX_TEXT_BYTES);
        assert_eq!(content(&exact), exact);
        let cut = content(&"议".repeat(1000));
        assert!(cut.len() <= MAX_TEXT_BYTES && cut.len() > MAX_TEXT_BYTES - 6, "{}", cut.len());
        assert!(cut.ends_with("议…"));
    }

    #[test]
    fn long_text_is_never_cut_inside_a_link() {
        let link = "<a href=\"https://a.cn/m/1\">打开</a>";
        let cut = content(&format!("{}{link}{link}", "a".repeat(MAX_TEXT_BYTES - 60)));
        assert!(cut.ends_with(&format!("{link}…")), "{cut}");
    }

    #[test]
    fn media_replies_hold_their_nodes() {
        let image = render(&Reply::Image { media_id: "m".into() }).expect("a body");
        assert!(
            image.contains(
                "<MsgType><![CDATA[image]]></MsgType><Image><MediaId><![CDATA[m]]></MediaId></Image>"
            )
        );
        let voice = render(&Reply::Voice { media_id: "m".into() }).expect("a body");
        assert!(voice.contains("<Voice><MediaId><![CDATA[m]]></MediaId></Voice>"));
        let video = Reply::Video { media_id: "m".into(), title: "t".into(), description: String::new() };
        let video = render(&video).expect("a body");
        assert!(
            video.contains("<Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[t]]></Title></Video>")
        );
        let music = Music { thumb_media_id: "t".into(), hq_url: "http://h".into(), ..Music::default() };
        let music = render(&Reply::Music(music)).expect("a body");
        assert!(music.contains("<Music><HQMusicUrl><![CDATA[http://h]]></HQMusicUrl><ThumbMediaId>"));
    }

    #[test]
    fn articles_are_limited_to_what_the_push_allows() {
        let items: Vec<_> =
            (0..10).map(|n| Article { title: format!("第{n}条"), ..Article::default() }).collect();
        let reply = Reply::News(items);
        for (allowed, count) in [(1, "1"), (8, "8")] {
            let xml = reply.render("u", "g", 0, allowed).expect("a body");
            let document = Document::parse(&xml).expect("parses");
            assert_eq!(document.get("ArticleCount"), Some(count));
            let articles = document.root().child("Articles").expect("articles");
            assert_eq!(articles.children("item").count(), allowed);
            assert_eq!(articles.child("item").and_then(|item| item.get("Title")), Some("第0条"));
        }
    }

    #[test]
    fn a_chat_is_handed_to_staff_or_to_one_agent() {
        let anyone = render(&Reply::TransferToStaff { account: None }).expect("a body");
        assert!(anyone.contains("transfer_customer_service") && !anyone.contains("TransInfo"));
        let one = render(&Reply::TransferToStaff { account: Some("a@b".into()) }).expect("a body");
        assert!(one.contains("<TransInfo><KfAccount><![CDATA[a@b]]></KfAccount></TransInfo>"));
    }
}
