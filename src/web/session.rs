//! Who is asking: an attendee by their phone's cookie, staff by the desk's cookie or a program's bearer token.
//! The right that a handler needs stands in its signature, as one of these types.

use std::rc::Rc;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::context::context;
use super::{Context, Error, Web, csrf};
use crate::people::session::{self, Kind};
use crate::people::staff::{self, Role};

/// A WeChat user on their phone, known by OAuth.
#[derive(Clone, Debug)]
pub struct Attendee {
    pub follower_id: Uuid,
    /// Who they are, once they have told; as it was when the request came.
    pub person_id: Option<Uuid>,
    /// For the forms of this session.
    pub csrf: String,
    /// The session's key in its table; not a secret.
    pub session: String,
}

/// A member of staff with any role: may look.
#[derive(Clone, Debug)]
pub struct StaffUser {
    pub id: Uuid,
    pub username: String,
    pub name: String,
    pub role: Role,
    pub csrf: String,
    pub session: String,
}

/// Staff who may hold meetings.
#[derive(Clone, Debug)]
pub struct Organiser(pub StaffUser);

/// Staff who may also change accounts and settings.
#[derive(Clone, Debug)]
pub struct Administrator(pub StaffUser);

/// One look into the database a request, however many extractors ask.
struct Memo<T>(Option<Rc<T>>);

impl Attendee {
    /// Who holds the phone, if we know.
    pub async fn find(request: &HttpRequest) -> Result<Option<Rc<Attendee>>, Error> {
        if let Some(memo) = request.extensions().get::<Memo<Attendee>>() {
            return Ok(memo.0.clone());
        }
        let context = context(request)?;
        let found = match request.cookie(name(Kind::Follower)) {
            Some(cookie) => session::holder(&context.web.base, cookie.value()).await?,
            None => None,
        };
        let attendee = found.map(|holder| {
            Rc::new(Attendee {
                follower_id: holder.principal_id,
                person_id: holder.person,
                csrf: holder.csrf,
                session: holder.token_hash,
            })
        });
        request.extensions_mut().insert(Memo(attendee.clone()));
        Ok(attendee)
    }
}

impl StaffUser {
    /// Who sits at the desk or behind the token, if anybody.
    pub async fn find(request: &HttpRequest) -> Result<Option<Rc<StaffUser>>, Error> {
        if let Some(memo) = request.extensions().get::<Memo<StaffUser>>() {
            return Ok(memo.0.clone());
        }
        let context = context(request)?;
        let base = &context.web.base;
        // A token, even a wrong one, speaks for the request; the cookie does not help it out.
        let found = if context.bearer {
            session::find(base, Kind::Api, bearer(request)).await?
        } else if let Some(cookie) = request.cookie(name(Kind::Staff)) {
            session::find(base, Kind::Staff, cookie.value()).await?
        } else {
            None
        };
        let mut user = None;
        if let Some(model) = found
            && let Some(staff) = staff::find(base, model.principal_id).await?
            && staff.disabled_at.is_none()
        {
            user = Some(Rc::new(StaffUser {
                id: staff.id,
                role: staff.role(),
                username: staff.username,
                name: staff.name,
                csrf: model.csrf,
                session: model.token_hash,
            }));
        }
        request.extensions_mut().insert(Memo(user.clone()));
        Ok(user)
    }
}

fn bearer(request: &HttpRequest) -> &str {
    let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("").trim()
}

/// `true` on the API when a browser's cookie, not a token, asks to change something.
fn needs_header(context: &Context) -> bool {
    !context.bearer && context.path.starts_with("/api/") && !context.method.is_safe()
}

async fn attendee(request: HttpRequest) -> Result<Attendee, Error> {
    let found = Attendee::find(&request).await?;
    found.map(|attendee| (*attendee).clone()).ok_or_else(|| Error::new("wechat_required"))
}

async fn staff_with(request: HttpRequest, least: Role) -> Result<StaffUser, Error> {
    let Some(user) = StaffUser::find(&request).await? else { return Err(Error::new("login_required")) };
    let context = context(&request)?;
    if needs_header(&context) {
        let shown = request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok());
        csrf::token(shown, &user.csrf, true)?;
    }
    if user.role < least {
        return Err(Error::new("forbidden").because_of(format!("{} is {}", user.username, user.role.name())));
    }
    Ok((*user).clone())
}

impl FromRequest for Attendee {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Attendee, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(attendee(request.clone()))
    }
}

impl FromRequest for StaffUser {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<StaffUser, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(staff_with(request.clone(), Role::Viewer))
    }
}

impl FromRequest for Organiser {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Organiser, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = staff_with(request.clone(), Role::Organiser);
        Box::pin(async move { user.await.map(Organiser) })
    }
}

impl FromRequest for Administrator {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Administrator, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = staff_with(request.clone(), Role::Admin);
        Box::pin(async move { user.await.map(Administrator) })
    }
}

/// Opens a session of `kind` (phone or desk) for `principal`; the cookie goes into the answer.
pub async fn sign_in(context: &Context, kind: Kind, principal: Uuid) -> Result<Cookie<'static>, Error> {
    let opened = session::open(&context.web.base, kind, principal, &context.user_agent).await?;
    let mut cookie = cookie(&context.web, name(kind), opened.token);
    cookie.set_max_age(Duration::seconds(kind.life().num_seconds()));
    Ok(cookie)
}

