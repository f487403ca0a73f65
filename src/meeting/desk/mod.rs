//! Meetings at the desk: `/desk/meetings`. Viewers may look; organisers may change. Every form leads back to a page
//! that says what was done.

mod code;
mod dashboard;
mod form;
mod list;
mod log;
mod people;
mod person;
mod requests;
mod roster;
mod settings;
mod words;

pub use words::{action, detail};

use actix_web::web::{self as routes, ServiceConfig};
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
    let get = routes::get;
    let post = routes::post;
    config
        .route("/desk/meetings", get().to(list::show))
        .route("/desk/meetings", post().to(settings::create))
        .route("/desk/meetings/new", get().to(settings::new))
        .route("/desk/meetings/{id}", get().to(dashboard::show))
        .route("/desk/meetings/{id}/stream", get().to(dashboard::watch))
        .route("/desk/meetings/{id}/snapshot", get().to(dashboard::look))
        .route("/desk/meetings/{id}/edit", get().to(settings::edit))
        .route("/desk/meetings/{id}/edit", post().to(settings::save))
        .route("/desk/meetings/{id}/state", post().to(settings::set_state))
        .route("/desk/meetings/{id}/screen", post().to(settings::renew_screen))
        .route("/desk/meetings/{id}/people", get().to(people::show))
        .route("/desk/meetings/{id}/people", post().to(people::walk_in))
        .route("/desk/meetings/{id}/sheet.xlsx", get().to(people::sheet))
        .route("/desk/meetings/{id}/people/new", get().to(people::walk_in_form))
        .route("/desk/meetings/{id}/people/make-up", post().to(people::make_up))
        .route("/desk/meetings/{id}/batches/{batch}/undo", post().to(people::undo_batch))
        .route("/desk/meetings/{id}/people/{person}", get().to(person::show))
        .route("/desk/meetings/{id}/people/{person}/phone", post().to(person::reveal))
        .route("/desk/meetings/{id}/people/{person}/sign-in", post().to(person::sign_in))
        .route("/desk/meetings/{id}/people/{person}/undo", post().to(person::undo))
        .route("/desk/meetings/{id}/people/{person}/release", post().to(person::release))
        .route("/desk/meetings/{id}/people/{person}/remove", post().to(person::remove))
        .route("/desk/meetings/{id}/roster", get().to(roster::show))
        .route("/desk/meetings/{id}/roster", post().to(roster::upload))
        .route("/desk/meetings/{id}/roster/confirm", post().to(roster::confirm))
        .route("/desk/meetings/{id}/roster/template.xlsx", get().to(roster::template))
        .route("/desk/meetings/{id}/roster/bad/{token}.csv", get().to(roster::bad_rows))
        .route("/desk/meetings/{id}/requests", get().to(requests::show))
        .route("/desk/meetings/{id}/requests/{request}/approve", post().to(requests::approve))
        .route("/desk/meetings/{id}/requests/{request}/reject", post().to(requests::reject))
        .route("/desk/meetings/{id}/requests/{request}/phone", post().to(requests::reveal))
        .route("/desk/meetings/{id}/code", get().to(code::show))
        .route("/desk/meetings/{id}/code/stream", get().to(code::watch))
        .route("/desk/meetings/{id}/code/snapshot", get().to(code::look))
        .route("/desk/meetings/{id}/code.svg", get().to(code::svg))
        .route("/desk/meetings/{id}/code.png", get().to(code::png))
        .route("/desk/meetings/{id}/print", get().to(code::print))
        .route("/desk/meetings/{id}/log", get().to(log::show));
}

/// What the form just did, as the address of the page after it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct After {
    done: String,
    n: Option<u64>,
}

/// The top of every page of one meeting.
struct Head {
    id: Uuid,
    title: String,
    when: String,
    place: String,
    phase: &'static str,
    tone: &'static str,
    screen: String,
    /// A code that rotates cannot be printed.
    printable: bool,
    /// The person at the desk may change something.
    may_change: bool,
    /// The current tab.
    tab: &'static str,
    /// Requests that wait.
    waiting: usize,
    /// What was just done.
    done: Option<String>,
}

impl Head {
    fn at(&self, tab: &str) -> bool {
        self.tab == tab
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
    let waiting = super::requests::count_waiting(base, id).await?;
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
