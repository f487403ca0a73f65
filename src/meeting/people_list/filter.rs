//! Which people are shown, and how many there are of each sort.

use super::Row;
use crate::base::clock::Instant;
use crate::meeting::attendance::Leaving;
use crate::meeting::model::{Role, meeting};

/// Which people are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    #[default]
    All,
    /// Expected, not signed in, and without leave.
    Missing,
    /// Expected, not signed in, and on leave.
    Leave,
    Present,
    /// Out of the room just now, of those who are counted.
    Away,
    /// Signed in after the start, of those who are counted.
    Late,
    /// Went before the end, of those who are counted.
    LeftEarly,
    /// Signed in without being expected.
    Others,
    /// Signed in in a way that organisers may want to look at: by a colleague's phone.
    Flagged,
    /// On the roster, there or not.
    Planned,
}

impl Filter {
    /// Those that one can choose among.
    pub const EACH: [Filter; 9] = [
        Filter::All,
        Filter::Missing,
        Filter::Leave,
        Filter::Present,
        Filter::Away,
        Filter::Late,
        Filter::LeftEarly,
        Filter::Others,
        Filter::Flagged,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Filter::All => "all",
            Filter::Missing => "missing",
            Filter::Leave => "leave",
            Filter::Present => "present",
            Filter::Away => "away",
            Filter::Late => "late",
            Filter::LeftEarly => "left_early",
            Filter::Others => "others",
            Filter::Flagged => "flagged",
            Filter::Planned => "planned",
        }
    }

    /// Says something only where there is a roster: without one, nobody is missing and nobody is outside.
    pub fn needs_roster(self) -> bool {
        matches!(self, Filter::Missing | Filter::Leave | Filter::Others | Filter::Planned)
    }

    /// Unknown words show everybody.
    pub fn parse(word: &str) -> Filter {
        Filter::EACH.into_iter().find(|filter| filter.word() == word).unwrap_or_default()
    }

    /// All of them came: the last to come is shown first.
    pub(super) fn by_arrival(self) -> bool {
        !matches!(self, Filter::All | Filter::Missing | Filter::Leave | Filter::Planned)
    }

    /// Whether somebody is on the list, without its search.
    pub fn shows(self, meeting: &meeting::Model, row: &Row, now: Instant) -> bool {
        // Without a roster whoever comes is counted.
        let expected = row.role() == Some(Role::Attendee) || !row.roster;
        let missing = row.role() == Some(Role::Attendee) && !row.is_in();
        match self {
            Filter::All => true,
            Filter::Missing => missing && !row.is_on_leave(),
            Filter::Leave => missing && row.is_on_leave(),
            Filter::Present => row.is_in(),
            Filter::Away => expected && row.leaving(meeting, now) == Some(Leaving::Away),
            Filter::Late => {
                expected && row.is_in() && row.attendance.as_ref().is_some_and(|row| row.is_late(meeting))
            }
            Filter::LeftEarly => expected && row.leaving(meeting, now) == Some(Leaving::Early),
            Filter::Others => row.is_in() && !expected,
            Filter::Flagged => {
                row.attendance.as_ref().is_some_and(|there| there.is_in() && there.is_flagged())
            }
            Filter::Planned => row.planned().is_some(),
        }
    }
}

/// How many people each filter shows, without the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    pub missing: usize,
    pub leave: usize,
    pub present: usize,
    pub away: usize,
    pub late: usize,
    pub left_early: usize,
    pub others: usize,
    pub flagged: usize,
    pub planned: usize,
}

impl Counts {
    pub(super) fn count(meeting: &meeting::Model, rows: &[Row], now: Instant) -> Counts {
        let count = |filter: Filter| rows.iter().filter(|row| filter.shows(meeting, row, now)).count();
        Counts {
            all: count(Filter::All),
            missing: count(Filter::Missing),
            leave: count(Filter::Leave),
            present: count(Filter::Present),
            away: count(Filter::Away),
            late: count(Filter::Late),
            left_early: count(Filter::LeftEarly),
            others: count(Filter::Others),
            flagged: count(Filter::Flagged),
            planned: count(Filter::Planned),
        }
    }

    pub fn of(&self, filter: Filter) -> usize {
        match filter {
            Filter::All => self.all,
            Filter::Missing => self.missing,
            Filter::Leave => self.leave,
            Filter::Present => self.present,
            Filter::Away => self.away,
            Filter::Late => self.late,
            Filter::LeftEarly => self.left_early,
            Filter::Others => self.others,
            Filter::Flagged => self.flagged,
            Filter::Planned => self.planned,
        }
    }
}
