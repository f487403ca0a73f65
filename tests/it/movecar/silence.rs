//! A whole day of car-moving, and everything that it left anywhere: no telephone number, no whole plate where it must
//! be masked; and nothing by which a known plate differs from an unknown one.

use std::io::{Cursor, Read};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::json;
use yishiting::people::follower;
use yishiting::people::person::{self, Described};
use yishiting::people::phone::Phone;
use yishiting::people::staff::Role;

use crate::desk::office::sign_in;
use crate::support::leak::{numbers, says};
use crate::support::log::Log;
use crate::support::street::{Street, picture};
use crate::support::{Answer, Citizen, Client};

const BY_LINK: (&str, &str) = ("浙C70315", "13957790315");
const BY_KEY: (&str, &str) = ("浙C70426", "13957790426");
const WRONG: (&str, &str) = ("浙C70537", "13957790537");
const SILENT: (&str, &str) = ("浙C70648", "13957790648");
const UNKNOWN: &str = "浙C70759";
const ELSEWHERE: &str = "粤B70862";
const POLICE: &str = "浙C7097警";
const ASKER: &str = "13957790971";
const PLATES: [&str; 7] = [BY_LINK.0, BY_KEY.0, WRONG.0, SILENT.0, UNKNOWN, ELSEWHERE, POLICE];
const PHONES: [&str; 5] = [BY_LINK.1, BY_KEY.1, WRONG.1, SILENT.1, ASKER];

/// A plate as pages write it.
fn spaced(plate: &str) -> String {
    let (head, rest) = plate.split_at(plate.char_indices().nth(2).unwrap().0);
    format!("{head}·{rest}")
}

fn says_plate(text: &str, plate: &str) -> bool {
    let tail: String = plate.chars().skip(1).collect();
    says(text, plate) || says(text, &tail) || says(text, &spaced(plate)) || text.contains(&spaced(plate)[3..])
}

