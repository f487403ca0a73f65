//! A hall full of members who vote.

use std::sync::Arc;

use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;
use yishiting::ballot::Ballots;
use yishiting::ballot::close::{self, By};
use yishiting::ballot::count::Count;
use yishiting::ballot::keeper::SecretRounds;
use yishiting::ballot::model::{ElectorStanding, ballot_elector, ballot_round};
use yishiting::ballot::paper::Choice;
use yishiting::ballot::prepare::{self, Draft};
use yishiting::ballot::refusal::BallotRefusal;
use yishiting::ballot::rules::{
    Base as Of, Display, Effect, Kind, OptionRule, Pass, Presence, Press as Which, Role, Rules, SmallGroup,
    TooFew, Undone,
};
use yishiting::ballot::share::{Op, Share};
use yishiting::ballot::template::{self, Template};
use yishiting::ballot::urn::{Outcome, Press};
use yishiting::ballot::{count, open, round};
use yishiting::base::Base;
use yishiting::base::error::Coded;
use yishiting::meeting::checkin::{Step, step_out};
use yishiting::meeting::roster::{self, Missing, RawRow};

use super::hall::{Hall, op};

/// A meeting whose members are all on the roster, with the right to vote.
pub struct Chamber {
    pub hall: Hall,
    pub base: Base,
    pub ballots: Ballots,
    pub people: Vec<Uuid>,
}

pub const MAJORITY: Share = Share { op: Op::Over, num: 1, den: 2 };
pub const TWO_THIRDS: Share = Share { op: Op::AtLeast, num: 2, den: 3 };

/// Named, more than half of all, ended by the chair.
pub fn motion() -> Rules {
    Rules {
        kind: Kind::Motion,
        options: options(&[Role::Yes, Role::No, Role::Abstain]),
        secret: false,
        press: Which::First,
        presence: Presence::SignedIn,
        quorum: None,
        pass: Some(Pass { base: Of::All, share: MAJORITY }),
        count_not_pressed: false,
        count_recused: false,
        recusal: true,
        undone_votes: Undone::Stands,
        seconds: None,
        end_when_all_voted: false,
        display: Display::AfterClose,
        advisory: false,
        small_group: SmallGroup { least: 3, effect: Effect::Block },
        scrutineers: 0,
        refusals: None,
        runoff: false,
        too_few: TooFew::Vacancy,
        casting_vote: false,
    }
}

/// The same in secret.
pub fn secret() -> Rules {
    Rules { secret: true, ..motion() }
}

/// In secret, more than half of the papers, with a run-off.
pub fn election() -> Rules {
    Rules {
        kind: Kind::Election,
        pass: Some(Pass { base: Of::Cast, share: MAJORITY }),
        runoff: true,
        too_few: TooFew::NewRound,
        ..secret()
    }
}

pub fn options(roles: &[Role]) -> Vec<OptionRule> {
    let option =
        |role: &Role| OptionRule { key: role.word().to_string(), label: role.zh().to_string(), role: *role };
    roles.iter().map(option).collect()
}

impl Chamber {
    /// So many members, all signed in.
    pub async fn of(members: usize) -> Chamber {
        let chamber = Chamber::empty(members).await;
        chamber.come(&(0..members).collect::<Vec<_>>()).await;
        chamber
    }

    /// So many members, none signed in.
    pub async fn empty(members: usize) -> Chamber {
        Chamber::inside(Hall::open().await, members).await
    }

    /// The same in a hall that is there already.
    pub async fn inside(mut hall: Hall, members: usize) -> Chamber {
        hall.meetings = hall.meetings.clone().kept_by(vec![Arc::new(SecretRounds)]);
        let people = hall.crowd(members).await;
        let chamber =
            Chamber { base: hall.base.clone(), ballots: Ballots::start(hall.base.clone()), hall, people };
        chamber.import(&(0..members).collect::<Vec<_>>(), None).await;
        chamber
    }

    /// Puts these on the roster; `votes`: 是 or 否, or as their role has it.
    pub async fn import(&self, members: &[usize], votes: Option<&str>) {
        let row = |n: &usize| RawRow {
            name: format!("代表{n}"),
            unit: format!("第{}局", n % 7),
            phone: format!("139{n:08}"),
            votes: votes.map(str::to_string),
            ..RawRow::default()
        };
        let rows: Vec<RawRow> = members.iter().map(row).collect();
        roster::import(&self.base, self.hall.id, rows, Missing::Stay, false, "chen").await.unwrap();
    }

    /// They sign in.
    pub async fn come(&self, members: &[usize]) {
        let scans = members.iter().map(|n| self.hall.scan(self.people[*n])).collect();
        assert!(self.hall.all_at_once(scans).await.iter().all(Result::is_ok));
    }

