//! 诉求办理：what waits for this officer, the clock that ends first on top.

use actix_web::Responder;
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::{missing_year, officer};
use crate::base::clock::{Instant, zh_moment};
use crate::cases::find::{self, Wanted};
use crate::cases::list::{self, Filter, Row};
use crate::cases::model::{RejectReason, State, Track};
use crate::cases::remind::{self, Mark};
use crate::cases::{Cases, bulk, callback, follow_up, paper};
use crate::web::{Error, Layout, Page, StaffUser};

/// States that an officer may look for.
const STATES: [State; 16] = [
    State::Submitted,
    State::NeedInfo,
    State::Forwarded,
    State::Disputed,
    State::Accepted,
    State::InProgress,
    State::Answered,
    State::Rework,
    State::Closed,
    State::Rejected,
    State::Merged,
    State::Review,
    State::ReviewDecided,
    State::Recheck,
    State::Final,
    State::Withdrawn,
];

#[derive(Template)]
#[template(path = "cases/desk_inbox.html")]
struct InboxPage {
    page: Layout,
    rows: Vec<Line>,
    /// How many in all; absent where words were asked for.
    count: Option<u64>,
    /// What waits for them, not a search.
    waiting: bool,
    asked: Asked,
    /// They pass cases on, so they may do so with many at once.
    bulk: Option<Bulk>,
    tracks: Vec<(&'static str, &'static str)>,
    states: Vec<(&'static str, &'static str)>,
    units: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    /// They hold no office at all.
    nobody: bool,
    banner: Option<(&'static str, String)>,
    /// Papers that wait for a signature, and for a reply.
    papers: (u64, u64),
    /// Notes of journalists that wait for them.
    notes: u64,
    /// Authors who wait for a call.
    calls: u64,
    newer: Option<String>,
    older: Option<String>,
}

/// What the form for many cases needs besides.
struct Bulk {
    /// Names this press of the button.
    op: String,
    reasons: Vec<(&'static str, &'static str)>,
}

struct Line {
    /// As a form names it: its public number and the version that is seen.
    pick: String,
    number: String,
    href: String,
    title: String,
    kind: &'static str,
    state: &'static str,
    unit: String,
    due: String,
    tone: &'static str,
    left: String,
    flags: Vec<&'static str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A search, though nothing is narrowed.
    all: Option<String>,
    q: String,
    state: String,
    unit: String,
    category: String,
    track: String,
    from: String,
    to: String,
    overdue: String,
    before: Option<i64>,
    page: u64,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let day = |text: &str| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
        Wanted {
            words: self.q.clone(),
            unit: self.unit.clone(),
            category: self.category.clone(),
            state: State::parse(&self.state),
            track: Track::parse(&self.track),
            from: day(&self.from),
            to: day(&self.to),
            overdue: !self.overdue.is_empty(),
            before: self.before,
        }
    }

    /// Nothing is asked: the page shows what waits.
    fn nothing(&self) -> bool {
        let asked = [&self.q, &self.state, &self.unit, &self.category, &self.track, &self.from, &self.to];
        self.all.is_none() && self.overdue.is_empty() && asked.iter().all(|one| one.trim().is_empty())
    }

