//! 表决开始, as a notice: for phones that lie there with the screen off. It goes to everybody who might vote at the
//! opening. Their list is frozen in the opening's own transaction, and nobody is left out later because they have voted,
//! nor is that looked at: neither who gets a notice nor when tells anything of who voted when.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait};
use uuid::Uuid;

use super::board::may_vote;
use super::model::{ballot_recusal, ballot_round};
use super::rules::{Presence, Rules};
use super::visit::is_running;
use crate::base::Base;
use crate::base::clock;
use crate::meeting::attendance::address::{self, Meeting};
use crate::meeting::attendance::presence::{self, Member};
use crate::meeting::attendance::wishes;
use crate::notify::batch::{self, Counts, Order};
use crate::notify::model::batch as placed;
use crate::notify::{Occasion, Say, Words};

/// How `notify` knows whose notices these are.
const SOURCE: &str = "ballot";
/// As the operator's templates name it.
pub const KIND: &str = "voting";
/// Phones in hand show the paper at once; their votes go before the notices, each of which is a write of its own.
const AFTER: TimeDelta = TimeDelta::seconds(3);
/// At most twenty characters: a template's field takes no more.
const NOTE: &str = "表决已开始，请打开手机表决";

/// Places the notice of a round that opens now, unless the organisers do not wish it.
pub(super) async fn place(
    base: &Base,
    tx: &DatabaseTransaction,
    round: &ballot_round::Model,
    (rules, members, recused): (&Rules, &[Member], &[ballot_recusal::Model]),
    actor: &str,
) -> Result<(), DbErr> {
    if !wishes::tells_of_votes(tx, round.meeting_id).await? {
        return Ok(());
    }
    let electors = members.iter().filter(|member| may_vote(member, rules, recused));
    let people: Vec<Uuid> = electors.map(|member| member.person).collect();
    let order = Order {
        id: Uuid::now_v7(),
        key: format!("ballot.open:{}", round.id),
        source: SOURCE,
        subject: round.id,
        kind: KIND,
        actor,
        // Whoever is in the room is awake; where the whole roster may vote, some are at home.
        urgent: rules.presence == Presence::SignedIn,
        paced: false,
        after: AFTER,
    };
    batch::place(base, tx, &order, &people).await?;
    Ok(())
}

/// What became of the notice of a round; `None` where there was none.
pub(super) async fn told(base: &Base, round: Uuid) -> Result<Option<Counts>, DbErr> {
    Ok(batch::list(base, round, 1).await?.pop().map(|(_, counts)| counts))
}

/// The votes' part of `notify`.
pub struct BallotOccasion(pub Base);

#[async_trait]
impl Occasion for BallotOccasion {
    fn name(&self) -> &'static str {
        SOURCE
    }

    async fn words(&self, batch: &placed::Model, people: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Say>> {
        let base = &self.0;
        let Some(round) = ballot_round::Entity::find_by_id(batch.subject).one(base.db.read()).await? else {
            return Ok(HashMap::new());
        };
        let Some(meeting) = address::of_id(base, round.meeting_id).await? else { return Ok(HashMap::new()) };
        // Of the round alone, the same for everybody.
        if !is_running(base, &round) {
            return Ok(people.iter().map(|person| (*person, Say::Skip("表决已结束"))).collect());
        }
        let members = presence::members_of(base.db.read(), meeting.id, people).await?;
        let say = |member: Member| (member.person, Say::Tell(words(base, &meeting, &round, &member.name)));
        Ok(members.into_iter().map(say).collect())
    }
}

/// It does not say what is voted on: notices pass through the platform and lie open on locked screens.
fn words(base: &Base, meeting: &Meeting, round: &ballot_round::Model, name: &str) -> Words {
    let path = format!("/m/{}/ballots/{}", meeting.code, round.id);
    let plain = |text: &str| text.replace('<', "〈").replace('>', "〉");
    let opened_at = round.opened_at.unwrap_or(meeting.starts_at);
    Words {
        fields: vec![
            ("title", meeting.title.clone()),
            // The only form that the platform's time fields take in every year.
            ("time", clock::shanghai(opened_at).format("%Y年%-m月%-d日 %H:%M").to_string()),
            ("place", meeting.place.clone()),
            ("name", name.to_string()),
            ("note", NOTE.to_string()),
        ],
        text: format!(
            "表决开始：第 {} 项\n\n{}\n\n<a href=\"{}\">打开表决</a>",
            round.number,
            plain(&meeting.title),
            base.config.link(&path)
        ),
        path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_fits_a_templates_field() {
        assert!(NOTE.chars().count() <= 20);
    }
}
