//! Staff come to the desk, manage accounts, and leave; programs get a token.

use reqwest::StatusCode;
use serde_json::json;
use yishiting::people::staff::{self, Role};

use crate::support::{ADMIN_PASSWORD, Client, TestApp};

/// A browser at the desk, signed in as the first administrator.
async fn admin(app: &TestApp) -> Client {
    staff::first_admin(&app.base).await.unwrap();
    let browser = app.browser();
    assert_eq!(sign_in(&browser, "admin", ADMIN_PASSWORD).await, Some("/desk".to_string()));
    browser
}

/// Where signing in leads; `None` when it is refused.
async fn sign_in(browser: &Client, username: &str, password: &str) -> Option<String> {
    browser.post("/desk/login", &[("username", username), ("password", password)]).await.location()
}

/// Posts a form with the token of the page that it stands on.
async fn submit(browser: &Client, page: &str, path: &str, fields: &[(&str, &str)]) -> crate::support::Answer {
    let csrf = browser.get(page).await.hidden("csrf");
    browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
}

async fn id_of(app: &TestApp, username: &str) -> String {
    let all = staff::list(&app.base).await.unwrap();
    all.into_iter().find(|staff| staff.username == username).unwrap().id.to_string()
}

#[tokio::test]
async fn the_desk_asks_who_comes_and_leads_back_to_where_they_wanted() {
    let app = TestApp::spawn().await;
    staff::first_admin(&app.base).await.unwrap();
    let browser = app.browser();
    let away = browser.get("/desk/accounts").await.location().unwrap();
    assert_eq!(away, "/desk/login?back=%2Fdesk%2Faccounts");
    let form = browser.get(&away).await;
    assert_eq!(form.hidden("back"), "/desk/accounts");
    let fields = [("username", "admin"), ("password", ADMIN_PASSWORD), ("back", "/desk/accounts")];
    assert_eq!(browser.post("/desk/login", &fields).await.location().unwrap(), "/desk/accounts");
    let page = browser.get("/desk/accounts").await;
    assert!(page.text.contains("账号与权限") && page.text.contains("管理员"), "{}", page.text);
    assert_eq!(browser.get("/desk/login").await.location().unwrap(), "/desk");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_name_and_reveals_nothing() {
    let app = TestApp::spawn().await;
    staff::first_admin(&app.base).await.unwrap();
    for username in ["admin", "nobody"] {
        let fields = [("username", username), ("password", "not the password")];
        let refused = app.browser().post("/desk/login", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.text.contains("用户名或密码不对") && refused.text.contains(username),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn after_ten_wrong_passwords_the_account_rests_a_quarter_of_an_hour() {
    let app = TestApp::spawn().await;
    staff::first_admin(&app.base).await.unwrap();
    for _ in 0..10 {
        assert_eq!(sign_in(&app.browser(), "admin", "guess").await, None);
    }
    let right = [("username", "admin"), ("password", ADMIN_PASSWORD)];
    let refused = app.browser().post("/desk/login", &right).await;
    assert!(refused.text.contains("请 15 分钟后再试"), "{}", refused.text);
}

#[tokio::test]
async fn leaving_ends_the_session_and_not_only_the_cookie() {
    let app = TestApp::spawn().await;
    let browser = admin(&app).await;
    let cookie = browser.cookie("yst_desk").unwrap();
    assert_eq!(submit(&browser, "/desk/me", "/desk/logout", &[]).await.location().unwrap(), "/desk/login");
    let thief = app.browser();
    thief.set_cookie("yst_desk", &cookie);
    assert!(thief.get("/desk/me").await.location().unwrap().starts_with("/desk/login"));
}

#[tokio::test]
async fn one_signs_out_a_device_that_was_left_behind() {
    let app = TestApp::spawn().await;
    let (here, there) = (admin(&app).await, admin(&app).await);
    let page = here.get("/desk/me").await;
    let left = page.hidden("session");
    assert_eq!(
        submit(&here, "/desk/me", "/desk/me/sessions", &[("session", &left)]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(there.get("/desk/me").await.location().is_some(), "signed out");
    assert_eq!(here.get("/desk/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    let other = staff::add(&app.base, "wang", "王敏", Role::Viewer, ADMIN_PASSWORD, "test").await.unwrap();
    let viewer = app.browser();
    sign_in(&viewer, "wang", ADMIN_PASSWORD).await.unwrap();
    let theirs = yishiting::people::session::list(&app.base, other).await.unwrap();
    submit(&boss, "/desk/me", "/desk/me/sessions", &[("session", &theirs[0].token_hash)]).await;
    assert_eq!(viewer.get("/desk/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_changed_password_signs_out_everywhere_else() {
    let app = TestApp::spawn().await;
    let (here, there) = (admin(&app).await, admin(&app).await);
    let fields = |old, new, again| [("old", old), ("password", new), ("again", again)];
    let wrong =
        submit(&here, "/desk/me", "/desk/me/password", &fields("guess", "a new password", "a new password"))
            .await;
    assert!(wrong.text.contains("和现在的密码不一致"), "{}", wrong.text);
    let typo = submit(
        &here,
        "/desk/me",
        "/desk/me/password",
        &fields(ADMIN_PASSWORD, "a new password", "a nwe password"),
    )
    .await;
    assert!(typo.text.contains("和上面输入的不一样"), "{}", typo.text);
    let short =
        submit(&here, "/desk/me", "/desk/me/password", &fields(ADMIN_PASSWORD, "short", "short")).await;
    assert!(short.text.contains("至少 8 个字符"), "{}", short.text);
    let done = submit(
        &here,
        "/desk/me",
        "/desk/me/password",
        &fields(ADMIN_PASSWORD, "a new password", "a new password"),
    )
    .await;
    assert_eq!(done.location().unwrap(), "/desk/me?changed");
    assert_eq!(here.get("/desk/me").await.status, StatusCode::OK);
    assert!(there.get("/desk/me").await.location().is_some());
    assert_eq!(sign_in(&app.browser(), "admin", ADMIN_PASSWORD).await, None);
    assert!(sign_in(&app.browser(), "admin", "a new password").await.is_some());
}

#[tokio::test]
async fn an_administrator_makes_an_account_whose_password_is_shown_once() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    let fields = [("username", "chen"), ("name", "陈晓燕"), ("role", "organiser")];
    let made = submit(&boss, "/desk/accounts", "/desk/accounts", &fields).await;
    let password = made.text.split("的密码：<b>").nth(1).unwrap().split('<').next().unwrap().to_string();
    assert!(!boss.get("/desk/accounts").await.text.contains(&password));
    assert!(sign_in(&app.browser(), "chen", &password).await.is_some());
    let again = submit(&boss, "/desk/accounts", "/desk/accounts", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("这个用户名已被使用") && again.text.contains("陈晓燕"), "{}", again.text);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_comes_back_when_enabled() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    staff::add(&app.base, "chen", "陈晓燕", Role::Organiser, ADMIN_PASSWORD, "test").await.unwrap();
    let browser = app.browser();
    sign_in(&browser, "chen", ADMIN_PASSWORD).await.unwrap();
    let page = format!("/desk/accounts/{}", id_of(&app, "chen").await);
    submit(&boss, &page, &format!("{page}/disable"), &[]).await;
    assert!(browser.get("/desk/me").await.location().is_some());
    assert_eq!(sign_in(&app.browser(), "chen", ADMIN_PASSWORD).await, None);
    submit(&boss, &page, &format!("{page}/enable"), &[]).await;
    assert!(sign_in(&app.browser(), "chen", ADMIN_PASSWORD).await.is_some());
}

#[tokio::test]
async fn the_last_administrator_can_neither_leave_nor_step_down() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    let page = format!("/desk/accounts/{}", id_of(&app, "admin").await);
    let refused = submit(&boss, &page, &format!("{page}/disable"), &[]).await;
    assert!(
        refused.status == StatusCode::CONFLICT && refused.text.contains("最后一个可用的管理员"),
        "{}",
        refused.text
    );
    let refused = submit(&boss, &page, &format!("{page}/role"), &[("role", "viewer")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    staff::add(&app.base, "second", "第二位", Role::Admin, ADMIN_PASSWORD, "test").await.unwrap();
    let done = submit(&boss, &page, &format!("{page}/role"), &[("role", "viewer")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(boss.get("/desk/accounts").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_reset_password_is_told_once_and_ends_old_sessions() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    staff::add(&app.base, "chen", "陈晓燕", Role::Organiser, ADMIN_PASSWORD, "test").await.unwrap();
    let browser = app.browser();
    sign_in(&browser, "chen", ADMIN_PASSWORD).await.unwrap();
    let page = format!("/desk/accounts/{}", id_of(&app, "chen").await);
    let told = submit(&boss, &page, &format!("{page}/password"), &[]).await;
    let password = told.text.split("的密码：<b>").nth(1).unwrap().split('<').next().unwrap();
    assert!(browser.get("/desk/me").await.location().is_some());
    assert!(sign_in(&app.browser(), "chen", password).await.is_some());
}

#[tokio::test]
async fn accounts_and_the_log_are_for_administrators() {
    let app = TestApp::spawn().await;
    staff::add(&app.base, "chen", "陈晓燕", Role::Organiser, ADMIN_PASSWORD, "test").await.unwrap();
    let browser = app.browser();
    sign_in(&browser, "chen", ADMIN_PASSWORD).await.unwrap();
    for path in ["/desk/accounts", "/desk/audit"] {
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let me = browser.get("/desk/me").await.text;
    assert!(!me.contains("href=\"/desk/accounts\"") && me.contains("href=\"/desk/meetings\""), "{me}");
}

#[tokio::test]
async fn the_log_tells_who_did_what() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    let fields = [("username", "chen"), ("name", "陈晓燕"), ("role", "viewer")];
    submit(&boss, "/desk/accounts", "/desk/accounts", &fields).await;
    let log = boss.get("/desk/audit?actor=admin&kind=staff.").await.text;
    assert!(log.contains("新建账号") && log.contains("chen") && log.contains("登录"), "{log}");
    let none = boss.get("/desk/audit?actor=chen").await.text;
    assert!(none.contains("没有符合的记录"), "{none}");
}

#[tokio::test]
async fn a_program_gets_a_token_and_gives_it_back() {
    let app = TestApp::spawn().await;
    staff::first_admin(&app.base).await.unwrap();
    let wrong = json!({"username": "admin", "password": "guess"});
    let refused = app.browser().post_json("/api/v1/login", &wrong).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::UNAUTHORIZED, &"login_failed".into()));
    let right = json!({"username": "admin", "password": ADMIN_PASSWORD});
    let told = app.browser().post_json("/api/v1/login", &right).await.json();
    assert_eq!(told["expires_at"], "2026-09-20T00:30:00Z");
    let program = app.browser().with_bearer(told["token"].as_str().unwrap());
    assert_eq!(program.post("/api/v1/logout", &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.post("/api/v1/logout", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_from_another_site_does_nothing() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    let fields = [("username", "evil"), ("name", "坏人"), ("role", "admin")];
    let refused = boss.post("/desk/accounts", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("安全校验已过期"), "{}", refused.text);
}

#[tokio::test]
async fn the_log_is_read_page_by_page_without_gap_or_repeat() {
    let app = TestApp::spawn().await;
    let boss = admin(&app).await;
    for number in 0..120 {
        yishiting::people::audit::note(&app.base, "admin", "staff.login", &format!("n{number:03}"), "")
            .await
            .unwrap();
    }
    let mut seen = Vec::new();
    let mut next = Some("/desk/audit?actor=admin&kind=staff.login".to_string());
    while let Some(path) = next.take() {
        let page = boss.get(&path).await.text;
        seen.extend((0..120).filter(|number| page.contains(&format!("<td>n{number:03}</td>"))));
        next = page
            .split_once("<a class=\"b\" href=\"")
            .map(|(_, rest)| rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"));
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..120).collect::<Vec<_>>());
}
