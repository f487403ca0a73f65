//! Who may be sent a customer-service message, and how many more.
//!
//! The platform's rule (since 2023-06): after a message, five within 48 hours; after following, scanning or a
//! menu click, three within a minute. One write to the cache for each push, nothing read. The platform has the
//! last word: on [`Reaction::WindowClosed`](super::errcode::Reaction::WindowClosed), [`Rights::close`].

use super::event::Event;
use super::message::{Inbound, Kind};
use crate::base::cache::Cache;
use crate::base::clock::Clock;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// One kind of right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window {
    Action,
    Message,
}

impl Window {
    fn name(self) -> &'static str {
        match self {
            Self::Action => "a",
            Self::Message => "m",
        }
    }

    fn messages(self) -> i64 {
        match self {
            Self::Action => 3,
            Self::Message => 5,
        }
    }

    /// A little less than the platform allows, because a message needs time to get there.
    fn life(self) -> Duration {
        match self {
            Self::Action => Duration::from_secs(55),
            Self::Message => Duration::from_secs(48 * 3600 - 60),
        }
    }

    /// What a push opens, if anything.
    fn opened_by(inbound: &Inbound) -> Option<Self> {
        match &inbound.kind {
            Kind::Message { .. } => Some(Self::Message),
            Kind::Event(
                Event::Subscribe { .. } | Event::Scan { .. } | Event::Click { .. } | Event::ScanCode { .. },
            ) => Some(Self::Action),
            Kind::Event(_) => None,
        }
    }
}

/// The ledger, shared by replicas. Cheap to clone.
#[derive(Clone)]
pub struct Rights {
    cache: Cache,
    clock: Clock,
    app_id: String,
}

impl Rights {
    pub fn new(cache: Cache, clock: Clock, app_id: &str) -> Self {
        Self { cache, clock, app_id: app_id.to_owned() }
    }

    /// Notes what a push allows. Time counts from the push's own time, so a late delivery gains nothing.
    pub async fn record(&self, inbound: &Inbound) {
        if matches!(inbound.kind, Kind::Event(Event::Unsubscribe)) {
            return self.close(&inbound.from).await;
        }
        let Some(window) = Window::opened_by(inbound) else { return };
        let age = Duration::from_secs((self.clock.unix() - inbound.created_at).max(0).unsigned_abs());
        let life = window.life().saturating_sub(age);
        if !life.is_zero() {
            let key = self.key(&inbound.from, window);
            self.cache.set(&key, inbound.created_at.to_string(), life).await;
        }
    }

    /// Takes one right, of the shorter window first; `false` when there is none. Two callers never get the
    /// same one.
    pub async fn take(&self, openid: &str) -> bool {
        for window in [Window::Action, Window::Message] {
            let key = self.key(openid, window);
            let Some(opened) = self.cache.get(&key).await else { continue };
            // One counter for each opening, so that a new one starts from nothing and a repeated push does not.
            let used = format!("{key}:{}", String::from_utf8_lossy(&opened));
            if self.cache.increment(&used, window.life()).await <= window.messages() {
                return true;
            }
        }
        false
    }

    /// Forgets all rights of a person.
    pub async fn close(&self, openid: &str) {
        self.cache.delete(&self.key(openid, Window::Action)).await;
        self.cache.delete(&self.key(openid, Window::Message)).await;
    }