    /// One leaves the room, or comes back.
    pub async fn steps(&self, member: usize, out: bool) {
        let step = Step {
            meeting: self.hall.id,
            person: self.people[member],
            out,
            op_id: op(),
            staff: None,
            reason: None,
        };
        step_out(&self.base, &step).await.unwrap();
    }

    /// A template of these rules; its key.
    pub async fn template(&self, rules: Rules) -> String {
        let key = op().replace('-', "_");
        let template = Template {
            key: key.clone(),
            title: "测试规则".to_string(),
            body: "全体会议".to_string(),
            source: "议事规则".to_string(),
            rules,
        };
        template::save(&self.base, &template, "chen").await.unwrap();
        key
    }

    /// A draft of a motion.
    pub async fn draft(&self, rules: Rules) -> Draft {
        Draft {
            template: self.template(rules).await,
            question: format!("关于批准年度预算的议案 {}", op()),
            text: String::new(),
            items: Vec::new(),
            seats: None,
            seconds: None,
        }
    }

    /// A round that is ready; its id.
    pub async fn ready_of(&self, draft: Draft) -> Uuid {
        let id = Uuid::now_v7();
        prepare::prepare(&self.base, self.hall.id, id, draft, "chen").await.unwrap();
        prepare::ready(&self.base, id, "chen").await.unwrap();
        id
    }

    pub async fn ready(&self, rules: Rules) -> Uuid {
        self.ready_of(self.draft(rules).await).await
    }

    /// A motion that is open; its id.
    pub async fn opened(&self, rules: Rules) -> Uuid {
        let id = self.ready(rules).await;
        open::open(&self.base, id, "chen").await.unwrap();
        id
    }

    /// An election that is open, of so many candidates for so many seats.
    pub async fn elects(&self, rules: Rules, candidates: &[&str], seats: i64) -> Uuid {
        let items = candidates.iter().map(|name| ((*name).to_string(), String::new())).collect();
        let draft = Draft { items, seats: Some(seats), ..self.draft(rules).await };
        let id = self.ready_of(draft).await;
        open::open(&self.base, id, "chen").await.unwrap();
        id
    }

    pub fn press(&self, round: Uuid, member: usize, option: &str) -> Press {
        self.marks(round, member, Choice::one(option))
    }

    pub fn marks(&self, round: Uuid, member: usize, choice: Choice) -> Press {
        Press { round, person: self.people[member], op_id: op(), choice }
    }

    /// One votes; the code of the answer, good or bad.
    pub async fn votes(&self, round: Uuid, member: usize, option: &str) -> &'static str {
        code(&self.ballots.urn.press(self.press(round, member, option)).await)
    }

    /// One votes for these candidates.
    pub async fn elects_these(&self, round: Uuid, member: usize, chosen: &[usize]) -> &'static str {
        let choice = Choice::of(chosen.iter().map(|at| ((at + 1).to_string(), "yes")));
        code(&self.ballots.urn.press(self.marks(round, member, choice)).await)
    }

    /// Everybody in this range votes alike, all at once, and is counted.
    pub async fn all_vote(&self, round: Uuid, members: std::ops::Range<usize>, option: &str) {
        let presses = members.map(|member| self.ballots.urn.press(self.press(round, member, option)));
        for answer in join_all(presses).await {
            assert_eq!(answer, Ok(Outcome::Ok));
        }
    }

    pub async fn close(&self, round: Uuid) -> ballot_round::Model {
        close::close(&self.base, round, By::Chair("chen")).await.unwrap()
    }

    /// Closes and tells what it came to.
    pub async fn counted(&self, round: Uuid) -> Count {
        self.close(round).await.count().unwrap().unwrap()
    }

    pub async fn round(&self, id: Uuid) -> ballot_round::Model {
        round::find(&self.base, id).await.unwrap()
    }

    /// How one member stood at the close.
    pub async fn standing(&self, round: Uuid, member: usize) -> ElectorStanding {
        let found = ballot_elector::Entity::find()
            .filter(ballot_elector::Column::RoundId.eq(round))
            .filter(ballot_elector::Column::PersonId.eq(self.people[member]))
            .one(self.base.db.read())
            .await
            .unwrap();
        found.unwrap().standing()
    }

    /// The frozen electorate, in figures that add up.
    pub async fn electors(&self, round: Uuid) -> Vec<ballot_elector::Model> {
        count::electors(self.base.db.read(), round).await.unwrap()
    }
}

/// The code of an answer, good or bad.
pub fn code(answer: &Result<Outcome, BallotRefusal>) -> &'static str {
    match answer {
        Ok(outcome) => outcome.code(),
        Err(refusal) => refusal.code(),
    }
}

/// The code of what was refused.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(answer: Result<T, BallotRefusal>) -> &'static str {
    answer.unwrap_err().code()
}
