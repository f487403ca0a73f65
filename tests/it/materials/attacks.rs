//! Links that should not serve, files that should not come in, and names that would like to act.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::room::{Room, links};

#[tokio::test]
async fn a_link_serves_nobody_else_and_not_for_ever() {
    let room = Room::open().await;
    let paper = room.paper("报告.txt", &[("may_download", "true")]).await;
    let jiang = room.jiang().await;
    let lin = room.attendee("林建华", "市环境保护局", "13912341187").await;
    let reader = jiang.opens(&room.read(&paper)).await.text;
    let picture = links(&reader, "src", &format!("{}/pages/1", room.read(&paper))).remove(0);
    let file = links(&reader, "href", &format!("{}/file", room.read(&paper))).remove(0);
    for link in [&picture, &file] {
        assert_eq!(jiang.phone.get(link).await.status, StatusCode::OK);
        let foreign = lin.phone.get(link).await;
        assert_eq!(foreign.status, StatusCode::GONE, "another person's link");
        assert!(!foreign.text.contains("的内容"), "{}", foreign.text);
        let nobody = room.app.browser().get(link).await;
        assert!(nobody.location().is_some(), "nobody is sent to WeChat");
        for forged in [
            link.replace("v=1", "v=2"),
            link.replace("t=", "t=9"),
            format!("{link}x"),
            link.split("t=").next().unwrap().to_string() + "t=",
        ] {
            assert_eq!(jiang.phone.get(&forged).await.status, StatusCode::GONE, "{forged}");
        }
    }
    let other_page = picture.replace("/pages/1", "/pages/2");
    assert_eq!(jiang.phone.get(&other_page).await.status, StatusCode::GONE, "a link is of one page");
    room.app.clock.advance(chrono::TimeDelta::minutes(16));
    for link in [&picture, &file] {
        assert_eq!(jiang.phone.get(link).await.status, StatusCode::GONE, "old");
    }
    let fresh = jiang.phone.get(&format!("{}/links", room.read(&paper))).await.json();
    assert_eq!(jiang.phone.get(fresh["pages"][0]["src"].as_str().unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn wechats_own_viewer_fetches_by_the_link_alone_for_two_minutes_and_never_internal_pages() {
    let room = Room::open().await;
    let paper = room.paper("报告.txt", &[]).await;
    let jiang = room.jiang().await;
    let given = jiang.phone.get(&format!("{}/links", room.read(&paper))).await.json();
    let viewer = given["pages"][0]["viewer"].as_str().unwrap().to_string();
    // 180 dpi is made by the converter; at 110 dpi the picture is there.
    let plain = viewer.replace("&z=1", "");
    assert_eq!(room.app.browser().get(&plain).await.status, StatusCode::OK);
    room.change(&paper, json!({"internal": true})).await;
    assert_eq!(room.app.browser().get(&plain).await.status, StatusCode::GONE);
    let given = jiang.phone.get(&format!("{}/links", room.read(&paper))).await.json();
    assert!(given["pages"][0]["viewer"].is_null(), "{given}");
    room.change(&paper, json!({"internal": false})).await;
    room.app.clock.advance(chrono::TimeDelta::minutes(3));
    assert_eq!(room.app.browser().get(&plain).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn withdrawing_ends_every_link_at_once() {
    let room = Room::open().await;
    let paper = room.paper("报告.txt", &[("may_download", "true")]).await;
    let jiang = room.jiang().await;
    let reader = jiang.opens(&room.read(&paper)).await.text;
    let picture = links(&reader, "src", &format!("{}/pages/1", room.read(&paper))).remove(0);
    let file = links(&reader, "href", &format!("{}/file", room.read(&paper))).remove(0);
    assert_eq!(room.withdraw(&paper).await.status, StatusCode::OK);
    let rest = [room.read(&paper), format!("{}/links", room.read(&paper))];
    for link in [picture, file].iter().chain(&rest) {
        let gone = jiang.phone.get(link).await;
        assert_eq!(gone.status, StatusCode::GONE, "{link}");
        assert!(gone.text.contains("已撤下"), "{}", gone.text);
    }
    assert!(!jiang.opens(&room.page()).await.text.contains("报告"));
    assert_eq!(room.withdraw(&paper).await.status, StatusCode::OK, "twice is as good as once");
    assert_eq!(room.change(&paper, json!({"name": "又来"})).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_new_version_ends_the_links_of_the_old_one_and_its_readers_are_told() {
    let room = Room::open().await;
    let paper = room.paper("报告.txt", &[]).await;
    let jiang = room.jiang().await;
    let reader = jiang.opens(&room.read(&paper)).await.text;
    let old = links(&reader, "src", &format!("{}/pages/1", room.read(&paper))).remove(0);
    let replaced = room.replace(&paper, "第二版").await;
    assert_eq!(
        (replaced.status, &replaced.json()["version"]),
        (StatusCode::OK, &2.into()),
        "{}",
        replaced.text
    );
    assert_eq!(jiang.phone.get(&old).await.status, StatusCode::GONE);
    assert!(jiang.opens(&room.page()).await.text.contains("已更新"));
    let reader = jiang.opens(&room.read(&paper)).await.text;
    assert!(reader.contains("材料已更新，这是第 2 版"), "{reader}");
    let new = links(&reader, "src", &format!("{}/pages/1", room.read(&paper))).remove(0);
    assert_eq!(jiang.phone.get(&new).await.text, "第二版 1");
    assert!(!jiang.opens(&room.page()).await.text.contains("已更新"), "told once");
    let readers = room.readers(&paper).await;
    assert_eq!(readers["items"].as_array().unwrap().len(), 2, "{readers}");
}

#[tokio::test]
async fn an_internal_page_is_never_served_without_its_readers_name() {
    let room = Room::open().await;
    let paper = room.paper("内部.txt", &[("internal", "true"), ("may_download", "true")]).await;
    let jiang = room.jiang().await;
    let reader = jiang.opens(&room.read(&paper)).await.text;
    assert!(reader.contains("内部文件"), "{reader}");
    let picture = links(&reader, "src", &format!("{}/pages/1", room.read(&paper))).remove(0);
    let file = links(&reader, "href", &format!("{}/file", room.read(&paper))).remove(0);
    // The page that stands in for the picture is no picture, so that nothing can be drawn on it.
    let page = jiang.phone.get(&picture).await;
    assert!(page.status.is_server_error() || page.status.is_client_error(), "{}", page.status);
    assert!(!page.text.contains("的内容"), "{}", page.text);
    // A real picture comes back as another one, with the name in it; where there is no Chinese font, not at all.
    let drawn = room.draw_first_page("内部.txt 的内容").await;
    let page = jiang.phone.get(&picture).await;
    assert_ne!(page.text, String::from_utf8_lossy(&drawn));
    if page.status == StatusCode::OK {
        assert_eq!(page.headers["content-type"], "image/jpeg");
        assert_eq!(page.headers["cache-control"], "no-store");
    } else {
        assert!(page.text.contains("水印"), "{}", page.text);
    }
    // Without pages there is nothing to draw the name on, and so no download either.
    room.unpreviewable("内部.txt 的内容").await;
    let refused = jiang.phone.get(&file).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("不能下载") && !refused.text.contains("的内容"), "{}", refused.text);
}

#[tokio::test]
async fn a_marked_pdf_downloaded_whole_has_its_readers_name_on_every_page() {
    let room = Room::open().await;
    let settings = [("internal", "true"), ("may_download", "true")];
    let made = room.upload("内部报告.pdf", crate::document::samples::pdf(3, ""), &settings).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    room.app.run_jobs().await;
    let paper = super::room::Paper { id: super::room::text(&made.json()["id"]) };
    let folder = tempfile::tempdir().unwrap();
    for (name, unit, phone) in
        [("江一帆", "市金融办", "13812346021"), ("林建华", "市环境保护局", "13912341187")]
    {
        let reader = room.attendee(name, unit, phone).await;
        let page = reader.opens(&room.read(&paper)).await.text;
        let link = links(&page, "href", &format!("{}/file", room.read(&paper))).remove(0);
        let file = folder.path().join(format!("{name}.pdf"));
        std::fs::write(&file, reader.phone.bytes(&link).await).unwrap();
        let read = std::process::Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(read.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&read.stderr), "");
        let pages: Vec<&str> = text.trim_end_matches('\x0C').split('\x0C').collect();
        assert_eq!(pages.len(), 3);
        for page in pages {
            assert!(page.contains(&format!("{name} {unit}")) && page.contains(&phone[7..]), "{page}");
            assert!(!page.contains("Page"), "the document itself is a picture: {page}");
        }
    }
}

#[tokio::test]
async fn names_that_would_like_to_act_come_back_as_names() {
    let room = Room::open().await;
    let jiang = room.jiang().await;
    for (name, shown, header) in [
        ("关于“工作”的通知 😀.txt", "关于“工作”的通知 😀", "%F0%9F%98%80.txt"),
        ("../../etc/passwd.txt", "passwd", "filename*=UTF-8''passwd.txt"),
        ("a\"; filename=\"evil.exe.txt", "a", ".txt"),
        ("<script>alert(1)</script>.txt", "script&#62;", ".txt"),
        (&format!("{}.txt", "长".repeat(100)), "长长长", ".txt"),
    ] {
        let made = room.upload(name, format!("正文 {name}"), &[("may_download", "yes")]).await;
        assert_eq!(made.status, StatusCode::CREATED, "{name}: {}", made.text);
        let paper = super::room::Paper { id: super::room::text(&made.json()["id"]) };
        let page = jiang.opens(&room.page()).await.text;
        assert!(page.contains(shown), "{shown}: {page}");
        assert!(!page.contains("<script>alert"), "{page}");
        let reader = jiang.opens(&room.read(&paper)).await.text;
        let file =
            jiang.phone.get(&links(&reader, "href", &format!("{}/file", room.read(&paper))).remove(0)).await;
        let disposition = file.headers["content-disposition"].to_str().unwrap().to_string();
        assert!(
            disposition.starts_with("attachment; filename=\"") && disposition.ends_with(header),
            "{disposition}"
        );
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        assert_eq!(file.text, format!("正文 {name}"));
    }
}

#[tokio::test]
async fn twenty_uploads_at_once_all_arrive_and_a_repeat_is_the_same_material() {
    let room = Room::open().await;
    let sending = (0..20).map(|n| {
        let request = room.sending(&format!("材料{n}.txt"), format!("第 {n} 份"), &[]);
        room.organiser.send(request.header("Idempotency-Key", format!("key-{n}")))
    });
    for answer in join_all(sending).await {
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    let again = room.sending("材料3.txt", "第 3 份", &[]).header("Idempotency-Key", "key-3");
    let again = room.organiser.send(again).await;
    assert_eq!(
        (again.status, &again.headers["idempotent-replayed"]),
        (StatusCode::CREATED, &"true".parse().unwrap())
    );
    let other = room.sending("材料3.txt", "别的内容", &[]).header("Idempotency-Key", "key-3");
    assert_eq!(room.organiser.send(other).await.status, StatusCode::CONFLICT);
    let list = room.organiser.get(&room.api("/materials")).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 20, "{list}");
}

#[tokio::test]
async fn what_is_too_large_empty_or_something_else_is_refused_with_a_word_on_what_to_do() {
    let room = Room::open().await;
    let large = room.upload("大.txt", vec![b'a'; 51 << 20], &[]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", large.text);
    assert!(large.text.contains("50 MB"), "{}", large.text);
    for (name, bytes, code) in [
        ("空.txt", b"".as_slice(), "document_empty"),
        ("网页.docx", b"<html><script>alert(1)</script></html>".as_slice(), "document_mismatch"),
        ("程序.exe", b"MZ\x90".as_slice(), "document_kind"),
        ("", b"x".as_slice(), "invalid"),
    ] {
        let refused = room.upload(name, bytes, &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", refused.text);
        assert_eq!(refused.json()["code"], code, "{name}: {}", refused.text);
    }
    for (fields, field) in [
        (vec![("visibility", "always")], "visibility"),
        (vec![("roles", "attendee,king")], "roles"),
        (vec![("may_view", "false")], "may_view"),
    ] {
        let refused = room.upload("好.txt", "好", &fields).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &field.into())
        );
    }
    assert_eq!(room.organiser.get(&room.api("/materials")).await.json()["items"], json!([]));
    let viewer = room.app.program_of(yishiting::people::staff::Role::Viewer).await;
    let request = viewer.request(reqwest::Method::POST, &room.api("/materials"));
    let refused = viewer.send(request.multipart(super::room::form("好.txt", "好", &[]))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
