//! The sheet for the files: its form, its revisions, and the proof that it is ours.

use std::io::Cursor;
use std::time::Instant as Stopwatch;

use calamine::{Reader, Xlsx};
use reqwest::multipart::{Form as Parts, Part};
use reqwest::{Method, StatusCode};
use yishiting::base::sheet::read;
use yishiting::meeting::sheet::columns::Column;
use yishiting::meeting::sheet::model::Form;
use yishiting::meeting::sheet::{self, File};
use yishiting::people::staff::Role;

use super::office::{Office, ROSTER, TITLE, reads};
use crate::support::{Answer, Client, moment};

async fn exported(office: &Office, form: Form) -> File {
    let columns = Column::EACH.to_vec();
    sheet::export(&office.app.base, office.meeting, form, columns, "test").await.unwrap()
}

/// Rows of a workbook, cells joined.
fn rows(bytes: &[u8]) -> Vec<String> {
    read(bytes, 10_000).unwrap().iter().map(|row| row.join("|")).collect()
}

/// The digest that a workbook has printed on it.
fn digest(bytes: &[u8]) -> String {
    let line = rows(bytes).into_iter().find(|line| line.contains("核验编码：")).unwrap();
    line.split("核验编码：").nth(1).unwrap().chars().take(39).collect()
}

async fn verified(client: &Client, digest: &str) -> Answer {
    client.send(client.request(Method::GET, "/verify").query(&[("d", digest)])).await
}

async fn sends(client: &Client, bytes: Vec<u8>) -> Answer {
    let parts = Parts::new().part("file", Part::bytes(bytes).file_name("签到表.xlsx"));
    client.send(client.request(Method::POST, "/verify").multipart(parts)).await
}

#[tokio::test]
async fn the_sheet_has_a_title_block_people_by_unit_and_rank_their_class_and_totals() {
    let office = Office::open().await;
    office.import(ROSTER).await;
    office.import("姓名,单位,手机号\n何敏,市金融办,13700000001\n").await;
    office.signs_in("林建华").await;
    let stranger = [("name", "=1+1"), ("unit", "市公安局"), ("phone", "13600001111")];
    office.does("/people", &stranger).await;
    office.app.clock.set(moment("2026-09-19 09:04"));
    office.signs_in("何敏").await;
    office.app.clock.set(moment("2026-09-19 11:01"));
    let said = rows(&exported(&office, Form::Xlsx).await.bytes);
    assert!(said[0].starts_with(&format!("{TITLE}签到表")), "{}", said[0]);
    assert!(
        said[1].starts_with("时间：2026年9月19日（周六）09:00–11:00　地点：市行政中心 3 号会议室"),
        "{}",
        said[1]
    );
    let counts = "应到 3 人，实到 2 人，请假 0 人，缺席 1 人；其中迟到 1 人，补签 0 人。\
        列席、旁听、工作人员和计划外到会 1 人，不计入应到和实到";
    assert!(said[2].starts_with(counts), "{}", said[2]);
    assert!(
        said[3].starts_with("第 1 版　核验编码：") && said[3].contains("制表：2026-09-19 11:01"),
        "{}",
        said[3]
    );
    assert_eq!(said[4], "序号|姓名|单位|身份|座位|手机号|位次|签到时间|出席情况|签到方式|签到位置|签字|备注");
    let names: Vec<&str> = said[5..10].iter().map(|line| line.split('|').nth(1).unwrap()).collect();
    assert_eq!(names, ["江一帆", "何敏", "林建华", "阿依古丽·买买提", "=1+1"], "{said:#?}");
    assert!(said[5].contains("|138****6021|||缺席|"), "{}", said[5]);
    assert!(said[6].contains("|09:04:00|迟到|工作人员代签|||工作人员代签"), "{}", said[6]);
    assert!(said[7].contains("|08:30:00|准时|"), "{}", said[7]);
    assert!(
        said[8].contains("|列席|") && said[8].contains("|未到|"),
        "nobody answers for an observer: {}",
        said[8]
    );
    assert!(said[9].contains("|计划外|"), "{}", said[9]);
    assert!(said[10].starts_with("本页 5 人，共 5 人"), "{}", said[10]);
    let book = exported(&office, Form::Xlsx).await.bytes;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.to_vec())).unwrap();
    assert!(book.worksheet_formula("签到表").unwrap().is_empty(), "no cell is a formula");
}

