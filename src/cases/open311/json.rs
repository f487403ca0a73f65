//! JSON of GeoReport v2: the lists and records themselves, without a root.

use serde::de::DeserializeOwned;

use super::{Answer, Unreadable};

/// The largest answer of another system that is read, in bytes: 1000 requests with their descriptions.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

pub fn render(answer: &Answer) -> Result<String, serde_json::Error> {
    serde_json::to_string(&answer.value()?)
}

/// Another system's answer, e.g. `parse::<Vec<Service>>(body)`. A code without quotes (`"service_code":12`) is read as
/// text; the specification's own sample `001` is no JSON, and refused.
pub fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Unreadable> {
    if body.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    Ok(serde_json::from_str(body.trim_start_matches('\u{feff}'))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::open311::*;

    #[test]
    fn codes_are_text_even_where_others_write_numbers() {
        let body = r#"[{"service_code":1,"service_name":"Cans","description":null,"metadata":true,"type":"realtime",
            "keywords":"a, b","group":"sanitation"}]"#;
        let services: Vec<Service> = parse(body).unwrap();
        assert_eq!(services[0].service_code, "1");
        let again = render(&Answer::Services(services)).unwrap();
        assert!(again.contains(r#""service_code":"1""#), "{again}");
        assert!(parse::<Vec<Service>>(&body.replace(":1,", ":001,")).is_err());
    }

    #[test]
    fn requests_are_read_as_the_specification_prints_them() {
        let body = r#"[{"service_request_id":638344,"status":"closed","status_notes":"Duplicate request.",
            "service_name":"Sidewalk","service_code":"006","description":null,"agency_responsible":null,
            "service_notice":null,"requested_datetime":"2010-04-14T06:37:38-08:00",
            "updated_datetime":"2010-04-14T06:37:38-08:00","expected_datetime":"2010-04-15T06:37:38-08:00",
            "address":"8TH AVE and JUDAH ST","address_id":545483,"zipcode":94122,
            "lat":37.762221815,"long":-122.4651145,"media_url":"http://city.gov/r/638344.jpg"}]"#;
        let requests: Vec<Request> = parse(body).unwrap();
        assert_eq!(requests[0].service_request_id, "638344");
        assert_eq!(requests[0].zipcode.as_deref(), Some("94122"));
        assert_eq!(requests[0].long, Some(-122.4651145));
        let again = render(&Answer::Requests(requests.clone())).unwrap();
        assert!(again.contains(r#""requested_datetime":"2010-04-14T22:37:38+08:00""#), "{again}");
        assert!(again.contains(r#""agency_responsible":null"#));
        assert!(!again.contains("extended_attributes"), "only when asked for");
        assert_eq!(parse::<Vec<Request>>(&again).unwrap(), requests);
    }

    #[test]
    fn times_without_an_offset_are_refused() {
        let body = r#"[{"service_request_id":"1","status":"open","service_code":"1","requested_datetime":"2010-04-14T06:37:38"}]"#;
        assert!(parse::<Vec<Request>>(body).is_err());
        assert!(parse::<Vec<Request>>(&body.replace(":38\"", ":38Z\"")).is_ok());
    }

    #[test]
    fn faults_and_new_requests_have_the_specifications_form() {
        let faults = Answer::Faults(vec![Fault::new(403, "Invalid api_key received")]);
        assert_eq!(render(&faults).unwrap(), r#"[{"code":403,"description":"Invalid api_key received"}]"#);
        let created =
            Answer::Created(vec![Created { service_request_id: "16944".into(), ..Created::default() }]);
        let value: serde_json::Value = serde_json::from_str(&render(&created).unwrap()).unwrap();
        assert_eq!(
            value,
            serde_json::json!([{"service_request_id": "16944", "service_notice": null, "account_id": null}])
        );
        assert_eq!(render(&Answer::Updated(vec!["7".into()])).unwrap(), r#"[{"update_id":"7"}]"#);
    }
}
