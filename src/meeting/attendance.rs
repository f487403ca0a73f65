//! Who is there, live. Each replica keeps one snapshot per watched meeting, recomputed from rows at most every
//! 250 ms after something was announced; dashboards and screens read that, never the database.

pub mod address;
mod arrivals;
mod leaving;
pub mod presence;
mod snapshot;
pub mod wishes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use uuid::Uuid;

use crate::base::Base;

pub use arrivals::{Arrived, arrivals};
pub use leaving::{Leaving, TOLERANCE};
pub use snapshot::{Arrival, Latest, Snapshot, Unit, snapshot};

/// Where [`announce`] publishes on the cache.
pub const CHANNEL: &str = "attendance";
/// The shortest time between two snapshots of a meeting: four a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a watched meeting is looked at when no announcement came: the way that works without Redis.
const POLL: Duration = Duration::from_secs(2);

/// Tells every replica that the attendance of `meeting` is now at `version`. Call after the commit.
pub async fn announce(base: &Base, meeting: Uuid, version: i64) {
    base.cache.publish(CHANNEL, &format!("{meeting} {version}")).await;
}

/// The meeting that a message on [`CHANNEL`] is about.
pub fn announced(payload: &str) -> Option<Uuid> {
    payload.split(' ').next().and_then(|id| id.parse().ok())
}

/// The snapshots of this replica. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    base: Base,
    watched: Arc<Mutex<HashMap<Uuid, Watched>>>,
}

struct Watched {
    changed: Arc<Notify>,
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
}

impl Hub {
    /// Starts listening for announcements.
    pub fn start(base: Base) -> Hub {
        let hub = Hub { base: base.clone(), watched: Arc::default() };
        base.tasks.spawn(listen(hub.clone()));
        hub
    }

    /// Snapshots of `meeting` from now on: the newest at once (`None` until the first is ready), then each new one.
    pub fn watch(&self, meeting: Uuid) -> watch::Receiver<Option<Arc<Snapshot>>> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(&meeting)
            && known.snapshots.has_changed().is_ok()
        {
            return known.snapshots.clone();
        }
        let changed = Arc::new(Notify::new());
        let (sender, snapshots) = watch::channel(None);
        self.base.tasks.spawn(keep_fresh(self.base.clone(), meeting, changed.clone(), sender));
        let receiver = snapshots.clone();
        watched.insert(meeting, Watched { changed, snapshots });
        receiver
    }

    fn wake(&self, payload: &str) {
        let Some(id) = announced(payload) else { return };
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

async fn listen(hub: Hub) {
    let mut messages = hub.base.cache.messages();
    loop {
        tokio::select! {
            () = hub.base.stopping.cancelled() => return,
            message = messages.recv() => match message {
                Ok(message) if message.channel == CHANNEL => hub.wake(&message.payload),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => hub.wake_all(),
                Err(broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

/// Recomputes when told, or every two seconds, and ends when nobody but the hub itself looks any more.
async fn keep_fresh(
    base: Base,
    meeting: Uuid,
    changed: Arc<Notify>,
    sender: watch::Sender<Option<Arc<Snapshot>>>,
) {
    let mut version = None;
    let mut idle = 0;
    while idle < 30 && !base.stopping.is_cancelled() {
        match snapshot::newer(&base, meeting, version).await {
            Ok(Some(snapshot)) => {
                version = Some((snapshot.version, snapshot.meeting_updated));
                sender.send_replace(Some(Arc::new(snapshot)));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%meeting, %error, "attendance cannot be read"),
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
