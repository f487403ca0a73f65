//! What is done every hour: removing what has ended, and comparing what is derived with its log.

use std::time::Duration;

use crate::ballot::poll;
use crate::base::Base;
use crate::cases::Cases;
use crate::document::Documents;
use crate::meeting::reminder;
use crate::notify::phone;
use crate::people::retention::Forgotten;
use crate::{ballot, cases, meeting, movecar, notify, people};

const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Forgets personal data that nobody needs any more, where the operator set a time for it.
pub async fn forget(base: &Base) -> Result<Forgotten, sea_orm::DbErr> {
    let Some(days) = base.config.retention_days else { return Ok(Forgotten::default()) };
    let before = base.clock.now() - chrono::TimeDelta::days(days.into());
    meeting::retention::forget(base, before).await?;
    notify::retention::forget(base, before).await?;
    let persons = [
        meeting::retention::PERSONS.as_slice(),
        &ballot::retention::PERSONS,
        &poll::retention::PERSONS,
        &notify::retention::PERSONS,
    ]
    .concat();
    let of_cases = match base.config.cases_database_url {
        Some(_) => cases::retention::FOLLOWERS_ELSEWHERE.as_slice(),
        None => &cases::retention::FOLLOWERS,
    };
    let followers = [
        meeting::retention::FOLLOWERS.as_slice(),
        &notify::retention::FOLLOWERS,
        &movecar::retention::FOLLOWERS,
        of_cases,
    ]
    .concat();
    people::retention::forget(base, before, &persons, &followers).await
}

/// Removes what has ended and compares what is derived with its log, every hour; once is enough among all replicas.
pub async fn run(base: Base, documents: Documents, cases: Cases) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = base.stopping.cancelled() => return,
            _ = every.tick() => {}
        }
        // Of this machine, so every replica looks for itself.
        match documents.resume().await {
            Ok(0) => {}
            Ok(resumed) => tracing::info!(resumed, "converters are there now: documents get their previews"),
            Err(error) => tracing::warn!(%error, "waiting documents could not be resumed"),
        }
        if !base.cache.set_if_absent("sweep", "1", SWEEP_EVERY / 2).await {
            continue;
        }
        match people::session::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "ended sessions removed"),
            Err(error) => tracing::warn!(%error, "ended sessions could not be removed"),
        }
        match forget(&base).await {
            Ok(forgotten) => tracing::debug!(?forgotten, "personal data whose time is over removed"),
            Err(error) => tracing::warn!(%error, "personal data whose time is over could not be removed"),
        }
        match notify::retention::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "old pushes forgotten"),
            Err(error) => tracing::warn!(%error, "old pushes could not be forgotten"),
        }
        match phone::retention::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "old messages and receipts forgotten"),
            Err(error) => tracing::warn!(%error, "old messages and receipts could not be forgotten"),
        }
        match movecar::retention::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "old pictures of blocked cars removed"),
            Err(error) => tracing::warn!(%error, "old pictures of blocked cars could not be removed"),
        }
        match movecar::count::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "allowances of past days removed"),
            Err(error) => tracing::warn!(%error, "allowances of past days could not be removed"),
        }
        if let Err(error) = cases::keeper::plan(&cases).await {
            tracing::warn!(%error, "the keeper of petitions could not be planned");
        }
        match cases::webhook::hooks::sweep(&cases).await {
            Ok(gone) => tracing::debug!(gone, "old messages to other systems removed"),
            Err(error) => tracing::warn!(%error, "old messages to other systems could not be removed"),
        }
        match reminder::schedule::plan_coming(&base).await {
            Ok(coming) => tracing::debug!(coming, "reminders of coming meetings planned"),
            Err(error) => tracing::warn!(%error, "reminders of coming meetings could not be planned"),
        }
        match people::receipt::sweep(&base).await {
            Ok(gone) => tracing::debug!(gone, "old receipts removed"),
            Err(error) => tracing::warn!(%error, "old receipts could not be removed"),
        }
        match meeting::verify::verify_recent(&base).await {
            Ok(verdict) if verdict.differences.is_empty() => {}
            Ok(verdict) => {
                tracing::error!(differences = ?verdict.differences, "attendance and its log differ")
            }
            Err(error) => tracing::warn!(%error, "attendance could not be compared with its log"),
        }
        match ballot::verify::verify_recent(&base).await {
            Ok(verdict) if verdict.differences.is_empty() => {}
            Ok(verdict) => tracing::error!(differences = ?verdict.differences, "votes and results differ"),
            Err(error) => tracing::warn!(%error, "votes could not be counted again"),
        }
        match poll::verify::verify_recent(&base).await {
            Ok(verdict) if verdict.differences.is_empty() => {}
            Ok(verdict) => tracing::error!(differences = ?verdict.differences, "polls and answers differ"),
            Err(error) => tracing::warn!(%error, "polls could not be counted again"),
        }
    }
}
