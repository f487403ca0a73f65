//! Sending one request: the address, the answer's check, bounded retries, and what is told to operators.

use super::Api;
use crate::base::clock::shanghai;
use crate::wechat::errcode::{Reaction, look_up};
use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Tries after the first.
const RETRIES: u32 = 3;
/// One attempt that carries a file.
pub(super) const TRANSFER: Duration = Duration::from_secs(60);
/// The largest answer that is read: a video of 10 MB is the largest the platform serves.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// A call that did not succeed. Never holds a secret: addresses are left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The platform said no. `rid` finds the call in its console for seven days.
    #[error("{path}: {code} {message} ({meaning})")]
    Refused {
        path: &'static str,
        code: i64,
        message: String,
        rid: Option<String>,
        /// In Chinese, for operators.
        meaning: &'static str,
        reaction: Reaction,
    },
    /// No answer, or one of a broken gateway; the call may or may not have had its effect.
    #[error("{path}: no answer: {cause}")]
    Unreachable { path: &'static str, cause: String },
    /// An answer of an unexpected shape.
    #[error("{path}: an answer that cannot be read: {cause}")]
    Unreadable { path: &'static str, cause: String },
}

impl ApiError {
    /// What the caller must do.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Refused { reaction, .. } => *reaction,
            Self::Unreachable { .. } => Reaction::RetryLater,
            Self::Unreadable { .. } => Reaction::Bug,
        }
    }

    /// The platform's code, if it gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Unreachable { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// For operators, in Chinese.
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Refused { meaning, .. } => meaning,
            Self::Unreachable { .. } => "连接不上微信的服务器",
            Self::Unreadable { .. } => "微信返回的内容无法识别",
        }
    }
}

/// Whose credential a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Auth {
    /// The account's access token.
    Account,
    /// The app id and secret, among the call's own parameters.
    Secret,
    /// A user's token, among the call's own parameters.
    User,
}

enum Body<'a> {
    None,
    Json(Vec<u8>),
    File { name: &'a str, content_type: &'a str, bytes: Bytes },
}

/// One call, ready to be sent as often as needed.
pub(super) struct Request<'a> {
    path: &'static str,
    query: Vec<(&'static str, &'a str)>,
    body: Body<'a>,
    auth: Auth,
    /// Whether doing it twice has no other effect than doing it once.
    repeatable: bool,
}

impl<'a> Request<'a> {
    pub fn get(path: &'static str) -> Self {
        Self { path, query: vec![], body: Body::None, auth: Auth::Account, repeatable: true }
    }

    /// A POST of JSON in raw UTF-8, for escapes would show up in menus and messages. Not repeated unless said.
    pub fn post(path: &'static str, body: &impl Serialize) -> Result<Self, ApiError> {
        let json = serde_json::to_vec(body)
            .map_err(|error| ApiError::Unreadable { path, cause: error.to_string() })?;
        Ok(Self { path, query: vec![], body: Body::Json(json), auth: Auth::Account, repeatable: false })
    }

    /// An upload of one file as the form field `media`. It may be repeated: a second copy harms nobody.
    pub fn upload(path: &'static str, name: &'a str, content_type: &'a str, bytes: Bytes) -> Self {
        let body = Body::File { name, content_type, bytes };
        Self { path, query: vec![], body, auth: Auth::Account, repeatable: true }
    }

    pub fn query(mut self, name: &'static str, value: &'a str) -> Self {
        self.query.push((name, value));
        self
    }

    /// For a GET that spends something.
    pub fn once(self) -> Self {
        Self { repeatable: false, ..self }
    }

    pub fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// For a call that names the app and its secret itself.
    pub fn with_secret(self) -> Self {
        Self { auth: Auth::Secret, ..self }
    }

    /// For a call that carries a user's token itself.
    pub fn of_user(self) -> Self {
        Self { auth: Auth::User, ..self }
    }
}

/// An answer without an error code.
pub(super) struct Answer {
    path: &'static str,
    pub content_type: String,
    pub body: Bytes,
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ApiError::Unreadable { path: self.path, cause: error.to_string() })
    }
}

/// What an answer to a call without a result holds.
#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    rid: Option<String>,
}

impl Api {
    pub(super) async fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ApiError> {
        self.send(&request).await?.json()
    }

