//! Signing others in by hand, taking it back, and what is known of one person.

use reqwest::StatusCode;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yishiting::people::model::identity;

use super::office::{Office, ROSTER, reads};
use crate::support::moment;

#[tokio::test]
async fn somebody_without_a_phone_is_signed_in_at_the_desk_once() {
    let office = Office::with_roster().await;
    let person = office.person("江一帆").await;
    let page = office.organiser.get(&office.path("/people")).await;
    let op = page.hidden("op");
    let form = [("op", op.as_str())];
    let path = format!("/people/{person}/sign-in");
    let page = office.does(&path, &form).await;
    reads(&page, &["已签到，第 1 位", "江一帆", "准时", "第 1 位", "工作人员代签", "陈晓燕"]);
    // The same click again, and another click, change nothing.
    office.does(&path, &form).await;
    reads(&office.does(&path, &[]).await, &["此人已签到，第 1 位，没有重复记录", "重复签到（未改变）"]);
    reads(
        &office.sees("/people?show=present").await,
        &["全部 <b>3</b>", "未签到 <b>1</b>", "已签到 <b>1</b>"],
    );
}

#[tokio::test]
async fn a_walk_in_is_matched_with_the_roster_or_counted_as_unplanned() {
    let office = Office::with_roster().await;
    let known = [("name", "林 建华"), ("unit", "环保局"), ("phone", "139-1234-1187")];
    reads(&office.does("/people", &known).await, &["已签到，第 1 位", "林建华", "市环境保护局"]);
    let stranger = [("name", "王海"), ("unit", "市公安局"), ("phone", "13600001111")];
    let page = office.does("/people", &stranger).await;
    reads(&page, &["第 2 位", "计划外和列席 <b>1</b>", "王海", "计划外"]);

    let refused = office.posts("/people", &[("name", "王海"), ("phone", "123")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("请填写 11 位手机号码") && refused.text.contains(r#"value="王海""#));
}

#[tokio::test]
async fn without_a_roster_nobody_is_missing_and_nobody_is_outside_of_it() {
    let office = Office::open().await;
    office.does("/people", &[("name", "王海"), ("unit", "市公安局"), ("phone", "13600001111")]).await;
    let person = office.person("王海").await;
    let list = office.sees("/people").await;
    reads(&list, &["全部 <b>1</b>", "已签到 <b>1</b>", "迟到 <b>0</b>", "王海"]);
    let about = office.sees(&format!("/people/{person}")).await;
    reads(&about, &["王海", "本次会议没有名册"]);
    for page in [list, about, office.sees("").await, office.sees("/people?show=present").await] {
        assert!(!page.contains("未签到 <b>") && !page.contains(">计划外<"), "{page}");
    }
    // Once there is one, they are.
    office.import(ROSTER).await;
    reads(&office.sees("/people").await, &["未签到 <b>2</b>", "计划外和列席 <b>1</b>", "王海", ">计划外<"]);
}

#[tokio::test]
async fn after_the_window_a_make_up_needs_its_reason_and_is_not_late() {
    let office = Office::with_roster().await;
    office.app.clock.set(moment("2026-09-19 09:40"));
    let person = office.person("江一帆").await;
    let path = format!("/people/{person}/sign-in");
    let refused = office.posts(&path, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("请写明原因"), "{}", refused.text);
    let page = office.does(&path, &[("reason", "已到会，手机没电")]).await;
    reads(&page, &["补签", "第 1 位", "已到会，手机没电"]);
    assert!(office.sees("/people?show=late").await.contains("迟到 <b>0</b>"));
    let walk_in = [("name", "王海"), ("unit", "市公安局"), ("phone", "13600001111")];
    assert!(office.posts("/people", &walk_in).await.text.contains("补签请写明原因"));
}

#[tokio::test]
async fn an_undo_is_undone_and_every_step_stays_on_record() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    let person = office.person("江一帆").await;
    let own = format!("/people/{person}");
    let undo = format!("{own}/undo");
    let newest = || async { office.organiser.get(&office.path(&own)).await.hidden("event") };

    let event = newest().await;
    assert!(office.posts(&undo, &[("event", &event)]).await.text.contains("请写明原因"));
    let page = office.does(&undo, &[("event", &event), ("reason", "点错了人")]).await;
    reads(&page, &["已撤销。记录保留", "已撤销", "撤销", "点错了人", "签到", "第 1 位"]);
    // Repeating an undo is harmless.
    office.does(&undo, &[("event", &event), ("reason", "点错了人")]).await;
    reads(&office.sees("/people?show=missing").await, &["江一帆", "已撤销"]);

    let event = newest().await;
    let page = office.does(&undo, &[("event", &event), ("reason", "撤销有误")]).await;
    reads(&page, &["已恢复签到", "第 1 位", "恢复", "撤销有误", "撤销", "点错了人", "签到"]);
    reads(
        &office.sees("/log").await,
        &["恢复签到", "江一帆", "撤销有误", "撤销签到", "江一帆", "点错了人", "代签"],
    );
}

#[tokio::test]
async fn many_are_made_up_with_one_reason_and_taken_back_as_one() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    let (jiang, lin, ali) =
        (office.person("江一帆").await, office.person("林建华").await, office.person("阿依古丽").await);
    let people: Vec<String> = [jiang, lin, ali].map(|id| id.to_string()).into();
    let op = uuid::Uuid::now_v7().to_string();
    let mut form: Vec<(&str, &str)> = people.iter().map(|id| ("person", id.as_str())).collect();
    form.push(("op", &op));
    assert!(office.posts("/people/make-up", &form).await.text.contains("请写明原因"));
    form.push(("reason", "集体乘车到会"));
    let page = office.does("/people/make-up", &form).await;
    reads(&page, &["已为 2 人补签", "批量补签记录", "陈晓燕", "集体乘车到会", ">2<", ">2<"]);
    // Sent twice, it is one batch.
    office.does("/people/make-up", &form).await;

    let undo = format!("/batches/{op}/undo");
    assert!(office.posts(&undo, &[]).await.text.contains("请写明原因"));
    let page = office.does(&undo, &[("reason", "人不在现场")]).await;
    reads(&page, &["已撤销这批补签中的 2 人", "已签到 <b>1</b>", "集体乘车到会", ">2<", ">0<"]);
    reads(&office.does(&undo, &[("reason", "人不在现场")]).await, &["已撤销这批补签中的 0 人"]);
    let stranger = uuid::Uuid::now_v7().to_string();
    let nobody = [("person", stranger.as_str()), ("reason", "试试")];
    assert!(office.posts("/people/make-up", &nobody).await.text.contains("还没有选择人员"));
}

#[tokio::test]
async fn people_are_found_by_name_unit_or_the_end_of_their_phone() {
    let office = Office::with_roster().await;
    for (search, found) in [
        ("江一帆", vec!["江一帆"]),
        ("金融办", vec!["江一帆", "阿依古丽·买买提"]),
        ("阿依古丽•买", vec!["阿依古丽·买买提"]),
        ("1187", vec!["林建华"]),
        ("１３９ 1234 1187", vec!["林建华"]),
        ("9999", vec![]),
        ("<b>", vec![]),
    ] {
        let page = office.sees(&format!("/people?q={}", encoded(search))).await;
        for name in ["江一帆", "林建华", "阿依古丽·买买提"] {
            let link = format!("\">{name}</a>");
            assert_eq!(page.contains(&link), found.contains(&name), "{name} by {search}");
        }
        assert!(!page.contains("<b></b>") && !page.contains("「<b>」"), "{page}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn phones_are_masked_until_somebody_looks_and_that_is_noted() {
    let office = Office::with_roster().await;
    let person = office.person("江一帆").await;
    for page in ["/people", "/roster", &format!("/people/{person}")] {
        let text = office.sees(page).await;
        assert!(text.contains("138****6021") && !text.contains("13812346021"), "{page}");
    }
    let shown = office.posts(&format!("/people/{person}/phone"), &[]).await;
    reads(&shown.text, &["13812346021", "已记入操作记录"]);
    let log = office.sees("/log").await;
    reads(&log, &["陈晓燕", "查看手机号", "江一帆"]);
    assert!(!log.contains("6021"), "the log itself holds no number");
}

#[tokio::test]
async fn who_has_a_new_wechat_signs_in_with_it_after_the_old_tie_is_ended() {
    let office = Office::with_roster().await;
    let old = office.app.citizen("江一帆").await;
    let meeting = yishiting::meeting::edit::find(&office.app.base, office.meeting).await.unwrap();
    let page = format!("/m/{}", meeting.code);
    let form = [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346021")];
    old.opens(&page).await;
    old.phone.post(&format!("{page}/checkin"), &form).await;
    let person = office.person("江一帆").await;
    reads(&office.sees(&format!("/people/{person}")).await, &["已绑定", "解除微信绑定"]);

    let path = format!("/people/{person}/release");
    assert!(office.posts(&path, &[]).await.text.contains("请写明原因"));
    let page = office.does(&path, &[("reason", "换了微信号")]).await;
    reads(&page, &["已解除与原微信的绑定", "未绑定"]);
    let ended = identity::Entity::find()
        .filter(identity::Column::PersonId.eq(person))
        .one(office.app.base.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(ended.ended_at.is_some() && ended.end_reason.as_deref() == Some("换了微信号"));
    reads(&office.sees("/log").await, &["解除微信绑定", "江一帆", "换了微信号"]);
}

#[tokio::test]
async fn whoever_leaves_the_roster_after_signing_in_stays_on_record_as_unplanned() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    let person = office.person("江一帆").await;
    let entry = office.organiser.get(&office.path(&format!("/people/{person}"))).await.hidden("entry");
    let page = office.does(&format!("/people/{person}/remove"), &[("entry", &entry)]).await;
    reads(&page, &["已移出名册，不再计入应到", "现有名册", "2 人"]);
    reads(&office.sees("/people?show=others").await, &["江一帆", "已移出名册", "准时"]);
    reads(&office.sees("").await, &["应到", ">1<", "实到", ">0<"]);
    // Back on the list, they count again.
    office.import(ROSTER).await;
    reads(&office.sees("").await, &["应到", ">2<", "实到", ">1<"]);
}

#[tokio::test]
async fn who_is_at_two_meetings_at_once_is_shown_to_both_organisers() {
    let office = Office::with_roster().await;
    let other =
        yishiting::meeting::edit::Draft { title: "防汛调度会".to_string(), ..super::office::draft() };
    let base = &office.app.base;
    let other = yishiting::meeting::edit::create(base, other, uuid::Uuid::nil(), "test").await.unwrap();
    office.signs_in("江一帆").await;
    let walk_in = [("name", "江一帆"), ("unit", "市金融办"), ("phone", "13812346021")];
    let csrf = office.csrf().await;
    let form = [&[("csrf", csrf.as_str())], walk_in.as_slice()].concat();
    office.organiser.post(&format!("/desk/meetings/{}/people", other.id), &form).await;
    let person = office.person("江一帆").await;
    let page = office.sees(&format!("/people/{person}")).await;
    reads(&page, &["此人也在同一时段的", "防汛调度会", "08:30:00"]);
}

#[tokio::test]
async fn a_name_with_markup_stays_a_name() {
    let office = Office::open().await;
    let walk_in = [("name", "<b>甲</b>"), ("unit", "\"><script>alert(1)</script>"), ("phone", "13600001111")];
    let page = office.does("/people", &walk_in).await;
    assert!(!page.contains("<b>甲") && !page.contains("<script>alert"), "{page}");
    let person = office.person("甲").await;
    let page = office.sees(&format!("/people/{person}")).await;
    assert!(!page.contains("<b>甲") && !page.contains("<script>alert"), "{page}");
}
