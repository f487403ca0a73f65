//! What clients send: forms of new requests and updates, and the arguments of a list.

use std::collections::BTreeMap;

use chrono::Duration;

use super::Fault;
use super::model::parse_moment;
use crate::base::clock::Instant;

/// Unicode characters of a description. The specification says 4000 without saying of what.
pub const DESCRIPTION: usize = 4000;
/// A list without dates goes back so far, and is never longer than this.
pub const WINDOW_DAYS: i64 = 90;
pub const MAX_ROWS: u64 = 1000;
/// Rows of a page, unless said.
const PAGE: u64 = 50;
/// Updates without dates go back so far.
const UPDATES_HOURS: i64 = 2;

/// Decoded arguments, in their order.
pub type Pairs = [(String, String)];

/// A new request. What is empty was not said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewRequest {
    pub service_code: String,
    /// Latitude and longitude, WGS-84.
    pub at: Option<(f64, f64)>,
    pub address_string: Option<String>,
    pub address_id: Option<String>,
    pub description: String,
    pub media_url: Option<String>,
    /// Answers by the code of their question; of a multivaluelist several.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Personal: taken from trusted channels only, and never given back.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub device_id: Option<String>,
    pub account_id: Option<String>,
}

/// The first value of `name` that is not empty.
fn said(pairs: &Pairs, name: &str) -> Option<String> {
    let found = pairs.iter().find(|(key, value)| key == name && !value.trim().is_empty());
    found.map(|(_, value)| value.trim().to_owned())
}

fn degrees(pairs: &Pairs, name: &str, most: f64, faults: &mut Vec<Fault>) -> Option<f64> {
    let text = said(pairs, name)?;
    let value = text.parse().ok().filter(|value: &f64| value.abs() <= most);
    if value.is_none() {
        faults.push(Fault::new(400, format!("{name} 应是以度为单位的数（WGS-84）。")));
    }
    value
}

fn time(pairs: &Pairs, name: &str, faults: &mut Vec<Fault>) -> Option<Instant> {
    let text = said(pairs, name)?;
    let at = parse_moment(&text);
    if at.is_none() {
        faults.push(Fault::new(400, format!("{name} 应是带时区的时间，例如 2026-11-23T09:30:00+08:00。")));
    }
    at
}

/// A description in its length, or a fault.
fn description(pairs: &Pairs, faults: &mut Vec<Fault>) -> String {
    let text = said(pairs, "description").unwrap_or_default();
    if text.chars().count() > DESCRIPTION {
        faults.push(Fault::new(400, format!("description 不能超过 {DESCRIPTION} 字。")));
    }
    text
}

/// Web addresses only: others would be scripts or files to whoever opens them.
fn media(pairs: &Pairs, faults: &mut Vec<Fault>) -> Option<String> {
    let text = said(pairs, "media_url")?;
    let web = url::Url::parse(&text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if !web {
        faults.push(Fault::new(400, "media_url 应是 http 或 https 网址。"));
    }
    web.then_some(text)
}

fn done<T>(value: T, faults: Vec<Fault>) -> Result<T, Vec<Fault>> {
    if faults.is_empty() { Ok(value) } else { Err(faults) }
}

impl NewRequest {
    /// Reads `POST /requests`; all faults at once. Whether the service exists is asked by the caller (404).
    pub fn read(pairs: &Pairs) -> Result<NewRequest, Vec<Fault>> {
        let mut faults = Vec::new();
        let service_code = said(pairs, "service_code").unwrap_or_default();
        if service_code.is_empty() {
            faults.push(Fault::new(400, "缺少 service_code。"));
        }
        let lat = degrees(pairs, "lat", 90.0, &mut faults);
        let long = degrees(pairs, "long", 180.0, &mut faults);
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in pairs {
            let code = key
                .strip_prefix("attribute[")
                .and_then(|rest| rest.strip_suffix("][]").or_else(|| rest.strip_suffix(']')));
            if let Some(code) = code.filter(|code| !code.is_empty() && !value.trim().is_empty()) {
                attributes.entry(code.to_owned()).or_default().push(value.trim().to_owned());
            }
        }
        let request = NewRequest {
            service_code,
            at: lat.zip(long),
            address_string: said(pairs, "address_string"),
            address_id: said(pairs, "address_id"),
            description: description(pairs, &mut faults),
            media_url: media(pairs, &mut faults),
            attributes,
            email: said(pairs, "email"),
            phone: said(pairs, "phone"),
            first_name: said(pairs, "first_name"),
            last_name: said(pairs, "last_name"),
            device_id: said(pairs, "device_id"),
            account_id: said(pairs, "account_id"),
        };
        let placed = request.at.is_some() || request.address_string.is_some() || request.address_id.is_some();
        if !placed && faults.is_empty() {
            faults.push(Fault::new(400, "缺少地点：请填写 lat 和 long，或者 address_string、address_id。"));
        }
        done(request, faults)
    }
}

/// The arguments of `GET /requests`.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Where ids are given, nothing else narrows.
    pub ids: Vec<String>,
    pub service_codes: Vec<String>,
    /// `open`, `closed`; empty: both.
    pub status: Vec<String>,
    pub from: Instant,
    pub to: Instant,
    /// From 1.
    pub page: u64,
    pub page_size: u64,
    pub extensions: bool,
}

