//! What the author of a case is told, placed with the event itself: in WeChat, or by short message where nobody's WeChat
//! is known but a number is (whoever has somebody act for them, cases of other systems). It names the number and the
//! step, never what the case is about: notices lie open on locked screens. Of a confidential case they name no unit and
//! no reason either.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{Datelike, NaiveDate, TimeDelta};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::act::Act;
use super::ends::INFO;
use super::fold::{Change, Tick};
use super::model::{Part, RejectReason, State, TextKind, case_event, case_file};
use super::text::{self, TextError};
use super::view;
use super::write::WriteError;
use super::{Cases, units::Units};
use crate::base::clock;
use crate::jobs;
use crate::notify::batch::{self, Order};
use crate::notify::model::batch as placed;
use crate::notify::phone::{self, Heard, Listener, Medium, Outgoing, PlaceError, Purpose};
use crate::notify::{Occasion, Say, Words};
use crate::people::phone::Phone;

/// How `notify` knows whose notices these are.
const SOURCE: &str = "cases";
/// As the operator's templates name it.
pub const KIND: &str = "case";
const FILED: &str = "cases.filed";
const STEP: &str = "cases.step";
/// What is said by short message.
pub const PURPOSES: [Purpose; 2] = [
    Purpose { name: FILED, medium: Medium::Sms, words: &["number", "code"], keys: "" },
    Purpose { name: STEP, medium: Medium::Sms, words: &["number", "step"], keys: "" },
];
/// Twice the keeper's interval: how far back it looks for events of another database.
const BACK: TimeDelta = TimeDelta::hours(2);

/// Names the notice of one event.
fn key(event: Uuid) -> String {
    format!("case:{event}")
}

/// Places the notice of `event` in its transaction. Where cases have a database of their own, [`catch_up`] does it.
pub(super) async fn place(
    cases: &Cases,
    tx: &DatabaseTransaction,
    file: &case_file::Model,
    event: &case_event::Model,
) -> Result<(), WriteError> {
    if cases.base.config.cases_database_url.is_some() || !tells(cases, file, event) {
        return Ok(());
    }
    let phone = phone_of(cases, tx, file).await?;
    put(cases, tx, file, event, phone.as_ref()).await
}

/// Old cases come with all that happened long ago: nobody is told of it now.
fn tells(cases: &Cases, file: &case_file::Model, event: &case_event::Model) -> bool {
    file.source != "import" && step(&cases.units, file, event).is_some()
}

/// Where the author can be reached who has no WeChat that we know.
async fn phone_of(
    cases: &Cases,
    db: &impl sea_orm::ConnectionTrait,
    file: &case_file::Model,
) -> Result<Option<Phone>, TextError> {
    let (None, Some(contact)) = (file.author, file.contact_text) else { return Ok(None) };
    let read = text::read(db, &cases.store.keys, contact).await?;
    Ok(read.and_then(|read| number_in(&read.text)))
}

/// The first mobile number in what somebody wrote beside their name.
fn number_in(contact: &str) -> Option<Phone> {
    contact
        .split(|letter: char| !letter.is_numeric() && !matches!(letter, ' ' | '-' | '+'))
        .find_map(Phone::parse)
}

async fn put(
    cases: &Cases,
    tx: &DatabaseTransaction,
    file: &case_file::Model,
    event: &case_event::Model,
    phone: Option<&Phone>,
) -> Result<(), WriteError> {
    if let Some(author) = file.author {
        let order = Order {
            id: Uuid::now_v7(),
            key: key(event.id),
            source: SOURCE,
            subject: event.id,
            kind: KIND,
            actor: "",
            urgent: false,
            paced: false,
            after: TimeDelta::zero(),
        };
        batch::place(&cases.base, tx, &order, &[author]).await?;
    } else if let (Some(number), Some(step)) = (phone, step(&cases.units, file, event)) {
        let (purpose, word) = match &event.op {
            // The code stands nowhere, and opens the case for whoever has no WeChat.
            Some(op) if event.kind == Act::Submit.word() => (FILED, ("code", cases.query_code(op).shown())),
            _ => (STEP, ("step", step.line)),
        };
        let outgoing = Outgoing {
            key: key(event.id),
            purpose,
            medium: Medium::Sms,
            number: number.clone(),
            words: vec![("number", file.number()), word],
            not_before: crate::notify::quiet::ends(cases.base.clock.now()),
            not_after: None,
            urgent: false,
        };
        phone::place(&cases.base, tx, &outgoing).await.map_err(|error| match error {
            PlaceError::Database(error) => WriteError::Database(error),
            other => WriteError::Inner(other.to_string()),
        })?;
    }
    Ok(())
}

