//! How often somebody may do something. Counted in the cache, so it holds across replicas.
//!
//! A hall of people shares one address, and so does a ministry or a phone company: limit by person or session
//! where there is one, and by address only where there is nobody yet.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpRequest;

use super::Error;
use crate::base::Base;

/// At most `times` within `per`, counted from the first; the whole of it may come at once.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub name: &'static str,
    pub times: i64,
    pub per: Duration,
}

impl Limit {
    /// Counts one for `who` (a session, a person, an address) and refuses when it is one too many.
    pub async fn check(&self, base: &Base, who: &str) -> Result<(), Error> {
        let key = format!("limit:{}:{who}", self.name);
        if base.cache.increment(&key, self.per).await > self.times {
            return Err(Error::new("rate_limited").retry_after(self.per.as_secs().max(1)));
        }
        Ok(())
    }
}

/// The address of the client, behind `proxies` proxies of our own: each adds one address at the right of
/// `X-Forwarded-For`, and what stands left of theirs anybody may have written.
pub fn client_ip(request: &HttpRequest, proxies: u8) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|address| address.ip());
    if proxies == 0 {
        return peer;
    }
    let listed: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let place = listed.len().checked_sub(usize::from(proxies))?;
    listed.get(place).and_then(|address| address.parse().ok()).or(peer)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use chrono::TimeDelta;

    use super::*;
    use crate::web::testing::place;

    #[actix_web::test]
    async fn one_too_many_waits_and_others_do_not() {
        let place = place().await;
        let base = &place.web.base;
        let limit = Limit { name: "test", times: 2, per: Duration::from_secs(60) };
        assert!(limit.check(base, "a").await.is_ok());
        assert!(limit.check(base, "a").await.is_ok());
        assert_eq!(limit.check(base, "a").await.unwrap_err().code(), "rate_limited");
        assert!(limit.check(base, "b").await.is_ok());
        base.clock.advance(TimeDelta::seconds(61));
        assert!(limit.check(base, "a").await.is_ok());
    }

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let request = |value: &'static str| {
            let peer = "10.0.0.1:5000".parse().unwrap();
            TestRequest::get().peer_addr(peer).insert_header(("X-Forwarded-For", value)).to_http_request()
        };
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(client_ip(&request("1.1.1.1"), 0), ip("10.0.0.1"));
        assert_eq!(client_ip(&request("6.6.6.6, 1.1.1.1"), 1), ip("1.1.1.1"));
        assert_eq!(client_ip(&request("6.6.6.6, 1.1.1.1, 10.0.0.2"), 2), ip("1.1.1.1"));
        assert_eq!(client_ip(&request("unknown"), 1), ip("10.0.0.1"));
        assert_eq!(client_ip(&request("1.1.1.1"), 2), None);
    }
}
