//! Lateness: reminders, 舆情抄告单 and 督办通知书, and the assessment that is made of them.

use futures_util::future::join_all;
use sea_orm::{EntityTrait, QueryOrder};
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::cases::access::Officer;
use yishiting::cases::act::Act;
use yishiting::cases::decide::{Actor, Command};
use yishiting::cases::model::{Part, case_clock};
use yishiting::cases::paper::list::{self, Shown};
use yishiting::cases::paper::model::{PaperState, case_paper, case_reminder};
use yishiting::cases::paper::{assess, file, issue};
use yishiting::cases::view::Reader;
use yishiting::cases::{keeper, remind};

use crate::support::town::{Town, answers, desk, liaison, officer, says};

pub async fn papers(town: &Town) -> Vec<case_paper::Model> {
    case_paper::Entity::find()
        .order_by_asc(case_paper::Column::DraftedAt)
        .all(town.base.db.read())
        .await
        .unwrap()
}

pub async fn keep(town: &Town, wall: &str) -> Vec<case_paper::Model> {
    town.at(wall);
    keeper::run(&town.cases).await.unwrap();
    papers(town).await
}

fn on(paper: Uuid) -> Command {
    Command { paper: Some(paper), ..Command::default() }
}

fn replies(paper: Uuid, text: &str) -> Command {
    Command { paper: Some(paper), ..says(text) }
}

fn propaganda() -> Actor {
    officer(Part::Propaganda, "")
}

fn supervision() -> Actor {
    officer(Part::Supervision, "")
}

async fn told(town: &Town) -> Vec<(String, String)> {
    let rows = case_reminder::Entity::find()
        .order_by_asc(case_reminder::Column::At)
        .all(town.base.db.read())
        .await
        .unwrap();
    let clocks = case_clock::Entity::find().all(town.base.db.read()).await.unwrap();
    let code = |id: Uuid| clocks.iter().find(|clock| clock.id == id).unwrap().code.clone();
    let mut all: Vec<_> =
        rows.into_iter().filter(|row| row.told).map(|row| (code(row.clock_id), row.mark)).collect();
    all.sort();
    all
}

/// A case whose first reply was missed and drafted: Wednesday, the 23rd, at nine.
async fn late(town: &Town) -> (Uuid, case_paper::Model) {
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    let all = keep(town, "2026-09-23 09:00").await;
    (case.id, all.into_iter().next().unwrap())
}

#[tokio::test]
async fn a_unit_is_reminded_at_half_at_four_fifths_on_the_last_morning_and_when_it_is_over() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    town.forwarded(chen, "jsj").await;
    let r1 =
        |marks: &[&str]| marks.iter().map(|mark| ("R1".to_string(), (*mark).to_string())).collect::<Vec<_>>();
    for (wall, marks) in [
        ("2026-09-21 20:00", vec![]),
        ("2026-09-22 05:30", vec!["half"]),
        ("2026-09-22 09:00", vec!["half", "last_day"]),
        ("2026-09-22 17:00", vec!["half", "last_day", "most"]),
        ("2026-09-23 00:00", vec!["half", "last_day", "most", "over"]),
    ] {
        town.at(wall);
        remind::run(&town.cases).await.unwrap();
        let heard: Vec<_> = told(&town).await.into_iter().filter(|(code, _)| code == "R1").collect();
        assert_eq!(heard, r1(&marks), "{wall}");
    }
}

#[tokio::test]
async fn after_days_of_standstill_each_reminder_comes_once_and_only_the_last_is_told() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    town.at("2026-10-12 08:00");
    let ran = join_all((0..4).map(|_| remind::run(&town.cases))).await;
    assert_eq!(ran.into_iter().map(Result::unwrap).sum::<u64>(), 2, "R1 and F1");
    let over = |code: &str| (code.to_string(), "over".to_string());
    assert_eq!(told(&town).await, [over("F1"), over("R1")]);
    assert_eq!(remind::run(&town.cases).await.unwrap(), 0);
    let standing = remind::standing(&town.cases, &[case.id]).await.unwrap();
    assert_eq!(standing[&case.id].zh(), "已超期提醒");
}

#[tokio::test]
async fn a_notice_is_drafted_on_the_next_working_morning_and_once_by_all_replicas() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    // The Thursday before 中秋: one working day later is Monday, and the morning after it Tuesday's.
    town.at("2026-09-24 16:00");
    town.forwarded(chen, "jsj").await;
    assert_eq!(keep(&town, "2026-09-28 23:59").await.len(), 0);
    assert_eq!(keep(&town, "2026-09-29 08:59").await.len(), 0);
    town.at("2026-09-29 09:00");
    join_all((0..4).map(|_| keeper::run(&town.cases))).await.into_iter().for_each(|ran| {
        ran.unwrap();
    });
    let all = papers(&town).await;
    assert_eq!((all.len(), all[0].level, all[0].state()), (1, 1, PaperState::Draft));
    assert_eq!(all[0].number, None, "drafts use no number");
    // The missed answer makes no second one of the same level.
    assert_eq!(keep(&town, "2026-10-20 09:00").await.len(), 1);
}

