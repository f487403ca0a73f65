//! Persons, and the tie between a WeChat follower and a person.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::follower::Known;
use super::model::{follower, identity, person};
use super::name;
use super::phone::Phone;
use crate::base::Base;
use crate::base::privacy::KeyError;

/// Where a person's phone is sealed.
pub const PHONE_PLACE: &str = "person.phone";

/// Somebody as a form or a roster describes them. Already tidy: see [`name::clean`].
#[derive(Clone, Debug)]
pub struct Described {
    pub name: String,
    pub unit: String,
    pub phone: Phone,
}

#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The person is tied to another WeChat user, or this WeChat user to another person.
    #[error("this person is tied to another WeChat user")]
    BoundToOther,
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The person of exactly this phone and name, if the city knows one.
pub async fn find(
    base: &Base,
    db: &impl ConnectionTrait,
    described: &Described,
) -> Result<Option<person::Model>, DbErr> {
    person::Entity::find()
        .filter(person::Column::PhoneHash.is_in(described.phone.hashes(&base.keys)))
        .filter(person::Column::NameKey.eq(name::key(&described.name)))
        .one(db)
        .await
}

/// The ids of many persons, in the order given, made where they are new. One statement per thousand.
/// A known person's unit becomes the described one: people change offices.
pub async fn ensure_many(
    base: &Base,
    tx: &DatabaseTransaction,
    described: &[Described],
) -> Result<Vec<Uuid>, PersonError> {
    let now = base.clock.now();
    let keys: Vec<(String, String)> =
        described.iter().map(|one| (one.phone.hash(&base.keys), name::key(&one.name))).collect();
    // In one order everywhere, so that two imports at once wait for each other instead of both failing; and each
    // person once, because one statement may not touch a row twice.
    let distinct: BTreeMap<&(String, String), &Described> = keys.iter().zip(described).collect();
    let mut known: HashMap<(String, String), Uuid> = HashMap::with_capacity(distinct.len());
    let distinct: Vec<_> = distinct.into_iter().collect();
    for chunk in distinct.chunks(1000) {
        bring_forward(base, tx, chunk.iter().map(|(_, one)| *one)).await?;
        let mut rows = Vec::with_capacity(chunk.len());
        for ((phone_hash, name_key), one) in chunk {
            rows.push(person::ActiveModel {
                id: Set(Uuid::now_v7()),
                name: Set(one.name.clone()),
                name_key: Set(name_key.clone()),
                unit: Set(one.unit.clone()),
                phone_sealed: Set(one.phone.seal(&base.keys, PHONE_PLACE)?),
                phone_hash: Set(phone_hash.clone()),
                created_at: Set(now),
                updated_at: Set(now),
            });
        }
        let on_conflict = OnConflict::columns([person::Column::PhoneHash, person::Column::NameKey])
            .update_columns([person::Column::Unit, person::Column::UpdatedAt])
            .to_owned();
        let stored =
            person::Entity::insert_many(rows).on_conflict(on_conflict).exec_with_returning(tx).await?;
        known.extend(stored.into_iter().map(|row| ((row.phone_hash, row.name_key), row.id)));
    }
    keys.iter()
        .map(|key| {
            let missing = || DbErr::RecordNotFound("person just written".to_string());
            known.get(key).copied().ok_or_else(|| missing().into())
        })
        .collect()
}

