//! A case as one reader sees it: what happened, in whose words, and until when something has to happen.

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::act::Act;
use super::fold::{CallBack, Change, OBLIGATIONS};
use super::model::{
    Called, Part, RejectReason, State, TextKind, case_clock, case_event, case_file, case_photo,
};
use super::text::{self, Read, TextError};
use super::write;
use super::{Cases, origin};
use crate::base::calendar::words::zh_date;
use crate::base::clock::Instant;

/// For whom a case is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Its author, a proxy, or who holds its code.
    Author,
    /// Officers who may know of it.
    Office,
    /// Everybody: only what a moderator made public.
    Public,
}

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Instant,
    pub act: Act,
    pub head: String,
    /// Who: a unit, an office, `您`; names of officers for officers only.
    pub by: String,
    pub texts: Vec<(TextKind, String)>,
    pub to: State,
}

/// A limit as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub clock: case_clock::Model,
    /// As the rules name it.
    pub name: String,
    /// Missed, or missed and done since.
    pub late: bool,
}

/// All that a page of one case shows.
#[derive(Clone, Debug)]
pub struct View {
    pub file: case_file::Model,
    pub title: String,
    pub body: String,
    /// Name and phone, where given; sealed still.
    pub has_contact: bool,
    pub steps: Vec<Step>,
    pub limits: Vec<Limit>,
    pub photos: Vec<case_photo::Model>,
    /// Public numbers of the cases that went into this one.
    pub merged: Vec<i64>,
    /// The public number of the case that it went into.
    pub follows: Option<i64>,
}

/// The case `file` for `reader`.
pub async fn view(cases: &Cases, file: case_file::Model, reader: Reader) -> Result<View, TextError> {
    let (db, keys) = (cases.store.db.read(), &cases.store.keys);
    let texts = text::all(db, keys, file.id).await?;
    let events = events(cases, file.id).await?;
    let photos = case_photo::Entity::find()
        .filter(case_photo::Column::CaseId.eq(file.id))
        .order_by_asc(case_photo::Column::Id)
        .all(db)
        .await?;
    let merged = case_file::Entity::find().filter(case_file::Column::MergedInto.eq(file.id)).all(db).await?;
    let follows = match file.merged_into {
        Some(target) => case_file::Entity::find_by_id(target).one(db).await?.map(|target| target.public_no),
        None => None,
    };
    let original = texts.iter().find(|text| text.id == file.original_text);
    let (title, body) = match (reader, original) {
        (Reader::Public, _) | (_, None) => (file.public_title.clone(), file.public_body.clone()),
        (_, Some(original)) => {
            let (title, body) = text::split(&original.text);
            (title.to_string(), body.to_string())
        }
    };
    let clocks = write::clocks(db, file.id).await?;
    let now = cases.store.clock.now();
    let limit = |clock: case_clock::Model| Limit {
        name: cases
            .settings
            .deadlines
            .get(&clock.code)
            .map_or_else(|| clock.code.clone(), |rule| rule.name.to_string()),
        late: clock.met_at.or(clock.stopped_at).unwrap_or(now) >= clock.due_at && clock.paused_at.is_none(),
        clock,
    };
    Ok(View {
        steps: events.iter().filter_map(|event| step(cases, event, &texts, &file, reader)).collect(),
        limits: clocks
            .into_iter()
            .filter(|clock| reader == Reader::Office || OBLIGATIONS.contains(&clock.code.as_str()))
            .map(limit)
            .collect(),
        photos: photos.into_iter().filter(|photo| reader != Reader::Public || photo.published).collect(),
        merged: merged.into_iter().map(|file| file.public_no).collect(),
        has_contact: file.contact_text.is_some(),
        follows,
        title,
        body,
        file,
    })
}

/// The log of a case, oldest first.
pub async fn events(cases: &Cases, case: Uuid) -> Result<Vec<case_event::Model>, DbErr> {
    case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(case))
        .order_by_asc(case_event::Column::Version)
        .all(cases.store.db.read())
        .await
}

/// Acts that only offices know of.
pub fn internal(act: Act) -> bool {
    matches!(
        act,
        Act::Note
            | Act::Contact
            | Act::Reveal
            | Act::Helpers
            | Act::Hot
            | Act::Categorise
            | Act::CallBack
            | Act::Dispute
            | Act::AskExtension
            | Act::RefuseExtension
            | Act::TakeOver
            | Act::IssueNotice
            | Act::Supervise
            | Act::ReplyPaper
            | Act::RevokePaper
            | Act::Propose
            | Act::Publish
            | Act::Unpublish
    )
}

/// Texts that `reader` may read.
fn readable(kind: TextKind, reader: Reader) -> bool {
    match reader {
        Reader::Office => !matches!(kind, TextKind::Contact | TextKind::Original | TextKind::Public),
        Reader::Author => matches!(
            kind,
            TextKind::Fact | TextKind::FirstReply | TextKind::Answer | TextKind::Notice | TextKind::Comment
        ),
        // Answers of public cases stand in the case itself, checked by a moderator.
        Reader::Public => false,
    }
}

