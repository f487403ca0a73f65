//! The one table from an error's code to its HTTP status and the Chinese text that a person reads.
//!
//! Every module has its own `thiserror` enum; each variant that a person may meet names a code of this table.
//! A text says what happened and what to do next; `{…}` marks are filled in by the caller through [`Coded::details`].

/// An error that a person may be told about.
pub trait Coded: std::error::Error {
    /// A code of [`TEXTS`]; stable, part of the API.
    fn code(&self) -> &'static str;

    /// The form field that is to blame, where one is.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// Values for the `{name}` marks of the text.
    fn details(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// What the world is told of one code.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub code: &'static str,
    pub status: u16,
    pub zh: &'static str,
}

/// The text of `error` with its details filled in, and the HTTP status.
pub fn describe(error: &dyn Coded) -> (u16, String) {
    let text = text(error.code());
    let mut message = text.zh.to_string();
    for (name, value) in error.details() {
        message = message.replace(&format!("{{{name}}}"), &value);
    }
    (text.status, message)
}

/// The row of `code`; an unknown code reads as `internal`.
pub fn text(code: &str) -> Text {
    TEXTS.iter().find(|text| text.code == code).copied().unwrap_or(INTERNAL)
}

const INTERNAL: Text = Text {
    code: "internal",
    status: 500,
    zh: "服务暂时出了问题，我们已经记录。请稍后再试，或把编号告诉工作人员。",
};

const fn row(code: &'static str, status: u16, zh: &'static str) -> Text {
    Text { code, status, zh }
}

/// Every code. A test holds that each has a text and that no two are the same.
pub const TEXTS: &[Text] = &[
    INTERNAL,
    // Requests in general
    row("not_found", 404, "没有找到这个页面。请核对链接，或从公众号菜单重新进入。"),
    row("bad_request", 400, "提交的内容不完整或格式不对，请返回检查后再试。"),
    row("method_not_allowed", 405, "这个地址不支持这样的操作，请从页面上的按钮进入。"),
    row("invalid", 422, "{field}：{problem}"),
    row("too_large", 413, "内容太大，最多 {limit}。请缩小后再试。"),
    row("unavailable", 503, "系统正忙，您的操作还没有成功。请过几秒再点一次。"),
    row("rate_limited", 429, "操作太频繁了，请稍等一会儿再试。"),
    row("file_missing", 404, "没有找到这个文件，可能已被撤下。请返回上一页刷新后再试。"),
    row("storage_full", 507, "存储空间已满，文件没有保存。请联系管理员清理空间后重新上传。"),
    row("storage_down", 503, "文件存储暂时不能使用，操作没有完成。请稍后再试，或联系管理员。"),
    row("op_conflict", 409, "这次提交的编号已用于另一项操作，没有做任何改动。请刷新页面后重新提交。"),
    // Who is asking
    row("login_required", 401, "请先登录。"),
    row("login_failed", 401, "用户名或密码不对，请核对后再试。"),
    row("login_locked", 429, "密码连续输错多次，请 {minutes} 分钟后再试。"),
    row("forbidden", 403, "您没有做这件事的权限，如有需要请联系管理员。"),
    row("csrf", 403, "页面停留太久，安全校验已过期。请刷新页面后重新提交。"),
    row("wechat_required", 401, "请在微信里打开这个页面。"),
    row("snapshot_user", 403, "当前是微信的快照浏览模式，不能签到。请点页面右下角「使用完整服务」后继续。"),
    row("oauth_failed", 401, "微信没有完成身份确认。请关闭页面，重新扫码或从公众号菜单进入。"),
    row("oauth_busy", 503, "微信暂时没有应答，您的操作还没有成功。请稍后再点一次。"),
    // Check-in
    row("not_open_yet", 409, "签到还没开始，{opens} 起可签到，本页会自动更新。"),
    row("window_closed", 409, "签到已于 {closed} 结束。如您确实到会，可点「请会务人员补签」。"),
    row("meeting_cancelled", 409, "这次会议已取消，无需签到。"),
    row("meeting_ended", 409, "会议已结束，不能再签到。如有疑问请联系会务人员。"),
    row(
        "wrong_meeting",
        409,
        "这是「{scanned}」的签到码，您的会议是「{own}」，地点：{place}。请到对应会场扫码。",
    ),
    row("phone_deleted", 410, "这个手机号已超过保存期限，系统已按规定删除。"),
    row("code_expired", 410, "签到码已过期。请重新扫一下现场大屏上的二维码。"),
    row("code_invalid", 404, "这个签到码无效。请扫现场大屏或会务人员出示的二维码。"),
    row("code_reused", 409, "这次扫码已有其他人使用过。请用本人微信重新扫码签到。"),
    row("outside_area", 403, "您的位置不在会场。请到会场后再签到；如您已在会场，请会务人员核对。"),
    row("location_unavailable", 403, "没有取得您的位置。请允许微信使用定位后再点一次，或请会务人员核对。"),
    row("device_shared", 403, "一部手机只能给本人签到。请本人用自己的微信扫码，或请会务人员代签。"),
    row("not_on_roster", 403, "名单里没有找到您，请核对姓名和手机号，或请会务人员帮您签到。"),
    row("needs_binding", 428, "第一次签到，请先填写单位、姓名和手机号。"),
    row("identity_mismatch", 403, "名单里没有找到您，请核对姓名和手机号，或请会务人员帮您签到。"),
    row("bound_to_other", 409, "这位参会人已用另一个微信签到过。如您换了微信，请会务人员帮您改绑。"),
    row("blocked", 403, "您暂时不能自助签到，请联系会务人员。"),
    row("retry_later", 503, "网络不太通畅，您的签到还没有成功，请再点一次。"),
    // Documents
    row("upload_interrupted", 400, "上传中断，文件没有保存。请检查网络后重新上传。"),
    row("document_empty", 422, "文件是空的。请检查文件后重新选择。"),
    row("document_kind", 422, "不支持这种文件。请上传 Word、Excel、PPT、WPS、PDF、OFD、图片或文本文件。"),
    row(
        "document_mismatch",
        422,
        "文件内容是{found}，和扩展名不一致。请用原来的软件打开，另存为正确的格式后重新上传。",
    ),
    row("document_damaged", 422, "文件已损坏或不完整。请用原来的软件打开确认，另存后重新上传。"),
    row("document_encrypted", 422, "文件设有打开密码。请去掉密码，另存后重新上传。"),
    row("document_macros", 422, "文件带有宏。请另存为不含宏的格式（如 .docx）后重新上传。"),
    row("document_unsafe", 422, "文件的内部结构不安全，没有保存。请用 Office 或 WPS 打开，另存后重新上传。"),
    row("document_too_many_pages", 422, "文件页数太多，不能在线预览，可下载后查看。"),
    row("document_unpreviewable", 422, "暂时无法预览，可下载后查看。"),
    row("preview_missing", 503, "暂时无法预览，可下载后查看。"),
    row("document_not_ready", 409, "这一页正在准备，请稍等几秒。"),
    row(
        "internal_no_download",
        409,
        "这是内部文件，下载时要加水印，而这份文件暂时不能转换，所以不能下载。请联系会务人员。",
    ),
    row("watermark_missing", 503, "内部文件暂时不能查看：服务器缺少中文字体，加不了水印。请联系管理员。"),
    // Meetings and rosters
    row("meeting_not_found", 404, "没有找到这个会议。请核对链接，或请会务人员出示新的二维码。"),
    row("agenda_item_not_found", 404, "没有找到这项议程，可能已被删除。请刷新页面。"),
    row("material_not_found", 404, "没有找到这份材料。请返回会议页面查看。"),
    row("material_withdrawn", 410, "这份材料已撤下，不能再查看。请返回会议页面查看其他材料。"),
    row("material_sign_in", 403, "签到后才能查看这份材料。请先签到，再打开会议页面。"),
    row("material_later", 403, "这份材料在会议结束后开放，请会后从「我的会议」查看。"),
    row("material_no_view", 403, "这份材料不提供在线查看，请下载后查看。"),
    row("material_no_download", 403, "这份材料只供在线查看，不提供下载。"),
    row("link_expired", 410, "链接已失效。请返回会议页面重新打开材料。"),
    row("pairing_wrong", 422, "配对码不对或已过期。请看手机上现在显示的 6 位数字。"),
    row("pairing_over", 410, "电脑上的二维码已过期。请在电脑上刷新页面后重新扫码。"),
    row("pairing_ended", 401, "这台电脑的连接已结束。请用手机重新配对。"),
    row("remind_nobody", 409, "名册里没有需要通知的人，没有发送。请核对名册，或刷新页面查看签到情况。"),
    row("remind_over", 409, "会议已结束，没有发送提醒。"),
    row("remind_cancelled", 409, "会议已取消，只能发送取消通知。"),
    row("remind_not_cancelled", 409, "会议没有取消，不能发送取消通知。请先在设置里取消会议。"),
    row("reminder_not_found", 404, "没有找到这次提醒或这个人，请刷新页面。"),
    row("request_decided", 409, "这条申请已经处理过了，请刷新页面查看结果。"),
    row("roster_empty", 422, "文件里没有可用的行。请按模板填写：姓名、单位、手机号各一列。"),
    row("roster_unreadable", 422, "文件无法读取。请用 Excel（.xlsx）或 CSV 保存后重新上传。"),
    row("roster_too_many", 413, "一次最多导入 {limit} 行，请分几个文件上传。"),
    row("roster_entry_not_found", 404, "名单里没有这一行，可能已被移出。请刷新页面。"),
    row("leave_reason_needed", 422, "请写明请假原因，例如「出差」。"),
    row("leave_reason_too_long", 422, "请假原因最多 {limit} 个字，请写短一些。"),
    row("leave_signed_in", 409, "已经签到，不能再请假。要提前离开，请登记离场。"),
    row("leave_not_found", 404, "没有找到这条请假，请刷新页面。"),
    row("not_signed_in", 409, "还没有签到，不能登记离场或返回。请先签到。"),
    row("nothing_to_undo", 409, "这次签到已被撤销或不存在，请刷新页面。"),
    row("reason_needed", 422, "请写明原因，例如「手机没电，已到会」。"),
    row("nobody_chosen", 422, "还没有选择人员，或所选的人已不在名单里。请刷新页面后重新勾选。"),
    row(
        "code_rotates",
        409,
        "这次会议用动态码，每 15 秒更换，不能打印或保存。请打开大屏，或在设置里改用固定码。",
    ),
    row("preview_expired", 410, "预览已过期，名册没有改动。请重新上传文件。"),
    row(
        "sheet_pdf_missing",
        503,
        "这台服务器缺少中文字体，暂时不能生成 PDF。请先导出 Excel 签到表，或联系管理员安装字体。",
    ),
    // Votes
    row(
        "report_pdf_missing",
        503,
        "这台服务器缺少中文字体，暂时不能生成 PDF。请先导出 Word 报告，或联系管理员安装字体。",
    ),
    row("result_not_published", 409, "结果还没有公布。公布以后才有表决报告。"),
    row("round_not_found", 404, "没有找到这项表决。请返回会议页面查看。"),
    row("not_open", 409, "这项表决还没有开始，或已撤回。开始后本页会自动出现表决按钮。"),
    row("closed", 409, "这项表决已经结束，您这次的操作没有计入。结果以主持人宣布的为准。"),
    row("round_void", 409, "这项表决已作废，已投的票不计。请等主持人安排重新表决。"),
    row("not_entitled", 403, "您在这次会议没有表决权。如有疑问请联系会务人员核对名册。"),
    row("not_present", 403, "您还没有签到，不能表决。请先签到，再回到会议页面。"),
    row("away", 403, "您登记了离场，不能表决。回到会场后请登记返回，再表决。"),
    row("on_leave", 403, "您已请假，不能表决。如已到会请先签到。"),
    row("recused", 403, "您在这一项登记了回避，不参加表决。"),
    row("bad_choice", 422, "选项不在这张表决票上，没有计入。请刷新页面后重新选择。"),
    row("too_many_chosen", 422, "最多选 {limit} 人，没有计入。请去掉多选的再提交。"),
    row("paper_incomplete", 422, "还有没选的项目，没有计入。请每一项都选好后再提交。"),
    row("pressed_too_often", 429, "您改动的次数太多了，以上一次的选择为准。"),
    row("vote_later", 503, "网络不太通畅，您的表决还没有成功，请再点一次。"),
    row(
        "undo_while_secret",
        409,
        "这位成员已在正在进行的无记名表决中投票，现在不能撤销签到。请在表决结束后再撤销。",
    ),
    row("meeting_over", 409, "会议已结束或已取消，不能再安排表决。"),
    row("template_not_found", 404, "没有找到这个表决规则。请刷新页面后重新选择。"),
    row("ballot_invalid", 422, "{problem}。请修改后再提交。"),
    row("round_state", 409, "这项表决现在是「{state}」，不能这样操作。请刷新页面。"),
    row(
        "round_text_changed",
        409,
        "表决内容与定稿时不一致，不能开始。请撤回这一项，重新拟定，并报告管理员。",
    ),
    row("another_round_open", 409, "第 {number} 项正在表决。请先结束它，再开始这一项。"),
    row("count_broken", 500, "计票核对不一致，没有生成结果。请作废这一项后重新表决，并报告管理员。"),
    row("nobody_entitled", 409, "名册里没有可以表决的成员，不能开始。请先在名册里设置表决权。"),
    row("quorum_missing", 409, "到会人数不够，还差 {missing} 位有表决权的成员。"),
    row(
        "group_too_small",
        409,
        "能表决的只有 {entitled} 人，少于 {least} 人的无记名投票保不了密。请改用记名表决，或等人到齐。",
    ),
    row("no_recusal", 409, "这项表决的规则不设回避。"),
    row("has_voted", 409, "这位成员已经表决，不能再登记回避。确有需要请作废这一项后重新表决。"),
    row("not_scrutineer", 403, "您不是这项表决的监票人。"),
    row("scrutineers_missing", 409, "还差 {missing} 位监票人确认。请先指定监票人，并请他们在手机上确认。"),
    row("has_confirmed", 409, "已有监票人确认，不能再更换监票人。"),
    row("quorum_lost", 409, "表决结束时到会人数不够，按规则结果不能公布。请作废这一项，人到齐后重新表决。"),
    row("tie_open", 409, "赞成与反对相等，请主持人先作决定，再公布。"),
    row("no_tie", 409, "这项表决不需要主持人决定，或已经决定。请刷新页面。"),
    row("no_runoff", 409, "这项选举没有需要再次投票的候选人。"),
    row("refused_too_often", 409, "这一事项已 {times} 次未通过，按规则不能再提交表决。"),
    row(
        "candidate_refused",
        409,
        "人选「{name}」已 {times} 次未通过，按规则不能再提交表决。请撤回这一项，或换人后再定稿。",
    ),
    row("witnesses_needed", 422, "人工计票要写明两位见证人的姓名。"),
    // Quick polls
    row("poll_not_found", 404, "没有找到这个小调查。请返回会议页面查看。"),
    row("poll_not_signed_in", 403, "您还没有签到。请先签到，再参加互动。"),
    row("poll_away", 403, "您登记了离场。回到会场后请登记返回，再参加互动。"),
    row("poll_not_open", 409, "这个小调查还没有开始。开始后会议页面上会出现入口。"),
    row("poll_closed", 409, "这个小调查已经结束，您这次的选择没有计入。"),
    row("poll_bad_choice", 422, "选项不在这个小调查里，没有计入。请刷新页面后重新选择。"),
    row("poll_nothing_chosen", 422, "还没有选择。请选好后再提交。"),
    row("poll_only_one", 422, "只能选一项，没有计入。请重新选择。"),
    row("poll_later", 503, "网络不太通畅，这次没有提交成功，请再点一次。"),
    row("poll_meeting_over", 409, "会议已结束或已取消，不能再发起互动。"),
    row("poll_invalid", 422, "{problem}。请修改后再提交。"),
    row("poll_state", 409, "这个小调查现在是「{state}」，不能这样操作。请刷新页面。"),
    row("poll_question_not_found", 404, "没有找到这个问题，可能没有公开或已经回答。请刷新页面。"),
    row("poll_asking_off", 409, "现在没有开放提问。请等会务人员开放后再提交。"),
    row("poll_questions_waiting", 409, "您有 {limit} 个问题还在等待审核。请等会务人员处理后再提。"),
    row("poll_question_state", 409, "这个问题现在是「{state}」，不能这样操作。请刷新页面。"),
    // Car-moving
    row("car_plate_needed", 422, "请填写挡路车的车牌号。"),
    row("car_plate_wrong", 422, "车牌号有误。{problem}"),
    row("car_place_needed", 422, "请写明车停在哪里，最多 60 个字，或点「用我现在的位置」。"),
    row("car_photo_needed", 422, "请拍一张能看清车和车牌的照片。"),
    row("car_photo_bad", 422, "照片打不开。请重新拍一张，格式为 JPG 或 PNG。"),
    row("car_photo_large", 413, "照片太大，最多 8 MB。请重新拍一张。"),
    row("car_sure_needed", 422, "这是紧急情况，会立即给车主打电话。请确认情况属实后再提交。"),
    row("car_draft_over", 410, "填写的内容已过期。请重新填写。"),
    row("car_open_already", 409, "您有一次移车请求还没有结束，请先在「我的请求」里查看。"),
    row("car_quota_day", 429, "您今天已请求 {limit} 次，明天零点后可以再用。紧急情况请拨打 122。"),
    row("car_quota_month", 429, "您本月已请求 {limit} 次，下月可以再用。紧急情况请拨打 122。"),
    row("car_quota_first_day", 429, "第一次使用当天可请求 {limit} 次，明天起恢复正常。紧急情况请拨打 122。"),
    row("car_network_busy", 429, "当前网络请求太多，请一小时后再试。紧急情况请拨打 122。"),
    row(
        "car_blocked",
        403,
        "因多次不实请求，您在 {until} 前不能使用自助移车。如有异议，可在「我的请求」里申诉。",
    ),
    row("car_appeal_words", 422, "请说明情况，最多 300 个字。"),
    row("car_own", 422, "这是您登记在自己名下的车，不需要移车请求。"),
    row("car_again", 409, "刚刚请求过移这辆车。如果它又挡住了您，请重新拍一张照片；半小时内最多再请求一次。"),
    row("car_not_found", 404, "没有找到这次移车请求。请从「我的请求」里查看。"),
    row("car_late", 409, "情况已有变化，这一步不需要了。请刷新页面查看。"),
    row("car_link_used", 409, "这个链接已经用过，现在只能查看，不能再改。"),
    row("car_link_over", 404, "链接已失效。如需帮助请拨打 122，并报出短信里的编号。"),
    row("case_not_found", 404, "没有找到这件诉求。请核对编号；只凭编号查不到时，请用提交时给您的查询码。"),
    row("case_forbidden", 403, "您的岗位不能做这一步。如需办理，请联系管理员调整岗位。"),
    row("case_state", 409, "这件诉求现在是「{state}」，不能做这一步。请刷新页面查看最新情况。"),
    row("case_stale", 409, "这件诉求刚刚有人办理过，您看到的不是最新情况。请刷新页面后再做。"),
    row("case_missing", 422, "还缺{what}，请补上再提交。"),
    row("case_too_long", 422, "文字最多 {limit} 个字，请精简后再提交。"),
    row("case_none_picked", 422, "还没有勾选诉求。请返回上一页，勾选后再办理。"),
    row("case_too_many", 422, "一次最多办理 {limit} 件。请返回上一页，分几次办理。"),
    row("case_template_not_found", 404, "没有这个答复模板，可能已经删除，或者不是您单位的。请刷新列表。"),
    row("case_template_taken", 409, "已经有同名的答复模板。请换一个名称，或者修改原来的。"),
    row("case_template_stale", 409, "这个答复模板刚刚有人改过。请刷新页面，看看改了什么再改。"),
    row("case_channel_not_found", 404, "没有这个专题，可能已经结束。请看看其他公开诉求。"),
    row("case_channel_taken", 409, "已经有专题用了这个网址。请换一个。"),
    row("case_channel_stale", 409, "这个专题刚刚有人改过。请刷新页面，看看改了什么再改。"),
    row("case_no_unit", 422, "没有这个承办单位，请从列表里选择。"),
    row("case_accused", 409, "举报件不能交给被举报的单位或其下级单位，请选择它的上级或其他单位。"),
    row("case_concerned", 403, "内容里提到了您，按回避规定您不能办理这一件，请交给其他同志。"),
    row("case_late", 409, "已超过可以做这一步的期限。如有疑问，请拨打 12345。"),
    row("case_once", 409, "这一步只能做一次，之前已经做过了。请刷新页面查看结果。"),
    row("case_early", 409, "现在还不到做这一步的时候。请刷新页面查看最新情况。"),
    row("case_no_merge", 422, "不能并入这一件：它已结束、已并入别的件，或者公开方式不同。请核对编号。"),
    row("case_confidential", 409, "保密件、举报件和信访件不公开。"),
    row(
        "case_paper",
        409,
        "这份抄告单或督办通知书已经签发、作废或答复，或者后面又发了新的。请刷新页面查看最新情况。",
    ),
    row("year_unread", 422, "没有读懂这份通知：{what} 请粘贴国务院办公厅通知的全文。"),
    row("year_elsewhen", 422, "{year} 年不能现在公布：只能公布今年和明年的放假安排。"),
    row("case_own_rating", 403, "诉求人自己有手机，请由本人评价，代理员不能代为评价。"),
    row("case_invalid", 422, "{what}。请修改后再提交。"),
    row("case_elsewhere", 422, "选的地点不在本市范围内。请重新选择，或只用文字写明地点。"),
    row("case_other_act", 409, "这次提交的标识已经用过了。请刷新页面后重新提交。"),
    row("case_photo", 422, "这不是能打开的照片。请选择 JPG 或 PNG 照片。"),
    row("case_code_locked", 429, "查询码输错次数太多，请 15 分钟后再试，或拨打 12345。"),
    row("case_version_required", 428, "请在 If-Match 里写明您看到的版本号，避免覆盖别人刚做的办理。"),
    row(
        "case_no_channel",
        403,
        "这个账号不是登记过的合作系统，也没有管理员岗位，不能提交诉求。请联系管理员登记。",
    ),
    row(
        "case_untrusted",
        403,
        "这个系统没有实名核验资格，不能带上姓名和电话。请去掉后再提交，或联系管理员。",
    ),
    row("case_no_partner", 404, "没有这个合作系统。请先在账号管理里建立账号，再登记。"),
    row("case_hook_refused", 422, "不能推送到这个地址：{why}。"),
    row("case_hook_not_found", 404, "没有这个推送地址，可能已经取消。请刷新列表。"),
    row("case_hook_type", 422, "types 里有不认识的步骤，请按接口说明填写。"),
    row("case_code_wrong", 404, "编号或查询码不对。请核对后再试，连续输错会暂停 15 分钟。"),
    row("screen_unpaired", 404, "这块大屏已停用。请在工作台的会议页重新打开大屏。"),
    row("last_admin", 409, "这是最后一个可用的管理员账号，请先让另一个账号成为管理员。"),
    row("username_taken", 409, "这个用户名已被使用，请换一个。"),
    row("conflict", 409, "内容已被别人修改，请刷新页面后再改。"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_chinese_text_that_says_what_to_do() {
        for (index, text) in TEXTS.iter().enumerate() {
            assert!(text.zh.chars().count() >= 4 && !text.zh.is_ascii(), "{} has no Chinese text", text.code);
            assert!((200..600).contains(&text.status), "{}", text.code);
            assert!(
                !TEXTS[..index].iter().any(|other| other.code == text.code),
                "{} stands twice",
                text.code
            );
        }
    }
}