/// Ends the session with this key; the cookie in the answer makes the browser forget it.
pub async fn sign_out(context: &Context, kind: Kind, session: &str) -> Result<Cookie<'static>, Error> {
    session::revoke(&context.web.base, session).await?;
    let mut cookie = cookie(&context.web, name(kind), String::new());
    cookie.make_removal();
    Ok(cookie)
}

/// A cookie that scripts cannot read and other sites cannot send along with a form.
pub(super) fn cookie(web: &Web, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .secure(web.secure())
        .same_site(SameSite::Lax)
        .finish()
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Follower => "yst_phone",
        Kind::Staff | Kind::Api => "yst_desk",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::{get, post};
    use chrono::Duration;

    use super::*;
    use crate::web::testing::{app, ask, desk, phone, place, text};

    async fn view(user: StaffUser) -> String {
        user.name
    }

    async fn hold(user: Organiser) -> String {
        user.0.username
    }

    async fn rule(user: Administrator) -> String {
        user.0.username
    }

    async fn attend(attendee: Attendee) -> String {
        attendee.follower_id.to_string()
    }

    #[actix_web::test]
    async fn the_right_in_the_signature_decides() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes
                .route("/desk/view", get().to(view))
                .route("/desk/hold", get().to(hold))
                .route("/desk/rule", get().to(rule));
        })
        .await;
        use StatusCode as S;
        for (role, expected) in [
            (Role::Viewer, [S::OK, S::FORBIDDEN, S::FORBIDDEN]),
            (Role::Organiser, [S::OK, S::OK, S::FORBIDDEN]),
            (Role::Admin, [S::OK, S::OK, S::OK]),
        ] {
            let (cookie, _) = desk(&place, role).await;
            for (path, expected) in ["/desk/view", "/desk/hold", "/desk/rule"].iter().zip(expected) {
                let answer = ask(&app, TestRequest::get().uri(path).cookie(cookie.clone())).await;
                assert_eq!(answer.status(), expected, "{role:?} {path}");
            }
        }
        assert_eq!(ask(&app, TestRequest::get().uri("/desk/view")).await.status(), S::SEE_OTHER);
    }

    #[actix_web::test]
    async fn a_session_ends_with_its_time_its_account_or_its_owners_wish() {
        let place = place().await;
        let base = place.web.base.clone();
        let app = app(&place, |routes| {
            routes.route("/desk/view", get().to(view));
        })
        .await;
        let (cookie, _) = desk(&place, Role::Organiser).await;
        let visit = || TestRequest::get().uri("/desk/view").cookie(cookie.clone());
        assert_eq!(text(ask(&app, visit()).await).await, "陈晓燕");

        base.clock.advance(Duration::hours(13));
        assert_eq!(ask(&app, visit()).await.status(), StatusCode::SEE_OTHER);
        base.clock.advance(-Duration::hours(13));
        assert_eq!(ask(&app, visit()).await.status(), StatusCode::OK);

        let staff = staff::list(&base).await.unwrap();
        staff::set_disabled(&base, staff[0].id, true, "test").await.unwrap();
        assert_eq!(ask(&app, visit()).await.status(), StatusCode::SEE_OTHER);
    }

    #[actix_web::test]
    async fn a_phones_cookie_opens_no_desk_and_a_desks_no_phone() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/desk/view", get().to(view)).route("/api/v1/me", get().to(attend));
        })
        .await;
        let (phone, _) = phone(&place).await;
        let (desk, _) = desk(&place, Role::Admin).await;
        let crossed = Cookie::new("yst_desk", phone.value().to_string());
        assert_eq!(
            ask(&app, TestRequest::get().uri("/desk/view").cookie(crossed)).await.status(),
            StatusCode::SEE_OTHER
        );
        let crossed = Cookie::new("yst_phone", desk.value().to_string());
        assert_eq!(
            ask(&app, TestRequest::get().uri("/api/v1/me").cookie(crossed)).await.status(),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            ask(&app, TestRequest::get().uri("/api/v1/me").cookie(phone)).await.status(),
            StatusCode::OK
        );
    }

    #[actix_web::test]
    async fn a_program_speaks_by_its_token_alone() {
        let place = place().await;
        let base = &place.web.base;
        let app = app(&place, |routes| {
            routes.route("/api/v1/x", post().to(hold));
        })
        .await;
        let (cookie, csrf) = desk(&place, Role::Admin).await;
        let staff = staff::list(base).await.unwrap();
        let opened = session::open(base, Kind::Api, staff[0].id, "program").await.unwrap();
        let call = || TestRequest::post().uri("/api/v1/x");
        let bearer = |token: &str| ("Authorization", format!("Bearer {token}"));

        assert_eq!(ask(&app, call().insert_header(bearer(&opened.token))).await.status(), StatusCode::OK);
        let wrong = call().insert_header(bearer("wrong")).cookie(cookie.clone());
        assert_eq!(ask(&app, wrong).await.status(), StatusCode::UNAUTHORIZED);
        // A browser's script shows the token of its page.
        assert_eq!(ask(&app, call().cookie(cookie.clone())).await.status(), StatusCode::FORBIDDEN);
        let script = call().cookie(cookie).insert_header((csrf::HEADER, csrf));
        assert_eq!(ask(&app, script).await.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn cookies_are_out_of_reach_for_scripts_and_other_sites() {
        let place = place().await;
        let cookie = cookie(&place.web, "yst_phone", "x".to_string());
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        assert!(!cookie.to_string().contains("Secure"));
    }
}
