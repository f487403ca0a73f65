//! Petitions on the phone: reading what is public (`/cases`), asking (`/cases/new`), and following one's own.

mod channels;
mod follow_ups;
mod views;

use std::time::Duration;

use actix_web::web::{Data, Path, Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Deserialize;
use uuid::Uuid;

use super::act::Act;
use super::decide::{Actor, Command, Refusal};
use super::draft::Draft;
use super::model::{Part, case_file};
use super::search::{self, Wanted};
use super::view::{self, Reader};
use super::write::{self, Call};
use super::{Cases, alike, list, photo, query};
use crate::base::error::{Coded, describe};
use crate::base::search::Query as Sought;
use crate::web::{Attendee, Context, Error, Layout, Limit, Nothing, Page, Posted, Upload, see_other};
use views::{CasePage, FormPage, MinePage, PreviewPage, PublicPage, QueryPage, SentPage, UnitsPage};

/// Forms that one person may send in ten minutes.
const TRIES: Limit = Limit { name: "case", times: 30, per: Duration::from_secs(600) };

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/cases").get(public))
        .service(resource("/cases/units").get(units))
        .service(resource("/cases/channels").get(channels::all))
        .service(resource("/cases/channels/{slug}").get(channels::one))
        .service(resource("/cases/new").get(form).post(send))
        .service(resource("/cases/confirm").post(confirm).get(back))
        .service(resource("/cases/mine").get(mine))
        .service(resource("/cases/query").get(ask_code).post(by_code))
        .service(resource("/cases/{number}").get(show))
        .service(resource("/cases/{number}/photos/{photo}").get(picture))
        .service(resource("/cases/{number}/{act}").post(act).get(to_case));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Browse {
    q: String,
    unit: String,
    category: String,
    /// `open`, `over`, or all.
    state: String,
    before: Option<i64>,
}

/// What everybody may read, and search.
async fn public(cases: Data<Cases>, asked: Query<Browse>, page: Layout) -> Result<impl Responder, Error> {
    let asked = asked.into_inner();
    let query = Sought::new(&asked.q);
    let wanted = Wanted {
        open: match asked.state.as_str() {
            "open" => Some(true),
            "over" => Some(false),
            _ => None,
        },
        query: query.clone(),
        unit: asked.unit,
        category: asked.category,
        before: asked.before,
    };
    // Of a question without a letter nothing is found; without a question all is shown.
    let nothing = query.is_none() && !asked.q.trim().is_empty();
    let found = if nothing { (Vec::new(), false) } else { search::public(&cases, &wanted).await? };
    Ok(Page::of(PublicPage::new(page, &cases, found, &wanted, asked.q.trim())))
}

/// All units, to read what was asked of one.
async fn units(cases: Data<Cases>, page: Layout) -> impl Responder {
    Page::of(UnitsPage::new(page, &cases))
}

async fn form(cases: Data<Cases>, attendee: Attendee, page: Layout) -> Result<impl Responder, Error> {
    let draft = Draft::of(&cases, attendee.follower_id).await;
    Ok(Page::of(FormPage::new(page, &cases, draft, None)))
}

/// The form, kept as a draft; then the author sees what it will look like.
async fn send(
    request: HttpRequest,
    cases: Data<Cases>,
    attendee: Attendee,
    page: Layout,
    upload: Upload,
) -> Result<HttpResponse, Error> {
    let follower = attendee.follower_id;
    TRIES.check(&cases.base, &follower.to_string()).await?;
    let field = |name: &str| upload.fields.get(name).map_or("", String::as_str).trim().to_string();
    let mut draft = Draft::of(&cases, follower).await;
    draft.kind = field("kind");
    draft.category = field("category");
    draft.title = field("title");
    draft.body = field("body");
    draft.place = field("where");
    draft.contact = field("contact");
    draft.confidential = !field("confidential").is_empty();
    draft.accused_unit = field("accused_unit");
    if !field("drop_photos").is_empty() {
        draft.photos.clear();
    }
    let mut wrong = None;
    for file in upload.file.into_iter().chain(upload.more) {
        if let Err(error) = draft.add_photo(&cases, file.bytes).await {
            match error.code() {
                "case_photo" => wrong = Some(describe(&error).1),
                _ => return Err(error.into()),
            }
        }
    }
    draft.keep(&cases, follower).await?;
    let wrong = wrong.or_else(|| views::incomplete(&cases, &draft));
    if let Some(wrong) = wrong {
        return Ok(Page::refused(FormPage::new(page, &cases, draft, Some(wrong))).respond_to(&request));
    }
    // Who asks in confidence is not led to what is public.
    let alike = match views::private(&draft) {
        true => Vec::new(),
        false => alike::alike(&cases, &draft.title, &draft.place, &draft.category).await?,
    };
    Ok(Page::of(PreviewPage::new(page, &cases, &draft, alike)).respond_to(&request))
}

/// What was shown is what is meant.
async fn confirm(
    request: HttpRequest,
    cases: Data<Cases>,
    attendee: Attendee,
    context: Context,
    page: Layout,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let follower = attendee.follower_id;
    let draft = Draft::of(&cases, follower).await;
    // A second tap after the first was answered: what was meant is filed.
    if draft.title.trim().is_empty() && draft.body.trim().is_empty() {
        return Ok(see_other("/cases/mine"));
    }
    match draft.submit(&cases, follower, "wechat", &context.request_id).await {
        Ok(submitted) => {
            Draft::drop(&cases, follower).await;
            Ok(Page::of(SentPage::new(page, &submitted)).respond_to(&request))
        }
        Err(error) if matches!(error.code(), "unavailable" | "internal") => Err(error.into()),
        Err(error) => {
            let wrong = Some(describe(&error).1);
            Ok(Page::refused(FormPage::new(page, &cases, draft, wrong)).respond_to(&request))
        }
    }
}

async fn back() -> HttpResponse {
    see_other("/cases/new")
}

async fn mine(cases: Data<Cases>, attendee: Attendee, page: Layout) -> Result<impl Responder, Error> {
    let rows = list::of_follower(&cases, attendee.follower_id).await?;
    Ok(Page::of(MinePage::new(page, rows, cases.store.clock.now())))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    done: String,
}

/// One's own case with all that belongs to it; of others only what is public.
async fn show(
    request: HttpRequest,
    cases: Data<Cases>,
    number: Path<i64>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let attendee = Attendee::find(&request).await?;
    if let Some(attendee) = attendee
        && let Some(file) = list::own(&cases, attendee.follower_id, *number).await?
    {
        let told = follow_ups::of(&cases, &file).await?;
        let seen = view::view(&cases, file, Reader::Author).await?;
        return Ok(Page::of(CasePage::own(page, &cases, seen, &after.done).with(told)));
    }
    let file = list::published(&cases, *number).await?.ok_or(Refusal::NotFound)?;
    let told = follow_ups::of(&cases, &file).await?;
    let seen = view::view(&cases, file, Reader::Public).await?;
    Ok(Page::of(CasePage::public(page, &cases, seen).with(told)))
}

async fn to_case(path: Path<(i64, String)>) -> HttpResponse {
    see_other(&format!("/cases/{}", path.0))
}

async fn picture(
    request: HttpRequest,
    cases: Data<Cases>,
    path: Path<(i64, Uuid)>,
) -> Result<HttpResponse, Error> {
    let (number, id) = path.into_inner();
    let own = match Attendee::find(&request).await? {
        Some(attendee) => list::own(&cases, attendee.follower_id, number).await?,
        None => None,
    };
    let (file, public) = match own {
        Some(file) => (file, false),
        None => (list::published(&cases, number).await?.ok_or(Refusal::NotFound)?, true),
    };
    let bytes = photo::of(&cases, file.id, id, public).await?;
    Ok(HttpResponse::Ok().content_type("image/jpeg").body(bytes))
}

/// What an author's form says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    version: i64,
    text: String,
    office_score: String,
    unit_score: String,
}

