//! Questions from the hall for organisers' programs. Nobody asks or joins one through it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Items, own};
use crate::ballot::poll::model::{QuestionState, poll_question};
use crate::ballot::poll::moderate::{self, Decision, Settings, decide};
use crate::ballot::poll::{Polls, questions};
use crate::base::clock::Instant;
use crate::web::{Call, Done, Error, Nothing, Organiser, Sent, StaffUser};

/// A question; who asked it is the organisers' to know.
#[derive(Serialize)]
struct QuestionJson {
    id: Uuid,
    state: QuestionState,
    text: String,
    name: String,
    unit: String,
    /// Others see no name.
    unnamed: bool,
    upvotes: i64,
    asked_at: Instant,
    decided_at: Option<Instant>,
    decided_by: Option<String>,
}

impl QuestionJson {
    fn of(row: poll_question::Model) -> QuestionJson {
        QuestionJson {
            id: row.id,
            state: row.state(),
            text: row.text,
            name: row.name,
            unit: row.unit,
            unnamed: row.unnamed,
            upvotes: row.upvotes,
            asked_at: row.asked_at,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Only those in this state.
    state: Option<QuestionState>,
}

pub async fn list(
    polls: Data<Polls>,
    user: StaffUser,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Error> {
    own(&polls, &user, *id).await?;
    let rows = questions::list(polls.base.db.read(), *id).await?;
    let fits = |row: &poll_question::Model| wanted.state.is_none_or(|state| row.state() == state);
    let items = rows.into_iter().filter(fits).map(QuestionJson::of).collect::<Vec<_>>();
    Ok(HttpResponse::Ok().json(Items { items, next: None }))
}

#[derive(Serialize, Deserialize)]
pub struct SettingsJson {
    asking: bool,
    moderated: bool,
}

pub async fn settings(
    polls: Data<Polls>,
    user: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<SettingsJson>, Error> {
    own(&polls, &user, *id).await?;
    let Settings { asking, moderated } = moderate::settings(&polls.base, *id).await?;
    Ok(Json(SettingsJson { asking, moderated }))
}

pub async fn set(
    polls: Data<Polls>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<SettingsJson>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        own(&polls, &user, *id).await?;
        let SettingsJson { asking, moderated } = body.value;
        moderate::set(&polls.base, *id, Settings { asking, moderated }, &user.username).await?;
        Ok(Done::ok(&SettingsJson { asking, moderated }))
    })
    .await
}

pub async fn act(
    polls: Data<Polls>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid, String)>,
    body: Sent<Nothing>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id, word) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        let decision = Decision::parse(&word).ok_or_else(|| Error::new("not_found"))?;
        own(&polls, &user, meeting).await?;
        let row = decide(&polls.base, meeting, id, decision, &user.username).await?;
        Ok(Done::ok(&QuestionJson::of(row)))
    })
    .await
}
