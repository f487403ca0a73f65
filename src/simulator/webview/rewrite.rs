//! Translates addresses between the site's own origin and the one under which a phone sees it.

use actix_web::web::Bytes;
use url::Url;

/// The origins of one web view, without a slash at the end.
pub struct Origins {
    site: String,
    /// The platform's authorisation address, which a web view answers itself.
    authorize: String,
    phone: String,
}

impl Origins {
    /// Of the back end's `site`, the simulator and the phone.
    pub fn new(site: &Url, simulator: &str, phone: &str) -> Origins {
        Origins {
            site: site.origin().ascii_serialization(),
            authorize: format!("{simulator}/connect/"),
            phone: phone.to_string(),
        }
    }

    /// A text of the site as the phone's browser must read it.
    pub fn to_phone(&self, text: &str) -> String {
        let text = replace_origin(text, &self.site, &self.phone);
        text.replace(&self.authorize, &format!("{}/connect/", self.phone))
    }

    /// A text from the phone's browser as the site must read it, percent-encoded addresses included.
    pub fn to_site(&self, text: &str) -> String {
        let text = replace_origin(text, &self.phone, &self.site);
        text.replace(&encoded(&self.phone), &encoded(&self.site))
    }

    /// A form or JSON from the phone's browser.
    pub fn body_to_site(&self, body: Bytes) -> Bytes {
        match std::str::from_utf8(&body) {
            Ok(text) => self.to_site(text).into(),
            Err(_) => body,
        }
    }
}

fn encoded(origin: &str) -> String {
    origin.replace(':', "%3A").replace('/', "%2F")
}

/// Replaces whole origins only: `http://a:80` is no part of `http://a:8080`.
fn replace_origin(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        out.push_str(before);
        out.push_str(if whole { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether a body of this content type may hold addresses.
pub fn is_text(content_type: &str) -> bool {
    ["text/html", "application/json", "application/x-www-form-urlencoded"]
        .iter()
        .any(|kind| content_type.starts_with(kind))
}

/// A policy without the directive that forbids the phone's frame.
pub fn framed(policy: &str) -> String {
    let kept = policy.split(';').map(str::trim).filter(|part| !part.starts_with("frame-ancestors"));
    kept.collect::<Vec<_>>().join("; ")
}

/// Whether a page with this policy can speak with the client, which carries messages in frames of its own.
pub fn lets_bridge(policy: &str) -> bool {
    let directive = |name: &str| {
        let found = policy.split(';').map(str::trim).find(|part| part.split(' ').next() == Some(name));
        found.map(|part| part.split(' ').skip(1).any(|source| source == "weixin:"))
    };
    let frames = ["frame-src", "child-src", "default-src"].into_iter().find_map(directive);
    frames.unwrap_or(true)
}

/// The page with the client's script before any of its own, where the client injects it.
pub fn with_bridge(html: &str, script: &str) -> String {
    html.replacen("<head>", &format!("<head><script src=\"{script}\"></script>"), 1)
}

/// The text of `<title>`, for the bar above the page.
pub fn title(html: &str) -> String {
    let inner = html.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let text = inner.map(|(title, _)| title.trim()).unwrap_or_default();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&").chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let site = Url::parse("http://127.0.0.1:80/wechat/callback").unwrap();
        Origins::new(&site, "http://127.0.0.1:8090", "http://phone1.localhost:8090")
    }

    #[test]
    fn addresses_are_translated_both_ways() {
        let page =
            "<a href=\"http://127.0.0.1/m/1\"> http://127.0.0.1:8080/x http://127.0.0.1:8090/connect/oauth2";
        let seen = origins().to_phone(page);
        assert_eq!(
            seen,
            "<a href=\"http://phone1.localhost:8090/m/1\"> http://127.0.0.1:8080/x \
             http://phone1.localhost:8090/connect/oauth2"
        );
        let sent = "/sign?url=http%3A%2F%2Fphone1.localhost%3A8090%2Fm&r=http://phone1.localhost:8090/m";
        assert_eq!(origins().to_site(sent), "/sign?url=http%3A%2F%2F127.0.0.1%2Fm&r=http://127.0.0.1/m");
    }

    #[test]
    fn a_page_speaks_with_the_client_where_its_policy_lets_the_clients_frames_in() {
        assert!(lets_bridge("default-src 'none'; frame-src weixin:; img-src *"));
        assert!(lets_bridge("script-src 'self'"), "without a word about frames");
        assert!(!lets_bridge("default-src 'self'; img-src *"));
        assert!(!lets_bridge("default-src *; frame-src 'self'"));
        assert_eq!(
            with_bridge("<html><head><title>x", "/b.js"),
            "<html><head><script src=\"/b.js\"></script><title>x"
        );
    }

    #[test]
    fn a_page_loses_only_what_keeps_it_out_of_a_frame() {
        assert_eq!(
            framed("default-src 'self'; frame-ancestors 'none'; img-src *"),
            "default-src 'self'; img-src *"
        );
        assert_eq!(title("<html><title> 会议 &amp; 签到 </title>"), "会议 & 签到");
        assert_eq!(title("<html>"), "");
    }
}
