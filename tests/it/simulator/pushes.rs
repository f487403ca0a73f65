use serde_json::json;
use yishiting::simulator::SimulatorOptions;
use yishiting::wechat::callback::Mode;
use yishiting::wechat::event::Event;
use yishiting::wechat::message::{Inbound, Kind, Message};
use yishiting::wechat::reply::{Article, Reply};

use super::backend::{Said, World};

const FAILURE: &str = "该公众号提供的服务出现故障，请稍后再试";

fn echo(push: &Inbound) -> Said {
    Said::Reply(Reply::text(push.text().unwrap_or("?")))
}

#[tokio::test]
async fn a_text_is_answered_in_every_mode() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Safe] {
        let world = World::start(mode, echo).await;
        world.follower("o1").await;
        let said = "签到]]>😀<a>&amp;";
        let outcome = world.sim("/users/o1/text", json!({"content": said})).await;
        assert_eq!(outcome["reply"]["MsgType"], "text", "{mode:?} {outcome}");
        assert_eq!(outcome["reply"]["Content"], said);
        assert_eq!(outcome["shown"], said);
        assert_eq!(outcome["deliveries"].as_array().unwrap().len(), 1);
        assert_eq!(outcome["deliveries"][0]["status"], 200);
    }
}

#[tokio::test]
async fn each_mode_sends_what_wechat_sends() {
    for (mode, encrypted, plain) in
        [(Mode::Plain, false, true), (Mode::Compatible, true, true), (Mode::Safe, true, false)]
    {
        let world = World::start(mode, echo).await;
        world.follower("o1").await;
        world.sim("/users/o1/text", json!({"content": "hi"})).await;
        let (query, body) = world.raw.lock().unwrap()[0].clone();
        assert_eq!(query.contains("encrypt_type=aes&msg_signature="), encrypted, "{query}");
        assert_eq!(body.contains("<Encrypt>"), encrypted);
        assert_eq!(body.contains("<Content>"), plain);
        for name in ["signature=", "timestamp=1790000000", "nonce=", "openid=o1"] {
            assert!(query.contains(name), "{query}");
        }
    }
}

