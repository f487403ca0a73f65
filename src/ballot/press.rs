//! One transaction for the presses of one round. Every statement is answered key by key, for while a round runs
//! PostgreSQL has no statistics of its rows.
//!
//! Of a secret round the transaction writes a receipt for each voter and adds to the counts; no row, log line or
//! answer holds person and choice together. All rows of the counts are written whichever changed, with one statement
//! whose shape depends on the paper only.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::live;
use super::lookup::marked;
use super::model::{State, ballot_receipt, ballot_round, ballot_tally, ballot_vote, read, written};
use super::paper::Paper;
use super::refusal::BallotRefusal;
use super::rules::{Presence, Press as Which, Rules};
use super::urn::{Outcome, Press, Waiting};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::meeting::attendance::presence::{self, Right, Standing};

/// How often one person may change their vote: each change leaves its id.
const CHANGES: usize = 50;

type Answer = Result<Outcome, BallotRefusal>;

/// Counts the group and answers each after the commit.
pub(super) async fn run(base: &Base, round: Uuid, group: Vec<Waiting>) {
    let (presses, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.press, one.answer)).unzip();
    let results = match commit(base, round, &presses).await {
        Ok((results, changed)) => {
            if let Some(meeting) = changed {
                let base = base.clone();
                base.tasks.clone().spawn(async move { live::announce(&base, meeting).await });
            }
            results
        }
        Err(error) => {
            tracing::error!(%round, %error, count = presses.len(), "votes not stored");
            presses.iter().map(|_| Err(error.clone())).collect()
        }
    };
    for (answer, result) in answers.into_iter().zip(results) {
        if answer.send(result).is_err() {
            tracing::debug!("whoever voted is gone; what was stored stands");
        }
    }
}

/// The answers, and the meeting if something was written.
async fn commit(
    base: &Base,
    id: Uuid,
    presses: &[Press],
) -> Result<(Vec<Answer>, Option<Uuid>), BallotRefusal> {
    let tx = base.db.write().await?;
    // Takes the round's lock and moves its version in one statement; where nothing is counted it is rolled back.
    let locked = ballot_round::Entity::update_many()
        .col_expr(ballot_round::Column::Version, Expr::col(ballot_round::Column::Version).add(1))
        .filter(ballot_round::Column::Id.eq(id))
        .exec_with_returning(&tx)
        .await?;
    let Some(round) = locked.into_iter().next() else {
        return Ok((presses.iter().map(|_| Err(BallotRefusal::NoRound)).collect(), None));
    };
    // Read under the lock: whoever is in front of the end is counted, nobody behind it.
    let now = base.clock.now();
    let known = Known::read(&tx, round, now, presses).await?;
    let mut ledger = Ledger::new(&known);
    let mut results = Vec::with_capacity(presses.len());
    for press in presses {
        results.push(ledger.judge(&known, press));
    }
    if !ledger.changed {
        return Ok((results, None));
    }
    ledger.write(&tx, &known).await?;
    tx.commit().await?;
    Ok((results, Some(known.round.meeting_id)))
}

/// What the transaction reads before it judges.
struct Known {
    round: ballot_round::Model,
    rules: Rules,
    paper: Paper,
    running: bool,
    now: Instant,
    rights: HashMap<Uuid, Right>,
    recused: HashSet<Uuid>,
    voted: HashSet<Uuid>,
    /// Of rounds where the last press counts.
    votes: HashMap<Uuid, ballot_vote::Model>,
}

impl Known {
    async fn read(
        tx: &DatabaseTransaction,
        round: ballot_round::Model,
        now: Instant,
        presses: &[Press],
    ) -> Result<Known, BallotRefusal> {
        let mut people: Vec<Uuid> = presses.iter().map(|press| press.person).collect();
        people.sort_unstable();
        people.dedup();
        let (rules, paper) = (round.rules()?, round.paper()?);
        let running = round.state() == State::Open && round.ends_at.is_none_or(|ends| now < ends);
        let marked = marked(tx, round.id, &people).await?;
        let voted: HashSet<Uuid> = marked.iter().filter(|it| it.receipt.is_some()).map(|it| it.id).collect();
        let mut votes = Vec::new();
        if rules.press == Which::Last && !voted.is_empty() {
            votes = ballot_vote::Entity::find()
                .filter(ballot_vote::Column::RoundId.eq(round.id))
                .filter(ballot_vote::Column::PersonId.is_in(people.iter().copied()))
                .all(tx)
                .await?;
        }
        let rights = match running {
            true => presence::rights_of(tx, round.meeting_id, &people).await?,
            false => HashMap::new(),
        };
        Ok(Known {
            rules,
            paper,
            running,
            now,
            rights,
            recused: marked.iter().filter(|it| it.recusal.is_some()).map(|it| it.id).collect(),
            voted,
            votes: votes.into_iter().map(|row| (row.person_id, row)).collect(),
            round,
        })
    }

    /// Whether this person may vote now.
    fn admits(&self, person: Uuid) -> Result<(), BallotRefusal> {
        let right = self.rights.get(&person).filter(|right| right.votes);
        let right = right.ok_or(BallotRefusal::NotEntitled)?;
        if self.recused.contains(&person) {
            return Err(BallotRefusal::Recused);
        }
        match right.standing {
            Standing::In => Ok(()),
            _ if self.rules.presence == Presence::Roster => Ok(()),
            Standing::Away => Err(BallotRefusal::Away),
            Standing::OnLeave => Err(BallotRefusal::OnLeave),
            Standing::Absent => Err(BallotRefusal::NotPresent),
        }
    }
}

