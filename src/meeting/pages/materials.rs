//! Reading a material: on the phone below `/m/{code}/materials/{id}`, on a paired computer below `/pull/{code}/{id}`.
//! Every answer asks anew whether this person may have it; no answer is ever stored by a browser.

use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::header::{CONTENT_DISPOSITION, USER_AGENT};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{attendee, find, page_of, pull};
use crate::document::{Documents, Dpi, Hash, State, name};
use crate::meeting::material::access::{self, Denied, Opened, Want};
use crate::meeting::material::link::{self, Target, Use};
use crate::meeting::material::reading::{self, Act};
use crate::meeting::material::{Listed, search, shelf, watermark};
use crate::meeting::model::meeting;
use crate::meeting::{Meetings, desk};
use crate::people::model::person;
use crate::people::person as persons;
use crate::web::{Error, Layout, Limit, Page, Posted, see_other};

/// Pages that one reader may report in a minute.
const REPORTS: Limit = Limit { name: "reading", times: 120, per: Duration::from_secs(60) };
/// Downloads of one reader in ten minutes.
const DOWNLOADS: Limit = Limit { name: "material-file", times: 60, per: Duration::from_secs(600) };
/// Places shown of a search.
const HITS: u64 = 50;

/// Somebody who reads, and where.
struct Reader {
    person: person::Model,
    /// `/m/{code}/materials/{id}` or `/pull/{code}/{id}`
    root: String,
    /// The list that this material is part of.
    back: String,
    on_phone: bool,
}

/// The reader by their phone's session or the computer's pairing; an answer that leads there where there is none.
async fn reader(
    request: &HttpRequest,
    meetings: &Meetings,
    meeting: &meeting::Model,
    id: Uuid,
) -> Result<Result<Reader, HttpResponse>, Error> {
    let base = &meetings.base;
    if request.path().starts_with("/pull/") {
        return Ok(match pull::holder(request, base).await? {
            Some(person) => Ok(Reader {
                person,
                root: format!("/pull/{}/{id}", meeting.code),
                back: "/pull".to_string(),
                on_phone: false,
            }),
            None => Err(see_other("/pull")),
        });
    }
    let follower = attendee(request).await?.follower_id;
    Ok(match persons::of_follower(base.db.read(), follower).await? {
        Some(person) => Ok(Reader {
            person,
            root: format!("/m/{}/materials/{id}", meeting.code),
            back: page_of(meeting),
            on_phone: true,
        }),
        None => Err(see_other(&page_of(meeting))),
    })
}

/// The reader where a page cannot be shown instead.
async fn known(
    request: &HttpRequest,
    meetings: &Meetings,
    meeting: &meeting::Model,
    id: Uuid,
) -> Result<Reader, Error> {
    let pulled = request.path().starts_with("/pull/");
    let found = reader(request, meetings, meeting, id).await?;
    found.map_err(|_| Error::new(if pulled { "pairing_ended" } else { "material_not_found" }))
}

#[derive(Template)]
#[template(path = "meeting/phone_reader.html")]
struct ReaderPage {
    page: Layout,
    root: String,
    back: String,
    on_phone: bool,
    meeting: String,
    name: String,
    about: String,
    internal: bool,
    /// They read an older version.
    renewed: Option<i32>,
    /// Where they stopped.
    from: i32,
    /// `None`: everything is there.
    waiting: Option<String>,
    ready: u32,
    /// Why there are no pages.
    problem: Option<&'static str>,
    pages: Vec<PageRow>,
    search: String,
    hits: Vec<(u32, String)>,
    download: Option<String>,
}

