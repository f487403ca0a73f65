//! Floor 3: the habits of every page: request ids, errors, layouts, sessions, forms, limits, streams.
//!
//! `server` wraps the application in [`frame`] and calls [`Web::routes`]; a handler then takes extractors
//! ([`Attendee`], [`StaffUser`], [`Organiser`], [`Layout`], [`Posted`]) and returns `Result<_, web::Error>`.

mod assets;
mod audit;
mod call;
mod context;
mod csrf;
mod error;
mod form;
mod frame;
mod head;
mod incoming;
mod jssdk;
mod large_type;
mod limit;
mod oauth;
mod page;
mod proof;
mod session;
mod sse;
#[cfg(test)]
mod testing;
mod upload;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{
    Data, JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig, resource, route,
};
use tokio::sync::Semaphore;

use crate::base::Base;
use crate::wechat::api::Api;

pub use audit::AuditWords;
pub use call::{Call, Done, Sent};
pub use context::Context;
pub use error::Error;
pub use form::{Nothing, Posted};
pub use frame::frame;
pub use head::head;
pub use incoming::Incoming;
pub use limit::{Limit, client_ip};
pub use oauth::{Identify, Unidentified, by_platform};
pub use page::{Layout, NavEntry, Page, own_page, see_other};
pub use proof::{Proof, Prover, Provers, digest};
pub use session::{Administrator, Attendee, Organiser, StaffUser, sign_in, sign_out};
pub use sse::{Event, stream};
pub use upload::{File, Upload};

/// Bodies other than JSON: forms and the like.
const BODY: usize = 64 * 1024;
/// JSON bodies: a roster of five thousand people fits.
const JSON_BODY: usize = 2 * 1024 * 1024;
/// Open event streams in this process: screens and dashboards, never phones.
const STREAMS: usize = 1000;

/// What pages need of the process. One for all workers; cheap to clone.
#[derive(Clone)]
pub struct Web {
    pub base: Base,
    assets: Arc<assets::Assets>,
    streams: Arc<Semaphore>,
    policy: Arc<str>,
    identify: Option<Identify>,
    platform: Option<Api>,
    navigation: Arc<[NavEntry]>,
}

impl Web {
    pub fn new(base: Base) -> Web {
        let policy = frame::content_policy(&base).into();
        Web {
            base,
            assets: Arc::new(assets::Assets::load()),
            streams: Arc::new(Semaphore::new(STREAMS)),
            policy,
            identify: None,
            platform: None,
            navigation: Arc::default(),
        }
    }

    /// Gives the desk its navigation, in this order.
    pub fn navigating(mut self, entries: Vec<NavEntry>) -> Web {
        self.navigation = entries.into();
        self
    }

    /// The desk's first page.
    pub fn first_page(&self) -> &'static str {
        self.navigation.first().map_or("/", |entry| entry.href)
    }

    /// Asks `identify` (in service [`by_platform`]) who came back from WeChat.
    pub fn identifying(mut self, identify: Identify) -> Web {
        self.identify = Some(identify);
        self
    }

    /// Signs pages for the phone's scanner with the ticket that `api` gets.
    pub fn signing(mut self, api: Api) -> Web {
        self.platform = Some(api);
        self
    }

    /// Puts itself and the limits where extractors find them, and answers `/assets`,
    /// `/large-type` and what the platform's pages need below `/wechat`.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.clone()))
            .app_data(Data::new(self.base.clone()))
            .app_data(PayloadConfig::new(BODY))
            .app_data(JsonConfig::default().limit(JSON_BODY).error_handler(|error, _| {
                use actix_web::error::JsonPayloadError::{Overflow, OverflowKnownLength};
                match error {
                    Overflow { .. } | OverflowKnownLength { .. } => Error::too_large(JSON_BODY).into(),
                    other => Error::new("bad_request").because(other).into(),
                }
            }))
            .app_data(PathConfig::default().error_handler(|_, _| Error::new("not_found").into()))
            .app_data(
                QueryConfig::default()
                    .error_handler(|error, _| Error::new("bad_request").because(error).into()),
            )
            .service(resource("/assets/{name}").get(assets::serve))
            .service(resource("/large-type").get(large_type::switch))
            .service(resource(oauth::RETURN).get(oauth::finish))
            .service(resource(jssdk::PATH).get(jssdk::sign))
            .default_service(route().to(nowhere));
    }

    /// Whether cookies may travel over HTTPS only.
    fn secure(&self) -> bool {
        self.base.config.public_url.scheme() == "https"
    }
}

async fn nowhere() -> Result<&'static str, Error> {
    Err(Error::new("not_found"))
}

/// The code of the error table for a status that actix itself chose.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_client_error() => "bad_request",
        _ => "internal",
    }
}
