use serde_json::json;
use yishiting::wechat::event::Event;

use super::backend::{World, code};

#[tokio::test]
async fn ten_thousand_followers_are_made_in_one_call_and_listed() {
    let world = World::quiet().await;
    let started = std::time::Instant::now();
    let made = world.sim("/followers", json!({"count": 10_001})).await;
    assert!(started.elapsed().as_secs_f64() < 1.0, "{:?}", started.elapsed());
    assert_eq!(made["openids"].as_array().unwrap().len(), 10_001);
    let page = world.fetch("/cgi-bin/user/get", "").await;
    assert_eq!((page["total"].as_u64(), page["count"].as_u64()), (Some(10_001), Some(10_000)));
    let next = page["next_openid"].as_str().unwrap();
    let rest = world.fetch("/cgi-bin/user/get", &format!("&next_openid={next}")).await;
    assert_eq!(rest["data"]["openid"].as_array().unwrap().len(), 1);
    assert!(world.arrived.lock().unwrap().is_empty(), "nothing is pushed");
}

#[tokio::test]
async fn a_stranger_who_scans_follows_with_the_scene_and_then_scans_as_a_follower() {
    let world = World::quiet().await;
    let scene = json!({"scene": {"scene_str": "m_abc"}});
    let asked = json!({"action_name": "QR_LIMIT_STR_SCENE", "action_info": scene});
    let made = world.call("/cgi-bin/qrcode/create", asked).await;
    world.sim("/users/o1/scan", json!({"url": made["url"]})).await;
    let ticket = made["ticket"].as_str().map(str::to_string);
    let subscribe = Event::Subscribe { scene: Some("m_abc".to_string()), ticket: ticket.clone() };
    assert_eq!(world.arrival(1).await.event(), Some(&subscribe));
    let (_, body) = world.raw.lock().unwrap()[0].clone();
    assert!(!body.contains("m_abc"), "it is encrypted");
    world.sim("/users/o1/scan", json!({"scene": "m_abc"})).await;
    assert_eq!(world.arrival(2).await.event(), Some(&Event::Scan { scene: "m_abc".to_string(), ticket }));
    let info = world.fetch("/cgi-bin/user/info", "&openid=o1").await;
    assert_eq!(info["subscribe_scene"], "ADD_SCENE_QR_CODE");
    assert_eq!(info["qr_scene_str"], "m_abc");
}