#[tokio::test]
async fn a_case_that_is_late_goes_up_to_a_leader_step_by_step() {
    let town = Town::open().await;
    let (case, notice) = late(&town).await;
    assert_eq!(town.refused(&liaison("jsj"), case, Act::IssueNotice, on(notice.id)).await, "case_forbidden");
    assert_eq!(town.refused(&supervision(), case, Act::Supervise, on(notice.id)).await, "case_paper");
    town.does(&propaganda(), case, Act::IssueNotice, on(notice.id)).await;
    let signed = papers(&town).await.remove(0);
    assert_eq!(signed.number.as_deref(), Some("CG-2026-0001"));
    assert_eq!(town.file(case).await.overdue_level, 1);
    // Two working days for the reply: the 24th and, after the holiday, the 28th.
    assert_eq!(keep(&town, "2026-09-28 23:59").await.len(), 1);
    let all = keep(&town, "2026-09-29 09:00").await;
    assert_eq!((all.len(), all[1].level), (2, 2));
    let shown = list::find(&town.cases, &desk(&[(Part::Supervision, "")]), all[1].id).await.unwrap().unwrap();
    let said = shown.content.paragraphs().join("");
    assert!(said.contains("以 CG-2026-0001 号舆情抄告单抄告你单位，要求于2026年9月28日前答复"), "{said}");
    town.does(&supervision(), case, Act::Supervise, on(all[1].id)).await;
    assert_eq!(papers(&town).await[1].number.as_deref(), Some("DB-2026-0001"));
    keep(&town, "2026-10-09 08:00").await;
    assert_eq!(town.file(case).await.overdue_level, 2);
    keep(&town, "2026-10-09 09:00").await;
    keep(&town, "2026-10-09 10:00").await;
    assert_eq!(town.file(case).await.overdue_level, 3);
    let seen = town.view(case, Reader::Office).await;
    assert_eq!(seen.steps.iter().filter(|step| step.head == "提请领导包案").count(), 1);
    let leader = desk(&[(Part::Leader, "")]);
    let waiting = yishiting::cases::list::Filter { waiting: true, ..Default::default() };
    assert_eq!(yishiting::cases::list::inbox(&town.cases, &leader, &waiting).await.unwrap().1, 1);
    // Citizens hear of their case, not of what offices write to each other.
    assert!(!town.heads(case).await.iter().any(|head| head.contains("抄告") || head.contains("包案")));
    town.verifies().await;
}

#[tokio::test]
async fn a_unit_that_answers_or_handles_in_time_gets_no_second_paper() {
    for handled in [false, true] {
        let town = Town::open().await;
        let (case, notice) = late(&town).await;
        town.does(&propaganda(), case, Act::IssueNotice, on(notice.id)).await;
        if handled {
            town.does(&liaison("jsj"), case, Act::FirstReply, says("已派人查看。")).await;
            town.does(&liaison("jsj"), case, Act::Answer, answers("路灯已修好。")).await;
        } else {
            town.does(&liaison("jsj"), case, Act::ReplyPaper, replies(notice.id, "电缆被挖断，今天修复。"))
                .await;
            let again = replies(notice.id, "再答一次。");
            assert_eq!(town.refused(&liaison("jsj"), case, Act::ReplyPaper, again).await, "case_paper");
            let paper = papers(&town).await.remove(0);
            let reply = list::reply(&town.cases, &paper).await.unwrap();
            assert_eq!(reply.as_deref(), Some("电缆被挖断，今天修复。"));
        }
        assert_eq!(keep(&town, "2026-10-20 09:00").await.len(), 1);
        assert_eq!(town.file(case).await.overdue_level, 1);
        town.verifies().await;
    }
}

#[tokio::test]
async fn who_replied_in_time_or_waits_for_the_citizen_gets_no_paper() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let one = town.forwarded(chen, "jsj").await;
    let two = town.forwarded(chen, "jtj").await;
    town.at("2026-09-22 23:59");
    town.does(&liaison("jsj"), one.id, Act::FirstReply, says("已派人查看。")).await;
    town.does(&officer(Part::Moderator, ""), two.id, Act::AskInfo, says("哪一段？")).await;
    assert_eq!(keep(&town, "2026-09-23 09:00").await.len(), 0);
    town.at("2026-09-29 23:00");
    assert_eq!(keep(&town, "2026-09-30 08:59").await.len(), 0);
    // The outcome is missed, too.
    assert_eq!(keep(&town, "2026-09-30 09:00").await.len(), 1);
}

