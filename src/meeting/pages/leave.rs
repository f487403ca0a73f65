//! 请假: asking the organisers for leave, and taking it back.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;

use super::CHECK_INS;
use super::visitor::Visitor;
use crate::base::error::{Coded, describe};
use crate::meeting::enrol::{self, EnrolError, Form};
use crate::meeting::leave::{self, LeaveError};
use crate::meeting::views;
use crate::people::person as persons;
use crate::web::{Error, Nothing, Page, Posted, see_other};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LeaveForm {
    #[serde(flatten)]
    who: Form,
    reason: String,
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, Error> {
    draw(visitor, LeaveForm::default(), None).await
}

pub async fn ask(visitor: Visitor, form: Posted<LeaveForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    visitor.tries(&CHECK_INS).await?;
    let Visitor { meetings, meeting, follower, .. } = &visitor;
    let base = &meetings.base;
    let person = match persons::of_follower(base.db.read(), *follower).await? {
        Some(person) => person.id,
        None => match enrol::introduce(meetings, meeting, *follower, &form.who).await {
            Ok(person) => person,
            Err(error) => return draw(visitor, form, Some(Wrong::Who(error))).await,
        },
    };
    match leave::ask(base, meeting.id, person, &form.reason).await {
        Ok(_) => Ok(see_other(&here(&visitor))),
        Err(error) => draw(visitor, form, Some(Wrong::Leave(error))).await,
    }
}

pub async fn withdraw(visitor: Visitor, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    visitor.tries(&CHECK_INS).await?;
    let Visitor { meetings, meeting, follower, .. } = &visitor;
    let base = &meetings.base;
    if let Some(person) = persons::of_follower(base.db.read(), *follower).await? {
        match leave::withdraw(base, meeting.id, person.id, leave::SELF).await {
            Ok(_) | Err(LeaveError::NotFound) => {}
            Err(error) => return draw(visitor, LeaveForm::default(), Some(Wrong::Leave(error))).await,
        }
    }
    Ok(visitor.home())
}

/// Reloading the answer to a form leads back to the page.
pub async fn back(visitor: Visitor) -> HttpResponse {
    see_other(&here(&visitor))
}

fn here(visitor: &Visitor) -> String {
    format!("/m/{}/leave", visitor.meeting.code)
}

/// Why a form came to nothing.
enum Wrong {
    Who(EnrolError),
    Leave(LeaveError),
}

impl Wrong {
    fn coded(&self) -> &dyn Coded {
        match self {
            Wrong::Who(error) => error,
            Wrong::Leave(error) => error,
        }
    }
}

async fn draw(visitor: Visitor, form: LeaveForm, wrong: Option<Wrong>) -> Result<HttpResponse, Error> {
    let seen = visitor.looks().await?;
    let Visitor { request, meeting, page, meetings, .. } = visitor;
    if wrong.is_none() && seen.leave.is_none() && !seen.may_leave {
        return Ok(see_other(&format!("/m/{}", meeting.code)));
    }
    let (status, notice) = match &wrong {
        None => (StatusCode::OK, None),
        Some(wrong) => {
            let (status, text) = describe(wrong.coded());
            (StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT), Some(text))
        }
    };
    let (notice, mistakes) = match wrong {
        Some(Wrong::Who(EnrolError::Form(mistakes))) => (None, mistakes),
        _ => (notice, Vec::new()),
    };
    let view = views::leave(
        page,
        &meeting,
        &seen,
        notice,
        form.who,
        &mistakes,
        form.reason,
        meetings.base.clock.now(),
    );
    let mut answer = Page::of(view).respond_to(&request);
    *answer.status_mut() = status;
    Ok(answer)
}