impl Filter {
    /// Reads the arguments. The window is at most 90 days: without a start, those before the end; without an end, those
    /// after the start.
    pub fn read(pairs: &Pairs, now: Instant) -> Result<Filter, Vec<Fault>> {
        let mut faults = Vec::new();
        let list = |name: &str| -> Vec<String> {
            let all = said(pairs, name).unwrap_or_default();
            all.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
        };
        let status = list("status");
        if status.iter().any(|one| !["open", "closed"].contains(&one.as_str())) {
            faults.push(Fault::new(400, "status 只能是 open 或 closed。"));
        }
        let window = Duration::days(WINDOW_DAYS);
        let (start, end) = (time(pairs, "start_date", &mut faults), time(pairs, "end_date", &mut faults));
        let to = end.or_else(|| start?.checked_add_signed(window)).unwrap_or(now);
        let earliest = to.checked_sub_signed(window).unwrap_or(to);
        let from = start.unwrap_or(earliest);
        if from > to {
            faults.push(Fault::new(400, "start_date 晚于 end_date。"));
        } else if from < earliest {
            faults.push(Fault::new(400, format!("时间范围最长 {WINDOW_DAYS} 天。")));
        }
        let mut number = |name: &str, unless: u64, most: u64| {
            let Some(text) = said(pairs, name) else { return unless };
            let value = text.parse().ok().filter(|value| (1..=most).contains(value));
            if value.is_none() {
                faults.push(Fault::new(400, format!("{name} 应是 1 到 {most} 的整数。")));
            }
            value.unwrap_or(unless)
        };
        let paged = said(pairs, "page").is_some();
        let page = number("page", 1, 1_000_000);
        let page_size = number("page_size", if paged { PAGE } else { MAX_ROWS }, MAX_ROWS);
        let filter = Filter {
            ids: list("service_request_id"),
            service_codes: list("service_code"),
            status,
            from,
            to,
            page,
            page_size,
            extensions: said(pairs, "extensions").is_some_and(|said| said == "true"),
        };
        done(filter, faults)
    }
}

/// The window of `GET /servicerequestupdates`: the last two hours, unless said.
pub fn updates_window(pairs: &Pairs, now: Instant) -> Result<(Instant, Instant), Vec<Fault>> {
    let mut faults = Vec::new();
    let to = time(pairs, "end_date", &mut faults).unwrap_or(now);
    let from = time(pairs, "start_date", &mut faults)
        .or_else(|| to.checked_sub_signed(Duration::hours(UPDATES_HOURS)))
        .unwrap_or(to);
    if from > to {
        faults.push(Fault::new(400, "start_date 晚于 end_date。"));
    }
    done((from, to), faults)
}

/// An update that a partner posts.
#[derive(Clone, Debug, PartialEq)]
pub struct NewUpdate {
    pub service_request_id: String,
    /// The partner's id: a repeat is known by it.
    pub update_id: String,
    /// When it happened there: an older one never overwrites a newer one.
    pub updated_datetime: Instant,
    pub status: Option<String>,
    pub description: String,
    pub media_url: Option<String>,
    pub external_status_code: Option<String>,
}

