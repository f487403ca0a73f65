//! What meetings say in WeChat: a scan is answered with the sign-in itself.

use async_trait::async_trait;
use std::time::Duration;
use uuid::Uuid;

use super::checkin::{Attempt, CheckIn, Outcome, Refusal, Who};
use super::model::{Source, meeting};
use super::venue_code::{Ticket, check_rotating, check_short};
use super::{Meetings, edit, history, scanned, scene};
use crate::base::clock::{self, Instant};
use crate::base::error::describe;
use crate::chat::{Said, Skill, SkillError, Turn};
use crate::people::person;
use crate::wechat::reply::Reply;

/// Six-digit codes that one user may try in ten minutes: enough for slips, too few to guess.
const TRIES: i64 = 10;
/// Meetings that 我的会议 names in the chat; the page has them all.
const NAMED: usize = 5;

/// The meetings' part of the conversation.
pub struct MeetingSkill {
    meetings: Meetings,
}

impl MeetingSkill {
    pub fn new(meetings: Meetings) -> MeetingSkill {
        MeetingSkill { meetings }
    }

    async fn scan(&self, turn: &Turn, code: &str, ticket: Option<String>) -> Said {
        let Some(meeting) = self.meetings.id_of(code).await? else { return Ok(None) };
        let attempt = attempt(turn, meeting, Source::Scan, ticket);
        self.sign_in(code, attempt).await
    }

    async fn sign_in(&self, code: &str, attempt: Attempt) -> Said {
        let link = self.meetings.base.config.link(&format!("/m/{code}"));
        let text = match self.meetings.door.check_in(attempt).await {
            Ok(done) => welcome(&done, self.meetings.base.clock.now(), &link),
            Err(Refusal::RetryLater(cause)) => return Err(SkillError::other(cause)),
            Err(refusal) => refuse(&refusal, &link),
        };
        Ok(Some(Reply::text(text)))
    }

    /// Six digits belong to whichever open meeting shows them now.
    async fn short_code(&self, turn: &Turn, digits: &str) -> Said {
        let base = &self.meetings.base;
        let tries = base.cache.increment(&format!("short:{}", turn.openid), Duration::from_secs(600)).await;
        if tries > TRIES {
            return Ok(Some(Reply::text(describe(&Refusal::RateLimited).1)));
        }
        let now = base.clock.now();
        let open = edit::open_now(base, now).await?;
        let mut shown = open.iter().filter(|meeting| check_short(&base.keys, meeting.id, digits, now));
        match (shown.next(), shown.next()) {
            (Some(meeting), None) => {
                self.sign_in(&meeting.code, attempt(turn, meeting.id, Source::ShortCode, None)).await
            }
            // Two meetings showing the same six digits: nothing is chosen silently.
            (Some(_), Some(_)) => Ok(Some(Reply::text("请稍等，大屏换一组口令后再回复一次。"))),
            _ => Ok(Some(Reply::text("口令不对或已过期。请看会场大屏，回复最新的 6 位数字。"))),
        }
    }

    async fn my_meetings(&self, turn: &Turn) -> Said {
        let base = &self.meetings.base;
        let link = base.config.link("/m");
        let Some(person) = person::of_follower(base.db.read(), turn.follower().await?).await? else {
            return Ok(Some(Reply::text("您还没有参加过会议。到会场扫一下签到码，会议就会出现在这里。")));
        };
        let mine = history::of_person(base, person.id).await?;
        if mine.is_empty() {
            return Ok(Some(Reply::text("您名下还没有会议。到会场扫一下签到码，会议就会出现在这里。")));
        }
        let now = base.clock.now();
        let mut text = String::from("我的会议\n");
        for one in mine.iter().take(NAMED) {
            let state = match &one.attendance {
                Some(row) => format!("已签到，第 {} 位", row.position),
                None if one.meeting.ends_at < now => "未签到".to_string(),
                None => "待参加".to_string(),
            };
            let page = base.config.link(&format!("/m/{}", one.meeting.code));
            let title = plain(&one.meeting.title);
            text += &format!(
                "\n<a href=\"{page}\">{title}</a>\n{}　{state}\n",
                clock::zh_moment(one.meeting.starts_at, now)
            );
        }
        text += &format!("\n<a href=\"{link}\">查看全部 {} 场</a>", mine.len());
        Ok(Some(Reply::text(text)))
    }
}

