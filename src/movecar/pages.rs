//! Car-moving on the phone: asking (`/car`), watching (`/car/{number}`), and what owners open (`/car/o/{token}`).

mod owner;
mod place;
mod views;

use std::time::Duration;

use actix_web::web::{Data, Json, Path, Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::{Deserialize, Serialize};

use super::draft::{Draft, DraftError};
use super::driver::{self, Act};
use super::model::Reason;
use super::plate::{self, Plate, Verdict};
use super::{Movecar, appeal, view};
use crate::base::error::{Coded, describe};
use crate::base::geo;
use crate::web::{Attendee, Context, Error, Layout, Limit, Page, Posted, Upload, see_other};
use views::{FormPage, Words};

/// Forms that one person may send in ten minutes.
const TRIES: Limit = Limit { name: "car", times: 20, per: Duration::from_secs(600) };

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/car").get(show).post(send))
        .service(resource("/car/confirm").post(confirm).get(back))
        .service(resource("/car/pick").get(place::pick))
        .service(resource("/car/picked").get(place::picked))
        .service(resource("/car/mine").get(mine))
        .service(resource("/car/appeal").get(appeal_form).post(appeal))
        .service(resource("/car/o/{token}").get(owner::show).post(owner::answer))
        .service(resource("/car/o/{token}/calls").post(owner::calls).get(owner::back))
        .service(resource("/car/{number}").get(progress))
        .service(resource("/car/{number}/status").get(status))
        .service(resource("/car/{number}/act").post(act).get(to_progress));
}

async fn show(car: Data<Movecar>, attendee: Attendee, page: Layout) -> Result<impl Responder, Error> {
    let draft = Draft::of(&car.base, attendee.follower_id).await;
    let words = Words::of(&draft);
    Ok(Page::of(FormPage::new(page, words, &draft, &car.settings, None)))
}

/// The form: text fields, one picture, and where the phone is.
async fn send(
    request: HttpRequest,
    car: Data<Movecar>,
    context: Context,
    attendee: Attendee,
    page: Layout,
    upload: Upload,
) -> Result<HttpResponse, Error> {
    let (base, follower) = (&car.base, attendee.follower_id);
    TRIES.check(base, &follower.to_string()).await?;
    let field = |name: &str| upload.fields.get(name).map_or("", String::as_str).trim().to_string();
    let words = Words {
        plate: field("plate"),
        second: field("second"),
        reason: Reason::parse(&field("reason")).unwrap_or(Reason::Blocking),
        area: car
            .settings
            .map
            .streets
            .iter()
            .find(|area| **area == field("area"))
            .cloned()
            .unwrap_or_default(),
        place: field("where"),
        sure: !field("sure").is_empty(),
    };
    let mut draft = Draft::of(base, follower).await;
    draft.talking = false;
    draft.reason = Some(words.reason);
    draft.sure = words.sure;
    draft.place = place::whole(&words.area, &words.place).chars().take(super::submit::PLACE + 1).collect();
    if let Some(said) = geo::said(&field("place")) {
        draft.spot = Some((said.at.0, said.at.1, said.exact));
    }
    let mut wrong = None;
    if let Some(file) = upload.file
        && let Err(error) = draft.take_photo(base, follower, file.bytes).await
    {
        wrong = Some(describe(&error).1);
    }
    draft.plates = Vec::new();
    let mut asks = Vec::new();
    for text in [&words.plate, &words.second].into_iter().filter(|text| !text.is_empty()) {
        let read = plate::read(text);
        match (read.verdict, read.plate) {
            (Verdict::Valid, Some(plate)) => draft.plates.push(plate.reveal().to_string()),
            (Verdict::Confirm, Some(plate)) => {
                asks.extend(read.why.map(|why| why.zh()));
                draft.plates.push(plate.reveal().to_string());
            }
            _ => wrong = Some(read.why.map_or("", |why| why.zh()).to_string()),
        }
    }
    draft.keep(base, follower).await?;
    // On the way to the map: nothing is asked for yet.
    if !field("keep").is_empty() {
        return Ok(HttpResponse::NoContent().finish());
    }
    if let Some(wrong) = wrong {
        return Ok(again(&request, &car, page, words, &draft, wrong));
    }
    if draft.cars().iter().any(Plate::asks_colour) {
        asks.push(views::COLOUR);
    }
    if let Some(why) = asks.first() {
        let shown = views::ConfirmPage::new(page, &draft, why, None);
        return Ok(Page::of(shown).respond_to(&request));
    }
    file(&request, &car, &context, &attendee, page, &draft, words).await
}

/// What colours were said of the plates that may be another's.
#[derive(Deserialize)]
struct Confirmed {
    colour: Option<String>,
    second_colour: Option<String>,
}

