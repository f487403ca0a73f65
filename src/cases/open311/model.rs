//! The records of GeoReport v2. One form for both formats: JSON is the specification's mapping of the XML, so XML is
//! made of the JSON value (`xml.rs`).

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::base::clock::{Instant, shanghai};

/// One kind of matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Always text: `001` is no number.
    #[serde(deserialize_with = "text")]
    pub service_code: String,
    pub service_name: String,
    #[serde(default, deserialize_with = "optional")]
    pub description: Option<String>,
    /// Whether a definition has further questions.
    #[serde(default, deserialize_with = "flag")]
    pub metadata: bool,
    /// `realtime`: the number comes at once.
    #[serde(rename = "type")]
    pub kind: String,
    /// Separated by commas.
    #[serde(default, deserialize_with = "optional")]
    pub keywords: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub group: Option<String>,
}

/// The questions of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    #[serde(deserialize_with = "text")]
    pub service_code: String,
    #[serde(default, deserialize_with = "list")]
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// `false`: words to show, no question.
    #[serde(deserialize_with = "flag")]
    pub variable: bool,
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// `string`, `number`, `datetime`, `text`, `singlevaluelist`, `multivaluelist`.
    pub datatype: String,
    #[serde(default, deserialize_with = "flag")]
    pub required: bool,
    #[serde(default, deserialize_with = "optional")]
    pub datatype_description: Option<String>,
    #[serde(deserialize_with = "whole")]
    pub order: i64,
    pub description: String,
    /// Of the two list types.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    #[serde(deserialize_with = "text")]
    pub key: String,
    #[serde(deserialize_with = "text")]
    pub name: String,
}

/// A case, as everybody may see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    #[serde(deserialize_with = "text")]
    pub service_request_id: String,
    /// `open` or `closed`.
    pub status: String,
    #[serde(default, deserialize_with = "optional")]
    pub status_notes: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub service_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub service_code: String,
    #[serde(default, deserialize_with = "optional")]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub agency_responsible: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub service_notice: Option<String>,
    #[serde(serialize_with = "moment", deserialize_with = "read_moment")]
    pub requested_datetime: Instant,
    #[serde(default, serialize_with = "moment_or_none", deserialize_with = "read_moment_or_none")]
    pub updated_datetime: Option<Instant>,
    #[serde(default, serialize_with = "moment_or_none", deserialize_with = "read_moment_or_none")]
    pub expected_datetime: Option<Instant>,
    #[serde(default, deserialize_with = "optional")]
    pub address: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub address_id: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub zipcode: Option<String>,
    /// Degrees, WGS-84.
    #[serde(default, deserialize_with = "degrees")]
    pub lat: Option<f64>,
    #[serde(default, deserialize_with = "degrees")]
    pub long: Option<f64>,
    #[serde(default, deserialize_with = "optional")]
    pub media_url: Option<String>,
    /// With `extensions=true`: photos, the raw coordinates, what the specification has no field for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_attributes: Option<Value>,
    /// With `extensions=true`: what happened, step by step.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A step in the life of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    #[serde(serialize_with = "moment", deserialize_with = "read_moment")]
    pub datetime: Instant,
    pub summary: String,
    #[serde(default, deserialize_with = "optional")]
    pub description: Option<String>,
}

/// What a new request is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Created {
    #[serde(deserialize_with = "text")]
    pub service_request_id: String,
    #[serde(default, deserialize_with = "optional")]
    pub service_notice: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub account_id: Option<String>,
}

/// One update of a request, of our side or a partner's (mySociety's extension).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    #[serde(deserialize_with = "text")]
    pub update_id: String,
    #[serde(deserialize_with = "text")]
    pub service_request_id: String,
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub description: Option<String>,
    #[serde(serialize_with = "moment", deserialize_with = "read_moment")]
    pub updated_datetime: Instant,
    #[serde(default, deserialize_with = "optional")]
    pub media_url: Option<String>,
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub external_status_code: Option<String>,
}

/// One reason why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The HTTP status.
    #[serde(deserialize_with = "whole")]
    pub code: i64,
    #[serde(deserialize_with = "text")]
    pub description: String,
}

impl Fault {
    pub fn new(code: i64, description: impl Into<String>) -> Fault {
        Fault { code, description: description.into() }
    }
}

/// All that is ever answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Services(Vec<Service>),
    Definition(Definition),
    Requests(Vec<Request>),
    Created(Vec<Created>),
    Updates(Vec<Update>),
    /// The id under which a posted update is known.
    Updated(Vec<String>),
    Faults(Vec<Fault>),
}

impl Answer {
    /// The root element in XML; JSON has none.
    pub fn root(&self) -> &'static str {
        match self {
            Answer::Services(_) => "services",
            Answer::Definition(_) => "service_definition",
            Answer::Requests(_) | Answer::Created(_) => "service_requests",
            Answer::Updates(_) | Answer::Updated(_) => "service_request_updates",
            Answer::Faults(_) => "errors",
        }
    }

    /// The answer as JSON.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        match self {
            Answer::Services(list) => serde_json::to_value(list),
            Answer::Definition(one) => serde_json::to_value(one),
            Answer::Requests(list) => serde_json::to_value(list),
            Answer::Created(list) => serde_json::to_value(list),
            Answer::Updates(list) => serde_json::to_value(list),
            Answer::Updated(ids) => {
                Ok(ids.iter().map(|id| serde_json::json!({ "update_id": id })).collect::<Vec<_>>().into())
            }
            Answer::Faults(list) => serde_json::to_value(list),
        }
    }
}

/// With the offset, as the specification asks; on the Chinese wall clock.
fn moment<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&shanghai(*at).to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
}

fn moment_or_none<S: Serializer>(at: &Option<Instant>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, to),
        None => to.serialize_none(),
    }
}

/// A time with its offset; one without could be any of 24.
pub fn parse_moment(text: &str) -> Option<Instant> {
    chrono::DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.with_timezone(&chrono::Utc))
}

fn read_moment_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Instant>, D::Error> {
    let Some(text) = optional(from)? else { return Ok(None) };
    parse_moment(&text).map(Some).ok_or_else(|| D::Error::custom(format!("no time with an offset: {text}")))
}

fn read_moment<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    read_moment_or_none(from)?.ok_or_else(|| D::Error::custom("a time is missing"))
}

/// Text, or the number that other servers write for it.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    optional(from)?.ok_or_else(|| D::Error::custom("a text is missing"))
}

/// Nothing, `null` and an empty text are the same (the specification on optional arguments).
fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    })
}

fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(optional(from)?.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")))
}

fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    text(from)?.trim().parse().map_err(D::Error::custom)
}

fn degrees<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    optional(from)?.map(|text| text.trim().parse().map_err(D::Error::custom)).transpose()
}

/// An empty element in XML is an empty list.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    match Value::deserialize(from)? {
        Value::Array(items) => {
            items.into_iter().map(|item| T::deserialize(item).map_err(D::Error::custom)).collect()
        }
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        _ => Err(D::Error::custom("not a list")),
    }
}
