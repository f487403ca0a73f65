//! Materials for programs: listed, uploaded, described, replaced, withdrawn, and who read them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::paging::Items;
use crate::base::clock::Instant;
use crate::base::privacy::digest;
use crate::document::{Document, Documents, Hash, Received, State};
use crate::meeting::material::edit::{self as edits, MaterialError, Settings};
use crate::meeting::material::{self, Listed, reading};
use crate::meeting::model::Role;
use crate::meeting::{Meetings, edit, upload};
use crate::web::{Call, Done, Error, Incoming, Organiser, Sent, StaffUser};

#[derive(Serialize)]
pub struct MaterialJson {
    id: Uuid,
    name: String,
    agenda_item_id: Option<Uuid>,
    visibility: String,
    /// Empty: all.
    roles: Vec<&'static str>,
    may_view: bool,
    may_download: bool,
    internal: bool,
    version: i32,
    file_name: String,
    bytes: i64,
    uploaded_at: Instant,
    withdrawn_at: Option<Instant>,
    preview: Preview,
}

/// Where the preview stands.
#[derive(Serialize)]
pub struct Preview {
    /// `waiting`, `converting`, `ready` or `failed`.
    state: &'static str,
    /// Known once counted.
    pages: Option<u32>,
    pages_ready: u32,
    /// A code of the error table.
    reason: Option<String>,
    /// Fonts that others stand in for.
    substituted_fonts: Vec<String>,
}

impl MaterialJson {
    fn of(listed: Listed, document: Option<&Document>) -> MaterialJson {
        let Listed { material, version } = listed;
        MaterialJson {
            id: material.id,
            agenda_item_id: material.agenda_item_id,
            roles: material.roles().into_iter().map(Role::word).collect(),
            visibility: material.visibility,
            name: material.name,
            may_view: material.may_view,
            may_download: material.may_download,
            internal: material.internal,
            version: material.version,
            file_name: version.file_name,
            bytes: version.bytes,
            uploaded_at: version.uploaded_at,
            withdrawn_at: material.withdrawn_at,
            preview: match document {
                Some(document) => Preview {
                    state: document.state.name(),
                    pages: document.pages,
                    pages_ready: document.pages_ready,
                    reason: document.reason.clone(),
                    substituted_fonts: document.substituted_fonts.clone(),
                },
                None => Preview {
                    state: State::Failed.name(),
                    pages: None,
                    pages_ready: 0,
                    reason: None,
                    substituted_fonts: Vec::new(),
                },
            },
        }
    }

    async fn read(documents: &Documents, listed: Listed) -> Result<MaterialJson, Error> {
        let document = match listed.hash() {
            Some(hash) => documents.state(&hash).await?,
            None => None,
        };
        Ok(MaterialJson::of(listed, document.as_ref()))
    }
}

/// In order, withdrawn ones too; one page, for their number is limited.
pub async fn list(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<MaterialJson>>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let list = material::list(&meetings.base, meeting.id).await?;
    let hashes: Vec<Hash> = list.iter().filter_map(Listed::hash).collect();
    let states = documents.states(&hashes).await?;
    let items = list
        .into_iter()
        .map(|one| {
            let document = one.hash().and_then(|hash| states.get(&hash));
            MaterialJson::of(one, document)
        })
        .collect();
    Ok(Json(Items { items, next: None }))
}

