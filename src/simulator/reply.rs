//! Judges what a back end answered to a push, as strictly as WeChat does.

use serde_json::{Map, Value, json};

use super::inbox::{Article, Content};
use super::server::Account;
use crate::wechat::callback::Mode;
use crate::wechat::signature::sign;
use crate::wechat::xml::{Document, Node};

/// The longest text of a passive reply, in bytes.
const MAX_TEXT: usize = 2048;
/// Articles in answer to an event; a message is answered with one.
pub const MAX_ARTICLES: usize = 8;

/// A reply that the user will see.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The decrypted XML.
    pub xml: String,
    /// Its nodes by WeChat's names; articles as a list.
    pub nodes: Value,
    /// What the phone shows; `None` for a hand-over to human agents.
    pub content: Option<Content>,
}

/// What the reply is an answer to.
pub struct Asked<'a> {
    pub openid: &'a str,
    /// How many articles are allowed.
    pub articles: usize,
    /// Whether a media id is known, with the address of its file.
    pub media: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads an answer: `Ok(None)` is `success` or an empty body, an error is why the user sees a failure.
pub fn judge(
    account: &Account,
    asked: &Asked<'_>,
    status: u16,
    body: &[u8],
) -> Result<Option<Reply>, String> {
    if status != 200 {
        return Err(format!("the server answered with status {status}"));
    }
    let text = std::str::from_utf8(body).map_err(|_| "the answer is not UTF-8".to_string())?;
    if is_silence(text) {
        return Ok(None);
    }
    let outer = Document::parse(text).map_err(|error| format!("the answer {error}"))?;
    let xml = match (outer.get("Encrypt"), account.mode) {
        (Some(_), Mode::Plain) => return Err("an encrypted reply in plain mode".to_string()),
        (Some(encrypt), _) => open(account, &outer, encrypt)?,
        (None, Mode::Safe) => return Err("a plain reply in safe mode".to_string()),
        (None, _) => text.to_string(),
    };
    if is_silence(&xml) {
        // Some packages encrypt the word too.
        return Ok(None);
    }
    let document = Document::parse(&xml).map_err(|error| format!("the reply {error}"))?;
    let content = read(account, asked, &document)?;
    Ok(Some(Reply { nodes: tree(document.root()), content, xml: xml.clone() }))
}

/// Received, nothing to say.
fn is_silence(text: &str) -> bool {
    matches!(text.trim(), "" | "success")
}

fn open(account: &Account, outer: &Document<'_>, encrypt: &str) -> Result<String, String> {
    let need = |name| outer.get(name).ok_or_else(|| format!("the encrypted reply lacks {name}"));
    let (signature, time, nonce) = (need("MsgSignature")?, need("TimeStamp")?, need("Nonce")?);
    if !sign([account.token.as_str(), time, nonce, encrypt]).matches(signature) {
        return Err("the reply's MsgSignature does not match".to_string());
    }
    let key = account.key.as_ref().ok_or("the simulator has no EncodingAESKey")?;
    key.decrypt(encrypt, &account.app_id).map_err(|error| format!("the reply {error}"))
}

fn read(account: &Account, asked: &Asked<'_>, document: &Document<'_>) -> Result<Option<Content>, String> {
    let need = |name: &'static str| document.get(name).ok_or_else(|| format!("the reply lacks {name}"));
    if need("ToUserName")? != asked.openid {
        return Err("the reply's ToUserName is not the user's openid".to_string());
    }
    if need("FromUserName")? != account.original_id {
        return Err("the reply's FromUserName is not the account's original id".to_string());
    }
    if need("CreateTime")?.parse::<u64>().is_err() {
        return Err("the reply's CreateTime is not a number".to_string());
    }
    let media = |parent: &str| {
        let id = document.root().child(parent).and_then(|node| node.get("MediaId"));
        let id = id.ok_or_else(|| format!("the reply lacks {parent}/MediaId"))?;
        let url = (asked.media)(id).ok_or_else(|| format!("the media id {id} is unknown or expired"))?;
        Ok::<_, String>((id.to_string(), url))
    };
    let content = match need("MsgType")? {
        "text" => text(document)?,
        "image" => media("Image").map(|(media_id, url)| Content::Image { media_id, url })?,
        "voice" => media("Voice").map(|(media_id, _)| Content::Voice { media_id })?,
        "video" => {
            let (media_id, _) = media("Video")?;
            let (title, description) = titles(document.root().child("Video"));
            Content::Video { media_id, title, description }
        }
        "music" => {
            let music = document.root().child("Music").ok_or("the reply lacks Music")?;
            let (title, description) = titles(Some(music));
            Content::Music { title, description, url: music.get("MusicUrl").unwrap_or_default().to_string() }
        }
        "news" => news(document, asked.articles)?,
        "transfer_customer_service" => return Ok(None),
        other => return Err(format!("the reply's MsgType {other} is unknown")),
    };
    Ok(Some(content))
}

fn text(document: &Document<'_>) -> Result<Content, String> {
    let content = document.root().child("Content").map(|node| node.text()).unwrap_or_default();
    if content.trim().is_empty() {
        return Err("the reply's Content is empty".to_string());
    }
    if content.len() > MAX_TEXT {
        return Err(format!("the reply's Content has {} bytes, at most {MAX_TEXT}", content.len()));
    }
    Ok(Content::Text { content: content.to_string() })
}

fn news(document: &Document<'_>, allowed: usize) -> Result<Content, String> {
    let list = document.root().child("Articles").ok_or("the reply lacks Articles")?;
    let own = |node: Node<'_, '_>, name: &str| node.get(name).unwrap_or_default().to_string();
    let articles: Vec<Article> = list
        .children("item")
        .map(|item| Article {
            title: own(item, "Title"),
            description: own(item, "Description"),
            picture: own(item, "PicUrl"),
            url: own(item, "Url"),
        })
        .collect();
    let said = document.get("ArticleCount").and_then(|count| count.parse::<usize>().ok());
    if said != Some(articles.len()) {
        return Err("the reply's ArticleCount is not the number of its articles".to_string());
    }
    if !(1..=allowed).contains(&articles.len()) {
        return Err(format!("the reply has {} articles, here 1 to {allowed}", articles.len()));
    }
    Ok(Content::News { articles })
}

fn titles(node: Option<Node<'_, '_>>) -> (String, String) {
    let own = |name| node.and_then(|node| node.get(name)).unwrap_or_default().to_string();
    (own("Title"), own("Description"))
}

/// The nodes as JSON: `Articles` is a list, everything else with children an object.
fn tree(node: Node<'_, '_>) -> Value {
    let mut fields = Map::new();
    for child in node.all() {
        let value = match child.all().next() {
            None => json!(child.text()),
            Some(_) if child.name() == "Articles" => child.children("item").map(tree).collect(),
            Some(_) => tree(child),
        };
        fields.insert(child.name().to_string(), value);
    }
    Value::Object(fields)
}
