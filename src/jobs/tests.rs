//! Two queues, and a lease that a living worker keeps.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;
use crate::base::clock::Clock;
use crate::base::config::{Config, Options};

/// A job that reports its start and ends when it is let go.
struct Gate {
    kind: &'static str,
    lane: Lane,
    started: Arc<Semaphore>,
    go: Arc<Semaphore>,
    done: Arc<AtomicUsize>,
}

impl Gate {
    fn new(kind: &'static str, lane: Lane) -> Arc<Gate> {
        let shut = || Arc::new(Semaphore::new(0));
        Arc::new(Gate { kind, lane, started: shut(), go: shut(), done: Arc::default() })
    }

    /// Waits until so many have started.
    async fn started(&self, jobs: usize) {
        self.started.acquire_many(jobs as u32).await.unwrap().forget();
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
        self.started.add_permits(1);
        self.go.acquire().await?.forget();
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

async fn next(worker: &Worker) -> Option<Model> {
    worker.claim(None, 1, &mut Vec::new()).await.unwrap().pop()
}

/// A job that breaks off in the middle.
struct Fragile;

#[async_trait]
impl Handler for Fragile {
    fn kind(&self) -> &'static str {
        "fragile"
    }

    async fn run(&self, _payload: &str) -> anyhow::Result<()> {
        panic!("in the middle")
    }
}

#[tokio::test]
async fn a_job_that_breaks_off_stops_no_other_and_stays_in_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let whole = Gate::new("whole", Lane::Quick);
    let worker = Worker::new(base.clone(), vec![Arc::new(Fragile), whole.clone()]);
    put(&base, "fragile").await;
    let running = tokio::spawn(worker.clone().run());
    put(&base, "whole").await;
    whole.started(1).await;
    whole.go.add_permits(1);
    base.stopping.cancel();
    running.await.unwrap();
    base.clock.advance(HOLD + TimeDelta::seconds(1));
    assert_eq!(next(&worker).await.unwrap().kind, "fragile");
    assert!(next(&worker).await.is_none(), "the other one is done");
}

#[tokio::test]
async fn more_than_one_job_of_a_lane_runs_at_a_time_and_no_more_than_it_has_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let job = Gate::new("remote", Lane::Remote);
    for _ in 0..AT_ONCE + 1 {
        put(&base, "remote").await;
    }
    let worker = Worker::new(base.clone(), vec![job.clone()]);
    let running = tokio::spawn(worker.clone().run());
    job.started(AT_ONCE).await;
    assert_eq!(worker.behind().await.unwrap().0, 1, "the last one waits");
    job.go.add_permits(1);
    job.started(1).await;
    job.go.add_permits(AT_ONCE);
    base.stopping.cancel();
    running.await.unwrap();
    assert_eq!(job.done.load(Ordering::SeqCst), AT_ONCE + 1);
}

#[tokio::test]
async fn a_long_job_does_not_hold_up_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let base = base(folder.path()).await;
    let (long, short) = (Gate::new("long", Lane::Heavy), Gate::new("short", Lane::Quick));
    let worker = Worker::new(base.clone(), vec![long.clone(), short.clone()]);
    let running = tokio::spawn(worker.run());
    put(&base, "long").await;
    long.started(1).await;
    put(&base, "short").await;
    short.started(1).await;
    short.go.add_permits(1);
    long.go.add_permits(1);
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
    let held = next(&first).await.unwrap();
    base.clock.advance(HOLD - TimeDelta::seconds(1));
    assert!(next(&second).await.is_none());
    first.renew(&held).await.unwrap();
    base.clock.advance(HOLD - TimeDelta::seconds(1));
    assert!(next(&second).await.is_none(), "renewed");
    base.clock.advance(TimeDelta::seconds(2));
    let taken = next(&second).await.unwrap();
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
    next(&worker).await.unwrap();
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
