//! Telephones beside WeChat's: providers of short messages and calls in Aliyun's and Tencent's wire formats, the phones
//! that they reach, and the receipts that come of it. Signatures are checked by code of its own.

mod aliyun;
mod control;
mod page;
mod proof;
mod receipts;
mod tencent;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

pub use control::routes as control_routes;
pub use page::routes as page_routes;

use actix_web::guard::Header;
use actix_web::web;

use crate::base::clock::Instant;

/// The one account that both providers know.
pub const KEY_ID: &str = "simulator-access-key-id";
pub const KEY_SECRET: &str = "simulator-access-key-secret";
/// Messages and calls that are remembered for queries.
const REMEMBERED: usize = 2000;

/// Both providers stand at `/`, as the real ones do; the header of the action tells them apart.
pub fn routes(cfg: &mut web::ServiceConfig) {
    let aliyun =
        ["SendSms", "SingleCallByTts", "IvrCall", "QuerySendDetails", "BindAxb", "UnbindSubscription"];
    for action in aliyun {
        cfg.route("/", web::post().guard(Header("x-acs-action", action)).to(aliyun::serve));
    }
    for action in ["SendSms", "SendTtsVoice", "PullSmsSendStatusByPhoneNumber"] {
        cfg.route("/", web::post().guard(Header("x-tc-action", action)).to(tencent::serve));
    }
    page_routes(cfg);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Aliyun,
    Tencent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    Sms,
    Call,
}

/// What goes wrong; see `POST /_sim/faults {phones}`, which replaces it whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhoneFaults {
    /// Refusals by a provider, before anything is accepted.
    pub refuse: Vec<Refuse>,
    /// Times that something is accepted and the connection breaks before the answer.
    pub drop_answers: u32,
    /// Receipts wait for `POST /_sim/phones/receipts`.
    pub hold_receipts: bool,
    /// The receipt comes before the answer to the call that it is about.
    pub early_receipts: bool,
    /// How many more times each receipt comes.
    pub repeat_receipts: u32,
    /// Milliseconds before a receipt comes.
    pub receipt_delay_ms: u64,
    /// Milliseconds between taking something in and saying so.
    pub answer_delay_ms: u64,
    /// Messages do not arrive.
    pub undelivered: bool,
    /// Nobody picks up.
    pub no_answer: bool,
    /// The voicemail does.
    pub voicemail: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// Both when absent.
    pub provider: Option<Provider>,
    pub code: String,
    /// For ever when absent.
    pub times: Option<u32>,
}

/// One message or call, as a phone shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    pub id: u64,
    /// Unix seconds.
    pub at: i64,
    /// The same in milliseconds, for measurements.
    pub at_ms: i64,
    pub medium: Medium,
    pub provider: Provider,
    pub number: String,
    pub sign: String,
    pub text: String,
    pub template: String,
    /// What the sender wants to be told back.
    pub reference: String,
    /// The provider's own number of it.
    pub provider_id: String,
    /// `ringing`, `talking`, `ended`, `missed`; of a message `delivered` or `failed`.
    pub state: &'static str,
    /// The keys that are told back; empty: none are.
    pub keys: String,
    pub pressed: String,
    /// When somebody picked up.
    pub picked_up_at: Option<i64>,
}

/// A template, as its provider's console knows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    pub code: String,
    /// With marks such as `{plate}`.
    pub text: String,
    /// The marks in their order, for providers that number them.
    #[serde(default)]
    pub words: Vec<String>,
}

/// A receipt on its way.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub provider: Provider,
    pub body: Value,
}

/// Every telephone and what was sent to it.
#[derive(Default)]
pub struct Handsets {
    items: Vec<Item>,
    wordings: HashMap<String, Wording>,
    hooks: HashMap<Provider, Url>,
    held: Vec<Receipt>,
    nonces: HashSet<String>,
    last: u64,
    pub faults: PhoneFaults,
}

impl Handsets {
    pub fn set_hook(&mut self, provider: Provider, url: Url) {
        self.hooks.insert(provider, url);
    }

    pub fn put_wording(&mut self, wording: Wording) {
        self.wordings.insert(wording.code.clone(), wording);
    }

    /// The code with which `provider` refuses this call, if any; counts it.
    fn refusal(&mut self, provider: Provider) -> Option<String> {
        let at = self.faults.refuse.iter().position(|one| one.provider.is_none_or(|it| it == provider))?;
        let code = self.faults.refuse[at].code.clone();
        match &mut self.faults.refuse[at].times {
            Some(times) if *times <= 1 => {
                self.faults.refuse.remove(at);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(code)
    }

    /// Whether the answer to what was just accepted gets lost; counts it.
    fn loses_answer(&mut self) -> bool {
        let loses = self.faults.drop_answers > 0;
        self.faults.drop_answers -= u32::from(loses);
        loses
    }

    /// Takes something in; the phone has it from now on.
    fn accept(&mut self, item: Item) -> Item {
        self.last += 1;
        let start = if item.provider == Provider::Aliyun { "" } else { "t:" };
        let provider_id = format!("{start}{}^{}", item.at, 100_000 + self.last);
        let item = Item { id: self.last, provider_id, ..item };
        if self.items.len() == REMEMBERED {
            self.items.remove(0);
        }
        self.items.push(item.clone());
        item
    }

    /// The text of a template; one that the console does not know shows its values.
    fn words(&self, template: &str, values: &[(String, String)]) -> String {
        let Some(wording) = self.wordings.get(template) else {
            let all: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
            return format!("［{template}］{}", all.join("，"));
        };
        let mut text = wording.text.clone();
        for (name, value) in values {
            let number =
                name.parse::<usize>().ok().and_then(|number| wording.words.get(number.wrapping_sub(1)));
            text = text.replace(&format!("{{{}}}", number.unwrap_or(name)), value);
        }
        text
    }

    fn of(&self, number: &str) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.number == number)
    }

    fn item_mut(&mut self, id: u64) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    /// The call that rings or is talked over on `number`.
    fn call_mut(&mut self, number: &str) -> Option<&mut Item> {
        let live = |item: &&mut Item| item.number == number && ["ringing", "talking"].contains(&item.state);
        self.items.iter_mut().rev().find(live)
    }

    /// Numbers that got anything, and how much.
    fn numbers(&self) -> BTreeMap<&str, usize> {
        let mut all = BTreeMap::new();
        for item in &self.items {
            *all.entry(item.number.as_str()).or_default() += 1;
        }
        all
    }

    fn shown(&self, number: &str) -> Value {
        let items: Vec<&Item> = self.of(number).collect();
        let call = items.iter().rev().find(|item| ["ringing", "talking"].contains(&item.state));
        json!({"number": number, "items": items, "call": call})
    }
}

impl Item {
    /// Something new for `number`; the phone's number without its country.
    fn new(provider: Provider, medium: Medium, number: &str, at: Instant) -> Item {
        Item {
            id: 0,
            at: at.timestamp(),
            at_ms: at.timestamp_millis(),
            medium,
            provider,
            number: number.trim_start_matches("+86").to_string(),
            sign: String::new(),
            text: String::new(),
            template: String::new(),
            reference: String::new(),
            provider_id: String::new(),
            state: if medium == Medium::Sms { "delivered" } else { "ringing" },
            keys: String::new(),
            pressed: String::new(),
            picked_up_at: None,
        }
    }

    fn is_mobile(&self) -> bool {
        self.number.len() == 11
            && self.number.starts_with('1')
            && self.number.bytes().all(|b| b.is_ascii_digit())
    }
}
