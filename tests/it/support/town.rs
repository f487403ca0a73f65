//! A town with people who ask and offices that answer: the rules of petitions run directly.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::config::Options;
use yishiting::base::error::Coded;
use yishiting::cases::Cases;
use yishiting::cases::access::{Officer, Seat};
use yishiting::cases::act::Act;
use yishiting::cases::decide::{Actor, Command};
use yishiting::cases::model::{Kind, Part, State, Track, case_file};
use yishiting::cases::submit::{self, Filing, SubmitError, Submitted};
use yishiting::cases::verify::{self, Verdict};
use yishiting::cases::view::{self, Reader, View};
use yishiting::cases::write::{self, Call, Done, WriteError};
use yishiting::people::follower;

use super::{TestApp, moment};

pub struct Town {
    pub app: TestApp,
    pub base: Base,
    pub clock: Clock,
    pub cases: Cases,
}

static ACTS: AtomicU64 = AtomicU64::new(1);

impl Town {
    /// Monday morning, the 21st of September.
    pub async fn open() -> Town {
        Town::open_in(|_| {}).await
    }

    /// The same where an operator wrote files of their own.
    pub async fn open_in(write: impl FnOnce(&std::path::Path)) -> Town {
        Town::around(TestApp::spawn_in(write).await).await
    }

    /// The same with other settings.
    pub async fn open_with(change: impl FnOnce(&mut Options)) -> Town {
        Town::around(TestApp::spawn_with(change).await).await
    }

    /// The same around a running program.
    pub async fn over(app: TestApp) -> Town {
        Town::around(app).await
    }

    async fn around(app: TestApp) -> Town {
        let (base, clock) = (app.base.clone(), app.clock.clone());
        let cases = Cases::start(base.clone()).await.unwrap();
        let town = Town { app, base, clock, cases };
        town.at("2026-09-21 10:00");
        town
    }

    pub fn at(&self, wall: &str) {
        self.clock.set(moment(wall));
    }

    pub async fn citizen(&self, openid: &str) -> Uuid {
        follower::ensure(&self.base, openid).await.unwrap()
    }

    /// A dark street.
    pub fn filing(&self, author: Uuid) -> Filing {
        Filing {
            op: format!("op-{}", ACTS.fetch_add(1, Ordering::Relaxed)),
            source: "wechat",
            author: Some(author),
            proxy: None,
            track: Track::Inquiry,
            kind: Kind::Help,
            category: "road".to_string(),
            title: "万松路路灯不亮".to_string(),
            body: "万松路中段路灯一个多月不亮，晚上走路很危险。我的电话 13812346021。".to_string(),
            place: "万松路 88 号".to_string(),
            spot: Some((27.7808, 120.6505)),
            contact: "陈晓燕 13812346021".to_string(),
            confidential: false,
            accused_unit: None,
            photos: Vec::new(),
            request_id: "test".to_string(),
        }
    }

    pub async fn try_file(&self, filing: Filing) -> Result<Submitted, SubmitError> {
        let who = filing.proxy.or(filing.author).unwrap_or_default();
        let part = if filing.proxy.is_some() { Part::Proxy } else { Part::Citizen };
        submit::submit(&self.cases, &citizen(who, part), filing).await
    }

    pub async fn files(&self, author: Uuid) -> Submitted {
        self.try_file(self.filing(author)).await.unwrap()
    }

    pub async fn file(&self, case: Uuid) -> case_file::Model {
        case_file::Entity::find_by_id(case).one(self.cases.store.db.read()).await.unwrap().unwrap()
    }

    /// The id of the case with this number.
    pub async fn cases_of(&self, public_no: i64) -> Uuid {
        let query = case_file::Entity::find().filter(case_file::Column::PublicNo.eq(public_no));
        query.one(self.cases.store.db.read()).await.unwrap().unwrap().id
    }

    /// The number of some case.
    pub async fn cases_number(&self) -> i64 {
        case_file::Entity::find().one(self.cases.store.db.read()).await.unwrap().unwrap().public_no
    }

