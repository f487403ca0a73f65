//! Targets of messages, for administrators.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::shape::Items;
use crate::base::clock::Instant;
use crate::cases::Cases;
use crate::cases::model::{case_delivery, case_hook};
use crate::cases::webhook::hooks;
use crate::web::{Administrator, Error, Sent};

#[derive(Serialize)]
pub(super) struct HookJson {
    id: Uuid,
    username: String,
    url: String,
    types: Vec<String>,
    /// How far in the feed messages were made.
    after: i64,
    made_by: String,
    at: Instant,
}

impl HookJson {
    fn of(hook: case_hook::Model) -> HookJson {
        HookJson {
            id: hook.id,
            types: hook.types.split(',').filter(|word| !word.is_empty()).map(str::to_string).collect(),
            username: hook.username,
            url: hook.url,
            after: hook.after,
            made_by: hook.made_by,
            at: hook.at,
        }
    }
}

#[derive(Serialize)]
pub(super) struct DeliveryJson {
    id: Uuid,
    seq: i64,
    state: String,
    tries: i32,
    next_at: Instant,
    outcome: String,
    at: Instant,
    done_at: Option<Instant>,
}

impl DeliveryJson {
    fn of(row: case_delivery::Model) -> DeliveryJson {
        DeliveryJson {
            id: row.id,
            seq: row.seq,
            state: row.state,
            tries: row.tries,
            next_at: row.next_at,
            outcome: row.outcome,
            at: row.at,
            done_at: row.done_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHook {
    username: String,
    url: String,
    #[serde(default)]
    types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    from: i64,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
}

pub(super) async fn list(cases: Data<Cases>, _user: Administrator) -> Result<Json<Items<HookJson>>, Error> {
    let all = hooks::list(&cases).await?;
    Ok(Json(Items { items: all.into_iter().map(HookJson::of).collect(), next: None }))
}

/// Its secret is in no other answer, so this one is never replayed.
pub(super) async fn add(
    cases: Data<Cases>,
    user: Administrator,
    body: Sent<NewHook>,
) -> Result<HttpResponse, Error> {
    let NewHook { username, url, types } = &body.value;
    let (hook, secret) = hooks::add(&cases, username, url, types, &user.0.username).await?;
    Ok(HttpResponse::Created().json(json!({ "id": hook.id, "secret": secret })))
}

pub(super) async fn remove(
    cases: Data<Cases>,
    user: Administrator,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    hooks::remove(&cases, *id, &user.0.username).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn renew(
    cases: Data<Cases>,
    user: Administrator,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    let secret = hooks::renew(&cases, *id, &user.0.username).await?;
    Ok(HttpResponse::Ok().json(json!({ "id": *id, "secret": secret })))
}

pub(super) async fn replay(
    cases: Data<Cases>,
    user: Administrator,
    id: Path<Uuid>,
    body: Sent<From>,
) -> Result<HttpResponse, Error> {
    let again = hooks::replay(&cases, *id, body.value.from, &user.0.username).await?;
    Ok(HttpResponse::Ok().json(json!({ "again": again })))
}

pub(super) async fn deliveries(
    cases: Data<Cases>,
    _user: Administrator,
    id: Path<Uuid>,
    asked: Query<Asked>,
) -> Result<Json<Items<DeliveryJson>>, Error> {
    if asked.state.as_deref().is_some_and(|state| !["waiting", "delivered", "parked"].contains(&state)) {
        return Err(Error::invalid("state", "state", "应为 waiting、delivered 或 parked。"));
    }
    let rows = hooks::deliveries(&cases, *id, asked.state.as_deref()).await?;
    Ok(Json(Items { items: rows.into_iter().map(DeliveryJson::of).collect(), next: None }))
}
