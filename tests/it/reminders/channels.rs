//! Which way each notice goes, and that nobody is told twice.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;
use yishiting::meeting::reminder::model::Kind;
use yishiting::notify::ledger;
use yishiting::notify::model::{Channel, State};

use super::{BOTH, LONG, ONCE, Room, TEMPLATE};

#[tokio::test]
async fn one_press_reaches_everybody_by_the_best_channel_they_allow() {
    let room = Room::open(&BOTH).await;
    room.seats(4).await;
    let guests = room.guests(3).await;
    room.accepts(&guests[0], ONCE).await;
    // Takes no notices, but wrote to the account.
    room.acts(&guests[2], "settings", json!({"notices": "off"})).await;
    room.acts(&guests[2], "text", json!({"content": "你好"})).await;
    let placed = room.press().await;
    assert_eq!(placed.counts.recipients, 4);
    room.settle(placed.id).await;
    let counts = room.heard(placed.id, |counts| counts.delivered == 2).await;
    assert_eq!((counts.sent, counts.no_channel, counts.to_call()), (1, 1, 1));
    let by = [Channel::Subscribe, Channel::Template, Channel::Custom];
    for (guest, channel) in guests.iter().zip(by) {
        assert_eq!(room.line(placed.id, guest.person).await.channel, Some(channel));
    }
    assert_eq!(room.all_got(&guests).await, [1, 1, 1]);
    let text = room.got(&guests[2]).await[0]["content"].as_str().unwrap().to_string();
    assert!(text.contains("签到提醒") && text.contains("全市数字化改革推进会"), "{text}");
}

#[tokio::test]
async fn without_any_template_there_are_messages_and_the_telephone() {
    let (room, guests) = Room::of_guests(&[], 2).await;
    room.acts(&guests[0], "text", json!({"content": "你好"})).await;
    let placed = room.press().await;
    let counts = room.settle(placed.id).await;
    assert_eq!((counts.sent, counts.no_channel), (1, 1));
    let line = room.line(placed.id, guests[1].person).await;
    assert!(line.is_to_call() && line.reason.is_some());
    assert_eq!(room.all_got(&guests).await, [1, 0]);
}

#[tokio::test]
async fn a_one_time_right_is_used_once_and_a_lasting_one_for_ever() {
    let (room, guests) = Room::of_guests(&[ONCE], 1).await;
    room.accepts(&guests[0], ONCE).await;
    let first = room.press().await;
    room.settle(first.id).await;
    room.hall.clock.advance(TimeDelta::minutes(31));
    let second = room.press().await;
    assert_eq!(room.settle(second.id).await.no_channel, 1);

    let (room, guests) = Room::of_guests(&[LONG], 1).await;
    room.accepts(&guests[0], LONG).await;
    for _ in 0..2 {
        let placed = room.press().await;
        room.settle(placed.id).await;
        room.heard(placed.id, |counts| counts.delivered == 1).await;
        room.hall.clock.advance(TimeDelta::minutes(31));
    }
    assert_eq!(room.all_got(&guests).await, [2]);
}

#[tokio::test]
async fn an_accept_counts_once_however_often_it_comes_and_a_refusal_ends_it() {
    let (room, guests) = Room::of_guests(&[ONCE], 1).await;
    room.faults(json!({"repeat_pushes": 3})).await;
    room.accepts(&guests[0], ONCE).await;
    room.accepts_later(&guests[0]).await;
    let rights = ledger::of(&room.hall.base, guests[0].follower).await.unwrap();
    assert_eq!(rights[0].remaining, 2, "two accepts, each told four times");
    room.hall.clock.advance(TimeDelta::seconds(1));
    room.acts(&guests[0], "subscribe", json!({"template_ids": [ONCE], "accept": false})).await;
    let rights = ledger::of(&room.hall.base, guests[0].follower).await.unwrap();
    assert_eq!((rights[0].remaining, rights[0].refused_at.is_some()), (0, true));
}

impl Room {
    /// A second accept, a second later: another push.
    async fn accepts_later(&self, guest: &super::Guest) {
        self.hall.clock.advance(TimeDelta::seconds(1));
        self.accepts(guest, ONCE).await;
    }
}

#[tokio::test]
async fn whoever_was_reminded_moments_ago_is_left_in_peace() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 2).await;
    let first = room.press().await;
    room.settle(first.id).await;
    let again = room.press().await;
    assert_eq!((again.counts.recipients, again.counts.skipped), (2, 2), "the list says who was left out");
    room.settle(again.id).await;
    assert!(room.line(again.id, guests[0].person).await.reason.unwrap().contains("30 分钟"));
    room.hall.clock.advance(TimeDelta::minutes(31));
    let later = room.press().await;
    assert_eq!(later.counts.skipped, 0);
    room.settle(later.id).await;
    assert_eq!(room.all_got(&guests).await, [2, 2]);
}

#[tokio::test]
async fn the_same_press_is_one_reminder() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 3).await;
    let op = Uuid::now_v7();
    let first = room.try_remind(Kind::NotSignedIn, op).await.unwrap();
    room.settle(first.id).await;
    let again = room.try_remind(Kind::NotSignedIn, op).await.unwrap();
    assert_eq!(again.id, first.id);
    assert_eq!(room.reminders().await.len(), 1);
    assert_eq!(room.all_got(&guests).await, [1, 1, 1]);
}

#[tokio::test]
async fn two_buttons_at_once_tell_everybody_once() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 20).await;
    let presses = (0..4).map(|_| room.press());
    let placed = futures_util::future::join_all(presses).await;
    let skipped: i64 = placed.iter().map(|one| one.counts.skipped).sum();
    assert_eq!(skipped, 60, "each person belongs to one press");
    // Two workers, too.
    for _ in 0..3 {
        tokio::join!(room.hall.app.run_jobs(), room.hall.app.run_jobs());
        room.hall.clock.advance(TimeDelta::seconds(1));
    }
    for one in placed {
        room.settle(one.id).await;
    }
    assert_eq!(room.all_got(&guests).await, [1; 20]);
}

#[tokio::test]
async fn whoever_signs_in_meanwhile_is_not_told_any_more() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 2).await;
    room.hall.sign_in(guests[0].person).await;
    let placed = room.press().await;
    assert_eq!(placed.counts.recipients, 1, "only who is missing is on the list");
    room.hall.sign_in(guests[1].person).await;
    let counts = room.settle(placed.id).await;
    assert_eq!(counts.skipped, 1);
    assert_eq!(room.line(placed.id, guests[1].person).await.reason.as_deref(), Some("已签到"));
    assert_eq!(room.all_got(&guests).await, [0, 0]);
    assert!(room.try_remind(Kind::NotSignedIn, Uuid::now_v7()).await.is_err(), "nobody is missing");
}

#[tokio::test]
async fn a_thousand_people_are_told_within_a_minute_and_never_too_fast() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 1000).await;
    let began = room.hall.clock.now();
    let real = std::time::Instant::now();
    let placed = room.press().await;
    let counts = room.settle(placed.id).await;
    assert_eq!(counts.sent + counts.delivered, 1000, "{counts:?}");
    let told = (room.hall.clock.now() - began).num_seconds();
    assert!((19..60).contains(&told), "fifty a second: {told} s");
    assert!(real.elapsed().as_secs() < 60, "{:?}", real.elapsed());
    assert_eq!(room.all_got(&guests[..20]).await, [1; 20]);
    assert_ne!(room.state(placed.id, &guests[999]).await, State::Failed);
}