#[tokio::test]
async fn a_limit_that_was_met_late_is_missed_all_the_same_and_the_paper_says_so() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    town.at("2026-09-23 08:30");
    town.does(&liaison("jsj"), case.id, Act::FirstReply, says("已派人查看。")).await;
    let all = keep(&town, "2026-09-23 09:30").await;
    let shown = list::find(&town.cases, &desk(&[(Part::Propaganda, "")]), all[0].id).await.unwrap().unwrap();
    let said = shown.content.paragraphs().join("");
    assert!(said.contains("你单位于2026年9月23日才办理，已经超期"), "{said}");
}

#[tokio::test]
async fn numbers_rise_without_gaps_though_drafts_are_discarded_and_signed_at_once() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    for _ in 0..5 {
        town.forwarded(chen, "jsj").await;
    }
    let all = keep(&town, "2026-09-23 09:00").await;
    let press = desk(&[(Part::Propaganda, "")]);
    assert_eq!(issue::discard(&town.cases, &press, all[0].id, " ").await.unwrap_err().code(), "case_missing");
    issue::discard(&town.cases, &press, all[0].id, "系统故障期间，不予抄告。").await.unwrap();
    assert_eq!(
        issue::discard(&town.cases, &press, all[0].id, "再来").await.unwrap_err().code(),
        "case_paper"
    );
    let unit = desk(&[(Part::Liaison, "jsj")]);
    assert_eq!(
        issue::discard(&town.cases, &unit, all[1].id, "不服").await.unwrap_err().code(),
        "case_forbidden"
    );
    let propaganda = propaganda();
    let commands: Vec<_> = all.iter().map(|paper| on(paper.id)).collect();
    let signed = join_all(
        all.iter()
            .zip(&commands)
            .chain(all.iter().zip(&commands))
            .map(|(paper, command)| town.tries(&propaganda, paper.case_id, Act::IssueNotice, command)),
    )
    .await;
    assert_eq!(signed.iter().filter(|one| one.is_ok()).count(), 4);
    let mut numbers: Vec<_> = papers(&town).await.into_iter().filter_map(|paper| paper.number).collect();
    numbers.sort();
    assert_eq!(numbers, ["CG-2026-0001", "CG-2026-0002", "CG-2026-0003", "CG-2026-0004"]);
    // What was discarded does not come back.
    assert_eq!(keep(&town, "2026-09-23 10:00").await.len(), 5);
    town.verifies().await;
}

#[tokio::test]
async fn a_paper_of_another_case_cannot_be_signed_through_this_one() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (one, two) = (town.forwarded(chen, "jsj").await, town.forwarded(chen, "jsj").await);
    let all = keep(&town, "2026-09-23 09:00").await;
    let of_two = all.iter().find(|paper| paper.case_id == two.id).unwrap();
    assert_eq!(town.refused(&propaganda(), one.id, Act::IssueNotice, on(of_two.id)).await, "case_not_found");
    assert_eq!(
        town.refused(&propaganda(), one.id, Act::IssueNotice, on(Uuid::now_v7())).await,
        "case_not_found"
    );
    assert_eq!(
        town.refused(&propaganda(), one.id, Act::IssueNotice, Command::default()).await,
        "case_missing"
    );
}

#[tokio::test]
async fn who_is_named_in_the_case_neither_signs_nor_discards() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    filing.body = "窗口的林志强态度很差。".to_string();
    let case = town.try_file(filing).await.unwrap();
    let to = Command { unit: "jsj".to_string(), ..Command::default() };
    town.does(&officer(Part::Moderator, ""), case.id, Act::Forward, to).await;
    let paper = keep(&town, "2026-09-23 09:00").await.remove(0);
    let lin = desk(&[(Part::Propaganda, "")]);
    let actor = lin.actor(&town.file(case.id).await, Act::IssueNotice).unwrap();
    assert_eq!(town.refused(&actor, case.id, Act::IssueNotice, on(paper.id)).await, "case_concerned");
    let discarded = issue::discard(&town.cases, &lin, paper.id, "不必").await;
    assert_eq!(discarded.unwrap_err().code(), "case_concerned");
}

async fn sees(town: &Town, officer: &Officer) -> Vec<Shown> {
    list::list(&town.cases, officer, None, 0).await.unwrap().0
}

