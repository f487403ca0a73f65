//! 移车值班台: what waits, the oldest first, and what the desk does with it.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

use crate::base::clock::{Instant, zh_minute};
use crate::movecar::Movecar;
use crate::movecar::appeal;
use crate::movecar::duty::{self, Row};
use crate::movecar::live::{Picture, QUEUE};
use crate::movecar::model::{DeskResult, Doubt, State, TicketKind, Way};
use crate::people::staff::Role;
use crate::web::{Context, Error, Event, Layout, Organiser, Page, Posted, StaffUser, see_other, stream};

const RESULTS: [DeskResult; 7] = [
    DeskResult::MovedAway,
    DeskResult::Towed,
    DeskResult::Fined,
    DeskResult::Gone,
    DeskResult::Unfounded,
    DeskResult::Abuse,
    DeskResult::Refused,
];

#[derive(Template)]
#[template(path = "movecar/desk_queue.html")]
struct QueuePage {
    page: Layout,
    version: i64,
    cases: Vec<Case>,
    tickets: Vec<TicketRow>,
    /// Who, how often, why they think otherwise, since when.
    appeals: Vec<(String, i32, String, String)>,
    results: Vec<(&'static str, &'static str)>,
    may_change: bool,
    done: Option<&'static str>,
    revealed: Option<(String, String)>,
    waiting: usize,
    /// How long the oldest of them has waited.
    oldest: Option<String>,
}

struct Case {
    id: String,
    plate: String,
    numbers: String,
    state: &'static str,
    tone: &'static str,
    doubt: Option<&'static str>,
    age: String,
    at: String,
    place: String,
    spot: String,
    reason: &'static str,
    urgent: bool,
    /// What was tried so far.
    ways: String,
    reply: Option<String>,
    clone: bool,
    taken_by: Option<String>,
    has_photo: bool,
}

struct TicketRow {
    id: String,
    kind: &'static str,
    plate: String,
    at: String,
    /// An owner who says that the car was sold needs a yes or a no.
    asks: bool,
}

/// What the form just did, as the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
}

pub async fn show(
    car: Data<Movecar>,
    user: StaffUser,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    draw(&car, &user, &after.done, None, page).await
}

async fn draw(
    car: &Movecar,
    user: &StaffUser,
    done: &str,
    revealed: Option<(String, String)>,
    page: Layout,
) -> Result<Page<QueuePage>, Error> {
    let base = &car.base;
    let now = base.clock.now();
    // Before the rows, so that the page is never newer than it says.
    let version = car.live.current(QUEUE).await.ok_or_else(|| Error::new("unavailable"))?.version;
    let rows = duty::queue(base).await?;
    let waits: Vec<Instant> =
        rows.iter().filter(|row| duty::for_people(&row.case)).map(|row| row.case.created_at).collect();
    let tickets = duty::tickets(base).await?;
    let appeals = appeal::waiting(base).await?;
    let ticket = |one: duty::Ticket| TicketRow {
        id: one.ticket.id.to_string(),
        kind: TicketKind::parse(&one.ticket.kind).map_or("", TicketKind::zh),
        asks: one.ticket.kind == TicketKind::Sold.word(),
        plate: one.plate,
        at: zh_minute(one.at),
    };
    Ok(Page::of(QueuePage {
        page: page.at("car"),
        version,
        cases: rows.into_iter().map(|row| case(row, now)).collect(),
        tickets: tickets.into_iter().map(ticket).collect(),
        appeals: appeals
            .into_iter()
            .map(|one| (one.follower.to_string(), one.strikes, one.words, zh_minute(one.at)))
            .collect(),
        results: RESULTS.map(|result| (result.word(), result.zh())).to_vec(),
        may_change: user.role >= Role::Organiser,
        done: match done {
            "take" => Some("已接手，进度页会显示「值班人员处理中」。"),
            "release" => Some("已放行，系统正在通知车主。"),
            "close" => Some("已办结。"),
            "appeal" => Some("申诉已处理。"),
            "ticket" => Some("工单已处理。"),
            _ => None,
        },
        revealed,
        waiting: waits.len(),
        oldest: waits.into_iter().min().map(|since| age(since, now)),
    }))
}

fn age(since: Instant, now: Instant) -> String {
    match (now - since).num_minutes() {
        minutes if minutes < 1 => "不到 1 分钟".to_string(),
        minutes if minutes < 60 => format!("{minutes} 分钟"),
        minutes => format!("{} 小时 {} 分钟", minutes / 60, minutes % 60),
    }
}

