//! A round counted by hand, when the system fails or the law asks for paper: the figures typed in, how they were
//! counted, and two witnesses. It is called 人工计票 wherever it is shown.

use std::collections::HashSet;

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::close::settle;
use super::count::{Count, Frozen, turnout};
use super::model::{
    ElectorStanding, Method, State, ballot_elector, ballot_round, ballot_tally, read, written,
};
use super::paper::Paper;
use super::recuse;
use super::refusal::BallotRefusal;
use super::round::{Act, hold};
use super::rules::{Base as Of, Role, Rules};
use super::verdict::{QuorumCheck, Turnout, judge};
use crate::base::Base;
use crate::base::db::whole;
use crate::meeting::attendance::presence::{self, Standing};

/// What was counted by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    pub method: Method,
    /// With the right to vote, and there.
    pub present: i64,
    /// Votes or papers that were collected.
    pub papers: i64,
    /// Of them not valid.
    pub invalid: i64,
    /// By item and option; of each item they add up to the valid papers.
    pub counts: Vec<Vec<i64>>,
    /// Names, two at least.
    pub witnesses: Vec<String>,
    pub note: String,
    /// Hash of an uploaded scan of the papers or the protocol.
    pub scan: Option<String>,
}

/// Characters of a witness's name and of a note at most.
const NAME: usize = 40;
const NOTE: usize = 500;

/// Enters the figures of a round that is ready. The same figures again change nothing.
pub async fn manual(
    base: &Base,
    id: Uuid,
    by_hand: Manual,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let by_hand = tidy(by_hand)?;
    let mut held = hold(base, id).await?;
    if held.round.by_hand()?.is_some_and(|known| known == by_hand) {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Ready)?;
    if held.meeting_over {
        return Err(BallotRefusal::MeetingOver);
    }
    let (rules, paper) = (held.round.rules()?, held.round.paper()?);
    let recused = recuse::of_round(&held.tx, id).await?;
    let electors: Vec<ballot_elector::Model> = presence::members(&held.tx, held.round.meeting_id)
        .await?
        .into_iter()
        .filter(|member| member.votes)
        .map(|member| {
            let standing = match member.standing {
                _ if recused.iter().any(|row| row.person_id == member.person) => ElectorStanding::Recused,
                Standing::In => ElectorStanding::There,
                Standing::Away => ElectorStanding::Away,
                Standing::OnLeave => ElectorStanding::OnLeave,
                Standing::Absent => ElectorStanding::Absent,
            };
            ballot_elector::Model {
                round_id: id,
                person_id: member.person,
                rank: member.rank,
                name: member.name,
                unit: member.unit,
                standing: standing.word().to_string(),
            }
        })
        .collect();
    let roster = turnout(&electors);
    if let Some(problem) = problem(&by_hand, &rules, &paper, &roster) {
        return Err(BallotRefusal::Invalid(problem));
    }
    // The figures of the room come from those who counted; only the roster is ours.
    let there = Turnout {
        voted: by_hand.papers,
        not_pressed: by_hand.present - by_hand.papers,
        absent: roster.entitled - roster.recused - by_hand.present,
        away: 0,
        on_leave: 0,
        ..roster
    };
    let quorum = rules
        .quorum
        .as_ref()
        .map(|quorum| QuorumCheck::of(quorum, by_hand.present, there.base(Of::All, &rules, 0)));
    let verdict = judge(&rules, &paper, &there, &by_hand.counts);
    let count = Count { turnout: there, verdict, invalid: by_hand.invalid, casting: None };
    for (item, options) in by_hand.counts.iter().enumerate() {
        let rows = options.iter().enumerate().map(|(option, count)| {
            let (item, option) = (item as i32, option as i32);
            whole::<ballot_tally::ActiveModel>(ballot_tally::Model {
                round_id: id,
                item,
                option,
                count: *count,
            })
        });
        ballot_tally::Entity::insert_many(rows).exec_without_returning(&held.tx).await?;
    }
    let now = base.clock.now();
    held.round.opened_at = Some(now);
    held.round.quorum_open = quorum.as_ref().map(written).transpose()?;
    held.round.manual = Some(written(&by_hand)?);
    settle(&mut held, Frozen { electors, quorum, count }, now, actor).await?;
    held.save(base, Act { actor, action: "ballot.manual", detail: by_hand.method.zh() }).await
}

fn tidy(mut by_hand: Manual) -> Result<Manual, BallotRefusal> {
    let clean = |text: &str, most| -> String {
        text.trim().chars().filter(|letter| !letter.is_control() || *letter == '\n').take(most).collect()
    };
    by_hand.witnesses =
        by_hand.witnesses.iter().map(|name| clean(name, NAME)).filter(|it| !it.is_empty()).collect();
    by_hand.note = clean(&by_hand.note, NOTE);
    let different: HashSet<&String> = by_hand.witnesses.iter().collect();
    if different.len() < 2 {
        return Err(BallotRefusal::WitnessesNeeded);
    }
    Ok(by_hand)
}

/// What is wrong with the figures, in Chinese.
fn problem(by_hand: &Manual, rules: &Rules, paper: &Paper, roster: &Turnout) -> Option<String> {
    let Manual { present, papers, invalid, counts, .. } = by_hand;
    let electors = roster.entitled - roster.recused;
    let valid = papers - invalid;
    let yes = |options: &Vec<i64>| rules.at(Role::Yes).and_then(|at| options.get(at)).copied().unwrap_or(0);
    let fits = counts.len() == paper.items.len()
        && counts.iter().all(|options| options.len() == rules.options.len());
    match () {
        () if roster.entitled == 0 => Some("名册里没有有表决权的成员".to_string()),
        () if !fits => Some("每一项的每个选项都要填写票数".to_string()),
        () if [present, papers, invalid].iter().any(|it| **it < 0)
            || counts.iter().flatten().any(|it| *it < 0) =>
        {
            Some("人数和票数不能是负数".to_string())
        }
        () if *present > electors => Some(format!("到会 {present} 人，多于有表决权的 {electors} 人")),
        () if papers > present => Some(format!("收回 {papers} 票，多于到会的 {present} 人")),
        () if invalid > papers => Some(format!("无效票 {invalid} 票，多于收回的 {papers} 票")),
        () if counts
            .iter()
            .any(|options| options.iter().try_fold(0_i64, |sum, it| sum.checked_add(*it)) != Some(valid)) =>
        {
            Some(format!("每一项各选项的票数相加应等于有效票 {valid} 票"))
        }
        () if paper.seats.is_some_and(|seats| counts.iter().map(yes).sum::<i64>() > seats * valid) => {
            Some("赞成票总数多于有效票数乘以应选人数".to_string())
        }
        () => None,
    }
}

impl ballot_round::Model {
    /// How it was counted by hand; `None`: by the system.
    pub fn by_hand(&self) -> Result<Option<Manual>, BallotRefusal> {
        self.manual.as_deref().map(read).transpose()
    }
}
