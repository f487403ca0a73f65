//! What machines ask a server: alive, ready, how much.

use reqwest::StatusCode;

use crate::support::TestApp;

#[tokio::test]
async fn a_server_with_all_it_needs_is_ready_and_says_what_that_is() {
    let app = TestApp::spawn().await;
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    let ready = ready.json();
    assert_eq!((&ready["status"], &ready["database"]["status"]), (&"ready".into(), &"ok".into()), "{ready}");
    assert_eq!(
        (&ready["database"]["kind"], &ready["cache"]["kind"]),
        (&app.base.db.name().into(), &app.base.cache.name().into())
    );
}

#[tokio::test]
async fn a_server_without_its_database_is_alive_and_not_ready() {
    let app = TestApp::spawn().await;
    app.lose_database().await;
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["database"]["status"], "down");
}

#[tokio::test]
async fn without_its_shared_cache_a_server_starts_and_serves() {
    let nowhere = "redis://127.0.0.1:1".to_string();
    let app = TestApp::spawn_with(|options| options.redis_url = Some(nowhere)).await;
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "{}", ready.text);
    assert_eq!(ready.json()["cache"]["status"], "down");
    assert_eq!(app.citizen("张三").await.opens("/m").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready() {
    let app = TestApp::spawn().await;
    app.base.stopping.cancel();
    let ready = app.browser().get("/readyz").await;
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"stopping".into())
    );
}

#[tokio::test]
async fn requests_are_counted_by_area_and_status() {
    let app = TestApp::spawn().await;
    let before = desk_refusals(&app.browser().get("/metrics").await.text);
    app.browser().get("/desk/nowhere").await;
    let metrics = app.browser().get("/metrics").await;
    assert_eq!(metrics.status, StatusCode::OK);
    // Figures are the process's, and other tests may run in it.
    assert!(desk_refusals(&metrics.text) > before, "{}", metrics.text);
    for gauge in ["jobs_due", "jobs_oldest_seconds", "jobs_failed"] {
        assert!(metrics.text.contains(&format!("\n{gauge} ")), "{}", metrics.text);
    }
    assert!(metrics.text.contains("http_seconds_bucket{area=\"desk\""), "{}", metrics.text);
}

fn desk_refusals(metrics: &str) -> u64 {
    let line = "http_responses_total{area=\"desk\",status=\"4xx\"} ";
    metrics.lines().find_map(|text| text.strip_prefix(line)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn behind_a_proxy_figures_are_for_those_with_the_token() {
    let app = TestApp::spawn_with(|options| {
        options.trusted_proxies = Some(1);
        options.metrics_token = Some("a token for figures".to_string());
    })
    .await;
    assert_eq!(app.browser().get("/metrics").await.status, StatusCode::NOT_FOUND);
    let wrong = app.browser().with_bearer("another token").get("/metrics").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let right = app.browser().with_bearer("a token for figures").get("/metrics").await;
    assert_eq!(right.status, StatusCode::OK);
}
