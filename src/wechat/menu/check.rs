//! The platform's rules for menus, so that a wrong one is refused here and with a better text.

use super::{Button, ConditionalMenu, Menu};

const TOP_BUTTONS: usize = 3;
const SUB_BUTTONS: usize = 5;
/// Bytes of UTF-8. The phone shows 4 characters of a top button and 8 of the others.
const TOP_NAME: usize = 16;
const SUB_NAME: usize = 60;
const KEY: usize = 128;
const URL: usize = 1024;

/// A rule that a menu breaks, with the platform's code for it. `at` names the button.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("菜单「{at}」：{problem}（{code}）")]
pub struct MenuError {
    pub code: i64,
    pub at: String,
    pub problem: &'static str,
}

impl Menu {
    /// The first broken rule.
    pub fn check(&self) -> Result<(), MenuError> {
        check_buttons(&self.buttons)
    }
}

impl ConditionalMenu {
    /// The first broken rule.
    pub fn check(&self) -> Result<(), MenuError> {
        check_buttons(&self.buttons)?;
        let platform = self.rule.client_platform_type.as_deref();
        let (code, problem) = match (self.rule.tag_id.as_deref(), platform) {
            (None | Some(""), None | Some("")) => (65302, "个性化菜单没有写匹配条件"),
            (_, Some(platform)) if !matches!(platform, "" | "1" | "2" | "3") => {
                (65306, "客户端类型只能是 1（iOS）、2（Android）或 3（其他）")
            }
            _ => return Ok(()),
        };
        Err(MenuError { code, at: "matchrule".into(), problem })
    }
}

fn check_buttons(buttons: &[Button]) -> Result<(), MenuError> {
    let error = |at: &str, code, problem| Err(MenuError { code, at: at.to_owned(), problem });
    if !(1..=TOP_BUTTONS).contains(&buttons.len()) {
        return error("", 40016, "一级菜单应有 1 到 3 个");
    }
    for button in buttons {
        check_name(button, TOP_NAME, "一级菜单名称不能为空，最多 16 字节（5 个汉字）")?;
        if button.sub_buttons.is_empty() {
            check_action(button)?;
            continue;
        }
        if button.sub_buttons.len() > SUB_BUTTONS {
            return error(&button.name, 40023, "二级菜单最多 5 个");
        }
        for sub in &button.sub_buttons {
            check_name(sub, SUB_NAME, "二级菜单名称不能为空，最多 60 字节（20 个汉字）")?;
            if !sub.sub_buttons.is_empty() {
                return error(&sub.name, 40022, "菜单只能有两级");
            }
            check_action(sub)?;
        }
    }
    Ok(())
}

fn check_name(button: &Button, limit: usize, problem: &'static str) -> Result<(), MenuError> {
    if button.name.trim().is_empty() || button.name.len() > limit {
        return Err(MenuError { code: 40018, at: button.name.clone(), problem });
    }
    Ok(())
}

