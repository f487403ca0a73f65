//! Addresses that receipts may come from. Pure.

use std::net::IpAddr;

/// Whether `from` is on `list` (addresses and networks such as `47.1.2.0/24`); an empty list lets everybody.
pub fn allowed(list: &[String], from: Option<IpAddr>) -> bool {
    if list.is_empty() {
        return true;
    }
    let Some(from) = from.map(|ip| ip.to_canonical()) else { return false };
    list.iter().any(|one| contains(one, from))
}

fn contains(network: &str, address: IpAddr) -> bool {
    let (start, length) = network.trim().split_once('/').unwrap_or((network.trim(), ""));
    match (start.parse::<IpAddr>(), address) {
        (Ok(IpAddr::V4(start)), IpAddr::V4(address)) => {
            let length = if length.is_empty() { Some(32) } else { length.parse::<u32>().ok() };
            length.filter(|length| *length <= 32).is_some_and(|length| {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                start.to_bits() & mask == address.to_bits() & mask
            })
        }
        (Ok(IpAddr::V6(start)), IpAddr::V6(address)) => {
            let length = if length.is_empty() { Some(128) } else { length.parse::<u32>().ok() };
            length.filter(|length| *length <= 128).is_some_and(|length| {
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                start.to_bits() & mask == address.to_bits() & mask
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_addresses_and_networks_are_let_in() {
        let list = |all: &[&str]| all.iter().map(|one| one.to_string()).collect::<Vec<_>>();
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert!(allowed(&[], ip("1.2.3.4")) && allowed(&[], None));
        let some = list(&["47.1.2.0/24", "10.0.0.1", "2001:db8::/32"]);
        for good in ["47.1.2.0", "47.1.2.255", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"] {
            assert!(allowed(&some, ip(good)), "{good}");
        }
        for bad in ["47.1.3.0", "10.0.0.2", "2001:db9::1", "::1"] {
            assert!(!allowed(&some, ip(bad)), "{bad}");
        }
        assert!(!allowed(&some, None));
        assert!(!allowed(&list(&["10.0.0.0/33", "x", "10.0.0.0/y"]), ip("10.0.0.0")));
        assert!(allowed(&list(&["0.0.0.0/0"]), ip("9.9.9.9")));
    }
}
