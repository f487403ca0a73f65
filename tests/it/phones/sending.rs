//! The way out: once, or not at all.

use serde_json::json;
use yishiting::notify::phone::{self, Event, Why};

use super::{OWNER, Place, ask, replica};

#[tokio::test]
async fn a_message_that_was_committed_reaches_the_phone_and_its_feature_hears_so() {
    let place = Place::new().await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    let inbox = place.inbox().await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0]["text"], "您的车浙C·1**45在罗阳大道88号附近挡住了别人");
    assert_eq!(inbox[0]["sign"], "议事厅演练");
    assert_eq!(place.receipts().await, [200]);
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
    assert_eq!(place.state(placed.id).await, "delivered");
}

#[tokio::test]
async fn what_is_rolled_back_is_never_sent() {
    let place = Place::new().await;
    let tx = place.app.base.db.write().await.unwrap();
    phone::place(&place.app.base, &tx, &ask("a")).await.unwrap();
    tx.rollback().await.unwrap();
    place.run().await;
    assert!(place.inbox().await.is_empty());
}

#[tokio::test]
async fn the_same_act_is_one_message() {
    let place = Place::new().await;
    let first = place.place(&ask("a")).await;
    let second = place.place(&ask("a")).await;
    assert_eq!((first.id, first.new, second.new), (second.id, true, false));
    place.run().await;
    place.place(&ask("a")).await;
    place.run().await;
    assert_eq!(place.inbox().await.len(), 1);
}

#[tokio::test]
async fn what_is_taken_back_in_time_is_not_sent_and_what_is_not_is_told_so() {
    let place = Place::new().await;
    let placed = place.place(&ask("a")).await;
    let tx = place.app.base.db.write().await.unwrap();
    assert!(phone::cancel(&place.app.base, &tx, placed.id).await.unwrap());
    tx.commit().await.unwrap();
    place.run().await;
    assert!(place.inbox().await.is_empty());
    let placed = place.place(&ask("b")).await;
    place.run().await;
    let tx = place.app.base.db.write().await.unwrap();
    assert!(!phone::cancel(&place.app.base, &tx, placed.id).await.unwrap());
}

#[tokio::test]
async fn two_replicas_send_each_message_once() {
    let place = Place::with("[sms]\nper_number_hour = 100\nper_number_day = 100").await;
    let (_, _, other) = replica(&place.app);
    for number in 0..30 {
        place.place(&ask(&format!("a{number}"))).await;
    }
    let (first, second) = tokio::join!(place.worker.run_due(), other.run_due());
    first.unwrap();
    second.unwrap();
    let mut references: Vec<_> =
        place.inbox().await.iter().map(|item| item["reference"].as_str().unwrap().to_string()).collect();
    assert_eq!(references.len(), 30);
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 30);
}

#[tokio::test]
async fn a_provider_that_throttles_a_number_is_followed_by_another_and_never_counts_as_told() {
    let place = Place::new().await;
    let throttled = json!({"hold_receipts": true, "refuse": [{"provider": "aliyun", "code": "isv.BUSINESS_LIMIT_CONTROL"}]});
    place.break_with(throttled).await;
    place.place(&ask("a")).await;
    place.run().await;
    let inbox = place.inbox().await;
    assert_eq!((inbox.len(), inbox[0]["provider"].as_str()), (1, Some("tencent")));
    assert_eq!(inbox[0]["text"], "您的车浙C·1**45在罗阳大道88号附近挡住了别人");
    place.receipts().await;
    assert_eq!(place.events(), [Event::Accepted { provider: "tencent" }, Event::Delivered]);

    let all = json!({"refuse": [
        {"provider": "aliyun", "code": "isv.BUSINESS_LIMIT_CONTROL"},
        {"provider": "tencent", "code": "LimitExceeded.PhoneNumberThirtySecondLimit"},
    ]});
    place.break_with(all).await;
    let refused = place.place(&ask("b")).await;
    place.run().await;
    assert_eq!(place.events()[2..], [Event::Failed { why: Why::TooOften }]);
    assert_eq!(
        place.row(refused.id).await.reason.unwrap(),
        "too_often LimitExceeded.PhoneNumberThirtySecondLimit"
    );
}

#[tokio::test]
async fn a_number_that_does_not_exist_is_not_tried_elsewhere() {
    let place = Place::new().await;
    place.break_with(json!({"refuse": [{"code": "isv.MOBILE_NUMBER_ILLEGAL"}]})).await;
    place.place(&ask("a")).await;
    place.run().await;
    assert_eq!(place.events(), [Event::Failed { why: Why::BadNumber }]);
}

#[tokio::test]
async fn a_provider_whose_set_up_is_wrong_rests_and_is_asked_again_later() {
    let place = Place::new().await;
    let broke = json!({"hold_receipts": true, "refuse": [{"provider": "aliyun", "code": "isv.AMOUNT_NOT_ENOUGH", "times": 1}]});
    place.break_with(broke).await;
    for key in ["a", "b"] {
        place.place(&ask(key)).await;
        place.run().await;
    }
    place.app.clock.advance(chrono::TimeDelta::minutes(11));
    place.place(&ask("c")).await;
    place.run().await;
    let providers: Vec<_> = place.inbox().await.iter().map(|item| item["provider"].clone()).collect();
    assert_eq!(providers, ["tencent", "tencent", "aliyun"]);
}

#[tokio::test]
async fn busy_providers_are_asked_again_after_a_while() {
    let place = Place::new().await;
    let busy = json!({"hold_receipts": true, "refuse": [
        {"provider": "aliyun", "code": "Throttling.User", "times": 1},
        {"provider": "tencent", "code": "RequestLimitExceeded", "times": 1},
    ]});
    place.break_with(busy).await;
    place.place(&ask("a")).await;
    place.run().await;
    assert!(place.inbox().await.is_empty());
    assert!(place.events().is_empty());
    place.app.clock.advance(chrono::TimeDelta::seconds(20));
    place.run().await;
    assert_eq!(place.inbox().await.len(), 1);
}

#[tokio::test]
async fn providers_that_cannot_be_reached_at_all_are_given_up_after_some_tries() {
    let place = Place::new().await;
    let mut config = (*place.app.base.config).clone();
    // Nobody listens there: what is bound for a moment and let go is free.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.phone_simulator = Some(format!("http://{free}").parse().unwrap());
    let mut base = place.app.base.clone();
    base.config = std::sync::Arc::new(config);
    let settings = phone::Settings::load(&base.config, super::PURPOSES).unwrap();
    let phones = phone::Phones::new(base.clone(), settings, vec![place.feature.clone()]).unwrap();
    let worker = yishiting::jobs::Worker::new(base, phones.handlers());
    place.place(&ask("a")).await;
    for _ in 0..8 {
        worker.run_due().await.unwrap();
        place.app.clock.advance(chrono::TimeDelta::minutes(1));
    }
    assert_eq!(place.events(), [Event::Failed { why: Why::NoProvider }]);
}

#[tokio::test]
async fn neither_number_nor_words_stand_in_the_database_or_in_anything_that_is_logged() {
    let place = Place::new().await;
    let outgoing = ask("a");
    assert!(!format!("{outgoing:?}").contains(OWNER));
    let placed = place.place(&outgoing).await;
    place.run().await;
    place.receipts().await;
    let row = format!("{:?}", place.row(placed.id).await);
    assert!(!row.contains(OWNER) && !row.contains("罗阳大道"), "{row}");
}
