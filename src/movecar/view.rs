//! A case as the person who asked sees it: a time line, and what they may do. Whether the plate was known, or who its
//! owner is, is nowhere in it.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::driver::{DriverError, REMINDERS};
use super::model::{Reason, Reply, Stand, State, car_case, car_line, car_request};
use super::plate::{self, Plate};
use super::submit::PLATE_PLACE;
use crate::base::Base;
use crate::base::clock::{Instant, zh_minute};
use crate::base::privacy::{KeyError, digest};

/// Requests that somebody sees of their own.
const MINE: u64 = 30;

/// One entry of the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Instant,
    pub text: String,
}

/// A request as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub number: String,
    /// Whole: they typed it.
    pub plate: String,
    pub class: &'static str,
    pub reason: &'static str,
    pub place: String,
    /// What stands large, and the line under it.
    pub head: String,
    pub advice: String,
    /// `good`, `wait` or `info`.
    pub tone: &'static str,
    pub line: Vec<Entry>,
    pub open: bool,
    pub may_remind: bool,
    /// After an hour: is it gone?
    pub asks: bool,
    pub may_rate: bool,
    pub rating: Option<i32>,
    /// Of all above: a page that holds another one is old. Counts nothing that its person does not see.
    pub seal: String,
}

/// One line of 我的请求.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mine {
    pub number: String,
    pub plate: String,
    pub at: Instant,
    /// The same words as on its page: what the desk calls a state may tell whether a plate is known.
    pub word: String,
    pub open: bool,
}

fn opened(base: &Base, case: &car_case::Model) -> Result<String, KeyError> {
    let plate = Plate::open(&base.keys, PLATE_PLACE, &case.plate_sealed)?;
    Ok(plate.map_or_else(|| case.plate_masked.clone(), |plate| plate.reveal().to_string()))
}

/// The request `number`, if it is `follower`'s.
pub async fn progress(
    base: &Base,
    follower: Uuid,
    number: &str,
    hotline: &str,
) -> Result<Progress, DriverError> {
    let db = base.db.read();
    let request = car_request::Entity::find()
        .filter(car_request::Column::Number.eq(number))
        .filter(car_request::Column::FollowerId.eq(follower))
        .one(db)
        .await?
        .ok_or(DriverError::NotFound)?;
    let case = car_case::Entity::find_by_id(request.case_id).one(db).await?.ok_or(DriverError::NotFound)?;
    let rows = car_line::Entity::find()
        .filter(car_line::Column::CaseId.eq(case.id))
        .order_by_asc(car_line::Column::At)
        .order_by_asc(car_line::Column::Id)
        .all(db)
        .await?;
    let stand = request.stand();
    let mut line = vec![Entry { at: request.at, text: "已提交".to_string() }];
    for row in rows.iter().filter(|row| row.at >= request.at || row.kind != "created") {
        if request.ended_at.is_some_and(|ended| row.at > ended) {
            break;
        }
        if let Some(text) = told(row)
            && line.last().is_none_or(|last| last.text != text)
        {
            line.push(Entry { at: row.at, text });
        }
    }
    if stand == Stand::Cancelled && line.last().is_none_or(|last| last.text != "已取消") {
        line.push(Entry { at: request.ended_at.unwrap_or(request.at), text: "已取消".to_string() });
    }
    let state = case.state();
    let open = stand == Stand::Open;
    let (head, advice, tone) = words(&case, stand, hotline);
    let mut seen = Progress {
        number: request.number.clone(),
        plate: opened(base, &case).map_err(|error| DriverError::Inner(error.into()))?,
        class: plate::Class::parse(&case.class).map_or("", plate::Class::zh),
        reason: case.reason().zh(),
        place: case.place.clone(),
        head,
        advice,
        tone,
        line,
        open,
        may_remind: open && state == State::Silent && case.reminders < REMINDERS,
        asks: open && state == State::Expired,
        may_rate: !open && stand == Stand::Moved && request.rating.is_none(),
        rating: request.rating,
        seal: String::new(),
    };
    seen.seal = digest(format!("{seen:?}").as_bytes())[..16].to_string();
    Ok(seen)
}

