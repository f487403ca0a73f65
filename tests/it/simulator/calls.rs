use chrono::Duration;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::backend::{World, code};

#[tokio::test]
async fn the_wrong_verb_is_refused() {
    let world = World::quiet().await;
    let token = world.token().await;
    assert_eq!(code(&world.post(&format!("/cgi-bin/menu/get?access_token={token}"), json!({})).await), 43001);
    assert_eq!(code(&world.get(&format!("/cgi-bin/menu/create?access_token={token}")).await), 43002);
}

#[tokio::test]
async fn an_ordered_error_comes_as_often_as_ordered() {
    let world = World::quiet().await;
    let order = json!({"errors": [{"path": "/cgi-bin/getcallbackip", "errcode": -1, "times": 1}]});
    world.sim("/faults", order).await;
    let refused = world.fetch("/cgi-bin/getcallbackip", "").await;
    assert_eq!(code(&refused), -1);
    assert!(refused["errmsg"].as_str().unwrap().starts_with("system error rid: "));
    assert_eq!(world.fetch("/cgi-bin/getcallbackip", "").await["ip_list"], json!(["127.0.0.1"]));
    assert!(world.sim("/faults", json!({"unheard_of": 1})).await["error"].is_string());
}

#[tokio::test]
async fn a_refused_request_can_be_looked_up_by_its_rid_for_seven_days() {
    let world = World::quiet().await;
    let refused = world.call("/cgi-bin/message/custom/send", json!({"touser": "nobody"})).await;
    let rid = refused["errmsg"].as_str().unwrap().rsplit(' ').next().unwrap().to_string();
    let asked = json!({"rid": rid});
    let found = world.call("/cgi-bin/openapi/rid/get", asked.clone()).await;
    assert!(found["request"]["request_body"].as_str().unwrap().contains("nobody"));
    assert!(found["request"]["response_body"].as_str().unwrap().contains(&rid));
    world.clock.advance(Duration::days(8));
    assert_eq!(code(&world.call("/cgi-bin/openapi/rid/get", asked).await), 76004);
    assert_eq!(code(&world.call("/cgi-bin/openapi/rid/get", json!({"rid": "1-2-3"})).await), 76001);
}

fn click(name: &str, key: &str) -> Value {
    json!({"type": "click", "name": name, "key": key})
}

#[tokio::test]
async fn a_menu_is_created_shown_and_deleted() {
    let world = World::quiet().await;
    assert_eq!(code(&world.fetch("/cgi-bin/menu/get", "").await), 46003);
    let view = json!({"type": "view", "name": "我的会议", "url": "https://a.cn/m"});
    let menu = json!({"button": [{"name": "会议", "sub_button": [view]}, click("关于", "about")]});
    assert_eq!(code(&world.call("/cgi-bin/menu/create", menu).await), 0);
    let shown = world.fetch("/cgi-bin/menu/get", "").await;
    assert_eq!(shown["menu"]["button"][0]["sub_button"][0]["url"], "https://a.cn/m");
    assert_eq!(shown["menu"]["button"][1]["sub_button"], json!([]));
    let console = world.fetch("/cgi-bin/get_current_selfmenu_info", "").await;
    assert_eq!(console["is_menu_open"], 1);
    assert_eq!(console["selfmenu_info"]["button"][0]["sub_button"]["list"][0]["name"], "我的会议");
    assert_eq!(code(&world.fetch("/cgi-bin/menu/delete", "").await), 0);
    assert_eq!(world.fetch("/cgi-bin/get_current_selfmenu_info", "").await["is_menu_open"], 0);
}

#[tokio::test]
async fn wrong_menus_are_refused_with_wechats_codes() {
    let world = World::quiet().await;
    let one = |button: Value| json!({"button": [button]});
    let cases = [
        (json!({"button": []}), 40016),
        (json!({"button": vec![click("a", "k"); 4]}), 40016),
        (one(click("超过十六个字节的名称", "k")), 40018),
        (one(json!({"name": "a", "type": "dance"})), 40017),
        (one(click("a", "")), 40019),
        (one(click("a", &"k".repeat(129))), 40019),
        (one(json!({"type": "view", "name": "a", "url": ""})), 40020),
        (one(json!({"type": "view", "name": "a", "url": "a.cn"})), 40055),
        (one(json!({"name": "a", "sub_button": vec![click("a", "k"); 6]})), 40023),
        (one(json!({"type": "media_id", "name": "a", "media_id": "nothing"})), 40007),
        (json!({"button": "none"}), 47001),
    ];
    for (menu, expected) in cases {
        assert_eq!(code(&world.call("/cgi-bin/menu/create", menu.clone()).await), expected, "{menu}");
    }
    let token = world.token().await;
    let escaped = r#"{"button":[{"type":"click","name":"\u5173\u4e8e","key":"k"}]}"#.to_string();
    let answer = world.post_raw(&format!("/cgi-bin/menu/create?access_token={token}"), escaped).await;
    assert_eq!(code(&answer), 40033);
}