    /// Hashed, so that no openid lies in the cache.
    fn key(&self, openid: &str, window: Window) -> String {
        let digest =
            Sha256::new_with_prefix(self.app_id.as_bytes()).chain_update([0]).chain_update(openid).finalize();
        format!("rights:{}:{}", window.name(), hex::encode(&digest[..12]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::message::Message;
    use chrono::TimeDelta;

    const USER: &str = "oUser";

    fn ledger() -> (Rights, Clock) {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time"));
        (Rights::new(Cache::memory(clock.clone()), clock.clone(), "wx1"), clock)
    }

    fn push(clock: &Clock, kind: Kind) -> Inbound {
        Inbound { to: "gh_city".into(), from: USER.into(), created_at: clock.unix(), kind }
    }

    fn message(clock: &Clock) -> Inbound {
        let body = Message::Text { content: "你好".into(), menu_id: None };
        push(clock, Kind::Message { id: "1".into(), article: None, body })
    }

    fn click(clock: &Clock) -> Inbound {
        push(clock, Kind::Event(Event::Click { key: "help".into() }))
    }

    async fn takes(rights: &Rights) -> usize {
        let mut taken = 0;
        while rights.take(USER).await {
            taken += 1;
        }
        taken
    }

    #[tokio::test]
    async fn without_an_action_there_is_no_right() {
        let (rights, clock) = ledger();
        assert_eq!(takes(&rights).await, 0);
        rights
            .record(&push(&clock, Kind::Event(Event::View { url: "https://a.cn".into(), menu_id: None })))
            .await;
        assert_eq!(takes(&rights).await, 0);
    }

    #[tokio::test]
    async fn a_message_gives_five_for_two_days() {
        let (rights, clock) = ledger();
        rights.record(&message(&clock)).await;
        clock.advance(TimeDelta::hours(47));
        assert_eq!(takes(&rights).await, 5);
        clock.advance(TimeDelta::hours(1));
        rights.record(&message(&clock)).await;
        clock.advance(TimeDelta::hours(48));
        assert_eq!(takes(&rights).await, 0, "the window is over");
    }

    #[tokio::test]
    async fn following_scanning_and_clicking_give_three_for_a_minute() {
        let scan_code =
            Event::ScanCode { key: "k".into(), waits: true, scan_type: "qrcode".into(), result: "r".into() };
        let events = [
            Event::Subscribe { scene: None, ticket: None },
            Event::Scan { scene: "s".into(), ticket: None },
            Event::Click { key: "k".into() },
            scan_code,
        ];
        for event in events {
            let (rights, clock) = ledger();
            rights.record(&push(&clock, Kind::Event(event.clone()))).await;
            clock.advance(TimeDelta::seconds(50));
            assert_eq!(takes(&rights).await, 3, "{event:?}");
            clock.advance(TimeDelta::seconds(10));
            rights.record(&push(&clock, Kind::Event(event))).await;
            clock.advance(TimeDelta::seconds(60));
            assert_eq!(takes(&rights).await, 0);
        }
    }

    #[tokio::test]
    async fn both_windows_add_up_and_the_shorter_goes_first() {
        let (rights, clock) = ledger();
        rights.record(&message(&clock)).await;
        rights.record(&click(&clock)).await;
        for _ in 0..3 {
            assert!(rights.take(USER).await);
        }
        clock.advance(TimeDelta::minutes(2));
        assert_eq!(takes(&rights).await, 5);
    }

    #[tokio::test]
    async fn a_new_message_starts_again_and_a_repeated_one_does_not() {
        let (rights, clock) = ledger();
        let first = message(&clock);
        rights.record(&first).await;
        assert_eq!(takes(&rights).await, 5);
        rights.record(&first).await;
        assert_eq!(takes(&rights).await, 0);
        clock.advance(TimeDelta::seconds(1));
        rights.record(&message(&clock)).await;
        assert_eq!(takes(&rights).await, 5);
    }

    #[tokio::test]
    async fn a_late_delivery_gains_no_time() {
        let (rights, clock) = ledger();
        let late = click(&clock);
        clock.advance(TimeDelta::seconds(40));
        rights.record(&late).await;
        clock.advance(TimeDelta::seconds(20));
        assert_eq!(takes(&rights).await, 0);
    }

    #[tokio::test]
    async fn leaving_or_the_platforms_word_ends_all_rights() {
        let (rights, clock) = ledger();
        rights.record(&message(&clock)).await;
        rights.record(&push(&clock, Kind::Event(Event::Unsubscribe))).await;
        assert_eq!(takes(&rights).await, 0);
        rights.record(&message(&clock)).await;
        rights.close(USER).await;
        assert_eq!(takes(&rights).await, 0);
    }

    #[tokio::test]
    async fn concurrent_takers_never_share_a_right() {
        let (rights, clock) = ledger();
        rights.record(&message(&clock)).await;
        let takers = (0..20).map(|_| rights.take(USER));
        let taken = futures_util::future::join_all(takers).await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 5);
    }
}
