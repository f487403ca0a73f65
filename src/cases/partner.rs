//! Other systems at the case database. Each is an account of ours with a key that does not end by itself; what it may
//! do as an office stands in `case_office` like everybody's, and what it filed for people is its own to follow.

use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Cases;
use super::access::Officer;
use super::act::Act;
use super::decide::Actor;
use super::model::{Part, case_event, case_file, case_partner};
use super::view::Reader;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::{digest, random_token};
use crate::base::words::words;
use crate::people::{audit, staff};

words! {
    /// The channel that a system speaks for, as `case_file.source` names it.
    Channel {
        Web = "web", "网站";
        App = "app", "手机客户端";
        Weibo = "weibo", "微博";
        Hotline = "hotline", "热线";
        Open311 = "open311", "开放接口";
    }
}

/// Who asks over an interface: an account with its offices, and as a system, if it is one.
#[derive(Clone, Debug)]
pub struct Caller {
    pub officer: Officer,
    pub partner: Option<case_partner::Model>,
}

impl Caller {
    pub async fn find(cases: &Cases, staff: Uuid, username: &str, name: &str) -> Result<Caller, DbErr> {
        let officer = Officer::find(cases, staff, username, name).await?;
        let partner = case_partner::Entity::find_by_id(staff).one(cases.store.db.read()).await?;
        Ok(Caller { officer, partner })
    }

    /// The system with this key, while its account is in use.
    pub async fn of_key(cases: &Cases, key: &str) -> Result<Option<Caller>, DbErr> {
        let found = case_partner::Entity::find()
            .filter(case_partner::Column::KeyHash.eq(digest(key.trim().as_bytes())))
            .one(cases.store.db.read())
            .await?;
        let Some(partner) = found else { return Ok(None) };
        Caller::of_account(cases, partner.staff_id).await
    }

    /// The account as it is now; `None` where it was stopped.
    pub async fn of_account(cases: &Cases, staff: Uuid) -> Result<Option<Caller>, DbErr> {
        match staff::find(&cases.base, staff).await?.filter(|account| account.disabled_at.is_none()) {
            Some(account) => Caller::find(cases, staff, &account.username, &account.name).await.map(Some),
            None => Ok(None),
        }
    }

    /// As the log names the system.
    pub fn client(&self) -> String {
        format!("client:{}", self.officer.username)
    }

    /// Who files a case.
    pub fn files_as(&self) -> Option<Actor> {
        let part = match &self.partner {
            Some(_) => Part::Citizen,
            None if self.officer.has(Part::Moderator) => Part::Moderator,
            None => return None,
        };
        let who = if self.partner.is_some() { self.client() } else { self.officer.who() };
        Some(Actor { who, name: String::new(), part, unit: String::new() })
    }

    /// The channel of what it files.
    pub fn source(&self) -> &'static str {
        let channel = self.partner.as_ref().and_then(|partner| Channel::parse(&partner.source));
        channel.map_or("counter", Channel::word)
    }

    /// Names and phones of people are taken from it.
    pub fn trusted(&self) -> bool {
        self.partner.as_ref().is_none_or(|partner| partner.trusted)
    }

    /// What its offices may know of with all that offices read. Journalists read what everybody reads.
    fn office(&self, cases: &Cases) -> Condition {
        let mut officer = self.officer.clone();
        officer.seats.retain(|seat| seat.part != Part::Journalist);
        officer.scope(&cases.units)
    }

    /// What it filed itself.
    fn own(&self) -> Condition {
        let filed = Query::select()
            .column(case_event::Column::CaseId)
            .from(case_event::Entity)
            .and_where(case_event::Column::Version.eq(1))
            .and_where(case_event::Column::Actor.eq(self.client()))
            .take();
        Condition::all().add(case_file::Column::Id.in_subquery(filed))
    }

    /// The cases that it reads as `reader`.
    pub fn scope(&self, cases: &Cases, reader: Reader) -> Condition {
        match reader {
            Reader::Office => self.office(cases),
            Reader::Author => self.own(),
            Reader::Public => Condition::all().add(case_file::Column::PublishedAt.is_not_null()),
        }
    }

    /// All that it may know of.
    pub fn whole_scope(&self, cases: &Cases) -> Condition {
        [Reader::Office, Reader::Author, Reader::Public]
            .into_iter()
            .fold(Condition::any(), |any, reader| any.add(self.scope(cases, reader)))
    }

    /// The case of this number with the most that the caller may read of it.
    pub async fn case(
        &self,
        cases: &Cases,
        public_no: i64,
    ) -> Result<Option<(case_file::Model, Reader)>, DbErr> {
        for reader in [Reader::Office, Reader::Author, Reader::Public] {
            let found = case_file::Entity::find()
                .filter(case_file::Column::PublicNo.eq(public_no))
                .filter(self.scope(cases, reader))
                .one(cases.store.db.read())
                .await?;
            if let Some(file) = found {
                return Ok(Some((file, reader)));
            }
        }
        Ok(None)
    }

    /// In which part the caller would do `act` with a case that it found as `reader`: an office, or the person for
    /// whom the system filed it.
    pub fn acts_for(&self, file: &case_file::Model, reader: Reader, act: Act) -> Option<Actor> {
        let own = reader == Reader::Author && act.row().parts.contains(&Part::Citizen);
        let person =
            Actor { who: self.client(), name: String::new(), part: Part::Citizen, unit: String::new() };
        if own { Some(person) } else { self.officer.actor(file, act) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    #[error("no such account")]
    NoAccount,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for PartnerError {
    fn code(&self) -> &'static str {
        match self {
            PartnerError::NoAccount => "case_no_partner",
            PartnerError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, PartnerError::NoAccount).then_some("username")
    }
}

/// Makes the account `username` a system, or gives it a new key; the key, shown here alone.
pub async fn admit(
    cases: &Cases,
    username: &str,
    channel: Channel,
    trusted: bool,
    by: &str,
) -> Result<String, PartnerError> {
    let account = staff::list(&cases.base).await?.into_iter().find(|account| account.username == username);
    let account = account.ok_or(PartnerError::NoAccount)?;
    let key = random_token();
    let row = case_partner::Model {
        staff_id: account.id,
        username: account.username,
        source: channel.word().to_string(),
        trusted,
        key_hash: digest(key.as_bytes()),
        given_by: by.to_string(),
        at: cases.store.clock.now(),
    };
    use case_partner::Column;
    let renew = OnConflict::column(Column::StaffId)
        .update_columns([Column::Username, Column::Source, Column::Trusted, Column::KeyHash, Column::GivenBy])
        .update_column(Column::At)
        .to_owned();
    let tx = cases.store.db.write().await?;
    case_partner::Entity::insert(whole::<case_partner::ActiveModel>(row))
        .on_conflict(renew)
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await?;
    audit::note(&cases.base, by, "case.partner", &account.id.to_string(), channel.word()).await?;
    Ok(key)
}

/// Takes the key of a system away.
pub async fn dismiss(cases: &Cases, username: &str, by: &str) -> Result<(), PartnerError> {
    let tx = cases.store.db.write().await?;
    let gone = case_partner::Entity::delete_many()
        .filter(case_partner::Column::Username.eq(username))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    if gone.rows_affected == 0 {
        return Err(PartnerError::NoAccount);
    }
    Ok(audit::note(&cases.base, by, "case.unpartner", username, "").await?)
}

/// All systems.
pub async fn list(cases: &Cases) -> Result<Vec<case_partner::Model>, DbErr> {
    case_partner::Entity::find().order_by_asc(case_partner::Column::Username).all(cases.store.db.read()).await
}
