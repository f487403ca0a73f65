//! Pushes as the platform sends them, and as it never would.

use super::*;
use crate::wechat::event::Event;
use crate::wechat::message::Kind;

const TOKEN: &str = "govtoken";
const KEY: &str = "Q2l0eUdvdldlQ2hhdEJhY2tlbmRUZXN0S2V5MDAwMD9";
const OTHER_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP_ID: &str = "wx1234567890abcdef";
const SCAN: &str = "<xml><ToUserName><![CDATA[gh_city]]></ToUserName><FromUserName><![CDATA[oUser_1]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[mtg_42]]></EventKey><Ticket><![CDATA[TICKET]]></Ticket></xml>";
const SCAN_ENCRYPTED: &str = "hy2JngP04sZmOqA4lSJ/Lb66++89Mlbd5AhQcJUGbxvPNn3yuWbVTVm4YEaxeEKtT0vWo2wPyoROwJ2bgjkOwGNqoY6rZf2Dt7MRN8W43t3B1zWatIDjjCzPZ1kY7AVBYHfEz18vdenKIELbJAJ/p721SYe1FDCpz6Lr+P1VhHReVnB6RfiTmw9byeVwgq5Qh9dp3cUCOM2bJKvYGklTDoM3xp/kPCN9vG25P7Zy/ulCIhwlkT8X/8fsVn77irxkcYIjku3qpWWQQ8nSVn0HQsm/ABdL1+GNpFtKY+KCNO13LwsxIyGU3GzvFe3SgWsNS9ZNeD2cBSrOV4vBZtrYPZE6oTssi76cdVoaiSFa5enQTel/+Lnwj9kiC+qoHukYDHiIZUFCeQ8lHjzDDA2qixWKzhG4e5rhpce4wHcq3DM=";
const QUERY: &str = "signature=76cbe83ad5608dd6fececef4d7fcf5ba4b5c089a&timestamp=1700000001&nonce=n0nce&openid=oUser_1&encrypt_type=aes&msg_signature=2dfb8da9a395eaa1d79fd2a91992e3e50fb39b0d";

