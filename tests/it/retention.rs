//! What is forgotten when its time is over, and what stays.

use std::sync::Arc;

use chrono::TimeDelta;
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::config::Config;
use yishiting::meeting::model::RequestKind;
use yishiting::meeting::{journal, people_list, requests};
use yishiting::people::model::{follower as followers, identity, person};
use yishiting::people::retention::Forgotten;
use yishiting::people::{audit, follower, person as persons};
use yishiting::server;

use crate::support::hall::{Hall, described};
use crate::support::moment;

/// The city as its server sees it, with this time set.
fn keeping(hall: &Hall, days: Option<u16>) -> Base {
    let config = Config { retention_days: days, ..(*hall.base.config).clone() };
    Base { config: Arc::new(config), ..hall.base.clone() }
}

async fn bind(base: &Base, openid: &str, name: &str, phone: &str) -> Uuid {
    let follower = follower::ensure(base, openid).await.unwrap();
    let tx = base.db.write().await.unwrap();
    let person = persons::bind(base, &tx, follower, &described(name, "市金融办", phone)).await.unwrap();
    tx.commit().await.unwrap();
    person
}

async fn phone_is_known(base: &Base, id: Uuid) -> bool {
    let row = person::Entity::find_by_id(id).one(base.db.read()).await.unwrap().unwrap();
    base.keys.open(persons::PHONE_PLACE, &row.phone_sealed).is_ok()
}

#[tokio::test]
async fn without_a_set_time_nothing_is_ever_forgotten() {
    let hall = Hall::open().await;
    let person = bind(&hall.base, "oJiang", "江一帆", "13812346021").await;
    hall.clock.advance(TimeDelta::days(20_000));
    assert_eq!(server::forget(&keeping(&hall, None)).await.unwrap(), Forgotten::default());
    assert!(phone_is_known(&hall.base, person).await);
}

#[tokio::test]
async fn a_phone_is_forgotten_so_many_days_after_the_last_meeting_and_no_day_earlier() {
    let hall = Hall::open().await;
    let person = bind(&hall.base, "oJiang", "江一帆", "13812346021").await;
    hall.sign_in(person).await;
    let base = keeping(&hall, Some(90));

    hall.clock.set(moment("2026-09-19 11:30") + TimeDelta::days(90));
    assert_eq!(server::forget(&base).await.unwrap(), Forgotten::default());
    hall.clock.advance(TimeDelta::seconds(1));
    let forgotten = server::forget(&base).await.unwrap();
    assert_eq!(forgotten, Forgotten { phones: 1, ..Forgotten::default() });
    assert_eq!(server::forget(&base).await.unwrap(), Forgotten::default(), "a repeat finds nothing");

    assert!(!phone_is_known(&base, person).await);
    let rows = people_list::everybody(&base, hall.id).await.unwrap();
    assert_eq!((rows[0].name.as_str(), rows[0].phone.as_str()), ("江一帆", "已删除"));
    assert_eq!(hall.snapshot().await.present, 1, "totals stay");
    hall.is_clean().await;
    let refused = journal::reveal_phone(&base, hall.id, person, "chen").await.unwrap_err();
    assert_eq!(yishiting::base::error::Coded::code(&refused), "phone_deleted");
}

#[tokio::test]
async fn who_is_expected_at_a_meeting_still_to_come_is_not_forgotten() {
    let hall = Hall::open().await;
    let person = bind(&hall.base, "oJiang", "江一帆", "13812346021").await;
    hall.sign_in(person).await;
    let later = hall
        .another(|draft| {
            for at in [&mut draft.opens_at, &mut draft.closes_at, &mut draft.starts_at, &mut draft.ends_at] {
                *at += TimeDelta::days(200);
            }
        })
        .await;
    let rows = crate::support::hall::raw(&[("江一帆", "市金融办", "13812346021")]);
    yishiting::meeting::roster::import(
        &hall.base,
        later,
        rows,
        yishiting::meeting::roster::Missing::Stay,
        false,
        "chen",
    )
    .await
    .unwrap();
    hall.clock.advance(TimeDelta::days(150));
    assert_eq!(server::forget(&keeping(&hall, Some(90))).await.unwrap(), Forgotten::default());
    assert!(phone_is_known(&hall.base, person).await);
}

