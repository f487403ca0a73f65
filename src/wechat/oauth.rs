//! Web authorization (section 11 of the reference): the address to send the browser to, and what comes back.
//! Cookies, sessions and redirects are the web floor's affair.

use serde::Deserialize;
use url::Url;

/// What the user is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Silent; gives the openid.
    Base,
    /// Asks the user; gives the nickname too. Only behind a button: on page load it opens a snapshot page.
    UserInfo,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
        }
    }
}

/// The address that starts the authorization. The platform insists on this order of parameters and on the
/// fragment. `state` should be random and must satisfy [`is_state`].
pub fn authorize_url(open_base: &Url, app_id: &str, redirect_uri: &str, scope: Scope, state: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={}&state={}#wechat_redirect",
        open_base.as_str().trim_end_matches('/'),
        encode(app_id),
        // The form encoding writes a space as a plus, which the platform would keep.
        encode(redirect_uri).replace('+', "%20"),
        scope.as_str(),
        encode(state),
    )
}

/// Whether the platform carries this text as a state: 1 to 128 letters and digits.
pub fn is_state(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What the browser brings back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Return<'a> {
    /// `code` serves once, for five minutes.
    Granted { code: &'a str, state: &'a str },
    /// The user said no.
    Refused { state: &'a str },
    /// Not a return at all.
    Malformed,
}

impl<'a> Return<'a> {
    /// From the decoded parameters of the return address.
    pub fn read(code: Option<&'a str>, state: Option<&'a str>) -> Self {
        let Some(state) = state.filter(|state| is_state(state)) else { return Self::Malformed };
        match code.unwrap_or_default() {
            "" | "authdeny" => Self::Refused { state },
            code if code.len() > 512 => Self::Malformed,
            code => Self::Granted { code, state },
        }
    }
}

/// The answer to a code. Its tokens belong to the user and are not the account's.
#[derive(Clone, Deserialize)]
pub struct UserToken {
    pub access_token: String,
    #[serde(default)]
    pub expires_in: i64,
    /// Thirty days.
    #[serde(default)]
    pub refresh_token: String,
    pub openid: String,
    #[serde(default)]
    pub scope: String,
    /// Only with [`Scope::UserInfo`].
    #[serde(default)]
    pub unionid: Option<String>,
    #[serde(default)]
    is_snapshotuser: i64,
}

impl UserToken {
    /// Whether all this is invented for a browse-only snapshot page: no user, session or effect may come of it.
    pub fn is_snapshot(&self) -> bool {
        self.is_snapshotuser != 0
    }
}

impl std::fmt::Debug for UserToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserToken").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// What a user who agreed to [`Scope::UserInfo`] shows. Sex and region are no longer told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UserProfile {
    pub openid: String,
    #[serde(default)]
    pub nickname: String,
    #[serde(default, rename = "headimgurl")]
    pub picture_url: String,
    #[serde(default)]
    pub unionid: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_has_the_order_and_the_fragment_that_the_platform_wants() {
        let base = Url::parse("https://open.weixin.qq.com").expect("an address");
        let url = authorize_url(&base, "wx1", "https://a.cn/wechat/oauth?x=1 2&y=签", Scope::Base, "s1");
        assert_eq!(
            url,
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1\
             &redirect_uri=https%3A%2F%2Fa.cn%2Fwechat%2Foauth%3Fx%3D1%202%26y%3D%E7%AD%BE\
             &response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
        );
        let url = authorize_url(&base, "wx1", "https://a.cn/", Scope::UserInfo, "s1");
        assert!(url.contains("scope=snsapi_userinfo"));
    }

    #[test]
    fn a_state_is_letters_and_digits() {
        assert!(is_state("aZ09"));
        for bad in ["", "a-b", "签", "a b", &"a".repeat(129)] {
            assert!(!is_state(bad), "{bad}");
        }
    }

    #[test]
    fn returns_are_granted_refused_or_malformed() {
        assert_eq!(Return::read(Some("c"), Some("s")), Return::Granted { code: "c", state: "s" });
        assert_eq!(Return::read(None, Some("s")), Return::Refused { state: "s" });
        assert_eq!(Return::read(Some("authdeny"), Some("s")), Return::Refused { state: "s" });
        for (code, state) in
            [(Some("c"), None), (Some("c"), Some("<s>")), (Some(&*"c".repeat(600)), Some("s"))]
        {
            assert_eq!(Return::read(code, state), Return::Malformed);
        }
    }

    #[test]
    fn snapshot_users_are_known_and_tokens_are_not_printed() {
        let read = |json: &str| serde_json::from_str::<UserToken>(json).expect("a token");
        let real = read(
            r#"{"access_token":"SECRET","expires_in":7200,"refresh_token":"SECRET","openid":"o1","scope":"snsapi_base"}"#,
        );
        assert!(!real.is_snapshot());
        assert!(!format!("{real:?}").contains("SECRET"));
        assert!(read(r#"{"access_token":"a","openid":"o","is_snapshotuser":1}"#).is_snapshot());
    }
}
