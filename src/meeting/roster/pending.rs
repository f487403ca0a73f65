//! A list that was uploaded and looked over, and waits for the organiser's word. Phones in it are sealed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{List, Missing};
use crate::base::Base;
use crate::base::privacy::{KeyError, random_token};

const PLACE: &str = "roster.upload";
/// How long a list waits.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// Rows of one meeting, as uploaded.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub meeting: Uuid,
    /// What the file was called.
    pub name: String,
    pub move_out: bool,
    pub rows: List,
}

impl Pending {
    pub fn missing(&self) -> Missing {
        if self.move_out { Missing::MoveOut } else { Missing::Stay }
    }

    /// Puts the list aside; the token fetches it.
    pub async fn keep(&self, base: &Base) -> Result<String, KeyError> {
        let token = random_token();
        // The cache may keep time of its own; what counts is ours.
        let until = base.clock.unix() + LIFE.as_secs().cast_signed();
        let json = serde_json::to_string(&(until, self)).map_err(|_| KeyError::Sealed)?;
        base.cache.set(&key(&token), base.keys.seal(PLACE, &json)?, LIFE).await;
        Ok(token)
    }

    /// The list of `token`, if it is one of `meeting` and not too old.
    pub async fn find(base: &Base, meeting: Uuid, token: &str) -> Option<Pending> {
        let sealed = base.cache.get(&key(token)).await?;
        let json = base.keys.open(PLACE, std::str::from_utf8(&sealed).ok()?).ok()?;
        let (until, pending): (i64, Pending) = serde_json::from_str(&json).ok()?;
        (pending.meeting == meeting && base.clock.unix() <= until).then_some(pending)
    }
}

fn key(token: &str) -> String {
    format!("roster:{token}")
}
