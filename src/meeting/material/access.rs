//! Who may see a material, and when. `decide` is pure; everything that serves a material asks it anew, so that a
//! change or a withdrawal holds from the next request on.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use uuid::Uuid;

use super::model::{Visibility, material, material_version};
use super::version_of;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::meeting::model::{Role, State, attendance, meeting};
use crate::meeting::phase::Phase;
use crate::meeting::roster;

/// Where a person stands in a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the roster has them as; `None` when they are not on it.
    pub role: Option<Role>,
    pub signed_in: bool,
}

/// What is wanted of a material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    View,
    Download,
}

#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// There is none, or this person may not know that there is.
    #[error("no such material for this person")]
    Unknown,
    #[error("the material was withdrawn")]
    Withdrawn,
    #[error("only after signing in")]
    SignInFirst,
    #[error("only after the meeting")]
    TooEarly,
    #[error("this may not be viewed")]
    NoView,
    #[error("this may not be downloaded")]
    NoDownload,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for Denied {
    fn code(&self) -> &'static str {
        match self {
            Denied::Unknown => "material_not_found",
            Denied::Withdrawn => "material_withdrawn",
            Denied::SignInFirst => "material_sign_in",
            Denied::TooEarly => "material_later",
            Denied::NoView => "material_no_view",
            Denied::NoDownload => "material_no_download",
            Denied::Database(_) => "unavailable",
        }
    }
}

/// Whether somebody who stands so may open `material` of `meeting` at `now`.
pub fn decide(
    material: &material::Model,
    meeting: &meeting::Model,
    standing: Standing,
    now: Instant,
) -> Result<(), Denied> {
    let invited = standing.role.is_some() || standing.signed_in;
    let roles = material.roles();
    let has_role = roles.is_empty() || standing.role.is_some_and(|role| roles.contains(&role));
    if meeting.state() == State::Cancelled || (invited && !has_role) {
        return Err(Denied::Unknown);
    }
    if !invited {
        // A stranger learns of nothing that is not for whoever signs in.
        return Err(if roles.is_empty() { Denied::SignInFirst } else { Denied::Unknown });
    }
    if material.withdrawn_at.is_some() {
        return Err(Denied::Withdrawn);
    }
    match material.visibility() {
        Visibility::Before => Ok(()),
        Visibility::SignedIn if standing.signed_in => Ok(()),
        Visibility::SignedIn => Err(Denied::SignInFirst),
        Visibility::After if Phase::of(meeting, now) == Phase::Over => Ok(()),
        Visibility::After => Err(Denied::TooEarly),
    }
}

/// The same with the right to view or to download.
pub fn decide_to(
    want: Want,
    material: &material::Model,
    meeting: &meeting::Model,
    standing: Standing,
    now: Instant,
) -> Result<(), Denied> {
    decide(material, meeting, standing, now)?;
    match want {
        Want::View if !material.may_view => Err(Denied::NoView),
        Want::Download if !material.may_download => Err(Denied::NoDownload),
        _ => Ok(()),
    }
}

/// Where `person` stands in `meeting` now.
pub async fn standing(db: &impl ConnectionTrait, meeting: Uuid, person: Uuid) -> Result<Standing, DbErr> {
    let entry = roster::entry_of(db, meeting, person).await?;
    let row = attendance::Entity::find_by_id((meeting, person)).one(db).await?;
    Ok(Standing {
        role: entry.map(|entry| Role::parse(&entry.role).unwrap_or(Role::Attendee)),
        signed_in: row.is_some_and(|row| row.is_in()),
    })
}

/// A material that a person may have now.
pub struct Opened {
    pub material: material::Model,
    pub version: material_version::Model,
}

