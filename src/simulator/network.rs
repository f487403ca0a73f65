//! Addresses of the platform, the callback check, and what became of a refused request.

use std::collections::VecDeque;

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, get, ok_with, post, text};
use super::errcode::{Refusal, refuse};
use crate::base::clock::Instant;

pub const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/getcallbackip", None, addresses),
    get("/cgi-bin/get_api_domain_ip", None, addresses),
    post("/cgi-bin/callback/check", None, check_callback),
    post("/cgi-bin/openapi/rid/get", None, show_request),
];

/// How many refused requests are remembered, and for how long (7 days).
const KEPT: usize = 500;
const KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// How much of a body is kept, in bytes.
const BODY_KEPT: usize = 2048;

/// Refused requests by `rid`.
#[derive(Default)]
pub struct Requests {
    kept: VecDeque<Kept>,
}

struct Kept {
    rid: String,
    at: i64,
    answer: Value,
}

impl Requests {
    pub fn remember(
        &mut self,
        rid: String,
        now: Instant,
        request: &HttpRequest,
        body: &[u8],
        response: &Value,
        client_ip: String,
    ) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let at = now.timestamp();
        let body = String::from_utf8_lossy(&body[..body.len().min(BODY_KEPT)]);
        let answer = json!({
            "invoke_time": at,
            "cost_in_ms": 1,
            "request_url": request.uri().to_string(),
            "request_body": body,
            "response_body": response.to_string(),
            "client_ip": client_ip,
        });
        self.kept.push_back(Kept { rid, at, answer });
    }
}

/// Everything comes from and goes to this machine.
fn addresses(_: &mut Call<'_>) -> Result<Answer, Refusal> {
    bare(json!({"ip_list": ["127.0.0.1"]}))
}

fn check_callback(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let action = text(&asked, "action").ok_or_else(|| refuse(40202))?;
    if !["all", "dns", "ping"].contains(&action) {
        return Err(refuse(40202));
    }
    let operator = text(&asked, "check_operator").unwrap_or("DEFAULT");
    if !["DEFAULT", "CHINANET", "UNICOM", "CAP"].contains(&operator) {
        return Err(refuse(40203));
    }
    let callback = call.account.callback().ok_or_else(|| refuse(40201))?;
    let host = callback.host_str().unwrap_or_default().to_string();
    let dns = json!([{"ip": host, "real_operator": operator}]);
    let ping = json!([{"ip": host, "from_operator": operator, "package_loss": "0%", "time": "0.100ms"}]);
    ok_with(match action {
        "dns" => json!({"dns": dns}),
        "ping" => json!({"ping": ping}),
        _ => json!({"dns": dns, "ping": ping}),
    })
}

fn show_request(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let rid = text(&asked, "rid").ok_or_else(|| refuse(76002))?;
    let kept = call.world.requests.kept.iter().find(|kept| kept.rid == rid);
    match kept {
        None => Err(refuse(76001)),
        Some(kept) if call.unix() - kept.at > KEPT_SECONDS => Err(refuse(76004)),
        Some(kept) => ok_with(json!({"request": kept.answer})),
    }
}
