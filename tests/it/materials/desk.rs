//! Agenda and materials at the desk, by forms that work without scripts.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use yishiting::people::staff::Role;

use crate::desk::office::{Office, reads};
use crate::support::Answer;

impl Office {
    async fn sends(&self, rest: &str, name: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
        let form = Form::new().text("csrf", self.csrf().await);
        let form =
            fields.iter().fold(form, |form, (name, value)| form.text(name.to_string(), value.to_string()));
        let form = form.part("file", Part::bytes(body.as_bytes().to_vec()).file_name(name.to_string()));
        let request = self.organiser.request(Method::POST, &self.path(rest)).multipart(form);
        self.organiser.send(request).await
    }
}

fn id_after<'a>(page: &'a str, path: &str) -> &'a str {
    let rest = page.split(path).nth(1).unwrap_or_else(|| panic!("no {path} in {page}"));
    &rest[..36]
}

#[tokio::test]
async fn points_are_added_changed_ordered_and_removed() {
    let office = Office::open().await;
    let first = [
        ("title", "通报情况"),
        ("speaker", "陈晓燕"),
        ("starts_at", "2026-09-19T09:00"),
        ("ends_at", "2026-09-19T09:20"),
    ];
    reads(&office.does("/agenda", &first).await, &["议程已保存", "通报情况", "09:00–09:20 · 陈晓燕"]);
    assert!(
        office.sees("/agenda").await.contains("value=\"2026-09-19T09:20\""),
        "the next begins where it ended"
    );
    let page = office.does("/agenda", &[("title", "讨论")]).await;
    reads(&page, &["通报情况", "讨论"]);
    let item = id_after(page.split("<b>通报情况</b>").nth(1).unwrap(), "/agenda/").to_string();
    let page = office.does(&format!("/agenda/{item}/move"), &[("to", "down")]).await;
    reads(page.split_once("point-head").unwrap().1, &["讨论", "通报情况"]);
    reads(&office.does(&format!("/agenda/{item}"), &[("title", "通报全年情况")]).await, &["通报全年情况"]);
    let page = office.does(&format!("/agenda/{item}/remove"), &[]).await;
    assert!(!page.contains("通报全年情况"));
    let refused = office.posts("/agenda", &[("title", ""), ("speaker", "陈")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&refused.text, &["议题：请填写", "value=\"陈\""]);
    reads(&office.sees("/log").await, &["修改议程", "共 1 项"]);
}

#[tokio::test]
async fn one_file_is_uploaded_described_replaced_and_withdrawn() {
    let office = Office::open().await;
    let fields = [
        ("visibility", "before"),
        ("may_view", "yes"),
        ("role_attendee", "yes"),
        ("role_staff", "yes"),
        ("internal", "yes"),
    ];
    let sent = office.sends("/materials", "汇报.txt", "正文", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let page = office.sees("/materials?done=material-added").await;
    reads(
        &page,
        &[
            "材料已上传",
            "1 份材料",
            "汇报",
            "内部",
            "TXT",
            "排队中",
            "会前可看",
            "参会、工作人员",
            "只供查看",
            "0 人",
        ],
    );
    let id = id_after(&page, "/materials/").to_string();

    let saved =
        [("name", "上半年汇报"), ("visibility", "signed_in"), ("may_view", "yes"), ("may_download", "yes")];
    let page = office.does(&format!("/materials/{id}"), &saved).await;
    reads(&page, &["设置已保存", "上半年汇报", "签到后可看", "所有人", "查看、下载"]);
    let refused = office.posts(&format!("/materials/{id}"), &[("name", ""), ("may_view", "yes")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("名称：请填写"), "{}", refused.text);

    let sent = office.sends(&format!("/materials/{id}/replace"), "新.txt", "新正文", &[]).await;
    let page = office.organiser.get(&sent.location().unwrap()).await.text;
    reads(&page, &["材料已替换", "第 2 版", "还没有人打开", "第 2 版", "当前", "第 1 版", "旧版"]);
    let page = office.does(&format!("/materials/{id}/withdraw"), &[]).await;
    reads(&page, &["材料已撤下", "0 份材料", "已撤下", "上半年汇报"]);
    reads(&office.sees("/log").await, &["撤下材料", "替换材料", "修改材料设置", "上传材料"]);
}

#[tokio::test]
async fn materials_are_put_in_order() {
    let office = Office::open().await;
    for name in ["甲.txt", "乙.txt", "丙.txt"] {
        office.sends("/materials", name, name, &[("may_view", "yes")]).await;
    }
    let page = office.sees("/materials").await;
    reads(&page, &[">甲<", ">乙<", ">丙<"]);
    let third = id_after(page.split(">乙<").nth(1).unwrap().split("</tr>").nth(1).unwrap(), "/materials/")
        .to_string();
    let page = office.does(&format!("/materials/{third}/move"), &[("to", "up")]).await;
    reads(&page, &[">甲<", ">丙<", ">乙<"]);
}

#[tokio::test]
async fn the_pages_script_hears_in_json_and_a_repeat_of_one_act_is_one_material() {
    let office = Office::open().await;
    let op = uuid::Uuid::now_v7().to_string();
    for _ in 0..2 {
        let form = Form::new()
            .text("csrf", office.csrf().await)
            .text("op", op.clone())
            .text("may_view", "yes")
            .part("file", Part::bytes("正文".as_bytes().to_vec()).file_name("报告.txt"));
        let request = office.organiser.request(Method::POST, &office.path("/materials")).multipart(form);
        let sent = office.organiser.send(request.header("Accept", "application/json")).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        assert_eq!(sent.json()["id"], op.as_str());
    }
    assert!(office.sees("/materials").await.contains("1 份材料"));
    // Without the session's token nothing is taken in.
    let form = Form::new().part("file", Part::bytes("正文".as_bytes().to_vec()).file_name("报告.txt"));
    let request = office.organiser.request(Method::POST, &office.path("/materials")).multipart(form);
    assert_eq!(office.organiser.send(request).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let office = Office::open().await;
    office.sends("/materials", "报告.txt", "正文", &[("may_view", "yes")]).await;
    let viewer = office.colleague(Role::Viewer).await;
    let page = viewer.get(&office.path("/materials")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("报告") && !page.text.contains("上传材料"), "{}", page.text);
    let id = id_after(&page.text, "/materials/");
    let one = viewer.get(&office.path(&format!("/materials/{id}"))).await;
    assert!(one.text.contains("谁看过") && !one.text.contains("撤下材料"), "{}", one.text);
    let csrf = viewer.get("/desk/meetings").await.hidden("csrf");
    let refused = viewer.post(&office.path(&format!("/materials/{id}/withdraw")), &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
