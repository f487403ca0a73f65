use chrono::Duration;
use serde_json::{Value, json};

use super::backend::{APP_ID, SECRET, World, code};

async fn classic(world: &World) -> Value {
    world.get(&format!("/cgi-bin/token?grant_type=client_credential&appid={APP_ID}&secret={SECRET}")).await
}

async fn stable(world: &World, force: bool) -> Value {
    let asked = json!({
        "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": force,
    });
    world.post("/cgi-bin/stable_token", asked).await
}

async fn works(world: &World, token: &Value) -> i64 {
    let token = token["access_token"].as_str().unwrap();
    code(&world.get(&format!("/cgi-bin/getcallbackip?access_token={token}")).await)
}

#[tokio::test]
async fn wrong_credentials_have_their_own_codes() {
    let world = World::quiet().await;
    let cases = [
        ("appid=x&secret=y", 40002),
        ("grant_type=password&appid=x&secret=y", 40002),
        ("grant_type=client_credential&secret=y", 41002),
        ("grant_type=client_credential&appid=x&secret=y", 40013),
        (&format!("grant_type=client_credential&appid={APP_ID}"), 41004),
        (&format!("grant_type=client_credential&appid={APP_ID}&secret=y"), 40125),
    ];
    for (query, expected) in cases {
        let answer = world.get(&format!("/cgi-bin/token?{query}")).await;
        assert_eq!(code(&answer), expected, "{query}");
        assert!(answer["errmsg"].as_str().unwrap().contains(" rid: "), "{answer}");
    }
}

#[tokio::test]
async fn each_classic_token_ends_the_one_before_within_five_minutes() {
    let world = World::quiet().await;
    let first = classic(&world).await;
    assert_eq!(first["expires_in"], 7200);
    let second = classic(&world).await;
    assert_ne!(first["access_token"], second["access_token"]);
    world.clock.advance(Duration::seconds(299));
    assert_eq!((works(&world, &first).await, works(&world, &second).await), (0, 0));
    world.clock.advance(Duration::seconds(1));
    assert_eq!((works(&world, &first).await, works(&world, &second).await), (42001, 0));
    classic(&world).await;
    assert_eq!(works(&world, &first).await, 40001);
}

#[tokio::test]
async fn the_stable_token_stays_until_five_minutes_before_its_end() {
    let world = World::quiet().await;
    let first = stable(&world, false).await;
    world.clock.advance(Duration::seconds(6899));
    let same = stable(&world, false).await;
    assert_eq!(first["access_token"], same["access_token"]);
    assert_eq!(same["expires_in"], 301);
    world.clock.advance(Duration::seconds(1));
    let next = stable(&world, false).await;
    assert_ne!(first["access_token"], next["access_token"]);
    assert_eq!((works(&world, &first).await, works(&world, &next).await), (0, 0));
    world.clock.advance(Duration::seconds(300));
    assert_eq!((works(&world, &first).await, works(&world, &next).await), (42001, 0));
}

#[tokio::test]
async fn the_two_kinds_do_not_end_each_other() {
    let world = World::quiet().await;
    let kept = stable(&world, false).await;
    for _ in 0..3 {
        classic(&world).await;
    }
    world.clock.advance(Duration::seconds(600));
    assert_eq!(works(&world, &kept).await, 0);
}

#[tokio::test]
async fn two_forced_refreshes_half_a_minute_apart_kill_a_leaked_token() {
    let world = World::quiet().await;
    let leaked = stable(&world, false).await;
    stable(&world, true).await;
    assert_eq!(code(&stable(&world, true).await), 45011);
    world.clock.advance(Duration::seconds(30));
    stable(&world, true).await;
    assert_eq!(works(&world, &leaked).await, 40001);
    for _ in 0..18 {
        world.clock.advance(Duration::seconds(30));
        assert_eq!(code(&stable(&world, true).await), 0);
    }
    world.clock.advance(Duration::seconds(30));
    assert_eq!(code(&stable(&world, true).await), 45009);
}

