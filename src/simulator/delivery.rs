//! Delivers pushes: five seconds each, three tries in all when nothing comes, and what the user sees in the end.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::RngExt;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::faults::Loss;
use super::ids;
use super::inbox::{Content, Source};
use super::push::Push;
use super::reply::{self, Asked, Reply};
use super::server::Simulator;
use crate::wechat::signature::sign;

/// Deliveries of one push in all while no answer comes. The platform's words are "retried three times in total"; what
/// back ends see is three deliveries within fifteen seconds. (A back end does well to bear a fourth.)
const TRIES: usize = 3;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// What the user sees when nothing valid came.
pub const FAILURE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// What became of a push.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub deliveries: Vec<Delivery>,
    /// The accepted reply by WeChat's names: `MsgType`, `Content` …; `null` when there was none.
    pub reply: Option<Value>,
    /// The same as decrypted XML.
    pub xml: Option<String>,
    /// What the user reads: the reply's text or title, or that the service failed.
    pub shown: Option<String>,
    /// Why the user sees a failure.
    pub problem: Option<String>,
}

/// One request to the back end.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// The HTTP status; `null` when no answer came.
    pub status: Option<u16>,
    pub ms: u64,
    pub error: Option<String>,
    /// The reply in it, by WeChat's names.
    pub reply: Option<Value>,
}

struct Answered {
    delivery: Delivery,
    /// `None` when nothing came and the platform repeats.
    judged: Option<Result<Option<Reply>, String>>,
}

impl Simulator {
    /// Delivers a push, with the repeats that are due, and shows the user what came of it.
    pub(super) async fn deliver(&self, push: Push) -> Outcome {
        let mut outcome = Outcome::default();
        match self.account().callback() {
            Some(callback) => self.deliver_to(&callback, &push, &mut outcome).await,
            None => outcome.problem = Some("no callback address is set".to_string()),
        }
        self.show(&push, &mut outcome);
        outcome
    }

    /// Delivers pushes that nobody waits for, after the call that caused them was answered.
    pub(super) fn push_later(&self, pushes: Vec<Push>) {
        for push in pushes {
            let simulator = self.clone();
            tokio::spawn(async move {
                // Thousands of notices finish at once; their events go out some at a time.
                let Ok(_permit) = simulator.background().acquire().await else { return };
                simulator.deliver(push).await;
            });
        }
    }

    async fn deliver_to(&self, callback: &Url, push: &Push, outcome: &mut Outcome) {
        let (copies, at_once) = self.world().faults.repeats();
        let mut result = None;
        for _ in 0..TRIES {
            let together = if at_once { copies as usize + 1 } else { 1 };
            for answered in join_all((0..together).map(|_| self.send(callback, push))).await {
                outcome.deliveries.push(answered.delivery);
                result = result.or(answered.judged);
            }
            if result.is_some() {
                break;
            }
        }
        if result.is_some() && !at_once {
            for _ in 0..copies {
                outcome.deliveries.push(self.send(callback, push).await.delivery);
            }
        }
        match result {
            Some(Ok(Some(reply))) => {
                outcome.shown = reply.content.as_ref().and_then(headline);
                outcome.reply = Some(reply.nodes);
                outcome.xml = Some(reply.xml);
                if let (Some(content), Some(person)) =
                    (reply.content, self.world().people.get_mut(&push.openid))
                {
                    person.inbox.add(self.clock().unix(), Source::Reply, content);
                }
            }
            Some(Ok(None)) => {}
            Some(Err(problem)) => outcome.problem = Some(problem),
            None => outcome.problem = Some("no answer in time".to_string()),
        }
    }

