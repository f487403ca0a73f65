//! Lists: `?limit=` and `?cursor=` in, `{items, next}` out. A cursor says where the page before ended, so that what
//! comes in between shifts nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::web::Error;

const USUAL: u64 = 50;
const MOST: u64 = 500;

/// The part of the query that pages.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    pub limit: Option<u64>,
    pub cursor: Option<String>,
}

/// One page. `next` is the cursor of the page after it, absent (`null`) on the last.
#[derive(Debug, Serialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Paging {
    /// Items a page: 50 unless asked, 500 at most.
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }

    /// The number and id that the page before ended with.
    pub fn after(&self) -> Result<Option<(i64, Uuid)>, Error> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let wrong = || Error::invalid("cursor", "cursor", "应为上一页答复里的 next。");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let (number, id) = bytes.split_at_checked(8).ok_or_else(wrong)?;
        let number = number.try_into().map(i64::from_be_bytes).map_err(|_| wrong())?;
        let id = Uuid::from_slice(id).map_err(|_| wrong())?;
        Ok(Some((number, id)))
    }

    /// The page of `rows`, which were asked for with one more than [`Paging::limit`]. `place` tells where a row
    /// stands in the order.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        place: impl Fn(&R) -> (i64, Uuid),
        item: impl FnMut(R) -> T,
    ) -> Items<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| {
            let (number, id) = place(last);
            URL_SAFE_NO_PAD.encode([number.to_be_bytes().as_slice(), id.as_bytes()].concat())
        });
        Items { items: rows.into_iter().map(item).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(limit: u64, cursor: Option<String>) -> Paging {
        Paging { limit: Some(limit), cursor }
    }

    #[test]
    fn a_cursor_leads_to_the_next_page_and_the_last_has_none() {
        let place = |row: &i64| (*row, Uuid::from_u128(7));
        let first = pages(2, None).page(vec![1, 2, 3], place, |row| row);
        assert_eq!(first.items, [1, 2]);
        let second = pages(2, first.next);
        assert_eq!(second.after().unwrap(), Some((2, Uuid::from_u128(7))));
        assert_eq!(second.page(vec![3], place, |row| row).next, None);
    }

    #[test]
    fn a_cursor_of_ones_own_making_is_refused_and_limits_are_held() {
        for cursor in ["", "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let error = pages(2, Some(cursor.to_string())).after().unwrap_err();
            assert_eq!(error.field(), Some("cursor"), "{cursor}");
        }
        assert_eq!((pages(0, None).limit(), pages(9999, None).limit()), (1, 500));
    }
}
