//! What stands on the phone pages; templates only place it.

use askama::Template;

use crate::base::clock::{Instant, shanghai, zh_minute, zh_moment};
use crate::movecar::answer::Asked;
use crate::movecar::appeal::Standing;
use crate::movecar::draft::Draft;
use crate::movecar::model::{Reason, Reply};
use crate::movecar::settings::Settings;
use crate::movecar::view::{Mine, Progress};
use crate::web::Layout;

/// What was typed, to stand in the fields again.
pub struct Words {
    pub plate: String,
    pub second: String,
    pub reason: Reason,
    /// A street or town of the operator's list; empty: none.
    pub area: String,
    pub place: String,
    pub sure: bool,
}

impl Words {
    pub fn of(draft: &Draft) -> Words {
        let plate = |n: usize| draft.plates.get(n).cloned().unwrap_or_default();
        Words {
            plate: plate(0),
            second: plate(1),
            reason: draft.reason.unwrap_or(Reason::Blocking),
            // What was said before holds the street already.
            area: String::new(),
            place: draft.place.clone(),
            sure: draft.sure,
        }
    }
}

#[derive(Template)]
#[template(path = "movecar/form.html")]
pub struct FormPage {
    page: Layout,
    words: Words,
    /// Word, Chinese, chosen, urgent.
    reasons: Vec<(&'static str, &'static str, bool, bool)>,
    has_photo: bool,
    /// Streets and towns to choose from, and whether each is chosen.
    areas: Vec<(String, bool)>,
    /// There is a map to choose a point on.
    map: bool,
    /// A point is known already.
    has_spot: bool,
    wrong: Option<String>,
    provinces: Vec<String>,
    signs: Vec<String>,
}

impl FormPage {
    pub fn new(
        page: Layout,
        words: Words,
        draft: &Draft,
        settings: &Settings,
        wrong: Option<String>,
    ) -> FormPage {
        let reason = |reason: Reason| (reason.word(), reason.zh(), reason == words.reason, reason.urgent());
        let each = |text: &str| text.chars().map(String::from).collect();
        FormPage {
            reasons: Reason::ALL.map(reason).to_vec(),
            areas: settings.map.streets.iter().map(|area| (area.clone(), *area == words.area)).collect(),
            map: !settings.map.tencent_key.is_empty(),
            has_spot: draft.spot.is_some(),
            has_photo: draft.has_photo(),
            page,
            words,
            wrong,
            provinces: each("浙沪苏皖闽赣粤京津冀晋蒙辽吉黑鲁豫鄂湘桂琼渝川贵云藏陕甘青宁新"),
            signs: each("1234567890ABCDEFGHJKLMNPQRSTUVWXYZ警学挂港澳"),
        }
    }
}

