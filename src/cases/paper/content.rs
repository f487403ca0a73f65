//! What a paper says. The words stand here once, for the page, the DOCX and the PDF.

use chrono::{Datelike, NaiveDate};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::model::case_paper;
use super::{PLACE, SUPERVISION, name};
use crate::base::calendar::local;
use crate::base::clock::Instant;
use crate::base::privacy::{KeyError, Keys};
use crate::cases::Cases;
use crate::cases::deadline::Unit;
use crate::cases::model::{case_clock, case_file};
use crate::cases::text::{self, TextError};

/// All that stands in a paper. A draft lacks number, signature and the day of the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub level: i32,
    pub issuer: String,
    /// The unit that is late.
    pub to: String,
    /// Gets a copy.
    pub copy: String,
    pub case_number: String,
    pub title: String,
    pub track: String,
    pub forwarded: String,
    /// Name and length of the limit that was missed.
    pub limit: String,
    pub length: String,
    pub due: String,
    /// The paper before this one: number, day, and until when it was to be answered.
    pub earlier: Option<(String, String, String)>,
    pub drafted: String,
    /// Late, but done when it was drafted.
    pub done: Option<String>,
    /// As long as the unit has for its reply.
    pub reply_length: String,
    pub points: i32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signer: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signed: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reply_by: String,
}

/// `2026年9月22日`.
pub fn day(date: NaiveDate) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// What a draft says of `clock`, which was missed.
pub async fn of(
    cases: &Cases,
    db: &impl ConnectionTrait,
    file: &case_file::Model,
    clock: &case_clock::Model,
    earlier: Option<&Content>,
    now: Instant,
) -> Result<Content, TextError> {
    let (settings, deadlines) = (&cases.settings.papers, &cases.settings.deadlines);
    let level = if earlier.is_some() { SUPERVISION } else { super::NOTICE };
    // Papers are printed and lie about: what is confidential is named by its number alone.
    let title = if file.confidential {
        String::new()
    } else {
        let original = text::read(db, &cases.store.keys, file.original_text).await?;
        original.map_or_else(String::new, |read| text::split(&read.text).0.to_string())
    };
    let length = |count: i32, unit: &str| format!("{count}{}", Unit::parse(unit).unwrap_or(Unit::Days).zh());
    let reply = deadlines.get("U1").map_or_else(String::new, |rule| length(rule.length, rule.unit.word()));
    let (issuer, copy) = match level {
        SUPERVISION => (&settings.supervision_by, &settings.notice_by),
        _ => (&settings.notice_by, &settings.supervision_by),
    };
    Ok(Content {
        level,
        issuer: issuer.clone(),
        to: file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string()).unwrap_or_default(),
        copy: copy.clone(),
        case_number: file.number(),
        title,
        track: file.track().zh().to_string(),
        forwarded: file.forwarded_at.map(|at| day(local(at))).unwrap_or_default(),
        limit: deadlines.get(&clock.code).map_or(clock.code.clone(), |rule| rule.name.to_string()),
        length: length(clock.length, &clock.unit),
        due: day(clock.told_on.map_or(clock.due_on, |told| told.max(clock.due_on))),
        earlier: earlier.map(|one| (one.number.clone(), one.signed.clone(), one.reply_by.clone())),
        drafted: day(local(now)),
        done: clock.met_at.map(|at| day(local(at))),
        reply_length: reply,
        points: if level == SUPERVISION { settings.supervision_points } else { settings.notice_points },
        number: String::new(),
        signer: String::new(),
        signed: String::new(),
        reply_by: String::new(),
    })
}

impl Content {
    pub fn name(&self) -> &'static str {
        name(self.level)
    }

    /// `CG-2026-0001`, or what a draft has in its place.
    pub fn numbered(&self) -> &str {
        if self.number.is_empty() { "（签发时编号）" } else { &self.number }
    }

    /// The paragraphs between the address and the signature.
    pub fn paragraphs(&self) -> Vec<String> {
        let title = if self.title.is_empty() {
            "（保密件）".to_string()
        } else {
            format!("《{}》", self.title)
        };
        let case = format!("第 {} 号{}诉求{title}", self.case_number, self.track);
        let reply = match self.reply_by.as_str() {
            "" => format!("请于收到后{}内", self.reply_length),
            by => format!("请于{by}前（{}内）", self.reply_length),
        };
        match &self.earlier {
            None => {
                let late = match &self.done {
                    Some(done) => format!("你单位于{done}才办理，已经超期。"),
                    None => format!("截至{}，你单位仍未办理。", self.drafted),
                };
                vec![
                    format!(
                        "{case}，已于{}转你单位办理，“{}”的期限为{}，应于{}前完成。{late}",
                        self.forwarded, self.limit, self.length, self.due
                    ),
                    "现将有关情况抄告你单位。请抓紧办理，及时向群众作出答复。".to_string(),
                    format!(
                        "{reply}答复本单，说明超期原因、办理情况和下一步措施。逾期既未办结也未答复的，将予以督办。"
                    ),
                ]
            }
            Some((number, signed, by)) => {
                let late = match &self.done {
                    Some(done) => format!("你单位于{done}才作出答复，已经超期"),
                    None => "你单位至今既未办结，也未答复".to_string(),
                };
                vec![
                    format!(
                        "{case}，已于{}转你单位办理。因逾期未办，{}以 {number} 号舆情抄告单抄告你单位，要求于{by}前答复。{late}。",
                        self.forwarded, signed
                    ),
                    "经研究，决定对该件予以督办。请你单位主要负责人亲自过问，立即组织办理，依法依规向群众作出答复。"
                        .to_string(),
                    format!(
                        "{reply}书面报告办理结果和超期原因。本通知书计入年度考核，计 {} 分；仍未办结、答复的，提请市领导包案。",
                        self.points
                    ),
                ]
            }
        }
    }

    /// As it is sealed and digested.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// The content of a paper, and the text that its digest is of.
pub fn open(keys: &Keys, paper: &case_paper::Model) -> Result<(Content, String), ContentError> {
    let json = keys.open(PLACE, &paper.content_sealed)?;
    Ok((serde_json::from_str(&json)?, json))
}

#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the content of a paper cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}
