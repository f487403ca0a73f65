//! Asking in the chat: a plate, a picture, a place, yes. What was said waits in the shared cache; 取消 ends it at any
//! time, anything else is left to the others.

use async_trait::async_trait;
use uuid::Uuid;

use super::draft::Draft;
use super::model::Reason;
use super::plate::{self, Verdict};
use super::{Movecar, view};
use crate::base::error::{Coded, describe};
use crate::chat::{Said, Skill, SkillError, Turn};
use crate::wechat::api::{Api, Download};
use crate::wechat::message::Message;
use crate::wechat::reply::Reply;

/// What begins it.
const BEGIN: [&str; 4] = ["自助移车", "移车", "挪车", "我要移车"];
/// What ends it.
const END: [&str; 3] = ["取消", "退出", "不移了"];
/// What agrees.
const YES: [&str; 6] = ["确认", "确定", "是", "对", "好", "好的"];
/// The menu's key.
const KEY: &str = "movecar";

/// Car-moving's part of the conversation.
pub struct CarSkill {
    car: Movecar,
    api: Api,
}

impl CarSkill {
    pub fn new(car: Movecar, api: Api) -> CarSkill {
        CarSkill { car, api }
    }

    async fn begin(&self, follower: Uuid) -> Said {
        let base = &self.car.base;
        let mut draft = Draft::of(base, follower).await;
        draft.talking = true;
        self.keep(&draft, follower).await?;
        let link = base.config.link("/car");
        let next = self.next(&draft);
        Ok(Some(Reply::text(format!(
            "{next}\n\n也可以<a href=\"{link}\">打开页面填写</a>。随时回复「取消」退出。"
        ))))
    }

    async fn keep(&self, draft: &Draft, follower: Uuid) -> Result<(), SkillError> {
        draft.keep(&self.car.base, follower).await.map_err(SkillError::other)
    }

    /// What is still missing, as a question.
    fn next(&self, draft: &Draft) -> String {
        if let Some(offered) = draft.offered.as_ref().filter(|_| draft.asks_colour) {
            return format!(
                "{offered} 是什么颜色的车牌？蓝牌、黄牌是 7 位，绿牌是 8 位，多一位少一位就是另一辆车。\n请回复「蓝」「黄」或「绿」。"
            );
        }
        if let Some(offered) = &draft.offered {
            return format!("请核对车牌：{offered}\n是这辆车请回复「确认」，不是请重新发送车牌号。");
        }
        let Some(plate) = draft.plates.first() else {
            return "请发送挡路车的车牌号，例如 浙C12345。".to_string();
        };
        if !draft.has_photo() {
            return format!("车牌：{plate}\n请拍一张能看清车和车牌的照片发过来。");
        }
        if draft.place.is_empty() && draft.spot.is_none() {
            return "请发送位置（点 + 号，选「位置」），或用文字写明停在哪里。".to_string();
        }
        format!("车牌：{plate}\n照片：已收到\n位置：已收到\n回复「确认」，我们马上通知车主。")
    }

    /// Somebody means `plate`; one that may be another's waits for its colour.
    fn agreed(&self, draft: &mut Draft, plate: String) {
        draft.plates.clear();
        // Asked before and answered with anything else: once more.
        draft.asks_colour = plate::read(&plate).plate.is_some_and(|plate| plate.asks_colour());
        match draft.asks_colour {
            true => draft.offered = Some(plate),
            false => (draft.offered, draft.plates) = (None, vec![plate]),
        }
    }

    /// Takes what was said, and asks the next.
    async fn go_on(&self, draft: &Draft, follower: Uuid) -> Said {
        self.keep(draft, follower).await?;
        Ok(Some(Reply::text(self.next(draft))))
    }

    async fn submit(&self, draft: &Draft, follower: Uuid) -> Said {
        let base = &self.car.base;
        match draft.submit(&self.car, follower, "chat", String::new()).await {
            Ok(submitted) => {
                let number = submitted.numbers.first().cloned().unwrap_or_default();
                let link = base.config.link(&format!("/car/{number}"));
                Ok(Some(Reply::text(format!(
                    "已提交，正在联系。\n编号：{number}\n\n<a href=\"{link}\">查看进度</a>"
                ))))
            }
            Err(error) if matches!(error.code(), "unavailable" | "internal") => Err(SkillError::other(error)),
            Err(error) => {
                let code = error.code();
                if matches!(code, "car_photo_needed" | "car_again" | "car_place_needed") {
                    return Ok(Some(Reply::text(describe(&error).1)));
                }
                Draft::forget(base, follower).await;
                let link = base.config.link("/car/mine");
                Ok(Some(Reply::text(format!("{}\n\n<a href=\"{link}\">我的请求</a>", describe(&error).1))))
            }
        }
    }

