//! The same on phones, at the desk and for programs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::meeting::edit::{self, Draft};
use yishiting::meeting::model::Policy;
use yishiting::people::staff::Role;

use crate::desk::office::{Office, ROSTER, draft, reads};
use crate::support::{Answer, Citizen, Client, moment};

struct Room {
    office: Office,
    code: String,
}

impl Room {
    async fn open() -> Room {
        let office = Office::with(Draft { policy: Policy::Roster, ..draft() }).await;
        office.import(ROSTER).await;
        let code = edit::find(&office.app.base, office.meeting).await.unwrap().code;
        Room { office, code }
    }

    fn at(&self, rest: &str) -> String {
        format!("/m/{}{rest}", self.code)
    }

    /// Posts a form of the phone, with its token, and gives the page that it leads to.
    async fn taps(&self, citizen: &Citizen, rest: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = citizen.opens(&self.at("")).await.hidden("csrf");
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let answer = citizen.phone.post(&self.at(rest), &fields).await;
        match answer.location() {
            Some(to) => citizen.opens(&to).await,
            None => answer,
        }
    }

    async fn jiang(&self) -> Citizen {
        let citizen = self.office.app.citizen("江一帆").await;
        let form = [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346021")];
        let done = self.taps(&citizen, "/checkin", &form).await;
        assert!(done.text.contains("签到成功"), "{}", done.text);
        citizen
    }
}

#[tokio::test]
async fn a_phone_steps_out_and_back_for_its_owner_alone() {
    let room = Room::open().await;
    let jiang = room.jiang().await;
    let out = room.taps(&jiang, "/step", &[("way", "out"), ("op", "a")]).await;
    reads(&out.text, &["已签到", "08:30 起暂离", "我回来了"]);
    assert!(!out.text.contains("我要离场"));
    let list = room.office.sees("/people?show=away").await;
    reads(&list, &["暂离 <b>1</b>", "江一帆", "准时", "暂离", "返回"]);
    // Whatever person is named, the step is of the phone's owner: here, of somebody unknown, of nobody.
    let stranger = room.office.app.citizen("路人").await;
    let person = room.office.person("江一帆").await.to_string();
    room.taps(&stranger, "/step", &[("way", "back"), ("person", &person)]).await;
    assert!(room.office.sees("/people?show=away").await.contains("暂离 <b>1</b>"));

    let back = room.taps(&jiang, "/step", &[("way", "back"), ("op", "b")]).await;
    reads(&back.text, &["签到成功", "我要离场"]);
    // The first tap, sent again by the network, does not send them out again.
    let late = room.taps(&jiang, "/step", &[("way", "out"), ("op", "a")]).await;
    assert!(late.text.contains("我要离场"), "{}", late.text);

    let csrf = jiang.opens(&room.at("")).await.hidden("csrf");
    room.office.app.clock.set(moment("2026-09-19 11:01"));
    let form = [("csrf", csrf.as_str()), ("way", "out"), ("op", "c")];
    let over = jiang.phone.post(&room.at("/step"), &form).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert!(over.text.contains("会议已结束") && !over.text.contains("我要离场"), "{}", over.text);
    let forged = jiang.phone.post(&room.at("/step"), &[("csrf", "forged"), ("way", "out")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "a form of another site");
}

#[tokio::test]
async fn somebody_new_asks_for_leave_the_desk_grants_it_and_they_come_all_the_same() {
    let room = Room::open().await;
    let jiang = room.office.app.citizen("江一帆").await;
    reads(&jiang.opens(&room.at("")).await.text, &["不能参加，请假"]);
    let wrong = [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346099"), ("reason", "出差")];
    let refused = room.taps(&jiang, "/leave", &wrong).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("名单里没有找到您"));
    let right = [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346021")];
    let silent = room.taps(&jiang, "/leave", &right).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text.contains("请写明请假原因"));
    let long = "长".repeat(201);
    assert!(room.taps(&jiang, "/leave", &[("reason", &long)]).await.text.contains("最多 200 个字"));
    let asked = room.taps(&jiang, "/leave", &[("reason", "赴省里开会")]).await;
    reads(&asked.text, &["请假已提交", "撤回请假"]);

    let page = room.office.sees("/requests").await;
    reads(
        &page,
        &["待处理 <span class=\"tag tag-wait\">1</span>", "请假", "江一帆", "赴省里开会", "准假", "不准假"],
    );
    let viewer = room.office.colleague(Role::Viewer).await;
    let seen = viewer.get(&room.office.path("/requests")).await.text;
    assert!(seen.contains("江一帆") && !seen.contains("赴省里开会"), "a viewer reads no reason");
    let id = page.split("/leave/").nth(1).unwrap().split('"').next().unwrap().to_string();
    let done = room.office.does(&format!("/leave/{id}"), &[("answer", "approve")]).await;
    reads(&done, &["已准假", "江一帆", "已准假"]);
    reads(&room.office.sees("/people?show=leave").await, &["请假 <b>1</b>", "江一帆", "请假"]);
    reads(&room.office.sees("").await, &["请假", ">1<", "查看请假名单"]);

    let page = jiang.opens(&room.at("")).await.text;
    reads(&page, &["已准假，如能参加照常签到"]);
    let came = room.taps(&jiang, "/checkin", &[]).await;
    reads(&came.text, &["签到成功"]);
    let person = room.office.person("江一帆").await;
    reads(
        &room.office.sees(&format!("/people/{person}")).await,
        &["江一帆", "请假后到会", "签到过程", "签到", "准假"],
    );
    let screen = edit::find(&room.office.app.base, room.office.meeting).await.unwrap().screen_key;
    let hall = room.office.app.browser().get(&format!("/screen/{screen}/snapshot")).await.text;
    assert!(!hall.contains("赴省里开会"));
}

#[tokio::test]
async fn the_desk_enters_steps_leave_and_votes_for_one_person() {
    let room = Room::open().await;
    let person = room.office.person("江一帆").await;
    let at = |rest: &str| format!("/people/{person}{rest}");
    reads(
        &room.office.does(&at("/leave"), &[("reason", "出差")]).await,
        &["已准假", "请假", "仅会务可见", "出差", "取消请假"],
    );
    reads(&room.office.does(&at("/leave/withdraw"), &[]).await, &["已取消请假", "已撤回", "登记请假"]);
    assert!(room.office.posts(&at("/leave"), &[]).await.text.contains("请写明请假原因"));
    reads(
        &room.office.does(&at("/votes"), &[("votes", "false")]).await,
        &["没有表决权", "表决权", "没有", "改为有"],
    );
    reads(&room.office.does(&at("/votes"), &[("votes", "true")]).await, &["有表决权", "改为没有"]);
    let early = room.office.posts(&at("/step"), &[("way", "out")]).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.text.contains("还没有签到"));
    room.office.signs_in("江一帆").await;
    let out = room.office.does(&at("/step"), &[("way", "out"), ("reason", "接电话")]).await;
    reads(&out, &["已登记离场", "暂离", "起暂离", "返回", "离场", "接电话"]);
    let back = room.office.does(&at("/step"), &[("way", "back"), ("list", "present")]).await;
    reads(&back, &["已登记返回", "江一帆", "离场"]);
    room.office.app.clock.set(moment("2026-09-19 11:30"));
    let late = room.office.posts(&at("/step"), &[("way", "out")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    let viewer = room.office.colleague(Role::Viewer).await;
    let csrf = room.office.csrf().await;
    for rest in ["/step", "/leave", "/votes"] {
        let form = [("csrf", csrf.as_str()), ("way", "out"), ("reason", "x"), ("votes", "true")];
        let answer = viewer.post(&room.office.path(&at(rest)), &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{rest}");
    }
    let log = room.office.sees("/log").await;
    for act in ["登记离场", "登记返回", "准假", "取消请假", "修改表决权", "改为没有表决权"]
    {
        assert!(log.contains(act), "{act} is missing in {log}");
    }
}

async fn sends(desk: &Client, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let key = Uuid::new_v4().to_string();
    let request = desk.request(method, path).header("Idempotency-Key", key).json(&body);
    let answer = desk.send(request).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn programs_step_ask_decide_and_set_votes() {
    let room = Room::open().await;
    let desk = room.office.app.organiser().await;
    let at = |rest: &str| format!("/api/v1/meetings/{}/{rest}", room.office.meeting);
    let roster = desk.get(&at("roster")).await.json();
    let entries: Vec<&Value> = roster["items"].as_array().unwrap().iter().collect();
    let votes: Vec<&Value> = entries.iter().map(|entry| &entry["votes"]).collect();
    assert_eq!(votes, [&json!(true), &json!(true), &json!(false)]);
    let id = |n: usize| entries[n]["id"].as_str().unwrap().to_string();

    let (status, set) =
        sends(&desk, Method::PATCH, &at(&format!("roster/{}", id(2))), json!({"votes": true})).await;
    assert_eq!((status, &set["votes"]), (StatusCode::OK, &json!(true)));

    let step = |n: usize, out: bool| json!({"roster_id": id(n), "out": out});
    let (status, early) = sends(&desk, Method::POST, &at("steps"), step(0, true)).await;
    assert_eq!((status, &early["code"]), (StatusCode::CONFLICT, &json!("not_signed_in")));
    sends(&desk, Method::POST, &at("checkins"), json!({"roster_id": id(0)})).await;
    let (_, out) = sends(&desk, Method::POST, &at("steps"), step(0, true)).await;
    assert_eq!((&out["result"], &out["status"]), (&json!("ok"), &json!("away")));
    let (_, again) = sends(&desk, Method::POST, &at("steps"), step(0, true)).await;
    assert_eq!((&again["result"], &again["left_at"]), (&json!("already"), &out["left_at"]));
    let there = desk.get(&at("attendance")).await.json();
    assert_eq!((&there["present"], &there["away"]), (&json!(1), &json!(1)));
    assert_eq!(there["items"][0]["status"], "away");
    let (status, _) = sends(&desk, Method::POST, &at("steps"), json!({"out": true})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    let ask = json!({"roster_id": id(1), "reason": "出差"});
    let (status, entered) = sends(&desk, Method::POST, &at("leave"), ask).await;
    assert_eq!((status, &entered["state"]), (StatusCode::OK, &json!("approved")), "{entered}");
    let leave = entered["id"].as_str().unwrap();
    let (status, late) = sends(&desk, Method::POST, &at(&format!("leave/{leave}/reject")), json!({})).await;
    assert_eq!((status, &late["code"]), (StatusCode::CONFLICT, &json!("request_decided")));
    assert_eq!(desk.get(&at("leave")).await.json()["items"][0]["reason"], "出差");
    let viewer = room.office.app.program_of(Role::Viewer).await;
    let seen = viewer.get(&at("leave")).await.json();
    assert_eq!((&seen["items"][0]["name"], &seen["items"][0]["reason"]), (&json!("林建华"), &Value::Null));
    let there = desk.get(&at("attendance")).await.json();
    assert_eq!((&there["expected"], &there["leave"], &there["absent"]), (&json!(2), &json!(1), &json!(0)));
    let (_, gone) = sends(&desk, Method::DELETE, &at(&format!("leave/{leave}")), json!({})).await;
    assert_eq!(gone["state"], "withdrawn");
    let unknown = at(&format!("leave/{}/approve", Uuid::now_v7()));
    assert_eq!(sends(&desk, Method::POST, &unknown, json!({})).await.0, StatusCode::NOT_FOUND);
    let (status, _) =
        sends(&viewer, Method::POST, &at("leave"), json!({"roster_id": id(1), "reason": "x"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
