//! What providers' codes mean, and what each asks of us.

use std::time::Duration;

use crate::notify::phone::model::Why;

/// What to do when a provider surely did not take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Another provider may; this one was not asked wrongly.
    OtherProvider(Why),
    /// No provider will: the number, its owner or its carrier is the cause. Another medium may.
    OtherMedium(Why),
    /// An operator must act; until then this provider rests and another is asked.
    Rest(&'static str),
    /// What we said does not fit; an operator must mend the template. Another provider has a template of its own.
    FixWording(&'static str),
    /// Too many calls at a time: again after this.
    BackOff(Duration),
}

/// When a provider says that it is too busy and not for how long.
pub const PAUSE: Duration = Duration::from_secs(2);

/// One code, or all that begin so where it ends with `*`.
struct Row(&'static str, Reaction);

use Reaction::{BackOff, FixWording, OtherMedium, OtherProvider, Rest};

#[rustfmt::skip]
const ALIYUN: &[Row] = &[
    // By number, signature and template; the published defaults are 1 a minute, 5 an hour, 10 and 40 a day.
    Row("isv.BUSINESS_LIMIT_CONTROL", OtherProvider(Why::TooOften)),
    Row("isv.DAY_LIMIT_CONTROL", Rest("已到阿里云控制台里设的每日上限")),
    Row("isv.MONTH_LIMIT_CONTROL", Rest("已到阿里云控制台里设的每月上限")),
    Row("isv.OUT_OF_SERVICE", Rest("阿里云业务停机，请检查余额")),
    Row("isv.AMOUNT_NOT_ENOUGH", Rest("阿里云余额不足")),
    Row("isv.ACCOUNT_NOT_EXISTS", Rest("阿里云账户不存在")),
    Row("isv.ACCOUNT_ABNORMAL", Rest("阿里云账户异常")),
    Row("isv.SMS_SIGNATURE_ILLEGAL", Rest("短信签名不合法")),
    Row("isv.SMS_SIGN_ILLEGAL", Rest("短信签名不合法")),
    Row("isv.SIGN_STATE_ILLEGAL", Rest("短信签名未通过审核")),
    Row("isv.SMS_SIGNATURE_SCENE_ILLEGAL", Rest("短信签名的适用场景不符")),
    Row("isv.SIGN_NAME_ILLEGAL", Rest("短信签名不合法")),
    Row("isv.SMS_TEMPLATE_ILLEGAL", FixWording("短信模板不合法或未通过审核")),
    Row("isv.TTS_TEMPLATE_ILLEGAL", FixWording("语音模板不合法或未通过审核")),
    Row("isv.MOBILE_NUMBER_ILLEGAL", OtherMedium(Why::BadNumber)),
    Row("isv.MOBILE_COUNT_OVER_LIMIT", FixWording("一次发送的号码过多")),
    Row("isv.DENY_IP_RANGE", Rest("从中国大陆以外的地址调用，请检查部署")),
    Row("isv.BLACK_KEY_CONTROL_LIMIT", FixWording("内容含有被禁止的词")),
    Row("isv.PARAM_LENGTH_LIMIT", FixWording("变量太长")),
    Row("isv.PARAM_NOT_SUPPORT_URL", FixWording("变量里不能有网址")),
    Row("isv.TEMPLATE_MISSING_PARAMETERS", FixWording("模板缺少变量")),
    Row("isv.INVALID_JSON_PARAM", FixWording("变量的格式不对")),
    Row("isv.TEMPLATE_PARAMS_ILLEGAL", FixWording("变量的内容不符合模板")),
    Row("isv.INVALID_PARAMETERS", FixWording("参数不正确")),
    Row("isv.BLACK_LIST_*", OtherMedium(Why::Blocked)),
    Row("isv.USER_REFUSE*", OtherMedium(Why::Blocked)),
    Row("isp.RAM_PERMISSION_DENY", Rest("访问密钥没有短信或语音的权限")),
    Row("isv.PRODUCT_UN_SUBSCRIPT", Rest("没有开通阿里云的短信或语音服务")),
    Row("isv.PRODUCT_UNSUBSCRIBE", Rest("没有开通阿里云的短信或语音服务")),
    Row("SignatureDoesNotMatch", Rest("签名不正确，请检查访问密钥")),
    Row("IncompleteSignature", Rest("签名不完整")),
    Row("InvalidAccessKeyId*", Rest("访问密钥不存在")),
    Row("Forbidden*", Rest("访问密钥没有权限")),
    Row("NoPermission", Rest("访问密钥没有权限")),
    Row("InvalidTimeStamp*", Rest("本机时钟不准")),
    Row("SignatureNonceUsed", Rest("请求被重复发送")),
    Row("Throttling*", BackOff(PAUSE)),
    Row("isv.FLOW_LIMIT*", BackOff(PAUSE)),
];

#[rustfmt::skip]
const TENCENT: &[Row] = &[
    Row("LimitExceeded.PhoneNumberThirtySecondLimit", OtherProvider(Why::TooOften)),
    Row("LimitExceeded.PhoneNumberOneHourLimit", OtherProvider(Why::TooOften)),
    Row("LimitExceeded.PhoneNumberDailyLimit", OtherProvider(Why::TooOften)),
    Row("LimitExceeded.PhoneNumberSameContentDailyLimit", OtherProvider(Why::TooOften)),
    Row("LimitExceeded.DeliveryFrequencyLimit", OtherProvider(Why::TooOften)),
    Row("LimitExceeded.PhoneNumberCountLimit", FixWording("一次发送的号码过多")),
    Row("LimitExceeded.AppDailyLimit", Rest("已到腾讯云控制台里设的每日上限")),
    Row("LimitExceeded.DailyLimit", Rest("已到腾讯云控制台里设的每日上限")),
    Row("FailedOperation.PhoneNumberInBlacklist", OtherMedium(Why::Blocked)),
    Row("FailedOperation.InsufficientBalanceInSmsPackage", Rest("腾讯云短信套餐余量不足")),
    Row("UnauthorizedOperation.ServiceSuspendDueToArrears", Rest("腾讯云欠费停服")),
    Row("UnauthorizedOperation*", Rest("腾讯云没有授权这项操作")),
    Row("FailedOperation.SignatureIncorrectOrUnapproved", Rest("短信签名未通过审核")),
    Row("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", FixWording("变量里不能有网址")),
    Row("InvalidParameterValue.TemplateParameterLengthLimit", FixWording("变量太长")),
    Row("InvalidParameterValue.TemplateParameterFormatError", FixWording("变量的格式不对")),
    Row("InvalidParameterValue.IncorrectPhoneNumber", OtherMedium(Why::BadNumber)),
    Row("InvalidParameterValue.CalledNumberVerifyFail", OtherMedium(Why::BadNumber)),
    Row("FailedOperation.ContainSensitiveWord", FixWording("内容含有敏感词")),
    Row("FailedOperation.TemplateIncorrectOrUnapproved", FixWording("模板未通过审核")),
    Row("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", FixWording("变量个数与模板不符")),
    Row("FailedOperation.MissingTemplateToModify", FixWording("模板不存在")),
    Row("AuthFailure.SignatureExpire", Rest("本机时钟不准")),
    Row("AuthFailure*", Rest("签名不正确，请检查密钥")),
    Row("RequestLimitExceeded*", BackOff(PAUSE)),
];

#[rustfmt::skip]
const HTTP: &[Row] = &[
    Row("bad_number", OtherMedium(Why::BadNumber)),
    Row("blocked", OtherMedium(Why::Blocked)),
    Row("too_often", OtherProvider(Why::TooOften)),
    Row("wording", FixWording("内容被接收方退回")),
    Row("busy", BackOff(PAUSE)),
    Row("setup", Rest("接收方说设置不对")),
];

/// What `code` of `provider` asks for. A code that is not in its table was surely a refusal: another provider is asked.
pub fn look_up(provider: &str, code: &str) -> Reaction {
    let table = match provider {
        "aliyun" => ALIYUN,
        "tencent" => TENCENT,
        _ => HTTP,
    };
    let is = |row: &&Row| match row.0.strip_suffix('*') {
        Some(start) => code.starts_with(start),
        None => code == row.0,
    };
    table.iter().find(is).map_or(OtherProvider(Why::NoProvider), |row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_had_enough_is_not_tried_again_on_the_same_way() {
        for (provider, code) in [
            ("aliyun", "isv.BUSINESS_LIMIT_CONTROL"),
            ("tencent", "LimitExceeded.PhoneNumberThirtySecondLimit"),
            ("tencent", "LimitExceeded.PhoneNumberOneHourLimit"),
            ("tencent", "LimitExceeded.PhoneNumberDailyLimit"),
            ("tencent", "LimitExceeded.PhoneNumberSameContentDailyLimit"),
            ("tencent", "LimitExceeded.DeliveryFrequencyLimit"),
        ] {
            assert_eq!(look_up(provider, code), OtherProvider(Why::TooOften), "{code}");
        }
    }

    #[test]
    fn set_up_balance_signatures_and_clocks_call_an_operator_and_let_another_provider_try() {
        for (provider, code) in [
            ("aliyun", "isv.OUT_OF_SERVICE"),
            ("aliyun", "isv.AMOUNT_NOT_ENOUGH"),
            ("aliyun", "isv.DAY_LIMIT_CONTROL"),
            ("aliyun", "isv.MONTH_LIMIT_CONTROL"),
            ("aliyun", "isv.SMS_SIGNATURE_ILLEGAL"),
            ("aliyun", "isv.SMS_SIGN_ILLEGAL"),
            ("aliyun", "isv.SIGN_STATE_ILLEGAL"),
            ("aliyun", "isv.SMS_SIGNATURE_SCENE_ILLEGAL"),
            ("aliyun", "isv.DENY_IP_RANGE"),
            ("aliyun", "SignatureDoesNotMatch"),
            ("tencent", "FailedOperation.InsufficientBalanceInSmsPackage"),
            ("tencent", "UnauthorizedOperation.ServiceSuspendDueToArrears"),
            ("tencent", "AuthFailure.SignatureExpire"),
            ("tencent", "AuthFailure.SignatureFailure"),
        ] {
            assert!(matches!(look_up(provider, code), Rest(_)), "{code}");
        }
    }

    #[test]
    fn bad_numbers_and_those_who_opted_out_are_never_tried_elsewhere() {
        assert_eq!(look_up("aliyun", "isv.MOBILE_NUMBER_ILLEGAL"), OtherMedium(Why::BadNumber));
        assert_eq!(look_up("tencent", "FailedOperation.PhoneNumberInBlacklist"), OtherMedium(Why::Blocked));
    }

    #[test]
    fn what_our_words_are_to_blame_for_is_for_the_template_to_mend() {
        for (provider, code) in [
            ("aliyun", "isv.SMS_TEMPLATE_ILLEGAL"),
            ("aliyun", "isv.BLACK_KEY_CONTROL_LIMIT"),
            ("aliyun", "isv.PARAM_LENGTH_LIMIT"),
            ("aliyun", "isv.PARAM_NOT_SUPPORT_URL"),
            ("aliyun", "isv.TEMPLATE_MISSING_PARAMETERS"),
            ("aliyun", "isv.INVALID_JSON_PARAM"),
            ("tencent", "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
            ("tencent", "InvalidParameterValue.TemplateParameterLengthLimit"),
            ("tencent", "FailedOperation.ContainSensitiveWord"),
        ] {
            assert!(matches!(look_up(provider, code), FixWording(_)), "{code}");
        }
    }

    #[test]
    fn a_busy_provider_is_asked_again_and_an_unknown_refusal_goes_to_another() {
        assert_eq!(look_up("tencent", "RequestLimitExceeded"), BackOff(PAUSE));
        assert_eq!(look_up("aliyun", "Throttling.User"), BackOff(PAUSE));
        assert_eq!(look_up("aliyun", "isv.SOMETHING_NEW"), OtherProvider(Why::NoProvider));
        // A code of one provider means nothing at another.
        assert_eq!(look_up("tencent", "isv.MOBILE_NUMBER_ILLEGAL"), OtherProvider(Why::NoProvider));
    }
}
