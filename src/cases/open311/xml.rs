//! XML of GeoReport v2, made of and read into the JSON value: lists become an element with one child an item.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json::MAX_BYTES;
use super::{Answer, Unreadable};

/// Lists by the name of their element, and the name of each item.
const LISTS: [(&str, &str); 8] = [
    ("services", "service"),
    ("service_requests", "request"),
    ("service_request_updates", "request_update"),
    ("attributes", "attribute"),
    ("values", "value"),
    ("errors", "error"),
    ("notes", "note"),
    ("photos", "photo"),
];
/// Answers nest six deep.
const MAX_DEPTH: usize = 16;

pub fn render(answer: &Answer) -> Result<String, serde_json::Error> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    element(answer.root(), &answer.value()?, &mut text);
    Ok(text)
}

fn item_of(list: &str) -> &str {
    LISTS.iter().find(|(name, _)| *name == list).map_or("item", |(_, item)| item)
}

fn element(name: &str, value: &Value, to: &mut String) {
    // Names of extended attributes may be anything in JSON; in XML they are names.
    let name: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || "_-.".contains(sign) { sign } else { '_' })
        .collect();
    let name = if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        name
    } else {
        format!("_{name}")
    };
    to.push_str(&format!("<{name}>"));
    match value {
        Value::Null => {}
        Value::Bool(flag) => to.push_str(&flag.to_string()),
        Value::Number(number) => to.push_str(&number.to_string()),
        Value::String(text) => to.push_str(&escape(allowed(text))),
        Value::Array(items) => items.iter().for_each(|item| element(item_of(&name), item, to)),
        Value::Object(fields) => fields.iter().for_each(|(field, value)| element(field, value, to)),
    }
    to.push_str(&format!("</{name}>"));
}

/// Without the signs that XML 1.0 cannot hold in any spelling.
fn allowed(text: &str) -> String {
    let fits = |sign: &char| matches!(sign, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

/// Another system's answer, e.g. `parse::<Vec<Service>>(body)`.
pub fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Unreadable> {
    Ok(T::deserialize(value(body)?)?)
}

/// An element on its way: its name, its children, its text.
struct Open {
    name: String,
    children: Vec<(String, Value)>,
    text: String,
}

impl Open {
    fn close(self) -> (String, Value) {
        let is_list = LISTS.iter().any(|(list, _)| *list == self.name);
        let value = if is_list {
            Value::Array(self.children.into_iter().map(|(_, value)| value).collect())
        } else if self.children.is_empty() {
            let text = self.text.trim();
            if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) }
        } else {
            // Of a name that comes twice, the first counts.
            let mut fields = Map::new();
            for (name, value) in self.children {
                fields.entry(name).or_insert(value);
            }
            Value::Object(fields)
        };
        (self.name, value)
    }
}

/// The root's value. No document types, no entities but XML's own five.
fn value(body: &str) -> Result<Value, Unreadable> {
    if body.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let mut reader = Reader::from_str(body.trim_start_matches('\u{feff}'));
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| Unreadable::Xml(error.to_string()))? {
            Event::Start(tag) => {
                if open.len() == MAX_DEPTH {
                    return Err(Unreadable::TooLarge);
                }
                open.push(begin(tag.local_name().as_ref()));
            }
            Event::Empty(tag) => {
                let (name, value) = begin(tag.local_name().as_ref()).close();
                add(&mut open, &mut root, name, value)?;
            }
            Event::End(_) => {
                let (name, value) = open.pop().ok_or_else(|| misplaced("an end"))?.close();
                add(&mut open, &mut root, name, value)?;
            }
            Event::Text(text) => append(&mut open, &text.into_inner())?,
            Event::CData(text) => append(&mut open, &text.into_inner())?,
            Event::GeneralRef(entity) => {
                let sign = match entity.resolve_char_ref() {
                    Ok(Some(sign)) => sign,
                    _ => match &*entity.xml10_content() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return Err(misplaced("an unknown entity")),
                    },
                };
                append(&mut open, sign.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(Unreadable::Doctype),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(value) if open.is_empty() => Ok(value),
        _ => Err(misplaced("the end of the text")),
    }
}

fn misplaced(what: &str) -> Unreadable {
    Unreadable::Xml(format!("{what} where none can be"))
}

fn begin(name: &str) -> Open {
    Open { name: name.to_owned(), children: Vec::new(), text: String::new() }
}

fn add(open: &mut [Open], root: &mut Option<Value>, name: String, value: Value) -> Result<(), Unreadable> {
    match open.last_mut() {
        Some(parent) => parent.children.push((name, value)),
        None if root.is_none() => *root = Some(value),
        None => return Err(misplaced("a second root")),
    }
    Ok(())
}

