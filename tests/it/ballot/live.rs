//! What the pages of a meeting see while votes run, and what counting again finds.

use sea_orm::ConnectionTrait;
use uuid::Uuid;
use yishiting::ballot::board::Board;
use yishiting::ballot::mine::Part;
use yishiting::ballot::model::State;
use yishiting::ballot::prepare::Draft;
use yishiting::ballot::proof::Reports;
use yishiting::ballot::refusal::BallotRefusal;
use yishiting::ballot::result::Face;
use yishiting::ballot::rules::{Display, Effect, Press as Which, Quorum, Rules, When};
use yishiting::ballot::{confirm, publish, sheet, template, verify, visit};
use yishiting::web::Prover;

use crate::support::chamber::{Chamber, TWO_THIRDS, motion, refused, secret};

/// The first board of which `wanted` is true.
async fn board(chamber: &Chamber, wanted: impl Fn(&Board) -> bool) -> Board {
    let mut boards = chamber.ballots.live.watch(chamber.hall.id);
    let found = boards.wait_for(|board| board.as_deref().is_some_and(&wanted)).await.unwrap();
    found.as_deref().unwrap().clone()
}

fn voted(board: &Board, count: i64) -> bool {
    board.open.as_ref().is_some_and(|open| open.voted == count)
}

#[tokio::test]
async fn the_board_follows_a_vote_and_shows_each_what_they_may_see() {
    let chamber = Chamber::of(6).await;
    let quorum = Quorum { share: TWO_THIRDS, when: When::OpenAndClose, effect: Effect::Warn };
    let first = chamber.opened(Rules { quorum: Some(quorum), ..motion() }).await;
    chamber.all_vote(first, 0..2, "yes").await;
    let seen = board(&chamber, |board| voted(board, 2)).await;
    let (chair, hall) = (seen.seen_by(Face::Chair), seen.seen_by(Face::Hall));
    let waiting = chair.open.as_ref().unwrap().waiting.as_ref().unwrap();
    assert_eq!(
        waiting.iter().map(|name| name.name.as_str()).collect::<Vec<_>>(),
        ["代表2", "代表3", "代表4", "代表5"]
    );
    let open = hall.open.unwrap();
    assert_eq!((open.waiting, open.counts, open.expected), (None, None, 6));
    assert!(hall.rounds.is_empty() && hall.last.is_none());
    // Three leave: two more could vote, and there are too few.
    for member in 3..6 {
        chamber.steps(member, true).await;
    }
    let fewer = board(&chamber, |board| board.open.as_ref().is_some_and(|open| open.away == 3)).await;
    assert!(fewer.version > seen.version);
    let open = fewer.open.unwrap();
    assert_eq!((open.expected, open.quorum.unwrap().missing), (3, 1));
    chamber.close(first).await;
    let closed = board(&chamber, |board| board.open.is_none()).await;
    assert!(closed.version > fewer.version);
    let last = closed.seen_by(Face::Hall).last.unwrap();
    assert_eq!((last.sentence.as_str(), last.items[0].permille[0]), ("2 × 2 ≤ 6，未通过", 1000));
    assert!(closed.seen_by(Face::Public).last.is_none());
}

#[tokio::test]
async fn a_secret_round_shows_how_many_voted_and_nothing_else() {
    let chamber = Chamber::of(5).await;
    let id = chamber.opened(Rules { display: Display::AfterPublish, ..secret() }).await;
    chamber.all_vote(id, 0..3, "yes").await;
    let seen = board(&chamber, |board| voted(board, 3)).await;
    let open = seen.seen_by(Face::Chair).open.unwrap();
    assert_eq!((open.voted, open.waiting, open.counts), (3, None, None));
    assert_eq!(refused(sheet::sheet(&chamber.base, id).await), "round_state");
    chamber.close(id).await;
    let closed = board(&chamber, |board| board.open.is_none()).await;
    assert!(closed.seen_by(Face::Chair).last.is_some() && closed.seen_by(Face::Hall).last.is_none());
    confirm::confirm_at_desk(&chamber.base, id, "chen").await.unwrap();
    publish::publish(&chamber.base, id, "chen").await.unwrap();
    let published = board(&chamber, |board| board.rounds[0].state == State::Published).await;
    assert!(published.seen_by(Face::Hall).last.is_some() && published.seen_by(Face::Public).last.is_some());
}

#[tokio::test]
async fn an_opinion_shows_its_counts_while_it_runs() {
    let chamber = Chamber::of(4).await;
    let rules = Rules { display: Display::Immediate, pass: None, advisory: true, ..motion() };
    let id = chamber.opened(rules).await;
    chamber.all_vote(id, 0..3, "yes").await;
    let seen = board(&chamber, |board| voted(board, 3)).await;
    assert_eq!(seen.seen_by(Face::Hall).open.unwrap().counts, Some(vec![vec![3, 0, 0]]));
}

#[tokio::test]
async fn a_phone_finds_its_part_in_the_open_round() {
    let chamber = Chamber::of(4).await;
    let part = async |round: Uuid, member: usize| {
        let person = Some(chamber.people[member]);
        visit::visit(&chamber.base, chamber.hall.id, round, person).await.unwrap().part
    };
    let id = chamber.opened(Rules { press: Which::Last, ..motion() }).await;
    assert_eq!(part(id, 0).await, Part::Vote);
    assert_eq!(chamber.votes(id, 0, "no").await, "ok");
    assert_eq!(part(id, 0).await, Part::Voted(Some(vec![1])));
    chamber.steps(1, true).await;
    assert_eq!(part(id, 1).await, Part::Not(BallotRefusal::Away));
    chamber.close(id).await;
    let secret = chamber.opened(secret()).await;
    assert_eq!(chamber.votes(secret, 0, "yes").await, "ok");
    assert_eq!(part(secret, 0).await, Part::Voted(None));
    assert_eq!(part(secret, 1).await, Part::Not(BallotRefusal::Away));
    chamber.close(secret).await;
    assert_eq!(part(secret, 2).await, Part::Not(BallotRefusal::Closed));
}

