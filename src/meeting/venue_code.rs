//! The code at the venue. Stateless: what a code says is signed, so any replica shows and
//! checks it, and nothing is stored. It proves "scanned this code", not presence; a relay of the screen defeats any
//! code, and the organisers' manual says so.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::checkin::Refusal;
use super::model::meeting;
use crate::base::clock::Instant;
use crate::base::privacy::{Keys, random_code, same};

/// How long one rotating code is shown, in seconds. The one before it is still accepted.
pub const SLOT: i64 = 15;
/// How long one six-digit code is shown, in seconds. The one before it is still accepted.
pub const SHORT_SLOT: i64 = 60;
/// How long a person has from scanning to finishing the form.
pub const TICKET_LIFE: TimeDelta = TimeDelta::minutes(10);

const MAC_BYTES: usize = 10;

/// The rotating code of the slot that `now` falls in: (`slot`, `signature`), for `?s=…&k=…`.
pub fn rotating(keys: &Keys, meeting: Uuid, now: Instant) -> (i64, String) {
    let slot = now.timestamp().div_euclid(SLOT);
    (slot, slot_mac(keys, meeting, slot))
}

/// When the slot that `now` falls in ends.
pub fn slot_ends_at(now: Instant) -> Instant {
    let end = (now.timestamp().div_euclid(SLOT) + 1) * SLOT;
    DateTime::from_timestamp(end, 0).unwrap_or(now)
}

/// Accepts the current slot and the one before.
pub fn check_rotating(keys: &Keys, meeting: Uuid, slot: i64, mac: &str, now: Instant) -> Result<(), Refusal> {
    if !same(slot_mac(keys, meeting, slot).as_bytes(), mac.as_bytes()) {
        return Err(Refusal::CodeInvalid);
    }
    let current = now.timestamp().div_euclid(SLOT);
    if slot == current || slot == current - 1 { Ok(()) } else { Err(Refusal::CodeExpired) }
}

/// The path that the code of `meeting` carries now: `/m/{code}`, with slot and signature when it rotates.
pub fn path(keys: &Keys, meeting: &meeting::Model, now: Instant) -> String {
    match meeting.code_kind() {
        super::model::CodeKind::Static => format!("/m/{}", meeting.code),
        super::model::CodeKind::Rotating => {
            let (slot, mac) = rotating(keys, meeting.id, now);
            format!("/m/{}?s={slot}&k={mac}", meeting.code)
        }
    }
}

/// Six digits to say aloud, for back rows and failing cameras.
pub fn short(keys: &Keys, meeting: Uuid, now: Instant) -> String {
    short_of(keys, meeting, now.timestamp().div_euclid(SHORT_SLOT))
}

/// Whether `typed` is the six-digit code of `meeting` now, or was a minute ago.
pub fn check_short(keys: &Keys, meeting: Uuid, typed: &str, now: Instant) -> bool {
    let slot = now.timestamp().div_euclid(SHORT_SLOT);
    [slot, slot - 1].into_iter().any(|slot| same(short_of(keys, meeting, slot).as_bytes(), typed.as_bytes()))
}

/// A scan ticket: "this browser scanned a fresh code of `meeting` at `scanned_at`". It lets slow people finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub meeting: Uuid,
    pub scanned_at: Instant,
    /// Tells tickets apart, so that one serves one person.
    pub nonce: String,
}

impl Ticket {
    pub fn new(meeting: Uuid, scanned_at: Instant) -> Ticket {
        Ticket { meeting, scanned_at, nonce: random_code(12) }
    }

    /// The scan as it counts: who scanned early and waited, scanned at the opening.
    pub fn counts_from(&self, opens_at: Instant, now: Instant) -> Instant {
        self.scanned_at.max(opens_at.min(now))
    }

    /// As the browser keeps it.
    pub fn seal(&self, keys: &Keys) -> String {
        let body = format!("{}.{}", self.scanned_at.timestamp_millis(), self.nonce);
        let mac = URL_SAFE_NO_PAD.encode(self.mac(keys));
        format!("{body}.{mac}")
    }

