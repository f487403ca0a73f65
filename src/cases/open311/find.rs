//! Cases as Open311 tells them: what is public, and to a system with its key what it filed itself. All others are not
//! there, whatever is asked.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::form::{Filter, MAX_ROWS};
use super::{Note, Request, Update};
use crate::base::clock::Instant;
use crate::cases::Cases;
use crate::cases::act::{Act, TABLE};
use crate::cases::model::{Part, State, Track, case_event, case_file, case_photo};
use crate::cases::partner::Caller;
use crate::cases::text::{self, TextError};
use crate::cases::view::{self, Reader};

/// Requests with their steps in one answer: each costs more than a line.
const EXTENDED: u64 = 100;

/// What everybody may know of.
fn public() -> Condition {
    Condition::all()
        .add(case_file::Column::PublishedAt.is_not_null())
        .add(case_file::Column::Confidential.eq(false))
        .add(case_file::Column::Track.eq(Track::Inquiry.word()))
}

fn seen_by(cases: &Cases, caller: Option<&Caller>) -> Condition {
    let any = Condition::any().add(public());
    match caller {
        Some(caller) => any.add(caller.scope(cases, Reader::Author)),
        None => any,
    }
}

/// The requests that `filter` asks for, the newest first.
pub async fn requests(
    cases: &Cases,
    caller: Option<&Caller>,
    filter: &Filter,
) -> Result<Vec<Request>, TextError> {
    use case_file::Column;
    let mut query = case_file::Entity::find().filter(seen_by(cases, caller));
    if filter.ids.is_empty() {
        query = query.filter(Column::CreatedAt.gte(filter.from)).filter(Column::CreatedAt.lte(filter.to));
        if !filter.service_codes.is_empty() {
            query = query.filter(Column::Category.is_in(filter.service_codes.clone()));
        }
        if let [one] = filter.status.as_slice() {
            let states = State::ALL.into_iter().filter(|state| state.is_open() == (one == "open"));
            query = query.filter(Column::State.is_in(states.map(State::word)));
        }
    } else {
        // What is no number is the number of nothing.
        let ids = filter.ids.iter().filter_map(|id| id.parse::<i64>().ok());
        query = query.filter(Column::PublicNo.is_in(ids));
    }
    let size = if filter.extensions { filter.page_size.min(EXTENDED) } else { filter.page_size };
    let files = query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::PublicNo)
        .offset((filter.page - 1) * size)
        .limit(size)
        .all(cases.store.db.read())
        .await?;
    let ids = files.iter().map(|file| file.id);
    let photos = case_photo::Entity::find()
        .filter(case_photo::Column::CaseId.is_in(ids))
        .filter(case_photo::Column::Published.eq(true))
        .order_by_asc(case_photo::Column::Id)
        .all(cases.store.db.read())
        .await?;
    let mut told = Vec::new();
    for file in files {
        let own: Vec<_> = photos.iter().filter(|photo| photo.case_id == file.id).collect();
        told.push(request(cases, file, &own, filter.extensions).await?);
    }
    Ok(told)
}

/// One request by its number, if it is there for `caller`.
pub async fn one(
    cases: &Cases,
    caller: Option<&Caller>,
    id: &str,
    extensions: bool,
    now: Instant,
) -> Result<Option<Request>, TextError> {
    let ids = vec![id.to_string()];
    let none = Vec::new();
    let filter = Filter {
        ids,
        service_codes: none.clone(),
        status: none,
        from: now,
        to: now,
        page: 1,
        page_size: 1,
        extensions,
    };
    Ok(requests(cases, caller, &filter).await?.pop())
}