/// An entry of the log in the words of the time line; what is for the desk alone has none.
fn told(row: &car_line::Model) -> Option<String> {
    let text = match row.kind.as_str() {
        "joined" => "有其他人也在请求移这辆车，进度共享",
        "notified" if row.detail == "sms" => "已短信通知车主",
        "notified" => "电话已接通",
        "arrived" if row.detail == "sms" => "已短信通知车主",
        "answered" => "电话已接通",
        "replied" => {
            let reply = Reply::parse(&row.detail)?;
            return Some(format!("车主：{}", reply.zh()));
        }
        "refused" => {
            let what = match Reply::parse(&row.detail)? {
                Reply::Cannot => "车主暂时不能移车",
                // Whose car it is or was is nobody's business but the desk's.
                _ => "没有联系上车主",
            };
            return Some(what.to_string());
        }
        "silent" => "车主还没有回复",
        "reminded" => "已再次提醒车主",
        "undeliverable" | "desk_offer" => "没有联系上车主",
        "desk" => "已转值班人员处理",
        "expired" => "已超过一小时",
        "moved" => "已移走",
        "closed_by_desk" => "值班人员已处理",
        "cancelled" => "已取消",
        "rejected" => "没有受理",
        _ => return None,
    };
    Some(text.to_string())
}

/// What stands first on the page: what is, and what to do.
fn words(case: &car_case::Model, stand: Stand, hotline: &str) -> (String, String, &'static str) {
    let call = format!("如情况紧急，请拨打 {hotline}。");
    let say = |head: &str, advice: String, tone| (head.to_string(), advice, tone);
    // Of what they typed, whether or not anybody knows the plate.
    let elsewhere = plate::is_from_elsewhere(&case.plate_masked);
    if stand == Stand::Cancelled {
        return say("已取消", "这次请求已经取消，车主不会再收到提醒。".to_string(), "info");
    }
    match case.state() {
        State::Created | State::Checked | State::Notifying => {
            let elsewhere =
                if elsewhere { "外省号牌能联系上的较少，请多等几分钟。" } else { "" };
            say("已提交，正在联系", format!("请在车旁稍等，本页会自动更新。{elsewhere}{call}"), "wait")
        }
        State::Notified | State::Reminded => {
            say("已通知车主", format!("等待车主回复，一般几分钟内会有结果。{call}"), "wait")
        }
        State::Replied => {
            let reply = case.reply().map_or("", Reply::zh);
            let by = case.eta_at.map(|eta| format!("预计 {} 前到。", zh_minute(eta))).unwrap_or_default();
            say(&format!("车主：{reply}"), format!("{by}车移走后请点「已移走」。"), "good")
        }
        State::Silent => say("车主还没有回复", format!("可以再提醒一次。{call}"), "wait"),
        State::Refused | State::Undeliverable | State::DeskOffer => {
            let advice = match case.reason() {
                _ if elsewhere => format!(
                    "外省号牌的车主多半不在本市登记。请用「交管12123」App 的一键挪车，或拨打 {hotline}，说明地点和车牌。"
                ),
                Reason::Private => format!("请先联系物业或门卫；仍然解决不了，请拨打 {hotline} 咨询。"),
                _ => format!("请拨打 {hotline}，说明地点和车牌，由交警处理。"),
            };
            say("没有联系上车主", advice, "info")
        }
        State::Desk => say("值班人员处理中", format!("处理结果会显示在这里。{call}"), "wait"),
        State::Expired => say("车移走了吗？", "已经过去一小时。请告诉我们车还在不在。".to_string(), "wait"),
        State::Moved | State::Closed => say("已移走", "谢谢您告诉我们。".to_string(), "good"),
        State::ClosedByDesk => {
            let result = case.result.as_deref().and_then(super::model::DeskResult::parse);
            say(
                result.map_or("值班人员已处理", |result| result.zh()),
                "这次请求已经结束。".to_string(),
                "good",
            )
        }
        State::Cancelled => say("已取消", "这次请求已经取消。".to_string(), "info"),
        State::Rejected => say("没有受理", format!("这次请求不在受理范围内。{call}"), "info"),
    }
}

/// What `follower` asked for, the newest first.
pub async fn mine(base: &Base, follower: Uuid) -> Result<Vec<Mine>, DriverError> {
    let requests = car_request::Entity::find()
        .filter(car_request::Column::FollowerId.eq(follower))
        .order_by_desc(car_request::Column::At)
        .order_by_desc(car_request::Column::Number)
        .limit(MINE)
        .all(base.db.read())
        .await?;
    let cases = car_case::Entity::find()
        .filter(car_case::Column::Id.is_in(requests.iter().map(|request| request.case_id)))
        .all(base.db.read())
        .await?;
    let mut mine = Vec::new();
    for request in requests {
        let Some(case) = cases.iter().find(|case| case.id == request.case_id) else { continue };
        let open = request.stand() == Stand::Open;
        mine.push(Mine {
            number: request.number.clone(),
            plate: opened(base, case).map_err(|error| DriverError::Inner(error.into()))?,
            at: request.at,
            word: words(case, request.stand(), "").0,
            open,
        });
    }
    Ok(mine)
}