fn check_action(button: &Button) -> Result<(), MenuError> {
    let error = |code, problem| Err(MenuError { code, at: button.name.clone(), problem });
    let length = |text: &Option<String>| text.as_deref().unwrap_or_default().len();
    let is_web = |url: &Option<String>| {
        let url = url.as_deref().unwrap_or_default();
        url.starts_with("http://") || url.starts_with("https://")
    };
    match button.kind.as_deref().unwrap_or_default() {
        "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
        | "pic_weixin" | "location_select" => match length(&button.key) {
            1..=KEY => Ok(()),
            _ => error(40019, "key 不能为空，最多 128 字节"),
        },
        "view" | "miniprogram" if !(1..=URL).contains(&length(&button.url)) => {
            error(40020, "网址不能为空，最多 1024 字节")
        }
        "view" | "miniprogram" if !is_web(&button.url) => error(40055, "网址应以 http:// 或 https:// 开头"),
        "miniprogram" if length(&button.app_id) == 0 || length(&button.page_path) == 0 => {
            error(40017, "小程序菜单要写 appid 和 pagepath")
        }
        "view" | "miniprogram" => Ok(()),
        "media_id" | "view_limited" if length(&button.media_id) == 0 => error(40007, "没有写 media_id"),
        "article_id" | "article_view_limited" if length(&button.article_id) == 0 => {
            error(40017, "没有写 article_id")
        }
        "media_id" | "view_limited" | "article_id" | "article_view_limited" => Ok(()),
        "" => error(40017, "没有写按钮类型（type），也没有二级菜单"),
        _ => error(40017, "按钮类型（type）不正确"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::menu::MatchRule;

    fn code(buttons: Vec<Button>) -> Option<i64> {
        Menu { buttons }.check().err().map(|error| error.code)
    }

    fn of_type(kind: &str) -> Button {
        Button { kind: Some(kind.into()), ..Button::click("名称", "key") }
    }

    #[test]
    fn an_ordinary_menu_passes() {
        let sub = vec![Button::scan_and_wait("扫码签到", "scan"), Button::view("我的会议", "https://a.cn/m")];
        assert_eq!(code(vec![Button::group("会议", sub), Button::click("关于我们", "about")]), None);
    }

    #[test]
    fn buttons_are_counted() {
        let buttons = |count| vec![Button::click("名称", "key"); count];
        assert_eq!(code(buttons(0)), Some(40016));
        assert_eq!(code(buttons(3)), None);
        assert_eq!(code(buttons(4)), Some(40016));
        assert_eq!(code(vec![Button::group("会议", buttons(5))]), None);
        assert_eq!(code(vec![Button::group("会议", buttons(6))]), Some(40023));
        assert_eq!(code(vec![Button::group("会议", vec![Button::group("会议", buttons(1))])]), Some(40022));
    }

    #[test]
    fn names_are_measured_in_bytes() {
        let top = |name: &str| code(vec![Button::click(name, "key")]);
        assert_eq!(top("五个汉字呀"), None);
        assert_eq!(top("这是六个汉字"), Some(40018));
        assert_eq!(top(" "), Some(40018));
        let sub = |name: &str| code(vec![Button::group("会议", vec![Button::click(name, "key")])]);
        assert_eq!(sub(&"字".repeat(20)), None);
        assert_eq!(sub(&"字".repeat(21)), Some(40018));
    }

    #[test]
    fn every_type_needs_its_nodes() {
        for kind in [
            "click",
            "scancode_push",
            "scancode_waitmsg",
            "pic_sysphoto",
            "pic_photo_or_album",
            "pic_weixin",
            "location_select",
        ] {
            assert_eq!(code(vec![of_type(kind)]), None, "{kind}");
            assert_eq!(code(vec![Button { key: None, ..of_type(kind) }]), Some(40019), "{kind}");
            assert_eq!(code(vec![Button { key: Some("k".repeat(129)), ..of_type(kind) }]), Some(40019));
        }
        let view = |url: &str| code(vec![Button::view("名称", url)]);
        assert_eq!(view("https://a.cn/"), None);
        assert_eq!(view(""), Some(40020));
        assert_eq!(view(&format!("https://a.cn/{}", "a".repeat(1024))), Some(40020));
        assert_eq!(view("a.cn"), Some(40055));
        let mini = Button { kind: Some("miniprogram".into()), ..Button::view("名称", "https://a.cn/") };
        assert_eq!(code(vec![mini.clone()]), Some(40017));
        let mini = Button { app_id: Some("wx1".into()), page_path: Some("p".into()), ..mini };
        assert_eq!(code(vec![mini]), None);
        assert_eq!(code(vec![of_type("media_id")]), Some(40007));
        assert_eq!(code(vec![Button { media_id: Some("m".into()), ..of_type("media_id") }]), None);
        assert_eq!(code(vec![of_type("article_id")]), Some(40017));
        assert_eq!(code(vec![Button { article_id: Some("a".into()), ..of_type("article_id") }]), None);
        assert_eq!(code(vec![of_type("unheard_of")]), Some(40017));
        assert_eq!(code(vec![Button { kind: None, ..of_type("click") }]), Some(40017));
    }

    #[test]
    fn a_conditional_menu_needs_a_rule_that_still_exists() {
        let check = |rule| {
            let menu = ConditionalMenu { buttons: vec![Button::click("名称", "key")], rule, menu_id: None };
            menu.check().err().map(|error| error.code)
        };
        let platform =
            |platform: &str| MatchRule { client_platform_type: Some(platform.into()), tag_id: None };
        assert_eq!(check(MatchRule::default()), Some(65302));
        assert_eq!(check(MatchRule { tag_id: Some("2".into()), client_platform_type: None }), None);
        assert_eq!(check(platform("2")), None);
        assert_eq!(check(platform("9")), Some(65306));
    }

    #[test]
    fn an_error_says_which_button_and_what_to_do() {
        let error = Menu { buttons: vec![Button::view("我的会议", "a.cn")] }.check().expect_err("wrong");
        assert_eq!(error.to_string(), "菜单「我的会议」：网址应以 http:// 或 https:// 开头（40055）");
    }
}