    /// One delivery: sealed anew, waited for as long as WeChat waits.
    async fn send(&self, callback: &Url, push: &Push) -> Answered {
        let (delay, loss) = {
            let mut world = self.world();
            (world.faults.push_delay(), world.faults.next_loss())
        };
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        let started = Instant::now();
        let ended = |status, error: Option<String>| Delivery {
            status,
            ms: started.elapsed().as_millis() as u64,
            error,
            reply: None,
        };
        if loss == Loss::Push {
            return Answered { delivery: ended(None, Some("dropped".to_string())), judged: None };
        }
        let nonce = rand::rng().random_range(100_000_000..2_000_000_000u32).to_string();
        let (url, body) = push.seal(self.account(), callback, &nonce, self.clock().unix());
        let request = self.http().post(url).header("content-type", "text/xml").body(body).send();
        let exchange = async { read(request.await?).await };
        match tokio::time::timeout(self.push_timeout(), exchange).await {
            Err(_) => Answered { delivery: ended(None, Some("timed out".to_string())), judged: None },
            Ok(Err(error)) => Answered { delivery: ended(None, Some(describe(&error))), judged: None },
            Ok(Ok((status, _))) if loss == Loss::Answer => {
                Answered { delivery: ended(Some(status), Some("answer dropped".to_string())), judged: None }
            }
            Ok(Ok((status, body))) => {
                let judged = self.judge(push, status, &body);
                let mut delivery = ended(Some(status), judged.as_ref().err().cloned());
                delivery.reply = judged.as_ref().ok().and_then(|r| r.as_ref()).map(|r| r.nodes.clone());
                Answered { delivery, judged: Some(judged) }
            }
        }
    }

    fn judge(&self, push: &Push, status: u16, body: &[u8]) -> Result<Option<Reply>, String> {
        let now = self.clock().unix();
        let media = |id: &str| self.world().library.url(id, now, self.base());
        let asked = Asked { openid: &push.openid, articles: push.articles, media: &media };
        reply::judge(self.account(), &asked, status, body)
    }

    /// The failure that the user reads, and the record of the push.
    fn show(&self, push: &Push, outcome: &mut Outcome) {
        let now = self.clock().unix();
        let mut world = self.world();
        if push.awaited && outcome.problem.is_some() {
            outcome.shown = Some(FAILURE.to_string());
            if let Some(person) = world.people.get_mut(&push.openid) {
                person.inbox.add(now, Source::System, Content::Text { content: FAILURE.to_string() });
            }
        }
        world.remember(&push.openid, &push.what, now, outcome);
    }
}

/// The first line that a person reads of it.
fn headline(content: &Content) -> Option<String> {
    match content {
        Content::Text { content } => Some(content.clone()),
        Content::News { articles } => articles.first().map(|article| article.title.clone()),
        Content::Video { title, .. } | Content::Music { title, .. } => Some(title.clone()),
        _ => None,
    }
}

async fn read(mut response: reqwest::Response) -> Result<(u16, Vec<u8>), reqwest::Error> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            break;
        }
    }
    Ok((status, body))
}

/// The innermost cause: "connection refused" and not the address with its signature.
fn describe(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The console's check of the callback address (GET with `echostr`).
#[derive(Debug, Serialize)]
pub struct Verified {
    pub ok: bool,
    pub status: Option<u16>,
    /// What is wrong, when something is.
    pub problem: Option<String>,
}

impl Simulator {
    /// Checks the callback address as the console does when its settings are saved.
    pub(super) async fn verify_callback(&self) -> Verified {
        let failed = |status, problem: String| Verified { ok: false, status, problem: Some(problem) };
        let Some(mut url) = self.account().callback() else {
            return failed(None, "no callback address is set".to_string());
        };
        let (time, nonce) = (self.clock().unix().to_string(), ids::random(10));
        let echo = rand::rng().random_range(1_000_000_000_000_000_000..u64::MAX / 2).to_string();
        let signature = sign([self.account().token.as_str(), time.as_str(), nonce.as_str()]);
        url.query_pairs_mut()
            .append_pair("signature", signature.as_str())
            .append_pair("echostr", &echo)
            .append_pair("timestamp", &time)
            .append_pair("nonce", &nonce);
        let exchange = async { read(self.http().get(url).send().await?).await };
        match tokio::time::timeout(self.push_timeout(), exchange).await {
            Err(_) => failed(None, "timed out".to_string()),
            Ok(Err(error)) => failed(None, describe(&error)),
            Ok(Ok((200, body))) if body == echo.as_bytes() => {
                Verified { ok: true, status: Some(200), problem: None }
            }
            Ok(Ok((200, _))) => failed(Some(200), "the answer is not the echostr, byte for byte".to_string()),
            Ok(Ok((status, _))) => failed(Some(status), format!("the server answered with status {status}")),
        }
    }
}
