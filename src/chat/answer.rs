//! Which answer a push gets.
//!
//! A text is looked up in this order. Exact keywords first: they always work, like 帮助 in the middle of a
//! dialogue, and cost no work. Then the skills: somebody who is telling a feature something is not interrupted by
//! a word inside a sentence. Then contained keywords, then the default.

use sea_orm::DbErr;

use crate::people::{audit, follower};
use crate::wechat::event::{Certification, Event, SendStatus, Subject};
use crate::wechat::message::{Inbound, Kind, Message};
use crate::wechat::reply::Reply;

use super::Chat;
use super::skill::{Said, Skill, SkillError, Turn};

/// Why there is no answer, and whose fault it is.
#[derive(Debug, thiserror::Error)]
#[error("{who} could not answer")]
pub(super) struct Failure {
    who: &'static str,
    #[source]
    cause: SkillError,
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Failure {
        Failure { who: "chat", cause: error.into() }
    }
}

/// Received, and there is nothing to say.
const NOTHING: &Reply = &Reply::Success;

impl Chat {
    /// The answer to a push that needs no work and changes nothing; a repeat simply gets it again.
    pub(super) fn at_once(&self, push: &Inbound) -> Option<&Reply> {
        match &push.kind {
            Kind::Message { body: Message::Text { content, .. }, .. } => self.replies.exact(content),
            Kind::Message { body: Message::Unknown { message_type, .. }, .. } => {
                tracing::info!(message_type, "a message of an unknown type");
                Some(NOTHING)
            }
            Kind::Message { .. } => None,
            Kind::Event(Event::Click { key }) => self.replies.click(key),
            Kind::Event(
                Event::Subscribe { .. }
                | Event::Unsubscribe
                | Event::Scan { .. }
                | Event::ScanCode { waits: true, .. }
                | Event::AuthorizationRevoked { .. }
                | Event::AuthorizationCancelled(_)
                | Event::TemplateSent { .. }
                | Event::SubscribeChoices(_)
                | Event::SubscribeChanges(_)
                | Event::SubscribeSent(_),
            ) => None,
            Kind::Event(event) => {
                note(event);
                Some(NOTHING)
            }
        }
    }

    /// The answer to any other push.
    pub(super) async fn answer(&self, turn: &Turn) -> Result<Reply, Failure> {
        match &turn.push.kind {
            Kind::Message { body, .. } => self.message(turn, body).await,
            Kind::Event(Event::Subscribe { scene, .. }) => self.followed(turn, scene.as_deref()).await,
            Kind::Event(Event::Unsubscribe) => {
                follower::unfollow(&turn.base, &turn.openid, turn.at).await?;
                Ok(Reply::Success)
            }
            Kind::Event(Event::Scan { scene, .. }) => self.scanned(turn, scene).await,
            Kind::Event(Event::ScanCode { result, .. }) => {
                let said = self.ask(|skill| skill.scan_result(turn, result.trim())).await?;
                Ok(said.unwrap_or_else(|| self.replies.unknown_code.clone()))
            }
            Kind::Event(Event::Click { key }) => {
                let said = self.ask(|skill| skill.click(turn, key)).await?;
                Ok(said.unwrap_or_else(|| {
                    tracing::warn!(key, "a menu entry that no feature knows");
                    self.replies.fallback.clone()
                }))
            }
            Kind::Event(Event::AuthorizationRevoked { subject, scope }) => {
                withdrawn(turn, subject, "wechat.authorization_revoked", scope).await?;
                Ok(Reply::Success)
            }
            Kind::Event(Event::AuthorizationCancelled(subject)) => {
                withdrawn(turn, subject, "wechat.account_closed", "").await?;
                follower::unfollow(&turn.base, &subject.open_id, turn.at).await?;
                Ok(Reply::Success)
            }
            Kind::Event(event) => {
                note(event);
                for skill in &self.skills {
                    if let Err(cause) = skill.told(turn, event).await {
                        return Err(Failure { who: skill.name(), cause });
                    }
                }
                Ok(Reply::Success)
            }
        }
    }

    async fn message(&self, turn: &Turn, message: &Message) -> Result<Reply, Failure> {
        let Message::Text { content, .. } = message else {
            let said = self.ask(|skill| skill.message(turn, message)).await?;
            return Ok(said.unwrap_or_else(|| self.replies.fallback.clone()));
        };
        let said = self.ask(|skill| skill.text(turn, content.trim())).await?;
        Ok(said.unwrap_or_else(|| self.replies.contained(content).unwrap_or(&self.replies.fallback).clone()))
    }

    async fn scanned(&self, turn: &Turn, scene: &str) -> Result<Reply, Failure> {
        let said = self.ask(|skill| skill.scene(turn, scene)).await?;
        Ok(said.unwrap_or_else(|| self.replies.unknown_code.clone()))
    }

    /// Who followed by scanning a code wanted what the code is for, so that comes in the one reply there is.
    async fn followed(&self, turn: &Turn, scene: Option<&str>) -> Result<Reply, Failure> {
        follower::follow(&turn.base, &turn.openid, turn.at).await?;
        let Some(scene) = scene else { return Ok(self.replies.welcome.clone()) };
        Ok(match self.scanned(turn, scene).await? {
            Reply::Text(text) => Reply::Text(format!("{}\n\n{text}", self.replies.welcome_scan)),
            Reply::Success => self.replies.welcome.clone(),
            other => other,
        })
    }

    /// Asks the skills in turn; the first that answers wins.
    async fn ask<'a, F, A>(&'a self, ask: F) -> Result<Option<Reply>, Failure>
    where
        F: Fn(&'a dyn Skill) -> A,
        A: Future<Output = Said> + 'a,
    {
        for skill in &self.skills {
            match ask(skill.as_ref()).await {
                Ok(None) => {}
                Ok(Some(reply)) => return Ok(Some(reply)),
                Err(cause) => return Err(Failure { who: skill.name(), cause }),
            }
        }
        Ok(None)
    }
}

/// Events that only operators care for.
fn note(event: &Event) {
    match event {
        Event::Certification { step, expires_at, reason, .. } => match step {
            Certification::QualificationPassed | Certification::NamingPassed => {
                tracing::info!(event = event.name(), "the account's certification went on");
            }
            Certification::QualificationFailed
            | Certification::NamingFailed
            | Certification::RenewalDue
            | Certification::Expired => {
                tracing::error!(
                    event = event.name(),
                    expires_at,
                    reason,
                    "the account's certification needs an administrator: without it menus, codes and notices stop"
                );
            }
        },
        Event::TemplateSent { message_id, status } if *status != SendStatus::Success => {
            tracing::info!(message_id, ?status, "a template message was not delivered");
        }
        Event::Unknown { name, .. } => tracing::info!(event = name, "an unknown event"),
        _ => {}
    }
}

/// A withdrawn consent is an act with legal weight: it stands in the audit log, by id and not by openid.
async fn withdrawn(turn: &Turn, subject: &Subject, action: &str, scope: &str) -> Result<(), Failure> {
    let base = &turn.base;
    let target = match follower::find(base, &subject.open_id).await? {
        Some(known) => format!("follower:{}", known.id),
        None => "follower:unknown".to_string(),
    };
    tracing::warn!(action, target, scope, "a user withdrew consent");
    let tx = base.db.write().await?;
    audit::write(base, &tx, "wechat", action, &target, &format!("scope={scope}")).await?;
    tx.commit().await?;
    Ok(())
}
