//! Lets the script of a page use the phone's scanner: signs the address at which the page stands.
//!
//! The script asks after the page is drawn, so a platform that does not answer costs a button and no page.

use actix_web::web::{Json, Query};
use serde::Deserialize;

use super::session::Attendee;
use super::{Context, Error};
use crate::base::error::Coded;
use crate::base::privacy::random_code;
use crate::wechat::api::ApiError;
use crate::wechat::jssdk::{PageConfig, PageError, page_config};

/// Below the callback's folder, as all that is between the platform and us.
pub const PATH: &str = "/wechat/jssdk";

#[derive(Deserialize)]
pub struct Asked {
    /// `location.href` without what follows `#`: the platform signs what the browser shows, whatever the proxy does.
    page: String,
}

/// `GET /wechat/jssdk?page=…`: what the page passes to `wx.config`. Other sites' pages are not signed.
pub async fn sign(
    context: Context,
    _attendee: Attendee,
    asked: Query<Asked>,
) -> Result<Json<PageConfig>, Error> {
    let base = &context.web.base;
    let Some(api) = &context.web.platform else { return Err(Error::new("not_found")) };
    let ticket = api.jsapi_ticket().await.map_err(NoTicket)?;
    let (own, now) = (&base.config.public_url, base.clock.now().timestamp());
    let signed = page_config(&api.settings().app_id, &ticket, &asked.page, own, now, &random_code(16));
    Ok(Json(signed.map_err(Unsigned)?))
}

#[derive(Debug, thiserror::Error)]
#[error("no ticket to sign pages with: {0}")]
struct NoTicket(ApiError);

impl Coded for NoTicket {
    fn code(&self) -> &'static str {
        "oauth_busy"
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unsigned(PageError);

impl Coded for Unsigned {
    fn code(&self) -> &'static str {
        "bad_request"
    }
}