/// What the transaction will write.
struct Ledger {
    changed: bool,
    voted: HashSet<Uuid>,
    /// With whether the row is new.
    votes: HashMap<Uuid, (ballot_vote::Model, bool)>,
    receipts: Vec<Uuid>,
    /// What is added to each count, by item and option.
    added: Vec<Vec<i64>>,
}

impl Ledger {
    fn new(known: &Known) -> Ledger {
        Ledger {
            changed: false,
            voted: known.voted.clone(),
            votes: known.votes.iter().map(|(person, row)| (*person, (row.clone(), false))).collect(),
            receipts: Vec::new(),
            added: vec![vec![0; known.rules.options.len()]; known.paper.items.len()],
        }
    }

    fn judge(&mut self, known: &Known, press: &Press) -> Answer {
        match known.round.state() {
            State::Draft | State::Ready | State::Withdrawn => return Err(BallotRefusal::NotOpen),
            State::Void => return Err(BallotRefusal::Void),
            State::Open | State::Closed | State::Confirmed | State::Published => {}
        }
        let last = known.rules.press == Which::Last;
        let voted = self.voted.contains(&press.person);
        // A repeat hears what the first heard, whatever became of the round since.
        if voted && !last {
            return Ok(Outcome::Already);
        }
        let done = |(row, _): &(ballot_vote::Model, bool)| row.op_ids.split(' ').any(|id| id == press.op_id);
        if self.votes.get(&press.person).is_some_and(done) {
            return Ok(Outcome::Replayed);
        }
        if !known.running {
            return Err(BallotRefusal::Closed);
        }
        known.admits(press.person)?;
        let marks = known.paper.marks(&known.rules, &press.choice)?;
        let outcome = if known.rules.secret { Outcome::Ok } else { self.keep(known, press, &marks)? };
        self.add(&marks, 1);
        if outcome == Outcome::Ok {
            self.voted.insert(press.person);
            self.receipts.push(press.person);
        }
        self.changed = true;
        Ok(outcome)
    }

    /// The row of a named vote, new or in place of an earlier one.
    fn keep(&mut self, known: &Known, press: &Press, marks: &[usize]) -> Answer {
        let marks = written(&marks)?;
        let Some((row, _)) = self.votes.get_mut(&press.person) else {
            let row = ballot_vote::Model {
                round_id: known.round.id,
                person_id: press.person,
                marks,
                op_ids: press.op_id.clone(),
                at: known.now,
            };
            self.votes.insert(press.person, (row, true));
            return Ok(Outcome::Ok);
        };
        if row.op_ids.split(' ').count() >= CHANGES {
            return Err(BallotRefusal::TooOften);
        }
        let before: Vec<usize> = read(&row.marks)?;
        row.marks = marks;
        row.op_ids = format!("{} {}", row.op_ids, press.op_id);
        row.at = known.now;
        self.add(&before, -1);
        Ok(Outcome::Replaced)
    }

    fn add(&mut self, marks: &[usize], count: i64) {
        for (item, option) in marks.iter().enumerate() {
            self.added[item][*option] += count;
        }
    }

    async fn write(mut self, tx: &DatabaseTransaction, known: &Known) -> Result<(), DbErr> {
        let round = known.round.id;
        if !self.receipts.is_empty() {
            // In no order of arrival.
            self.receipts.sort_unstable();
            let rows = self.receipts.iter().map(|person| {
                whole::<ballot_receipt::ActiveModel>(ballot_receipt::Model {
                    round_id: round,
                    person_id: *person,
                })
            });
            ballot_receipt::Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        let (new, changed): (Vec<_>, Vec<_>) = self
            .votes
            .into_values()
            .filter(|(row, new)| *new || known.votes.get(&row.person_id) != Some(row))
            .partition(|(_, new)| *new);
        if !new.is_empty() {
            let rows = new.into_iter().map(|(row, _)| whole::<ballot_vote::ActiveModel>(row));
            ballot_vote::Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        for (row, _) in changed {
            ballot_vote::Entity::update(whole::<ballot_vote::ActiveModel>(row)).exec(tx).await?;
        }
        add_to_counts(tx, round, &self.added).await
    }
}

/// Writes every count of the round, adding nothing where nothing came.
pub(super) async fn add_to_counts(
    tx: &DatabaseTransaction,
    round: Uuid,
    added: &[Vec<i64>],
) -> Result<(), DbErr> {
    use ballot_tally::Column;
    let mut case = CaseStatement::new();
    for (item, options) in added.iter().enumerate() {
        for (option, count) in options.iter().enumerate() {
            let of = Column::Item.eq(item as i32).and(Column::Option.eq(option as i32));
            case = case.case(of, Expr::value(*count));
        }
    }
    let added = case.finally(Expr::value(0_i64));
    ballot_tally::Entity::update_many()
        .col_expr(Column::Count, Expr::col(Column::Count).add(added))
        .filter(Column::RoundId.eq(round))
        .exec(tx)
        .await?;
    Ok(())
}
