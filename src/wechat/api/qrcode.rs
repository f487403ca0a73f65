//! QR codes with a scene, which a scan brings back as an event.

use super::Api;
use super::call::{ApiError, Request};
use serde::{Deserialize, Serialize};
use url::Url;

/// The longest life of a temporary code: thirty days, in seconds.
pub const MAX_SECONDS: u32 = 2_592_000;

/// What a code carries. Permanent ones are 100,000 per account, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// 1 to 64 characters, for so many seconds.
    Temporary { scene: String, seconds: u32 },
    /// Any number but 0, for so many seconds.
    TemporaryNumber { scene: u32, seconds: u32 },
    /// 1 to 64 characters.
    Permanent { scene: String },
    /// 1 to 100,000.
    PermanentNumber { scene: u32 },
}

/// A code. `url` is what to draw; `ticket` leads to the platform's own picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QrCode {
    pub ticket: String,
    pub url: String,
    /// The seconds it lives; absent for permanent ones.
    #[serde(default)]
    pub expire_seconds: Option<i64>,
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_seconds: Option<u32>,
    action_name: &'static str,
    action_info: ActionInfo<'a>,
}

#[derive(Serialize)]
struct ActionInfo<'a> {
    scene: SceneValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum SceneValue<'a> {
    SceneId(u32),
    SceneStr(&'a str),
}

impl Api {
    /// Makes a code. A repeat makes another code with the same scene, which harms nothing.
    pub async fn create_qrcode(&self, scene: &Scene) -> Result<QrCode, ApiError> {
        let (action_name, scene, seconds) = match scene {
            Scene::Temporary { scene, seconds } => {
                ("QR_STR_SCENE", SceneValue::SceneStr(scene), Some(*seconds))
            }
            Scene::TemporaryNumber { scene, seconds } => {
                ("QR_SCENE", SceneValue::SceneId(*scene), Some(*seconds))
            }
            Scene::Permanent { scene } => ("QR_LIMIT_STR_SCENE", SceneValue::SceneStr(scene), None),
            Scene::PermanentNumber { scene } => ("QR_LIMIT_SCENE", SceneValue::SceneId(*scene), None),
        };
        // The default life is documented as 30 s and as 60 s, so it is always sent.
        let expire_seconds = seconds.map(|seconds| seconds.clamp(1, MAX_SECONDS));
        let question = Question { expire_seconds, action_name, action_info: ActionInfo { scene } };
        self.call(Request::post("/cgi-bin/qrcode/create", &question)?.repeatable()).await
    }

    /// Where the platform shows the picture of a ticket; needs no token.
    pub fn qrcode_picture(&self, ticket: &str) -> Url {
        let mut url = self.settings().mp_base.clone();
        url.set_path("/cgi-bin/showqrcode");
        url.query_pairs_mut().append_pair("ticket", ticket);
        url
    }
}
