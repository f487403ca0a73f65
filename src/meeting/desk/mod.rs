//! Meetings at the desk: `/desk/meetings`. Viewers may look; organisers may change. Every form leads back to a page
//! that says what was done.

mod across;
mod agenda;
mod checks;
mod code;
mod dashboard;
mod form;
mod list;
mod log;
mod materials;
mod people;
mod person;
mod presence;
mod reminders;
mod requests;
mod roster;
mod settings;
mod sheets;
mod statistics;
mod words;

pub use materials::{size, span};
pub use roster::download;
pub use words::{Actors, action, detail};

use actix_web::dev::Payload;
use actix_web::web::{Data, ServiceConfig, resource};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use uuid::Uuid;

use super::model::meeting;
use super::people_list::People;
use super::phase::Phase;
use super::{Meetings, edit};
use crate::base::clock;
use crate::people::staff::Role;
use crate::web::{Error, StaffUser};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/meetings").get(list::show).post(settings::create))
        .service(resource("/desk/meetings/new").get(settings::new))
        .service(resource("/desk/meetings/{id}").get(dashboard::show))
        .service(resource("/desk/meetings/{id}/stream").get(dashboard::watch))
        .service(resource("/desk/meetings/{id}/snapshot").get(dashboard::look))
        .service(resource("/desk/meetings/{id}/edit").get(settings::edit).post(settings::save))
        .service(resource("/desk/meetings/{id}/state").post(settings::set_state))
        .service(resource("/desk/meetings/{id}/screen").post(settings::renew_screen))
        .service(resource("/desk/meetings/{id}/people").get(people::show).post(people::walk_in))
        .service(resource("/desk/meetings/{id}/statistics").get(statistics::show))
        .service(resource("/desk/meetings/{id}/sheet").get(sheets::show).post(sheets::choose))
        .service(resource("/desk/meetings/{id}/sheet.xlsx").get(sheets::xlsx))
        .service(resource("/desk/meetings/{id}/sheet.pdf").get(sheets::pdf))
        .service(resource("/desk/meetings/{id}/log.xlsx").get(sheets::log))
        .service(resource("/desk/meetings/{id}/sheets/{hash}").get(sheets::kept))
        .service(resource("/desk/statistics").get(across::show))
        .service(resource("/desk/statistics.xlsx").get(across::export))
        .service(resource("/desk/meetings/{id}/people/new").get(people::walk_in_form))
        .service(resource("/desk/meetings/{id}/people/make-up").post(people::make_up))
        .service(resource("/desk/meetings/{id}/batches/{batch}/undo").post(people::undo_batch))
        .service(resource("/desk/meetings/{id}/people/{person}").get(person::show))
        .service(resource("/desk/meetings/{id}/people/{person}/phone").post(person::reveal))
        .service(resource("/desk/meetings/{id}/people/{person}/sign-in").post(person::sign_in))
        .service(resource("/desk/meetings/{id}/people/{person}/undo").post(person::undo))
        .service(resource("/desk/meetings/{id}/people/{person}/step").post(presence::step))
        .service(resource("/desk/meetings/{id}/people/{person}/leave").post(presence::enter_leave))
        .service(
            resource("/desk/meetings/{id}/people/{person}/leave/withdraw").post(presence::withdraw_leave),
        )
        .service(resource("/desk/meetings/{id}/people/{person}/votes").post(presence::set_votes))
        .service(resource("/desk/meetings/{id}/leave/{leave}").post(presence::decide_leave))
        .service(resource("/desk/meetings/{id}/people/{person}/release").post(person::release))
        .service(resource("/desk/meetings/{id}/people/{person}/remove").post(person::remove))
        .service(resource("/desk/meetings/{id}/roster").get(roster::show).post(roster::upload))
        .service(resource("/desk/meetings/{id}/roster/confirm").post(roster::confirm))
        .service(resource("/desk/meetings/{id}/roster/template.xlsx").get(roster::template))
        .service(resource("/desk/meetings/{id}/roster/bad/{token}.csv").get(roster::bad_rows))
        .service(resource("/desk/meetings/{id}/reminders").get(reminders::show).post(reminders::send))
        .service(resource("/desk/meetings/{id}/reminders/plan").post(reminders::set_plan))
        .service(resource("/desk/meetings/{id}/reminders/{reminder}").get(reminders::one))
        .service(resource("/desk/meetings/{id}/reminders/{reminder}/calls").post(reminders::calls))
        .service(resource("/desk/meetings/{id}/reminders/{reminder}/called").post(reminders::called))
        .service(resource("/desk/meetings/{id}/requests").get(requests::show))
        .service(resource("/desk/meetings/{id}/requests/{request}/approve").post(requests::approve))
        .service(resource("/desk/meetings/{id}/requests/{request}/reject").post(requests::reject))
        .service(resource("/desk/meetings/{id}/requests/{request}/phone").post(requests::reveal))
        .service(resource("/desk/meetings/{id}/code").get(code::show))
        .service(resource("/desk/meetings/{id}/code/stream").get(code::watch))
        .service(resource("/desk/meetings/{id}/code/snapshot").get(code::look))
        .service(resource("/desk/meetings/{id}/code.svg").get(code::svg))
        .service(resource("/desk/meetings/{id}/code.png").get(code::png))
        .service(resource("/desk/meetings/{id}/print").get(code::print))
        .service(resource("/desk/meetings/{id}/checks").get(checks::show).post(checks::draw))
        .service(resource("/desk/meetings/{id}/checks/{check}").post(checks::find))
        .service(resource("/desk/meetings/{id}/agenda").get(agenda::new).post(agenda::add))
        .service(resource("/desk/meetings/{id}/agenda/{item}").get(agenda::show).post(agenda::save))
        .service(resource("/desk/meetings/{id}/agenda/{item}/move").post(agenda::shift))
        .service(resource("/desk/meetings/{id}/agenda/{item}/remove").post(agenda::remove))
        .service(resource("/desk/meetings/{id}/materials").get(materials::show).post(materials::add))
        .service(
            resource("/desk/meetings/{id}/materials/{material}").get(materials::one).post(materials::save),
        )
        .service(resource("/desk/meetings/{id}/materials/{material}/replace").post(materials::replace))
        .service(resource("/desk/meetings/{id}/materials/{material}/withdraw").post(materials::withdraw))
        .service(resource("/desk/meetings/{id}/materials/{material}/move").post(materials::shift))
        .service(resource("/desk/meetings/{id}/log").get(log::show));
}