struct PageRow {
    number: u32,
    width: u32,
    height: u32,
    src: String,
    /// Its first words, for the list of contents and for those who cannot see it.
    title: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

/// The reader's page.
pub async fn read(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    path: Path<(String, Uuid)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let (code, id) = path.into_inner();
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    let reader = match reader(&request, &meetings, &meeting, id).await? {
        Ok(reader) => reader,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let person = reader.person.id;
    let (opened, may_view) = match access::open(base, &meeting, id, person, Want::View).await {
        Ok(opened) => (opened, true),
        // What may only be taken away has a page, too: it says so and offers the file.
        Err(Denied::NoView) => (access::open(base, &meeting, id, person, Want::Download).await?, false),
        Err(denied) => return Err(denied.into()),
    };
    let Opened { material, version } = opened;
    let hash = version.hash().ok_or(Denied::Unknown)?;
    let document = documents.state(&hash).await?;
    let renewed = shelf::renewed(base, &version, person).await?.then_some(version.number);
    let from = reading::place(base, &version, person).await?;
    let signer =
        Signer { meetings: &meetings, meeting: &meeting, reader: &reader, id, version: version.number };
    let (mut pages, mut hits) = (Vec::new(), Vec::new());
    let words = search::tidy(&asked.q);
    if may_view {
        reading::note(base, &version, person, Act::Opened).await?;
        for one in documents.pages(&hash).await? {
            pages.push(PageRow {
                number: one.number,
                width: one.width,
                height: one.height,
                src: signer.page(one.number),
                title: first_words(&one.text),
            });
        }
        let found = documents.find(std::slice::from_ref(&hash), &words, HITS).await?;
        hits.extend(found.into_iter().map(|hit| (hit.page, hit.around)));
    }
    let state = document.as_ref().map_or(State::Failed, |document| document.state);
    let total = document.as_ref().and_then(|document| document.pages);
    let waiting = match state {
        State::Waiting => Some("正在准备预览，请稍等，本页会自动更新。".to_string()),
        State::Converting => Some(match total {
            Some(total) => format!("正在准备预览，已有 {} 页，共 {total} 页。", pages.len()),
            None => "正在准备预览，请稍等，本页会自动更新。".to_string(),
        }),
        State::Ready | State::Failed => None,
    };
    let problem = match (may_view, state) {
        (false, _) => Some("这份材料不提供在线查看，请下载后查看。"),
        (true, State::Failed) => {
            document.as_ref().and_then(|one| one.reason_text()).or(Some("暂时无法预览，可下载后查看。"))
        }
        _ => None,
    };
    let count = total.map(|total| format!(" · {total} 页")).unwrap_or_default();
    let view = ReaderPage {
        page: super::layout(&request).await?,
        on_phone: reader.on_phone,
        meeting: meeting.title.clone(),
        name: material.name.clone(),
        about: format!("{} · {}{count}", version.kind(), desk::size(version.bytes)),
        internal: material.internal,
        renewed,
        from,
        waiting: waiting.filter(|_| may_view),
        ready: u32::try_from(pages.len()).unwrap_or(0),
        problem,
        pages,
        search: words,
        hits,
        download: material.may_download.then(|| signer.file()),
        root: reader.root.clone(),
        back: reader.back.clone(),
    };
    Ok(Page::of(view).respond_to(&request))
}

/// The beginning of a page's text, as a line of the contents.
fn first_words(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| line.chars().count() > 1).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(30).collect()
}

/// Makes the addresses of one reader's pages.
struct Signer<'a> {
    meetings: &'a Meetings,
    meeting: &'a meeting::Model,
    reader: &'a Reader,
    id: Uuid,
    version: i32,
}

impl Signer<'_> {
    fn target(&self, page: u32) -> Target {
        Target { meeting: self.meeting.id, material: self.id, version: self.version, page }
    }

    fn sealed(&self, page: u32, how: Use) -> String {
        let base = &self.meetings.base;
        let life = if how == Use::Viewer { link::VIEWER_LIFE } else { link::LIFE };
        link::seal(&base.keys, self.target(page), self.reader.person.id, how, base.clock.now() + life)
    }

    fn page(&self, page: u32) -> String {
        format!("{}/pages/{page}?v={}&t={}", self.reader.root, self.version, self.sealed(page, Use::Reader))
    }

    fn file(&self) -> String {
        format!("{}/file?v={}&t={}", self.reader.root, self.version, self.sealed(0, Use::Reader))
    }

    /// For WeChat's own picture viewer, which shows no cookie: absolute, finer, and good for two minutes.
    fn viewer(&self, page: u32) -> String {
        let sealed = self.sealed(page, Use::Viewer);
        let person = self.reader.person.id.simple();
        let path = format!("{}/pages/{page}?v={}&z=1&p={person}&t={sealed}", self.reader.root, self.version);
        self.meetings.base.config.link(&path)
    }
}

/// What a link carries.
#[derive(Deserialize)]
pub struct Signed {
    /// The version.
    v: i32,
    /// The signature.
    t: String,
    /// Whose, where the link shows it by itself.
    p: Option<Uuid>,
    /// 1: the finer picture.
    #[serde(default)]
    z: u8,
}

/// Refuses a link that is old, forged, another person's, or of a version that was replaced.
fn check(
    meetings: &Meetings,
    meeting: &meeting::Model,
    signed: &Signed,
    opened: &Opened,
    (person, page, how): (Uuid, u32, Use),
) -> Result<Hash, Error> {
    let target = Target { meeting: meeting.id, material: opened.material.id, version: signed.v, page };
    let base = &meetings.base;
    link::check(&base.keys, target, person, how, &signed.t, base.clock.now())?;
    if signed.v != opened.version.number {
        return Err(link::Dead.into());
    }
    opened.version.hash().ok_or_else(|| Denied::Unknown.into())
}

