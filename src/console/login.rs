//! Coming to the desk and leaving it.

use std::time::Duration;

use actix_web::web::{Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use crate::people::audit;
use crate::people::model::staff;
use crate::people::session::Kind;
use crate::people::staff::log_in;
use crate::web::{
    Context, Error, Layout, Limit, Nothing, Page, Posted, StaffUser, own_page, see_other, sign_in, sign_out,
};

/// Passwords tried from one address, whatever the name; a whole office may share one.
const LOGINS: Limit = Limit { name: "login", times: 100, per: Duration::from_secs(300) };

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/login").get(show).post(enter))
        .service(resource("/desk/logout").post(leave));
}

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    page: Layout,
    back: String,
    username: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Visit {
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
    #[serde(default)]
    back: String,
}

/// `GET /desk`: the first page of the navigation.
pub async fn start(context: Context, _user: StaffUser) -> HttpResponse {
    see_other(context.web.first_page())
}

async fn show(request: HttpRequest, page: Layout, visit: Query<Visit>) -> Result<HttpResponse, Error> {
    let back = after(&visit.back);
    if StaffUser::find(&request).await?.is_some() {
        return Ok(see_other(back));
    }
    let form = LoginPage { back: back.to_string(), page, username: String::new(), problem: None };
    Ok(Page::of(form).respond_to(&request))
}

async fn enter(
    request: HttpRequest,
    context: Context,
    page: Layout,
    form: Posted<Credentials>,
) -> Result<HttpResponse, Error> {
    let Posted(Credentials { username, password, back }) = form;
    let back = after(&back).to_string();
    match check(&context, username.trim(), &password).await {
        Ok(staff) => {
            let cookie = sign_in(&context, Kind::Staff, staff.id).await?;
            let mut answer = see_other(&back);
            answer.add_cookie(&cookie).map_err(|error| Error::new("internal").because(error))?;
            Ok(answer)
        }
        Err(error) if error.status() < 500 => {
            let problem = Some(error.message().to_string());
            Ok(Page::refused(LoginPage { page, back, username, problem }).respond_to(&request))
        }
        Err(error) => Err(error),
    }
}

/// The account of this name and password; noted in the audit log. The same for pages and programs.
pub async fn check(context: &Context, username: &str, password: &str) -> Result<staff::Model, Error> {
    let base = &context.web.base;
    let from = context.client.map(|address| address.to_string()).unwrap_or_default();
    LOGINS.check(base, &from).await?;
    let staff = log_in(base, username, password).await?;
    audit::note(base, &staff.username, "staff.login", &staff.username, &from).await?;
    Ok(staff)
}

async fn leave(context: Context, user: StaffUser, _form: Posted<Nothing>) -> Result<HttpResponse, Error> {
    let cookie = sign_out(&context, Kind::Staff, &user.session).await?;
    let mut answer = see_other("/desk/login");
    answer.add_cookie(&cookie).map_err(|error| Error::new("internal").because(error))?;
    Ok(answer)
}

/// Where to go once signed in.
fn after(back: &str) -> &str {
    if back.is_empty() || back.starts_with("/desk/log") { "/desk" } else { own_page(back) }
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn signing_in_leads_back_to_where_one_was_but_never_to_another_site() {
        assert_eq!(after("/desk/meetings/1?tab=2"), "/desk/meetings/1?tab=2");
        assert_eq!(after(""), "/desk");
        assert_eq!(after("/desk/login?back=/desk/login"), "/desk");
        assert_eq!(after("https://evil.test/"), "/");
    }
}