fn account(mode: Mode) -> Account {
    Account::new(APP_ID, &[TOKEN], &[KEY], mode, 300).expect("an account")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn now() -> DateTime<Utc> {
    at(1_700_000_003)
}

fn safe_body() -> String {
    body_with(SCAN_ENCRYPTED)
}

fn body_with(encrypt: &str) -> String {
    format!("<xml><ToUserName><![CDATA[gh_city]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
}

/// A push of that message, encrypted and signed as the platform would.
fn push(message: &str, key: &str, app_id: &str, token: &str) -> (String, String) {
    let encrypt = EncodingAesKey::parse(key).expect("a key").encrypt([9; 16], message.as_bytes(), app_id);
    let signature = sign([token, "1700000001", "n", &encrypt]);
    (format!("timestamp=1700000001&nonce=n&msg_signature={signature}"), body_with(&encrypt))
}

fn refused(account: &Account, query: &str, body: &str) -> CallbackError {
    account.open(&Query::parse(query), body.as_bytes(), now()).expect_err("refused")
}

#[test]
fn the_official_address_check_is_echoed() {
    let account = Account::new("wx1", &["AAAAA"], &[], Mode::Plain, 300).expect("an account");
    let query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492";
    assert_eq!(account.verify_url(&Query::parse(query)), Ok("4375120948345356249"));
}

#[test]
fn an_address_check_that_is_not_signed_is_not_echoed() {
    let account = account(Mode::Safe);
    let verify = |query: &str| account.verify_url(&Query::parse(query)).map(str::to_owned);
    let signed = "signature=76cbe83ad5608dd6fececef4d7fcf5ba4b5c089a&timestamp=1700000001&nonce=n0nce";
    assert_eq!(verify(&format!("{signed}&echostr=a%2Fb%3D+")), Ok("a/b=+".into()));
    assert_eq!(verify(signed), Err(CallbackError::Missing("echostr")));
    assert_eq!(
        verify(&signed.replace("76cb", "76cc").replace("&timestamp", "&echostr=e&timestamp")),
        Err(CallbackError::Signature)
    );
    assert_eq!(verify("echostr=e"), Err(CallbackError::Missing("signature")));
    assert_eq!(verify("echostr=e&signature=a&timestamp=1"), Err(CallbackError::Missing("nonce")));
    assert_eq!(verify("echostr=e&signature=a&nonce=1"), Err(CallbackError::Missing("timestamp")));
    assert_eq!(verify(&format!("{signed}&echostr=")), Err(CallbackError::Missing("echostr")));
}

#[test]
fn query_values_are_used_as_received() {
    let query = Query::parse("timestamp=0017&nonce=a+b%2b%zz%&echostr=%e7%ad%be&nonce=second&x&signature=");
    assert_eq!(query.timestamp.as_deref(), Some("0017"));
    assert_eq!(query.nonce.as_deref(), Some("a+b+%zz%"));
    assert_eq!(query.echostr.as_deref(), Some("签"));
    assert_eq!(query.signature.as_deref(), Some(""));
}

#[test]
fn a_safe_push_opens_to_its_event() {
    let account = account(Mode::Safe);
    let opened = account.open(&Query::parse(QUERY), safe_body().as_bytes(), now()).expect("opens");
    assert_eq!((opened.inbound.from.as_str(), opened.inbound.to.as_str()), ("oUser_1", "gh_city"));
    let event = Event::Scan { scene: "mtg_42".into(), ticket: Some("TICKET".into()) };
    assert_eq!(opened.inbound.kind, Kind::Event(event));
}

#[test]
fn a_sealed_reply_opens_with_the_same_key_and_token() {
    let account = account(Mode::Safe);
    let opened = account.open(&Query::parse(QUERY), safe_body().as_bytes(), now()).expect("opens");
    let answer = opened.seal(&Reply::text("签到成功"), now(), [7; 16]);
    assert_eq!(answer.content_type, "text/xml; charset=utf-8");
    let envelope = Document::parse(&answer.body).expect("parses");
    let node = |name| envelope.require(name).expect("a node");
    assert_eq!((node("TimeStamp"), node("Nonce")), ("1700000003", "n0nce"));
    let signature = sign([TOKEN, "1700000003", "n0nce", node("Encrypt")]);
    assert!(signature.matches(node("MsgSignature")));
    let key = EncodingAesKey::parse(KEY).expect("a key");
    let xml = key.decrypt(node("Encrypt"), APP_ID).expect("opens");
    let reply = Document::parse(&xml).expect("parses");
    assert_eq!((reply.get("ToUserName"), reply.get("FromUserName")), (Some("oUser_1"), Some("gh_city")));
    assert_eq!(reply.get("Content"), Some("签到成功"));
}

#[test]
fn success_is_never_encrypted() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Safe] {
        let account = account(mode);
        let body = if mode == Mode::Plain { SCAN.to_owned() } else { safe_body() };
        let opened = account.open(&Query::parse(QUERY), body.as_bytes(), now()).expect("opens");
        assert_eq!(opened.seal(&Reply::Success, now(), [0; 16]), Answer::SUCCESS);
    }
}

#[test]
fn a_plain_push_is_answered_plainly() {
    let account = account(Mode::Plain);
    let opened = account.open(&Query::parse(QUERY), SCAN.as_bytes(), now()).expect("opens");
    let answer = opened.seal(&Reply::text("你好"), now(), [0; 16]);
    assert_eq!(Document::parse(&answer.body).expect("parses").get("Content"), Some("你好"));
}

#[test]
fn a_compatible_push_is_read_from_its_encrypted_copy_only() {
    let lies = SCAN.replace("oUser_1", "oVictim").replace("mtg_42", "forged");
    let body = lies.replace("</xml>", &format!("<Encrypt>{SCAN_ENCRYPTED}</Encrypt></xml>"));
    let account = account(Mode::Compatible);
    let opened = account.open(&Query::parse(QUERY), body.as_bytes(), now()).expect("opens");
    assert_eq!(opened.inbound.from, "oUser_1");
}

#[test]
fn a_plain_push_to_an_encrypting_server_is_refused() {
    let plain = "signature=76cbe83ad5608dd6fececef4d7fcf5ba4b5c089a&timestamp=1700000001&nonce=n0nce";
    for mode in [Mode::Compatible, Mode::Safe] {
        let account = account(mode);
        for query in
            [plain, &format!("{plain}&encrypt_type=raw"), &format!("{plain}&encrypt_type=aes"), QUERY]
        {
            assert_eq!(refused(&account, query, SCAN), CallbackError::Downgrade, "{mode:?} {query}");
        }
        assert_eq!(refused(&account, plain, &safe_body()), CallbackError::Downgrade);
    }
}

