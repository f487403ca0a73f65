//! A scan that served somebody and was brought again by somebody else: refused, and written down for organisers, one
//! line a ticket however often it is tried.

use std::collections::HashMap;

use sea_orm::{DatabaseTransaction, DbErr};
use uuid::Uuid;

use super::batch::Known;
use super::{Attempt, CheckIn, Refusal};
use crate::base::Base;
use crate::base::privacy::digest;
use crate::people::audit;

/// The act in the audit log; its detail is who was refused and whose scan it was.
pub const ACTION: &str = "attendance.code_reused";

/// Writes what `results` refused so; whether there was anything.
pub(super) async fn note(
    base: &Base,
    tx: &DatabaseTransaction,
    meeting: Uuid,
    known: &Known,
    attempts: &[Attempt],
    results: &[Result<CheckIn, Refusal>],
) -> Result<bool, DbErr> {
    let refused =
        attempts.iter().zip(results).filter(|(_, result)| matches!(result, Err(Refusal::CodeReused)));
    let mut lines = HashMap::new();
    for (attempt, _) in refused {
        let Some(ticket) = &attempt.ticket else { continue };
        let (Some(person), Some(owner)) = (known.person(&attempt.who), known.owner(ticket)) else { continue };
        lines.entry(line(meeting, ticket)).or_insert(format!("{} {owner}", person.id));
    }
    for (id, detail) in &lines {
        audit::write_once(base, tx, *id, "system", ACTION, &meeting.to_string(), detail).await?;
    }
    Ok(!lines.is_empty())
}

/// The id of a ticket's only line.
fn line(meeting: Uuid, ticket: &str) -> Uuid {
    let sum = digest(format!("{ACTION} {meeting} {ticket}").as_bytes());
    Uuid::try_parse(&sum[..32]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_one_line_in_each_meeting() {
        let (here, there) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(line(here, "a"), line(here, "a"));
        assert_ne!(line(here, "a"), line(here, "b"));
        assert_ne!(line(here, "a"), line(there, "a"));
        assert!(!line(here, "a").is_nil());
    }
}
