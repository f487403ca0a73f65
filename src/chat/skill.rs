//! What a feature can say in the chat. Features implement [`Skill`]; this floor asks them in turn and knows none by name.

use async_trait::async_trait;
use sea_orm::DbErr;
use std::error::Error;
use std::sync::Arc;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::base::Base;
use crate::base::clock::Instant;
use crate::people::follower;
use crate::wechat::event::Event;
use crate::wechat::message::{Inbound, Message};
use crate::wechat::reply::Reply;

/// What a skill says: a reply, or `None` for "not mine, and nothing was done".
pub type Said = Result<Option<Reply>, SkillError>;

/// One feature's part of the conversation. Skills are asked in the order of wiring; the first that answers wins.
///
/// A refusal that a person can understand (closed, not on the list) is a normal reply. An error means that the
/// skill could not do its work: the user reads a calm text and the cause is logged. Work may take longer than
/// the platform waits; the reply is then sent as a customer-service message.
#[async_trait]
pub trait Skill: Send + Sync {
    /// For logs.
    fn name(&self) -> &'static str;

    /// A parameter QR code was scanned, by a follower or by somebody who followed through it. `scene` has no prefix.
    async fn scene(&self, _turn: &Turn, _scene: &str) -> Said {
        Ok(None)
    }

    /// A menu entry was tapped.
    async fn click(&self, _turn: &Turn, _key: &str) -> Said {
        Ok(None)
    }

    /// A text, with spaces around it cut, that is no exact keyword of the operator's.
    async fn text(&self, _turn: &Turn, _text: &str) -> Said {
        Ok(None)
    }

    /// The menu's scanner read a code: a link, perhaps of ours or `http://weixin.qq.com/q/…`, or any other text.
    async fn scan_result(&self, _turn: &Turn, _result: &str) -> Said {
        Ok(None)
    }

    /// The platform tells what became of a notice, or what a follower allows. There is nobody to answer.
    async fn told(&self, _turn: &Turn, _event: &Event) -> Result<(), SkillError> {
        Ok(())
    }

    /// Any message that is no text: a picture, a place, a voice.
    async fn message(&self, _turn: &Turn, _message: &Message) -> Said {
        Ok(None)
    }
}

/// Why a skill could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    #[error("the database failed")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl SkillError {
    /// Any other cause.
    pub fn other(cause: impl Into<Box<dyn Error + Send + Sync>>) -> SkillError {
        SkillError::Other(cause.into())
    }
}

/// One push of one user, as a skill sees it.
pub struct Turn {
    pub base: Base,
    /// Whose turn it is; verified, never from a query string.
    pub openid: String,
    /// When the user acted, by the platform's clock, to the second.
    pub at: Instant,
    /// The same for every delivery of this push: the operation id of whatever the skill writes.
    pub op_id: Uuid,
    /// The push itself, for what the methods of [`Skill`] do not carry.
    pub push: Arc<Inbound>,
    follower: OnceCell<Uuid>,
}

impl Turn {
    /// `key` is the push's [`Inbound::repeat_key`].
    pub fn new(base: Base, push: Arc<Inbound>, key: &str) -> Turn {
        Turn {
            openid: push.from.clone(),
            at: Instant::from_timestamp(push.created_at, 0).unwrap_or_else(|| base.clock.now()),
            // Both are 128 bits; another shape of key would still give a stable id.
            op_id: Uuid::try_parse(key).unwrap_or_else(|_| from_digest(key)),
            follower: OnceCell::new(),
            base,
            push,
        }
    }

    /// The follower's id; looked up once, on first use.
    pub async fn follower(&self) -> Result<Uuid, DbErr> {
        self.follower.get_or_try_init(|| self.known()).await.copied()
    }

    /// Only followers can chat, so somebody unknown here followed before this system was set up.
    async fn known(&self) -> Result<Uuid, DbErr> {
        match follower::find(&self.base, &self.openid).await? {
            Some(known) if known.subscribed => Ok(known.id),
            _ => follower::follow(&self.base, &self.openid, self.at).await,
        }
    }
}

fn from_digest(key: &str) -> Uuid {
    let digest = crate::base::privacy::mac(b"op", &[key.as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(id)
}
