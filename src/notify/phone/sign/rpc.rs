//! Aliyun's older RPC signature (version 1.0): HMAC-SHA1 over the sorted parameters. Calls of ours use
//! [`acs3`](super::acs3); this one is for accounts and products that do not take it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{hmac_sha1, percent, query};

/// The value of `Signature` for `parameters`, which hold everything else that is sent.
pub fn signature(method: &str, parameters: &[(String, String)], secret: &str) -> String {
    let text = format!("{method}&%2F&{}", percent(&query(parameters)));
    STANDARD.encode(hmac_sha1(format!("{secret}&").as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::phone::sign::vectors::{DATE, ID, NONCE, SECRET, b1, b2, b3, pairs};

    #[test]
    fn the_published_examples_come_out() {
        let regions = pairs(&[
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
        ]);
        assert_eq!(signature("GET", &regions, "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
        let sms = pairs(&[
            ("AccessKeyId", "testId"),
            ("Action", "SendSms"),
            ("Format", "XML"),
            ("OutId", "123"),
            ("PhoneNumbers", "15300000001"),
            ("RegionId", "cn-hangzhou"),
            ("SignName", "阿里云短信测试专用"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "45e25e9b-0a6f-4070-8c85-2956eda1b466"),
            ("SignatureVersion", "1.0"),
            ("TemplateCode", "SMS_71390007"),
            ("TemplateParam", "{\"customer\":\"test\"}"),
            ("Timestamp", "2017-07-12T02:42:19Z"),
            ("Version", "2017-05-25"),
        ]);
        assert_eq!(signature("GET", &sms, "testSecret"), "zJDF+Lrzhj/ThnlvIToysFRq6t4=");
    }

    #[test]
    fn our_calls_are_signed_as_the_official_packages_sign_them() {
        let with = |action: &str, own: Vec<(String, String)>, more: &[(&str, &str)]| {
            let mut all = own;
            all.extend(pairs(&[
                ("AccessKeyId", ID),
                ("Action", action),
                ("Format", "JSON"),
                ("RegionId", "cn-hangzhou"),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureNonce", NONCE),
                ("SignatureVersion", "1.0"),
                ("Timestamp", DATE),
                ("Version", "2017-05-25"),
            ]));
            all.extend(pairs(more));
            all
        };
        let calls = [
            (
                "SendSms",
                b1(),
                "HOzFvjPB9aN7p12SETj0gGJB/I4=",
                "nZY+WrYnpzsha7BpombouqokrOA=",
                "fBXx94FavT+Xrgh//H/K/wOKqxQ=",
            ),
            (
                "SingleCallByTts",
                b2(),
                "i6nEW4a0DYNJGow7oIDrM9+1Pn0=",
                "6l6+4M4OnMTKEa1DGwmwXM8VCHk=",
                "xTFcORrH1l0HaCeVKm6Q5g1/DtI=",
            ),
            (
                "BindAxb",
                b3(false),
                "PjJ6ecatKmjSKBz4vmXJaVgvEnE=",
                "yiLRSeVI5xCNfp0PN8Bn3MKInJQ=",
                "wPM6gSbUZJR0zuWrPE+Gqrd0AvA=",
            ),
        ];
        for (action, own, post, get, typed) in calls {
            assert_eq!(signature("POST", &with(action, own.clone(), &[]), SECRET), post, "{action}");
            assert_eq!(signature("GET", &with(action, own.clone(), &[]), SECRET), get, "{action}");
            let empty = [("SignatureType", "")];
            assert_eq!(
                signature("POST", &with(action, own, &empty), SECRET),
                typed,
                "{action} with an empty type"
            );
        }
    }
}
