//! What an owner says, by key, link or message, and what follows from it.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{
    Reason, Reply, State, TicketKind, car_case, car_link, car_owner, car_request, car_suppression, car_ticket,
};
use super::state::{self, Changes, Step};
use super::watch::{self, What};
use super::{Movecar, dispatch, register};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::{KeyError, digest};
use crate::jobs;

/// Who answers twice within this time meant the last.
pub const REGRET: TimeDelta = TimeDelta::seconds(60);
/// A link leads nowhere after this.
const LINK_LIFE: TimeDelta = TimeDelta::days(3);

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Taken,
    /// The case is over: thanks, and nothing is told to anybody.
    Over,
    /// There was an answer before.
    Before,
}

#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("no such link")]
    NoLink,
    /// It only shows from now on.
    #[error("the link was used")]
    Used,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for AnswerError {
    fn code(&self) -> &'static str {
        match self {
            AnswerError::NoLink => "car_link_over",
            AnswerError::Used => "car_link_used",
            AnswerError::Key(_) => "internal",
            AnswerError::Database(_) => "unavailable",
        }
    }
}

/// Takes an owner's answer; `via`: `call`, `sms`, `link`. Every answer is written down, whatever follows.
pub async fn answer(
    car: &Movecar,
    tx: &DatabaseTransaction,
    id: Uuid,
    reply: Reply,
    via: &str,
) -> Result<Heard, AnswerError> {
    let base = &car.base;
    let now = base.clock.now();
    let Some(case) = state::hold(tx, id).await? else { return Ok(Heard::Over) };
    state::line(base, tx, id, "said", reply.word(), via).await?;
    if !case.state().is_open() {
        return Ok(Heard::Over);
    }
    if let Some(before) = case.replied_at {
        if now - before > REGRET {
            return Ok(Heard::Before);
        }
        take_back(base, tx, &case, before).await?;
    }
    let mut changes: Changes = vec![
        (car_case::Column::Reply, reply.word().into()),
        (car_case::Column::RepliedAt, Expr::value(now)),
        (car_case::Column::Clone, Expr::value(reply == Reply::NotThere)),
    ];
    let eta = reply.minutes().map(|minutes| now + TimeDelta::minutes(minutes));
    changes.push((car_case::Column::EtaAt, Expr::value(eta)));
    let step = if eta.is_some() { Step::Reply } else { Step::Refuse };
    if !state::step(base, tx, id, step, changes, "owner", reply.word()).await? {
        return Ok(Heard::Over);
    }
    dispatch::drop_waiting(base, tx, id).await?;
    if let Some(eta) = eta {
        watch::enqueue(base, tx, id, What::Late(eta), eta + watch::GRACE).await?;
        return Ok(Heard::Taken);
    }
    match reply {
        Reply::NotMine => {
            suppress(base, tx, &case, "not_mine", true).await?;
            ticket(base, tx, id, TicketKind::Correct).await?;
        }
        Reply::Sold => {
            suppress(base, tx, &case, "sold", false).await?;
            ticket(base, tx, id, TicketKind::Sold).await?;
        }
        Reply::Deceased => {
            suppress(base, tx, &case, "deceased", true).await?;
            ticket(base, tx, id, TicketKind::Deceased).await?;
        }
        Reply::NotThere => ticket(base, tx, id, TicketKind::Clone).await?,
        _ => {}
    }
    state::step(base, tx, id, Step::ToDesk, Vec::new(), "", reply.word()).await?;
    Ok(Heard::Taken)
}

/// What the answer of a moment ago had led to: they meant the next.
async fn take_back(
    base: &Base,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    since: Instant,
) -> Result<(), AnswerError> {
    car_suppression::Entity::delete_many()
        .filter(register::suppression_of(base, case)?)
        .filter(car_suppression::Column::At.gte(since))
        .exec(tx)
        .await?;
    car_ticket::Entity::delete_many()
        .filter(car_ticket::Column::CaseId.eq(case.id))
        .filter(car_ticket::Column::DoneAt.is_null())
        .filter(car_ticket::Column::At.gte(since))
        .exec(tx)
        .await?;
    Ok(())
}

