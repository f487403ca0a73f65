//! What must be there before a run: a meeting, and people whom their WeChat is tied to. Written by the project's own
//! rules where they are quick, in bulk where there are thousands.

use chrono::TimeDelta;
use sea_orm::EntityTrait;
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::config::Config;
use yishiting::base::db::whole;
use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::model::{CodeKind, Policy, meeting};
use yishiting::people::model::{follower, identity};
use yishiting::people::person::{Described, ensure_many};
use yishiting::people::phone::Phone;

use crate::pushes::openid;

/// Makes an open meeting and `people` tied followers; the meeting.
pub async fn seed(config: Config, people: usize) -> anyhow::Result<meeting::Model> {
    let base = Base::open(config, Clock::System).await?;
    let now = base.clock.now();
    let draft = Draft {
        title: "全市智慧政务建设培训会".to_string(),
        summary: String::new(),
        place: "市行政中心 3 号会议室".to_string(),
        starts_at: now + TimeDelta::minutes(30),
        ends_at: now + TimeDelta::hours(3),
        opens_at: now - TimeDelta::minutes(30),
        closes_at: now + TimeDelta::hours(3),
        policy: Policy::Open,
        code_kind: CodeKind::Static,
        options: Options::default(),
    };
    let meeting = edit::create(&base, draft, Uuid::nil(), "load").await?;
    let described: Vec<Described> =
        (0..people).map(described).collect::<Option<_>>().ok_or_else(|| anyhow::anyhow!("a phone"))?;
    let tx = base.db.write().await?;
    let persons = ensure_many(&base, &tx, &described).await?;
    let (mut followers, mut ties) = (Vec::new(), Vec::new());
    for (number, person_id) in persons.into_iter().enumerate() {
        let id = Uuid::now_v7();
        followers.push(whole::<follower::ActiveModel>(follower::Model {
            id,
            openid: openid(number),
            subscribed: true,
            subscribed_at: Some(now),
            unsubscribed_at: None,
            created_at: now,
        }));
        ties.push(whole::<identity::ActiveModel>(identity::Model {
            id: Uuid::now_v7(),
            follower_id: id,
            person_id,
            bound_at: now,
            ended_at: None,
            end_reason: None,
        }));
    }
    for chunk in followers.chunks(1000) {
        follower::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx).await?;
    }
    for chunk in ties.chunks(1000) {
        identity::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    base.stopping.cancel();
    base.db.close().await?;
    Ok(meeting)
}

/// Person `number`: invented, each with a phone of their own.
pub fn described(number: usize) -> Option<Described> {
    let phone = Phone::parse(&format!("139{number:08}"))?;
    Some(Described { name: format!("参会人{number}"), unit: format!("第{}单位", number % 60), phone })
}
