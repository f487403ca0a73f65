//! The digest of a closed round: of who was there and how they stood, the counts, the rules and the text, in one
//! written form. Whoever changes one of them in the database changes it.

use sea_orm::ConnectionTrait;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::count;
use super::model::{ballot_revision, ballot_round, written};
use super::refusal::BallotRefusal;

/// What is hashed, in this order of fields; the form's own number comes first.
#[derive(Serialize)]
struct Content<'a> {
    form: u8,
    round: uuid::Uuid,
    meeting: uuid::Uuid,
    number: i32,
    text_hash: &'a Option<String>,
    question: &'a str,
    text: &'a str,
    rules: &'a str,
    paper: &'a str,
    opened_at: Option<i64>,
    closed_at: Option<i64>,
    quorum_open: &'a Option<String>,
    quorum_close: &'a Option<String>,
    manual: &'a Option<String>,
    result: &'a Option<String>,
    tallies: Vec<Vec<i64>>,
    /// Person, name, unit, standing, in roster order.
    electors: Vec<(uuid::Uuid, String, String, String)>,
    /// Person and marks, of named rounds.
    votes: Vec<(uuid::Uuid, String)>,
}

/// Of a round as its rows say it now: 64 hexadecimal digits.
pub(super) async fn of_round(
    conn: &impl ConnectionTrait,
    round: &ballot_round::Model,
) -> Result<String, BallotRefusal> {
    let tallies = count::tallies(conn, round.id, &round.paper()?, &round.rules()?).await?;
    let electors = count::electors(conn, round.id).await?;
    let votes = count::votes(conn, round.id).await?;
    let content = Content {
        form: 1,
        round: round.id,
        meeting: round.meeting_id,
        number: round.number,
        text_hash: &round.text_hash,
        question: &round.question,
        text: &round.text,
        rules: &round.rules,
        paper: &round.paper,
        opened_at: round.opened_at.map(|at| at.timestamp_millis()),
        closed_at: round.closed_at.map(|at| at.timestamp_millis()),
        quorum_open: &round.quorum_open,
        quorum_close: &round.quorum_close,
        manual: &round.manual,
        result: &round.result,
        tallies,
        electors: electors.into_iter().map(|it| (it.person_id, it.name, it.unit, it.standing)).collect(),
        votes: votes.into_iter().map(|vote| (vote.person_id, vote.marks)).collect(),
    };
    Ok(hex::encode(Sha256::digest(written(&content)?)))
}

/// What a report prints: of the round's digest, the revision and its reason. 32 hexadecimal digits.
pub(super) fn of_revision(round_digest: &str, number: i32, reason: &str, confirmed: &[String]) -> String {
    let content = format!("{round_digest}\n{number}\n{reason}\n{}", confirmed.join("\n"));
    hex::encode(Sha256::digest(content))[..32].to_string()
}

/// Printed in groups of four.
pub fn printed(revision: &ballot_revision::Model) -> String {
    let digits: Vec<char> = revision.digest.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
