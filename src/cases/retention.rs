//! Whom petitions still need. Authors are needed as long as their cases are read: archives decide, not a number of days.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::Query;

use super::model::case_file;
use crate::people::model::follower;
use crate::people::retention::Use;

/// Where petitions name followers.
pub const FOLLOWERS: [Use; 2] = [
    Use {
        table: "case_file",
        column: "author",
        since: |_| {
            Query::select()
                .column(case_file::Column::Author)
                .from(case_file::Entity)
                .and_where(case_file::Column::Author.is_not_null())
                .to_owned()
        },
    },
    Use {
        table: "case_file",
        column: "proxy",
        since: |_| {
            Query::select()
                .column(case_file::Column::Proxy)
                .from(case_file::Entity)
                .and_where(case_file::Column::Proxy.is_not_null())
                .to_owned()
        },
    },
];

/// The same where cases stand in a database of their own: no query reaches both, so nobody is forgotten rather than
/// somebody whose case is still read.
pub const FOLLOWERS_ELSEWHERE: [Use; 1] = [Use {
    table: "case_file",
    column: "author",
    since: |_| Query::select().column(follower::Column::Id).from(follower::Entity).to_owned(),
}];
