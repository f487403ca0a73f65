//! The client against a server that answers by script. The simulator tests the rest end to end.

use super::*;
use crate::base::config::Mode;
use crate::wechat::errcode::Reaction;
use crate::wechat::menu::file::Menus;
use crate::wechat::menu::{Button, Menu};
use crate::wechat::reply::Reply;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::collections::{HashMap, VecDeque};

const SECRET: &str = "0123456789abcdef";

/// What the server was asked: path with query, and body.
type Asked = Vec<(String, String)>;

/// Status, content type, body.
type Answer = (u16, &'static str, Vec<u8>);

#[derive(Default)]
struct Script {
    /// By path; the last answer stays.
    answers: HashMap<String, VecDeque<Answer>>,
    asked: Asked,
    tokens: u32,
}

struct Platform {
    script: Arc<Mutex<Script>>,
    api: Api,
    cache: Cache,
    clock: Clock,
}

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    script: web::Data<Arc<Mutex<Script>>>,
) -> HttpResponse {
    let mut script = script.lock().expect("unpoisoned");
    let address = request.uri().to_string();
    script.asked.push((address, String::from_utf8_lossy(&body).into_owned()));
    let token = script.tokens + 1;
    let Some(answers) = script.answers.get_mut(request.path()) else {
        if request.path() == "/cgi-bin/stable_token" {
            script.tokens = token;
            return HttpResponse::Ok()
                .body(format!(r#"{{"access_token":"TOKEN{token}","expires_in":7200}}"#));
        }
        return HttpResponse::NotFound().finish();
    };
    let (status, content_type, body) = match answers.len() {
        1 => answers[0].clone(),
        _ => answers.pop_front().expect("an answer"),
    };
    let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
    HttpResponse::build(status).content_type(content_type).body(body)
}

impl Platform {
    async fn start() -> Self {
        // Another test of this process may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = web::Data::new(script.clone());
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .expect("bound");
        let address = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time"));
        let cache = Cache::memory(clock.clone());
        let api = Self::client(&address, &cache, &clock);
        Self { script, api, cache, clock }
    }

    fn client(address: &str, cache: &Cache, clock: &Clock) -> Api {
        let base = Url::parse(address).expect("an address");
        let settings = Wechat {
            app_id: "wx1".into(),
            app_secret: SecretString::from(SECRET),
            tokens: vec!["token".into()],
            aes_keys: vec![],
            mode: Mode::Plain,
            api_base: base.clone(),
            open_base: base.clone(),
            mp_base: base,
        };
        Api::with_pause(settings, cache.clone(), clock.clone(), Duration::ZERO).expect("a client")
    }

    /// The answers to a path, in order; the last one is repeated.
    fn answers(&self, path: &str, answers: &[&str]) -> &Self {
        let answers = answers.iter().map(|json| (200, "text/plain", json.as_bytes().to_vec())).collect();
        self.script.lock().expect("unpoisoned").answers.insert(path.into(), answers);
        self
    }

    fn asked(&self, path: &str) -> Asked {
        let script = self.script.lock().expect("unpoisoned");
        let of_path = |(address, _): &&(String, String)| address.split('?').next() == Some(path);
        script.asked.iter().filter(of_path).cloned().collect()
    }
}

const OK: &str = r#"{"errcode":0,"errmsg":"ok"}"#;
const IPS: &str = "/cgi-bin/getcallbackip";
const TOKEN: &str = "/cgi-bin/stable_token";
const SEND: &str = "/cgi-bin/message/custom/send";

#[tokio::test]
async fn one_token_serves_all_calls_until_shortly_before_its_end() {
    let platform = Platform::start().await;
    platform.answers(IPS, &[r#"{"ip_list":["1.2.3.4"]}"#]);
    assert_eq!(platform.api.callback_addresses().await, Ok(vec!["1.2.3.4".into()]));
    platform.clock.advance(TimeDelta::seconds(6800));
    platform.api.callback_addresses().await.expect("answered");
    assert_eq!(platform.asked(TOKEN).len(), 1);
    platform.clock.advance(TimeDelta::seconds(101));
    platform.api.callback_addresses().await.expect("answered");
    assert_eq!(platform.asked(TOKEN).len(), 2, "renewed 300 s before the end");
    let calls = platform.asked(IPS);
    assert!(calls[1].0.ends_with("access_token=TOKEN1") && calls[2].0.ends_with("access_token=TOKEN2"));
    let question = &platform.asked(TOKEN)[0].1;
    assert_eq!(question, r#"{"grant_type":"client_credential","appid":"wx1","secret":"0123456789abcdef"}"#);
}

#[tokio::test]
async fn many_callers_and_replicas_ask_for_one_token() {
    let platform = Platform::start().await;
    let other = Platform::client(platform.api.settings().api_base.as_str(), &platform.cache, &platform.clock);
    let callers =
        (0..50).map(|n| if n % 2 == 0 { platform.api.access_token() } else { other.access_token() });
    for token in futures_util::future::join_all(callers).await {
        assert_eq!(token, Ok("TOKEN1".into()));
    }
    assert_eq!(platform.asked(TOKEN).len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_read_anew_once_and_the_call_repeated_once() {
    let platform = Platform::start().await;
    for code in [40001, 40014, 42001] {
        let refusal = format!(r#"{{"errcode":{code},"errmsg":"invalid credential rid: 5f-1"}}"#);
        platform.answers(SEND, &[&refusal, OK]);
        let before = platform.asked(TOKEN).len();
        platform.api.send_custom("o1", &CustomMessage::Text("好".into())).await.expect("sent");
        assert!(platform.asked(TOKEN).len() <= before + 2);
    }
    platform.answers(SEND, &[r#"{"errcode":40001,"errmsg":"invalid credential rid: 5f-1"}"#]);
    let (tokens, sends) = (platform.asked(TOKEN).len(), platform.asked(SEND).len());
    let error = platform.api.send_custom("o1", &CustomMessage::Text("好".into())).await.expect_err("refused");
    assert_eq!(error.code(), Some(40001));
    assert_eq!((platform.asked(TOKEN).len(), platform.asked(SEND).len()), (tokens + 1, sends + 2), "no loop");
}

#[tokio::test]
async fn a_wrong_secret_or_address_is_told_and_not_asked_again_at_once() {
    let platform = Platform::start().await;
    for (code, message) in [(40001, "invalid credential"), (40164, "invalid ip 5.6.7.8, not in whitelist")] {
        platform.answers(TOKEN, &[&format!(r#"{{"errcode":{code},"errmsg":"{message}"}}"#)]);
        let before = platform.asked(TOKEN).len();
        let error = platform.api.access_token().await.expect_err("refused");
        assert_eq!((error.code(), error.reaction()), (Some(code), Reaction::Stop));
        assert!(error.to_string().contains(message), "the operator must see the address: {error}");
        assert_eq!(platform.api.callback_addresses().await, Err(error));
        assert_eq!(platform.asked(TOKEN).len(), before + 1);
        platform.clock.advance(TimeDelta::seconds(31));
    }
    platform.answers(TOKEN, &[r#"{"access_token":"T","expires_in":7200}"#]);
    assert_eq!(platform.api.access_token().await, Ok("T".into()), "mended settings work after half a minute");
}

#[tokio::test]
async fn a_busy_platform_is_asked_again_only_when_that_does_no_harm() {
    let platform = Platform::start().await;
    let busy = r#"{"errcode":-1,"errmsg":"system error"}"#;
    let fast = r#"{"errcode":45011,"errmsg":"too fast"}"#;
    platform.answers(IPS, &[busy, fast, busy, r#"{"ip_list":[]}"#]);
    assert_eq!(platform.api.callback_addresses().await, Ok(vec![]));
    platform.answers(IPS, &[busy]);
    let error = platform.api.callback_addresses().await.expect_err("busy");
    assert_eq!(error.reaction(), Reaction::RetryLater);
    assert_eq!(platform.asked(IPS).len(), 4 + 4, "three tries after the first");
    platform.answers(SEND, &[busy, OK]);
    platform.api.send_custom("o1", &CustomMessage::Text("好".into())).await.expect_err("not repeated");
    assert_eq!(platform.asked(SEND).len(), 1);
}

#[tokio::test]
async fn a_used_up_quota_rests_until_midnight_in_china() {
    let platform = Platform::start().await;
    platform.answers(SEND, &[r#"{"errcode":45009,"errmsg":"reach max api daily quota limit"}"#, OK]);
    platform.answers("/cgi-bin/clear_quota", &[OK]);
    let message = CustomMessage::Text("好".into());
    let error = platform.api.send_custom("o1", &message).await.expect_err("used up");
    assert_eq!(error.reaction(), Reaction::StopUntilMidnight);
    platform.api.send_custom("o1", &message).await.expect_err("not asked");
    assert_eq!(platform.asked(SEND).len(), 1);
    // 06:13:20 in China.
    platform.clock.advance(TimeDelta::seconds(17 * 3600 + 46 * 60));
    platform.api.send_custom("o1", &message).await.expect_err("not asked before midnight");
    platform.clock.advance(TimeDelta::seconds(41));
    platform.api.send_custom("o1", &message).await.expect("a new day");
    platform.answers(SEND, &[r#"{"errcode":45009,"errmsg":""}"#, OK]);
    platform.api.send_custom("o1", &message).await.expect_err("used up");
    platform.api.clear_quotas().await.expect("cleared");
    platform.api.send_custom("o1", &message).await.expect("cleared by the operator");
}

#[tokio::test]
async fn errors_carry_meaning_and_rid_and_no_secret() {
    let platform = Platform::start().await;
    platform
        .answers(SEND, &[r#"{"errcode":45015,"errmsg":"response out of time limit hint: [a] rid: 65-1"}"#]);
    let error = platform.api.send_custom("o1", &CustomMessage::Text("好".into())).await.expect_err("closed");
    assert_eq!(error.reaction(), Reaction::WindowClosed);
    assert!(matches!(&error, ApiError::Refused { rid: Some(rid), .. } if rid == "65-1"), "{error:?}");
    assert!(error.to_string().contains("48 小时"));

    let gone = Platform::client("http://127.0.0.1:1", &platform.cache, &platform.clock);
    for error in [
        gone.callback_addresses().await.expect_err("unreachable"),
        gone.exchange_code("CODE").await.expect_err("unreachable"),
    ] {
        let text = format!("{error} {error:?}");
        assert!(matches!(error, ApiError::Unreachable { .. }), "{text}");
        assert!(!text.contains("TOKEN1") && !text.contains(SECRET) && !text.contains("CODE"), "{text}");
    }
}

#[tokio::test]
async fn answers_that_are_none_are_errors() {
    let platform = Platform::start().await;
    platform.answers(IPS, &["<html>"]);
    let error = platform.api.callback_addresses().await.expect_err("unreadable");
    assert!(matches!(error, ApiError::Unreadable { .. }), "{error:?}");
    let error = platform.api.api_addresses().await.expect_err("HTTP 404");
    assert!(matches!(&error, ApiError::Unreachable { cause, .. } if cause.contains("404")), "{error:?}");
}

#[tokio::test]
async fn the_page_ticket_is_kept_like_the_token() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/ticket/getticket";
    platform.answers(path, &[r#"{"errcode":0,"errmsg":"ok","ticket":"TICKET","expires_in":7200}"#]);
    for _ in 0..3 {
        assert_eq!(platform.api.jsapi_ticket().await, Ok("TICKET".into()));
    }
    let asked = platform.asked(path);
    assert_eq!(asked.len(), 1);
    assert!(asked[0].0.contains("type=jsapi"));
}

#[tokio::test]
async fn chinese_travels_as_it_is() {
    let platform = Platform::start().await;
    platform.answers("/cgi-bin/menu/create", &[OK]);
    let menu = Menu { buttons: vec![Button::click("会议", "k")] };
    platform.api.create_menu(&menu).await.expect("created");
    let body = &platform.asked("/cgi-bin/menu/create")[0].1;
    assert_eq!(body, r#"{"button":[{"name":"会议","type":"click","key":"k"}]}"#);
}

#[tokio::test]
async fn menus_are_pushed_only_when_they_differ() {
    let platform = Platform::start().await;
    let get = "/cgi-bin/menu/get";
    platform.answers(get, &[r#"{"errcode":46003,"errmsg":"menu no exist"}"#]);
    platform.answers("/cgi-bin/menu/create", &[OK]);
    let wanted = Menus { default: Menu { buttons: vec![Button::click("会议", "k")] }, conditional: vec![] };
    assert_eq!(platform.api.diff_menus(&wanted).await, Ok(vec!["+ 会议 [click] k".into()]));
    assert_eq!(platform.api.push_menus(&wanted).await.map(|lines| lines.len()), Ok(1));
    let now = r#"{"menu":{"button":[{"type":"click","name":"会议","key":"k","sub_button":[]}],"menuid":1}}"#;
    platform.answers(get, &[now]);
    assert_eq!(platform.api.push_menus(&wanted).await, Ok(vec![]));
    assert_eq!(platform.asked("/cgi-bin/menu/create").len(), 1);
}

#[tokio::test]
async fn conditional_menus_are_replaced_as_a_whole() {
    let platform = Platform::start().await;
    let now = r#"{"menu":{"button":[{"type":"click","name":"会议","key":"k"}]},"conditionalmenu":[
        {"button":[{"type":"click","name":"旧","key":"o"}],"matchrule":{"tag_id":"2"},"menuid":208396993}]}"#;
    platform.answers("/cgi-bin/menu/get", &[now]).answers("/cgi-bin/menu/delconditional", &[OK]);
    platform.answers("/cgi-bin/menu/addconditional", &[r#"{"menuid":"208379533"}"#]);
    let mut wanted: Menus = platform.api.menus().await.expect("read").into();
    assert_eq!(platform.api.push_menus(&wanted).await, Ok(vec![]));
    wanted.conditional[0].buttons[0].name = "新".into();
    wanted.conditional[0].menu_id = None;
    platform.api.push_menus(&wanted).await.expect("pushed");
    assert_eq!(platform.asked("/cgi-bin/menu/delconditional")[0].1, r#"{"menuid":"208396993"}"#);
    assert!(platform.asked("/cgi-bin/menu/addconditional")[0].1.contains("新"));
}

#[tokio::test]
async fn scene_codes_always_say_how_long_they_live() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/qrcode/create";
    platform.answers(path, &[r#"{"ticket":"g/T+=","expire_seconds":60,"url":"http://weixin.qq.com/q/x"}"#]);
    let scene = Scene::Temporary { scene: "m_1".into(), seconds: u32::MAX };
    let code = platform.api.create_qrcode(&scene).await.expect("made");
    assert_eq!(code.url, "http://weixin.qq.com/q/x");
    platform.api.create_qrcode(&Scene::PermanentNumber { scene: 7 }).await.expect("made");
    let asked = platform.asked(path);
    assert_eq!(
        asked[0].1,
        r#"{"expire_seconds":2592000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"m_1"}}}"#
    );
    assert_eq!(asked[1].1, r#"{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":7}}}"#);
    let picture = platform.api.qrcode_picture(&code.ticket);
    assert!(picture.as_str().ends_with("/cgi-bin/showqrcode?ticket=g%2FT%2B%3D"), "{picture}");
}

#[tokio::test]
async fn a_late_reply_goes_out_as_a_message() {
    let platform = Platform::start().await;
    platform
        .answers(SEND, &[OK])
        .answers("/cgi-bin/message/custom/typing", &[r#"{"errcode":45081,"errmsg":""}"#]);
    let message = CustomMessage::from_reply(&Reply::text("签到成功")).expect("a message");
    platform.api.send_custom("o1", &message).await.expect("sent");
    assert_eq!(
        platform.asked(SEND)[0].1,
        r#"{"msgtype":"text","text":{"content":"签到成功"},"touser":"o1"}"#
    );
    platform.api.set_typing("o1", true).await.expect("that it cannot be shown is no error");
    assert_eq!(CustomMessage::from_reply(&Reply::Success), None);
}

#[tokio::test]
async fn notices_are_safe_to_repeat() {
    let platform = Platform::start().await;
    let busy = r#"{"errcode":-1,"errmsg":"busy"}"#;
    platform.answers(
        "/cgi-bin/message/template/send",
        &[busy, r#"{"errcode":0,"errmsg":"ok","msgid":200228332}"#],
    );
    platform.answers("/cgi-bin/message/subscribe/bizsend", &[r#"{"errcode":43101,"errmsg":"user refuse"}"#]);
    let notice = Notice {
        openid: "o1".into(),
        template_id: "t1".into(),
        values: vec![("thing1".into(), "座谈会".into())],
        url: None,
        mini_program: None,
        client_msg_id: "c1".into(),
    };
    assert_eq!(platform.api.send_template(&notice).await, Ok("200228332".into()));
    let error = platform.api.send_subscription(&notice).await.expect_err("refused");
    assert_eq!(error.reaction(), Reaction::DropRight);
}

#[tokio::test]
async fn files_go_up_and_come_down() {
    let platform = Platform::start().await;
    platform
        .answers("/cgi-bin/media/upload", &[r#"{"type":"image","media_id":"M","created_at":1380000000}"#]);
    let bytes = bytes::Bytes::from_static(b"\x89PNG");
    let file =
        Upload {
            kind: MediaKind::Image, name: "照片.png", content_type: "image/png", bytes: bytes.clone()
        };
    assert_eq!(platform.api.upload_media(file).await.map(|media| media.media_id), Ok("M".into()));
    let (address, body) = &platform.asked("/cgi-bin/media/upload")[0];
    assert!(
        address.contains("type=image") && body.contains("name=\"media\"") && body.contains("PNG"),
        "{body}"
    );

    let download = |content_type, body: &'static [u8]| {
        let answer = VecDeque::from([(200, content_type, body.to_vec())]);
        platform.script.lock().expect("unpoisoned").answers.insert("/cgi-bin/media/get".into(), answer);
        platform.api.media("M")
    };
    let image = Download::File { content_type: "image/png".into(), bytes };
    assert_eq!(download("image/png", b"\x89PNG").await, Ok(image));
    let video = Download::Video { url: "http://v".into() };
    assert_eq!(download("text/plain", br#"{"video_url":"http://v"}"#).await, Ok(video));
    let error = download("application/json", br#"{"errcode":40007,"errmsg":"invalid media_id"}"#).await;
    assert_eq!(error.map_err(|error| error.reaction()), Err(Reaction::Reupload));
}

#[tokio::test]
async fn people_are_asked_for_a_hundred_at_a_time() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/user/info/batchget";
    platform.answers(path, &[r#"{"user_info_list":[{"subscribe":1,"openid":"o1","tagid_list":[2]},{"subscribe":0,"openid":"o2"}]}"#]);
    let openids: Vec<_> = (0..150).map(|n| format!("o{n}")).collect();
    let people = platform.api.followers(&openids).await.expect("answered");
    assert_eq!(platform.asked(path).len(), 2);
    assert!(people[0].subscribed && people[0].tags == [2] && !people[1].subscribed);

    platform.answers(
        "/cgi-bin/user/get",
        &[
            r#"{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}"#,
            r#"{"total":2,"count":0,"next_openid":""}"#,
        ],
    );
    let page = platform.api.follower_page(None).await.expect("answered");
    assert_eq!((page.total, page.next.as_deref()), (2, Some("o2")));
    assert_eq!(platform.api.follower_page(Some("o2")).await.map(|page| page.next), Ok(None));
}

#[tokio::test]
async fn tags_are_given_fifty_people_at_a_time() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/tags/members/batchtagging";
    platform.answers(path, &[OK]).answers("/cgi-bin/tags/create", &[r#"{"tag":{"id":134,"name":"值班"}}"#]);
    let tag = platform.api.create_tag("值班").await.expect("made");
    let openids: Vec<_> = (0..60).map(|n| format!("o{n}")).collect();
    platform.api.tag_people(tag.id, &openids).await.expect("tagged");
    assert_eq!(platform.asked(path).len(), 2);
}

#[tokio::test]
async fn a_code_is_spent_once_and_a_users_bad_token_starts_again() {
    let platform = Platform::start().await;
    let path = "/sns/oauth2/access_token";
    platform.answers(path, &[r#"{"errcode":40163,"errmsg":"code been used"}"#]);
    let error = platform.api.exchange_code("C").await.expect_err("used");
    assert_eq!(error.reaction(), Reaction::RestartOauth);
    assert_eq!(platform.asked(path).len(), 1);
    let busy = r#"{"errcode":-1,"errmsg":""}"#;
    platform.answers(path, &[busy, busy]);
    platform.api.exchange_code("C").await.expect_err("not repeated");
    assert_eq!(platform.asked(path).len(), 2);
    assert!(platform.asked(TOKEN).is_empty(), "the account's token is not needed");

    let answer =
        r#"{"access_token":"U","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base"}"#;
    platform.answers(path, &[answer]);
    let token = platform.api.exchange_code("C").await.expect("a token");
    assert_eq!((token.openid.as_str(), token.is_snapshot()), ("o1", false));
    platform.answers("/sns/userinfo", &[r#"{"errcode":42001,"errmsg":"expired"}"#]);
    let error = platform.api.user_profile(&token).await.expect_err("expired");
    assert_eq!(error.reaction(), Reaction::RestartOauth);
}