#[tokio::test]
async fn who_comes_back_after_being_forgotten_is_a_new_person_with_the_same_wechat() {
    let hall = Hall::open().await;
    let before = bind(&hall.base, "oJiang", "江一帆", "13812346021").await;
    hall.sign_in(before).await;
    let base = keeping(&hall, Some(90));
    hall.clock.advance(TimeDelta::days(100));
    server::forget(&base).await.unwrap();
    let after = bind(&base, "oJiang", "江一帆", "13812346021").await;
    assert_ne!(before, after);
    assert!(phone_is_known(&base, after).await);
    // The ended tie goes in its turn.
    hall.clock.advance(TimeDelta::days(91));
    bind(&base, "oOther", "王海", "13600001111").await;
    let forgotten = server::forget(&base).await.unwrap();
    assert_eq!((forgotten.phones, forgotten.ties), (1, 1));
    assert_eq!(identity::Entity::find().count(base.db.read()).await.unwrap(), 2);
}

#[tokio::test]
async fn phones_in_requests_are_forgotten_with_their_meeting() {
    let hall = Hall::open().await;
    let visitor = hall.follower("oVisitor").await;
    let asked = described("朱立新", "市财政局", "13911118888");
    requests::ask(&hall.base, hall.id, visitor, RequestKind::MakeUp, &asked).await.unwrap();
    let base = keeping(&hall, Some(30));
    server::forget(&base).await.unwrap();
    let waiting = requests::list(&base, hall.id).await.unwrap();
    assert_eq!(requests::masked_phone(&base, &waiting[0]), "139****8888");
    hall.clock.advance(TimeDelta::days(31));
    server::forget(&base).await.unwrap();
    let waiting = requests::list(&base, hall.id).await.unwrap();
    assert_eq!(requests::masked_phone(&base, &waiting[0]), "****");
    let refused = requests::reveal_phone(&base, hall.id, waiting[0].id, "chen").await.unwrap_err();
    assert_eq!(yishiting::base::error::Coded::code(&refused), "phone_deleted");
}

#[tokio::test]
async fn followers_who_left_are_forgotten_unless_something_is_tied_to_them() {
    let hall = Hall::open().await;
    let base = keeping(&hall, Some(30));
    let now = hall.clock.now();
    for openid in ["oStays", "oLeaves", "oTied"] {
        follower::follow(&base, openid, now).await.unwrap();
    }
    bind(&base, "oTied", "江一帆", "13812346021").await;
    hall.clock.advance(TimeDelta::days(40));
    for openid in ["oLeaves", "oTied"] {
        follower::unfollow(&base, openid, hall.clock.now()).await.unwrap();
    }
    hall.clock.advance(TimeDelta::days(29));
    hall.person("江一帆", "市金融办", "13812346021").await;
    assert_eq!(server::forget(&base).await.unwrap().followers, 0);
    hall.clock.advance(TimeDelta::days(2));
    assert_eq!(server::forget(&base).await.unwrap().followers, 1);
    let left = followers::Entity::find().all(base.db.read()).await.unwrap();
    let mut left: Vec<&str> = left.iter().map(|row| row.openid.as_str()).collect();
    left.sort();
    assert_eq!(left, ["oStays", "oTied"]);
}

#[tokio::test]
async fn the_audit_log_says_how_many_and_not_who() {
    let hall = Hall::open().await;
    for person in hall.crowd(230).await {
        hall.sign_in(person).await;
    }
    hall.clock.advance(TimeDelta::days(60));
    let base = keeping(&hall, Some(30));
    assert_eq!(server::forget(&base).await.unwrap().phones, 230);
    let lines = audit::page(&base, "system", "retention.", None, 10).await.unwrap();
    let said: Vec<&str> = lines.iter().rev().map(|line| line.detail.as_str()).collect();
    assert_eq!(said, ["200 0 0", "30 0 0"]);
    assert!(lines.iter().all(|line| line.target.is_empty()));
    hall.is_clean().await;
}