impl NewUpdate {
    /// Reads `POST /servicerequestupdates`; all faults at once.
    pub fn read(pairs: &Pairs) -> Result<NewUpdate, Vec<Fault>> {
        let mut faults = Vec::new();
        for name in ["service_request_id", "update_id", "updated_datetime"] {
            if said(pairs, name).is_none() {
                faults.push(Fault::new(400, format!("缺少 {name}。")));
            }
        }
        let at = time(pairs, "updated_datetime", &mut faults);
        let status = said(pairs, "status").map(|status| status.to_lowercase());
        let update = NewUpdate {
            service_request_id: said(pairs, "service_request_id").unwrap_or_default(),
            update_id: said(pairs, "update_id").unwrap_or_default(),
            updated_datetime: at.unwrap_or_default(),
            status,
            description: description(pairs, &mut faults),
            media_url: media(pairs, &mut faults),
            external_status_code: said(pairs, "external_status_code"),
        };
        if faults.is_empty() && update.status.is_none() && update.description.is_empty() {
            faults.push(Fault::new(400, "status 和 description 至少填一项。"));
        }
        done(update, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    fn now() -> Instant {
        parse_moment("2026-11-23T09:30:00+08:00").unwrap()
    }

    #[test]
    fn a_request_is_read_with_its_attributes() {
        let form = "service_code=001&lat=27.7783&long=120.6551&description=%E8%B7%AF%E7%81%AF&email=&attribute[COLOR]=red\
            &attribute[WHAT][]=a&attribute[WHAT][]=b&media_url=https%3A%2F%2Fa.cn%2F1.jpg";
        let request = NewRequest::read(&pairs(form)).unwrap();
        assert_eq!((request.service_code.as_str(), request.at), ("001", Some((27.7783, 120.6551))));
        assert_eq!((request.description.as_str(), request.email), ("路灯", None));
        assert_eq!(request.attributes["WHAT"], ["a", "b"]);
        assert_eq!(request.attributes["COLOR"], ["red"]);
    }

    #[test]
    fn all_faults_of_a_request_are_told_at_once() {
        let faults = |form: &str| NewRequest::read(&pairs(form)).unwrap_err().len();
        assert_eq!(faults("lat=north&long=999&media_url=javascript:alert(1)"), 4);
        assert_eq!(faults("service_code=1"), 1, "the place is missing");
        assert_eq!(faults("service_code=1&lat=NaN&long=1"), 1);
        assert!(NewRequest::read(&pairs("service_code=1&address_string=x")).is_ok());
    }

    #[test]
    fn a_description_has_four_thousand_characters_and_not_one_more() {
        let form = |length: usize| {
            let text = "灯".repeat(length);
            vec![
                ("service_code".into(), "1".into()),
                ("address_id".into(), "1".into()),
                ("description".into(), text),
            ]
        };
        assert!(NewRequest::read(&form(4000)).is_ok());
        assert!(NewRequest::read(&form(4001)).is_err());
    }

    #[test]
    fn a_list_is_the_last_ninety_days_unless_said() {
        let read = |query: &str| Filter::read(&pairs(query), now());
        let plain = read("").unwrap();
        assert_eq!((plain.to, plain.to - plain.from), (now(), Duration::days(90)));
        assert_eq!((plain.page, plain.page_size, plain.extensions), (1, 1000, false));
        let all = read("status=open,closed&service_code=a,+b&page=2&extensions=true&service_request_id=1,2,")
            .unwrap();
        assert_eq!((all.page, all.page_size, all.ids.len(), all.service_codes[1].as_str()), (2, 50, 2, "b"));
        let from = read("start_date=2026-01-01T00:00:00Z").unwrap();
        assert_eq!(from.to - from.from, Duration::days(90));
        for wrong in [
            "status=done",
            "page=0",
            "page_size=1001",
            "page_size=many",
            "start_date=yesterday",
            "start_date=2026-01-01T00:00:00",
            "start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z",
            "start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn updates_name_request_id_and_time() {
        let good =
            "service_request_id=16944&update_id=7&updated_datetime=2026-11-23T09:30:00%2B08:00&status=CLOSED";
        let update = NewUpdate::read(&pairs(good)).unwrap();
        assert_eq!((update.updated_datetime, update.status.as_deref()), (now(), Some("closed")));
        assert_eq!(NewUpdate::read(&pairs("")).unwrap_err().len(), 3);
        assert!(NewUpdate::read(&pairs(&good.replace("status", "other"))).is_err());
        assert_eq!(updates_window(&[], now()).unwrap(), (now() - Duration::hours(2), now()));
    }
}
