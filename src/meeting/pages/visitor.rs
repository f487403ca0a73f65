//! Somebody's phone at a meeting: what every page and form there begins with, and how it is drawn again.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::{attendee, find, layout, page_of};
use crate::base::clock::Instant;
use crate::base::error::describe;
use crate::meeting::checkin::Refusal;
use crate::meeting::countersign::countersign;
use crate::meeting::enrol::{EnrolError, FieldError, Form};
use crate::meeting::model::{Place, RequestKind, meeting};
use crate::meeting::venue_code::{TICKET_LIFE, Ticket};
use crate::meeting::visit::{Face, Visit, visit};
use crate::meeting::{Meetings, views};
use crate::notify::Offer;
use crate::web::{Error, Layout, Limit, Page, see_other};

/// Holds the scan ticket of one meeting's pages.
const TICKET: &str = "yst_scan";

/// Known by their WeChat, at the meeting of the address.
pub struct Visitor {
    pub request: HttpRequest,
    pub meetings: Data<Meetings>,
    pub meeting: meeting::Model,
    pub follower: Uuid,
    pub page: Layout,
    /// The scan that this browser holds, while it counts.
    pub ticket: Option<Ticket>,
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Visitor, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let meetings = meetings_of(&request)?;
            let meeting = find(&meetings, request.match_info().query("code")).await?;
            Visitor::at(request, meetings, meeting).await
        })
    }
}

fn meetings_of(request: &HttpRequest) -> Result<Data<Meetings>, Error> {
    let known = request.app_data::<Data<Meetings>>().cloned();
    known.ok_or_else(|| Error::new("internal").because_of("no meetings in this application"))
}

/// What a posted form came to, to be said on the page that is drawn again.
#[derive(Default)]
pub struct Said {
    pub refusal: Option<Refusal>,
    pub form: Form,
    pub mistakes: Vec<FieldError>,
    /// Notices that this phone may allow.
    pub offer: Option<Offer>,
}

impl Said {
    pub fn no(refusal: Refusal) -> Said {
        Said { refusal: Some(refusal), ..Said::default() }
    }

    /// Why `form` came to nothing.
    pub fn of(error: EnrolError, form: Form) -> Said {
        match error {
            EnrolError::Form(mistakes) => Said { mistakes, form, ..Said::default() },
            EnrolError::Refused(refusal) => {
                if let Refusal::RetryLater(cause) = &refusal {
                    tracing::warn!(cause, "a check-in was not stored");
                }
                Said { refusal: Some(refusal), form, ..Said::default() }
            }
        }
    }

    /// In words.
    pub fn notice(&self) -> Option<String> {
        self.refusal.as_ref().map(|refusal| describe(refusal).1)
    }

    pub fn status(&self) -> StatusCode {
        match &self.refusal {
            Some(refusal) => StatusCode::from_u16(describe(refusal).0).unwrap_or(StatusCode::CONFLICT),
            None if !self.mistakes.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        }
    }

    /// What the organisers can do about it.
    fn offers(&self) -> Option<RequestKind> {
        match self.refusal {
            Some(Refusal::IdentityMismatch | Refusal::BoundToOther) => Some(RequestKind::Admit),
            Some(Refusal::OutsideArea | Refusal::LocationUnavailable) => Some(RequestKind::Place),
            _ => None,
        }
    }
}

impl Visitor {
    /// The phone of `request` at `meeting`; where WeChat has not said who it is, it is asked.
    pub async fn at(
        request: HttpRequest,
        meetings: Data<Meetings>,
        meeting: meeting::Model,
    ) -> Result<Visitor, Error> {
        let follower = attendee(&request).await?.follower_id;
        let page = layout(&request).await?;
        let ticket = held_ticket(&request, &meetings, &meeting);
        Ok(Visitor { request, meetings, meeting, follower, page, ticket })
    }

    pub fn now(&self) -> Instant {
        self.meetings.base.clock.now()
    }

