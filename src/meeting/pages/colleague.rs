//! 帮同事签到: the page for a colleague whose phone is flat or at home.

use actix_web::http::StatusCode;
use actix_web::web::Query;
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;

use super::visitor::{Said, Visitor};
use super::{CHECK_INS, CheckInForm, op_id, page_of};
use crate::meeting::checkin::{Outcome, Refusal};
use crate::meeting::model::CodeKind;
use crate::meeting::{helper, history, views};
use crate::people::model::person;
use crate::people::person as persons;
use crate::web::{Error, Page, Posted, see_other};

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

pub async fn show(visitor: Visitor, after: Query<After>) -> Result<HttpResponse, Error> {
    if here(&visitor).await?.is_none() {
        return Ok(visitor.home());
    }
    let said = stale(&visitor).map_or_else(Said::default, Said::no);
    let mut answer = draw(visitor, after.said(), said);
    *answer.status_mut() = StatusCode::OK;
    Ok(answer)
}

pub async fn sign_in(visitor: Visitor, form: Posted<CheckInForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    visitor.tries(&CHECK_INS).await?;
    let Some(helper) = here(&visitor).await? else { return Ok(visitor.home()) };
    let Visitor { meetings, meeting, follower, ticket, .. } = &visitor;
    let op = op_id(&form.op, *follower);
    let place = visitor.place(&form.place);
    match helper::sign_in(meetings, meeting, &helper, &form.who, ticket.as_ref(), place, op).await {
        Ok(done) => {
            let again = if done.outcome == Outcome::Already { "&again=1" } else { "" };
            Ok(see_other(&format!("{}/help?n={}{again}", page_of(meeting), done.position)))
        }
        Err(error) => Ok(draw(visitor, None, Said::of(error, form.who))),
    }
}

/// `done`: what was just done; `said`: what came of the form.
fn draw(visitor: Visitor, done: Option<String>, said: Said) -> HttpResponse {
    let (now, status, notice) = (visitor.now(), said.status(), said.notice());
    let view = views::colleague(visitor.page, &visitor.meeting, now, done, notice, said.form, &said.mistakes);
    let mut answer = Page::of(view).respond_to(&visitor.request);
    *answer.status_mut() = status;
    answer
}

/// The person behind the phone, if they are signed in and may help others now.
async fn here(visitor: &Visitor) -> Result<Option<person::Model>, Error> {
    let base = &visitor.meetings.base;
    if !helper::allowed(&visitor.meeting, visitor.now()) {
        return Ok(None);
    }
    let Some(person) = persons::of_follower(base.db.read(), visitor.follower).await? else {
        return Ok(None);
    };
    let there = history::standing(base, visitor.meeting.id, person.id).await?;
    Ok(there.map(|_| person))
}

/// A code that rotates must have been scanned lately, for colleagues as for oneself.
fn stale(visitor: &Visitor) -> Option<Refusal> {
    let rotating = visitor.meeting.code_kind() == CodeKind::Rotating;
    (rotating && visitor.ticket.is_none()).then_some(Refusal::CodeExpired)
}
