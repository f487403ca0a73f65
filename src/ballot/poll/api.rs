//! Polls and questions for organisers' programs: `/api/v1`. A program runs those of the meetings that its own account made; other
//! meetings are not there for it. Nobody answers through it.

mod questions;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, ServiceConfig, resource};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::compose::{self, Draft, Verb, perform};
use super::lookup::{self, Bar};
use super::model::{State, poll};
use super::refusal::PollRefusal;
use super::{NO_VOTE, Polls};
use crate::base::clock::Instant;
use crate::meeting::attendance::address;
use crate::people::staff::Role;
use crate::web::{Call, Done, Error, Nothing, Organiser, Sent, StaffUser};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/meetings/{id}/polls").get(list).post(create))
        .service(resource("/api/v1/meetings/{id}/polls/{poll}").get(one).put(edit))
        .service(resource("/api/v1/meetings/{id}/polls/{poll}/{verb}").post(act))
        .service(resource("/api/v1/meetings/{id}/questions").get(questions::list))
        .service(
            resource("/api/v1/meetings/{id}/questions/settings").get(questions::settings).put(questions::set),
        )
        .service(resource("/api/v1/meetings/{id}/questions/{question}/{verb}").post(questions::act));
}

/// Whether `user` holds this meeting; one of another account is not there.
async fn own(polls: &Polls, user: &StaffUser, meeting: Uuid) -> Result<(), PollRefusal> {
    let meeting = address::of_id(&polls.base, meeting).await?.ok_or(PollRefusal::NoMeeting)?;
    let holds = user.role >= Role::Admin || user.role >= Role::Organiser && meeting.created_by == user.id;
    if holds { Ok(()) } else { Err(PollRefusal::NoMeeting) }
}

/// A list in one page: a meeting has few.
#[derive(Serialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A poll; never who chose what.
#[derive(Serialize)]
struct PollJson {
    id: Uuid,
    number: i32,
    state: State,
    question: String,
    multiple: bool,
    named: bool,
    /// In order, with their counts.
    options: Vec<Bar>,
    answered: i64,
    opened_at: Option<Instant>,
    closed_at: Option<Instant>,
    /// When it was first put on the screen.
    shown_at: Option<Instant>,
    made_by: String,
    notice: &'static str,
}

impl PollJson {
    fn of(poll: poll::Model, counts: &[i64]) -> Result<PollJson, PollRefusal> {
        Ok(PollJson {
            id: poll.id,
            number: poll.number,
            state: poll.state(),
            options: lookup::bars(&poll.labels()?, counts, poll.answered),
            question: poll.question,
            multiple: poll.multiple,
            named: poll.named,
            answered: poll.answered,
            opened_at: poll.opened_at,
            closed_at: poll.closed_at,
            shown_at: poll.shown_at,
            made_by: poll.made_by,
            notice: NO_VOTE,
        })
    }

    async fn read(polls: &Polls, poll: poll::Model) -> Result<PollJson, PollRefusal> {
        let counts = lookup::counts_of(&polls.base, &poll).await?;
        PollJson::of(poll, &counts)
    }
}

#[derive(Deserialize)]
struct DraftBody {
    question: String,
    options: Vec<String>,
    #[serde(default)]
    multiple: bool,
    #[serde(default)]
    named: bool,
}

impl From<DraftBody> for Draft {
    fn from(body: DraftBody) -> Draft {
        let DraftBody { question, options, multiple, named } = body;
        Draft { question, options, multiple, named }
    }
}

async fn list(polls: Data<Polls>, user: StaffUser, id: Path<Uuid>) -> Result<Json<Items<PollJson>>, Error> {
    own(&polls, &user, *id).await?;
    let rows = lookup::list(polls.base.db.read(), *id).await?;
    let mut counts = lookup::counts(polls.base.db.read(), &rows).await?;
    let shaped = rows.into_iter().map(|row| {
        let counts = counts.remove(&row.id).unwrap_or_default();
        PollJson::of(row, &counts)
    });
    let items: Result<Vec<_>, _> = shaped.collect();
    Ok(Json(Items { items: items?, next: None }))
}

async fn one(polls: Data<Polls>, user: StaffUser, path: Path<(Uuid, Uuid)>) -> Result<Json<PollJson>, Error> {
    own(&polls, &user, path.0).await?;
    let poll = lookup::find(&polls.base, path.0, path.1).await?;
    Ok(Json(PollJson::read(&polls, poll).await?))
}

async fn create(
    polls: Data<Polls>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<DraftBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        own(&polls, &user, *id).await?;
        let made = compose::create(&polls.base, *id, op, body.value.into(), &user.username).await?;
        Ok(Done::created(&PollJson::read(&polls, made).await?))
    })
    .await
}

async fn edit(
    polls: Data<Polls>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<DraftBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        own(&polls, &user, path.0).await?;
        let saved = compose::edit(&polls.base, path.0, path.1, body.value.into(), &user.username).await?;
        Ok(Done::ok(&PollJson::read(&polls, saved).await?))
    })
    .await
}

async fn act(
    polls: Data<Polls>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid, String)>,
    body: Sent<Nothing>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id, verb) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        let verb = Verb::parse(&verb).ok_or_else(|| Error::new("not_found"))?;
        own(&polls, &user, meeting).await?;
        let row = perform(&polls.base, meeting, id, verb, &user.username).await?;
        Ok(Done::ok(&PollJson::read(&polls, row).await?))
    })
    .await
}
