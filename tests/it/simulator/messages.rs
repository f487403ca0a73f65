use chrono::Duration;
use serde_json::{Value, json};
use yishiting::wechat::event::{Event, SendStatus};

use super::backend::{World, code};

const SEND: &str = "/cgi-bin/message/custom/send";
const TEMPLATE: &str = "/cgi-bin/message/template/send";
const NOTICE: &str = "/cgi-bin/message/subscribe/bizsend";

fn text(to: &str, content: &str) -> Value {
    json!({"touser": to, "msgtype": "text", "text": {"content": content}})
}

#[tokio::test]
async fn a_customer_service_message_needs_a_window_and_room_in_it() {
    let world = World::quiet().await;
    world.follower("o1").await;
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45015);
    world.sim("/users/o1/text", json!({"content": "hi"})).await;
    for _ in 0..5 {
        assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 0);
    }
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45047);
    world.sim("/users/o1/click", json!({"key": "k"})).await;
    for _ in 0..3 {
        assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 0);
    }
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45047);
    world.clock.advance(Duration::hours(48));
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45015);
    assert_eq!(code(&world.call(SEND, text("nobody", "您好")).await), 40003);
    let inbox = world.get("/_sim/users/o1/inbox").await;
    assert_eq!(inbox["items"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&inbox["items"][0]["source"], &inbox["items"][0]["content"]),
        (&json!("service"), &json!("您好"))
    );
}

#[tokio::test]
async fn a_view_opens_no_window_but_a_scan_and_a_follow_do() {
    let world = World::quiet().await;
    world.sim("/users/o1/follow", json!({})).await;
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 0);
    world.clock.advance(Duration::seconds(60));
    world.sim("/users/o1/view", json!({"url": "https://a.cn"})).await;
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45015);
    world.sim("/users/o1/scan", json!({"scene": "s"})).await;
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 0);
    world.sim("/users/o1/unfollow", json!({})).await;
    assert_eq!(code(&world.call(SEND, text("o1", "您好")).await), 45015);
}

#[tokio::test]
async fn the_bodies_of_customer_service_messages_are_checked() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let with = |kind: &str, body: Value| json!({"touser": "o1", "msgtype": kind, kind: body});
    let articles =
        |count: usize| json!({"articles": vec![json!({"title": "标题", "url": "https://a.cn"}); count]});
    let cases = [
        (json!({"touser": "o1"}), 40008),
        (with("poem", json!({})), 40008),
        (with("text", json!({"content": ""})), 44004),
        (with("text", json!({"content": "签".repeat(683)})), 45002),
        (with("image", json!({"media_id": "nothing"})), 40007),
        (with("news", articles(0)), 44004),
        (with("news", articles(2)), 45008),
        (with("msgmenu", json!({"list": []})), 44004),
    ];
    for (body, expected) in cases {
        assert_eq!(code(&world.call(SEND, body.clone()).await), expected, "{body}");
    }
    world.sim("/users/o1/text", json!({"content": "hi"})).await;
    assert_eq!(code(&world.call(SEND, with("news", articles(1))).await), 0);
    let list = json!([{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}]);
    assert_eq!(code(&world.call(SEND, with("msgmenu", json!({"list": list}))).await), 0);
    let token = world.token().await;
    let escaped = r#"{"touser":"o1","msgtype":"text","text":{"content":"\u4f60"}}"#.to_string();
    world.post_raw(&format!("{SEND}?access_token={token}"), escaped).await;
    let inbox = world.get("/_sim/users/o1/inbox").await;
    assert_eq!(inbox["items"][2]["content"], "\\u4f60", "escapes are shown literally");
    for (body, expected) in [("", 44002), ("not json", 47001), ("[]", 47001)] {
        let answer = world.post_raw(&format!("{SEND}?access_token={token}"), body.to_string()).await;
        assert_eq!(code(&answer), expected);
    }
}

#[tokio::test]
async fn typing_needs_a_recent_sign_of_life() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let typing = |command: &str| json!({"touser": "o1", "command": command});
    let path = "/cgi-bin/message/custom/typing";
    assert_eq!(code(&world.call(path, typing("Typing")).await), 45080);
    world.sim("/users/o1/text", json!({"content": "hi"})).await;
    assert_eq!(code(&world.call(path, typing("Typing")).await), 0);
    assert_eq!(world.get("/_sim/users/o1/inbox").await["typing"], true);
    assert_eq!(code(&world.call(path, typing("Typing")).await), 45081);
    assert_eq!(code(&world.call(path, typing("CancelTyping")).await), 0);
    assert_eq!(code(&world.call(path, typing("Dance")).await), 45072);
}

/// A filled-in meeting notice under the simulator's own template.
fn meeting(to: &str, template: &str) -> Value {
    json!({"touser": to, "template_id": format!("{template:-<43}"), "data": {
        "thing1": {"value": "全市智慧政务建设培训会"},
        "time2": {"value": "2026年9月19日 09:00"},
        "thing3": {"value": "市行政中心 3 号会议室"},
    }})
}

#[tokio::test]
async fn a_template_message_is_shown_and_its_job_finishes() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let mut asked = meeting("o1", "sim-template-meeting");
    asked["url"] = json!("https://a.cn/m/1");
    let sent = world.call(TEMPLATE, asked).await;
    let push = world.arrival(1).await;
    let id = sent["msgid"].to_string();
    let finished = Event::TemplateSent { message_id: id, status: SendStatus::Success };
    assert_eq!(push.event(), Some(&finished));
    let item = &world.get("/_sim/users/o1/inbox").await["items"][0];
    assert_eq!((&item["source"], &item["title"]), (&json!("notice"), &json!("会议通知")));
    assert_eq!(
        item["fields"][0],
        json!({"key": "thing1", "label": "会议名称", "value": "全市智慧政务建设培训会"})
    );
}

