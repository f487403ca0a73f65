//! Calls: keys, voicemail, nobody there; and answers by short message.

use serde_json::json;
use yishiting::notify::phone::{Event, Medium, Outgoing};

use super::{Place, ask, call};

async fn ringing(place: &Place, provider: &str) {
    if provider == "tencent" {
        place.break_with(json!({"hold_receipts": true, "refuse": [{"provider": "aliyun", "code": "isv.OUT_OF_SERVICE"}]})).await;
    }
    place.place(&call("a")).await;
    place.run().await;
    assert_eq!(place.inbox().await[0]["state"], "ringing");
}

#[tokio::test]
async fn keys_are_told_one_by_one_and_the_end_of_the_call_after_them() {
    for provider in ["aliyun", "tencent"] {
        let place = Place::new().await;
        ringing(&place, provider).await;
        assert_eq!(place.act("press", json!({"key": "1"})).await, 409, "nobody picked up");
        assert_eq!(place.act("answer", json!({})).await, 200);
        assert_eq!(place.act("press", json!({"key": "1"})).await, 200);
        place.receipts().await;
        assert_eq!(place.events(), [Event::Accepted { provider }, Event::Key('1')]);
        assert_eq!(place.act("press", json!({"key": "2"})).await, 200);
        assert_eq!(place.act("hangup", json!({"seconds": 20})).await, 200);
        place.receipts().await;
        // Aliyun tells the keys once more at the end.
        assert_eq!(place.events()[2..], [Event::Key('2'), Event::Answered { seconds: 20 }], "{provider}");
    }
}

#[tokio::test]
async fn a_voicemail_is_a_short_call_without_a_key_and_nobody_is_none() {
    for provider in ["aliyun", "tencent"] {
        let place = Place::new().await;
        let refuse = if provider == "tencent" {
            json!([{"provider": "aliyun", "code": "isv.OUT_OF_SERVICE"}])
        } else {
            json!([])
        };
        place.break_with(json!({"hold_receipts": true, "voicemail": true, "refuse": refuse})).await;
        place.place(&call("a")).await;
        place.run().await;
        place.receipts().await;
        assert_eq!(place.events()[1..], [Event::Answered { seconds: 3 }]);
        place.break_with(json!({"hold_receipts": true, "no_answer": true})).await;
        place.place(&call("b")).await;
        place.run().await;
        place.receipts().await;
        assert_eq!(place.events()[3..], [Event::NotAnswered]);
    }
}

#[tokio::test]
async fn a_call_that_only_says_something_takes_no_keys() {
    let place = Place::new().await;
    let say = Outgoing { purpose: "test.say", medium: Medium::Voice, ..call("a") };
    place.place(&say).await;
    place.run().await;
    assert_eq!(place.inbox().await[0]["text"], "［test.say］tail=45");
    place.act("answer", json!({})).await;
    assert_eq!(place.act("press", json!({"key": "1"})).await, 409);
}

#[tokio::test]
async fn an_answer_by_short_message_belongs_to_what_was_asked_last() {
    for provider in ["aliyun", "tencent"] {
        let place = Place::new().await;
        let away = if provider == "aliyun" { "tencent" } else { "aliyun" };
        place
            .break_with(
                json!({"hold_receipts": true, "refuse": [{"provider": away, "code": "isv.OUT_OF_SERVICE"}]}),
            )
            .await;
        place.place(&ask("old")).await;
        place.run().await;
        place.app.clock.advance(chrono::TimeDelta::minutes(1));
        place.place(&ask("new")).await;
        place.run().await;
        place.receipts().await;
        assert_eq!(place.act("reply", json!({"content": "1"})).await, 200);
        place.receipts().await;
        let heard = place.feature.heard.lock().unwrap().last().cloned().unwrap();
        assert_eq!((heard.key.as_str(), heard.event), ("new", Event::Reply { text: "1".to_string() }));
    }
}
