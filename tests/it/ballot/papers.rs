//! Papers on phones that are less common: of somebody on leave, and of a rating (民主测评).

use reqwest::StatusCode;
use yishiting::ballot::model::ElectorStanding;
use yishiting::ballot::open;
use yishiting::ballot::prepare::Draft;
use yishiting::ballot::rules::{Kind, OptionRule, Role, Rules};
use yishiting::ballot::verdict::Outcome;
use yishiting::meeting::leave;

use super::phone::{is_refused, phone};
use crate::support::chamber::{Chamber, motion, secret};

#[tokio::test]
async fn whoever_has_leave_reads_that_they_cannot_vote_and_can_once_they_come() {
    for rules in [motion(), secret()] {
        let chamber = Chamber::empty(6).await;
        chamber.come(&[0, 1, 2, 3]).await;
        for member in [4, 5] {
            let person = chamber.people[member];
            leave::enter(&chamber.base, chamber.hall.id, person, "住院手术", "chen").await.unwrap();
        }
        let id = chamber.opened(rules).await;
        let (path, me) = (chamber.path(id).await, phone(&chamber, 4).await);
        let paper = me.opens(&path).await;
        assert_eq!(paper.status, StatusCode::OK);
        assert!(paper.text.contains("您现在不能表决") && paper.text.contains("请假"), "{}", paper.text);
        assert!(!paper.text.contains("<form") && !paper.text.contains("住院"), "{}", paper.text);
        is_refused(&me.votes(&path, &[("m1", "0")]).await, StatusCode::FORBIDDEN, "请假");
        assert_eq!(chamber.papers(id).await, 0);

        // Leave rests when its owner comes all the same.
        chamber.come(&[4]).await;
        assert!(me.opens(&path).await.text.contains("<form"));
        let voted = me.votes(&path, &[("m1", "0")]).await;
        assert!(voted.status == StatusCode::OK && voted.text.contains("已表决"), "{}", voted.text);
        let count = chamber.counted(id).await;
        assert_eq!((count.turnout.voted, count.turnout.on_leave), (1, 1));
        assert_eq!(chamber.standing(id, 5).await, ElectorStanding::OnLeave);
    }
}

/// Two subjects, three grades and 不了解.
fn rating(secret_round: bool) -> Rules {
    let option = |(key, label, role): (&str, &str, Role)| OptionRule {
        key: key.to_string(),
        label: label.to_string(),
        role,
    };
    let grades = [
        ("good", "优秀", Role::Grade),
        ("fair", "称职", Role::Grade),
        ("poor", "不称职", Role::Grade),
        ("unknown", "不了解", Role::Abstain),
    ];
    let options = grades.map(option).to_vec();
    Rules { kind: Kind::Rating, options, pass: None, secret: secret_round, ..secret() }
}

#[tokio::test]
async fn a_rating_is_one_paper_with_a_grade_for_everybody_on_it_and_is_sent_once() {
    for secret_round in [true, false] {
        let chamber = Chamber::of(4).await;
        let items = [("江一帆", "局长"), ("林建华", "副局长")];
        let items = items.map(|(name, post)| (name.to_string(), post.to_string())).to_vec();
        let draft = Draft { items, ..chamber.draft(rating(secret_round)).await };
        let id = chamber.ready_of(draft).await;
        open::open(&chamber.base, id, "chen").await.unwrap();
        let (path, me) = (chamber.path(id).await, phone(&chamber, 0).await);

        let paper = me.opens(&path).await.text;
        for part in ["江一帆", "局长", "林建华", "副局长", "优秀", "称职", "不称职", "不了解", "提交测评"]
        {
            assert!(paper.contains(part), "{part} in {paper}");
        }
        assert_eq!(paper.matches("type=\"radio\"").count(), 8, "{paper}");
        assert!(paper.contains("确认提交？") && !paper.contains("checked"), "nothing is chosen for anybody");

        let incomplete = me.votes(&path, &[("m1", "0")]).await;
        is_refused(&incomplete, StatusCode::UNPROCESSABLE_ENTITY, "没选的项目");
        for wrong in [
            &[("m1", "0"), ("m2", "4")][..],
            &[("m1", "0"), ("m2", "-1")],
            &[("m1", "0"), ("m2", "优秀")],
            &[("m1", "0"), ("m2", "")],
            &[("m1", "0"), ("m2", "1"), ("m3", "1")],
            &[("m1", "0"), ("m2", "1"), ("m2", "2")],
        ] {
            is_refused(&me.votes(&path, wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "没有计入");
        }
        assert_eq!(chamber.papers(id).await, 0);

        let sent = me.votes(&path, &[("m1", "0"), ("m2", "2")]).await;
        assert!(sent.status == StatusCode::OK && sent.text.contains("您的一票已计入"), "{}", sent.text);
        let again = me.votes(&path, &[("m1", "1"), ("m2", "1")]).await;
        assert!(again.status == StatusCode::OK && again.text.contains("以第一次为准"), "{}", again.text);
        let seen = me.opens(&path).await.text;
        assert!(seen.contains("已表决") && !seen.contains("<form") && !seen.contains("不称职"), "{seen}");

        let count = chamber.counted(id).await;
        assert_eq!(count.verdict.outcome, Outcome::Recorded);
        let counts: Vec<_> = count.verdict.items.iter().map(|item| item.counts.clone()).collect();
        assert_eq!(counts, [[1, 0, 0, 0], [0, 0, 1, 0]]);
        let result = me.opens(&path).await.text;
        assert!(result.contains("江一帆") && result.contains("优秀"), "{result}");
    }
}
