//! An owner who follows the account is told in WeChat, too: beside the short message, with the same link. Whoever may not
//! be written to gets none, and the person who asked sees nothing of either.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{car_case, car_message};
use crate::base::Base;
use crate::base::clock;
use crate::notify::batch::{self, Order};
use crate::notify::model::batch as placed;
use crate::notify::{Occasion, Say, Words, phone};
use crate::people::person;
use crate::people::phone::Phone;

/// How `notify` knows whose notices these are.
const SOURCE: &str = "movecar";
/// As the operator's templates name it.
pub const KIND: &str = "car_moving";

/// Places the notice beside the short message `message`, which `key` names, in its transaction. A number that several
/// WeChat users call theirs gets none.
pub(super) async fn place(
    base: &Base,
    tx: &DatabaseTransaction,
    key: &str,
    message: Uuid,
    owner: &Phone,
) -> Result<(), DbErr> {
    let Some(person) = person::tied_by_phone(base, tx, owner).await? else { return Ok(()) };
    let order = Order {
        id: Uuid::now_v7(),
        key: format!("{key}:notice"),
        source: SOURCE,
        subject: message,
        kind: KIND,
        actor: "",
        // Somebody cannot get out, at whatever hour; a notice does not ring.
        urgent: true,
        paced: false,
        after: TimeDelta::zero(),
    };
    batch::place(base, tx, &order, &[person]).await?;
    Ok(())
}

/// Car-moving's part of `notify`.
pub struct OwnerOccasion(pub Base);

#[async_trait]
impl Occasion for OwnerOccasion {
    fn name(&self) -> &'static str {
        SOURCE
    }

    async fn words(&self, batch: &placed::Model, people: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Say>> {
        let base = &self.0;
        let messages = car_message::Entity::find()
            .filter(car_message::Column::CarriedAs.eq(batch.subject))
            .all(base.db.read())
            .await?;
        let cases = car_case::Entity::find()
            .filter(car_case::Column::Id.is_in(messages.iter().map(|message| message.case_id)))
            .order_by_asc(car_case::Column::CreatedAt)
            .all(base.db.read())
            .await?;
        let waiting = |case: &&car_case::Model| case.state().is_open() && case.replied_at.is_none();
        let cars: Vec<&car_case::Model> = cases.iter().filter(waiting).collect();
        let told = phone::outbox::words(base, batch.subject).await?;
        let token = told.into_iter().find(|(name, _)| name == "token").map(|(_, token)| token);
        let say = match (cars.as_slice(), token) {
            ([], _) | (_, None) => Say::Skip("已回复或已结束"),
            ([first, others @ ..], Some(token)) => Say::Tell(words(base, first, others.len(), &token)),
        };
        Ok(people.iter().map(|person| (*person, say.clone())).collect())
    }
}

/// No more than the short message says: notices lie open on locked screens.
fn words(base: &Base, first: &car_case::Model, others: usize, token: &str) -> Words {
    let path = format!("/car/o/{token}");
    let plate = match others {
        0 => first.plate_masked.clone(),
        more => format!("{} 等 {} 辆", first.plate_masked, more + 1),
    };
    let reason = first.reason().zh().to_string();
    Words {
        text: format!(
            "您的车 {plate} 影响通行（{reason}），请尽快移车。\n\n<a href=\"{}\">回复对方</a>",
            base.config.link(&path)
        ),
        fields: vec![
            ("title", "移车提醒".to_string()),
            // The only form that the platform's time fields take in every year.
            ("time", clock::shanghai(first.created_at).format("%Y年%-m月%-d日 %H:%M").to_string()),
            ("note", "请尽快移车，点开回复对方".to_string()),
            ("plate", plate),
            ("reason", reason),
        ],
        path,
    }
}
