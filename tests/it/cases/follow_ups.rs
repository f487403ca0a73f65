//! 记者追踪：the unit's right of reply, who makes it public, and that nothing is public before.

use reqwest::StatusCode;
use sea_orm::EntityTrait;
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::cases::access::Officer;
use yishiting::cases::act::Act;
use yishiting::cases::follow_up::model::{FollowUpState, case_follow_up};
use yishiting::cases::follow_up::{self, Step, list};
use yishiting::cases::model::Part;
use yishiting::cases::submit::Submitted;
use yishiting::cases::write::WriteError;

use super::pages::officer;
use crate::support::TestApp;
use crate::support::town::{Town, desk, moderator, public, says};

const NOTE: &str = "记者回到万松路，11 盏路灯已亮。";

/// A desk account of its own name.
fn named(username: &str, seats: &[(Part, &str)]) -> Officer {
    Officer { username: username.to_string(), ..desk(seats) }
}

async fn shown(town: &Town) -> Submitted {
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    case
}

async fn does(town: &Town, who: &Officer, id: Uuid, seen: i64, step: Step) -> &'static str {
    follow_up::act(&town.cases, who, (id, seen), step).await.err().map_or("done", |error| error.code())
}

fn code<T>(outcome: Result<T, WriteError>) -> &'static str {
    outcome.err().map_or("done", |error| error.code())
}

async fn row(town: &Town, id: Uuid) -> case_follow_up::Model {
    case_follow_up::Entity::find_by_id(id).one(town.cases.store.db.read()).await.unwrap().unwrap()
}

fn both() -> Step {
    Step::Publish { note: NOTE.to_string(), reply: "已建立巡查。".to_string() }
}

#[tokio::test]
async fn note_and_reply_become_public_together_and_not_before() {
    let town = Town::open().await;
    let case = shown(&town).await;
    let (ma, unit) = (named("ma", &[(Part::Journalist, "")]), named("wang", &[(Part::Liaison, "jsj")]));
    let office = named("lin", &[(Part::Propaganda, "")]);
    let id = follow_up::draft(&town.cases, &ma, case.public_no, NOTE).await.unwrap();
    assert_eq!(follow_up::draft(&town.cases, &ma, case.public_no, NOTE).await.unwrap(), id);
    assert_eq!(code(follow_up::draft(&town.cases, &ma, case.public_no, "别的").await), "case_once");
    // A draft is its author's alone.
    for other in [&unit, &office, &named("li", &[(Part::Journalist, "")])] {
        assert_eq!(list::list(&town.cases, other, None).await.unwrap(), []);
        assert_eq!(does(&town, other, id, 1, Step::Send).await, "case_not_found");
    }
    assert_eq!(does(&town, &ma, id, 1, Step::Edit(format!("{NOTE}再看。"))).await, "done");
    assert_eq!(does(&town, &ma, id, 1, Step::Send).await, "case_stale");
    assert_eq!(does(&town, &ma, id, 2, Step::Send).await, "done");
    assert_eq!(does(&town, &ma, id, 2, Step::Send).await, "done", "a second press");
    assert_eq!(list::waiting(&town.cases, &unit).await.unwrap(), 1);
    assert_eq!(list::waiting(&town.cases, &office).await.unwrap(), 0);
    assert_eq!(does(&town, &office, id, 3, both()).await, "case_early");
    assert_eq!(does(&town, &unit, id, 3, Step::Reply("已建立巡查。".to_string())).await, "done");
    assert_eq!(list::waiting(&town.cases, &office).await.unwrap(), 1);
    let file = town.file(case.id).await;
    assert_eq!(list::public(&town.cases, &file).await.unwrap(), []);
    let half = Step::Publish { note: NOTE.to_string(), reply: " ".to_string() };
    assert_eq!(does(&town, &office, id, 4, half).await, "case_missing", "a reply is not left out");
    assert_eq!(does(&town, &office, id, 4, both()).await, "done");
    let told = list::public(&town.cases, &file).await.unwrap();
    assert_eq!(
        (told[0].note.as_slice(), told[0].reply.as_slice()),
        (&[NOTE.to_string()][..], &["已建立巡查。".to_string()][..])
    );
    // Taken back, its words are gone from what is open.
    assert_eq!(does(&town, &office, id, 5, Step::Unpublish("事实有误".to_string())).await, "done");
    assert_eq!(row(&town, id).await.public_note, "");
    assert_eq!(list::public(&town.cases, &file).await.unwrap(), []);
}

