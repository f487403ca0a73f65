//! The cookies that a phone keeps for the site, and the title of the page it looks at.

use std::collections::{BTreeMap, HashMap};

use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;

/// The most cookies of one phone, and the longest.
const MAX_COOKIES: usize = 60;
const MAX_LENGTH: usize = 4096;

/// By openid.
#[derive(Default)]
pub struct Jars {
    phones: HashMap<String, Phone>,
}

#[derive(Default)]
struct Phone {
    cookies: BTreeMap<String, String>,
    title: String,
}

impl Jars {
    /// Keeps or removes a cookie, as its `Set-Cookie` says. There is one site, so paths do not matter.
    pub fn keep(&mut self, openid: &str, set_cookie: &str) {
        let Ok(cookie) = Cookie::parse(set_cookie.to_string()) else { return };
        let phone = self.phones.entry(openid.to_string()).or_default();
        if cookie.max_age().is_some_and(|age| age <= Duration::ZERO) || cookie.value().is_empty() {
            phone.cookies.remove(cookie.name());
        } else if phone.cookies.len() < MAX_COOKIES && set_cookie.len() <= MAX_LENGTH {
            phone.cookies.insert(cookie.name().to_string(), cookie.value().to_string());
        }
    }

    /// The `Cookie` header: the site's own ones and those that the page's script set.
    pub fn header(&self, openid: &str, from_script: Option<&str>) -> String {
        let kept = self.phones.get(openid).map(|phone| &phone.cookies);
        let kept = kept.into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
        kept.chain(from_script.map(str::to_string)).collect::<Vec<_>>().join("; ")
    }

    /// The page that is open now has this title.
    pub fn titled(&mut self, openid: &str, title: String) {
        self.phones.entry(openid.to_string()).or_default().title = title;
    }

    pub fn title(&self, openid: &str) -> &str {
        self.phones.get(openid).map(|phone| phone.title.as_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_has_its_own_cookies() {
        let mut jars = Jars::default();
        jars.keep("o1", "s=1; Path=/; HttpOnly; Secure; SameSite=Lax");
        jars.keep("o1", "t=2; Max-Age=600");
        jars.keep("o2", "s=3");
        assert_eq!(jars.header("o1", None), "s=1; t=2");
        assert_eq!(jars.header("o2", Some("own=4")), "s=3; own=4");
        jars.keep("o1", "s=; Max-Age=0");
        assert_eq!(jars.header("o1", None), "t=2");
        assert_eq!(jars.header("o3", None), "");
    }
}