#[tokio::test]
async fn nothing_new_is_the_same_revision_and_news_are_the_next_and_the_old_file_stays() {
    let office = Office::with_roster().await;
    let first = exported(&office, Form::Xlsx).await;
    office.app.clock.set(moment("2026-09-19 08:40"));
    let again = exported(&office, Form::Xlsx).await;
    assert_eq!((&first.name, &first.bytes), (&again.name, &again.bytes));
    assert_eq!(first.name, format!("签到表-{TITLE}-第1版.xlsx"));
    office.signs_in("林建华").await;
    let next = exported(&office, Form::Xlsx).await;
    assert_eq!(next.name, format!("签到表-{TITLE}-第2版.xlsx"));
    let page = office.sees("/sheet").await;
    reads(&page, &["第 2 版", "最新", "第 1 版", "已更新"]);
    let link = page.rsplit("/sheets/").next().unwrap().split('"').next().unwrap().to_string();
    let kept = sheet::kept(&office.app.base, office.meeting, TITLE, &link).await.unwrap();
    assert_eq!(kept.bytes, first.bytes);
    let foreign =
        office.organiser.get(&format!("/desk/meetings/{}/sheets/{link}", uuid::Uuid::new_v4())).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn anybody_can_verify_a_sheet_by_its_digest_or_its_file_and_learns_no_more_than_needed() {
    let office = Office::with_roster().await;
    let first = exported(&office, Form::Xlsx).await.bytes;
    let pdf = exported(&office, Form::Pdf).await.bytes;
    let code = digest(&first);
    let stranger = office.app.browser();
    let told = verified(&stranger, &code).await.text;
    reads(&told, &["有效", TITLE, "第 1 版", "9月19日（周六）08:30"]);
    for hidden in ["江一帆", "市金融办", "市行政中心", "应到"] {
        assert!(!told.contains(hidden), "{hidden} is nobody's business here");
    }
    for file in [&first, &pdf] {
        reads(&sends(&stranger, file.to_vec()).await.text, &["有效", "文件与存档完全一致", TITLE]);
    }
    office.signs_in("林建华").await;
    exported(&office, Form::Pdf).await;
    reads(&verified(&stranger, &code.to_lowercase()).await.text, &["已有更新版本", "第 1 版"]);
    reads(&sends(&stranger, first.to_vec()).await.text, &["已有更新版本"]);

    let mut altered = first.to_vec();
    *altered.last_mut().unwrap() ^= 1;
    let forged = format!("{}{}", &code[..38], if code.ends_with('0') { '1' } else { '0' });
    for told in [
        sends(&stranger, altered).await.text,
        verified(&stranger, &forged).await.text,
        verified(&stranger, "' OR '1'='1").await.text,
        verified(&stranger, "<script>alert(1)</script>").await.text,
    ] {
        assert!(
            told.contains("<h1>未知</h1>") && !told.contains(TITLE) && !told.contains("<script>alert"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_digest_cannot_be_guessed_by_asking_and_an_empty_form_is_told_so() {
    let office = Office::open().await;
    let stranger = office.app.browser();
    assert_eq!(stranger.get("/verify").await.status, StatusCode::OK);
    assert_eq!(sends(&stranger, Vec::new()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..29 {
        assert_eq!(verified(&stranger, "00").await.status, StatusCode::OK);
    }
    assert_eq!(verified(&stranger, "00").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(stranger.get("/verify").await.status, StatusCode::OK, "the page itself is always there");
}

#[tokio::test]
async fn each_account_has_its_own_columns() {
    let office = Office::with_roster().await;
    let chosen = [("column", "unit"), ("column", "phone"), ("column", "x"), ("form", "xlsx")];
    let to = office.posts("/sheet", &chosen).await.location().unwrap();
    assert_eq!(to, office.path("/sheet.xlsx"));
    let saved = office.organiser.get(&to).await;
    assert!(
        saved.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename*=UTF-8''")
    );
    let page = office.sees("/sheet").await;
    assert!(page.contains("value=\"phone\" checked") && !page.contains("value=\"remark\" checked"));
    let viewer = office.colleague(Role::Viewer).await;
    let own = viewer.get(&office.path("/sheet")).await.text;
    assert!(own.contains("value=\"remark\" checked") && !own.contains("value=\"phone\" checked"));
    let program = office.app.organiser().await;
    for (path, kind) in
        [("sheet.xlsx?columns=name", "openxml"), ("sheet.pdf", "pdf"), ("log.xlsx", "openxml")]
    {
        let path = format!("/api/v1/meetings/{}/{path}", office.meeting);
        let answer = program.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert!(answer.headers["content-type"].to_str().unwrap().contains(kind));
        assert_eq!(office.app.browser().get(&path).await.status, StatusCode::UNAUTHORIZED);
    }
    reads(&office.sees("/log").await, &["导出签到表", "签到流水 第 1 版"]);
}

#[tokio::test]
async fn the_whole_log_is_a_file_too() {
    let office = Office::with_roster().await;
    office.signs_in("林建华").await;
    let person = office.person("林建华").await;
    let page = office.sees(&format!("/people/{person}")).await;
    let event = page.split("name=\"event\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    office.does(&format!("/people/{person}/undo"), &[("event", &event), ("reason", "=认错人")]).await;
    let said = rows(&exported(&office, Form::Log).await.bytes);
    assert_eq!(said[2], "序号|时间|扫码时间|事项|姓名|单位|方式|经办|位次|原因");
    assert!(said[3].starts_with("1|2026-09-19 08:30:00|2026-09-19 08:30:00|签到|林建华|"), "{}", said[3]);
    assert!(said[4].contains("|撤销|林建华|") && said[4].ends_with("|=认错人"), "{}", said[4]);
}

#[tokio::test]
async fn an_empty_meeting_and_strange_names_have_sheets_in_every_form() {
    let office = Office::open().await;
    assert!(
        rows(&exported(&office, Form::Xlsx).await.bytes).last().unwrap().starts_with("本页 0 人，共 0 人")
    );
    assert!(exported(&office, Form::Pdf).await.bytes.starts_with(b"%PDF-"));
    office
        .import(
            "姓名,单位,手机号\n+张三,市人民政府驻北京联络处综合协调科室办公,13700000001\n-李四,单位🎉,13700000002\n\
             @王五,单位,13700000003\n阿不都热依木·阿卜杜拉赫曼·买买提,单位,13700000004\n",
        )
        .await;
    let said = rows(&exported(&office, Form::Xlsx).await.bytes).join("\n");
    for whole in ["+张三", "-李四", "@王五", "单位🎉", "阿不都热依木·阿卜杜拉赫曼·买买提"]
    {
        assert!(said.contains(whole), "{whole} in {said}");
    }
    assert!(exported(&office, Form::Pdf).await.bytes.ends_with(b"%%EOF\n"));
}

#[tokio::test]
async fn a_congress_of_five_thousand_fits_on_numbered_pages() {
    let office = Office::open().await;
    let mut csv = String::from("姓名,单位,手机号\n");
    for n in 0..5000 {
        csv.push_str(&format!("代表{n},第{}代表团,139{n:08}\n", n / 50));
    }
    office.import(&csv).await;
    let began = Stopwatch::now();
    let pdf = exported(&office, Form::Pdf).await.bytes;
    let said = rows(&exported(&office, Form::Xlsx).await.bytes);
    // 22 people on the first page and 28 on each other one.
    let pages = 1 + (5000 - 22_usize).div_ceil(28);
    let text = String::from_utf8_lossy(&pdf);
    assert_eq!(text.matches("/Type /Page /Parent").count(), pages);
    assert_eq!(said.iter().filter(|line| line.contains("人，共 5000 人")).count(), pages);
    let sums =
        said.iter().filter_map(|line| line.strip_prefix("本页 ")?.split(' ').next()?.parse::<usize>().ok());
    assert_eq!(sums.sum::<usize>(), 5000);
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}
