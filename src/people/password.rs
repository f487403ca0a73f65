//! Passwords of staff: how they are kept and compared, and how guessing is slowed down.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

use super::model::staff::Model;
use super::staff::StaffError;
use crate::base::Base;
use crate::base::privacy::digest;

pub(super) const LOCK_MINUTES: u64 = 15;
/// Wrong passwords for one account before it rests.
const TRIES: i64 = 10;
/// Argon2id takes 19 MiB and a core each: no more than this at once.
static HASHING: Semaphore = Semaphore::const_new(2);
/// A hash nobody has, checked for unknown names so that they take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$0MCnXcDTy7Pk1CQVSZjIh1RoDVfYBOjSKBVdCBkBb0U";

/// Whether `given` is the password of `staff`, who calls themselves `username`. Tries are counted by that name,
/// known or not; after too many even the right password is refused for a while.
pub(super) async fn is_right(
    base: &Base,
    username: &str,
    staff: Option<&Model>,
    given: &str,
) -> Result<bool, StaffError> {
    let tries_key = format!("login:{}", digest(username.as_bytes()));
    let tries = base.cache.increment(&tries_key, Duration::from_secs(LOCK_MINUTES * 60)).await;
    if tries > TRIES {
        return Err(StaffError::LoginLocked);
    }
    let hash = staff.map_or(NOBODY, |staff| staff.password_hash.as_str()).to_string();
    let right = verify(hash, given.to_string()).await? && staff.is_some();
    if right {
        base.cache.delete(&tries_key).await;
    }
    Ok(right)
}

/// A password that may be set.
pub(super) fn checked(password: &str) -> Result<String, StaffError> {
    match password.chars().count() {
        8..=200 => Ok(password.to_string()),
        _ => Err(StaffError::Invalid("password", "至少 8 个字符。")),
    }
}

pub(super) async fn hash(password: String) -> Result<String, StaffError> {
    blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| StaffError::Hash(error.to_string()))
    })
    .await
}

async fn verify(hash: String, password: String) -> Result<bool, StaffError> {
    blocking(move || {
        let parsed = PasswordHash::new(&hash).map_err(|error| StaffError::Hash(error.to_string()))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StaffError> + Send + 'static,
) -> Result<T, StaffError> {
    let _permit = HASHING.acquire().await.map_err(|error| StaffError::Hash(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| StaffError::Hash(error.to_string()))?
}
