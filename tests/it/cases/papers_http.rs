//! The desk's pages of papers and of the working calendar: who gets in, what is refused, and what is downloaded.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::cases::access::{self, Seat};
use yishiting::cases::model::Part;
use yishiting::cases::paper::model::{PaperState, case_paper};
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use super::late::{keep, papers};
use super::years::NOTICE;
use crate::support::town::Town;
use crate::support::{ADMIN_PASSWORD, Answer, Client};

/// Somebody at the desk with these offices.
async fn sits(town: &Town, name: &str, role: Role, seats: &[(Part, &str)]) -> Client {
    let id = staff::add(&town.base, name, "王敏", role, ADMIN_PASSWORD, "test").await.unwrap();
    for (part, unit) in seats {
        let seat = Seat { part: *part, unit: (*unit).to_string() };
        access::appoint(&town.cases, id, &seat, true, "test").await.unwrap();
    }
    let opened = session::open(&town.base, Kind::Staff, id, "test").await.unwrap();
    town.app.browser().with_cookie("yst_desk", &opened.token)
}

/// A draft of 舆情抄告单 to the office of building, which missed its first reply.
async fn drafted(town: &Town) -> case_paper::Model {
    let chen = town.citizen("chen").await;
    town.forwarded(chen, "jsj").await;
    keep(town, "2026-09-23 09:00").await.remove(0)
}

/// Presses a button whose page they opened before; the token is their own.
async fn does(desk: &Client, paper: Uuid, act: &str, text: &str) -> Answer {
    let token = desk.get("/desk/cases/papers").await.hidden("csrf");
    desk.post(&format!("/desk/cases/papers/{paper}/{act}"), &[("csrf", &token), ("text", text)]).await
}

async fn state(town: &Town) -> (PaperState, Option<String>) {
    let paper = papers(town).await.remove(0);
    (paper.state(), paper.number)
}

