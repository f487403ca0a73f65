//! Asking the organiser: somebody came too late, or is not found on the roster as typed.

use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::checkin::{Attempt, CheckIn, Refusal, Who};
use super::model::{
    EntryStatus, Presence, RequestKind, RequestStatus, Source, attendance, meeting_request, roster_entry,
};
use super::{Meetings, roster};
use crate::base::Base;
use crate::base::error::Coded;
use crate::base::privacy::KeyError;
use crate::people::model::person;
use crate::people::person::{Described, PersonError, bind, is_unique};
use crate::people::phone::Phone;
use crate::people::retention;
use crate::people::{audit, name, person as persons};

pub(super) const PHONE_PLACE: &str = "meeting_request.phone";

#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("no such request")]
    NotFound,
    #[error("decided already")]
    Decided,
    #[error("the phone number was forgotten after its time")]
    PhoneGone,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for RequestError {
    fn code(&self) -> &'static str {
        match self {
            RequestError::NotFound => "not_found",
            RequestError::Decided => "request_decided",
            RequestError::PhoneGone => "phone_deleted",
            RequestError::Refused(refusal) => refusal.code(),
            RequestError::Person(PersonError::BoundToOther) => "bound_to_other",
            RequestError::Key(_) => "internal",
            RequestError::Person(_) | RequestError::Database(_) => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            RequestError::Refused(refusal) => refusal.details(),
            _ => Vec::new(),
        }
    }
}

/// Leaves a request; asking again while it waits is the same request.
pub async fn ask(
    base: &Base,
    meeting: Uuid,
    follower: Uuid,
    kind: RequestKind,
    described: &Described,
) -> Result<(), RequestError> {
    let row = meeting_request::ActiveModel {
        id: Set(Uuid::now_v7()),
        meeting_id: Set(meeting),
        follower_id: Set(follower),
        person_id: Set(None),
        kind: Set(kind.word().to_string()),
        name: Set(described.name.clone()),
        unit: Set(described.unit.clone()),
        phone_sealed: Set(described.phone.seal(&base.keys, PHONE_PLACE)?),
        phone_hash: Set(described.phone.hash(&base.keys)),
        status: Set(RequestStatus::Pending.word().to_string()),
        at: Set(base.clock.now()),
        decided_at: Set(None),
        decided_by: Set(None),
    };
    let tx = base.db.write().await?;
    match meeting_request::Entity::insert(row).exec_without_returning(&tx).await {
        Ok(_) => tx.commit().await?,
        Err(error) if is_unique(&error) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The person of a follower as a request describes them.
pub async fn describe(base: &Base, follower: Uuid) -> Result<Option<Described>, RequestError> {
    let Some(person) = persons::of_follower(base.db.read(), follower).await? else { return Ok(None) };
    let phone = base.keys.open(persons::PHONE_PLACE, &person.phone_sealed)?;
    Ok(Phone::parse(&phone).map(|phone| Described { name: person.name, unit: person.unit, phone }))
}

/// Requests of a meeting, those that wait first, then the newest.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<meeting_request::Model>, DbErr> {
    meeting_request::Entity::find()
        .filter(meeting_request::Column::MeetingId.eq(meeting))
        .order_by_desc(meeting_request::Column::Status.eq(RequestStatus::Pending.word()))
        .order_by_desc(meeting_request::Column::At)
        .limit(500)
        .all(base.db.read())
        .await
}

/// How many requests of a meeting wait.
pub async fn count_waiting(base: &Base, meeting: Uuid) -> Result<usize, DbErr> {
    let waiting = meeting_request::Entity::find()
        .filter(meeting_request::Column::MeetingId.eq(meeting))
        .filter(meeting_request::Column::Status.eq(RequestStatus::Pending.word()))
        .count(base.db.read())
        .await?;
    Ok(usize::try_from(waiting).unwrap_or(usize::MAX))
}

/// The masked phone of a request, for the organiser who checks it.
pub fn masked_phone(base: &Base, request: &meeting_request::Model) -> String {
    base.keys
        .open(PHONE_PLACE, &request.phone_sealed)
        .ok()
        .and_then(|phone| Phone::parse(&phone))
        .map_or_else(|| "****".to_string(), |phone| phone.masked())
}

fn opened(base: &Base, request: &meeting_request::Model) -> Result<String, RequestError> {
    if retention::is_gone(&request.phone_sealed) {
        return Err(RequestError::PhoneGone);
    }
    Ok(base.keys.open(PHONE_PLACE, &request.phone_sealed)?)
}

/// The whole phone of a request, for calling back; that it was looked at is noted.
pub async fn reveal_phone(
    base: &Base,
    meeting: Uuid,
    request: Uuid,
    actor: &str,
) -> Result<String, RequestError> {
    let found = find(base, meeting, request).await?;
    let phone = opened(base, &found)?;
    let tx = base.db.write().await?;
    audit::write(base, &tx, actor, "phone.reveal", &meeting.to_string(), &request.to_string()).await?;
    tx.commit().await?;
    Ok(phone)
}

/// Rows of the roster that whoever asked may be, with a slip in name or phone: the same name or the same phone
/// first, then those of their unit who are still missing.
pub async fn candidates(
    base: &Base,
    request: &meeting_request::Model,
) -> Result<Vec<roster_entry::Model>, DbErr> {
    let phone =
        base.keys.open(PHONE_PLACE, &request.phone_sealed).ok().and_then(|phone| Phone::parse(&phone));
    let hashes = phone.map_or_else(|| vec![request.phone_hash.clone()], |phone| phone.hashes(&base.keys));
    let same = Condition::any()
        .add(person::Column::NameKey.eq(name::key(&request.name)))
        .add(person::Column::PhoneHash.is_in(hashes));
    let near = roster_entry::Entity::find()
        .join(
            JoinType::InnerJoin,
            roster_entry::Entity::belongs_to(person::Entity)
                .from(roster_entry::Column::PersonId)
                .to(person::Column::Id)
                .into(),
        )
        .filter(same)
        .filter(roster_entry::Column::MeetingId.eq(request.meeting_id))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .limit(CANDIDATES)
        .all(base.db.read())
        .await?;
    let here = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::MeetingId.eq(request.meeting_id))
        .and_where(attendance::Column::Status.ne(Presence::Undone.word()))
        .to_owned();
    let of_unit = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(request.meeting_id))
        .filter(roster_entry::Column::Unit.eq(request.unit.as_str()))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .filter(roster_entry::Column::PersonId.not_in_subquery(here))
        .order_by_asc(roster_entry::Column::Rank)
        .limit(CANDIDATES)
        .all(base.db.read())
        .await?;
    let mut found = near;
    for entry in of_unit {
        if !found.iter().any(|known| known.id == entry.id) {
            found.push(entry);
        }
    }
    Ok(found)
}