    /// The same search, from `before` on.
    fn at(&self, before: i64) -> String {
        let before = before.to_string();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("all", "1");
        for (name, value) in [
            ("q", &self.q),
            ("state", &self.state),
            ("unit", &self.unit),
            ("category", &self.category),
            ("track", &self.track),
            ("from", &self.from),
            ("to", &self.to),
            ("overdue", &self.overdue),
            ("before", &before),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/desk/cases?{}", query.finish())
    }
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let asked = asked.into_inner();
    let waiting = asked.nothing();
    let (rows, count, newer, older) = if waiting {
        let filter = Filter { waiting, page: asked.page.min(10_000) };
        let (rows, count) = list::inbox(&cases, &officer, &filter).await?;
        let at = |number: u64| format!("/desk/cases?page={number}");
        let newer = (filter.page > 0).then(|| at(filter.page.saturating_sub(1)));
        (rows, Some(count), newer, ((filter.page + 1) * list::PAGE < count).then(|| at(filter.page + 1)))
    } else {
        let found = find::find(&cases, &officer, &asked.wanted()).await?;
        (found.rows, found.count, None, found.next.map(|before| asked.at(before)))
    };
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.file.id).collect();
    let reminded = remind::standing(&cases, &ids).await?;
    let now = cases.store.clock.now();
    let calls = if callback::may(&officer) { callback::count(&cases, &officer).await? } else { 0 };
    Ok(Page::of(InboxPage {
        page: page.at("cases"),
        rows: rows
            .into_iter()
            .map(|row| {
                let reminded = reminded.get(&row.file.id).copied();
                line(&cases, row, reminded, now)
            })
            .collect(),
        banner: missing_year(&cases).await,
        papers: (
            paper::list::waiting(&cases, &officer).await?,
            paper::list::unanswered(&cases, &officer).await?,
        ),
        notes: follow_up::list::waiting(&cases, &officer).await?,
        calls,
        count,
        waiting,
        tracks: [Track::Inquiry, Track::Petition].map(|track| (track.word(), track.zh())).to_vec(),
        states: STATES.map(|state| (state.word(), state.zh())).to_vec(),
        units: cases.units.all().iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
        categories: cases.units.categories().iter().map(|one| (one.code.clone(), one.name.clone())).collect(),
        bulk: bulk::may(&officer).then(|| Bulk {
            op: uuid::Uuid::now_v7().to_string(),
            reasons: RejectReason::ALL.map(|reason| (reason.word(), reason.zh())).to_vec(),
        }),
        nobody: officer.seats.is_empty(),
        newer,
        older,
        asked,
    }))
}

fn line(cases: &Cases, row: Row, reminded: Option<Mark>, now: Instant) -> Line {
    let Row { file, title } = row;
    let (tone, left) = match file.next_due_at {
        None => ("", String::new()),
        Some(due) if due <= now => ("tag-bad", format!("超期 {}", span(now - due))),
        Some(due) if due - now < chrono::TimeDelta::hours(24) => {
            ("tag-wait", format!("还剩 {}", span(due - now)))
        }
        Some(due) => ("tag-good", format!("还剩 {}", span(due - now))),
    };
    let flags = [
        (file.confidential, "保密"),
        (file.hot, "热点"),
        (file.extended, "已延期"),
        (file.rated_badly(), "评价不满意"),
        (file.leader.is_some(), "领导包案"),
        (file.overdue_level == 1, "已抄告"),
        (file.overdue_level == 2, "已督办"),
        (file.overdue_level >= 3 && file.leader.is_none(), "提请领导包案"),
    ];
    Line {
        pick: format!("{}:{}", file.public_no, file.version),
        href: format!("/desk/cases/{}", file.public_no),
        number: file.number(),
        kind: file.kind().zh(),
        state: file.state().zh(),
        unit: file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string()).unwrap_or_default(),
        // The last instant that is in time.
        due: file
            .next_due_at
            .map(|due| zh_moment(due - chrono::TimeDelta::seconds(1), now))
            .unwrap_or_default(),
        flags: flags
            .into_iter()
            .filter(|(set, _)| *set)
            .map(|(_, name)| name)
            .chain(reminded.map(Mark::zh))
            .collect(),
        title,
        tone,
        left,
    }
}

/// About how long: days from two on, hours below.
pub fn span(time: chrono::TimeDelta) -> String {
    match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (2.., ..) => format!("{} 天", time.num_days()),
        (_, 1.., _) => format!("{} 小时", time.num_hours()),
        (_, _, minutes) => format!("{minutes} 分钟"),
    }
}
