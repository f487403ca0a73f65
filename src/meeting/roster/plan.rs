//! What the rows of a list come to, compared with the roster there is.

use std::collections::HashMap;

use uuid::Uuid;

use super::{GoodRow, Report};
use crate::base::Base;
use crate::meeting::model::{EntryStatus, Role, roster_entry};

/// What happens to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Added,
    Changed,
    Removed,
    Kept,
}

/// One of those whom an import touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    pub name: String,
    pub unit: String,
    /// What is new about somebody who is changed, in Chinese: `单位：市金融办 → 市财政局`.
    pub what: String,
}

/// Changes of one kind that are listed; the counts have them all.
const LISTED: usize = 100;

/// The entries to write, in the order of the new list; counts them in `report`.
pub(super) fn merge(
    base: &Base,
    meeting: Uuid,
    old: &[roster_entry::Model],
    ids: &[Uuid],
    good: &[GoodRow],
    report: &mut Report,
) -> Vec<roster_entry::Model> {
    let known: HashMap<Uuid, &roster_entry::Model> =
        old.iter().map(|entry| (entry.person_id, entry)).collect();
    let mut written = Vec::new();
    for (rank, (person, row)) in ids.iter().zip(good).enumerate() {
        let before = known.get(person).copied();
        let after = roster_entry::Model {
            id: before.map_or_else(Uuid::now_v7, |entry| entry.id),
            meeting_id: meeting,
            person_id: *person,
            name: row.described.name.clone(),
            unit: row.described.unit.clone(),
            role: row.role.word().to_string(),
            seat: row.seat.clone(),
            rank: i32::try_from(rank).unwrap_or(i32::MAX),
            votes: row.votes.unwrap_or_else(|| votes_by_default(row.role, before)),
            status: EntryStatus::Active.word().to_string(),
            created_at: before.map_or_else(|| base.clock.now(), |entry| entry.created_at),
        };
        match before {
            None => {
                report.added += 1;
                report.note(Kind::Added, &after, None);
            }
            Some(before) if same_but_rank(before, &after) => report.unchanged += 1,
            Some(before) => {
                report.changed += 1;
                report.note(Kind::Changed, &after, Some(before));
            }
        }
        if before != Some(&after) {
            written.push(after);
        }
    }
    written
}

/// A list that says nothing of votes leaves them as they are, unless somebody's role is another now.
fn votes_by_default(role: Role, before: Option<&roster_entry::Model>) -> bool {
    match before {
        Some(before) if before.role == role.word() => before.votes,
        _ => role == Role::Attendee,
    }
}

fn same_but_rank(before: &roster_entry::Model, after: &roster_entry::Model) -> bool {
    roster_entry::Model { rank: after.rank, ..before.clone() } == *after
}

impl Report {
    /// Lists somebody, unless the list of that kind is full.
    pub(super) fn note(
        &mut self,
        kind: Kind,
        entry: &roster_entry::Model,
        before: Option<&roster_entry::Model>,
    ) {
        if self.changes.iter().filter(|change| change.kind == kind).count() < LISTED {
            self.changes.push(Change {
                kind,
                name: entry.name.clone(),
                unit: entry.unit.clone(),
                what: before.map(|before| difference(before, entry)).unwrap_or_default(),
            });
        }
    }
}

fn difference(before: &roster_entry::Model, after: &roster_entry::Model) -> String {
    let role = |word: &str| Role::parse(word).map_or_else(|| word.to_string(), |role| role.zh().to_string());
    let yes_or_no = |votes: bool| if votes { "是" } else { "否" }.to_string();
    let seat = |seat: &Option<String>| seat.clone().unwrap_or_else(|| "无".to_string());
    let mut parts: Vec<String> = [
        ("姓名", before.name.clone(), after.name.clone()),
        ("单位", before.unit.clone(), after.unit.clone()),
        ("角色", role(&before.role), role(&after.role)),
        ("座位", seat(&before.seat), seat(&after.seat)),
        ("表决权", yes_or_no(before.votes), yes_or_no(after.votes)),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| format!("{name}：{before} → {after}"))
    .collect();
    if before.status != after.status {
        parts.insert(0, "重新列入".to_string());
    }
    parts.join("；")
}
