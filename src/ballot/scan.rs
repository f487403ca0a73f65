//! The scan of papers or of the protocol that a count by hand was taken from. Only pictures and PDF, told by their
//! content; whoever looks at one saves it, so no browser draws what somebody uploaded.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::model::ballot_round;
use super::refusal::BallotRefusal;
use crate::base::Base;

/// Type and file ending of what may be kept, by its first bytes.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x25, b'P', b'D', b'F', ..] => Some(("application/pdf", "pdf")),
        [0xFF, 0xD8, 0xFF, ..] => Some(("image/jpeg", "jpg")),
        [0x89, b'P', b'N', b'G', ..] => Some(("image/png", "png")),
        _ => None,
    }
}

fn key(hash: &str) -> String {
    format!("ballots/scan-{hash}")
}

fn failed(error: &crate::base::files::FilesError) -> BallotRefusal {
    BallotRefusal::RetryLater(error.to_string())
}

/// Keeps a scan; its hash, which the count then names.
pub async fn keep(base: &Base, bytes: Bytes) -> Result<String, BallotRefusal> {
    if kind(&bytes).is_none() {
        return Err(BallotRefusal::Invalid("扫描件应是 PDF、JPG 或 PNG 文件".to_string()));
    }
    let hash = hex::encode(Sha256::digest(&bytes));
    base.files.put(&key(&hash), bytes).await.map_err(|error| failed(&error))?;
    Ok(hash)
}

/// The scan of a round that was counted by hand: its type, its file ending, its bytes.
pub async fn of_round(
    base: &Base,
    round: &ballot_round::Model,
) -> Result<(&'static str, &'static str, Bytes), BallotRefusal> {
    let hash = round.by_hand()?.and_then(|by_hand| by_hand.scan).ok_or(BallotRefusal::NoRound)?;
    let bytes = base.files.get(&key(&hash)).await.map_err(|error| failed(&error))?;
    let (kind, ending) = kind(&bytes).ok_or(BallotRefusal::NoRound)?;
    Ok((kind, ending, bytes))
}

/// Whether a scan with this hash is kept.
pub async fn is_kept(base: &Base, hash: &str) -> bool {
    hash.len() == 64
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        && base.files.get(&key(hash)).await.is_ok()
}
