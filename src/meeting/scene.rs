//! WeChat's own QR code of a meeting: scanning it tells us who scanned, without a page in between.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{CodeKind, meeting};
use crate::base::Base;
use crate::jobs;

/// The job that asks WeChat for the code; its payload is the meeting's id.
pub const JOB: &str = "meeting.scene";

/// What stands before a meeting's code in a WeChat scene.
const PREFIX: &str = "m_";

/// The scene of a meeting's code: `m_` + code.
pub fn of(code: &str) -> String {
    format!("{PREFIX}{code}")
}

/// The meeting code in a scene; `None` when the scene is not one of a meeting.
pub fn code(scene: &str) -> Option<&str> {
    scene.strip_prefix(PREFIX)
}

/// Asks for the scene code of `meeting`, once, where one is of use: a code that rotates cannot be WeChat's.
pub async fn request(base: &Base, tx: &impl ConnectionTrait, meeting: &meeting::Model) -> Result<(), DbErr> {
    if base.config.wechat.is_none()
        || meeting.code_kind() == CodeKind::Rotating
        || meeting.scene_ticket.is_some()
    {
        return Ok(());
    }
    let dedup = Some(format!("{JOB}:{}", meeting.id));
    jobs::enqueue(base, tx, JOB, &meeting.id, base.clock.now(), dedup).await
}

/// The meeting whose WeChat code holds `url` (`http://weixin.qq.com/q/…`).
pub async fn find_by_url(base: &Base, url: &str) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find().filter(meeting::Column::SceneUrl.eq(url)).one(base.db.read()).await
}
