//! An organiser at the desk, with one meeting: sign-in from 08:00 to 09:15, begin at 09:00; it is 08:30.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::model::{CodeKind, Policy};
use yishiting::meeting::people_list::{self, Filter};
use yishiting::meeting::roster::{self, Missing};
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use crate::support::{ADMIN_PASSWORD, Answer, Client, TestApp, moment};

pub struct Office {
    pub app: TestApp,
    pub organiser: Client,
    pub meeting: Uuid,
}

pub const TITLE: &str = "全市智慧政务建设培训会";

/// Three people of two units, one of them an observer.
pub const ROSTER: &str = "姓名,单位,手机号,角色\n\
    江一帆,市金融办,13812346021,\n\
    林建华,市环境保护局,13912341187,\n\
    阿依古丽·买买提,市金融办,13712349034,列席\n";

pub fn draft() -> Draft {
    Draft {
        title: TITLE.to_string(),
        summary: String::new(),
        place: "市行政中心 3 号会议室".to_string(),
        starts_at: moment("2026-09-19 09:00"),
        ends_at: moment("2026-09-19 11:00"),
        opens_at: moment("2026-09-19 08:00"),
        closes_at: moment("2026-09-19 09:15"),
        policy: Policy::Open,
        code_kind: CodeKind::Static,
        options: Options::default(),
    }
}

impl Office {
    pub async fn open() -> Office {
        Office::with(draft()).await
    }

    /// With the three people of [`ROSTER`] on the meeting's roster.
    pub async fn with_roster() -> Office {
        let office = Office::open().await;
        office.import(ROSTER).await;
        office
    }

    pub async fn with(draft: Draft) -> Office {
        let app = TestApp::spawn().await;
        let meeting = edit::create(&app.base, draft, Uuid::now_v7(), "test").await.unwrap().id;
        let organiser = sign_in(&app, Role::Organiser).await;
        Office { app, organiser, meeting }
    }

    /// Somebody else at the desk.
    pub async fn colleague(&self, role: Role) -> Client {
        sign_in(&self.app, role).await
    }

    pub async fn import(&self, csv: &str) {
        let rows = roster::read_file(csv.as_bytes()).unwrap();
        roster::import(&self.app.base, self.meeting, rows, Missing::Stay, false, "test").await.unwrap();
    }

    /// A page of the meeting: `""` is the overview.
    pub fn path(&self, rest: &str) -> String {
        format!("/desk/meetings/{}{rest}", self.meeting)
    }

    /// What the organiser reads on a page of the meeting.
    pub async fn sees(&self, rest: &str) -> String {
        let page = self.organiser.get(&self.path(rest)).await;
        assert_eq!(page.status, StatusCode::OK, "{rest}: {}", page.text);
        page.text
    }

    /// Posts a form to a path of the meeting, with the token of the list's page.
    pub async fn posts(&self, rest: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        self.organiser.post(&self.path(rest), &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// The same, and reads the page that it leads to.
    pub async fn does(&self, rest: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.posts(rest, fields).await;
        let to = answer.location().unwrap_or_else(|| panic!("{rest} led nowhere: {}", answer.text));
        self.organiser.get(&to).await.text
    }

    pub async fn csrf(&self) -> String {
        self.organiser.get("/desk/meetings").await.hidden("csrf")
    }

    /// The person of the meeting who is called `name`.
    pub async fn person(&self, name: &str) -> Uuid {
        let meeting = edit::find(&self.app.base, self.meeting).await.unwrap();
        let people = people_list::list(&self.app.base, &meeting, Filter::All, name, 1).await.unwrap();
        people.rows.first().unwrap_or_else(|| panic!("nobody is called {name}")).person
    }

    /// Signs `name` in at the desk.
    pub async fn signs_in(&self, name: &str) -> String {
        let person = self.person(name).await;
        self.does(&format!("/people/{person}/sign-in"), &[]).await
    }
}

/// A member of staff with `role`, signed in at the desk.
pub async fn sign_in(app: &TestApp, role: Role) -> Client {
    let username = format!("{}-{}", role.name(), &Uuid::new_v4().simple().to_string()[..8]);
    let id = staff::add(&app.base, &username, "陈晓燕", role, ADMIN_PASSWORD, "test").await.unwrap();
    let opened = session::open(&app.base, Kind::Staff, id, "test").await.unwrap();
    app.browser().with_cookie("yst_desk", &opened.token)
}

/// Whether `parts` stand in `text`, in this order.
pub fn reads(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at =
            rest.find(part).unwrap_or_else(|| panic!("「{part}」 is missing, or not in order, in {text}"));
        rest = &rest[at + part.len()..];
    }
}
