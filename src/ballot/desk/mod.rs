//! Votes at the desk: the chair's queue under a meeting, one page a round, and the rules. Viewers may look, organisers
//! run rounds, administrators change rules.

mod draft;
mod files;
mod manual;
mod queue;
mod round;
mod rule_form;
mod rulebook;
mod view;

use actix_web::web::{ServiceConfig, resource};
use serde::Deserialize;
use uuid::Uuid;

use super::acts::Verb;
use super::model::State;
use crate::meeting::desk::Head;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/meetings/{id}/ballots").get(queue::show).post(draft::create))
        .service(resource("/desk/meetings/{id}/ballots/new").get(draft::new))
        .service(resource("/desk/meetings/{id}/ballots/stream").get(round::watch))
        .service(resource("/desk/meetings/{id}/ballots/snapshot").get(round::look))
        .service(resource("/desk/meetings/{id}/ballots/{round}").get(round::show))
        .service(resource("/desk/meetings/{id}/ballots/{round}/edit").get(draft::edit).post(draft::save))
        .service(resource("/desk/meetings/{id}/ballots/{round}/manual").get(manual::show).post(manual::enter))
        .service(
            resource("/desk/meetings/{id}/ballots/{round}/scan").get(files::get_scan).post(files::keep_scan),
        )
        .service(resource("/desk/meetings/{id}/ballots/{round}/report.docx").get(files::docx))
        .service(resource("/desk/meetings/{id}/ballots/{round}/report.pdf").get(files::pdf))
        .service(resource("/desk/meetings/{id}/ballots/{round}/reports/{hash}").get(files::kept))
        .service(resource("/desk/meetings/{id}/ballots/{round}/{verb}").post(round::act))
        .service(resource("/desk/ballots").get(rulebook::list))
        .service(resource("/desk/ballots/{key}").get(rulebook::show).post(rulebook::save))
        .service(resource("/desk/ballots/{key}/edit").get(rulebook::edit))
        .service(resource("/desk/ballots/{key}/copy").get(rulebook::copy));
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
            "prepared" => "已新建，核对后定稿",
            "saved" => "已保存",
            "manual" => "人工计票已录入",
            verb => Verb::parse(verb)?.zh(),
        };
        Some(said.to_string())
    }
}

/// The head of a meeting's page, at the tab of votes.
fn here(head: Head, after: &After) -> Head {
    Head { tab: "ballots", done: after.words(), ..head }
}

fn page_of(meeting: Uuid, round: Uuid) -> String {
    format!("/desk/meetings/{meeting}/ballots/{round}")
}

fn tone(state: State) -> &'static str {
    match state {
        State::Draft | State::Withdrawn | State::Void => "",
        State::Ready | State::Closed | State::Confirmed => "tag-wait",
        State::Open => "tag-act",
        State::Published => "tag-good",
    }
}

/// The fields of a form, by their names.
struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first of this name; empty where there is none.
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// A number; `None` where nothing was typed, an error where it is none.
    fn number(&self, name: &str, called: &str) -> Result<Option<i64>, super::refusal::BallotRefusal> {
        let text = self.text(name).trim();
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |_| super::refusal::BallotRefusal::Invalid(format!("{called}应是数字"));
        text.parse().map(Some).map_err(wrong)
    }
}
