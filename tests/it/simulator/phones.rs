use serde_json::json;

use super::backend::World;

/// The simulator's address as the browser of phone `number` knows it.
fn origin(world: &World, number: usize) -> String {
    world.simulator.url.replace("127.0.0.1", &format!("phone{number}.localhost"))
}

/// What that phone's web view gets for a path: status, where it is sent, body.
async fn view(world: &World, number: usize, path: &str) -> (u16, String, String) {
    let host = origin(world, number).replace("http://", "");
    let request = world.http.get(format!("{}{path}", world.simulator.url)).header("host", host);
    let response = request.send().await.unwrap();
    let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_string());
    (response.status().as_u16(), to.unwrap_or_default(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_page_starts_with_one_phone_and_more_can_be_added() {
    let world = World::quiet().await;
    let page = world.http.get(&world.simulator.url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("微信模拟器"));
    assert_eq!(world.get("/_sim/phones").await["phones"].as_array().unwrap().len(), 1);
    world.sim("/phones", json!({"nickname": "江一帆"})).await;
    let phones = world.get("/_sim/phones").await;
    assert_eq!(phones["phones"][1]["nickname"], "江一帆");
    assert_eq!(phones["phones"][1]["follows"], false);
}

#[tokio::test]
async fn the_web_views_of_two_phones_are_two_devices_signed_in_as_their_own_users() {
    let world = World::quiet().await;
    let first = world.sim("/phones", json!({})).await["openid"].as_str().unwrap().to_string();
    let second = world.sim("/phones", json!({})).await["openid"].as_str().unwrap().to_string();
    for (number, openid) in [(1, first), (2, second)] {
        let own = origin(&world, number);
        let (_, to, _) = view(&world, number, "/page").await;
        assert!(to.starts_with(&format!("{own}/connect/oauth2/authorize?")), "{to}");
        let path = to.strip_prefix(&own).unwrap().split('#').next().unwrap();
        let (status, to, _) = view(&world, number, path).await;
        assert_eq!(status, 302);
        assert!(to.starts_with(&format!("{own}/return?code=")), "{to}");
        let (_, to, _) = view(&world, number, to.strip_prefix(&own).unwrap()).await;
        assert_eq!(to, "/page");
        let (_, _, page) = view(&world, number, "/page").await;
        assert!(page.contains(&openid) && page.contains("MicroMessenger"), "{page}");
        assert!(page.contains(&format!("<a href=\"{own}/page\">")), "links stay on the phone: {page}");
        assert_eq!(world.get("/_sim/phones").await["phones"][number - 1]["title"], "会议");
    }
}

#[tokio::test]
async fn a_web_view_may_stand_in_a_frame_and_keeps_its_cookies_to_itself() {
    let world = World::quiet().await;
    world.sim("/phones", json!({})).await;
    let host = origin(&world, 1).replace("http://", "");
    let request = world.http.get(format!("{}/page", world.simulator.url)).header("host", &host);
    let response = request.header("cookie", "who=o1").send().await.unwrap();
    assert!(response.headers().get("x-frame-options").is_none());
    assert_eq!(response.headers()["content-security-policy"], "default-src 'self'");
    let request = world.http.get(format!("{}/return?code=invented", world.simulator.url));
    let response = request.header("host", host).send().await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn a_phone_that_is_not_there_has_no_web_view() {
    let world = World::quiet().await;
    let (status, _, text) = view(&world, 7, "/page").await;
    assert_eq!(status, 404);
    assert!(text.contains("没有这部手机"));
    let (status, _, _) = view(&world, 7, "/_sim/state").await;
    assert_eq!(status, 404, "a web view never reaches the control calls");
}
