//! Votes on the phone: `/m/{code}/ballots`. A choice travels in the body of a post and nowhere else, one digit an item,
//! so that all papers of a round are equally long; no answer about a secret round tells it.

mod lists;
mod views;
mod words;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, ServiceConfig, resource};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

use self::views::Said;
use super::mine::Part;
use super::paper::Choice;
use super::refusal::BallotRefusal;
use super::rules::Rules;
use super::urn::{Outcome, Press};
use super::visit::{self, Asked, Visit};
use super::{Ballots, confirm};
use crate::base::error::describe;
use crate::meeting::attendance::address;
use crate::web::{Attendee, Error, Layout, Limit, Nothing, Page, Posted, see_other};

/// Votes that one phone may send in a minute; repeats are calm, so this is only against floods.
const PRESSES: Limit = Limit { name: "ballot", times: 120, per: Duration::from_secs(60) };
/// When a phone asks again, in milliseconds: while a vote may open at any moment, and otherwise.
const SOON: i64 = 2_500;
const LATER: i64 = 15_000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/m/{code}/ballots").get(list))
        .service(resource("/m/{code}/ballots/status").get(status))
        .service(resource("/m/{code}/ballots/{round}").get(show).post(vote))
        .service(resource("/m/{code}/ballots/{round}/status").get(status_of_round))
        .service(resource("/m/{code}/ballots/{round}/confirm").get(scrutiny).post(confirm_count));
}

/// Somebody's phone at the votes of a meeting.
struct Voter {
    request: HttpRequest,
    ballots: Data<Ballots>,
    code: String,
    meeting: Uuid,
    follower: Uuid,
    /// Who they are, once they have told.
    person: Option<Uuid>,
    page: Layout,
}

impl FromRequest for Voter {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Voter, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let ballots = request.app_data::<Data<Ballots>>().cloned();
        let (attendee, page) =
            (Attendee::from_request(request, payload), Layout::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let ballots =
                ballots.ok_or_else(|| Error::new("internal").because_of("no ballots in this application"))?;
            let code = request.match_info().query("code").to_string();
            let meeting = ballots.meeting(&code).await?;
            let attendee = attendee.await?;
            let (follower, person, page) = (attendee.follower_id, attendee.person_id, page.await?);
            Ok(Voter { request, ballots, code, meeting, follower, person, page })
        })
    }
}

fn round_id(text: &str) -> Result<Uuid, BallotRefusal> {
    text.parse().map_err(|_| BallotRefusal::NoRound)
}

impl Voter {
    async fn visits(&self, round: Uuid) -> Result<Visit, BallotRefusal> {
        visit::visit(&self.ballots.base, self.meeting, round, self.person).await
    }

    /// The page of a round as it is now, with what was `said` about a press.
    async fn sees(self, round: Uuid, said: Said) -> Result<HttpResponse, Error> {
        match self.visits(round).await {
            Ok(seen) => self.draws(seen, said),
            Err(refusal @ BallotRefusal::NoRound) => Err(refusal.into()),
            Err(BallotRefusal::RetryLater(cause)) => Err(BallotRefusal::RetryLater(cause).into()),
            Err(refusal) => Ok(self.turns_away(&refusal)),
        }
    }

    fn draws(self, seen: Visit, said: Said) -> Result<HttpResponse, Error> {
        let status = said.status();
        let now = self.ballots.base.clock.now();
        let view = views::round(self.page, &self.code, seen, said, now)?;
        let mut answer = Page::of(view).respond_to(&self.request);
        *answer.status_mut() = status;
        Ok(answer)
    }

    /// Tells nothing of what is voted on.
    fn turns_away(self, refusal: &BallotRefusal) -> HttpResponse {
        let (status, text) = describe(refusal);
        let mut answer = Page::of(views::away(self.page, &self.code, text)).respond_to(&self.request);
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
        answer
    }
}

/// The votes of the meeting.
async fn list(voter: Voter) -> Result<HttpResponse, Error> {
    let base = &voter.ballots.base;
    let rounds = match visit::list(base, voter.meeting, voter.person).await {
        Ok(rounds) => rounds,
        Err(refusal @ BallotRefusal::RetryLater(_)) => return Err(refusal.into()),
        Err(refusal) => return Ok(voter.turns_away(&refusal)),
    };
    let meeting = address::of_id(base, voter.meeting).await?.ok_or(BallotRefusal::NoMeeting)?;
    let view = lists::list(voter.page, &meeting, rounds)?;
    Ok(Page::of(view).respond_to(&voter.request))
}

async fn show(voter: Voter, path: Path<(String, String)>) -> Result<HttpResponse, Error> {
    voter.sees(round_id(&path.1)?, Said::default()).await
}

/// The fields of a paper: `op`, and `m1`, `m2` … with the place of the option chosen.
type Fields = Vec<(String, String)>;

