//! The agenda: written as a whole by programs, point by point at the desk, and read on the phone.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::room::{Room, text};

impl Room {
    async fn put_agenda(&self, items: Value) -> crate::support::Answer {
        let request =
            self.organiser.request(Method::PUT, &self.api("/agenda")).json(&json!({"items": items}));
        self.organiser.send(request).await
    }
}

#[tokio::test]
async fn the_attendees_page_shows_the_agenda_with_times_speakers_and_materials() {
    let room = Room::open().await;
    let put = room
        .put_agenda(json!([
            {"title": "通报上半年情况", "speaker": "陈晓燕（市大数据局）", "starts_at": "2026-09-19T09:00:00+08:00", "ends_at": "2026-09-19T09:20:00+08:00"},
            {"title": "讨论重点项目"},
        ]))
        .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);
    let point = text(&put.json()["items"][1]["id"]);
    room.paper("项目清单.txt", &[("agenda_item_id", &point)]).await;
    let jiang = room.jiang().await;
    let page = jiang.opens(&room.page()).await.text;
    crate::desk::office::reads(
        &page,
        &[
            "会议说明",
            "请提前十分钟到场",
            "会议议程",
            "09:00–09:20",
            "通报上半年情况",
            "陈晓燕（市大数据局）",
            "讨论重点项目",
            "项目清单",
        ],
    );
    // Moving the meeting moves its agenda.
    let moved = json!({"starts_at": "2026-09-19T10:00:00+08:00"});
    let path = format!("/api/v1/meetings/{}", room.id);
    room.organiser.send(room.organiser.request(Method::PATCH, &path).json(&moved)).await;
    assert!(jiang.opens(&room.page()).await.text.contains("10:00–10:20"));
    room.app.clock.set(crate::support::moment("2026-09-20 09:00"));
    assert!(jiang.opens(&room.page()).await.text.contains("通报上半年情况"), "after the meeting, too");
}

#[tokio::test]
async fn materials_of_a_removed_point_stay_with_the_meeting() {
    let room = Room::open().await;
    let put = room.put_agenda(json!([{"title": "一"}, {"title": "二"}])).await.json();
    let (one, two) = (text(&put["items"][0]["id"]), text(&put["items"][1]["id"]));
    let paper = room.paper("材料.txt", &[("agenda_item_id", &two)]).await;
    let swapped =
        room.put_agenda(json!([{"id": two, "title": "二"}, {"id": one, "title": "一"}])).await.json();
    assert_eq!(text(&swapped["items"][0]["id"]), two, "a known point keeps its id, and so its materials");
    let material = async || room.organiser.get(&room.api(&format!("/materials/{}", paper.id))).await.json();
    assert_eq!(material().await["agenda_item_id"], json!(two));
    room.put_agenda(json!([{"id": one, "title": "一"}])).await;
    assert_eq!(material().await["agenda_item_id"], Value::Null);
    for (items, field) in [
        (json!([{"title": ""}]), "title"),
        (json!([{"title": "三", "ends_at": "2026-09-19T09:00:00+08:00"}]), "starts_at"),
    ] {
        let refused = room.put_agenda(items).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &field.into())
        );
    }
    let list = room.organiser.get(&room.api("/agenda")).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    let foreign = room.upload("另.txt", "另", &[("agenda_item_id", &two)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{}", foreign.text);
}