/// Seals anew those of `described` whom an older key sealed, so that the unique key of hash and name meets them.
/// Costs nothing while there is one key.
async fn bring_forward(
    base: &Base,
    tx: &DatabaseTransaction,
    described: impl Iterator<Item = &Described>,
) -> Result<(), PersonError> {
    if base.keys.numbers().len() == 1 {
        return Ok(());
    }
    let mut older: HashMap<(String, String), &Described> = HashMap::new();
    for one in described {
        let name_key = name::key(&one.name);
        older.extend(
            one.phone.hashes(&base.keys).into_iter().skip(1).map(|hash| ((hash, name_key.clone()), one)),
        );
    }
    let known = person::Entity::find()
        .filter(person::Column::PhoneHash.is_in(older.keys().map(|(hash, _)| hash.as_str())))
        .order_by_asc(person::Column::Id)
        .all(tx)
        .await?;
    for row in known {
        // The phone may be another's of the same number, who is not meant.
        let Some(one) = older.get(&(row.phone_hash.clone(), row.name_key.clone())) else { continue };
        person::Entity::update_many()
            .col_expr(person::Column::PhoneHash, one.phone.hash(&base.keys).into())
            .col_expr(person::Column::PhoneSealed, one.phone.seal(&base.keys, PHONE_PLACE)?.into())
            .filter(person::Column::Id.eq(row.id))
            .filter(person::Column::PhoneHash.eq(row.phone_hash))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Ties `follower` to the described person, made if new. A tie that stands already is a success.
pub async fn bind(
    base: &Base,
    tx: &DatabaseTransaction,
    follower: Uuid,
    described: &Described,
) -> Result<Uuid, PersonError> {
    let person = match find(base, tx, described).await? {
        Some(known) => known.id,
        None => ensure_many(base, tx, std::slice::from_ref(described)).await?[0],
    };
    let living = identity::Entity::find()
        .filter(identity::Column::EndedAt.is_null())
        .filter(identity::Column::FollowerId.eq(follower).or(identity::Column::PersonId.eq(person)))
        .all(tx)
        .await?;
    match living.as_slice() {
        [] => {}
        [tie] if tie.follower_id == follower && tie.person_id == person => return Ok(person),
        _ => return Err(PersonError::BoundToOther),
    }
    let tie = identity::ActiveModel {
        id: Set(Uuid::now_v7()),
        follower_id: Set(follower),
        person_id: Set(person),
        bound_at: Set(base.clock.now()),
        ..Default::default()
    };
    match identity::Entity::insert(tie).exec_without_returning(tx).await {
        Ok(_) => Ok(person),
        Err(error) if is_unique(&error) => Err(PersonError::BoundToOther),
        Err(error) => Err(error.into()),
    }
}

/// Ends the living ties of the described person and of `follower` to anybody else, for somebody who changed WeChat;
/// history keeps them.
pub async fn release(
    base: &Base,
    tx: &DatabaseTransaction,
    follower: Uuid,
    described: &Described,
    reason: &str,
) -> Result<(), DbErr> {
    let person = find(base, tx, described).await?.map(|person| person.id);
    let theirs = match person {
        Some(person) => Condition::any()
            .add(
                Condition::all()
                    .add(identity::Column::FollowerId.eq(follower))
                    .add(identity::Column::PersonId.ne(person)),
            )
            .add(
                Condition::all()
                    .add(identity::Column::PersonId.eq(person))
                    .add(identity::Column::FollowerId.ne(follower)),
            ),
        None => Condition::all().add(identity::Column::FollowerId.eq(follower)),
    };
    identity::Entity::update_many()
        .col_expr(identity::Column::EndedAt, base.clock.now().into())
        .col_expr(identity::Column::EndReason, reason.into())
        .filter(theirs)
        .filter(identity::Column::EndedAt.is_null())
        .exec(tx)
        .await
        .map(|_| ())
}

/// Ends the living ties of `person`, for somebody who changed WeChat and will sign in with the new one; history keeps
/// them.
pub async fn unbind(base: &Base, tx: &DatabaseTransaction, person: Uuid, reason: &str) -> Result<(), DbErr> {
    identity::Entity::update_many()
        .col_expr(identity::Column::EndedAt, base.clock.now().into())
        .col_expr(identity::Column::EndReason, reason.into())
        .filter(identity::Column::PersonId.eq(person))
        .filter(identity::Column::EndedAt.is_null())
        .exec(tx)
        .await
        .map(|_| ())
}

/// The person whom `follower` is tied to.
pub async fn of_follower(db: &impl ConnectionTrait, follower: Uuid) -> Result<Option<person::Model>, DbErr> {
    let tie = identity::Entity::find()
        .filter(identity::Column::FollowerId.eq(follower))
        .filter(identity::Column::EndedAt.is_null())
        .one(db)
        .await?;
    match tie {
        Some(tie) => person::Entity::find_by_id(tie.person_id).one(db).await,
        None => Ok(None),
    }
}

/// The one person of `phone` whom a WeChat user is tied to; `None` where there is none, or where several people share the
/// number: nobody knows then who is meant.
pub async fn tied_by_phone(
    base: &Base,
    db: &impl ConnectionTrait,
    phone: &Phone,
) -> Result<Option<Uuid>, DbErr> {
    let people = person::Entity::find()
        .filter(person::Column::PhoneHash.is_in(phone.hashes(&base.keys)))
        .all(db)
        .await?;
    let ties = identity::Entity::find()
        .filter(identity::Column::PersonId.is_in(people.iter().map(|person| person.id)))
        .filter(identity::Column::EndedAt.is_null())
        .all(db)
        .await?;
    Ok(match ties.as_slice() {
        [one] => Some(one.person_id),
        _ => None,
    })
}

/// The WeChat users whom `people` are tied to, by person; who has none is missing. A few hundred at a time.
pub async fn followers_of(db: &impl ConnectionTrait, people: &[Uuid]) -> Result<HashMap<Uuid, Known>, DbErr> {
    let ties = identity::Entity::find()
        .filter(identity::Column::PersonId.is_in(people.iter().copied()))
        .filter(identity::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let followers = follower::Entity::find()
        .filter(follower::Column::Id.is_in(ties.iter().map(|tie| tie.follower_id)))
        .all(db)
        .await?;
    let known: HashMap<Uuid, Known> = followers
        .into_iter()
        .map(|row| (row.id, Known { id: row.id, openid: row.openid, subscribed: row.subscribed }))
        .collect();
    Ok(ties.iter().filter_map(|tie| Some((tie.person_id, known.get(&tie.follower_id)?.clone()))).collect())
}

/// Whether a write met a row that was there already.
pub fn is_unique(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}
