//! Rosters, check-ins and attendance over the API.

use reqwest::{Method, StatusCode, multipart};
use serde_json::{Value, json};
use yishiting::base::sheet;

use super::meetings::{a_meeting, make};
use crate::support::{Client, TestApp};

async fn upload(desk: &Client, path: &str, name: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let part = multipart::Part::bytes(bytes).file_name(name.to_string());
    let form = multipart::Form::new().part("file", part);
    let answer = desk.send(desk.request(Method::POST, path).multipart(form)).await;
    (answer.status, answer.json())
}

fn at(meeting: &Value, path: &str) -> String {
    format!("/api/v1/meetings/{}/{path}", meeting["id"].as_str().unwrap())
}

fn people(from: usize, to: usize) -> Value {
    let people: Vec<Value> = (from..=to)
        .map(|n| json!({"name": format!("代表{n:03}"), "unit": format!("第{}局", n % 5), "phone": format!("139{n:08}")}))
        .collect();
    json!({ "people": people })
}

// Edge case 30: good rows in, bad rows out with reasons.
#[tokio::test]
async fn a_workbook_goes_in_and_its_bad_rows_come_back() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let rows = [
        ["姓名", "单位", "手机号", "座位"],
        ["江一帆", "市金融办", "13812346021", "3 排 12 座"],
        ["王海", "", "13812346022", ""],
        ["李梅", "市教育局", "1381234", ""],
        ["江一帆", "市金融办", "138-1234-6021", ""],
    ];
    let rows = rows.map(|row| row.map(String::from).to_vec());
    let (status, report) =
        upload(&desk, &at(&meeting, "roster"), "名单.xlsx", sheet::write_xlsx("名单", &rows).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(report["added"], 1);
    let reasons: Vec<_> =
        report["bad"].as_array().unwrap().iter().map(|bad| (&bad["row"], &bad["reason"])).collect();
    assert_eq!(
        reasons,
        [
            (&3.into(), &"缺少单位".into()),
            (&4.into(), &"手机号不是 11 位手机号码".into()),
            (&5.into(), &"与第 2 行是同一个人".into()),
        ]
    );
}

#[tokio::test]
async fn a_row_of_json_that_is_not_right_turns_nobody_else_away() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let body = json!({"people": [
        {"name": "江一帆", "unit": "市金融办", "phone": 13_812_346_021_i64, "seat": 12},
        {"name": "王海", "unit": null, "phone": "13812346022"},
        {"name": ["李梅"], "unit": "市教育局", "phone": "13812346023"},
        {},
    ]});
    let report = desk.post_json(&at(&meeting, "roster"), &body).await.json();
    let reasons: Vec<&str> =
        report["bad"].as_array().unwrap().iter().map(|bad| bad["reason"].as_str().unwrap()).collect();
    assert_eq!(
        (report["added"].as_i64(), reasons),
        (Some(1), vec!["缺少单位", "缺少姓名", "缺少姓名"]),
        "{report}"
    );
    let answer = desk.post_json(&at(&meeting, "roster"), &json!({"people": []})).await.json();
    assert_eq!(answer["code"], "roster_empty");
}

#[tokio::test]
async fn a_csv_as_chinese_excel_saves_it_goes_in() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let (bytes, _, _) = encoding_rs::GB18030.encode(
        "姓名,单位,手机号\r\n江一帆,市金融办,１３８１２３４６０２１\r\n㐂先生,市教育局,13812346022\r\n",
    );
    let (status, report) = upload(&desk, &at(&meeting, "roster"), "名单.csv", bytes.into_owned()).await;
    assert_eq!((status, &report["added"]), (StatusCode::OK, &2.into()), "{report}");
    let listed = desk.get(&at(&meeting, "roster")).await.json();
    assert_eq!(
        (&listed["items"][0]["name"], &listed["items"][1]["name"]),
        (&"江一帆".into(), &"㐂先生".into())
    );
}

#[tokio::test]
async fn a_file_that_is_empty_broken_or_too_large_says_which() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let roster = at(&meeting, "roster");
    for (bytes, status, code) in [
        (Vec::new(), 422, "roster_empty"),
        ("姓名,单位,手机号\n".into(), 422, "roster_empty"),
        (b"PK\x03\x04 not a workbook".to_vec(), 422, "roster_unreadable"),
        (vec![0, 159, 146, 150], 422, "roster_unreadable"),
        ("江一帆,市金融办,13812346021\n".repeat(20_011).into_bytes(), 413, "roster_too_many"),
        (vec![b'x'; (10 << 20) + 1], 413, "too_large"),
    ] {
        let (answered, answer) = upload(&desk, &roster, "名单.csv", bytes).await;
        assert_eq!((answered.as_u16(), &answer["code"]), (status, &code.into()), "{answer}");
    }
    let form = multipart::Form::new().text("other", "x");
    let answer = desk.send(desk.request(Method::POST, &roster).multipart(form)).await;
    assert_eq!(answer.json()["field"], "file");
    assert_eq!(desk.get(&roster).await.json()["items"], json!([]));
}

