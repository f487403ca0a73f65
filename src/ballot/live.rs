//! The votes of a meeting, live. Each replica keeps one board per watched meeting, read from rows at most every 250 ms
//! after votes or presence were announced; pages, phones and screens read that, never the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use super::board::{self, Board, Room};
use crate::base::Base;
use crate::meeting::attendance;

/// Where announcements are heard; the payload is the meeting's id.
pub const CHANNEL: &str = "ballot";
/// The shortest time between two boards of a meeting: four a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a watched meeting is looked at when no announcement came: the way that works without Redis.
const POLL: Duration = Duration::from_secs(2);
/// Boards that nobody looked at, until their task ends: a minute.
const IDLE: u32 = 30;

/// Tells every replica that something about the votes of `meeting` changed. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid) {
    base.cache.publish(CHANNEL, &meeting.to_string()).await;
}

/// The boards of this replica. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    base: Base,
    watched: Arc<Mutex<HashMap<Uuid, Watched>>>,
}

struct Watched {
    changed: Arc<Notify>,
    boards: watch::Receiver<Option<Arc<Board>>>,
}

impl Hub {
    pub(super) fn start(base: Base) -> Hub {
        let hub = Hub { base: base.clone(), watched: Arc::default() };
        base.tasks.spawn(listen(hub.clone()));
        hub
    }

    /// Boards of `meeting` from now on: the newest at once (`None` until the first is ready), then each new one.
    pub fn watch(&self, meeting: Uuid) -> watch::Receiver<Option<Arc<Board>>> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(&meeting)
            && known.boards.has_changed().is_ok()
        {
            return known.boards.clone();
        }
        let changed = Arc::new(Notify::new());
        let (sender, boards) = watch::channel(None);
        self.base.tasks.spawn(keep_fresh(self.base.clone(), meeting, changed.clone(), sender));
        let receiver = boards.clone();
        watched.insert(meeting, Watched { changed, boards });
        receiver
    }

    /// The newest board, from memory; waits for the first. `None` when there is no such meeting, or no database.
    pub async fn current(&self, meeting: Uuid) -> Option<Arc<Board>> {
        let mut boards = self.watch(meeting);
        let ready = tokio::time::timeout(POLL, boards.wait_for(Option::is_some)).await;
        ready.ok()?.ok()?.clone()
    }

    fn wake(&self, meeting: Uuid) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(&meeting) {
            known.changed.notify_one();
        }
    }

    fn wake_all(&self) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.values().for_each(|known| known.changed.notify_one());
    }
}

async fn listen(hub: Hub) {
    let mut messages = hub.base.cache.messages();
    loop {
        tokio::select! {
            () = hub.base.stopping.cancelled() => return,
            message = messages.recv() => match message {
                Ok(message) if [CHANNEL, attendance::CHANNEL].contains(&message.channel.as_str()) => {
                    if let Some(meeting) = attendance::announced(&message.payload) {
                        hub.wake(meeting);
                    }
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => hub.wake_all(),
                Err(broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

/// Reads anew when told, or every two seconds, and ends when nobody but the hub itself looks any more.
async fn keep_fresh(
    base: Base,
    meeting: Uuid,
    changed: Arc<Notify>,
    sender: watch::Sender<Option<Arc<Board>>>,
) {
    let mut room: Option<Room> = None;
    let mut idle = 0;
    while idle < IDLE && !base.stopping.is_cancelled() {
        match board::read(&base, meeting, &mut room).await {
            Ok(Some(board)) => {
                sender.send_if_modified(|known| {
                    let new = known.as_deref() != Some(&board);
                    if new {
                        *known = Some(Arc::new(board));
                    }
                    new
                });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%meeting, %error, "votes cannot be read"),
        }
        tokio::select! {
            () = base.stopping.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        tokio::select! {
            () = base.stopping.cancelled() => return,
            () = changed.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
        idle = if sender.receiver_count() > 1 { 0 } else { idle + 1 };
    }
}
