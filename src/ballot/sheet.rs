//! Everything that a report of a round says, read from what was frozen. The forms of it are made elsewhere.

use std::collections::HashMap;

use sea_orm::EntityTrait;
use uuid::Uuid;

use super::confirm::scrutineers;
use super::manual::Manual;
use super::model::{ElectorStanding, ballot_recusal, ballot_revision, ballot_round, ballot_scrutineer, read};
use super::publish::revisions;
use super::refusal::BallotRefusal;
use super::result::{self, Shown};
use super::rules::Rules;
use super::{count, recuse, round};
use crate::base::Base;

/// A counted round, whole. Names and choices are in it: for the desk and for reports, not for screens.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub round: ballot_round::Model,
    pub rules: Rules,
    pub result: Shown,
    pub electors: Vec<Elector>,
    pub scrutineers: Vec<ballot_scrutineer::Model>,
    pub recusals: Vec<ballot_recusal::Model>,
    pub by_hand: Option<Manual>,
    /// Oldest first; the last is the valid one. Empty before publication.
    pub revisions: Vec<ballot_revision::Model>,
    /// The round that this one repeats or runs off, and the one that follows it, by their numbers.
    pub before: Option<i32>,
    pub after: Option<i32>,
}

/// Somebody with the right to vote, as they stood at the close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elector {
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    pub standing: ElectorStanding,
    /// The option of each item, by its place in the rules; of named rounds, of those who voted.
    pub marks: Option<Vec<usize>>,
}

/// The sheet of a counted round; before its close there is none.
pub async fn sheet(base: &Base, id: Uuid) -> Result<Sheet, BallotRefusal> {
    let db = base.db.read();
    let round = round::find(base, id).await?;
    if !round.state().is_counted() {
        return Err(BallotRefusal::WrongState(round.state()));
    }
    let votes: HashMap<Uuid, String> =
        count::votes(db, id).await?.into_iter().map(|vote| (vote.person_id, vote.marks)).collect();
    let electors = count::electors(db, id).await?.into_iter().map(|elector| {
        let marks = votes.get(&elector.person_id).map(|marks| read(marks)).transpose()?;
        let standing = elector.standing();
        Ok(Elector { person: elector.person_id, name: elector.name, unit: elector.unit, standing, marks })
    });
    let rounds = round::of_meeting(base, round.meeting_id).await?;
    let number =
        |of: &dyn Fn(&&ballot_round::Model) -> bool| rounds.iter().find(of).map(|round| round.number);
    let from = round.repeats.or(round.runoff_of);
    Ok(Sheet {
        rules: round.rules()?,
        result: result::of(&round)?,
        electors: electors.collect::<Result<_, BallotRefusal>>()?,
        scrutineers: scrutineers(db, id).await?,
        recusals: recuse::of_round(db, id).await?,
        by_hand: round.by_hand()?,
        revisions: revisions(db, id).await?,
        before: number(&|other| Some(other.id) == from),
        after: number(&|other| other.repeats == Some(id) || other.runoff_of == Some(id)),
        round,
    })
}

/// Notes that a file with these bytes was made of a revision, so that it can be told later whether it is ours. The
/// same bytes again change nothing.
pub async fn filed(base: &Base, revision: Uuid, hash: &str, form: &str) -> Result<(), BallotRefusal> {
    use super::model::ballot_file;
    use crate::base::db::whole;
    use sea_orm::sea_query::OnConflict;
    let tx = base.db.write().await?;
    let row = ballot_file::Model {
        hash: hash.to_string(),
        revision_id: revision,
        form: form.to_string(),
        created_at: base.clock.now(),
    };
    ballot_file::Entity::insert(whole(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&tx)
        .await?;
    Ok(tx.commit().await?)
}
