//! The platform's error codes, each with the English text that its `errmsg` carries.

use std::borrow::Cow;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: i64,
    pub text: Cow<'static, str>,
}

/// A refusal with the usual text of its code.
pub fn refuse(code: i64) -> Refusal {
    Refusal { code, text: Cow::Borrowed(text(code)) }
}

/// A refusal whose text names what is wrong.
pub fn refuse_saying(code: i64, text: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal { code, text: text.into() }
}

fn text(code: i64) -> &'static str {
    TEXTS.iter().find(|(known, _)| *known == code).map_or("unknown error", |(_, text)| text)
}

const TEXTS: &[(i64, &str)] = &[
    (-1, "system error"),
    (40001, "invalid credential, access_token is invalid or not latest"),
    (40002, "invalid grant_type"),
    (40003, "invalid openid"),
    (40004, "invalid media type"),
    (40005, "invalid file type"),
    (40006, "invalid meida size"), // the platform's own spelling
    (40007, "invalid media_id"),
    (40008, "invalid message type"),
    (40013, "invalid appid"),
    (40014, "invalid access_token"),
    (40016, "invalid button size"),
    (40017, "invalid button type"),
    (40018, "invalid button name size"),
    (40019, "invalid button key size"),
    (40020, "invalid url size"),
    (40022, "invalid sub button level"),
    (40023, "invalid sub button size"),
    (40024, "invalid sub button type"),
    (40025, "invalid sub button name size"),
    (40026, "invalid sub button key size"),
    (40027, "invalid sub button url size"),
    (40029, "invalid code"),
    (40030, "invalid refresh_token"),
    (40033, "invalid charset. please check your request, if include \\uxxxx will create fail!"),
    (40035, "invalid parameter"),
    (40037, "invalid template_id"),
    (40052, "invalid action name"),
    (40053, "invalid action info"),
    (40054, "invalid sub button url domain"),
    (40055, "invalid button url domain"),
    (40125, "invalid appsecret"),
    (40137, "invalid image format"),
    (40163, "code been used"),
    (40164, "invalid ip, not in whitelist"),
    (40201, "no url, may be not setting"),
    (40202, "invalid action"),
    (40203, "invalid check_operator"),
    (40243, "appsecret is frozen"),
    (41001, "access_token missing"),
    (41002, "appid missing"),
    (41003, "refresh_token missing"),
    (41004, "appsecret missing"),
    (41005, "media data missing"),
    (41006, "media_id missing"),
    (41008, "missing code"),
    (41009, "missing openid"),
    (41030, "invalid page"),
    (42001, "access_token expired"),
    (42002, "refresh_token expired"),
    (42003, "code expired"),
    (43001, "require GET method"),
    (43002, "require POST method"),
    (43004, "require subscribe"),
    (43101, "user refuse to accept the msg"),
    (44002, "empty post data"),
    (44004, "empty content"),
    (45001, "media size out of limit"),
    (45002, "content size out of limit"),
    (45008, "article size out of limit"),
    (45009, "reach max api daily quota limit"),
    (45011, "api minute-quota reach limit, must slower, retry next minute"),
    (45015, "response out of time limit or subscription is canceled"),
    (45029, "qrcode count out of limit"),
    (45047, "out of response count limit"),
    (45056, "too many tag now, no need to add new"),
    (45057, "can't modify tag that has too many fans"),
    (45058, "can't modify sys tag"),
    (45059, "can not add more tags for one user"),
    (45072, "invalid command"),
    (45080, "need recent interaction with the user"),
    (45081, "already in typing state"),
    (45157, "invalid tag name, duplicate"),
    (45158, "invalid tag name, too long"),
    (45159, "invalid tag id"),
    (46003, "menu no exist"),
    (46004, "user no exist"),
    (47001, "data format error"),
    (47003, "argument invalid!"),
    (48001, "api unauthorized"),
    (48006, "forbid to clear quota because of reaching the limit"),
    (49003, "not match openid with access_token"),
    (65301, "not exist contional menu"),
    (65302, "no contional user"),
    (65303, "there is no selfmenu, please create selfmenu first"),
    (65304, "match rule empty"),
    (65305, "menu count limit"),
    (65316, "too many external domains in conditional menus"),
    (65320, "sex, region and language are no longer supported by matchrule"),
    (76001, "rid not found"),
    (76002, "rid error"),
    (76004, "rid expired"),
    (76021, "cgi_path not found"),
    (76022, "could not use this cgi_path, no permission"),
    (200011, "this template is not found"),
    (200012, "private template count limit"),
    (9410010, "long_data too long"),
    (9410011, "invalid expire_seconds"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once() {
        for (index, (code, text)) in TEXTS.iter().enumerate() {
            assert!(!text.is_empty());
            assert!(!TEXTS[..index].iter().any(|(other, _)| other == code), "{code} stands twice");
        }
    }
}
