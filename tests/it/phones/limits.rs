//! Allowances, and the hours in which nobody is called.

use chrono::TimeDelta;
use serde_json::json;
use yishiting::notify::phone::{Event, Outgoing, Why};
use yishiting::people::phone::Phone;

use super::{Place, ask, call, replica};
use crate::support::moment;

fn to(number: u32) -> Outgoing {
    Outgoing { number: Phone::parse(&format!("138{number:08}")).unwrap(), ..ask(&format!("m{number}")) }
}

#[tokio::test]
async fn the_allowance_of_a_day_holds_across_replicas_and_is_new_at_midnight() {
    let place = Place::with("[sms]\nper_day = 5").await;
    let (_, also, other) = replica(&place.app);
    place.app.clock.set(moment("2026-09-19 23:50"));
    for number in 0..12 {
        place.place(&to(number)).await;
    }
    let (first, second) = tokio::join!(place.worker.run_due(), other.run_due());
    first.unwrap();
    second.unwrap();
    let mut events = place.events();
    events.extend(also.heard.lock().unwrap().iter().map(|heard| heard.event.clone()));
    let of = |event: Event| events.iter().filter(|one| **one == event).count();
    assert_eq!(of(Event::Accepted { provider: "aliyun" }), 5);
    assert_eq!(of(Event::Failed { why: Why::Budget }), 7);
    place.app.clock.set(moment("2026-09-20 00:00"));
    place.place(&to(99)).await;
    place.run().await;
    assert_eq!(place.events().last(), Some(&Event::Accepted { provider: "aliyun" }));
}

#[tokio::test]
async fn what_no_provider_took_uses_no_allowance() {
    let place = Place::with("[sms]\nper_day = 1\nper_number_hour = 1").await;
    place
        .break_with(
            json!({"hold_receipts": true, "refuse": [{"code": "isv.BUSINESS_LIMIT_CONTROL", "times": 2}]}),
        )
        .await;
    place.place(&ask("a")).await;
    place.run().await;
    place.place(&ask("b")).await;
    place.run().await;
    assert_eq!(place.inbox().await.len(), 1);
}

#[tokio::test]
async fn a_number_gets_no_more_than_its_share_of_an_hour_and_of_a_day() {
    let place = Place::with("[sms]\nper_number_hour = 2\nper_number_day = 3").await;
    for (minutes, key) in [(0, "a"), (1, "b"), (1, "c"), (60, "d"), (60, "e")] {
        place.app.clock.advance(TimeDelta::minutes(minutes));
        place.place(&ask(key)).await;
        place.run().await;
    }
    let taken = |event: &Event| matches!(event, Event::Accepted { .. });
    let taken: Vec<bool> =
        place.events().iter().filter(|event| **event != Event::Delivered).map(taken).collect();
    assert_eq!(taken, [true, true, false, true, false]);
    assert_eq!(place.inbox().await.len(), 3);
}

#[tokio::test]
async fn nobody_is_called_at_night_but_for_what_is_urgent() {
    let place = Place::new().await;
    place.app.clock.set(moment("2026-09-19 21:30"));
    place.place(&call("patient")).await;
    place.place(&Outgoing { not_after: Some(moment("2026-09-19 22:00")), ..call("brief") }).await;
    place.run().await;
    assert_eq!(place.events(), [Event::Failed { why: Why::TooLate }]);
    place.place(&Outgoing { urgent: true, ..call("urgent") }).await;
    place.run().await;
    assert_eq!(place.events()[1..], [Event::Accepted { provider: "aliyun" }]);
    place.app.clock.set(moment("2026-09-20 07:00"));
    place.run().await;
    let heard = place.feature.heard.lock().unwrap();
    assert!(
        heard.iter().any(|heard| heard.key == "patient" && matches!(heard.event, Event::Accepted { .. }))
    );
}

#[tokio::test]
async fn a_message_waits_for_its_time_and_not_beyond_it() {
    let place = Place::new().await;
    let now = place.app.clock.now();
    let later = Outgoing { not_before: Some(now + TimeDelta::minutes(10)), ..ask("later") };
    let over = Outgoing { not_after: Some(now - TimeDelta::seconds(1)), ..ask("over") };
    place.place(&later).await;
    place.place(&over).await;
    place.run().await;
    assert_eq!(place.events(), [Event::Failed { why: Why::TooLate }]);
    place.app.clock.advance(TimeDelta::minutes(10));
    place.run().await;
    assert_eq!(place.inbox().await.len(), 1);
}