    async fn mine(&self, follower: Uuid) -> Said {
        let list = view::mine(&self.car.base, follower).await.map_err(SkillError::other)?;
        let link = self.car.base.config.link("/car/mine");
        let text = match list.first() {
            Some(one) => format!("{}　{}\n\n<a href=\"{link}\">查看我的请求</a>", one.plate, one.word),
            None => "您还没有移车请求。车被挡住时，回复「移车」就能通知车主。".to_string(),
        };
        Ok(Some(Reply::text(text)))
    }
}

/// A colour of plates: whether it is green.
fn colour(text: &str) -> Option<bool> {
    match text.trim_end_matches(['色', '牌']) {
        "绿" => Some(true),
        "蓝" | "黄" => Some(false),
        _ => None,
    }
}

/// WeChat reads `<a …>` in a text: what people typed must not become a link.
fn plain(text: &str) -> String {
    text.replace('<', "〈").replace('>', "〉")
}

#[async_trait]
impl Skill for CarSkill {
    fn name(&self) -> &'static str {
        "movecar"
    }

    async fn click(&self, turn: &Turn, key: &str) -> Said {
        if key == KEY { self.begin(turn.follower().await?).await } else { Ok(None) }
    }

    async fn text(&self, turn: &Turn, text: &str) -> Said {
        if BEGIN.contains(&text) {
            return self.begin(turn.follower().await?).await;
        }
        if matches!(text, "我的移车" | "移车进度") {
            return self.mine(turn.follower().await?).await;
        }
        let follower = turn.follower().await?;
        let mut draft = Draft::of(&self.car.base, follower).await;
        let read = plate::read(text);
        // A plate alone begins it, too: whoever sends one means this.
        let sure_plate = read.verdict == Verdict::Valid;
        if !draft.talking && !sure_plate {
            return Ok(None);
        }
        draft.talking = true;
        if END.contains(&text) {
            Draft::forget(&self.car.base, follower).await;
            return Ok(Some(Reply::text("已取消，没有通知任何人。")));
        }
        if let Some(green) = colour(text)
            && draft.asks_colour
            && let Some(offered) = draft.offered.take()
        {
            draft.asks_colour = false;
            return match plate::read(&offered).plate {
                Some(plate) if plate.is_green() != green => {
                    self.keep(&draft, follower).await?;
                    Ok(Some(Reply::text(plate::other_colour(&plate))))
                }
                _ => {
                    draft.plates = vec![offered];
                    self.go_on(&draft, follower).await
                }
            };
        }
        if YES.contains(&text) {
            if let Some(offered) = draft.offered.take() {
                self.agreed(&mut draft, offered);
                return self.go_on(&draft, follower).await;
            }
            let ready = !draft.plates.is_empty()
                && draft.has_photo()
                && (!draft.place.is_empty() || draft.spot.is_some());
            return if ready {
                self.submit(&draft, follower).await
            } else {
                self.go_on(&draft, follower).await
            };
        }
        let wants_plate = draft.plates.is_empty() || draft.offered.is_some();
        match (read.verdict, read.plate) {
            (Verdict::Valid, Some(plate)) => {
                self.agreed(&mut draft, plate.reveal().to_string());
            }
            (Verdict::Confirm, Some(plate)) if wants_plate => {
                draft.asks_colour = false;
                draft.offered = Some(plate.reveal().to_string());
            }
            _ if wants_plate => {
                let why = read.why.map_or("", |why| why.zh());
                return Ok(Some(Reply::text(format!("{why}\n随时回复「取消」退出。"))));
            }
            _ if draft.has_photo() => {
                draft.place = plain(text).chars().take(super::submit::PLACE).collect();
            }
            _ => {}
        }
        draft.reason.get_or_insert(Reason::Blocking);
        self.go_on(&draft, follower).await
    }

    async fn message(&self, turn: &Turn, message: &Message) -> Said {
        let follower = turn.follower().await?;
        let base = &self.car.base;
        let mut draft = Draft::of(base, follower).await;
        if !draft.talking {
            return Ok(None);
        }
        match message {
            Message::Image { media_id, .. } => {
                let media = self.api.media(media_id).await.map_err(SkillError::other)?;
                let Download::File { bytes, .. } = media else { return Ok(None) };
                if let Err(error) = draft.take_photo(base, follower, bytes.to_vec()).await {
                    return match error.code() {
                        "internal" => Err(SkillError::other(error)),
                        _ => Ok(Some(Reply::text(describe(&error).1))),
                    };
                }
            }
            Message::Location { latitude, longitude, label, .. } => {
                draft.spot = Some((*latitude, *longitude, 0.0));
                if draft.place.is_empty() {
                    draft.place = plain(label).chars().take(super::submit::PLACE).collect();
                }
            }
            // What the platform heard is read like a text.
            Message::Voice { recognition: Some(said), .. } => {
                return self.text(turn, said.trim_end_matches(['。', '，'])).await;
            }
            _ => return Ok(None),
        }
        self.go_on(&draft, follower).await
    }
}
