//! What every page and every refusal has in common.

use reqwest::{Method, StatusCode};

use crate::support::TestApp;
use crate::tidy::routes::routes;

#[tokio::test]
async fn a_page_that_does_not_exist_says_so_in_chinese_with_a_number_for_the_telephone() {
    let app = TestApp::spawn().await;
    let answer = app.browser().get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("没有找到这个页面") && answer.text.contains("编号"), "{}", answer.text);
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn the_api_says_the_same_as_json() {
    let app = TestApp::spawn().await;
    let answer = app.browser().get("/api/v1/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let body = answer.json();
    assert_eq!((&body["code"], body["request_id"].is_string()), (&"not_found".into(), true), "{body}");
}

#[tokio::test]
async fn a_stop_ends_with_the_database_closed() {
    let mut app = TestApp::spawn().await;
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
    app.stop().await;
    assert!(app.base.db.ping().await.is_err());
}

#[tokio::test]
async fn a_follower_asks_and_is_answered() {
    let app = TestApp::spawn().await;
    let zhang = app.citizen("张三").await;
    assert!(zhang.says("帮助").await.contains("签到"));
    assert!(zhang.taps("my_meetings").await.contains("您还没有参加过会议"));
}

#[tokio::test]
async fn wechat_tells_the_page_who_holds_the_phone() {
    let app = TestApp::spawn().await;
    let mine = app.citizen("张三").await.opens("/m").await;
    assert_eq!(mine.status, StatusCode::OK, "{}", mine.text);
    assert!(mine.text.contains("我的会议"), "{}", mine.text);
}

#[tokio::test]
async fn a_wrong_method_on_any_page_is_told_which_ones_there_are() {
    let app = TestApp::spawn().await;
    let all = routes();
    assert!(all.len() > 60, "only {} paths were found in the source", all.len());
    for route in all {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if route.methods.iter().any(|known| known == method) {
                continue;
            }
            let program = app.browser().with_bearer("nobody's");
            let asked = program.request(Method::from_bytes(method.as_bytes()).unwrap(), &route.example());
            let answer = program.send(asked).await;
            let place = format!("{method} {} ({})", route.path, route.place);
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{place}: {}", answer.text);
            let mut allowed: Vec<&str> = answer.headers["allow"].to_str().unwrap().split(", ").collect();
            allowed.sort();
            assert_eq!(allowed, route.methods, "{place}");
            if route.path.starts_with("/api/v1/") {
                assert_eq!(answer.json()["code"], "method_not_allowed", "{place}");
            }
        }
    }
    let page = app.browser().get("/desk/logout").await;
    assert!(page.text.contains("不支持这样的操作") && page.text.contains("编号"), "{}", page.text);
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let app = TestApp::spawn().await;
    let site = app.browser();
    for path in
        ["/help", "/desk/login", "/healthz", "/verify", "/api/v1/openapi.json", "/nowhere", "/desk/logout"]
    {
        let got = site.get(path).await;
        let told = site.send(site.request(Method::HEAD, path)).await;
        assert_eq!((told.status, told.text.as_str()), (got.status, ""), "{path}");
        for header in ["content-type", "content-security-policy", "cache-control", "x-content-type-options"] {
            assert_eq!(told.headers.get(header), got.headers.get(header), "{header} of {path}");
        }
    }
    let length =
        |answer: &crate::support::Answer| answer.headers["content-length"].to_str().unwrap().to_string();
    let told = site.send(site.request(Method::HEAD, "/help")).await;
    assert!(length(&told).parse::<usize>().unwrap() > 1000, "the length of what GET sends");
    for route in routes().into_iter().filter(|route| route.methods.iter().any(|method| method == "GET")) {
        let program = app.browser().with_bearer("nobody's");
        let told = program.send(program.request(Method::HEAD, &route.example())).await;
        assert_ne!(told.status, StatusCode::METHOD_NOT_ALLOWED, "{} ({})", route.path, route.place);
        assert_eq!(told.text, "", "{}", route.path);
    }
}

#[tokio::test]
async fn the_platform_finds_the_proof_that_the_domain_is_ours_from_the_moment_it_lies_there() {
    let app = TestApp::spawn().await;
    let site = app.browser();
    let path = "/MP_verify_aB3dE5gH7jK9mN1p.txt";
    assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND);
    std::fs::write(app.folder().join(&path[1..]), "aB3dE5gH7jK9mN1p").unwrap();
    let answer = site.get(path).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "aB3dE5gH7jK9mN1p"));
    assert_eq!(answer.headers["content-type"], "text/plain");
    assert_eq!(site.get("/MP_verify_other.txt").await.status, StatusCode::NOT_FOUND);
}
