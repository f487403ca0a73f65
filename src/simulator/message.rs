//! Customer-service messages and the typing state.

use serde_json::Value;

use super::api::{Answer, Call, Endpoint, ok, owned, post, text};
use super::errcode::{Refusal, refuse};
use super::inbox::{Article, Content, MenuEntry, Source};
use super::people::Spend;

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/custom/send", Some(500_000), send),
    post("/cgi-bin/message/custom/typing", Some(500_000), typing),
];

/// The longest text, in bytes.
const MAX_TEXT: usize = 2048;
/// How recent the user's last sign of life must be for the typing state, in seconds.
const TYPING_WINDOW: i64 = 30;

fn send(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.literal_json()?;
    let openid = text(&asked, "touser").ok_or_else(|| refuse(40003))?.to_string();
    let content = content(call, &asked)?;
    let now = call.unix();
    let person = call.world.people.get_mut(&openid).ok_or_else(|| refuse(40003))?;
    if !person.follows() {
        return Err(refuse(45015));
    }
    match person.rights.spend(now) {
        Spend::Closed => Err(refuse(45015)),
        Spend::UsedUp => Err(refuse(45047)),
        Spend::Spent => {
            person.typing = false;
            person.inbox.add(now, Source::Service, content);
            ok()
        }
    }
}

fn content(call: &Call<'_>, asked: &Value) -> Result<Content, Refusal> {
    let kind = text(asked, "msgtype").ok_or_else(|| refuse(40008))?;
    let body = asked.get(kind).unwrap_or(&Value::Null);
    let media = |name: &str| {
        let id = text(body, name).ok_or_else(|| refuse(40007))?;
        let url = call.world.library.url(id, call.unix(), call.base).ok_or_else(|| refuse(40007))?;
        Ok::<_, Refusal>((id.to_string(), url))
    };
    Ok(match kind {
        "text" => {
            let content = text(body, "content").ok_or_else(|| refuse(44004))?;
            if content.len() > MAX_TEXT {
                return Err(refuse(45002));
            }
            Content::Text { content: content.to_string() }
        }
        "image" => media("media_id").map(|(media_id, url)| Content::Image { media_id, url })?,
        "voice" => media("media_id").map(|(media_id, _)| Content::Voice { media_id })?,
        "video" => {
            media("thumb_media_id")?;
            let (media_id, _) = media("media_id")?;
            Content::Video { media_id, title: owned(body, "title"), description: owned(body, "description") }
        }
        "music" => {
            media("thumb_media_id")?;
            Content::Music {
                title: owned(body, "title"),
                description: owned(body, "description"),
                url: owned(body, "musicurl"),
            }
        }
        "news" => news(body)?,
        "msgmenu" => menu(body)?,
        "miniprogrampage" => {
            media("thumb_media_id")?;
            Content::Other { message: asked.clone() }
        }
        "mpnewsarticle" if text(body, "article_id").is_some() => Content::Other { message: asked.clone() },
        "wxcard" if text(body, "card_id").is_some() => Content::Other { message: asked.clone() },
        "mpnewsarticle" | "wxcard" => return Err(refuse(40035)),
        _ => return Err(refuse(40008)),
    })
}

fn news(body: &Value) -> Result<Content, Refusal> {
    let article = |item: &Value| Article {
        title: owned(item, "title"),
        description: owned(item, "description"),
        picture: owned(item, "picurl"),
        url: owned(item, "url"),
    };
    match body.get("articles").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => Ok(Content::News { articles: vec![article(only)] }),
        Some([_, _, ..]) => Err(refuse(45008)),
        _ => Err(refuse(44004)),
    }
}

fn menu(body: &Value) -> Result<Content, Refusal> {
    let list = body.get("list").and_then(Value::as_array).filter(|list| !list.is_empty());
    let entry = |item: &Value| {
        let id = item.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_string));
        MenuEntry { id: id.unwrap_or_default(), content: owned(item, "content") }
    };
    Ok(Content::Menu {
        head: owned(body, "head_content"),
        list: list.ok_or_else(|| refuse(44004))?.iter().map(entry).collect(),
        tail: owned(body, "tail_content"),
    })
}

fn typing(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let openid = text(&asked, "touser").ok_or_else(|| refuse(40003))?;
    let now = call.unix();
    let person = call.world.people.get_mut(openid).ok_or_else(|| refuse(40003))?;
    match text(&asked, "command") {
        Some("Typing") if now - person.rights.active_at > TYPING_WINDOW => Err(refuse(45080)),
        Some("Typing") if person.typing => Err(refuse(45081)),
        Some("Typing") => {
            person.typing = true;
            ok()
        }
        Some("CancelTyping") => {
            person.typing = false;
            ok()
        }
        _ => Err(refuse(45072)),
    }
}