/// `id` of `meeting` for `person`, by all that holds now.
pub async fn open(
    base: &Base,
    meeting: &meeting::Model,
    id: Uuid,
    person: Uuid,
    want: Want,
) -> Result<Opened, Denied> {
    let db = base.db.read();
    let material = material::Entity::find_by_id(id)
        .one(db)
        .await?
        .filter(|material| material.meeting_id == meeting.id)
        .ok_or(Denied::Unknown)?;
    let standing = standing(db, meeting.id, person).await?;
    decide_to(want, &material, meeting, standing, base.clock.now())?;
    let version = version_of(db, &material).await?.ok_or(Denied::Unknown)?;
    Ok(Opened { material, version })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::meeting::testing::a_meeting;

    const IN: Standing = Standing { role: Some(Role::Attendee), signed_in: true };
    const INVITED: Standing = Standing { role: Some(Role::Attendee), signed_in: false };
    const UNPLANNED: Standing = Standing { role: None, signed_in: true };
    const STRANGER: Standing = Standing { role: None, signed_in: false };

    fn a_material(visibility: Visibility, roles: &[Role]) -> material::Model {
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        material::Model {
            id: Uuid::nil(),
            meeting_id: Uuid::nil(),
            agenda_item_id: None,
            rank: 0,
            name: "报告".to_string(),
            visibility: visibility.word().to_string(),
            roles: crate::meeting::material::model::roles_text(roles),
            may_view: true,
            may_download: true,
            internal: false,
            version: 1,
            created_at: at,
            updated_at: at,
            withdrawn_at: None,
        }
    }

    fn told(material: &material::Model, standing: Standing, minute: i64) -> &'static str {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        match decide(material, &a_meeting(start), standing, start + TimeDelta::minutes(minute)) {
            Ok(()) => "open",
            Err(denied) => denied.code(),
        }
    }

    #[test]
    fn who_is_on_the_roster_reads_before_and_others_after_signing_in() {
        let before = a_material(Visibility::Before, &[]);
        let expected = [(IN, "open"), (INVITED, "open"), (UNPLANNED, "open"), (STRANGER, "material_sign_in")];
        for (standing, code) in expected {
            assert_eq!(told(&before, standing, -600), code, "{standing:?}");
        }
        let signed_in = a_material(Visibility::SignedIn, &[]);
        let expected = [
            (IN, "open"),
            (INVITED, "material_sign_in"),
            (UNPLANNED, "open"),
            (STRANGER, "material_sign_in"),
        ];
        for (standing, code) in expected {
            assert_eq!(told(&signed_in, standing, 10), code, "{standing:?}");
        }
    }

    #[test]
    fn what_is_for_afterwards_opens_when_the_meeting_is_over() {
        let after = a_material(Visibility::After, &[]);
        assert_eq!(told(&after, IN, 119), "material_later");
        assert_eq!(told(&after, IN, 121), "open");
        assert_eq!(told(&after, STRANGER, 121), "material_sign_in");
    }

    #[test]
    fn another_role_does_not_learn_that_there_is_something() {
        let members = a_material(Visibility::Before, &[Role::Attendee]);
        assert_eq!(told(&members, INVITED, 0), "open");
        let observer = Standing { role: Some(Role::Observer), signed_in: true };
        for standing in [observer, UNPLANNED, STRANGER] {
            assert_eq!(told(&members, standing, 0), "material_not_found", "{standing:?}");
        }
    }

    #[test]
    fn nothing_is_left_of_what_was_withdrawn_or_of_a_cancelled_meeting() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut material = a_material(Visibility::Before, &[]);
        let mut meeting = a_meeting(start);
        meeting.state = State::Cancelled.word().to_string();
        assert!(matches!(decide(&material, &meeting, IN, start), Err(Denied::Unknown)));
        material.withdrawn_at = Some(start);
        assert_eq!(told(&material, IN, 0), "material_withdrawn");
    }

    #[test]
    fn viewing_and_downloading_are_separate_rights() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut material = a_material(Visibility::Before, &[]);
        material.may_download = false;
        let to = |want, material: &material::Model| decide_to(want, material, &a_meeting(start), IN, start);
        assert!(to(Want::View, &material).is_ok());
        assert!(matches!(to(Want::Download, &material), Err(Denied::NoDownload)));
        (material.may_download, material.may_view) = (true, false);
        assert!(matches!(to(Want::View, &material), Err(Denied::NoView)));
        assert!(to(Want::Download, &material).is_ok());
    }
}
