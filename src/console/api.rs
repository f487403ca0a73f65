//! A program signs in with a staff account and shows the token it gets: `/api/v1/login`, `/logout`, `/me`.

use actix_web::HttpResponse;
use actix_web::web::{Json, ServiceConfig, resource};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::login::check;
use crate::base::clock::Instant;
use crate::people::session::{self, Kind};
use crate::web::{Context, Error, StaffUser};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/login").post(login))
        .service(resource("/api/v1/logout").post(logout))
        .service(resource("/api/v1/me").get(me));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct Token {
    token: String,
    expires_at: Instant,
}

async fn login(context: Context, sent: Json<Credentials>) -> Result<Json<Token>, Error> {
    let Credentials { username, password } = sent.into_inner();
    let staff = check(&context, &username, &password).await?;
    let opened = session::open(&context.web.base, Kind::Api, staff.id, &context.user_agent).await?;
    Ok(Json(Token { token: opened.token, expires_at: opened.session.expires_at }))
}

/// Ends the session of the token (or cookie) that was shown.
async fn logout(context: Context, user: StaffUser) -> Result<HttpResponse, Error> {
    session::revoke(&context.web.base, &user.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Serialize)]
struct Me {
    id: Uuid,
    username: String,
    name: String,
    /// `admin`, `organiser` or `viewer`.
    role: &'static str,
}

async fn me(user: StaffUser) -> Json<Me> {
    Json(Me { id: user.id, username: user.username, name: user.name, role: user.role.name() })
}