#[tokio::test]
async fn a_scene_that_was_printed_long_ago_still_scans_and_a_web_address_opens() {
    let world = World::quiet().await;
    world.follower("o1").await;
    world.sim("/users/o1/scan", json!({"scene": 42})).await;
    let scan = world.arrival(1).await;
    assert!(matches!(scan.event(), Some(Event::Scan { scene, .. }) if scene == "42"));
    let opened = world.sim("/users/o1/scan", json!({"url": "https://a.cn/m/1"})).await;
    assert_eq!(opened["opens"], "https://a.cn/m/1");
    assert!(world.sim("/users/o1/scan", json!({"url": "tel:110"})).await["error"].is_string());
    assert_eq!(world.arrived.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_expired_code_does_not_scan() {
    let world = World::quiet().await;
    let scene = json!({"scene": {"scene_id": 7}});
    let asked = json!({"action_name": "QR_SCENE", "expire_seconds": 30, "action_info": scene});
    let made = world.call("/cgi-bin/qrcode/create", asked).await;
    assert_eq!(made["expire_seconds"], 30);
    world.clock.advance(chrono::Duration::seconds(30));
    let refused = world.sim("/users/o1/scan", json!({"url": made["url"]})).await;
    assert!(refused["error"].as_str().unwrap().contains("二维码已过期"));
    assert!(world.arrived.lock().unwrap().is_empty());
}

#[tokio::test]
async fn only_followers_can_write_and_following_twice_is_refused() {
    let world = World::quiet().await;
    assert!(world.sim("/users/o1/text", json!({"content": "hi"})).await["error"].is_string());
    world.sim("/users/o1/follow", json!({})).await;
    assert_eq!(world.arrival(1).await.event(), Some(&Event::Subscribe { scene: None, ticket: None }));
    assert!(world.sim("/users/o1/follow", json!({})).await["error"].is_string());
    world.sim("/users/o1/unfollow", json!({})).await;
    assert_eq!(world.arrival(2).await.event(), Some(&Event::Unsubscribe));
    assert!(world.sim("/users/o1/text", json!({"content": "hi"})).await["error"].is_string());
    let info = world.fetch("/cgi-bin/user/info", "&openid=o1").await;
    assert_eq!(info, json!({"subscribe": 0, "openid": "o1"}));
}

#[tokio::test]
async fn user_details_follow_wechats_rules() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let info = world.fetch("/cgi-bin/user/info", "&openid=o1&lang=zh_CN").await;
    assert_eq!((&info["subscribe"], &info["nickname"]), (&json!(1), &json!("")));
    assert_eq!(code(&world.fetch("/cgi-bin/user/info", "&openid=nobody").await), 40003);
    assert_eq!(code(&world.fetch("/cgi-bin/user/info", "").await), 40003);
    let both = json!({"user_list": [{"openid": "o1"}, {"openid": "o1"}]});
    let both = world.call("/cgi-bin/user/info/batchget", both).await;
    assert_eq!(both["user_info_list"].as_array().unwrap().len(), 2);
    let many: Vec<_> = (0..101).map(|_| json!({"openid": "o1"})).collect();
    assert_eq!(code(&world.call("/cgi-bin/user/info/batchget", json!({"user_list": many})).await), 40035);
    let remark = json!({"openid": "o1", "remark": "市金融办"});
    assert_eq!(code(&world.call("/cgi-bin/user/info/updateremark", remark).await), 0);
    assert_eq!(world.fetch("/cgi-bin/user/info", "&openid=o1").await["remark"], "市金融办");
}

#[tokio::test]
async fn tags_are_made_given_and_taken() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let made = world.call("/cgi-bin/tags/create", json!({"tag": {"name": "市直单位"}})).await;
    let id = made["tag"]["id"].as_i64().unwrap();
    let again = json!({"tag": {"name": "市直单位"}});
    assert_eq!(code(&world.call("/cgi-bin/tags/create", again).await), 45157);
    let long = json!({"tag": {"name": "十一个汉字的标签名称长"}});
    assert_eq!(code(&world.call("/cgi-bin/tags/create", long).await), 45158);
    let one = json!({"openid_list": ["o1"], "tagid": id});
    assert_eq!(code(&world.call("/cgi-bin/tags/members/batchtagging", one.clone()).await), 0);
    let own = world.call("/cgi-bin/tags/getidlist", json!({"openid": "o1"})).await;
    assert_eq!(own["tagid_list"], json!([id]));
    assert_eq!(world.fetch("/cgi-bin/tags/get", "").await["tags"][0]["count"], 1);
    let members = world.call("/cgi-bin/user/tag/get", json!({"tagid": id})).await;
    assert_eq!(members["data"]["openid"], json!(["o1"]));
    let many: Vec<_> = (0..51).map(|_| "o1").collect();
    let many = json!({"openid_list": many, "tagid": id});
    assert_eq!(code(&world.call("/cgi-bin/tags/members/batchtagging", many).await), 40035);
    let nobody = json!({"openid_list": ["nobody"], "tagid": id});
    assert_eq!(code(&world.call("/cgi-bin/tags/members/batchtagging", nobody).await), 40003);
    assert_eq!(code(&world.call("/cgi-bin/tags/members/batchuntagging", one).await), 0);
    let renamed = json!({"tag": {"id": id, "name": "县区"}});
    assert_eq!(code(&world.call("/cgi-bin/tags/update", renamed).await), 0);
    assert_eq!(code(&world.call("/cgi-bin/tags/delete", json!({"tag": {"id": 2}})).await), 45058);
    assert_eq!(code(&world.call("/cgi-bin/tags/delete", json!({"tag": {"id": id}})).await), 0);
    assert_eq!(code(&world.call("/cgi-bin/tags/delete", json!({"tag": {"id": id}})).await), 45159);
}
