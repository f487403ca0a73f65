//! Joins the chat, which hears the platform's events, to `notify`, which enters them: neither knows the other.

use async_trait::async_trait;

use crate::chat::{Skill, SkillError, Turn};
use crate::notify::Notifier;
use crate::wechat::event::Event;

pub struct NoticeEvents(pub Notifier);

#[async_trait]
impl Skill for NoticeEvents {
    fn name(&self) -> &'static str {
        "notices"
    }

    async fn told(&self, turn: &Turn, event: &Event) -> Result<(), SkillError> {
        Ok(self.0.hear(&turn.openid, turn.op_id, turn.at, event).await?)
    }
}
