//! 我的会议, searched: meetings by title and place, materials by name, file name and the text within.

use std::collections::HashMap;

use sea_orm::DbErr;

use super::{Listed, shelf};
use crate::base::Base;
use crate::document::{Documents, Hash};
use crate::meeting::history::{self, Mine};
use crate::meeting::model::meeting;
use crate::people::model::person;

/// A material in which something was found.
#[derive(Clone, Debug)]
pub struct Match {
    pub meeting: meeting::Model,
    pub listed: Listed,
    /// The page and the words there, where they stand within.
    pub within: Option<(u32, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct Matches {
    pub meetings: Vec<Mine>,
    pub materials: Vec<Match>,
}

/// Meetings whose materials are looked through, the newest first.
const MEETINGS: usize = 60;
/// Materials shown at most.
const SHOWN: usize = 50;
/// The longest search, in characters.
const LONGEST: usize = 60;

/// A search as it is done: one line of limited length.
pub fn tidy(words: &str) -> String {
    crate::people::name::one_line(words).chars().take(LONGEST).collect()
}

/// Everything of `person` where `words` stand; only what they may open now.
pub async fn search(
    base: &Base,
    documents: &Documents,
    person: &person::Model,
    words: &str,
) -> Result<Matches, DbErr> {
    let words = tidy(words).to_lowercase();
    if words.is_empty() {
        return Ok(Matches::default());
    }
    let has = |text: &str| text.to_lowercase().contains(&words);
    let mine = history::of_person(base, person.id).await?;
    let mut open: Vec<(meeting::Model, Listed)> = Vec::new();
    for one in mine.iter().take(MEETINGS) {
        let shelf = shelf::of(base, &one.meeting, Some(person.id)).await?;
        open.extend(shelf.found().map(|found| (one.meeting.clone(), found.listed.clone())));
    }
    // What may only be downloaded is not to be read here either.
    let readable = open.iter().filter(|(_, one)| one.material.may_view);
    let hashes: Vec<Hash> = readable.filter_map(|(_, one)| one.hash()).collect();
    let mut within: HashMap<Hash, (u32, String)> = HashMap::new();
    for hit in documents.find(&hashes, &words, 500).await? {
        within.entry(hit.hash).or_insert((hit.page, hit.around));
    }
    let materials = open
        .into_iter()
        .filter_map(|(meeting, listed)| {
            let within = listed
                .hash()
                .filter(|_| listed.material.may_view)
                .and_then(|hash| within.get(&hash).cloned());
            let named = has(&listed.material.name) || has(&listed.version.file_name);
            (named || within.is_some()).then_some(Match { meeting, listed, within })
        })
        .take(SHOWN)
        .collect();
    let meetings =
        mine.into_iter().filter(|one| has(&one.meeting.title) || has(&one.meeting.place)).collect();
    Ok(Matches { meetings, materials })
}
