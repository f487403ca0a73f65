//! 帮同事签到: the page for a colleague whose phone is flat or at home.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Deserialize;

use super::{CHECK_INS, CheckInForm, find, held_ticket, op_id, page_of};
use crate::base::error::describe;
use crate::meeting::checkin::{Outcome, Refusal};
use crate::meeting::enrol::{EnrolError, FieldError, Form};
use crate::meeting::model::{CodeKind, meeting};
use crate::meeting::venue_code::Ticket;
use crate::meeting::{Meetings, helper, history, views};
use crate::people::model::person;
use crate::people::person as persons;
use crate::web::{Attendee, Error, Layout, Page, Posted, see_other};

/// What was just done for whom, by position: addresses hold no names.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    n: Option<u64>,
    again: Option<u8>,
}

impl After {
    fn said(&self) -> Option<String> {
        let n = self.n?;
        Some(match self.again {
            Some(_) => format!("这位同事已经签过到，第 {n} 位，没有重复记录。"),
            None => format!("已为同事签到，第 {n} 位。"),
        })
    }
}

pub async fn show(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    after: Query<After>,
    attendee: Attendee,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    if here(&meetings, &meeting, &attendee).await?.is_none() {
        return Ok(see_other(&page_of(&meeting)));
    }
    let notice = stale(&meeting, held_ticket(&request, &meetings, &meeting).as_ref());
    let notice = notice.map(|refusal| describe(&refusal).1);
    let now = meetings.base.clock.now();
    let view = views::colleague(page, &meeting, now, after.said(), notice, Form::default(), &[]);
    Ok(Page::of(view).respond_to(&request))
}

pub async fn sign_in(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    attendee: Attendee,
    page: Layout,
    form: Posted<CheckInForm>,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    CHECK_INS.check(&meetings.base, &attendee.follower_id.to_string()).await?;
    let Some(helper) = here(&meetings, &meeting, &attendee).await? else {
        return Ok(see_other(&page_of(&meeting)));
    };
    let place = meeting.venue().map(|venue| venue.place(&form.0.place));
    let op = op_id(&form.0.op, attendee.follower_id);
    let form = Form { unit: form.0.unit, name: form.0.name, phone: form.0.phone };
    let ticket = held_ticket(&request, &meetings, &meeting);
    let done = helper::sign_in(&meetings, &meeting, &helper, &form, ticket.as_ref(), place, op).await;
    let (status, notice, mistakes): (_, _, Vec<FieldError>) = match done {
        Ok(done) => {
            let again = if done.outcome == Outcome::Already { "&again=1" } else { "" };
            return Ok(see_other(&format!("{}/help?n={}{again}", page_of(&meeting), done.position)));
        }
        Err(EnrolError::Form(mistakes)) => (StatusCode::UNPROCESSABLE_ENTITY, None, mistakes),
        Err(EnrolError::Refused(refusal)) => {
            let (status, text) = describe(&refusal);
            (StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT), Some(text), Vec::new())
        }
    };
    let now = meetings.base.clock.now();
    let view = views::colleague(page, &meeting, now, None, notice, form, &mistakes);
    let mut answer = Page::of(view).respond_to(&request);
    *answer.status_mut() = status;
    Ok(answer)
}

/// The person behind the phone, if they are signed in and may help others now.
async fn here(
    meetings: &Meetings,
    meeting: &meeting::Model,
    attendee: &Attendee,
) -> Result<Option<person::Model>, Error> {
    let base = &meetings.base;
    if !helper::allowed(meeting, base.clock.now()) {
        return Ok(None);
    }
    let Some(person) = persons::of_follower(base.db.read(), attendee.follower_id).await? else {
        return Ok(None);
    };
    let there = history::standing(base, meeting.id, person.id).await?;
    Ok(there.map(|_| person))
}

/// A code that rotates must have been scanned lately, for colleagues as for oneself.
fn stale(meeting: &meeting::Model, ticket: Option<&Ticket>) -> Option<Refusal> {
    (meeting.code_kind() == CodeKind::Rotating && ticket.is_none()).then_some(Refusal::CodeExpired)
}
