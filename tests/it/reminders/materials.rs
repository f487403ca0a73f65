//! 材料更新: whoever read a material hears that it was replaced, once.

use chrono::TimeDelta;
use uuid::Uuid;
use yishiting::document::{Kind as File, Received};
use yishiting::meeting::material::edit::{self as edits, Settings};
use yishiting::meeting::material::model::Visibility;
use yishiting::meeting::material::reading::{self, Act};
use yishiting::meeting::material::{self, Listed};
use yishiting::meeting::model::Role;
use yishiting::meeting::reminder::model::Kind;
use yishiting::meeting::reminder::{self, Plan};

use super::{Guest, Room, TEMPLATE};

fn received(text: &str) -> Received {
    let hash = yishiting::base::privacy::digest(text.as_bytes()).parse().unwrap();
    Received { hash, kind: File::Txt, bytes: 3, name: "预算报告.txt".to_string(), reason: None }
}

impl Room {
    /// A material for everybody on the roster, before the meeting.
    async fn paper(&self, text: &str) -> Uuid {
        let settings = Settings { visibility: Visibility::Before, ..Settings::default() };
        let (base, id) = (&self.hall.base, Uuid::now_v7());
        edits::add(base, self.hall.id, id, &received(text), settings, "chen").await.unwrap().material.id
    }

    async fn listed(&self, paper: Uuid) -> Listed {
        material::listed(&self.hall.base, self.hall.id, paper).await.unwrap().unwrap()
    }

    async fn opens(&self, guest: &Guest, paper: Uuid) {
        let current = self.listed(paper).await.version;
        reading::note(&self.hall.base, &current, guest.person, Act::Opened).await.unwrap();
    }

    async fn replaces(&self, paper: Uuid, text: &str) {
        let op = Uuid::now_v7();
        edits::replace(&self.hall.base, self.hall.id, paper, op, &received(text), "chen").await.unwrap();
    }

    /// Lets time go by, and whatever is due happen.
    async fn passes(&self, by: TimeDelta) {
        self.hall.clock.advance(by);
        for _ in 0..3 {
            self.hall.app.run_jobs().await;
            self.hall.clock.advance(TimeDelta::seconds(1));
        }
    }

    async fn notices(&self) -> usize {
        let kinds = self.reminders().await.into_iter().map(|one| one.kind);
        kinds.filter(|kind| *kind == Kind::Materials).count()
    }
}

const SETTLED: TimeDelta = TimeDelta::minutes(4);

#[tokio::test]
async fn ten_replacements_in_a_few_minutes_make_one_notice_for_those_who_read_the_old() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 4).await;
    let (budget, plan) = (room.paper("预算").await, room.paper("计划").await);
    room.opens(&guests[0], budget).await;
    room.opens(&guests[1], plan).await;
    for version in 0..5 {
        room.replaces(budget, &format!("预算 {version}")).await;
        room.replaces(plan, &format!("计划 {version}")).await;
        if version == 2 {
            room.opens(&guests[2], budget).await;
        }
        room.passes(TimeDelta::seconds(40)).await;
    }
    assert_eq!(room.notices().await, 0, "more may come");
    room.passes(SETTLED).await;
    assert_eq!(room.notices().await, 1);
    assert_eq!(room.all_got(&guests).await, [1, 1, 1, 0]);
    let batch = room.reminders().await.remove(0);
    assert_eq!((batch.actor.as_str(), batch.counts.recipients), ("system", 3));

    // The next one tells only those whom it concerns: nobody hears twice of the same.
    room.opens(&guests[1], plan).await;
    room.replaces(plan, "计划，定稿").await;
    room.passes(SETTLED).await;
    assert_eq!(room.notices().await, 2);
    assert_eq!(room.all_got(&guests).await, [1, 2, 1, 0]);
    room.passes(TimeDelta::hours(1)).await;
    assert_eq!(room.notices().await, 2);
}

#[tokio::test]
async fn nobody_hears_of_what_they_may_not_open_or_have_opened_already() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 2).await;
    let (closed, gone, seen) = (room.paper("甲").await, room.paper("乙").await, room.paper("丙").await);
    for paper in [closed, gone, seen] {
        for guest in &guests {
            room.opens(guest, paper).await;
        }
        room.replaces(paper, "新版").await;
    }
    let base = &room.hall.base;
    let staff = Settings { roles: vec![Role::Staff], ..Settings::of(&room.listed(closed).await.material) };
    edits::change(base, room.hall.id, closed, staff, "chen").await.unwrap();
    edits::withdraw(base, room.hall.id, gone, "chen").await.unwrap();
    room.opens(&guests[0], seen).await;
    room.passes(SETTLED).await;
    assert_eq!(room.all_got(&guests).await, [0, 1]);
}

#[tokio::test]
async fn a_reader_who_came_without_being_on_the_roster_hears_of_it_too() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 1).await;
    let meeting = room.hall.another(|_| {}).await;
    let settings = Settings::default();
    let base = &room.hall.base;
    let made = edits::add(base, meeting, Uuid::now_v7(), &received("甲"), settings, "chen").await.unwrap();
    let mut scan = room.hall.scan(guests[0].person);
    scan.meeting = meeting;
    room.hall.try_in(scan).await.unwrap();
    reading::note(base, &made.version, guests[0].person, Act::Opened).await.unwrap();
    edits::replace(base, meeting, made.material.id, Uuid::now_v7(), &received("乙"), "chen").await.unwrap();
    room.passes(SETTLED).await;
    assert_eq!(room.all_got(&guests).await, [1]);
}

#[tokio::test]
async fn an_organiser_may_replace_in_silence() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 1).await;
    let quiet = Plan { on_change: false, ..Plan::default() };
    reminder::set_plan(&room.hall.base, room.hall.id, quiet, "chen").await.unwrap();
    let paper = room.paper("甲").await;
    room.opens(&guests[0], paper).await;
    room.replaces(paper, "乙").await;
    room.passes(SETTLED).await;
    assert_eq!((room.notices().await, room.all_got(&guests).await), (0, vec![0]));
}

#[tokio::test]
async fn after_the_meeting_news_of_its_materials_wait_for_the_morning() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 1).await;
    let paper = room.paper("甲").await;
    room.opens(&guests[0], paper).await;
    room.hall.at("2026-09-19 23:00", 0);
    room.replaces(paper, "会议纪要").await;
    room.passes(SETTLED).await;
    assert_eq!((room.notices().await, room.all_got(&guests).await), (1, vec![0]));
    room.hall.at("2026-09-20 07:00", 0);
    room.passes(TimeDelta::seconds(1)).await;
    assert_eq!(room.all_got(&guests).await, [1]);
}