    /// Reads a ticket of `meeting`; a forged one or one of another meeting is invalid, an old one expired.
    /// The ten minutes count from the scan, or from `opens_at` for somebody who scanned early and waited.
    pub fn open(
        keys: &Keys,
        meeting: Uuid,
        text: &str,
        opens_at: Instant,
        now: Instant,
    ) -> Result<Ticket, Refusal> {
        let mut parts = text.split('.');
        let (Some(at), Some(nonce), Some(mac), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::CodeInvalid);
        };
        let scanned_at =
            at.parse().ok().and_then(DateTime::from_timestamp_millis).ok_or(Refusal::CodeInvalid)?;
        let ticket = Ticket { meeting, scanned_at, nonce: nonce.to_string() };
        let given = URL_SAFE_NO_PAD.decode(mac).map_err(|_| Refusal::CodeInvalid)?;
        if !same(&ticket.mac(keys), &given) {
            return Err(Refusal::CodeInvalid);
        }
        if now > scanned_at.max(opens_at) + TICKET_LIFE {
            return Err(Refusal::CodeExpired);
        }
        Ok(ticket)
    }

    fn mac(&self, keys: &Keys) -> [u8; 32] {
        let at = self.scanned_at.timestamp_millis().to_be_bytes();
        keys.sign("scan-ticket", &[self.meeting.as_bytes(), &at, self.nonce.as_bytes()])
    }
}

fn slot_mac(keys: &Keys, meeting: Uuid, slot: i64) -> String {
    let mac = keys.sign("venue-code", &[meeting.as_bytes(), &slot.to_be_bytes()]);
    URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES])
}

fn short_of(keys: &Keys, meeting: Uuid, slot: i64) -> String {
    let mac = keys.sign("short-code", &[meeting.as_bytes(), &slot.to_be_bytes()]);
    let number = u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]]) % 1_000_000;
    format!("{number:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::from_master(&[1; 32])
    }

    fn at(second: i64) -> Instant {
        DateTime::from_timestamp(1_790_000_010 + second, 0).unwrap()
    }

    const ONE: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    #[test]
    fn a_rotating_code_serves_its_slot_and_the_next() {
        let start = slot_ends_at(at(0));
        let (slot, mac) = rotating(&keys(), ONE, start);
        for second in [0, 14, 15, 29] {
            assert!(
                check_rotating(&keys(), ONE, slot, &mac, start + TimeDelta::seconds(second)).is_ok(),
                "{second}"
            );
        }
        for second in [-1, 30, 3600] {
            let refusal = check_rotating(&keys(), ONE, slot, &mac, start + TimeDelta::seconds(second));
            assert!(matches!(refusal, Err(Refusal::CodeExpired)), "{second}");
        }
    }

    #[test]
    fn a_forged_code_or_one_of_another_meeting_is_invalid() {
        let (slot, mac) = rotating(&keys(), ONE, at(0));
        for (meeting, slot, mac) in [
            (OTHER, slot, mac.as_str()),
            (ONE, slot + 1, mac.as_str()),
            (ONE, slot, ""),
            (ONE, slot, "AAAAAAAAAAAAAA"),
        ] {
            assert!(matches!(check_rotating(&keys(), meeting, slot, mac, at(0)), Err(Refusal::CodeInvalid)));
        }
    }

    #[test]
    fn six_digits_serve_this_minute_and_the_next_in_one_meeting() {
        let code = short(&keys(), ONE, at(0));
        assert_eq!(code.len(), 6);
        assert!(check_short(&keys(), ONE, &code, at(0)) && check_short(&keys(), ONE, &code, at(60)));
        assert!(!check_short(&keys(), ONE, &code, at(121)));
        assert!(!check_short(&keys(), OTHER, &code, at(0)));
    }

    #[test]
    fn a_ticket_lasts_ten_minutes_from_the_scan_or_the_opening() {
        let text = Ticket::new(ONE, at(0)).seal(&keys());
        let open = |opens, now| Ticket::open(&keys(), ONE, &text, at(opens), at(now));
        assert_eq!(open(0, 600).unwrap().scanned_at, at(0));
        assert!(matches!(open(0, 601), Err(Refusal::CodeExpired)));
        assert!(open(1800, 2400).is_ok());
        assert!(matches!(Ticket::open(&keys(), OTHER, &text, at(0), at(0)), Err(Refusal::CodeInvalid)));
    }

    #[test]
    fn a_damaged_ticket_is_invalid() {
        let text = Ticket::new(ONE, at(0)).seal(&keys());
        for broken in [
            "",
            ".",
            "..",
            "x.y.z",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}.x"),
            "99999999999999999999.a.b",
        ] {
            assert!(
                matches!(Ticket::open(&keys(), ONE, broken, at(0), at(0)), Err(Refusal::CodeInvalid)),
                "{broken}"
            );
        }
    }
}
