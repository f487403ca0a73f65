//! 互动 at the desk: the polls and questions of a meeting under one of its tabs. Viewers may look, organisers run them.

mod form;
mod list;
mod poll;
mod questions;

use actix_web::web::{ServiceConfig, resource};
use serde::Deserialize;
use uuid::Uuid;

use super::compose::Verb;
use super::model::State;
use super::moderate::Decision;
use super::refusal::PollRefusal;
use crate::meeting::desk::Head;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/meetings/{id}/polls").get(list::show).post(form::create))
        .service(resource("/desk/meetings/{id}/polls/new").get(form::new))
        .service(resource("/desk/meetings/{id}/polls/stream").get(list::watch))
        .service(resource("/desk/meetings/{id}/polls/snapshot").get(list::look))
        .service(resource("/desk/meetings/{id}/polls/{poll}").get(poll::show))
        .service(resource("/desk/meetings/{id}/polls/{poll}/edit").get(form::edit).post(form::save))
        .service(resource("/desk/meetings/{id}/polls/{poll}/{verb}").post(poll::act))
        .service(resource("/desk/meetings/{id}/questions").post(questions::settings))
        .service(resource("/desk/meetings/{id}/questions/{question}/{verb}").post(questions::act));
}

/// What the form just did.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct After {
    done: String,
}

impl After {
    fn words(&self) -> Option<String> {
        let said = match self.done.as_str() {
            "created" => "已新建，核对后点「开始」",
            "saved" => "已保存",
            "settings" => "提问设置已保存",
            word => Verb::parse(word).map(Verb::zh).or_else(|| Decision::parse(word).map(Decision::zh))?,
        };
        Some(said.to_string())
    }
}

/// The head of a meeting's page, at the tab of polls.
fn here(head: Head, after: &After) -> Head {
    Head { tab: "polls", done: after.words(), ..head }
}

fn list_of(meeting: Uuid) -> String {
    format!("/desk/meetings/{meeting}/polls")
}

fn page_of(meeting: Uuid, poll: Uuid) -> String {
    format!("{}/{poll}", list_of(meeting))
}

fn tone(state: State) -> &'static str {
    match state {
        State::Draft => "tag-wait",
        State::Open => "tag-act",
        State::Closed | State::Removed => "",
    }
}

/// `单选 · 匿名`.
fn labels(multiple: bool, named: bool) -> String {
    let how = if multiple { "可多选" } else { "单选" };
    format!("{how} · {}", if named { "实名" } else { "匿名" })
}

/// What is said to the organiser on the page, or what the error page says.
fn told(refusal: PollRefusal) -> Result<String, PollRefusal> {
    match refusal {
        PollRefusal::RetryLater(_)
        | PollRefusal::NoPoll
        | PollRefusal::NoQuestion
        | PollRefusal::NoMeeting => Err(refusal),
        refusal => Ok(crate::base::error::describe(&refusal).1),
    }
}
