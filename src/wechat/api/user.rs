//! Followers as the platform knows them: it no longer tells names, pictures or places.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use serde::Deserialize;
use serde_json::json;

/// The most people in one question.
pub const BATCH: usize = 100;

/// A person. All but `openid` and `subscribed` is empty for one who does not follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Follower {
    pub openid: String,
    #[serde(rename = "subscribe", deserialize_with = "flag")]
    pub subscribed: bool,
    /// Seconds since 1970.
    pub subscribe_time: i64,
    pub unionid: Option<String>,
    pub remark: String,
    #[serde(rename = "tagid_list")]
    pub tags: Vec<i64>,
    /// How the person came (`ADD_SCENE_QR_CODE`, …).
    pub subscribe_scene: String,
    pub qr_scene_str: String,
}

fn flag<'de, D: serde::Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    Ok(i64::deserialize(value)? != 0)
}

/// Up to 10,000 openids; ask again from `next` until it is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowerPage {
    pub total: i64,
    pub openids: Vec<String>,
    pub next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OpenidsAnswer {
    #[serde(default)]
    total: i64,
    #[serde(default)]
    data: Openids,
    #[serde(default)]
    next_openid: String,
}

#[derive(Default, Deserialize)]
struct Openids {
    openid: Vec<String>,
}

impl From<OpenidsAnswer> for FollowerPage {
    fn from(answer: OpenidsAnswer) -> Self {
        // The last page names its own last person, or nobody.
        let more = !answer.next_openid.is_empty() && !answer.data.openid.is_empty();
        Self { total: answer.total, openids: answer.data.openid, next: more.then_some(answer.next_openid) }
    }
}

#[derive(Deserialize)]
struct BatchAnswer {
    user_info_list: Vec<Follower>,
}

impl Api {
    pub async fn follower(&self, openid: &str) -> Result<Follower, ApiError> {
        self.call(Request::get("/cgi-bin/user/info").query("openid", openid).query("lang", "zh_CN")).await
    }

    /// Any number of people, asked for a hundred at a time.
    pub async fn followers(&self, openids: &[String]) -> Result<Vec<Follower>, ApiError> {
        let mut all = Vec::with_capacity(openids.len());
        for batch in openids.chunks(BATCH) {
            let list: Vec<_> =
                batch.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
            let request = Request::post("/cgi-bin/user/info/batchget", &json!({ "user_list": list }))?;
            all.extend(self.call::<BatchAnswer>(request.repeatable()).await?.user_info_list);
        }
        Ok(all)
    }

    /// One page of all followers, from the beginning or after the last person of a page before.
    pub async fn follower_page(&self, after: Option<&str>) -> Result<FollowerPage, ApiError> {
        let request = Request::get("/cgi-bin/user/get").query("next_openid", after.unwrap_or_default());
        self.call::<OpenidsAnswer>(request).await.map(FollowerPage::from)
    }

    /// Sets our own note on a follower, up to 30 characters.
    pub async fn set_remark(&self, openid: &str, remark: &str) -> Result<(), ApiError> {
        let remark: String = remark.chars().take(30).collect();
        let body = json!({ "openid": openid, "remark": remark });
        self.call::<Nothing>(Request::post("/cgi-bin/user/info/updateremark", &body)?.repeatable())
            .await
            .map(|_| ())
    }
}
