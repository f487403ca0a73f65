//! Tencent Cloud: SendSms and SendTtsVoice, and the query of short messages. JSON bodies, signed by TC3 as the official
//! package signs: content type and host.

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::wire::{self, Answer, Silence};
use super::{Call, Found, Question, Verdict, no_template};
use crate::base::clock::Clock;
use crate::notify::phone::model::{Kind, Medium};
use crate::notify::phone::settings::Tencent as Account;
use crate::notify::phone::sign::tc3;

pub const NAME: &str = "tencent";
const CONTENT_TYPE: &str = "application/json";
const REGION: &str = "ap-guangzhou";
/// How often a call says its text.
const PLAY_TIMES: u8 = 2;

pub struct Tencent {
    client: reqwest::Client,
    account: Account,
    clock: Clock,
}

/// A product of the provider: where it is, by what name it signs, and which version we speak.
struct Product {
    base: &'static str,
    service: &'static str,
    version: &'static str,
}

const SMS: Product =
    Product { base: "https://sms.tencentcloudapi.com", service: "sms", version: "2021-01-11" };
const VOICE: Product =
    Product { base: "https://vms.tencentcloudapi.com", service: "vms", version: "2020-09-02" };

impl Tencent {
    pub fn new(client: reqwest::Client, account: Account, clock: Clock) -> Tencent {
        Tencent { client, account, clock }
    }

    pub async fn send(&self, call: &Call<'_>) -> Verdict {
        let Some(template) = call.wording.templates.get(NAME) else { return no_template(NAME) };
        let number = format!("+86{}", call.number.reveal());
        let words: Vec<&str> = call.words.iter().map(|(_, value)| value.as_str()).collect();
        let (product, action, body) = match call.medium {
            Medium::Sms => {
                let body = json!({
                    "PhoneNumberSet": [number], "SmsSdkAppId": self.account.sms_app_id, "TemplateId": template,
                    "SignName": self.account.sign_name, "TemplateParamSet": words, "SessionContext": call.reference,
                });
                (&SMS, "SendSms", body)
            }
            Medium::Voice => {
                let body = json!({
                    "TemplateId": template, "CalledNumber": number, "VoiceSdkAppid": self.account.voice_app_id,
                    "TemplateParamSet": words, "PlayTimes": PLAY_TIMES, "SessionContext": call.reference,
                });
                (&VOICE, "SendTtsVoice", body)
            }
        };
        let answer = match self.call(product, action, &body).await {
            Ok(answer) => answer,
            Err(silence) => return silence.into(),
        };
        let response = &answer.body["Response"];
        if let Some(code) = response["Error"]["Code"].as_str() {
            return if code.starts_with("InternalError") {
                Verdict::Unsure { cause: code.to_string() }
            } else {
                answer.refused(NAME, code)
            };
        }
        // The call as a whole succeeds even where a number was refused.
        let (status, id) = match call.medium {
            Medium::Sms => (&response["SendStatusSet"][0], "SerialNo"),
            Medium::Voice => (&response["SendStatus"], "CallId"),
        };
        match (status["Code"].as_str(), status[id].as_str()) {
            (Some("Ok") | None, Some(id)) => Verdict::Taken { id: id.to_string(), end: None },
            (Some(code), _) if code != "Ok" => answer.refused(NAME, code),
            _ => answer.strange(),
        }
    }

    pub async fn look_up(&self, question: &Question<'_>) -> Found {
        if question.medium != Medium::Sms {
            return Found::CannotTell;
        }
        let around = TimeDelta::minutes(1);
        let body = json!({
            "BeginTime": (question.at - around).timestamp(),
            "EndTime": (self.clock.now() + around).timestamp(),
            "Offset": 0, "Limit": 100,
            "PhoneNumber": format!("+86{}", question.number.reveal()),
            "SmsSdkAppId": self.account.sms_app_id,
        });
        let Ok(answer) = self.call(&SMS, "PullSmsSendStatusByPhoneNumber", &body).await else {
            return Found::CannotTell;
        };
        let Some(all) = answer.body["Response"]["PullSmsSendStatusSet"].as_array() else {
            return Found::CannotTell;
        };
        let is_ours = |one: &&Value| {
            one["SessionContext"] == question.reference
                || question.provider_id.is_some_and(|id| one["SerialNo"] == id)
        };
        let Some(ours) = all.iter().find(is_ours) else { return Found::Absent };
        let code = ours["Description"].as_str().unwrap_or_default().to_string();
        let end = match ours["ReportStatus"].as_str() {
            Some("SUCCESS") => Some((Kind::Delivered, code)),
            Some("FAIL") => Some((Kind::Undelivered, code)),
            _ => None,
        };
        Found::Here { id: ours["SerialNo"].as_str().map(str::to_string), end }
    }

    async fn call(&self, product: &Product, action: &str, body: &Value) -> Result<Answer, Silence> {
        let own = Url::parse(product.base).map_err(|error| Silence::NotSent(error.to_string()))?;
        let base = self.account.base.as_ref().unwrap_or(&own);
        let body = body.to_string();
        let unix = self.clock.unix();
        let host = wire::host(base);
        let headers = [("content-type", CONTENT_TYPE), ("host", host.as_str())];
        let secret = self.account.secret.expose_secret();
        let signed = tc3::sign(product.service, &headers, body.as_bytes(), unix, secret);
        let region = if self.account.region.is_empty() { REGION } else { &self.account.region };
        let request = self
            .client
            .post(base.clone())
            .header("content-type", CONTENT_TYPE)
            .header("authorization", signed.authorization(&self.account.secret_id))
            .header("x-tc-action", action)
            .header("x-tc-version", product.version)
            .header("x-tc-timestamp", unix.to_string())
            .header("x-tc-region", region)
            .body(body);
        wire::send(request).await
    }
}
