//! Car-moving for programs of the police and their partners: `/api/v1/car`. The same rules as at the desk: whoever may
//! look there may read, organisers deal with cases. Plates are masked; phones are nowhere.

mod shape;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query, ServiceConfig, resource};
use serde::Deserialize;
use uuid::Uuid;

use self::shape::{CaseJson, FiguresJson, Items};
use super::duty::{self, DutyError};
use super::model::{DeskResult, State};
use super::{Movecar, lookup, statistics};
use crate::web::{Call, Done, Error, Nothing, Organiser, Sent, StaffUser};

/// Cases on a page.
const USUAL: u64 = 50;
const MOST: u64 = 300;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/car/cases").get(list))
        .service(resource("/api/v1/car/cases/{id}").get(one))
        .service(resource("/api/v1/car/cases/{id}/take").post(take))
        .service(resource("/api/v1/car/cases/{id}/release").post(release))
        .service(resource("/api/v1/car/cases/{id}/close").post(close))
        .service(resource("/api/v1/car/statistics").get(figures));
}

#[derive(Deserialize)]
struct Asked {
    /// `open` or `all`.
    state: Option<String>,
    limit: Option<u64>,
    /// The id of the case that the page before ended with.
    cursor: Option<String>,
}

async fn list(
    car: Data<Movecar>,
    _user: StaffUser,
    asked: Query<Asked>,
) -> Result<Json<Items<CaseJson>>, Error> {
    let open = match asked.state.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(Error::invalid("state", "state", "应为 open 或 all。")),
    };
    let after = match asked.cursor.as_deref().map(Uuid::parse_str) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(Error::invalid("cursor", "cursor", "应为上一页答复里的 next。")),
    };
    let limit = asked.limit.unwrap_or(USUAL).clamp(1, MOST);
    let mut rows = lookup::page(&car.base, open, after, limit + 1).await?;
    let more = u64::try_from(rows.len()).is_ok_and(|count| count > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| row.case.id.to_string());
    Ok(Json(Items { items: rows.into_iter().map(CaseJson::of).collect(), next }))
}

async fn one(car: Data<Movecar>, _user: StaffUser, id: Path<Uuid>) -> Result<Json<CaseJson>, Error> {
    Ok(Json(CaseJson::of(lookup::one(&car.base, *id).await?)))
}

/// What this account did before under the same key is done: a try may have been cut off after its commit.
async fn unless_done(
    car: &Movecar,
    outcome: Result<(), DutyError>,
    (id, kind, detail, staff): (Uuid, &str, &str, &str),
) -> Result<Done, Error> {
    match outcome {
        Err(DutyError::Late) if lookup::did(&car.base, id, kind, detail, staff).await? => {}
        outcome => outcome?,
    }
    Ok(Done::ok(&CaseJson::of(lookup::one(&car.base, id).await?)))
}

async fn take(
    car: Data<Movecar>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<Nothing>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        lookup::one(&car.base, *id).await?;
        duty::take(&car.base, *id, &user.username).await?;
        Ok(Done::ok(&CaseJson::of(lookup::one(&car.base, *id).await?)))
    })
    .await
}

async fn release(
    car: Data<Movecar>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<Nothing>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        lookup::one(&car.base, *id).await?;
        let outcome = duty::release(&car.base, *id, &user.username).await;
        unless_done(&car, outcome, (*id, "released", "", &user.username)).await
    })
    .await
}

#[derive(Deserialize)]
struct CloseBody {
    result: DeskResult,
}

async fn close(
    car: Data<Movecar>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<CloseBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let result = body.value.result;
    call.once(&user, &body.digest, async |_| {
        lookup::one(&car.base, *id).await?;
        let outcome = duty::close(&car, *id, result, &user.username).await;
        let line = (*id, State::ClosedByDesk.word(), result.word(), user.username.as_str());
        unless_done(&car, outcome, line).await
    })
    .await
}

#[derive(Deserialize)]
struct Month {
    /// `2026-09`; the present one without.
    month: Option<String>,
}

async fn figures(
    car: Data<Movecar>,
    _user: StaffUser,
    asked: Query<Month>,
) -> Result<Json<FiguresJson>, Error> {
    let month = statistics::month(&car.base, asked.month.as_deref())
        .ok_or_else(|| Error::invalid("month", "month", "应为 2026-09 这样的月份。"))?;
    let figures = statistics::of(&car.base, &car.settings.city, month.from, month.to).await?;
    Ok(Json(FiguresJson::of(month.name, figures)))
}
