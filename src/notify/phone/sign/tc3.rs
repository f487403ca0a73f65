//! Tencent Cloud's TC3-HMAC-SHA256.

use chrono::DateTime;

use super::{hmac_sha256, sha256};

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// What was signed, and how.
pub struct Signed {
    pub signature: String,
    headers: String,
    scope: String,
}

impl Signed {
    /// The value of `authorization`.
    pub fn authorization(&self, id: &str) -> String {
        format!(
            "{ALGORITHM} Credential={id}/{}, SignedHeaders={}, Signature={}",
            self.scope, self.headers, self.signature
        )
    }
}

/// Signs a POST to `/` of `service`. `headers`: all that are signed, by their lower-case names; `unix`: seconds, within
/// five minutes of the provider's clock. The date is that of UTC: before eight in the morning in China it is still
/// yesterday's.
pub fn sign(service: &str, headers: &[(&str, &str)], body: &[u8], unix: i64, secret: &str) -> Signed {
    let mut headers = headers.to_vec();
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(body));
    let date = DateTime::from_timestamp(unix, 0).unwrap_or_default().format("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!("{ALGORITHM}\n{unix}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let day = hmac_sha256(format!("TC3{secret}").as_bytes(), date.as_bytes());
    let key = hmac_sha256(&hmac_sha256(&day, service.as_bytes()), b"tc3_request");
    Signed { signature: hex::encode(hmac_sha256(&key, text.as_bytes())), headers: names, scope }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "EXAMPLEsecretKEYexampleSECRETkey0001";
    const AT: i64 = 1_795_320_000;
    const SMS: &str = "sms.tencentcloudapi.com";
    const VMS: &str = "vms.tencentcloudapi.com";

    #[test]
    fn the_published_example_comes_out() {
        let body =
            r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        assert_eq!(
            sha256(body.as_bytes()),
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );
        let headers =
            [("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")];
        let signed =
            sign("cvm", &headers, body.as_bytes(), 1_551_113_065, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        assert_eq!(signed.signature, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
        assert_eq!(
            signed.authorization("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    #[test]
    fn our_calls_are_signed_as_the_official_package_signs_them() {
        let sms = r#"{"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "TemplateId": "1110", "SignName": "\u745e\u5b89\u4ea4\u8b66", "TemplateParamSet": ["\u6d59C\u00b71**45", "\u7f57\u9633\u5927\u905388\u53f7\u9644\u8fd1"], "SessionContext": "MC202611220001"}"#;
        let voice = r#"{"TemplateId": "2023", "CalledNumber": "+8613800138000", "VoiceSdkAppid": "1400006666", "TemplateParamSet": ["45"], "PlayTimes": 2, "SessionContext": "MC202611220001"}"#;
        for (service, host, body, hash, signature) in [
            (
                "sms",
                SMS,
                sms,
                "36462e3fe15644134e6a26d290072b481a87866c1bb4cbf2b537b80ed5edd342",
                "c22c87936540b74bae866257e477b83909fa821732631ff0c2e600ed2e9e716a",
            ),
            (
                "vms",
                VMS,
                voice,
                "0c6a34d0319b3ece9bcbf102ec8899f2c13eb39b6e286abe340e22d1487473b9",
                "c6d08592239a7f4dfe51b61b180283b5be076503c31c55e3a0b1c14568f33293",
            ),
        ] {
            assert_eq!(sha256(body.as_bytes()), hash, "{service}");
            let headers = [("content-type", "application/json"), ("host", host)];
            assert_eq!(sign(service, &headers, body.as_bytes(), AT, KEY).signature, signature, "{service}");
        }
    }

    #[test]
    fn compact_bodies_with_the_action_signed_come_out_as_computed_by_hand() {
        let sms = r#"{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400006666","TemplateId":"1110","SignName":"瑞安交警","TemplateParamSet":["浙C·1**45","罗阳大道88号附近"],"SessionContext":"MC202611220001"}"#;
        let voice = r#"{"TemplateId":"2023","CalledNumber":"+8613800138000","VoiceSdkAppid":"1400006666","TemplateParamSet":["45"],"PlayTimes":2,"SessionContext":"MC202611220001"}"#;
        for (service, host, action, body, hash, signature) in [
            (
                "sms",
                SMS,
                "sendsms",
                sms,
                "5a968679c8824815f249630ae5f7702579f1a6ef16276dfb44f51ebc7014295b",
                "832697190a46c332ca2d3200e6bec2829457adbab889439f5edb06c031fed0c9",
            ),
            (
                "vms",
                VMS,
                "sendttsvoice",
                voice,
                "4e5d0f34ffbf88ee3476065c3c496b2f45b23229d4b56071d10977cadc7d58a6",
                "7112dd8e137fd70a07469b786ff09a4953e113f21feec688ed65d31ba04efd1e",
            ),
        ] {
            assert_eq!(sha256(body.as_bytes()), hash, "{service}");
            let headers = [
                ("content-type", "application/json; charset=utf-8"),
                ("host", host),
                ("x-tc-action", action),
            ];
            assert_eq!(sign(service, &headers, body.as_bytes(), AT, KEY).signature, signature, "{service}");
        }
    }

    #[test]
    fn before_eight_in_the_morning_in_china_the_date_is_yesterdays() {
        let headers = [("content-type", "application/json"), ("host", SMS)];
        let scope = |unix| sign("sms", &headers, b"{}", unix, KEY).scope;
        // 2026-11-22 07:59:59 and 08:00:00 in China.
        assert_eq!(scope(1_795_305_599), "2026-11-21/sms/tc3_request");
        assert_eq!(scope(1_795_305_600), "2026-11-22/sms/tc3_request");
    }
}
