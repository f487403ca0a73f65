//! When nobody knows whether a provider took it: ask, wait, say so; never send again.

use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use yishiting::jobs;
use yishiting::notify::phone::Event;
use yishiting::notify::phone::model::message;

use super::{Place, ask, call};

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_found_by_asking_and_not_sent_again() {
    for provider in ["aliyun", "tencent"] {
        let place = Place::new().await;
        let away = if provider == "aliyun" { "tencent" } else { "aliyun" };
        place
            .break_with(json!({"hold_receipts": true, "drop_answers": 1,
            "refuse": [{"provider": away, "code": "isv.OUT_OF_SERVICE"}]}))
            .await;
        let placed = place.place(&ask("a")).await;
        place.run().await;
        assert_eq!(place.state(placed.id).await, "unsure");
        assert!(place.events().is_empty());
        place.app.clock.advance(TimeDelta::seconds(11));
        place.run().await;
        assert_eq!(place.events(), [Event::Accepted { provider }, Event::Delivered]);
        assert_eq!(place.inbox().await.len(), 1);
        // Its receipt is no news.
        place.receipts().await;
        assert_eq!(place.events().len(), 2);
    }
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_unknown_after_five_minutes_and_its_receipt_still_counts() {
    let place = Place::new().await;
    place.break_with(json!({"hold_receipts": true, "drop_answers": 1})).await;
    let placed = place.place(&call("a")).await;
    place.run().await;
    for _ in 0..7 {
        place.app.clock.advance(TimeDelta::minutes(1));
        place.run().await;
    }
    assert_eq!(place.events(), [Event::Unknown]);
    assert_eq!(place.act("answer", json!({})).await, 200);
    assert_eq!(place.act("hangup", json!({"seconds": 12})).await, 200);
    place.receipts().await;
    assert_eq!(place.events()[1..], [Event::Answered { seconds: 12 }]);
    assert_eq!(place.state(placed.id).await, "answered");
    assert_eq!(place.inbox().await.len(), 1, "called once");
}

#[tokio::test]
async fn a_process_killed_between_sending_and_storing_sends_nothing_twice() {
    let place = Place::new().await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    // As the row stood when the process died: claimed, and the provider's answer not stored. Its job is there still.
    let tx = place.app.base.db.write().await.unwrap();
    message::Entity::update_many()
        .col_expr(message::Column::State, "sending".into())
        .col_expr(message::Column::ProviderId, Expr::value(None::<String>))
        .col_expr(message::Column::AcceptedAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
        .filter(message::Column::Id.eq(placed.id))
        .exec(&tx)
        .await
        .unwrap();
    let payload = json!({"message": placed.id, "step": 0});
    let later = place.app.clock.now() + TimeDelta::minutes(1);
    jobs::enqueue(&place.app.base, &tx, "phone.send", &payload, later, None).await.unwrap();
    tx.commit().await.unwrap();
    place.feature.heard.lock().unwrap().clear();
    place.app.clock.advance(TimeDelta::minutes(1));
    place.run().await;
    assert_eq!(place.state(placed.id).await, "unsure");
    place.app.clock.advance(TimeDelta::seconds(11));
    place.run().await;
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
    assert_eq!(place.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_message_without_a_receipt_is_looked_up_after_five_minutes() {
    let place = Place::new().await;
    place.place(&ask("a")).await;
    place.run().await;
    place.app.clock.advance(TimeDelta::minutes(5));
    place.run().await;
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
}

#[tokio::test]
async fn a_call_without_a_receipt_is_unknown_after_five_minutes() {
    let place = Place::new().await;
    place.place(&call("a")).await;
    place.run().await;
    place.app.clock.advance(TimeDelta::minutes(4));
    place.run().await;
    assert_eq!(place.events().len(), 1);
    place.app.clock.advance(TimeDelta::minutes(1));
    place.run().await;
    assert_eq!(place.events()[1..], [Event::Unknown]);
}
