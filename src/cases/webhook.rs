//! Signed messages to other systems. Here, pure: how they are signed and when tried again; `target.rs`, where they may
//! go; `hooks.rs`, who hears of what; `deliver.rs`, how it gets there.

pub mod deliver;
pub mod hooks;
mod target;

use chrono::Duration;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::base::clock::Instant;
use crate::base::privacy::same;

pub use target::{AllowList, Refused, Target, is_public};

/// The message's id, the same in every try: who has seen it drops it.
pub const ID: &str = "X-Yst-Webhook-Id";
/// When this try was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "X-Yst-Webhook-Timestamp";
/// `v1=…`, one for each valid secret, with a space between.
pub const SIGNATURE: &str = "X-Yst-Webhook-Signature";

/// How far the clock of a message may be from the receiver's, in either direction; older ones are dropped.
pub const WINDOW_SECONDS: i64 = 5 * 60;

/// Waiting times after the first, second … failed try.
const RETRIES: [Duration; 7] = [
    Duration::seconds(10),
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(6),
    Duration::hours(24),
];

/// The value of [`SIGNATURE`]: by the newest secret, and by the one before while a target changes over.
pub fn sign(secrets: &[&str], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signatures =
        secrets.iter().map(|secret| format!("v1={}", hex::encode(hash(secret, id, timestamp, body))));
    signatures.collect::<Vec<_>>().join(" ")
}

/// Why a receiver should not believe a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("signed more than five minutes ago, or in the future")]
    OutOfTime,
    #[error("no signature of a known secret fits")]
    Signature,
}

/// What a receiver does, and what our own receiving end does with a partner's messages. Whether the id was seen before
/// is asked afterwards: an id without a right signature says nothing.
pub fn verify(
    secrets: &[&str],
    id: &str,
    timestamp: i64,
    body: &[u8],
    signature: &str,
    now: Instant,
) -> Result<(), Doubt> {
    let age = now.timestamp().checked_sub(timestamp).and_then(i64::checked_abs);
    if age.is_none_or(|age| age > WINDOW_SECONDS) {
        return Err(Doubt::OutOfTime);
    }
    let given: Vec<Vec<u8>> = signature
        .split([' ', ','])
        .filter_map(|one| hex::decode(one.trim().strip_prefix("v1=")?).ok())
        .collect();
    let fits = secrets.iter().any(|secret| {
        let right = hash(secret, id, timestamp, body);
        given.iter().any(|one| same(one, &right))
    });
    if fits { Ok(()) } else { Err(Doubt::Signature) }
}

/// HMAC-SHA-256 over `id.timestamp.body`.
fn hash(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// How long to wait after so many failed tries (from 1): the plan and up to a fifth more, so that all that failed
/// together does not come back together. `luck` from 0 to 1. `None`: parked, and shown to staff.
pub fn wait(failed: usize, luck: f64) -> Option<Duration> {
    let plan = RETRIES.get(failed.checked_sub(1)?)?;
    let more = plan.num_milliseconds() as f64 * luck.clamp(0.0, 1.0) / 5.0;
    Some(*plan + Duration::milliseconds(more as i64))
}

/// Whether an answer means that the receiver has it. Redirects are failures: they may lead anywhere.
pub fn delivered(status: u16) -> bool {
    (200..300).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(seconds: i64) -> Instant {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = r#"{"type":"case.answered","no":"16944"}"#.as_bytes();

    #[test]
    fn a_signature_is_what_any_library_computes() {
        // printf '%s' 'evt_1.1790000000.{}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            sign(&["secret"], "evt_1", NOW, b"{}"),
            "v1=fbc5541c778188ae95289abcafd1405547c2b7f3895db064aa50ebff2a9edf24"
        );
    }

    #[test]
    fn while_secrets_change_either_opens() {
        let both = sign(&["new", "old"], "evt_1", NOW, BODY);
        for known in [["new"].as_slice(), &["old"], &["other", "old"]] {
            assert_eq!(verify(known, "evt_1", NOW, BODY, &both, at(NOW)), Ok(()), "{known:?}");
        }
        assert_eq!(verify(&["other"], "evt_1", NOW, BODY, &both, at(NOW)), Err(Doubt::Signature));
        assert_eq!(verify(&[], "evt_1", NOW, BODY, &both, at(NOW)), Err(Doubt::Signature));
    }

    #[test]
    fn nothing_of_a_message_can_be_changed() {
        let signature = sign(&["secret"], "evt_1", NOW, BODY);
        let check = |id, time, body, signature: &str| verify(&["secret"], id, time, body, signature, at(NOW));
        assert_eq!(check("evt_1", NOW, BODY, &signature), Ok(()));
        assert_eq!(check("evt_2", NOW, BODY, &signature), Err(Doubt::Signature));
        assert_eq!(check("evt_1", NOW + 1, BODY, &signature), Err(Doubt::Signature));
        assert_eq!(check("evt_1", NOW, b"{}", &signature), Err(Doubt::Signature));
        for wrong in ["", "v1=", "v1=00", "v2=00", "v1=xyz", &signature[..60], &signature.replace("v1", "v0")]
        {
            assert_eq!(check("evt_1", NOW, BODY, wrong), Err(Doubt::Signature), "{wrong}");
        }
    }

    #[test]
    fn messages_of_more_than_five_minutes_are_dropped() {
        let signature = sign(&["secret"], "evt_1", NOW, BODY);
        let check = |now| verify(&["secret"], "evt_1", NOW, BODY, &signature, at(now));
        assert_eq!(check(NOW + 300), Ok(()));
        assert_eq!(check(NOW - 300), Ok(()));
        assert_eq!(check(NOW + 301), Err(Doubt::OutOfTime));
        assert_eq!(check(NOW - 301), Err(Doubt::OutOfTime));
        let never = verify(&["secret"], "evt_1", i64::MIN, BODY, &signature, at(NOW));
        assert_eq!(never, Err(Doubt::OutOfTime));
    }

    #[test]
    fn tries_are_farther_and_farther_apart_and_then_parked() {
        let plan: Vec<i64> = (1..=7).map(|failed| wait(failed, 0.0).unwrap().num_seconds()).collect();
        assert_eq!(plan, [10, 60, 300, 1800, 7200, 21_600, 86_400]);
        assert_eq!(wait(8, 0.0), None);
        assert_eq!(wait(0, 0.0), None);
        assert_eq!(wait(1, 1.0), Some(Duration::seconds(12)));
        for luck in [-1.0, 0.3, 2.0, f64::NAN] {
            let waited = wait(2, luck).unwrap();
            assert!((Duration::seconds(60)..=Duration::seconds(72)).contains(&waited), "{luck}");
        }
    }

    #[test]
    fn only_a_plain_success_is_a_delivery() {
        assert!(delivered(200) && delivered(204));
        for status in [100, 301, 302, 400, 410, 500] {
            assert!(!delivered(status), "{status}");
        }
    }
}
