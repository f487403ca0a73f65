//! 我要离场 and 我回来了.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::visitor::{Said, Visitor};
use super::{CHECK_INS, op_id};
use crate::meeting::checkin::{Step, step_out};
use crate::people::person as persons;
use crate::web::{Error, Posted};

#[derive(Deserialize)]
pub struct StepForm {
    /// `out` or `back`.
    way: String,
    #[serde(default)]
    op: String,
}

/// The owner of the phone steps out, or is back: nobody else can be named.
pub async fn step(visitor: Visitor, form: Posted<StepForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    visitor.tries(&CHECK_INS).await?;
    let Visitor { meetings, meeting, follower, .. } = &visitor;
    let Some(person) = persons::of_follower(meetings.base.db.read(), *follower).await? else {
        return Ok(visitor.home());
    };
    let step = Step {
        meeting: meeting.id,
        person: person.id,
        out: form.way == "out",
        op_id: op_id(&form.op, *follower),
        staff: None,
        reason: None,
    };
    match step_out(&meetings.base, &step).await {
        Ok(_) => Ok(visitor.home()),
        Err(refusal) => visitor.sees(Said::no(refusal)).await,
    }
}
