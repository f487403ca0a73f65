//! Web authorization's calls. Their tokens belong to users; a code serves once, so nothing here that spends one
//! is repeated.

use super::Api;
use super::call::{ApiError, Nothing, Request};
use crate::wechat::oauth::{UserProfile, UserToken};
use secrecy::ExposeSecret;

impl Api {
    /// Spends a code. Check [`UserToken::is_snapshot`] before anything else.
    pub async fn exchange_code(&self, code: &str) -> Result<UserToken, ApiError> {
        let settings = self.settings();
        let request = Request::get("/sns/oauth2/access_token")
            .query("appid", &settings.app_id)
            .query("secret", settings.app_secret.expose_secret())
            .query("code", code)
            .query("grant_type", "authorization_code");
        self.call(request.with_secret().once()).await
    }

    /// A new token for a user's refresh token, within thirty days.
    pub async fn refresh_user_token(&self, refresh_token: &str) -> Result<UserToken, ApiError> {
        let request = Request::get("/sns/oauth2/refresh_token")
            .query("appid", &self.settings().app_id)
            .query("grant_type", "refresh_token")
            .query("refresh_token", refresh_token);
        self.call(request.of_user()).await
    }

    /// What a user shows who agreed to it.
    pub async fn user_profile(&self, token: &UserToken) -> Result<UserProfile, ApiError> {
        let request = Request::get("/sns/userinfo")
            .query("access_token", &token.access_token)
            .query("openid", &token.openid)
            .query("lang", "zh_CN");
        self.call(request.of_user()).await
    }

    /// Whether a user's token still works.
    pub async fn check_user_token(&self, token: &UserToken) -> Result<(), ApiError> {
        let request = Request::get("/sns/auth")
            .query("access_token", &token.access_token)
            .query("openid", &token.openid);
        self.call::<Nothing>(request.of_user()).await.map(|_| ())
    }
}
