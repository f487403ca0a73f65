//! Starts the simulator and holds what its handlers share.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio::sync::Semaphore;
use url::Url;

use super::state::World;
use super::{api, control, handsets, ids, oauth, page, qrcode, webview};
use crate::base::clock::Clock;
use crate::wechat::callback::Mode;
use crate::wechat::crypt::{EncodingAesKey, KeyError};

/// How long WeChat waits for the answer to a push.
const PUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// Pushes that nobody waits for and that go out at the same time.
const BACKGROUND_PUSHES: usize = 32;

/// The account that is played, and where.
#[derive(Clone)]
pub struct SimulatorOptions {
    /// `HOST:PORT`; port 0 takes a free one.
    pub listen: String,
    /// The back end's callback address; may be set later.
    pub callback: Option<Url>,
    pub token: String,
    /// 43 letters and digits; needed but in plain mode.
    pub encoding_aes_key: Option<String>,
    pub app_id: String,
    pub app_secret: String,
    /// The account's name on the phones.
    pub account_name: String,
    pub mode: Mode,
    pub clock: Clock,
    /// How long one delivery is waited for: 5 s, shorter only in tests.
    pub push_timeout: Duration,
    /// 网页授权域名 and JS接口安全域名: hosts that web authorisation returns to, and whose pages may call the phone.
    /// Empty lets every host.
    pub oauth_hosts: Vec<String>,
}

impl Default for SimulatorOptions {
    /// A made-up account in safe mode on a free port.
    fn default() -> SimulatorOptions {
        SimulatorOptions {
            listen: "127.0.0.1:0".to_string(),
            callback: None,
            token: "yishitingtoken".to_string(),
            encoding_aes_key: Some("yishitingsimulatoryishitingsimulatoryishit0".to_string()),
            app_id: "wx0123456789abcdef".to_string(),
            app_secret: "0123456789abcdef0123456789abcdef".to_string(),
            account_name: "本市发布".to_string(),
            mode: Mode::Safe,
            clock: Clock::System,
            push_timeout: PUSH_TIMEOUT,
            oauth_hosts: Vec::new(),
        }
    }
}

/// What the console knows of the account.
pub struct Account {
    pub app_id: String,
    pub app_secret: String,
    pub original_id: String,
    pub name: String,
    pub token: String,
    pub key: Option<EncodingAesKey>,
    pub mode: Mode,
    pub oauth_hosts: Vec<String>,
    callback: Mutex<Option<Url>>,
}

impl Account {
    /// The back end's address, once it is known.
    pub fn callback(&self) -> Option<Url> {
        self.callback.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_callback(&self, callback: Url) {
        *self.callback.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
    }
}

/// The platform, shared by its handlers. Cheap to clone.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    account: Account,
    base: String,
    clock: Clock,
    push_timeout: Duration,
    http: reqwest::Client,
    background: Semaphore,
    world: Mutex<World>,
}

