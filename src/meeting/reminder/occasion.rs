//! What the people of a meeting are told, decided for each of them when their turn comes: whoever signed in meanwhile
//! is left in peace (edge case 53).

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::Kind;
use super::{ReminderError, SOURCE, allowed, excused, present};
use crate::base::Base;
use crate::base::clock::{self, Instant};
use crate::meeting::edit;
use crate::meeting::model::{EntryStatus, Presence, attendance, meeting, roster_entry};
use crate::notify::model::batch;
use crate::notify::{Occasion, Say, Words};

/// The meetings' part of `notify`.
pub struct MeetingOccasion(pub Base);

#[async_trait]
impl Occasion for MeetingOccasion {
    fn name(&self) -> &'static str {
        SOURCE
    }

    async fn words(&self, batch: &batch::Model, people: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Say>> {
        let base = &self.0;
        let (Some(meeting), Some(kind)) =
            (edit::find_by_id(base, batch.subject).await?, Kind::parse(&batch.kind))
        else {
            return Ok(HashMap::new());
        };
        let now = base.clock.now();
        if let Some(why) = over(&meeting, kind, now) {
            return Ok(people.iter().map(|person| (*person, Say::Skip(why))).collect());
        }
        let there = if kind.is_for_missing() { present(base, meeting.id).await? } else { Default::default() };
        let leaves = if kind.is_for_coming() { excused(base, meeting.id).await? } else { Default::default() };
        let entries = roster_entry::Entity::find()
            .filter(roster_entry::Column::MeetingId.eq(meeting.id))
            .filter(roster_entry::Column::PersonId.is_in(people.iter().copied()))
            .all(base.db.read())
            .await?;
        let listed: HashSet<Uuid> = entries.iter().map(|entry| entry.person_id).collect();
        let say = |entry: roster_entry::Model| {
            let say = match entry.status == EntryStatus::Active.word() {
                false => Say::Skip("已移出名册"),
                true if there.contains(&entry.person_id) => Say::Skip("已签到"),
                true if leaves.contains(&entry.person_id) => Say::Skip("已准假"),
                true => Say::Tell(words(base, &meeting, kind, &entry.name, now)),
            };
            (entry.person_id, say)
        };
        let mut said: HashMap<Uuid, Say> = entries.into_iter().map(say).collect();
        if kind == Kind::Materials {
            // Readers who came without being on the roster.
            for walk_in in signed_in(base, meeting.id, people).await? {
                if !listed.contains(&walk_in.person_id) {
                    let words = words(base, &meeting, kind, &walk_in.name, now);
                    said.insert(walk_in.person_id, Say::Tell(words));
                }
            }
        }
        Ok(said)
    }
}

async fn signed_in(base: &Base, meeting: Uuid, people: &[Uuid]) -> Result<Vec<attendance::Model>, DbErr> {
    attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.eq(Presence::In.word()))
        .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
        .all(base.db.read())
        .await
}

/// Why nobody needs it any more.
fn over(meeting: &meeting::Model, kind: Kind, now: Instant) -> Option<&'static str> {
    match allowed(meeting, kind, now) {
        Err(ReminderError::Cancelled) => Some("会议已取消"),
        Err(ReminderError::NotCancelled) => Some("会议已重新开启"),
        Err(_) => Some("会议已结束"),
        Ok(()) if matches!(kind, Kind::DayBefore | Kind::HourBefore) && now >= meeting.starts_at => {
            Some("会议已开始")
        }
        Ok(()) => None,
    }
}

fn words(base: &Base, meeting: &meeting::Model, kind: Kind, name: &str, now: Instant) -> Words {
    let note = note(meeting, kind, now);
    let path = format!("/m/{}", meeting.code);
    let plain = |text: &str| text.replace('<', "〈").replace('>', "〉");
    let text = format!(
        "{}：{note}\n\n{}\n时间：{}\n地点：{}\n\n<a href=\"{}\">查看会议详情</a>",
        if kind == Kind::NotSignedIn { "签到提醒" } else { kind.zh() },
        plain(&meeting.title),
        clock::zh_span(meeting.starts_at, meeting.ends_at, now),
        plain(&meeting.place),
        base.config.link(&path)
    );
    Words {
        fields: vec![
            ("title", meeting.title.clone()),
            // The only form that the platform's time fields take in every year.
            ("time", clock::shanghai(meeting.starts_at).format("%Y年%-m月%-d日 %H:%M").to_string()),
            ("place", meeting.place.clone()),
            ("name", name.to_string()),
            ("note", note.to_string()),
        ],
        path,
        text,
    }
}

/// At most twenty characters: a template's field takes no more.
fn note(meeting: &meeting::Model, kind: Kind, now: Instant) -> &'static str {
    match kind {
        Kind::NotSignedIn if now < meeting.starts_at => "会议即将开始，请到会场签到",
        Kind::NotSignedIn => "会议已开始，您还没有签到",
        Kind::Invitation => "请准时参加会议",
        Kind::Changed => "会议有变动，请以此为准",
        Kind::Cancelled => "会议已取消，无需到会",
        Kind::DayBefore => "会议临近，请准时参加",
        Kind::HourBefore => "会议即将开始，请准时参加",
        Kind::Materials => "会议材料有更新，请查看",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::testing::a_meeting;

    #[test]
    fn every_note_fits_a_templates_field() {
        let meeting = a_meeting(clock::Instant::from_timestamp(1_790_000_000, 0).unwrap());
        for kind in Kind::EACH {
            for minutes in [-600, 600] {
                let now = meeting.starts_at + chrono::TimeDelta::minutes(minutes);
                assert!(note(&meeting, kind, now).chars().count() <= 20, "{kind:?}");
            }
        }
    }
}
