//! WeChat's own QR code of a meeting: scanning it tells us who scanned, without a page in between.

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{CodeKind, State, meeting};
use super::venue_code;
use crate::base::Base;
use crate::jobs::{self, Handler};
use crate::wechat::api::{Api, MAX_SECONDS, Scene};

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
    // A temporary code lives thirty days: it is asked for when it will outlive the meeting. The link code serves
    // until then, and for ever.
    let run_at = base.clock.now().max(meeting.ends_at - LIFE + SPARE);
    jobs::enqueue(base, tx, JOB, &meeting.id, run_at, dedup).await
}

/// Asks for a new code in place of the one there is.
pub async fn renew(base: &Base, id: Uuid) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    let row = meeting::ActiveModel {
        id: Set(id),
        scene_ticket: Set(None),
        scene_url: Set(None),
        scene_expires_at: Set(None),
        ..Default::default()
    };
    let meeting = meeting::Entity::update(row).exec(&tx).await?;
    request(base, &tx, &meeting).await?;
    tx.commit().await
}

/// The life of a temporary code.
const LIFE: TimeDelta = TimeDelta::seconds(MAX_SECONDS as i64);
/// How long a code stays good after the meeting, for late scans to be told so.
const SPARE: TimeDelta = TimeDelta::days(1);

/// Makes the code at WeChat. Making it twice gives two codes of one scene, which harms nothing.
pub struct SceneJob {
    pub base: Base,
    pub api: Api,
}

#[async_trait]
impl Handler for SceneJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let id: Uuid = serde_json::from_str(payload)?;
        let Some(meeting) = meeting::Entity::find_by_id(id).one(self.base.db.read()).await? else {
            return Ok(());
        };
        if meeting.scene_ticket.is_some() || meeting.state() == State::Cancelled {
            return Ok(());
        }
        let now = self.base.clock.now();
        let seconds = (meeting.ends_at + SPARE - now).clamp(SPARE, LIFE).num_seconds();
        let scene = Scene::Temporary { scene: of(&meeting.code), seconds: u32::try_from(seconds)? };
        let code = self.api.create_qrcode(&scene).await?;
        let life = TimeDelta::seconds(code.expire_seconds.unwrap_or(seconds));
        let row = meeting::ActiveModel {
            id: Set(id),
            scene_ticket: Set(Some(code.ticket)),
            scene_url: Set(Some(code.url)),
            scene_expires_at: Set(Some(now + life)),
            ..Default::default()
        };
        let tx = self.base.db.write().await?;
        meeting::Entity::update(row).exec(&tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What a code of `meeting` should hold now: WeChat's own where the platform made one that is still good, else our
/// link, which WeChat's scanner opens.
pub fn content(base: &Base, meeting: &meeting::Model) -> String {
    let now = base.clock.now();
    match &meeting.scene_url {
        Some(url)
            if meeting.code_kind() == CodeKind::Static
                && meeting.scene_expires_at.is_some_and(|ends| ends > now) =>
        {
            url.clone()
        }
        _ => base.config.link(&venue_code::path(&base.keys, meeting, now)),
    }
}

/// The meeting whose WeChat code holds `url` (`http://weixin.qq.com/q/…`).
pub async fn find_by_url(base: &Base, url: &str) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find().filter(meeting::Column::SceneUrl.eq(url)).one(base.db.read()).await
}
