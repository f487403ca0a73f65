//! Why an act is refused, in the words of the error table.

use super::TEXT;
use crate::base::error::Coded;
use crate::cases::model::State;

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not theirs to know about.
    #[error("no such case")]
    NotFound,
    #[error("this part may not do that")]
    Forbidden,
    #[error("not from this state")]
    State(State),
    #[error("the case has gone on")]
    Stale,
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("text is too long")]
    TooLong,
    #[error("no such unit")]
    NoUnit,
    #[error("the accused unit may not handle it")]
    Accused,
    #[error("the officer is concerned")]
    Concerned,
    #[error("its time is over")]
    Late,
    #[error("only once")]
    Once,
    #[error("too early")]
    Early,
    #[error("these two may not become one")]
    NoMerge,
    #[error("confidential cases are not made public")]
    Confidential,
    #[error("whoever it is about rates themselves")]
    OwnRating,
    /// Signed, discarded or answered before, or another one came after it.
    #[error("the paper has gone on")]
    Paper,
}

impl Coded for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound => "case_not_found",
            Refusal::Forbidden => "case_forbidden",
            Refusal::State(_) => "case_state",
            Refusal::Stale => "case_stale",
            Refusal::Missing(_) => "case_missing",
            Refusal::TooLong => "case_too_long",
            Refusal::NoUnit => "case_no_unit",
            Refusal::Accused => "case_accused",
            Refusal::Concerned => "case_concerned",
            Refusal::Late => "case_late",
            Refusal::Once => "case_once",
            Refusal::Early => "case_early",
            Refusal::NoMerge => "case_no_merge",
            Refusal::Confidential => "case_confidential",
            Refusal::OwnRating => "case_own_rating",
            Refusal::Paper => "case_paper",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Refusal::Missing(field) => Some(field),
            Refusal::TooLong => Some("text"),
            Refusal::NoUnit | Refusal::Accused => Some("unit"),
            Refusal::NoMerge => Some("target"),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Refusal::State(state) => vec![("state", state.zh().to_string())],
            Refusal::Missing(field) => vec![("what", missing(field).to_string())],
            Refusal::TooLong => vec![("limit", TEXT.to_string())],
            _ => Vec::new(),
        }
    }
}

fn missing(field: &str) -> &'static str {
    match field {
        "unit" => "承办单位",
        "category" => "问题类别（请从列表里选择）",
        "reason" => "不予受理的理由",
        "target" => "并入的编号",
        "scores" => "对转办和承办单位的评价",
        "days" => "延长的天数（1 至 30 天）",
        "call" => "回访结果（联系上了的，还要写明对转办、承办是否满意）",
        "paper" => "抄告单或督办通知书（请在「抄告督办」里办理）",
        "signed_by" => "签发人姓名",
        "public_title" => "公开的标题",
        "public_body" => "公开的正文",
        _ => "说明文字",
    }
}
