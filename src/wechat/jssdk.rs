//! Signatures that let a page of ours use the phone's scanner, camera and place (JS-SDK).

use super::signature::{Signature, sign_text};
use serde::Serialize;
use url::Url;

/// What a page passes to `wx.config`. Here alone the platform writes `nonceStr` with a capital.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageConfig {
    pub app_id: String,
    pub timestamp: i64,
    pub nonce_str: String,
    pub signature: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("not an http or https address")]
    NotAnAddress,
    /// Whoever can have any address signed acts in our name.
    #[error("not an address of this server")]
    Foreign,
}

/// Signs a page's address as the page sees it (what follows `#` does not count), if its origin is that of
/// `own`, the server's public address. `timestamp` is in seconds since 1970; `nonce` is any random text.
pub fn page_config(
    app_id: &str,
    ticket: &str,
    page: &str,
    own: &Url,
    timestamp: i64,
    nonce: &str,
) -> Result<PageConfig, PageError> {
    let parsed = Url::parse(page).map_err(|_| PageError::NotAnAddress)?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(PageError::NotAnAddress);
    }
    if parsed.origin() != own.origin() || !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(PageError::Foreign);
    }
    Ok(PageConfig {
        app_id: app_id.to_owned(),
        timestamp,
        nonce_str: nonce.to_owned(),
        signature: sign_page(ticket, nonce, timestamp, page).to_string(),
    })
}

/// The signature itself: names in lower case and in this order, values as they are.
pub fn sign_page(ticket: &str, nonce: &str, timestamp: i64, page: &str) -> Signature {
    let page = page.split('#').next().unwrap_or_default();
    sign_text(&format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str =
        "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";

    fn config(page: &str) -> Result<PageConfig, PageError> {
        let own = Url::parse("https://city.example.cn/").expect("an address");
        page_config("wx1", "ticket", page, &own, 1, "n")
    }

    #[test]
    fn pages_are_signed_as_the_platform_signs_them() {
        let official =
            sign_page(TICKET, "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=value");
        assert_eq!(official.as_str(), "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
        let other = sign_page("mock-ticket", "mock-nonce", 1601234567, "https://www.easywechat.com/");
        assert_eq!(other.as_str(), "22772d2fb393ab9f7f6a5a54168a566fbf1ab767");
    }

    #[test]
    fn the_fragment_does_not_count_and_the_query_does() {
        let page = "https://city.example.cn/m/1?a=1&b=2";
        assert_eq!(config(page), config(&format!("{page}#top")));
        assert_ne!(config(page), config("https://city.example.cn/m/1?a=1&amp;b=2"));
    }

    #[test]
    fn only_our_own_pages_are_signed() {
        for page in [
            "https://evil.example.cn/",
            "https://city.example.cn.evil.cn/",
            "http://city.example.cn/",
            "https://city.example.cn:8443/",
            "https://city.example.cn@evil.cn/",
            "https://user@city.example.cn/",
        ] {
            assert_eq!(config(page), Err(PageError::Foreign), "{page}");
        }
        for page in ["", "/m/1", "javascript:alert(1)", "file:///etc/passwd"] {
            assert_eq!(config(page), Err(PageError::NotAnAddress), "{page}");
        }
    }

    #[test]
    fn the_page_gets_the_names_that_the_script_wants() {
        let json = serde_json::to_value(config("https://city.example.cn/").expect("signed")).expect("json");
        for name in ["appId", "timestamp", "nonceStr", "signature"] {
            assert!(json.get(name).is_some(), "{name}");
        }
    }
}