async fn act(
    cases: Data<Cases>,
    attendee: Attendee,
    path: Path<(i64, String)>,
    context: Context,
    form: Posted<Said>,
) -> Result<HttpResponse, Error> {
    let (number, word) = path.into_inner();
    let act = Act::parse(&word).ok_or_else(|| Error::new("bad_request"))?;
    let follower = attendee.follower_id;
    let file = list::own(&cases, follower, number).await?.ok_or(Refusal::NotFound)?;
    let said = form.0;
    let score = |text: &str| text.trim().parse().ok();
    let command = Command {
        text: said.text,
        scores: score(&said.office_score).zip(score(&said.unit_score)).map(|(office, unit)| [office, unit]),
        ..Command::default()
    };
    let call = Call { seen: Some(said.version), op: None, request_id: context.request_id.clone() };
    write::act(&cases, &author(&file, follower), file.id, act, &command, &call).await?;
    Ok(see_other(&format!("/cases/{number}?done={word}")))
}

/// In which part a follower acts on their case.
pub fn author(file: &case_file::Model, follower: Uuid) -> Actor {
    let part = if file.proxy == Some(follower) { Part::Proxy } else { Part::Citizen };
    Actor { who: format!("follower:{follower}"), name: String::new(), part, unit: String::new() }
}

async fn ask_code(page: Layout) -> impl Responder {
    Page::of(QueryPage::new(page, String::new(), None))
}

#[derive(Deserialize)]
struct Code {
    number: String,
    code: String,
}

/// One case by its number and code, without signing in.
async fn by_code(
    request: HttpRequest,
    cases: Data<Cases>,
    context: Context,
    page: Layout,
    form: Posted<Code>,
) -> Result<HttpResponse, Error> {
    let network = context.client.map(|address| address.to_string()).unwrap_or_default();
    match query::open(&cases, &form.0.number, &form.0.code, &network).await {
        Ok(file) => {
            let seen = view::view(&cases, file, Reader::Author).await?;
            Ok(Page::of(CasePage::by_code(page, &cases, seen)).respond_to(&request))
        }
        Err(error) if error.code() == "unavailable" => Err(error.into()),
        Err(error) => {
            let wrong = Some(describe(&error).1);
            Ok(Page::refused(QueryPage::new(page, form.0.number, wrong)).respond_to(&request))
        }
    }
}