/// Places what is missing of `case`, whose database is not the one of notices: after its commit, and again by the keeper,
/// should the process have ended between the two.
pub(super) async fn catch_up(cases: &Cases, case: Uuid) -> Result<(), WriteError> {
    let Some(file) = case_file::Entity::find_by_id(case).one(cases.store.db.read()).await? else {
        return Ok(());
    };
    let since = cases.store.clock.now() - BACK;
    let events = view::events(cases, case).await?;
    let recent = events.iter().filter(|event| event.at >= since && tells(cases, &file, event));
    let phone = phone_of(cases, cases.store.db.read(), &file).await?;
    let tx = cases.base.db.write().await?;
    for event in recent {
        put(cases, &tx, &file, event, phone.as_ref()).await?;
    }
    tx.commit().await?;
    jobs::wake(&cases.base).await;
    Ok(())
}

/// The same for all cases of the last hours.
pub(super) async fn catch_up_all(cases: &Cases) -> Result<(), DbErr> {
    if cases.base.config.cases_database_url.is_none() {
        return Ok(());
    }
    let touched: HashSet<Uuid> = case_event::Entity::find()
        .select_only()
        .column(case_event::Column::CaseId)
        .filter(case_event::Column::At.gte(cases.store.clock.now() - BACK))
        .into_tuple()
        .all(cases.store.db.read())
        .await?
        .into_iter()
        .collect();
    for case in touched {
        if let Err(error) = catch_up(cases, case).await {
            tracing::warn!(%error, %case, "notices of a case could not be placed");
        }
    }
    Ok(())
}

/// One step, as its notice says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// A sentence without its stop.
    line: String,
    /// Why, where it may be said and the rules give a fixed word for it.
    reason: String,
}

/// What is told of `event`; `None`: nothing, since the author did it, or since only offices know of it.
fn step(units: &Units, file: &case_file::Model, event: &case_event::Model) -> Option<Told> {
    let act = Act::parse(&event.kind)?;
    let change: Change = serde_json::from_str(&event.change).unwrap_or_default();
    let unit = |code: Option<&str>| match code.filter(|code| !file.confidential && !code.is_empty()) {
        // At the end: fields of templates are cut short.
        Some(code) => format!("（{}）", units.name(code)),
        None => String::new(),
    };
    let own = matches!(Part::parse(&event.part), Some(Part::Citizen | Part::Proxy));
    let mut reason = String::new();
    let line = match act {
        Act::Submit => "已收到，正在审核".to_string(),
        _ if own => return None,
        Act::Forward => format!("已转办{}", unit(change.lead_unit.as_deref())),
        Act::FirstReply => format!("已受理并首次回复{}", unit(Some(&event.unit))),
        Act::Answer => format!("已答复，请查看并评价{}", unit(Some(&event.unit))),
        Act::GrantExtension => match moved(&change) {
            Some(day) => format!("办理期限延长至{}，原因请查看", zh(day)),
            None => format!("办理期限延长 {} 天，原因请查看", change.detail),
        },
        Act::AskInfo => match started(&change, INFO) {
            Some(day) => format!("请在{}前补充材料", zh(day)),
            None => "请补充材料".to_string(),
        },
        Act::Reject => {
            if !file.confidential {
                reason = RejectReason::parse(&event.reason).map_or("", RejectReason::zh).to_string();
            }
            match reason.as_str() {
                "" => "不予受理，原因请查看".to_string(),
                why => format!("不予受理：{why}"),
            }
        }
        Act::Merge => "已和同类诉求合并办理".to_string(),
        Act::Unmerge => "已恢复单独办理".to_string(),
        Act::Rework => "已退回重新办理".to_string(),
        Act::Close => "已办结".to_string(),
        Act::Lapse => "逾期未补充材料，已结束".to_string(),
        Act::Reopen => "已重新打开".to_string(),
        Act::DecideReview => "复查意见已作出".to_string(),
        Act::DecideRecheck => "复核意见已作出".to_string(),
        Act::Finish => State::Final.zh().to_string(),
        Act::Convert => "已转为网上信访件".to_string(),
        _ => return None,
    };
    Some(Told { line, reason })
}