#[tokio::test]
async fn a_conditional_menu_is_seen_by_those_whom_it_matches() {
    let world = World::quiet().await;
    world.follower("o1").await;
    let path = "/cgi-bin/menu/addconditional";
    let with = |rule: Value| json!({"button": [click("专属", "own")], "matchrule": rule});
    assert_eq!(code(&world.call(path, with(json!({"client_platform_type": "1"}))).await), 65303);
    world.call("/cgi-bin/menu/create", json!({"button": [click("公共", "all")]})).await;
    assert_eq!(code(&world.call(path, with(json!({}))).await), 65304);
    assert_eq!(code(&world.call(path, with(json!({"sex": "1"}))).await), 65320);
    let added = world.call(path, with(json!({"client_platform_type": "1"}))).await;
    let seen = async || world.call("/cgi-bin/menu/trymatch", json!({"user_id": "o1"})).await;
    assert_eq!(seen().await["button"][0]["name"], "公共");
    world.sim("/users/o1/settings", json!({"platform": 1})).await;
    assert_eq!(seen().await["button"][0]["name"], "专属");
    assert_eq!(world.fetch("/cgi-bin/menu/get", "").await["conditionalmenu"].as_array().unwrap().len(), 1);
    let gone = json!({"menuid": added["menuid"]});
    assert_eq!(code(&world.call("/cgi-bin/menu/delconditional", gone.clone()).await), 0);
    assert_eq!(code(&world.call("/cgi-bin/menu/delconditional", gone).await), 65301);
    assert_eq!(code(&world.call("/cgi-bin/menu/trymatch", json!({"user_id": "x"})).await), 65302);
    let sites = |n: usize| {
        let view = |n: usize| json!({"type": "view", "name": "a", "url": format!("https://s{n}.cn/")});
        let subs: Vec<_> = (0..n).map(view).collect();
        json!({"button": [{"name": "a", "sub_button": subs}], "matchrule": {"client_platform_type": 2}})
    };
    assert_eq!(code(&world.call(path, sites(4)).await), 65316);
    assert_eq!(code(&world.call(path, sites(3)).await), 0);
}

#[tokio::test]
async fn codes_follow_the_rules_of_scenes() {
    let world = World::quiet().await;
    let asked = |action: &str, scene: Value| json!({"action_name": action, "action_info": {"scene": scene}});
    let cases = [
        (asked("QR_SCENE", json!({"scene_id": 4_294_967_295u32})), 0),
        (asked("QR_SCENE", json!({"scene_id": 0})), 40053),
        (asked("QR_SCENE", json!({"scene_id": 4_294_967_296u64})), 40053),
        (asked("QR_LIMIT_SCENE", json!({"scene_id": 100_000})), 0),
        (asked("QR_LIMIT_SCENE", json!({"scene_id": 100_001})), 40053),
        (asked("QR_STR_SCENE", json!({"scene_str": "签".repeat(64)})), 0),
        (asked("QR_STR_SCENE", json!({"scene_str": "签".repeat(65)})), 40053),
        (asked("QR_LIMIT_STR_SCENE", json!({"scene_str": ""})), 40053),
        (asked("QR_LIMIT_STR_SCENE", json!({"scene_id": 1})), 40053),
        (asked("QR_FUN", json!({"scene_id": 1})), 40052),
    ];
    for (body, expected) in cases {
        assert_eq!(code(&world.call("/cgi-bin/qrcode/create", body.clone()).await), expected, "{body}");
    }
    let mut long = asked("QR_SCENE", json!({"scene_id": 1}));
    long["expire_seconds"] = json!(2_592_001);
    assert_eq!(code(&world.call("/cgi-bin/qrcode/create", long).await), 40053);
}

#[tokio::test]
async fn the_picture_of_a_code_is_a_jpeg_and_an_unknown_ticket_is_not_found() {
    let world = World::quiet().await;
    let asked = json!({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 1}}});
    let made = world.call("/cgi-bin/qrcode/create", asked).await;
    let show = async |ticket: &str| {
        let url = format!("{}/cgi-bin/showqrcode", world.simulator.url);
        world.http.get(url).query(&[("ticket", ticket)]).send().await.unwrap()
    };
    let picture = show(made["ticket"].as_str().unwrap()).await;
    assert_eq!(picture.headers()["content-type"], "image/jpg");
    let picture = image::load_from_memory(&picture.bytes().await.unwrap()).unwrap();
    assert!(picture.width() >= 430 && picture.width() == picture.height());
    assert_eq!(show("gQinvented==").await.status(), 404);
}

