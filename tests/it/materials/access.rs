//! Who may open what, and when.

use reqwest::StatusCode;
use serde_json::json;

use super::room::{Room, links};
use crate::support::moment;

#[tokio::test]
async fn who_signed_in_reads_page_by_page_and_organisers_see_how_far() {
    let room = Room::open().await;
    let paper = room.paper("汇报材料.txt", &[]).await;
    let jiang = room.jiang().await;
    let page = jiang.opens(&room.page()).await;
    assert!(page.text.contains("汇报材料") && page.text.contains("会议材料"), "{}", page.text);

    let reader = jiang.opens(&room.read(&paper)).await;
    assert!(reader.text.contains("二、重点项目清单") && reader.text.contains("3 页"), "{}", reader.text);
    let pictures = links(&reader.text, "src", &format!("{}/pages/", room.read(&paper)));
    assert_eq!(pictures.len(), 3, "{}", reader.text);
    let picture = jiang.phone.get(&pictures[1]).await;
    assert_eq!((picture.status, picture.text.as_str()), (StatusCode::OK, "汇报材料.txt 的内容 2"));
    assert_eq!(picture.headers["cache-control"], "no-store");
    assert_eq!(picture.headers["content-type"], "image/jpeg");

    for page in ["3", "2"] {
        let told = jiang.phone.post(&format!("{}/progress", room.read(&paper)), &[("page", page)]).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
    }
    let beyond = jiang.phone.post(&format!("{}/progress", room.read(&paper)), &[("page", "4")]).await;
    assert_eq!(beyond.status, StatusCode::BAD_REQUEST);
    let readers = room.readers(&paper).await;
    assert_eq!(readers["items"][0]["name"], "江一帆", "{readers}");
    assert_eq!((&readers["items"][0]["page_reached"], &readers["items"][0]["opens"]), (&3.into(), &1.into()));

    let again = jiang.opens(&room.read(&paper)).await;
    assert!(again.text.contains("上次看到第 2 页"), "{}", again.text);
    assert!(jiang.opens(&room.page()).await.text.contains("看到第 2 页"));
}

#[tokio::test]
async fn a_material_opens_by_signing_in_after_the_meeting_or_to_the_list_at_once() {
    let room = Room::open().await;
    let before = room.paper("会前.txt", &[("visibility", "before")]).await;
    let signed_in = room.paper("签到.txt", &[]).await;
    let after = room.paper("会后.txt", &[("visibility", "after")]).await;

    let invited = room.known("江一帆", "市金融办", "13812346021").await;
    let page = invited.opens(&room.page()).await.text;
    assert!(page.contains("会前") && !page.contains("签到.txt") && !page.contains(">会后<"), "{page}");
    assert!(
        page.contains("签到后还可查看 1 份材料") && page.contains("会议结束后还有 1 份材料开放"),
        "{page}"
    );
    assert_eq!(invited.opens(&room.read(&before)).await.status, StatusCode::OK);
    let refused = invited.opens(&room.read(&signed_in)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("签到后才能查看"), "{}", refused.text);
    let refused = invited.opens(&room.read(&after)).await;
    assert!(refused.text.contains("会议结束后开放"), "{}", refused.text);

    let stranger = room.known("王海", "市公安局", "13600001111").await;
    let refused = stranger.opens(&room.read(&before)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "not on the list: after signing in");

    let unplanned = room.attendee("李敏", "市教育局", "13600002222").await;
    assert_eq!(unplanned.opens(&room.read(&signed_in)).await.status, StatusCode::OK);
    room.app.clock.set(moment("2026-09-19 11:31"));
    for paper in [&before, &signed_in, &after] {
        assert_eq!(unplanned.opens(&room.read(paper)).await.status, StatusCode::OK);
    }
    let history = unplanned.opens(&room.page()).await.text;
    assert!(history.contains("会前") && history.contains("会后"), "{history}");
}

#[tokio::test]
async fn another_role_learns_nothing_of_a_material() {
    let room = Room::open().await;
    let paper = room.paper("干部人事.txt", &[("roles", "attendee")]).await;
    let jiang = room.jiang().await;
    assert_eq!(jiang.opens(&room.read(&paper)).await.status, StatusCode::OK);
    let lin = room.attendee("林建华", "市环境保护局", "13912341187").await;
    assert_eq!(lin.opens(&room.read(&paper)).await.status, StatusCode::NOT_FOUND);
    let page = lin.opens(&room.page()).await.text;
    assert!(!page.contains("干部人事") && !page.contains("份材料"), "{page}");
    let links = lin.phone.get(&format!("{}/links", room.read(&paper))).await;
    assert_eq!(links.status, StatusCode::NOT_FOUND);
    // The right follows the roster and the rule of the moment.
    room.change(&paper, json!({"roles": []})).await;
    assert_eq!(lin.opens(&room.read(&paper)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn viewing_and_downloading_are_separate() {
    let room = Room::open().await;
    let jiang = room.jiang().await;
    let only_view = room.paper("只看.txt", &[]).await;
    let reader = jiang.opens(&room.read(&only_view)).await.text;
    assert!(!reader.contains("下载文件"), "{reader}");
    let file = jiang.phone.get(&format!("{}/file?v=1&t=0.x", room.read(&only_view))).await;
    assert_eq!(file.status, StatusCode::FORBIDDEN);

    let only_take = room.paper("表格.txt", &[("may_view", "false"), ("may_download", "true")]).await;
    let reader = jiang.opens(&room.read(&only_take)).await.text;
    assert!(reader.contains("不提供在线查看") && !reader.contains("/pages/"), "{reader}");
    let link = links(&reader, "href", &format!("{}/file", room.read(&only_take))).remove(0);
    let file = jiang.phone.get(&link).await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "表格.txt 的内容"));
    assert_eq!(file.headers["content-type"], "application/octet-stream");
    assert_eq!(room.readers(&only_take).await["items"][0]["downloads"], 1);
}

#[tokio::test]
async fn my_meetings_finds_titles_names_and_the_text_within() {
    let room = Room::open().await;
    room.paper("年度汇报.txt", &[]).await;
    let hidden = room.paper("会后通报.txt", &[("visibility", "after")]).await;
    let jiang = room.jiang().await;
    let found = async |words: &str| jiang.opens(&format!("/m?q={words}")).await.text;
    let page = found("重点项目").await;
    assert!(page.contains("年度汇报") && page.contains("第 2 页"), "{page}");
    assert!(page.contains("#p2") && !page.contains(&hidden.id), "{page}");
    assert!(found("plan").await.contains("年度汇报"), "small letters find capital ones");
    assert!(found("年度").await.contains("年度汇报"));
    assert!(found("智慧政务").await.contains("全市智慧政务建设培训会"));
    assert!(found("%25").await.contains("没有找到"));
    assert!(found("通报").await.contains("没有找到"));

    let within =
        jiang.opens(&format!("{}?q=重点", room.read(&super::room::Paper { id: paper_id(&page) }))).await;
    assert!(within.text.contains("「重点」1 页") && within.text.contains("href=\"#p2\""), "{}", within.text);
}

fn paper_id(page: &str) -> String {
    page.split("/materials/").nth(1).unwrap().split('?').next().unwrap().to_string()
}