#[tokio::test]
async fn a_unit_that_lets_its_time_go_by_does_not_stop_it() {
    let town = Town::open().await;
    let case = shown(&town).await;
    let (ma, office) = (named("ma", &[(Part::Journalist, "")]), named("lin", &[(Part::Moderator, "")]));
    let id = follow_up::draft(&town.cases, &ma, case.public_no, NOTE).await.unwrap();
    assert_eq!(does(&town, &ma, id, 1, Step::Send).await, "done");
    // Two working days from Monday.
    town.at("2026-09-23 23:59");
    assert_eq!(does(&town, &office, id, 2, both()).await, "case_early");
    town.at("2026-09-24 00:00");
    assert_eq!(list::waiting(&town.cases, &office).await.unwrap(), 1);
    assert_eq!(does(&town, &office, id, 2, both()).await, "done");
    let told = list::public(&town.cases, &town.file(case.id).await).await.unwrap();
    assert!(told[0].reply.is_empty(), "what nobody said is not put into their mouth");
    // With its case it leaves the public.
    town.does(&moderator(), case.id, Act::Unpublish, says("本人申请。")).await;
    assert_eq!(list::public(&town.cases, &town.file(case.id).await).await.unwrap(), []);
}

#[tokio::test]
async fn everybody_does_their_own_part_and_no_other() {
    let town = Town::open().await;
    let case = shown(&town).await;
    let chen = town.citizen("chen").await;
    let hidden = town.answered(chen, "jsj").await;
    let ma = named("ma", &[(Part::Journalist, ""), (Part::Moderator, "")]);
    for other in [desk(&[]), desk(&[(Part::Moderator, "")]), desk(&[(Part::Liaison, "jsj")])] {
        let refused = follow_up::draft(&town.cases, &other, case.public_no, NOTE).await;
        assert_eq!(code(refused), "case_forbidden");
    }
    assert_eq!(code(follow_up::draft(&town.cases, &ma, hidden.public_no, NOTE).await), "case_not_found");
    assert_eq!(code(follow_up::draft(&town.cases, &ma, case.public_no, " ").await), "case_missing");
    let huge = "字".repeat(4001);
    assert_eq!(code(follow_up::draft(&town.cases, &ma, case.public_no, &huge).await), "case_too_long");
    let id = follow_up::draft(&town.cases, &ma, case.public_no, NOTE).await.unwrap();
    assert_eq!(does(&town, &ma, id, 1, Step::Send).await, "done");
    let (unit, wrong) = (named("wang", &[(Part::Liaison, "jsj")]), named("zhao", &[(Part::Liaison, "jtj")]));
    let reply = || Step::Reply("已修。".to_string());
    assert_eq!(does(&town, &wrong, id, 2, reply()).await, "case_not_found");
    assert_eq!(does(&town, &named("sun", &[(Part::Moderator, "")]), id, 2, reply()).await, "case_forbidden");
    assert_eq!(does(&town, &unit, id, 2, Step::Withdraw).await, "case_forbidden");
    assert_eq!(does(&town, &unit, id, 2, Step::Decline("不实".to_string())).await, "case_forbidden");
    assert_eq!(does(&town, &unit, id, 2, reply()).await, "done");
    assert_eq!(does(&town, &unit, id, 2, Step::Reply("改口。".to_string())).await, "done", "once is enough");
    assert_eq!(does(&town, &unit, id, 3, reply()).await, "case_stale");
    // Whoever wrote it does not make it public themselves.
    assert_eq!(does(&town, &ma, id, 3, both()).await, "case_forbidden");
    let office = named("lin", &[(Part::Propaganda, "")]);
    assert_eq!(does(&town, &office, id, 3, Step::Decline("事实不清".to_string())).await, "done");
    assert_eq!(row(&town, id).await.state(), FollowUpState::Declined);
    assert_eq!(does(&town, &office, id, 4, both()).await, "case_stale");
    assert_eq!(does(&town, &office, Uuid::now_v7(), 1, both()).await, "case_not_found");
    // The next one may be written now; whoever is named in the case may not.
    let named_in_it = Officer { name: "万松路".to_string(), ..ma.clone() };
    assert_eq!(
        code(follow_up::draft(&town.cases, &named_in_it, case.public_no, NOTE).await),
        "case_concerned"
    );
    follow_up::draft(&town.cases, &ma, case.public_no, NOTE).await.unwrap();
}