fn append(open: &mut [Open], text: &str) -> Result<(), Unreadable> {
    match open.last_mut() {
        Some(parent) => parent.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(misplaced("text")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::open311::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn services_are_read_as_the_specification_prints_them() {
        let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>
            <services>
              <service><service_code>001</service_code><service_name>Cans left out 24x7</service_name>
                <description>Garbage &amp; <![CDATA[<recycling>]]> cans</description><metadata>true</metadata>
                <type>realtime</type><keywords>lorem, ipsum</keywords><group>sanitation</group></service>
              <service><service_code>002</service_code><metadata>false</metadata><type>batch</type>
                <keywords/><group>street</group><service_name>Plate</service_name><description></description></service>
            </services>";
        let services: Vec<Service> = parse(body).unwrap();
        assert_eq!(services[0].service_code, "001");
        assert_eq!(services[0].description.as_deref(), Some("Garbage & <recycling> cans"));
        assert_eq!(
            (services[1].metadata, &services[1].keywords, &services[1].description),
            (false, &None, &None)
        );
        let again = render(&Answer::Services(services.clone())).unwrap();
        assert!(
            again.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<services><service>"),
            "{again}"
        );
        assert!(again.contains("<service_code>001</service_code>"));
        assert_eq!(parse::<Vec<Service>>(&again).unwrap(), services);
    }

    #[test]
    fn a_definition_has_attributes_with_values() {
        let body = "<service_definition><service_code>DMV66</service_code><attributes><attribute>
            <variable>true</variable><code>WHISHETN</code><datatype>singlevaluelist</datatype><required>true</required>
            <datatype_description></datatype_description><order>1</order><description>Which?</description>
            <values><value><key>123</key><name>Ford</name></value><value><key>124</key><name>Chrysler</name></value></values>
            </attribute></attributes></service_definition>";
        let definition: Definition = parse(body).unwrap();
        assert_eq!(definition.attributes[0].values[1], Choice { key: "124".into(), name: "Chrysler".into() });
        assert!(definition.attributes[0].required);
        let answer = Answer::Definition(definition.clone());
        assert_eq!(parse::<Definition>(&render(&answer).unwrap()).unwrap(), definition);
        assert_eq!(json::parse::<Definition>(&json::render(&answer).unwrap()).unwrap(), definition);
        let none: Definition =
            parse("<service_definition><service_code>1</service_code><attributes/></service_definition>")
                .unwrap();
        assert!(none.attributes.is_empty());
    }

    #[test]
    fn faults_requests_and_updates_stand_under_their_roots() {
        let at = model::parse_moment("2026-11-23T09:30:00+08:00").unwrap();
        let request = Request {
            service_request_id: "16944".into(),
            status: "open".into(),
            service_code: "street_light".into(),
            description: Some("路灯 <不亮>".into()),
            requested_datetime: at,
            extended_attributes: Some(json!({"photos": ["https://a/1.jpg"], "2 words": 1})),
            notes: vec![Note { datetime: at, summary: "已转办".into(), description: None }],
            ..Request::default()
        };
        let text = render(&Answer::Requests(vec![request])).unwrap();
        for part in [
            "<service_requests><request>",
            "<service_request_id>16944</service_request_id>",
            "<requested_datetime>2026-11-23T09:30:00+08:00</requested_datetime>",
            "<description>路灯 &lt;不亮&gt;</description>",
            "<agency_responsible></agency_responsible>",
            "<extended_attributes><_2_words>1</_2_words><photos><photo>https://a/1.jpg</photo></photos></extended_attributes>",
            "<notes><note><datetime>2026-11-23T09:30:00+08:00</datetime>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let faults = render(&Answer::Faults(vec![Fault::new(404, "没有")])).unwrap();
        assert!(
            faults
                .ends_with("<errors><error><code>404</code><description>没有</description></error></errors>")
        );
        assert_eq!(parse::<Vec<Fault>>(&faults).unwrap(), [Fault::new(404, "没有")]);
        let update = Update {
            update_id: "7".into(),
            service_request_id: "16944".into(),
            status: Some("closed".into()),
            description: None,
            updated_datetime: at,
            media_url: None,
            external_status_code: None,
        };
        let text = render(&Answer::Updates(vec![update.clone()])).unwrap();
        assert!(text.contains("<service_request_updates><request_update>"), "{text}");
        assert_eq!(parse::<Vec<Update>>(&text).unwrap(), [update]);
        assert!(
            render(&Answer::Updated(vec!["7".into()]))
                .unwrap()
                .contains("<request_update><update_id>7</update_id>")
        );
        assert!(
            render(&Answer::Requests(vec![])).unwrap().ends_with("<service_requests></service_requests>")
        );
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(1000) + &"</a>".repeat(1000);
        for body in [
            "",
            "text",
            "<services>",
            "</services>",
            "<services></service>",
            "<services/><services/>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><services>&b;</services>",
            "<services>&b;</services>",
            &deep,
        ] {
            assert!(parse::<Vec<Service>>(body).is_err(), "{body:.40}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_both_formats(description in any::<String>(), lat in -90.0f64..90.0, code in "[a-z0-9_]{1,8}") {
            let request = Request {
                service_request_id: "1".into(),
                status: "open".into(),
                service_code: code,
                description: Some(description.clone()),
                lat: Some(lat),
                ..Request::default()
            };
            let answer = Answer::Requests(vec![request]);
            let from_json: Vec<Request> = json::parse(&json::render(&answer).unwrap()).unwrap();
            let told = from_json[0].description.clone().unwrap_or_default();
            prop_assert_eq!(told.trim(), description.trim());
            prop_assert!((from_json[0].lat.unwrap() - lat).abs() < 1e-9);
            let from_xml: Vec<Request> = parse(&render(&answer).unwrap()).unwrap();
            // XML knows one kind of line end.
            let clean = |text: &str| allowed(text).replace(|sign: char| sign.is_whitespace(), "");
            prop_assert_eq!(clean(&from_xml[0].description.clone().unwrap_or_default()), clean(&description));
            prop_assert!((from_xml[0].lat.unwrap() - lat).abs() < 1e-9);
        }
    }
}
