//! One round as its chair runs it: the page, its live figures, and the buttons.

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::StreamExt;
use serde::Serialize;
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

use super::view::{face, view};
use super::{After, Fields, here, page_of};
use crate::ballot::acts::{Verb, With, perform};
use crate::ballot::board::View;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::{Ballots, round};
use crate::base::error::describe;
use crate::meeting::desk::Head;
use crate::web::{Context, Error, Event, Layout, Organiser, Page, Posted, StaffUser, see_other, stream};

pub async fn show(
    ballots: Data<Ballots>,
    _user: StaffUser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let round = round::in_meeting(&ballots.base, head.id, path.1).await?;
    Ok(Page::of(view(&ballots.base, round, here(head, &after), page, None).await?))
}

/// Event `ballot`, a whole picture of the meeting's votes each.
pub async fn watch(
    context: Context,
    ballots: Data<Ballots>,
    _user: StaffUser,
    head: Head,
) -> Result<HttpResponse, Error> {
    let face = face(&head);
    let events = WatchStream::new(ballots.live.watch(head.id)).filter_map(move |board| {
        let event = board.map(|board| Event::new("ballot", &board.seen_by(face)));
        let told = event.and_then(|event| {
            event.inspect_err(|error| tracing::error!(%error, "votes cannot be told")).ok()
        });
        std::future::ready(told)
    });
    stream(&context, events)
}

#[derive(Serialize)]
pub struct Look {
    now: i64,
    ballot: View,
}

/// The same for a network that swallows streams.
pub async fn look(ballots: Data<Ballots>, _user: StaffUser, head: Head) -> Result<Json<Look>, Error> {
    let board = ballots.live.current(head.id).await.ok_or_else(|| Error::new("unavailable"))?;
    let ballot = board.seen_by(face(&head));
    Ok(Json(Look { now: ballots.base.clock.now().timestamp_millis(), ballot }))
}

/// Does what the button says; what is refused is said on the page, and nothing is changed.
pub async fn act(
    request: HttpRequest,
    ballots: Data<Ballots>,
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid, String)>,
    page: Layout,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let base = &ballots.base;
    let verb = Verb::parse(&path.2).ok_or_else(|| Error::new("not_found"))?;
    let round = round::in_meeting(base, head.id, path.1).await?;
    let fields = Fields(form.0);
    let with = With {
        reason: fields.text("reason").to_string(),
        people: fields.all("person").filter_map(|id| id.parse().ok()).collect(),
        yes: fields.ticked("yes").then(|| fields.text("yes") == "yes"),
    };
    match perform(base, round.id, verb, &with, &user.0.username).await {
        Ok(led) => Ok(see_other(&format!("{}?done={}", page_of(head.id, led.id), verb.word()))),
        Err(
            refusal @ (BallotRefusal::RetryLater(_) | BallotRefusal::CountBroken | BallotRefusal::NoRound),
        ) => Err(refusal.into()),
        Err(refusal) => {
            let round = round::in_meeting(base, head.id, round.id).await?;
            let problem = Some(describe(&refusal).1);
            let view = view(base, round, here(head, &After::default()), page, problem).await?;
            Ok(Page::refused(view).respond_to(&request))
        }
    }
}
