//! Aliyun: SendSms, SingleCallByTts and IvrCall, and the query of short messages. All parameters travel in the query
//! of a POST without a body, signed by ACS3.

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use url::Url;

use super::wire::{self, Answer, Silence};
use super::{Call, Found, Question, Verdict, no_template};
use crate::base::clock::{Clock, shanghai};
use crate::base::privacy::random_bytes;
use crate::notify::phone::model::{Kind, Medium};
use crate::notify::phone::settings::Aliyun as Account;
use crate::notify::phone::sign::{acs3, query, sha256};

pub const NAME: &str = "aliyun";
const VERSION: &str = "2017-05-25";
/// How often a call says its text, and how loud.
const PLAY_TIMES: &str = "2";
const VOLUME: &str = "100";

/// A product of the provider, and where it is.
#[derive(Clone, Copy)]
pub enum Product {
    Sms,
    Voice,
    /// 号码隐私保护.
    Number,
}

impl Product {
    fn base(self) -> &'static str {
        match self {
            Product::Sms => "https://dysmsapi.aliyuncs.com",
            Product::Voice => "https://dyvmsapi.aliyuncs.com",
            Product::Number => "https://dyplsapi.aliyuncs.com",
        }
    }
}

pub struct Aliyun {
    client: reqwest::Client,
    pub account: Account,
    clock: Clock,
}

type Parameters = Vec<(String, String)>;

impl Aliyun {
    pub fn new(client: reqwest::Client, account: Account, clock: Clock) -> Aliyun {
        Aliyun { client, account, clock }
    }

    pub async fn send(&self, call: &Call<'_>) -> Verdict {
        let Some(template) = call.wording.templates.get(NAME) else { return no_template(NAME) };
        let (product, action, parameters) = match (call.medium, call.keys) {
            (Medium::Sms, _) => (Product::Sms, "SendSms", self.sms(call, template)),
            (Medium::Voice, "") => (Product::Voice, "SingleCallByTts", self.tts(call, template)),
            (Medium::Voice, _) => (Product::Voice, "IvrCall", self.ivr(call, template)),
        };
        let answer = match self.call(product, action, &parameters).await {
            Ok(answer) => answer,
            Err(silence) => return silence.into(),
        };
        let number = if call.medium == Medium::Sms { "BizId" } else { "CallId" };
        match (answer.body["Code"].as_str(), answer.body[number].as_str()) {
            (Some("OK"), Some(id)) => Verdict::Taken { id: id.to_string(), end: None },
            // Taken, but under no number: its receipts name ours.
            (Some("OK"), None) => Verdict::Unsure { cause: format!("OK without {number}") },
            // The provider's own trouble leaves open what it did before.
            (Some(code), _) if answer.failed() || code == "isp.SYSTEM_ERROR" => {
                Verdict::Unsure { cause: code.to_string() }
            }
            (Some(code), _) => answer.refused(NAME, code),
            (None, _) => answer.strange(),
        }
    }

    fn sms(&self, call: &Call<'_>, template: &str) -> Parameters {
        parameters(&[
            ("PhoneNumbers", call.number.reveal()),
            ("SignName", &self.account.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &json(call.words)),
            ("OutId", call.reference),
        ])
    }

    fn tts(&self, call: &Call<'_>, template: &str) -> Parameters {
        parameters(&[
            ("CalledNumber", call.number.reveal()),
            ("CalledShowNumber", &self.account.called_show_number),
            ("TtsCode", template),
            ("TtsParam", &json(call.words)),
            ("PlayTimes", PLAY_TIMES),
            ("Volume", VOLUME),
            ("OutId", call.reference),
        ])
    }

    /// A call whose keys are told back one by one; after a key it says the template `aliyun_after`.
    fn ivr(&self, call: &Call<'_>, template: &str) -> Parameters {
        let mut all = parameters(&[
            ("CalledNumber", call.number.reveal()),
            ("CalledShowNumber", &self.account.called_show_number),
            ("StartCode", template),
            ("StartTtsParams", &json(call.words)),
            ("PlayTimes", PLAY_TIMES),
            ("OutId", call.reference),
        ]);
        let after = call.wording.templates.get("aliyun_after");
        for (number, key) in (1..).zip(call.keys.chars()) {
            all.push((format!("MenuKeyMap.{number}.Key"), key.to_string()));
            if let Some(after) = after {
                all.push((format!("MenuKeyMap.{number}.Code"), after.clone()));
            }
        }
        all
    }

    pub async fn look_up(&self, question: &Question<'_>) -> Found {
        if question.medium != Medium::Sms {
            return Found::CannotTell;
        }
        let parameters = parameters(&[
            ("PhoneNumber", question.number.reveal()),
            ("BizId", question.provider_id.unwrap_or_default()),
            ("SendDate", &shanghai(question.at).format("%Y%m%d").to_string()),
            ("PageSize", "50"),
            ("CurrentPage", "1"),
        ]);
        let Ok(answer) = self.call(Product::Sms, "QuerySendDetails", &parameters).await else {
            return Found::CannotTell;
        };
        if answer.body["Code"] != "OK" {
            return Found::CannotTell;
        }
        let details = answer.body["SmsSendDetailDTOs"]["SmsSendDetailDTO"].as_array();
        let ours = details.into_iter().flatten().find(|one| one["OutId"] == question.reference);
        let Some(ours) = ours else { return Found::Absent };
        let code = ours["ErrCode"].as_str().unwrap_or_default().to_string();
        let end = match ours["SendStatus"].as_i64() {
            Some(2) => Some((Kind::Undelivered, code)),
            Some(3) => Some((Kind::Delivered, code)),
            _ => None,
        };
        Found::Here { id: None, end }
    }

    /// Calls `action`; empty parameters are left out.
    pub async fn call(
        &self,
        product: Product,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Answer, Silence> {
        let own = Url::parse(product.base()).map_err(|error| Silence::NotSent(error.to_string()))?;
        let base = self.account.base.as_ref().unwrap_or(&own);
        let headers = [
            ("host", wire::host(base)),
            ("x-acs-action", action.to_string()),
            ("x-acs-content-sha256", sha256(b"")),
            ("x-acs-date", self.clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("x-acs-signature-nonce", hex::encode(random_bytes::<16>())),
            ("x-acs-version", VERSION.to_string()),
        ]
        .map(|(name, value)| (name.to_string(), value));
        let request = acs3::Request { method: "POST", parameters, headers: &headers, body: b"" };
        let signed = acs3::sign(&request, self.account.secret.expose_secret());
        let address = format!("{}/?{}", base.as_str().trim_end_matches('/'), query(parameters));
        let mut request = self.client.post(address).header("accept", "application/json");
        for (name, value) in headers.iter().filter(|(name, _)| name != "host") {
            request = request.header(name, value);
        }
        wire::send(request.header("authorization", signed.authorization(&self.account.access_key_id))).await
    }
}

/// Those that are not empty.
pub fn parameters(all: &[(&str, &str)]) -> Parameters {
    let given = all.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Every value a text: the provider refuses numbers.
fn json(words: &[(String, String)]) -> String {
    let all: Map<String, Value> =
        words.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    Value::Object(all).to_string()
}