#[tokio::test]
async fn a_draft_is_there_for_those_who_sign_and_only_the_right_one_signs_it_once() {
    let town = Town::open().await;
    let paper = drafted(&town).await.id;
    let path = format!("/desk/cases/papers/{paper}");
    let signer = sits(&town, "signer", Role::Viewer, &[(Part::Propaganda, "")]).await;
    let supervisor = sits(&town, "supervisor", Role::Viewer, &[(Part::Supervision, "")]).await;
    for (name, part, unit) in [
        ("moderator", Part::Moderator, ""),
        ("leader", Part::Leader, ""),
        ("liaison", Part::Liaison, "jsj"),
        ("head", Part::Head, "jsj"),
        ("other", Part::Liaison, "jtj"),
        ("journalist", Part::Journalist, ""),
    ] {
        let desk = sits(&town, name, Role::Viewer, &[(part, unit)]).await;
        assert!(!desk.get("/desk/cases/papers").await.text.contains(&path), "{name}");
        for place in [path.clone(), format!("{path}/paper.docx"), format!("{path}/paper.pdf")] {
            assert_eq!(desk.get(&place).await.status, StatusCode::NOT_FOUND, "{name} {place}");
        }
        assert_eq!(does(&desk, paper, "sign", "").await.status, StatusCode::NOT_FOUND, "{name}");
    }
    let nobody = sits(&town, "nobody", Role::Admin, &[]).await;
    assert_eq!(nobody.get(&path).await.status, StatusCode::NOT_FOUND, "without an office, whatever the role");
    assert_ne!(town.app.browser().get(&path).await.status, StatusCode::OK, "without an account");
    // Supervisors know of it, and sign another kind.
    assert_eq!(supervisor.get(&path).await.status, StatusCode::OK);
    assert_eq!(does(&supervisor, paper, "sign", "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(state(&town).await, (PaperState::Draft, None));

    assert!(signer.get("/desk/cases/papers").await.text.contains(&path));
    let unasked = signer.post(&format!("{path}/sign"), &[("csrf", "forged")]).await;
    assert_eq!(unasked.status, StatusCode::FORBIDDEN, "not by a form of somebody else's");
    let done = does(&signer, paper, "sign", "").await;
    assert_eq!(done.location(), Some(format!("{path}?done=sign")), "{}", done.text);
    let again = does(&signer, paper, "sign", "").await;
    assert!(again.status.is_client_error(), "{} {}", again.status, again.text);
    assert_eq!(state(&town).await, (PaperState::Signed, Some("CG-2026-0001".to_string())));
    assert_eq!(papers(&town).await.len(), 1);
}

#[tokio::test]
async fn a_signed_paper_is_answered_by_its_unit_read_by_few_and_revoked_with_a_reason() {
    let town = Town::open().await;
    let paper = drafted(&town).await.id;
    let path = format!("/desk/cases/papers/{paper}");
    let signer = sits(&town, "signer", Role::Viewer, &[(Part::Propaganda, "")]).await;
    let liaison = sits(&town, "liaison", Role::Viewer, &[(Part::Liaison, "jsj")]).await;
    let other = sits(&town, "other", Role::Viewer, &[(Part::Liaison, "jtj")]).await;
    assert_eq!(does(&signer, paper, "sign", "").await.status, StatusCode::SEE_OTHER);

    assert!(liaison.get(&path).await.text.contains("CG-2026-0001"));
    assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    for (desk, act, text, status) in [
        (&other, "reply", "不是我们的。", StatusCode::NOT_FOUND),
        (&liaison, "revoke", "请撤销。", StatusCode::FORBIDDEN),
        (&liaison, "sign", "", StatusCode::FORBIDDEN),
        (&signer, "reply", "我来答。", StatusCode::FORBIDDEN),
        (&signer, "burn", "", StatusCode::BAD_REQUEST),
        (&liaison, "reply", "", StatusCode::UNPROCESSABLE_ENTITY),
        (&signer, "revoke", "", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = does(desk, paper, act, text).await;
        assert_eq!(answer.status, status, "{act} {text}: {}", answer.text);
    }
    let huge = "答".repeat(4001);
    assert!(does(&liaison, paper, "reply", &huge).await.status.is_client_error());
    assert_eq!(does(&liaison, paper, "reply", "已派人处理。").await.status, StatusCode::SEE_OTHER);
    assert!(does(&liaison, paper, "reply", "又处理了。").await.status.is_client_error(), "once");
    assert!(signer.get(&path).await.text.contains("已派人处理。"));
    assert_eq!(does(&signer, paper, "revoke", "日期有误。").await.status, StatusCode::SEE_OTHER);
    assert!(does(&signer, paper, "revoke", "再撤一次。").await.status.is_client_error());
    assert_eq!(state(&town).await.0, PaperState::Revoked);
    town.verifies().await;
}

#[tokio::test]
async fn forged_numbers_of_papers_lead_nowhere() {
    let town = Town::open().await;
    drafted(&town).await;
    let signer = sits(&town, "signer", Role::Viewer, &[(Part::Propaganda, "")]).await;
    for id in [Uuid::now_v7().to_string(), Uuid::nil().to_string()] {
        assert_eq!(signer.get(&format!("/desk/cases/papers/{id}")).await.status, StatusCode::NOT_FOUND);
        let pdf = format!("/desk/cases/papers/{id}/paper.pdf");
        assert_eq!(signer.get(&pdf).await.status, StatusCode::NOT_FOUND);
        let acted = does(&signer, id.parse().unwrap(), "discard", "不需要。").await;
        assert_eq!(acted.status, StatusCode::NOT_FOUND, "{}", acted.text);
    }
    for id in ["1", "'%20or%201=1", "..%2f..%2fetc%2fpasswd", &"9".repeat(3000)] {
        let answer = signer.get(&format!("/desk/cases/papers/{id}")).await;
        assert!(answer.status.is_client_error(), "{id}: {}", answer.status);
    }
    assert_eq!(state(&town).await.0, PaperState::Draft);
}

#[tokio::test]
async fn papers_are_downloaded_as_word_and_pdf_and_the_assessment_as_a_table() {
    let town = Town::open().await;
    let paper = drafted(&town).await.id;
    let signer = sits(&town, "signer", Role::Viewer, &[(Part::Propaganda, "")]).await;
    let liaison = sits(&town, "liaison", Role::Viewer, &[(Part::Liaison, "jsj")]).await;
    let other = sits(&town, "other", Role::Viewer, &[(Part::Liaison, "jtj")]).await;
    does(&signer, paper, "sign", "").await;
    for desk in [&signer, &liaison] {
        let word = desk.bytes(&format!("/desk/cases/papers/{paper}/paper.docx")).await;
        assert!(word.starts_with(b"PK\x03\x04"));
        let pdf = desk.bytes(&format!("/desk/cases/papers/{paper}/paper.pdf")).await;
        assert!(pdf.starts_with(b"%PDF-"));
        let table = desk.get("/desk/cases/assessment.csv?period=2026-09").await.text;
        assert!(table.contains("CG-2026-0001") && table.contains("2026-09-23"), "{table}");
        assert!(!table.contains("138") && !table.contains("陈晓燕"), "{table}");
        let page = desk.get("/desk/cases/assessment?period=2026").await;
        assert!(page.text.contains("CG-2026-0001"), "{}", page.text);
    }
    for (desk, asked) in [(&other, "period=2026-09"), (&signer, "period=2026-08"), (&signer, "unit=jtj")] {
        let table = desk.get(&format!("/desk/cases/assessment.csv?{asked}")).await;
        assert_eq!(table.status, StatusCode::OK);
        assert!(!table.text.contains("CG-2026"), "{asked}: {}", table.text);
    }
    // What is no month is this year, and no question to the database.
    for wrong in ["x", "2026-9", "2026-09'--", "%25", ""] {
        let table = signer.get(&format!("/desk/cases/assessment.csv?period={wrong}")).await.text;
        assert!(table.contains("CG-2026-0001"), "{wrong}");
    }
}

async fn pastes(desk: &Client, act: &str, text: &str) -> Answer {
    let token = desk.get("/desk/cases/years").await.hidden("csrf");
    desk.post("/desk/cases/years", &[("csrf", &token), ("act", act), ("text", text)]).await
}

#[tokio::test]
async fn only_administrators_publish_a_year_and_a_malformed_notice_publishes_nothing() {
    let town = Town::open().await;
    let signer = sits(&town, "signer", Role::Viewer, &[(Part::Supervision, "")]).await;
    assert_eq!(signer.get("/desk/cases/years").await.status, StatusCode::FORBIDDEN);
    let token = signer.get("/desk/cases").await.hidden("csrf");
    let form = [("csrf", token.as_str()), ("act", "publish"), ("text", NOTICE)];
    assert_eq!(signer.post("/desk/cases/years", &form).await.status, StatusCode::FORBIDDEN);

    let admin = sits(&town, "chief", Role::Admin, &[]).await;
    let unasked = admin.post("/desk/cases/years", &[("act", "publish"), ("text", NOTICE)]).await;
    assert!(unasked.status.is_client_error(), "{}", unasked.status);
    // A weekday that is wrong, half of a notice, something else, nothing, and a great deal.
    let wrong_day = NOTICE.replace("1月1日（周五）", "1月1日（周四）");
    let half: String = NOTICE.chars().take(120).collect();
    let script = "<script>alert(1)</script>".to_string();
    for text in [wrong_day, half, script, String::new(), "放假。".repeat(3000)] {
        let start: String = text.chars().take(40).collect();
        let shown = pastes(&admin, "preview", &text).await;
        assert!(
            shown.status == StatusCode::OK || shown.status.is_client_error(),
            "{start}: {}",
            shown.status
        );
        assert!(!shown.text.contains("<script>alert"), "{start}");
        let refused = pastes(&admin, "publish", &text).await;
        assert!(refused.status.is_client_error(), "{start}: {}", refused.status);
        assert!(!town.cases.calendar().is_published(2027), "{start}");
    }
    let shown = pastes(&admin, "preview", NOTICE).await;
    assert!(shown.status == StatusCode::OK && shown.text.contains("2027"), "{}", shown.text);
    let done = pastes(&admin, "publish", NOTICE).await;
    assert_eq!(done.location().as_deref(), Some("/desk/cases/years?done=2027"), "{}", done.text);
    let page = admin.get("/desk/cases/years?done=2027").await;
    assert!(page.text.contains("chief") && page.text.contains("已公布 2027 年"), "{}", page.text);
}
