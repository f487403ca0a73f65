//! One conversation with one WeChat user, over the callback as the platform calls it.

mod account;
mod platform;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use actix_web::http::StatusCode;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use yishiting::people::{audit, follower};
use yishiting::wechat::callback::Mode;

use crate::support::TestApp;
use account::{Account, event, text};

#[actix_web::test]
async fn the_console_can_check_the_address_again_and_again() {
    let account = Account::new(Mode::Safe).await;
    for _ in 0..2 {
        let heard = account.get(&account.signed_query("&echostr=437512094")).await;
        assert_eq!((heard.status, heard.body.as_str()), (StatusCode::OK, "437512094"));
        assert_eq!(heard.content_type, "text/plain; charset=utf-8");
        assert_eq!(heard.length, Some(9));
    }
    let forged = account.signed_query("&echostr=%3Cb%3E").replace("signature=", "signature=0");
    assert_eq!(account.get(&forged).await.refused(), StatusCode::FORBIDDEN);
    assert_eq!(account.get("echostr=1").await.refused(), StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_keyword_is_answered_in_every_mode() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Safe] {
        let account = Account::new(mode).await;
        let heard = account.push(&text("1", " 帮助。")).await;
        assert_eq!(heard.status, StatusCode::OK, "{mode:?}");
        assert_eq!(heard.content_type, "text/xml; charset=utf-8");
        assert_eq!(heard.length, Some(heard.body.len()));
        assert!(heard.text().contains("会场签到"), "{mode:?}");
        assert_eq!(heard.body.contains("会场签到"), mode == Mode::Plain, "sealed unless plain");
    }
}

#[actix_web::test]
async fn a_plain_push_to_a_safe_account_is_refused() {
    let account = Account::new(Mode::Safe).await;
    for more in ["", "&encrypt_type=raw", "&encrypt_type=aes&msg_signature=00"] {
        let heard = account.post(&account.signed_query(more), text("1", "帮助")).await;
        assert_eq!(heard.refused(), StatusCode::FORBIDDEN, "{more}");
    }
}

