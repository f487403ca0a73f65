//! What journalists wrote about a public case, as its page shows it.

use crate::base::clock::zh_moment;
use crate::cases::Cases;
use crate::cases::follow_up::list;
use crate::cases::model::case_file;
use crate::web::Error;

/// One note with what the unit said to it.
pub struct FollowUp {
    pub at: String,
    pub unit: String,
    pub note: Vec<String>,
    pub reply: Vec<String>,
}

pub async fn of(cases: &Cases, file: &case_file::Model) -> Result<Vec<FollowUp>, Error> {
    let now = cases.store.clock.now();
    let told = list::public(cases, file).await?;
    Ok(told
        .into_iter()
        .map(|one| FollowUp { at: zh_moment(one.at, now), unit: one.unit, note: one.note, reply: one.reply })
        .collect())
}
