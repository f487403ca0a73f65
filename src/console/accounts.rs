//! Accounts of staff, for administrators.

use actix_web::web::{Path, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::me::{Device, devices};
use crate::base::clock::{Instant, zh_moment};
use crate::base::privacy::random_code;
use crate::people::model::staff as table;
use crate::people::session;
use crate::people::staff::{self, Role};
use crate::web::{Administrator, Context, Error, Layout, Nothing, Page, Posted, see_other};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/accounts").get(list).post(add))
        .service(resource("/desk/accounts/{id}").get(show))
        .service(resource("/desk/accounts/{id}/role").post(set_role))
        .service(resource("/desk/accounts/{id}/password").post(reset_password).get(back))
        .service(resource("/desk/accounts/{id}/disable").post(disable))
        .service(resource("/desk/accounts/{id}/enable").post(enable))
        .service(resource("/desk/accounts/{id}/sessions").post(end_sessions));
}

/// An account as these pages show it.
struct Account {
    id: Uuid,
    username: String,
    name: String,
    role: Role,
    disabled_since: Option<String>,
    since: String,
}

impl Account {
    fn of(model: table::Model, now: Instant) -> Account {
        Account {
            id: model.id,
            role: model.role(),
            disabled_since: model.disabled_at.map(|at| zh_moment(at, now)),
            since: zh_moment(model.created_at, now),
            username: model.username,
            name: model.name,
        }
    }
}

/// A password that somebody must be told, shown this once.
struct Told {
    username: String,
    password: String,
}

/// The form of a new account.
#[derive(Default, Deserialize)]
struct New {
    username: String,
    name: String,
    role: String,
}

#[derive(Template)]
#[template(path = "console/accounts.html")]
struct ListPage {
    page: Layout,
    accounts: Vec<Account>,
    roles: [Role; 3],
    form: New,
    problem: Option<(&'static str, String)>,
    told: Option<Told>,
}

impl ListPage {
    /// What is wrong with `field`.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.as_ref().filter(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    page: Layout,
    account: Account,
    roles: [Role; 3],
    devices: Vec<Device>,
    told: Option<Told>,
}

const ROLES: [Role; 3] = [Role::Viewer, Role::Organiser, Role::Admin];

async fn list(context: Context, _admin: Administrator, page: Layout) -> Result<impl Responder, Error> {
    let form = New { role: Role::Organiser.name().to_string(), ..New::default() };
    Ok(Page::of(accounts(&context, page, form, None, None).await?))
}

async fn accounts(
    context: &Context,
    page: Layout,
    form: New,
    problem: Option<(&'static str, String)>,
    told: Option<Told>,
) -> Result<ListPage, Error> {
    let base = &context.web.base;
    let now = base.clock.now();
    let accounts = staff::list(base).await?.into_iter().map(|model| Account::of(model, now)).collect();
    Ok(ListPage { page: page.at("accounts"), accounts, roles: ROLES, form, problem, told })
}

async fn add(
    request: HttpRequest,
    context: Context,
    admin: Administrator,
    page: Layout,
    form: Posted<New>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let role = role(&form.role)?;
    let password = random_code(12);
    let name = if form.name.trim().is_empty() { &form.username } else { &form.name };
    let made = staff::add(&context.web.base, &form.username, name, role, &password, &admin.0.username).await;
    match made.map_err(Error::from) {
        Ok(_) => {
            let told = Told { username: form.username.trim().to_string(), password };
            let form = New { role: form.role, ..New::default() };
            Ok(Page::of(accounts(&context, page, form, None, Some(told)).await?).respond_to(&request))
        }
        Err(error) if error.status() < 500 => {
            let problem = Some((error.field().unwrap_or("username"), error.message().to_string()));
            Ok(Page::refused(accounts(&context, page, form, problem, None).await?).respond_to(&request))
        }
        Err(error) => Err(error),
    }
}

async fn show(
    context: Context,
    _admin: Administrator,
    page: Layout,
    id: Path<Uuid>,
) -> Result<impl Responder, Error> {
    Ok(Page::of(account(&context, page, *id, None).await?))
}

async fn account(
    context: &Context,
    page: Layout,
    id: Uuid,
    password: Option<String>,
) -> Result<AccountPage, Error> {
    let base = &context.web.base;
    let model = staff::find(base, id).await?.ok_or_else(|| Error::new("not_found"))?;
    let account = Account::of(model, base.clock.now());
    let told = password.map(|password| Told { username: account.username.clone(), password });
    let devices = devices(base, id, "").await?;
    Ok(AccountPage { page: page.at("accounts"), account, roles: ROLES, devices, told })
}

#[derive(Deserialize)]
struct Chosen {
    role: String,
}

fn role(name: &str) -> Result<Role, Error> {
    Role::parse(name).ok_or_else(|| Error::new("bad_request").because_of("no such role"))
}

async fn set_role(
    context: Context,
    admin: Administrator,
    id: Path<Uuid>,
    form: Posted<Chosen>,
) -> Result<HttpResponse, Error> {
    staff::set_role(&context.web.base, *id, role(&form.0.role)?, &admin.0.username).await?;
    Ok(to(*id))
}

async fn reset_password(
    context: Context,
    admin: Administrator,
    page: Layout,
    id: Path<Uuid>,
    _form: Posted<Nothing>,
) -> Result<impl Responder, Error> {
    let password = staff::reset_password(&context.web.base, *id, &admin.0.username).await?;
    Ok(Page::of(account(&context, page, *id, Some(password)).await?))
}

async fn disable(
    context: Context,
    admin: Administrator,
    id: Path<Uuid>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    staff::set_disabled(&context.web.base, *id, true, &admin.0.username).await?;
    Ok(to(*id))
}

async fn enable(
    context: Context,
    admin: Administrator,
    id: Path<Uuid>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    staff::set_disabled(&context.web.base, *id, false, &admin.0.username).await?;
    Ok(to(*id))
}

async fn end_sessions(
    context: Context,
    admin: Administrator,
    id: Path<Uuid>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    session::end_all(&context.web.base, *id, &admin.0.username).await?;
    Ok(to(*id))
}

async fn back(id: Path<Uuid>) -> HttpResponse {
    to(*id)
}

fn to(id: Uuid) -> HttpResponse {
    see_other(&format!("/desk/accounts/{id}"))
}
