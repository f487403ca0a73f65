//! The first time: a WeChat user says who they are, and is signed in. One form, once.

use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::checkin::{Attempt, CheckIn, Refusal, Who};
use super::model::{Policy, meeting};
use super::{Meetings, roster};
use crate::base::Base;
use crate::base::error::Coded;
use crate::people::person::{self, Described, PersonError};
use crate::people::phone::Phone;
use crate::people::{name, person as persons};

/// The form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    pub unit: String,
    pub name: String,
    pub phone: String,
}

/// What is wrong with a field, to be shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    pub field: &'static str,
    pub problem: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("the form has {} mistakes", .0.len())]
    Form(Vec<FieldError>),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Coded for EnrolError {
    fn code(&self) -> &'static str {
        match self {
            EnrolError::Form(_) => "invalid",
            EnrolError::Refused(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            EnrolError::Form(mistakes) => mistakes.first().map(|mistake| mistake.field),
            EnrolError::Refused(_) => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            EnrolError::Form(mistakes) => mistakes
                .first()
                .map(|mistake| {
                    let field = match mistake.field {
                        "unit" => "单位",
                        "name" => "姓名",
                        _ => "手机号",
                    };
                    vec![("field", field.to_string()), ("problem", mistake.problem.to_string())]
                })
                .unwrap_or_default(),
            EnrolError::Refused(refusal) => refusal.details(),
        }
    }
}

impl Form {
    /// The person described, or everything that is wrong, at once.
    pub fn parse(&self) -> Result<Described, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let unit = name::one_line(&self.unit);
        if unit.is_empty() {
            wrong.push(FieldError { field: "unit", problem: "请填写您的单位。" });
        } else if unit.chars().count() > name::LONGEST_UNIT {
            wrong.push(FieldError { field: "unit", problem: "单位最多 60 个字。" });
        }
        let name = name::clean(&self.name);
        if name.is_none() {
            let problem = if self.name.trim().is_empty() {
                "请填写您的姓名。"
            } else {
                "姓名最多 30 个字。"
            };
            wrong.push(FieldError { field: "name", problem });
        }
        let phone = Phone::parse(&self.phone);
        if phone.is_none() {
            let problem = if self.phone.trim().is_empty() {
                "请填写手机号。"
            } else {
                "请填写 11 位手机号码。"
            };
            wrong.push(FieldError { field: "phone", problem });
        }
        match (name, phone) {
            (Some(name), Some(phone)) if wrong.is_empty() => Ok(Described { name, unit, phone }),
            _ => Err(wrong),
        }
    }
}

/// Ties `follower` to the person the form describes and signs them in. Where only the roster may sign in, name and
/// phone must be those of a row; a mismatch reveals nothing of the row, and nothing is kept.
pub async fn enrol(
    meetings: &Meetings,
    meeting: &meeting::Model,
    follower: Uuid,
    form: &Form,
    attempt: Attempt,
) -> Result<CheckIn, EnrolError> {
    let described = form.parse().map_err(EnrolError::Form)?;
    let base = &meetings.base;
    if meeting.policy() == Policy::Roster
        && !on_roster(base, meeting.id, &described).await.map_err(Refusal::from)?
    {
        return Err(Refusal::IdentityMismatch.into());
    }
    let person = bind(base, follower, &described).await?;
    Ok(meetings.door.check_in(Attempt { who: Who::Person(person), ..attempt }).await?)
}

/// Ties `follower` to the person the form describes, who must be on the roster; nothing else happens to them.
pub async fn introduce(
    meetings: &Meetings,
    meeting: &meeting::Model,
    follower: Uuid,
    form: &Form,
) -> Result<Uuid, EnrolError> {
    let described = form.parse().map_err(EnrolError::Form)?;
    let base = &meetings.base;
    if !on_roster(base, meeting.id, &described).await.map_err(Refusal::from)? {
        return Err(Refusal::IdentityMismatch.into());
    }
    Ok(bind(base, follower, &described).await?)
}

async fn bind(base: &Base, follower: Uuid, described: &Described) -> Result<Uuid, Refusal> {
    let tx = base.db.write().await?;
    let person = persons::bind(base, &tx, follower, described).await.map_err(|error| match error {
        PersonError::BoundToOther => Refusal::BoundToOther,
        other => Refusal::RetryLater(other.to_string()),
    })?;
    tx.commit().await?;
    Ok(person)
}

/// Whether name and phone are those of a living row.
pub(super) async fn on_roster(base: &Base, meeting: Uuid, described: &Described) -> Result<bool, DbErr> {
    match person::find(base, base.db.read(), described).await? {
        Some(person) => Ok(roster::entry_of(base.db.read(), meeting, person.id).await?.is_some()),
        None => Ok(false),
    }
}
