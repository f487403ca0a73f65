use chrono::Duration;
use serde_json::{Value, json};
use yishiting::simulator::SimulatorOptions;
use yishiting::wechat::reply::Reply;

use super::backend::{APP_ID, SECRET, Said, World, code};

/// The authorisation address with the usual parameters; `more` overrides nothing and is appended.
fn address(world: &World, scope: &str, more: &str) -> String {
    format!(
        "{}/connect/oauth2/authorize?appid={APP_ID}&redirect_uri=http%3A%2F%2Fa.cn%2Fback%3Fx%3D1\
         &response_type=code&scope={scope}&state=S1{more}",
        world.simulator.url
    )
}

async fn location(world: &World, url: &str) -> Option<String> {
    let response = world.http.get(url).send().await.unwrap();
    response.headers().get("location").map(|to| to.to_str().unwrap().to_string())
}

async fn a_code(world: &World, scope: &str, more: &str) -> String {
    let to = location(world, &address(world, scope, &format!("&sim_openid=o1{more}"))).await.unwrap();
    let (_, rest) = to.split_once("code=").unwrap();
    rest.split_once('&').unwrap().0.to_string()
}

async fn exchange(world: &World, code: &str) -> Value {
    let query = format!("appid={APP_ID}&secret={SECRET}&code={code}&grant_type=authorization_code");
    world.get(&format!("/sns/oauth2/access_token?{query}")).await
}

#[tokio::test]
async fn a_named_user_is_approved_at_once_and_the_code_names_them_once() {
    let world = World::quiet().await;
    let to = location(&world, &address(&world, "snsapi_base", "&sim_openid=o1")).await.unwrap();
    assert!(to.starts_with("http://a.cn/back?x=1&code=") && to.ends_with("&state=S1"), "{to}");
    let given = a_code(&world, "snsapi_base", "").await;
    let token = exchange(&world, &given).await;
    assert_eq!((&token["openid"], &token["scope"]), (&json!("o1"), &json!("snsapi_base")));
    assert!(token.get("is_snapshotuser").is_none());
    assert_eq!(code(&exchange(&world, &given).await), 40163);
    assert_eq!(code(&exchange(&world, "invented").await), 40029);
    assert_eq!(code(&exchange(&world, "").await), 41008);
    let late = a_code(&world, "snsapi_base", "").await;
    world.clock.advance(Duration::seconds(300));
    assert_eq!(code(&exchange(&world, &late).await), 42003);
}

#[tokio::test]
async fn user_level_tokens_serve_their_scope_and_can_be_renewed() {
    let world = World::quiet().await;
    world.sim("/users/o1/settings", json!({"nickname": "江一帆"})).await;
    let base = exchange(&world, &a_code(&world, "snsapi_base", "").await).await;
    let info = |token: &Value, openid: &str| {
        let token = token["access_token"].as_str().unwrap();
        format!("/sns/userinfo?access_token={token}&openid={openid}&lang=zh_CN")
    };
    assert_eq!(code(&world.get(&info(&base, "o1")).await), 48001);
    let full = exchange(&world, &a_code(&world, "snsapi_userinfo", "").await).await;
    assert_eq!(world.get(&info(&full, "o1")).await["nickname"], "江一帆");
    assert_eq!(code(&world.get(&info(&full, "o2")).await), 40003);
    world.clock.advance(Duration::hours(2));
    assert_eq!(code(&world.get(&info(&full, "o1")).await), 42001);
    let refresh = full["refresh_token"].as_str().unwrap();
    let renew = |with: &str| {
        format!("/sns/oauth2/refresh_token?appid={APP_ID}&grant_type=refresh_token&refresh_token={with}")
    };
    let renewed = world.get(&renew(refresh)).await;
    assert_eq!(renewed["openid"], "o1");
    assert_eq!(world.get(&info(&renewed, "o1")).await["nickname"], "江一帆");
    assert_eq!(code(&world.get(&renew("invented")).await), 40030);
    world.clock.advance(Duration::days(30));
    assert_eq!(code(&world.get(&renew(refresh)).await), 42002);
}

#[tokio::test]
async fn a_browser_is_asked_which_phone_it_is_and_remembers() {
    let world = World::quiet().await;
    world.sim("/phones", json!({"nickname": "小王的手机"})).await;
    let url = address(&world, "snsapi_base", "");
    let page = world.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("小王的手机"), "{page}");
    let phones = world.get("/_sim/phones").await;
    let openid = phones["phones"][0]["openid"].as_str().unwrap();
    let chosen = address(&world, "snsapi_base", &format!("&sim_openid={openid}&sim_remember=1"));
    let answer = world.http.get(chosen).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string();
    let again = world.http.get(&url).header("cookie", cookie).send().await.unwrap();
    assert!(again.headers()["location"].to_str().unwrap().contains("code="));
    let denied = location(&world, &address(&world, "snsapi_userinfo", "&sim_deny=1")).await.unwrap();
    assert_eq!(denied, "http://a.cn/back?x=1&state=S1");
}

#[tokio::test]
async fn a_snapshot_user_is_nobody() {
    let world = World::quiet().await;
    let token = exchange(&world, &a_code(&world, "snsapi_userinfo", "&sim_snapshot=1").await).await;
    assert_eq!(token["is_snapshotuser"], 1);
    assert_ne!(token["openid"], "o1");
    world.sim("/faults", json!({"snapshot": true})).await;
    let token = exchange(&world, &a_code(&world, "snsapi_userinfo", "").await).await;
    assert_eq!(token["is_snapshotuser"], 1);
}

#[tokio::test]
async fn a_wrong_request_shows_the_numbered_error_page() {
    let options = SimulatorOptions { oauth_hosts: vec!["a.cn".to_string()], ..SimulatorOptions::default() };
    let world = World::with(options, |_| Said::Reply(Reply::Success)).await;
    let good = address(&world, "snsapi_base", "&sim_openid=o1");
    assert!(location(&world, &good).await.is_some());
    let cases = [
        (good.replace("scope=snsapi_base", "scope="), 10010),
        (good.replace("scope=snsapi_base", "scope=snsapi_login"), 10005),
        (good.replace("http%3A%2F%2Fa.cn%2Fback%3Fx%3D1", ""), 10011),
        (good.replace("a.cn", "m.a.cn"), 10003),
        (good.replace("http%3A%2F%2Fa.cn%2Fback%3Fx%3D1", "nothing"), 10003),
        (good.replace(&format!("appid={APP_ID}"), "appid="), 10012),
        (good.replace(APP_ID, "wx1"), 40013),
        (good.replace("state=S1", "state="), 10013),
        (good.replace("state=S1", "state=a-b"), 10016),
        (good.replace("response_type=code", "response_type=token"), 10015),
    ];
    for (url, number) in cases {
        let page = world.http.get(&url).send().await.unwrap();
        assert_eq!(page.status(), 400);
        assert!(page.text().await.unwrap().contains(&format!("错误码：{number}")), "{url}");
    }
}