    /// Counts a try of this phone.
    pub async fn tries(&self, limit: &Limit) -> Result<(), Error> {
        limit.check(&self.meetings.base, &self.follower.to_string()).await
    }

    /// When the code was scanned; now, where nothing was.
    pub fn scanned_at(&self) -> Instant {
        let now = self.now();
        self.ticket.as_ref().map_or(now, |ticket| ticket.counts_from(self.meeting.opens_at, now))
    }

    /// Where the phone is, if the meeting asks: a word of what it `said`.
    pub fn place(&self, said: &str) -> Option<Place> {
        self.meeting.venue().map(|venue| venue.place(said))
    }

    /// Back to the meeting's page, which says what is so now.
    pub fn home(&self) -> HttpResponse {
        see_other(&page_of(&self.meeting))
    }

    /// What this phone sees of the meeting now.
    pub async fn looks(&self) -> Result<Visit, Error> {
        // The database is away: what matters is that the sign-in did not happen.
        let seen = visit(&self.meetings, &self.meeting, self.follower, self.ticket.as_ref()).await;
        seen.map_err(|error| Refusal::from(error).into())
    }

    /// The page as it is now, with what was `said` about a form.
    pub async fn sees(self, said: Said) -> Result<HttpResponse, Error> {
        let seen = self.looks().await?;
        Ok(self.draws(seen, said))
    }

    pub fn draws(self, seen: Visit, said: Said) -> HttpResponse {
        let now = self.now();
        let Visitor { request, meetings, meeting, page, .. } = self;
        let (status, notice, offers) = (said.status(), said.notice(), said.offers());
        let (form, mistakes, offer) = (said.form, &said.mistakes, said.offer);
        let head = views::head(&meeting, now).with(&meeting, &seen);
        let mut answer = match seen.face {
            Face::SignedIn(row) => {
                let sign = countersign(&meetings.base.keys, &meeting, now);
                Page::of(views::done(page, head, &meeting, &row, seen.seat, sign, offer, notice, now))
                    .respond_to(&request)
            }
            Face::Early => Page::of(views::wait(page, head, &meeting, offer, now)).respond_to(&request),
            Face::NeedsCode => Page::of(views::needs_code(page, head, &meeting, notice)).respond_to(&request),
            Face::Cancelled | Face::Late | Face::NotOnRoster => {
                let view = views::closed(page, head, &meeting, &seen, notice, form, mistakes, now);
                Page::of(view).respond_to(&request)
            }
            Face::OneTap | Face::Form => {
                let view = views::form(page, head, &meeting, &seen, notice, form, mistakes, offers);
                Page::of(view).respond_to(&request)
            }
        };
        *answer.status_mut() = status;
        answer
    }
}

/// The ticket in this browser, if it holds; an old or forged one is as good as none.
pub fn held_ticket(request: &HttpRequest, meetings: &Meetings, meeting: &meeting::Model) -> Option<Ticket> {
    let cookie = request.cookie(TICKET)?;
    let base = &meetings.base;
    Ticket::open(&base.keys, meeting.id, cookie.value(), meeting.opens_at, base.clock.now()).ok()
}

/// Leaves the ticket in this browser, for this meeting's pages only.
pub fn keep(
    answer: &mut HttpResponse,
    meetings: &Meetings,
    meeting: &meeting::Model,
    ticket: &Ticket,
) -> Result<(), Error> {
    let base = &meetings.base;
    let wait = (meeting.opens_at - ticket.scanned_at).max(chrono::TimeDelta::zero());
    let cookie = Cookie::build(TICKET, ticket.seal(&base.keys))
        .path(page_of(meeting))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(base.config.public_url.scheme() == "https")
        .max_age(time::Duration::seconds((wait + TICKET_LIFE).num_seconds()))
        .finish();
    answer.add_cookie(&cookie).map_err(|error| Error::new("internal").because(error))
}
