//! What the platform's error codes mean and what a caller must do about each (section 14 of the reference).

/// What to do about a refused call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// The platform is busy: once more after a pause, if doing it twice does no harm.
    RetryLater,
    /// Too fast: like [`RetryLater`](Self::RetryLater), with a pause of random length.
    Backoff,
    /// The access token is no longer good: read it anew once, try once more.
    RefreshToken,
    /// Settings, rights or a ban: nothing works until an operator acts. Never retried by itself.
    Stop,
    /// Today's quota is used up: this call rests until midnight in China.
    StopUntilMidnight,
    /// This person cannot be reached this way.
    GiveUpUser,
    /// This person does not follow the account: note it, use another way.
    NotFollowing,
    /// The person refused the notice or the right to send was used: forget the right, ask again on a page.
    DropRight,
    /// No customer-service message is possible until the person acts again: use a notice.
    WindowClosed,
    /// What the person gave cannot be used: tell them.
    UserError,
    /// The media id is gone: upload again.
    Reupload,
    /// The web authorization is void: start it again, once.
    RestartOauth,
    /// The template does not exist any more: switch it off, tell an operator.
    DisableTemplate,
    /// A value does not fit its field: shorten or mend it, never repeat it unchanged.
    FixValue,
    /// There is no menu: an empty result.
    Empty,
    /// It was done before, or does not matter: a success.
    Done,
    /// An operator at the console must see the meaning.
    Operator,
    /// Our own mistake.
    Bug,
}

impl Reaction {
    /// Whether an operator must hear of it.
    pub fn alerts(self) -> bool {
        matches!(self, Self::Stop | Self::StopUntilMidnight | Self::DisableTemplate | Self::Operator)
    }
}

/// One code, or a family of neighbours with the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub first: i64,
    pub last: i64,
    /// For operators, in Chinese.
    pub meaning: &'static str,
    pub reaction: Reaction,
}

/// The entry of a code; one that is not in the table is treated as our mistake and never retried.
pub fn look_up(code: i64) -> Entry {
    let at = TABLE.partition_point(|entry| entry.last < code);
    match TABLE.get(at) {
        Some(entry) if entry.first <= code => *entry,
        _ => Entry {
            first: code, last: code, meaning: "微信返回了未收录的错误码", reaction: Reaction::Bug
        },
    }
}

const fn one(code: i64, meaning: &'static str, reaction: Reaction) -> Entry {
    Entry { first: code, last: code, meaning, reaction }
}

const fn family(first: i64, last: i64, meaning: &'static str, reaction: Reaction) -> Entry {
    Entry { first, last, meaning, reaction }
}

use Reaction::*;

