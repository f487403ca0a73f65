//! Two queues, and a lease that a living worker keeps.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::base::clock::Clock;
use crate::base::config::{Config, Options};

/// A job that reports its start and ends when it is let go.
struct Gate {
    kind: &'static str,
    lane: Lane,
    started: Arc<Notify>,
    go: Arc<Notify>,
    done: Arc<AtomicUsize>,
}

impl Gate {
    fn new(kind: &'static str, lane: Lane) -> Arc<Gate> {
        Arc::new(Gate { kind, lane, started: Arc::default(), go: Arc::default(), done: Arc::default() })
    }
}

#[async_trait]
impl Handler for Gate {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn lane(&self) -> Lane {
        self.lane
    }

    async fn run(&self, _payload: &str) -> anyhow::Result<()> {
        self.started.notify_one();
        self.go.notified().await;
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A job that never works, and counts how often that was said to be final.
struct Broken {
    given_up: AtomicUsize,
}

#[async_trait]
impl Handler for Broken {
    fn kind(&self) -> &'static str {
        "broken"
    }

    async fn run(&self, _payload: &str) -> anyhow::Result<()> {
        anyhow::bail!("always")
    }

    async fn gave_up(&self, _payload: &str) {
        self.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

async fn base(folder: &std::path::Path) -> Base {
    let options = Options { data_dir: Some(folder.to_path_buf()), ..Options::default() };
    let config = Config::load(options, folder).unwrap();
    Base::open(config, Clock::manual(Clock::System.now())).await.unwrap()
}

async fn put(base: &Base, kind: &'static str) {
    let tx = base.db.write().await.unwrap();
    enqueue(base, &tx, kind, &(), base.clock.now(), None).await.unwrap();
    tx.commit().await.unwrap();
    wake(base).await;
}

#[tokio::test]
async fn a_long_job_does_not_hold_up_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let (long, short) = (Gate::new("long", Lane::Heavy), Gate::new("short", Lane::Quick));
    let worker = Worker::new(base.clone(), vec![long.clone(), short.clone()]);
    let running = tokio::spawn(worker.run());
    put(&base, "long").await;
    long.started.notified().await;
    put(&base, "short").await;
    short.started.notified().await;
    short.go.notify_one();
    long.go.notify_one();
    base.stopping.cancel();
    running.await.unwrap();
    assert_eq!((long.done.load(Ordering::SeqCst), short.done.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_job_in_hand_is_not_taken_by_another_until_its_worker_falls_silent() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let job = Gate::new("long", Lane::Heavy);
    let first = Worker::new(base.clone(), vec![job.clone()]);
    let second = Worker::new(base.clone(), vec![job.clone()]);
    put(&base, "long").await;
    let held = first.claim(None).await.unwrap().unwrap();
    base.clock.advance(HOLD - TimeDelta::seconds(1));
    assert!(second.claim(None).await.unwrap().is_none());
    first.renew(&held).await.unwrap();
    base.clock.advance(HOLD - TimeDelta::seconds(1));
    assert!(second.claim(None).await.unwrap().is_none(), "renewed");
    base.clock.advance(TimeDelta::seconds(2));
    let taken = second.claim(None).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.attempts), (held.id, 2));
}

#[tokio::test]
async fn the_queue_is_behind_by_the_oldest_job_that_nobody_has_in_hand() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let worker = Worker::new(base.clone(), vec![Gate::new("quick", Lane::Quick)]);
    assert_eq!(worker.behind().await.unwrap(), (0, TimeDelta::zero()));
    put(&base, "quick").await;
    base.clock.advance(TimeDelta::seconds(3));
    put(&base, "quick").await;
    assert_eq!(worker.behind().await.unwrap(), (2, TimeDelta::seconds(3)));
    worker.claim(None).await.unwrap();
    assert_eq!(worker.behind().await.unwrap(), (1, TimeDelta::zero()));
}

#[tokio::test]
async fn whose_job_failed_for_the_last_time_hears_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let job = Arc::new(Broken { given_up: AtomicUsize::new(0) });
    let worker = Worker::new(base.clone(), vec![job.clone()]);
    put(&base, "broken").await;
    for _ in 0..TRIES + 2 {
        worker.run_due().await.unwrap();
        base.clock.advance(TimeDelta::hours(2));
    }
    assert_eq!(job.given_up.load(Ordering::SeqCst), 1);
    assert_eq!(worker.failed().await.unwrap(), 1);
}