    /// Sends until it succeeds, or the reaction that the table asks for is used up.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Answer, ApiError> {
        self.check_quota(request.path).await?;
        let mut token = match request.auth {
            Auth::Account => Some(self.access_token().await?),
            Auth::Secret | Auth::User => None,
        };
        let (mut renewed, mut retries) = (false, 0);
        loop {
            let error = match self.attempt(request, token.as_deref()).await {
                Ok(answer) => {
                    count(request.path, 0);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            count(request.path, error.code().unwrap_or(-2));
            match (error.reaction(), &token) {
                (Reaction::RefreshToken, Some(bad)) if !renewed => {
                    renewed = true;
                    token = Some(self.renewed_access_token(bad).await?);
                }
                (Reaction::RetryLater | Reaction::Backoff, _) if request.repeatable && retries < RETRIES => {
                    tokio::time::sleep(self.pause(retries)).await;
                    retries += 1;
                }
                (Reaction::StopUntilMidnight, _) => {
                    self.note_quota(request.path).await;
                    return Err(reported(error));
                }
                _ => return Err(reported(error)),
            }
        }
    }

    /// Twice as long each time, with up to a half on top so that replicas do not march in step.
    fn pause(&self, retries: u32) -> Duration {
        let pause = self.inner.pause * 2u32.pow(retries);
        pause + pause.mul_f64(rand::random::<f64>() / 2.0)
    }

    async fn attempt(&self, request: &Request<'_>, token: Option<&str>) -> Result<Answer, ApiError> {
        let path = request.path;
        // The library's errors print the address, and with it the token.
        let unreachable =
            |error: reqwest::Error| ApiError::Unreachable { path, cause: causes(&error.without_url()) };
        let base = self.inner.settings.api_base.as_str().trim_end_matches('/');
        let url = format!("{base}{path}");
        let mut call = match &request.body {
            Body::None => self.inner.http.get(url),
            Body::Json(json) => {
                self.inner.http.post(url).header(CONTENT_TYPE, "application/json").body(json.clone())
            }
            Body::File { name, content_type, bytes } => {
                let part = Part::stream_with_length(bytes.clone(), bytes.len() as u64)
                    .file_name(name.to_string())
                    .mime_str(content_type)
                    .map_err(unreachable)?;
                self.inner.http.post(url).multipart(Form::new().part("media", part)).timeout(TRANSFER)
            }
        };
        if let Some(token) = token {
            call = call.query(&[("access_token", token)]);
        }
        let mut response = call.query(&request.query).send().await.map_err(unreachable)?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(ApiError::Unreadable { path, cause: "larger than 16 MiB".into() });
            }
            body.extend_from_slice(&chunk);
        }
        // Even errors come with status 200; anything else is a gateway's word.
        if !status.is_success() {
            return Err(ApiError::Unreachable { path, cause: format!("HTTP status {}", status.as_u16()) });
        }
        check(request, &body)?;
        Ok(Answer { path, content_type, body: body.into() })
    }

    /// Refuses without asking while this call's quota of the day is known to be used up.
    async fn check_quota(&self, path: &'static str) -> Result<(), ApiError> {
        let stopped = self.inner.cache.get(&self.key("stopped")).await.unwrap_or_default();
        if stopped.split(|&b| b == b'\n').any(|line| line == path.as_bytes()) {
            return Err(refused(path, 45009, "known to be used up; not asked".into(), None, Auth::Account));
        }
        Ok(())
    }

    async fn note_quota(&self, path: &'static str) {
        let wall = shanghai(self.inner.clock.now()).time();
        let passed = wall.signed_duration_since(chrono::NaiveTime::MIN).to_std().unwrap_or_default();
        let left = Duration::from_secs(24 * 3600).saturating_sub(passed);
        let stopped = self.inner.cache.get(&self.key("stopped")).await.unwrap_or_default();
        let lines = [&stopped[..], path.as_bytes(), b"\n"].concat();
        self.inner.cache.set(&self.key("stopped"), lines, left).await;
    }

    /// After an operator had the quotas reset.
    pub(super) async fn forget_quotas(&self) {
        self.inner.cache.delete(&self.key("stopped")).await;
    }
}

/// Success is a missing or zero `errcode`; files are no JSON and have none.
fn check(request: &Request<'_>, body: &[u8]) -> Result<(), ApiError> {
    if body.first() != Some(&b'{') {
        return Ok(());
    }
    let Ok(verdict) = serde_json::from_slice::<Verdict>(body) else { return Ok(()) };
    if verdict.errcode == 0 {
        return Ok(());
    }
    // Most answers have the rid only at the end of the message.
    let in_message = verdict.errmsg.split_once("rid: ").map(|(_, rid)| rid.trim().to_owned());
    let rid = verdict.rid.or(in_message);
    let error = refused(request.path, verdict.errcode, verdict.errmsg, rid, request.auth);
    if error.reaction() == Reaction::Done { Ok(()) } else { Err(error) }
}

/// The table speaks of calls with the account's token; with another credential the same codes mean that that
/// one is bad.
fn refused(path: &'static str, code: i64, message: String, rid: Option<String>, auth: Auth) -> ApiError {
    let entry = look_up(code);
    let reaction = match (entry.reaction, auth) {
        (Reaction::RefreshToken, Auth::Secret) => Reaction::Stop,
        (Reaction::RefreshToken, Auth::User) => Reaction::RestartOauth,
        (reaction, _) => reaction,
    };
    ApiError::Refused { path, code, message, rid, meaning: entry.meaning, reaction }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn count(path: &'static str, code: i64) {
    metrics::counter!("wechat_api_calls_total", "path" => path, "code" => code.to_string()).increment(1);
}

/// Each failed call is logged once, here.
fn reported(error: ApiError) -> ApiError {
    let (code, reaction, meaning) = (error.code(), error.reaction(), error.meaning());
    let rid = match &error {
        ApiError::Refused { rid, .. } => rid.as_deref(),
        _ => None,
    };
    if reaction == Reaction::Empty {
        tracing::debug!(%error, code, rid, "there is nothing of what was asked for");
    } else if reaction.alerts() {
        tracing::error!(%error, code, rid, ?reaction, meaning, "WeChat refused a call; an operator must look");
    } else {
        tracing::warn!(%error, code, rid, ?reaction, meaning, "WeChat call failed");
    }
    error
}
