//! What somebody has said so far, on the page or in the chat: sealed in the shared cache, left and taken up again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Movecar;
use super::model::Reason;
use super::photo::{self, Photo, PhotoError};
use super::plate::{self, Plate};
use super::submit::{self, SubmitError, Submitted, Wish};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::base::geo::Said;
use crate::base::privacy::KeyError;

const PLACE: &str = "cache.car_draft";
/// How long it waits. A picture must be fresh.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// As far as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Draft {
    /// Names the request that it becomes.
    pub op: Uuid,
    /// Normal forms, as agreed to.
    pub plates: Vec<String>,
    /// A plate that waits for a yes.
    pub offered: Option<String>,
    /// … and for its colour.
    #[serde(default)]
    pub asks_colour: bool,
    pub reason: Option<Reason>,
    pub sure: bool,
    pub place: String,
    /// Degrees and metres, GCJ-02.
    pub spot: Option<(f64, f64, f64)>,
    looks: Option<i64>,
    taken_at: Option<(f64, f64)>,
    /// When the picture was taken: by its camera, else when it came.
    #[serde(default)]
    shot_at: Option<Instant>,
    /// The chat waits for the next answer.
    pub talking: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("nothing was kept")]
    Over,
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("{0}")]
    Broken(String),
}

impl Coded for DraftError {
    fn code(&self) -> &'static str {
        match self {
            DraftError::Over => "car_draft_over",
            DraftError::Photo(PhotoError::TooLarge) => "car_photo_large",
            DraftError::Photo(_) => "car_photo_bad",
            DraftError::Key(_) | DraftError::Broken(_) => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, DraftError::Photo(_)).then_some("photo")
    }
}

fn key(follower: Uuid) -> String {
    format!("car-draft:{follower}")
}

fn photo_key(follower: Uuid) -> String {
    format!("car-draft-photo:{follower}")
}

impl Draft {
    /// What `follower` left; a new one where there is nothing.
    pub async fn of(base: &Base, follower: Uuid) -> Draft {
        let sealed = base.cache.get(&key(follower)).await;
        let plain = sealed
            .and_then(|sealed| String::from_utf8(sealed.to_vec()).ok())
            .and_then(|sealed| base.keys.open(PLACE, &sealed).ok());
        let draft = plain.and_then(|plain| serde_json::from_str(&plain).ok());
        draft.unwrap_or_else(|| Draft { op: Uuid::now_v7(), ..Draft::default() })
    }

    pub async fn keep(&self, base: &Base, follower: Uuid) -> Result<(), DraftError> {
        let plain = serde_json::to_string(self).map_err(|error| DraftError::Broken(error.to_string()))?;
        base.cache.set(&key(follower), base.keys.seal(PLACE, &plain)?, LIFE).await;
        Ok(())
    }

    pub async fn forget(base: &Base, follower: Uuid) {
        base.cache.delete(&key(follower)).await;
        base.cache.delete(&photo_key(follower)).await;
    }

    pub fn has_photo(&self) -> bool {
        self.looks.is_some()
    }

    /// Takes a picture as a phone or the platform sent it.
    pub async fn take_photo(
        &mut self,
        base: &Base,
        follower: Uuid,
        bytes: Vec<u8>,
    ) -> Result<(), DraftError> {
        let read = tokio::task::spawn_blocking(move || photo::read(&bytes)).await;
        let photo = read.map_err(|error| DraftError::Broken(error.to_string()))??;
        base.cache.set(&photo_key(follower), photo.jpeg, LIFE).await;
        (self.looks, self.taken_at) = (Some(photo.looks), photo.taken_at);
        // No camera takes pictures in the future: its clock is wrong.
        let came = base.clock.now();
        self.shot_at = Some(photo.shot_at.map_or(came, |shot| shot.min(came)));
        Ok(())
    }

    pub fn cars(&self) -> Vec<Plate> {
        self.plates.iter().filter_map(|text| plate::read(text).plate).collect()
    }

    /// Files what was said; the draft is over then.
    pub async fn submit(
        &self,
        car: &Movecar,
        follower: Uuid,
        source: &'static str,
        network: String,
    ) -> Result<Submitted, SubmitError> {
        let base = &car.base;
        let jpeg = base.cache.get(&photo_key(follower)).await;
        let photo = match (jpeg, self.looks) {
            (Some(jpeg), Some(looks)) => {
                Some(Photo { jpeg: jpeg.to_vec(), looks, taken_at: self.taken_at, shot_at: self.shot_at })
            }
            _ => None,
        };
        let wish = Wish {
            follower,
            op: self.op,
            source,
            plates: self.cars(),
            reason: self.reason.unwrap_or(Reason::Blocking),
            sure: self.sure,
            place: self.place.clone(),
            spot: self.spot.map(|(latitude, longitude, exact)| Said { at: (latitude, longitude), exact }),
            photo,
            network,
        };
        let submitted = submit::submit(car, wish).await?;
        Draft::forget(base, follower).await;
        Ok(submitted)
    }
}
