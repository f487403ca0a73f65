//! Who has WeChat: followers and others, what they allow, and what the account may still send them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::ids;
use super::inbox::Inbox;

/// The most people that are kept; the eleventh ten-thousand of a load test is still far from it.
pub const MAX_PEOPLE: usize = 500_000;

/// One person with WeChat, as this account knows them.
#[derive(Debug, Clone)]
pub struct Person {
    pub openid: String,
    pub nickname: String,
    /// Unix seconds; `None` is somebody who does not follow.
    pub followed_at: Option<i64>,
    /// `ADD_SCENE_SEARCH`, `ADD_SCENE_QR_CODE` …
    pub follow_scene: &'static str,
    /// The scene of the code by which they followed.
    pub qr_scene: String,
    pub remark: String,
    pub tags: Vec<i64>,
    /// 1 iOS, 2 Android, 3 other, as in a conditional menu's match rule.
    pub platform: i64,
    pub notices: Notices,
    /// Sends left of each one-time template accepted; `None` is a long-term acceptance.
    pub accepted: HashMap<String, Option<u32>>,
    pub rights: Rights,
    pub typing: bool,
    pub inbox: Inbox,
}

/// Whether the person lets the account's notices through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notices {
    On,
    /// Switched off: the call itself is refused (43101).
    Off,
    /// Blocked: the call is accepted and the job finishes with `failed:user block`.
    Blocked,
}

/// The customer-service messages that the account may still send, by what the user did last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rights {
    /// 5 in 48 hours after a message.
    message: Right,
    /// 3 in one minute after a click, a follow or a scan.
    action: Right,
    /// Unix seconds of the last sign of life, for the typing state.
    pub active_at: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Right {
    until: i64,
    left: u32,
}

/// What a customer-service send met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spend {
    Spent,
    /// No window is open (45015).
    Closed,
    /// A window is open but used up (45047).
    UsedUp,
}

impl Rights {
    /// The user wrote at `now`.
    pub fn on_message(&mut self, now: i64) {
        self.message = Right { until: now + 48 * 3600, left: 5 };
        self.active_at = now;
    }

    /// The user clicked, followed or scanned at `now`.
    pub fn on_action(&mut self, now: i64) {
        self.action = Right { until: now + 60, left: 3 };
        self.active_at = now;
    }

    /// Uses one send, of the window that closes first.
    pub fn spend(&mut self, now: i64) -> Spend {
        let mut open = false;
        for right in [&mut self.action, &mut self.message] {
            if right.until > now {
                open = true;
                if right.left > 0 {
                    right.left -= 1;
                    return Spend::Spent;
                }
            }
        }
        if open { Spend::UsedUp } else { Spend::Closed }
    }
}

impl Person {
    fn new(openid: String, number: usize) -> Person {
        Person {
            openid,
            nickname: format!("微信用户{number}"),
            followed_at: None,
            follow_scene: "ADD_SCENE_SEARCH",
            qr_scene: String::new(),
            remark: String::new(),
            tags: Vec::new(),
            platform: 2,
            notices: Notices::On,
            accepted: HashMap::new(),
            rights: Rights::default(),
            typing: false,
            inbox: Inbox::default(),
        }
    }

    pub fn follows(&self) -> bool {
        self.followed_at.is_some()
    }

    /// Follows at `now`; `scene` is the code's, if one was scanned.
    pub fn follow(&mut self, now: i64, how: &'static str, scene: &str) {
        self.followed_at = Some(now);
        self.follow_scene = how;
        self.qr_scene = scene.to_string();
    }

    /// Leaves: nothing may be sent any more, and tags and remark are gone.
    pub fn unfollow(&mut self) {
        self.followed_at = None;
        self.rights = Rights::default();
        self.typing = false;
        self.tags.clear();
        self.remark.clear();
    }
}

/// Everybody, in the order in which `user/get` lists them.
#[derive(Default)]
pub struct People {
    by_openid: BTreeMap<String, Person>,
    /// Those whose phones stand on the page, in order.
    phones: Vec<String>,
}

/// The most phones on the page.
const MAX_PHONES: usize = 12;

/// There is no room for another person, or the openid could not be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    #[error("at most {MAX_PEOPLE} users")]
    Full,
    #[error("at most {MAX_PHONES} phones")]
    Phones,
    #[error("an openid is 1 to 64 characters of A-Z a-z 0-9 _ -")]
    Shape,
}

impl People {
    pub fn get(&self, openid: &str) -> Option<&Person> {
        self.by_openid.get(openid)
    }