async fn vote(
    voter: Voter,
    path: Path<(String, String)>,
    form: Posted<Fields>,
) -> Result<HttpResponse, Error> {
    PRESSES.check(&voter.ballots.base, &voter.follower.to_string()).await?;
    let id = round_id(&path.1)?;
    let asked = voter.ballots.asked(voter.meeting, id).await?;
    let (rules, paper) = (&asked.rules, &asked.paper);
    let Some(person) = voter.person else { return Ok(voter.turns_away(&BallotRefusal::NotPresent)) };
    let choice = choice(rules, &form.0);
    // What a changeable vote shows afterwards; of all others a phone laid down shows nothing.
    let changeable = !rules.secret && rules.press == super::rules::Press::Last;
    let marks = paper.marks(rules, &choice).ok().filter(|_| changeable);
    let op_id = op_id(&form.0, voter.follower);
    match voter.ballots.urn.press(Press { round: id, person, op_id, choice }).await {
        Ok(outcome @ (Outcome::Ok | Outcome::Replaced)) => {
            let running = visit::is_running(&voter.ballots.base, &asked.round);
            let Asked { round, rules, paper } = (*asked).clone();
            let seen = Visit { round, rules, paper, part: Part::Voted(marks), running, scrutineer: None };
            voter.draws(seen, Said::done(outcome))
        }
        Ok(outcome) => voter.sees(id, Said::done(outcome)).await,
        Err(refusal) => {
            if let BallotRefusal::RetryLater(cause) = &refusal {
                tracing::warn!(cause, "a vote was not stored");
            }
            voter.sees(id, Said::no(&refusal)).await
        }
    }
}

fn choice(rules: &Rules, fields: &Fields) -> Choice {
    let key = |place: &str| {
        let option = place.parse().ok().and_then(|place: usize| rules.options.get(place));
        option.map_or("", |option| option.key.as_str())
    };
    let marks = fields.iter().filter_map(|(name, place)| Some((name.strip_prefix('m')?, key(place))));
    Choice::of(marks)
}

/// The form's operation id, tied to the phone so that nobody can take up another's; a new one where it is missing.
fn op_id(fields: &Fields, follower: Uuid) -> String {
    match fields.iter().find(|(name, _)| name == "op") {
        Some((_, given)) if !given.is_empty() && given.len() <= 64 => {
            crate::base::privacy::digest(format!("{follower} {given}").as_bytes())[..32].to_string()
        }
        _ => Uuid::now_v7().to_string(),
    }
}

/// What a phone that waits is told: it asks again after `next` milliseconds.
#[derive(Serialize)]
struct Status {
    now: i64,
    next: i64,
    /// The round that is open.
    open: Option<Uuid>,
    /// Changes when the page of the round asked for would.
    stage: Option<String>,
}

async fn status(ballots: Data<Ballots>, code: Path<String>) -> Result<Json<Status>, Error> {
    told(&ballots, &code, None).await
}

async fn status_of_round(
    ballots: Data<Ballots>,
    path: Path<(String, String)>,
) -> Result<Json<Status>, Error> {
    told(&ballots, &path.0, Some(round_id(&path.1)?)).await
}

/// From this replica's board of the meeting, so that a hall of phones asks no database.
async fn told(ballots: &Ballots, code: &str, round: Option<Uuid>) -> Result<Json<Status>, Error> {
    let board = ballots.board(code).await?;
    Ok(Json(Status {
        now: ballots.base.clock.now().timestamp_millis(),
        next: if board.is_near() { SOON } else { LATER },
        open: board.open.as_ref().map(|round| round.id),
        stage: round.and_then(|round| board.stage(round)),
    }))
}

/// What a scrutineer (监票人) sees of the count.
async fn scrutiny(voter: Voter, path: Path<(String, String)>) -> Result<HttpResponse, Error> {
    let seen = match voter.visits(round_id(&path.1)?).await {
        Ok(seen) if seen.scrutineer.is_some() => seen,
        Ok(_) => return Ok(voter.turns_away(&BallotRefusal::NotScrutineer)),
        Err(refusal @ (BallotRefusal::NoRound | BallotRefusal::RetryLater(_))) => return Err(refusal.into()),
        Err(refusal) => return Ok(voter.turns_away(&refusal)),
    };
    let view = lists::scrutiny(voter.page, voter.code, seen)?;
    Ok(Page::of(view).respond_to(&voter.request))
}

async fn confirm_count(
    voter: Voter,
    path: Path<(String, String)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let id = round_id(&path.1)?;
    visit::of_meeting(&voter.ballots.base, voter.meeting, id).await?;
    let person = voter.person.ok_or(BallotRefusal::NotScrutineer)?;
    match confirm::confirm(&voter.ballots.base, id, person).await {
        Ok(_) => Ok(see_other(&format!("/m/{}/ballots/{id}/confirm", voter.code))),
        Err(refusal @ BallotRefusal::RetryLater(_)) => Err(refusal.into()),
        Err(refusal) => Ok(voter.turns_away(&refusal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::paper::Paper;
    use crate::ballot::rules::samples::motion;

    #[test]
    fn a_digit_is_an_option_by_its_place_and_anything_else_is_not_on_the_paper() {
        let fields =
            |value: &str| vec![("op".to_string(), "x".to_string()), ("m1".to_string(), value.to_string())];
        let marks = |value: &str| Paper::motion().marks(&motion(), &choice(&motion(), &fields(value)));
        assert_eq!(marks("2").unwrap(), [2]);
        for wrong in ["3", "-1", "yes", "", "1e0", "99999999999999999999"] {
            assert_eq!(marks(wrong), Err(BallotRefusal::BadChoice), "{wrong}");
        }
        let twice = [fields("0"), fields("1")].concat();
        assert_eq!(
            Paper::motion().marks(&motion(), &choice(&motion(), &twice)),
            Err(BallotRefusal::BadChoice)
        );
    }
}
