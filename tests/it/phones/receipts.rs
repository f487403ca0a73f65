//! What providers tell: late, early, twice, forged, broken.

use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use yishiting::notify::phone::model::receipt;
use yishiting::notify::phone::receipts::path;
use yishiting::notify::phone::{Event, Why};

use super::{Place, ask, call};

impl Place {
    fn hook(&self, provider: &str) -> String {
        path(&self.app.base.keys, provider)
    }

    async fn tell(&self, provider: &str, body: &Value) -> (u16, String) {
        let answer = self.app.browser().post_json(&self.hook(provider), body).await;
        (answer.status.as_u16(), answer.text)
    }

    async fn stored(&self) -> u64 {
        receipt::Entity::find().count(self.app.base.db.read()).await.unwrap()
    }
}

fn arrived(id: &str, reference: &str) -> Value {
    json!([{"phone_number": "13900000000", "send_time": "2026-09-19 08:30:00", "report_time": "2026-09-19 08:30:04",
        "success": true, "err_code": "DELIVERED", "biz_id": id, "out_id": reference}])
}

#[tokio::test]
async fn each_provider_gets_the_answer_that_it_wants() {
    let place = Place::new().await;
    assert_eq!(
        place.tell("aliyun", &arrived("b", "r")).await,
        (200, r#"{"code":0,"msg":"成功"}"#.to_string())
    );
    let key = json!({"voicekey_callback": {"callid": "c", "keypress": "1"}});
    assert_eq!(place.tell("tencent", &key).await, (200, r#"{"result":0,"errmsg":"OK"}"#.to_string()));
}

#[tokio::test]
async fn a_receipt_that_comes_fifty_times_at_once_and_again_later_is_told_once() {
    let place = Place::new().await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    let row = place.row(placed.id).await;
    let body = arrived(row.provider_id.as_deref().unwrap(), &row.reference);
    let browser = place.app.browser();
    let hook = place.hook("aliyun");
    let all = join_all((0..50).map(|_| browser.post_json(&hook, &body))).await;
    assert!(all.iter().all(|answer| answer.status == 200));
    place.run().await;
    assert_eq!(place.tell("aliyun", &body).await.0, 200);
    place.run().await;
    assert_eq!(place.stored().await, 1);
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
    let told = place.feature.heard.lock().unwrap()[1].at;
    assert_eq!(
        told,
        crate::support::moment("2026-09-19 08:30") + TimeDelta::seconds(4),
        "times are Chinese ones"
    );
}

#[tokio::test]
async fn a_receipt_that_is_here_before_the_answer_counts() {
    let place = Place::new().await;
    place.break_with(json!({"early_receipts": true, "repeat_receipts": 2})).await;
    place.place(&ask("a")).await;
    place.run().await;
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
    // Tencent's names no number of ours: it waits until the answer is stored.
    place
        .break_with(
            json!({"early_receipts": true, "refuse": [{"provider": "aliyun", "code": "isv.OUT_OF_SERVICE"}]}),
        )
        .await;
    place.place(&ask("b")).await;
    place.run().await;
    place.app.clock.advance(TimeDelta::seconds(5));
    place.run().await;
    assert_eq!(place.events()[2..], [Event::Accepted { provider: "tencent" }, Event::Delivered]);
}

#[tokio::test]
async fn a_receipt_of_a_message_whose_answer_was_lost_proves_that_it_was_taken() {
    let place = Place::new().await;
    place.break_with(json!({"hold_receipts": true, "drop_answers": 1})).await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    place.receipts().await;
    assert_eq!(place.events(), [Event::Accepted { provider: "aliyun" }, Event::Delivered]);
    assert!(place.row(placed.id).await.provider_id.is_some());
}

#[tokio::test]
async fn what_did_not_arrive_is_told_as_failed() {
    let place = Place::new().await;
    place.break_with(json!({"hold_receipts": true, "undelivered": true})).await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    place.receipts().await;
    assert_eq!(place.events()[1..], [Event::Failed { why: Why::Undelivered }]);
    assert_eq!(place.row(placed.id).await.reason.unwrap(), "undelivered MK:0001");
}

#[tokio::test]
async fn a_receipt_for_nothing_of_ours_waits_ten_minutes_and_changes_nothing() {
    let place = Place::new().await;
    let placed = place.place(&ask("a")).await;
    place.run().await;
    let row = place.row(placed.id).await;
    let id = row.provider_id.as_deref().unwrap();
    // Of nobody; of this message by another provider; of this message under another number.
    place.tell("aliyun", &arrived("nobody", "nothing")).await;
    place.tell("tencent", &json!([{"sid": id, "report_status": "FAIL", "errmsg": "x"}])).await;
    place.tell("aliyun", &arrived("another", &row.reference)).await;
    // A call was never made: a message has no keys and is not picked up.
    place
        .tell("aliyun", &json!([{"call_id": id, "duration": "9", "status_code": "200000", "dtmf": "1"}]))
        .await;
    for _ in 0..12 {
        place.run().await;
        place.app.clock.advance(TimeDelta::minutes(1));
    }
    let told: Vec<Event> = place.events().into_iter().filter(|event| *event != Event::Delivered).collect();
    assert_eq!(told, [Event::Accepted { provider: "aliyun" }]);
    let open: Vec<_> = receipt::Entity::find().all(place.app.base.db.read()).await.unwrap();
    assert!(open.iter().all(|receipt| receipt.done_at.is_some()));
}

#[tokio::test]
async fn without_the_secret_address_nothing_is_there() {
    let place = Place::new().await;
    let browser = place.app.browser();
    let (aliyun, tencent) = (place.hook("aliyun"), place.hook("tencent"));
    let secret = aliyun.rsplit('/').next().unwrap();
    let swapped = format!("/hooks/phone/tencent/{secret}");
    for wrong in ["/hooks/phone/aliyun/0", "/hooks/phone/aliyun/", "/hooks/phone/pigeon/0", swapped.as_str()]
    {
        let answer = browser.post_json(wrong, &arrived("b", "r")).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
    assert_ne!(aliyun, tencent);
    assert!(secret.len() >= 32);
    assert_eq!(browser.get(&aliyun).await.status, 405);
    assert_eq!(place.stored().await, 0);
}

#[tokio::test]
async fn what_is_malformed_or_huge_is_refused_and_stores_nothing() {
    let place = Place::new().await;
    let (browser, hook) = (place.app.browser(), place.hook("aliyun"));
    let many: Vec<Value> = (0..1001).map(|n| json!({"biz_id": n.to_string(), "success": true})).collect();
    for (body, status) in [
        ("not json".to_string(), 400),
        ("{}".to_string(), 400),
        ("[{}]".to_string(), 400),
        ("[".repeat(100_000), 400),
        (Value::Array(many).to_string(), 400),
        (format!("[{{\"biz_id\":\"b\",\"success\":true,\"x\":\"{}\"}}]", "x".repeat(300_000)), 413),
    ] {
        let request = browser.request(Method::POST, &hook).body(body);
        assert_eq!(browser.send(request).await.status, status);
    }
    assert_eq!(place.stored().await, 0);
}

#[tokio::test]
async fn a_receipt_that_cannot_be_stored_shall_come_again() {
    let place = Place::new().await;
    let body = arrived("b", "r");
    place.app.lose_database().await;
    assert_eq!(place.tell("aliyun", &body).await.0, 503);
}

#[tokio::test]
async fn receipts_of_a_call_are_told_in_whatever_order_they_come() {
    let place = Place::new().await;
    let placed = place.place(&call("a")).await;
    place.run().await;
    let row = place.row(placed.id).await;
    let id = row.provider_id.unwrap();
    let end = json!([{"call_id": id, "duration": "20", "status_code": "200000", "out_id": row.reference}]);
    let key = json!([{"call_id": id, "status_code": "300000", "dtmf": "1", "status_time": "2026-09-19 08:30:09", "out_id": row.reference}]);
    for body in [&end, &key, &end, &key] {
        assert_eq!(place.tell("aliyun", body).await.0, 200);
        place.run().await;
    }
    assert_eq!(place.events()[1..], [Event::Answered { seconds: 20 }, Event::Key('1')]);
}