// Edge case 29: a dry run tells, an import merges, and nobody signed in is dropped.
#[tokio::test]
async fn a_roster_imported_again_merges_and_keeps_who_is_signed_in() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let roster = at(&meeting, "roster");
    desk.post_json(&roster, &people(1, 4)).await;
    let first = desk.get(&roster).await.json()["items"][0].clone();
    desk.post_json(&at(&meeting, "checkins"), &json!({"roster_id": first["id"], "reason": "没带手机"})).await;

    let dry = desk.post_json(&format!("{roster}?dry_run=true&missing=move_out"), &people(3, 6)).await.json();
    let counts =
        |report: &Value| ["added", "unchanged", "removed", "kept"].map(|name| report[name].as_i64().unwrap());
    assert_eq!(counts(&dry), [2, 2, 1, 1]);
    assert_eq!(desk.get(&roster).await.json()["items"].as_array().unwrap().len(), 4);

    let done = desk.post_json(&format!("{roster}?missing=move_out"), &people(3, 6)).await.json();
    assert_eq!(counts(&done), [2, 2, 1, 1]);
    let attendance = desk.get(&at(&meeting, "attendance")).await.json();
    assert_eq!((&attendance["expected"], &attendance["present"]), (&5.into(), &1.into()), "{attendance}");
    let wrong = desk.post_json(&format!("{roster}?missing=drop"), &people(3, 6)).await.json();
    assert_eq!(wrong["field"], "missing");
}

// Edge case 28: removed from the roster after signing in.
#[tokio::test]
async fn somebody_removed_after_signing_in_is_kept_but_not_counted() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    desk.post_json(&at(&meeting, "roster"), &people(1, 2)).await;
    let entry = desk.get(&at(&meeting, "roster")).await.json()["items"][0]["id"].clone();
    desk.post_json(&at(&meeting, "checkins"), &json!({"roster_id": entry, "reason": "x"})).await;
    let path = at(&meeting, &format!("roster/{}", entry.as_str().unwrap()));
    assert_eq!(desk.send(desk.request(Method::DELETE, &path)).await.status, StatusCode::OK);
    let list = desk.get(&at(&meeting, "attendance")).await.json();
    assert_eq!((&list["expected"], &list["present"], &list["others"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(list["items"][0]["roster_id"], Value::Null);

    let other = make(&desk, &a_meeting()).await;
    let left = desk.get(&at(&meeting, "roster")).await.json()["items"][0]["id"].as_str().unwrap().to_string();
    let strange = at(&other, &format!("roster/{left}"));
    let answer = desk.send(desk.request(Method::DELETE, &strange)).await;
    assert_eq!(answer.json()["code"], "roster_entry_not_found");
    assert_eq!(desk.get(&at(&meeting, "roster")).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn attendance_is_paged_in_order_of_arrival() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    for n in 1..=5 {
        let body = json!({"person": {"name": format!("代表{n}"), "unit": "市金融办", "phone": format!("1391234000{n}")}});
        let done = desk.post_json(&at(&meeting, "checkins"), &body).await.json();
        assert_eq!(done["position"], n, "{done}");
    }
    let first = desk.get(&at(&meeting, "attendance?limit=3")).await.json();
    assert_eq!(first["present"], 5);
    let next = first["next"].as_str().unwrap();
    let second = desk.get(&at(&meeting, &format!("attendance?limit=3&cursor={next}"))).await.json();
    let positions = |page: &Value| -> Vec<i64> {
        page["items"].as_array().unwrap().iter().map(|item| item["position"].as_i64().unwrap()).collect()
    };
    assert_eq!((positions(&first), positions(&second)), (vec![1, 2, 3], vec![4, 5]));
    assert_eq!(second["next"], Value::Null);
    assert_eq!((&first["items"][0]["source"], &first["items"][0]["late"]), (&"staff".into(), &false.into()));
}

// Edge cases 46 and 47: undo, undo of the undo, and a batch with one reason.
#[tokio::test]
async fn an_undo_and_its_undoing_leave_both_events_and_the_first_position() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    desk.post_json(&at(&meeting, "roster"), &people(1, 3)).await;
    let ids: Vec<Value> = desk.get(&at(&meeting, "roster")).await.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].clone())
        .collect();
    let done = desk.post_json(&at(&meeting, "checkins"), &json!({"roster_id": ids[0]})).await.json();
    let undo = at(&meeting, "checkins/undo");
    let no_reason = desk.post_json(&undo, &json!({"event_id": done["event_id"]})).await;
    assert_eq!(no_reason.json()["code"], "reason_needed");
    let undone =
        desk.post_json(&undo, &json!({"event_id": done["event_id"], "reason": "点错了"})).await.json();
    assert_eq!(desk.get(&at(&meeting, "attendance")).await.json()["present"], 0);
    let listed = desk.get(&at(&meeting, "attendance?undone=true")).await.json();
    assert_eq!(listed["items"][0]["status"], "undone");
    desk.post_json(&undo, &json!({"event_id": undone["event_id"], "reason": "没有点错"})).await;
    let listed = desk.get(&at(&meeting, "attendance")).await.json();
    assert_eq!((&listed["present"], &listed["items"][0]["position"]), (&1.into(), &1.into()));

    let batch =
        desk.post_json(&at(&meeting, "checkins"), &json!({"roster_ids": ids, "reason": "纸质签到表"})).await;
    let batch = batch.json();
    assert_eq!((&batch["signed_in"], &batch["already"]), (&2.into(), &1.into()), "{batch}");
    let back = json!({"batch_id": batch["batch_id"], "reason": "贴错了表"});
    assert_eq!(desk.post_json(&undo, &back).await.json()["undone"], 2);
    assert_eq!(desk.get(&at(&meeting, "attendance")).await.json()["present"], 1);
}

#[tokio::test]
async fn a_check_in_by_hand_names_one_person_and_their_wrong_field() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let path = at(&meeting, "checkins");
    let neither = desk.post_json(&path, &json!({"reason": "x"})).await.json();
    assert_eq!(neither["field"], "person");
    let wrong = json!({"person": {"name": "江一帆", "unit": "市金融办", "phone": "12"}});
    assert_eq!(desk.post_json(&path, &wrong).await.json()["field"], "phone");
    let nobody = desk.post_json(&path, &json!({"roster_id": uuid::Uuid::new_v4()})).await.json();
    assert_eq!(nobody["code"], "roster_entry_not_found");
}