fn zh(day: NaiveDate) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// The day to which a limit was moved.
fn moved(change: &Change) -> Option<NaiveDate> {
    change.clocks.iter().find_map(|tick| match tick {
        Tick::Move { due, .. } => Some(due.on),
        _ => None,
    })
}

/// The last day of the limit `code` that began.
fn started(change: &Change, code: &str) -> Option<NaiveDate> {
    change.clocks.iter().find_map(|tick| match tick {
        Tick::Start { code: begun, due, .. } if begun == code => Some(due.on),
        _ => None,
    })
}

/// The petitions' part of `notify`: its people are followers.
pub struct CaseOccasion(pub Cases);

#[async_trait]
impl Occasion for CaseOccasion {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn tells_followers(&self) -> bool {
        true
    }

    async fn words(&self, batch: &placed::Model, people: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Say>> {
        let (cases, db) = (&self.0, self.0.store.db.read());
        let Some(event) = case_event::Entity::find_by_id(batch.subject).one(db).await? else {
            return Ok(HashMap::new());
        };
        let Some(file) = case_file::Entity::find_by_id(event.case_id).one(db).await? else {
            return Ok(HashMap::new());
        };
        let Some(told) = step(&cases.units, &file, &event) else { return Ok(HashMap::new()) };
        let why = match Act::parse(&event.kind) {
            Some(Act::GrantExtension) if !file.confidential => why(cases, &event).await?,
            _ => None,
        };
        let say = Say::Tell(words(cases, &file, &event, told, why));
        // Whoever the case no longer belongs to hears nothing of it.
        let author = people.iter().filter(|person| file.author == Some(**person));
        Ok(author.map(|person| (*person, say.clone())).collect())
    }
}

/// The reason that the head of a unit gave.
async fn why(cases: &Cases, event: &case_event::Model) -> Result<Option<String>, TextError> {
    let change: Change = serde_json::from_str(&event.change).unwrap_or_default();
    for id in change.texts {
        let read = text::read(cases.store.db.read(), &cases.store.keys, id).await?;
        if let Some(read) = read.filter(|read| read.kind == TextKind::Notice) {
            return Ok(Some(read.text));
        }
    }
    Ok(None)
}

fn words(
    cases: &Cases,
    file: &case_file::Model,
    event: &case_event::Model,
    told: Told,
    why: Option<String>,
) -> Words {
    let number = file.number();
    let path = format!("/cases/{}", file.public_no);
    let plain = |text: &str| text.replace('<', "〈").replace('>', "〉");
    let reason = why.map(|why| format!("\n原因：{}", plain(&why))).unwrap_or_default();
    let mut fields = vec![
        ("title", format!("诉求 {number}")),
        // The only form that the platform's time fields take in every year.
        ("time", clock::shanghai(event.at).format("%Y年%-m月%-d日 %H:%M").to_string()),
        ("note", told.line.clone()),
    ];
    if !told.reason.is_empty() {
        fields.push(("reason", told.reason));
    }
    Words {
        text: format!(
            "您的诉求 {number}：{}。{reason}\n\n<a href=\"{}\">查看进展</a>",
            told.line,
            cases.base.config.link(&path)
        ),
        fields,
        path,
    }
}

/// What becomes of a short message stands with the message; a case does not wait for it.
pub struct CaseEars;

#[async_trait]
impl Listener for CaseEars {
    fn purposes(&self) -> &'static [Purpose] {
        &PURPOSES
    }

    async fn heard(&self, _tx: &DatabaseTransaction, _heard: &Heard) -> anyhow::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_beside_a_name() {
        for contact in
            ["陈晓燕 13812346021", "13812346021", "陈晓燕，138 1234 6021", "电话：+86 13812346021（儿子）"]
        {
            assert_eq!(
                number_in(contact).map(|phone| phone.masked()).as_deref(),
                Some("138****6021"),
                "{contact}"
            );
        }
        for contact in ["", "陈晓燕", "0577-65812345", "1381234602"] {
            assert!(number_in(contact).is_none(), "{contact}");
        }
    }
}