#[tokio::test]
async fn a_unit_learns_of_its_own_papers_when_they_are_signed_and_nobody_else_of_them() {
    let town = Town::open().await;
    let (case, notice) = late(&town).await;
    let (own, other) = (desk(&[(Part::Liaison, "jsj")]), desk(&[(Part::Liaison, "jtj")]));
    assert_eq!(sees(&town, &own).await.len(), 0);
    assert_eq!(sees(&town, &desk(&[(Part::Supervision, "")])).await.len(), 1);
    town.does(&propaganda(), case, Act::IssueNotice, on(notice.id)).await;
    assert_eq!(sees(&town, &own).await.len(), 1);
    assert_eq!(list::unanswered(&town.cases, &own).await.unwrap(), 1);
    for stranger in [other, desk(&[]), desk(&[(Part::Journalist, "")])] {
        assert_eq!(sees(&town, &stranger).await.len(), 0);
        assert!(list::find(&town.cases, &stranger, notice.id).await.unwrap().is_none());
        assert_eq!(assess::rows(&town.cases, &stranger, "2026", "").await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn what_was_signed_stays_and_its_digest_tells_when_it_was_altered() {
    let town = Town::open().await;
    let (case, notice) = late(&town).await;
    town.does(&propaganda(), case, Act::IssueNotice, on(notice.id)).await;
    let press = desk(&[(Part::Propaganda, "")]);
    let before = list::find(&town.cases, &press, notice.id).await.unwrap().unwrap();
    let (name, bytes) = file::make(&town.cases, &before, file::Form::Docx).await.unwrap();
    assert_eq!(name, "舆情抄告单-CG-2026-0001.docx");
    town.does(&liaison("jsj"), case, Act::FirstReply, says("已派人查看。")).await;
    let mut after = list::find(&town.cases, &press, notice.id).await.unwrap().unwrap();
    assert_eq!(file::make(&town.cases, &after, file::Form::Docx).await.unwrap().1, bytes);
    after.paper.content_sealed = notice.content_sealed;
    assert_eq!(file::make(&town.cases, &after, file::Form::Docx).await.unwrap_err().code(), "internal");
}

#[tokio::test]
async fn the_assessment_counts_signed_papers_and_a_revoked_one_no_more() {
    let town = Town::open().await;
    let (case, notice) = late(&town).await;
    let press = desk(&[(Part::Propaganda, "")]);
    let sums = async || {
        let rows = assess::rows(&town.cases, &press, "2026-09", "jsj").await.unwrap();
        assess::sums(&rows).into_values().next().unwrap_or_default()
    };
    assert_eq!(sums().await, assess::Sum::default(), "a draft is no row");
    town.does(&propaganda(), case, Act::IssueNotice, on(notice.id)).await;
    assert_eq!((sums().await.notices, sums().await.points), (1, 1));
    let why = replies(notice.id, "转办时间登记有误。");
    assert_eq!(town.refused(&liaison("jsj"), case, Act::RevokePaper, why.clone()).await, "case_forbidden");
    assert_eq!(town.refused(&supervision(), case, Act::RevokePaper, why.clone()).await, "case_forbidden");
    town.does(&propaganda(), case, Act::RevokePaper, why).await;
    let sum = sums().await;
    assert_eq!((sum.notices, sum.points, sum.revoked), (0, 0, 1));
    assert_eq!(town.file(case).await.overdue_level, 0);
    let rows = assess::rows(&town.cases, &press, "2026", "").await.unwrap();
    let csv = String::from_utf8(assess::csv(&town.cases, &rows).unwrap()).unwrap();
    assert!(csv.contains("2026-09,市住房和城乡建设局,舆情抄告单,CG-2026-0001,"), "{csv}");
    assert!(csv.contains("已撤销,转办时间登记有误。"), "{csv}");
    // Nothing is owed for it any more.
    assert_eq!(keep(&town, "2026-10-20 09:00").await.len(), 1);
    town.verifies().await;
}

#[tokio::test]
async fn the_keeper_runs_at_every_full_hour_and_once_after_a_standstill() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    town.forwarded(chen, "jsj").await;
    // The author is told first.
    town.app.run_jobs().await;
    keeper::plan(&town.cases).await.unwrap();
    keeper::plan(&town.cases).await.unwrap();
    assert_eq!(town.app.run_jobs().await, 1);
    for (wall, ran, drafts) in [
        ("2026-09-21 10:59", 0, 0),
        ("2026-09-21 11:00", 1, 0),
        // Down for two days, up again a minute before nine.
        ("2026-09-23 08:59", 1, 0),
        ("2026-09-23 09:00", 1, 1),
    ] {
        town.at(wall);
        assert_eq!(town.app.run_jobs().await, ran, "{wall}");
        assert_eq!(papers(&town).await.len(), drafts, "{wall}");
    }
}