#[tokio::test]
async fn template_messages_are_refused_with_wechats_codes() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let good = meeting("o1", "sim-template-meeting");
    let mut empty = good.clone();
    empty["data"]["thing3"]["value"] = json!("");
    let mut long = good.clone();
    long["data"]["thing1"]["value"] = json!("二十一个字的会议名称已经放不进这一格里面了吧");
    for (body, key) in [(empty, "data.thing3.value is empty"), (long, "data.thing1.value invalid")] {
        let answer = world.call(TEMPLATE, body).await;
        assert_eq!(code(&answer), 47003);
        assert!(answer["errmsg"].as_str().unwrap().contains(key), "{answer}");
    }
    assert_eq!(code(&world.call(TEMPLATE, meeting("o1", "nothing")).await), 40037);
    assert_eq!(code(&world.call(TEMPLATE, meeting("nobody", "sim-template-meeting")).await), 40003);
    world.sim("/followers", json!({"openids": ["o2"], "subscribe": false})).await;
    assert_eq!(code(&world.call(TEMPLATE, meeting("o2", "sim-template-meeting")).await), 43004);
    world.sim("/users/o1/settings", json!({"notices": "off"})).await;
    assert_eq!(code(&world.call(TEMPLATE, good.clone()).await), 43101);
    world.sim("/users/o1/settings", json!({"notices": "blocked"})).await;
    assert_eq!(code(&world.call(TEMPLATE, good).await), 0);
    let push = world.arrival(1).await;
    let status = SendStatus::UserBlocked;
    assert!(matches!(push.event(), Some(Event::TemplateSent { status: own, .. }) if *own == status));
    assert!(world.get("/_sim/users/o1/inbox").await["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_same_client_msg_id_sends_once_in_ten_minutes() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let mut asked = meeting("o1", "sim-template-meeting");
    asked["client_msg_id"] = json!("once");
    let first = world.call(TEMPLATE, asked.clone()).await;
    let second = world.call(TEMPLATE, asked.clone()).await;
    assert_eq!(first["msgid"], second["msgid"]);
    let shown = world.get("/_sim/users/o1/inbox").await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 1);
    world.clock.advance(Duration::seconds(600));
    assert_ne!(world.call(TEMPLATE, asked).await["msgid"], first["msgid"]);
}

#[tokio::test]
async fn a_one_time_notice_is_sent_once_for_each_acceptance_and_a_long_term_one_always() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let once = meeting("o1", "sim-once-meeting");
    let id = once["template_id"].clone();
    assert_eq!(code(&world.call(NOTICE, once.clone()).await), 43101);
    world.sim("/users/o1/subscribe", json!({"template_ids": [id]})).await;
    assert_eq!(world.arrival(1).await.event().unwrap().name(), "subscribe_msg_popup_event");
    let sent = world.call(NOTICE, once.clone()).await;
    assert_eq!(code(&sent), 0);
    assert_eq!(world.arrival(2).await.event().unwrap().name(), "subscribe_msg_sent_event");
    assert_eq!(code(&world.call(NOTICE, once).await), 43101);

    let long = json!({"touser": "o1", "template_id": format!("{:-<43}", "sim-long-case"), "data": {
        "character_string1": {"value": "20260919-0001"}, "thing2": {"value": "路灯不亮"},
        "phrase3": {"value": "办理中"},
    }});
    world.sim("/users/o1/subscribe", json!({"template_ids": [long["template_id"]]})).await;
    for _ in 0..3 {
        assert_eq!(code(&world.call(NOTICE, long.clone()).await), 0);
    }
    world.sim("/users/o1/subscribe", json!({"template_ids": [long["template_id"]], "accept": false})).await;
    assert_eq!(code(&world.call(NOTICE, long).await), 43101);
    assert_eq!(code(&world.call(NOTICE, meeting("o1", "sim-template-meeting")).await), 40037);
}

#[tokio::test]
async fn templates_are_listed_added_and_deleted() {
    let world = World::quiet().await;
    let list = world.fetch("/cgi-bin/template/get_all_private_template", "").await;
    assert_eq!(list["template_list"].as_array().unwrap().len(), 3);
    let asked = json!({"template_id_short": "46000", "keyword_name_list": ["会议名称", "地点"]});
    let added = world.call("/cgi-bin/template/api_add_template", asked).await;
    let id = &added["template_id"];
    let list = world.fetch("/cgi-bin/template/get_all_private_template", "").await;
    assert_eq!(list["template_list"][3]["content"], "会议名称:{{thing1.DATA}}\n地点:{{thing2.DATA}}\n");
    let path = "/cgi-bin/template/del_private_template";
    assert_eq!(code(&world.call(path, json!({"template_id": id})).await), 0);
    assert_eq!(code(&world.call(path, json!({"template_id": id})).await), 40037);
    let subscribed = world.fetch("/wxaapi/newtmpl/gettemplate", "").await;
    assert_eq!((&subscribed["data"][0]["type"], &subscribed["data"][1]["type"]), (&json!(2), &json!(3)));
    let own = json!({"id": "own", "title": "自定义", "content": "内容:{{thing1.DATA}}", "kind": "template"});
    assert_eq!(world.sim("/templates", own).await["id"], "own");
}