fn step(
    cases: &Cases,
    event: &case_event::Model,
    texts: &[Read],
    file: &case_file::Model,
    reader: Reader,
) -> Option<Step> {
    let act = Act::parse(&event.kind)?;
    if reader != Reader::Office && internal(act) {
        return None;
    }
    let change: Change = serde_json::from_str(&event.change).unwrap_or_default();
    let moves = if act == Act::Recount { origin::moves(&change.detail) } else { Vec::new() };
    if act == Act::Recount && reader != Reader::Office && moves.iter().all(|(_, from, to)| from == to) {
        return None;
    }
    let own = |id: &Uuid| texts.iter().find(|text| text.id == *id);
    let said = change.texts.iter().filter_map(own).filter(|text| readable(text.kind, reader));
    let unit = |code: &str| cases.units.name(code).to_string();
    let head = match act {
        Act::Submit => "已提交".to_string(),
        Act::Forward => format!("转{}办理", change.lead_unit.as_deref().map(unit).unwrap_or_default()),
        Act::Reject => {
            let reason = RejectReason::parse(&event.reason).map_or("", RejectReason::zh);
            format!("不予受理：{reason}")
        }
        Act::Rate => {
            let [office, unit] = change.scores.unwrap_or_default();
            format!("评价：转办 {office} 分，承办 {unit} 分")
        }
        Act::GrantExtension => format!("办理期限延长 {} 天", change.detail),
        Act::Recount => recounted(cases, &moves),
        Act::IssueNotice | Act::Supervise | Act::ReplyPaper | Act::RevokePaper => {
            format!("{} {}", act.zh(), change.detail)
        }
        Act::CallBack => change.call.map_or_else(String::new, called),
        Act::Categorise => {
            let code = change.category.as_deref().unwrap_or_default();
            format!("类别调整为{}", cases.units.category(code).map_or(code, |one| one.name.as_str()))
        }
        Act::AskExtension => format!("申请延期 {} 天", change.detail),
        Act::Close if event.part == Part::System.word() => "已办结".to_string(),
        _ => act.zh().to_string(),
    };
    Some(Step {
        at: event.at,
        act,
        head,
        by: by(cases, event, file, reader, &change),
        texts: said.map(|text| (text.kind, text.text.clone())).collect(),
        to: State::parse(&event.to_state).unwrap_or(State::Final),
    })
}

/// What a call came to.
fn called(call: CallBack) -> String {
    let said = |content: Option<bool>| match content {
        Some(true) => "满意",
        Some(false) => "不满意",
        None => "没有表态",
    };
    match call.result {
        Called::Reached => {
            format!("回访：对转办{}，对承办{}", said(call.office), said(call.unit))
        }
        other => format!("回访：{}", other.zh()),
    }
}

/// Why ends moved, from which day to which.
fn recounted(cases: &Cases, moves: &[(String, NaiveDate, NaiveDate)]) -> String {
    let one = |(code, from, to): &(String, NaiveDate, NaiveDate)| {
        let name = cases.settings.deadlines.get(code).map_or(code.as_str(), |rule| rule.name);
        match from == to {
            true => format!("“{name}”的期限确定为{}", zh_date(*to)),
            false => format!("“{name}”的期限由{}改为{}", zh_date(*from), zh_date(*to)),
        }
    };
    format!("放假安排公布，{}", moves.iter().map(one).collect::<Vec<_>>().join("；"))
}

fn by(
    cases: &Cases,
    event: &case_event::Model,
    file: &case_file::Model,
    reader: Reader,
    change: &Change,
) -> String {
    let part = Part::parse(&event.part).unwrap_or(Part::System);
    let unit = (!event.unit.is_empty()).then(|| cases.units.name(&event.unit));
    match (reader, part) {
        (Reader::Author, Part::Citizen) if file.proxy.is_none() => "您".to_string(),
        (_, Part::System) => String::new(),
        (Reader::Office, _) => {
            let who = event.actor.strip_prefix("staff:").unwrap_or_default();
            let signed = match event.kind.as_str() {
                "answer" if !change.detail.is_empty() => format!("，{}签发", change.detail),
                _ => String::new(),
            };
            format!("{} {who}{signed}", unit.unwrap_or(part.zh())).trim_end().to_string()
        }
        _ => unit.unwrap_or(part.zh()).to_string(),
    }
}

/// Name and phone of who filed it. Whoever asks has been written down before.
pub async fn contact(cases: &Cases, file: &case_file::Model) -> Result<String, TextError> {
    let Some(id) = file.contact_text else { return Ok("没有留联系方式".to_string()) };
    let read = text::read(cases.store.db.read(), &cases.store.keys, id).await?;
    Ok(read.map_or_else(|| "已按规定删除".to_string(), |read| read.text))
}