    pub fn get_mut(&mut self, openid: &str) -> Option<&mut Person> {
        self.by_openid.get_mut(openid)
    }

    /// The person, made up as somebody who does not follow when unknown: everybody has WeChat.
    pub fn meet(&mut self, openid: &str) -> Result<&mut Person, PeopleError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if openid.is_empty() || openid.len() > 64 || !openid.bytes().all(allowed) {
            return Err(PeopleError::Shape);
        }
        let count = self.by_openid.len();
        if count >= MAX_PEOPLE && !self.by_openid.contains_key(openid) {
            return Err(PeopleError::Full);
        }
        let person = || Person::new(openid.to_string(), count + 1);
        Ok(self.by_openid.entry(openid.to_string()).or_insert_with(person))
    }

    /// Somebody new with a made-up openid.
    pub fn invent(&mut self) -> Result<&mut Person, PeopleError> {
        self.meet(&ids::openid())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.by_openid.values()
    }

    /// Followers whose openid comes after `openid`, in order.
    pub fn followers_after(&self, openid: &str) -> impl Iterator<Item = &Person> {
        let from = (std::ops::Bound::Excluded(openid.to_string()), std::ops::Bound::Unbounded);
        self.by_openid.range(from).map(|(_, person)| person).filter(|person| person.follows())
    }

    /// Puts somebody's phone on the page; somebody new unless `openid` is given.
    pub fn add_phone(
        &mut self,
        nickname: Option<String>,
        openid: Option<&str>,
    ) -> Result<&Person, PeopleError> {
        if self.phones.len() >= MAX_PHONES {
            return Err(PeopleError::Phones);
        }
        let fallback = format!("{}的手机", ["小王", "小李", "小陈", "小林"][self.phones.len() % 4]);
        let person = match openid {
            Some(openid) => self.meet(openid)?,
            None => self.invent()?,
        };
        person.nickname = nickname.unwrap_or(fallback);
        let openid = person.openid.clone();
        if !self.phones.contains(&openid) {
            self.phones.push(openid.clone());
        }
        self.get(&openid).ok_or(PeopleError::Shape)
    }

    /// A phone when there is none yet.
    pub fn ensure_phone(&mut self) -> Result<(), PeopleError> {
        if self.phones.is_empty() { self.add_phone(None, None).map(|_| ()) } else { Ok(()) }
    }

    /// The people whose phones stand on the page.
    pub fn phones(&self) -> impl Iterator<Item = &Person> {
        self.phones.iter().filter_map(|openid| self.by_openid.get(openid))
    }

    /// The phone with this number on the page, counted from 0.
    pub fn phone(&self, index: usize) -> Option<&Person> {
        self.by_openid.get(self.phones.get(index)?)
    }

    /// A tag was deleted.
    pub fn untag_all(&mut self, tag: i64) {
        for person in self.by_openid.values_mut() {
            person.tags.retain(|own| *own != tag);
        }
    }

    pub fn len(&self) -> usize {
        self.by_openid.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_allows_five_sends_within_48_hours() {
        let mut rights = Rights::default();
        assert_eq!(rights.spend(0), Spend::Closed);
        rights.on_message(0);
        assert!((0..5).all(|second| rights.spend(second) == Spend::Spent));
        assert_eq!(rights.spend(5), Spend::UsedUp);
        rights.on_message(10);
        assert_eq!(rights.spend(10 + 48 * 3600 - 1), Spend::Spent);
        assert_eq!(rights.spend(10 + 48 * 3600), Spend::Closed);
    }

    #[test]
    fn a_click_allows_three_sends_within_a_minute_and_spares_the_message_right() {
        let mut rights = Rights::default();
        rights.on_message(0);
        rights.on_action(0);
        assert_eq!((0..8).filter(|_| rights.spend(1) == Spend::Spent).count(), 8);
        assert_eq!(rights.spend(1), Spend::UsedUp);
        rights.on_action(100);
        assert_eq!(rights.spend(161), Spend::UsedUp);
    }

    #[test]
    fn everybody_with_a_possible_openid_has_wechat_but_does_not_follow() {
        let mut people = People::default();
        assert!(!people.meet("oA-b_1").unwrap().follows());
        for openid in ["", "a b", "签到", &"o".repeat(65)] {
            assert_eq!(people.meet(openid).err(), Some(PeopleError::Shape), "{openid}");
        }
        assert_eq!(people.invent().unwrap().openid.len(), 28);
    }
}
