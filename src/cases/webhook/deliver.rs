//! How messages get to their targets. The log is the queue: a target remembers how far in the feed it is, so nothing is
//! lost when a process ends, and each target is served on its own, so that a slow one holds up nobody else.

use std::collections::HashSet;
use std::time::Duration;

use rand::RngExt;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::hooks::{self, HookError, OLD_SECRET_PLACE, SECRET_PLACE};
use super::{ID, SIGNATURE, TIMESTAMP, delivered, sign, wait};
use crate::base::clock::shanghai;
use crate::base::db::whole;
use crate::cases::feed::{self, Told};
use crate::cases::model::{Track, case_delivery, case_hook};
use crate::cases::partner::Caller;
use crate::cases::{CHANNEL, Cases};

/// A receiver that says nothing for so long has not got it.
const PATIENCE: Duration = Duration::from_secs(10);
/// One go for one target ends after the message in hand; then others of this process look again.
const GO: Duration = Duration::from_secs(20);
/// Longer than a go with its last message: no other replica begins before.
const LOCK: Duration = Duration::from_secs(45);
/// Messages looked at in one go.
const BATCH: u64 = 200;
/// How often targets are looked at without a sign that something happened: tries that wait come due.
const LOOK: Duration = Duration::from_secs(2);

/// What sends. Connects to allowed addresses only, whatever a name says.
pub fn client(cases: &Cases) -> Result<reqwest::Client, reqwest::Error> {
    let guarded = cases.settings.webhooks.clone().guard(reqwest::Client::builder());
    guarded.timeout(PATIENCE).connect_timeout(PATIENCE / 2).user_agent("yishiting").build()
}

/// Serves all targets until the process stops.
pub async fn run(cases: Cases) {
    let client = match client(&cases) {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "messages to other systems cannot be sent"),
    };
    let mut messages = cases.base.cache.messages();
    let mut going: JoinSet<Uuid> = JoinSet::new();
    let mut busy: HashSet<Uuid> = HashSet::new();
    loop {
        match hooks::list(&cases).await {
            Ok(hooks) => {
                for hook in hooks.into_iter().filter(|hook| hook.active) {
                    if busy.insert(hook.id) {
                        let (cases, client) = (cases.clone(), client.clone());
                        going.spawn(async move { serve(&cases, &client, hook.id).await });
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "targets of messages cannot be read"),
        }
        let look = tokio::time::sleep(LOOK);
        tokio::pin!(look);
        loop {
            tokio::select! {
                () = cases.base.stopping.cancelled() => return,
                Some(ended) = going.join_next() => match ended {
                    Ok(id) => { busy.remove(&id); }
                    Err(error) => tracing::error!(%error, "a target's go broke off"),
                },
                () = &mut look => break,
                heard = messages.recv() => {
                    if heard.is_ok_and(|message| message.channel == CHANNEL) { break }
                }
            }
        }
    }
}

async fn serve(cases: &Cases, client: &reqwest::Client, id: Uuid) -> Uuid {
    if let Some(lock) = cases.store.cache.lock(&format!("cases.hook.{id}"), LOCK).await {
        if let Err(error) = step(cases, client, id).await {
            tracing::warn!(%error, hook = %id, "messages of a target could not be sent");
        }
        lock.release().await;
    }
    id
}

/// Makes the messages that are missing, and sends those that are due.
pub async fn step(cases: &Cases, client: &reqwest::Client, id: Uuid) -> Result<(), HookError> {
    let hook = hooks::find(cases, id).await?;
    plan(cases, &hook).await?;
    send_due(cases, client, &hook).await
}

/// One message for each event that the target's account may know of.
async fn plan(cases: &Cases, hook: &case_hook::Model) -> Result<(), DbErr> {
    let Some(caller) = Caller::of_account(cases, hook.staff_id).await? else { return Ok(()) };
    let types: Vec<&str> = hook.types.split(',').filter(|word| !word.is_empty()).collect();
    let mut after = hook.after;
    loop {
        let told = feed::told(cases, &caller, after, feed::PAGE).await?;
        let Some(last) = told.last().and_then(|told| told.event.seq) else { return Ok(()) };
        let wanted = |told: &&Told| types.is_empty() || types.contains(&told.event.kind.as_str());
        let rows: Vec<case_delivery::ActiveModel> =
            told.iter().filter(wanted).map(|told| whole(message(cases, hook.id, told))).collect();
        let tx = cases.store.db.write().await?;
        if !rows.is_empty() {
            // A place that has its message keeps it.
            case_delivery::Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&tx)
                .await?;
        }
        case_hook::Entity::update_many()
            .col_expr(case_hook::Column::After, Expr::value(last))
            .filter(case_hook::Column::Id.eq(hook.id))
            .filter(case_hook::Column::After.lt(last))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        after = last;
    }
}

