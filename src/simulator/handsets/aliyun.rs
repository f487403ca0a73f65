//! Aliyun's calls: parameters in the query, one object back.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::receipts::lost_answer;
use super::{Item, Medium, Provider, proof};
use crate::simulator::ids;
use crate::simulator::server::Simulator;

pub async fn serve(simulator: web::Data<Simulator>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let now = simulator.clock().now();
    let (parameters, nonce) = match proof::aliyun(&request, &body, now) {
        Ok(checked) => checked,
        Err(code) => return refused(400, code),
    };
    if !simulator.world().handsets.nonces.insert(nonce) {
        return refused(400, "SignatureNonceUsed");
    }
    let asked: HashMap<String, String> = parameters.into_iter().collect();
    let action =
        request.headers().get("x-acs-action").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match action {
        "SendSms" => hand_over(&simulator, &asked, Medium::Sms).await,
        "SingleCallByTts" | "IvrCall" => hand_over(&simulator, &asked, Medium::Call).await,
        "QuerySendDetails" => details(&simulator, &asked),
        "BindAxb" => ok(
            json!({"SecretBindDTO": {"SecretNo": "17012345678", "SubsId": ids::rid(now.timestamp()), "Extension": ""}}),
        ),
        _ => ok(json!({})),
    }
}

async fn hand_over(simulator: &Simulator, asked: &HashMap<String, String>, medium: Medium) -> HttpResponse {
    let get = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let (number, template, values) = match medium {
        Medium::Sms => (get("PhoneNumbers"), get("TemplateCode"), get("TemplateParam")),
        Medium::Call if asked.contains_key("StartCode") => {
            (get("CalledNumber"), get("StartCode"), get("StartTtsParams"))
        }
        Medium::Call => (get("CalledNumber"), get("TtsCode"), get("TtsParam")),
    };
    if number.is_empty() || template.is_empty() || (medium == Medium::Sms && get("SignName").is_empty()) {
        return refused(400, if number.is_empty() { "MissingPhoneNumbers" } else { "MissingTemplateCode" });
    }
    if medium == Medium::Call && get("OutId").len() > 15 {
        return refused(200, "isv.OUT_ID_ILLEGAL");
    }
    let values = match texts(values) {
        Ok(values) => values,
        Err(code) => return refused(200, code),
    };
    let (item, loses) = {
        let mut world = simulator.world();
        if let Some(code) = world.handsets.refusal(Provider::Aliyun) {
            return refused(200, &code);
        }
        let mut item = Item::new(Provider::Aliyun, medium, number, simulator.clock().now());
        if !item.is_mobile() {
            return refused(200, "isv.MOBILE_NUMBER_ILLEGAL");
        }
        item.sign = get("SignName").to_string();
        item.template = template.to_string();
        item.reference = get("OutId").to_string();
        item.text = world.handsets.words(template, &values);
        item.keys = (1..).map_while(|n| asked.get(&format!("MenuKeyMap.{n}.Key"))).cloned().collect();
        (world.handsets.accept(item), world.handsets.loses_answer())
    };
    simulator.taken(&item).await;
    simulator.linger().await;
    if loses {
        return lost_answer();
    }
    let number = if medium == Medium::Sms { "BizId" } else { "CallId" };
    ok(json!({ number: item.provider_id }))
}

/// The values of a template: texts only, none too long, no addresses.
fn texts(json: &str) -> Result<Vec<(String, String)>, &'static str> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let Ok(Value::Object(all)) = serde_json::from_str(json) else { return Err("isv.INVALID_JSON_PARAM") };
    let mut values = Vec::new();
    for (name, value) in all {
        let Value::String(value) = value else { return Err("isv.INVALID_JSON_PARAM") };
        if value.contains("://") {
            return Err("isv.PARAM_NOT_SUPPORT_URL");
        }
        if value.chars().count() > 250 {
            return Err("isv.PARAM_LENGTH_LIMIT");
        }
        values.push((name, value));
    }
    Ok(values)
}

fn details(simulator: &Simulator, asked: &HashMap<String, String>) -> HttpResponse {
    let get = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let world = simulator.world();
    let of_number = world.handsets.of(get("PhoneNumber")).filter(|item| {
        item.provider == Provider::Aliyun
            && item.medium == Medium::Sms
            && (get("BizId").is_empty() || get("BizId") == item.provider_id)
    });
    let all: Vec<Value> = of_number
        .map(|item| {
            let (status, code) = if item.state == "delivered" { (3, "DELIVERED") } else { (2, "MK:0001") };
            json!({"OutId": item.reference, "PhoneNum": item.number, "SendStatus": status, "ErrCode": code,
                "TemplateCode": item.template, "Content": item.text})
        })
        .collect();
    ok(json!({"TotalCount": all.len().to_string(), "SmsSendDetailDTOs": {"SmsSendDetailDTO": all}}))
}

fn ok(more: Value) -> HttpResponse {
    let mut body = json!({"Code": "OK", "Message": "OK", "RequestId": ids::random(20)});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    HttpResponse::Ok().json(body)
}

fn refused(status: u16, code: &str) -> HttpResponse {
    let status =
        actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::BAD_REQUEST);
    HttpResponse::build(status).json(json!({"Code": code, "Message": code, "RequestId": ids::random(20)}))
}
