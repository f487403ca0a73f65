//! Material for the unit tests of this feature.

use chrono::TimeDelta;
use uuid::Uuid;

use super::model::{CodeKind, LocationUse, Policy, State, meeting};
use crate::base::clock::Instant;

/// A meeting of two hours that begins at `starts_at`, with sign-in from an hour before to a quarter of an hour after.
pub fn a_meeting(starts_at: Instant) -> meeting::Model {
    meeting::Model {
        id: Uuid::now_v7(),
        code: "k7q2hx9d".to_string(),
        title: "全市智慧政务建设培训会".to_string(),
        summary: String::new(),
        place: "市行政中心 3 号会议室".to_string(),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(2),
        opens_at: starts_at - TimeDelta::hours(1),
        closes_at: starts_at + TimeDelta::minutes(15),
        policy: Policy::Open.word().to_string(),
        code_kind: CodeKind::Static.word().to_string(),
        state: State::Active.word().to_string(),
        screen_key: "screen".to_string(),
        scene_ticket: None,
        scene_url: None,
        scene_expires_at: None,
        mask_names: false,
        helpers: false,
        location: LocationUse::Off.word().to_string(),
        latitude: None,
        longitude: None,
        radius: None,
        version: 0,
        last_position: 0,
        created_by: Uuid::nil(),
        created_at: starts_at,
        updated_at: starts_at,
    }
}
