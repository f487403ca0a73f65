//! Calls about the account itself: the platform's addresses, the callback's health, quotas, short keys.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use serde::Deserialize;
use serde_json::json;

/// How the platform reaches our callback host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NetworkCheck {
    #[serde(default)]
    pub dns: Vec<DnsResult>,
    #[serde(default)]
    pub ping: Vec<PingResult>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DnsResult {
    pub ip: String,
    #[serde(default)]
    pub real_operator: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PingResult {
    pub ip: String,
    #[serde(default)]
    pub from_operator: String,
    /// Such as `0%`.
    #[serde(default)]
    pub package_loss: String,
    /// Such as `23.4ms`.
    #[serde(default)]
    pub time: String,
}

/// Today's calls of one path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Quota {
    pub daily_limit: i64,
    pub used: i64,
    pub remain: i64,
}

/// What a short key stood for; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShortKey {
    pub long_data: String,
    pub create_time: i64,
    pub expire_seconds: i64,
}

#[derive(Deserialize)]
struct Addresses {
    ip_list: Vec<String>,
}

#[derive(Deserialize)]
struct QuotaAnswer {
    quota: Quota,
}

#[derive(Deserialize)]
struct ShortAnswer {
    short_key: String,
}

impl Api {
    /// The addresses that pushes come from. They change: ask daily, and only as a second line of defence.
    pub async fn callback_addresses(&self) -> Result<Vec<String>, ApiError> {
        Ok(self.call::<Addresses>(Request::get("/cgi-bin/getcallbackip")).await?.ip_list)
    }

    /// The addresses that our calls go to, for firewalls.
    pub async fn api_addresses(&self) -> Result<Vec<String>, ApiError> {
        Ok(self.call::<Addresses>(Request::get("/cgi-bin/get_api_domain_ip")).await?.ip_list)
    }

    /// Lets the platform resolve and ping our callback host.
    pub async fn check_network(&self) -> Result<NetworkCheck, ApiError> {
        let body = json!({ "action": "all", "check_operator": "DEFAULT" });
        self.call(Request::post("/cgi-bin/callback/check", &body)?.repeatable()).await
    }

    /// Today's quota of a path, such as `/cgi-bin/message/custom/send`; paths below `/sns` have none.
    pub async fn quota(&self, path: &str) -> Result<Quota, ApiError> {
        let request = Request::post("/cgi-bin/openapi/quota/get", &json!({ "cgi_path": path }))?;
        Ok(self.call::<QuotaAnswer>(request.repeatable()).await?.quota)
    }

    /// Sets all of today's counts to zero; ten times a month, by hand only.
    pub async fn clear_quotas(&self) -> Result<(), ApiError> {
        let body = json!({ "appid": self.settings().app_id });
        self.call::<Nothing>(Request::post("/cgi-bin/clear_quota", &body)?).await?;
        self.forget_quotas().await;
        Ok(())
    }

    /// Keeps up to 4 KB for up to thirty days under a short key.
    pub async fn shorten(&self, long_data: &str, seconds: u32) -> Result<String, ApiError> {
        let body = json!({ "long_data": long_data, "expire_seconds": seconds });
        Ok(self
            .call::<ShortAnswer>(Request::post("/cgi-bin/shorten/gen", &body)?.repeatable())
            .await?
            .short_key)
    }

    pub async fn expand(&self, short_key: &str) -> Result<ShortKey, ApiError> {
        let request = Request::post("/cgi-bin/shorten/fetch", &json!({ "short_key": short_key }))?;
        self.call(request.repeatable()).await
    }
}
