//! Cases as a table that people and old systems can write: one line a case, the same columns in and out.

use serde::{Deserialize, Serialize};

/// One line. Times are `2014-09-13 08:30` on a Chinese clock; what is empty has not happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    #[serde(rename = "编号")]
    pub number: String,
    #[serde(rename = "提交时间")]
    pub created: String,
    #[serde(rename = "性质")]
    pub kind: String,
    /// Code or name.
    #[serde(rename = "类别")]
    pub category: String,
    #[serde(rename = "标题")]
    pub title: String,
    #[serde(rename = "内容")]
    pub body: String,
    #[serde(rename = "地点")]
    pub place: String,
    #[serde(rename = "联系方式")]
    pub contact: String,
    /// Code or name.
    #[serde(rename = "承办单位")]
    pub unit: String,
    #[serde(rename = "转办时间")]
    pub forwarded: String,
    #[serde(rename = "首次回复时间")]
    pub replied: String,
    #[serde(rename = "首次回复")]
    pub reply: String,
    #[serde(rename = "答复时间")]
    pub answered: String,
    #[serde(rename = "答复")]
    pub answer: String,
    #[serde(rename = "签发人")]
    pub signed_by: String,
    #[serde(rename = "评价时间")]
    pub rated: String,
    #[serde(rename = "转办评分")]
    pub office_score: String,
    #[serde(rename = "承办评分")]
    pub unit_score: String,
    /// `是` or nothing.
    #[serde(rename = "公开")]
    pub public: String,
    /// Where it stands; told, never read.
    #[serde(rename = "状态")]
    pub state: String,
}