#[tokio::test]
async fn a_back_end_that_is_silent_gets_the_push_three_times_with_one_id() {
    let world = World::start(Mode::Safe, |_| Said::Hang).await;
    world.follower("o1").await;
    let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
    let deliveries = outcome["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 3);
    assert!(deliveries.iter().all(|delivery| delivery["error"] == "timed out"));
    assert_eq!(outcome["shown"], FAILURE);
    let arrived = world.arrived.lock().unwrap().clone();
    assert!(arrived.windows(2).all(|two| two[0].repeat_key() == two[1].repeat_key()));
    let inbox = world.get("/_sim/users/o1/inbox").await;
    assert_eq!(inbox["items"][0]["source"], "system");
    assert_eq!(inbox["items"][0]["content"], FAILURE);
}

#[tokio::test]
async fn a_wrong_answer_is_shown_as_a_failure_at_once() {
    let long = "签".repeat(683);
    let text = |content: &str| {
        format!(
            "<xml><ToUserName>o1</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType><Content>{content}</Content></xml>"
        )
    };
    let wrong = [
        (500, String::new()),
        (404, "success".to_string()),
        (200, "{\"errcode\":0}".to_string()),
        (200, "<html><body>error</body></html>".to_string()),
        (200, "<xml><MsgType>text</MsgType></xml>".to_string()),
        (200, text("hello").replace("<ToUserName>o1", "<ToUserName>o2")),
        (200, text("hello")),
        (200, text("")),
        (200, text(&long)),
    ];
    for (status, body) in wrong {
        let said = (status, body.clone());
        let world = World::start(Mode::Plain, move |_| Said::Raw(said.0, said.1.clone())).await;
        world.follower("o1").await;
        let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
        assert_eq!(outcome["shown"], FAILURE, "{body}");
        assert!(outcome["problem"].is_string());
        assert_eq!(outcome["deliveries"].as_array().unwrap().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn success_and_an_empty_body_show_nothing() {
    for body in ["success", "", "success\n"] {
        let world = World::start(Mode::Safe, move |_| Said::Raw(200, body.to_string())).await;
        world.follower("o1").await;
        let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
        assert!(outcome["shown"].is_null() && outcome["problem"].is_null(), "{outcome}");
        assert_eq!(world.get("/_sim/users/o1/inbox").await["items"].as_array().unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_plain_reply_in_safe_mode_and_a_forged_one_are_failures() {
    let plain = "<xml><ToUserName>o1</ToUserName><MsgType>text</MsgType></xml>";
    let forged = "<xml><Encrypt>AAAA</Encrypt><MsgSignature>0</MsgSignature>\
                  <TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>";
    for (body, problem) in [(plain, "plain reply in safe mode"), (forged, "MsgSignature")] {
        let world = World::start(Mode::Safe, move |_| Said::Raw(200, body.to_string())).await;
        world.follower("o1").await;
        let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
        assert!(outcome["problem"].as_str().unwrap().contains(problem), "{outcome}");
    }
}

#[tokio::test]
async fn a_message_is_answered_with_one_article_and_an_event_with_eight() {
    let articles: Vec<Article> =
        (0..8).map(|n| Article { title: format!("第 {n} 篇"), ..Article::default() }).collect();
    let world = World::start(Mode::Safe, move |_| Said::Reply(Reply::News(articles.clone()))).await;
    world.follower("o1").await;
    let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
    assert_eq!(outcome["reply"]["ArticleCount"], "1", "{outcome}");
    let outcome = world.sim("/users/o1/click", json!({"key": "news"})).await;
    assert_eq!(outcome["reply"]["Articles"].as_array().unwrap().len(), 8, "{outcome}");
    assert_eq!(outcome["shown"], "第 0 篇");
}

#[tokio::test]
async fn the_callback_address_is_checked_as_the_console_does() {
    let world = World::quiet().await;
    assert_eq!(world.sim("/verify", json!({})).await["ok"], true);
    world.sim("/settings", json!({"callback": format!("{}/nothing", world.simulator.url)})).await;
    let verified = world.sim("/verify", json!({})).await;
    assert_eq!((&verified["ok"], &verified["status"]), (&json!(false), &json!(404)));
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_all_three_deliveries() {
    let world = World::quiet().await;
    world.sim("/settings", json!({"callback": "http://127.0.0.1:1/"})).await;
    world.follower("o1").await;
    let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
    assert_eq!(outcome["deliveries"].as_array().unwrap().len(), 3);
    assert_eq!(outcome["shown"], FAILURE);
}

#[tokio::test]
async fn lost_and_repeated_pushes_happen_on_order() {
    let world = World::start(Mode::Safe, echo).await;
    world.follower("o1").await;
    world.sim("/faults", json!({"drop_pushes": 1, "drop_answers": 1})).await;
    let outcome = world.sim("/users/o1/text", json!({"content": "hi"})).await;
    let errors: Vec<_> =
        outcome["deliveries"].as_array().unwrap().iter().map(|d| d["error"].clone()).collect();
    assert_eq!(errors, [json!("dropped"), json!("answer dropped"), json!(null)]);
    assert_eq!(world.arrived.lock().unwrap().len(), 2);
    assert_eq!(outcome["shown"], "hi");

    for at_once in [false, true] {
        world.sim("/faults", json!({"reset": true, "repeat_pushes": 3, "repeat_at_once": at_once})).await;
        let outcome = world.sim("/users/o1/text", json!({"content": "again"})).await;
        let replies = outcome["deliveries"].as_array().unwrap().iter().map(|d| &d["reply"]["Content"]);
        assert_eq!(replies.collect::<Vec<_>>(), ["again"; 4], "at once: {at_once}");
    }
    let shown = world.get("/_sim/users/o1/inbox").await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 3, "a repeat is shown once: {shown}");
}

#[tokio::test]
async fn a_slow_platform_is_slow_on_order() {
    let world = World::start(Mode::Safe, echo).await;
    world.follower("o1").await;
    world.sim("/faults", json!({"push_delay_ms": 30, "api_delay_ms": 30})).await;
    let started = std::time::Instant::now();
    world.sim("/users/o1/text", json!({"content": "hi"})).await;
    world.token().await;
    assert!(started.elapsed().as_millis() >= 60);
}

#[tokio::test]
async fn pictures_and_places_arrive_with_their_nodes() {
    let world = World::quiet().await;
    world.follower("o1").await;
    world.sim("/users/o1/image", json!({})).await;
    let Kind::Message { body: Message::Image { picture_url, media_id }, .. } = world.arrival(1).await.kind
    else {
        panic!("not a picture")
    };
    let picture = world.http.get(picture_url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let token = world.token().await;
    let same = format!("{}/cgi-bin/media/get?access_token={token}&media_id={media_id}", world.simulator.url);
    let same = world.http.get(same).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(picture.bytes().await.unwrap(), same);

    let place = json!({"latitude": 28.0, "longitude": 120.65, "label": "市行政中心"});
    world.sim("/users/o1/location", place).await;
    match world.arrival(2).await.kind {
        Kind::Message { body: Message::Location { latitude, longitude, label, .. }, .. } => {
            assert_eq!((latitude, longitude, label.as_str()), (28.0, 120.65, "市行政中心"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn menu_buttons_push_what_their_type_says() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let button = |kind: &str| json!({"type": kind, "name": "按钮", "key": kind});
    let menu = json!({"button": [
        button("click"),
        {"name": "更多", "sub_button": [button("scancode_waitmsg"), button("pic_sysphoto"), button("location_select")]},
    ]});
    assert_eq!(world.call("/cgi-bin/menu/create", menu).await["errcode"], 0);
    world.sim("/users/o1/click", json!({"key": "click"})).await;
    assert_eq!(world.arrival(1).await.event(), Some(&Event::Click { key: "click".to_string() }));
    world.sim("/users/o1/click", json!({"key": "scancode_waitmsg", "result": "https://a.cn"})).await;
    let Some(Event::ScanCode { waits: true, result, .. }) = world.arrival(2).await.event().cloned() else {
        panic!("not a scan")
    };
    assert_eq!(result, "https://a.cn");
    world.sim("/users/o1/click", json!({"key": "pic_sysphoto"})).await;
    assert_eq!(world.arrival(3).await.event().unwrap().name(), "pic_sysphoto");
    assert!(matches!(world.arrival(4).await.kind, Kind::Message { body: Message::Image { .. }, .. }));
    let place = json!({"latitude": 28.0, "longitude": 120.6});
    world.sim("/users/o1/click", json!({"key": "location_select", "location": place})).await;
    assert_eq!(world.arrival(5).await.event().unwrap().name(), "location_select");
    assert!(matches!(world.arrival(6).await.kind, Kind::Message { body: Message::Location { .. }, .. }));
    world.sim("/users/o1/view", json!({"url": "https://a.cn/m"})).await;
    assert_eq!(world.arrival(7).await.event().unwrap().name(), "VIEW");
}

#[tokio::test]
async fn a_key_is_needed_to_encrypt() {
    let options = SimulatorOptions { encoding_aes_key: None, ..SimulatorOptions::default() };
    assert!(yishiting::simulator::Simulator::start(options).is_err());
    let options =
        SimulatorOptions { encoding_aes_key: None, mode: Mode::Plain, ..SimulatorOptions::default() };
    assert!(yishiting::simulator::Simulator::start(options).is_ok());
}