    pub async fn state(&self, case: Uuid) -> State {
        self.file(case).await.state()
    }

    pub async fn tries(
        &self,
        actor: &Actor,
        case: Uuid,
        act: Act,
        command: &Command,
    ) -> Result<Done, WriteError> {
        write::act(&self.cases, actor, case, act, command, &Call::default()).await
    }

    /// Does it, and must be let.
    pub async fn does(&self, actor: &Actor, case: Uuid, act: Act, command: Command) -> Done {
        self.tries(actor, case, act, &command).await.unwrap_or_else(|why| panic!("{act:?}: {why}"))
    }

    /// Does it, and must be refused; the code.
    pub async fn refused(&self, actor: &Actor, case: Uuid, act: Act, command: Command) -> &'static str {
        self.tries(actor, case, act, &command).await.unwrap_err().code()
    }

    /// A case that a unit has to answer.
    pub async fn forwarded(&self, author: Uuid, unit: &str) -> Submitted {
        let submitted = self.files(author).await;
        self.does(&moderator(), submitted.id, Act::Forward, to(unit)).await;
        submitted
    }

    /// A case with an answer.
    pub async fn answered(&self, author: Uuid, unit: &str) -> Submitted {
        let submitted = self.forwarded(author, unit).await;
        self.does(&liaison(unit), submitted.id, Act::FirstReply, says("已派人查看。")).await;
        self.does(&liaison(unit), submitted.id, Act::Answer, answers("路灯已修好。")).await;
        submitted
    }

    pub async fn view(&self, case: Uuid, reader: Reader) -> View {
        view::view(&self.cases, self.file(case).await, reader).await.unwrap()
    }

    /// What the author's page tells, one head a line.
    pub async fn heads(&self, case: Uuid) -> Vec<String> {
        self.view(case, Reader::Author).await.steps.into_iter().map(|step| step.head).collect()
    }

    pub async fn count(&self, state: State) -> usize {
        let query = case_file::Entity::find().filter(case_file::Column::State.eq(state.word()));
        query.all(self.cases.store.db.read()).await.unwrap().len()
    }

    /// Rows and logs agree.
    pub async fn verifies(&self) -> Verdict {
        let verdict = verify::verify(&self.cases, |_| {}).await.unwrap();
        assert_eq!(verdict.differences, Vec::<String>::new());
        verdict
    }
}

pub fn citizen(follower: Uuid, part: Part) -> Actor {
    Actor { who: format!("follower:{follower}"), name: String::new(), part, unit: String::new() }
}

pub fn officer(part: Part, unit: &str) -> Actor {
    let who = format!("staff:{}{unit}", part.word());
    Actor { who, name: String::new(), part, unit: unit.to_string() }
}

pub fn moderator() -> Actor {
    officer(Part::Moderator, "")
}

pub fn liaison(unit: &str) -> Actor {
    officer(Part::Liaison, unit)
}

/// Somebody at the desk with these offices.
pub fn desk(seats: &[(Part, &str)]) -> Officer {
    Officer {
        staff: Uuid::now_v7(),
        username: "lin".to_string(),
        name: "林志强".to_string(),
        seats: seats.iter().map(|(part, unit)| Seat { part: *part, unit: (*unit).to_string() }).collect(),
    }
}

pub fn says(text: &str) -> Command {
    Command { text: text.to_string(), ..Command::default() }
}

pub fn to(unit: &str) -> Command {
    Command { unit: unit.to_string(), ..Command::default() }
}

pub fn answers(text: &str) -> Command {
    Command { signed_by: "王敏".to_string(), ..says(text) }
}

pub fn rates(office: i32, unit: i32) -> Command {
    Command { scores: Some([office, unit]), ..Command::default() }
}

pub fn public(title: &str, body: &str) -> Command {
    Command { public_title: title.to_string(), public_body: body.to_string(), ..Command::default() }
}
