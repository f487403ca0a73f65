//! One transaction for the answers of one poll: it writes that people answered and adds to the counts. Of an anonymous
//! poll no row, log line or reply holds person and option together, and all counts are written whichever changed.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::answer::{Answer, Outcome, Waiting};
use super::live;
use super::model::{State, poll, poll_answer, poll_count, poll_receipt, read, written};
use super::refusal::PollRefusal;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::meeting::attendance::presence::{self, Guest};

type Result<T> = std::result::Result<T, PollRefusal>;

/// Counts the group and answers each after the commit.
pub(super) async fn run(base: &Base, (meeting, poll): (Uuid, Uuid), group: Vec<Waiting>) {
    let (answers, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.answer, one.reply)).unzip();
    let outcomes = match commit(base, (meeting, poll), &answers).await {
        Ok((outcomes, changed)) => {
            if changed {
                live::announce(base, meeting).await;
            }
            outcomes
        }
        Err(error) => answers.iter().map(|_| Err(error.clone())).collect(),
    };
    for (reply, outcome) in replies.into_iter().zip(outcomes) {
        if reply.send(outcome).is_err() {
            tracing::debug!("whoever answered is gone; what was stored stands");
        }
    }
}

/// The outcomes, and whether something was written.
async fn commit(
    base: &Base,
    (meeting, poll): (Uuid, Uuid),
    answers: &[Answer],
) -> Result<(Vec<Result<Outcome>>, bool)> {
    let tx = base.db.write().await?;
    // Takes the poll's lock and moves its version in one statement; where nothing is counted it is rolled back.
    let locked = poll::Entity::update_many()
        .col_expr(poll::Column::Version, Expr::col(poll::Column::Version).add(1))
        .filter(poll::Column::Id.eq(poll))
        .filter(poll::Column::MeetingId.eq(meeting))
        .exec_with_returning(&tx)
        .await?;
    let row = locked.into_iter().next().filter(|row| row.state() != State::Removed);
    let mut ledger = Ledger::read(&tx, row.ok_or(PollRefusal::NoPoll)?, answers).await?;
    let outcomes: Vec<_> = answers.iter().map(|answer| ledger.judge(answer)).collect();
    let changed = outcomes.iter().any(|outcome| matches!(outcome, Ok(Outcome::Ok | Outcome::Replaced)));
    if changed {
        ledger.write(&tx, base.clock.now()).await?;
        tx.commit().await?;
    }
    Ok((outcomes, changed))
}

/// What the transaction knows, and what it will write.
struct Ledger {
    row: poll::Model,
    options: usize,
    guests: HashMap<Uuid, Guest>,
    answered: HashSet<Uuid>,
    /// Of a named poll: what each chose, as it will be.
    chosen: HashMap<Uuid, BTreeSet<usize>>,
    /// Those among them who have a row.
    known: HashSet<Uuid>,
    touched: HashSet<Uuid>,
    receipts: Vec<Uuid>,
    /// What is added to each count.
    added: Vec<i64>,
}

impl Ledger {
    async fn read(tx: &DatabaseTransaction, row: poll::Model, answers: &[Answer]) -> Result<Ledger> {
        let people: BTreeSet<Uuid> = answers.iter().map(|answer| answer.person).collect();
        let people: Vec<Uuid> = people.into_iter().collect();
        let receipts = poll_receipt::Entity::find()
            .filter(poll_receipt::Column::PollId.eq(row.id))
            .filter(poll_receipt::Column::PersonId.is_in(people.iter().copied()))
            .all(tx)
            .await?;
        let mut chosen = HashMap::new();
        if row.named && !receipts.is_empty() {
            let rows = poll_answer::Entity::find()
                .filter(poll_answer::Column::PollId.eq(row.id))
                .filter(poll_answer::Column::PersonId.is_in(people.iter().copied()))
                .all(tx)
                .await?;
            for one in rows {
                chosen.insert(one.person_id, read::<BTreeSet<usize>>(&one.chosen)?);
            }
        }
        let options = row.labels()?.len();
        Ok(Ledger {
            guests: presence::guests(tx, row.meeting_id, &people).await?,
            answered: receipts.into_iter().map(|receipt| receipt.person_id).collect(),
            known: chosen.keys().copied().collect(),
            touched: HashSet::new(),
            receipts: Vec::new(),
            added: vec![0; options],
            chosen,
            options,
            row,
        })
    }

