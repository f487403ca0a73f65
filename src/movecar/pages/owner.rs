//! What an owner opens from their message: no sign-in, the secret is the address. It shows no more than the message did.

use std::time::Duration;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;
use uuid::Uuid;

use super::views::OwnerPage;
use crate::movecar::Movecar;
use crate::movecar::answer::{self, Heard};
use crate::movecar::model::Reply;
use crate::web::{Context, Error, Layout, Limit, Page, Posted, see_other};

/// Addresses that one network may try in ten minutes: enough for a fleet's office, too few to guess.
const LOOKS: Limit = Limit { name: "car-link", times: 60, per: Duration::from_secs(600) };

async fn may_look(car: &Movecar, context: &Context) -> Result<(), Error> {
    let who = context.client.map(|address| address.to_string()).unwrap_or_default();
    LOOKS.check(&car.base, &who).await
}

pub async fn show(
    car: Data<Movecar>,
    context: Context,
    token: Path<String>,
    page: Layout,
) -> Result<impl Responder, Error> {
    may_look(&car, &context).await?;
    let asked = answer::behind(&car.base, &token).await?;
    Ok(Page::of(OwnerPage::new(page, &token, asked, None, &car.settings.hotline)))
}

#[derive(Deserialize)]
pub struct Answered {
    reply: String,
    case: Option<Uuid>,
}

pub async fn answer(
    car: Data<Movecar>,
    context: Context,
    token: Path<String>,
    page: Layout,
    form: Posted<Answered>,
) -> Result<impl Responder, Error> {
    may_look(&car, &context).await?;
    let reply = Reply::parse(&form.0.reply).ok_or_else(|| Error::new("bad_request"))?;
    let said = match answer::by_link(&car, &token, form.0.case, reply).await? {
        Heard::Taken => "已收到，谢谢。",
        Heard::Over => "已取消，谢谢。",
        Heard::Before => "您已经回复过了。",
    };
    let asked = answer::behind(&car.base, &token).await?;
    Ok(Page::of(OwnerPage::new(page, &token, asked, Some(said), &car.settings.hotline)))
}

#[derive(Deserialize)]
pub struct Calls {
    calls: String,
}

/// Calls are wanted, or not any more.
pub async fn calls(
    car: Data<Movecar>,
    context: Context,
    token: Path<String>,
    form: Posted<Calls>,
) -> Result<HttpResponse, Error> {
    may_look(&car, &context).await?;
    answer::set_calls(&car, &token, form.0.calls == "no").await?;
    Ok(see_other(&format!("/car/o/{token}")))
}

pub async fn back(token: Path<String>) -> HttpResponse {
    see_other(&format!("/car/o/{token}"))
}