#[derive(Template)]
#[template(path = "movecar/confirm.html")]
pub struct ConfirmPage {
    page: Layout,
    plates: Vec<String>,
    why: String,
    /// Name of the field, and the plate whose colour it asks for.
    colours: Vec<(&'static str, String)>,
    wrong: Option<&'static str>,
}

impl ConfirmPage {
    pub fn new(page: Layout, draft: &Draft, why: &str, wrong: Option<&'static str>) -> ConfirmPage {
        ConfirmPage {
            page,
            plates: draft.plates.iter().map(|plate| spaced(plate)).collect(),
            why: why.to_string(),
            colours: COLOURS
                .into_iter()
                .zip(draft.cars())
                .filter(|(_, plate)| plate.asks_colour())
                .map(|(field, plate)| (field, spaced(plate.reveal())))
                .collect(),
            wrong,
        }
    }
}

/// The fields that tell colours, one for each car.
pub const COLOURS: [&str; 2] = ["colour", "second_colour"];
/// Why the colour is asked for.
pub const COLOUR: &str = "蓝牌、黄牌是 7 位，绿牌是 8 位，多一位少一位就是另一辆车。请选车牌颜色。";

/// `浙C·12045`, as on the car.
fn spaced(plate: &str) -> String {
    let head: String = plate.chars().take(2).collect();
    let rest: String = plate.chars().skip(2).collect();
    format!("{head}·{rest}")
}

#[derive(Template)]
#[template(path = "movecar/progress.html")]
pub struct ProgressPage {
    page: Layout,
    seen: Progress,
    plate: String,
    line: Vec<(String, String)>,
    /// The number to call where machines can do no more.
    call: Option<String>,
}

impl ProgressPage {
    pub fn new(page: Layout, seen: Progress, hotline: &str) -> ProgressPage {
        let line = seen.line.iter().rev().map(|entry| (zh_minute(entry.at), entry.text.clone())).collect();
        let call = (seen.open && seen.tone == "info").then(|| hotline.to_string());
        ProgressPage { page, plate: spaced(&seen.plate), line, call, seen }
    }
}

#[derive(Template)]
#[template(path = "movecar/mine.html")]
pub struct MinePage {
    page: Layout,
    /// Number, plate, when, word, open.
    rows: Vec<(String, String, String, String, bool)>,
}

impl MinePage {
    pub fn new(page: Layout, list: Vec<Mine>, now: Instant) -> MinePage {
        let row = |one: Mine| (one.number, spaced(&one.plate), zh_moment(one.at, now), one.word, one.open);
        MinePage { page, rows: list.into_iter().map(row).collect() }
    }
}

/// One car of an owner.
struct Car {
    plate: String,
    reason: String,
    at: String,
    number: String,
    said: Option<String>,
    open: bool,
    case: String,
}

#[derive(Template)]
#[template(path = "movecar/owner.html")]
pub struct OwnerPage {
    page: Layout,
    token: String,
    cars: Vec<Car>,
    said: Option<&'static str>,
    no_calls: bool,
    /// All stand on private ground.
    private: bool,
    /// Something may be answered still; then calls may be refused, too.
    may_change: bool,
    hotline: String,
    replies: Vec<(&'static str, &'static str)>,
    others: Vec<(&'static str, &'static str)>,
}

impl OwnerPage {
    pub fn new(
        page: Layout,
        token: &str,
        asked: Vec<Asked>,
        said: Option<&'static str>,
        hotline: &str,
    ) -> OwnerPage {
        let no_calls = asked.iter().any(|one| one.no_calls);
        let private = !asked.is_empty() && asked.iter().all(|one| one.private);
        let may_change = asked.iter().any(|one| one.open);
        let car = |one: Asked| {
            let eta = one.eta.map(|eta| format!("，{} 前", zh_minute(eta))).unwrap_or_default();
            let reply = one.reply.map(|reply| format!("您已回复：{}{eta}", reply.zh()));
            let over = one.over.map(|_| "这次移车请求已经结束，谢谢。".to_string());
            Car {
                plate: one.plate,
                reason: one.reason,
                at: zh_minute(one.at),
                number: one.number,
                said: over.or(reply),
                open: one.open,
                case: one.case.to_string(),
            }
        };
        let pair = |reply: &Reply| (reply.word(), reply.zh());
        OwnerPage {
            page,
            token: token.to_string(),
            cars: asked.into_iter().map(car).collect(),
            said,
            private,
            may_change,
            no_calls,
            hotline: hotline.to_string(),
            replies: Reply::ALL[..3].iter().map(pair).collect(),
            others: Reply::ALL[3..].iter().map(pair).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "movecar/appeal.html")]
pub struct AppealPage {
    page: Layout,
    until: Option<String>,
    appealed: bool,
    wrong: Option<String>,
}

impl AppealPage {
    pub fn new(page: Layout, standing: Option<Standing>, wrong: Option<String>) -> AppealPage {
        AppealPage {
            page,
            until: standing.map(|one| shanghai(one.until).format("%Y年%-m月%-d日").to_string()),
            appealed: standing.is_some_and(|one| one.appealed),
            wrong,
        }
    }
}
