//! A simulator and, behind it, the smallest back end that answers as a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::DateTime;
use serde_json::{Value, json};
use tokio::sync::Notify;
use yishiting::base::clock::Clock;
use yishiting::simulator::{Running, Simulator, SimulatorOptions};
use yishiting::wechat::callback::{Account, Answer, Mode, Query};
use yishiting::wechat::message::Inbound;
use yishiting::wechat::reply::Reply;

pub const APP_ID: &str = "wxsimulator0000001";
pub const SECRET: &str = "secretsecretsecretsecretsecret00";
const TOKEN: &str = "simulatortoken";
const KEY: &str = "Q2l0eUdvdldlQ2hhdEJhY2tlbmRUZXN0S2V5MDAwMD9";

type Handler = dyn Fn(&Inbound) -> Said + Send + Sync;

/// What the back end does with a push.
pub enum Said {
    Reply(Reply),
    /// Status and body, as they are.
    Raw(u16, String),
    /// Never answers.
    Hang,
}

/// A simulator with its back end and an HTTP client.
pub struct World {
    pub simulator: Running,
    pub clock: Clock,
    pub http: reqwest::Client,
    /// Every push that arrived, opened.
    pub arrived: Arc<Mutex<Vec<Inbound>>>,
    /// The raw queries and bodies.
    pub raw: Arc<Mutex<Vec<(String, String)>>>,
    news: Arc<Notify>,
}

struct Backend {
    account: Account,
    clock: Clock,
    handler: Box<Handler>,
    arrived: Arc<Mutex<Vec<Inbound>>>,
    raw: Arc<Mutex<Vec<(String, String)>>>,
    news: Arc<Notify>,
    /// The simulator's address.
    platform: Arc<Mutex<String>>,
}

async fn serve(backend: web::Data<Backend>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let query = Query::parse(request.query_string());
    if request.method() == actix_web::http::Method::GET {
        return match backend.account.verify_url(&query) {
            Ok(echo) => HttpResponse::Ok().body(echo.to_string()),
            Err(_) => HttpResponse::Forbidden().finish(),
        };
    }
    let raw = (request.query_string().to_string(), String::from_utf8_lossy(&body).to_string());
    backend.raw.lock().unwrap().push(raw);
    let Ok(opened) = backend.account.open(&query, &body, backend.clock.now()) else {
        return HttpResponse::Forbidden().finish();
    };
    backend.arrived.lock().unwrap().push(Inbound::clone(&opened.inbound));
    backend.news.notify_one();
    match (backend.handler)(&opened.inbound) {
        Said::Reply(reply) => {
            let Answer { content_type, body } = opened.seal(&reply, backend.clock.now(), rand::random());
            HttpResponse::Ok().content_type(content_type).body(body.into_owned())
        }
        Said::Raw(status, body) => {
            HttpResponse::build(status.try_into().unwrap()).content_type("text/xml").body(body)
        }
        Said::Hang => {
            std::future::pending::<()>().await;
            unreachable!()
        }
    }
}

/// A page of the site: greets who is signed in, and otherwise asks WeChat who it is.
async fn page(backend: web::Data<Backend>, request: HttpRequest) -> HttpResponse {
    let base = backend.platform.lock().unwrap().clone();
    let header = |name| request.headers().get(name).unwrap().to_str().unwrap();
    match request.cookie("who") {
        Some(who) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header(("x-frame-options", "DENY"))
            .insert_header(("content-security-policy", "default-src 'self'; frame-ancestors 'none'"))
            .body(format!(
                "<title>会议</title>{} {} <a href=\"http://{}/page\">",
                who.value(),
                header("user-agent"),
                header("host"),
            )),
        None => HttpResponse::Found()
            .insert_header((
                "location",
                format!(
                    "{base}/connect/oauth2/authorize?appid={APP_ID}&redirect_uri=http%3A%2F%2F{}%2Freturn\
                     &response_type=code&scope=snsapi_base&state=S#wechat_redirect",
                    header("host")
                ),
            ))
            .finish(),
    }
}

