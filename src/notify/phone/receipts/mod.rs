//! What providers tell afterwards: stored as it comes, in any order and any number of times, and matched by a job.
//!
//! Receipts carry no signature (but those of the generic provider). So their address cannot be guessed, it may be bound
//! to the provider's own addresses, only what names a message of ours has an effect, and the number in it has none.

mod aliyun;
mod http;
mod settle;
mod source;
mod tencent;

use std::net::IpAddr;

use chrono::NaiveDateTime;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::model::{Kind, receipt};
use super::{Phones, TEXT_PLACE};
use crate::base::clock::{Instant, from_shanghai};
use crate::base::privacy::{KeyError, Keys, same};
use crate::people::phone::Phone;

pub(super) use settle::SettleJob;

/// What one post may hold; the largest that providers send is a hundred reports.
pub const MAX_BODY: usize = 256 * 1024;
const MAX_ITEMS: usize = 1000;
/// Receipts that may wait for their message at a time.
const MAX_PARKED: u64 = 20_000;
/// Letters of the answer by short message that are kept.
const MAX_TEXT: usize = 500;

/// One thing that a provider told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub provider_id: String,
    pub kind: Kind,
    /// The key that was pressed.
    pub mark: Option<char>,
    /// Our number of the message, where the provider gives it back.
    pub reference: Option<String>,
    pub code: Option<String>,
    pub seconds: Option<i64>,
    /// Who wrote: of a reply only.
    pub number: Option<Phone>,
    pub text: Option<String>,
    pub at: Option<Instant>,
}

impl Told {
    fn new(provider_id: &str, kind: Kind) -> Told {
        Told {
            provider_id: provider_id.to_string(),
            kind,
            mark: None,
            reference: None,
            code: None,
            seconds: None,
            number: None,
            text: None,
            at: None,
        }
    }
}

/// The body is in none of the provider's forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The headers by which the generic provider signs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signature<'a> {
    pub timestamp: &'a str,
    pub nonce: &'a str,
    pub signature: &'a str,
}

/// Why a receipt was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Wrong address, wrong sender, wrong signature: nothing is there.
    #[error("no such address")]
    Unknown,
    #[error("a body in none of the provider's forms")]
    Malformed,
    /// It should be sent again.
    #[error("too many receipts wait")]
    Full,
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Where `provider` posts its receipts. The last part depends on the master key and on nothing that anybody can see.
pub fn path(keys: &Keys, provider: &str) -> String {
    format!("/hooks/phone/{provider}/{}", keys.blind("phone receipts", provider))
}

impl Phones {
    /// Stores what `provider` posted to `secret` and lets a job work on it; returns the answer that the provider
    /// wants. Storing it again changes nothing.
    pub async fn receive(
        &self,
        provider: &str,
        secret: &str,
        from: Option<IpAddr>,
        signed: Signature<'_>,
        body: &[u8],
    ) -> Result<String, ReceiptError> {
        let known = self.base.keys.blinds("phone receipts", provider);
        if !known.iter().any(|own| same(own.as_bytes(), secret.as_bytes())) {
            return Err(ReceiptError::Unknown);
        }
        let settings = &self.settings;
        let empty = Vec::new();
        let mut listening = Vec::new();
        let (sources, parsed, answer) = match provider {
            "aliyun" => {
                let sources = settings.aliyun.as_ref().map(|account| &account.sources);
                (sources, aliyun::parse(body), r#"{"code":0,"msg":"成功"}"#)
            }
            "tencent" => {
                let sources = settings.tencent.as_ref().map(|account| &account.sources);
                (sources, tencent::parse(body), r#"{"result":0,"errmsg":"OK"}"#)
            }
            "http" => {
                let Some(account) = &settings.http else { return Err(ReceiptError::Unknown) };
                if !http::verifies(account, signed, body, self.base.clock.unix()) {
                    return Err(ReceiptError::Unknown);
                }
                let parsed = http::parse(body).map(|(told, calls)| {
                    listening = calls;
                    told
                });
                (Some(&account.sources), parsed, "")
            }
            _ => return Err(ReceiptError::Unknown),
        };
        if !source::allowed(sources.unwrap_or(&empty), from) {
            tracing::warn!(provider, "a receipt from an address that is not on the provider's list");
            return Err(ReceiptError::Unknown);
        }
        let told = parsed.map_err(|Malformed| ReceiptError::Malformed)?;
        if told.len() + listening.len() > MAX_ITEMS {
            return Err(ReceiptError::Malformed);
        }
        if !told.is_empty() {
            self.park(provider, told).await?;
        }
        match answer {
            "" => Ok(self.answer_gateway(listening).await?),
            answer => Ok(answer.to_string()),
        }
    }

    async fn park(&self, provider: &str, told: Vec<Told>) -> Result<(), ReceiptError> {
        let now = self.base.clock.now();
        let open = receipt::Entity::find().filter(receipt::Column::DoneAt.is_null());
        if open.count(self.base.db.read()).await? > MAX_PARKED {
            return Err(ReceiptError::Full);
        }
        let tx = self.base.db.write().await?;
        let mut fresh = Vec::new();
        for one in told {
            let text = one.text.as_ref().map(|text| text.chars().take(MAX_TEXT).collect::<String>());
            let id = Uuid::now_v7();
            let row = receipt::ActiveModel {
                id: Set(id),
                provider: Set(provider.to_string()),
                provider_id: Set(one.provider_id),
                kind: Set(one.kind.word().to_string()),
                mark: Set(one.mark.map(String::from).unwrap_or_default()),
                reference: Set(one.reference),
                detail: Set(one.code),
                seconds: Set(one.seconds),
                number_hash: Set(one.number.map(|number| number.hash(&self.base.keys))),
                text_sealed: Set(text.map(|text| self.base.keys.seal(TEXT_PLACE, &text)).transpose()?),
                told_at: Set(one.at),
                message_id: Set(None),
                received_at: Set(now),
                done_at: Set(None),
            };
            let unless_known = OnConflict::new().do_nothing().to_owned();
            if receipt::Entity::insert(row).on_conflict(unless_known).exec_without_returning(&tx).await? > 0 {
                fresh.push(id);
            }
        }
        if !fresh.is_empty() {
            settle::enqueue(&self.base, &tx, fresh, 0, now).await?;
        }
        tx.commit().await?;
        crate::jobs::wake(&self.base).await;
        Ok(())
    }
}

/// `2026-11-22 12:00:00` on a Chinese clock, as providers write it.
fn beijing(text: &str) -> Option<Instant> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(from_shanghai)
}

/// A number, or digits in quotes.
fn number(value: &serde_json::Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text that is there, is not empty, and is no longer than what we keep of it.
fn text<'v>(value: &'v serde_json::Value, name: &str) -> Option<&'v str> {
    const LONGEST: usize = 200;
    value[name].as_str().filter(|text| !text.is_empty() && text.len() <= LONGEST)
}