    fn judge(&mut self, answer: &Answer) -> Result<Outcome> {
        let before = self.answered.contains(&answer.person);
        if before && !self.row.named {
            // A repeat hears what the first heard, whatever became of the poll since.
            return Ok(Outcome::Already);
        }
        match self.row.state() {
            State::Open => {}
            State::Draft => return Err(PollRefusal::NotOpen),
            State::Closed | State::Removed => return Err(PollRefusal::Closed),
        }
        let guest = self.guests.get(&answer.person).ok_or(PollRefusal::NotSignedIn)?;
        if guest.away {
            return Err(PollRefusal::Away);
        }
        let chosen = choice(&self.row, self.options, &answer.chosen)?;
        if self.row.named {
            let known = self.chosen.insert(answer.person, chosen.clone()).unwrap_or_default();
            if known == chosen {
                return Ok(Outcome::Already);
            }
            self.touched.insert(answer.person);
            self.add(&known, -1);
        }
        self.add(&chosen, 1);
        if before {
            return Ok(Outcome::Replaced);
        }
        self.answered.insert(answer.person);
        self.receipts.push(answer.person);
        Ok(Outcome::Ok)
    }

    fn add(&mut self, chosen: &BTreeSet<usize>, count: i64) {
        for option in chosen {
            if let Some(added) = self.added.get_mut(*option) {
                *added += count;
            }
        }
    }

    async fn write(mut self, tx: &DatabaseTransaction, now: Instant) -> Result<()> {
        if !self.receipts.is_empty() {
            // In no order of arrival.
            self.receipts.sort_unstable();
            let rows = self.receipts.iter().map(|person| {
                whole::<poll_receipt::ActiveModel>(poll_receipt::Model {
                    poll_id: self.row.id,
                    person_id: *person,
                })
            });
            poll_receipt::Entity::insert_many(rows).exec_without_returning(tx).await?;
            let more = self.receipts.len() as i64;
            poll::Entity::update_many()
                .col_expr(poll::Column::Answered, Expr::col(poll::Column::Answered).add(more))
                .filter(poll::Column::Id.eq(self.row.id))
                .exec(tx)
                .await?;
        }
        for (person, chosen) in self.chosen.iter().filter(|(person, _)| self.touched.contains(person)) {
            let Some(guest) = self.guests.get(person) else { continue };
            let own = whole::<poll_answer::ActiveModel>(poll_answer::Model {
                poll_id: self.row.id,
                person_id: *person,
                name: guest.name.clone(),
                unit: guest.unit.clone(),
                chosen: written(chosen)?,
                at: now,
            });
            if self.known.contains(person) {
                poll_answer::Entity::update(own).exec(tx).await?;
            } else {
                poll_answer::Entity::insert(own).exec_without_returning(tx).await?;
            }
        }
        Ok(add_to_counts(tx, self.row.id, &self.added).await?)
    }
}

fn choice(row: &poll::Model, options: usize, chosen: &[usize]) -> Result<BTreeSet<usize>> {
    let set: BTreeSet<usize> = chosen.iter().copied().collect();
    match () {
        () if set.is_empty() => Err(PollRefusal::NothingChosen),
        () if set.iter().any(|option| *option >= options) => Err(PollRefusal::BadChoice),
        () if set.len() > 1 && !row.multiple => Err(PollRefusal::OnlyOne),
        () => Ok(set),
    }
}

/// Writes every count of the poll, adding nothing where nothing came.
async fn add_to_counts(
    tx: &DatabaseTransaction,
    poll: Uuid,
    added: &[i64],
) -> std::result::Result<(), DbErr> {
    use poll_count::Column;
    let mut case = CaseStatement::new();
    for (option, count) in added.iter().enumerate() {
        case = case.case(Column::Option.eq(option as i32), Expr::value(*count));
    }
    let added = case.finally(Expr::value(0_i64));
    poll_count::Entity::update_many()
        .col_expr(Column::Count, Expr::col(Column::Count).add(added))
        .filter(Column::PollId.eq(poll))
        .exec(tx)
        .await?;
    Ok(())
}
