//! A program signs in with a staff account and shows the token it gets: `/api/v1/login`, `/logout`, `/me`.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Json, ServiceConfig, resource};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::people::session::{self, Kind};
use crate::people::staff;
use crate::web::{Context, Error, Limit, Sent, StaffUser};

/// Tries from one address. An account rests by itself after wrong passwords; this bounds the work of hashing.
const TRIES: Limit = Limit { name: "api-login", times: 60, per: Duration::from_secs(60) };

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

async fn login(context: Context, sent: Sent<Credentials>) -> Result<Json<Token>, Error> {
    let base = &context.web.base;
    let from = context.client.map_or_else(String::new, |address| address.to_string());
    TRIES.check(base, &from).await?;
    let Credentials { username, password } = sent.value;
    let staff = staff::log_in(base, &username, &password).await?;
    let opened = session::open(base, Kind::Api, staff.id, &context.user_agent).await?;
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
