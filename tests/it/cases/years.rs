//! Publishing a year of the calendar while clocks run.

use futures_util::future::join_all;
use uuid::Uuid;
use yishiting::base::calendar::local;
use yishiting::base::error::Coded;
use yishiting::cases::act::Act;
use yishiting::cases::model::{Part, Track, case_clock};
use yishiting::cases::paper::model::PaperState;
use yishiting::cases::view::Reader;
use yishiting::cases::year::{self, Missing};
use yishiting::cases::{Cases, origin, view, write};

use super::late::{keep, papers};
use crate::support::moment;
use crate::support::town::{Town, liaison, moderator, officer, says, to};

/// As a notice of 2027 might read; the weekdays are right.
pub const NOTICE: &str = "国务院办公厅关于2027年部分节假日安排的通知
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经党中央、国务院批准，现将2027年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至12日（周五）放假调休，共8天。1月31日（周日）、2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）放假1天，不调休。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
国务院办公厅
2026年11月3日";

/// A petition that was taken up on the day of `wall`: its decision is due in sixty days.
async fn petition(town: &Town, wall: &str) -> Uuid {
    town.at(wall);
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    filing.track = Track::Petition;
    let case = town.try_file(filing).await.unwrap();
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    town.does(&liaison("jsj"), case.id, Act::FirstReply, says("予以受理。")).await;
    case.id
}

async fn clock(town: &Town, case: Uuid, code: &str) -> case_clock::Model {
    let clocks = write::clocks(town.base.db.read(), case).await.unwrap();
    clocks.into_iter().rfind(|clock| clock.code == code).unwrap()
}

fn days(clock: &case_clock::Model) -> (String, bool, Option<String>) {
    (clock.due_on.to_string(), clock.provisional, clock.told_on.map(|day| day.to_string()))
}

async fn publish(town: &Town) {
    year::publish(&town.cases, NOTICE, "admin").await.unwrap();
    town.app.run_jobs().await;
}

#[tokio::test]
async fn open_limits_are_counted_anew_and_say_why_and_from_which_day_to_which() {
    let town = Town::open().await;
    let case = petition(&town, "2026-12-10 10:00").await;
    assert_eq!(days(&clock(&town, case, "P2").await), ("2027-02-08".to_string(), true, None));
    publish(&town).await;
    // In the middle of the Spring Festival; the 14th is a Sunday that is worked.
    let moved = clock(&town, case, "P2").await;
    assert_eq!(days(&moved), ("2027-02-14".to_string(), false, None));
    let head = "放假安排公布，“处理意见”的期限由2027年2月8日（周一）改为2027年2月14日（周日）";
    assert_eq!(town.heads(case).await.last().unwrap(), head);
    let events = view::events(&town.cases, case).await.unwrap();
    let told = origin::told(&town.cases.ends(), &events, &moved).join("\n");
    assert!(told.contains("第60天是2027年2月8日（周一），春节放假。"), "{told}");
    assert!(told.contains("2027年2月14日（周日）：因春节调休上班，期限顺延到这一天。"), "{told}");
    let row = year::published(&town.cases).await.unwrap().remove(0);
    assert_eq!((row.total, row.done, row.moved, row.finished_at.is_some()), (1, 1, 1, true));
    town.verifies().await;
}

#[tokio::test]
async fn an_end_that_came_nearer_keeps_the_day_that_was_told_for_papers_and_shows_both() {
    let town = Town::open().await;
    let case = petition(&town, "2026-12-02 10:00").await;
    assert_eq!(days(&clock(&town, case, "P2").await), ("2027-02-01".to_string(), true, None));
    publish(&town).await;
    let nearer = clock(&town, case, "P2").await;
    assert_eq!(days(&nearer), ("2027-01-31".to_string(), false, Some("2027-02-01".to_string())));
    use yishiting::cases::paper::draft::missed;
    assert!(!missed(&nearer, moment("2027-02-01 12:00")), "what was told holds");
    assert!(missed(&nearer, moment("2027-02-02 00:00")));
    let events = view::events(&town.cases, case).await.unwrap();
    let told = origin::told(&town.cases.ends(), &events, &nearer).join("\n");
    assert!(told.contains("先前告知的日期是2027年2月1日（周一）"), "{told}");
}

#[tokio::test]
async fn an_extension_is_counted_anew_with_its_days() {
    let town = Town::open().await;
    let case = petition(&town, "2026-11-16 10:00").await;
    let days_30 = |text: &str| yishiting::cases::decide::Command { days: Some(30), ..says(text) };
    town.does(&liaison("jsj"), case, Act::AskExtension, days_30("情况复杂。")).await;
    town.does(&officer(Part::Leader, ""), case, Act::GrantExtension, days_30("同意延期，已告知信访人。"))
        .await;
    // 90 days: Sunday, the 14th of February.
    assert_eq!(days(&clock(&town, case, "P2").await), ("2027-02-15".to_string(), true, None));
    publish(&town).await;
    let nearer = clock(&town, case, "P2").await;
    assert_eq!(days(&nearer), ("2027-02-14".to_string(), false, Some("2027-02-15".to_string())));
    let told = view::events(&town.cases, case).await.unwrap();
    let told = origin::told(&town.cases.ends(), &told, &nearer);
    assert_eq!(told[0], "原为 60 天，批准延长 30 天，共 90 天。");
}