/// A picture of one pixel.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(1, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn upload(world: &World, path: &str, query: &str, name: &str, bytes: Vec<u8>) -> Value {
    let url = format!("{}{path}?access_token={}{query}", world.simulator.url, world.token().await);
    let form = Form::new().part("media", Part::bytes(bytes).file_name(name.to_string()));
    let answer = world.http.post(url).multipart(form).send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn media_live_three_days() {
    let world = World::quiet().await;
    let kept = upload(&world, "/cgi-bin/media/upload", "&type=image", "a.png", png()).await;
    assert_eq!(kept["type"], "image");
    let id = kept["media_id"].as_str().unwrap().to_string();
    let fetch = async || {
        let token = world.token().await;
        let url = format!("{}/cgi-bin/media/get?access_token={token}&media_id={id}", world.simulator.url);
        world.http.get(url).send().await.unwrap()
    };
    let file = fetch().await;
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"a.png\"");
    assert_eq!(file.bytes().await.unwrap(), png());
    world.clock.advance(Duration::days(3));
    let gone: Value = serde_json::from_slice(&fetch().await.bytes().await.unwrap()).unwrap();
    assert_eq!(code(&gone), 40007);
}

#[tokio::test]
async fn media_are_checked_for_kind_size_and_content() {
    let world = World::quiet().await;
    let cases = [
        ("poem", "a.png", png(), 40004),
        ("image", "a.bmp", png(), 40005),
        ("image", "a.png", b"not a picture".to_vec(), 40137),
        ("image", "a.png", Vec::new(), 40006),
        ("thumb", "a.jpg", vec![0; 65 * 1024], 45001),
        ("voice", "a.wav", vec![0; 10], 40005),
        ("voice", "a.mp3", vec![0; 10], 0),
    ];
    for (kind, name, bytes, expected) in cases {
        let query = format!("&type={kind}");
        let answer = upload(&world, "/cgi-bin/media/upload", &query, name, bytes).await;
        assert_eq!(code(&answer), expected, "{kind} {name} {answer}");
    }
    assert_eq!(code(&world.call("/cgi-bin/media/upload", json!({})).await), 40004);
    let video = upload(&world, "/cgi-bin/media/upload", "&type=video", "a.mp4", vec![1; 10]).await;
    let query = format!("&media_id={}", video["media_id"].as_str().unwrap());
    let answer = world.fetch("/cgi-bin/media/get", &query).await;
    let bytes = world.http.get(answer["video_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(bytes.bytes().await.unwrap().len(), 10);
    let picture = upload(&world, "/cgi-bin/media/uploadimg", "", "a.png", png()).await;
    assert!(picture["url"].as_str().unwrap().starts_with(&world.simulator.url));
}

#[tokio::test]
async fn long_data_gets_a_short_key() {
    let world = World::quiet().await;
    let path = "/cgi-bin/shorten/gen";
    let made = world.call(path, json!({"long_data": "https://a.cn/m/1?长", "expire_seconds": 60})).await;
    let fetch = async || world.call("/cgi-bin/shorten/fetch", json!({"short_key": made["short_key"]})).await;
    let found = fetch().await;
    assert_eq!((&found["long_data"], &found["expire_seconds"]), (&json!("https://a.cn/m/1?长"), &json!(60)));
    world.clock.advance(Duration::seconds(60));
    assert_eq!(code(&fetch().await), 40035);
    assert_eq!(code(&world.call(path, json!({"long_data": "a".repeat(4097)})).await), 9410010);
    assert_eq!(code(&world.call(path, json!({"long_data": "a", "expire_seconds": 0})).await), 9410011);
    assert_eq!(code(&world.call(path, json!({})).await), 47003);
}

#[tokio::test]
async fn addresses_and_the_callback_check_answer() {
    let world = World::quiet().await;
    assert_eq!(world.fetch("/cgi-bin/get_api_domain_ip", "").await["ip_list"], json!(["127.0.0.1"]));
    let path = "/cgi-bin/callback/check";
    let asked = json!({"action": "all", "check_operator": "DEFAULT"});
    let found = world.call(path, asked).await;
    assert_eq!(
        (&found["dns"][0]["ip"], &found["ping"][0]["package_loss"]),
        (&json!("127.0.0.1"), &json!("0%"))
    );
    assert_eq!(code(&world.call(path, json!({"action": "sing"})).await), 40202);
    assert_eq!(code(&world.call(path, json!({"action": "dns", "check_operator": "X"})).await), 40203);
}

#[tokio::test]
async fn the_state_shows_the_world_at_a_glance() {
    let world = World::quiet().await;
    world.sim("/followers", json!({"count": 3})).await;
    world.sim("/users/o1/scan", json!({"scene": "m_1"})).await;
    let state = world.get("/_sim/state").await;
    assert_eq!((&state["followers"], &state["mode"]), (&json!(4), &json!("safe")));
    assert_eq!(state["pushes"][0]["what"], "subscribe");
    let help = world.get("/_sim").await;
    assert!(help.as_array().unwrap().len() > 10);
}