#[async_trait]
impl Skill for MeetingSkill {
    fn name(&self) -> &'static str {
        "meeting"
    }

    async fn scene(&self, turn: &Turn, scene: &str) -> Said {
        match scene::code(scene) {
            Some(code) => self.scan(turn, code, None).await,
            None => Ok(None),
        }
    }

    async fn click(&self, turn: &Turn, key: &str) -> Said {
        if key == "my_meetings" { self.my_meetings(turn).await } else { Ok(None) }
    }

    async fn text(&self, turn: &Turn, text: &str) -> Said {
        if matches!(text, "我的会议" | "会议" | "历史会议") {
            return self.my_meetings(turn).await;
        }
        let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.short_code(turn, &digits).await;
        }
        Ok(None)
    }

    async fn scan_result(&self, turn: &Turn, result: &str) -> Said {
        let base = &self.meetings.base;
        let Some(scanned) = scanned::read(base, result).await? else { return Ok(None) };
        let code = scanned.code.as_str();
        let Some((slot, mac)) = scanned.rotating else { return self.scan(turn, code, None).await };
        let Some(meeting) = self.meetings.id_of(code).await? else { return Ok(None) };
        let link = base.config.link(&format!("/m/{code}"));
        if let Err(refusal) = check_rotating(&base.keys, meeting, slot, &mac, turn.at.min(base.clock.now())) {
            return Ok(Some(Reply::text(refuse(&refusal, &link))));
        }
        // The scan itself is the ticket, and the operation id makes it this user's own.
        let ticket = Ticket::new(meeting, turn.at);
        self.scan(turn, code, Some(ticket.nonce)).await
    }
}

fn attempt(turn: &Turn, meeting: Uuid, source: Source, ticket: Option<String>) -> Attempt {
    Attempt {
        meeting,
        who: Who::Openid(turn.openid.clone()),
        op_id: turn.op_id.to_string(),
        source,
        actor: "self".to_string(),
        // The platform's clock may be ahead of ours; nobody scans in the future.
        scanned_at: turn.at.min(turn.base.clock.now()),
        place: None,
        ticket,
        reason: None,
    }
}

fn welcome(done: &CheckIn, now: Instant, link: &str) -> String {
    let CheckIn { meeting, position, at, seat, .. } = done;
    let head = match done.outcome {
        Outcome::Ok => format!("签到成功\n您是第 {position} 位"),
        Outcome::Returned => format!("欢迎返回会场\n您是第 {position} 位签到的，已记录返回"),
        Outcome::Already | Outcome::Replayed => {
            format!("您已签到\n{} 签到，第 {position} 位", clock::zh_second(*at))
        }
    };
    let seat = seat.as_deref().map(|seat| format!("\n座位：{seat}")).unwrap_or_default();
    format!("{head}\n\n{}{seat}\n\n<a href=\"{link}\">查看会议详情</a>", where_and_when(meeting, now))
}

fn where_and_when(meeting: &meeting::Model, now: Instant) -> String {
    let time = clock::zh_span(meeting.starts_at, meeting.ends_at, now);
    format!("{}\n时间：{time}\n地点：{}", plain(&meeting.title), plain(&meeting.place))
}

fn refuse(refusal: &Refusal, link: &str) -> String {
    let text = describe(refusal).1;
    match refusal {
        Refusal::NeedsBinding => {
            format!(
                "第一次签到，请先填写单位、姓名和手机号，只需填一次。\n\n<a href=\"{link}\">点这里填写并签到</a>"
            )
        }
        Refusal::LocationUnavailable => {
            format!("本次会议要在会场签到，请打开页面，允许使用位置。\n\n<a href=\"{link}\">点这里签到</a>")
        }
        Refusal::NotOpenYet(_) => {
            format!("{}\n\n<a href=\"{link}\">查看会议详情</a>", text.replace("，本页会自动更新", ""))
        }
        Refusal::WindowClosed(_) => format!(
            "{}\n\n<a href=\"{link}\">请会务人员补签</a>",
            text.replace("可点「请会务人员补签」", "可申请补签")
        ),
        _ => text,
    }
}

/// WeChat reads `<a …>` in a text: what people typed must not become a link.
fn plain(text: &str) -> String {
    text.replace('<', "〈").replace('>', "〉")
}