#[tokio::test]
async fn no_paper_rests_on_a_guess_and_one_comes_when_the_year_is_published() {
    let town = Town::open().await;
    town.at("2026-12-30 10:00");
    let chen = town.citizen("chen").await;
    town.forwarded(chen, "jsj").await;
    // The first reply was due on the 31st, for certain; but nobody knows which morning is the next that is worked.
    assert_eq!(keep(&town, "2027-01-08 10:00").await.len(), 0);
    publish(&town).await;
    let all = keep(&town, "2027-01-08 10:01").await;
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn a_draft_of_a_limit_that_was_not_missed_after_all_is_void_and_its_place_is_free() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    town.forwarded(chen, "jsj").await;
    let draft = keep(&town, "2026-09-23 09:00").await.remove(0);
    // The 22nd becomes a day off: the first reply is due a day later.
    let corrected = include_str!("notice_2026.txt").replace(
        "六、中秋节：9月25日（周五）至27日（周日）放假，共3天。",
        "六、中秋节：9月22日（周二）至27日（周日）放假调休，共6天。",
    );
    year::publish(&town.cases, &corrected, "admin").await.unwrap();
    town.app.run_jobs().await;
    assert_eq!(papers(&town).await[0].state(), PaperState::Void);
    let command = yishiting::cases::decide::Command { paper: Some(draft.id), ..Default::default() };
    let signed = town.refused(&officer(Part::Propaganda, ""), draft.case_id, Act::IssueNotice, command).await;
    assert_eq!(signed, "case_paper");
    // 23 to 27 are off; the reply is due on the 28th.
    assert_eq!(keep(&town, "2026-09-28 23:00").await.len(), 1);
    assert_eq!(keep(&town, "2026-09-29 09:00").await.len(), 2);
}

#[tokio::test]
async fn all_replicas_count_with_the_new_year_as_soon_as_it_is_published() {
    let town = Town::open().await;
    town.at("2026-11-20 10:00");
    let other = Cases::start(town.base.clone()).await.unwrap();
    let follower = tokio::spawn(year::follow(other.clone()));
    let mut changes = other.years.changes();
    assert!(!other.calendar().is_published(2027));
    year::publish(&town.cases, NOTICE, "admin").await.unwrap();
    changes.wait_for(|calendar| calendar.is_published(2027)).await.unwrap();
    follower.abort();
    // And whoever starts later.
    let third = Cases::start(town.base.clone()).await.unwrap();
    assert!(third.calendar().is_published(2027));
}

#[tokio::test]
async fn a_clock_that_a_replica_counted_with_the_old_calendar_is_found_by_the_keeper() {
    let town = Town::open().await;
    let old = town.cases.clone();
    let new = Cases::start(town.base.clone()).await.unwrap();
    town.at("2026-12-10 09:00");
    year::publish(&new, NOTICE, "admin").await.unwrap();
    town.app.run_jobs().await;
    let case = petition(&town, "2026-12-10 10:00").await;
    assert!(clock(&town, case, "P2").await.provisional);
    year::reload(&old).await.unwrap();
    keep(&town, "2026-12-10 11:00").await;
    assert_eq!(days(&clock(&town, case, "P2").await).0, "2027-02-14");
}

#[tokio::test]
async fn publishing_at_once_or_again_moves_each_end_once() {
    let town = Town::open().await;
    let case = petition(&town, "2026-12-10 10:00").await;
    let both = join_all((0..3).map(|_| year::publish(&town.cases, NOTICE, "admin"))).await;
    assert!(both.iter().all(Result::is_ok));
    town.app.run_jobs().await;
    publish(&town).await;
    let seen = town.view(case, Reader::Office).await;
    assert_eq!(seen.steps.iter().filter(|step| step.act == Act::Recount).count(), 1);
    town.verifies().await;
}

#[tokio::test]
async fn what_is_no_notice_or_of_another_time_is_refused_with_its_line() {
    let town = Town::open().await;
    let code = |text: String| year::preview(&town.cases, &text).map(|_| ()).unwrap_err();
    for text in [
        String::new(),
        "放假".to_string(),
        "长".repeat(20_001),
        NOTICE.replace("1月31日（周日）", "1月31日（周一）"),
    ] {
        assert_eq!(code(text).code(), "year_unread");
    }
    town.at("2028-01-01 00:00");
    assert_eq!(code(NOTICE.to_string()).code(), "year_elsewhen");
}

#[tokio::test]
async fn the_desk_is_told_in_october_and_alarmed_in_december_that_next_year_is_missing() {
    let town = Town::open().await;
    for (wall, missing) in [
        ("2026-10-14 12:00", Missing::No),
        ("2026-10-15 00:00", Missing::Remind),
        ("2026-11-30 23:59", Missing::Remind),
        ("2026-12-01 00:00", Missing::Alarm),
    ] {
        assert_eq!(year::missing_on(&town.cases.calendar(), local(moment(wall))), missing, "{wall}");
    }
    // A limit that rests on a guess does not wait for December.
    petition(&town, "2026-11-20 10:00").await;
    assert_eq!(year::missing(&town.cases).await, Missing::Alarm);
    publish(&town).await;
    assert_eq!(year::missing(&town.cases).await, Missing::No);
}