#[actix_web::test]
async fn an_old_push_is_refused() {
    let account = Account::new(Mode::Safe).await;
    let (query, body) = account.sealed(&text("1", "帮助"));
    account.base.clock.advance(chrono::TimeDelta::minutes(6));
    assert_eq!(account.post(&query, body).await.refused(), StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_body_over_64_kib_is_refused_however_it_comes() {
    let account = Account::new(Mode::Plain).await;
    let large = text("1", &"长".repeat(22_000));
    let query = account.signed_query("");
    assert_eq!(account.post(&query, large.clone()).await.refused(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(account.post_unannounced(&query, large).await.refused(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_comes() {
    let app = TestApp::spawn().await;
    let mut wire = TcpStream::connect(app.url("").trim_start_matches("http://")).await.unwrap();
    let head = "POST /wechat/callback HTTP/1.1\r\nHost: city\r\nContent-Length: 65537\r\n\r\n";
    wire.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    let length = wire.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(answer.starts_with("http/1.1 413"), "{answer}");
    assert!(answer.contains("content-length: 0\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[actix_web::test]
async fn what_is_no_push_is_refused_without_a_word() {
    let account = Account::new(Mode::Plain).await;
    let query = account.signed_query("");
    for body in ["", "{}", "<!DOCTYPE xml><xml/>", "<xml><MsgType>text</MsgType></xml>"] {
        assert_eq!(account.post(&query, body.to_string()).await.refused(), StatusCode::BAD_REQUEST, "{body}");
    }
}

#[actix_web::test]
async fn exact_keywords_come_before_skills_and_contained_ones_after() {
    let account = Account::new(Mode::Plain).await;
    assert!(account.push(&text("1", "帮助")).await.text().contains("会场签到"));
    assert_eq!(account.skill.calls.load(SeqCst), 0, "an exact keyword is no work for skills");
    assert_eq!(account.push(&text("2", "记：签到很快")).await.text(), "记下了：签到很快");
    assert!(account.push(&text("3", "怎么签到")).await.text().contains("扫一扫"));
    assert!(account.push(&text("4", "今天天气")).await.text().contains("没有明白"));
}

#[actix_web::test]
async fn each_way_to_act_reaches_the_skill_that_owns_it() {
    let account = Account::new(Mode::Safe).await;
    let scan = |result: &str| {
        event(
            "scancode_waitmsg",
            &format!(
                "<EventKey>scan</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[{result}]]></ScanResult></ScanCodeInfo>"
            ),
        )
    };
    let image = "<MsgType>image</MsgType><MsgId>9</MsgId><PicUrl>http://p</PicUrl><MediaId>m</MediaId>";
    let acts = [
        (event("SCAN", "<EventKey>m_1</EventKey><Ticket>t</Ticket>"), "签到成功"),
        (event("CLICK", "<EventKey>mine</EventKey>"), "您有 1 场会议"),
        (event("CLICK", "<EventKey>about</EventKey>"), "会议签到"),
        (event("CLICK", "<EventKey>gone</EventKey>"), "没有明白"),
        (scan("https://city.example/m/1"), "签到成功"),
        (scan("https://elsewhere.example/"), "没有认出这个二维码"),
        (event("SCAN", "<EventKey>gone</EventKey>"), "没有认出这个二维码"),
        (account::push(image), "照片收到"),
    ];
    for (push, said) in acts {
        let heard = account.push(&push).await;
        assert!(heard.text().contains(said), "{push}: {}", heard.text());
    }
}

#[actix_web::test]
async fn what_needs_no_answer_and_what_nobody_knows_is_acknowledged() {
    let account = Account::new(Mode::Safe).await;
    let pushes = [
        event("VIEW", "<EventKey>https://city.example/</EventKey>"),
        event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID><Status>failed:user block</Status>"),
        event("LOCATION", "<Latitude>1</Latitude><Longitude>2</Longitude><Precision>3</Precision>"),
        event("verify_expired", "<ExpiredTime>1700000000</ExpiredTime>"),
        event("something_new", "<EventKey>k</EventKey>"),
        account::push("<MsgType>file</MsgType><MsgId>1</MsgId><Title>a.doc</Title>"),
    ];
    for push in pushes {
        assert!(account.push(&push).await.is_success(), "{push}");
    }
}

#[actix_web::test]
async fn a_repeat_after_the_work_gets_the_same_reply_and_does_nothing() {
    let account = Account::new(Mode::Safe).await;
    let push = text("7", "记：到了");
    let first = account.push(&push).await;
    account.base.clock.advance(chrono::TimeDelta::seconds(61));
    let again = account.push(&push).await;
    assert_eq!(first.text(), again.text());
    assert_eq!(account.skill.calls.load(SeqCst), 1);
    account.push(&text("8", "记：到了")).await;
    assert_eq!(account.skill.calls.load(SeqCst), 2, "the same words in another message are another act");
}

#[actix_web::test]
async fn a_repeat_during_the_work_waits_for_its_reply() {
    let account = Account::new(Mode::Safe).await;
    let push = text("7", "慢");
    let (first, again, ()) = futures_util::join!(account.push(&push), account.push(&push), async {
        account.skill.started.notified().await;
        account.skill.may_finish.notify_one();
    });
    assert_eq!((first.text().as_str(), again.text().as_str()), ("办好了", "办好了"));
    assert_eq!(account.skill.calls.load(SeqCst), 1);
}

#[actix_web::test]
async fn deliveries_to_many_replicas_at_once_are_one_act_with_one_answer() {
    let account = Account::new(Mode::Safe).await;
    let other = account.replica();
    let push = text("7", "慢");
    let deliveries = (0..20).map(|n| if n % 2 == 0 { account.push(&push) } else { other.push(&push) });
    let (heard, ()) = futures_util::join!(futures_util::future::join_all(deliveries), async {
        account.skill.started.notified().await;
        account.skill.may_finish.notify_one();
    });
    assert!(heard.iter().all(|heard| heard.text() == "办好了"));
    assert_eq!(account.skill.calls.load(SeqCst), 1);
}

#[actix_web::test]
async fn an_operation_id_is_the_same_for_every_delivery_even_when_the_store_was_lost() {
    let account = Account::new(Mode::Safe).await;
    account.push(&text("7", "记：到了")).await;
    let restarted = account.restarted();
    restarted.push(&text("7", "记：到了")).await;
    restarted.push(&text("8", "记：到了")).await;
    let [one, two, three] = restarted.skill.operations.lock().unwrap()[..] else { panic!("three acts") };
    assert_eq!(one, two);
    assert_ne!(two, three);
}

#[actix_web::test]
async fn work_goes_on_when_its_request_goes_away_and_the_repeat_has_the_reply() {
    let account = Account::new(Mode::Safe).await;
    let push = text("7", "慢");
    let mut request = Box::pin(account.push(&push));
    assert!(request.as_mut().now_or_never().is_none(), "the work waits");
    drop(request);
    let (again, ()) = futures_util::join!(account.push(&push), async {
        account.skill.may_finish.notify_one();
    });
    assert_eq!(again.text(), "办好了");
    assert_eq!(account.skill.calls.load(SeqCst), 1);
}

#[actix_web::test]
async fn a_panic_is_answered_success_and_a_failure_with_a_calm_text() {
    let account = Account::new(Mode::Safe).await;
    for _ in 0..2 {
        assert!(account.push(&text("1", "崩溃")).await.is_success());
        assert!(account.push(&text("2", "出错")).await.text().contains("系统正忙"));
    }
    assert!(account.push(&text("3", "记：还在")).await.text().contains("还在"), "the next one works");
}

#[actix_web::test]
async fn a_database_that_is_gone_is_a_calm_text_and_never_a_5xx() {
    let account = Account::new(Mode::Safe).await;
    account.base.db.clone().close().await.unwrap();
    assert!(account.push(&event("subscribe", "")).await.text().contains("系统正忙"));
    assert!(account.push(&text("1", "帮助")).await.text().contains("会场签到"));
}

#[actix_web::test]
async fn following_and_leaving_are_kept_also_when_told_twice() {
    let account = Account::new(Mode::Safe).await;
    let subscribed = async || follower::find(&account.base, "oUser").await.unwrap().unwrap().subscribed;
    for _ in 0..2 {
        assert!(account.push(&event("subscribe", "<EventKey></EventKey>")).await.text().contains("欢迎关注"));
        assert!(subscribed().await);
    }
    account.later(5);
    for _ in 0..2 {
        assert!(account.push(&event("unsubscribe", "")).await.is_success());
        assert!(!subscribed().await);
        account.later(5);
    }
}

#[actix_web::test]
async fn pushes_that_overtake_each_other_end_with_what_happened_last() {
    let account = Account::new(Mode::Safe).await;
    let early = account.dated(&event("unsubscribe", ""));
    account.later(3);
    let late = account.dated(&event("subscribe", ""));
    account.push(&late).await;
    account.push(&early).await;
    assert!(follower::find(&account.base, "oUser").await.unwrap().unwrap().subscribed);
}

#[actix_web::test]
async fn following_through_a_code_is_the_scan_of_that_code() {
    let account = Account::new(Mode::Safe).await;
    let heard = account.push(&event("subscribe", "<EventKey>qrscene_m_1</EventKey><Ticket>t</Ticket>")).await;
    assert!(heard.text().starts_with("您好，欢迎关注"));
    assert!(heard.text().ends_with("签到成功"), "{}", heard.text());
    assert!(follower::find(&account.base, "oUser").await.unwrap().unwrap().subscribed);
}

#[actix_web::test]
async fn withdrawn_consent_stands_in_the_audit_log_without_the_openid() {
    let account = Account::new(Mode::Safe).await;
    account.push(&event("subscribe", "")).await;
    account.later(1);
    let revoked = "<OpenID>oUser</OpenID><AppID>wx1</AppID><RevokeInfo>202</RevokeInfo>";
    assert!(account.push(&event("user_authorization_revoke", revoked)).await.is_success());
    let closed = "<OpenID>oUser</OpenID><AppID>wx1</AppID>";
    assert!(account.push(&event("user_authorization_cancellation", closed)).await.is_success());
    let user = follower::find(&account.base, "oUser").await.unwrap().unwrap();
    assert!(!user.subscribed);
    let target = format!("follower:{}", user.id);
    let log = audit::newest(&account.base, Some(&target), 10).await.unwrap();
    let lines: Vec<_> = log.iter().map(|line| (line.action.as_str(), line.detail.as_str())).collect();
    assert!(lines.contains(&("wechat.authorization_revoked", "scope=202")), "{lines:?}");
    assert!(lines.contains(&("wechat.account_closed", "scope=")), "{lines:?}");
}

/// Pushes something slow, sees it acknowledged, and lets the work end in the background.
async fn late(account: &Account, push: &str) {
    assert!(account.push(push).await.is_success());
    account.skill.may_finish.notify_one();
    account.background_done().await;
}

#[actix_web::test]
async fn work_beyond_the_budget_is_acknowledged_and_its_answer_sent_as_a_message_once() {
    let account = Account::with_budget(Mode::Safe, Duration::from_millis(30)).await;
    let push = text("7", "慢");
    assert!(account.push(&push).await.is_success());
    assert!(account.push(&push).await.is_success(), "a repeat too, for the answer goes another way");
    account.skill.may_finish.notify_one();
    account.background_done().await;
    assert!(account.push(&push).await.is_success());
    assert_eq!(account.platform.sent(), ["oUser: 办好了"]);
    assert_eq!(account.skill.calls.load(SeqCst), 1);
}

#[actix_web::test]
async fn a_late_answer_is_dropped_when_no_right_to_send_is_left() {
    let account = Account::with_budget(Mode::Safe, Duration::from_millis(30)).await;
    for id in ["1", "2", "3", "4", "5", "6"] {
        late(&account, &text(id, "慢")).await;
    }
    assert_eq!(account.platform.sent().len(), 5, "five after one action, by the platform's rule");
    account.later(1);
    late(&account, &text("7", "慢")).await;
    assert_eq!(account.platform.sent().len(), 6, "and five more after the next");
}

#[actix_web::test]
async fn the_platforms_word_that_the_window_is_closed_ends_the_right() {
    let account = Account::with_budget(Mode::Safe, Duration::from_millis(30)).await;
    account.platform.answers(r#"{"errcode":45015,"errmsg":"response out of time limit"}"#);
    late(&account, &text("1", "慢")).await;
    assert_eq!(account.platform.sent().len(), 1);
    assert!(!account.rights().take("oUser").await);
}
