//! Pictures of something that changes, live. Each replica reads one picture of each watched thing from rows, at most
//! every 250 ms after a change was announced; pages, phones and screens read that, never the database.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use super::Base;

/// The shortest time between two pictures of a thing: four a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a watched thing is looked at when no announcement came: the way that works without Redis.
const POLL: Duration = Duration::from_secs(2);
/// Readings that nobody looked at, until their task ends: a minute.
const IDLE: u32 = 30;

/// One watched thing, and how a picture of it is read.
#[async_trait]
pub trait Subject: Send + 'static {
    type Picture: PartialEq + Send + Sync + 'static;
    type Error: Display + Send;
    /// Where changes are announced on the cache. A payload begins with the id of what changed.
    const CHANNELS: &'static [&'static str];

    /// Which thing an announcement is about; `None`: none.
    fn about(payload: &str) -> Option<Uuid> {
        announced(payload)
    }

    /// Nothing was read of it yet.
    fn of(base: Base, id: Uuid) -> Self;

    /// The picture as it is now; `None`: nothing changed since the last, or there is no such thing.
    async fn read(&mut self) -> Result<Option<Self::Picture>, Self::Error>;
}

/// The id that an announcement is about.
pub fn announced(payload: &str) -> Option<Uuid> {
    payload.split(' ').next().and_then(|id| id.parse().ok())
}

/// A picture as its watchers get it: `None` until the first is ready.
pub type Seen<P> = watch::Receiver<Option<Arc<P>>>;

/// The pictures of this replica. Cheap to clone.
pub struct Hub<S: Subject> {
    base: Base,
    watched: Arc<Mutex<HashMap<Uuid, Watched<S::Picture>>>>,
}

struct Watched<P> {
    changed: Arc<Notify>,
    pictures: Seen<P>,
}

impl<S: Subject> Clone for Hub<S> {
    fn clone(&self) -> Hub<S> {
        Hub { base: self.base.clone(), watched: self.watched.clone() }
    }
}

impl<S: Subject> Hub<S> {
    /// Starts listening for announcements; ends with the process.
    pub fn start(base: Base) -> Hub<S> {
        let hub = Hub { base: base.clone(), watched: Arc::default() };
        base.tasks.spawn(listen::<S>(hub.clone()));
        hub
    }

    /// Pictures of `id` from now on: the newest at once, then each new one.
    pub fn watch(&self, id: Uuid) -> Seen<S::Picture> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(&id)
            && known.pictures.has_changed().is_ok()
        {
            return known.pictures.clone();
        }
        let changed = Arc::new(Notify::new());
        let (sender, pictures) = watch::channel(None);
        self.base.tasks.spawn(keep_fresh::<S>(self.base.clone(), id, changed.clone(), sender));
        let receiver = pictures.clone();
        watched.insert(id, Watched { changed, pictures });
        receiver
    }

    /// The newest picture, from memory; waits for the first. `None` when there is no such thing, or no database.
    pub async fn current(&self, id: Uuid) -> Option<Arc<S::Picture>> {
        let mut pictures = self.watch(id);
        let ready = tokio::time::timeout(POLL, pictures.wait_for(Option::is_some)).await;
        ready.ok()?.ok()?.clone()
    }

    fn wake(&self, id: Uuid) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(&id) {
            known.changed.notify_one();
        }
    }

    fn wake_all(&self) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.values().for_each(|known| known.changed.notify_one());
    }
}

async fn listen<S: Subject>(hub: Hub<S>) {
    let mut messages = hub.base.cache.messages();
    loop {
        tokio::select! {
            () = hub.base.stopping.cancelled() => return,
            message = messages.recv() => match message {
                Ok(message) if S::CHANNELS.contains(&message.channel.as_str()) => {
                    if let Some(id) = S::about(&message.payload) {
                        hub.wake(id);
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
async fn keep_fresh<S: Subject>(
    base: Base,
    id: Uuid,
    changed: Arc<Notify>,
    sender: watch::Sender<Option<Arc<S::Picture>>>,
) {
    let mut subject = S::of(base.clone(), id);
    let mut idle = 0;
    while idle < IDLE && !base.stopping.is_cancelled() {
        match subject.read().await {
            Ok(Some(picture)) => {
                sender.send_if_modified(|known| {
                    let new = known.as_deref() != Some(&picture);
                    if new {
                        *known = Some(Arc::new(picture));
                    }
                    new
                });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(about = ?S::CHANNELS, %id, %error, "a live picture cannot be read"),
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
