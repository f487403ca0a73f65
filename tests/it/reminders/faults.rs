//! What the platform refuses, delays or loses, and workers that die: nobody is told twice, and whoever was not reached
//! stands on the call list.

use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use yishiting::notify::ledger;
use yishiting::notify::model::{Channel, State, notice};

use super::{BOTH, ONCE, Room, TEMPLATE};

const SEND: &str = "/cgi-bin/message/template/send";
const BIZ: &str = "/cgi-bin/message/subscribe/bizsend";

impl Room {
    /// What a worker leaves that dies in the middle of sending, `minutes` ago.
    async fn dies_sending(&self, channel: Channel, minutes: i64) {
        let now = self.hall.clock.now();
        let tx = self.hall.base.db.write().await.unwrap();
        notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Sending.word().into())
            .col_expr(notice::Column::MessageId, None::<String>.into())
            .col_expr(notice::Column::ClaimedAt, Expr::value(now - TimeDelta::minutes(minutes)))
            .filter(notice::Column::Channel.eq(channel.word()))
            .exec(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_notice_forgets_the_right_and_goes_another_way() {
    let (room, guests) = Room::of_guests(&BOTH, 1).await;
    room.accepts(&guests[0], ONCE).await;
    room.accepts(&guests[0], ONCE).await;
    room.faults(json!({"errors": [{"path": BIZ, "errcode": 43101, "times": 1}]})).await;
    let placed = room.press().await;
    room.settle(placed.id).await;
    room.heard(placed.id, |counts| counts.delivered == 1).await;
    assert_eq!(room.line(placed.id, guests[0].person).await.channel, Some(Channel::Template));
    assert_eq!(ledger::of(&room.hall.base, guests[0].follower).await.unwrap()[0].remaining, 0);
}

#[tokio::test]
async fn whoever_refused_everything_is_called() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 2).await;
    room.acts(&guests[0], "settings", json!({"notices": "off"})).await;
    room.acts(&guests[1], "settings", json!({"notices": "blocked"})).await;
    let placed = room.press().await;
    room.settle(placed.id).await;
    let counts = room.heard(placed.id, |counts| counts.refused == 2).await;
    assert_eq!(counts.to_call(), 2, "one by the call's answer, one by the event after it");
}

#[tokio::test]
async fn an_unknown_user_or_a_used_up_quota_fails_with_its_reason() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 3).await;
    room.faults(json!({"errors": [{"path": SEND, "errcode": 40003, "times": 1}]})).await;
    let placed = room.press().await;
    let counts = room.settle(placed.id).await;
    assert_eq!((counts.failed, counts.recipients), (1, 3));
    room.hall.clock.advance(TimeDelta::minutes(31));
    room.faults(json!({"reset": true, "quota": {SEND: 1}})).await;
    let placed = room.press().await;
    let counts = room.settle(placed.id).await;
    assert!(counts.failed >= 1 && counts.failed == counts.to_call(), "{counts:?}");
    let failed = room.detail(placed.id).await.1.into_iter().find(|line| line.state == State::Failed).unwrap();
    assert_eq!(failed.reason.as_deref(), Some("今天的接口调用次数已用完"));
    drop(guests);
}

#[tokio::test]
async fn a_token_that_expired_is_renewed_and_everybody_is_told() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 3).await;
    let first = room.press().await;
    room.settle(first.id).await;
    room.hall.clock.advance(TimeDelta::minutes(31));
    room.faults(json!({"expire_tokens": true})).await;
    let second = room.press().await;
    room.settle(second.id).await;
    assert_eq!(room.all_got(&guests).await, [2, 2, 2]);
}

#[tokio::test]
async fn a_busy_platform_is_asked_again_later() {
    let (room, guests) = Room::of_guests(&BOTH, 1).await;
    room.accepts(&guests[0], ONCE).await;
    room.faults(json!({"errors": [{"path": BIZ, "errcode": -1, "times": 4}]})).await;
    let placed = room.press().await;
    room.settle(placed.id).await;
    let line = room.line(placed.id, guests[0].person).await;
    assert_eq!(line.channel, Some(Channel::Subscribe), "the right was kept for the second try");
    assert_eq!(room.all_got(&guests).await, [1]);
}

#[tokio::test]
async fn a_worker_that_dies_after_sending_has_nobody_told_twice() {
    let (room, guests) = Room::of_guests(&[TEMPLATE], 3).await;
    // The results of the first sending are lost with the worker.
    room.faults(json!({"drop_pushes": 9})).await;
    let placed = room.press().await;
    room.hall.app.run_jobs().await;
    room.hall.clock.advance(TimeDelta::minutes(6));
    room.dies_sending(Channel::Template, 6).await;
    room.hall.app.run_jobs().await;
    reopen(&room, placed.id).await;
    let counts = room.settle(placed.id).await;
    assert_eq!(counts.sent + counts.delivered, 3, "{counts:?}");
    assert_eq!(room.all_got(&guests).await, [1, 1, 1], "the platform knew the repeat by its number");
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_not_repeated_but_called_about() {
    let (room, guests) = Room::of_guests(&[], 1).await;
    room.acts(&guests[0], "text", json!({"content": "你好"})).await;
    let placed = room.press().await;
    room.hall.app.run_jobs().await;
    room.hall.clock.advance(TimeDelta::minutes(6));
    room.dies_sending(Channel::Custom, 6).await;
    reopen(&room, placed.id).await;
    let counts = room.settle(placed.id).await;
    assert_eq!((counts.failed, counts.to_call()), (1, 1));
    assert_eq!(room.line(placed.id, guests[0].person).await.reason.as_deref(), Some("不能确定是否送达"));
    assert_eq!(room.all_got(&guests).await, [1]);
}

/// The job of the dead worker is taken up by another.
async fn reopen(room: &Room, batch: uuid::Uuid) {
    let base = &room.hall.base;
    let tx = base.db.write().await.unwrap();
    let step = json!({"batch": batch, "step": 99});
    yishiting::jobs::enqueue(base, &tx, yishiting::notify::JOB, &step, base.clock.now(), None).await.unwrap();
    tx.commit().await.unwrap();
}
