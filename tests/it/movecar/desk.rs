//! The duty desk: doubtful requests, taking over, results, tickets, appeals; and its pages.

use yishiting::base::error::Coded;
use yishiting::movecar::driver::Act;
use yishiting::movecar::model::{DeskResult, State};
use yishiting::movecar::{appeal, duty, statistics};
use yishiting::people::staff::Role;

use crate::support::yard::{KNOWN, OWNER, UNKNOWN, Yard};

/// A request that is held because its place is elsewhere.
async fn held(yard: &Yard, who: &str) -> (uuid::Uuid, String) {
    let driver = yard.driver(who).await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.spot.as_mut().unwrap().at = (31.23, 121.47);
    let number = yard.asks(wish).await;
    yard.run().await;
    (driver, number)
}

#[tokio::test]
async fn a_doubtful_request_goes_on_when_the_desk_releases_it() {
    let yard = Yard::open().await;
    let (_, number) = held(&yard, "driver").await;
    assert_eq!(yard.count(&number).await, (0, 0));
    let id = yard.case(&number).await.id;
    duty::release(&yard.base, id, "chen").await.unwrap();
    yard.run().await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Notifying, (1, 1)));
    assert_eq!(duty::release(&yard.base, id, "chen").await.unwrap_err().code(), "car_late");
}

#[tokio::test]
async fn a_case_is_taken_by_one_and_closed_with_a_result() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let id = yard.case(&number).await.id;
    duty::take(&yard.base, id, "chen").await.unwrap();
    assert_eq!(duty::take(&yard.base, id, "wang").await.unwrap_err().code(), "car_late");
    assert_eq!(yard.sees(driver, &number).await.head, "值班人员处理中");
    // Time changes nothing any more.
    yard.minutes(70).await;
    assert_eq!(yard.state(&number).await, State::Desk);
    duty::close(&yard.cars, id, DeskResult::Towed, "chen").await.unwrap();
    assert_eq!(yard.sees(driver, &number).await.head, "已拖移");
    assert_eq!(duty::close(&yard.cars, id, DeskResult::Towed, "chen").await.unwrap_err().code(), "car_late");
}

#[tokio::test]
async fn three_confirmed_abuses_block_and_an_appeal_may_lift_it() {
    let yard = Yard::open().await;
    let mut driver = uuid::Uuid::nil();
    for day in ["2026-09-22 10:00", "2026-09-25 10:00", "2026-09-28 10:00"] {
        yard.at(day);
        let (who, number) = held(&yard, "driver").await;
        driver = who;
        assert_eq!(appeal::standing(&yard.base, driver).await.unwrap(), None);
        let id = yard.case(&number).await.id;
        duty::close(&yard.cars, id, DeskResult::Abuse, "chen").await.unwrap();
    }
    assert_eq!(yard.refused(yard.wish(driver, UNKNOWN)).await, "car_blocked");
    appeal::appeal(&yard.base, driver, "确实是被堵在车库里").await.unwrap();
    assert_eq!(appeal::appeal(&yard.base, driver, "再说一遍").await.unwrap_err().code(), "car_late");
    let waiting = appeal::waiting(&yard.base).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].words.as_str()), (1, "确实是被堵在车库里"));
    appeal::decide(&yard.base, driver, true, "chen").await.unwrap();
    assert!(yard.try_ask(yard.wish(driver, UNKNOWN)).await.is_ok());
}

#[tokio::test]
async fn a_sold_car_is_asked_about_no_more_when_the_desk_agrees() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '8').await;
    let ticket = duty::tickets(&yard.base).await.unwrap().remove(0);
    assert_eq!(ticket.plate, "浙C1**45");
    duty::ticket_done(&yard.base, ticket.ticket.id, true, "chen").await.unwrap();
    assert!(duty::tickets(&yard.base).await.unwrap().is_empty());
    yard.minutes(90).await;
    let other = yard.driver("other").await;
    let mut wish = yard.wish(other, KNOWN);
    wish.spot.as_mut().unwrap().at.0 += 0.01;
    let number = yard.asks(wish).await;
    yard.run().await;
    assert_eq!(yard.count(&number).await, (0, 0));
}

#[tokio::test]
async fn the_whole_plate_is_shown_by_a_logged_act() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    let id = yard.case(&number).await.id;
    assert_eq!(duty::reveal(&yard.base, id, "chen").await.unwrap(), KNOWN);
    let log = yishiting::people::audit::newest(&yard.base, Some(&id.to_string()), 5).await.unwrap();
    assert_eq!((log[0].action.as_str(), log[0].detail.as_str()), ("car.plate", ""));
}

#[tokio::test]
async fn figures_count_what_happened() {
    let yard = Yard::open().await;
    for n in 0..6 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let number = yard.asks(yard.wish(driver, &format!("浙C8000{n}"))).await;
        yard.minutes(4).await;
        yard.acts(driver, &number, Act::Moved).await.unwrap();
    }
    let now = yard.clock.now();
    let day = chrono::TimeDelta::days(1);
    let figures = statistics::of(&yard.base, &yard.cars.settings.city, now - day, now + day).await.unwrap();
    assert_eq!((figures.cases, figures.moved, figures.success()), (6, 6, Some(100)));
    assert_eq!(figures.gone.map(|times| (times.median, times.p95)), Some((4, 4)));
}

#[tokio::test]
async fn the_desks_pages_show_masked_plates_and_no_phone() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    yard.notified(driver).await;
    let staff = yard.app.program_of(Role::Viewer).await;
    let look = staff.get("/desk/car/snapshot").await.json();
    assert!(look["car"]["version"].as_u64().unwrap() > 0, "{look}");
    let page = staff.get("/desk/car").await.text;
    assert!(page.contains("浙C1**45") && page.contains("罗阳大道") && page.contains("已送达"), "{page}");
    assert!(!page.contains(KNOWN) && !page.contains(OWNER) && !page.contains("接手"), "{page}");
    assert!(staff.get("/desk/car/statistics").await.text.contains("移车统计"));
    assert!(!staff.bytes("/desk/car/statistics.xlsx?month=2026-09").await.is_empty());
    let table = staff.get("/desk/car/statistics.xlsx?month=2026-09&form=csv").await.text;
    // One request is nobody's business.
    assert!(table.contains("请求（件）,数量太少，不显示") && table.contains("其他地点（件）"), "{table}");
}

#[tokio::test]
async fn a_picture_is_seen_without_faces_by_a_logged_act_and_not_at_all_where_it_cannot_be_looked_through() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    let id = yard.case(&number).await.id;
    // What the tests send as a picture is none.
    assert_eq!(duty::picture(&yard.base, id, "chen").await.unwrap_err().code(), "internal");
    let key = yard.request(&number).await.photo.unwrap();
    let mut jpeg = Vec::new();
    let street = image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, 40]));
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&street).unwrap();
    yard.base.files.put(&key, jpeg.clone().into()).await.unwrap();
    let seen = duty::picture(&yard.base, id, "chen").await.unwrap();
    assert!(seen.starts_with(b"\xFF\xD8\xFF") && seen != jpeg, "made anew, never the file itself");
    let log = yishiting::people::audit::newest(&yard.base, Some(&id.to_string()), 5).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.action == "car.picture").count(), 2);
}
