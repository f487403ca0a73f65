//! Calls to the platform's servers: one [`Api`] per account, one file per family of calls.
//!
//! [`call`] sends, checks, retries and reports; [`token`] keeps the account's credentials; the other files only
//! say what each call takes and gives.

mod account;
mod call;
mod custom;
mod media;
mod menu;
mod notice;
mod qrcode;
mod sns;
mod tag;
mod token;
mod user;

pub use account::{NetworkCheck, Quota, ShortKey};
pub use call::ApiError;
pub use custom::{CustomMessage, MenuItem};
pub use media::{Download, Media, MediaKind, Upload};
pub use menu::CurrentMenus;
pub use notice::{Notice, ValueError, fit_value};
pub use qrcode::{MAX_SECONDS, QrCode, Scene};
pub use tag::Tag;
pub use user::{Follower, FollowerPage};

use crate::base::cache::Cache;
use crate::base::clock::Clock;
use crate::base::config::Wechat;
use reqwest::redirect::Policy;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::{Host, Url};

const CONNECT: Duration = Duration::from_secs(3);
/// One attempt, answer included. Uploads and downloads may take [`call::TRANSFER`].
const ANSWER: Duration = Duration::from_secs(10);
/// The first pause before a call is tried again; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// The client of one account. Cheap to clone; all clones share connections and credentials.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Wechat,
    http: reqwest::Client,
    cache: Cache,
    clock: Clock,
    pause: Duration,
    /// Held while this process asks for a credential, one for each kind.
    asking: [tokio::sync::Mutex<()>; 2],
    /// The last refusal that only an operator can mend, and until when (ms) it is not asked again.
    refusal: Mutex<Option<(i64, ApiError)>>,
}

impl Api {
    /// A client by the operator's settings. Needs the process's TLS provider to be installed.
    pub fn new(settings: Wechat, cache: Cache, clock: Clock) -> Result<Self, reqwest::Error> {
        Self::with_pause(settings, cache, clock, PAUSE)
    }

    /// The same with another first pause between tries; tests and rehearsals take none.
    pub fn with_pause(
        settings: Wechat,
        cache: Cache,
        clock: Clock,
        pause: Duration,
    ) -> Result<Self, reqwest::Error> {
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("yishiting/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            // Addresses carry secrets, so nothing may lead them elsewhere.
            .redirect(Policy::none());
        if is_loopback(&settings.api_base) {
            http = http.no_proxy();
        }
        let http = http.build()?;
        let (asking, refusal) = Default::default();
        Ok(Self { inner: Arc::new(Inner { settings, http, cache, clock, pause, asking, refusal }) })
    }

    /// The settings that this client was made of.
    pub fn settings(&self) -> &Wechat {
        &self.inner.settings
    }

    fn key(&self, name: &str) -> String {
        format!("wechat:{}:{name}", self.inner.settings.app_id)
    }

    fn now_ms(&self) -> i64 {
        self.inner.clock.now().timestamp_millis()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
