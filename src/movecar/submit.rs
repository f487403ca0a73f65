//! The one way to ask for a car to be moved, for page and chat alike. Whatever is known about a plate, the answer here
//! is the same: owners are looked up afterwards, by a job.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::count::{self, Window};
use super::model::{Reason, Stand, State, car_case, car_request};
use super::photo::Photo;
use super::plate::Plate;
use super::state::{self, OPEN};
use super::{Movecar, allowed, dispatch, doubt, watch};
use crate::base::Base;
use crate::base::clock::{Instant, shanghai};
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::files::FilesError;
use crate::base::geo::{self, Said};
use crate::base::privacy::KeyError;
use crate::jobs;

pub const PLATE_PLACE: &str = "car_case.plate";
/// Cars in one request.
pub const CARS: usize = 2;
/// Characters of a place.
pub const PLACE: usize = 60;
/// Requests for one plate this near (metres) and this close in time are one.
const NEAR: f64 = 150.0;
pub(super) const TOGETHER: TimeDelta = TimeDelta::minutes(30);
/// A phone that knows its place less exactly (metres) is no reason to call.
const SURE: f64 = 200.0;
/// Requests that one replica files at the same time. More would be answered sooner, and their owners told later: the
/// messages for those who asked before would wait for the database along with them.
pub(super) const AT_ONCE: usize = 2;
/// How long one waits in front of those before it hears that we are busy.
const IN_LINE: Duration = Duration::from_secs(10);

/// What somebody asks for.
pub struct Wish {
    pub follower: Uuid,
    /// Names this act: the same again is the same request.
    pub op: Uuid,
    /// `page` or `chat`.
    pub source: &'static str,
    pub plates: Vec<Plate>,
    pub reason: Reason,
    /// An urgent one was confirmed in words.
    pub sure: bool,
    /// In their own words; shown to the desk, never to owners.
    pub place: String,
    pub spot: Option<Said>,
    pub photo: Option<Photo>,
    /// Keyed hash of the address; empty where there is none.
    pub network: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("no plate")]
    NoPlate,
    #[error("no place")]
    NoPlace,
    #[error("no picture")]
    NoPhoto,
    #[error("an urgent reason was not confirmed")]
    NotSure,
    #[error("another request is open")]
    Open(String),
    #[error("used up for today")]
    Day(i64),
    #[error("used up for this month")]
    Month(i64),
    #[error("used up for the first day")]
    FirstDay(i64),
    #[error("too many from this network")]
    Network,
    #[error("blocked until {0}")]
    Blocked(Instant),
    #[error("their own car")]
    Own,
    #[error("asked again too soon")]
    Again,
    #[error("too many at once")]
    Busy,
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for SubmitError {
    fn code(&self) -> &'static str {
        match self {
            SubmitError::NoPlate => "car_plate_needed",
            SubmitError::NoPlace => "car_place_needed",
            SubmitError::NoPhoto => "car_photo_needed",
            SubmitError::NotSure => "car_sure_needed",
            SubmitError::Open(_) => "car_open_already",
            SubmitError::Day(_) => "car_quota_day",
            SubmitError::Month(_) => "car_quota_month",
            SubmitError::FirstDay(_) => "car_quota_first_day",
            SubmitError::Network => "car_network_busy",
            SubmitError::Blocked(_) => "car_blocked",
            SubmitError::Own => "car_own",
            SubmitError::Again => "car_again",
            SubmitError::Busy | SubmitError::Files(_) | SubmitError::Database(_) => "unavailable",
            SubmitError::Key(_) => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            SubmitError::NoPlate | SubmitError::Own => Some("plate"),
            SubmitError::NoPlace => Some("place"),
            SubmitError::NoPhoto => Some("photo"),
            SubmitError::NotSure => Some("sure"),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            SubmitError::Open(number) => vec![("number", number.clone())],
            SubmitError::Day(limit) | SubmitError::Month(limit) | SubmitError::FirstDay(limit) => {
                vec![("limit", limit.to_string())]
            }
            SubmitError::Blocked(until) => {
                vec![("until", shanghai(*until).format("%Y年%-m月%-d日").to_string())]
            }
            _ => Vec::new(),
        }
    }
}

/// What a request is known by from now on, one number for each car.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub numbers: Vec<String>,
}

