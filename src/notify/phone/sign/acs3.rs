//! Aliyun's ACS3-HMAC-SHA256.

use super::{hmac_sha256, query, sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request, as it is signed.
pub struct Request<'a> {
    pub method: &'a str,
    pub parameters: &'a [(String, String)],
    /// All that are signed, by their lower-case names.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// What was signed, and how.
pub struct Signed {
    /// SHA-256 of the canonical request, for finding out where two sides differ.
    pub canonical: String,
    pub signature: String,
    pub headers: String,
}

impl Signed {
    /// The value of `authorization`.
    pub fn authorization(&self, key: &str) -> String {
        format!("{ALGORITHM} Credential={key},SignedHeaders={},Signature={}", self.headers, self.signature)
    }
}

/// Signs `request` with the bare `secret`; the path is `/`, as all calls of ours have it.
pub fn sign(request: &Request<'_>, secret: &str) -> Signed {
    let mut headers: Vec<&(String, String)> = request.headers.iter().collect();
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = sha256(
        format!(
            "{}\n/\n{}\n{lines}\n{names}\n{}",
            request.method,
            query(request.parameters),
            sha256(request.body)
        )
        .as_bytes(),
    );
    let text = format!("{ALGORITHM}\n{canonical}");
    let signature = hex::encode(hmac_sha256(secret.as_bytes(), text.as_bytes()));
    Signed { canonical, signature, headers: names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::phone::sign::vectors::{DATE, NONCE, SECRET, b1, b2, b3, b4, pairs};

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_published_example_comes_out() {
        let parameters = pairs(&[
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
            ("RegionId", "cn-shanghai"),
        ]);
        let headers = pairs(&[
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", EMPTY),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", NONCE),
            ("x-acs-version", "2014-05-26"),
        ]);
        let request = Request { method: "POST", parameters: &parameters, headers: &headers, body: b"" };
        let signed = sign(&request, "YourAccessKeySecret");
        assert_eq!(signed.canonical, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert_eq!(signed.signature, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
        assert_eq!(
            signed.authorization("YourAccessKeyId"),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn our_calls_are_signed_as_the_official_packages_sign_them() {
        let sms = "dysmsapi.aliyuncs.com";
        let voice = "dyvmsapi.aliyuncs.com";
        let number = "dyplsapi.aliyuncs.com";
        let calls = [
            (
                sms,
                "SendSms",
                b1(),
                [
                    "bc42a9b87935a54e9efc8b04724eef0cc5067228233ad28014825e1740701f59",
                    "f7469cba1ad3c081b641fafc13d3bca57f851cc935f6feb786328f903d66252b",
                    "ad6cf1f3421c599433450d47400d98e32e78585ff93df0d9812d219b24d8a7f2",
                    "6ea9f1676e04d20cc6a3c1302ba8bafd616d1611de01de3f5521f31df496485e",
                ],
            ),
            (
                voice,
                "SingleCallByTts",
                b2(),
                [
                    "3f5dcbec4431cc3fb937ba28a72afd96e3f35dae49b6ca4f9ff73c23318e099a",
                    "683f660bfe772b7c597021cd66c9de4daaca625a8a30732c6adf984b5e8759a8",
                    "69e8ac230da08116347a328f454d7d8f5a3f6b85bfb4fe99e4eacf656402288e",
                    "de2511dbaba7809dcb97195dc3e5d07bf7e8bd2b12a884f35005cbc222161281",
                ],
            ),
            (
                number,
                "BindAxb",
                b3(true),
                [
                    "40774befff82503bc72588e849137ce051576f6817f81a9c154a5f6a99e7f0b5",
                    "4b98f12f18067596c096e444907e09145c2bf07af24d9f864cd0df69b34e6058",
                    "b2eefdf7b95d8c5213d5779962d966ec6a39cdd54f1b6faccfec54409e1dcd97",
                    "9f267fb5fe2f543295661df5993a57a93b576f1a26a719fc094496e9c9f3e92c",
                ],
            ),
            (
                number,
                "UnbindSubscription",
                b4(),
                [
                    "b6bbd40d24e4f0d6f2014b049c4f0aaa018b281be8725a396960822ab77b65c0",
                    "cf7a747b8660c7af3bfff769a37ca41d1719cf9af5d0b8e9e99a429593cb436b",
                    "e02009787c961de2bc0288eb170f0d45ebbebe6a2e74b0ed1fddde8738642034",
                    "f84e8fa519003b91a31dd09e414df3d542a1c18061dabaab16dd2449177fe304",
                ],
            ),
        ];
        for (host, action, parameters, expected) in calls {
            let mut headers = pairs(&[
                ("host", host),
                ("x-acs-action", action),
                ("x-acs-content-sha256", EMPTY),
                ("x-acs-date", DATE),
                ("x-acs-signature-nonce", NONCE),
                ("x-acs-version", "2017-05-25"),
            ]);
            let signed = sign(
                &Request { method: "POST", parameters: &parameters, headers: &headers, body: b"" },
                SECRET,
            );
            assert_eq!(
                [signed.canonical.as_str(), &signed.signature],
                expected[..2],
                "{action}, six headers"
            );
            headers.extend(pairs(&[
                ("user-agent", "ruian-gov/1.0"),
                ("accept", "application/json"),
                ("x-acs-credentials-provider", "static_ak"),
            ]));
            let signed = sign(
                &Request { method: "POST", parameters: &parameters, headers: &headers, body: b"" },
                SECRET,
            );
            assert_eq!(
                [signed.canonical.as_str(), &signed.signature],
                expected[2..],
                "{action}, nine headers"
            );
        }
    }
}
