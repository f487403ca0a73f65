//! Pages: what every layout needs to know, and how a template becomes an answer.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::assets::Assets;
use super::context::context;
use super::session::{Attendee, StaffUser};
use super::{Context, Error};
use crate::people::staff::Role;

/// One entry of the desk's navigation; features bring theirs, `server` puts them in order.
#[derive(Clone, Copy, Debug)]
pub struct NavEntry {
    /// The heading it stands under; neighbours with the same one share it.
    pub part: &'static str,
    /// What a page says it is, by [`Layout::at`].
    pub key: &'static str,
    pub label: &'static str,
    pub href: &'static str,
    /// Staff with less than this role do not see it.
    pub least: Role,
}

/// The part of a page that is the same for all: templates call it `page`. As an extractor it knows who is asking.
#[derive(Clone)]
pub struct Layout {
    /// The account's name, at the foot of phone pages.
    pub site: String,
    /// Path and query of this page.
    pub path: String,
    /// For the hidden field `csrf` of every form; empty when nobody is signed in.
    pub csrf: String,
    /// The name of the member of staff at the desk.
    pub staff: Option<String>,
    /// Which entry of the desk's navigation is the current one.
    pub nav: &'static str,
    /// The desk's navigation, as far as this member of staff may go: headings and their entries.
    pub parts: Vec<(&'static str, Vec<NavEntry>)>,
    pub request_id: String,
    /// 关怀模式.
    pub large_type: bool,
    /// There is an account, so pages in WeChat may open the phone's scanner.
    pub scans: bool,
    /// The server's time in milliseconds since 1970, for countdowns.
    pub now: i64,
    assets: Arc<Assets>,
}

impl Layout {
    /// A layout for nobody in particular.
    pub(super) fn bare(context: &Context) -> Layout {
        Layout {
            site: context.web.base.config.account_name.clone(),
            path: context.target.clone(),
            csrf: String::new(),
            staff: None,
            nav: "",
            parts: Vec::new(),
            request_id: context.request_id.clone(),
            large_type: context.large_type,
            scans: context.web.platform.is_some(),
            now: context.web.base.clock.now().timestamp_millis(),
            assets: context.web.assets.clone(),
        }
    }

    /// Marks an entry of the desk's navigation by its key.
    pub fn at(mut self, nav: &'static str) -> Layout {
        self.nav = nav;
        self
    }

    /// The address of `h5.css` and the like; `None` where the front end was not built.
    pub fn asset(&self, name: &str) -> Option<&str> {
        self.assets.url(name)
    }

    async fn of(request: HttpRequest) -> Result<Layout, Error> {
        let context = context(&request)?;
        let mut layout = Layout::bare(&context);
        if context.is_desk() {
            if let Some(staff) = StaffUser::find(&request).await? {
                layout.csrf.clone_from(&staff.csrf);
                layout.staff = Some(staff.name.clone());
                layout.parts = parts(&context.web.navigation, staff.role);
            }
        } else if let Some(attendee) = Attendee::find(&request).await? {
            layout.csrf.clone_from(&attendee.csrf);
        }
        Ok(layout)
    }
}

impl FromRequest for Layout {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Layout, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Layout::of(request.clone()))
    }
}

fn parts(navigation: &[NavEntry], role: Role) -> Vec<(&'static str, Vec<NavEntry>)> {
    let mut parts: Vec<(&'static str, Vec<NavEntry>)> = Vec::new();
    for entry in navigation.iter().filter(|entry| entry.least <= role) {
        match parts.last_mut() {
            Some((part, entries)) if *part == entry.part => entries.push(*entry),
            _ => parts.push((entry.part, vec![*entry])),
        }
    }
    parts
}

/// A template as an answer: `Ok(Page::of(MeetingPage { … }))`.
pub struct Page<T> {
    template: T,
    status: StatusCode,
}

impl<T: Template> Page<T> {
    pub fn of(template: T) -> Page<T> {
        Page { template, status: StatusCode::OK }
    }

    /// The same form again, with what was wrong with it.
    pub fn refused(template: T) -> Page<T> {
        Page { template, status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

impl<T: Template> Responder for Page<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self.template.render() {
            Ok(html) => HttpResponse::build(self.status).content_type("text/html; charset=utf-8").body(html),
            Err(error) => {
                let error = Error::from(error);
                HttpResponse::from_error(error)
            }
        }
    }
}

/// Leads to another page after a form was done.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// `path` if it leads to a page of this site, else `/`. Browsers read `\` as `/` and drop tabs and line breaks.
pub fn own_page(path: &str) -> &str {
    let foreign = !path.starts_with('/') || path.starts_with("//") || path.starts_with("/\\");
    if foreign || path.chars().any(|c| c.is_control() || c == '\\') { "/" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_see_the_navigation_that_their_role_may_use() {
        let entry = |part, key, least| NavEntry { part, key, label: key, href: "/desk", least };
        let all = [
            entry("会议", "meetings", Role::Viewer),
            entry("系统", "accounts", Role::Admin),
            entry("系统", "help", Role::Viewer),
        ];
        let seen = |role| -> Vec<(&str, Vec<&str>)> {
            let keys = |entries: Vec<NavEntry>| entries.into_iter().map(|entry| entry.key).collect();
            parts(&all, role).into_iter().map(|(part, entries)| (part, keys(entries))).collect()
        };
        assert_eq!(seen(Role::Viewer), [("会议", vec!["meetings"]), ("系统", vec!["help"])]);
        assert_eq!(seen(Role::Admin), [("会议", vec!["meetings"]), ("系统", vec!["accounts", "help"])]);
    }

    #[test]
    fn only_pages_of_this_site_are_returned_to() {
        assert_eq!(own_page("/m/K7Q2?a=1"), "/m/K7Q2?a=1");
        for foreign in ["", "m", "https://evil.test", "//evil.test", "/\\evil.test", "/\t/evil.test", "/a\\b"]
        {
            assert_eq!(own_page(foreign), "/", "{foreign:?}");
        }
    }
}
