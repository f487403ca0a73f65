//! 回访：whom to call, the nearest end first.

use actix_web::Responder;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

use super::inbox::span;
use super::officer;
use crate::base::clock::zh_moment;
use crate::cases::Cases;
use crate::cases::callback::{self, Call};
use crate::cases::decide::Refusal;
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "cases/desk_callbacks.html")]
struct CallsPage {
    page: Layout,
    count: u64,
    rows: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    number: String,
    href: String,
    title: String,
    unit: String,
    why: String,
    tries: i32,
    due: String,
    tone: &'static str,
    left: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    page: u64,
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    if !callback::may(&officer) {
        return Err(Refusal::Forbidden.into());
    }
    let at = asked.page.min(10_000);
    let count = callback::count(&cases, &officer).await?;
    let rows = callback::list(&cases, &officer, at).await?;
    let href = |number: u64| format!("/desk/cases/callbacks?page={number}");
    Ok(Page::of(CallsPage {
        page: page.at("case-callbacks"),
        count,
        rows: rows.into_iter().map(|call| line(&cases, call)).collect(),
        newer: (at > 0).then(|| href(at.saturating_sub(1))),
        older: ((at + 1) * callback::PAGE < count).then(|| href(at + 1)),
    }))
}

fn line(cases: &Cases, call: Call) -> Line {
    let (file, now) = (call.row.file, cases.store.clock.now());
    let due = call.clock.due_at;
    let why = match (file.office_score, file.unit_score) {
        (Some(office), Some(unit)) => format!("评价：转办 {office} 分，承办 {unit} 分"),
        _ => "重点件，到期没有评价".to_string(),
    };
    let (tone, left) = match due <= now {
        true => ("tag-bad", format!("超期 {}", span(now - due))),
        false => ("tag-wait", format!("还剩 {}", span(due - now))),
    };
    Line {
        number: file.number(),
        href: format!("/desk/cases/{}", file.public_no),
        title: call.row.title,
        unit: file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string()).unwrap_or_default(),
        why,
        tries: file.call_tries,
        due: zh_moment(due - chrono::TimeDelta::seconds(1), now),
        tone,
        left,
    }
}
