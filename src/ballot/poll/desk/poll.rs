//! One poll at the desk: its counts, who chose what where it is named, and the buttons.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::list::vote_on_screen;
use super::{After, here, labels, list_of, page_of, told, tone};
use crate::ballot::Ballots;
use crate::ballot::poll::board::{self, Shown};
use crate::ballot::poll::compose::{Verb, perform};
use crate::ballot::poll::lookup::{self, Bar};
use crate::ballot::poll::model::{State, poll};
use crate::ballot::poll::refusal::PollRefusal;
use crate::ballot::poll::{NO_VOTE, Polls};
use crate::base::clock;
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Organiser, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "poll/desk_poll.html")]
struct PollPage {
    page: Layout,
    head: Head,
    path: String,
    problem: Option<String>,
    version: i64,
    poll: poll::Model,
    no_vote: &'static str,
    labels: String,
    state: &'static str,
    tone: &'static str,
    draft: bool,
    open: bool,
    shown: bool,
    vote_on_screen: bool,
    bars: Vec<Bar>,
    /// Name, unit, and what they chose.
    people: Vec<(String, String, String)>,
    times: String,
}

pub async fn show(
    polls: Data<Polls>,
    ballots: Data<Ballots>,
    _user: StaffUser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let head = here(head, &after);
    Ok(Page::of(view(&polls, &ballots, path.1, head, page, None).await?))
}

async fn view(
    polls: &Polls,
    ballots: &Ballots,
    id: Uuid,
    head: Head,
    page: Layout,
    problem: Option<String>,
) -> Result<PollPage, PollRefusal> {
    let base = &polls.base;
    let board = board::read(base, head.id).await?;
    let poll = lookup::find(base, head.id, id).await?;
    let names = poll.labels()?;
    let bars = lookup::bars(&names, &lookup::counts_of(base, &poll).await?, poll.answered);
    let people = if poll.named { lookup::people(base, &poll).await? } else { Vec::new() };
    let chose = |places: Vec<usize>| -> String {
        let chosen: Vec<&str> = places.iter().filter_map(|at| names.get(*at)).map(String::as_str).collect();
        chosen.join("、")
    };
    let people = people.into_iter().map(|(name, unit, places)| (name, unit, chose(places))).collect();
    let state = poll.state();
    let at = |word: &str, at: Option<clock::Instant>| at.map(|at| format!("{} {word}", clock::zh_minute(at)));
    let times: Vec<String> =
        [at("开始", poll.opened_at), at("结束", poll.closed_at)].into_iter().flatten().collect();
    Ok(PollPage {
        path: page_of(head.id, id),
        version: board.version,
        no_vote: NO_VOTE,
        labels: labels(poll.multiple, poll.named),
        state: state.zh(),
        tone: tone(state),
        draft: state == State::Draft,
        open: state == State::Open,
        shown: board.shown == Shown::Poll(id),
        vote_on_screen: vote_on_screen(ballots, head.id).await,
        times: times.join("，"),
        page: page.at("meetings"),
        head,
        problem,
        poll,
        bars,
        people,
    })
}

/// Where the button stood.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pressed {
    /// `list`: goes back there.
    from: String,
}

/// Does what the button says; what is refused is said on the page, and nothing is changed.
pub async fn act(
    request: HttpRequest,
    (polls, ballots): (Data<Polls>, Data<Ballots>),
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid, String)>,
    page: Layout,
    form: Posted<Pressed>,
) -> Result<HttpResponse, Error> {
    let verb = Verb::parse(&path.2).ok_or_else(|| Error::new("not_found"))?;
    match perform(&polls.base, head.id, path.1, verb, &user.0.username).await {
        Ok(_) => {
            let back = if form.0.from == "list" || verb == Verb::Remove {
                list_of(head.id)
            } else {
                page_of(head.id, path.1)
            };
            Ok(see_other(&format!("{back}?done={}", verb.word())))
        }
        Err(refusal) => {
            let problem = Some(told(refusal)?);
            let view = view(&polls, &ballots, path.1, here(head, &After::default()), page, problem).await?;
            Ok(Page::refused(view).respond_to(&request))
        }
    }
}