async fn suppress(
    base: &Base,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    why: &str,
    checked: bool,
) -> Result<(), DbErr> {
    let Some(phone_hash) = case.owner_hash.clone() else { return Ok(()) };
    let row = car_suppression::Model {
        id: Uuid::now_v7(),
        plate_hash: case.plate_hash.clone(),
        phone_hash,
        why: why.to_string(),
        checked,
        at: base.clock.now(),
    };
    let pair = [car_suppression::Column::PlateHash, car_suppression::Column::PhoneHash];
    let known = OnConflict::columns(pair)
        .update_columns([
            car_suppression::Column::Why,
            car_suppression::Column::Checked,
            car_suppression::Column::At,
        ])
        .to_owned();
    car_suppression::Entity::insert(whole::<car_suppression::ActiveModel>(row))
        .on_conflict(known)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

async fn ticket(base: &Base, tx: &DatabaseTransaction, case: Uuid, kind: TicketKind) -> Result<(), DbErr> {
    let row = car_ticket::Model {
        id: Uuid::now_v7(),
        case_id: case,
        kind: kind.word().to_string(),
        at: base.clock.now(),
        done_at: None,
        done_by: None,
    };
    car_ticket::Entity::insert(whole::<car_ticket::ActiveModel>(row))
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

/// What an owner sees behind their link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The plate as messages show it: the link may be forwarded.
    pub plate: String,
    pub reason: String,
    pub at: Instant,
    /// What is known a reference number, should they call the hotline.
    pub number: String,
    pub reply: Option<Reply>,
    pub eta: Option<Instant>,
    /// Answers may be given still.
    pub open: bool,
    pub over: Option<State>,
    /// Calls are not wanted.
    pub no_calls: bool,
    /// On private ground: nothing is said of the law there.
    pub private: bool,
    pub case: Uuid,
}

/// The cases behind a link: one, or all open ones of a fleet.
pub async fn behind(base: &Base, token: &str) -> Result<Vec<Asked>, AnswerError> {
    let link = find_link(base, token).await?;
    let cases = cases_of(base, &link).await?;
    let mut asked = Vec::new();
    for case in cases {
        let owner = car_owner::Entity::find()
            .filter(car_owner::Column::PlateHash.eq(&case.plate_hash))
            .one(base.db.read())
            .await?;
        let first = car_request::Entity::find()
            .filter(car_request::Column::CaseId.eq(case.id))
            .order_by_asc(car_request::Column::Number)
            .one(base.db.read())
            .await?;
        asked.push(Asked {
            plate: case.plate_masked.clone(),
            reason: case.reason().zh().to_string(),
            at: case.created_at,
            number: first.map(|request| request.number).unwrap_or_default(),
            reply: case.reply(),
            eta: case.eta_at,
            open: may_answer(&link, &case),
            private: case.reason() == Reason::Private,
            over: (!case.state().is_open()).then(|| case.state()),
            no_calls: owner.is_some_and(|owner| owner.no_calls),
            case: case.id,
        });
    }
    Ok(asked)
}

async fn cases_of(base: &Base, link: &car_link::Model) -> Result<Vec<car_case::Model>, DbErr> {
    if !link.whole {
        return car_case::Entity::find_by_id(link.case_id).all(base.db.read()).await;
    }
    car_case::Entity::find()
        .filter(car_case::Column::OwnerHash.eq(&link.phone_hash))
        .filter(car_case::Column::ClosedAt.is_null())
        .order_by_asc(car_case::Column::CreatedAt)
        .all(base.db.read())
        .await
}

/// Whether `link` may answer for `case` still: once, or once for each car of a fleet.
fn may_answer(link: &car_link::Model, case: &car_case::Model) -> bool {
    let used = if link.whole { case.replied_at.is_some() } else { link.used_at.is_some() };
    case.state().is_open() && !used
}

async fn find_link(base: &Base, token: &str) -> Result<car_link::Model, AnswerError> {
    let link = car_link::Entity::find_by_id(digest(token.as_bytes())).one(base.db.read()).await?;
    link.filter(|link| base.clock.now() - link.made_at < LINK_LIFE).ok_or(AnswerError::NoLink)
}

/// Answers by link. It changes something once; opened again, or forwarded, it only shows.
pub async fn by_link(
    car: &Movecar,
    token: &str,
    case: Option<Uuid>,
    reply: Reply,
) -> Result<Heard, AnswerError> {
    let base = &car.base;
    let link = find_link(base, token).await?;
    let tx = base.db.write().await?;
    let id = if link.whole {
        let asked = case.unwrap_or(link.case_id);
        let own = car_case::Entity::find_by_id(asked).one(&tx).await?;
        own.filter(|case| case.owner_hash.as_deref() == Some(&link.phone_hash) && case.replied_at.is_none())
            .map(|case| case.id)
    } else {
        let used = car_link::Entity::update_many()
            .col_expr(car_link::Column::UsedAt, Expr::value(base.clock.now()))
            .filter(car_link::Column::TokenHash.eq(&link.token_hash))
            .filter(car_link::Column::UsedAt.is_null())
            .exec(&tx)
            .await?;
        (used.rows_affected == 1).then_some(link.case_id)
    };
    let Some(id) = id else { return Ok(Heard::Before) };
    let heard = answer(car, &tx, id, reply, "link").await?;
    tx.commit().await?;
    jobs::wake(base).await;
    state::announce(base, id).await;
    Ok(heard)
}

/// Sets whether the owner behind `token` is called. Messages stay: the law obliges them to move the car. A link that has
/// answered changes nothing any more: it may have been passed on.
pub async fn set_calls(car: &Movecar, token: &str, no_calls: bool) -> Result<(), AnswerError> {
    let base = &car.base;
    let link = find_link(base, token).await?;
    let cases = cases_of(base, &link).await?;
    if !cases.iter().any(|case| may_answer(&link, case)) {
        return Err(AnswerError::Used);
    }
    let plates: Vec<String> = cases.into_iter().map(|case| case.plate_hash).collect();
    let tx = base.db.write().await?;
    // By number, under whichever key it stands.
    let known = car_owner::Entity::find().filter(car_owner::Column::PlateHash.is_in(plates)).all(&tx).await?;
    let numbers = known.into_iter().map(|owner| owner.phone_hash).chain([link.phone_hash.clone()]);
    car_owner::Entity::update_many()
        .col_expr(car_owner::Column::NoCalls, Expr::value(no_calls))
        .filter(car_owner::Column::PhoneHash.is_in(numbers))
        .exec(&tx)
        .await?;
    let word = if no_calls { "no_calls" } else { "calls" };
    state::line(base, &tx, link.case_id, word, "", "owner").await?;
    tx.commit().await?;
    Ok(())
}