#[test]
fn an_encrypted_push_to_a_plain_server_says_so() {
    assert_eq!(refused(&account(Mode::Plain), QUERY, &safe_body()), CallbackError::EncryptedOnly);
}

#[test]
fn a_wrong_signature_is_refused_in_every_mode() {
    let forged =
        QUERY.replace("signature=2dfb", "signature=2dfc").replace("signature=76cb", "signature=76cc");
    assert_eq!(refused(&account(Mode::Plain), &forged, SCAN), CallbackError::Signature);
    assert_eq!(refused(&account(Mode::Safe), &forged, &safe_body()), CallbackError::Signature);
    let swapped = QUERY.replace("n0nce", "other");
    assert_eq!(refused(&account(Mode::Safe), &swapped, &safe_body()), CallbackError::Signature);
    let tampered = safe_body().replace("hy2J", "iy2J");
    assert_eq!(refused(&account(Mode::Safe), QUERY, &tampered), CallbackError::Signature);
}

#[test]
fn pushes_outside_the_window_are_refused_with_the_skew() {
    let account = account(Mode::Safe);
    let body = safe_body();
    let open = |seconds| account.open(&Query::parse(QUERY), body.as_bytes(), at(seconds)).map(|_| ());
    assert_eq!(open(1_700_000_301), Ok(()));
    assert_eq!(open(1_700_000_302), Err(CallbackError::Stale { skew_seconds: 301 }));
    assert_eq!(open(1_699_999_701), Ok(()));
    assert_eq!(open(1_699_999_700), Err(CallbackError::Stale { skew_seconds: -301 }));
}

#[test]
fn a_forged_push_is_a_wrong_signature_and_not_a_clock_problem() {
    let forged = QUERY.replace("2dfb", "2dfc").replace("1700000001", "1");
    assert_eq!(refused(&account(Mode::Safe), &forged, &safe_body()), CallbackError::Signature);
}

#[test]
fn the_window_can_be_switched_off() {
    let account = Account::new(APP_ID, &[TOKEN], &[KEY], Mode::Safe, 0).expect("an account");
    assert!(account.open(&Query::parse(QUERY), safe_body().as_bytes(), at(0)).is_ok());
}

#[test]
fn old_tokens_and_keys_work_while_a_change_spreads() {
    let account =
        Account::new(APP_ID, &["newtoken", TOKEN], &[OTHER_KEY, KEY], Mode::Safe, 300).expect("an account");
    let opened = account.open(&Query::parse(QUERY), safe_body().as_bytes(), now()).expect("opens");
    let answer = opened.seal(&Reply::text("好"), now(), [1; 16]);
    let envelope = Document::parse(&answer.body).expect("parses");
    let encrypt = envelope.require("Encrypt").expect("a node");
    assert!(
        EncodingAesKey::parse(KEY).expect("a key").decrypt(encrypt, APP_ID).is_ok(),
        "answered with the old key"
    );
    let signature = sign([TOKEN, "1700000003", "n0nce", encrypt]);
    assert!(signature.matches(envelope.require("MsgSignature").expect("a node")), "and the old token");
}

#[test]
fn a_signed_push_of_another_key_or_account_is_refused() {
    let account = account(Mode::Safe);
    let (query, body) = push(SCAN, OTHER_KEY, APP_ID, TOKEN);
    assert_eq!(refused(&account, &query, &body), CallbackError::BadCrypt);
    let (query, body) = push(SCAN, KEY, "wxanother", TOKEN);
    assert_eq!(refused(&account, &query, &body), CallbackError::WrongAppId);
}

#[test]
fn a_signed_push_with_bad_content_is_refused() {
    let account = account(Mode::Safe);
    for (message, error) in [
        ("{\"json\":1}", CallbackError::BadXml(XmlError::Root)),
        ("<!DOCTYPE a><xml/>", CallbackError::BadXml(XmlError::Doctype)),
        ("<xml/>", CallbackError::BadXml(XmlError::Missing("CreateTime"))),
    ] {
        let (query, body) = push(message, KEY, APP_ID, TOKEN);
        assert_eq!(refused(&account, &query, &body), error);
    }
    let bad_base64 = "not base64";
    let signature = sign([TOKEN, "1700000001", "n", bad_base64]);
    let query = format!("timestamp=1700000001&nonce=n&msg_signature={signature}");
    assert_eq!(refused(&account, &query, &body_with(bad_base64)), CallbackError::BadCrypt);
}