/// Files the request, or says why not.
pub async fn submit(car: &Movecar, wish: Wish) -> Result<Submitted, SubmitError> {
    if wish.plates.is_empty() || wish.plates.len() > CARS {
        return Err(SubmitError::NoPlate);
    }
    let place = wish.place.trim();
    if place.is_empty() && wish.spot.is_none() || place.chars().count() > PLACE {
        return Err(SubmitError::NoPlace);
    }
    let Some(photo) = &wish.photo else { return Err(SubmitError::NoPhoto) };
    if wish.reason.urgent() && !wish.sure {
        return Err(SubmitError::NotSure);
    }
    let base = &car.base;
    if let Some(known) = known(base, &wish).await? {
        return Ok(known);
    }
    let key = format!("car/{}.jpg", Uuid::now_v7());
    base.files.put(&key, photo.jpeg.clone().into()).await?;
    match file(car, &wish, photo, &key).await {
        Ok((submitted, cases)) => {
            jobs::wake(base).await;
            for case in cases {
                state::announce(base, case).await;
            }
            Ok(submitted)
        }
        Err(error) => {
            if let Err(error) = base.files.delete(&key).await {
                tracing::warn!(%error, "the picture of a refused request stays until it is swept");
            }
            // Two taps at once: the other one filed it.
            match error {
                SubmitError::Open(_) | SubmitError::Again => known(base, &wish).await?.ok_or(error),
                other => Err(other),
            }
        }
    }
}

/// What the same act came to before.
async fn known(base: &Base, wish: &Wish) -> Result<Option<Submitted>, DbErr> {
    let rows = car_request::Entity::find()
        .filter(car_request::Column::EventId.eq(wish.op))
        .filter(car_request::Column::FollowerId.eq(wish.follower))
        .order_by_asc(car_request::Column::Number)
        .all(base.db.read())
        .await?;
    Ok((!rows.is_empty()).then(|| Submitted { numbers: rows.into_iter().map(|row| row.number).collect() }))
}

async fn file(
    car: &Movecar,
    wish: &Wish,
    photo: &Photo,
    key: &str,
) -> Result<(Submitted, Vec<Uuid>), SubmitError> {
    let base = &car.base;
    let in_line = tokio::time::timeout(IN_LINE, car.door.acquire()).await;
    let _turn = in_line.map_err(|_| SubmitError::Busy)?.map_err(|_| SubmitError::Busy)?;
    // What does not change under anybody's hands is read before the transaction, which all others wait for.
    let seen = doubt::Seen::before(base, photo).await?;
    let first_day = allowed::joined_today(base, wish.follower).await?;
    let own = allowed::own_cars(base, wish).await?;
    let tx = base.db.write().await?;
    allowed::take(car, &tx, wish, first_day).await?;
    if own {
        return Err(SubmitError::Own);
    }
    // In one order everywhere, so that two requests for the same two cars wait for each other.
    let mut plates: Vec<&Plate> = wish.plates.iter().collect();
    plates.sort_by_key(|plate| plate.reveal());
    plates.dedup();
    for plate in &plates {
        allowed::repeated(base, &tx, wish, plate, photo).await?;
    }
    // All plates before the first number: a number is everybody's, and is held to the end.
    let mut doubts = Vec::new();
    for plate in &plates {
        doubts.push(match doubt::hold_plate(car, &tx, wish, plate).await? {
            Some(doubt) => Some(doubt),
            None => doubt::of(car, &tx, wish, plate, photo, &seen).await?,
        });
    }
    let (mut numbers, mut cases) = (Vec::new(), Vec::new());
    for (place, (plate, doubt)) in plates.into_iter().zip(doubts).enumerate() {
        let (case, new) = case_for(base, &tx, wish, plate, doubt.map(|doubt| doubt.word())).await?;
        let number = number(base, &tx).await?;
        let row = car_request::Model {
            id: Uuid::now_v7(),
            number: number.clone(),
            case_id: case,
            event_id: wish.op,
            follower_id: wish.follower,
            open_slot: Some(format!("{}:{place}", wish.follower)),
            plate_hash: plate.hash(&base.keys),
            state: Stand::Open.word().to_string(),
            source: wish.source.to_string(),
            photo: Some(key.to_string()),
            photo_hash: Some(photo.looks),
            network: wish.network.clone(),
            rating: None,
            at: base.clock.now(),
            ended_at: None,
        };
        let once = OnConflict::new().do_nothing().to_owned();
        let stored = car_request::Entity::insert(whole::<car_request::ActiveModel>(row))
            .on_conflict(once)
            .exec_without_returning(&tx)
            .await?;
        if stored == 0 {
            return Err(SubmitError::Open(String::new()));
        }
        if new {
            if doubt.is_none() {
                dispatch::enqueue(base, &tx, case).await?;
            }
            watch::enqueue(base, &tx, case, watch::What::Expire, base.clock.now() + watch::EXPIRES).await?;
        } else {
            state::note(base, &tx, case, Vec::new(), "joined", "", "").await?;
        }
        numbers.push(number);
        cases.push(case);
    }
    tx.commit().await?;
    Ok((Submitted { numbers }, cases))
}

