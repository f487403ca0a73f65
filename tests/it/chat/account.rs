//! An account with one small skill, and the platform's side of its callback.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{App, body::to_bytes, test};
use async_trait::async_trait;
use tokio::sync::Notify;
use uuid::Uuid;
use yishiting::base::clock::{Clock, Instant};
use yishiting::base::config::{Config, Options};
use yishiting::base::{Base, cache::Cache};
use yishiting::chat::{Chat, Replies, Said, Skill, SkillError, Turn};
use yishiting::wechat::api::Api;
use yishiting::wechat::callback::{Account as Keys, Mode};
use yishiting::wechat::crypt::EncodingAesKey;
use yishiting::wechat::message::Message;
use yishiting::wechat::reply::Reply;
use yishiting::wechat::rights::Rights;
use yishiting::wechat::signature::sign;
use yishiting::wechat::xml::Document;

use super::platform::Platform;
use crate::support::World;

const APP_ID: &str = "wx1234567890abcdef";
const TOKEN: &str = "govtoken";
const KEY: &str = "Q2l0eUdvdldlQ2hhdEJhY2tlbmRUZXN0S2V5MDAwMD9";
/// When the tests begin, and when every push was made unless said otherwise.
const START: i64 = 1_790_000_000;

/// Notes down, works slowly, fails and panics as told.
#[derive(Default)]
pub struct Notes {
    pub calls: AtomicUsize,
    pub operations: Mutex<Vec<Uuid>>,
    pub started: Notify,
    pub may_finish: Notify,
}

#[async_trait]
impl Skill for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    async fn scene(&self, turn: &Turn, scene: &str) -> Said {
        turn.follower().await?;
        Ok((scene == "m_1").then(|| Reply::text("签到成功")))
    }

    async fn click(&self, _turn: &Turn, key: &str) -> Said {
        Ok((key == "mine").then(|| Reply::text("您有 1 场会议")))
    }

    async fn text(&self, turn: &Turn, text: &str) -> Said {
        self.calls.fetch_add(1, SeqCst);
        self.operations.lock().unwrap().push(turn.op_id);
        match text {
            "慢" => {
                self.started.notify_one();
                self.may_finish.notified().await;
                Ok(Some(Reply::text("办好了")))
            }
            "崩溃" => panic!("as told"),
            "出错" => Err(SkillError::other("as told")),
            _ => Ok(text.strip_prefix("记：").map(|note| Reply::text(format!("记下了：{note}")))),
        }
    }

    async fn scan_result(&self, _turn: &Turn, result: &str) -> Said {
        Ok((result == "https://city.example/m/1").then(|| Reply::text("签到成功")))
    }

    async fn message(&self, _turn: &Turn, message: &Message) -> Said {
        Ok(matches!(message, Message::Image { .. }).then(|| Reply::text("照片收到")))
    }
}

pub struct Account {
    pub base: Base,
    pub chat: Arc<Chat>,
    pub skill: Arc<Notes>,
    pub platform: Arc<Platform>,
    mode: Mode,
    _world: Arc<World>,
}

/// What the platform hears.
pub struct Heard {
    pub status: StatusCode,
    pub content_type: String,
    pub length: Option<usize>,
    pub body: String,
    reply: String,
}

impl Account {
    pub async fn new(mode: Mode) -> Account {
        Account::with_budget(mode, yishiting::chat::BUDGET).await
    }

    pub async fn with_budget(mode: Mode, budget: Duration) -> Account {
        let world = Arc::new(World::create().await);
        let platform = Arc::new(Platform::start());
        let given = Options {
            public_url: Some("https://city.example".to_string()),
            data_dir: Some(world.folder().to_path_buf()),
            database_url: Some(world.database_url.clone()),
            redis_url: world.redis_url.clone(),
            wechat_app_id: Some(APP_ID.to_string()),
            wechat_app_secret: Some("secret".to_string()),
            wechat_token: Some(TOKEN.to_string()),
            wechat_encoding_aes_key: Some(KEY.to_string()),
            wechat_mode: Some(format!("{mode:?}").to_lowercase()),
            wechat_api_base: Some(platform.address.clone()),
            ..Options::default()
        };
        let config = Config::load(given, world.folder()).ok().unwrap();
        let clock = Clock::manual(Instant::from_timestamp(START, 0).unwrap());
        let base = Base::open(config, clock).await.unwrap();
        Account::on(base, Arc::default(), platform, mode, budget, world)
    }

    fn on(
        base: Base,
        skill: Arc<Notes>,
        platform: Arc<Platform>,
        mode: Mode,
        budget: Duration,
        world: Arc<World>,
    ) -> Account {
        let replies = Replies::load(&base.config).ok().unwrap();
        let settings = base.config.wechat.clone().unwrap();
        let keys = Keys::from_settings(&settings).unwrap();
        let api = Api::new(settings, base.cache.clone(), base.clock.clone()).unwrap();
        let chat = Chat::new(base.clone(), keys, api, vec![skill.clone()], replies).with_budget(budget);
        Account { base, chat: Arc::new(chat), skill, platform, mode, _world: world }
    }

    /// The same account after a restart that lost what only memory held.
    pub fn restarted(&self) -> Account {
        self.beside(Base { cache: Cache::memory(self.base.clock.clone()), ..self.base.clone() })
    }

    /// Another process that shares the database and the cache.
    pub fn replica(&self) -> Account {
        self.beside(self.base.clone())
    }

