//! Other systems, for administrators: which accounts are one, and the key that each is shown once.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};

use super::shape::Items;
use crate::base::clock::Instant;
use crate::cases::Cases;
use crate::cases::partner::{self, Channel};
use crate::web::{Administrator, Error, Sent};

#[derive(Serialize)]
pub(super) struct SystemJson {
    username: String,
    channel: String,
    trusted: bool,
    given_by: String,
    at: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSystem {
    username: String,
    channel: Channel,
    #[serde(default)]
    trusted: bool,
}

pub(super) async fn list(cases: Data<Cases>, _user: Administrator) -> Result<Json<Items<SystemJson>>, Error> {
    let all = partner::list(&cases).await?.into_iter();
    let items = all.map(|one| SystemJson {
        username: one.username,
        channel: one.source,
        trusted: one.trusted,
        given_by: one.given_by,
        at: one.at,
    });
    Ok(Json(Items { items: items.collect(), next: None }))
}

/// Again for the same account: another key, and the old one ends. So an answer is never replayed.
pub(super) async fn admit(
    cases: Data<Cases>,
    user: Administrator,
    body: Sent<NewSystem>,
) -> Result<HttpResponse, Error> {
    let NewSystem { username, channel, trusted } = &body.value;
    let key = partner::admit(&cases, username, *channel, *trusted, &user.0.username).await?;
    Ok(HttpResponse::Created().json(serde_json::json!({ "username": username, "key": key })))
}

pub(super) async fn dismiss(
    cases: Data<Cases>,
    user: Administrator,
    username: Path<String>,
) -> Result<HttpResponse, Error> {
    partner::dismiss(&cases, &username, &user.0.username).await?;
    Ok(HttpResponse::NoContent().finish())
}
