//! The phone pages' templates, and what stands in them: everything is worded here, templates only place it.

mod leave;

use askama::Template;
use uuid::Uuid;

use super::attendance::Leaving;
use super::beside::Beside;
use super::countersign::Countersign;
use super::enrol::{FieldError, Form};
use super::helper;
use super::history::Mine;
use super::material::search::Matches;
use super::model::{RequestKind, State, attendance, meeting};
use super::papers::Papers;
use super::phase::Phase;
use super::visit::{Face, Visit};
use crate::base::clock::{self, Instant};
use crate::notify::Offer;
use crate::web::Layout;

pub use leave::leave;

/// Which meeting, when, where: the top of every page.
pub struct Head {
    pub title: String,
    pub time: String,
    pub place: String,
    /// Agenda and materials, at the end of the page.
    pub papers: Papers,
    /// What leads to the page of leave.
    pub leave: Option<&'static str>,
    /// What other features have to say.
    pub beside: Vec<Beside>,
}

pub fn head(meeting: &meeting::Model, now: Instant) -> Head {
    Head {
        title: meeting.title.clone(),
        time: clock::zh_span(meeting.starts_at, meeting.ends_at, now),
        place: meeting.place.clone(),
        papers: Papers::default(),
        leave: None,
        beside: Vec::new(),
    }
}