    fn beside(&self, base: Base) -> Account {
        let (skill, platform, world) = (self.skill.clone(), self.platform.clone(), self._world.clone());
        Account::on(base, skill, platform, self.mode, yishiting::chat::BUDGET, world)
    }

    /// Moves the clock.
    pub fn later(&self, seconds: i64) {
        self.base.clock.advance(chrono::TimeDelta::seconds(seconds));
    }

    /// Pushes `message` as this account's mode has it; time passes for the push as for the account.
    pub async fn push(&self, message: &str) -> Heard {
        let message = self.dated(message);
        if self.mode == Mode::Plain {
            return self.post(&self.signed_query(""), message).await;
        }
        let (query, body) = self.sealed(&message);
        self.post(&query, body).await
    }

    /// Waits until nothing of a push is left to do.
    pub async fn background_done(&self) {
        self.base.tasks.close();
        self.base.tasks.wait().await;
        self.base.tasks.reopen();
    }

    /// The ledger of this account's rights to send.
    pub fn rights(&self) -> Rights {
        Rights::new(self.base.cache.clone(), self.base.clock.clone(), APP_ID)
    }

    /// The message as made now, by the account's clock.
    pub fn dated(&self, message: &str) -> String {
        message.replace("{at}", &self.base.clock.unix().to_string())
    }

    /// The signed query of a plain push or an address check, with `more` behind it.
    pub fn signed_query(&self, more: &str) -> String {
        let at = self.base.clock.unix().to_string();
        let signature = sign([TOKEN, &at, "nonce1"]);
        format!("signature={signature}&timestamp={at}&nonce=nonce1&openid=oForged{more}")
    }

    pub fn sealed(&self, message: &str) -> (String, String) {
        let key = EncodingAesKey::parse(KEY).unwrap();
        let encrypt = key.encrypt([7; 16], message.as_bytes(), APP_ID);
        let at = self.base.clock.unix().to_string();
        let signature = sign([TOKEN, &at, "nonce1", &encrypt]);
        let query = self.signed_query(&format!("&encrypt_type=aes&msg_signature={signature}"));
        let plain =
            if self.mode == Mode::Compatible { message.replace("</xml>", "") } else { "<xml>".into() };
        (query, format!("{plain}<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"))
    }

    pub async fn get(&self, query: &str) -> Heard {
        self.send(test::TestRequest::get().uri(&format!("/wechat/callback?{query}"))).await
    }

    pub async fn post(&self, query: &str, body: String) -> Heard {
        let request = test::TestRequest::post().uri(&format!("/wechat/callback?{query}"));
        self.send(request.insert_header((CONTENT_LENGTH, body.len())).set_payload(body)).await
    }

    /// In chunks, without saying how much will come.
    pub async fn post_unannounced(&self, query: &str, body: String) -> Heard {
        let request = test::TestRequest::post().uri(&format!("/wechat/callback?{query}"));
        self.send(request.set_payload(body)).await
    }

    async fn send(&self, request: test::TestRequest) -> Heard {
        let app = test::init_service(App::new().configure(|app| self.chat.routes(app))).await;
        let response = test::call_service(&app, request.to_request()).await;
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_string());
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        let status = response.status();
        let body = response.into_body();
        let length = match actix_web::body::MessageBody::size(&body) {
            actix_web::body::BodySize::Sized(length) => Some(length as usize),
            _ => None,
        };
        let body = String::from_utf8(to_bytes(body).await.unwrap().to_vec()).unwrap();
        let reply = self.opened(&body);
        Heard { status, content_type, length, body, reply }
    }

    /// The reply inside `body`, which is sealed exactly when pushes are.
    fn opened(&self, body: &str) -> String {
        if self.mode == Mode::Plain || !body.starts_with("<xml>") {
            return body.to_string();
        }
        let envelope = Document::parse(body).unwrap();
        let node = |name| envelope.require(name).unwrap();
        let signature = sign([TOKEN, node("TimeStamp"), node("Nonce"), node("Encrypt")]);
        assert!(signature.matches(node("MsgSignature")));
        EncodingAesKey::parse(KEY).unwrap().decrypt(node("Encrypt"), APP_ID).unwrap()
    }
}

impl Heard {
    /// The text on the user's phone.
    pub fn text(&self) -> String {
        assert_eq!(self.status, StatusCode::OK);
        let reply = Document::parse(&self.reply).unwrap_or_else(|_| panic!("a reply: {}", self.body));
        assert_eq!((reply.get("ToUserName"), reply.get("FromUserName")), (Some("oUser"), Some("gh_city")));
        reply.get("Content").unwrap().to_string()
    }

    pub fn is_success(&self) -> bool {
        self.status == StatusCode::OK
            && self.content_type == "text/plain; charset=utf-8"
            && self.body == "success"
            && self.length == Some(7)
    }

    /// The status of an empty answer.
    pub fn refused(&self) -> StatusCode {
        assert_eq!((self.body.as_str(), self.length), ("", Some(0)));
        self.status
    }
}

/// A push of the user `oUser` with these nodes.
pub fn push(nodes: &str) -> String {
    format!(
        "<xml><ToUserName>gh_city</ToUserName><FromUserName>oUser</FromUserName><CreateTime>{{at}}</CreateTime>{nodes}</xml>"
    )
}

pub fn text(id: &str, content: &str) -> String {
    push(&format!("<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content><MsgId>{id}</MsgId>"))
}

pub fn event(name: &str, nodes: &str) -> String {
    push(&format!("<MsgType>event</MsgType><Event>{name}</Event>{nodes}"))
}
