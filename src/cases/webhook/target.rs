//! Where messages may go: to hosts that the operator named, and never into our own network. The address is checked
//! again when the connection is made, because a name may answer differently the second time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What an operator allows.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowList {
    /// `https://oa.example.cn`, `https://oa.example.cn:8443`: scheme, host and port must be these.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Single addresses of the inner network that may be reached all the same, e.g. of a department's OA.
    #[serde(default)]
    pub inside: Vec<IpAddr>,
}

/// Why a target is refused; `field` of the answer is the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not an address that begins with https:// (or http:// inside)")]
    Address,
    #[error("names a user or password")]
    Credentials,
    #[error("not on the allow-list")]
    Unlisted,
    #[error("leads into a private network")]
    Private,
}

/// A checked address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl AllowList {
    /// Checks an address as somebody enters it. Numbers in any form (`0x7f000001`, `0177.0.0.1`, `2130706433`) are
    /// read as the addresses that they are.
    pub fn check(&self, address: &str) -> Result<Target, Refused> {
        let url = Url::parse(address.trim()).map_err(|_| Refused::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(Refused::Address),
        };
        if literal.is_some_and(|address| !self.reachable(address)) {
            return Err(Refused::Private);
        }
        // In plain text only to an address inside that the operator named.
        let plain = url.scheme() == "http" && literal.is_some_and(|address| self.inside.contains(&address));
        if url.scheme() != "https" && !plain {
            return Err(Refused::Address);
        }
        let listed = self.origins.iter().filter_map(|origin| Url::parse(origin).ok());
        if !listed.into_iter().any(|origin| origin.origin() == url.origin()) {
            return Err(Refused::Unlisted);
        }
        Ok(Target(url))
    }

    /// Whether a connection to this address may be opened.
    pub fn reachable(&self, address: IpAddr) -> bool {
        is_public(address) || self.inside.iter().any(|named| named.to_canonical() == address.to_canonical())
    }

    /// A client that connects to allowed addresses only, follows no redirect and no proxy.
    pub fn guard(self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard(Arc::new(self))))
    }
}

/// Resolves names; the addresses it hands over are those that are connected to, so there is no second question.
struct Guard(Arc<AllowList>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let list = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| list.reachable(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Refused::Private.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet (IANA special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || a == 10
        || a == 127
        || a == 100 && (64..128).contains(&b)
        || a == 169 && b == 254
        || a == 172 && (16..32).contains(&b)
        || a == 192 && b == 168
        || a == 192 && b == 0 && (c == 0 || c == 2)
        || a == 192 && b == 88 && c == 99
        || a == 198 && (b == 18 || b == 19)
        || a == 198 && b == 51 && c == 100
        || a == 203 && b == 0 && c == 113
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // NAT64 leads to the address in its end, 6to4 to that behind its beginning.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && embedded(g, h),
        (0x2002, _) => embedded(b, c),
        // Teredo, ORCHID, benchmarks and the like; examples.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) | (0x3fff, 0..0x1000) => false,
        // Of everything else only global unicast: not ::, ::1, fc00::/7, fe80::/10, fec0::/10, ff00::/8.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> AllowList {
        AllowList {
            origins: vec![
                "https://oa.example.cn".into(),
                "https://93.184.216.34:8443".into(),
                "https://127.0.0.1".into(),
                "http://10.1.2.3:8080".into(),
                "https://localhost".into(),
            ],
            inside: vec!["10.1.2.3".parse().unwrap()],
        }
    }

    #[test]
    fn only_named_origins_are_targets() {
        for good in
            ["https://oa.example.cn/hook?a=1", "https://OA.example.cn:443/", "https://93.184.216.34:8443/x"]
        {
            assert!(list().check(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("https://oa.example.cn:8443/", Refused::Unlisted),
            ("https://oa.example.cn.evil.cn/", Refused::Unlisted),
            ("https://evil.cn/https://oa.example.cn", Refused::Unlisted),
            ("http://oa.example.cn/", Refused::Address),
            ("ftp://oa.example.cn/", Refused::Address),
            ("file:///etc/passwd", Refused::Address),
            ("oa.example.cn", Refused::Address),
            ("", Refused::Address),
            ("https://oa.example.cn@evil.cn/", Refused::Credentials),
            ("https://user:word@oa.example.cn/", Refused::Credentials),
        ] {
            assert_eq!(list().check(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn private_addresses_are_refused_in_every_spelling_also_when_listed() {
        for address in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "127.255.255.254",
            "0.0.0.0",
            "0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd12::1]",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.0.1",
            "１２７.０.０.１",
        ] {
            let url = format!("https://{address}/");
            assert_eq!(list().check(&url), Err(Refused::Private), "{address}");
        }
    }

    #[test]
    fn the_edges_of_private_ranges_are_exact() {
        for (address, public) in [
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("169.253.0.1", true),
            ("192.167.1.1", true),
            ("126.255.255.255", true),
            ("128.0.0.1", true),
            ("223.255.255.255", true),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2400:3200::1", true),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("2001:200::1", true),
            ("64:ff9b::808:808", true),
            ("64:ff9b:1::808:808", false),
            ("::ffff:8.8.8.8", true),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn an_address_inside_is_reached_only_when_it_is_named() {
        assert!(list().check("http://10.1.2.3:8080/hook").is_ok());
        assert_eq!(list().check("http://10.1.2.3:9090/hook"), Err(Refused::Unlisted));
        assert_eq!(list().check("http://10.1.2.4:8080/hook"), Err(Refused::Private));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_the_connection_is_made() {
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(list().check("https://localhost/").is_ok(), "the name alone tells nothing");
        assert!(Guard(Arc::new(list())).resolve(name()).await.is_err());
        let inside = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        let open = AllowList { inside, ..list() };
        assert!(Guard(Arc::new(open)).resolve(name()).await.is_ok());
    }
}
