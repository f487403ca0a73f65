//! Checks signatures as the providers do, from the request as it came over the wire.

use actix_web::HttpRequest;
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{KEY_ID, KEY_SECRET};
use crate::base::clock::Instant;
use crate::base::privacy::{digest, same};

/// How far clocks may differ, in seconds.
const ALIYUN_SKEW: i64 = 15 * 60;
const TENCENT_SKEW: i64 = 5 * 60;

/// The provider's code for what is wrong.
pub type Checked<T> = Result<T, &'static str>;

fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// `Name=value` out of an authorization header.
fn field<'a>(authorization: &'a str, name: &str) -> &'a str {
    let rest = authorization.split_once(&format!("{name}=")).map_or("", |(_, rest)| rest);
    rest.split(',').next().unwrap_or_default().trim()
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The headers that are signed, in the order in which they are named.
fn signed_lines(request: &HttpRequest, names: &str, lower: bool) -> String {
    let mut lines = String::new();
    for name in names.split(';') {
        let value = header(request, name);
        let value = if lower { value.to_lowercase() } else { value.to_string() };
        lines.push_str(&format!("{name}:{value}\n"));
    }
    lines
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The parameters of a call that Aliyun would take, and its nonce.
pub fn aliyun(request: &HttpRequest, body: &[u8], now: Instant) -> Checked<(Vec<(String, String)>, String)> {
    let authorization = header(request, "authorization");
    if !authorization.starts_with("ACS3-HMAC-SHA256 ") {
        return Err("IncompleteSignature");
    }
    if field(authorization, "Credential") != KEY_ID {
        return Err("InvalidAccessKeyId.NotFound");
    }
    let names = field(authorization, "SignedHeaders");
    let needed = [
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    if needed.iter().any(|name| !names.split(';').any(|signed| signed == *name)) {
        return Err("IncompleteSignature");
    }
    let at =
        DateTime::parse_from_rfc3339(header(request, "x-acs-date")).map_err(|_| "InvalidTimeStamp.Format")?;
    if (now - at.to_utc()).num_seconds().abs() > ALIYUN_SKEW {
        return Err("InvalidTimeStamp.Expired");
    }
    if header(request, "x-acs-content-sha256") != digest(body) {
        return Err("SignatureDoesNotMatch");
    }
    let mut parameters: Vec<(String, String)> =
        url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    parameters.sort();
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let canonical = [
        request.method().as_str(),
        request.path(),
        &query.join("&"),
        &signed_lines(request, names, false),
        names,
        &digest(body),
    ]
    .join("\n");
    let text = format!("ACS3-HMAC-SHA256\n{}", digest(canonical.as_bytes()));
    let own = hex::encode(keyed(KEY_SECRET.as_bytes(), &text));
    if !same(own.as_bytes(), field(authorization, "Signature").as_bytes()) {
        return Err("SignatureDoesNotMatch");
    }
    Ok((parameters, header(request, "x-acs-signature-nonce").to_string()))
}

/// Whether Tencent would take a call of `service`.
pub fn tencent(request: &HttpRequest, body: &[u8], service: &str, now: Instant) -> Checked<()> {
    let authorization = header(request, "authorization");
    if !authorization.starts_with("TC3-HMAC-SHA256 ") {
        return Err("AuthFailure.InvalidAuthorization");
    }
    let timestamp = header(request, "x-tc-timestamp");
    let unix: i64 = timestamp.parse().map_err(|_| "AuthFailure.InvalidAuthorization")?;
    if (now.timestamp() - unix).abs() > TENCENT_SKEW {
        return Err("AuthFailure.SignatureExpire");
    }
    let day = DateTime::from_timestamp(unix, 0).unwrap_or_default().date_naive().to_string();
    let scope = format!("{day}/{service}/tc3_request");
    if field(authorization, "Credential") != format!("{KEY_ID}/{scope}") {
        return Err("AuthFailure.SecretIdNotFound");
    }
    let names = field(authorization, "SignedHeaders");
    if ["content-type", "host"].iter().any(|name| !names.split(';').any(|signed| signed == *name)) {
        return Err("AuthFailure.InvalidAuthorization");
    }
    let canonical = ["POST", "/", "", &signed_lines(request, names, true), names, &digest(body)].join("\n");
    let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{}", digest(canonical.as_bytes()));
    let mut key = format!("TC3{KEY_SECRET}").into_bytes();
    for part in [day.as_str(), service, "tc3_request"] {
        key = keyed(&key, part);
    }
    let own = hex::encode(keyed(&key, &text));
    let given = field(authorization, "Signature");
    if same(own.as_bytes(), given.as_bytes()) { Ok(()) } else { Err("AuthFailure.SignatureFailure") }
}