/// In ascending order, without overlap.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    one(-1, "微信系统繁忙", RetryLater),
    one(40001, "AppSecret 错误，或 access_token 无效、已被新的取代", RefreshToken),
    one(40002, "凭证类型（grant_type）不正确", Stop),
    one(40003, "openid 不正确，或不是本公众号的用户", GiveUpUser),
    family(40004, 40006, "媒体文件的类型或大小不符合要求", UserError),
    one(40007, "媒体文件编号（media_id）无效或已过期", Reupload),
    family(40008, 40012, "消息或媒体文件的类型、大小不符合要求", UserError),
    one(40013, "AppID 不正确", Stop),
    one(40014, "access_token 不正确", RefreshToken),
    one(40015, "菜单类型不正确", Bug),
    one(40016, "菜单按钮个数不符合要求", Bug),
    one(40017, "菜单按钮类型不正确", Bug),
    one(40018, "菜单按钮名称长度不符合要求", Bug),
    one(40019, "菜单按钮的 key 长度不符合要求", Bug),
    one(40020, "菜单按钮的网址长度不符合要求", Bug),
    family(40021, 40027, "菜单或子菜单的定义不正确", Bug),
    one(40029, "网页授权的 code 无效", RestartOauth),
    one(40030, "网页授权的 refresh_token 无效", RestartOauth),
    one(40033, "请求里有不允许的字符（如 \\u 转义）", Bug),
    one(40037, "消息模板编号不正确，模板可能已被删除", DisableTemplate),
    one(40052, "二维码类型（action_name）不正确", Bug),
    one(40053, "二维码场景（action_info）不正确", Bug),
    family(40054, 40055, "菜单里的网址域名不正确", Bug),
    one(40125, "AppSecret 不正确", Stop),
    one(40137, "不支持这种图片格式", UserError),
    one(40163, "网页授权的 code 已被使用", RestartOauth),
    one(40164, "调用接口的服务器地址不在 IP 白名单里", Stop),
    one(40243, "AppSecret 已被冻结", Stop),
    one(41001, "请求缺少 access_token", Bug),
    one(41002, "请求缺少 AppID", Stop),
    one(41004, "请求缺少 AppSecret", Stop),
    one(41008, "网页授权缺少 code", RestartOauth),
    one(41030, "订阅通知的跳转页面不正确", Bug),
    one(42001, "access_token 已过期", RefreshToken),
    one(42002, "网页授权的 refresh_token 已过期", RestartOauth),
    one(42003, "网页授权的 code 已过期", RestartOauth),
    one(42007, "用户修改了微信密码，原授权失效", RestartOauth),
    family(43001, 43003, "请求方式不正确", Bug),
    one(43004, "用户没有关注公众号", NotFollowing),
    one(43019, "用户已被拉入黑名单", GiveUpUser),
    one(43101, "用户拒收通知，或订阅次数已用完", DropRight),
    one(44002, "请求内容为空", Bug),
    one(44004, "消息内容为空", Bug),
    one(45001, "媒体文件太大", UserError),
    one(45002, "消息内容太长", FixValue),
    one(45008, "图文消息条数超过限制", Bug),
    one(45009, "今天的接口调用次数已用完", StopUntilMidnight),
    one(45011, "接口调用太频繁", Backoff),
    one(45015, "用户超过 48 小时没有互动，不能再发客服消息", WindowClosed),
    one(45047, "客服消息条数已用完，要等用户再次互动", WindowClosed),
    one(45065, "这条群发已经提交过", Done),
    one(45066, "群发间隔太短", Backoff),
    one(45067, "群发编号太长", Bug),
    family(45080, 45081, "现在不能显示「正在输入」", Done),
    one(46003, "公众号没有菜单", Empty),
    one(47001, "请求内容无法解析", Bug),
    one(47003, "消息模板里的某个值不符合要求", FixValue),
    one(48001, "公众号没有这个接口的权限，请检查认证状态", Stop),
    one(48002, "用户拒收公众号消息", GiveUpUser),
    one(48004, "接口被微信封禁，请登录公众号后台查看", Stop),
    one(48006, "本月清零次数已用完", Stop),
    family(50001, 50002, "用户没有授权或账号受限", GiveUpUser),
    one(50005, "用户没有关注公众号", GiveUpUser),
    one(50007, "公众号已被冻结", Stop),
    one(61004, "调用接口的服务器地址不在 IP 白名单里", Stop),
    one(61451, "请求参数不正确", Bug),
    family(65301, 65320, "个性化菜单的定义不正确", Bug),
    one(70000, "因未成年人保护不能发送", GiveUpUser),
    family(76001, 76004, "请求编号（rid）无效或无权查询", Operator),
    family(76021, 76022, "这个接口不支持查询或清零次数", Operator),
    one(89501, "调用接口的服务器地址正在等管理员确认", Stop),
    one(89503, "调用接口的服务器地址需要管理员确认", Stop),
    family(200011, 200022, "订阅通知模板的操作不符合要求", Operator),
    one(200100, "订阅通知模板没有可用的类目", Operator),
    family(9410010, 9410011, "短链内容太长或有效期不正确", Bug),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(code: i64) -> Reaction {
        look_up(code).reaction
    }

    #[test]
    fn the_table_is_in_order_and_every_meaning_is_chinese() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].last < pair[1].first, "{} before {}", pair[0].last, pair[1].first);
        }
        for entry in TABLE {
            assert!(entry.first <= entry.last);
            assert!(entry.meaning.chars().any(|c| ('一'..='龥').contains(&c)), "{}", entry.first);
        }
    }

    #[test]
    fn only_a_busy_or_hurried_platform_is_asked_again() {
        let retried: Vec<_> = TABLE
            .iter()
            .filter(|entry| matches!(entry.reaction, RetryLater | Backoff))
            .map(|entry| entry.first)
            .collect();
        assert_eq!(retried, [-1, 45011, 45066]);
    }

    #[test]
    fn only_token_errors_renew_the_token() {
        let renewed: Vec<_> =
            TABLE.iter().filter(|entry| entry.reaction == RefreshToken).map(|entry| entry.first).collect();
        assert_eq!(renewed, [40001, 40014, 42001]);
    }

    #[test]
    fn settings_rights_and_bans_stop_and_alert() {
        for code in
            [40002, 40013, 40125, 40164, 40243, 41002, 41004, 48001, 48004, 48006, 50007, 61004, 89501, 89503]
        {
            assert_eq!(reaction(code), Stop, "{code}");
            assert!(reaction(code).alerts());
        }
        assert_eq!(reaction(45009), StopUntilMidnight);
        assert_eq!(reaction(40037), DisableTemplate);
        assert!(reaction(45009).alerts() && reaction(40037).alerts() && reaction(200014).alerts());
    }

    #[test]
    fn what_concerns_one_person_stays_with_that_person() {
        for code in [40003, 43019, 48002, 50001, 50002, 50005, 70000] {
            assert_eq!(reaction(code), GiveUpUser, "{code}");
        }
        assert_eq!(reaction(43004), NotFollowing);
        assert_eq!(reaction(43101), DropRight);
        assert_eq!((reaction(45015), reaction(45047)), (WindowClosed, WindowClosed));
        for code in [40004, 40006, 40008, 40012, 40137, 45001] {
            assert_eq!(reaction(code), UserError, "{code}");
        }
        assert_eq!(reaction(40007), Reupload);
        assert!(!reaction(40003).alerts());
    }

    #[test]
    fn void_authorizations_start_again() {
        for code in [40029, 40030, 40163, 41008, 42002, 42003, 42007] {
            assert_eq!(reaction(code), RestartOauth, "{code}");
        }
    }

    #[test]
    fn values_that_do_not_fit_are_mended() {
        assert_eq!((reaction(45002), reaction(47003)), (FixValue, FixValue));
    }

    #[test]
    fn harmless_codes_count_as_success_or_emptiness() {
        assert_eq!((reaction(45065), reaction(45080), reaction(45081)), (Done, Done, Done));
        assert_eq!(reaction(46003), Empty);
    }

    #[test]
    fn our_own_mistakes_are_named_and_unknown_codes_join_them() {
        for code in
            [40016, 40033, 40052, 40055, 41001, 41030, 43003, 44002, 45008, 47001, 61451, 65303, 9410010]
        {
            assert_eq!(reaction(code), Bug, "{code}");
        }
        for unknown in [1, -2, 99_999, 40_028, i64::MAX, i64::MIN] {
            assert_eq!(reaction(unknown), Bug, "{unknown}");
            assert_eq!(look_up(unknown).meaning, "微信返回了未收录的错误码");
        }
    }

    #[test]
    fn operators_read_console_matters() {
        for code in [76001, 76022, 200011, 200022, 200100] {
            assert_eq!(reaction(code), Operator, "{code}");
        }
    }
}
