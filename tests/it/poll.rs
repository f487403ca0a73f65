//! Quick polls and questions from the hall.

mod desk;
mod phone;
mod program;
mod questions;
mod rules;
mod screen;

use uuid::Uuid;
use yishiting::ballot::poll::answer::{Answer, Outcome};
use yishiting::ballot::poll::compose::{self, Draft, Verb, perform};
use yishiting::ballot::poll::model::poll;
use yishiting::ballot::poll::refusal::PollRefusal;
use yishiting::ballot::poll::{Polls, lookup, verify};
use yishiting::base::Base;
use yishiting::base::error::Coded;
use yishiting::meeting::checkin::{Step, step_out};
use yishiting::people::person;
use yishiting::people::session::{self, Kind};

use crate::support::hall::{Hall, described, op};
use crate::support::{Answer as Page, Client};

/// A training that everybody may join; nobody is on a list.
pub struct Class {
    pub hall: Hall,
    pub base: Base,
    pub polls: Polls,
    pub people: Vec<Uuid>,
}

pub fn draft(question: &str, options: &[&str]) -> Draft {
    let options = options.iter().map(|option| (*option).to_string()).collect();
    Draft { question: question.to_string(), options, ..Draft::default() }
}

/// What most of these tests ask.
pub fn pace() -> Draft {
    draft("下午的课，进度合适吗？", &["太快", "正好", "太慢"])
}

/// The code of an answer, good or bad.
pub fn code(outcome: &Result<Outcome, PollRefusal>) -> &'static str {
    match outcome {
        Ok(Outcome::Ok) => "ok",
        Ok(Outcome::Replaced) => "replaced",
        Ok(Outcome::Already) => "already",
        Err(refusal) => refusal.code(),
    }
}

impl Class {
    /// So many people, all signed in.
    pub async fn of(people: usize) -> Class {
        let hall = Hall::open().await;
        let people = hall.crowd(people).await;
        let scans = people.iter().map(|person| hall.scan(*person)).collect();
        assert!(hall.all_at_once(scans).await.iter().all(Result::is_ok));
        Class { base: hall.base.clone(), polls: Polls::start(hall.base.clone()), hall, people }
    }

    pub async fn drafted(&self, draft: Draft) -> Uuid {
        let id = Uuid::now_v7();
        compose::create(&self.base, self.hall.id, id, draft, "chen").await.unwrap();
        id
    }

    /// A poll that is open; its id.
    pub async fn opened(&self, draft: Draft) -> Uuid {
        let id = self.drafted(draft).await;
        self.does(id, Verb::Open).await;
        id
    }

    pub async fn does(&self, poll: Uuid, verb: Verb) -> poll::Model {
        perform(&self.base, self.hall.id, poll, verb, "chen").await.unwrap()
    }

    pub fn answer(&self, poll: Uuid, n: usize, chosen: &[usize]) -> Answer {
        Answer { meeting: self.hall.id, poll, person: self.people[n], chosen: chosen.to_vec() }
    }

    /// One answers; the code of the outcome.
    pub async fn answers(&self, poll: Uuid, n: usize, chosen: &[usize]) -> &'static str {
        code(&self.polls.answer(self.answer(poll, n, chosen)).await)
    }

    pub async fn counts(&self, poll: Uuid) -> Vec<i64> {
        let row = lookup::find(&self.base, self.hall.id, poll).await.unwrap();
        lookup::counts_of(&self.base, &row).await.unwrap()
    }

    /// How many answered.
    pub async fn answered(&self, poll: Uuid) -> i64 {
        lookup::find(&self.base, self.hall.id, poll).await.unwrap().answered
    }

    /// Counts and receipts agree, everywhere in the city.
    pub async fn is_clean(&self) {
        let verdict = verify::verify(&self.base).await.unwrap();
        assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences);
    }

    /// One leaves the room, or comes back.
    pub async fn steps(&self, n: usize, out: bool) {
        let step = Step {
            meeting: self.hall.id,
            person: self.people[n],
            out,
            op_id: op(),
            staff: None,
            reason: None,
        };
        step_out(&self.base, &step).await.unwrap();
    }

    /// `/m/{code}` of this meeting.
    pub async fn page(&self) -> String {
        format!("/m/{}", self.hall.meeting().await.code)
    }

    /// The phone of person `n`; of somebody new where there is no such person.
    pub async fn phone(&self, n: usize) -> Phone {
        let follower = self.hall.follower(&format!("o-{}", op())).await;
        let who = described(&format!("代表{n}"), &format!("第{}局", n % 7), &format!("139{n:08}"));
        let tx = self.base.db.write().await.unwrap();
        person::bind(&self.base, &tx, follower, &who).await.unwrap();
        tx.commit().await.unwrap();
        let opened = session::open(&self.base, Kind::Follower, follower, "test").await.unwrap();
        let client = self.hall.app.browser().with_cookie("yst_phone", &opened.token);
        Phone { client, csrf: opened.session.csrf }
    }
}

/// Somebody's phone, whose owner is known.
pub struct Phone {
    pub client: Client,
    pub csrf: String,
}

impl Phone {
    pub async fn opens(&self, path: &str) -> Page {
        self.client.get(path).await
    }

    /// Posts a form of the page.
    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields = [&[("csrf", self.csrf.as_str())], fields].concat();
        self.client.post(path, &fields).await
    }
}
