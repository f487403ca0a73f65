//! Our accounts at the providers. Their secrets come from `phone_secrets`, never from the file.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::FILE;
use crate::base::config::Config;

/// What the simulator takes in a rehearsal where the file names no account.
const REHEARSED_ID: &str = "simulator-access-key-id";
const REHEARSED_SECRET: &str = "simulator-access-key-secret";
const REHEARSED_APP: &str = "1400000000";
const REHEARSED_SIGN: &str = "议事厅演练";

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aliyun {
    pub access_key_id: String,
    pub sign_name: String,
    /// 固定外显号码; empty: the public pool's.
    pub called_show_number: String,
    /// Addresses that receipts may come from; empty: any.
    pub sources: Vec<String>,
    /// 号码隐私保护: the pool that numbers are taken from; empty: not used.
    pub privacy_pool: String,
    #[serde(skip)]
    pub secret: SecretString,
    /// In the place of all the provider's hosts, for rehearsals.
    #[serde(skip)]
    pub base: Option<Url>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tencent {
    pub secret_id: String,
    pub sms_app_id: String,
    pub voice_app_id: String,
    pub sign_name: String,
    /// Empty: `ap-guangzhou`.
    pub region: String,
    pub sources: Vec<String>,
    #[serde(skip)]
    pub secret: SecretString,
    #[serde(skip)]
    pub base: Option<Url>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub url: String,
    pub sources: Vec<String>,
    #[serde(skip)]
    pub secret: SecretString,
}

/// `phone_secrets`: `name=secret`, separated by commas.
pub(super) struct Secrets(HashMap<String, SecretString>);

impl Secrets {
    pub fn parse(config: &Config, wrong: &mut Vec<String>) -> Secrets {
        let mut all = HashMap::new();
        let text = config.phone_secrets.as_ref().map(|text| text.expose_secret()).unwrap_or_default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((name, secret)) if ["aliyun", "tencent", "http"].contains(&name.trim()) => {
                    all.insert(name.trim().to_string(), SecretString::from(secret.trim().to_string()));
                }
                _ => wrong.push(
                    "phone_secrets：应写成 aliyun=密钥,tencent=密钥,http=密钥，用不到的不写。".to_string(),
                ),
            }
        }
        Secrets(all)
    }

    fn of(&self, name: &str) -> SecretString {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// The accounts of those providers that are `named`, complete or complained about.
pub(super) fn check(
    (aliyun, tencent, http): (Option<Aliyun>, Option<Tencent>, Option<Http>),
    named: &[String],
    secrets: &Secrets,
    rehearsal: Option<&Url>,
    wrong: &mut Vec<String>,
) -> (Option<Aliyun>, Option<Tencent>, Option<Http>) {
    let is_named = |name: &str| named.iter().any(|one| one == name);
    if let Some(url) = rehearsal {
        return (Some(rehearsed_aliyun(aliyun, url)), Some(rehearsed_tencent(tencent, url)), None);
    }
    let mut need = |section: &str, key: &str, value: &str| {
        if value.trim().is_empty() {
            wrong.push(format!("{FILE} [{section}] 缺少 {key}。"));
        }
    };
    let aliyun = is_named("aliyun").then(|| {
        let account = Aliyun { secret: secrets.of("aliyun"), ..aliyun.unwrap_or_default() };
        need("aliyun", "access_key_id", &account.access_key_id);
        need("aliyun", "sign_name", &account.sign_name);
        need("aliyun", "密钥（写在 phone_secrets 里）", account.secret.expose_secret());
        account
    });
    let tencent = is_named("tencent").then(|| {
        let account = Tencent { secret: secrets.of("tencent"), ..tencent.unwrap_or_default() };
        need("tencent", "secret_id", &account.secret_id);
        need("tencent", "密钥（写在 phone_secrets 里）", account.secret.expose_secret());
        account
    });
    let http = is_named("http").then(|| {
        let account = Http { secret: secrets.of("http"), ..http.unwrap_or_default() };
        need("http", "url", &account.url);
        need("http", "密钥（写在 phone_secrets 里）", account.secret.expose_secret());
        account
    });
    if let Some(account) = &http
        && Url::parse(&account.url).is_ok_and(|url| !matches!(url.scheme(), "http" | "https"))
    {
        wrong.push(format!("{FILE} [http] url 应以 https:// 开头。"));
    }
    (aliyun, tencent, http)
}

fn or(text: String, own: &str) -> String {
    if text.trim().is_empty() { own.to_string() } else { text }
}

fn rehearsed_aliyun(given: Option<Aliyun>, url: &Url) -> Aliyun {
    let given = given.unwrap_or_default();
    Aliyun {
        access_key_id: REHEARSED_ID.to_string(),
        sign_name: or(given.sign_name, REHEARSED_SIGN),
        secret: SecretString::from(REHEARSED_SECRET),
        base: Some(url.clone()),
        sources: Vec::new(),
        ..given
    }
}

fn rehearsed_tencent(given: Option<Tencent>, url: &Url) -> Tencent {
    let given = given.unwrap_or_default();
    Tencent {
        secret_id: REHEARSED_ID.to_string(),
        sms_app_id: or(given.sms_app_id, REHEARSED_APP),
        voice_app_id: or(given.voice_app_id, REHEARSED_APP),
        sign_name: or(given.sign_name, REHEARSED_SIGN),
        secret: SecretString::from(REHEARSED_SECRET),
        base: Some(url.clone()),
        sources: Vec::new(),
        ..given
    }
}
