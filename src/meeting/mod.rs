//! Feature: meetings, rosters, check-in, attendance, the big screen.

pub mod agenda;
mod api;
pub mod attendance;
pub mod beside;
pub mod by_hand;
pub mod catalogue;
mod chat;
pub mod checkin;
pub mod countersign;
pub mod desk;
pub mod edit;
pub mod enrol;
pub mod feed;
pub mod filed;
pub mod helper;
pub mod history;
pub mod journal;
pub mod leave;
pub mod location;
pub mod material;
pub mod model;
mod pages;
mod papers;
pub mod people_list;
pub mod phase;
pub mod qr;
pub mod reminder;
pub mod requests;
pub mod retention;
pub mod roster;
mod scanned;
pub mod scene;
mod screen;
pub mod sheet;
pub mod spot_check;
pub mod statistics;
#[cfg(test)]
mod testing;
mod upload;
pub mod venue_code;
pub mod verify;
mod views;
mod visit;

use std::sync::Arc;

use sea_orm::DbErr;
use uuid::Uuid;

use self::attendance::presence::Keeper;
use self::beside::Neighbour;
use crate::base::Base;
use crate::base::privacy::reseal::Sealed;
use crate::people::phone;
use crate::people::staff::Role;
use crate::web::{AuditWords, NavEntry};

pub use api::routes as api_routes;
pub use chat::MeetingSkill;
pub use desk::routes as desk_routes;
pub use filed::routes as filed_routes;
pub use pages::routes as page_routes;
pub use screen::routes as screen_routes;

/// This feature's part of the desk's navigation.
pub const NAVIGATION: [NavEntry; 2] = [
    NavEntry {
        part: "会议", key: "meetings", label: "会议", href: "/desk/meetings", least: Role::Viewer
    },
    NavEntry {
        part: "会议",
        key: "statistics",
        label: "统计",
        href: "/desk/statistics",
        least: Role::Viewer,
    },
];

/// This feature's columns of sealed values.
pub const SEALED: [Sealed; 2] = [
    Sealed {
        table: "meeting_request",
        id: "id",
        and: None,
        column: "phone_sealed",
        place: requests::PHONE_PLACE,
        blind: Some(("phone_hash", phone::HASH_KIND)),
    },
    Sealed {
        table: "leave_request",
        id: "id",
        and: None,
        column: "reason_sealed",
        place: leave::REASON_PLACE,
        blind: None,
    },
];

/// How this feature's lines of the audit log read.
pub const AUDIT: AuditWords = AuditWords {
    kinds: &[
        ("meeting.", "会议"),
        ("attendance.", "签到"),
        ("leave.", "请假"),
        ("roster.", "名册"),
        ("request.", "申请"),
        ("spot.", "抽查"),
        ("sheet.", "签到表"),
        ("agenda.", "议程"),
        ("material.", "材料"),
        ("phone.", "查看手机号"),
        ("identity.", "微信绑定"),
    ],
    act: desk::action,
    detail: desk::detail,
    target: Some(("会议", "/desk/meetings/")),
};

/// Everything of this feature that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Meetings {
    pub base: Base,
    pub door: checkin::Door,
    pub attendance: attendance::Hub,
    /// Other features that may have something against an undo.
    keepers: Arc<[Arc<dyn Keeper>]>,
    /// Other features that have something to say on phone pages.
    neighbours: Arc<[Arc<dyn Neighbour>]>,
    /// Ids by code; neither ever changes, so no replica can be wrong.
    codes: moka::future::Cache<String, Uuid>,
}

impl Meetings {
    /// Starts the door and the attendance hub; both end with the process.
    pub fn start(base: Base) -> Meetings {
        Meetings {
            door: checkin::Door::open(base.clone()),
            attendance: attendance::Hub::start(base.clone()),
            keepers: Arc::new([]),
            neighbours: Arc::new([]),
            codes: moka::future::Cache::new(10_000),
            base,
        }
    }

    /// Asks `keepers` before a check-in is taken back.
    pub fn kept_by(self, keepers: Vec<Arc<dyn Keeper>>) -> Meetings {
        Meetings { keepers: keepers.into(), ..self }
    }

    /// Asks `neighbours` what stands on a meeting's phone pages beside its own.
    pub fn beside(self, neighbours: Vec<Arc<dyn Neighbour>>) -> Meetings {
        Meetings { neighbours: neighbours.into(), ..self }
    }

    /// The id of the meeting that `code` belongs to.
    pub async fn id_of(&self, code: &str) -> Result<Option<Uuid>, DbErr> {
        if let Some(id) = self.codes.get(code).await {
            return Ok(Some(id));
        }
        let Some(meeting) = edit::find_by_code(&self.base, code).await? else { return Ok(None) };
        self.codes.insert(code.to_string(), meeting.id).await;
        Ok(Some(meeting.id))
    }
}
