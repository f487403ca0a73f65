//! Who is in the room, who has leave, and who may vote.

mod faces;
mod leave;
mod room;

use uuid::Uuid;
use yishiting::meeting::attendance::presence::{Standing, members};

use crate::support::hall::Hall;

const ROWS: [(&str, &str, &str); 3] = [
    ("江一帆", "市金融办", "13812346021"),
    ("李四", "市财政局", "13912340011"),
    ("王五", "市水务局", "13712340022"),
];

/// Those of [`ROWS`], in their order.
async fn people(hall: &Hall) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for (name, unit, phone) in ROWS {
        ids.push(hall.person(name, unit, phone).await);
    }
    ids
}

async fn standings(hall: &Hall) -> Vec<Standing> {
    members(hall.base.db.read(), hall.id).await.unwrap().iter().map(|member| member.standing).collect()
}