/// The plate that was shown large is the one.
async fn confirm(
    request: HttpRequest,
    car: Data<Movecar>,
    context: Context,
    attendee: Attendee,
    page: Layout,
    form: Posted<Confirmed>,
) -> Result<HttpResponse, Error> {
    let draft = Draft::of(&car.base, attendee.follower_id).await;
    if draft.plates.is_empty() {
        return Err(DraftError::Over.into());
    }
    let words = Words::of(&draft);
    for (plate, colour) in draft.cars().iter().zip([form.0.colour, form.0.second_colour]) {
        match colour.as_deref() {
            _ if !plate.asks_colour() => {}
            Some("green") if plate.is_green() => {}
            Some("blue") if !plate.is_green() => {}
            Some("green" | "blue") => {
                return Ok(again(
                    &request,
                    &car,
                    page,
                    words,
                    &draft,
                    plate::other_colour(plate).to_string(),
                ));
            }
            _ => {
                let shown = views::ConfirmPage::new(page, &draft, views::COLOUR, Some("请选车牌颜色。"));
                return Ok(Page::refused(shown).respond_to(&request));
            }
        }
    }
    file(&request, &car, &context, &attendee, page, &draft, words).await
}

async fn file(
    request: &HttpRequest,
    car: &Movecar,
    context: &Context,
    attendee: &Attendee,
    page: Layout,
    draft: &Draft,
    words: Words,
) -> Result<HttpResponse, Error> {
    let network = context.client.map(|address| car.base.keys.blind("network", &address.to_string()));
    match draft.submit(car, attendee.follower_id, "page", network.unwrap_or_default()).await {
        Ok(submitted) => match submitted.numbers.as_slice() {
            [one] => Ok(see_other(&format!("/car/{one}"))),
            _ => Ok(see_other("/car/mine")),
        },
        Err(error) if error.code() == "unavailable" || error.code() == "internal" => Err(error.into()),
        Err(error) => Ok(again(request, car, page, words, draft, describe(&error).1)),
    }
}

fn again(
    request: &HttpRequest,
    car: &Movecar,
    page: Layout,
    words: Words,
    draft: &Draft,
    wrong: String,
) -> HttpResponse {
    Page::refused(FormPage::new(page, words, draft, &car.settings, Some(wrong))).respond_to(request)
}

async fn back() -> HttpResponse {
    see_other("/car")
}

async fn mine(car: Data<Movecar>, attendee: Attendee, page: Layout) -> Result<impl Responder, Error> {
    let list = view::mine(&car.base, attendee.follower_id).await?;
    Ok(Page::of(views::MinePage::new(page, list, car.base.clock.now())))
}

async fn appeal_form(car: Data<Movecar>, attendee: Attendee, page: Layout) -> Result<impl Responder, Error> {
    let standing = appeal::standing(&car.base, attendee.follower_id).await?;
    Ok(Page::of(views::AppealPage::new(page, standing, None)))
}

#[derive(Deserialize)]
struct Appealed {
    words: String,
}

async fn appeal(
    car: Data<Movecar>,
    attendee: Attendee,
    page: Layout,
    form: Posted<Appealed>,
) -> Result<impl Responder, Error> {
    let outcome = appeal::appeal(&car.base, attendee.follower_id, &form.0.words).await;
    let standing = appeal::standing(&car.base, attendee.follower_id).await?;
    let wrong = outcome.err().map(|error| describe(&error).1);
    Ok(Page::of(views::AppealPage::new(page, standing, wrong)))
}

async fn progress(
    car: Data<Movecar>,
    attendee: Attendee,
    number: Path<String>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let seen = view::progress(&car.base, attendee.follower_id, &number, &car.settings.hotline).await?;
    Ok(Page::of(views::ProgressPage::new(page, seen, &car.settings.hotline)))
}

#[derive(Deserialize)]
struct Seen {
    v: String,
}

/// For the page that waits: whether it still shows what is.
#[derive(Serialize)]
struct Waiting {
    waiting: bool,
    now: i64,
    until: i64,
}

async fn status(
    car: Data<Movecar>,
    attendee: Attendee,
    number: Path<String>,
    seen: Query<Seen>,
) -> Result<Json<Waiting>, Error> {
    let is = view::progress(&car.base, attendee.follower_id, &number, &car.settings.hotline).await?;
    let now = car.base.clock.now().timestamp_millis();
    Ok(Json(Waiting { waiting: is.seal == seen.v, now, until: now }))
}

#[derive(Deserialize)]
struct Acted {
    act: String,
}

async fn act(
    car: Data<Movecar>,
    attendee: Attendee,
    number: Path<String>,
    form: Posted<Acted>,
) -> Result<HttpResponse, Error> {
    let act = Act::parse(&form.0.act).ok_or_else(|| Error::new("bad_request"))?;
    driver::act(&car, attendee.follower_id, &number, act).await?;
    Ok(see_other(&format!("/car/{number}")))
}

async fn to_progress(number: Path<String>) -> HttpResponse {
    see_other(&format!("/car/{number}"))
}
