//! The sheet for the files.

use reqwest::StatusCode;
use yishiting::base::sheet::read;
use yishiting::meeting::{edit, sheet};

use super::office::Office;

#[tokio::test]
async fn the_sheet_has_who_came_in_order_and_then_who_did_not_with_hidden_phones() {
    let office = Office::with_roster().await;
    office.signs_in("林建华").await;
    let stranger = [("name", "=1+1"), ("unit", "市公安局"), ("phone", "13600001111")];
    office.does("/people", &stranger).await;
    let base = &office.app.base;
    let meeting = edit::find(base, office.meeting).await.unwrap();
    let rows = read(&sheet::workbook(base, &meeting).await.unwrap(), 100).unwrap();
    let said: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
    assert_eq!(said[0], "位次|姓名|单位|角色|座位|手机号|状态|方式|签到时间|扫码时间|位置");
    assert_eq!(said[1], "1|林建华|市环境保护局|参会||139****1187|准时|工作人员代签|2026-09-19 08:30:00||");
    assert!(said[2].starts_with("2|=1+1|市公安局|计划外||136****1111|准时|工作人员代签|"), "{}", said[2]);
    assert!(said[3].starts_with("|江一帆|市金融办|参会||138****6021|未签到|"), "{}", said[3]);
    assert_eq!(said.len(), 5);
}

#[tokio::test]
async fn the_desk_saves_it_under_the_meetings_name_and_programs_get_it_too() {
    let office = Office::with_roster().await;
    assert!(office.sees("/people").await.contains("导出签到表"));
    let saved = office.organiser.get(&office.path("/sheet.xlsx")).await;
    assert_eq!(
        (saved.status, &saved.headers["content-type"]),
        (StatusCode::OK, &sheet::CONTENT_TYPE.parse().unwrap())
    );
    assert!(
        saved.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename*=UTF-8''")
    );
    let program = office.app.organiser().await;
    let path = format!("/api/v1/meetings/{}/sheet.xlsx", office.meeting);
    assert_eq!(program.get(&path).await.status, StatusCode::OK);
    assert_eq!(office.app.browser().get(&path).await.status, StatusCode::UNAUTHORIZED);
}