impl Head {
    /// With what the visitor may read.
    pub fn with(self, meeting: &meeting::Model, seen: &Visit) -> Head {
        let papers = Papers::of(&seen.shelf, &format!("/m/{}/materials", meeting.code));
        Head { papers, leave: leave::line(seen), beside: seen.beside.clone(), ..self }
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_mine.html")]
pub struct MinePage {
    page: Layout,
    groups: Vec<Group>,
    /// What was searched for; empty: nothing.
    search: String,
    found: Vec<FoundRow>,
}

/// A material in which something was found.
struct FoundRow {
    link: String,
    name: String,
    meeting: String,
    /// `第 3 页：…`
    within: Option<String>,
    internal: bool,
}

/// A heading and its meetings.
struct Group {
    name: &'static str,
    rows: Vec<MineRow>,
}

struct MineRow {
    link: String,
    title: String,
    time: String,
    place: String,
    word: String,
    tone: &'static str,
}

pub fn mine(page: Layout, list: Vec<Mine>, now: Instant) -> MinePage {
    let (past, mut ahead): (Vec<Mine>, Vec<Mine>) =
        list.into_iter().partition(|one| one.meeting.ends_at < now);
    ahead.reverse();
    let groups = [("现在和将要参加", ahead), ("参加过", past)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| Group { name, rows: list.into_iter().map(|one| mine_row(one, now)).collect() })
        .collect();
    MinePage { page, groups, search: String::new(), found: Vec::new() }
}

/// The same page with what was found of `search` in it.
pub fn found(page: Layout, search: String, matches: Matches, now: Instant) -> MinePage {
    let words = utf8_percent(&search);
    let found = matches
        .materials
        .into_iter()
        .map(|one| {
            let page = one.within.as_ref().map(|(page, _)| format!("#p{page}")).unwrap_or_default();
            FoundRow {
                link: format!("/m/{}/materials/{}?q={words}{page}", one.meeting.code, one.listed.material.id),
                name: one.listed.material.name,
                internal: one.listed.material.internal,
                meeting: one.meeting.title,
                within: one.within.map(|(page, around)| format!("第 {page} 页：{around}")),
            }
        })
        .collect();
    MinePage { search, found, ..mine(page, matches.meetings, now) }
}

fn utf8_percent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn mine_row(one: Mine, now: Instant) -> MineRow {
    let meeting = one.meeting;
    let (word, tone) = match &one.attendance {
        _ if meeting.state() == State::Cancelled => ("已取消".to_string(), "word-bad"),
        Some(row) => (format!("第 {} 位", row.position), "word-good"),
        None if meeting.ends_at < now => ("未签到".to_string(), ""),
        None if meeting.opens_at <= now => ("可签到".to_string(), "word-wait"),
        None => ("待参加".to_string(), ""),
    };
    MineRow {
        link: format!("/m/{}", meeting.code),
        time: clock::zh_moment(meeting.starts_at, now),
        title: meeting.title,
        place: meeting.place,
        word,
        tone,
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_done.html")]
pub struct DonePage {
    page: Layout,
    head: Head,
    position: i64,
    at: String,
    /// The scan, where it decided instead: `08:59:58`.
    scanned: Option<String>,
    seat: Option<String>,
    summary: String,
    over: bool,
    code: String,
    /// For whoever stands at the door.
    countersign: Option<Countersign>,
    /// May sign in colleagues now.
    helps: bool,
    allow: Option<Allow>,
    op: Uuid,
    /// `暂离` since when, where they are out of the room.
    out: Option<(&'static str, String)>,
    /// May step out, or be back.
    steps: bool,
    notice: Option<String>,
}

/// Notices that the reader may allow, and how it stands.
pub struct Allow {
    /// For `wx-open-subscribe`; empty when nothing is left to allow.
    templates: String,
    said: String,
}

fn allow(offer: Option<Offer>, meeting: &meeting::Model, now: Instant) -> Option<Allow> {
    let offer = offer.filter(|_| meeting.state() == State::Active && now < meeting.ends_at)?;
    Some(match offer {
        Offer { lasting: true, .. } => Allow {
            templates: String::new(),
            said: "已开启会议提醒，会前和变动时会通知您。".to_string(),
        },
        Offer { remaining: 0, templates, .. } => {
            Allow { templates, said: "开启后，会前和变动时会在微信里提醒您。".to_string() }
        }
        Offer { remaining, templates, .. } => Allow {
            templates,
            said: format!("已开启会议提醒，还可以提醒您 {remaining} 次。"),
        },
    })
}

#[allow(clippy::too_many_arguments, reason = "each is one thing the page shows")]
pub fn done(
    page: Layout,
    head: Head,
    meeting: &meeting::Model,
    row: &attendance::Model,
    seat: Option<String>,
    countersign: Option<Countersign>,
    offer: Option<Offer>,
    notice: Option<String>,
    now: Instant,
) -> DonePage {
    let same_day = clock::shanghai(row.at).date_naive() == clock::shanghai(now).date_naive();
    DonePage {
        page,
        head,
        position: row.position,
        at: if same_day { clock::zh_second(row.at) } else { clock::zh_moment(row.at, now) },
        scanned: row.deciding_scan(meeting).map(clock::zh_second),
        seat,
        summary: meeting.summary.clone(),
        over: meeting.ends_at < now,
        code: meeting.code.clone(),
        countersign,
        helps: helper::allowed(meeting, now),
        allow: allow(offer, meeting, now),
        op: Uuid::new_v4(),
        out: Leaving::of(meeting, row, now)
            .zip(row.left_at)
            .map(|(leaving, at)| (leaving.zh(), clock::zh_minute(at))),
        steps: Phase::of(meeting, now) != Phase::Over,
        notice,
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_wait.html")]
pub struct WaitPage {
    page: Layout,
    head: Head,
    code: String,
    opens: String,
    opens_at: i64,
    summary: String,
    allow: Option<Allow>,
}

pub fn wait(
    page: Layout,
    head: Head,
    meeting: &meeting::Model,
    offer: Option<Offer>,
    now: Instant,
) -> WaitPage {
    let same_day = clock::shanghai(meeting.opens_at).date_naive() == clock::shanghai(now).date_naive();
    let opens =
        if same_day { clock::zh_minute(meeting.opens_at) } else { clock::zh_moment(meeting.opens_at, now) };
    WaitPage {
        page,
        head,
        code: meeting.code.clone(),
        opens,
        opens_at: meeting.opens_at.timestamp_millis(),
        summary: meeting.summary.clone(),
        allow: allow(offer, meeting, now),
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_code.html")]
pub struct CodePage {
    page: Layout,
    head: Head,
    code: String,
    notice: Option<String>,
}

pub fn needs_code(page: Layout, head: Head, meeting: &meeting::Model, notice: Option<String>) -> CodePage {
    CodePage { page, head, code: meeting.code.clone(), notice }
}

/// The fields of a person, with what is wrong with each.
pub struct Fields {
    unit: String,
    name: String,
    phone: String,
    unit_wrong: Option<&'static str>,
    name_wrong: Option<&'static str>,
    phone_wrong: Option<&'static str>,
}

fn fields(form: Form, mistakes: &[FieldError]) -> Fields {
    let wrong = |field| mistakes.iter().find(|mistake| mistake.field == field).map(|mistake| mistake.problem);
    Fields {
        unit: form.unit,
        name: form.name,
        phone: form.phone,
        unit_wrong: wrong("unit"),
        name_wrong: wrong("name"),
        phone_wrong: wrong("phone"),
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_form.html")]
pub struct FormPage {
    page: Layout,
    head: Head,
    code: String,
    op: Uuid,
    notice: Option<String>,
    requested: bool,
    /// What the organisers may be asked for.
    offers: Option<&'static str>,
    /// The form tells where the phone is.
    locates: bool,
    /// `Some((unit, name))` for a known person, who only taps.
    known: Option<(String, String)>,
    fields: Fields,
}

#[allow(clippy::too_many_arguments, reason = "each is one thing the page shows")]
pub fn form(
    page: Layout,
    head: Head,
    meeting: &meeting::Model,
    seen: &Visit,
    notice: Option<String>,
    form: Form,
    mistakes: &[FieldError],
    offers: Option<RequestKind>,
) -> FormPage {
    FormPage {
        page,
        head,
        code: meeting.code.clone(),
        op: Uuid::new_v4(),
        notice,
        requested: seen.requested,
        offers: offers.map(RequestKind::word),
        locates: meeting.venue().is_some(),
        known: seen.person.as_ref().map(|person| (person.unit.clone(), person.name.clone())),
        fields: fields(form, mistakes),
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_colleague.html")]
pub struct ColleaguePage {
    page: Layout,
    head: Head,
    code: String,
    op: Uuid,
    locates: bool,
    /// What was just done.
    said: Option<String>,
    notice: Option<String>,
    fields: Fields,
}

pub fn colleague(
    page: Layout,
    meeting: &meeting::Model,
    now: Instant,
    said: Option<String>,
    notice: Option<String>,
    form: Form,
    mistakes: &[FieldError],
) -> ColleaguePage {
    ColleaguePage {
        page,
        head: head(meeting, now),
        code: meeting.code.clone(),
        op: Uuid::new_v4(),
        locates: meeting.venue().is_some(),
        said,
        notice,
        fields: fields(form, mistakes),
    }
}

#[derive(Template)]
#[template(path = "meeting/phone_closed.html")]
pub struct ClosedPage {
    page: Layout,
    head: Head,
    code: String,
    sign: &'static str,
    what: &'static str,
    next: String,
    /// The words on the button that asks the organisers; none where asking is of no use.
    ask: Option<&'static str>,
    requested: bool,
    /// The person must still say who they are to ask.
    unknown: bool,
    fields: Fields,
    notice: Option<String>,
}

#[allow(clippy::too_many_arguments, reason = "each is one thing the page shows")]
pub fn closed(
    page: Layout,
    head: Head,
    meeting: &meeting::Model,
    seen: &Visit,
    notice: Option<String>,
    form: Form,
    mistakes: &[FieldError],
    now: Instant,
) -> ClosedPage {
    let closed = if clock::shanghai(meeting.closes_at).date_naive() == clock::shanghai(now).date_naive() {
        clock::zh_minute(meeting.closes_at)
    } else {
        clock::zh_moment(meeting.closes_at, now)
    };
    let (sign, what, next, ask) = match seen.face {
        Face::Cancelled => ("sign-bad", "会议已取消", "这次会议已取消，无需签到。".to_string(), None),
        Face::NotOnRoster => (
            "sign-info",
            "名单里没有您",
            "如您应当参加这次会议，可以请会务人员核对。".to_string(),
            Some("请会务人员核对"),
        ),
        _ => (
            "sign-info",
            "签到已结束",
            format!("签到已于 {closed} 结束。如您确实到会，可以申请补签。"),
            Some("请会务人员补签"),
        ),
    };
    ClosedPage {
        page,
        head,
        code: meeting.code.clone(),
        sign,
        what,
        next,
        ask: ask.filter(|_| !seen.requested),
        requested: seen.requested,
        unknown: seen.person.is_none(),
        fields: fields(form, mistakes),
        notice,
    }
}