/// A person of the city, so that there is a number of theirs to give away.
async fn with_a_number(street: &Street, who: &Citizen) {
    let base = &street.app.base;
    let id = follower::ensure(base, &who.openid).await.unwrap();
    let described = Described {
        name: who.name.clone(),
        unit: "市总工会".to_string(),
        phone: Phone::parse(ASKER).unwrap(),
    };
    let tx = base.db.write().await.unwrap();
    person::bind(base, &tx, id, &described).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything that the desk and its programs can look at, now.
async fn desk_looks(street: &Street, desk: &Client, program: &Client) {
    for path in ["/desk/car", "/desk/car/snapshot", "/desk/car/statistics", "/desk/audit", "/desk/meetings"] {
        let page = street.kept(path, desk.get(path).await, &[]);
        assert_eq!(page.status, StatusCode::OK, "{path}");
    }
    for path in ["/api/v1/car/cases?state=all&limit=300", "/api/v1/car/statistics", "/api/openapi.json"] {
        let answer = street.kept(path, program.get(path).await, &[]);
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    let book = desk.bytes("/desk/car/statistics.xlsx?month=2026-09").await;
    let mut book = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    for n in 0..book.len() {
        let mut sheet = String::new();
        book.by_index(n).unwrap().read_to_string(&mut sheet).unwrap();
        street.keep("the workbook", &sheet, &[]);
    }
}

/// Presses a button of a form at the desk.
async fn desk_acts(street: &Street, desk: &Client, path: &str, fields: &[(&str, &str)], whole: &[&str]) {
    let csrf = desk.get("/desk/car").await.hidden("csrf");
    let all = [&[("csrf", csrf.as_str())], fields].concat();
    let done = street.kept(path, desk.post(path, &all).await, whole);
    assert!(done.status.is_success() || done.status.is_redirection(), "{path}: {}", done.text);
}

async fn act(street: &Street, who: &Citizen, path: &str, act: &str, whole: &[&str]) {
    let csrf = street.sees(who, path, whole).await.hidden("csrf");
    let done = who.phone.post(&format!("{path}/act"), &[("csrf", &csrf), ("act", act)]).await;
    let done = street.kept(act, done, whole);
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{act}: {}", done.text);
    street.sees(who, path, whole).await;
}

#[tokio::test]
async fn a_whole_day_leaves_no_number_and_no_whole_plate_anywhere() {
    let log = Log::of_process();
    let owners =
        [BY_LINK, BY_KEY, WRONG, SILENT].map(|(plate, phone)| (plate.to_string(), phone.to_string()));
    let street = Street::open(&owners).await;
    let desk = sign_in(&street.app, Role::Admin).await;
    let program = street.app.organiser().await;
    let mut stream = desk.listen("/desk/car/stream").await;
    street.keep("the stream", &stream.next("car").await.to_string(), &[]);

    // A driver by page, whose owner answers by the link; another one is blocked by the same car.
    let first = street.driver("江一帆").await;
    with_a_number(&street, &first).await;
    let path = street.asks(&first, BY_LINK.0, 1).await;
    let second = street.driver("林建华").await;
    let joined = street.asks(&second, BY_LINK.0, 2).await;
    street.run().await;
    let sms = street.said(BY_LINK.1, "sms").await;
    assert!(sms.contains("浙C7**15"), "{sms}");
    let voice = street.said(BY_LINK.1, "call").await;
    assert!(voice.contains("15") && !voice.contains("7**15") && !voice.contains('浙'), "{voice}");
    let link = format!("/car/o/{}", sms.split("/car/o/").nth(1).unwrap().split_whitespace().next().unwrap());
    let owner = street.app.browser();
    let page = street.kept("the owner's page", owner.get(&link).await, &[]);
    let case = page.hidden("case");
    let answer = [("csrf", page.hidden("csrf")), ("case", case.clone()), ("reply", "five".to_string())];
    let answer = answer.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = street.kept("the owner's answer", owner.post(&link, &answer).await, &[]);
    assert!(done.text.contains("已收到，谢谢"), "{}", done.text);
    street.kept("the owner's page again", owner.get(&link).await, &[]);
    let page = street.sees(&first, &path, &[BY_LINK.0]).await;
    assert!(page.text.contains("车主：5 分钟到"), "{}", page.text);
    street.sees(&second, &joined, &[BY_LINK.0]).await;
    street.keep("the stream", &stream.next("car").await.to_string(), &[]);
    act(&street, &first, &path, "moved", &[BY_LINK.0]).await;
    act(&street, &first, &path, "rate5", &[BY_LINK.0]).await;
    street.kept("somebody else's request", second.opens(&path).await, &[]);

    // A driver in the chat; the owner takes the call and presses a key.
    let third = street.driver("陈晓燕").await;
    for said in ["移车", BY_KEY.0] {
        street.keep("a reply", &third.says(said).await, &[BY_KEY.0]);
    }
    let photo = json!({"base64": STANDARD.encode(picture())});
    street.keep("a reply", &street.sends(&third, "image", photo).await, &[BY_KEY.0]);
    let place = json!({"latitude": 27.7783, "longitude": 120.6551, "label": "体育馆西门"});
    street.keep("a reply", &street.sends(&third, "location", place).await, &[BY_KEY.0]);
    assert!(third.says("确认").await.contains("已提交，正在联系"));
    street.run().await;
    street.said(BY_KEY.1, "call").await;
    street.holds(BY_KEY.1, "answer", json!({})).await;
    street.holds(BY_KEY.1, "press", json!({"key": "1"})).await;
    street.holds(BY_KEY.1, "hangup", json!({"seconds": 15})).await;
    street.run().await;
    street.keep("a reply", &third.says("移车进度").await, &[BY_KEY.0]);
    assert!(street.sees(&third, "/car/mine", &[BY_KEY.0]).await.text.contains("车主：马上到"));

    // 不是我的车, by short message.
    let fourth = street.driver("王海").await;
    let wrong = street.asks(&fourth, WRONG.0, 4).await;
    street.run().await;
    street.holds(WRONG.1, "reply", json!({"content": "9 打错了"})).await;
    street.run().await;
    street.sees(&fourth, &wrong, &[WRONG.0]).await;

    // An owner who says nothing, a plate that nobody knows, one of another province, one of the police.
    let fifth = street.driver("李思远").await;
    let silent = street.asks(&fifth, SILENT.0, 5).await;
    let sixth = street.driver("徐志强").await;
    let unknown = street.asks(&sixth, UNKNOWN, 6).await;
    let seventh = street.driver("周敏").await;
    let elsewhere = street.asks(&seventh, ELSEWHERE, 7).await;
    let eighth = street.driver("吴刚").await;
    let police = street.asks(&eighth, POLICE, 8).await;
    street.run().await;
    desk_looks(&street, &desk, &program).await;
    street.later(TimeDelta::minutes(10)).await;
    act(&street, &fifth, &silent, "remind", &[SILENT.0]).await;
    street.run().await;
    street.later(TimeDelta::minutes(10)).await;
    street.telephone(SILENT.1).await;
    let page = street.sees(&fifth, &silent, &[SILENT.0]).await;
    assert!(page.text.contains("值班人员处理中"), "{}", page.text);
    for (who, path, plate) in
        [(&sixth, &unknown, UNKNOWN), (&seventh, &elsewhere, ELSEWHERE), (&eighth, &police, POLICE)]
    {
        street.sees(who, path, &[plate]).await;
    }

    // The desk deals with it; only who asks for the whole plate sees it.
    let cases = program.get("/api/v1/car/cases").await.json();
    let of = |path: &str| {
        let number = path.trim_start_matches("/car/");
        let all = cases["items"].as_array().unwrap();
        let case = all.iter().find(|case| case["numbers"].to_string().contains(number)).unwrap();
        case["id"].as_str().unwrap().to_string()
    };
    let (silent_case, unknown_case) = (format!("/desk/car/{}", of(&silent)), of(&unknown));
    desk_acts(&street, &desk, &silent_case, &[("act", "take")], &[]).await;
    desk_acts(&street, &desk, &format!("{silent_case}/plate"), &[], &[SILENT.0]).await;
    assert!(!desk.bytes(&format!("{silent_case}/photo")).await.windows(4).any(|four| four == b"Exif"));
    desk_acts(&street, &desk, &silent_case, &[("act", "close"), ("result", "towed")], &[]).await;
    for (verb, body) in [("take", json!({})), ("close", json!({"result": "gone"}))] {
        let path = format!("/api/v1/car/cases/{unknown_case}/{verb}");
        let done = street.kept(&path, program.post_json(&path, &body).await, &[]);
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }
    let queue = desk.get("/desk/car").await;
    let again = [("csrf", queue.hidden("csrf")), ("act", "take".to_string())];
    let again = again.each_ref().map(|(name, value)| (*name, value.as_str()));
    let late = street.kept("a refusal", desk.post(&silent_case, &again).await, &[]);
    assert_eq!(late.status, StatusCode::CONFLICT);
    let queue = queue.text;
    let ticket = queue.split("/desk/car/tickets/").nth(1).unwrap().split('"').next().unwrap();
    desk_acts(&street, &desk, &format!("/desk/car/tickets/{ticket}"), &[("answer", "yes")], &[]).await;
    street.keep("the stream", &stream.next("car").await.to_string(), &[]);

    // The evening: everybody looks once more, the hour ends, and the desk counts.
    street.later(TimeDelta::minutes(70)).await;
    desk_looks(&street, &desk, &program).await;
    for (who, plates) in
        [(&first, [BY_LINK.0]), (&third, [BY_KEY.0]), (&fifth, [SILENT.0]), (&sixth, [UNKNOWN])]
    {
        street.sees(who, "/car/mine", &plates).await;
        street.chat(who, &plates).await;
    }
    for (_, phone) in [BY_LINK, BY_KEY, WRONG, SILENT] {
        assert!(!street.telephone(phone).await.is_empty());
    }
    let browser = street.app.browser();
    for path in ["/healthz", "/readyz", "/metrics", "/car/o/guessed", "/help/car", "/api/v1/car/cases"] {
        street.kept(path, browser.get(path).await, &[]);
    }

    let shown = street.shown.lock().unwrap();
    assert!(shown.len() > 90, "{}", shown.len());
    let logged = log.text();
    assert!(logged.lines().count() > 1000, "the log was listened to");
    let all = shown.iter().map(|one| (one.what.as_str(), one.text.as_str(), one.whole.as_slice()));
    for (what, text, whole) in all.chain([("the log", logged.as_str(), [].as_slice())]) {
        for phone in PHONES {
            assert!(!says(text, phone), "{what} tells the number {phone}:\n{}", around(text, phone));
        }
        if what != "the log" {
            assert_eq!(numbers(text), Vec::<String>::new(), "{what} tells a number:\n{text}");
        }
        for plate in PLATES.into_iter().filter(|plate| !whole.iter().any(|may| may == plate)) {
            assert!(!says_plate(text, plate), "{what} tells the plate {plate}:\n{}", around(text, plate));
        }
    }
}

/// What stands before and after `word` in a long text.
fn around(text: &str, word: &str) -> String {
    let lines = text.lines().filter(|line| line.contains(word) || line.contains(&spaced(word)));
    lines.take(5).collect::<Vec<_>>().join("\n")
}

/// Pairs of drivers, one before a known car and one before an unknown one.
const PAIRS: usize = 24;

/// A page without what differs between any two requests: number, plate, secrets of the session.
fn told(answer: &Answer, path: &str, plate: &str) -> String {
    let number = path.trim_start_matches("/car/");
    let mut text = format!("{} {}", answer.status, answer.text);
    for (word, name) in [(number, "N"), (plate, "P"), (&spaced(plate), "P")] {
        text = text.replace(word, name);
    }
    // To the minute, when each was given up.
    for mark in
        ["<time>", "name=\"csrf\" value=\"", "nonce=\"", "/status?v=", "\"nonce-", "request-id\" content=\""]
    {
        let mut parts = text.split(mark).map(str::to_string);
        let head = parts.next().unwrap();
        text = parts.fold(head, |all, part| {
            let rest = part.find(['"', '<']).map_or("", |end| &part[end..]);
            format!("{all}{mark}{rest}")
        });
    }
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["set-cookie", "x-request-id", "date", "location"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap().split("nonce-").next().unwrap()))
        .collect();
    headers.sort();
    format!("{}\n{text}", headers.join("\n"))
}

/// Milliseconds of one thing done `PAIRS` times before known and before unknown cars, in turn.
#[derive(Default)]
struct Times {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

impl Times {
    fn add(&mut self, known: bool, since: Instant) {
        let millis = since.elapsed().as_secs_f64() * 1000.0;
        if known { self.known.push(millis) } else { self.unknown.push(millis) }
    }

    /// The medians differ by no more than a quarter, or than three times what the two halves of one group differ by:
    /// both groups were measured in turn, so whatever else the machine does is in both.
    fn alike(&self) -> bool {
        let halves = |times: &[f64]| {
            let half = |rest: usize| times.iter().skip(rest).step_by(2).copied().collect::<Vec<f64>>();
            (median(&half(0)) - median(&half(1))).abs()
        };
        let (known, unknown) = (median(&self.known), median(&self.unknown));
        let noise = halves(&self.known).max(halves(&self.unknown));
        (known - unknown).abs() <= (known.max(unknown) / 4.0).max(noise * 3.0)
    }
}

#[test]
fn a_look_up_that_people_wait_for_would_be_seen() {
    let wave = |n: usize| 1.0 + 0.3 * ((n * 7 % 11) as f64 / 11.0);
    let times = |more: f64| Times {
        known: (0..PAIRS).map(|n| 20.0 * wave(n) + more).collect(),
        unknown: (0..PAIRS).map(|n| 20.0 * wave(n + 3)).collect(),
    };
    assert!(times(0.0).alike() && times(1.0).alike());
    assert!(!times(12.0).alike() && !times(40.0).alike());
}

#[tokio::test]
async fn a_known_plate_and_an_unknown_one_differ_in_nothing() {
    let plate = |known: bool, n: usize| format!("浙C{}{n:03}", if known { 71 } else { 72 });
    let owners: Vec<_> = (0..PAIRS).map(|n| (plate(true, n), format!("13957791{n:03}"))).collect();
    let street = Street::open(&owners).await;
    street.carriers(json!({"hold_receipts": true, "undelivered": true, "no_answer": true})).await;
    let mut pairs = Vec::new();
    let (mut asking, mut watching, mut polling) = (Times::default(), Times::default(), Times::default());
    for n in 0..PAIRS {
        // Whoever comes first is not always the same.
        for known in [n % 2 == 0, n % 2 == 1] {
            let (who, plate) = (street.driver("求助人").await, plate(known, n));
            let csrf = who.opens("/car").await.hidden("csrf");
            let since = Instant::now();
            let sent = street.posts(&who, &csrf, &plate, n * 2 + usize::from(known)).await;
            asking.add(known, since);
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
            pairs.push((known, n, who, sent.location().unwrap(), plate));
        }
    }
    pairs.sort_by_key(|(known, n, ..)| (*n, *known));
    let look = async |watching: &mut Times, polling: &mut Times| {
        for pair in pairs.chunks(2) {
            let (mut texts, mut sizes) = (Vec::new(), Vec::new());
            for (known, _, who, path, plate) in pair {
                let since = Instant::now();
                let page = who.opens(path).await;
                watching.add(*known, since);
                let since = Instant::now();
                let status = who.phone.get(&format!("{path}/status?v=0")).await;
                polling.add(*known, since);
                let list = who.opens("/car/mine").await;
                sizes.push([page.text.len(), status.text.len(), list.text.len()]);
                texts.push([page, status, list].map(|answer| told(&answer, path, plate)));
            }
            assert_eq!(texts[0], texts[1]);
            assert_eq!(sizes[0], sizes[1]);
        }
    };
    look(&mut watching, &mut polling).await;
    // Every owner in the register is asked; nobody sees that.
    street.app.run_jobs().await;
    assert_eq!(street.telephone(&owners[0].1).await.len(), 2);
    look(&mut watching, &mut polling).await;
    // Nobody was reached: neither owners whose telephones are off, nor owners whom nobody knows.
    street.run().await;
    for _ in 0..3 {
        street.later(TimeDelta::minutes(1)).await;
    }
    look(&mut watching, &mut polling).await;
    let shown = pairs[0].2.opens(&pairs[0].3).await;
    assert!(shown.text.contains("没有联系上车主"), "{}", shown.text);
    for (what, times) in [("asking", asking), ("watching", watching), ("polling", polling)] {
        let (known, unknown) = (median(&times.known), median(&times.unknown));
        assert!(
            times.alike(),
            "{what} takes {known:.1} ms before a known car, {unknown:.1} before an unknown one"
        );
    }
}
