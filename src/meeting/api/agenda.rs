//! The agenda, as a whole.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::paging::Items;
use crate::base::clock::Instant;
use crate::meeting::agenda::{self, Item};
use crate::meeting::{Meetings, edit};
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

#[derive(Serialize, Deserialize)]
pub struct ItemJson {
    /// Absent for a new point; a known one keeps its materials.
    #[serde(default)]
    id: Option<Uuid>,
    title: String,
    #[serde(default)]
    speaker: String,
    #[serde(default)]
    starts_at: Option<Instant>,
    #[serde(default)]
    ends_at: Option<Instant>,
}

impl From<Item> for ItemJson {
    fn from(item: Item) -> ItemJson {
        let Item { id, title, speaker, starts_at, ends_at } = item;
        ItemJson { id: Some(id), title, speaker, starts_at, ends_at }
    }
}

fn answer(items: Vec<Item>) -> Items<ItemJson> {
    Items { items: items.into_iter().map(ItemJson::from).collect(), next: None }
}

/// In order; one page, for an agenda is short.
pub async fn list(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<ItemJson>>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    Ok(Json(answer(agenda::of_meeting(meetings.base.db.read(), meeting.id).await?)))
}

#[derive(Deserialize)]
pub struct AgendaBody {
    items: Vec<ItemJson>,
}

/// Describes the agenda anew.
pub async fn put(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<AgendaBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let told = body.value.items;
        let change = |items: &mut Vec<Item>| {
            let known: Vec<Uuid> = items.iter().map(|item| item.id).collect();
            let mut taken = Vec::new();
            *items = told
                .into_iter()
                .map(|one| {
                    // An id that is not of this agenda, or stands twice, names nothing.
                    let id = one.id.filter(|id| known.contains(id) && !taken.contains(id));
                    let id = id.unwrap_or_else(Uuid::now_v7);
                    taken.push(id);
                    let ItemJson { title, speaker, starts_at, ends_at, .. } = one;
                    Item { id, title, speaker, starts_at, ends_at }
                })
                .collect();
            Ok(())
        };
        let items = agenda::alter(&meetings.base, *id, &user.username, change).await?;
        Ok(Done::ok(&answer(items)))
    })
    .await
}
