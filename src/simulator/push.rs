//! What users do, as the platform pushes it: XML, signed and encrypted by mode.

use url::Url;

use super::reply::MAX_ARTICLES;
use super::server::Account;
use super::xml::{self, Node, Nodes, children, number, text};
use crate::base::privacy::random_bytes;
use crate::wechat::callback::Mode;
use crate::wechat::signature::sign;

/// A message or an event on its way to the back end.
#[derive(Debug, Clone)]
pub struct Push {
    pub openid: String,
    /// `text`, `SCAN` …, for the list of recent pushes.
    pub what: String,
    /// Unix seconds.
    created_at: i64,
    nodes: Nodes,
    /// Whether the user waits for an answer and sees a failure.
    pub awaited: bool,
    /// How many articles a reply to it may hold.
    pub articles: usize,
}

impl Push {
    /// A message: `MsgType` and its nodes, with a new `MsgId`.
    pub fn message(openid: &str, kind: &str, mut nodes: Nodes, id: i64, now: i64) -> Push {
        nodes.insert(0, text("MsgType", kind));
        nodes.push(number("MsgId", id));
        Push {
            openid: openid.to_string(),
            what: kind.to_string(),
            created_at: now,
            nodes,
            awaited: true,
            articles: 1,
        }
    }

    /// An event that the user waits for: a follow, a scan, a click.
    pub fn event(openid: &str, name: &str, mut nodes: Nodes, now: i64) -> Push {
        nodes.insert(0, text("Event", name));
        nodes.insert(0, text("MsgType", "event"));
        Push {
            openid: openid.to_string(),
            what: name.to_string(),
            created_at: now,
            nodes,
            awaited: true,
            articles: MAX_ARTICLES,
        }
    }

    /// An event that happens without the user waiting: a job's end, a view, an unfollow.
    pub fn silent(openid: &str, name: &str, nodes: Nodes, now: i64) -> Push {
        Push { awaited: false, ..Push::event(openid, name, nodes, now) }
    }

    /// `TEMPLATESENDJOBFINISH`.
    pub fn template_done(openid: &str, id: i64, status: &str, now: i64) -> Push {
        let nodes = vec![number("MsgID", id), text("Status", status)];
        Push::silent(openid, "TEMPLATESENDJOBFINISH", nodes, now)
    }

    /// One of the `subscribe_msg_…` events; its `List` nodes are siblings.
    pub fn subscribe(openid: &str, event: &str, parent: &str, lists: Vec<Nodes>, now: i64) -> Push {
        let lists = lists.into_iter().map(|nodes| children("List", nodes)).collect();
        Push::silent(openid, event, vec![(parent.to_string(), Node::Children(lists))], now)
    }

    fn plain(&self, account: &Account) -> Nodes {
        let mut nodes = vec![
            text("ToUserName", account.original_id.as_str()),
            text("FromUserName", self.openid.as_str()),
            number("CreateTime", self.created_at),
        ];
        nodes.extend(self.nodes.iter().cloned());
        nodes
    }

    /// Address and body of one delivery, signed at `now` with `nonce`.
    pub fn seal(&self, account: &Account, callback: &Url, nonce: &str, now: i64) -> (Url, String) {
        let plain = self.plain(account);
        let time = now.to_string();
        let token = account.token.as_str();
        let mut url = callback.clone();
        url.query_pairs_mut()
            .append_pair("signature", sign([token, time.as_str(), nonce]).as_str())
            .append_pair("timestamp", &time)
            .append_pair("nonce", nonce)
            .append_pair("openid", &self.openid);
        let key = match (&account.key, account.mode) {
            (Some(key), Mode::Compatible | Mode::Safe) => key,
            _ => return (url, xml::document(&plain)),
        };
        let encrypt = key.encrypt(random_bytes(), xml::document(&plain).as_bytes(), &account.app_id);
        let signature = sign([token, time.as_str(), nonce, encrypt.as_str()]);
        url.query_pairs_mut()
            .append_pair("encrypt_type", "aes")
            .append_pair("msg_signature", signature.as_str());
        let mut body = match account.mode {
            Mode::Compatible => plain,
            _ => vec![text("ToUserName", account.original_id.as_str())],
        };
        body.push(text("Encrypt", encrypt));
        (url, xml::document(&body))
    }
}
