//! Questions from the hall at the desk: what waits, what is public, and the switches.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Deserialize;
use uuid::Uuid;

use super::list::view;
use super::{After, here, list_of, told};
use crate::ballot::Ballots;
use crate::ballot::poll::Polls;
use crate::ballot::poll::board::Shown;
use crate::ballot::poll::model::{QuestionState, poll_question};
use crate::ballot::poll::moderate::{Decision, Settings, decide, set};
use crate::ballot::poll::questions::public;
use crate::base::clock;
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Organiser, Posted, see_other};

/// The questions of a meeting, as the tab shows them.
pub struct Questions {
    pub settings: Settings,
    pub waiting: Vec<Row>,
    pub public: Vec<Row>,
    pub rejected: Vec<Row>,
}

pub struct Row {
    pub path: String,
    pub text: String,
    pub asker: String,
    /// Others do not see the name.
    pub unnamed: bool,
    pub at: String,
    pub upvotes: i64,
    pub answered: bool,
    pub shown: bool,
}

impl Questions {
    pub fn of(settings: Settings, all: &[poll_question::Model], shown: Shown) -> Questions {
        let row = |row: &poll_question::Model| Row {
            path: format!("/desk/meetings/{}/questions/{}", row.meeting_id, row.id),
            text: row.text.clone(),
            asker: format!("{} {}", row.name, row.unit),
            unnamed: row.unnamed,
            at: clock::zh_minute(row.asked_at),
            upvotes: row.upvotes,
            answered: row.state() == QuestionState::Answered,
            shown: shown == Shown::Question(row.id),
        };
        let of = |state| all.iter().filter(move |one| one.state() == state).map(row).collect();
        Questions {
            settings,
            waiting: of(QuestionState::Waiting),
            public: public(all).into_iter().map(row).collect(),
            rejected: of(QuestionState::Rejected),
        }
    }
}

/// The switches, ticked or not.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Switches {
    asking: String,
    moderated: String,
}

pub async fn settings(
    request: HttpRequest,
    polls: Data<Polls>,
    ballots: Data<Ballots>,
    user: Organiser,
    head: Head,
    page: Layout,
    form: Posted<Switches>,
) -> Result<HttpResponse, Error> {
    let settings = Settings { asking: !form.0.asking.is_empty(), moderated: !form.0.moderated.is_empty() };
    match set(&polls.base, head.id, settings, &user.0.username).await {
        Ok(()) => Ok(see_other(&format!("{}?done=settings#questions", list_of(head.id)))),
        Err(refusal) => {
            let problem = Some(told(refusal)?);
            let view = view(&polls, &ballots, here(head, &After::default()), page, problem).await?;
            Ok(crate::web::Page::refused(view).respond_to(&request))
        }
    }
}

pub async fn act(
    request: HttpRequest,
    (polls, ballots): (Data<Polls>, Data<Ballots>),
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid, String)>,
    page: Layout,
    _: Posted<crate::web::Nothing>,
) -> Result<HttpResponse, Error> {
    let decision = Decision::parse(&path.2).ok_or_else(|| Error::new("not_found"))?;
    match decide(&polls.base, head.id, path.1, decision, &user.0.username).await {
        Ok(_) => Ok(see_other(&format!("{}?done={}#questions", list_of(head.id), decision.word()))),
        Err(refusal) => {
            let problem = Some(told(refusal)?);
            let view = view(&polls, &ballots, here(head, &After::default()), page, problem).await?;
            Ok(crate::web::Page::refused(view).respond_to(&request))
        }
    }
}
