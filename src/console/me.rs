//! One's own account: the password, and where one is signed in.

use actix_web::web::{ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use crate::base::Base;
use crate::base::clock::{Instant, zh_moment};
use crate::people::model::session as sessions;
use crate::people::session;
use crate::people::staff::change_password;
use crate::web::{Context, Error, Layout, Page, Posted, StaffUser, see_other};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/me").get(show))
        .service(resource("/desk/me/password").post(password).get(back))
        .service(resource("/desk/me/sessions").post(end));
}

#[derive(Template)]
#[template(path = "console/me.html")]
struct MePage {
    page: Layout,
    user: StaffUser,
    devices: Vec<Device>,
    problem: Option<Problem>,
    done: bool,
}

struct Problem {
    field: &'static str,
    text: String,
}

impl MePage {
    /// What is wrong with `field`.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.as_ref().filter(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }
}

/// A session, as its owner knows it.
pub struct Device {
    pub key: String,
    pub name: String,
    pub since: String,
    pub until: String,
    /// The one that asks.
    pub own: bool,
}

/// The living sessions of `staff`, newest first; `own` is the key of the one that asks.
pub async fn devices(base: &Base, staff: uuid::Uuid, own: &str) -> Result<Vec<Device>, Error> {
    let now = base.clock.now();
    let all = session::list(base, staff).await?;
    Ok(all.into_iter().map(|model| device(model, own, now)).collect())
}

fn device(model: sessions::Model, own: &str, now: Instant) -> Device {
    Device {
        name: if model.kind == "api" {
            format!("程序接口：{}", model.client)
        } else {
            browser(&model.client)
        },
        since: zh_moment(model.created_at, now),
        until: zh_moment(model.expires_at, now),
        own: model.token_hash == own,
        key: model.token_hash,
    }
}

/// `Windows 上的 Edge`, from what a browser calls itself.
fn browser(agent: &str) -> String {
    // The order matters: most call themselves by the names of others too.
    const BROWSERS: [(&str, &str); 6] = [
        ("MicroMessenger", "微信"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("360", "360 浏览器"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Windows", "Windows"),
        ("HarmonyOS", "鸿蒙"),
        ("Android", "安卓手机"),
        ("iPhone", "iPhone"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    match (find(&SYSTEMS), find(&BROWSERS)) {
        (Some(system), Some(browser)) => format!("{system} 上的 {browser}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => "其他设备".to_string(),
    }
}

async fn show(
    request: HttpRequest,
    context: Context,
    user: StaffUser,
    page: Layout,
) -> Result<HttpResponse, Error> {
    draw(&request, &context, user, page, None).await
}

async fn draw(
    request: &HttpRequest,
    context: &Context,
    user: StaffUser,
    page: Layout,
    problem: Option<Problem>,
) -> Result<HttpResponse, Error> {
    let devices = devices(&context.web.base, user.id, &user.session).await?;
    let done = context.target.ends_with("?changed");
    let refused = problem.is_some();
    let me = MePage { page: page.at("me"), user, devices, problem, done };
    Ok(if refused { Page::refused(me) } else { Page::of(me) }.respond_to(request))
}

#[derive(Deserialize)]
struct Passwords {
    old: String,
    password: String,
    again: String,
}

async fn password(
    request: HttpRequest,
    context: Context,
    user: StaffUser,
    page: Layout,
    form: Posted<Passwords>,
) -> Result<HttpResponse, Error> {
    let Posted(Passwords { old, password, again }) = form;
    if password != again {
        let problem =
            Problem { field: "again", text: "和上面输入的不一样，请重新输入。".to_string() };
        return draw(&request, &context, user, page, Some(problem)).await;
    }
    let changed = change_password(&context.web.base, user.id, &old, &password, &user.session).await;
    match changed.map_err(Error::from) {
        Ok(()) => Ok(see_other("/desk/me?changed")),
        Err(error) if error.status() < 500 => {
            let problem =
                Problem { field: error.field().unwrap_or("old"), text: error.message().to_string() };
            draw(&request, &context, user, page, Some(problem)).await
        }
        Err(error) => Err(error),
    }
}

/// Reloading the answer to a form leads back to the page.
async fn back() -> HttpResponse {
    see_other("/desk/me")
}

#[derive(Deserialize)]
struct Ended {
    session: String,
}

async fn end(context: Context, user: StaffUser, form: Posted<Ended>) -> Result<HttpResponse, Error> {
    session::revoke_own(&context.web.base, user.id, &form.0.session).await?;
    Ok(see_other("/desk/me"))
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_device_is_named_as_its_owner_knows_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0";
        assert_eq!(browser(edge), "Windows 上的 Edge");
        let wechat = "Mozilla/5.0 (Linux; Android 14) Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0.50";
        assert_eq!(browser(wechat), "安卓手机 上的 微信");
        assert_eq!(browser("curl/8.0"), "其他设备");
    }
}