const CANDIDATES: u64 = 50;

async fn find(base: &Base, meeting: Uuid, request: Uuid) -> Result<meeting_request::Model, RequestError> {
    meeting_request::Entity::find_by_id(request)
        .filter(meeting_request::Column::MeetingId.eq(meeting))
        .one(base.db.read())
        .await?
        .ok_or(RequestError::NotFound)
}

/// Whether `follower` has a request of this meeting that still waits.
pub async fn waiting(base: &Base, meeting: Uuid, follower: Uuid) -> Result<bool, DbErr> {
    let found = meeting_request::Entity::find()
        .filter(meeting_request::Column::MeetingId.eq(meeting))
        .filter(meeting_request::Column::FollowerId.eq(follower))
        .filter(meeting_request::Column::Status.eq(RequestStatus::Pending.word()))
        .one(base.db.read())
        .await?;
    Ok(found.is_some())
}

/// What the organiser says along with an approval.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admission {
    /// The roster entry whose phone or name was wrong; it stands for whoever asked from now on.
    pub instead_of: Option<Uuid>,
    /// The person has a new WeChat: their old tie ends, and so does another one of the phone that asked.
    pub rebind: bool,
}

/// Admits whoever asked: ties them to the person they described and signs them in, as a make-up if they were late.
pub async fn approve(
    meetings: &Meetings,
    meeting: Uuid,
    request: Uuid,
    admission: Admission,
    actor: &str,
) -> Result<CheckIn, RequestError> {
    let base = &meetings.base;
    let waiting = find(base, meeting, request).await?;
    let phone = opened(base, &waiting)?;
    let phone = Phone::parse(&phone).ok_or(RequestError::NotFound)?;
    let described = Described { name: waiting.name.clone(), unit: waiting.unit.clone(), phone };
    let person =
        decide(base, &waiting, RequestStatus::Approved, Some((&described, admission)), actor).await?;
    let person = person.ok_or(RequestError::NotFound)?;
    let kind = RequestKind::parse(&waiting.kind);
    Ok(meetings
        .door
        .check_in(Attempt {
            meeting,
            who: Who::Person(person),
            op_id: format!("request:{request}"),
            source: if kind == Some(RequestKind::MakeUp) { Source::MakeUp } else { Source::Staff },
            actor: actor.to_string(),
            scanned_at: waiting.at,
            place: None,
            ticket: None,
            reason: Some(kind.map_or("", RequestKind::zh).to_string()),
        })
        .await?)
}

/// Turns a request down.
pub async fn reject(base: &Base, meeting: Uuid, request: Uuid, actor: &str) -> Result<(), RequestError> {
    let waiting = find(base, meeting, request).await?;
    decide(base, &waiting, RequestStatus::Rejected, None, actor).await.map(|_| ())
}

async fn decide(
    base: &Base,
    request: &meeting_request::Model,
    status: RequestStatus,
    admitted: Option<(&Described, Admission)>,
    actor: &str,
) -> Result<Option<Uuid>, RequestError> {
    let tx = base.db.write().await?;
    // Approving again is harmless: the check-in has its own operation id.
    if request.status != RequestStatus::Pending.word() && request.status != status.word() {
        return Err(RequestError::Decided);
    }
    let person = match admitted {
        Some((described, admission)) => {
            if admission.rebind {
                persons::release(base, &tx, request.follower_id, described, "rebind").await?;
            }
            let person = bind(base, &tx, request.follower_id, described).await?;
            if let Some(entry) = admission.instead_of {
                roster::replace_person(&tx, request.meeting_id, entry, person, described).await?;
            }
            Some(person)
        }
        None => None,
    };
    let row = meeting_request::ActiveModel {
        person_id: Set(person),
        status: Set(status.word().to_string()),
        decided_at: Set(Some(base.clock.now())),
        decided_by: Set(Some(actor.to_string())),
        ..Default::default()
    };
    let changed = meeting_request::Entity::update_many()
        .set(row)
        .filter(meeting_request::Column::Id.eq(request.id))
        .filter(meeting_request::Column::Status.is_in([RequestStatus::Pending.word(), status.word()]))
        .exec(&tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(RequestError::Decided);
    }
    let action = format!("request.{}", status.word());
    audit::write(base, &tx, actor, &action, &request.meeting_id.to_string(), &request.id.to_string()).await?;
    tx.commit().await?;
    Ok(person)
}