#[tokio::test]
async fn the_pages_lead_from_the_note_to_the_public_case() {
    let town = Town::over(TestApp::spawn().await).await;
    let case = shown(&town).await;
    let ma = officer(&town.app, "ma", Part::Journalist, "").await;
    let page = ma.get(&format!("/desk/cases/{}", case.public_no)).await;
    assert!(page.text.contains("写追踪"), "{}", page.text);
    let list = ma.get(&format!("/desk/cases/follow-ups?number={}", case.public_no)).await;
    let (csrf, number) = (list.hidden("csrf"), case.public_no.to_string());
    let note = "<b>11 盏</b>路灯已亮。";
    let fields = [("csrf", csrf.as_str()), ("number", &number), ("text", note)];
    let made = ma.post("/desk/cases/follow-ups", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let id = list::list(&town.cases, &named("ma", &[(Part::Journalist, "")]), None).await.unwrap()[0].0.id;
    let at = format!("/desk/cases/follow-ups/{id}");
    assert!(ma.get(&at).await.text.contains("送承办单位回应"));
    let send = [("csrf", csrf.as_str()), ("version", "1")];
    assert_eq!(ma.post(&format!("{at}/send"), &send).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ma.post(&format!("{at}/fly"), &send).await.status, StatusCode::BAD_REQUEST);
    let stranger = officer(&town.app, "zhao", Part::Liaison, "jtj").await;
    assert_eq!(stranger.get(&at).await.status, StatusCode::NOT_FOUND);
    let unit = officer(&town.app, "wang", Part::Liaison, "jsj").await;
    assert!(unit.get("/desk/cases").await.text.contains("记者追踪等您回应"));
    let csrf = unit.get(&at).await.hidden("csrf");
    let reply = [("csrf", csrf.as_str()), ("version", "2"), ("text", "已建立巡查。")];
    assert_eq!(unit.post(&format!("{at}/reply"), &reply).await.status, StatusCode::SEE_OTHER);
    let reader = town.app.browser();
    let href = format!("/cases/{}", case.public_no);
    assert!(!reader.get(&href).await.text.contains("记者追踪"));
    let office = officer(&town.app, "lin", Part::Moderator, "").await;
    let form = office.get(&at).await;
    let csrf = form.hidden("csrf");
    let publish = [("csrf", csrf.as_str()), ("version", "3"), ("text", note), ("reply", "已建立巡查。")];
    assert_eq!(office.post(&format!("{at}/publish"), &publish).await.status, StatusCode::SEE_OTHER);
    let told = reader.get(&href).await;
    assert!(told.text.contains("记者追踪") && told.text.contains("已建立巡查。"), "{}", told.text);
    assert!(!told.text.contains("<b>11"), "a script in a note is text");
}
