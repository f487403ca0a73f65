//! What somebody has written so far, on the page: sealed in the shared cache, left and taken up again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Cases;
use super::decide::Actor;
use super::model::{Kind, Part, Track};
use super::photo::{self, PhotoError};
use super::submit::{self, Filing, PHOTOS, SubmitError, Submitted};
use crate::base::privacy::KeyError;

const PLACE: &str = "cache.case_draft";
/// How long it waits.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// As far as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Names the case that it becomes.
    pub op: Uuid,
    pub kind: String,
    pub category: String,
    pub title: String,
    pub body: String,
    pub place: String,
    pub contact: String,
    pub confidential: bool,
    pub accused_unit: String,
    /// Keys of files, with their digests.
    pub photos: Vec<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("{0}")]
    Broken(#[from] serde_json::Error),
}

impl crate::base::error::Coded for DraftError {
    fn code(&self) -> &'static str {
        "internal"
    }
}

fn key(follower: Uuid) -> String {
    format!("case-draft:{follower}")
}

impl Draft {
    /// What `follower` left; a new one where there is nothing.
    pub async fn of(cases: &Cases, follower: Uuid) -> Draft {
        let sealed = cases.base.cache.get(&key(follower)).await;
        let text = sealed.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let plain = text.and_then(|text| cases.base.keys.open(PLACE, &text).ok());
        let draft = plain.and_then(|plain| serde_json::from_str(&plain).ok());
        draft.unwrap_or_else(|| Draft { op: Uuid::now_v7(), ..Draft::default() })
    }

    pub async fn keep(&self, cases: &Cases, follower: Uuid) -> Result<(), DraftError> {
        let sealed = cases.base.keys.seal(PLACE, &serde_json::to_string(self)?)?;
        cases.base.cache.set(&key(follower), sealed, LIFE).await;
        Ok(())
    }

    pub async fn drop(cases: &Cases, follower: Uuid) {
        cases.base.cache.delete(&key(follower)).await;
    }

    /// One picture more; what is too many is left out.
    pub async fn add_photo(&mut self, cases: &Cases, bytes: Vec<u8>) -> Result<(), PhotoError> {
        if self.photos.len() < PHOTOS {
            let kept = photo::keep(cases, bytes).await?;
            // The same picture twice is one.
            if !self.photos.iter().any(|(_, digest)| *digest == kept.1) {
                self.photos.push(kept);
            }
        }
        Ok(())
    }

    pub fn kind(&self) -> Kind {
        Kind::parse(&self.kind).unwrap_or(Kind::Help)
    }

    /// Files it. The same draft again is the same case.
    pub async fn submit(
        &self,
        cases: &Cases,
        follower: Uuid,
        source: &'static str,
        request_id: &str,
    ) -> Result<Submitted, SubmitError> {
        let actor = Actor {
            who: format!("follower:{follower}"),
            name: String::new(),
            part: Part::Citizen,
            unit: String::new(),
        };
        let filing = Filing {
            op: self.op.to_string(),
            source,
            author: Some(follower),
            proxy: None,
            track: Track::Inquiry,
            kind: self.kind(),
            category: self.category.clone(),
            title: self.title.clone(),
            body: self.body.clone(),
            place: self.place.clone(),
            spot: None,
            contact: self.contact.clone(),
            confidential: self.confidential,
            accused_unit: (!self.accused_unit.is_empty()).then(|| self.accused_unit.clone()),
            photos: self.photos.clone(),
            request_id: request_id.to_string(),
        };
        submit::submit(cases, &actor, filing).await
    }
}
