//! What a text means that a scanner read: a code of one of our meetings, or nothing of ours.

use sea_orm::DbErr;
use url::Url;

use super::scene;
use crate::base::Base;

/// The host of the codes that WeChat makes.
const PLATFORM: &str = "weixin.qq.com";

/// A code of ours. The meeting may still be unknown, and what rotates may be stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    pub code: String,
    /// Slot and signature of a code that rotates.
    pub rotating: Option<(i64, String)>,
}

impl Scanned {
    /// The page of ours where this scan goes on.
    pub fn page(&self) -> String {
        match &self.rotating {
            Some((slot, mac)) => format!("/m/{}?s={slot}&k={mac}", self.code),
            None => format!("/m/{}", self.code),
        }
    }
}

/// Reads `text`: WeChat's own code of a meeting, or a link to a meeting on our host. `None`: not one of our codes.
pub async fn read(base: &Base, text: &str) -> Result<Option<Scanned>, DbErr> {
    let Ok(url) = Url::parse(text.trim()) else { return Ok(None) };
    if url.host_str() == Some(PLATFORM) {
        let meeting = scene::find_by_url(base, url.as_str()).await?;
        return Ok(meeting.map(|meeting| Scanned { code: meeting.code, rotating: None }));
    }
    Ok(of_link(&url, &base.config.public_url))
}

fn of_link(url: &Url, own: &Url) -> Option<Scanned> {
    if !matches!(url.scheme(), "http" | "https") || url.host() != own.host() {
        return None;
    }
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    let code = url.path().strip_prefix("/m/").filter(|code| word(code))?;
    let parameter =
        |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let slot = parameter("s").and_then(|slot| slot.parse().ok());
    let mac = parameter("k").filter(|mac| word(mac));
    Some(Scanned { code: code.to_string(), rotating: slot.zip(mac) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Option<String> {
        let own = Url::parse("https://city.test/").unwrap();
        of_link(&Url::parse(text).unwrap(), &own).map(|scanned| scanned.page())
    }

    #[test]
    fn a_link_to_a_meeting_of_ours_leads_to_its_page() {
        assert_eq!(page("https://city.test/m/k7q2hx9d").as_deref(), Some("/m/k7q2hx9d"));
        assert_eq!(page("http://city.test/m/k7q2hx9d#top").as_deref(), Some("/m/k7q2hx9d"));
        assert_eq!(
            page("https://city.test/m/k7q2hx9d?s=119&k=a_b-c&from=singlemessage").as_deref(),
            Some("/m/k7q2hx9d?s=119&k=a_b-c")
        );
    }

    #[test]
    fn nothing_else_leads_anywhere() {
        for text in [
            "https://evil.test/m/k7q2hx9d",
            "https://city.test.evil.test/m/k7q2hx9d",
            "https://city.test@evil.test/m/k7q2hx9d",
            "https://city.test/desk",
            "https://city.test/m/",
            "https://city.test/m/k7q2hx9d/checkin",
            "https://city.test/m/%2e%2e%2fdesk",
            "weixin://city.test/m/k7q2hx9d",
        ] {
            assert_eq!(page(text), None, "{text}");
        }
    }

    #[test]
    fn a_half_or_forged_rotating_code_carries_nothing_into_the_address() {
        assert_eq!(page("https://city.test/m/k7q2hx9d?s=119").as_deref(), Some("/m/k7q2hx9d"));
        assert_eq!(page("https://city.test/m/k7q2hx9d?s=1&k=%0d%0aX").as_deref(), Some("/m/k7q2hx9d"));
    }
}
