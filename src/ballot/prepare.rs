//! From a draft to a round that is ready: question, options and rules are frozen by their hash, and who must take no
//! part or watches the count is named. What is not to be voted on after all is withdrawn.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::again;
use super::live;
use super::model::{State, ballot_round, ballot_template, written};
use super::paper::Paper;
use super::refusal::BallotRefusal;
use super::round::{self, Act, Held, hold, hold_meeting};
use super::rules::{Kind, Rules};
use super::template;
use crate::base::Base;
use crate::base::db::whole;

/// What a chair writes. Candidates and subjects come with a note each, such as a unit or a post; a motion has none.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Key of the template; its newest version is taken.
    pub template: String,
    pub question: String,
    pub text: String,
    pub items: Vec<(String, String)>,
    /// How many are to be elected; elections only.
    pub seats: Option<i64>,
    /// Ends the round after so many seconds, in place of what the template says.
    pub seconds: Option<i64>,
}

/// Characters of a question and of a text at most.
const QUESTION: usize = 200;
const TEXT: usize = 4000;

/// Makes a draft. `id` names this act: the same again gives the round that was made, unchanged.
pub async fn prepare(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    draft: Draft,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let tx = base.db.write().await?;
    if hold_meeting(&tx, meeting).await? {
        return Err(BallotRefusal::MeetingOver);
    }
    if let Some(made) = ballot_round::Entity::find_by_id(id).one(&tx).await? {
        return if made.meeting_id == meeting { Ok(made) } else { Err(BallotRefusal::NoRound) };
    }
    let template = template::newest(&tx, &draft.template).await?.ok_or(BallotRefusal::NoTemplate)?;
    let number = next_number(&tx, meeting).await?;
    let mut round = empty(id, meeting, number, base, actor);
    fill(&mut round, &template, draft)?;
    ballot_round::Entity::insert(whole(round.clone())).exec_without_returning(&tx).await?;
    round::note(base, &tx, &round, Act { actor, action: "ballot.prepare", detail: "" }).await?;
    tx.commit().await?;
    live::announce(base, meeting).await;
    Ok(round)
}

/// Writes a draft anew. What is ready is frozen: withdraw it and make another.
pub async fn edit(
    base: &Base,
    id: Uuid,
    draft: Draft,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    held.must_be(|state| state == State::Draft)?;
    let template = template::newest(&held.tx, &draft.template).await?.ok_or(BallotRefusal::NoTemplate)?;
    fill(&mut held.round, &template, draft)?;
    held.save(base, Act { actor, action: "ballot.edit", detail: "" }).await
}

/// Freezes question, options and rules. Refuses what was voted down as often as the rules allow.
pub async fn ready(base: &Base, id: Uuid, actor: &str) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    if held.round.state() == State::Ready {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Draft)?;
    again::may_be_put(&held.tx, &held.round).await?;
    held.round.text_hash = Some(text_hash(&held.round));
    held.become_state(State::Ready);
    held.save(base, Act { actor, action: "ballot.ready", detail: "" }).await
}

/// Takes a round back before it was opened.
pub async fn withdraw(
    base: &Base,
    id: Uuid,
    reason: &str,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let reason = round::reason(reason)?;
    let mut held: Held = hold(base, id).await?;
    if held.round.state() == State::Withdrawn {
        return Ok(held.round);
    }
    held.must_be(State::is_ahead)?;
    held.become_state(State::Withdrawn);
    held.round.reason = Some(reason.clone());
    held.save(base, Act { actor, action: "ballot.withdraw", detail: &reason }).await
}

/// Of everything that voters decide on: 64 hexadecimal digits.
pub(super) fn text_hash(round: &ballot_round::Model) -> String {
    let mut hash = Sha256::new();
    for part in [&round.question, &round.text, &round.rules, &round.paper] {
        // The length keeps the parts apart.
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The number that the next round of a meeting gets; the meeting is locked.
pub(super) async fn next_number(
    tx: &sea_orm::DatabaseTransaction,
    meeting: Uuid,
) -> Result<i32, BallotRefusal> {
    let newest: Option<i32> = ballot_round::Entity::find()
        .select_only()
        .column(ballot_round::Column::Number)
        .filter(ballot_round::Column::MeetingId.eq(meeting))
        .order_by_desc(ballot_round::Column::Number)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(newest.unwrap_or(0) + 1)
}

fn empty(id: Uuid, meeting_id: Uuid, number: i32, base: &Base, actor: &str) -> ballot_round::Model {
    ballot_round::Model {
        id,
        meeting_id,
        number,
        state: State::Draft.word().to_string(),
        question: String::new(),
        text: String::new(),
        template_key: String::new(),
        template_version: 0,
        template_title: String::new(),
        source: String::new(),
        rules: String::new(),
        paper: String::new(),
        secret: false,
        text_hash: None,
        opened_at: None,
        ends_at: None,
        closed_at: None,
        closed_by: None,
        confirmed_at: None,
        published_at: None,
        quorum_open: None,
        quorum_close: None,
        result: None,
        digest: None,
        attempt: 1,
        repeats: None,
        runoff_of: None,
        manual: None,
        reason: None,
        revision: 0,
        version: 1,
        made_by: actor.to_string(),
        made_at: base.clock.now(),
    }
}

/// A new draft that says the same as `round`, under a new id and number.
pub(super) fn copy(
    round: &ballot_round::Model,
    number: i32,
    base: &Base,
    actor: &str,
) -> ballot_round::Model {
    let new = empty(Uuid::now_v7(), round.meeting_id, number, base, actor);
    ballot_round::Model {
        question: round.question.clone(),
        text: round.text.clone(),
        template_key: round.template_key.clone(),
        template_version: round.template_version,
        template_title: round.template_title.clone(),
        source: round.source.clone(),
        rules: round.rules.clone(),
        paper: round.paper.clone(),
        secret: round.secret,
        ..new
    }
}

fn fill(
    round: &mut ballot_round::Model,
    template: &ballot_template::Model,
    draft: Draft,
) -> Result<(), BallotRefusal> {
    let mut rules: Rules = super::model::read(&template.rules)?;
    rules.seconds = draft.seconds.or(rules.seconds);
    let paper = match rules.kind {
        Kind::Motion if draft.items.is_empty() => Paper { seats: draft.seats, ..Paper::motion() },
        _ => Paper::of(&draft.items, draft.seats),
    };
    let question = draft.question.trim();
    let problem = rules.problems().into_iter().next().or_else(|| paper.problem(&rules));
    let problem = match () {
        () if question.is_empty() => Some("请填写表决事项".to_string()),
        () if question.chars().count() > QUESTION => Some(format!("表决事项最多 {QUESTION} 个字")),
        () if draft.text.chars().count() > TEXT => Some(format!("说明最多 {TEXT} 个字")),
        () if has_control(question) || has_control(&draft.text) => Some("文字里有不能保存的字符".to_string()),
        () => problem,
    };
    if let Some(problem) = problem {
        return Err(BallotRefusal::Invalid(problem));
    }
    round.question = question.to_string();
    round.text = draft.text.trim().replace("\r\n", "\n");
    round.template_key = template.key.clone();
    round.template_version = template.version;
    round.template_title = template.title.clone();
    round.source = template.source.clone();
    round.secret = rules.secret;
    round.rules = written(&rules)?;
    round.paper = written(&paper)?;
    Ok(())
}

fn has_control(text: &str) -> bool {
    text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}