#[tokio::test]
async fn counting_again_finds_whatever_somebody_wrote_into_the_database() {
    let chamber = Chamber::of(5).await;
    let base = &chamber.base;
    let id = chamber.opened(motion()).await;
    chamber.all_vote(id, 0..4, "yes").await;
    chamber.close(id).await;
    confirm::confirm_at_desk(base, id, "chen").await.unwrap();
    publish::publish(base, id, "chen").await.unwrap();
    let clean = verify::verify(base).await.unwrap();
    assert_eq!((clean.rounds, clean.votes, clean.differences), (1, 4, Vec::new()));
    for (forgery, undo) in [
        (
            "UPDATE ballot_tally SET count = count + 1 WHERE option = 1",
            "UPDATE ballot_tally SET count = count - 1 WHERE option = 1",
        ),
        (
            "UPDATE ballot_elector SET standing = 'absent' WHERE rank = (SELECT MAX(rank) FROM ballot_elector)",
            "UPDATE ballot_elector SET standing = 'not_pressed' WHERE standing = 'absent'",
        ),
        ("UPDATE ballot_vote SET marks = '[1]'", "UPDATE ballot_vote SET marks = '[0]'"),
        (
            "UPDATE ballot_round SET question = question || '！'",
            "UPDATE ballot_round SET question = REPLACE(question, '！', '')",
        ),
        (
            "UPDATE ballot_round SET result = REPLACE(result, 'failed', 'passed') || ' '",
            "UPDATE ballot_round SET result = TRIM(result)",
        ),
        ("UPDATE ballot_revision SET reason = '改'", "UPDATE ballot_revision SET reason = ''"),
    ] {
        let write = async |sql: &str| {
            let tx = base.db.write().await.unwrap();
            assert!(tx.execute_unprepared(sql).await.unwrap().rows_affected() > 0, "{sql}");
            tx.commit().await.unwrap();
        };
        write(forgery).await;
        assert!(!verify::verify(base).await.unwrap().differences.is_empty(), "{forgery}");
        write(undo).await;
        assert_eq!(verify::verify(base).await.unwrap().differences, Vec::<String>::new(), "{undo}");
    }
}

#[tokio::test]
async fn a_report_is_known_by_its_digest_and_by_its_bytes() {
    let chamber = Chamber::of(3).await;
    let base = &chamber.base;
    let id = chamber.opened(motion()).await;
    chamber.all_vote(id, 0..3, "yes").await;
    chamber.close(id).await;
    confirm::confirm_at_desk(base, id, "chen").await.unwrap();
    publish::publish(base, id, "chen").await.unwrap();
    let made = sheet::sheet(base, id).await.unwrap();
    assert!(made.electors.iter().all(|elector| elector.marks == Some(vec![0])));
    let first = made.revisions[0].clone();
    sheet::filed(base, first.id, "ab12", "pdf").await.unwrap();
    sheet::filed(base, first.id, "ab12", "pdf").await.unwrap();
    let known = Reports.of_digest(base, &first.digest).await.unwrap().unwrap();
    assert_eq!((known.number, known.superseded), (1, false));
    assert!(known.title.ends_with("第 1 项表决"));
    assert_eq!(Reports.of_file(base, "ab12").await.unwrap(), Some(known));
    publish::revise(base, id, "更正文字", "chen").await.unwrap();
    assert!(Reports.of_file(base, "ab12").await.unwrap().unwrap().superseded);
    assert_eq!(Reports.of_digest(base, "0000").await.unwrap(), None);
}

#[tokio::test]
async fn templates_are_there_from_the_start_and_a_change_is_a_new_version() {
    let chamber = Chamber::of(3).await;
    let base = &chamber.base;
    let all = template::list(base).await.unwrap();
    assert!(all.iter().any(|row| row.key == "congress_election") && all.iter().all(|row| row.version == 1));
    let mut cadre = template::of(all.iter().find(|row| row.key == "party_committee_cadre").unwrap()).unwrap();
    assert_eq!(template::save(base, &cadre, "chen").await.unwrap().version, 1);
    cadre.rules.scrutineers = 3;
    assert_eq!(template::save(base, &cadre, "chen").await.unwrap().version, 2);
    // What the program ships does not come back over it.
    template::ship(base, &template::load(&base.config).unwrap()).await.unwrap();
    assert_eq!(template::newest(base.db.read(), &cadre.key).await.unwrap().unwrap().version, 2);
    cadre.rules.press = Which::Last;
    assert_eq!(refused(template::save(base, &cadre, "chen").await), "ballot_invalid");
    // A round keeps the rules that it was made by.
    let draft = Draft { template: cadre.key.clone(), ..chamber.draft(motion()).await };
    let id = chamber.ready_of(draft).await;
    cadre.rules.press = Which::First;
    cadre.rules.scrutineers = 4;
    template::save(base, &cadre, "chen").await.unwrap();
    let round = chamber.round(id).await;
    assert_eq!((round.template_version, round.rules().unwrap().scrutineers), (2, 3));
    let unknown = Draft { template: "nothing".to_string(), ..chamber.draft(motion()).await };
    let made =
        yishiting::ballot::prepare::prepare(base, chamber.hall.id, Uuid::now_v7(), unknown, "chen").await;
    assert_eq!(refused(made), "template_not_found");
}