#[tokio::test]
async fn a_call_needs_a_good_token() {
    let world = World::quiet().await;
    assert_eq!(code(&world.get("/cgi-bin/getcallbackip").await), 41001);
    assert_eq!(code(&world.get("/cgi-bin/getcallbackip?access_token=short").await), 40014);
    let unknown = "x".repeat(100);
    assert_eq!(code(&world.get(&format!("/cgi-bin/getcallbackip?access_token={unknown}")).await), 40001);
    let token = stable(&world, false).await;
    world.sim("/faults", json!({"expire_tokens": true})).await;
    assert_eq!(works(&world, &token).await, 42001);
    let token = stable(&world, false).await;
    world.sim("/faults", json!({"invalidate_tokens": true})).await;
    assert_eq!(works(&world, &token).await, 40001);
}

#[tokio::test]
async fn only_listed_addresses_may_ask_for_tokens() {
    let world = World::quiet().await;
    world.sim("/faults", json!({"ip_whitelist": ["10.0.0.1"]})).await;
    let refused = classic(&world).await;
    assert_eq!(code(&refused), 40164);
    assert!(refused["errmsg"].as_str().unwrap().starts_with("invalid ip 127.0.0.1 "));
    assert_eq!(code(&stable(&world, false).await), 40164);
    world.sim("/faults", json!({"ip_whitelist": ["127.0.0.1"]})).await;
    assert_eq!(code(&classic(&world).await), 0);
}

#[tokio::test]
async fn the_ticket_is_shared_until_it_nears_its_end() {
    let world = World::quiet().await;
    let first = world.fetch("/cgi-bin/ticket/getticket", "&type=jsapi").await;
    assert_eq!((code(&first), &first["expires_in"]), (0, &json!(7200)));
    let same = world.fetch("/cgi-bin/ticket/getticket", "&type=jsapi").await;
    assert_eq!(first["ticket"], same["ticket"]);
    world.clock.advance(Duration::seconds(7000));
    let next = world.fetch("/cgi-bin/ticket/getticket", "&type=jsapi").await;
    assert_ne!(first["ticket"], next["ticket"]);
    assert_eq!(code(&world.fetch("/cgi-bin/ticket/getticket", "&type=other").await), 40035);
}

#[tokio::test]
async fn a_days_quota_runs_out_comes_back_at_midnight_in_china_and_can_be_reset() {
    let world = World::quiet().await;
    for path in ["/cgi-bin/getcallbackip", "/cgi-bin/menu/get"] {
        world.sim("/faults", json!({"quota": {path: 2}})).await;
        assert_ne!(code(&world.fetch(path, "").await), 45009);
        assert_ne!(code(&world.fetch(path, "").await), 45009);
        assert_eq!(code(&world.fetch(path, "").await), 45009, "{path}");
    }
    let asked = json!({"cgi_path": "/cgi-bin/menu/get"});
    let quota = world.call("/cgi-bin/openapi/quota/get", asked.clone()).await;
    assert_eq!(quota["quota"]["remain"], 0);
    assert_eq!(code(&world.call("/cgi-bin/openapi/quota/clear", asked).await), 0);
    assert_eq!(code(&world.fetch("/cgi-bin/menu/get", "").await), 46003);
    world.clock.advance(Duration::hours(24));
    assert_eq!(code(&world.fetch("/cgi-bin/getcallbackip", "").await), 0);
    for (path, expected) in [("/sns/userinfo", 76022), ("/nothing", 76021)] {
        let asked = json!({"cgi_path": path});
        assert_eq!(code(&world.call("/cgi-bin/openapi/quota/get", asked).await), expected);
    }
}

#[tokio::test]
async fn everything_is_reset_ten_times_a_month_and_without_a_token_too() {
    let world = World::quiet().await;
    world.sim("/faults", json!({"quota": {"/cgi-bin/stable_token": 0}})).await;
    assert_eq!(code(&stable(&world, false).await), 45009);
    let with_secret = json!({"appid": APP_ID, "appsecret": SECRET});
    assert_eq!(code(&world.post("/cgi-bin/clear_quota/v2", with_secret.clone()).await), 0);
    for _ in 0..9 {
        assert_eq!(code(&world.call("/cgi-bin/clear_quota", json!({"appid": APP_ID})).await), 0);
    }
    assert_eq!(code(&world.post("/cgi-bin/clear_quota/v2", with_secret.clone()).await), 48006);
    world.clock.advance(Duration::days(31));
    assert_eq!(code(&world.post("/cgi-bin/clear_quota/v2", with_secret).await), 0);
}