/// Why the simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("无法监听 {0}：{1}")]
    Listen(String, std::io::Error),
    #[error("EncodingAESKey 应为 43 个字母或数字")]
    Key(#[from] KeyError),
    #[error("兼容模式和安全模式需要 EncodingAESKey")]
    KeyNeeded,
    #[error("无法准备网络客户端：{0}")]
    Client(#[from] reqwest::Error),
}

/// A simulator that serves. It stops when this is dropped or [`Running::stop`] is awaited.
pub struct Running {
    /// `http://HOST:PORT`, for API, OPEN and MP base alike.
    pub url: String,
    simulator: Simulator,
    handle: ServerHandle,
}

impl Running {
    /// Tells where to push, for a back end that starts after its platform.
    pub fn set_callback(&self, callback: Url) {
        self.simulator.account().set_callback(callback);
    }

    /// Tells where `provider` of short messages and calls posts its receipts.
    pub fn set_receipts(&self, provider: handsets::Provider, url: Url) {
        self.simulator.world().handsets.set_hook(provider, url);
    }

    /// Tells the wording behind a template, with its marks in order.
    pub fn set_wording(&self, code: &str, text: &str, words: &[&str]) {
        let words = words.iter().map(|word| word.to_string()).collect();
        let wording = handsets::Wording { code: code.to_string(), text: text.to_string(), words };
        self.simulator.world().handsets.put_wording(wording);
    }

    /// Ends open connections and frees the port.
    pub async fn stop(&self) {
        self.handle.stop(false).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The order is sent by the call; nobody is left to wait for it to be carried out.
        drop(self.handle.stop(false));
    }
}

impl Simulator {
    /// Listens and serves in the background of the current runtime.
    pub fn start(options: SimulatorOptions) -> Result<Running, StartError> {
        let listen = |error| StartError::Listen(options.listen.clone(), error);
        let listener = TcpListener::bind(&options.listen).map_err(listen)?;
        let base = format!("http://{}", listener.local_addr().map_err(listen)?);
        let simulator = Simulator::new(&options, base.clone())?;
        let shared = simulator.clone();
        let server = HttpServer::new(move || App::new().configure(|cfg| routes(cfg, &shared)))
            .workers(2)
            .shutdown_timeout(1)
            .disable_signals()
            .listen(listener)
            .map_err(listen)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Running { url: base, simulator, handle })
    }

    fn new(options: &SimulatorOptions, base: String) -> Result<Simulator, StartError> {
        let key = options.encoding_aes_key.as_deref().map(EncodingAesKey::parse).transpose()?;
        if key.is_none() && options.mode != Mode::Plain {
            return Err(StartError::KeyNeeded);
        }
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Losing a race against another thread that installs one is as good as winning it.
            rustls::crypto::ring::default_provider().install_default().ok();
        }
        // WeChat follows no redirects, and a proxy of this machine is none of its business.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(128)
            .build()?;
        let account = Account {
            app_id: options.app_id.clone(),
            app_secret: options.app_secret.clone(),
            original_id: ids::original_id(&options.app_id),
            name: options.account_name.clone(),
            token: options.token.clone(),
            key,
            mode: options.mode,
            oauth_hosts: options.oauth_hosts.clone(),
            callback: Mutex::new(options.callback.clone()),
        };
        Ok(Simulator {
            inner: Arc::new(Inner {
                account,
                base,
                clock: options.clock.clone(),
                push_timeout: options.push_timeout,
                http,
                background: Semaphore::new(BACKGROUND_PUSHES),
                world: Mutex::new(World::default()),
            }),
        })
    }

    pub(super) fn account(&self) -> &Account {
        &self.inner.account
    }

    /// `http://HOST:PORT`, without a slash at the end.
    pub(super) fn base(&self) -> &str {
        &self.inner.base
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(super) fn push_timeout(&self) -> Duration {
        self.inner.push_timeout
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    pub(super) fn background(&self) -> &Semaphore {
        &self.inner.background
    }

    /// The state, for as long as no other thread needs it: never held over an `await`.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every path of the simulator. The web views' hosts come first: they own every path of theirs.
pub fn routes(cfg: &mut web::ServiceConfig, simulator: &Simulator) {
    cfg.app_data(web::Data::new(simulator.clone()));
    webview::routes(cfg);
    api::routes(cfg);
    qrcode::routes(cfg);
    oauth::routes(cfg);
    handsets::routes(cfg);
    control::routes(cfg);
    page::routes(cfg);
}

/// Serves until the process is asked to stop; says on standard output where. For `yishiting simulator`.
pub async fn run(options: SimulatorOptions) -> Result<(), StartError> {
    let running = Simulator::start(options)?;
    println!("ready simulator {}", running.url);
    wait_for_signal().await;
    running.stop().await;
    Ok(())
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => tracing::warn!(%error, "SIGTERM cannot be heard; Ctrl-C still stops the simulator"),
    }
}