/// The case that this car at this place has already, or a new one; and whether it is new.
async fn case_for(
    base: &Base,
    tx: &DatabaseTransaction,
    wish: &Wish,
    plate: &Plate,
    held: Option<&'static str>,
) -> Result<(Uuid, bool), SubmitError> {
    let now = base.clock.now();
    let waiting = OPEN.iter().filter(|state| **state != State::Expired).map(|state| state.word());
    let open = car_case::Entity::find()
        .filter(car_case::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .filter(car_case::Column::State.is_in(waiting))
        .filter(car_case::Column::CreatedAt.gt(now - TOGETHER))
        .order_by_asc(car_case::Column::CreatedAt)
        .all(tx)
        .await?;
    let here = wish.spot.map(|spot| spot.at);
    let near = |case: &&car_case::Model| match (case.spot(), here) {
        (Some(there), Some(here)) => geo::metres(there, here) <= NEAR,
        // A car is at one place at a time.
        _ => true,
    };
    if let Some(case) = open.iter().find(near) {
        return Ok((case.id, false));
    }
    let active_key = format!("{}:{}", plate.hash(&base.keys), cell(here));
    let micro = |degrees: f64| (degrees * 1e6).round() as i32;
    let case = car_case::Model {
        id: Uuid::now_v7(),
        plate_sealed: plate.seal(&base.keys, PLATE_PLACE)?,
        plate_hash: plate.hash(&base.keys),
        plate_masked: plate.masked(),
        class: plate.class.word().to_string(),
        reason: wish.reason.word().to_string(),
        place: wish.place.trim().to_string(),
        latitude: here.map(|(latitude, _)| micro(latitude)),
        longitude: here.map(|(_, longitude)| micro(longitude)),
        active_key: Some(active_key.clone()),
        state: State::Created.word().to_string(),
        held: held.map(str::to_string),
        urgent: wish.reason.urgent(),
        callable: wish.spot.is_some_and(|spot| spot.exact <= SURE),
        owner_hash: None,
        answered: false,
        reply: None,
        replied_at: None,
        eta_at: None,
        notified_at: None,
        asked_at: None,
        reminders: 0,
        clone: false,
        taken_by: None,
        result: None,
        version: 1,
        created_at: now,
        moved_at: None,
        closed_at: None,
    };
    let id = case.id;
    let once = OnConflict::new().do_nothing().to_owned();
    let row = car_case::Entity::insert(whole::<car_case::ActiveModel>(case.into_active_model()));
    if row.on_conflict(once).exec_without_returning(tx).await? == 1 {
        state::line(base, tx, id, State::Created.word(), "", "").await?;
        return Ok((id, true));
    }
    let active = car_case::Entity::find().filter(car_case::Column::ActiveKey.eq(active_key)).one(tx).await?;
    active
        .map(|case| (case.id, false))
        .ok_or_else(|| DbErr::RecordNotFound("the case that is active".to_string()).into())
}

/// About 150 metres each way; `-` where nobody knows.
fn cell(here: Option<(f64, f64)>) -> String {
    let part = |degrees: f64| (degrees / 0.0015).floor() as i64;
    here.map_or_else(
        || "-".to_string(),
        |(latitude, longitude)| format!("{}.{}", part(latitude), part(longitude)),
    )
}

/// `YC`, the day, and a number within it; one that was not used after all is missing.
async fn number(base: &Base, tx: &DatabaseTransaction) -> Result<String, SubmitError> {
    const MOST: i64 = 99_999;
    let number = count::take(base, tx, "number", Window::Day, MOST).await?;
    let number = number.ok_or_else(|| DbErr::Custom("no number is left for today".to_string()))?;
    Ok(format!("YC{}{number:05}", shanghai(base.clock.now()).format("%Y%m%d")))
}
