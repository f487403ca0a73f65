//! Signed addresses of pages and files. A link serves one person, one version and a few minutes; that the person may
//! still open the material is asked at every use besides.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::base::privacy::{Keys, same};

/// How long a link on a page serves; the page's script asks for new ones.
pub const LIFE: TimeDelta = TimeDelta::minutes(15);
/// How long a link serves that WeChat's own picture viewer fetches, which shows no cookie.
pub const VIEWER_LIFE: TimeDelta = TimeDelta::minutes(2);

const MAC_BYTES: usize = 16;

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub meeting: Uuid,
    pub material: Uuid,
    pub version: i32,
    /// From 1; 0 is the whole file.
    pub page: u32,
}

/// How a link shows whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// By the cookie of the reader, who must be the one it was made for.
    Reader,
    /// By itself: for WeChat's viewer, which shows no cookie. Never made for 内部 materials.
    Viewer,
}

/// The link is old, forged, of another person, or of a version that was replaced.
#[derive(Debug, thiserror::Error)]
#[error("the link does not serve")]
pub struct Dead;

impl Coded for Dead {
    fn code(&self) -> &'static str {
        "link_expired"
    }
}

/// The signature of a link of `person` that serves until `until`.
pub fn seal(keys: &Keys, target: Target, person: Uuid, how: Use, until: Instant) -> String {
    let until = until.timestamp();
    format!("{until}.{}", signature(keys, target, person, how, until))
}

/// Accepts a signature of `person` for `target` that still serves.
pub fn check(
    keys: &Keys,
    target: Target,
    person: Uuid,
    how: Use,
    text: &str,
    now: Instant,
) -> Result<(), Dead> {
    let (until, mac) = text.split_once('.').ok_or(Dead)?;
    let until: i64 = until.parse().map_err(|_| Dead)?;
    if !same(signature(keys, target, person, how, until).as_bytes(), mac.as_bytes()) {
        return Err(Dead);
    }
    let end = DateTime::from_timestamp(until, 0).ok_or(Dead)?;
    if now < end { Ok(()) } else { Err(Dead) }
}

fn signature(keys: &Keys, target: Target, person: Uuid, how: Use, until: i64) -> String {
    let Target { meeting, material, version, page } = target;
    let how: &[u8] = match how {
        Use::Reader => b"reader",
        Use::Viewer => b"viewer",
    };
    let mac = keys.sign(
        "material-link",
        &[
            meeting.as_bytes(),
            material.as_bytes(),
            &version.to_be_bytes(),
            &page.to_be_bytes(),
            person.as_bytes(),
            how,
            &until.to_be_bytes(),
        ],
    );
    URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Uuid = Uuid::from_u128(7);
    const TARGET: Target =
        Target { meeting: Uuid::from_u128(1), material: Uuid::from_u128(2), version: 1, page: 3 };

    fn keys() -> Keys {
        Keys::from_master(&[1; 32])
    }

    fn at(second: i64) -> Instant {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    #[test]
    fn a_link_serves_its_person_its_page_and_its_time() {
        let text = seal(&keys(), TARGET, ME, Use::Reader, at(60));
        let serves =
            |target, person, how, second| check(&keys(), target, person, how, &text, at(second)).is_ok();
        assert!(serves(TARGET, ME, Use::Reader, 0) && serves(TARGET, ME, Use::Reader, 59));
        assert!(!serves(TARGET, ME, Use::Reader, 60), "old");
        assert!(!serves(TARGET, Uuid::from_u128(8), Use::Reader, 0), "another person's");
        assert!(!serves(TARGET, ME, Use::Viewer, 0), "made for a reader with a cookie");
        for other in [
            Target { meeting: ME, ..TARGET },
            Target { material: ME, ..TARGET },
            Target { version: 2, ..TARGET },
            Target { page: 4, ..TARGET },
        ] {
            assert!(!serves(other, ME, Use::Reader, 0), "{other:?}");
        }
    }

    #[test]
    fn a_forged_link_serves_nobody() {
        let good = seal(&keys(), TARGET, ME, Use::Reader, at(60));
        let (_, mac) = good.split_once('.').unwrap();
        let later = format!("{}.{mac}", at(999).timestamp());
        let other = seal(&Keys::from_master(&[2; 32]), TARGET, ME, Use::Reader, at(60));
        for text in ["", ".", "1", &later, &other, &format!("{good}x"), "9999999999999999999.AAAA"] {
            assert!(check(&keys(), TARGET, ME, Use::Reader, text, at(0)).is_err(), "{text}");
        }
    }
}
