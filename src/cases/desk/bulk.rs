//! 批量办理：what came of each case that was ticked in the inbox.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};
use askama::Template;
use uuid::Uuid;

use super::officer;
use crate::base::error::{Coded, describe};
use crate::cases::Cases;
use crate::cases::act::Act;
use crate::cases::bulk::{self, Outcome, Pick};
use crate::cases::decide::Command;
use crate::web::{Context, Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_bulk.html")]
struct BulkPage {
    page: Layout,
    act: &'static str,
    done: usize,
    rows: Vec<Line>,
}

struct Line {
    number: String,
    title: String,
    /// Absent where the case is not theirs.
    href: Option<String>,
    tone: &'static str,
    word: &'static str,
    said: String,
}

pub async fn act(
    cases: Data<Cases>,
    user: StaffUser,
    context: Context,
    form: Posted<Vec<(String, String)>>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let field = |name: &str| {
        form.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim().to_string())
            .unwrap_or_default()
    };
    let wrong = || Error::new("bad_request");
    let act = Act::parse(&field("act")).ok_or_else(wrong)?;
    let press: Uuid = field("op").parse().map_err(|_| wrong())?;
    let picked = form.0.iter().filter(|(key, _)| key == "pick");
    let picks: Option<Vec<Pick>> = picked.map(|(_, value)| Pick::parse(value)).collect();
    let command = Command {
        text: field("text"),
        unit: field("unit"),
        category: field("category"),
        reason: field("reason"),
        ..Command::default()
    };
    let officer = officer(&cases, &user).await?;
    let picks = picks.ok_or_else(wrong)?;
    let outcomes = bulk::run(&cases, &officer, (act, &command), &picks, press, &context.request_id).await?;
    Ok(Page::of(BulkPage {
        page: page.at("cases"),
        act: act.zh(),
        done: outcomes.iter().filter(|outcome| outcome.done.is_ok()).count(),
        rows: outcomes.into_iter().map(line).collect(),
    }))
}

pub async fn back() -> HttpResponse {
    see_other("/desk/cases")
}

fn line(outcome: Outcome) -> Line {
    let (tone, word, said) = match &outcome.done {
        Ok(done) => ("tag-good", "已办", format!("现在是「{}」", done.state.zh())),
        Err(error) => {
            let (tone, word) = match error.code() {
                "case_stale" | "case_state" => ("tag-wait", "已有变动"),
                "unavailable" | "internal" => ("tag-bad", "没有办成"),
                _ => ("tag-bad", "不能办"),
            };
            (tone, word, describe(error).1)
        }
    };
    let number = outcome.pick.public_no;
    Line {
        href: outcome.shown.is_some().then(|| format!("/desk/cases/{number}")),
        title: outcome.shown.as_ref().map(|(_, title)| title.clone()).unwrap_or_default(),
        number: outcome.shown.map_or_else(|| number.to_string(), |(number, _)| number),
        tone,
        word,
        said,
    }
}