/// One page as a picture; of 内部 materials with the reader's name in it.
pub async fn page(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    path: Path<(String, Uuid, u32)>,
    signed: Query<Signed>,
) -> Result<HttpResponse, Error> {
    let (code, id, number) = path.into_inner();
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    let (person, how) = match signed.p {
        Some(person) => (person, Use::Viewer),
        None => (known(&request, &meetings, &meeting, id).await?.person.id, Use::Reader),
    };
    let opened = access::open(base, &meeting, id, person, Want::View).await?;
    let hash = check(&meetings, &meeting, &signed, &opened, (person, number, how))?;
    let dpi = if signed.z == 1 { Dpi::Zoom } else { Dpi::Phone };
    let picture = if opened.material.internal {
        if how == Use::Viewer {
            return Err(link::Dead.into());
        }
        let reader = known(&request, &meetings, &meeting, id).await?;
        let lines = watermark::lines(base, &reader.person)?;
        documents.watermarked_page(&hash, number, dpi, &lines).await?
    } else {
        documents.page(&hash, number, dpi).await?
    };
    Ok(HttpResponse::Ok().content_type("image/jpeg").body(picture))
}

/// The file itself; of 内部 materials a PDF with the reader's name on every page.
pub async fn file(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    path: Path<(String, Uuid)>,
    signed: Query<Signed>,
) -> Result<HttpResponse, Error> {
    let (code, id) = path.into_inner();
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    let reader = known(&request, &meetings, &meeting, id).await?;
    let person = reader.person.id;
    DOWNLOADS.check(base, &person.to_string()).await?;
    let opened = access::open(base, &meeting, id, person, Want::Download).await?;
    let hash = check(&meetings, &meeting, &signed, &opened, (person, 0, Use::Reader))?;
    let Opened { material, version } = opened;
    let mut answer = HttpResponse::Ok();
    if material.internal {
        let document = documents.state(&hash).await?;
        if document.is_none_or(|document| document.state != State::Ready) {
            return Err(Error::new("internal_no_download"));
        }
        let lines = watermark::lines(base, &reader.person)?;
        let pdf = documents.watermarked_pdf(&hash, &lines).await?;
        reading::note(base, &version, person, Act::Downloaded).await?;
        let called = name::attachment(&format!("{}.pdf", material.name));
        return Ok(answer
            .content_type("application/pdf")
            .insert_header((CONTENT_DISPOSITION, called))
            .streaming(pdf));
    }
    let stored = documents.original(&hash).await?;
    reading::note(base, &version, person, Act::Downloaded).await?;
    let called = name::attachment(&Listed { material, version }.file_name());
    Ok(answer
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, called))
        .body(SizedStream::new(stored.bytes, stored.stream)))
}

/// New links for a page that is open longer than its links serve, and how far the preview is.
#[derive(Serialize)]
pub struct Links {
    waiting: bool,
    ready: u32,
    pages: Vec<PageLink>,
}

#[derive(Serialize)]
struct PageLink {
    number: u32,
    src: String,
    zoom: String,
    /// For WeChat's own viewer, in WeChat.
    viewer: Option<String>,
}

pub async fn links(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    path: Path<(String, Uuid)>,
) -> Result<Json<Links>, Error> {
    let (code, id) = path.into_inner();
    let meeting = find(&meetings, &code).await?;
    let reader = known(&request, &meetings, &meeting, id).await?;
    let opened = access::open(&meetings.base, &meeting, id, reader.person.id, Want::View).await?;
    let hash = opened.version.hash().ok_or(Denied::Unknown)?;
    let state = documents.state(&hash).await?.map_or(State::Failed, |document| document.state);
    let pages = documents.pages(&hash).await?;
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let in_wechat = reader.on_phone && agent.contains("MicroMessenger") && !opened.material.internal;
    let version = opened.version.number;
    let signer = Signer { meetings: &meetings, meeting: &meeting, reader: &reader, id, version };
    Ok(Json(Links {
        waiting: matches!(state, State::Waiting | State::Converting),
        ready: u32::try_from(pages.len()).unwrap_or(0),
        pages: pages
            .into_iter()
            .map(|page| {
                let src = signer.page(page.number);
                let zoom = format!("{src}&z=1");
                PageLink {
                    number: page.number,
                    src,
                    zoom,
                    viewer: in_wechat.then(|| signer.viewer(page.number)),
                }
            })
            .collect(),
    }))
}

#[derive(Deserialize)]
pub struct Progress {
    page: i32,
}

/// A page was on the reader's screen.
pub async fn progress(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    path: Path<(String, Uuid)>,
    form: Posted<Progress>,
) -> Result<HttpResponse, Error> {
    let (code, id) = path.into_inner();
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    let person = known(&request, &meetings, &meeting, id).await?.person.id;
    REPORTS.check(base, &person.to_string()).await?;
    let opened = access::open(base, &meeting, id, person, Want::View).await?;
    let hash = opened.version.hash().ok_or(Denied::Unknown)?;
    let ready = documents.state(&hash).await?.map_or(0, |document| document.pages_ready);
    let page = form.0.page;
    if page < 1 || page > i32::try_from(ready).unwrap_or(i32::MAX) {
        return Err(Error::new("bad_request"));
    }
    reading::note(base, &opened.version, person, Act::Reached(page)).await?;
    Ok(HttpResponse::NoContent().finish())
}
