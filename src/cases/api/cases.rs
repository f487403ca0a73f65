//! Cases: listed, read, filed and changed.

use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use uuid::Uuid;

use super::shape::{CaseJson, Filed, Items, NewCase, RowJson};
use crate::cases::act::Act;
use crate::cases::decide::{Command, Refusal};
use crate::cases::model::{State, case_file};
use crate::cases::partner::Caller;
use crate::cases::view::{self, Reader};
use crate::cases::write::{self, WriteError};
use crate::cases::{Cases, access, list as lists, photo as photos, submit};
use crate::people::audit;
use crate::web::{Call, Context, Done, Error, Sent, StaffUser};

/// Cases on a page.
const USUAL: u64 = 50;
const MOST: u64 = 500;

pub(super) async fn caller(cases: &Cases, user: &StaffUser) -> Result<Caller, Error> {
    Ok(Caller::find(cases, user.id, &user.username, &user.name).await?)
}

/// The case of this number, if the caller may know of it; an attempt of the accused is written down.
async fn found(cases: &Cases, caller: &Caller, number: i64) -> Result<(case_file::Model, Reader), Error> {
    match caller.case(cases, number).await? {
        Some(found) => Ok(found),
        None => {
            access::denied(cases, &caller.officer, number).await?;
            Err(Refusal::NotFound.into())
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// `office`, `own` or `public`.
    scope: Option<String>,
    state: Option<String>,
    unit: Option<String>,
    external_id: Option<String>,
    limit: Option<u64>,
    /// The public number that the page before ended with.
    cursor: Option<String>,
}

pub(super) async fn list(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
) -> Result<Json<Items<RowJson>>, Error> {
    let caller = caller(&cases, &user).await?;
    let reader = match asked.scope.as_deref() {
        None if caller.partner.is_some() && caller.officer.seats.is_empty() => Reader::Author,
        None | Some("office") => Reader::Office,
        Some("own") => Reader::Author,
        Some("public") => Reader::Public,
        Some(_) => return Err(Error::invalid("scope", "scope", "应为 office、own 或 public。")),
    };
    let state = match asked.state.as_deref() {
        None => None,
        Some(word) => {
            let state = State::parse(word);
            Some(state.ok_or_else(|| Error::invalid("state", "state", "不是接口说明里的状态。"))?)
        }
    };
    let before = match asked.cursor.as_deref().map(str::parse) {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => return Err(Error::invalid("cursor", "cursor", "应为上一页答复里的 next。")),
    };
    let wanted = lists::Wanted {
        state,
        unit: asked.unit.clone(),
        external: asked.external_id.clone(),
        before,
        limit: asked.limit.unwrap_or(USUAL).clamp(1, MOST),
    };
    let (rows, next) = lists::of_caller(&cases, &caller, reader, &wanted).await?;
    let items = rows.into_iter().map(RowJson::of).collect();
    Ok(Json(Items { items, next: next.map(|number| number.to_string()) }))
}

async fn drawn(
    cases: &Cases,
    caller: &Caller,
    (file, reader): (case_file::Model, Reader),
) -> Result<CaseJson, Error> {
    let acts: Vec<Act> = crate::cases::act::TABLE
        .iter()
        .filter(|row| {
            let actor = caller.acts_for(&file, reader, row.act);
            actor.is_some_and(|actor| row.allows(file.track(), file.state(), actor.part))
        })
        .map(|row| row.act)
        .collect();
    let seen = view::view(cases, file, reader).await?;
    Ok(CaseJson::of(seen, reader, acts))
}

fn tagged(body: &CaseJson) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", body.version()))).json(body)
}

pub(super) async fn one(
    cases: Data<Cases>,
    user: StaffUser,
    number: Path<i64>,
) -> Result<HttpResponse, Error> {
    let caller = caller(&cases, &user).await?;
    let found = found(&cases, &caller, *number).await?;
    Ok(tagged(&drawn(&cases, &caller, found).await?))
}

pub(super) async fn photo(
    cases: Data<Cases>,
    user: StaffUser,
    path: Path<(i64, Uuid)>,
) -> Result<HttpResponse, Error> {
    let (number, id) = path.into_inner();
    let caller = caller(&cases, &user).await?;
    let (file, reader) = found(&cases, &caller, number).await?;
    let bytes = photos::of(&cases, file.id, id, reader == Reader::Public).await?;
    Ok(HttpResponse::Ok().content_type("image/jpeg").body(bytes))
}

pub(super) async fn create(
    cases: Data<Cases>,
    user: StaffUser,
    call: Call,
    context: Context,
    body: Sent<NewCase>,
) -> Result<HttpResponse, Error> {
    let caller = caller(&cases, &user).await?;
    let actor = caller.files_as().ok_or_else(|| Error::new("case_no_channel"))?;
    if !caller.trusted() && !body.value.contact.trim().is_empty() {
        return Err(Error::new("case_untrusted"));
    }
    call.once(&user, &body.digest, async |op| {
        let filing = body.value.filing(op, caller.source(), &context.request_id)?;
        let filed = submit::submit(&cases, &actor, filing).await?;
        Ok(Done::created(&Filed::of(filed)))
    })
    .await
}

/// The version that the caller looked at; `*` is whatever it is now.
fn seen(request: &HttpRequest) -> Result<Option<i64>, Error> {
    let header = request.headers().get(IF_MATCH).ok_or_else(|| Error::new("case_version_required"))?;
    let text = header.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let version = number.parse().map_err(|_| {
        Error::invalid("If-Match", "If-Match", "应为读取时答复里的 ETag，例如 \"3\"；不管版本时用 *。")
    })?;
    Ok(Some(version))
}

pub(super) async fn act(
    cases: Data<Cases>,
    user: StaffUser,
    request: HttpRequest,
    call: Call,
    context: Context,
    path: Path<(i64, String)>,
    body: Sent<Command>,
) -> Result<HttpResponse, Error> {
    let (number, word) = path.into_inner();
    let act = Act::parse(&word).filter(|act| *act != Act::Submit).ok_or_else(|| Error::new("not_found"))?;
    let caller = caller(&cases, &user).await?;
    let (file, reader) = found(&cases, &caller, number).await?;
    let seen = seen(&request)?;
    let digest = format!("{} {seen:?}", body.digest);
    call.once(&user, &digest, async |op| {
        let actor = caller.acts_for(&file, reader, act).ok_or(Refusal::Forbidden)?;
        let once =
            write::Call { seen, op: Some(format!("api:{op}")), request_id: context.request_id.clone() };
        let done = write::act(&cases, &actor, file.id, act, &body.value, &once).await;
        if let Err(WriteError::Refused(why @ (Refusal::Stale | Refusal::State(_)))) = done {
            let now = write::version(&cases, file.id).await?;
            return Err(Error::from(why).at_version(now.unwrap_or(file.version)));
        }
        done?;
        let mut contact = None;
        if act == Act::Reveal {
            audit::note(&cases.base, &user.username, "case.reveal", &number.to_string(), "").await?;
            contact = Some(view::contact(&cases, &file).await?);
        }
        // After an act the case may be another office's: what is read then is what the caller still may read.
        match caller.case(&cases, number).await? {
            Some(found) => Ok(Done::ok(&drawn(&cases, &caller, found).await?.revealing(contact))),
            None => Ok(Done::ok(&serde_json::json!({ "public_no": number }))),
        }
    })
    .await
}