#[test]
fn bodies_that_are_no_push_are_refused() {
    let account = account(Mode::Safe);
    let large = format!("<xml>{}</xml>", " ".repeat(64 * 1024));
    assert_eq!(refused(&account, QUERY, &large), CallbackError::TooLarge);
    assert_eq!(refused(&account, QUERY, ""), CallbackError::BadXml(XmlError::Root));
    assert_eq!(refused(&account, "", ""), CallbackError::Downgrade);
    assert_eq!(refused(&account, "msg_signature=a&nonce=1", ""), CallbackError::Missing("timestamp"));
}

#[test]
fn refusals_have_their_status() {
    assert_eq!(CallbackError::TooLarge.status(), 413);
    assert_eq!(CallbackError::Missing("nonce").status(), 400);
    assert_eq!(CallbackError::BadXml(XmlError::Root).status(), 400);
    for error in [CallbackError::Signature, CallbackError::Downgrade, CallbackError::WrongAppId] {
        assert_eq!(error.status(), 403);
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let new = |app_id, tokens: &[&str], keys: &[&str], mode| {
        Account::new(app_id, tokens, keys, mode, 300).map(|_| ())
    };
    assert_eq!(new("", &[TOKEN], &[KEY], Mode::Safe), Err(AccountError::AppId));
    for token in ["", "ab", "with space", &"a".repeat(33)] {
        assert_eq!(new(APP_ID, &[token], &[KEY], Mode::Safe), Err(AccountError::Token), "{token}");
    }
    assert_eq!(new(APP_ID, &[], &[KEY], Mode::Safe), Err(AccountError::Token));
    assert_eq!(new(APP_ID, &[TOKEN], &[], Mode::Safe), Err(AccountError::KeyNeeded));
    assert_eq!(new(APP_ID, &[TOKEN], &["short"], Mode::Safe), Err(AccountError::Key(KeyError)));
    assert_eq!(new(APP_ID, &[TOKEN], &[], Mode::Plain), Ok(()));
}

mod any_input {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The body of a request is the internet's.
        #[test]
        fn never_breaks_the_parser(body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..600),
            "(<xml>|</xml>|<A>|</A>|<!\\[CDATA\\[|\\]\\]>|&lt;|&#[0-9]{1,8};|<!DOCTYPE a>|<\\?x|<!--|-->|签|<Event/>|[a-z<>&;]){0,40}"
                .prop_map(String::into_bytes),
        ]) {
            if let Ok(document) = Document::from_bytes(&body) {
                prop_assert!(document.root().name() == "xml");
            }
        }

        #[test]
        fn never_breaks_the_query(raw in "\\PC{0,200}") {
            let query = Query::parse(&raw);
            prop_assert!(account(Mode::Safe).verify_url(&query).is_err());
        }

        /// Whatever a reply says, the user reads exactly that, in every mode.
        #[test]
        fn comes_back_from_a_sealed_reply(text in "(\\]|>|<|&|\\PC|\n){1,200}") {
            let account = account(Mode::Safe);
            let opened = account.open(&Query::parse(QUERY), safe_body().as_bytes(), now()).expect("opens");
            let answer = opened.seal(&Reply::text(&text), now(), [3; 16]);
            if text.trim().is_empty() {
                prop_assert_eq!(answer, Answer::SUCCESS);
                return Ok(());
            }
            let envelope = Document::parse(&answer.body).expect("parses");
            let key = EncodingAesKey::parse(KEY).expect("a key");
            let xml = key.decrypt(envelope.require("Encrypt").expect("a node"), APP_ID).expect("opens");
            let reply = Document::parse(&xml).expect("parses");
            prop_assert_eq!(reply.get("Content"), Some(text.trim()));
        }

        #[test]
        fn never_breaks_the_decryption(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let encrypt = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
            prop_assert!(EncodingAesKey::parse(KEY).expect("a key").decrypt(&encrypt, APP_ID).is_err());
        }
    }
}