/// What the form just did, as the address of the page after it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct After {
    done: String,
    n: Option<u64>,
}

/// What a list of people is asked for: a search, a filter, a page from 1.
#[derive(Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    show: String,
    page: usize,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { q: String::new(), show: String::new(), page: 1 }
    }
}

/// The top of every page of one meeting. As an extractor it finds the meeting by the `id` of the path, for the pages
/// of other features that stand among its tabs.
pub struct Head {
    pub id: Uuid,
    pub title: String,
    pub when: String,
    pub place: String,
    pub phase: &'static str,
    pub tone: &'static str,
    pub screen: String,
    /// A code that rotates cannot be printed.
    pub printable: bool,
    /// The person at the desk may change something.
    pub may_change: bool,
    /// The current tab.
    pub tab: &'static str,
    /// Requests that wait.
    pub waiting: usize,
    /// What was just done.
    pub done: Option<String>,
}

impl Head {
    pub fn at(&self, tab: &str) -> bool {
        self.tab == tab
    }
}

impl FromRequest for Head {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Head, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let user = StaffUser::extract(&request).await?;
            let meetings = Data::<Meetings>::extract(&request)
                .await
                .map_err(|error| Error::new("internal").because_of(error.to_string()))?;
            let id = request.match_info().query("id").parse().map_err(|_| Error::new("not_found"))?;
            Ok(head(&meetings, id, &user, "", &After::default()).await?.1)
        })
    }
}

/// The meeting `id`, and the top of its page `tab`.
async fn head(
    meetings: &Meetings,
    id: Uuid,
    user: &StaffUser,
    tab: &'static str,
    after: &After,
) -> Result<(meeting::Model, Head), Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, id).await?;
    let waiting =
        super::requests::count_waiting(base, id).await? + super::leave::count_waiting(base, id).await?;
    let now = base.clock.now();
    let phase = Phase::of(&meeting, now);
    let head = Head {
        id,
        title: meeting.title.clone(),
        when: clock::zh_span(meeting.starts_at, meeting.ends_at, now),
        place: meeting.place.clone(),
        phase: phase.zh(),
        tone: words::phase_tone(phase),
        screen: format!("/screen/{}", meeting.screen_key),
        printable: meeting.code_kind() == super::model::CodeKind::Static,
        may_change: may_change(user),
        tab,
        waiting,
        done: words::done(after),
    };
    Ok((meeting, head))
}

fn may_change(user: &StaffUser) -> bool {
    user.role >= Role::Organiser
}

fn page_of(id: Uuid) -> String {
    format!("/desk/meetings/{id}")
}

/// `text` as a part of an address. A blank is `%20`: `+` means one in forms only.
fn encoded(text: &str) -> String {
    let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    text.replace('+', "%20")
}

/// The line under a list that says which page it is and leads to the next.
struct Pager {
    number: usize,
    pages: usize,
    found: usize,
    previous: Option<String>,
    next: Option<String>,
}

impl Pager {
    /// `path`: the list's own address with its query.
    fn of(people: &People, path: &str) -> Pager {
        let page = |number| format!("{path}&page={number}");
        Pager {
            number: people.page,
            pages: people.pages,
            found: people.found,
            previous: (people.page > 1).then(|| page(people.page - 1)),
            next: (people.page < people.pages).then(|| page(people.page + 1)),
        }
    }
}

/// Why something is done, and the id that makes a repeat the same act.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
    op: Uuid,
}

impl Reason {
    fn act<'a>(&'a self, user: &'a StaffUser) -> super::by_hand::Act<'a> {
        // A form that lost its id is an act of its own.
        let op = if self.op.is_nil() { Uuid::now_v7() } else { self.op };
        super::by_hand::Act { op, actor: &user.username, reason: &self.reason }
    }
}