/// No words of anybody, and of what is not public little more than that something happened: the receiver reads the
/// case with its own rights.
fn message(cases: &Cases, hook: Uuid, told: &Told) -> case_delivery::Model {
    let Told { event, file } = told;
    let (id, now, seq) = (Uuid::now_v7(), cases.store.clock.now(), event.seq.unwrap_or_default());
    let mut case = json!({
        "public_no": file.public_no,
        "state": event.to_state,
        "version": event.version,
    });
    if !file.confidential && file.track() != Track::Petition {
        case["category"] = file.category.clone().into();
        case["kind"] = file.kind.clone().into();
        case["lead_unit"] = file.lead_unit.clone().into();
    }
    let body = json!({
        "id": id,
        "seq": seq,
        "type": format!("case.{}", event.kind),
        "occurred_at": shanghai(event.at).to_rfc3339(),
        "case": case,
        "links": { "case": cases.base.config.link(&format!("/api/v1/cases/{}", file.public_no)) },
    });
    case_delivery::Model {
        id,
        hook_id: hook,
        seq,
        case_id: event.case_id,
        body: body.to_string(),
        state: "waiting".to_string(),
        tries: 0,
        next_at: now,
        outcome: String::new(),
        at: now,
        done_at: None,
    }
}

/// In the order of the feed; what waits of a case holds back what came after it in the same case, and nothing else.
async fn send_due(cases: &Cases, client: &reqwest::Client, hook: &case_hook::Model) -> Result<(), HookError> {
    let end = tokio::time::Instant::now() + GO;
    let waiting = case_delivery::Entity::find()
        .filter(case_delivery::Column::HookId.eq(hook.id))
        .filter(case_delivery::Column::State.eq("waiting"))
        .order_by_asc(case_delivery::Column::Seq)
        .limit(BATCH)
        .all(cases.store.db.read())
        .await?;
    let mut held: HashSet<Uuid> = HashSet::new();
    for row in waiting {
        if row.next_at > cases.store.clock.now() {
            held.insert(row.case_id);
        }
        if held.contains(&row.case_id) {
            continue;
        }
        if tokio::time::Instant::now() > end || cases.base.stopping.is_cancelled() {
            break;
        }
        let outcome = send(cases, client, hook, &row).await?;
        let (good, away) = (outcome.is_ok(), matches!(outcome, Err(Failed::Away(_))));
        write_down(cases, &row, outcome).await?;
        if !good {
            held.insert(row.case_id);
        }
        // Nobody answers there now: the others wait for the next go instead of a time-out each.
        if away {
            break;
        }
    }
    Ok(())
}

enum Failed {
    /// An answer, and not a good one.
    Answered(String),
    /// No connection, no answer.
    Away(String),
}

async fn send(
    cases: &Cases,
    client: &reqwest::Client,
    hook: &case_hook::Model,
    row: &case_delivery::Model,
) -> Result<Result<u16, Failed>, HookError> {
    // The list may have changed since the target was made.
    let target = match cases.settings.webhooks.check(&hook.url) {
        Ok(target) => target,
        Err(refused) => return Ok(Err(Failed::Answered(refused.to_string()))),
    };
    let (keys, now) = (&cases.store.keys, cases.store.clock.now());
    let secret = keys.open(SECRET_PLACE, &hook.secret_sealed)?;
    let old = match &hook.old_secret_sealed {
        Some(sealed) if hook.old_until.is_some_and(|until| now < until) => {
            Some(keys.open(OLD_SECRET_PLACE, sealed)?)
        }
        _ => None,
    };
    let secrets: Vec<&str> = std::iter::once(secret.as_str()).chain(old.as_deref()).collect();
    let (id, timestamp) = (row.id.to_string(), now.timestamp());
    let signature = sign(&secrets, &id, timestamp, row.body.as_bytes());
    let request = client
        .post(target.url().clone())
        .header("Content-Type", "application/json")
        .header(ID, &id)
        .header(TIMESTAMP, timestamp)
        .header(SIGNATURE, signature)
        .body(row.body.clone());
    Ok(match request.send().await {
        Ok(answer) if delivered(answer.status().as_u16()) => Ok(answer.status().as_u16()),
        Ok(answer) => Err(Failed::Answered(answer.status().as_u16().to_string())),
        Err(error) => Err(Failed::Away(error.without_url().to_string())),
    })
}

async fn write_down(
    cases: &Cases,
    row: &case_delivery::Model,
    outcome: Result<u16, Failed>,
) -> Result<(), DbErr> {
    let now = cases.store.clock.now();
    let tries = row.tries + 1;
    let (state, next_at, outcome) = match outcome {
        Ok(status) => ("delivered", row.next_at, status.to_string()),
        Err(Failed::Answered(why) | Failed::Away(why)) => {
            match wait(usize::try_from(tries).unwrap_or(usize::MAX), rand::rng().random()) {
                Some(pause) => ("waiting", now + pause, why),
                None => {
                    tracing::warn!(hook = %row.hook_id, seq = row.seq, why, "a message was parked");
                    ("parked", row.next_at, why)
                }
            }
        }
    };
    use case_delivery::Column;
    let tx = cases.store.db.write().await?;
    case_delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Tries, Expr::value(tries))
        .col_expr(Column::NextAt, Expr::value(next_at))
        .col_expr(Column::Outcome, Expr::value(outcome.chars().take(200).collect::<String>()))
        .col_expr(Column::DoneAt, Expr::value((state != "waiting").then_some(now)))
        .filter(Column::Id.eq(row.id))
        .exec(&tx)
        .await?;
    tx.commit().await
}