pub async fn show(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    _: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<Json<MaterialJson>, Error> {
    let (meeting, id) = path.into_inner();
    let listed = material::listed(&meetings.base, meeting, id).await?.ok_or(MaterialError::NotFound)?;
    Ok(Json(MaterialJson::read(&documents, listed).await?))
}

/// What a repeat must have in common: the bytes, and what was said of them.
fn fingerprint(received: &Received, incoming: &Incoming) -> String {
    let mut fields: Vec<String> =
        incoming.fields.iter().map(|(name, text)| format!("{name}={text}")).collect();
    fields.sort();
    digest(format!("{} {} {}", received.hash, received.name, fields.join("\n")).as_bytes())
}

pub async fn add(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    edit::find(&meetings.base, *id).await?;
    let received = upload::take(&documents, &mut incoming).await?;
    let settings = upload::settings(&incoming.fields, Settings::default(), false)?;
    call.once(&user, &fingerprint(&received, &incoming), async |op| {
        let made = edits::add(&meetings.base, *id, op, &received, settings, &user.username).await?;
        Ok(Done::created(&MaterialJson::read(&documents, made).await?))
    })
    .await
}

pub async fn replace(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    material::listed(&meetings.base, meeting, id).await?.ok_or(MaterialError::NotFound)?;
    let received = upload::take(&documents, &mut incoming).await?;
    call.once(&user, &fingerprint(&received, &incoming), async |op| {
        let made = edits::replace(&meetings.base, meeting, id, op, &received, &user.username).await?;
        Ok(Done::ok(&MaterialJson::read(&documents, made).await?))
    })
    .await
}

/// What is not mentioned stays.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct MaterialBody {
    name: Option<String>,
    /// `null`: of the whole meeting.
    #[serde(deserialize_with = "mentioned")]
    agenda_item_id: Option<Option<Uuid>>,
    visibility: Option<String>,
    roles: Option<Vec<String>>,
    may_view: Option<bool>,
    may_download: Option<bool>,
    internal: Option<bool>,
}

fn mentioned<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Uuid>>, D::Error> {
    Option::<Uuid>::deserialize(value).map(Some)
}

pub async fn change(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<MaterialBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        let told = body.value;
        let known = material::listed(&meetings.base, meeting, id).await?.ok_or(MaterialError::NotFound)?;
        let old = Settings::of(&known.material);
        let settings = Settings {
            name: told.name.unwrap_or(old.name),
            rank: old.rank,
            agenda_item: told.agenda_item_id.unwrap_or(old.agenda_item),
            visibility: match told.visibility {
                Some(word) => upload::visibility(&word)?,
                None => old.visibility,
            },
            roles: match told.roles {
                Some(words) => upload::roles(words.iter().map(String::as_str))?,
                None => old.roles,
            },
            may_view: told.may_view.unwrap_or(old.may_view),
            may_download: told.may_download.unwrap_or(old.may_download),
            internal: told.internal.unwrap_or(old.internal),
        };
        let changed = edits::change(&meetings.base, meeting, id, settings, &user.username).await?;
        Ok(Done::ok(&MaterialJson::read(&documents, changed).await?))
    })
    .await
}

/// Takes the material from its readers; it stays in the list as withdrawn.
pub async fn withdraw(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    call.once(&user, "", async |_| {
        let gone = edits::withdraw(&meetings.base, meeting, id, &user.username).await?;
        Ok(Done::ok(&MaterialJson::read(&documents, gone).await?))
    })
    .await
}

#[derive(Serialize)]
pub struct ReaderJson {
    person_id: Uuid,
    name: String,
    unit: String,
    version: i32,
    /// The furthest page that was on their screen; 0: not recorded.
    page_reached: i32,
    opens: i32,
    downloads: i32,
    first_at: Instant,
    last_at: Instant,
}

/// One row for each person and version, the latest first.
pub async fn readers(
    meetings: Data<Meetings>,
    _: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<Json<Items<ReaderJson>>, Error> {
    let (meeting, id) = path.into_inner();
    material::listed(&meetings.base, meeting, id).await?.ok_or(MaterialError::NotFound)?;
    let items = reading::readers(&meetings.base, id)
        .await?
        .into_iter()
        .map(|reader| ReaderJson {
            person_id: reader.reading.person_id,
            name: reader.name,
            unit: reader.unit,
            version: reader.reading.version,
            page_reached: reader.reading.furthest,
            opens: reader.reading.opens,
            downloads: reader.reading.downloads,
            first_at: reader.reading.first_at,
            last_at: reader.reading.last_at,
        })
        .collect();
    Ok(Json(Items { items, next: None }))
}
