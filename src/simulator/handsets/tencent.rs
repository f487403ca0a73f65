//! Tencent's calls: JSON in, everything below `Response` back.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::receipts::lost_answer;
use super::{Item, Medium, Provider, proof};
use crate::simulator::ids;
use crate::simulator::server::Simulator;

pub async fn serve(simulator: web::Data<Simulator>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let action = header("x-tc-action");
    let (service, version) = match action {
        "SendTtsVoice" => ("vms", "2020-09-02"),
        _ => ("sms", "2021-01-11"),
    };
    if let Err(code) = proof::tencent(&request, &body, service, simulator.clock().now()) {
        return failed(code);
    }
    if header("x-tc-version") != version {
        return failed("NoSuchVersion");
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else { return failed("InvalidParameter") };
    match action {
        "SendSms" => hand_over(&simulator, &asked, Medium::Sms).await,
        "SendTtsVoice" => hand_over(&simulator, &asked, Medium::Call).await,
        _ => statuses(&simulator, &asked),
    }
}

async fn hand_over(simulator: &Simulator, asked: &Value, medium: Medium) -> HttpResponse {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_string();
    let number = match medium {
        Medium::Sms => asked["PhoneNumberSet"][0].as_str().unwrap_or_default().to_string(),
        Medium::Call => text("CalledNumber"),
    };
    let app = if medium == Medium::Sms { "SmsSdkAppId" } else { "VoiceSdkAppid" };
    if number.is_empty() || text("TemplateId").is_empty() || text(app).is_empty() {
        return failed("MissingParameter");
    }
    let mut values = Vec::new();
    for (position, value) in (1..).zip(asked["TemplateParamSet"].as_array().into_iter().flatten()) {
        let Some(value) = value.as_str() else { return failed("InvalidParameter") };
        if value.contains("://") {
            return failed("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter");
        }
        values.push((position.to_string(), value.to_string()));
    }
    let (item, loses) = {
        let mut world = simulator.world();
        if let Some(code) = world.handsets.refusal(Provider::Tencent) {
            return match medium {
                // The call succeeds; the number is refused.
                Medium::Sms if code.starts_with("LimitExceeded.") || code.starts_with("FailedOperation.") => {
                    status(&number, &code, "")
                }
                _ => failed(&code),
            };
        }
        let mut item = Item::new(Provider::Tencent, medium, &number, simulator.clock().now());
        if !item.is_mobile() {
            return status(&number, "InvalidParameterValue.IncorrectPhoneNumber", "");
        }
        item.sign = text("SignName");
        item.template = text("TemplateId");
        item.reference = text("SessionContext");
        item.text = world.handsets.words(&item.template, &values);
        // Which keys a call takes stands in the provider's console.
        item.keys = "123456789".to_string();
        (world.handsets.accept(item), world.handsets.loses_answer())
    };
    simulator.taken(&item).await;
    simulator.linger().await;
    if loses {
        return lost_answer();
    }
    match medium {
        Medium::Sms => status(&number, "Ok", &item.provider_id),
        Medium::Call => {
            ok(json!({"SendStatus": {"CallId": item.provider_id, "SessionContext": item.reference}}))
        }
    }
}

fn statuses(simulator: &Simulator, asked: &Value) -> HttpResponse {
    let number = asked["PhoneNumber"].as_str().unwrap_or_default().trim_start_matches("+86").to_string();
    let world = simulator.world();
    let ours = world
        .handsets
        .of(&number)
        .filter(|item| item.provider == Provider::Tencent && item.medium == Medium::Sms);
    let all: Vec<Value> = ours
        .map(|item| {
            let arrived = item.state == "delivered";
            json!({"UserReceiveTime": item.at, "CountryCode": "86", "SubscriberNumber": item.number,
                "PhoneNumber": format!("+86{}", item.number), "SerialNo": item.provider_id,
                "ReportStatus": if arrived { "SUCCESS" } else { "FAIL" },
                "Description": if arrived { "DELIVRD" } else { "MK:0001" }, "SessionContext": item.reference})
        })
        .collect();
    ok(json!({"PullSmsSendStatusSet": all}))
}

fn status(number: &str, code: &str, id: &str) -> HttpResponse {
    let message = if code == "Ok" { "send success" } else { code };
    ok(json!({"SendStatusSet": [{"SerialNo": id, "PhoneNumber": number, "Fee": 1, "SessionContext": "",
        "Code": code, "Message": message, "IsoCode": "CN"}]}))
}

fn ok(mut response: Value) -> HttpResponse {
    response["RequestId"] = Value::String(ids::random(20));
    HttpResponse::Ok().json(json!({"Response": response}))
}

fn failed(code: &str) -> HttpResponse {
    ok(json!({"Error": {"Code": code, "Message": code}}))
}
