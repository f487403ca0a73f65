//! Rosters come as files; they are looked over first.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};

use super::office::{Office, ROSTER, reads};
use crate::support::Answer;

impl Office {
    /// Uploads `bytes` as a roster and gives the preview.
    async fn uploads(&self, name: &str, bytes: impl Into<Vec<u8>>, missing: &str) -> Answer {
        let file = Part::bytes(bytes.into()).file_name(name.to_string());
        let form = Form::new()
            .text("csrf", self.csrf().await)
            .text("missing", missing.to_string())
            .part("file", file);
        let request = self.organiser.request(Method::POST, &self.path("/roster")).multipart(form);
        self.organiser.send(request).await
    }
}

#[tokio::test]
async fn a_file_is_previewed_and_goes_in_when_confirmed() {
    let office = Office::open().await;
    let preview = office.uploads("名单.csv", ROSTER, "stay").await;
    reads(&preview.text, &["导入预览：名单.csv", "新增", ">3<", "有误", ">0<", "确认导入 3 人", "江一帆"]);
    assert!(office.sees("/roster").await.contains("名册还是空的"), "a preview changes nothing");
    let token = preview.hidden("token");
    let page = office.does("/roster/confirm", &[("token", &token)]).await;
    reads(&page, &["名册已更新，共处理 3 人", "现有名册", "3 人", "江一帆", "138****6021", "参会", "列席"]);
    // Twice is as good as once.
    reads(&office.does("/roster/confirm", &[("token", &token)]).await, &["现有名册", "3 人"]);
    reads(&office.sees("/log").await, &["导入名册", "新增 3 人，修改 0 人，移出 0 人，有误 0 行"]);
}

#[tokio::test]
async fn bad_rows_come_back_as_a_file_and_the_others_go_in() {
    let office = Office::open().await;
    let csv = format!(
        "全市培训会名单,,,\n\n{ROSTER}无手机,市司法局,12345,\n=HYPERLINK(1),市司法局,13500001111,\n,市司法局,13500002222,\n"
    );
    let preview = office.uploads("名单.csv", csv, "stay").await;
    reads(
        &preview.text,
        &[
            "新增",
            ">4<",
            "有误",
            ">2<",
            "有误的行",
            ">7</td>",
            "无手机",
            "手机号不是 11 位手机号码",
            ">9</td>",
            "缺少姓名",
        ],
    );
    let token = preview.hidden("token");
    let file = office.organiser.get(&office.path(&format!("/roster/bad/{token}.csv"))).await;
    reads(&file.text, &["姓名,单位,手机号", "无手机,市司法局,12345", "缺少姓名"]);
    reads(&office.does("/roster/confirm", &[("token", &token)]).await, &["共处理 4 人"]);
}

#[tokio::test]
async fn a_new_list_shows_who_is_changed_moved_out_or_kept_because_they_are_here() {
    let office = Office::with_roster().await;
    office.signs_in("林建华").await;
    let csv = "姓名,单位,手机号\n江一帆,市财政局,13812346021\n王海,市公安局,13600001111\n";
    let preview = office.uploads("新名单.csv", csv, "move_out").await;
    reads(
        &preview.text,
        &[
            "新增",
            ">1<",
            "修改",
            ">1<",
            "移出",
            ">1<",
            "另有 1 人已签到，保留",
            "王海",
            "江一帆",
            "单位：市金融办 → 市财政局",
            "阿依古丽·买买提",
            "林建华",
        ],
    );
    let page = office.does("/roster/confirm", &[("token", &preview.hidden("token"))]).await;
    reads(&page, &["现有名册", "3 人", "市财政局", "林建华"]);
    assert!(!page.contains("阿依古丽"));
}

#[tokio::test]
async fn what_is_no_roster_is_refused_with_a_word_on_what_to_do() {
    let office = Office::open().await;
    for (name, bytes, told) in [
        ("空.csv", Vec::new(), "文件里没有可用的行"),
        ("只有表头.csv", "姓名,单位,手机号\n".into(), "文件里没有可用的行"),
        ("图片.xlsx", b"PK\x03\x04rubbish".to_vec(), "文件无法读取"),
        ("程序.bin", vec![0, 1, 2, 3], "文件无法读取"),
    ] {
        let refused = office.uploads(name, bytes, "stay").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.text.contains(told), "{name}: {}", refused.text);
    }
    let form = Form::new().text("csrf", office.csrf().await).text("missing", "stay");
    let request = office.organiser.request(Method::POST, &office.path("/roster")).multipart(form);
    assert!(office.organiser.send(request).await.text.contains("文件里没有可用的行"));
}

#[tokio::test]
async fn the_template_and_a_gb18030_list_can_be_imported() {
    let office = Office::open().await;
    let template = office.organiser.request(Method::GET, &office.path("/roster/template.xlsx"));
    assert_eq!(office.organiser.send(template).await.status, StatusCode::OK);
    let book = yishiting::meeting::roster::template_xlsx().unwrap();
    reads(&office.uploads("模板.xlsx", book, "stay").await.text, &["新增", ">1<", "张三"]);
    let (gb, _, _) = encoding_rs::GB18030.encode(ROSTER);
    reads(&office.uploads("国标.csv", gb.into_owned(), "stay").await.text, &["新增", ">3<", "江一帆"]);
}

#[tokio::test]
async fn a_preview_is_good_for_half_an_hour_and_for_its_own_meeting() {
    let office = Office::open().await;
    let token = office.uploads("名单.csv", ROSTER, "stay").await.hidden("token");
    let base = &office.app.base;
    let draft = super::office::draft();
    let other = yishiting::meeting::edit::create(base, draft, uuid::Uuid::nil(), "test").await.unwrap();
    let csrf = office.csrf().await;
    let fields = [("csrf", csrf.as_str()), ("token", token.as_str())];
    let path = format!("/desk/meetings/{}/roster/confirm", other.id);
    assert_eq!(office.organiser.post(&path, &fields).await.status, StatusCode::GONE);
    office.app.clock.advance(chrono::TimeDelta::minutes(31));
    let expired = office.posts("/roster/confirm", &[("token", &token)]).await;
    assert_eq!(expired.status, StatusCode::GONE);
    assert!(expired.text.contains("请重新上传"));
}
