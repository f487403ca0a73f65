//! 号码隐私保护: a number between two that connects them and shows neither. Off unless the operator names a pool.
//!
//! Bind only after both agreed to talk, for half an hour at most, and unbind when the matter is closed. A call that is
//! under way survives the end of its binding, and an exhausted pool means that there is no bridge.

use super::Phones;
use super::provider::Provider;
use super::provider::{Product, parameters};
use crate::base::clock::{Instant, shanghai};
use crate::people::phone::Phone;

/// Two numbers that are connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The number that both call and see.
    pub number: String,
    /// The provider's number of the binding.
    pub binding: String,
}

/// Why there is no bridge; the page then offers none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBridge {
    #[error("no pool of privacy numbers is configured")]
    Off,
    #[error("the provider gave none: {0}")]
    Refused(String),
    #[error("the provider did not answer")]
    Silent,
}

impl Phones {
    /// Connects `a` and `b` until `until`, more than a minute ahead. Nothing is recorded. `reference`: ours, at most 15
    /// letters.
    pub async fn bind(
        &self,
        reference: &str,
        a: &Phone,
        b: &Phone,
        until: Instant,
    ) -> Result<Bound, NoBridge> {
        let (provider, pool) = self.pool()?;
        let expiration = shanghai(until).format("%Y-%m-%d %H:%M:%S").to_string();
        let parameters = parameters(&[
            ("PoolKey", pool),
            ("PhoneNoA", a.reveal()),
            ("PhoneNoB", b.reveal()),
            ("Expiration", &expiration),
            ("IsRecordingEnabled", "false"),
            ("OutId", reference),
        ]);
        let answer = provider.call(Product::Number, "BindAxb", &parameters).await;
        let answer = answer.map_err(|_| NoBridge::Silent)?;
        let bound = &answer.body["SecretBindDTO"];
        match (answer.body["Code"].as_str(), bound["SecretNo"].as_str(), bound["SubsId"].as_str()) {
            (Some("OK"), Some(number), Some(binding)) => {
                Ok(Bound { number: number.to_string(), binding: binding.to_string() })
            }
            (code, ..) => Err(NoBridge::Refused(code.unwrap_or("no code").to_string())),
        }
    }

    /// Ends a binding; one that ended by itself is as good.
    pub async fn unbind(&self, bound: &Bound) -> Result<(), NoBridge> {
        let (provider, pool) = self.pool()?;
        let parameters =
            parameters(&[("PoolKey", pool), ("SubsId", &bound.binding), ("SecretNo", &bound.number)]);
        let answer = provider.call(Product::Number, "UnbindSubscription", &parameters).await;
        match answer.map_err(|_| NoBridge::Silent)?.body["Code"].as_str() {
            Some("OK") => Ok(()),
            code => Err(NoBridge::Refused(code.unwrap_or("no code").to_string())),
        }
    }

    fn pool(&self) -> Result<(&super::provider::Aliyun, &str), NoBridge> {
        let aliyun = self.providers.iter().find_map(|provider| match provider {
            Provider::Aliyun(aliyun) => Some(aliyun),
            _ => None,
        });
        let aliyun = aliyun.ok_or(NoBridge::Off)?;
        match aliyun.account.privacy_pool.as_str() {
            "" => Err(NoBridge::Off),
            pool => Ok((aliyun, pool)),
        }
    }
}
