//! Rounds of a meeting, and what a program may do with them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use uuid::Uuid;

use super::shape::{ActBody, DraftBody, Items, ManualBody, RoundJson, TemplateJson};
use crate::ballot::acts::{Verb, perform};
use crate::ballot::model::{State, ballot_round};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::report::{self, Form};
use crate::ballot::{Ballots, manual as by_hand, prepare as draft, round, template};
use crate::meeting::attendance::presence;
use crate::people::staff::Role;
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

/// Whether `user` may run this round: who prepared it, and administrators.
fn runs(user: &StaffUser, round: &ballot_round::Model) -> bool {
    user.role >= Role::Admin || user.role >= Role::Organiser && round.made_by == user.username
}

/// The round, if `user` runs it; to others it is not there.
async fn own(
    ballots: &Ballots,
    user: &StaffUser,
    (meeting, id): (Uuid, Uuid),
) -> Result<ballot_round::Model, BallotRefusal> {
    let round = round::in_meeting(&ballots.base, meeting, id).await?;
    if runs(user, &round) { Ok(round) } else { Err(BallotRefusal::NoRound) }
}

/// The round, if `user` runs it or everybody may know of it.
async fn known(
    ballots: &Ballots,
    user: &StaffUser,
    (meeting, id): (Uuid, Uuid),
) -> Result<ballot_round::Model, BallotRefusal> {
    let round = round::in_meeting(&ballots.base, meeting, id).await?;
    let open = round.state() == State::Published;
    if open || runs(user, &round) { Ok(round) } else { Err(BallotRefusal::NoRound) }
}

pub async fn templates(ballots: Data<Ballots>, _user: StaffUser) -> Result<Json<Items<TemplateJson>>, Error> {
    let all = template::list(&ballots.base).await?;
    let items: Result<Vec<_>, _> = all.into_iter().map(TemplateJson::of).collect();
    Ok(Json(Items { items: items?, next: None }))
}

pub async fn list(
    ballots: Data<Ballots>,
    user: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<RoundJson>>, Error> {
    let base = &ballots.base;
    presence::version(base.db.read(), *id).await?.ok_or(BallotRefusal::NoMeeting)?;
    let mut items = Vec::new();
    for round in round::of_meeting(base, *id).await? {
        if round.state() == State::Published || runs(&user, &round) {
            items.push(RoundJson::of(round)?);
        }
    }
    Ok(Json(Items { items, next: None }))
}

pub async fn one(
    ballots: Data<Ballots>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<Json<RoundJson>, Error> {
    Ok(Json(RoundJson::of(known(&ballots, &user, path.into_inner()).await?)?))
}

pub async fn prepare(
    ballots: Data<Ballots>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<DraftBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        let made = draft::prepare(&ballots.base, *id, op, body.value.into(), &user.username).await?;
        Ok(Done::created(&RoundJson::of(made)?))
    })
    .await
}

pub async fn edit(
    ballots: Data<Ballots>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<DraftBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let round = own(&ballots, &user, path.into_inner()).await?;
        let saved = draft::edit(&ballots.base, round.id, body.value.into(), &user.username).await?;
        Ok(Done::ok(&RoundJson::of(saved)?))
    })
    .await
}

pub async fn act(
    ballots: Data<Ballots>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid, String)>,
    body: Sent<ActBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id, verb) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        let verb = Verb::parse(&verb).ok_or_else(|| Error::new("not_found"))?;
        let round = own(&ballots, &user, (meeting, id)).await?;
        let led = perform(&ballots.base, round.id, verb, &body.value.into(), &user.username).await?;
        Ok(Done::ok(&RoundJson::of(led)?))
    })
    .await
}

pub async fn manual(
    ballots: Data<Ballots>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<ManualBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let round = own(&ballots, &user, path.into_inner()).await?;
        let counted = by_hand::manual(&ballots.base, round.id, body.value.into(), &user.username).await?;
        Ok(Done::ok(&RoundJson::of(counted)?))
    })
    .await
}

pub async fn docx(
    ballots: Data<Ballots>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    filed(&ballots, &user, path.into_inner(), Form::Docx).await
}

pub async fn pdf(
    ballots: Data<Ballots>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    filed(&ballots, &user, path.into_inner(), Form::Pdf).await
}

async fn filed(
    ballots: &Ballots,
    user: &StaffUser,
    path: (Uuid, Uuid),
    form: Form,
) -> Result<HttpResponse, Error> {
    let round = known(ballots, user, path).await?;
    let file = report::export(&ballots.base, round.meeting_id, round.id, form, &user.username).await?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes))
}