fn case(row: Row, now: Instant) -> Case {
    let Row { case, numbers, messages, has_photo } = row;
    let state = case.state();
    let medium = |word: &str| if word == "sms" { "短信" } else { "电话" };
    let way = |one: &crate::movecar::model::car_message::Model| {
        format!("{}：{}", medium(&one.medium), Way::parse(&one.state).map_or("", Way::zh))
    };
    Case {
        id: case.id.to_string(),
        plate: case.plate_masked.clone(),
        numbers: numbers.join("、"),
        // In its person's words it is being dealt with; here somebody must still take it.
        state: if state == State::Desk && case.taken_by.is_none() { "待接手" } else { state.zh() },
        tone: match state {
            State::Desk | State::Undeliverable | State::DeskOffer => "tag-bad",
            State::Replied => "tag-good",
            _ => "tag-wait",
        },
        doubt: case.held.as_deref().and_then(Doubt::parse).map(Doubt::zh),
        age: age(case.created_at, now),
        at: zh_minute(case.created_at),
        place: case.place.clone(),
        spot: case.spot().map(|(lat, lng)| format!("{lat:.5}, {lng:.5}")).unwrap_or_default(),
        reason: case.reason().zh(),
        urgent: case.urgent,
        ways: match messages.as_slice() {
            [] if state == State::DeskOffer => "没有可以联系的车主电话".to_string(),
            [] => "还没有联系".to_string(),
            all => all.iter().map(way).collect::<Vec<_>>().join("；"),
        },
        reply: case.reply().map(|reply| {
            let eta = case.eta_at.map(|eta| format!("（{} 前）", zh_minute(eta))).unwrap_or_default();
            format!("车主：{}{eta}", reply.zh())
        }),
        clone: case.clone,
        taken_by: case.taken_by,
        has_photo,
    }
}

#[derive(Serialize)]
pub struct Seen {
    version: i64,
}

/// Event `car`: something happened.
pub async fn watch(context: Context, car: Data<Movecar>, _user: StaffUser) -> Result<HttpResponse, Error> {
    let told = |picture: Option<Arc<Picture>>| {
        let event = Event::new("car", &Seen { version: picture?.version });
        event.inspect_err(|error| tracing::error!(%error, "a change of the queue cannot be told")).ok()
    };
    let pictures = WatchStream::new(car.live.watch(QUEUE));
    stream(&context, pictures.filter_map(move |picture| std::future::ready(told(picture))))
}

#[derive(Serialize)]
pub struct Look {
    now: i64,
    car: Seen,
}

/// The same for a network that swallows streams.
pub async fn look(car: Data<Movecar>, _user: StaffUser) -> Result<Json<Look>, Error> {
    let version = car.live.current(QUEUE).await.ok_or_else(|| Error::new("unavailable"))?.version;
    Ok(Json(Look { now: car.base.clock.now().timestamp_millis(), car: Seen { version } }))
}

#[derive(Deserialize)]
pub struct Act {
    act: String,
    #[serde(default)]
    result: String,
}

pub async fn act(
    car: Data<Movecar>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<Act>,
) -> Result<HttpResponse, Error> {
    let staff = user.0.username.as_str();
    let done = match form.0.act.as_str() {
        "take" => duty::take(&car.base, *id, staff).await.map(|()| "take")?,
        "release" => duty::release(&car.base, *id, staff).await.map(|()| "release")?,
        "close" => {
            let result = DeskResult::parse(&form.0.result).ok_or_else(|| Error::new("bad_request"))?;
            duty::close(&car, *id, result, staff).await.map(|()| "close")?
        }
        _ => return Err(Error::new("bad_request")),
    };
    Ok(see_other(&format!("/desk/car?done={done}")))
}

pub async fn plate(
    car: Data<Movecar>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
    _form: Posted<crate::web::Nothing>,
) -> Result<impl Responder, Error> {
    let plate = duty::reveal(&car.base, *id, &user.0.username).await?;
    draw(&car, &user.0, "", Some((id.to_string(), plate)), page).await
}

pub async fn back() -> HttpResponse {
    see_other("/desk/car")
}

pub async fn photo(car: Data<Movecar>, user: Organiser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    let bytes = duty::picture(&car.base, *id, &user.0.username).await?;
    Ok(HttpResponse::Ok().content_type("image/jpeg").body(bytes))
}

pub async fn appeal(
    car: Data<Movecar>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<TicketDone>,
) -> Result<HttpResponse, Error> {
    appeal::decide(&car.base, *id, form.0.answer == "lift", &user.0.username).await?;
    Ok(see_other("/desk/car?done=appeal"))
}

#[derive(Deserialize)]
pub struct TicketDone {
    answer: String,
}

pub async fn ticket(
    car: Data<Movecar>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<TicketDone>,
) -> Result<HttpResponse, Error> {
    duty::ticket_done(&car.base, *id, form.0.answer != "no", &user.0.username).await?;
    Ok(see_other("/desk/car?done=ticket"))
}
