//! Prints to the log what would be sent: for development. The number is masked, as everywhere in logs.

use super::{Call, Kind, Medium, Verdict};

pub const NAME: &str = "log";

pub(super) fn send(call: &Call<'_>) -> Verdict {
    let text = call.wording.filled(call.words);
    tracing::info!(to = ?call.number, medium = call.medium.word(), reference = call.reference, text, "not sent, only printed");
    // Nobody picks up a call that is only printed: then no end is known.
    let end = (call.medium == Medium::Sms).then_some(Kind::Delivered);
    Verdict::Taken { id: format!("log-{}", call.reference), end }
}