async fn request(
    cases: &Cases,
    file: case_file::Model,
    photos: &[&case_photo::Model],
    extensions: bool,
) -> Result<Request, TextError> {
    let state = file.state();
    let public = file.published_at.is_some();
    // What is not public yet is shown to who filed it alone, in their own words.
    let description = if public {
        file.public_body.clone()
    } else {
        let original = text::read(cases.store.db.read(), &cases.store.keys, file.original_text).await?;
        original.map(|original| text::split(&original.text).1.to_string()).unwrap_or_default()
    };
    let answer =
        if file.public_answer.is_empty() { String::new() } else { format!("：{}", file.public_answer) };
    let links: Vec<String> = photos
        .iter()
        .map(|photo| cases.base.config.link(&format!("/cases/{}/photos/{}", file.public_no, photo.id)))
        .collect();
    // About a hundred metres: a home is not pointed at.
    let degrees = |micro: Option<i32>| micro.map(|micro| (f64::from(micro) / 1e3).round() / 1e3);
    let second = chrono::TimeDelta::seconds(1);
    let promised = file.next_clock.as_deref().is_some_and(|code| ["R1", "F1"].contains(&code));
    let mut told = Request {
        service_request_id: file.public_no.to_string(),
        status: status(state).to_string(),
        status_notes: Some(format!("{}{answer}", state.zh())),
        service_name: cases.units.category(&file.category).map(|category| category.name.clone()),
        service_code: file.category.clone(),
        description: Some(description).filter(|text| !text.is_empty()),
        agency_responsible: file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string()),
        service_notice: (state == State::Submitted).then(|| "待审核".to_string()),
        requested_datetime: file.created_at,
        updated_datetime: Some(file.updated_at),
        expected_datetime: file.next_due_at.filter(|_| promised).map(|at| at - second),
        address: Some(file.place.clone()).filter(|place| !place.is_empty()),
        lat: degrees(file.latitude),
        long: degrees(file.longitude),
        media_url: links.first().cloned(),
        ..Request::default()
    };
    if extensions {
        told.extended_attributes = Some(serde_json::json!({
            "coord": "wgs84",
            "photos": links,
            "state": file.state,
            "kind": file.kind,
            "title": if public { file.public_title.clone() } else { String::new() },
        }));
        let steps = view::view(cases, file, Reader::Public).await?.steps;
        told.notes = steps
            .into_iter()
            .map(|step| Note { datetime: step.at, summary: step.head, description: None })
            .collect();
    }
    Ok(told)
}

fn status(state: State) -> &'static str {
    if state.is_open() { "open" } else { "closed" }
}

/// What happened between two moments, oldest first, in words that everybody may read.
pub async fn updates(
    cases: &Cases,
    caller: Option<&Caller>,
    (from, to): (Instant, Instant),
) -> Result<Vec<Update>, DbErr> {
    let internal = TABLE.iter().map(|row| row.act).filter(|act| view::internal(*act)).map(Act::word);
    let db = cases.store.db.read();
    let seen = Query::select()
        .column(case_file::Column::Id)
        .from(case_file::Entity)
        .cond_where(seen_by(cases, caller))
        .take();
    let events = case_event::Entity::find()
        .filter(case_event::Column::CaseId.in_subquery(seen))
        .filter(case_event::Column::At.gte(from))
        .filter(case_event::Column::At.lte(to))
        .filter(case_event::Column::Kind.is_not_in(internal))
        .order_by_asc(case_event::Column::At)
        .order_by_asc(case_event::Column::Version)
        .limit(MAX_ROWS)
        .all(db)
        .await?;
    let of = events.iter().map(|event| event.case_id);
    let files = case_file::Entity::find().filter(case_file::Column::Id.is_in(of)).all(db).await?;
    let number = |id| files.iter().find(|file| file.id == id).map_or(0, |file| file.public_no);
    Ok(events
        .into_iter()
        .map(|event| {
            let act = Act::parse(&event.kind).map_or("", Act::zh);
            let unit = Some(&event.unit).filter(|unit| !unit.is_empty());
            let by = match unit {
                Some(unit) => cases.units.name(unit).to_string(),
                None => Part::parse(&event.part).map_or("", Part::zh).to_string(),
            };
            Update {
                update_id: event.id.to_string(),
                service_request_id: number(event.case_id).to_string(),
                status: State::parse(&event.to_state).map(|state| status(state).to_string()),
                description: Some(format!("{act}（{by}）")),
                updated_datetime: event.at,
                media_url: None,
                external_status_code: Some(event.to_state),
            }
        })
        .collect())
}