/// Where WeChat sends the browser back to: exchanges the code and remembers the user in a cookie.
async fn comes_back(
    backend: web::Data<Backend>,
    query: web::Query<std::collections::HashMap<String, String>>,
) -> HttpResponse {
    let base = backend.platform.lock().unwrap().clone();
    let url = format!(
        "{base}/sns/oauth2/access_token?appid={APP_ID}&secret={SECRET}&grant_type=authorization_code&code={}",
        query["code"]
    );
    let answer = client().get(url).send().await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    HttpResponse::Found()
        .insert_header((
            "set-cookie",
            format!("who={}; Path=/; HttpOnly", answer["openid"].as_str().unwrap()),
        ))
        .insert_header(("location", "/page"))
        .finish()
}

impl World {
    /// A back end that answers by `handler`, in `mode`.
    pub async fn start(mode: Mode, handler: impl Fn(&Inbound) -> Said + Send + Sync + 'static) -> World {
        World::with(SimulatorOptions { mode, ..SimulatorOptions::default() }, handler).await
    }

    /// A back end that says `success` to everything, in safe mode.
    pub async fn quiet() -> World {
        World::start(Mode::Safe, |_| Said::Reply(Reply::Success)).await
    }

    pub async fn with(
        options: SimulatorOptions,
        handler: impl Fn(&Inbound) -> Said + Send + Sync + 'static,
    ) -> World {
        let clock = Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let (arrived, raw, news) = (Arc::default(), Arc::default(), Arc::new(Notify::new()));
        let platform = Arc::new(Mutex::new(String::new()));
        let backend = web::Data::new(Backend {
            account: Account::new(APP_ID, &[TOKEN], &[KEY], options.mode, 300).unwrap(),
            clock: clock.clone(),
            handler: Box::new(handler),
            arrived: Arc::clone(&arrived),
            raw: Arc::clone(&raw),
            news: Arc::clone(&news),
            platform: Arc::clone(&platform),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = move || {
            App::new()
                .app_data(backend.clone())
                .route("/wechat/callback", web::to(serve))
                .route("/page", web::get().to(page))
                .route("/return", web::get().to(comes_back))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        tokio::spawn(server);
        let simulator = Simulator::start(SimulatorOptions {
            callback: Some(format!("http://{address}/wechat/callback").parse().unwrap()),
            token: TOKEN.to_string(),
            encoding_aes_key: Some(KEY.to_string()),
            app_id: APP_ID.to_string(),
            app_secret: SECRET.to_string(),
            clock: clock.clone(),
            push_timeout: Duration::from_millis(150),
            ..options
        })
        .unwrap();
        platform.lock().unwrap().clone_from(&simulator.url);
        World { simulator, clock, http: client(), arrived, raw, news }
    }

    /// A control call or an act of a user: `/users/o1/text`.
    pub async fn sim(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_sim{path}", self.simulator.url);
        let response = self.http.post(url).body(body.to_string()).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    /// What is behind a GET.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}{path}", self.simulator.url)).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    /// A POST as it is, without a token.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.post_raw(path, body.to_string()).await
    }

    pub async fn post_raw(&self, path: &str, body: String) -> Value {
        let response = self.http.post(format!("{}{path}", self.simulator.url)).body(body).send().await;
        serde_json::from_slice(&response.unwrap().bytes().await.unwrap()).unwrap()
    }

    /// A fresh access token of the stable kind.
    pub async fn token(&self) -> String {
        let asked = json!({"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET});
        self.post("/cgi-bin/stable_token", asked).await["access_token"].as_str().unwrap().to_string()
    }

    /// An API call by POST with a good token.
    pub async fn call(&self, path: &str, body: Value) -> Value {
        let token = self.token().await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    /// An API call by GET with a good token; `query` starts with `&` or is empty.
    pub async fn fetch(&self, path: &str, query: &str) -> Value {
        let token = self.token().await;
        self.get(&format!("{path}?access_token={token}{query}")).await
    }

    /// A follower who has not done anything yet.
    pub async fn follower(&self, openid: &str) {
        self.sim("/followers", json!({"openids": [openid]})).await;
    }

    /// Waits until that many pushes have arrived, and gives the last of them.
    pub async fn arrival(&self, count: usize) -> Inbound {
        let waiting = async {
            loop {
                let next = self.news.notified();
                if let Some(push) = self.arrived.lock().unwrap().get(count - 1) {
                    return push.clone();
                }
                next.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the push arrives")
    }
}

/// A client that follows no redirects.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// The error code of an answer; 0 when there is none.
pub fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or_default()
}
